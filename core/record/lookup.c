/*
 * lookup.c - see lookup.h.
 */
#include "core/record/lookup.h"

#include <assert.h>

#include "core/base/digest.h"

int
lookup_init(struct lookup *lookup, struct arena *arena, size_t most)
{
	uint32_t size = 16;

	assert(most < UINT32_MAX / 4);
	while (size < 2 * most + 2)
		size *= 2;
	lookup->mask = size - 1;
	lookup->slots = arena_take(arena, size * sizeof(*lookup->slots));
	return lookup->slots ? 0 : -1;
}

/* The slot that holds ${key}, or the free one where it belongs. */
static struct lookup_slot *
find(const struct lookup *lookup, struct text key, uint32_t hash)
{
	uint32_t at = hash & lookup->mask;

	for (;; at = (at + 1) & lookup->mask) {
		struct lookup_slot *slot = &lookup->slots[at];

		if (!slot->key.at || (slot->hash == hash && text_eq(slot->key, key)))
			return slot;
	}
}

uint32_t *
lookup_place(struct lookup *lookup, struct text key)
{
	uint32_t hash = (uint32_t)hash64(key.at, key.len, 0);
	struct lookup_slot *slot = find(lookup, key, hash);

	if (!slot->key.at) {
		slot->key = key.at ? key : TEXT("");
		slot->hash = hash;
		slot->number = LOOKUP_NONE;
	}
	return &slot->number;
}

uint32_t
lookup_get(const struct lookup *lookup, struct text key)
{
	const struct lookup_slot *slot = find(lookup, key, (uint32_t)hash64(key.at, key.len, 0));

	return slot->key.at ? slot->number : LOOKUP_NONE;
}
