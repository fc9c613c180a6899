/*
 * Tests of consumers/consolidate/link in small worlds: who is one student, who becomes a case, who is present, and under
 * which id students go from night to night.
 */
#include "tests/unit/consolidate/world.h"

#include <stdlib.h>

#include "tests/support/support.h"

#define A 15010220120304001u
#define B 15010220120304002u
#define C 15010220110101003u
#define BIRTH 41000
#define OTHER 41500

/* ---- one night ---- */

/* Groups: statements that must be one student have the same letter; ${cases}: how many are for a person. */
static const struct {
	const char *what;
	struct statement say[5];
	const char *groups;
	size_t cases;
} worlds[] = {
	{ "same number, same name and birth",
	    { { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 }, { GRANTS, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 } },
	    "aa", 0 },
	{ "same number, name differs",
	    { { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 }, { GRANTS, "Le", BIRTH, A, 0, NULL, NULL, 1, 0 } },
	    "aa", 0 },
	{ "same number, birth differs",
	    { { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 }, { GRANTS, "Li", OTHER, A, 0, NULL, NULL, 1, 0 } },
	    "aa", 0 },
	{ "same number, birth not known",
	    { { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 }, { GRANTS, "Wang", 0, A, 0, NULL, NULL, 1, 0 } }, "ab",
	    1 },
	{ "same number, neither birth known",
	    { { REGISTRY, "Li", 0, A, 0, NULL, NULL, 1, 0 }, { GRANTS, "Wang", 0, A, 0, NULL, NULL, 1, 0 } }, "ab", 1 },
	{ "same number, name and birth differ",
	    { { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 }, { GRANTS, "Wang", OTHER, A, 0, NULL, NULL, 1, 0 } },
	    "ab", 1 },
	{ "the same inside one source",
	    { { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 }, { REGISTRY, "Wang", OTHER, A, 0, NULL, NULL, 1, 0 } },
	    "ab", 1 },
	{ "two students under one number, each in two sources",
	    { { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 }, { GRANTS, "Wang", OTHER, A, 0, NULL, NULL, 1, 0 },
		{ HEALTH, "Wang", OTHER, A, 0, NULL, NULL, 1, 0 }, { CLUB, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 } },
	    "abba", 1 },
	{ "three students under one number",
	    { { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 }, { GRANTS, "Wang", OTHER, A, 0, NULL, NULL, 1, 0 },
		{ HEALTH, "Zhao", OTHER + 9, A, 0, NULL, NULL, 1, 0 } },
	    "abc", 1 },
	{ "a name and a birth that hang together by a third",
	    { { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 }, { GRANTS, "Wang", OTHER, A, 0, NULL, NULL, 1, 0 },
		{ HEALTH, "Li", OTHER, A, 0, NULL, NULL, 1, 0 } },
	    "aaa", 0 },
	{ "core of a G number is the id number",
	    { { REGISTRY, "Li", BIRTH, 0, A, NULL, NULL, 1, 0 }, { GRANTS, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 } },
	    "aa", 0 },
	{ "an id number that changed: the G number keeps the old one",
	    { { REGISTRY, "Li", BIRTH, B, A, NULL, NULL, 1, 0 }, { GRANTS, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 },
		{ HEALTH, "Li", BIRTH, B, 0, NULL, NULL, 1, 0 } },
	    "aaa", 0 },
	{ "a core copied from another child",
	    { { REGISTRY, "Li", BIRTH, B, A, NULL, NULL, 1, 0 }, { GRANTS, "Wang", OTHER, A, 0, NULL, NULL, 1, 0 } },
	    "ab", 1 },
	{ "L number alone",
	    { { REGISTRY, "Li", BIRTH, 0, 0, "L150102201203040011", NULL, 1, 0 },
		{ GRANTS, "Li", BIRTH, 0, 0, "L150102201203040011", NULL, 1, 0 } },
	    "aa", 0 },
	{ "L number beside an id number",
	    { { REGISTRY, "Li", BIRTH, A, 0, "L150102201203040011", NULL, 1, 0 },
		{ GRANTS, "Li", BIRTH, 0, 0, "L150102201203040011", NULL, 1, 0 },
		{ HEALTH, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 } },
	    "aaa", 0 },
	{ "two id numbers, one L number",
	    { { REGISTRY, "Li", BIRTH, A, 0, "L150102201203040011", NULL, 1, 0 },
		{ GRANTS, "Li", BIRTH, B, 0, "L150102201203040011", NULL, 1, 0 } },
	    "aa", 0 },
	{ "document numbers",
	    { { REGISTRY, "Li", BIRTH, 0, 0, NULL, "passport E1", 1, 0 },
		{ GRANTS, "Li", BIRTH, 0, 0, NULL, "passport E1", 1, 0 },
		{ HEALTH, "Wang", OTHER, 0, 0, NULL, "passport E1", 1, 0 },
		{ CLUB, "Li", BIRTH, 0, 0, NULL, "passport E2", 1, 0 } },
	    "aabc", 1 },
	{ "a document and a G number",
	    { { REGISTRY, "Li", BIRTH, 0, 0, "J150102201203040011", "passport E1", 1, 0 },
		{ GRANTS, "Li", BIRTH, 0, 0, NULL, "passport E1", 1, 0 },
		{ HEALTH, "Li", BIRTH, 0, 0, "J150102201203040011", NULL, 1, 0 } },
	    "aaa", 0 },
	{ "no numbers: never across sources",
	    { { REGISTRY, "Li", BIRTH, 0, 0, NULL, NULL, 1, 0 }, { GRANTS, "Li", BIRTH, 0, 0, NULL, NULL, 1, 0 },
		{ HEALTH, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 } },
	    "abc", 0 },
	{ "twins with numbers of their own",
	    { { REGISTRY, "Li Da", BIRTH, A, 0, NULL, NULL, 1, 0 }, { REGISTRY, "Li Er", BIRTH, B, 0, NULL, NULL, 1, 0 },
		{ GRANTS, "Li Da", BIRTH, A, 0, NULL, NULL, 1, 0 }, { GRANTS, "Li Er", BIRTH, B, 0, NULL, NULL, 1, 0 } },
	    "abab", 0 },
};

