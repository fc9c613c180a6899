/*
 * Tests of consumers/consolidate/likeness/digits. All numbers are invented: their sequence is of no person known to us.
 */
#include "consumers/consolidate/likeness/digits.h"

#include "tests/support/support.h"

#define BOY "410302201205170211"  /* valid */
#define TWIN "410302201205170238" /* valid, the next boy of that day */

static void
check_read(const char *raw, enum digits_state state, const char *places)
{
	struct digits digits;
	char shown[19] = "";

	digits_read(text_from(raw), &digits);
	for (unsigned i = 0; i < 18 && digits.state != DIGITS_NONE; i++)
		shown[i] = "0123456789X    ."[digits_at(&digits, i)];
	if (digits.state != state)
		print_error("%s\n", raw);
	assert_int_equal(digits.state, state);
	assert_string_equal(shown, places);
}

static void
whole_numbers(void **state)
{
	(void)state;
	check_read("", DIGITS_NONE, "");
	check_read(BOY, DIGITS_VALID, BOY);
	check_read("'" BOY, DIGITS_VALID, BOY);
	check_read(" 410302 20120517 0211\u3000", DIGITS_VALID, BOY);
	check_read("４１０３０２２０１２０５１７０２１１", DIGITS_VALID, BOY);
	check_read("G" BOY, DIGITS_VALID, BOY);
	check_read("j" BOY, DIGITS_VALID, BOY);
	check_read("H" BOY, DIGITS_NONE, "");
	check_read("410302201205170219", DIGITS_WRONG, "410302201205170219");
	check_read("410302201213170211", DIGITS_WRONG, "410302201213170211"); /* checks, but there is no such day */
	check_read("41030220120517006X", DIGITS_VALID, "41030220120517006X");
}

static void
all_forms_of_x(void **state)
{
	static const char *const forms[] = { "x", "X", "Ｘ", "ｘ", "×", "Х", "х", "Χ", "χ", "Ⅹ", "ⅹ", "*" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		char raw[32];

		snprintf(raw, sizeof(raw), "41030220120517006%s", forms[i]);
		check_read(raw, DIGITS_VALID, "41030220120517006X");
	}
	check_read("41030220120517021*", DIGITS_PART, "41030220120517021."); /* a mask: its digit is no X */
}

static void
parts_of_numbers(void **state)
{
	(void)state;
	check_read("410302********0211", DIGITS_PART, "410302........0211");
	check_read("410302XXXXXXXX0211", DIGITS_PART, "410302........0211");
	check_read("410302●●●●●●●●0211", DIGITS_PART, "410302........0211");
	check_read("410302****0211", DIGITS_PART, "410302........0211");
	check_read("41030220120517****", DIGITS_PART, "41030220120517....");
	check_read("4103022012O5170211", DIGITS_PART, "4103022012.5170211");
	check_read("410302750517021", DIGITS_PART, "41030219750517021.");     /* first generation */
	check_read("410302201205170", DIGITS_PART, "410302201205170...");     /* fifteen of eighteen */
	check_read("410302201205170000", DIGITS_VALID, "410302201205170000"); /* the check character agrees */
	check_read("410302201205171000", DIGITS_PART, "410302201205171...");
	check_read("410302201205170980", DIGITS_PART, "410302201205170...");
	check_read("4.10302201205E+17", DIGITS_PART, "41030220120.......");
	check_read("4.10302E+17", DIGITS_NONE, "");
	check_read("4.1030220E+17", DIGITS_PART, "4103022...........");
	check_read("4.1030220E+10", DIGITS_NONE, "");
	check_read("4103022012051702", DIGITS_PART, "41030220120517....");
	check_read("4103022012051702112", DIGITS_PART, "41030220120517....");
	check_read("41030220120517", DIGITS_PART, "41030220120517....");
	check_read("4103022013170", DIGITS_NONE, "");
}

