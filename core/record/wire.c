/*
 * wire.c - see wire.h.
 */
#include "core/record/wire.h"

#include <stdio.h>

#include "core/base/digest.h"

enum tag {
	TAG_ORIGIN = 1, /* file 16, sheet 2, row 4, definitions 8, year 2, month 1, day 1 */
	TAG_ROLE,       /* 1 */
	TAG_FLAGS,      /* 2 */
	TAG_RULE,       /* 2 */
	TAG_SOURCE,
	TAG_BINDING,
	TAG_LENS,
	TAG_CELLS,
	TAG_HEAD, /* of a checked row: see put_head() */
	TAG_VALUES,
	TAG_ISSUES,
	TAG_SETTLED, /* 1 */
	TAGS,
};

#define ORIGIN_BYTES (WIRE_FILE_BYTES + 2 + 4 + 8 + 2 + 1 + 1)
#define HEAD_BYTES (RECORD_ID_BYTES + 6 * 8 + 3 * 4 + 1 + 1)
#define ISSUE_BYTES (2 + 2 + 2 + 1 + 2)

/* ---- numbers ---- */

static char *
put(char *at, uint64_t number, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		*at++ = (char)(number >> 8 * i);
	return at;
}

static uint64_t
get(const char **at, unsigned bytes)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < bytes; i++)
		number |= (uint64_t)(uint8_t) * (*at)++ << 8 * i;
	return number;
}

static void
add_varint(struct buffer *out, size_t number)
{
	for (; number >= 0x80; number >>= 7)
		buffer_char(out, (char)(number | 0x80));
	buffer_char(out, (char)number);
}

static void
add_record(struct buffer *out, enum tag tag, const void *bytes, size_t len)
{
	buffer_char(out, (char)tag);
	add_varint(out, len);
	buffer_add(out, bytes, len);
}

/* ---- records ---- */

/* Where each tag's bytes stand in a message; ${at} NULL for those that are absent. */
struct records {
	struct text at[TAGS];
};

static int
records_read(struct text bytes, struct records *records)
{
	size_t pos = 1;

	*records = (struct records){ 0 };
	if (bytes.len == 0 || (uint8_t)bytes.at[0] != WIRE_VERSION)
		return -1;
	while (pos < bytes.len) {
		uint8_t tag = (uint8_t)bytes.at[pos++];
		uint32_t len;

		if (!values_number(bytes, &pos, &len) || len > bytes.len - pos)
			return -1;
		if (tag > 0 && tag < TAGS) {
			if (records->at[tag].at != NULL)
				return -1;
			records->at[tag] = (struct text){ bytes.at + pos, len };
		}
		pos += len;
	}
	return 0;
}

/* Is the record there, of just ${len} bytes? */
static bool
has(const struct records *records, enum tag tag, size_t len)
{
	return records->at[tag].at != NULL && records->at[tag].len == len;
}

static uint64_t
number_of(const struct records *records, enum tag tag)
{
	const char *at = records->at[tag].at;

	return get(&at, (unsigned)records->at[tag].len);
}

static void
add_origin(struct buffer *out, const struct wire_origin *origin)
{
	char bytes[ORIGIN_BYTES], *at = bytes;

	memcpy(at, origin->file, WIRE_FILE_BYTES);
	at = put(at + WIRE_FILE_BYTES, origin->sheet, 2);
	at = put(at, origin->row, 4);
	at = put(at, origin->definitions, 8);
	at = put(at, (uint16_t)origin->date.year, 2);
	at = put(at, origin->date.month, 1);
	put(at, origin->date.day, 1);
	add_record(out, TAG_ORIGIN, bytes, sizeof(bytes));
}

static int
read_origin(const struct records *records, struct wire_origin *origin)
{
	const char *at = records->at[TAG_ORIGIN].at;

	if (!has(records, TAG_ORIGIN, ORIGIN_BYTES))
		return -1;
	memcpy(origin->file, at, WIRE_FILE_BYTES);
	at += WIRE_FILE_BYTES;
	origin->sheet = (uint16_t)get(&at, 2);
	origin->row = (uint32_t)get(&at, 4);
	origin->definitions = get(&at, 8);
	origin->date.year = (int16_t)get(&at, 2);
	origin->date.month = (uint8_t)get(&at, 1);
	origin->date.day = (uint8_t)get(&at, 1);
	return origin->date.year >= 1900 && origin->date.month >= 1 && origin->date.month <= 12 && origin->date.day >= 1
		&& origin->date.day <= 31
	    ? 0
	    : -1;
}

