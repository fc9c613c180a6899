/*
 * phone.c - telephone numbers: mobiles (11 digits, 13 to 19 in front), landlines (area code, a
 * dash, 7 or 8 digits), landlines without area code, service numbers (400, 800), and +country.
 * Several in a cell are kept with a blank between.
 */
#include "consumers/normalize/cell.h"

/* Nobody's number: eight equal digits at the end, or all in a row. */
static bool
is_generic(const char *mobile)
{
	bool equal = true, rising = true;

	for (int i = 4; i < 11; i++)
		equal = equal && mobile[i] == mobile[3 + (i > 3)];
	for (int i = 4; i < 11; i++)
		rising = rising && mobile[i] == mobile[i - 1] + 1;
	return equal || rising || memcmp(mobile, "12345678901", 11) == 0;
}

static bool
is_mobile(struct text text)
{
	return text.len == 11 && text.at[0] == '1' && text.at[1] >= '3' && text_is_digits(text);
}

/* One number without blanks: its canonical form into ${out}, its length; 0 when it is none. */
static size_t
one(struct cell_work *work, struct text text, char *out)
{
	char digits[32];
	size_t count = 0, area, dash = 0;
	bool foreign = false;

	if (cell_eat(&text, "+")) {
		if (!cell_eat(&text, "86"))
			foreign = true;
	} else if (text.len > 11) {
		(void)(cell_eat(&text, "0086") || (text.len == 13 && text.at[2] == '1' && cell_eat(&text, "86")));
	}
	if (text.len > 28)
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c >= '0' && c <= '9')
			digits[count++] = c;
		else if (c == '-')
			dash = count;
		else if (c != '(' && c != ')')
			return 0;
	}
	if (count == 0)
		return 0;
	if (foreign) {
		if (count < 7 || count > 15)
			return 0;
		out[0] = '+';
		memcpy(out + 1, digits, count);
		return count + 1;
	}
	if (is_mobile((struct text){ digits, count }) || (count == 11 && memcmp(digits, "12345678901", 11) == 0)) {
		if (is_generic(digits))
			cell_say(work, RULE_phone_generic);
		memcpy(out, digits, 11);
		return 11;
	}
	if (count == 10 && (memcmp(digits, "400", 3) == 0 || memcmp(digits, "800", 3) == 0)) {
		memcpy(out, digits, 10);
		return 10;
	}
	if (digits[0] == '0' && count >= 10 && digits[1] != '0') {
		area = digits[1] == '1' || digits[1] == '2' ? 3 : 4;
		if (count < area + 7 || count > area + 13 || (count > area + 8 && dash < area + 7) || digits[area] < '2')
			return 0;
		memcpy(out, digits, area);
		out[area] = '-';
		if (count > area + 8) { /* an extension */
			memcpy(out + area + 1, digits + area, dash - area);
			out[dash + 1] = '-';
			memcpy(out + dash + 2, digits + dash, count - dash);
			return count + 2;
		}
		memcpy(out + area + 1, digits + area, count - area);
		return count + 1;
	}
	if ((count == 7 || count == 8) && digits[0] >= '2') {
		memcpy(out, digits, count);
		return count;
	}
	return 0;
}

/* One number, blanks and all; ${narrow} has single blanks. */
static size_t
one_spaced(struct cell_work *work, struct text narrow, char *out)
{
	char tight[40];
	size_t len = 0;

	for (size_t i = 0; i < narrow.len; i++) {
		if (narrow.at[i] == ' ')
			continue;
		if (len == sizeof(tight))
			return 0;
		tight[len++] = narrow.at[i];
	}
	return one(work, (struct text){ tight, len }, out);
}

/* Up to the next of ${marks} (or blank, without marks). */
static struct text
eat_part(struct text *rest, bool blanks)
{
	struct text part = { rest->at, 0 };

	for (; part.len < rest->len; part.len++) {
		char c = rest->at[part.len];
		struct text tail = { rest->at + part.len, rest->len - part.len };
		size_t mark = 0;

		if (blanks ? c == ' ' : c == '/' || c == ';' || c == ',' || c == '|' || c == '\\')
			mark = 1;
		else if (!blanks
		    && (text_starts(tail, TEXT("、")) || text_starts(tail, TEXT("；")) || text_starts(tail, TEXT("。"))
			|| text_starts(tail, TEXT("或"))))
			mark = 3;
		if (mark > 0) {
			rest->at = tail.at + mark;
			rest->len = tail.len - mark;
			return part;
		}
	}
	*rest = (struct text){ rest->at + rest->len, 0 };
	return part;
}

/* Add ${number} to the numbers in ${out} unless it is there. */
static size_t
add(char *out, size_t len, const char *number, size_t number_len)
{
	for (size_t at = 0; at < len;) {
		const char *end = memchr(out + at, ' ', len - at);
		size_t size = end != NULL ? (size_t)(end - out) - at : len - at;

		if (size == number_len && memcmp(out + at, number, size) == 0)
			return len;
		at += size + 1;
	}
	if (len > 0)
		out[len++] = ' ';
	memcpy(out + len, number, number_len);
	return len + number_len;
}

static enum cell_state
any_phone(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[256], made[512], number[48];
	struct text text, rest;
	size_t len = 0, got;

	(void)field;
	*out = cell->text;
	if (is_mobile(cell->text)) {
		if (is_generic(cell->text.at))
			cell_say(work, RULE_phone_generic);
		return CELL_GOOD;
	}
	text = (struct text){ narrow, cell_narrow(cell->text, narrow, sizeof(narrow), true) };
	if (text.len == 0)
		return CELL_EMPTY;
	if (text.len == SIZE_MAX)
		return cell_bad(work, RULE_phone_form);
	if (cell_scientific(text))
		return cell_bad(work, RULE_phone_scientific);
	if (text_eq(text, TEXT("无")) || text_eq(text, TEXT("0")) || text_eq(text, TEXT("没有"))
	    || text_eq(text, TEXT("暂无"))) {
		cell_say(work, RULE_null_literal);
		return CELL_EMPTY;
	}
	if (cell->kind == CELL_NUMBER && text.len > 2 && text_ends(text, TEXT(".0")))
		text.len -= 2;
	for (rest = text; rest.len > 0;) {
		struct text part = text_trim(eat_part(&rest, false));

		if (part.len == 0)
			continue;
		got = one_spaced(work, part, number);
		if (got > 0) {
			len = add(made, len, number, got);
			continue;
		}
		while (part.len > 0) {
			struct text piece = eat_part(&part, true);

			got = one(work, piece, number);
			if (got == 0 || len + got + 1 > sizeof(made))
				return cell_bad(work, RULE_phone_form);
			len = add(made, len, number, got);
		}
	}
	if (len == 0)
		return cell_bad(work, RULE_phone_form);
	if (!text_eq((struct text){ made, len }, cell->text))
		*out = cell_copy(work, made, len);
	return CELL_GOOD;
}

enum cell_state
phone_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	*out = cell->text;
	if (is_mobile(cell->text)) {
		if (is_generic(cell->text.at))
			cell_say(work, RULE_phone_generic);
		return CELL_GOOD;
	}
	return any_phone(work, field, cell, out);
}
