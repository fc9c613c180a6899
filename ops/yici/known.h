/*
 * known.h - rows of yesterday's records, found again by the hash of what was read: so that a row that is the same, cell by
 * cell, need not be normalized again (struct same in core/record/checked.h).
 *
 * An open hash table over yesterday's links, made once and then only read, by all processes forked after.
 */
#ifndef YICI_OPS_YICI_KNOWN_H
#define YICI_OPS_YICI_KNOWN_H

#include "core/base/err.h"

struct known_rows {
	struct known_row {
		uint64_t raw; /* 0: empty */
		uint32_t link, school;
	} * at;
	size_t size; /* a power of two; 0 when nothing is known */
};

/* All that the links at ${links} hold; nothing when it is NULL. */
MUST_CHECK int known_rows_load(struct known_rows *known, const char *links, struct err *err);
void known_rows_free(struct known_rows *known);

/* The row with that hash; NULL when it is not known. */
const struct known_row *known_rows_find(const struct known_rows *known, uint64_t raw);

#endif
