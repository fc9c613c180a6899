/*
 * gb18030.c - see gb18030.h.
 *
 * A character is one byte 00..7F; or a lead 81..FE and a trail 40..7E, 80..FE; or four
 * bytes 81..FE 30..39 81..FE 30..39, which count in base 126 and 10: up to U+FFFF by runs, from
 * 90308130 on straight from U+10000.
 *
 * Decoding looks each two-byte character up once, in a table of ready UTF-8 by lead and trail.
 * Nearly all have three bytes there; the others go to decode_rare(), so that the place of the next
 * output does not wait for the table. Checking needs no table, for all two-byte positions are
 * characters: in 64 bytes at a time, from a character's beginning, bytes above 7F pair up from the
 * beginning of each run of them; a run of odd length needs a trail 40..7E behind it (found by
 * carries of an addition, as simdjson finds odd runs of backslashes). What does not fit that is
 * looked at one character at a time.
 */
#include "producers/readers/gb18030.h"

#include <emmintrin.h>
#include <stdlib.h>

#define FIRST_SUPPLEMENTARY 189000u /* number of 90308130 */
#define LAST_SUPPLEMENTARY (FIRST_SUPPLEMENTARY + 0xFFFFFu)

struct gb18030 {
	uint32_t utf8[1 << 15];  /* by lead & 7F, trail: three UTF-8 bytes and 3 << 24; 0 for the rest */
	uint16_t bytes[1 << 16]; /* two bytes by code point; 0 for none */
};

/* Two-byte positions whose character left the private-use area, A8BC in 2005, the others in 2022.
 */
static const struct moved {
	uint16_t bytes, standard, private;
} moved[] = {
	{ 0xA8BC, 0x1E3F, 0xE7C7 },
	{ 0xA6D9, 0xFE10, 0xE78D },
	{ 0xA6DA, 0xFE12, 0xE78E },
	{ 0xA6DB, 0xFE11, 0xE78F },
	{ 0xA6DC, 0xFE13, 0xE790 },
	{ 0xA6DD, 0xFE14, 0xE791 },
	{ 0xA6DE, 0xFE15, 0xE792 },
	{ 0xA6DF, 0xFE16, 0xE793 },
	{ 0xA6EC, 0xFE17, 0xE794 },
	{ 0xA6ED, 0xFE18, 0xE795 },
	{ 0xA6F3, 0xFE19, 0xE796 },
	{ 0xFE59, 0x9FB4, 0xE81E },
	{ 0xFE61, 0x9FB5, 0xE826 },
	{ 0xFE66, 0x9FB6, 0xE82B },
	{ 0xFE67, 0x9FB7, 0xE82C },
	{ 0xFE6D, 0x9FB8, 0xE832 },
	{ 0xFE7E, 0x9FB9, 0xE843 },
	{ 0xFE90, 0x9FBA, 0xE854 },
	{ 0xFEA0, 0x9FBB, 0xE864 },
};

/* Still private-use in two bytes; their standard code points have four bytes. */
static const struct kept {
	uint16_t bytes, private;
	uint32_t standard;
} kept[] = {
	{ 0xFE51, 0xE816, 0x20087 },
	{ 0xFE52, 0xE817, 0x20089 },
	{ 0xFE53, 0xE818, 0x200CC },
	{ 0xFE6C, 0xE831, 0x215D7 },
	{ 0xFE76, 0xE83B, 0x2298F },
	{ 0xFE91, 0xE855, 0x241FE },
};

uint32_t
gb18030_standard(uint32_t cp)
{
	if (cp < 0xE78D || cp > 0xE864)
		return cp;
	for (size_t i = 0; i < ARRAY_LEN(moved); i++) {
		if (moved[i].private == cp)
			return moved[i].standard;
	}
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		if (kept[i].private == cp)
			return kept[i].standard;
	}
	return cp;
}

