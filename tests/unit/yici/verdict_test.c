/*
 * Tests of ops/yici/verdict: what the lines of a case say together, and what they may not say.
 */
#include "ops/yici/verdict.h"

#include "tests/support/support.h"

enum {
	N = CHOICE_NONE,
	S = CHOICE_SAME,
	D = CHOICE_DIFFERENT,
	T = CHOICE_TWINS,
	O = CHOICE_OLD_NUMBER,
	W = CHOICE_NEW_NUMBER,
	X = CHOICE_WRONG_ROW
};
#define LINES 4

/* Records are called a b c d; their students by the letters of ${students}. */
static const struct {
	const char *what;
	const char *students;
	int choices[LINES];
	const char *says; /* "kind records; …", empty when refused */
} rows[] = {
	{ "one line is said of all", "12", { S, N }, "same a b" },
	{ "each line", "12", { D, D }, "different a b" },
	{ "twins, said of one of three", "123", { N, T, N }, "twins a b c" },
	{ "one record for each student", "112", { D, D, D }, "different a c" },
	{ "of one student each record", "11", { D, D }, "different a b" },
	{ "two are one, the third another", "123", { S, S, D }, "same a b; different c a" },
	{ "two others, each another", "1234", { S, S, D, D }, "same a b; different c d a" },
	{ "a changed number", "12", { W, O }, "renumbered b a" },
	{ "of two lines the other is the other", "12", { O, N }, "renumbered a b" },
	{ "a wrong row alone", "123", { N, X, N }, "wrong_row b" },
	{ "a wrong row, and the rest is one", "123", { S, X, S }, "same a c; wrong_row b" },
	{ "the rest by one line", "123", { S, X, N }, "same a c; wrong_row b" },
	{ "all wrong", "12", { X, X }, "wrong_row a b" },
	{ "nothing", "12", { N, N }, "" },
	{ "some lines of three", "1234", { S, S, N, N }, "" },
	{ "the same as whom?", "12", { S, D }, "" },
	{ "twins and others", "123", { T, T, D }, "" },
	{ "a number and others", "123", { O, W, S }, "" },
	{ "two old numbers", "12", { O, O }, "" },
	{ "an old number among three", "123", { O, N, N }, "" },
	{ "nobody is left to be the same", "12", { S, X }, "" },
};

static void
lines_say_one_thing_together(void **state)
{
	(void)state;
	for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
		static const char *const letters = "abcd";
		struct text records[LINES], students[LINES];
		enum choice choices[LINES];
		size_t count = strlen(rows[r].students);
		struct verdict verdict;
		const char *refused;
		struct arena arena;
		struct err err = { 0 };
		char says[200] = "";
		int got;

		arena_init(&arena, 1 << 20);
		for (size_t i = 0; i < count; i++) {
			records[i] = (struct text){ letters + i, 1 };
			students[i] = (struct text){ rows[r].students + i, 1 };
			choices[i] = (enum choice)rows[r].choices[i];
		}
		got = verdict_make(&verdict, records, students, choices, count, r % 2 == 0, &arena, &refused, &err);
		for (size_t i = 0; got == 1 && i < verdict.count; i++)
			snprintf(says + strlen(says), sizeof(says) - strlen(says), "%s%s %s", i > 0 ? "; " : "",
			    decisions_word(verdict.at[i].kind), verdict.at[i].records);
		if (strcmp(says, rows[r].says) != 0 || got != (rows[r].says[0] != '\0')
		    || (got == 0) != (refused != NULL))
			fail_msg("%s: %d %s", rows[r].what, got, says);
		arena_fini(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_say_one_thing_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
