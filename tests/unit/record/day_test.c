/*
 * Tests of core/record/day: every day from 1900 to 2100 both ways, counted here by calendar rules alone.
 */
#include "core/record/day.h"

#include "tests/support/support.h"

static int
month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static void
every_day_goes_both_ways(void **state)
{
	int32_t number = -25567; /* 1900-01-01 */

	(void)state;
	for (int year = 1900; year <= 2100; year++) {
		for (int month = 1; month <= 12; month++) {
			for (int day = 1; day <= 31; day++) {
				struct date date = { (int16_t)year, (uint8_t)month, (uint8_t)day }, back;
				char text[24], written[11];
				bool there = day <= month_days(year, month);

				snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, day);
				assert_int_equal(day_parse(text_from(text), &back), there);
				if (!there)
					continue;
				assert_int_equal(back.year, year);
				assert_int_equal(back.month, month);
				assert_int_equal(back.day, day);
				assert_int_equal(day_of(date), number);
				back = day_date(number);
				day_write(back, written);
				assert_string_equal(written, text);
				if (year >= 2000) {
					assert_int_equal(day_store(date), number - DAY_STORE_ZERO);
					day_store_write(day_store(date), written);
					assert_string_equal(written, text);
				} else
					assert_int_equal(day_store(date), 0);
				number++;
			}
		}
	}
}

static void
what_is_no_date_is_refused(void **state)
{
	static const char *const texts[] = { "", "2026-9-02", "2026-09-2", "2026/09/02", "2026-00-10", "2026-13-01",
		"2026-09-00", "2026-09-31", "2025-02-29", "1900-02-29", "2026-09-02 ", " 2026-09-2", "20260902",
		"2026-0a-02", "-026-09-02", "2026-09--2" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct date date;

		assert_false(day_parse(text_from(texts[i]), &date));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_goes_both_ways),
		cmocka_unit_test(what_is_no_date_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
