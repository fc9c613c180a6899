/*
 * delivery.c - see delivery.h. The workbook is written last: its first sheet tells how many rows there are.
 */
#include "consumers/publish/delivery.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "consumers/publish/lines.h"
#include "consumers/publish/workbook.h"
#include "core/base/file.h"

static const struct text nothing = { "", 0 };

/* ---- csv and jsonl ---- */

static void
csv_head(const struct grant *grant, struct buffer *out)
{
	buffer_string(out, "\xEF\xBB\xBF");
	for (size_t i = 0; i < grant->column_count; i++) {
		if (i > 0)
			buffer_char(out, ',');
		snapshot_cell(out, grant->columns[i].heading);
	}
	buffer_string(out, "\r\n");
}

static void
csv_row(const struct grant *grant, struct snapshot *snapshot, struct text row, struct buffer *out)
{
	struct text cell;

	for (size_t i = 0; i < grant->column_count && view_cell(&row, &cell); i++) {
		if (i > 0)
			buffer_char(out, ',');
		snapshot_cell(out, view_shown(snapshot, &grant->columns[i], cell));
	}
	buffer_string(out, "\r\n");
}

/* Also counts the rows. */
static int
write_lines(struct delivery *delivery, struct snapshot *snapshot, struct err *err)
{
	const struct grant *grant = delivery->grant;
	struct lines csv = { .fd = -1 }, jsonl = { .fd = -1 };
	struct runs_cursor cursor = { 0 };
	struct text row;
	bool wants_csv = (grant->formats & GRANT_CSV) != 0, wants_jsonl = (grant->formats & GRANT_JSONL) != 0;
	int got = 0, result = -1;

	delivery->row_count = 0;
	if ((wants_csv && lines_open(&csv, delivery->folder, "data.csv", err) != 0)
	    || (wants_jsonl && lines_open(&jsonl, delivery->folder, "data.jsonl", err) != 0)
	    || view_rows_seek(&cursor, delivery->rows, delivery->view, err) != 0)
		goto done;
	if (wants_csv)
		csv_head(grant, &csv.buffer);
	while ((got = view_rows_next(&cursor, &row, err)) == 1) {
		delivery->row_count++;
		if (wants_csv) {
			csv_row(grant, snapshot, row, &csv.buffer);
			if (lines_step(&csv, err) != 0)
				goto done;
		}
		if (wants_jsonl) {
			view_json(grant, row, false, &jsonl.buffer);
			buffer_char(&jsonl.buffer, '\n');
			if (lines_step(&jsonl, err) != 0)
				goto done;
		}
	}
	if (got == 0 && (!wants_csv || lines_close(&csv, err) == 0) && (!wants_jsonl || lines_close(&jsonl, err) == 0))
		result = 0;
done:
	runs_cursor_fini(&cursor);
	if (wants_csv)
		lines_drop(&csv);
	if (wants_jsonl)
		lines_drop(&jsonl);
	return result;
}

/* ---- the workbook ---- */

static int
cover_cell(void *self, enum cover_kind kind, struct text a, struct text b, struct text c, struct err *err)
{
	struct workbook *workbook = self;
	enum workbook_style first = kind == COVER_PAIR ? WORKBOOK_HEAD
	    : kind == COVER_ROW                        ? WORKBOOK_PLAIN
						       : WORKBOOK_OURS;
	enum workbook_style other = kind == COVER_HEAD ? WORKBOOK_OURS : WORKBOOK_SAYS;

	workbook_row(workbook);
	if (kind == COVER_TITLE)
		return workbook_cell(workbook, 0, WORKBOOK_OURS, a, nothing, err);
	if (kind == COVER_NOTE) /* where the cells are widest */
		return workbook_cell(workbook, 1, WORKBOOK_SAYS, a, nothing, err);
	if (workbook_cell(workbook, 0, first, a, nothing, err) != 0
	    || workbook_cell(workbook, 1, other, b, nothing, err) != 0)
		return -1;
	return c.len > 0 ? workbook_cell(workbook, 2, other, c, nothing, err) : 0;
}

static int
cover_sheet(struct workbook *workbook, const struct delivery *delivery, struct err *err)
{
	struct cover_lines lines = { cover_cell, workbook };

	return workbook_sheet(workbook, delivery->chinese ? TEXT("封面") : TEXT("cover"), err) != 0
	    ? -1
	    : cover_tell(delivery, &lines, err);
}

static int
begin_sheet(struct workbook *workbook, const struct delivery *delivery, unsigned nth, struct err *err)
{
	const struct grant *grant = delivery->grant;
	char name[32];

	snprintf(name, sizeof(name), nth == 1 ? "%s" : "%s %u", delivery->chinese ? "数据" : "data", nth);
	if (workbook_sheet(workbook, text_from(name), err) != 0)
		return -1;
	workbook_row(workbook);
	for (size_t i = 0; i < grant->column_count; i++) {
		if (workbook_cell(workbook, (unsigned)i, WORKBOOK_HEAD, grant->columns[i].heading, nothing, err) != 0)
			return -1;
	}
	workbook_freeze(workbook, 0, (unsigned)grant->column_count);
	return 0;
}

