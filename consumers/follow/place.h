/*
 * place.h - where a follower is: the run its files hold, the offsets up to which it has read, the digest of what it wrote. Kept
 * beside the files as one flat JSON object, 0600.
 */
#ifndef YICI_CONSUMERS_FOLLOW_PLACE_H
#define YICI_CONSUMERS_FOLLOW_PLACE_H

#include "core/base/digest.h"
#include "core/base/file.h"

#define PLACE_PARTITIONS_MAX 10000
#define PLACE_NAME_MAX 250 /* of topics and runs */

/* By partition: the next offset to be read (of a place), the last that belongs to a run (of a run). -1: none. */
struct offsets {
	int64_t *at;
	size_t count;
};

void offsets_fini(struct offsets *offsets);

/* ${offsets}[${partition}] = ${offset}, made room for. -1 when memory is short or the partition is beyond all reason. */
MUST_CHECK int offsets_set(struct offsets *offsets, uint64_t partition, int64_t offset);

static inline int64_t
offsets_get(const struct offsets *offsets, size_t partition)
{
	return partition < offsets->count ? offsets->at[partition] : -1;
}

/* Read "0:123,1:98"; partitions that are not named keep what they have. -1 with ERR_INPUT when it is anything else. */
MUST_CHECK int offsets_parse(struct offsets *offsets, struct text text, struct err *err);

/* Write them so; those that are -1 are left out. */
void offsets_write(const struct offsets *offsets, struct buffer *out);

struct place {
	char topic[PLACE_NAME_MAX], run[PLACE_NAME_MAX];
	int64_t read_s; /* when the topic was last read to the end of the run, in seconds since 1970 */
	uint64_t students;
	struct offsets next;
	struct sha256 sha256; /* of the lines */
};

void place_fini(struct place *place);

/* Read ${path}: 1; 0 when there is none; -1 with ERR_INPUT when it is not one of ours. */
MUST_CHECK int place_read(struct place *place, const char *path, struct err *err);

/* Write it durably to ${path}, by rename. */
MUST_CHECK int place_write(const struct place *place, const char *path, struct err *err);

#endif