size_t
wire_key(const struct wire_origin *origin, char key[WIRE_KEY_MAX])
{
	char hex[2 * WIRE_FILE_BYTES + 1];

	hex_of(origin->file, WIRE_FILE_BYTES, hex);
	return (size_t)snprintf(key, WIRE_KEY_MAX, "%s:%u:%u", hex, origin->sheet, origin->row);
}

uint64_t
wire_place_hash(uint16_t sheet, uint32_t row)
{
	uint32_t place[2] = { sheet, row };

	return hash64(place, sizeof(place), 0);
}

/* ---- submitted ---- */

void
wire_row_write(const struct wire_row *row, struct buffer *out)
{
	char number[2];

	buffer_char(out, WIRE_VERSION);
	add_origin(out, &row->origin);
	put(number, row->role, 1);
	add_record(out, TAG_ROLE, number, 1);
	if (row->flags != 0) {
		put(number, row->flags, 2);
		add_record(out, TAG_FLAGS, number, 2);
	}
	if (row->role == WIRE_ROLE_UNUSABLE) {
		put(number, row->rule, 2);
		add_record(out, TAG_RULE, number, 2);
	}
	add_record(out, TAG_SOURCE, row->source.at, row->source.len);
	add_record(out, TAG_BINDING, row->binding.at, row->binding.len);
	add_record(out, TAG_LENS, row->lens.at, row->lens.len);
	add_record(out, TAG_CELLS, row->cells.at, row->cells.len);
}

int
wire_row_read(struct text bytes, struct wire_row *row)
{
	struct records records;
	size_t sum = 0;
	const char *at;

	*row = (struct wire_row){ 0 };
	if (records_read(bytes, &records) != 0 || read_origin(&records, &row->origin) != 0
	    || !has(&records, TAG_ROLE, 1) || records.at[TAG_SOURCE].at == NULL || records.at[TAG_BINDING].at == NULL
	    || records.at[TAG_LENS].at == NULL || records.at[TAG_CELLS].at == NULL)
		return -1;
	row->role = (uint8_t)number_of(&records, TAG_ROLE);
	if (records.at[TAG_FLAGS].at != NULL) {
		if (!has(&records, TAG_FLAGS, 2))
			return -1;
		row->flags = (uint16_t)number_of(&records, TAG_FLAGS);
	}
	if (row->role == WIRE_ROLE_UNUSABLE) {
		if (!has(&records, TAG_RULE, 2))
			return -1;
		row->rule = (uint16_t)number_of(&records, TAG_RULE);
	}
	row->source = records.at[TAG_SOURCE];
	row->binding = records.at[TAG_BINDING];
	row->lens = records.at[TAG_LENS];
	row->cells = records.at[TAG_CELLS];
	if (row->lens.len % 4 != 0 || row->lens.len / 4 > WIRE_CELLS_MAX || row->source.len == 0
	    || !utf8_valid(row->source.at, row->source.len) || !utf8_valid(row->cells.at, row->cells.len))
		return -1;
	row->cell_count = (uint32_t)(row->lens.len / 4);
	at = row->lens.at;
	for (uint32_t i = 0; i < row->cell_count; i++) {
		uint32_t packed = (uint32_t)get(&at, 4);

		if (packed >> 28 >= CELL_KINDS || (packed >> 28 == CELL_UNSAVED && (packed & 0x0FFFFFFFu) != 0))
			return -1;
		sum += packed & 0x0FFFFFFFu;
		/* a character must not lie across two cells */
		if (sum > row->cells.len || (sum < row->cells.len && ((uint8_t)row->cells.at[sum] & 0xC0) == 0x80))
			return -1;
	}
	return sum == row->cells.len ? 0 : -1;
}

void
wire_row_cells(const struct wire_row *row, struct cell *at)
{
	const char *lens = row->lens.at, *text = row->cells.at;

	for (uint32_t i = 0; i < row->cell_count; i++) {
		uint32_t packed = (uint32_t)get(&lens, 4);
		size_t len = packed & 0x0FFFFFFFu;

		at[i] = (struct cell){ { text, len }, (enum cell_kind)(packed >> 28) };
		text += len;
	}
}

