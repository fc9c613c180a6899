/* utf16.c - see utf16.h. Unicode 15.0, definition D91. */
#include "producers/readers/utf16.h"

static inline uint32_t
unit_at(const uint8_t *s, bool big_endian)
{
	return big_endian ? (uint32_t)s[0] << 8 | s[1] : (uint32_t)s[1] << 8 | s[0];
}

/* Bytes of the character at ${s}, its code point in ${*cp}; 0 when there is none. */
static inline size_t
char_decode(const uint8_t *s, size_t left, bool big_endian, uint32_t *cp)
{
	uint32_t low;

	if (left < 2)
		return 0;
	*cp = unit_at(s, big_endian);
	if (*cp < 0xD800 || *cp > 0xDFFF)
		return 2;
	if (*cp > 0xDBFF || left < 4)
		return 0;
	low = unit_at(s + 2, big_endian);
	if (low < 0xDC00 || low > 0xDFFF)
		return 0;
	*cp = 0x10000 + ((*cp - 0xD800) << 10) + (low - 0xDC00);
	return 4;
}

size_t
utf16_prefix(const void *bytes, size_t len, bool big_endian)
{
	const uint8_t *s = bytes;
	size_t pos = 0, step;
	uint32_t cp;

	while (pos < len) {
		step = char_decode(s + pos, len - pos, big_endian, &cp);
		if (step == 0)
			break;
		pos += step;
	}
	return pos;
}

bool
utf16_unfinished(const void *bytes, size_t len, bool big_endian)
{
	const uint8_t *s = bytes;

	if (len == 1)
		return true;
	if (len != 2 && len != 3)
		return false;
	if ((unit_at(s, big_endian) & 0xFC00) != 0xD800)
		return false;
	return len == 2 || !big_endian || (s[2] & 0xFC) == 0xDC;
}

size_t
utf16_decode(const void *bytes, size_t len, bool big_endian, char *out)
{
	const uint8_t *s = bytes;
	char *const begin = out;
	size_t pos = 0, step;
	uint32_t cp = 0;

	while (pos < len) {
		step = char_decode(s + pos, len - pos, big_endian, &cp);
		if (step == 0)
			break;
		out += text_put(out, cp);
		pos += step;
	}
	return (size_t)(out - begin);
}
