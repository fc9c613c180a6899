/*
 * raised_rows.h - the issues of a run, a whole row at a time, with the file each belongs to. Inside
 * this room only.
 *
 * Entries with equal keys come out of the runs in no particular order; a row's are few, so they are
 * put in order here: by column, rule, field, severity, text. What is about the whole row comes
 * behind the cells.
 */
#ifndef YICI_CONSUMERS_PUBLISH_RAISED_ROWS_H
#define YICI_CONSUMERS_PUBLISH_RAISED_ROWS_H

#include "consumers/publish/publication.h"
#include "core/record/raised.h"

struct raised_rows {
	const struct publication *publication;
	struct runs_cursor cursor;
	struct text ahead; /* the entry after the row's */
	bool begun, ended;
	struct buffer texts;
	struct raised_view *views;
	size_t room, file_at;
	/* the row at hand, valid until the next call */
	const struct published_file *file;
	struct origin origin;
	const struct raised_view *issues;
	size_t count;
};

/* All issues; or those of one file when ${only} is not NULL. */
MUST_CHECK int raised_rows_open(struct raised_rows *rows, const struct publication *publication,
    const struct published_file *only, struct err *err);

/* The next row with an issue: 1, 0 at the end, -1. */
MUST_CHECK int raised_rows_next(struct raised_rows *rows, struct err *err);
void raised_rows_close(struct raised_rows *rows);

#endif
