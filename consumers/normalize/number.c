/*
 * number.c - amounts, and numbers that are only keys: identifiers, school codes, postcodes,
 * disability cards; e-mail.
 */
#include <stdio.h>
#include <stdlib.h>

#include "consumers/normalize/cell.h"

static enum cell_state
answer(struct cell_work *work, const struct cell *cell, struct text made, struct text *out)
{
	*out = cell->text;
	if (!text_eq(made, cell->text))
		*out = cell_copy(work, made.at, made.len);
	return CELL_GOOD;
}

/* "12.50" to "12.5", "007" to "7", "-0" to "0", in place. */
static size_t
plain(char *at, size_t len)
{
	bool minus = len > 0 && at[0] == '-';
	char *point = memchr(at, '.', len);
	size_t from = minus ? 1 : 0;

	if (point != NULL) {
		while (at[len - 1] == '0')
			len--;
		if (at[len - 1] == '.')
			len--;
	}
	while (from + 1 < len && at[from] == '0' && at[from + 1] != '.')
		from++;
	if (minus && !(len - from == 1 && at[from] == '0'))
		at[--from] = '-';
	memmove(at, at + from, len - from);
	return len - from;
}

/* Units that change nothing of the amount in the column they stand in. */
static void
without_unit(struct text *text)
{
	static const char *const units[] = { "公里", "千米", "km", "KM", "Km", "平方米", "厘米", "cm", "CM", "公斤",
		"千克", "kg", "KG", "Kg", "元整", "元", "人", "口", "岁", "个", "名", "次", "天", "度", "年", "分",
		"%" };

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (text_ends(*text, text_from(units[i])) && text->len > strlen(units[i])) {
			text->len -= strlen(units[i]);
			return;
		}
	}
}

/* "5.4", "12": at most nine digits, nothing to take off; its value. */
static bool
is_plain(struct text text, double *value)
{
	static const double scale[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 };
	uint64_t sum = 0;
	size_t point = 0;

	if (text.len == 0 || text.len > 9 || (text.at[0] == '0' && text.len > 1 && text.at[1] != '.'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '.' && point == 0 && i > 0 && i + 1 < text.len)
			point = i;
		else if (text.at[i] >= '0' && text.at[i] <= '9')
			sum = sum * 10 + (uint64_t)(text.at[i] - '0');
		else
			return false;
	}
	*value = (double)sum / scale[point == 0 ? 0 : text.len - point - 1];
	return point == 0 || text.at[text.len - 1] != '0';
}

static enum cell_state any_number(
    struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out);

enum cell_state
number_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	double value;

	if (!is_plain(cell->text, &value))
		return any_number(work, field, cell, out);
	if ((field->min != 0 || field->max != 0) && (value < field->min || value > field->max))
		return cell_bad(work, RULE_number_range);
	*out = cell->text;
	return CELL_GOOD;
}

static enum cell_state
any_number(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[128], made[128];
	struct text text = { narrow, cell_narrow(cell->text, narrow, sizeof(narrow), false) };
	size_t len = 0, digits = 0, points = 0;
	double value;

	if (text.len == 0)
		return CELL_EMPTY;
	if (text.len == SIZE_MAX)
		return cell_bad(work, RULE_number_form);
	if (text_eq(text, TEXT("无"))) {
		cell_say(work, RULE_null_literal);
		return CELL_EMPTY;
	}
	(void)(cell_eat(&text, "¥") || cell_eat(&text, "￥"));
	without_unit(&text);
	if (cell_scientific(text) && text.len < 40) {
		memcpy(made, text.at, text.len);
		made[text.len] = 0;
		value = strtod(made, NULL);
		if (!(value < 1e15 && (value > 1e-6 || value == 0)))
			return cell_bad(work, RULE_number_range);
		len = (size_t)snprintf(made, sizeof(made), "%.6f", value);
	} else {
		for (size_t i = 0; i < text.len; i++) {
			char c = text.at[i];

			if (c >= '0' && c <= '9')
				digits++;
			else if (c == '.' && digits > 0)
				points++;
			else if (c == '+' && i == 0)
				continue;
			else if (c == ',' && i > 0 && points == 0 && i + 3 < text.len
			    && text_is_digits((struct text){ text.at + i + 1, 3 })
			    && (i + 4 == text.len || text.at[i + 4] == ',' || text.at[i + 4] == '.'))
				continue;
			else if (!(c == '-' && i == 0))
				return cell_bad(work, RULE_number_form);
			made[len++] = c;
		}
		if (digits == 0 || points > 1 || made[len - 1] == '.')
			return cell_bad(work, RULE_number_form);
		made[len] = 0;
		value = strtod(made, NULL);
	}
	if ((field->min != 0 || field->max != 0) && (value < field->min || value > field->max))
		return cell_bad(work, RULE_number_range);
	return answer(work, cell, (struct text){ made, plain(made, len) }, out);
}

