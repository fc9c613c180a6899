/*
 * Tests of finding pairs: every pair that shares a key is judged, and once; rivals hold one another back; blocks that are too
 * large are refined and what is left out is told; and all of it is the same whatever the order of the records.
 */
#include "consumers/consolidate/pairs.h"

#include <stdlib.h>

#include "tests/support/support.h"
#include "tests/unit/consolidate/people.h"

#define FIRST "410302201405060017"
#define STRANGER "410324201405060023"
#define ROOM " school_name=西工区一小 grade=32 class_name=2班"
#define BORN " birth_date=2014-05-06 sex=1"

static struct pairs
find(struct people *people)
{
	struct pairs pairs;
	struct err err = { 0 };

	if (pairs_find(people->model, &people->traits, people->sides, people->count, &pairs, &err) != 0)
		fail_msg("%s", err.what);
	return pairs;
}

static void
a_pair_of_many_blocks_is_judged_once(void **state)
{
	struct people people;
	struct pairs pairs;

	(void)state;
	people_init(&people);
	people_add(&people, 0, "name=王小明 member1_phone=13900000001 member1_name=王强" BORN ROOM);
	people_add(&people, 1, "name=王小明 member1_phone=13900000001 member1_name=王强" BORN ROOM);
	pairs = find(&people);
	assert_int_equal(pairs.compared, 1);
	assert_int_equal(pairs.count, 1);
	assert_int_equal(pairs.edges[0].a, 0);
	assert_int_equal(pairs.edges[0].b, 1);
	assert_int_equal(pairs.edges[0].judged.match, MATCH_LINK);
	pairs_free(&pairs);
	people_fini(&people);
}

static void
what_a_number_or_a_source_settles_is_not_compared(void **state)
{
	struct people people;
	struct pairs pairs;

	(void)state;
	people_init(&people);
	people_add(&people, 0, "name=王小明 id_no=" FIRST BORN ROOM); /* the same number */
	people_add(&people, 1, "name=王小明 id_no=" FIRST BORN ROOM);
	people_add(&people, 2, "name=李小红" BORN ROOM); /* one source states both */
	people_add(&people, 2, "name=李小红" BORN ROOM);
	pairs = find(&people);
	assert_int_equal(pairs.compared, 0);
	pairs_free(&pairs);
	people.sides[3].stated = 0; /* no longer: the source has corrected its key */
	pairs = find(&people);
	assert_int_equal(pairs.count, 1);
	pairs_free(&pairs);
	people_fini(&people);
}

/* Two namesakes of one class: which of them the list without numbers speaks of, it does not say. */
static void
rivals_hold_one_another_back(void **state)
{
	struct people people;
	struct pairs pairs;

	(void)state;
	people_init(&people);
	people_add(&people, 0, "name=王小明 id_no=" FIRST BORN ROOM);
	people_add(&people, 1, "name=王小明" ROOM);
	pairs = find(&people);
	assert_int_equal(pairs.count, 1);
	assert_int_equal(pairs.edges[0].judged.match, MATCH_LINK);
	assert_int_equal(pairs.rivals, 0);
	pairs_free(&pairs);
	people_add(&people, 0, "name=王小明 id_no=" STRANGER " birth_date=2014-11-20 sex=1" ROOM);
	pairs = find(&people);
	assert_int_equal(pairs.count, 2);
	assert_int_equal(pairs.edges[0].judged.match, MATCH_REVIEW);
	assert_int_equal(pairs.edges[1].judged.match, MATCH_REVIEW);
	assert_int_equal(pairs.rivals, 1);
	pairs_free(&pairs);
	people_fini(&people);
}

/* Many of one name in one school: more than the cap, so the class is added to the key; and where that does not help it is told. */
static void
large_blocks_are_refined_and_never_cut_in_silence(void **state)
{
	struct people people;
	struct pairs pairs;
	char says[200];

	(void)state;
	people_init(&people);
	people.model->cap = 8;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(says, sizeof(says), "name=王小明 sex=1 school_name=西工区一小 grade=32 class_name=%u班", i / 4);
		people_add(&people, (uint16_t)i, says);
	}
	pairs = find(&people);
	assert_int_equal(pairs.compared, 10 * 6); /* ten classes of four */
	assert_int_equal(pairs.skipped, 0);
	pairs_free(&pairs);
	people_clear(&people);
	for (unsigned i = 0; i < 40; i++)
		people_add(&people, (uint16_t)i, "name=王小明 sex=1" ROOM);
	pairs = find(&people);
	assert_int_equal(pairs.compared, 0);
	assert_int_equal(pairs.skipped, 40 * 39 / 2);
	pairs_free(&pairs);
	people_fini(&people);
}

