/*
 * arena.c - a chain of blocks, each filled from its start; the first block is kept over resets.
 */
#include "core/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#define BLOCK_BYTES ((size_t)64 * 1024)

struct arena_block {
	struct arena_block *older;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

void
arena_init(struct arena *arena, size_t limit)
{
	*arena = (struct arena){ .limit = limit };
}

/* As arena_take(), but whatever bytes were there. */
static void *
take_dirty(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	void *at;

	if (size > arena->limit || arena->taken > arena->limit - size)
		return NULL;
	size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (block == NULL || block->size - block->used < size) {
		size_t want = size > BLOCK_BYTES ? size : BLOCK_BYTES;

		block = malloc(sizeof(*block) + want);
		if (block == NULL)
			return NULL;
		*block = (struct arena_block){ .older = arena->blocks, .size = want };
		arena->blocks = block;
	}
	at = block->bytes + block->used;
	block->used += size;
	arena->taken += size;
	return at;
}

void *
arena_take(struct arena *arena, size_t size)
{
	void *at = take_dirty(arena, size);

	if (at != NULL)
		memset(at, 0, size);
	return at;
}

struct text
arena_text(struct arena *arena, struct text text)
{
	char *copy = take_dirty(arena, text.len + 1);

	if (copy == NULL)
		return (struct text){ 0 };
	if (text.len > 0)
		memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	return (struct text){ copy, text.len };
}

void
arena_reset(struct arena *arena)
{
	while (arena->blocks != NULL && arena->blocks->older != NULL) {
		struct arena_block *older = arena->blocks->older;

		free(arena->blocks);
		arena->blocks = older;
	}
	if (arena->blocks != NULL)
		arena->blocks->used = 0;
	arena->taken = 0;
}

void
arena_fini(struct arena *arena)
{
	arena_reset(arena);
	free(arena->blocks);
	arena->blocks = NULL;
}
