/*
 * Tests of consumers/consolidate/likeness/words. Jaro-Winkler's own examples (Winkler 1990) among them.
 */
#include "consumers/consolidate/likeness/words.h"

#include "tests/support/support.h"

static void
check(const char *a, const char *b, enum words_level expected)
{
	enum words_level found = words_compare(text_from(a), text_from(b));

	if (found != expected)
		print_error("%s and %s\n", a, b);
	assert_string_equal(words_level_name(found), words_level_name(expected));
	assert_int_equal(words_compare(text_from(b), text_from(a)), expected);
}

static void
levels(void **state)
{
	(void)state;
	check("", "", WORDS_NONE);
	check("", "miller", WORDS_NONE);
	check("miller", "miller", WORDS_SAME);
	check("Miller", "miller", WORDS_SAME);
	check("miller", "millar", WORDS_CLOSE);
	check("miller", "milelr", WORDS_CLOSE); /* neighbours swapped */
	check("miller", "millr", WORDS_CLOSE);
	check("martha", "marhta", WORDS_CLOSE); /* 0.961 */
	check("jonathon", "jonathan", WORDS_CLOSE);
	check("dwayne", "duane", WORDS_ALIKE);        /* 0.840, but two slips */
	check("dixon", "dicksonx", WORDS_DIFFERENT);  /* 0.813 */
	check("massey", "massie", WORDS_CLOSE);       /* 0.933 */
	check("jeraldine", "geraldine", WORDS_CLOSE); /* one slip */
	check("michelle", "michael", WORDS_CLOSE);    /* 0.921 */
	check("abroms", "abrams", WORDS_CLOSE);
	check("itman", "smith", WORDS_DIFFERENT);
	check("j", "john", WORDS_ALIKE);
	check("alex", "alexander", WORDS_ALIKE);
	check("a", "b", WORDS_DIFFERENT);
	check("al", "bo", WORDS_DIFFERENT);
	check("tom", "tim", WORDS_CLOSE);
	check("smith", "jones", WORDS_DIFFERENT);
	check("müller", "muller", WORDS_CLOSE);
}

static void
check_sound(const char *a, const char *b, bool expected)
{
	if ((words_sound_key(text_from(a)) == words_sound_key(text_from(b))) != expected)
		print_error("%s and %s\n", a, b);
	assert_int_equal(words_sound_key(text_from(a)) == words_sound_key(text_from(b)), expected);
}

static void
keys_of_like_sound(void **state)
{
	(void)state;
	assert_int_equal(words_sound_key(TEXT("")), 0);
	assert_true(words_sound_key(TEXT("12")) != 0);
	check_sound("smith", "smyth", true);
	check_sound("Smith", "smith", true);
	check_sound("catherine", "kathryn", true);
	check_sound("philip", "filip", true);
	check_sound("knight", "night", true);
	check_sound("wright", "rite", true);
	check_sound("robert", "rupert", true);
	check_sound("miller", "muller", true);
	check_sound("anna", "ann", true);
	check_sound("smith", "jones", false);
	check_sound("miller", "martin", false);
	check_sound("12", "13", false);
	check_sound("müller", "möller", false);
}

static void
every_level_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < WORDS_LEVELS; i++)
		assert_true(strlen(words_level_name((enum words_level)i)) > 0);
	assert_string_equal(words_level_name(WORDS_LEVELS), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(keys_of_like_sound),
		cmocka_unit_test(every_level_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
