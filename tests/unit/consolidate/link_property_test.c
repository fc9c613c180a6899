/*
 * Property test of linking: random worlds over several nights, held against an oracle that compares every pair of records.
 * The students are the oracle's, whatever the order of rows, the cutting into runs, and whether records are put aside;
 * an id stays as long as its set of records does.
 */
#include "tests/unit/consolidate/world.h"

#include <stdlib.h>

#include "tests/support/support.h"

#define ROWS 250
#define NIGHTS 4
#define WORLDS 60

static uint64_t seed;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static const char *
pick(const char *const *from, size_t count)
{
	return from[next_random() % count];
}

/* Rows of few people, numbers and names, so that they meet all the time. */
static void
make_rows(struct statement *rows, size_t count)
{
	static const char *const names[] = { "n1", "n2", "n3", "n4", "n5", "n6" };
	static const char *const student_nos[] = { "L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8" };
	static const char *const documents[] = { "p1", "p2", "p3", "p4" };

	for (size_t i = 0; i < count; i++) {
		struct statement *row = &rows[i];

		*row = (struct statement){ .source = (unsigned)(next_random() % SOURCES),
			.name = pick(names, ARRAY_LEN(names)),
			.birth = next_random() % 8 == 0 ? 0 : 40000 + (int32_t)(next_random() % 6),
			.school = (uint32_t)(next_random() % 4),
			.time = (uint32_t)(next_random() % 3) };
		if (next_random() % 8 != 0)
			row->number = 15010220120304001u + next_random() % 60;
		if (next_random() % 6 == 0)
			row->core = 15010220120304001u + next_random() % 60;
		if (next_random() % 10 == 0)
			row->student_no = pick(student_nos, ARRAY_LEN(student_nos));
		if (row->number == 0 && row->core == 0 && next_random() % 2 == 0)
			row->document = pick(documents, ARRAY_LEN(documents));
		if (row->number == 0 && row->core == 0 && row->document == NULL && row->student_no == NULL
		    && row->birth == 0)
			row->birth = 40001;
	}
}

static bool
shares_number(const struct link *a, const struct link *b)
{
	uint64_t x[4] = { a->number, a->core, a->student_no, 0 }, y[4] = { b->number, b->core, b->student_no, 0 };

	if (a->kind == ANCHOR_DOCUMENT)
		memcpy(&x[3], a->id, 8);
	if (b->kind == ANCHOR_DOCUMENT)
		memcpy(&y[3], b->id, 8);
	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < 4; j++) {
			if (x[i] != 0 && x[i] == y[j])
				return true;
		}
	}
	return false;
}

/* Groups by comparing all pairs until nothing changes. */
static void
oracle(const struct link *links, size_t count, size_t *group)
{
	bool changed = true;

	for (size_t i = 0; i < count; i++)
		group[i] = i;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < count; i++) {
			for (size_t j = 0; j < i; j++) {
				if (group[i] == group[j] || !shares_number(&links[i], &links[j])
				    || (links[i].name != links[j].name
					&& (links[i].birth_day == 0 || links[i].birth_day != links[j].birth_day)))
					continue;
				for (size_t k = 0, from = group[i], to = group[j]; k < count; k++) {
					if (group[k] == from)
						group[k] = to;
				}
				changed = true;
			}
		}
	}
}

static bool
same_student(const struct link *a, const struct link *b)
{
	return memcmp(a->student, b->student, STUDENT_ID_BYTES) == 0;
}

static void
check_groups(const struct world *world)
{
	size_t *group = calloc(world->count + 1, sizeof(*group));

	assert_non_null(group);
	oracle(world->links, world->count, group);
	for (size_t i = 0; i < world->count; i++) {
		bool scattered = false;

		for (size_t j = 0; j < world->count; j++) {
			assert_int_equal(same_student(&world->links[i], &world->links[j]), group[i] == group[j]);
			scattered = scattered
			    || (group[i] == group[j] && memcmp(world->links[i].id, world->links[j].id, 8) != 0);
		}
		assert_int_equal((world->links[i].flags & LINK_SCATTERED) != 0, scattered);
	}
	free(group);
}

/* The record ${id} among ${count} links; NULL when it is not there. */
static const struct link *
find(const struct link *links, size_t count, const uint8_t *id)
{
	for (size_t i = 0; i < count; i++) {
		if (memcmp(links[i].id, id, RECORD_ID_BYTES) == 0)
			return &links[i];
	}
	return NULL;
}

/* Whether the student of ${link} has the same records tonight and the night before. */
static bool
same_records(const struct world *world, const struct link *link, const struct link *before, size_t before_count)
{
	const struct link *was = find(before, before_count, link->id);

	if (was == NULL)
		return false;
	for (size_t i = 0; i < world->count; i++) {
		const struct link *other = find(before, before_count, world->links[i].id);

		if (same_student(&world->links[i], link) != (other != NULL && same_student(other, was)))
			return false;
	}
	return true;
}

