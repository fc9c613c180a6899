/*
 * taker.c - see taker.h.
 */
#include "ops/yici/taker.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "consumers/consolidate/link.h"
#include "consumers/normalize/checked.h"
#include "consumers/normalize/normalize.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "ops/yici/entry.h"
#include "producers/readers/reader.h"

/* ---- small things ---- */

void
taker_tell(struct taker *in, enum told_kind kind, const void *bytes, size_t len)
{
	told_add(&in->told, kind, in->file->number, bytes, len);
}

/* ---- rows ---- */

/* Something to say of the whole row. */
static int
raise_row(struct taker *in, uint32_t row, uint16_t rule, uint8_t severity, struct err *err)
{
	struct raised_view view = { .origin = { in->file->number, in->sheet, row },
		.column = UINT16_MAX,
		.rule = rule,
		.field = FIELD_NONE,
		.severity = severity };

	return entry_raised(in->issues, &view, err);
}

/* All that normalizing has to say of the row; ${checked} is NULL when it is rejected. */
static int
raise_issues(struct taker *in, const struct row *row, const struct normalized *result, const struct checked *checked,
    struct err *err)
{
	struct raised_view view = { .origin = { in->file->number, in->sheet, row->row_no } };

	for (size_t i = 0; i < result->issue_count; i++) {
		raised_tell(&view, &result->issues[i], checked != NULL ? checked->id : NULL);
		if (entry_raised(in->issues, &view, err) != 0)
			return -1;
	}
	if (checked == NULL || result->explanation.len == 0)
		return 0;
	raised_explain(&view, result->explanation, checked->id, (uint32_t)(checked->version >> 32), checked->content);
	return entry_raised(in->issues, &view, err);
}

/* An accepted row becomes an entry of the runs. */
static int
put_row(struct taker *in, const struct row *row, const struct normalized *result, uint64_t raw, struct err *err)
{
	struct checked checked;

	buffer_clear(&in->values);
	values_encode(result->values, result->value_count, &in->values);
	if (buffer_failed(&in->values))
		return err_set(err, ERR_RETRY, "out of memory for a row");
	normalized_checked(
	    result, in->set->dataset, in->file->source->name, buffer_as_text(&in->values), in->set->seed, &checked);
	checked.file = in->file->number;
	checked.row = row->row_no;
	checked.sheet = in->sheet;
	checked.source = in->file->source_no;
	checked.raw = result->issue_count == 0 && result->explanation.len == 0 ? raw : 0;
	if (counts_add(&in->schools, checked.school) != 0)
		return err_set(err, ERR_RETRY, "out of memory for a file");
	if (raise_issues(in, row, result, &checked, err) != 0)
		return -1;
	return entry_checked(in->rows, &checked, buffer_as_text(&in->values), err);
}

/*
 * Hash of the row as it was read: by the reader's mark, else of kinds, lengths and bytes of its cells. 0 for a row that is not
 * to be trusted.
 */
static uint64_t
raw_hash(struct taker *in, const struct row *row)
{
	const char *at = row->count > 0 ? row->cells[0].text.at : NULL, *next = at;
	uint64_t hash;

	if (row->flags != 0 || in->raw_seed == 0 || at == NULL)
		return 0;
	if (row->mark != 0)
		return known_hash(row->mark, in->raw_seed);
	for (uint32_t i = 0; i < row->count; i++) {
		in->lens[i] = CELL_PACK(row->cells[i].kind, row->cells[i].text.len);
		if (row->cells[i].text.len > 0 && row->cells[i].text.at != next)
			return 0; /* not one run of bytes, as readers give it */
		next += row->cells[i].text.len;
	}
	hash = hash64(in->lens, row->count * sizeof(*in->lens), in->raw_seed);
	return hash64(at, (size_t)(next - at), hash);
}