struct gb18030 *
gb18030_new(void)
{
	struct gb18030 *codec = calloc(1, sizeof(*codec));
	uint8_t utf8[4];

	if (codec == NULL)
		return NULL;
	for (unsigned lead = 0x81; lead <= 0xFE; lead++) {
		for (unsigned trail = 0x40; trail <= 0xFE; trail++) {
			const char16_t cp = gb18030_two[lead - 0x81][trail - 0x40 - (trail > 0x7F)];

			if (trail == 0x7F)
				continue;
			codec->bytes[cp] = (uint16_t)(lead << 8 | trail);
			if (gb18030_standard(cp) != cp || text_put((char *)utf8, cp) != 3)
				continue;
			codec->utf8[(lead & 0x7F) << 8 | trail] = 3u << 24 | (uint32_t)utf8[2] << 16
			    | (uint32_t)utf8[1] << 8 | utf8[0];
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(moved); i++)
		codec->bytes[moved[i].private] = moved[i].bytes;
	return codec;
}

void
gb18030_free(struct gb18030 *codec)
{
	free(codec);
}

static inline bool
is_lead(uint8_t byte)
{
	return byte >= 0x81 && byte <= 0xFE;
}

static inline bool
is_digit(uint8_t byte)
{
	return byte >= 0x30 && byte <= 0x39;
}

/* The code point of four bytes of the right form, UINT32_MAX when none stands there. */
static uint32_t
four_decode(const uint8_t *s)
{
	const uint32_t number = (((uint32_t)(s[0] - 0x81) * 10 + s[1] - 0x30u) * 126 + s[2] - 0x81u) * 10 + s[3] - 0x30u;
	size_t low = 0, high = GB18030_RUNS, middle;

	if (number >= FIRST_SUPPLEMENTARY && number <= LAST_SUPPLEMENTARY)
		return number - FIRST_SUPPLEMENTARY + 0x10000;
	while (low < high) {
		middle = (low + high) / 2;
		if (gb18030_four[middle].last < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == GB18030_RUNS || number < gb18030_four[low].first)
		return UINT32_MAX;
	return gb18030_four[low].cp + number - gb18030_four[low].first;
}

/* Length of the well-formed character at ${s}, 0 when it is none; its code point in ${*cp}. */
static size_t
char_decode(const uint8_t *s, size_t left, uint32_t *cp)
{
	*cp = s[0];
	if (s[0] < 0x80)
		return 1;
	if (left < 2 || !is_lead(s[0]))
		return 0;
	if (s[1] >= 0x40 && s[1] != 0x7F && s[1] != 0xFF) {
		*cp = gb18030_two[s[0] - 0x81][s[1] - 0x40 - (s[1] > 0x7F)];
		return 2;
	}
	if (left < 4 || !is_digit(s[1]) || !is_lead(s[2]) || !is_digit(s[3]))
		return 0;
	*cp = four_decode(s);
	return *cp == UINT32_MAX ? 0 : 4;
}

bool
gb18030_unfinished(const void *bytes, size_t len)
{
	const uint8_t *s = bytes;

	return len >= 1 && len <= 3 && is_lead(s[0]) && (len < 2 || is_digit(s[1])) && (len < 3 || is_lead(s[2]));
}

/* Masks over 64 bytes: above 7F; FF or 80 (never, or rarely); 40..7E. */
struct masks {
	uint64_t high, odd, trail;
};

static inline struct masks
masks_of(const uint8_t *s)
{
	struct masks masks = { 0, 0, 0 };

	for (unsigned i = 0; i < 4; i++) {
		const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s + 16 * i));
		const __m128i odd = _mm_or_si128(
		    _mm_cmpeq_epi8(v, _mm_set1_epi8((char)0xFF)), _mm_cmpeq_epi8(v, _mm_set1_epi8((char)0x80)));
		const __m128i trail = _mm_and_si128(
		    _mm_cmpgt_epi8(v, _mm_set1_epi8(0x3F)), _mm_cmplt_epi8(v, _mm_set1_epi8(0x7F)));

		masks.high |= (uint64_t)(uint32_t)_mm_movemask_epi8(v) << 16 * i;
		masks.odd |= (uint64_t)(uint32_t)_mm_movemask_epi8(odd) << 16 * i;
		masks.trail |= (uint64_t)(uint32_t)_mm_movemask_epi8(trail) << 16 * i;
	}
	return masks;
}

/* How many of the 64 bytes masks were made of are seen to be whole characters: 0, 63 or 64. */
static inline size_t
masks_step(struct masks masks)
{
	const uint64_t even_bits = 0x5555555555555555u;
	const uint64_t starts = masks.high & ~(masks.high << 1);
	const uint64_t even_ends = (masks.high + (starts & even_bits)) & ~masks.high;
	const uint64_t odd_ends = (masks.high + (starts & ~even_bits)) & ~masks.high;
	const uint64_t behind_odd = (even_ends & ~even_bits) | (odd_ends & even_bits);
	unsigned run;

	if (masks.odd != 0 || (behind_odd & ~masks.trail) != 0)
		return 0;
	if (masks.high >> 63 == 0)
		return 64;
	run = masks.high == UINT64_MAX ? 64 : (unsigned)__builtin_clzll(~masks.high);
	return 64 - run % 2;
}

size_t
gb18030_prefix(const void *bytes, size_t len)
{
	const uint8_t *s = bytes;
	size_t pos = 0, step, stop;
	uint32_t cp;

	while (pos < len) {
		stop = len;
		if (len - pos >= 64) {
			step = masks_step(masks_of(s + pos));
			if (step > 0) {
				pos += step;
				continue;
			}
			stop = pos + 64;
		}
		while (pos < stop) {
			step = char_decode(s + pos, len - pos, &cp);
			if (step == 0)
				return pos;
			pos += step;
		}
	}
	return len;
}

