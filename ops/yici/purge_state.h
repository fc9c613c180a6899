/*
 * purge_state.h - DATA/state without a person: the current generation anew (consumers/consolidate/strip.h), made current like that of a
 * night; and what else in DATA/state, DATA/out and DATA/spool may hold something of him.
 *
 * The new generation has the name of a run that has no outputs. Its manifest says, as stripped="…", of which run it was made: that run may be
 * the last that was published on a bus, and must not be taken up again. A night behind it makes what it lacks.
 */
#ifndef YICI_OPS_YICI_PURGE_STATE_H
#define YICI_OPS_YICI_PURGE_STATE_H

#include "core/store/state.h"
#include "ops/yici/purge_person.h"

/* Does the current generation still have something of him? */
MUST_CHECK int purge_state_has(const struct state *state, const struct purge_person *person, bool *has, struct err *err);

/* Strip the current generation, under the lock that ${state} holds. ${date}: "20260902". */
MUST_CHECK int purge_state_strip(struct state *state, const struct purge_person *person, const char *date,
    struct strip_counts *counts, struct err *err);

struct purge_removed {
	uint64_t runs, generations;
};

/* How many other files below DATA/state speak of him: of another version of this program, or of whoever put them there. */
MUST_CHECK int purge_state_strange(const struct state *state, const struct purge_person *person, uint64_t *strange,
    struct buffer *paths, struct err *err);

/* Remove older generations, outputs of older runs, a held night and scratch. */
MUST_CHECK int purge_state_older(const struct state *state, struct purge_removed *removed, struct err *err);

#endif
