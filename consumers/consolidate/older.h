/*
 * older.h - older.yc: rows that were delivered beside a newer statement of the same record, and so gave it nothing: one a
 * record at the most. A row by its own time stamp older than the record's values stays without effect on them for as long
 * as they stand, so a row that is found again here need not be normalized either.
 *
 * "YICIOLDR", u32 version, u32 bytes of an entry, u64 entries, u64 XXH3 of all entries; then struct older each, by number
 * of the link.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_OLDER_H
#define YICI_CONSUMERS_CONSOLIDATE_OLDER_H

#include "core/base/err.h"
#include "core/record/checked.h"

struct older {
	uint64_t raw, version; /* as in struct checked; neither is 0 */
	uint32_t link;         /* number of the record in links.yc */
	uint32_t school;
};
_Static_assert(sizeof(struct older) == 24, "no padding: written as it stands");

struct olders {
	struct older *at;
	size_t count, room;
};

MUST_CHECK int olders_add(struct olders *olders, const struct older *older, struct err *err);

/* Of the generation whose file is ${path}; none when there is no such file or ${path} is NULL. */
MUST_CHECK int olders_load(struct olders *olders, const char *path, struct err *err);
MUST_CHECK int olders_save(const struct olders *olders, const char *path, struct err *err);
void olders_free(struct olders *olders);

#endif