/* date1904 1, columns 2, each: column 2, field 2, month_only | whether << 1: 1; implied 2, each: by 2, field 2, length 2, bytes */
void
wire_binding_write(const struct binding *binding, struct buffer *out)
{
	char bytes[8];

	buffer_char(out, binding->date1904);
	put(bytes, binding->column_count, 2);
	buffer_add(out, bytes, 2);
	for (size_t i = 0; i < binding->column_count; i++) {
		const struct bound_column *column = &binding->columns[i];

		put(put(put(bytes, column->column, 2), column->field, 2),
		    (unsigned)column->month_only | (unsigned)column->whether << 1, 1);
		buffer_add(out, bytes, 5);
	}
	put(bytes, binding->implied_count, 2);
	buffer_add(out, bytes, 2);
	for (size_t i = 0; i < binding->implied_count; i++) {
		const struct bound_implied *implied = &binding->implied[i];

		put(put(put(bytes, implied->by, 2), implied->field, 2), implied->value.len, 2);
		buffer_add(out, bytes, 6);
		buffer_text(out, implied->value);
	}
}

int
wire_binding_read(struct text bytes, const struct dataset *dataset, const struct source *source,
    struct binding *binding, struct arena *arena)
{
	const char *at = bytes.at, *end = bytes.at + bytes.len;
	struct bound_column *columns;
	struct bound_implied *implied;

	*binding = (struct binding){ .dataset = dataset, .source = source };
	if (bytes.len < 3)
		return -1;
	binding->date1904 = get(&at, 1) != 0;
	binding->column_count = get(&at, 2);
	if ((size_t)(end - at) < binding->column_count * 5 + 2)
		return -1;
	columns = arena_take(arena, (binding->column_count + 1) * sizeof(*columns));
	if (columns == NULL)
		return -1;
	for (size_t i = 0; i < binding->column_count; i++) {
		uint8_t bits;

		columns[i].column = (uint16_t)get(&at, 2);
		columns[i].field = (uint16_t)get(&at, 2);
		bits = (uint8_t)get(&at, 1);
		columns[i].month_only = bits & 1;
		columns[i].whether = (bits & 2) != 0;
		if (columns[i].field >= dataset->field_count || columns[i].column >= WIRE_CELLS_MAX
		    || (i > 0 && columns[i].field <= columns[i - 1].field))
			return -1;
	}
	binding->implied_count = get(&at, 2);
	if (binding->implied_count > dataset->field_count)
		return -1;
	implied = arena_take(arena, (binding->implied_count + 1) * sizeof(*implied));
	if (implied == NULL)
		return -1;
	for (size_t i = 0; i < binding->implied_count; i++) {
		size_t len;

		if (end - at < 6)
			return -1;
		implied[i].by = (uint16_t)get(&at, 2);
		implied[i].field = (uint16_t)get(&at, 2);
		len = get(&at, 2);
		if ((size_t)(end - at) < len || implied[i].by >= dataset->field_count
		    || implied[i].field >= dataset->field_count || !utf8_valid(at, len))
			return -1;
		implied[i].value = arena_text(arena, (struct text){ at, len });
		if (implied[i].value.at == NULL)
			return -1;
		at += len;
	}
	binding->columns = columns;
	binding->implied = implied;
	return at == end ? 0 : -1;
}

/* ---- checked ---- */

void
wire_checked_write(const struct wire_checked *message, struct buffer *out)
{
	const struct checked *checked = &message->checked;
	char bytes[HEAD_BYTES], *at = bytes;

	memcpy(at, checked->id, RECORD_ID_BYTES);
	at = put(at + RECORD_ID_BYTES, checked->version, 8);
	at = put(at, checked->content, 8);
	at = put(at, checked->number, 8);
	at = put(at, checked->core, 8);
	at = put(at, checked->student_no, 8);
	at = put(at, checked->raw, 8);
	at = put(at, checked->name, 4);
	at = put(at, (uint32_t)checked->birth_day, 4);
	at = put(at, checked->school, 4);
	at = put(at, checked->kind, 1);
	put(at, message->issues, 1);
	buffer_char(out, WIRE_VERSION);
	add_origin(out, &message->origin);
	add_record(out, TAG_HEAD, bytes, sizeof(bytes));
	add_record(out, TAG_VALUES, message->values.at, message->values.len);
}

