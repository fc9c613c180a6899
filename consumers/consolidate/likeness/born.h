/*
 * born.h - how two birth dates differ: a slip of the hand, another calendar, a date put in for want of one.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LIKENESS_BORN_H
#define YICI_CONSUMERS_CONSOLIDATE_LIKENESS_BORN_H

#include "core/base/base.h"

/* The first that holds. */
enum born_level {
	BORN_NONE, /* one is missing */
	BORN_SAME,
	BORN_SWAPPED, /* month and day change places, or two neighbouring digits of yyyymmdd */
	BORN_DIGIT,   /* one digit of yyyymmdd differs */
	BORN_LUNAR,   /* one, read as a date of the traditional calendar, is the other (1980 to 2045) */
	BORN_JANUARY, /* same year, one is 1 January, which stands where only the year was known */
	BORN_NEAR,    /* same year and month */
	BORN_DIFFERENT,
	BORN_LEVELS,
};

/* Lower case, stable: "swapped". */
const char *born_level_name(enum born_level level);

/* Days since 1900-01-01; 0 for unknown. The same either way round. */
enum born_level born_compare(int32_t a, int32_t b);

#endif
