/*
 * utf8.c - see utf8.h. Unicode 15.0, table 3-7 (well-formed byte sequences).
 *
 * With AVX2, 32 bytes at a time after Keiser and Lemire, "Validating UTF-8 in less than one
 * instruction per byte" (2021): every fault but a missing third or fourth byte shows in a pair of
 * neighbours, that is in three nibbles: high and low of the first byte, high of the second. Three
 * 16-entry tables give for each nibble the set of faults it could be part of (one bit each); the
 * AND of the three is the set of faults there. Whether a third or fourth byte is due follows from
 * the bytes two and three before; the bit TWO_CONTS says that one is there; both must agree. Runs
 * of ASCII need only one test. Other machines take 16 ASCII bytes or one character at a time.
 */
#include "core/base/utf8.h"

#include <immintrin.h>

/* Length of the well-formed character at ${s}, 0 when it is none. */
static inline size_t
char_len(const uint8_t *s, size_t left)
{
	if (s[0] < 0x80)
		return 1;
	if ((s[0] & 0xF0) == 0xE0) { /* most Han characters */
		return left < 3 || (s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80 || (s[0] == 0xE0 && s[1] < 0xA0)
			|| (s[0] == 0xED && s[1] > 0x9F)
		    ? 0
		    : 3;
	}
	if (s[0] >= 0xC2 && s[0] < 0xE0)
		return left < 2 || (s[1] & 0xC0) != 0x80 ? 0 : 2;
	if (s[0] >= 0xF0 && s[0] < 0xF5) {
		return left < 4 || (s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80 || (s[3] & 0xC0) != 0x80
			|| (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F)
		    ? 0
		    : 4;
	}
	return 0;
}

size_t
utf8_prefix(const void *bytes, size_t len)
{
	const uint8_t *s = bytes;
	size_t pos = 0, step;

	while (pos < len) {
		if (s[pos] < 0x80) {
			while (len - pos >= 16
			    && _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(s + pos))) == 0)
				pos += 16;
			while (pos < len && s[pos] < 0x80)
				pos++;
			continue;
		}
		step = char_len(s + pos, len - pos);
		if (step == 0)
			break;
		pos += step;
	}
	return pos;
}

bool
utf8_unfinished(const void *bytes, size_t len)
{
	uint8_t s[4] = { 0, 0x80, 0x80, 0x80 };

	if (len == 0 || len > 3)
		return false;
	memcpy(s, bytes, len);
	if (len == 1 && (s[0] == 0xE0 || s[0] == 0xF0))
		s[1] = 0xBF; /* these two need a second byte above 0x80 */
	return char_len(s, 4) > len;
}

size_t
utf8_cut(const void *bytes, size_t len)
{
	const uint8_t *end = (const uint8_t *)bytes + len;

	for (size_t back = 1; back <= 3 && back <= len; back++) {
		if ((end[-(ptrdiff_t)back] & 0xC0) != 0x80)
			return utf8_unfinished(end - back, back) ? back : 0;
	}
	return 0;
}

enum {
	TOO_SHORT = 1 << 0,      /* a lead, then no continuation */
	TOO_LONG = 1 << 1,       /* ASCII, then a continuation */
	OVERLONG_3 = 1 << 2,     /* E0 80..9F */
	TOO_LARGE = 1 << 3,      /* F4 90.. and above */
	SURROGATE = 1 << 4,      /* ED A0..BF */
	OVERLONG_2 = 1 << 5,     /* C0, C1 */
	TOO_LARGE_1000 = 1 << 6, /* F5.. 80..8F; shares its bit with F0 80..8F */
	OVERLONG_4 = 1 << 6,
	TWO_CONTS = 1 << 7, /* two continuations: right only where a third or fourth byte is due */
	CARRY = TOO_SHORT | TOO_LONG | TWO_CONTS,
};

