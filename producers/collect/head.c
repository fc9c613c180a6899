/*
 * head.c - see head.h.
 */
#include "producers/collect/head.h"

#include <assert.h>

/* As many full frames as there are rows, and the cells that point into them. */
#define HEAD_ARENA_MAX ((size_t)HEAD_ROWS * (FRAME_MAX + CELLS_MAX * sizeof(struct cell) + 64))

void
head_init(struct head *head)
{
	*head = (struct head){ 0 };
	arena_init(&head->arena, HEAD_ARENA_MAX);
}

void
head_fini(struct head *head)
{
	arena_fini(&head->arena);
	head->count = 0;
}

void
head_clear(struct head *head)
{
	arena_reset(&head->arena);
	head->count = 0;
}

int
head_add(struct head *head, const struct row *row, struct err *err)
{
	struct row *kept = &head->rows[head->count];
	size_t bytes = 0;
	char *text;

	assert(!head_is_full(head));
	for (size_t i = 0; i < row->count; i++)
		bytes += row->cells[i].text.len;
	*kept = *row;
	kept->cells = arena_take(&head->arena, (row->count + 1) * sizeof(*kept->cells));
	text = arena_take(&head->arena, bytes + 1);
	if (kept->cells == NULL || text == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the first rows of a sheet");
	for (size_t i = 0; i < row->count; i++) {
		struct text from = row->cells[i].text;

		if (from.len > 0)
			memcpy(text, from.at, from.len);
		kept->cells[i] = (struct cell){ { text, from.len }, row->cells[i].kind };
		text += from.len;
	}
	head->count++;
	return 0;
}
