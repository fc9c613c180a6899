/*
 * entry.c - see entry.h.
 */
#include "ops/yici/entry.h"

static int
add(struct runs_writer *runs, const void *head, size_t head_len, struct text rest, struct err *err)
{
	char *room = runs_room(runs, head_len + rest.len, err);

	if (room == NULL)
		return -1;
	memcpy(room, head, head_len);
	if (rest.len > 0)
		memcpy(room + head_len, rest.at, rest.len);
	runs_put(runs, head_len + rest.len);
	return 0;
}

int
entry_checked(struct runs_writer *runs, const struct checked *checked, struct text values, struct err *err)
{
	return add(runs, checked, sizeof(*checked), values, err);
}

int
entry_raised(struct runs_writer *runs, const struct raised_view *view, struct err *err)
{
	struct raised raised = { .severity = view->severity, .updated = view->updated, .about = view->about };

	raised_key(raised.key, &view->origin, view->column, view->rule, view->field);
	memcpy(raised.record, view->record, sizeof(raised.record));
	return add(
	    runs, &raised, sizeof(raised), view->severity == RAISED_EXPLAINED ? view->raw : raised_cut(view->raw), err);
}
