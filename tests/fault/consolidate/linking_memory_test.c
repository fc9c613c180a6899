/*
 * linking_memory_test.c - records are linked by weights while the n-th allocation fails, for every n: the students are those of a
 * night that lacked nothing, or an error says why there are none.
 */
#include "tests/support/failing.h"
#include "tests/support/support.h"
#include "tests/unit/consolidate/town.h"

#define FIRST "410302201405060017"
#define SECOND "410302201405060033"
#define ROOM " school_name=西工区一小 grade=32 class_name=2班"
#define HOME " member1_phone=13900000001 member1_name=王强"
#define BORN " birth_date=2014-05-06 sex=1"

static const struct say rows[] = { { REGISTRY, "name=王梓涵 id_no=" FIRST " student_no=G" FIRST BORN ROOM HOME },
	{ REGISTRY, "name=王子涵 id_no=" SECOND BORN ROOM HOME }, { AID, "name=王紫涵" BORN ROOM HOME },
	{ HEALTH, "name=王梓涵" BORN ROOM }, { CLUB, "name=王子涵 id_no=" FIRST BORN ROOM },
	{ CLUB, "name=王诰然 id_no=!410302201405060018" BORN HOME } };

struct trial {
	struct town *town;
	struct decided decided;
	struct link want[2 * TOWN_ROWS];
	size_t count, cases; /* 0: not known yet */
	unsigned failed;
};

static int
attempt(void *self)
{
	struct trial *trial = self;
	struct town *town = trial->town;
	struct err err = { 0 };

	if (town_link(town, true, &trial->decided, 1, &err) != 0) {
		failing_stop();
		assert_int_equal(err.kind, ERR_RETRY);
		trial->failed++;
		return -1;
	}
	failing_stop();
	town_read(town);
	if (trial->count == 0) {
		memcpy(trial->want, town->links, sizeof(trial->want));
		trial->count = town->count;
		trial->cases = town->result.case_count;
	}
	assert_int_equal(town->count, trial->count);
	assert_memory_equal(town->links, trial->want, trial->count * sizeof(*trial->want));
	assert_int_equal(town->result.case_count, trial->cases);
	return 0;
}

static void
linking_is_whole_or_not_at_all(void **state)
{
	struct town town;
	struct trial trial = { .town = &town };
	long nth = 0;

	(void)state;
	town_init(&town);
	town_night(&town, rows, 4, 0, false, NULL, 0);
	trial.decided = (struct decided){ .kind = DECIDED_DIFFERENT };
	memcpy(trial.decided.a, town.ids[2], RECORD_ID_BYTES);
	memcpy(trial.decided.b, town.ids[3], RECORD_ID_BYTES);
	town_rows(&town, rows, ARRAY_LEN(rows), 0);
	assert_false(failing_run(1000000, attempt, &trial));
	assert_true(trial.cases > 0);
	while (failing_run(nth, attempt, &trial))
		nth++;
	assert_true(nth > 30 && trial.failed > 30);
	town_fini(&town);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linking_is_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("linking_memory", tests, NULL, NULL);
}
