/*
 * raised_rows.c - see raised_rows.h.
 */
#include "consumers/publish/raised_rows.h"

#include <stdlib.h>

int
raised_rows_open(
    struct raised_rows *rows, const struct publication *publication, const struct published_file *only, struct err *err)
{
	uint8_t from[16] = { 0 }, to[16] = { 0 };

	*rows = (struct raised_rows){ .publication = publication };
	buffer_init(&rows->texts, SIZE_MAX / 4);
	if (only != NULL) {
		const struct origin first = { .file = only->number };
		const struct origin next = { .file = only->number + 1 };

		raised_key(from, &first, 0, 0, 0);
		raised_key(to, &next, 0, 0, 0);
	}
	return runs_seek(&rows->cursor, publication->issues, only != NULL ? from : NULL, only != NULL ? to : NULL, err);
}

void
raised_rows_close(struct raised_rows *rows)
{
	runs_cursor_fini(&rows->cursor);
	buffer_fini(&rows->texts);
	free(rows->views);
}

static int
order(const void *a, const void *b)
{
	const struct raised_view *x = a, *y = b;

	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	return text_compare(x->raw, y->raw);
}

/* The file of that number: files stand by number, and numbers rise, so it is never behind. */
static const struct published_file *
file_of(struct raised_rows *rows, uint32_t number)
{
	const struct publication *publication = rows->publication;

	while (rows->file_at < publication->file_count && publication->files[rows->file_at].number != number)
		rows->file_at++;
	return rows->file_at < publication->file_count ? &publication->files[rows->file_at] : NULL;
}

static int
advance(struct raised_rows *rows, struct err *err)
{
	int got = runs_next(&rows->cursor, &rows->ahead, err);

	rows->ended = got == 0;
	return got;
}

/* Keep the entry ahead. Its text is put behind the others; where it stands is told once all are
 * there. */
static int
keep(struct raised_rows *rows, const struct raised_view *view)
{
	if (rows->count == rows->room) {
		size_t room = rows->room == 0 ? 64 : rows->room * 2;
		struct raised_view *more = realloc(rows->views, room * sizeof(*more));

		if (more == NULL)
			return -1;
		rows->views = more;
		rows->room = room;
	}
	rows->views[rows->count++] = *view;
	buffer_text(&rows->texts, view->raw);
	return buffer_failed(&rows->texts) ? -1 : 0;
}

static bool
is_same_row(const struct origin *a, const struct origin *b)
{
	return a->file == b->file && a->sheet == b->sheet && a->row == b->row;
}

int
raised_rows_next(struct raised_rows *rows, struct err *err)
{
	size_t at = 0;

	if (!rows->begun) {
		rows->begun = true;
		if (advance(rows, err) < 0)
			return -1;
	}
	rows->count = 0;
	buffer_clear(&rows->texts);
	while (!rows->ended) {
		struct raised_view view = raised_shown(rows->publication, rows->ahead);

		if (rows->count == 0)
			rows->origin = view.origin;
		else if (!is_same_row(&rows->origin, &view.origin))
			break;
		if (view.severity != RAISED_EXPLAINED && keep(rows, &view) != 0)
			return err_set(err, ERR_RETRY, "out of memory for the issues of a row");
		if (advance(rows, err) < 0)
			return -1;
	}
	if (rows->count == 0)
		return 0;
	for (size_t i = 0; i < rows->count; i++) {
		rows->views[i].raw.at = rows->texts.at + at;
		at += rows->views[i].raw.len;
	}
	qsort(rows->views, rows->count, sizeof(*rows->views), order);
	rows->issues = rows->views;
	rows->file = file_of(rows, rows->origin.file);
	return rows->file != NULL ? 1 : err_set(err, ERR_STOP, "an issue belongs to a file that is not of this run");
}
