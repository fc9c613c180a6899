/*
 * cell.c - see cell.h.
 */
#include "consumers/normalize/cell.h"

#include <assert.h>

void
cell_say(struct cell_work *work, enum rule rule)
{
	for (unsigned i = 0; i < work->rule_count; i++) {
		if (work->rules[i] == rule)
			return;
	}
	if (work->rule_count < CELL_RULES_MAX)
		work->rules[work->rule_count++] = (uint16_t)rule;
}

enum cell_state
cell_bad(struct cell_work *work, enum rule rule)
{
	cell_say(work, rule);
	return CELL_BAD;
}

char *
cell_room(struct cell_work *work, size_t len)
{
	char *at = work->scratch + work->used;

	assert(len <= work->size - work->used);
	work->used += len;
	return at;
}

struct text
cell_copy(struct cell_work *work, const char *bytes, size_t len)
{
	char *at = cell_room(work, len);

	memcpy(at, bytes, len);
	return (struct text){ at, len };
}

bool
cell_invisible(uint32_t cp)
{
	return cp == 0xAD || cp == 0x34F || cp == 0x61C || cp == 0x180E || (cp >= 0x200B && cp <= 0x200F)
	    || (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2060 && cp <= 0x206F) || (cp >= 0xFE00 && cp <= 0xFE0F)
	    || cp == 0xFEFF || (cp >= 0xFFF0 && cp <= 0xFFFB) || (cp >= 0xE0000 && cp <= 0xE0FFF);
}

bool
cell_space(uint32_t cp)
{
	return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0x85 || cp == 0xA0 || cp == 0x1680
	    || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F || cp == 0x205F
	    || cp == 0x3000;
}

bool
cell_private(uint32_t cp)
{
	return (cp >= 0xE000 && cp <= 0xF8FF) || cp >= 0xF0000;
}

uint32_t
cell_half(uint32_t cp)
{
	return cp >= 0xFF01 && cp <= 0xFF5E ? cp - 0xFEE0 : cp;
}

static bool
is_apostrophe(uint32_t cp)
{
	return cp == '\'' || cp == '`' || cp == 0x2018 || cp == 0x2019 || cp == 0x2032;
}

size_t
cell_narrow(struct text text, char *out, size_t size, bool spaces)
{
	size_t len = 0, pos = 0;
	bool gap = false;

	while (pos < text.len) {
		uint32_t cp = cell_half(text_next(text, &pos));

		if (cell_space(cp)) {
			gap = len > 0;
			continue;
		}
		if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cell_invisible(cp) || (len == 0 && is_apostrophe(cp)))
			continue;
		if (len + 5 > size)
			return SIZE_MAX;
		if (gap && spaces)
			out[len++] = ' ';
		gap = false;
		len += text_put(out + len, cp);
	}
	return len;
}

bool
cell_null(struct text text)
{
	static const char *const words[] = { "NULL", "null", "Null", "(null)", "(NULL)", "<null>", "<NULL>",
		"undefined", "None", "none", "NaN", "nan", "N/A", "n/a", "\\N" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (text_eq(text, text_from(words[i])))
			return true;
	}
	return false;
}

bool
cell_left(struct text text)
{
	static const char *const words[] = { "无", "-", "--", "/", "//", "\\", "—", "——", "－", "－－", "／", "＼",
		"、" };

	if (text.len == 0 || text.len > 6)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (text_eq(text, text_from(words[i])))
			return true;
	}
	return false;
}

bool
cell_scientific(struct text narrow)
{
	size_t digits = 0, i = 0, exponent = 0;

	for (; i < narrow.len; i++) {
		if (narrow.at[i] >= '0' && narrow.at[i] <= '9')
			digits++;
		else if (narrow.at[i] != '.')
			break;
	}
	if (digits == 0 || i == narrow.len || (narrow.at[i] != 'E' && narrow.at[i] != 'e'))
		return false;
	i++;
	if (i < narrow.len && (narrow.at[i] == '+' || narrow.at[i] == '-'))
		i++;
	for (; i < narrow.len && narrow.at[i] >= '0' && narrow.at[i] <= '9'; i++)
		exponent++;
	return i == narrow.len && exponent > 0 && exponent < 4;
}

bool
cell_eat(struct text *text, const char *literal)
{
	struct text with;

	if (text->len == 0 || text->at[0] != literal[0])
		return false;
	with = text_from(literal);
	if (!text_starts(*text, with))
		return false;
	text->at += with.len;
	text->len -= with.len;
	return true;
}

/* 0 to 9 for a Chinese digit, 10 for 十, 20 and 30 for 廿 and 卅, -1 for any other. */
static int
han_digit(uint32_t cp)
{
	switch (cp) {
	case 0x3007: /* 〇 */
	case 0x96F6: /* 零 */
	case 0x25CB: /* ○ */
	case 0x25EF:
		return 0;
	case 0x4E00: /* 一 */
	case 0x58F9: /* 壹 */
	case 0x5143: /* 元 */
		return 1;
	case 0x4E8C: /* 二 */
	case 0x8D30: /* 贰 */
		return 2;
	case 0x4E09: /* 三 */
	case 0x53C1: /* 叁 */
		return 3;
	case 0x56DB: /* 四 */
		return 4;
	case 0x4E94: /* 五 */
		return 5;
	case 0x516D: /* 六 */
		return 6;
	case 0x4E03: /* 七 */
		return 7;
	case 0x516B: /* 八 */
		return 8;
	case 0x4E5D: /* 九 */
		return 9;
	case 0x5341: /* 十 */
		return 10;
	case 0x5EFF: /* 廿 */
		return 20;
	case 0x5345: /* 卅 */
		return 30;
	default:
		return -1;
	}
}

size_t
cell_eat_number(struct text *text, unsigned *value)
{
	size_t count = 0, pos = 0;
	unsigned sum = 0;
	bool tens = false;

	while (pos < text->len && text->at[pos] >= '0' && text->at[pos] <= '9' && count < 9) {
		sum = sum * 10 + (unsigned)(text->at[pos++] - '0');
		count++;
	}
	while (count < 9 && pos < text->len && (count == 0 || (unsigned char)text->at[0] >= 0x80)) {
		size_t next = pos;
		int digit = han_digit(text_next(*text, &next));

		if (digit < 0 || (digit >= 10 && (tens || count > 1)))
			break;
		if (digit >= 10) {
			sum = (unsigned)digit * (count == 0 || digit > 10 ? 1 : sum);
			tens = true;
			count = 2;
		} else if (tens) {
			if (sum % 10 != 0)
				break;
			sum += (unsigned)digit;
		} else {
			sum = sum * 10 + (unsigned)digit;
			count++;
		}
		pos = next;
	}
	text->at += pos;
	text->len -= pos;
	*value = sum;
	return count;
}