static int
fill_workbook(struct workbook *workbook, const struct delivery *delivery, struct snapshot *snapshot, struct err *err)
{
	const struct grant *grant = delivery->grant;
	struct runs_cursor cursor = { 0 };
	struct text row, cell;
	unsigned nth = 1;
	int got = -1;

	if (cover_sheet(workbook, delivery, err) != 0 || begin_sheet(workbook, delivery, nth, err) != 0
	    || view_rows_seek(&cursor, delivery->rows, delivery->view, err) != 0)
		goto done;
	while ((got = view_rows_next(&cursor, &row, err)) == 1) {
		if (workbook_rows(workbook) == WORKBOOK_ROWS_MAX && begin_sheet(workbook, delivery, ++nth, err) != 0) {
			got = -1;
			break;
		}
		workbook_row(workbook);
		for (size_t i = 0; i < grant->column_count && view_cell(&row, &cell); i++) {
			if (cell.len > 0
			    && workbook_cell(workbook, (unsigned)i, WORKBOOK_PLAIN,
				   view_shown(snapshot, &grant->columns[i], cell), nothing, err)
				!= 0) {
				got = -1;
				goto done;
			}
		}
	}
done:
	runs_cursor_fini(&cursor);
	return got;
}

static int
write_workbook(const struct delivery *delivery, struct snapshot *snapshot, struct err *err)
{
	struct workbook *workbook;
	char path[FILE_PATH_MAX];

	if (path_format(path, err, "%s/data.xlsx", delivery->folder) != 0
	    || workbook_begin(&workbook, path, delivery->scratch, delivery->date, err) != 0)
		return -1;
	if (fill_workbook(workbook, delivery, snapshot, err) != 0) {
		workbook_abort(workbook);
		return -1;
	}
	return workbook_end(workbook, err);
}

/* ---- the whole ---- */

/* The file counts as delivered: its digest. */
static int
add_file(struct delivery *delivery, const char *name, struct err *err)
{
	struct delivery_file *file = &delivery->files[delivery->file_count];
	char path[FILE_PATH_MAX];
	struct sha256 digest;
	int fd, result;

	if (path_format(path, err, "%s/%s", delivery->folder, name) != 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	result = sha256_fd(fd, &digest, err);
	close(fd);
	file->name = name;
	sha256_hex(&digest, file->sha256);
	delivery->file_count++;
	return result;
}

static int
cover_line(void *self, enum cover_kind kind, struct text a, struct text b, struct text c, struct err *err)
{
	struct lines *lines = self;
	struct buffer *out = &lines->buffer;

	if (kind == COVER_HEAD || kind == COVER_NOTE)
		buffer_string(out, "\n");
	buffer_text(out, a);
	if (kind == COVER_PAIR)
		buffer_string(out, ": ");
	if (kind == COVER_HEAD || kind == COVER_ROW)
		buffer_string(out, " | ");
	buffer_text(out, b);
	if (c.len > 0)
		buffer_string(out, " | ");
	buffer_text(out, c);
	buffer_string(out, kind == COVER_TITLE ? "\n\n" : "\n");
	return lines_step(lines, err);
}

static int
write_cover(const struct delivery *delivery, const char *name, struct err *err)
{
	struct lines out;
	struct cover_lines lines = { cover_line, &out };

	if (lines_open(&out, delivery->folder, name, err) != 0)
		return -1;
	if (cover_tell(delivery, &lines, err) != 0) {
		lines_drop(&out);
		return -1;
	}
	return lines_close(&out, err);
}

int
delivery_write(struct delivery *delivery, struct err *err)
{
	unsigned formats = delivery->grant->formats;
	uint8_t *delivered = calloc(delivery->dataset->field_count + 1, 1);
	struct snapshot *snapshot = delivered != NULL ? snapshot_new(delivery->dataset, delivered) : NULL;
	int result = -1;

	delivery->file_count = 0;
	if (snapshot == NULL)
		err_set(err, ERR_RETRY, "out of memory for a delivery");
	else if (file_make_folder(delivery->folder, err) == 0 && write_lines(delivery, snapshot, err) == 0
	    && ((formats & GRANT_CSV) == 0 || add_file(delivery, "data.csv", err) == 0)
	    && ((formats & GRANT_JSONL) == 0 || add_file(delivery, "data.jsonl", err) == 0)
	    && ((formats & GRANT_XLSX) == 0
		|| (write_workbook(delivery, snapshot, err) == 0 && add_file(delivery, "data.xlsx", err) == 0)))
		result = write_cover(delivery, "cover.txt", err);
	snapshot_free(snapshot);
	free(delivered);
	return result;
}

int
delivery_cover(const struct delivery *delivery, struct err *err)
{
	const struct text id = delivery->grant->id;
	char stem[FILE_PATH_MAX], path[FILE_PATH_MAX], name[FILE_PATH_MAX];
	struct workbook *workbook;

	if (path_format(stem, err, "cover-%.*s-%" PRIu64, (int)id.len, id.at, delivery->number) != 0
	    || path_format(name, err, "%s.txt", stem) != 0
	    || path_format(path, err, "%s/%s.xlsx", delivery->folder, stem) != 0 || write_cover(delivery, name, err) != 0
	    || workbook_begin(&workbook, path, delivery->scratch, delivery->date, err) != 0)
		return -1;
	if (cover_sheet(workbook, delivery, err) != 0) {
		workbook_abort(workbook);
		return -1;
	}
	return workbook_end(workbook, err);
}
