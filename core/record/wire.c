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
	TAG_ABOUTS,  /* 8 for each issue */
	TAG_RECORD,  /* record 16, updated 4, content 8 */
	TAG_EXPLANATION,
	TAGS,
};

#define ORIGIN_BYTES (WIRE_FILE_BYTES + 2 + 4 + 8 + 2 + 1 + 1)
#define HEAD_BYTES (RECORD_ID_BYTES + 6 * 8 + 3 * 4 + 1 + 1)
#define ISSUE_BYTES (2 + 2 + 2 + 1 + 2)
#define ABOUT_BYTES 8
#define RECORD_BYTES (RECORD_ID_BYTES + 4 + 8)

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

/* A cell's length and kind in one number of seven bits a byte: most cells take one byte. */
#define LEN_SHIFT 3
_Static_assert(CELL_KINDS <= 1 << LEN_SHIFT, "a kind fits below the length");

static unsigned
varint_bytes(uint32_t number)
{
	unsigned bytes = 1;

	for (; number >= 0x80; number >>= 7)
		bytes++;
	return bytes;
}

static char *
put_varint(char *at, uint32_t number)
{
	for (; number >= 0x80; number >>= 7)
		*at++ = (char)(number | 0x80);
	*at++ = (char)number;
	return at;
}

static inline uint32_t
pack_cell(const struct cell *cell)
{
	return (uint32_t)cell->text.len << LEN_SHIFT | (uint32_t)cell->kind;
}

static void
add_cells(struct buffer *out, const struct cell *cells, uint32_t count)
{
	size_t lens = 0, texts = 0;
	char *room;

	for (uint32_t i = 0; i < count; i++) {
		lens += varint_bytes(pack_cell(&cells[i]));
		texts += cells[i].text.len;
	}
	buffer_char(out, TAG_LENS);
	add_varint(out, lens);
	if ((room = buffer_room(out, lens)) == NULL)
		return;
	for (uint32_t i = 0; i < count; i++)
		room = put_varint(room, pack_cell(&cells[i]));
	out->len += lens;
	buffer_char(out, TAG_CELLS);
	add_varint(out, texts);
	if ((room = buffer_room(out, texts)) == NULL)
		return;
	for (uint32_t i = 0; i < count; i++) {
		if (cells[i].text.len > 0)
			memcpy(room, cells[i].text.at, cells[i].text.len);
		room += cells[i].text.len;
	}
	out->len += texts;
}

void
wire_row_write(const struct wire_row *row, const struct cell *cells, struct buffer *out)
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
	add_cells(out, cells, row->cell_count);
}

/* Do the lengths add up to the texts, no character across two cells? Counts the cells. */
static bool
cells_hold(struct wire_row *row)
{
	size_t sum = 0, pos = 0;
	uint32_t packed;

	for (row->cell_count = 0; pos < row->lens.len; row->cell_count++) {
		uint32_t kind;

		if (row->cell_count == WIRE_CELLS_MAX || !values_number(row->lens, &pos, &packed))
			return false;
		kind = packed & ((1u << LEN_SHIFT) - 1);
		if (kind >= CELL_KINDS || (kind == CELL_UNSAVED && packed >> LEN_SHIFT > 0))
			return false;
		sum += packed >> LEN_SHIFT;
		if (sum > row->cells.len || (sum < row->cells.len && ((uint8_t)row->cells.at[sum] & 0xC0) == 0x80))
			return false;
	}
	return sum == row->cells.len;
}

int
wire_row_read(struct text bytes, struct wire_row *row)
{
	struct records records;

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
	if (row->source.len == 0 || !utf8_valid(row->source.at, row->source.len)
	    || !utf8_valid(row->cells.at, row->cells.len))
		return -1;
	return cells_hold(row) ? 0 : -1;
}

void
wire_row_cells(const struct wire_row *row, struct cell *at)
{
	const char *text = row->cells.at;
	uint32_t packed = 0;
	size_t pos = 0;

	for (uint32_t i = 0; i < row->cell_count; i++) {
		(void)values_number(row->lens, &pos, &packed);
		at[i] = (struct cell){ { text, packed >> LEN_SHIFT },
			(enum cell_kind)(packed & ((1u << LEN_SHIFT) - 1)) };
		text += packed >> LEN_SHIFT;
	}
}

/*
 * date1904, one byte; then numbers of seven bits a byte: columns, each: column << 2 | whether << 1 | month_only, field less the one before
 * it; implied, each: by, field, length, bytes. It goes with every row, so it is short.
 */
void
wire_binding_write(const struct binding *binding, struct buffer *out)
{
	uint16_t before = 0;

	buffer_char(out, binding->date1904);
	add_varint(out, binding->column_count);
	for (size_t i = 0; i < binding->column_count; i++) {
		const struct bound_column *column = &binding->columns[i];

		add_varint(out, (size_t)column->column << 2 | (size_t)column->whether << 1 | (size_t)column->month_only);
		add_varint(out, (size_t)column->field - before);
		before = column->field;
	}
	add_varint(out, binding->implied_count);
	for (size_t i = 0; i < binding->implied_count; i++) {
		const struct bound_implied *implied = &binding->implied[i];

		add_varint(out, implied->by);
		add_varint(out, implied->field);
		add_varint(out, implied->value.len);
		buffer_text(out, implied->value);
	}
	if (binding->explains)
		add_varint(out, binding->explanation);
}

