/* utf8_test.c - well-formed UTF-8 against a decoder written straight from the definition. */
#include <stdlib.h>

#include "core/base/utf8.h"
#include "tests/support/support.h"

/* By value: decode, then ask whether that is the shortest form of a scalar value. */
static bool
valid_by_definition(const uint8_t *s, size_t len)
{
	char again[4];
	uint32_t cp;
	size_t need;

	for (size_t i = 0; i < len; i += need) {
		need = s[i] < 0x80 ? 1 : s[i] < 0xC0 ? 0 : s[i] < 0xE0 ? 2 : s[i] < 0xF0 ? 3 : 4;
		if (need == 0 || s[i] >= 0xF8 || len - i < need)
			return false;
		cp = need == 1 ? s[i] : s[i] & (0xFFu >> (need + 1));
		for (size_t k = 1; k < need; k++) {
			if ((s[i + k] & 0xC0) != 0x80)
				return false;
			cp = cp << 6 | (s[i + k] & 0x3F);
		}
		if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF) || text_put(again, cp) != need)
			return false;
	}
	return true;
}

static void
check_everywhere(const uint8_t *bytes, size_t len)
{
	static const size_t places[] = { 0, 29, 30, 31, 32, 61, 62, 63, 64, 92, 125 };
	const bool valid = valid_by_definition(bytes, len);
	uint8_t text[160];

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		const size_t end = places[i] + len;

		memset(text, 'a', sizeof(text));
		memcpy(text + places[i], bytes, len);
		assert_int_equal(utf8_valid(text, sizeof(text)), valid);
		/* at the very end, too */
		assert_int_equal(utf8_valid(text, end), valid);
		assert_int_equal(utf8_prefix(text, sizeof(text)) == sizeof(text), valid);
		if (!valid)
			assert_in_range(utf8_prefix(text, end), places[i], end - 1);
	}
}

static void
utf8_valid_agrees_with_the_definition(void **state)
{
	/* first and last of every range of Unicode table 3-7, and their neighbours */
	static const uint8_t edges[] = { 0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
		0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF };
	uint8_t s[4];

	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			s[0] = (uint8_t)a;
			s[1] = (uint8_t)b;
			check_everywhere(s, 2);
		}
	}
	for (size_t a = 0; a < ARRAY_LEN(edges); a++) {
		for (size_t b = 0; b < ARRAY_LEN(edges); b++) {
			for (size_t c = 0; c < ARRAY_LEN(edges); c++) {
				s[0] = edges[a];
				s[1] = edges[b];
				s[2] = edges[c];
				check_everywhere(s, 3);
				for (size_t d = 0; d < 11; d++) {
					s[3] = edges[d];
					check_everywhere(s, 4);
				}
			}
		}
	}
}

static void
utf8_cut_finds_unfinished_characters(void **state)
{
	char s[8] = "abc";

	(void)state;
	for (uint32_t cp = 0x80; cp <= 0x10FFFF; cp++) {
		size_t len;

		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		len = text_put(s + 3, cp);
		assert_int_equal(utf8_cut(s, 3 + len), 0);
		for (size_t part = 1; part < len; part++) {
			assert_int_equal(utf8_cut(s, 3 + part), part);
			assert_true(utf8_unfinished(s + 3, part));
			assert_false(utf8_valid(s, 3 + part));
		}
	}
	assert_int_equal(utf8_cut("a\xED\xA0", 3), 0);
	assert_int_equal(utf8_cut("a\xC0", 2), 0);
	assert_int_equal(utf8_cut("\x80\x80\x80\x80", 4), 0);
	assert_int_equal(utf8_cut("", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_valid_agrees_with_the_definition),
		cmocka_unit_test(utf8_cut_finds_unfinished_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