/* A row that is yesterday's: only its place is new. */
static int
put_same(struct taker *in, const struct row *row, uint32_t number, struct err *err)
{
	const struct known_rows *known = in->set->known;
	struct same same = { .sheet = { (uint8_t)(in->sheet >> 8), (uint8_t)in->sheet } };

	in->counts.accepted++;
	same.older = number >= known->links;
	same_put(same.link, same.older ? known->older_links[number - known->links] : number);
	same_put(same.file, in->file->number);
	same_put(same.row, row->row_no);
	if (counts_add(&in->schools, known->schools[number]) != 0)
		return err_set(err, ERR_RETRY, "out of memory for a file");
	return runs_add(in->same, &same, sizeof(same), err);
}

void
taker_expect(const struct taker *in, struct rows *rows)
{
	rows->known_owners = in->set->known->sources;
	rows->known_count = in->set->known->count;
	rows->owner = in->file->source_no;
}

static int
set_aside(struct taker *in, const struct row *row, enum row_role role, struct err *err)
{
	in->counts.set_aside++;
	return raise_row(in, row->row_no, (uint16_t)role, RAISED_ASIDE, err);
}

static uint8_t
spool_role(const struct taker *in, const struct row *row)
{
	if (in->hidden)
		return ROW_HIDDEN;
	return in->layout->found ? (uint8_t)layout_classify(in->layout, row) : WIRE_ROLE_UNUSABLE;
}

/* How many schools a file speaks of is told while its rows are on their way; their cells are counted as they stand. */
static int
spool_row(struct taker *in, const struct row *row, struct err *err)
{
	uint8_t role = spool_role(in, row);

	if (role == ROW_DATA && in->school_column < row->count) {
		struct text school = row->cells[in->school_column].text;

		if (school.len > 0 && counts_add(&in->schools, (uint32_t)hash64(school.at, school.len, 0)) != 0)
			return err_set(err, ERR_RETRY, "out of memory for a file");
	}
	return spool_add(in->spool, row, role, err);
}

/* One row of the sheet at hand, once its layout is known. */
int
taker_row(struct taker *in, const struct row *row, struct err *err)
{
	const struct normalized *result;
	enum row_role role;
	uint32_t link;
	uint64_t raw;

	in->counts.rows++;
	if (in->spool != NULL)
		return spool_row(in, row, err);
	if (in->hidden)
		return set_aside(in, row, ROW_HIDDEN, err);
	if (in->normalizer == NULL) { /* the sheet cannot be used */
		in->counts.rejected++;
		return raise_row(in, row->row_no, (uint16_t)in->sheet_rule,
		    (uint8_t)in->set->dataset->rules[in->sheet_rule].severity, err);
	}
	if ((row->flags & FRAME_ROW_KNOWN) != 0)
		return put_same(in, row, row->known, err);
	role = layout_classify(in->layout, row);
	if (role != ROW_DATA)
		return set_aside(in, row, role, err);
	raw = raw_hash(in, row);
	if (known_find(&in->set->known->table, raw, &link))
		return put_same(in, row, link, err);
	result = normalize_row(in->normalizer, row->cells, row->count, row->flags);
	if (result == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a row");
	if (result->rejected) {
		in->counts.rejected++;
		return raise_issues(in, row, result, NULL, err);
	}
	in->counts.accepted++;
	return put_row(in, row, result, raw, err);
}

/* ---- sheets ---- */

static void
json_pair(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, "\"%s\":", name);
	buffer_json_string(out, value);
}

/* The columns of the sheet, to be remembered for the next delivery. */
static void
tell_table(struct taker *in, const struct layout *layout)
{
	struct buffer table;

	buffer_init(&table, 64 * 1024 * 1024);
	buffer_add(&table, &layout->fingerprint, sizeof(layout->fingerprint));
	for (size_t i = 0; i < layout->column_count; i++) {
		const struct layout_column *column = &layout->columns[i];
		struct told_column told = { .column = column->column,
			.field = column->field,
			.state = (uint16_t)column->state,
			.header_len = (uint32_t)column->header.len,
			.key_len = (uint32_t)column->key.len };

		buffer_add(&table, &told, sizeof(told));
		buffer_text(&table, column->header);
		buffer_text(&table, column->key);
	}
	taker_tell(in, TOLD_TABLE, table.at, table.len);
	buffer_fini(&table);
}

