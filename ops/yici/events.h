/*
 * events.h - what a night has to tell on the bus of students, written beside the other outputs by the processes that make them, read by
 * the one that publishes: scratch in the night's work folder.
 */
#ifndef YICI_OPS_YICI_EVENTS_H
#define YICI_OPS_YICI_EVENTS_H

#include "consumers/consolidate/link.h"
#include "core/base/window.h"

#define EVENTS_FILE "events"

/* The run that has something to tell. */
struct event_run {
	struct text id, date;
	struct text key; /* how the id of whom it is about is called: "student_id" */
};

/* What changed of a student. */
struct event_change {
	struct text field, old, new, why;
};

/* The JSON of schemas/messages/change.json and identity.json, appended to ${out}. */
void event_change_json(
    struct buffer *out, const struct event_run *run, struct text id, const struct event_change *change);
void event_identity(struct buffer *out, const struct event_run *run, struct text id, const char *event,
    struct text other, struct text why);

enum event_kind {
	EVENT_STUDENT, /* new or changed; what there is to say is the student's line of students.jsonl, which has the same order */
	EVENT_CHANGE,
};

struct event {
	enum event_kind kind;
	uint8_t student[STUDENT_ID_BYTES];
	struct event_change change;
};

/* Append an event to what becomes the file: the texts as they stand, no JSON yet. */
void event_write(struct buffer *out, const struct event *event);

/* The next event of the file behind ${window}, its texts valid until the call after: 1, 0 at the end, -1. */
MUST_CHECK int event_next(struct window *window, struct event *event, struct err *err);

#endif