/* Do encoded values hold together, under these fields, as UTF-8? */
static bool
values_hold(struct text values, size_t field_count)
{
	struct value_cursor cursor = { values, 0, 0 };
	struct value value;
	int got;

	while ((got = values_next(&cursor, &value)) == 1) {
		if (value.field >= field_count || value.text.len == 0 || !utf8_valid(value.text.at, value.text.len))
			return false;
	}
	return got == 0;
}

int
wire_checked_read(struct text bytes, size_t field_count, struct wire_checked *message)
{
	struct checked *checked = &message->checked;
	struct records records;
	const char *at;

	*message = (struct wire_checked){ 0 };
	if (records_read(bytes, &records) != 0 || read_origin(&records, &message->origin) != 0
	    || !has(&records, TAG_HEAD, HEAD_BYTES) || records.at[TAG_VALUES].at == NULL
	    || !values_hold(records.at[TAG_VALUES], field_count))
		return -1;
	at = records.at[TAG_HEAD].at;
	memcpy(checked->id, at, RECORD_ID_BYTES);
	at += RECORD_ID_BYTES;
	checked->version = get(&at, 8);
	checked->content = get(&at, 8);
	checked->number = get(&at, 8);
	checked->core = get(&at, 8);
	checked->student_no = get(&at, 8);
	checked->raw = get(&at, 8);
	checked->name = (uint32_t)get(&at, 4);
	checked->birth_day = (int32_t)(uint32_t)get(&at, 4);
	checked->school = (uint32_t)get(&at, 4);
	checked->kind = (uint8_t)get(&at, 1);
	message->issues = get(&at, 1) != 0;
	message->values = records.at[TAG_VALUES];
	return checked->kind <= ANCHOR_CLASS ? 0 : -1;
}

/* ---- rejected ---- */

void
wire_issue_add(struct buffer *out, uint16_t column, uint16_t rule, uint16_t field, uint8_t severity, struct text raw)
{
	char bytes[ISSUE_BYTES], *at = bytes;

	at = put(put(put(put(at, column, 2), rule, 2), field, 2), severity, 1);
	put(at, raw.len, 2);
	buffer_add(out, bytes, sizeof(bytes));
	buffer_text(out, raw);
}

int
wire_issue_next(struct text issues, size_t *pos, struct wire_issue *issue)
{
	const char *at = issues.at + *pos;
	size_t len;

	if (*pos == issues.len)
		return 0;
	if (issues.len - *pos < ISSUE_BYTES)
		return -1;
	issue->column = (uint16_t)get(&at, 2);
	issue->rule = (uint16_t)get(&at, 2);
	issue->field = (uint16_t)get(&at, 2);
	issue->severity = (uint8_t)get(&at, 1);
	len = get(&at, 2);
	if (len > issues.len - *pos - ISSUE_BYTES)
		return -1;
	issue->raw = (struct text){ at, len };
	*pos += ISSUE_BYTES + len;
	return 1;
}

void
wire_issues_write(const struct wire_issues *message, struct buffer *out)
{
	char number[1];

	buffer_char(out, WIRE_VERSION);
	add_origin(out, &message->origin);
	put(number, (unsigned)message->settled, 1);
	add_record(out, TAG_SETTLED, number, 1);
	put(number, message->role, 1);
	add_record(out, TAG_ROLE, number, 1);
	add_record(out, TAG_ISSUES, message->issues.at, message->issues.len);
}

int
wire_issues_read(struct text bytes, struct wire_issues *message)
{
	struct records records;
	struct wire_issue issue;
	uint64_t settled;
	size_t pos = 0;
	int got;

	*message = (struct wire_issues){ 0 };
	if (records_read(bytes, &records) != 0 || read_origin(&records, &message->origin) != 0
	    || !has(&records, TAG_SETTLED, 1) || !has(&records, TAG_ROLE, 1) || records.at[TAG_ISSUES].at == NULL)
		return -1;
	settled = number_of(&records, TAG_SETTLED);
	if (settled > WIRE_ASIDE)
		return -1;
	message->settled = (enum wire_settled)settled;
	message->role = (uint8_t)number_of(&records, TAG_ROLE);
	message->issues = records.at[TAG_ISSUES];
	while ((got = wire_issue_next(message->issues, &pos, &issue)) == 1) {
		if (!utf8_valid(issue.raw.at, issue.raw.len) || issue.severity > SEVERITY_QUERY)
			return -1;
	}
	return got;
}
