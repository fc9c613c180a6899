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
};

/* The JSON of schemas/messages/change.json and identity.json, appended to ${out}. */
void event_change(struct buffer *out, const struct event_run *run, struct text id, struct text field, struct text old,
    struct text new, struct text why);
void event_identity(struct buffer *out, const struct event_run *run, struct text id, const char *event,
    struct text other, struct text why);

enum event_kind {
	EVENT_STUDENT, /* JSON of a student who is new or changed */
	EVENT_CHANGE,  /* JSON of one change */
};

/* Then ${len} bytes of JSON. */
struct event_head {
	uint32_t kind, len;
	uint8_t student[STUDENT_ID_BYTES];
};

/* The next event of the file behind ${window}, its JSON valid until the call after: 1, 0 at the end, -1. */
MUST_CHECK int event_next(struct window *window, struct event_head *head, struct text *json, struct err *err);

#endif
