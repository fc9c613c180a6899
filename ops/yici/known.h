/*
 * known.h - yesterday's records as the intake knows them: which row each was made from, so that a row that is the same need
 * not be normalized again (struct same in core/record/checked.h), and what is to be counted for it.
 *
 * Made once and then only read, by all processes forked after.
 */
#ifndef YICI_OPS_YICI_KNOWN_H
#define YICI_OPS_YICI_KNOWN_H

#include "producers/readers/known.h"

struct known_rows {
	struct known table; /* from the hash of a row (struct link's ${raw}) to the number of its record's link */
	uint32_t *schools;  /* by number of the link */
	uint16_t *sources;
	uint64_t count; /* of links */
};

/* All that the links at ${links} hold; nothing when it is NULL. Zeros before; known_rows_free() after, also on failure. */
MUST_CHECK int known_rows_load(struct known_rows *known, const char *links, struct err *err);
void known_rows_free(struct known_rows *known);

#endif