/* clang-format off */
static const uint8_t first_high[16] = {
	TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
	TWO_CONTS, TWO_CONTS, TWO_CONTS, TWO_CONTS,
	TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
	TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4,
};
static const uint8_t first_low[16] = {
	CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4, CARRY | OVERLONG_2, CARRY, CARRY,
	CARRY | TOO_LARGE,
	CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
	CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
	CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
	CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
	CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE,
	CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
};
static const uint8_t second_high[16] = {
	TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
	TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4,
	TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE,
	TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE,
	TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE,
	TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
};
/* clang-format on */

struct lanes {
	__m256i previous, faults;
	__m256i first_high, first_low, second_high;
};

CPU_WITH("avx2")
static inline __m256i
table_in_lanes(const uint8_t table[16])
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

CPU_WITH("avx2")
static inline __m256i
look_up(__m256i table, __m256i nibbles)
{
	return _mm256_shuffle_epi8(table, _mm256_and_si256(nibbles, _mm256_set1_epi8(0x0F)));
}

CPU_WITH("avx2")
static inline void
check_32(struct lanes *lanes, __m256i input)
{
	const __m256i across = _mm256_permute2x128_si256(lanes->previous, input, 0x21);
	const __m256i before_1 = _mm256_alignr_epi8(input, across, 15);
	const __m256i before_2 = _mm256_alignr_epi8(input, across, 14);
	const __m256i before_3 = _mm256_alignr_epi8(input, across, 13);
	const __m256i pairs = _mm256_and_si256(
	    _mm256_and_si256(
		look_up(lanes->first_high, _mm256_srli_epi16(before_1, 4)), look_up(lanes->first_low, before_1)),
	    look_up(lanes->second_high, _mm256_srli_epi16(input, 4)));
	const __m256i third = _mm256_subs_epu8(before_2, _mm256_set1_epi8(0xE0 - 0x80));
	const __m256i fourth = _mm256_subs_epu8(before_3, _mm256_set1_epi8(0xF0 - 0x80));
	const __m256i due = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));

	lanes->faults = _mm256_or_si256(lanes->faults, _mm256_xor_si256(due, pairs));
	lanes->previous = input;
}

CPU_WITH("avx2")
static bool
valid_avx2(const uint8_t *s, size_t len)
{
	uint8_t last[64] = { 0 };
	struct lanes lanes = {
		.previous = _mm256_setzero_si256(),
		.faults = _mm256_setzero_si256(),
		.first_high = table_in_lanes(first_high),
		.first_low = table_in_lanes(first_low),
		.second_high = table_in_lanes(second_high),
	};
	size_t pos = 0;
	__m256i a, b;

	for (; len - pos >= 64; pos += 64) {
		a = _mm256_loadu_si256((const __m256i *)(const void *)(s + pos));
		b = _mm256_loadu_si256((const __m256i *)(const void *)(s + pos + 32));
		/* The last three bytes before must be ASCII too: else a character might be
		 * unfinished. */
		if (_mm256_movemask_epi8(_mm256_or_si256(a, b)) == 0
		    && ((uint32_t)_mm256_movemask_epi8(lanes.previous) & 0xE0000000u) == 0) {
			lanes.previous = b;
			continue;
		}
		check_32(&lanes, a);
		check_32(&lanes, b);
	}
	/* The rest, and at least one zero behind it, on which an unfinished character shows. */
	if (len - pos > 0)
		memcpy(last, s + pos, len - pos);
	check_32(&lanes, _mm256_loadu_si256((const __m256i *)(const void *)last));
	check_32(&lanes, _mm256_loadu_si256((const __m256i *)(const void *)(last + 32)));
	return _mm256_testz_si256(lanes.faults, lanes.faults) != 0;
}

bool
utf8_valid(const void *bytes, size_t len)
{
	if (len >= 64 && CPU_HAS("avx2"))
		return valid_avx2(bytes, len);
	return utf8_prefix(bytes, len) == len;
}