/* A character that is not two bytes here and three there: how long it is, 0 when it is none. */
static size_t
decode_rare(const uint8_t *s, size_t left, char **out, uint64_t *replaced)
{
	uint32_t cp;
	const size_t step = char_decode(s, left, &cp);

	if (step == 0)
		return 0;
	/* The private-use characters of 2005 and 2022, in the bytes the one or the other gave them.
	 */
	if (gb18030_standard(cp) != cp) {
		cp = gb18030_standard(cp);
		*replaced += 1;
	} else if (step == 4 && (cp == 0x1E3F || (cp >= 0x9FB4 && cp <= 0x9FBB) || (cp >= 0xFE10 && cp <= 0xFE19)))
		*replaced += 1;
	*out += text_put(*out, cp);
	return step;
}

size_t
gb18030_decode(const struct gb18030 *codec, const void *bytes, size_t len, size_t *used, char *out, uint64_t *replaced)
{
	const uint8_t *s = bytes, *const end = s + len;
	char *const begin = out;

	while (s < end) {
		if (*s < 0x80) {
			unsigned high, count = 16;
			__m128i v;

			if (end - s < 16) {
				*out++ = (char)*s++;
				continue;
			}
			v = _mm_loadu_si128((const __m128i *)(const void *)s);
			high = (unsigned)_mm_movemask_epi8(v);
			if (high != 0)
				count = (unsigned)__builtin_ctz(high);
			_mm_storeu_si128((__m128i *)(void *)out, v);
			s += count;
			out += count;
			continue;
		}
		while (end - s >= 2 && *s >= 0x80) {
			const uint32_t utf8 = codec->utf8[(s[0] & 0x7F) << 8 | s[1]];

			if (utf8 == 0)
				break;
			memcpy(out, &utf8, sizeof(utf8));
			out += 3;
			s += 2;
		}
		if (s < end && *s >= 0x80) {
			const size_t step = decode_rare(s, (size_t)(end - s), &out, replaced);

			if (step == 0)
				break;
			s += step;
		}
	}
	*used = (size_t)(s - (const uint8_t *)bytes);
	return (size_t)(out - begin);
}

/* Two at a time, without a branch for each; gathering eight by AVX2 was measured and is no faster.
 */
size_t
gb18030_decode_run(const struct gb18030 *codec, const char *bytes, size_t len, char out[64])
{
	const uint8_t *s = (const uint8_t *)bytes;
	bool none = false;

	for (size_t pos = 0; pos < len; pos += 4) {
		const uint32_t one = codec->utf8[(s[pos] & 0x7F) << 8 | s[pos + 1]];
		const uint32_t two = codec->utf8[(s[pos + 2] & 0x7F) << 8 | s[pos + 3]];

		memcpy(out + pos / 2 * 3, &one, sizeof(one));
		memcpy(out + pos / 2 * 3 + 3, &two, sizeof(two));
		none |= one == 0 || (two == 0 && pos + 2 < len);
	}
	return none ? 0 : len / 2 * 3;
}

static size_t
four_encode(uint32_t number, uint8_t out[4])
{
	out[3] = (uint8_t)(0x30 + number % 10);
	out[2] = (uint8_t)(0x81 + number / 10 % 126);
	out[1] = (uint8_t)(0x30 + number / 1260 % 10);
	out[0] = (uint8_t)(0x81 + number / 12600);
	return 4;
}

/* Whether the 2005 edition gives ${cp} four bytes, having a private-use character in its two. */
static bool
four_in_2005(uint32_t cp)
{
	return (cp >= 0x9FB4 && cp <= 0x9FBB) || (cp >= 0xFE10 && cp <= 0xFE19);
}

size_t
gb18030_encode(const struct gb18030 *codec, enum gb18030_profile profile, uint32_t cp, uint8_t out[4])
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		return 0;
	if (cp >= 0x10000)
		return four_encode(FIRST_SUPPLEMENTARY + cp - 0x10000, out);
	if (codec->bytes[cp] != 0 && !(profile == GB18030_2005 && four_in_2005(cp))) {
		out[0] = (uint8_t)(codec->bytes[cp] >> 8);
		out[1] = (uint8_t)codec->bytes[cp];
		return 2;
	}
	/* The runs rise by code point as well as by number. */
	for (size_t i = 0; i < GB18030_RUNS; i++) {
		const struct gb18030_run *run = &gb18030_four[i];

		if (cp >= run->cp && cp - run->cp <= (uint32_t)(run->last - run->first))
			return four_encode(run->first + cp - run->cp, out);
	}
	return 0;
}
