/*
 * seen_test.c - the set of rows that have come: the first of each counts, whatever the order.
 */
#include "ops/yici/seen.h"
#include "tests/support/support.h"

static int
add(struct seen *seen, uint32_t file, uint16_t sheet, uint32_t row, enum seen_kind kind)
{
	struct err err = { 0 };

	return seen_add(seen, file, sheet, row, kind, &err);
}

static void
a_place_is_new_once(void **state)
{
	static const struct {
		uint32_t file;
		uint16_t sheet;
		uint32_t row;
		enum seen_kind kind;
	} places[] = {
		{ 0, 0, 0, SEEN_SETTLED },
		{ 0, 0, 1, SEEN_SETTLED },
		{ 0, 0, 63, SEEN_SETTLED },
		{ 0, 0, 64, SEEN_SETTLED },
		{ 0, 0, 511, SEEN_SETTLED },
		{ 0, 0, 512, SEEN_SETTLED },
		{ 0, 0, 1, SEEN_ISSUES },
		{ 0, 1, 1, SEEN_SETTLED },
		{ 1, 0, 1, SEEN_SETTLED },
		{ 1, 0, UINT32_MAX, SEEN_SETTLED },
		{ UINT32_MAX - 1, UINT16_MAX, UINT32_MAX, SEEN_ISSUES },
	};
	struct seen seen = { 0 };

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
			assert_int_equal(
			    add(&seen, places[i].file, places[i].sheet, places[i].row, places[i].kind), round == 0);
	}
	seen_fini(&seen);
}

static void
many_places_grow_the_set(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 200000; i++)
			assert_int_equal(add(&seen, i % 300, (uint16_t)(i % 2), i * 7, SEEN_SETTLED), round == 0);
	}
	assert_int_equal(add(&seen, 0, 0, 200000 * 7, SEEN_SETTLED), 1);
	seen_fini(&seen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_new_once),
		cmocka_unit_test(many_places_grow_the_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
