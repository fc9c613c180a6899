/*
 * gatherer.h - gathering, one part of the records after another or side by side: what a part's process works with (gather.c),
 * for those who share out the parts (gather_parts.c). Inside this room only.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_GATHERER_H
#define YICI_CONSUMERS_CONSOLIDATE_GATHERER_H

#include "consumers/consolidate/gather.h"
#include "consumers/consolidate/older.h"
#include "core/base/file.h"

#define GATHERER_BUFFERED 4096 /* records written at once */

struct gatherer {
	const struct link_input *in;
	struct link_result *out;
	unsigned part;            /* 0: the first, whose files the others are joined to */
	const uint8_t *from, *to; /* the part's ids; NULL: no bound */
	struct olders olders, old_olders;
	uint64_t record;      /* number of the one at hand */
	size_t covered_count; /* after adding up */
	uint64_t old_count;   /* records of yesterday */
	int fd;               /* the scratch file */
	struct gathered *buffer;
	size_t buffered;
	/* traits: nothing of them without a model */
	struct trait_maker *maker;
	struct traits_writer traits;
	struct traits old_traits; /* none when they were made under other definitions */
	uint64_t traits_digest;
	uint8_t trait[TRAIT_BYTES_MAX], candidate[TRAIT_BYTES_MAX];
	struct sorted_cursor records, changed; /* yesterday's values, where traits are to be made from them */
	struct text old_record, old_change;
	int have_record, have_change;
	struct value *values; /* for giving old values today's field numbers */
	struct buffer remapped;
	struct delivery {
		uint64_t known, again; /* yesterday's records that are not absent, and those of files that came again */
	} * deliveries;                /* by source */
};

/* Before all parts: which schools and sources came, and whether yesterday's traits are of use. */
MUST_CHECK int gather_prepare(struct gatherer *gatherer, struct err *err);

/* The records of the part: its scratch file, its traits (not yet finished), its older rows. */
MUST_CHECK int gather_part(struct gatherer *gatherer, struct err *err);

/* A file of part ${part}: ${name} in the first, ${name} and its number in the others. */
MUST_CHECK int gather_path(
    const struct gatherer *gatherer, unsigned part, const char *name, char path[FILE_PATH_MAX], struct err *err);

#endif
