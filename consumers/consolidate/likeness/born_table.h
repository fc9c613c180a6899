/*
 * born_table.h - the table that ops/tables/lunar writes for born.c.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LIKENESS_BORN_TABLE_H
#define YICI_CONSUMERS_CONSOLIDATE_LIKENESS_BORN_TABLE_H

#include "consumers/consolidate/likeness/born.h"

#define BORN_LUNAR_FIRST 1980
#define BORN_LUNAR_LAST 2045

/*
 * A year each. Bits 0 to 12: its months in order, 1 for 30 days, 0 for 29; bits 13 to 16: the number of the month that
 * is followed by a leap month of the same number, 0 for none; from bit 17: days from 1 January to its first day.
 */
extern const uint32_t born_lunar[BORN_LUNAR_LAST - BORN_LUNAR_FIRST + 1];

#endif
