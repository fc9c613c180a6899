/*
 * gb18030_test.c - the whole code space of GB 18030, both ways, against the iconv of the C library;
 * the differences are those named here and no others. Then: round trips, every split of a stream,
 * checking and decoding agree. The comparison with Python's codec is in tests/golden/csv.
 */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

#include "producers/readers/gb18030.h"
#include "tests/support/support.h"

static struct gb18030 *codec;

static int
setup(void **state)
{
	(void)state;
	codec = gb18030_new();
	return codec == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	gb18030_free(codec);
	return 0;
}

/* The code point of exactly these bytes, UINT32_MAX when they are none. */
static uint32_t
decode(const uint8_t *bytes, size_t len, uint64_t *replaced)
{
	char out[2 * 4 + GB18030_SLACK];
	size_t used, made, pos = 0;
	uint32_t cp;

	made = gb18030_decode(codec, bytes, len, &used, out, replaced);
	assert_int_equal(gb18030_prefix(bytes, len), used);
	if (used != len)
		return UINT32_MAX;
	cp = text_next((struct text){ out, made }, &pos);
	assert_int_equal(pos, made);
	return cp;
}

static uint32_t
iconv_decode(iconv_t iconv_from, const uint8_t *bytes, size_t len)
{
	char in[4], *from = in, *to;
	uint32_t cp = UINT32_MAX;
	size_t in_left = len, out_left = sizeof(cp);

	memcpy(in, bytes, len);
	to = (char *)&cp;
	iconv(iconv_from, NULL, NULL, NULL, NULL);
	if (iconv(iconv_from, &from, &in_left, &to, &out_left) == (size_t)-1 || in_left != 0)
		return UINT32_MAX;
	return cp;
}

/* glibc refuses the four-byte form of characters that moved, and reads 8135F437 as private use. */
static bool
differs_from_iconv(uint32_t ours, uint32_t theirs, size_t len)
{
	if (len == 4 && theirs == UINT32_MAX)
		return (ours >= 0x9FB4 && ours <= 0x9FBB) || (ours >= 0xFE10 && ours <= 0xFE19);
	return len == 4 && ours == 0x1E3F && theirs == 0xE7C7;
}

static void
check_bytes(iconv_t from, const uint8_t *bytes, size_t len, unsigned *different, unsigned *good)
{
	uint64_t replaced = 0;
	const uint32_t ours = decode(bytes, len, &replaced), theirs = iconv_decode(from, bytes, len);

	*good += ours != UINT32_MAX;
	if (ours == theirs)
		return;
	assert_true(differs_from_iconv(ours, theirs, len));
	*different += 1;
}

static void
gb18030_decodes_as_iconv_does(void **state)
{
	const iconv_t from = iconv_open("UTF-32LE", "GB18030");
	unsigned different = 0, good = 0;
	uint8_t s[4];

	(void)state;
	assert_true(from != (iconv_t)-1);
	for (unsigned a = 0; a < 256; a++) {
		s[0] = (uint8_t)a;
		check_bytes(from, s, 1, &different, &good);
		for (unsigned b = 0; b < 256 && a >= 0x80; b++) {
			s[1] = (uint8_t)b;
			check_bytes(from, s, 2, &different, &good);
		}
	}
	assert_int_equal(good, 128 + 126 * 190);
	assert_int_equal(different, 0);
	for (unsigned n = 0; n < 126 * 10 * 126 * 10; n++) {
		s[0] = (uint8_t)(0x81 + n / 12600);
		s[1] = (uint8_t)(0x30 + n / 1260 % 10);
		s[2] = (uint8_t)(0x81 + n / 10 % 126);
		s[3] = (uint8_t)(0x30 + n % 10);
		check_bytes(from, s, 4, &different, &good);
	}
	assert_int_equal(different, 8 + 10 + 1);
	iconv_close(from);
}

static void
gb18030_round_trips(void **state)
{
	uint64_t replaced;
	uint8_t s[4];
	size_t len;

	(void)state;
	for (uint32_t cp = 0; cp <= 0x110000; cp++) {
		for (unsigned profile = GB18030_2022; profile <= GB18030_2005; profile++) {
			len = gb18030_encode(codec, (enum gb18030_profile)profile, cp, s);
			if ((cp >= 0xD800 && cp <= 0xDFFF) || cp > 0x10FFFF) {
				assert_int_equal(len, 0);
				continue;
			}
			assert_int_not_equal(len, 0);
			replaced = 0;
			assert_int_equal(decode(s, len, &replaced), gb18030_standard(cp));
		}
	}
}

static void
gb18030_encodes_as_iconv_does(void **state)
{
	const iconv_t to = iconv_open("GB18030", "UTF-32LE");
	unsigned different = 0;

	(void)state;
	assert_true(to != (iconv_t)-1);
	for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
		uint8_t ours[4] = { 0 };
		char in[4], theirs[4] = { 0 }, *from = in, *out = theirs;
		size_t in_left = 4, out_left = 4, len, their_len;

		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		memcpy(in, &cp, 4);
		iconv(to, NULL, NULL, NULL, NULL);
		their_len = iconv(to, &from, &in_left, &out, &out_left) == (size_t)-1 ? 0 : 4 - out_left;
		len = gb18030_encode(codec, GB18030_2022, cp, ours);
		if (len == their_len && memcmp(ours, theirs, 4) == 0)
			continue;
		/* private-use characters with a standard one: glibc refuses 24 and has its own
		   bytes for E7C7; six standard ones it writes in two bytes */
		different++;
		assert_true(gb18030_standard(cp) != cp || cp == 0x20087 || cp == 0x20089 || cp == 0x200CC
		    || cp == 0x215D7 || cp == 0x2298F || cp == 0x241FE);
	}
	assert_int_equal(different, 25 + 6);
	iconv_close(to);
}

