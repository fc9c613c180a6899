/*
 * header.c - headers as they are compared: header_fold() of source.h.
 *
 * "学校（机构）\n标识码★（必填）" and "学校标识码" are one header. Width is folded, white space,
 * marks and quotes are dropped, bracketed notes too unless nothing else would be left; a number
 * before the words ("12、姓名", "3.性别") goes.
 */
#include "core/record/source.h"

static bool
is_dropped(uint32_t cp)
{
	return cp <= ' ' || cp == 0x7F || cp == 0xA0 || cp == 0xAD || (cp >= 0x2000 && cp <= 0x200F)
	    || (cp >= 0x2018 && cp <= 0x201F) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F
	    || cp == 0x203B /* ※ */ || cp == 0x205F || cp == 0x2060
	    || cp == 0x2605 /* ★ */ || cp == 0x2606 /* ☆ */ || cp == 0x3000
	    || (cp >= 0x300C && cp <= 0x300F) /* 「」『』 */ || cp == 0xFEFF || cp == '*' || cp == ':' || cp == '"'
	    || cp == '\'';
}

/* The bracket that closes ${cp}; 0 when it opens none. */
static uint32_t
closing(uint32_t cp)
{
	switch (cp) {
	case '(':
		return ')';
	case '[':
		return ']';
	case '{':
		return '}';
	case 0x3008: /* 〈 */
	case 0x300A: /* 《 */
	case 0x3010: /* 【 */
	case 0x3014: /* 〔 */
		return cp + 1;
	default:
		return 0;
	}
}

static bool
is_bracket(uint32_t cp)
{
	return closing(cp) != 0 || cp == ')' || cp == ']' || cp == '}' || cp == 0x3009 || cp == 0x300B || cp == 0x3011
	    || cp == 0x3015;
}

static uint32_t
next_folded(struct text text, size_t *pos)
{
	uint32_t cp = text_next(text, pos);

	if (cp >= 0xFF01 && cp <= 0xFF5E)
		cp -= 0xFF01 - '!';
	if (cp >= 'A' && cp <= 'Z')
		cp += 'a' - 'A';
	return cp;
}

/* ${pos} is behind an opening bracket: move it behind the one that closes it; false when there is
 * none. */
static bool
skip_note(struct text text, size_t *pos, uint32_t open)
{
	uint32_t close = closing(open);
	unsigned depth = 1;

	for (size_t at = *pos; at < text.len;) {
		uint32_t cp = next_folded(text, &at);

		if (cp == open)
			depth++;
		if (cp == close && --depth == 0) {
			*pos = at;
			return true;
		}
	}
	return false;
}

static size_t
fold(struct text header, char *out, size_t size, bool notes)
{
	size_t len = 0, pos = 0;

	while (pos < header.len) {
		uint32_t cp = next_folded(header, &pos);

		if (is_dropped(cp))
			continue;
		if (is_bracket(cp)) {
			if (!notes && closing(cp) != 0)
				(void)skip_note(header, &pos, cp);
			continue;
		}
		if (size - len < 4)
			break;
		len += text_put(out + len, cp);
	}
	return len;
}

/* Bytes of a number and its mark before the words; 0 when there is none. */
static size_t
numbering(struct text text)
{
	size_t digits = 0, mark = 0;

	while (digits < text.len && text.at[digits] >= '0' && text.at[digits] <= '9')
		digits++;
	if (digits == 0 || digits > 3 || digits == text.len)
		return 0;
	if (text.at[digits] == '.')
		mark = 1;
	else if (text_starts((struct text){ text.at + digits, text.len - digits }, TEXT("、")))
		mark = 3;
	if (mark == 0 || digits + mark >= text.len || (text.at[digits + mark] >= '0' && text.at[digits + mark] <= '9'))
		return 0;
	return digits + mark;
}

size_t
header_fold(struct text header, char *out, size_t size)
{
	size_t len = fold(header, out, size, false), skip;

	if (len == 0)
		len = fold(header, out, size, true);
	while (len > 1 && out[len - 1] == '.')
		len--;
	skip = numbering((struct text){ out, len });
	memmove(out, out + skip, len - skip);
	return len - skip;
}