static void
who_is_one_student(void **state)
{
	(void)state;
	for (size_t w = 0; w < ARRAY_LEN(worlds); w++) {
		size_t count = strlen(worlds[w].groups);

		for (int aside = 0; aside < 2; aside++) {
			struct world world;

			world_init(&world, scratch_make());
			world_night(
			    &world, &(struct delivery){ .rows = worlds[w].say, .count = count, .aside = aside != 0 });
			if (world.result.case_count != worlds[w].cases)
				fail_msg("%s: %zu cases", worlds[w].what, world.result.case_count);
			for (size_t i = 0; i < count; i++) {
				for (size_t j = 0; j < i; j++) {
					const struct link *a = world_link(&world, &worlds[w].say[i]);
					const struct link *b = world_link(&world, &worlds[w].say[j]);

					if ((memcmp(a->student, b->student, STUDENT_ID_BYTES) == 0)
					    != (worlds[w].groups[i] == worlds[w].groups[j]))
						fail_msg("%s: statements %zu and %zu", worlds[w].what, j, i);
				}
			}
			for (size_t i = 0; i < world.result.case_count; i++) {
				const struct review_case *one = &world.result.cases[i];
				const struct case_record *records = world.result.case_records + one->first_record;
				const struct case_pair *pairs = world.result.case_pairs + one->first_pair;

				assert_true(one->record_count > 1 && one->pair_count > 0);
				for (size_t j = 1; j < one->record_count; j++)
					assert_true(memcmp(records[j - 1].id, records[j].id, RECORD_ID_BYTES) < 0);
				for (size_t j = 0; j < one->pair_count; j++)
					assert_true(memcmp(pairs[j].a, pairs[j].b, RECORD_ID_BYTES) < 0);
				assert_true(i == 0 || one[-1].id < one->id);
			}
			world_fini(&world);
			scratch_remove();
		}
	}
}

