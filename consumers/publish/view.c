/*
 * view.c - see view.h.
 */
#include "consumers/publish/view.h"

#include <stdlib.h>

#include "core/record/definition.h"

#define LAST 4
#define LAST_OF_AT_LEAST 8 /* of a shorter number four characters would be most of it */

/* The value of ${field}; empty when the student has none. */
static struct text
value_of(const struct snapshot_value *values, size_t count, uint16_t field)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (values[middle].field < field)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && values[low].field == field ? values[low].text : (struct text){ "", 0 };
}

static bool
among(const struct text *codes, size_t count, struct text code)
{
	for (size_t i = 0; i < count; i++) {
		if (text_eq(codes[i], code))
			return true;
	}
	return false;
}

static int
by_text(const void *a, const void *b)
{
	return text_compare(*(const struct text *)a, *(const struct text *)b);
}

bool
view_takes(const struct dataset *dataset, const struct grant *grant, struct text presence,
    const struct snapshot_value *values, size_t count)
{
	struct text rest = grant->presence, word, code;
	bool found = false;

	if (grant->broken.len > 0
	    || (!grant->all && grant->school_count == 0 && grant->grade_count == 0 && grant->condition_count == 0))
		return false;
	if (text_eq(presence, TEXT("back"))) /* who is back is here */
		presence = TEXT("present");
	while (!found && definition_word(&rest, ' ', &word))
		found = word.len > 0 && text_eq(word, presence);
	if (!found)
		return false;
	if (grant->school_count > 0) {
		code = value_of(values, count, dataset->roles.school_code);
		if (code.len == 0
		    || bsearch(&code, grant->schools, grant->school_count, sizeof(*grant->schools), by_text) == NULL)
			return false;
	}
	if (grant->grade_count > 0
	    && !among(grant->grades, grant->grade_count, value_of(values, count, dataset->roles.grade)))
		return false;
	for (size_t i = 0; i < grant->condition_count; i++) {
		const struct grant_condition *condition = &grant->conditions[i];

		if (!grant_condition_holds(
			condition, dataset->fields[condition->field].type, value_of(values, count, condition->field)))
			return false;
	}
	return true;
}

void
view_token(const uint8_t secret[VIEW_SECRET_BYTES], const struct grant *grant,
    const uint8_t student[VIEW_STUDENT_BYTES], uint8_t token[VIEW_TOKEN_BYTES])
{
	uint8_t message[GRANT_ID_MAX + 1 + VIEW_STUDENT_BYTES] = { 0 };
	struct sha256 digest;

	memcpy(message, grant->id.at, grant->id.len);
	memcpy(message + grant->id.len + 1, student, VIEW_STUDENT_BYTES);
	digest = sha256_hmac(secret, VIEW_SECRET_BYTES, message, grant->id.len + 1 + VIEW_STUDENT_BYTES);
	memcpy(token, digest.at, VIEW_TOKEN_BYTES);
}

/* The last four of each number in ${value}: a field of telephones holds several, a space between. */
static void
last_four(struct text value, struct buffer *out)
{
	struct text number;
	bool first = true;

	while (definition_word(&value, ' ', &number)) {
		size_t left = text_length(number), pos = 0;

		if (left < LAST_OF_AT_LEAST)
			continue;
		for (; left > LAST; left--)
			text_next(number, &pos);
		if (!first)
			buffer_char(out, ' ');
		first = false;
		buffer_add(out, number.at + pos, number.len - pos);
	}
}

static void
masked(const struct grant_column *column, const uint8_t *student, const uint8_t *token,
    const struct snapshot_value *values, size_t count, struct buffer *out)
{
	struct text value = { "", 0 };
	char hex[2 * VIEW_STUDENT_BYTES + 1];

	if (column->field != FIELD_NONE)
		value = value_of(values, count, column->field);
	switch (column->mask) {
	case MASK_WHOLE:
		buffer_text(out, value);
		break;
	case MASK_LAST4:
		last_four(value, out);
		break;
	case MASK_BIRTH_YEAR:
		if (value.len >= 4)
			buffer_add(out, value.at, 4);
		break;
	case MASK_YES_NO:
		if (value.len > 0)
			buffer_char(out, grant_condition_holds(&column->yes, column->type, value) ? '1' : '0');
		break;
	case MASK_TOKEN:
		hex_of(token, VIEW_TOKEN_BYTES, hex);
		buffer_string(out, hex);
		break;
	case MASK_STUDENT_ID:
		hex_of(student, VIEW_STUDENT_BYTES, hex);
		buffer_string(out, hex);
		break;
	default:
		break;
	}
}

void
view_row(const struct grant *grant, const uint8_t student[VIEW_STUDENT_BYTES], const uint8_t token[VIEW_TOKEN_BYTES],
    const struct snapshot_value *values, size_t count, struct buffer *out)
{
	for (size_t i = 0; i < grant->column_count; i++) {
		size_t start = out->len;
		uint32_t len = 0;

		buffer_add(out, &len, sizeof(len));
		masked(&grant->columns[i], student, token, values, count, out);
		if (buffer_failed(out))
			return;
		len = (uint32_t)(out->len - start - sizeof(len));
		memcpy(out->at + start, &len, sizeof(len));
	}
}

bool
view_cell(struct text *row, struct text *cell)
{
	uint32_t len;

	if (row->len < sizeof(len))
		return false;
	memcpy(&len, row->at, sizeof(len));
	*cell = (struct text){ row->at + sizeof(len), len };
	row->at += sizeof(len) + len;
	row->len -= sizeof(len) + len;
	return true;
}

void
view_json(const struct grant *grant, struct text row, bool whole, struct buffer *out)
{
	struct text cell;
	bool first = true;

	buffer_char(out, '{');
	for (size_t i = 0; i < grant->column_count && view_cell(&row, &cell); i++) {
		if (cell.len == 0 && !whole)
			continue;
		if (!first)
			buffer_char(out, ',');
		first = false;
		buffer_json_string(out, grant->columns[i].key);
		buffer_char(out, ':');
		if (cell.len == 0)
			buffer_string(out, "null");
		else
			buffer_json_string(out, cell);
	}
	buffer_char(out, '}');
}

struct text
view_shown(struct snapshot *snapshot, const struct grant_column *column, struct text cell)
{
	if (cell.len == 0)
		return cell;
	if (column->mask == MASK_YES_NO)
		return cell.at[0] == '1' ? TEXT("是") : TEXT("否");
	return column->mask == MASK_WHOLE ? snapshot_shown(snapshot, column->field, cell) : cell;
}
