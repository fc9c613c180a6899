/*
 * events.c - see events.h.
 */
#include "ops/yici/events.h"

static void
member(struct buffer *out, const char *name, struct text value)
{
	buffer_add(out, ",\"", 2);
	buffer_string(out, name);
	buffer_add(out, "\":", 2);
	buffer_json_string(out, value);
}

static void
begin(struct buffer *out, const struct event_run *run, struct text id)
{
	buffer_add(out, "{\"", 2);
	buffer_text(out, run->key);
	buffer_add(out, "\":", 2);
	buffer_json_string(out, id);
}

void
event_change_json(struct buffer *out, const struct event_run *run, struct text id, const struct event_change *change)
{
	begin(out, run, id);
	member(out, "run", run->id);
	member(out, "date", run->date);
	member(out, "field", change->field);
	member(out, "old", change->old);
	member(out, "new", change->new);
	member(out, "why", change->why);
	buffer_char(out, '}');
}

void
event_identity(struct buffer *out, const struct event_run *run, struct text id, const char *event, struct text other,
    struct text why)
{
	begin(out, run, id);
	member(out, "event", text_from(event));
	buffer_format(out, ",\"other_%.*s\":", (int)run->key.len, run->key.at);
	buffer_json_string(out, other);
	member(out, "run", run->id);
	member(out, "why", why);
	buffer_char(out, '}');
}

/* Then the texts, one after another. */
struct event_head {
	uint32_t kind, lens[4];
	uint8_t student[STUDENT_ID_BYTES];
};

void
event_write(struct buffer *out, const struct event *event)
{
	const struct event_change *change = &event->change;
	const struct text *texts[] = { &change->field, &change->old, &change->new, &change->why };
	struct event_head head = { .kind = (uint32_t)event->kind };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		head.lens[i] = (uint32_t)texts[i]->len;
	memcpy(head.student, event->student, STUDENT_ID_BYTES);
	buffer_add(out, &head, sizeof(head));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		buffer_text(out, *texts[i]);
}

int
event_next(struct window *window, struct event *event, struct err *err)
{
	struct event_change *change = &event->change;
	struct text *texts[] = { &change->field, &change->old, &change->new, &change->why };
	struct event_head head = { 0 };
	int got = window_need(window, sizeof(head), err);
	size_t len = sizeof(head);
	const char *at;

	if (got < 0 || (got == 0 && window_at_end(window)))
		return got;
	if (got == 1) {
		memcpy(&head, window_at(window), sizeof(head));
		for (size_t i = 0; i < ARRAY_LEN(head.lens); i++)
			len += head.lens[i];
		got = window_need(window, len, err);
	}
	if (got <= 0)
		return got < 0 ? -1 : err_set(err, ERR_STOP, "the events of the night are cut");
	event->kind = (enum event_kind)head.kind;
	memcpy(event->student, head.student, STUDENT_ID_BYTES);
	at = window_at(window) + sizeof(head);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		*texts[i] = (struct text){ at, head.lens[i] };
		at += head.lens[i];
	}
	window_step(window, len);
	return 1;
}
