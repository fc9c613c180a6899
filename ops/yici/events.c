/*
 * events.c - see events.h.
 */
#include "ops/yici/events.h"

static void
member(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, ",\"%s\":", name);
	buffer_json_string(out, value);
}

void
event_change(struct buffer *out, const struct event_run *run, struct text id, struct text field, struct text old,
    struct text new, struct text why)
{
	buffer_string(out, "{\"student_id\":");
	buffer_json_string(out, id);
	member(out, "run", run->id);
	member(out, "date", run->date);
	member(out, "field", field);
	member(out, "old", old);
	member(out, "new", new);
	member(out, "why", why);
	buffer_char(out, '}');
}

void
event_identity(struct buffer *out, const struct event_run *run, struct text id, const char *event, struct text other,
    struct text why)
{
	buffer_string(out, "{\"student_id\":");
	buffer_json_string(out, id);
	member(out, "event", text_from(event));
	member(out, "other_student_id", other);
	member(out, "run", run->id);
	member(out, "why", why);
	buffer_char(out, '}');
}

int
event_next(struct window *window, struct event_head *head, struct text *json, struct err *err)
{
	int got = window_need(window, sizeof(*head), err);

	if (got < 0 || (got == 0 && window_at_end(window)))
		return got;
	if (got == 1) {
		memcpy(head, window_at(window), sizeof(*head));
		got = window_need(window, sizeof(*head) + head->len, err);
	}
	if (got <= 0)
		return got < 0 ? -1 : err_set(err, ERR_STOP, "the events of the night are cut");
	*json = (struct text){ window_at(window) + sizeof(*head), head->len };
	window_step(window, sizeof(*head) + head->len);
	return 1;
}
