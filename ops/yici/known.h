/*
 * known.h - yesterday's records as the intake knows them: which row each was made from, so that a row that is the same need
 * not be normalized again (struct same in core/record/checked.h), and what is to be counted for it.
 *
 * Made once and then only read, by all processes forked after.
 */
#ifndef YICI_OPS_YICI_KNOWN_H
#define YICI_OPS_YICI_KNOWN_H

#include "consumers/consolidate/store.h"
#include "producers/readers/known.h"

struct known_rows {
	/*
	 * From the hash of a row to its number: of the row that a record was made from, the number of the record's link; from
	 * ${links} on, of older rows in the order of older.yc.
	 */
	struct known table;
	uint32_t *schools; /* by number */
	uint16_t *sources;
	uint32_t *older_links; /* of older rows, from their first: the record's link */
	uint64_t links, count; /* numbers are below ${count} */
};

/* All that the generation holds; nothing when ${store} is NULL. Zeros before; known_rows_free() after, also on failure. */
MUST_CHECK int known_rows_load(struct known_rows *known, const struct store *store, struct err *err);
void known_rows_free(struct known_rows *known);

#endif
