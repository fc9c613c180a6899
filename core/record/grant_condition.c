/*
 * grant_condition.c - what a field must say, by a grant: reading it, and asking it of a value.
 */
#include "core/record/grant_read.h"

#include <stdlib.h>

#include "core/record/day.h"

/* Codes of ${field}, a space between. */
static const struct text *
read_codes(struct grant_load *load, const struct xml_element *element, const char *attribute, const struct field *field,
    size_t *count)
{
	struct text rest = definition_get(element, attribute), word, *codes;
	size_t most = 1;

	for (size_t i = 0; i < rest.len; i++)
		most += rest.at[i] == ' ';
	codes = arena_take(load->arena, (most + 1) * sizeof(*codes));
	*count = 0;
	if (codes == NULL) {
		load->memory = true;
		return NULL;
	}
	while (definition_word(&rest, ' ', &word)) {
		if (word.len == 0)
			continue;
		if (codes_by_code(field->codes, word) == NULL)
			FAULT(load, element, "the code %.*s does not exist in %.*s", (int)word.len, word.at,
			    (int)codes_name(field->codes).len, codes_name(field->codes).at);
		codes[(*count)++] = word;
	}
	return codes;
}

static bool
is_month(struct text text)
{
	uint64_t year, month;

	return text.len == 7 && text.at[4] == '-' && text_to_u64((struct text){ text.at, 4 }, &year)
	    && text_to_u64((struct text){ text.at + 5, 2 }, &month) && month >= 1 && month <= 12;
}

static bool
to_number(struct text text, double *number)
{
	char digits[40], *end;

	if (text.len == 0 || text.len >= sizeof(digits))
		return false;
	memcpy(digits, text.at, text.len);
	digits[text.len] = '\0';
	*number = strtod(digits, &end);
	return end == digits + text.len;
}

/* An end of a range of ${field}; empty when there is none. */
static struct text
read_end(struct grant_load *load, const struct xml_element *element, const char *attribute, const struct field *field)
{
	struct text end = definition_get(element, attribute);
	struct date date;
	double number;

	if (end.len == 0)
		return end;
	if (field->type == FIELD_DATE && !day_parse(end, &date))
		FAULT(load, element, "\"%s\" is a day, written 2026-09-01", attribute);
	else if (field->type == FIELD_MONTH && !is_month(end))
		FAULT(load, element, "\"%s\" is a month, written 2026-09", attribute);
	else if (field->type == FIELD_NUMBER && !to_number(end, &number))
		FAULT(load, element, "\"%s\" is a number", attribute);
	return end;
}

struct grant_condition
grant_condition_read(
    struct grant_load *load, const struct xml_element *element, const char *is, const struct field *field)
{
	struct text held = definition_get(element, "held"), unlike = definition_get(element, "not");
	bool range = definition_get(element, "from").len > 0 || definition_get(element, "to").len > 0;
	struct grant_condition condition = { .field = field->number };

	if ((definition_get(element, is).len > 0) + (unlike.len > 0) + (held.len > 0) + range != 1) {
		FAULT(load, element,
		    "it wants one of %s=\"…\", not=\"…\", from=\"…\" to=\"…\", held=\"yes\" and held=\"no\"", is);
		return condition;
	}
	if (held.len > 0) {
		condition.test = text_eq(held, TEXT("no")) ? TEST_EMPTY : TEST_HELD;
		if (!text_eq(held, TEXT("yes")) && !text_eq(held, TEXT("no")))
			FAULT(load, element, "\"held\" is yes or no");
	} else if (range) {
		condition.test = TEST_RANGE;
		condition.from = read_end(load, element, "from", field);
		condition.to = read_end(load, element, "to", field);
		if (field->type != FIELD_DATE && field->type != FIELD_MONTH && field->type != FIELD_NUMBER)
			FAULT(load, element, "\"%.*s\" is no day, month or number: it has no from and to",
			    (int)field->name.len, field->name.at);
	} else {
		condition.test = unlike.len > 0 ? TEST_NOT : TEST_IS;
		if (field->codes == NULL)
			FAULT(load, element, "\"%.*s\" has no codes: ask whether it is held", (int)field->name.len,
			    field->name.at);
		else
			condition.codes = read_codes(
			    load, element, unlike.len > 0 ? "not" : is, field, &condition.count);
	}
	return condition;
}

static bool
in_range(const struct grant_condition *condition, enum field_type type, struct text value)
{
	double number, end;

	if (type != FIELD_NUMBER) /* 2014-03-07 and 2014-03 stand in the order of their bytes */
		return (condition->from.len == 0 || text_compare(value, condition->from) >= 0)
		    && (condition->to.len == 0 || text_compare(value, condition->to) <= 0);
	return to_number(value, &number) && (!to_number(condition->from, &end) || number >= end)
	    && (!to_number(condition->to, &end) || number <= end);
}

bool
grant_condition_holds(const struct grant_condition *condition, enum field_type type, struct text value)
{
	bool among = false;

	if (value.len == 0) /* who is not known is not known to be anything else */
		return condition->test == TEST_EMPTY;
	switch (condition->test) {
	case TEST_IS:
	case TEST_NOT:
		for (size_t i = 0; i < condition->count && !among; i++)
			among = text_eq(condition->codes[i], value);
		return among == (condition->test == TEST_IS);
	case TEST_RANGE:
		return in_range(condition, type, value);
	default:
		return condition->test == TEST_HELD;
	}
}
