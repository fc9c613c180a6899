/*
 * born.c - see born.h.
 */
#include "consumers/consolidate/likeness/born_table.h"
#include "core/base/text.h"
#include "core/record/day.h"

#define DAY_1970 25567 /* of days since 1900-01-01 */
/* A day and its date in the traditional calendar, read as Gregorian, are 19 to 55 days apart. */
#define LUNAR_APART_LEAST 10
#define LUNAR_APART_MOST 70

const char *
born_level_name(enum born_level level)
{
	static const char *const names[BORN_LEVELS] = { "none", "same", "swapped", "digit", "lunar", "january", "near",
		"different" };

	return level < BORN_LEVELS ? names[level] : "";
}

/*
 * The date of the traditional calendar on ${day}; a leap month has the number of the one before. False outside the
 * table.
 */
static bool
lunar_of(int32_t day, struct date date, struct date *lunar)
{
	for (int year = date.year; year >= BORN_LUNAR_FIRST && year >= date.year - 1; year--) {
		uint32_t row;
		int32_t left;
		unsigned months, leap;

		if (year > BORN_LUNAR_LAST)
			continue;
		row = born_lunar[year - BORN_LUNAR_FIRST];
		leap = row >> 13 & 15;
		months = leap == 0 ? 12 : 13;
		left = day - DAY_1970 - day_of((struct date){ (int16_t)year, 1, 1 }) - (int32_t)(row >> 17);
		if (left < 0)
			continue;
		for (unsigned i = 0; i < months; i++) {
			int32_t days = 29 + (int32_t)(row >> i & 1);

			if (left < days) {
				unsigned number = leap != 0 && i >= leap ? i : i + 1;

				*lunar = (struct date){ (int16_t)year, (uint8_t)number, (uint8_t)(left + 1) };
				return true;
			}
			left -= days;
		}
		return false;
	}
	return false;
}

static bool
same(struct date a, struct date b)
{
	return a.year == b.year && a.month == b.month && a.day == b.day;
}

static bool
is_january(struct date date)
{
	return date.month == 1 && date.day == 1;
}

/* Whether the digits of yyyymmdd differ in one place, or in two neighbours that changed places. */
static enum born_level
slip(struct date a, struct date b)
{
	char left[11], right[11];
	unsigned first = 0, last = 0, count = 0;

	day_write(a, left);
	day_write(b, right);
	for (unsigned i = 0; i < 10; i++) {
		if (left[i] != right[i]) {
			if (count++ == 0)
				first = i;
			last = i;
		}
	}
	if (count == 1)
		return BORN_DIGIT;
	if (count == 2 && left[first] == right[last] && left[last] == right[first]
	    && (last == first + 1 || (last == first + 2 && left[first + 1] == '-')))
		return BORN_SWAPPED;
	return BORN_DIFFERENT;
}

enum born_level
born_compare(int32_t a, int32_t b)
{
	struct date of_a, of_b, lunar;
	int32_t apart = a < b ? b - a : a - b;

	if (a == 0 || b == 0)
		return BORN_NONE;
	if (a == b)
		return BORN_SAME;
	of_a = day_date(a - DAY_1970);
	of_b = day_date(b - DAY_1970);
	if (of_a.year == of_b.year && of_a.month == of_b.day && of_a.day == of_b.month)
		return BORN_SWAPPED;
	/* three numbers that differ are three digits at least */
	if (of_a.year == of_b.year || of_a.month == of_b.month || of_a.day == of_b.day) {
		enum born_level level = slip(of_a, of_b);

		if (level != BORN_DIFFERENT)
			return level;
	}
	if (apart >= LUNAR_APART_LEAST && apart <= LUNAR_APART_MOST
	    && ((lunar_of(a, of_a, &lunar) && same(lunar, of_b)) || (lunar_of(b, of_b, &lunar) && same(lunar, of_a))))
		return BORN_LUNAR;
	if (of_a.year != of_b.year)
		return BORN_DIFFERENT;
	if (is_january(of_a) || is_january(of_b))
		return BORN_JANUARY;
	return of_a.month == of_b.month ? BORN_NEAR : BORN_DIFFERENT;
}