static void
check_ids(const struct world *world, const struct link *before, size_t before_count)
{
	for (size_t i = 0; i < world->count; i++) {
		const struct link *link = &world->links[i], *was = find(before, before_count, link->id);
		bool same = same_records(world, link, before, before_count);
		bool used = false;

		if (same)
			assert_true(same_student(link, was));
		else
			assert_true((link->flags & LINK_TOUCHED) != 0);
		if (was != NULL && was->presence != link->presence)
			assert_true((link->flags & LINK_TOUCHED) != 0);
		for (size_t j = 0; j < before_count; j++)
			used = used || same_student(&before[j], link);
		assert_int_equal((link->flags & LINK_NEW) != 0, !used);
	}
	/* an id of yesterday is in use, or was retired into one that is */
	for (size_t j = 0; j < before_count; j++) {
		bool used = false, retired = false;

		for (size_t i = 0; i < world->count; i++)
			used = used || same_student(&world->links[i], &before[j]);
		for (size_t r = 0; r < world->result.retired_count; r++) {
			const struct retired *gone = &world->result.retired[r];
			bool in_use = false;

			if (memcmp(gone->student, before[j].student, STUDENT_ID_BYTES) != 0)
				continue;
			assert_false(retired);
			retired = true;
			for (size_t i = 0; i < world->count; i++)
				in_use = in_use || memcmp(world->links[i].student, gone->into, STUDENT_ID_BYTES) == 0;
			assert_true(in_use);
		}
		assert_true(used != retired);
	}
}

/* But for how it was settled, everything is the same. */
static void
check_same(const struct world *a, const struct world *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		struct link x = a->links[i], y = b->links[i];

		x.flags &= (uint8_t)~LINK_ASIDE;
		y.flags &= (uint8_t)~LINK_ASIDE;
		assert_memory_equal(&x, &y, sizeof(x));
	}
	assert_int_equal(a->result.case_count, b->result.case_count);
	if (a->result.case_count > 0)
		assert_memory_equal(a->result.cases, b->result.cases, a->result.case_count * sizeof(*a->result.cases));
	assert_int_equal(a->result.case_record_count, b->result.case_record_count);
	if (a->result.case_record_count > 0)
		assert_memory_equal(a->result.case_records, b->result.case_records,
		    a->result.case_record_count * sizeof(*a->result.case_records));
	assert_int_equal(a->result.case_pair_count, b->result.case_pair_count);
	for (size_t i = 0; i < a->result.case_pair_count; i++)
		assert_memory_equal(a->result.case_pairs[i].a, b->result.case_pairs[i].a, 2 * RECORD_ID_BYTES);
	assert_int_equal(a->result.retired_count, b->result.retired_count);
	if (a->result.retired_count > 0)
		assert_memory_equal(
		    a->result.retired, b->result.retired, a->result.retired_count * sizeof(*a->result.retired));
	assert_int_equal(a->result.students_new, b->result.students_new);
}

static void
random_worlds_are_linked_as_by_comparing_all_pairs(void **state)
{
	static struct statement rows[ROWS];
	(void)state;
	for (uint64_t w = 1; w <= WORLDS; w++) {
		struct world ways[3];
		char folder[FILE_PATH_MAX / 8];
		const char *scratch = scratch_make();

		seed = w * 0x9E3779B97F4A7C15u;
		for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
			snprintf(folder, sizeof(folder), "%s/%zu", scratch, i);
			world_init(&ways[i], folder);
		}
		for (unsigned night = 0; night < NIGHTS; night++) {
			size_t count = night == 0 ? ROWS : ROWS / 3, before_count = ways[0].count;
			struct link *before = calloc(before_count + 1, sizeof(*before));

			assert_non_null(before);
			if (before_count > 0)
				memcpy(before, ways[0].links, before_count * sizeof(*before));
			make_rows(rows, count);
			for (size_t i = 0; i < ARRAY_LEN(ways); i++)
				world_night(&ways[i],
				    &(struct delivery){ .rows = rows,
					.count = count,
					.covers_own = true,
					.runs = 1 + 4 * (unsigned)i,
					.shuffle = i * (w + 7),
					.aside = i == 2 });
			check_groups(&ways[0]);
			check_ids(&ways[0], before, before_count);
			check_same(&ways[0], &ways[1]);
			check_same(&ways[0], &ways[2]);
			free(before);
		}
		for (size_t i = 0; i < ARRAY_LEN(ways); i++)
			world_fini(&ways[i]);
		scratch_remove();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_worlds_are_linked_as_by_comparing_all_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
