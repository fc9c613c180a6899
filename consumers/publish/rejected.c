/*
 * rejected.c - rejected.csv, a line for each open issue; answered.csv, one for each query that somebody explained; and
 * set_aside.csv, one for each row that is no student. All out of one pass over the issues, so the memory needed is that of one row's.
 */
#include "core/record/day.h"
#include "consumers/publish/lines.h"
#include "consumers/publish/message.h"
#include "consumers/publish/raised_rows.h"
#include "consumers/publish/snapshot.h"

/* "source,file,sheet,row," */
static void
put_origin(struct buffer *out, const struct raised_rows *rows)
{
	const struct published_file *file = rows->file;

	snapshot_cell(out, file->source->name);
	buffer_char(out, ',');
	snapshot_cell(out, file->file);
	buffer_char(out, ',');
	if (rows->origin.sheet < file->sheet_count)
		snapshot_cell(out, file->sheets[rows->origin.sheet]);
	buffer_format(out, ",%u,", rows->origin.row);
}

/* A row whose cells stand under the wrong headers, or may: without a name where it belongs, it can
 * be anywhere. What such cells are called says nothing of what is in them. */
static bool
is_shifted(const struct raised_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (raised_is_open(&rows->issues[i])
		    && (rows->issues[i].rule == RULE_shifted || rows->issues[i].rule == RULE_no_name))
			return true;
	}
	return false;
}

static void
put_issue(struct buffer *out, const struct raised_rows *rows, const struct raised_view *issue, bool with_value,
    struct buffer *message)
{
	const struct publication *publication = rows->publication;

	put_origin(out, rows);
	if (issue->field < publication->dataset->field_count)
		buffer_text(out, publication->dataset->fields[issue->field].name);
	buffer_format(
	    out, ",%s,%s,", issue->rule < RULE_COUNT ? rule_name(issue->rule) : "", severity_name(issue->severity));
	buffer_clear(message);
	message_issue(publication, issue, message);
	snapshot_cell(out, buffer_as_text(message));
	buffer_char(out, ',');
	if (with_value)
		snapshot_cell(out, message_value(publication, issue));
	buffer_string(out, "\r\n");
	out->failed = out->failed || buffer_failed(message);
}

static void
put_answered(struct buffer *out, const struct raised_rows *rows, const struct raised_view *issue, struct buffer *message)
{
	const struct publication *publication = rows->publication;
	const struct answer *answer = raised_answer(publication, issue);
	const struct taken_file *file = &publication->taken->at[answer->file];
	char record[2 * RECORD_ID_BYTES + 1], day[11];

	put_origin(out, rows);
	hex_of(issue->record, RECORD_ID_BYTES, record);
	buffer_format(out, "%s,", record);
	if (issue->field < publication->dataset->field_count)
		buffer_text(out, publication->dataset->fields[issue->field].name);
	buffer_format(out, ",%s,", issue->rule < RULE_COUNT ? rule_name(issue->rule) : "");
	buffer_clear(message);
	message_issue(publication, issue, message);
	snapshot_cell(out, buffer_as_text(message));
	buffer_char(out, ',');
	snapshot_cell(out, answer->text);
	buffer_char(out, ',');
	snapshot_cell(out, file->file);
	buffer_char(out, ',');
	snapshot_cell(out, taken_sheet(file, answer->sheet));
	day_store_write(answer->day, day);
	buffer_format(out, ",%u,%s\r\n", answer->row, day);
	out->failed = out->failed || buffer_failed(message);
}

static void
put_aside(struct buffer *out, const struct raised_rows *rows, const struct raised_view *aside)
{
	put_origin(out, rows);
	buffer_text(out, message_role(aside->rule));
	buffer_char(out, ',');
	snapshot_cell(out, message_role_says(rows->publication, aside->rule));
	buffer_string(out, "\r\n");
}

int
publish_rejected(const struct publication *publication, struct err *err)
{
	struct lines rejected = { .fd = -1 }, answered = { .fd = -1 }, aside = { .fd = -1 };
	struct raised_rows rows = { 0 };
	struct buffer message;
	int got, result = -1;

	buffer_init(&message, 1024 * 1024);
	if (raised_rows_open(&rows, publication, NULL, err) != 0
	    || lines_open(&rejected, publication->folder, "rejected.csv", err) != 0
	    || lines_open(&answered, publication->folder, "answered.csv", err) != 0
	    || lines_open(&aside, publication->folder, "set_aside.csv", err) != 0)
		goto done;
	buffer_string(&rejected.buffer, "\xEF\xBB\xBFsource,file,sheet,row,field,rule,severity,message,value\r\n");
	buffer_string(&answered.buffer,
	    "\xEF\xBB\xBFsource,file,sheet,row,record_id,field,rule,message,explanation,explained_file,explained_sheet,"
	    "explained_row,explained_on\r\n");
	buffer_string(&aside.buffer, "\xEF\xBB\xBFsource,file,sheet,row,reason,message\r\n");
	while ((got = raised_rows_next(&rows, err)) == 1) {
		bool shifted = is_shifted(&rows);

		for (size_t i = 0; i < rows.count; i++) {
			if (rows.issues[i].severity == RAISED_ASIDE)
				put_aside(&aside.buffer, &rows, &rows.issues[i]);
			else if (rows.issues[i].severity == RAISED_ANSWERED)
				put_answered(&answered.buffer, &rows, &rows.issues[i], &message);
			else
				put_issue(&rejected.buffer, &rows, &rows.issues[i], !shifted, &message);
		}
		if (lines_step(&rejected, err) != 0 || lines_step(&answered, err) != 0 || lines_step(&aside, err) != 0)
			goto done;
	}
	if (got == 0 && lines_close(&rejected, err) == 0 && lines_close(&answered, err) == 0
	    && lines_close(&aside, err) == 0)
		result = 0;
done:
	lines_drop(&rejected);
	lines_drop(&answered);
	lines_drop(&aside);
	raised_rows_close(&rows);
	buffer_fini(&message);
	return result;
}