/* How the sheet was understood, for the report; ${layout} is NULL for a hidden one or a chart. */
static void
tell_layout(struct taker *in, const struct layout *layout, struct text name)
{
	const struct dataset *dataset = in->set->dataset;
	struct buffer json;

	buffer_init(&json, 16 * 1024 * 1024);
	buffer_format(&json, "{\"index\":%u,", in->sheet);
	json_pair(&json, "sheet", name);
	if (in->hidden)
		buffer_string(&json, ",\"hidden\":true");
	if (layout == NULL)
		buffer_string(&json, in->chart ? ",\"chart\":true" : "");
	else if (layout->found) {
		buffer_format(&json, ",\"header\":[%u,%u],\"columns\":[", layout->header_first, layout->header_last);
		for (size_t i = 0; i < layout->column_count; i++) {
			const struct layout_column *column = &layout->columns[i];

			buffer_format(&json, "%s{\"column\":%u,", i > 0 ? "," : "", column->column + 1u);
			json_pair(&json, "header", column->header);
			buffer_format(&json, ",\"state\":\"%s\"", column_state_name(column->state));
			if (column->field != FIELD_NONE) {
				buffer_char(&json, ',');
				json_pair(&json, "field", dataset->fields[column->field].name);
			}
			buffer_char(&json, '}');
		}
		buffer_char(&json, ']');
		tell_table(in, layout);
	} else {
		buffer_char(&json, ',');
		json_pair(&json, "refused", text_from(refusal_name(layout->refusal)));
	}
	buffer_char(&json, '}');
	taker_tell(in, TOLD_LAYOUT, json.at, json.len);
	buffer_fini(&json);
}

/*
 * All on which the outcome of a row depends but its cells: the definitions, the source, which column means what, the day
 * system, and of the run's date the school year, from which the grade of a cohort follows. (A day in the future is an
 * issue, and a row with an issue is never taken for known.)
 */
static uint64_t
raw_seed(const struct taker *in, const struct layout *layout)
{
	const struct date *date = &in->set->run_date;
	uint64_t on[] = { in->set->definitions, in->set->seed, layout->fingerprint, layout->binding.date1904,
		(uint64_t)(date->year - (date->month < 9)), (uint64_t)date->year };
	uint64_t seed = hash64(in->file->source->name.at, in->file->source->name.len, hash64(on, sizeof(on), 1));

	return seed != 0 ? seed : 1;
}

void
taker_note(struct taker *in, const struct frame_note *note)
{
	if (note->kind == NOTE_PRIVATE_CHARS)
		in->counts.replaced += note->row;
	in->chart = in->chart || note->kind == NOTE_SHEET_CHART;
}

/* Where the sheet names the school: by code, else by name; SIZE_MAX when it does not. */
static size_t
school_column(const struct layout *layout, const struct roles *roles)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; layout->found && i < layout->binding.column_count; i++) {
		const struct bound_column *column = &layout->binding.columns[i];

		if (column->field == roles->school_code)
			return column->column;
		if (column->field == roles->school_name)
			found = column->column;
	}
	return found;
}

/* What all rows of the sheet have in common on the bus. */
static int
spool_sheet(struct taker *in, struct err *err)
{
	struct wire_row *row = &in->spool->row;

	buffer_clear(&in->binding);
	if (in->layout->found)
		wire_binding_write(&in->layout->binding, &in->binding);
	if (buffer_failed(&in->binding))
		return err_set(err, ERR_RETRY, "out of memory for a sheet");
	row->origin.sheet = in->sheet;
	row->rule = (uint16_t)in->sheet_rule;
	row->source = in->file->source->name;
	row->binding = buffer_as_text(&in->binding);
	in->school_column = school_column(in->layout, &in->set->dataset->roles);
	return 0;
}

/* The head of a sheet is here: find its header and take the rows of the head. */
int
taker_begin_sheet(struct taker *in, const struct head *head, struct layout *layout, const struct rows *rows,
    struct text name, struct err *err)
{
	bool table = !in->chart && rows->sheet.hidden == 0;