/* ---- nights ---- */

static void
check_presence(const struct world *world, const struct statement *say, enum presence presence, unsigned since_night)
{
	const struct link *link = world_link(world, say);

	assert_non_null(link);
	assert_int_equal(link->presence, presence);
	assert_int_equal(link->since, 9000 + since_night);
}

static void
absent_stale_and_back(void **state)
{
	static const struct statement here = { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 };
	static const struct statement gone = { REGISTRY, "Wang", OTHER, B, 0, NULL, NULL, 1, 0 };
	static const struct statement other_school = { REGISTRY, "Zhao", OTHER, C, 0, NULL, NULL, 2, 0 };
	static const struct statement partial = { HEALTH, "Wang", OTHER, B, 0, NULL, NULL, 1, 0 };
	const struct statement first[] = { here, gone, other_school, partial };
	struct delivery all = { .rows = first, .count = 4, .covers_own = true };
	struct delivery one = { .rows = &here, .count = 1, .covers_own = true };
	struct delivery two = { .rows = first, .count = 2, .covers_own = true };
	struct delivery health = { .rows = &partial, .count = 0, .delivered = { [HEALTH] = true } };
	struct world world;

	(void)state;
	world_init(&world, scratch_make());
	world_night(&world, &all);
	for (size_t i = 0; i < 4; i++)
		check_presence(&world, &first[i], PRESENT, 0);
	world_night(&world, &one); /* the registry sends school 1 without Wang */
	check_presence(&world, &here, PRESENT, 0);
	check_presence(&world, &gone, ABSENT, 1);
	check_presence(&world, &other_school, STALE, 1);
	check_presence(&world, &partial, PRESENT, 0);
	assert_int_equal(world.result.absent_new, 1);
	assert_int_equal(world.result.stale_new, 1);
	world_night(&world, &health); /* a partial source says nothing of who is not in it; the registry sends nothing */
	check_presence(&world, &gone, ABSENT, 1);
	check_presence(&world, &partial, PRESENT, 0);
	assert_int_equal(world.result.absent_new + world.result.stale_new + world.result.back, 0);
	world_night(&world, &one); /* still the same: the day stays */
	check_presence(&world, &gone, ABSENT, 1);
	check_presence(&world, &other_school, STALE, 1);
	world_night(&world, &two); /* Wang is back */
	check_presence(&world, &gone, PRESENT, 4);
	assert_int_equal(world.result.back, 1);
	world_night(&world,
	    &(struct delivery){ .rows = &here,
		.count = 1,
		.covers_own = true,
		.covered = &(struct covered){ .source = REGISTRY, .school = 2, .rows = 1 },
		.covered_count = 1 }); /* school 2 comes, empty */
	check_presence(&world, &other_school, ABSENT, 5);
	world_fini(&world);
	scratch_remove();
}

/* A school that he has left says nothing of who is at another, for as long as that one has him; whatever the order of rows. */
static void
a_former_school_has_no_say(void **state)
{
	static const struct statement here = { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 2, 0 };
	static const struct statement left = { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 };
	static const struct statement later = { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 300 };
	static const struct statement first = { REGISTRY, "Wang", OTHER, B, 0, NULL, NULL, 1, 0 };
	static const struct statement second = { REGISTRY, "Zhao", OTHER, C, 0, NULL, NULL, 2, 0 };
	const struct {
		struct statement rows[4];
		bool left[4];
		size_t count;
		enum presence presence;
		unsigned since, school;
	} nights[] = {
		{ { here, first, second }, { false }, 3, PRESENT, 0, 2 },
		{ { left, first }, { true }, 2, STALE, 1, 2 }, /* his school's file did not come */
		{ { left, here, first, second }, { true }, 4, PRESENT, 2, 2 },
		{ { here, left, first, second }, { false, true }, 4, PRESENT, 2, 2 },
		{ { left, first, second }, { true }, 3, ABSENT, 4, 2 },  /* it came without him */
		{ { left, first, second }, { true }, 3, PRESENT, 5, 1 }, /* so he has left */
		{ { here, second }, { false }, 2, PRESENT, 5, 2 },
		{ { later, first, second }, { true }, 3, PRESENT, 5, 1 }, /* a newer statement counts */
	};

	(void)state;
	for (uint64_t shuffle = 0; shuffle < 4; shuffle++) {
		struct world world;

		world_init(&world, scratch_make());
		for (size_t n = 0; n < ARRAY_LEN(nights); n++) {
			world_night(&world,
			    &(struct delivery){ .rows = nights[n].rows,
				.left = nights[n].left,
				.count = nights[n].count,
				.shuffle = shuffle,
				.covers_own = true });
			check_presence(&world, &here, nights[n].presence, nights[n].since);
			assert_int_equal(world_link(&world, &here)->school, nights[n].school);
		}
		world_fini(&world);
		scratch_remove();
	}
}