static int
read_columns(struct text bytes, size_t *pos, struct binding *binding, struct bound_column *columns)
{
	const struct dataset *dataset = binding->dataset;
	uint32_t before = 0, column, step;

	for (size_t i = 0; i < binding->column_count; i++) {
		if (!values_number(bytes, pos, &column) || !values_number(bytes, pos, &step)
		    || column >> 2 >= WIRE_CELLS_MAX || step >= dataset->field_count || (i > 0 && step == 0)
		    || before + step >= dataset->field_count)
			return -1;
		before += step;
		columns[i].column = (uint16_t)(column >> 2);
		columns[i].field = (uint16_t)before;
		columns[i].whether = (column & 2) != 0;
		columns[i].month_only = (column & 1) != 0;
	}
	binding->columns = columns;
	return 0;
}

static int
read_implied(struct text bytes, size_t *pos, struct binding *binding, struct bound_implied *implied, struct arena *arena)
{
	const struct dataset *dataset = binding->dataset;
	uint32_t by, field, len;

	for (size_t i = 0; i < binding->implied_count; i++) {
		if (!values_number(bytes, pos, &by) || !values_number(bytes, pos, &field)
		    || !values_number(bytes, pos, &len) || by >= dataset->field_count || field >= dataset->field_count
		    || len > bytes.len - *pos || !utf8_valid(bytes.at + *pos, len))
			return -1;
		implied[i].by = (uint16_t)by;
		implied[i].field = (uint16_t)field;
		implied[i].value = arena_text(arena, (struct text){ bytes.at + *pos, len });
		if (implied[i].value.at == NULL)
			return -1;
		*pos += len;
	}
	binding->implied = implied;
	return 0;
}

int
wire_binding_read(struct text bytes, const struct dataset *dataset, const struct source *source,
    struct binding *binding, struct arena *arena)
{
	struct bound_column *columns;
	struct bound_implied *implied;
	uint32_t count;
	size_t pos = 1;

	*binding = (struct binding){ .dataset = dataset, .source = source };
	if (bytes.len == 0 || !values_number(bytes, &pos, &count) || count > dataset->field_count)
		return -1;
	binding->date1904 = bytes.at[0] != 0;
	binding->column_count = count;
	columns = arena_take(arena, (binding->column_count + 1) * sizeof(*columns));
	if (columns == NULL || read_columns(bytes, &pos, binding, columns) != 0 || !values_number(bytes, &pos, &count)
	    || count > dataset->field_count)
		return -1;
	binding->implied_count = count;
	implied = arena_take(arena, (binding->implied_count + 1) * sizeof(*implied));
	if (implied == NULL || read_implied(bytes, &pos, binding, implied, arena) != 0)
		return -1;
	if (pos < bytes.len) {
		if (!values_number(bytes, &pos, &count) || count >= WIRE_CELLS_MAX)
			return -1;
		binding->explains = true;
		binding->explanation = (uint16_t)count;
	}
	return pos == bytes.len ? 0 : -1;
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
	return checked->kind <= ANCHOR_KEY ? 0 : -1;
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
wire_about_add(struct buffer *out, uint64_t about)
{
	char bytes[ABOUT_BYTES];

	put(bytes, about, ABOUT_BYTES);
	buffer_add(out, bytes, sizeof(bytes));
}

uint64_t
wire_about(const struct wire_issues *issues, size_t nth)
{
	const char *at;

	if (nth >= issues->abouts.len / ABOUT_BYTES) /* there may be none at all */
		return 0;
	at = issues->abouts.at + nth * ABOUT_BYTES;
	return get(&at, ABOUT_BYTES);
}

void
wire_issues_write(const struct wire_issues *message, struct buffer *out)
{
	char number[1], record[RECORD_BYTES];

	buffer_char(out, WIRE_VERSION);
	add_origin(out, &message->origin);
	put(number, (unsigned)message->settled, 1);
	add_record(out, TAG_SETTLED, number, 1);
	put(number, message->role, 1);
	add_record(out, TAG_ROLE, number, 1);
	add_record(out, TAG_ISSUES, message->issues.at, message->issues.len);
	if (message->has_record) {
		memcpy(record, message->record, RECORD_ID_BYTES);
		put(put(record + RECORD_ID_BYTES, message->updated, 4), message->content, 8);
		add_record(out, TAG_RECORD, record, sizeof(record));
	}
	if (message->abouts.len > 0)
		add_record(out, TAG_ABOUTS, message->abouts.at, message->abouts.len);
	if (message->explanation.len > 0)
		add_record(out, TAG_EXPLANATION, message->explanation.at, message->explanation.len);
}

/* Who the row speaks of, and what explains it. */
static int
read_answering(const struct records *records, struct wire_issues *message)
{
	const char *at = records->at[TAG_RECORD].at;

	message->abouts = records->at[TAG_ABOUTS];
	message->explanation = records->at[TAG_EXPLANATION];
	if (message->abouts.len % ABOUT_BYTES != 0 || message->explanation.len > ANSWER_TEXT_MAX
	    || (message->explanation.len > 0 && !utf8_valid(message->explanation.at, message->explanation.len)))
		return -1;
	message->has_record = at != NULL;
	if (!message->has_record)
		return message->explanation.len == 0 ? 0 : -1;
	if (!has(records, TAG_RECORD, RECORD_BYTES))
		return -1;
	memcpy(message->record, at, RECORD_ID_BYTES);
	at += RECORD_ID_BYTES;
	message->updated = (uint32_t)get(&at, 4);
	message->content = get(&at, 8);
	return 0;
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
	if (read_answering(&records, message) != 0)
		return -1;
	while ((got = wire_issue_next(message->issues, &pos, &issue)) == 1) {
		if (!utf8_valid(issue.raw.at, issue.raw.len) || issue.severity > SEVERITY_QUERY)
			return -1;
	}
	return got;
}
