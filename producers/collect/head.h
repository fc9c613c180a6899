/*
 * head.h - the first rows of a sheet, kept until the header is found: rows from a reader live only
 * until the next one.
 */
#ifndef YICI_PRODUCERS_COLLECT_HEAD_H
#define YICI_PRODUCERS_COLLECT_HEAD_H

#include "producers/collect/collect.h"
#include "producers/readers/sandbox.h"

/*
 * As many as a reader sends before it waits: a process that shares a sheet with others has the whole head before they
 * begin. layout_find() looks at no more.
 */
#define HEAD_ROWS SANDBOX_HEAD_ROWS
_Static_assert(HEAD_ROWS >= LAYOUT_HEAD_ROWS + LAYOUT_LEVELS_MAX, "all rows that may be a header are in the head");

struct head {
	struct arena arena;
	struct row rows[HEAD_ROWS];
	size_t count;
};

void head_init(struct head *head);
void head_fini(struct head *head);

/* Forget all rows, for the next sheet. */
void head_clear(struct head *head);

static inline bool
head_is_full(const struct head *head)
{
	return head->count == HEAD_ROWS;
}

/* Keep a copy of ${row}; the head must not be full. -1 when memory is short. */
MUST_CHECK int head_add(struct head *head, const struct row *row, struct err *err);

#endif
