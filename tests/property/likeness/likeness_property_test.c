/*
 * Properties of consumers/consolidate/likeness over random names, days, numbers and bytes: levels are the same either
 * way round, a value is the same as itself, folding is done once, keys meet where names are the same, and nothing is
 * read or written out of place whatever the bytes (run it under ASan, too).
 */
#include "consumers/consolidate/likeness/born.h"
#include "consumers/consolidate/likeness/digits.h"
#include "consumers/consolidate/likeness/name.h"
#include "consumers/consolidate/likeness/words.h"

#include "tests/support/support.h"

#define ROUNDS 200000

static uint64_t seed = 20260901;

static unsigned
draw(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((seed >> 33) % below);
}

/* A name of a few characters that often agree, are lost, spelled or parted. */
static size_t
draw_name(char *out)
{
	static const char *const pieces[] = { "李", "王", "肖", "萧", "欧", "阳", "子", "梓", "紫", "涵", "函", "晗",
		"末", "未", "一", "二", "?", "?", "·", "·", "zi", "han", "z", "a", "n", "阿", "卜", "不", "都", "杜",
		"拉", "买", "提", "𠮷", "é", "1" };
	size_t len = 0, count = draw(10);

	for (size_t i = 0; i < count; i++) {
		const char *piece = pieces[draw(ARRAY_LEN(pieces))];

		memcpy(out + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return len;
}

static size_t
draw_bytes(char *out, size_t most)
{
	size_t len = draw((unsigned)most);

	for (size_t i = 0; i < len; i++)
		out[i] = (char)draw(256);
	return len;
}

static void
check_names(struct text a, struct text b)
{
	char first[48], second[48], again[48];
	struct text x = { first, name_fold(a, first, sizeof(first)) }, y = { second, name_fold(b, second, 32) }, given,
		    surname;
	enum name_level level = name_compare(x, y);

	assert_true(level < NAME_LEVELS);
	assert_int_equal(name_compare(y, x), level);
	assert_true(x.len <= sizeof(first) && y.len <= 32);
	assert_true(text_eq((struct text){ again, name_fold(x, again, sizeof(again)) }, x));
	if (level == NAME_SAME || level == NAME_VARIANT)
		assert_true(name_fold_key(x) == name_fold_key(y));
	if (x.len > 0) {
		enum name_level self = name_compare(x, x);

		assert_true(self == NAME_SAME || self == NAME_COMPATIBLE || self == NAME_DIFFERENT);
		if (memchr(x.at, '?', x.len) == NULL)
			assert_int_equal(self, NAME_SAME);
	}
	assert_true((name_sound_key(x) == 0) == (x.len == 0));
	name_split(x, &surname, &given);
	assert_int_equal(surname.len + given.len, x.len);
	(void)name_sound_key(a);
	(void)name_compare(a, b);
}

static void
names_either_way_round(void **state)
{
	char a[256], b[256];

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		check_names((struct text){ a, draw_name(a) }, (struct text){ b, draw_name(b) });
}

static void
names_of_any_bytes(void **state)
{
	char a[256], b[256];

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		check_names((struct text){ a, draw_bytes(a, sizeof(a)) }, (struct text){ b, draw_bytes(b, 40) });
}

/* Lost characters and letters fit in many ways: fitting them must end all the same. */
static void
fitting_ends(void **state)
{
	char marks[128], letters[128];

	(void)state;
	memset(marks, '?', sizeof(marks));
	memset(letters, 'a', sizeof(letters));
	for (size_t len = 1; len < sizeof(marks); len++) {
		for (size_t other = 1; other < sizeof(letters); other++)
			(void)name_compare((struct text){ marks, len }, (struct text){ letters, other });
	}
}

static void
days_either_way_round(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		int32_t a = (int32_t)draw(60000), b = i % 2 == 0 ? a + (int32_t)draw(60) - 30 : (int32_t)draw(60000);
		enum born_level level = born_compare(a, b);

		assert_true(level < BORN_LEVELS);
		assert_int_equal(born_compare(b, a), level);
		assert_int_equal(born_compare(a, a), a == 0 ? BORN_NONE : BORN_SAME);
	}
}

static void
numbers_either_way_round(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		static const char all[] = "0123456789X*?OGE+.";
		char a[40], b[40];
		size_t len = i % 8 == 0 ? draw_bytes(a, sizeof(a)) : 12 + draw(10), other = len;
		struct digits first, second;
		enum digits_level level;

		for (size_t k = 0; k < len && i % 8 != 0; k++)
			a[k] = k < 17 ? "410302201205170211"[k] : all[draw(sizeof(all) - 1)];
		memcpy(b, a, len);
		for (unsigned k = draw(3); k > 0 && len > 0; k--)
			b[draw((unsigned)len)] = all[draw(sizeof(all) - 1)];
		digits_read((struct text){ a, len }, &first);
		digits_read((struct text){ b, other }, &second);
		level = digits_compare(&first, &second);
		assert_true(level < DIGITS_LEVELS);
		assert_int_equal(digits_compare(&second, &first), level);
		level = digits_compare(&first, &first);
		assert_int_equal(level == DIGITS_SAME, first.state == DIGITS_VALID);
		assert_int_equal(level == DIGITS_SAME_WRONG, first.state == DIGITS_WRONG);
	}
}

static void
words_either_way_round(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		char a[64], b[64];
		size_t len = 1 + draw(i % 2 == 0 ? 8 : 40), other = 1 + draw(i % 2 == 0 ? 8 : 40);
		enum words_level level;

		for (size_t k = 0; k < len; k++)
			a[k] = (char)(i % 16 == 0 ? draw(256) : 'a' + draw(4));
		for (size_t k = 0; k < other; k++)
			b[k] = (char)(i % 16 == 0 ? draw(256) : 'a' + draw(4));
		level = words_compare((struct text){ a, len }, (struct text){ b, other });
		assert_true(level < WORDS_LEVELS);
		assert_int_equal(words_compare((struct text){ b, other }, (struct text){ a, len }), level);
		assert_int_equal(words_compare((struct text){ a, len }, (struct text){ a, len }), WORDS_SAME);
		assert_true(words_sound_key((struct text){ a, len }) != 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_either_way_round),
		cmocka_unit_test(names_of_any_bytes),
		cmocka_unit_test(fitting_ends),
		cmocka_unit_test(days_either_way_round),
		cmocka_unit_test(numbers_either_way_round),
		cmocka_unit_test(words_either_way_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
