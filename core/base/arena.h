/*
 * arena.h - memory that is given piece by piece and taken back all at once.
 * arena_init(), arena_take() as often as wanted, arena_reset() after each batch, arena_fini() at the end.
 */
#ifndef YICI_CORE_BASE_ARENA_H
#define YICI_CORE_BASE_ARENA_H

#include "core/base/text.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t taken;               /* bytes given since the last reset */
	size_t limit;               /* greatest ${taken} allowed */
};

/* An empty arena that gives at most ${limit} bytes between resets. */
void arena_init(struct arena *arena, size_t limit);

/* ${size} zeroed bytes, aligned for any type, that live until arena_reset(); NULL once past the limit. */
MUST_CHECK void *arena_take(struct arena *arena, size_t size);

/* A copy of ${text} in the arena, with a NUL behind it; at is NULL once past the limit. */
struct text arena_text(struct arena *arena, struct text text);

/* Take back everything given; keeps one block for the next batch. */
void arena_reset(struct arena *arena);

void arena_fini(struct arena *arena);

#endif
