/*
 * gather.h - the first half of linking: yesterday's records and the rows of this run, both in the order of ids, become
 * today's records, each with what is known of it and, where a model compares them, its trait. Which of them are one student
 * is the second half's (link.c). Inside this room only.
 *
 * The records stand in a mapped scratch file without a name: what is not at hand the kernel may take back.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_GATHER_H
#define YICI_CONSUMERS_CONSOLIDATE_GATHER_H

#include "consumers/consolidate/link.h"
#include "consumers/consolidate/traits.h"

struct gathered {
	struct link link; /* student and flags as yesterday until they are settled */
	uint8_t old;      /* was there yesterday */
	uint8_t zeros[7];
};
_Static_assert(sizeof(struct gathered) == 120, "no padding");

struct gathering {
	struct gathered *at; /* in the order of ids */
	size_t count;
	struct traits traits; /* in the same order; none without a model */
	struct mapping mapping;
};

/* A walk through all of them has come to ${i}: those before it are given back. */
static inline void
gathering_pass(struct gathering *gathering, size_t i)
{
	mapping_pass(&gathering->mapping, i * sizeof(struct gathered));
}

/*
 * Writes traits.yc and older.yc into ${in}'s folder, and counts into ${out} what has come back, gone or grown stale. Fills
 * in ${in}'s covered what its header says.
 */
MUST_CHECK int gather_run(
    const struct link_input *in, struct link_result *out, struct gathering *gathering, struct err *err);
void gather_free(struct gathering *gathering);

#endif
