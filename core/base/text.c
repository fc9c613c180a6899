/* text.c - see text.h; utf8_valid() is in utf8.c. */
#include "core/base/text.h"

int
text_compare(struct text a, struct text b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len == 0 ? 0 : memcmp(a.at, b.at, len);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool
text_starts(struct text text, struct text with)
{
	return text.len >= with.len && (with.len == 0 || memcmp(text.at, with.at, with.len) == 0);
}

bool
text_ends(struct text text, struct text with)
{
	return text.len >= with.len && (with.len == 0 || memcmp(text.at + text.len - with.len, with.at, with.len) == 0);
}

size_t
text_find(struct text text, struct text part)
{
	const char *found;

	if (part.len == 0)
		return 0;
	if (text.len < part.len)
		return SIZE_MAX;
	found = memmem(text.at, text.len, part.at, part.len);
	return found == NULL ? SIZE_MAX : (size_t)(found - text.at);
}

static bool
is_space(uint32_t cp)
{
	return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0xA0 || cp == 0x3000 || (cp >= 0x2000 && cp <= 0x200B)
	    || cp == 0xFEFF || cp == 0x85 || cp == 0x202F || cp == 0x205F;
}

struct text
text_trim(struct text text)
{
	size_t pos = 0, before;

	if (text.len == 0)
		return text;
	while (pos < text.len) {
		before = pos;
		if (!is_space(text_next(text, &pos))) {
			pos = before;
			break;
		}
	}
	text.at += pos;
	text.len -= pos;
	while (text.len > 0) {
		pos = text.len - 1;
		while (pos > 0 && ((unsigned char)text.at[pos] & 0xC0) == 0x80)
			pos--;
		before = pos;
		if (!is_space(text_next(text, &pos)))
			break;
		text.len = before;
	}
	return text;
}

uint32_t
text_next(struct text text, size_t *pos)
{
	const unsigned char *s = (const unsigned char *)text.at + *pos;
	size_t left = text.len - *pos;

	if (s[0] < 0x80) {
		*pos += 1;
		return s[0];
	}
	if (s[0] >= 0xC2 && s[0] < 0xE0 && left >= 2) {
		*pos += 2;
		return (uint32_t)(s[0] & 0x1F) << 6 | (s[1] & 0x3F);
	}
	if ((s[0] & 0xF0) == 0xE0 && left >= 3) {
		*pos += 3;
		return (uint32_t)(s[0] & 0x0F) << 12 | (uint32_t)(s[1] & 0x3F) << 6 | (s[2] & 0x3F);
	}
	if (s[0] >= 0xF0 && s[0] < 0xF5 && left >= 4) {
		*pos += 4;
		return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3F) << 12 | (uint32_t)(s[2] & 0x3F) << 6
		    | (s[3] & 0x3F);
	}
	*pos += 1;
	return 0xFFFD;
}

size_t
text_put(char *out, uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

size_t
text_length(struct text text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += ((unsigned char)text.at[i] & 0xC0) != 0x80;
	return count;
}

bool
text_is_digits(struct text text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	}
	return text.len > 0;
}

bool
text_to_u64(struct text text, uint64_t *value)
{
	uint64_t sum = 0;

	if (text.len > 18 || !text_is_digits(text))
		return false;
	for (size_t i = 0; i < text.len; i++)
		sum = sum * 10 + (uint64_t)(text.at[i] - '0');
	*value = sum;
	return true;
}
