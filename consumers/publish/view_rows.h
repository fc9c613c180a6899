/*
 * view_rows.h - the rows of all grants on their way from the processes that merge students to the files of a delivery: sorted runs
 * in the work folder, one kind with the cells, one with who is among the rows.
 */
#ifndef YICI_CONSUMERS_PUBLISH_VIEW_ROWS_H
#define YICI_CONSUMERS_PUBLISH_VIEW_ROWS_H

#include "consumers/publish/view.h"
#include "core/store/runs.h"

#define VIEW_ROWS "view-rows"       /* entries: key (grant, then token or student id), cells as view_row() makes them */
#define VIEW_MEMBERS "view-members" /* entries: student id, u16 number of the grant */
#define VIEWS_MAX 65535

/* The grants that deliver tonight, by number. */
struct views {
	const struct dataset *dataset;
	const struct grant *const *grants;
	size_t count;
	uint8_t secret[VIEW_SECRET_BYTES];
};

struct view_writer;

/* Writes runs into ${folder} under ${name}, which no other process has. ${views} is borrowed. */
MUST_CHECK struct view_writer *view_writer_new(
    const struct views *views, const char *folder, unsigned name, struct err *err);

/* A student goes into the rows of every grant that takes it. */
MUST_CHECK int view_writer_put(struct view_writer *writer, const uint8_t student[VIEW_STUDENT_BYTES],
    struct text presence, const struct snapshot_value *values, size_t count, struct err *err);
MUST_CHECK int view_writer_finish(struct view_writer *writer, struct err *err);

/* Walk the cells of grant ${number}, in the order of the delivery. */
MUST_CHECK int view_rows_seek(struct runs_cursor *cursor, const struct runs *rows, size_t number, struct err *err);
MUST_CHECK int view_rows_next(struct runs_cursor *cursor, struct text *row, struct err *err);

#endif