static void
gb18030_counts_what_it_replaces(void **state)
{
	static const struct {
		const char *bytes;
		uint32_t cp;
		uint64_t replaced;
	} cases[] = {
		{ "\xFE\x59", 0x9FB4, 0 },
		{ "\x82\x35\x90\x37", 0x9FB4, 1 },
		{ "\xA6\xD9", 0xFE10, 0 },
		{ "\x84\x31\x82\x36", 0xFE10, 1 },
		{ "\xFE\x51", 0x20087, 1 },
		{ "\x95\x32\x90\x31", 0x20087, 0 },
		{ "\xA8\xBC", 0x1E3F, 0 },
		{ "\x81\x35\xF4\x37", 0x1E3F, 1 },
		{ "\xAA\xA1", 0xE000, 0 },
		{ "\xA1\xA4", 0xB7, 0 },
		{ "\xFE\x9F", 0x4DAE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t replaced = 0;

		assert_int_equal(
		    decode((const uint8_t *)cases[i].bytes, strlen(cases[i].bytes), &replaced), cases[i].cp);
		assert_int_equal(replaced, cases[i].replaced);
	}
}

/* Well-formed by the definition alone, one character at a time. */
static size_t
prefix_by_definition(const uint8_t *s, size_t len)
{
	uint64_t replaced;
	size_t pos = 0, step;

	while (pos < len) {
		replaced = 0;
		for (step = 1; step <= 4 && pos + step <= len; step++) {
			char out[8 + GB18030_SLACK];
			size_t used;

			gb18030_decode(codec, s + pos, step, &used, out, &replaced);
			if (used == step)
				break;
		}
		if (step > 4 || pos + step > len)
			break;
		pos += step;
	}
	return pos;
}

static void
gb18030_prefix_finds_the_first_fault(void **state)
{
	/* heavy in what decides: leads, trails of all kinds, digits, 80 and FF */
	static const uint8_t from[] = { 'a', ',', '0', '9', 0x40, 0x7E, 0x7F, 0x80, 0x81, 0xA1, 0xB0, 0xC4, 0xFE, 0xFF,
		0x30, 0x81 };
	uint8_t s[300];
	unsigned seed = 1;

	(void)state;
	for (unsigned round = 0; round < 60000; round++) {
		const size_t len = round % sizeof(s);
		size_t pos = 0;

		while (pos < len) {
			seed = seed * 1103515245u + 12345u;
			if (seed >> 24 < 250) { /* a whole character */
				uint8_t one[4];
				const size_t step = gb18030_encode(codec, GB18030_2022,
				    seed >> 20 & 8       ? 0x4E00 + (seed >> 8 & 0x3FFF)
					: seed >> 20 & 3 ? 'a' + (seed >> 8 & 15)
							 : 0x3400 + (seed >> 8 & 0xFF),
				    one);

				for (size_t i = 0; i < step && pos < len; i++)
					s[pos++] = one[i];
			} else
				s[pos++] = from[seed >> 16 & 15];
		}
		assert_int_equal(gb18030_prefix(s, len), prefix_by_definition(s, len));
	}
}

static void
gb18030_stream_may_be_split_anywhere(void **state)
{
	static const char bytes[] = "ab\xD0\xD5\x82\x35\x90\x37,\x95\x32\x90\x31\xFE\x51\x81\x30\x81\x30z\xE9\x7C";
	const size_t len = sizeof(bytes) - 1;
	char whole[128], parts[128];
	size_t used, whole_len, made, from;
	uint64_t replaced = 0;

	(void)state;
	whole_len = gb18030_decode(codec, bytes, len, &used, whole, &replaced);
	assert_int_equal(used, len);
	for (size_t block = 1; block <= len; block++) {
		made = 0;
		from = 0;
		for (size_t end = block;; end += block) {
			end = end < len ? end : len;
			made += gb18030_decode(codec, bytes + from, end - from, &used, parts + made, &replaced);
			from += used;
			if (end == len)
				break;
			assert_true(from == end || gb18030_unfinished(bytes + from, end - from));
		}
		assert_int_equal(from, len);
		assert_int_equal(made, whole_len);
		assert_memory_equal(parts, whole, made);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gb18030_decodes_as_iconv_does),
		cmocka_unit_test(gb18030_encodes_as_iconv_does),
		cmocka_unit_test(gb18030_round_trips),
		cmocka_unit_test(gb18030_counts_what_it_replaces),
		cmocka_unit_test(gb18030_prefix_finds_the_first_fault),
		cmocka_unit_test(gb18030_stream_may_be_split_anywhere),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