/* One pupil under the code of a school whose file did not come says nothing of the others there. */
static void
a_stray_row_does_not_stand_for_its_school(void **state)
{
	enum { PUPILS = 12 };
	static const char *const names[PUPILS] = { "Li", "Wang", "Zhao", "Qian", "Sun", "Zhou", "Wu", "Zheng", "Feng",
		"Chen", "Chu", "Wei" };
	struct statement pupils[PUPILS];
	struct world world;

	(void)state;
	for (int i = 0; i < PUPILS; i++)
		pupils[i] = (struct statement){ REGISTRY, names[i], BIRTH + i, A + (uint64_t)i, 0, NULL, NULL, 1, 0 };
	world_init(&world, scratch_make());
	world_night(&world, &(struct delivery){ .rows = pupils, .count = PUPILS, .covers_own = true });
	for (int night = 0; night < 2; night++) {
		world_night(&world, &(struct delivery){ .rows = pupils, .count = 1, .covers_own = true });
		check_presence(&world, &pupils[0], PRESENT, 0);
		for (int i = 1; i < PUPILS; i++)
			check_presence(&world, &pupils[i], STALE, 1);
	}
	world_night(&world, &(struct delivery){ .rows = pupils, .count = 3, .covers_own = true });
	check_presence(&world, &pupils[11], ABSENT, 3); /* a quarter of them does */
	world_fini(&world);
	scratch_remove();
}

static void
an_absent_record_accuses_nobody(void **state)
{
	static const struct statement wrong = { REGISTRY, "Wang", OTHER, A, 0, NULL, NULL, 1, 0 };
	static const struct statement mended = { REGISTRY, "Wang", OTHER, B, 0, NULL, NULL, 1, 0 };
	static const struct statement owner = { GRANTS, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 };
	const struct statement first[] = { wrong, owner }, second[] = { mended, owner };
	struct world world;

	(void)state;
	world_init(&world, scratch_make());
	world_night(&world, &(struct delivery){ .rows = first, .count = 2, .covers_own = true });
	assert_int_equal(world.result.case_count, 1);
	world_night(&world, &(struct delivery){ .rows = second, .count = 2, .covers_own = true });
	assert_int_equal(world.result.case_count, 0);
	check_presence(&world, &wrong, ABSENT, 1);
	world_fini(&world);
	scratch_remove();
}

