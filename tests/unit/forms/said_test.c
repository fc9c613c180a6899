/*
 * Tests of consumers/forms/said: which answers hold after a night.
 */
#include "consumers/forms/said.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/support/support.h"

static struct said
answer(const char *value, const char *origin, const char *day, enum said_kind kind)
{
	return (struct said){ .student = { 7 },
		.kind = kind,
		.row = 70000,
		.owner = TEXT("体卫艺科"),
		.key = TEXT("几只猫"),
		.header = TEXT("几只猫"),
		.field = TEXT(""),
		.value = text_from(value),
		.origin = text_from(origin),
		.day = text_from(day),
		.run = text_from(day),
		.form = TEXT("宠物"),
		.file = text_from(origin),
		.sheet = TEXT("Sheet1") };
}

/* What holds after ${older} and ${tonight}, "value/origin" with spaces between. */
static void
merge(struct said *older, size_t older_count, struct said *tonight, size_t tonight_count, const char *want)
{
	struct said_list before = { older, older_count }, night = { tonight, tonight_count }, list;
	struct arena arena;
	struct buffer got;
	struct err err = { 0 };

	arena_init(&arena, 1 << 20);
	buffer_init(&got, 1000);
	assert_int_equal(said_merge(&before, &night, TEXT("2026-03-01"), &arena, &list, &err), 0);
	for (size_t i = 0; i < list.count; i++)
		buffer_format(&got, "%s%.*s/%.*s", i > 0 ? " " : "", (int)list.at[i].value.len, list.at[i].value.at,
		    (int)list.at[i].origin.len, list.at[i].origin.at);
	buffer_char(&got, '\0');
	assert_string_equal(got.at, want);
	buffer_fini(&got);
	arena_fini(&arena);
}

static void
who_answered_before_is_taken_at_his_last_word(void **state)
{
	struct said older[] = { answer("1", "A", "2026-09-01", SAID_ANSWER) };
	struct said again[] = { answer("2", "A", "2026-09-09", SAID_ANSWER) };
	struct said other[] = { answer("2", "B", "2026-09-09", SAID_ANSWER) };

	(void)state;
	merge(older, 1, NULL, 0, "1/A");
	merge(older, 1, again, 1, "2/A");
	merge(older, 1, other, 1, "1/A 2/B");
	assert_true(said_conflict((struct said[]){ older[0], other[0] }, 2));
	assert_false(said_conflict((struct said[]){ again[0], other[0] }, 2));
}

static void
what_is_out_of_date_gives_way_to_others(void **state)
{
	struct said older[] = { answer("1", "A", "2026-02-28", SAID_ANSWER) };
	struct said other[] = { answer("2", "B", "2026-09-09", SAID_ANSWER) };
	struct said same[] = { answer("1", "B", "2026-09-09", SAID_ANSWER) };

	(void)state;
	merge(older, 1, other, 1, "2/B");
	merge(older, 1, same, 1, "1/A 1/B");
	merge(older, 1, NULL, 0, "1/A");
}

static void
two_of_one_night_are_both_kept_in_any_order(void **state)
{
	struct said one[] = { answer("1", "A", "2026-09-09", SAID_ANSWER), answer("2", "A", "2026-09-09", SAID_ANSWER),
		answer("2", "A", "2026-09-09", SAID_ANSWER) };
	struct said turned[] = { one[1], one[2], one[0] };

	(void)state;
	merge(NULL, 0, one, 3, "1/A 2/A");
	merge(NULL, 0, turned, 3, "1/A 2/A");
}

static void
a_difference_goes_when_its_sender_agrees(void **state)
{
	struct said older[] = { answer("1", "A", "2026-09-01", SAID_DIFFERENCE) };
	struct said agrees[] = { answer("3", "A", "2026-09-09", SAID_AGREES) };
	struct said other[] = { answer("3", "B", "2026-09-09", SAID_AGREES) };

	(void)state;
	merge(older, 1, agrees, 1, "");
	merge(older, 1, other, 1, "1/A");
}

static void
what_is_saved_is_loaded(void **state)
{
	struct said said[] = { answer("1", "A", "2026-09-01", SAID_ANSWER),
		answer("2", "", "2026-09-01", SAID_DIFFERENCE) };
	const struct said_list list = { said, 2 };
	struct said_list loaded;
	char path[64], name[SAID_CASE_MAX], other[SAID_CASE_MAX];
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	snprintf(path, sizeof(path), "said-%d.yc", (int)getpid());
	arena_init(&arena, 1 << 20);
	assert_int_equal(said_save(&list, path, &err), 0);
	assert_int_equal(said_load(path, &arena, &loaded, &err), 0);
	assert_int_equal(loaded.count, 2);
	assert_int_equal(loaded.at[0].row, 70000);
	assert_true(text_eq(loaded.at[0].owner, TEXT("体卫艺科")) && text_eq(loaded.at[1].value, TEXT("2")));
	assert_int_equal(loaded.at[1].kind, SAID_DIFFERENCE);
	said_case(&loaded.at[0], name);
	said_case(&said[0], other);
	assert_string_equal(name, other);
	said_case(&loaded.at[1], other);
	assert_string_not_equal(name, other);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(said_load(path, &arena, &loaded, &err), 0);
	assert_int_equal(loaded.count, 0);
	arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_answered_before_is_taken_at_his_last_word),
		cmocka_unit_test(what_is_out_of_date_gives_way_to_others),
		cmocka_unit_test(two_of_one_night_are_both_kept_in_any_order),
		cmocka_unit_test(a_difference_goes_when_its_sender_agrees),
		cmocka_unit_test(what_is_saved_is_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
