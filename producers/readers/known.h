/*
 * known.h - rows that the asking side has seen before, found again by a hash of what they are read from: a reader that meets
 * one need not take it to pieces, and says only which it was.
 *
 * An open hash table in memory of its own, filled once by the asking side and then sealed: from there on nobody, not even a
 * reader that has been taken over, can write it. Processes forked afterwards have it, and sandbox_read_known() hands it to a
 * reader.
 */
#ifndef YICI_PRODUCERS_READERS_KNOWN_H
#define YICI_PRODUCERS_READERS_KNOWN_H

#include "core/base/base.h"
#include "core/base/digest.h"
#include "core/base/err.h"

struct known {
	const struct known_row {
		uint32_t low, high; /* halves of what known_hash() gave; zeros: empty */
		uint32_t number;    /* what the asking side calls the row; KNOWN_TWICE for one that stands for two */
	} * at;
	size_t size; /* at most UINT32_MAX; 0 when nothing is known */
	int fd;      /* of the memory; -1 when it cannot be handed on */
};
#define KNOWN_TWICE UINT32_MAX

/*
 * The hash of a row, out of its mark (a hash of the bytes it is read from) and a seed, for all else on which it depends
 * what the row says. 0 where either is 0.
 */
static inline uint64_t
known_hash(uint64_t mark, uint64_t seed)
{
	return mark == 0 || seed == 0 ? 0 : hash64(&mark, sizeof(mark), seed);
}

/* Room for ${count} rows. Free it with known_free(), also in each process that only inherited or mapped it. */
MUST_CHECK int known_new(struct known *known, uint64_t count, struct err *err);

/* Add a row; one that is there already is from then on KNOWN_TWICE: neither is to be guessed. A hash of 0 is left out. */
void known_put(struct known *known, uint64_t hash, uint32_t number);

/* All are in. */
MUST_CHECK int known_seal(struct known *known, struct err *err);
void known_free(struct known *known);

/* The table in the memory ${fd}, mapped to be read; nothing known when that cannot be done. ${fd} is not kept. */
void known_map(struct known *known, int fd);

/* Where a row with that hash is looked for first: its high half, as a part of the whole. */
static inline size_t
known_place(const struct known *known, uint64_t hash)
{
	return (size_t)((hash >> 32) * known->size >> 32);
}

/* For a look-up to come: have the place at hand. */
static inline void
known_prefetch(const struct known *known, uint64_t hash)
{
	__builtin_prefetch(&known->at[known_place(known, hash)]);
}

/* The row with that hash: true with its number. */
static inline bool
known_find(const struct known *known, uint64_t hash, uint32_t *number)
{
	if (known->size == 0 || hash == 0)
		return false;
	for (size_t at = known_place(known, hash);; at = at + 1 == known->size ? 0 : at + 1) {
		uint64_t here = (uint64_t)known->at[at].high << 32 | known->at[at].low;

		if (here == 0)
			return false;
		*number = known->at[at].number;
		if (here == hash)
			return *number != KNOWN_TWICE;
	}
}

#endif