/* Two students whom a third record shows to be one; later that record is corrected and they part. */
static void
merging_keeps_the_heavier_id_and_splitting_keeps_it_again(void **state)
{
	static const struct statement old_number = { HEALTH, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 };
	static const struct statement grants_new = { GRANTS, "Li", BIRTH, B, 0, NULL, NULL, 1, 0 };
	static const struct statement registry = { REGISTRY, "Li", BIRTH, B, 0, NULL, NULL, 1, 0 };
	static const struct statement with_core = { REGISTRY, "Li", BIRTH, B, A, NULL, NULL, 1, 0 };
	const struct statement first[] = { old_number, grants_new, registry }, second[] = { grants_new, with_core };
	const struct statement third[] = { grants_new, registry };
	uint8_t light[STUDENT_ID_BYTES], heavy[STUDENT_ID_BYTES], now[STUDENT_ID_BYTES];
	struct world world;

	(void)state;
	world_init(&world, scratch_make());
	world_night(&world, &(struct delivery){ .rows = first, .count = 3 });
	assert_int_equal(world.result.students_new, 2);
	memcpy(light, world_link(&world, &old_number)->student, sizeof(light));
	memcpy(heavy, world_link(&world, &registry)->student, sizeof(heavy));
	assert_memory_equal(world_link(&world, &grants_new)->student, heavy, sizeof(heavy));
	world_night(&world, &(struct delivery){ .rows = second, .count = 2 });
	assert_memory_equal(world_link(&world, &old_number)->student, heavy, sizeof(heavy));
	assert_memory_equal(world_link(&world, &grants_new)->student, heavy, sizeof(heavy));
	assert_int_equal(world.result.students_new, 0);
	assert_int_equal(world.result.retired_count, 1);
	assert_memory_equal(world.result.retired[0].student, light, sizeof(light));
	assert_memory_equal(world.result.retired[0].into, heavy, sizeof(heavy));
	assert_int_equal(world.result.retired[0].day, 9001);
	for (size_t i = 0; i < world.count; i++)
		assert_true((world.links[i].flags & LINK_TOUCHED) != 0);
	/* nothing happens: nothing is touched, nobody is retired twice */
	world_night(&world, &(struct delivery){ .rows = second, .count = 2 });
	assert_int_equal(world.result.retired_count, 0);
	for (size_t i = 0; i < world.count; i++)
		assert_true((world.links[i].flags & LINK_TOUCHED) == 0);
	/* the core is taken back */
	world_night(&world, &(struct delivery){ .rows = third, .count = 2 });
	assert_int_equal(world.result.students_new, 1);
	assert_int_equal(world.result.retired_count, 0);
	assert_memory_equal(world_link(&world, &registry)->student, heavy, sizeof(heavy));
	memcpy(now, world_link(&world, &old_number)->student, sizeof(now));
	assert_memory_not_equal(now, heavy, sizeof(heavy));
	assert_memory_not_equal(now, light, sizeof(light)); /* a retired id is never used again */
	for (size_t i = 0; i < world.count; i++)
		assert_true((world.links[i].flags & LINK_TOUCHED) != 0);
	world_fini(&world);
	scratch_remove();
}

static void
an_older_statement_does_not_overwrite(void **state)
{
	static const struct statement now = { GRANTS, "Li", BIRTH, A, 0, "L1", NULL, 1, 2000 };
	static const struct statement before = { GRANTS, "Li", BIRTH, A, 0, "L2", NULL, 2, 1000 };
	static const struct statement by_new = { HEALTH, "Li", BIRTH, 0, 0, "L1", NULL, 1, 0 };
	static const struct statement by_old = { HEALTH, "Li", BIRTH, 0, 0, "L2", NULL, 1, 0 };
	const struct statement first[] = { now, by_new, by_old };
	struct world world;

	(void)state;
	world_init(&world, scratch_make());
	world_night(&world, &(struct delivery){ .rows = first, .count = 3 });
	world_night(&world, &(struct delivery){ .rows = &before, .count = 1 });
	assert_memory_equal(world_link(&world, &by_new)->student, world_link(&world, &now)->student, STUDENT_ID_BYTES);
	assert_memory_not_equal(
	    world_link(&world, &by_old)->student, world_link(&world, &now)->student, STUDENT_ID_BYTES);
	assert_int_equal(world_link(&world, &now)->school, 1);
	world_fini(&world);
	scratch_remove();
}

/* Two sources sent the very same file: its rows are two children for us, who must not get one id. */
static void
the_same_file_from_two_sources_makes_two_ids(void **state)
{
	static const struct statement rows[] = { { REGISTRY, "Li", BIRTH, 0, 0, NULL, NULL, 1, 0 },
		{ GRANTS, "Li", BIRTH, 0, 0, NULL, NULL, 1, 0 } };
	struct world world;

	(void)state;
	world_init(&world, scratch_make());
	world_night(&world, &(struct delivery){ .rows = rows, .count = 2 });
	assert_int_equal(world.count, 2);
	assert_memory_not_equal(world.links[0].student, world.links[1].student, STUDENT_ID_BYTES);
	world_fini(&world);
	scratch_remove();
}

