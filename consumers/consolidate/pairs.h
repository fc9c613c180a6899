/*
 * pairs.h - which pairs of records are worth a look, and what comes of looking: blocks by sorting, each pair judged once,
 * rivals held against one another. A pure function of the records, whatever their order.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_PAIRS_H
#define YICI_CONSUMERS_CONSOLIDATE_PAIRS_H

#include "consumers/consolidate/judge.h"
#include "consumers/consolidate/links.h"
#include "core/base/err.h"

/* What linking knows of a record beside its trait. */
struct pair_side {
	uint32_t number; /* 32 bits of its valid identity number, 0 for none: the same in all records that carry it */
	uint16_t source;
	uint16_t stated; /* link_stated() */
};

struct pair_side pair_side_of(const struct link *link, const struct source *source);

/* Two records that speak, or may speak, of one person: by their places, a < b. */
struct edge {
	uint32_t a, b;
	struct judged judged; /* match is LINK or REVIEW */
};

struct pairs {
	struct edge *edges; /* sorted by a, then b */
	size_t count, room;
	uint64_t compared; /* pairs judged */
	uint64_t skipped;  /* pairs in blocks that were too large even when refined */
	uint64_t rivals;   /* records whose links were held back because another candidate is as good */
	uint8_t *twins;    /* by record: 1 when it was seen to have a twin */
	uint32_t *generic; /* telephones of offices, sorted */
	size_t generic_count;
};

/*
 * Every pair of records that share a key, once, whatever they carry or weigh; for those who learn from pairs. ${visit} is
 * told of the block; -1 from it ends all.
 */
MUST_CHECK int pairs_visit(const struct model *model, struct traits *traits, const struct pair_side *sides, size_t count,
    int (*visit)(void *self, size_t block, uint32_t a, uint32_t b, struct err *err), void *self, struct err *err);

/* All edges among ${count} records. Traits and sides are borrowed; what was touched of the traits is given back now and then. */
MUST_CHECK int pairs_find(const struct model *model, struct traits *traits, const struct pair_side *sides, size_t count,
    struct pairs *pairs, struct err *err);
void pairs_free(struct pairs *pairs);

#endif
