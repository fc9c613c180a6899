/*
 * students_xlsx.c - students.xlsx out of students.csv (of another dataset, what files of its people are called). The csv is our own: UTF-8 with a byte order
 * mark, RFC 4180, CRLF; anything else in it is our mistake and ends the run. The apostrophe that
 * keeps a spreadsheet from taking a csv field for a formula is taken off again: in a workbook a
 * text is a text.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "consumers/publish/publication.h"
#include "consumers/publish/snapshot.h"
#include "consumers/publish/workbook.h"
#include "core/base/arena.h"
#include "core/base/file.h"

#define CSV_CHUNK ((size_t)256 * 1024)
#define CSV_FIELD_MAX ((size_t)64 * 1024 * 1024)

struct csv {
	int fd;
	char *chunk;
	size_t len, pos;
	struct buffer field;
};

/* The next byte; -1 at the end, -2 with ${err}. */
static int
next_byte(struct csv *csv, struct err *err)
{
	ssize_t got;

	if (csv->pos < csv->len)
		return (unsigned char)csv->chunk[csv->pos++];
	do
		got = read(csv->fd, csv->chunk, CSV_CHUNK);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		err_errno(err, ERR_STOP, "cannot read the csv of the people");
		return -2;
	}
	csv->len = (size_t)got;
	csv->pos = 0;
	return got == 0 ? -1 : (unsigned char)csv->chunk[csv->pos++];
}

/*
 * The next field into ${csv->field}, and the byte behind it: ',' or '\n'; 0 when there is none any
 * more; -1.
 */
static int
next_field(struct csv *csv, struct err *err)
{
	int c = next_byte(csv, err);
	bool quoted = c == '"';

	buffer_clear(&csv->field);
	if (c == -1)
		return 0;
	if (quoted)
		c = next_byte(csv, err);
	while (c >= 0) {
		if (quoted && c == '"') {
			c = next_byte(csv, err);
			if (c != '"')
				break;
		} else if (!quoted && (c == ',' || c == '\r'))
			break;
		buffer_char(&csv->field, (char)c);
		c = next_byte(csv, err);
	}
	if (buffer_failed(&csv->field))
		return err_set(err, ERR_RETRY, "out of memory for a field of the csv");
	if (c == '\r')
		c = next_byte(csv, err);
	if (c == ',' || c == '\n')
		return c;
	return c == -2 ? -1 : err_set(err, ERR_STOP, "the csv is not as it was written");
}

/* The field without the apostrophe that snapshot_cell() put before a formula. */
static struct text
shown(const struct csv *csv)
{
	struct text text = buffer_as_text(&csv->field);
	struct text bare = { text.at + 1, text.len - 1 };

	return text.len > 1 && text.at[0] == '\'' && snapshot_is_formula(bare) ? bare : text;
}

/* The head again on a further sheet: header fields are kept for it. */
static int
begin_sheet(struct workbook *workbook, struct text called, unsigned number, const struct text *heads, unsigned count,
    struct err *err)
{
	char name[32]; /* a sheet's name is of 31 characters at most */
	int len = called.len > 20 ? 20 : (int)called.len;

	if (number == 1)
		snprintf(name, sizeof(name), "%.*s", len, called.at);
	else
		snprintf(name, sizeof(name), "%.*s %u", len, called.at, number);
	if (workbook_sheet(workbook, text_from(name), err) != 0)
		return -1;
	workbook_row(workbook);
	for (unsigned i = 0; i < count; i++) {
		if (workbook_cell(workbook, i, WORKBOOK_HEAD, heads[i], (struct text){ "", 0 }, err) != 0)
			return -1;
	}
	workbook_freeze(workbook, 0, count);
	return 0;
}

/* The header fields: their number, or -1. */
static int
read_heads(struct csv *csv, struct arena *arena, struct text *heads, struct err *err)
{
	int count = 0, end;

	do {
		struct text head;

		end = next_field(csv, err);
		head = buffer_as_text(&csv->field);
		if (end <= 0 || count == (int)WORKBOOK_COLUMNS_MAX)
			return end < 0 ? -1 : err_set(err, ERR_STOP, "the csv has no header");
		if (count == 0 && text_starts(head, TEXT("\xEF\xBB\xBF")))
			head = (struct text){ head.at + 3, head.len - 3 };
		heads[count] = arena_text(arena, head);
		if (heads[count++].at == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the workbook of the people");
	} while (end != '\n');
	return count;
}

static int
copy(struct csv *csv, struct workbook *workbook, struct text called, struct arena *arena, struct text *heads,
    struct err *err)
{
	int count = read_heads(csv, arena, heads, err), end;
	unsigned sheet = 1, column = 0;

	if (count < 0 || begin_sheet(workbook, called, sheet, heads, (unsigned)count, err) != 0)
		return -1;
	while ((end = next_field(csv, err)) > 0) {
		if (column == 0) {
			if (workbook_rows(workbook) == WORKBOOK_ROWS_MAX
			    && begin_sheet(workbook, called, ++sheet, heads, (unsigned)count, err) != 0)
				return -1;
			workbook_row(workbook);
		}
		if (csv->field.len > 0
		    && workbook_cell(workbook, column, WORKBOOK_PLAIN, shown(csv), (struct text){ "", 0 }, err) != 0)
			return -1;
		column = end == '\n' ? 0 : column + 1;
	}
	return end;
}

int
publish_xlsx(const struct publication *publication, struct err *err)
{
	struct text called = publication->dataset->files;
	char from[FILE_PATH_MAX], to[FILE_PATH_MAX];
	struct text *heads = calloc(WORKBOOK_COLUMNS_MAX, sizeof(*heads));
	struct workbook *workbook = NULL;
	struct csv csv = { .fd = -1 };
	struct arena arena;
	int result = -1;

	arena_init(&arena, (size_t)64 * 1024 * 1024);
	buffer_init(&csv.field, CSV_FIELD_MAX);
	csv.chunk = malloc(CSV_CHUNK);
	if (csv.chunk == NULL || heads == NULL) {
		err_set(err, ERR_RETRY, "out of memory for the workbook of the people");
		goto done;
	}
	if (path_format(from, err, "%s/%.*s.csv", publication->folder, (int)called.len, called.at) != 0
	    || path_format(to, err, "%s/%.*s.xlsx", publication->folder, (int)called.len, called.at) != 0)
		goto done;
	csv.fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (csv.fd < 0) {
		err_errno(err, ERR_STOP, "cannot open the csv of the people");
		goto done;
	}
	if (workbook_begin(&workbook, to, publication->scratch, publication->date, err) != 0)
		goto done;
	if (copy(&csv, workbook, called, &arena, heads, err) != 0)
		workbook_abort(workbook);
	else
		result = workbook_end(workbook, err);
done:
	if (csv.fd >= 0)
		close(csv.fd);
	free(csv.chunk);
	free(heads);
	buffer_fini(&csv.field);
	arena_fini(&arena);
	return result;
}
