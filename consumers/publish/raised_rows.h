/*
 * raised_rows.h - the issues of a run, a whole row at a time, with the file each belongs to. Inside
 * this room only.
 *
 * Entries with equal keys come out of the runs in no particular order; a row's are few, so they are
 * put in order here: by column, rule, field, severity, text. What is about the whole row comes
 * behind the cells. Queries that are answered have severity RAISED_ANSWERED; explanations are left out.
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

/* The answer to a query; NULL for none. */
static inline const struct answer *
raised_answer(const struct publication *publication, const struct raised_view *view)
{
	struct answer like = { .about = view->about, .field = view->field, .rule = view->rule };

	if (publication->answers == NULL || publication->answers->count == 0 || view->about == 0
	    || (view->severity != SEVERITY_QUERY && view->severity != RAISED_ANSWERED))
		return NULL;
	memcpy(like.record, view->record, sizeof(like.record));
	return answers_find(publication->answers, &like);
}

/* An entry as it is shown. */
static inline struct raised_view
raised_shown(const struct publication *publication, struct text entry)
{
	struct raised_view view = raised_read(entry);

	if (raised_answer(publication, &view) != NULL)
		view.severity = RAISED_ANSWERED;
	return view;
}

/* All issues; or those of one file when ${only} is not NULL. */
MUST_CHECK int raised_rows_open(struct raised_rows *rows, const struct publication *publication,
    const struct published_file *only, struct err *err);

/* The next row with an issue: 1, 0 at the end, -1. */
MUST_CHECK int raised_rows_next(struct raised_rows *rows, struct err *err);
void raised_rows_close(struct raised_rows *rows);

#endif
