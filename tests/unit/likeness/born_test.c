/*
 * Tests of consumers/consolidate/likeness/born.
 */
#include "consumers/consolidate/likeness/born.h"

#include "core/record/day.h"
#include "tests/support/support.h"

static int32_t
day(const char *text)
{
	struct date date;

	assert_true(day_parse(text_from(text), &date));
	return day_of(date) + 25567;
}

static void
check(const char *a, const char *b, enum born_level expected)
{
	enum born_level found = born_compare(day(a), day(b));

	if (found != expected)
		print_error("%s and %s\n", a, b);
	assert_string_equal(born_level_name(found), born_level_name(expected));
	assert_int_equal(born_compare(day(b), day(a)), expected);
}

static void
slips_of_the_hand(void **state)
{
	(void)state;
	assert_int_equal(born_compare(0, 0), BORN_NONE);
	assert_int_equal(born_compare(0, day("2012-05-17")), BORN_NONE);
	assert_int_equal(born_compare(day("2012-05-17"), 0), BORN_NONE);
	check("2012-05-17", "2012-05-17", BORN_SAME);
	check("2012-05-07", "2012-07-05", BORN_SWAPPED);
	check("2012-10-12", "2012-12-10", BORN_SWAPPED);
	check("2012-05-12", "2012-05-21", BORN_SWAPPED);
	check("2012-10-05", "2012-01-05", BORN_SWAPPED);
	check("2012-05-17", "2021-05-17", BORN_SWAPPED);
	check("2012-01-10", "2012-10-10", BORN_SWAPPED);
	check("2012-01-23", "2012-02-13", BORN_SWAPPED); /* across the border of month and day */
	check("2012-05-17", "2012-05-18", BORN_DIGIT);
	check("2012-05-17", "2013-05-17", BORN_DIGIT);
	check("2012-05-17", "2012-06-17", BORN_DIGIT);
	check("2012-05-03", "2012-05-19", BORN_NEAR);
	check("2012-05-17", "2012-08-26", BORN_DIFFERENT);
	check("2012-05-17", "2013-06-17", BORN_DIFFERENT);
	check("2012-05-17", "2012-07-15", BORN_DIFFERENT);
}

static void
first_of_january_stands_for_a_year(void **state)
{
	(void)state;
	check("2012-01-01", "2012-05-17", BORN_JANUARY);
	check("2012-01-01", "2012-01-25", BORN_JANUARY);
	check("2012-01-01", "2012-01-05", BORN_DIGIT);
	check("2012-01-01", "2013-05-17", BORN_DIFFERENT);
}

static void
dates_of_the_traditional_calendar(void **state)
{
	/* new years as anybody knows them, a leap month, the leap month of 2033 that many tables had wrong */
	static const char *const pairs[][2] = { { "1985-02-20", "1985-01-01" }, { "2000-02-05", "2000-01-01" },
		{ "2012-01-23", "2012-01-01" }, { "2015-02-19", "2015-01-01" }, { "2018-02-16", "2018-01-01" },
		{ "2020-01-25", "2020-01-01" }, { "2024-02-10", "2024-01-01" }, { "2025-01-29", "2025-01-01" },
		{ "2026-02-17", "2026-01-01" }, { "2034-02-19", "2034-01-01" }, { "2045-02-17", "2045-01-01" },
		{ "2012-06-23", "2012-05-05" }, { "2012-09-30", "2012-08-15" }, { "2013-09-19", "2013-08-15" },
		{ "2020-06-25", "2020-05-05" }, { "2020-05-25", "2020-04-03" }, { "2012-02-05", "2012-01-14" },
		{ "2013-02-05", "2012-12-25" }, { "2033-12-25", "2033-11-04" }, { "1990-06-25", "1990-05-03" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		enum born_level found = born_compare(day(pairs[i][0]), day(pairs[i][1]));

		if (found == BORN_SWAPPED || found == BORN_DIGIT)
			continue; /* a slip comes first */
		check(pairs[i][0], pairs[i][1], BORN_LUNAR);
	}
	check("2012-06-23", "2012-05-05", BORN_LUNAR);
	check("2033-12-25", "2033-11-04", BORN_LUNAR);
	check("2012-06-23", "2012-05-06", BORN_DIFFERENT);
	check("1970-02-06", "1970-01-03", BORN_DIFFERENT); /* before the table */
	check("2050-02-06", "2050-01-25", BORN_DIFFERENT); /* and behind it */
}

static void
every_level_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < BORN_LEVELS; i++)
		assert_true(strlen(born_level_name((enum born_level)i)) > 0);
	assert_string_equal(born_level_name(BORN_LEVELS), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slips_of_the_hand),
		cmocka_unit_test(first_of_january_stands_for_a_year),
		cmocka_unit_test(dates_of_the_traditional_calendar),
		cmocka_unit_test(every_level_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
