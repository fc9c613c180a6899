/*
 * Tests of linking as a whole with the model that ships: who is one student, what becomes a case, what people's decisions do,
 * and that none of it hangs on the order of rows, on runs, or on what the night before knew.
 */
#include "core/record/record.h"
#include "tests/support/support.h"
#include "tests/unit/consolidate/town.h"

/* Numbers of an invented pair of twins and of others, with their right check characters. */
#define FIRST "410302201405060017"
#define SECOND "410302201405060033"
#define STRANGER "410324201405060023"
#define ROOM " school_name=西工区一小 grade=32 class_name=2班"
#define HOME " member1_phone=13900000001 member1_name=王强"
#define BORN " birth_date=2014-05-06 sex=1"

static void
check_groups(const struct town *town, const char *what, const char *groups)
{
	for (size_t i = 0; i < strlen(groups); i++) {
		for (size_t j = 0; j < i; j++) {
			if ((memcmp(town_link_of(town, i)->student, town_link_of(town, j)->student, STUDENT_ID_BYTES)
				== 0)
			    != (groups[i] == groups[j]))
				fail_msg("%s: rows %zu and %zu", what, j, i);
		}
	}
}

static const struct {
	const char *what;
	struct say rows[TOWN_ROWS];
	const char *groups;
	size_t cases;
	enum case_kind kind; /* of the first case */
} towns[] = {
	{ "one child in three lists, one without number",
	    { { REGISTRY, "name=王小明 id_no=" FIRST BORN ROOM HOME }, { AID, "name=王小明" BORN ROOM },
		{ HEALTH, "name=王小明 id_no=" FIRST BORN } },
	    "aaa", 0, 0 },
	{ "twins, and a list without numbers",
	    { { REGISTRY, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王浩然 id_no=" SECOND BORN ROOM HOME }, { AID, "name=王一鸣" BORN ROOM HOME },
		{ AID, "name=王浩然" BORN ROOM HOME } },
	    "abab", 0, 0 },
	{ "twins whose names sound alike, and a list without numbers",
	    { { REGISTRY, "name=王梓涵 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王子涵 id_no=" SECOND BORN ROOM HOME }, { AID, "name=王梓涵" BORN ROOM HOME },
		{ AID, "name=王子涵" BORN ROOM HOME } },
	    "abab", 0, 0 },
	{ "twins whose names sound alike, and a name that fits both",
	    { { REGISTRY, "name=王梓涵 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王子涵 id_no=" SECOND BORN ROOM HOME }, { AID, "name=王紫涵" BORN ROOM HOME } },
	    "abc", 1, CASE_NOID_DUP },
	{ "a number copied from the twin",
	    { { REGISTRY, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王浩然 id_no=" SECOND BORN ROOM HOME },
		{ AID, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ HEALTH, "name=王浩然 id_no=" FIRST BORN ROOM HOME } },
	    "abab", 1, CASE_ID_DUP },
	{ "a row with one twin's number and the other's student number",
	    { { REGISTRY, "name=吴明宇 id_no=" FIRST " student_no=G" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=吴明雨 id_no=" SECOND " student_no=G" SECOND BORN ROOM HOME },
		{ AID, "name=吴明雨 id_no=" FIRST " student_no=G" SECOND BORN ROOM HOME } },
	    "abb", 1, CASE_ID_DUP },
	{ "a number copied from the row above",
	    { { REGISTRY, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=李雨桐 id_no=" STRANGER " birth_date=2013-03-03 sex=2" ROOM },
		{ AID, "name=王一鸣 id_no=" STRANGER BORN ROOM HOME } },
	    "aba", 1, CASE_ID_DUP },
	{ "one misspelt name under its own number",
	    { { REGISTRY, "name=王浩然 id_no=" FIRST BORN ROOM HOME },
		{ AID, "name=王诰然 id_no=" FIRST BORN ROOM HOME }, { HEALTH, "name=王浩然 id_no=" FIRST BORN ROOM } },
	    "aaa", 0, 0 },
	{ "a name that was changed, and the old one in a list",
	    { { REGISTRY, "name=林雅珊 former_name=林钰祎 id_no=" FIRST BORN ROOM },
		{ AID, "name=林钰祎 id_no=" FIRST BORN } },
	    "aa", 0, 0 },
	{ "a number that was changed: nobody knows, so a person is asked",
	    { { REGISTRY, "name=王小明 id_no=" FIRST BORN ROOM HOME },
		{ AID, "name=王小明 id_no=" STRANGER BORN ROOM HOME },
		{ HEALTH, "name=王小明 id_no=" STRANGER BORN ROOM HOME } },
	    "abb", 1, CASE_ID_NAME_MISMATCH },
	{ "a number that was changed: the student number keeps the old one",
	    { { REGISTRY, "name=王小明 id_no=" STRANGER " student_no=G" FIRST BORN ROOM },
		{ AID, "name=王小明 id_no=" FIRST BORN }, { HEALTH, "name=王小明 id_no=" STRANGER BORN } },
	    "aaa", 0, 0 },
	{ "namesakes born on one day, in two schools",
	    { { REGISTRY, "name=王伟 id_no=" FIRST BORN ROOM },
		{ REGISTRY, "name=王伟 id_no=" STRANGER BORN " school_name=老城区三小" },
		{ AID, "name=王伟" BORN " school_name=老城区三小" } },
	    "abb", 0, 0 },
	{ "namesakes of one class, and a class list",
	    { { REGISTRY, "name=王伟 id_no=" FIRST BORN ROOM },
		{ REGISTRY, "name=王伟 id_no=" STRANGER " birth_date=2013-11-20 sex=1" ROOM },
		{ CLUB, "name=王伟" ROOM } },
	    "abc", 1, CASE_NOID_DUP },
	{ "one source never states a child twice by weights",
	    { { AID, "name=王小明" BORN ROOM HOME }, { AID, "name=王小明 member2_name=李芳" BORN ROOM HOME } }, "ab", 0,
	    0 },
};

static void
who_is_one_student(void **state)
{
	(void)state;
	for (size_t t = 0; t < ARRAY_LEN(towns); t++) {
		size_t count = strlen(towns[t].groups);
		struct town town;

		town_init(&town);
		for (size_t first = 0; first < count; first++) {
			town_night(&town, towns[t].rows, count, first, false, NULL, 0);
			check_groups(&town, towns[t].what, towns[t].groups);
			if (town.result.case_count != towns[t].cases
			    || (towns[t].cases > 0 && town.result.cases[0].kind != towns[t].kind))
				fail_msg("%s: %zu cases, the first %s", towns[t].what, town.result.case_count,
				    town.result.case_count == 0
					? "none"
					: case_kind_code((enum case_kind)town.result.cases[0].kind));
		}
		town_fini(&town);
	}
}

/* The next night, nothing changed: the same students under the same ids; then the list without numbers grows. */
static void
ids_stay(void **state)
{
	static const struct say rows[] = { { REGISTRY, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王浩然 id_no=" SECOND BORN ROOM HOME }, { AID, "name=王一鸣" BORN ROOM HOME },
		{ HEALTH, "name=王浩然" BORN ROOM } };
	uint8_t before[4][STUDENT_ID_BYTES];
	struct town town;

	(void)state;
	town_init(&town);
	town_night(&town, rows, 3, 0, false, NULL, 0);
	for (size_t i = 0; i < 3; i++)
		memcpy(before[i], town_link_of(&town, i)->student, STUDENT_ID_BYTES);
	for (int night = 0; night < 3; night++) {
		town_night(&town, rows, night == 2 ? 4 : 3, (size_t)night, true, NULL, 0);
		for (size_t i = 0; i < 3; i++)
			assert_memory_equal(before[i], town_link_of(&town, i)->student, STUDENT_ID_BYTES);
		assert_int_equal(town.result.students_new, 0);
		assert_int_equal(town.result.retired_count, 0);
	}
	check_groups(&town, "a fourth row", "abab");
	town_fini(&town);
}

/* A list that sends a row again with its number, and one that has put a birth date right: new records of the same child. */
static void
a_source_may_mend_its_own_rows(void **state)
{
	static const struct say first[] = { { REGISTRY, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ AID, "name=王一鸣" BORN ROOM HOME }, { HEALTH, "name=王一鸣 birth_date=2014-06-05 sex=1" ROOM HOME } };
	static const struct say mended[] = { { REGISTRY, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ AID, "name=王一鸣 id_no=" FIRST BORN ROOM HOME }, { HEALTH, "name=王一鸣" BORN ROOM HOME } };
	uint8_t student[STUDENT_ID_BYTES];
	struct town town;

	(void)state;
	town_init(&town);
	town_night(&town, first, 3, 0, false, NULL, 0);
	check_groups(&town, "first", "aaa");
	memcpy(student, town_link_of(&town, 0)->student, sizeof(student));
	for (int night = 0; night < 3; night++) {
		town_night(&town, mended, 3, (size_t)night, true, NULL, 0);
		assert_int_equal(town.count, 5); /* what was said before is still known */
		for (size_t i = 0; i < town.count; i++)
			assert_memory_equal(town.links[i].student, student, sizeof(student));
		assert_int_equal(town.result.students_new, 0);
		assert_int_equal(town.result.split_count, 0);
		assert_int_equal(town.result.case_count, 0);
	}
	town_fini(&town);
}

static struct decided
decide(const struct town *town, enum decided_kind kind, size_t a, size_t b)
{
	struct decided decided = { .kind = (uint8_t)kind };
	bool swap = kind != DECIDED_RENUMBERED && memcmp(town->ids[a], town->ids[b], RECORD_ID_BYTES) > 0;

	memcpy(decided.a, town->ids[swap ? b : a], RECORD_ID_BYTES);
	memcpy(decided.b, town->ids[swap ? a : b], RECORD_ID_BYTES);
	return decided;
}

/* A decision holds, over everything; taken back, all is as it was. */
static void
decisions_hold_and_can_be_taken_back(void **state)
{
	static const struct say fits_both[] = { { REGISTRY, "name=王梓涵 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王子涵 id_no=" SECOND BORN ROOM HOME }, { AID, "name=王紫涵" BORN ROOM HOME } };
	static const struct say alike[] = { { REGISTRY, "name=王小明 id_no=" FIRST BORN ROOM HOME },
		{ AID, "name=王小明" BORN ROOM HOME }, { HEALTH, "name=王小明 id_no=" FIRST BORN } };
	static const struct say changed[] = { { REGISTRY, "name=王小明 id_no=" FIRST BORN ROOM HOME },
		{ AID, "name=王小明 id_no=" STRANGER BORN ROOM HOME }, { HEALTH, "name=王小明 id_no=" STRANGER BORN } };
	struct decided decided;
	struct town town;

	(void)state;
	town_init(&town);
	town_night(&town, fits_both, 3, 0, false, NULL, 0);
	assert_int_equal(town.result.case_count, 1);
	decided = decide(&town, DECIDED_SAME, 1, 2);
	town_night(&town, fits_both, 3, 1, false, &decided, 1);
	check_groups(&town, "same", "abb");
	assert_int_equal(town.result.case_count, 0);
	town_night(&town, fits_both, 3, 2, false, NULL, 0);
	check_groups(&town, "taken back", "abc");
	assert_int_equal(town.result.case_count, 1);

	town_night(&town, alike, 3, 0, false, NULL, 0);
	check_groups(&town, "alike", "aaa");
	for (int kind = DECIDED_DIFFERENT; kind <= DECIDED_TWINS; kind++) {
		decided = decide(
		    &town, (enum decided_kind)kind, 1, 2); /* said of one record, it holds for all of that child */
		town_night(&town, alike, 3, 0, false, &decided, 1);
		check_groups(&town, "different", "aba");
		assert_int_equal(town.result.case_count, 0);
	}
	decided = (struct decided){ .kind = DECIDED_WRONG_ROW, .content = town_link_of(&town, 1)->content };
	memcpy(decided.a, town.ids[1], RECORD_ID_BYTES);
	town_night(&town, alike, 3, 0, false, &decided, 1);
	check_groups(&town, "wrong row", "aba");
	decided.content++; /* it was mended since */
	town_night(&town, alike, 3, 0, false, &decided, 1);
	check_groups(&town, "mended row", "aaa");

	town_night(&town, changed, 3, 0, false, NULL, 0);
	check_groups(&town, "changed number", "abb");
	decided = decide(&town, DECIDED_RENUMBERED, 0, 1);
	town_night(&town, changed, 3, 0, false, &decided, 1);
	check_groups(&town, "renumbered", "aaa");
	assert_int_equal(town.result.case_count, 0);
	town_fini(&town);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_one_student),
		cmocka_unit_test(ids_stay),
		cmocka_unit_test(a_source_may_mend_its_own_rows),
		cmocka_unit_test(decisions_hold_and_can_be_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
