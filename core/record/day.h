/*
 * day.h - days of the Gregorian calendar as numbers. Source: H. Hinnant, "chrono-compatible low-level date algorithms".
 */
#ifndef YICI_CORE_RECORD_DAY_H
#define YICI_CORE_RECORD_DAY_H

#include "core/record/binding.h"

/* Days from 1970-01-01 to ${date}, below 0 before. */
int32_t day_of(struct date date);

/* The date that is ${day} days after 1970-01-01. */
struct date day_date(int32_t day);

/* Whether there is such a day. */
bool day_exists(int year, unsigned month, unsigned day);

/* "2026-09-02" exactly, and a day that exists. */
bool day_parse(struct text text, struct date *date);

/* "2026-09-02" and a NUL. */
void day_write(struct date date, char out[11]);

/* Days as the store counts them: from 2000-01-01, in 16 bits; earlier days are 0. */
#define DAY_STORE_ZERO 10957
uint16_t day_store(struct date date);
void day_store_write(uint16_t day, char out[11]);

#endif