	in->hidden = rows->sheet.hidden != 0;
	if (table
	    && layout_find(layout, head->rows, head->count, in->set->dataset, in->file->source, in->file->remembered,
		   rows->document.date1904 != 0, err)
		!= 0)
		return -1;
	tell_layout(in, table ? layout : NULL, name);
	if (table && layout->found && layout->binding.explains)
		taker_tell(in, TOLD_RETURNED, NULL, 0);
	in->layout = layout;
	in->normalizer = NULL;
	in->sheet_rule = RULE_sheet_refused;
	in->raw_seed = 0;
	if (in->spool != NULL && spool_sheet(in, err) != 0)
		return -1;
	if (layout->found && in->spool == NULL) {
		in->raw_seed = raw_seed(in, layout);
		in->normalizer = normalizer_new(&layout->binding, in->set->run_date, in->set->seed);
		if (in->normalizer == NULL)
			return err_set(err, ERR_RETRY, "out of memory for a sheet");
	}
	for (size_t i = 0; i < head->count; i++) {
		if (taker_row(in, &head->rows[i], err) != 0)
			return -1;
	}
	return 0;
}

void
taker_end_sheet(struct taker *in, struct layout *layout)
{
	normalizer_free(in->normalizer);
	in->normalizer = NULL;
	in->layout = NULL;
	in->chart = false;
	layout_fini(layout);
	*layout = (struct layout){ 0 };
}

/* ---- begin and end ---- */

/* Write what this process knows of the file and forget it. */
void
taker_tell_counts(struct taker *in)
{
	taker_tell(in, TOLD_COUNTS, &in->counts, sizeof(in->counts));
	if (in->spool != NULL) /* as written, not as a run would call them: only how many is of use */
		in->spool->schools = counts_forget(&in->schools);
	else
		counts_told(&in->schools, &in->told, in->file->number);
	in->counts = (struct told_counts){ 0 };
}

int
taker_open(struct taker *in, uint64_t memory, struct err *err)
{
	char name[48];

	buffer_init(&in->told, SIZE_MAX / 4);
	buffer_init(&in->values, SORTED_ENTRY_MAX);
	buffer_init(&in->binding, SORTED_ENTRY_MAX);
	if (in->spool != NULL)
		return 0;
	snprintf(name, sizeof(name), "%s-%u", INTAKE_ROWS, in->name);
	in->rows = runs_writer_new(in->set->work, name, memory / 8 * 7, err);
	snprintf(name, sizeof(name), "%s-%u", INTAKE_ISSUES, in->name);
	if (in->rows != NULL)
		in->issues = runs_writer_new(in->set->work, name, memory / 16, err);
	snprintf(name, sizeof(name), "%s-%u", INTAKE_SAME, in->name);
	if (in->issues != NULL)
		in->same = runs_writer_new(in->set->work, name, memory / 16, err);
	in->lens = calloc(CELLS_MAX, sizeof(*in->lens));
	if (in->lens == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	return in->rows != NULL && in->issues != NULL && in->same != NULL ? 0 : -1;
}

/* Write the runs, and what is told as a file of its own. */
int
taker_close(struct taker *in, bool keep, struct err *err)
{
	char path[FILE_PATH_MAX];
	int fd, result = 0;

	if (keep) {
		result = -1;
		if (runs_finish(in->rows, err) == 0 && runs_finish(in->issues, err) == 0
		    && runs_finish(in->same, err) == 0
		    && path_format(path, err, "%s/told-%u", in->set->work, in->name) == 0
		    && (fd = file_create(path, err)) >= 0) {
			result = buffer_failed(&in->told) ? err_set(err, ERR_RETRY, "out of memory")
							  : file_write(fd, in->told.at, in->told.len, err);
			close(fd);
		}
	}
	runs_writer_free(in->rows);
	runs_writer_free(in->issues);
	runs_writer_free(in->same);
	buffer_fini(&in->told);
	buffer_fini(&in->values);
	buffer_fini(&in->binding);
	free(in->schools.at);
	free(in->lens);
	return result;
}

/* Say an error on ${fd} to the process that waits, and end. */
NORETURN void
taker_leave(int fd, const struct err *err)
{
	ssize_t done = write(fd, err, sizeof(*err));

	_exit(done == (ssize_t)sizeof(*err) ? 1 : 2);
}
