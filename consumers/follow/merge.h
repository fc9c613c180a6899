/*
 * merge.h - the lines of yesterday and what the topic says since become the lines of today: one JSON object a line, in the
 * order of student ids, each a message's value byte for byte (those of a view: with its key before it). Memory is flat whatever their number: what the topic says is sorted
 * by core/store/runs, and merged with the lines as both are read.
 */
#ifndef YICI_CONSUMERS_FOLLOW_MERGE_H
#define YICI_CONSUMERS_FOLLOW_MERGE_H

#include "core/base/digest.h"
#include "core/store/runs.h"

#define MERGE_RUNS "said" /* name of the runs */

/* What the line of a view begins with: values of a view have no id inside, so the key is put before them. */
#define MERGE_KEY "key"

/*
 * One message: ${key} is a student id or token in hexadecimal, ${value}.at NULL for a tombstone; ${keyed}: its line begins with the
 * key. ERR_INPUT when it cannot be a line.
 */
MUST_CHECK int merge_add(
    struct runs_writer *said, struct text key, int64_t offset, struct text value, bool keyed, struct err *err);

struct merge_result {
	uint64_t lines, added, changed, removed;
	struct sha256 sha256;
};

/*
 * Merge ${old} (NULL: nothing) with the runs in ${folder} into ${new}, durably. Of several messages about one student the one
 * with the greatest offset counts: they are all of one partition.
 */
MUST_CHECK int merge_files(
    const char *old, const char *folder, const char *new, struct merge_result *result, struct err *err);

#endif