static enum cell_state
any_identifier(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[512];
	struct text text = cell->text;
	bool plain_ascii = cell->kind == CELL_TEXT && text.len < 100;
	size_t most = field->length_max == 0 ? 1000 : field->length_max;

	for (size_t i = 0; plain_ascii && i < text.len; i++)
		plain_ascii = text.at[i] >= '-' && text.at[i] < 0x5B;
	if (!plain_ascii || cell_scientific(text)) {
		text = (struct text){ narrow, cell_narrow(cell->text, narrow, sizeof(narrow), false) };
		if (text.len == SIZE_MAX)
			return cell_bad(work, RULE_text_too_long);
		if (text.len == 0)
			return CELL_EMPTY;
		if (cell_scientific(text))
			return cell_bad(work, cell->kind == CELL_NUMBER ? RULE_id_truncated : RULE_id_scientific);
		if (cell->kind == CELL_NUMBER && text.len > 2 && text_ends(text, TEXT(".0")))
			text.len -= 2;
		if (cell->kind == CELL_NUMBER && text.len >= 16 && text_is_digits(text))
			return cell_bad(work, RULE_id_truncated);
		for (size_t pos = 0; pos < text.len;) {
			if (cell_private(text_next(text, &pos)))
				cell_say(work, RULE_text_private_character);
		}
	}
	if (text.len > most && text_length(text) > most)
		return cell_bad(work, RULE_text_too_long);
	return answer(work, cell, text, out);
}

enum cell_state
identifier_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	bool plain_ascii = cell->kind == CELL_TEXT && cell->text.len <= 30 && cell->text.len <= field->length_max;

	for (size_t i = 0; plain_ascii && i < cell->text.len; i++)
		plain_ascii = cell->text.at[i] >= '0' && cell->text.at[i] <= '9';
	if (plain_ascii) {
		*out = cell->text;
		return CELL_GOOD;
	}
	return any_identifier(work, field, cell, out);
}

/* Exactly ${len} digits, or SIZE_MAX; the narrow form otherwise. */
static struct text
narrowed(const struct cell *cell, char *narrow, size_t size)
{
	struct text text = { narrow, cell_narrow(cell->text, narrow, size, false) };

	if (text.len != SIZE_MAX && text.len > 2 && cell->kind == CELL_NUMBER && text_ends(text, TEXT(".0")))
		text.len -= 2;
	return text;
}

enum cell_state
school_code_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[64];
	struct text text = cell->text;

	(void)field;
	if (text.len != 10 || !text_is_digits(text))
		text = narrowed(cell, narrow, sizeof(narrow));
	if (text.len == 0)
		return CELL_EMPTY;
	if (text.len != 10 || !text_is_digits(text))
		return cell_bad(work, RULE_school_code_form);
	if (work->school_kinds != NULL && codes_by_code(work->school_kinds, (struct text){ text.at, 2 }) == NULL)
		cell_say(work, RULE_school_code_category);
	return answer(work, cell, text, out);
}

static enum cell_state
any_postcode(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[64];
	struct text text = cell->text;

	(void)field;
	if (text.len != 6 || !text_is_digits(text))
		text = narrowed(cell, narrow, sizeof(narrow) - 1);
	if (text.len == 0)
		return CELL_EMPTY;
	if (text.len == 5 && cell->kind == CELL_NUMBER && text_is_digits(text)) {
		memmove(narrow + 1, text.at, 5);
		narrow[0] = '0';
		text = (struct text){ narrow, 6 };
		cell_say(work, RULE_postcode_zero);
	}
	if (text.len != 6 || !text_is_digits(text) || memcmp(text.at, "000000", 6) == 0)
		return cell_bad(work, RULE_postcode_form);
	return answer(work, cell, text, out);
}

enum cell_state
postcode_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	if (cell->text.len == 6 && text_is_digits(cell->text) && memcmp(cell->text.at, "000000", 6) != 0) {
		*out = cell->text;
		return CELL_GOOD;
	}
	return any_postcode(work, field, cell, out);
}

enum cell_state
card_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[64];
	struct text text = narrowed(cell, narrow, sizeof(narrow));

	(void)field;
	if (text.len == 0)
		return CELL_EMPTY;
	if (text.len != SIZE_MAX && cell_scientific(text))
		return cell_bad(work, cell->kind == CELL_NUMBER ? RULE_id_truncated : RULE_id_scientific);
	if (cell->kind == CELL_NUMBER)
		return cell_bad(work, RULE_id_truncated);
	if (text.len != 20)
		return cell_bad(work, RULE_disability_card_form);
	if (narrow[17] == 'x')
		narrow[17] = 'X';
	if (number_check(work, narrow, &work->facts) != NUMBER_VALID || narrow[18] < '1' || narrow[18] > '7'
	    || narrow[19] < '1' || narrow[19] > '4')
		return cell_bad(work, RULE_disability_card_form);
	return answer(work, cell, text, out);
}

enum cell_state
email_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[256];
	struct text text = { narrow, cell_narrow(cell->text, narrow, sizeof(narrow), false) };
	const char *at;
	size_t before;

	(void)field;
	if (text.len == 0)
		return CELL_EMPTY;
	if (text_eq(text, TEXT("无"))) {
		cell_say(work, RULE_null_literal);
		return CELL_EMPTY;
	}
	if (text.len == SIZE_MAX)
		return cell_bad(work, RULE_email_form);
	at = memchr(text.at, '@', text.len);
	before = at != NULL ? (size_t)(at - text.at) : 0;
	if (before == 0 || before + 4 > text.len || memchr(at + 1, '@', text.len - before - 1) != NULL
	    || memchr(at + 2, '.', text.len - before - 2) == NULL || text.at[text.len - 1] == '.')
		return cell_bad(work, RULE_email_form);
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] > 0x7E || strchr("<>(),;:\\\"[]", text.at[i]) != NULL)
			return cell_bad(work, RULE_email_form);
	}
	return answer(work, cell, text, out);
}
