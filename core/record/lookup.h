/*
 * lookup.h - which number belongs to a text: a hash table made once and asked often.
 * Open addressing over half-empty slots that hold a hash and a place; the texts stay where the
 * caller has them.
 */
#ifndef YICI_CORE_RECORD_LOOKUP_H
#define YICI_CORE_RECORD_LOOKUP_H

#include "core/base/arena.h"

#define LOOKUP_NONE UINT32_MAX

struct lookup {
	struct lookup_slot {
		struct text key; /* at is NULL when the slot is free */
		uint32_t hash, number;
	} * slots;
	uint32_t mask;
};

/* A table for up to ${most} texts, in ${arena}; -1 when memory is short. */
MUST_CHECK int lookup_init(struct lookup *lookup, struct arena *arena, size_t most);

/*
 * Where ${key} has its number: the place of an earlier ${key}, or a new one that holds LOOKUP_NONE.
 * ${key} is borrowed for the table's life. Not more than ${most} new ones may be asked for. Places
 * stay.
 */
uint32_t *lookup_place(struct lookup *lookup, struct text key);

/* The number of ${key}; LOOKUP_NONE when it has none. Constant time. */
uint32_t lookup_get(const struct lookup *lookup, struct text key);

#endif