/* A number that thousands of rows carry by mistake. */
static void
a_number_that_everybody_has_takes_no_longer(void **state)
{
	enum { MANY = 60000 };
	struct statement *rows = calloc(MANY, sizeof(*rows));
	char(*names)[8] = calloc(MANY, sizeof(*names));
	struct world world;

	(void)state;
	assert_non_null(rows);
	assert_non_null(names);
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "n%d", i);
		rows[i] = (struct statement){ REGISTRY, names[i], 20000 + i, A, 0, NULL, NULL, 1, 0 };
	}
	world_init(&world, scratch_make());
	for (int night = 0; night < 2; night++)
		world_night(&world, &(struct delivery){ .rows = rows, .count = MANY });
	assert_int_equal(world.result.case_count, 1);
	assert_true(world.result.case_record_count > MANY - 10); /* hashes of 32 bits may meet */
	assert_int_equal(world.result.students_new, 0);
	world_fini(&world);
	scratch_remove();
	free(rows);
	free(names);
}

static void
damaged_links_are_refused(void **state)
{
	static const struct statement rows[] = { { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 0 },
		{ GRANTS, "Li", BIRTH, B, A, NULL, NULL, 1, 0 }, { HEALTH, "Li", BIRTH, C, 0, NULL, NULL, 1, 0 } };
	char path[FILE_PATH_MAX], folder[FILE_PATH_MAX];
	struct runs none = { 0 };
	struct covered covered;
	struct buffer bytes;
	struct world world;
	struct err err = { 0 };
	struct link_result result;
	bool delivered[SOURCES] = { 0 };
	struct link_input input = { .runs = &none,
		.same = &none,
		.old_links = path,
		.folder = folder,
		.source_count = SOURCES,
		.delivered = delivered,
		.covered = &covered,
		.seed = WORLD_SEED };

	(void)state;
	world_init(&world, scratch_make());
	world_night(&world, &(struct delivery){ .rows = rows, .count = 3 });
	buffer_init(&bytes, 1 << 20);
	assert_int_equal(path_format(path, &err, "%s/0/links.yc", world.folder), 0);
	assert_int_equal(path_format(folder, &err, "%s/0", world.folder), 0);
	assert_int_equal(file_read_all(path, &bytes, &err), 0);
	assert_int_equal(path_format(path, &err, "%s/damaged", world.folder), 0);
	input.sources = world.sources;
	for (size_t i = 0; i < bytes.len; i++) {
		if (i >= 32 && i < 64)
			continue; /* zeros */
		bytes.at[i] ^= (char)(1 << (i % 8));
		assert_int_equal(file_write_all(path, bytes.at, bytes.len, &err), 0);
		assert_int_equal(link_run(&input, &result, &err), -1);
		bytes.at[i] ^= (char)(1 << (i % 8));
	}
	assert_int_equal(file_write_all(path, bytes.at, bytes.len - 1, &err), 0);
	assert_int_equal(link_run(&input, &result, &err), -1);
	assert_int_equal(file_write_all(path, bytes.at, bytes.len, &err), 0);
	assert_int_equal(link_run(&input, &result, &err), 0);
	link_result_free(&result);
	buffer_fini(&bytes);
	world_fini(&world);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_one_student),
		cmocka_unit_test(absent_stale_and_back),
		cmocka_unit_test(a_former_school_has_no_say),
		cmocka_unit_test(a_stray_row_does_not_stand_for_its_school),
		cmocka_unit_test(an_absent_record_accuses_nobody),
		cmocka_unit_test(merging_keeps_the_heavier_id_and_splitting_keeps_it_again),
		cmocka_unit_test(an_older_statement_does_not_overwrite),
		cmocka_unit_test(the_same_file_from_two_sources_makes_two_ids),
		cmocka_unit_test(a_number_that_everybody_has_takes_no_longer),
		cmocka_unit_test(damaged_links_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