static void
what_is_no_number(void **state)
{
	static const char *const none[] = { "无", "不详", "E12345678", "H1234567801", "000000000000000000",
		"111111111111111111", "123456789012345678", "999302201205170211", "******************", "13800000000",
		"410302", "0000002012051702110", "4103022012051702114103022012", "\xFF\xFE", "????", "*" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		check_read(none[i], DIGITS_NONE, "");
}

static void
check(const char *a, const char *b, enum digits_level expected)
{
	struct digits first, second;
	enum digits_level found;

	digits_read(text_from(a), &first);
	digits_read(text_from(b), &second);
	found = digits_compare(&first, &second);
	if (found != expected)
		print_error("%s and %s\n", a, b);
	assert_string_equal(digits_level_name(found), digits_level_name(expected));
	assert_int_equal(digits_compare(&second, &first), expected);
}

static void
levels(void **state)
{
	(void)state;
	check(BOY, "", DIGITS_LEVEL_NONE);
	check(BOY, BOY, DIGITS_SAME);
	check(BOY, TWIN, DIGITS_OTHER_VALID);
	check(BOY, "410302201205170219", DIGITS_ONE_OFF);
	check(BOY, "410302201205710211", DIGITS_ONE_OFF); /* neighbours swapped */
	check("410302201205170219", "410302201205170219", DIGITS_SAME_WRONG);
	check("410302201205170219", "410302201205170218", DIGITS_ONE_OFF);
	check(BOY, "410302201205170299", DIGITS_OTHER);
	check(BOY, "410302201205110277", DIGITS_OTHER);
	check(BOY, "410302********0211", DIGITS_LEVEL_NONE); /* ten places are too few */
	check(BOY, "41030220******0211", DIGITS_FITS);
	check(TWIN, "41030220******0211", DIGITS_OTHER);
	check(BOY, "410302201205170", DIGITS_FITS);
	check(TWIN, "410302201205170", DIGITS_FITS);
	check("410302197505170214", "410302750517021", DIGITS_FITS);
	check("410302750517021", "410302750517021", DIGITS_FITS);
	check("410302750517021", "410302750517023", DIGITS_OTHER);
}

static void
twins_show_at_the_end_alone(void **state)
{
	struct digits digits;

	(void)state;
	digits_read(TEXT(BOY), &digits);
	assert_true(digits_end_known(&digits));
	digits_read(TEXT("410302750517021"), &digits);
	assert_true(digits_end_known(&digits));
	digits_read(TEXT("410302201205170"), &digits);
	assert_false(digits_end_known(&digits));
	digits_read(TEXT(""), &digits);
	assert_false(digits_end_known(&digits));
}

/* ISO 7064 MOD 11-2 finds each single error: a valid number one digit apart from another there is not. */
static void
no_valid_number_is_one_digit_from_another(void **state)
{
	char number[] = BOY;
	struct digits valid, other;

	(void)state;
	digits_read(text_from(number), &valid);
	for (size_t i = 0; i < 18; i++) {
		for (char digit = '0'; digit <= '9'; digit++) {
			char kept = number[i];

			number[i] = digit;
			digits_read(text_from(number), &other);
			if (digit != kept && other.state != DIGITS_PART && other.state != DIGITS_NONE) {
				assert_int_equal(other.state, DIGITS_WRONG);
				assert_int_equal(digits_compare(&valid, &other), DIGITS_ONE_OFF);
			}
			number[i] = kept;
		}
	}
}

static void
every_level_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < DIGITS_LEVELS; i++)
		assert_true(strlen(digits_level_name((enum digits_level)i)) > 0);
	assert_string_equal(digits_level_name(DIGITS_LEVELS), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers),
		cmocka_unit_test(all_forms_of_x),
		cmocka_unit_test(parts_of_numbers),
		cmocka_unit_test(what_is_no_number),
		cmocka_unit_test(levels),
		cmocka_unit_test(twins_show_at_the_end_alone),
		cmocka_unit_test(no_valid_number_is_one_digit_from_another),
		cmocka_unit_test(every_level_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
