/*
 * counts.c - see counts.h. An open hash table that doubles.
 */
#include "ops/yici/counts.h"

#include <stdlib.h>
#include <string.h>

static struct count *
counts_slot(const struct counts *counts, uint32_t value)
{
	size_t at = value * 2654435761u % counts->size;

	while (counts->at[at].value != 0 && counts->at[at].value != value)
		at = (at + 1) % counts->size;
	return &counts->at[at];
}

int
counts_add(struct counts *counts, uint32_t value)
{
	struct count *slot;

	if (value == 0)
		return 0;
	if (counts->count * 2 >= counts->size) {
		struct counts bigger = { .size = counts->size == 0 ? 64 : counts->size * 2, .count = counts->count };

		bigger.at = calloc(bigger.size, sizeof(*bigger.at));
		if (bigger.at == NULL)
			return -1;
		for (size_t i = 0; i < counts->size; i++) {
			if (counts->at[i].value != 0)
				*counts_slot(&bigger, counts->at[i].value) = counts->at[i];
		}
		free(counts->at);
		*counts = bigger;
	}
	slot = counts_slot(counts, value);
	counts->count += slot->value == 0;
	slot->value = value;
	slot->times++;
	return 0;
}

void
counts_told(struct counts *counts, struct buffer *told, uint32_t file)
{
	struct count *at = counts->at;
	size_t count = 0;

	for (size_t i = 0; i < counts->size; i++) {
		if (at[i].value != 0)
			at[count++] = at[i];
	}
	if (count > 0)
		told_add(told, TOLD_SCHOOL, file, at, count * sizeof(*at));
	(void)counts_forget(counts);
}

size_t
counts_forget(struct counts *counts)
{
	size_t count = counts->count;

	if (counts->at != NULL)
		memset(counts->at, 0, counts->size * sizeof(*counts->at));
	counts->count = 0;
	return count;
}
