/*
 * view_rows.h - the rows of all grants on their way from the processes that merge students to the files of a delivery: sorted runs
 * in the work folder, one kind with the cells, one with who is among the rows, one with what is compared with a topic.
 */
#ifndef YICI_CONSUMERS_PUBLISH_VIEW_ROWS_H
#define YICI_CONSUMERS_PUBLISH_VIEW_ROWS_H

#include "consumers/publish/view.h"
#include "core/store/runs.h"

#define VIEW_ROWS "view-rows"       /* entries: key (grant, then token or student id), cells as view_row() makes them */
#define VIEW_MEMBERS "view-members" /* entries: student id, u16 number of the grant */
#define VIEW_TOPICS "view-topics"   /* entries: key (topic, then token), token, student id, cells */
#define VIEWS_MAX 32767

/* The grants that deliver tonight, by number. */
struct views {
	const struct dataset *dataset;
	const struct grant *const *grants;
	size_t count;
	const struct grant *const *topics; /* those whose view is kept on a topic, by number */
	size_t topic_count;
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

/* The first key of the topic or grant ${number}. */
void view_rows_key(uint8_t key[SORTED_KEY_BYTES], size_t number);

#endif