static void
an_office_telephone_is_recognized(void **state)
{
	static const char *const given[] = { "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百", "千",
		"万", "亿" };
	struct people people;
	struct pairs pairs;
	char says[200];

	(void)state;
	people_init(&people);
	for (unsigned i = 0; i < ARRAY_LEN(given); i++) {
		snprintf(says, sizeof(says), "name=王%s member1_phone=13900000009 phone=1380000%04u", given[i], i);
		people_add(&people, (uint16_t)i, says);
	}
	pairs = find(&people);
	assert_int_equal(pairs.generic_count, 1);
	pairs_free(&pairs);
	people_fini(&people);
}

/* ---- any order ---- */

static uint64_t random_state = 88172645463325252u;

static uint64_t
next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

#define RECORDS 400

static void
random_record(char says[200], uint16_t *source)
{
	static const char *const names[] = { "王小明", "王晓明", "李雨桐", "李语桐", "张一诺", "张伊诺", "刘浩",
		"刘皓" };

	snprintf(says, 200,
	    "name=%s birth_date=2014-05-%02u sex=%u school_name=第%u小学 class_name=%u班 member1_phone=1390000000%u",
	    names[next_random() % ARRAY_LEN(names)], (unsigned)(next_random() % 9 + 1),
	    (unsigned)(next_random() % 2 + 1), (unsigned)(next_random() % 4), (unsigned)(next_random() % 3),
	    (unsigned)(next_random() % 9));
	*source = (uint16_t)(next_random() % 4);
}

static int
edge_order(const void *a, const void *b)
{
	return memcmp(a, b, 2 * sizeof(uint32_t));
}

static void
edges_do_not_depend_on_the_order_of_records(void **state)
{
	static char says[RECORDS][200];
	static uint16_t sources[RECORDS];
	struct people people;
	struct pairs first = { 0 };

	(void)state;
	people_init(&people);
	people.model->cap = 20;
	for (size_t i = 0; i < RECORDS; i++)
		random_record(says[i], &sources[i]);
	for (int round = 0; round < 20; round++) {
		uint32_t order[RECORDS];
		struct pairs pairs;

		for (uint32_t i = 0; i < RECORDS; i++)
			order[i] = i;
		for (size_t i = RECORDS; round > 0 && i > 1; i--) {
			size_t j = next_random() % i;
			uint32_t swap = order[i - 1];

			order[i - 1] = order[j];
			order[j] = swap;
		}
		people_clear(&people);
		for (size_t i = 0; i < RECORDS; i++)
			people_add(&people, sources[order[i]], says[order[i]]);
		pairs = find(&people);
		for (size_t i = 0; i < pairs.count; i++) { /* by the records' own numbers */
			struct edge *edge = &pairs.edges[i];
			uint32_t a = order[edge->a], b = order[edge->b];

			edge->a = a < b ? a : b;
			edge->b = a < b ? b : a;
		}
		qsort(pairs.edges, pairs.count, sizeof(*pairs.edges), edge_order);
		if (round == 0) {
			assert_true(pairs.count > 20);
			first = pairs;
			continue;
		}
		assert_int_equal(pairs.count, first.count);
		assert_int_equal(pairs.compared, first.compared);
		assert_int_equal(pairs.skipped, first.skipped);
		assert_memory_equal(pairs.edges, first.edges, first.count * sizeof(*first.edges));
		pairs_free(&pairs);
	}
	pairs_free(&first);
	people_fini(&people);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_of_many_blocks_is_judged_once),
		cmocka_unit_test(what_a_number_or_a_source_settles_is_not_compared),
		cmocka_unit_test(rivals_hold_one_another_back),
		cmocka_unit_test(large_blocks_are_refined_and_never_cut_in_silence),
		cmocka_unit_test(an_office_telephone_is_recognized),
		cmocka_unit_test(edges_do_not_depend_on_the_order_of_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
