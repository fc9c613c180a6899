/*
 * strip.h - a generation without some records and students: what a purge makes of the one that is current. The records are as if no source
 * had ever sent them, the students as if there had never been any; numbers and ids of all others stay.
 *
 * What follows from all records is left out, for the next run makes it anew: traits.yc, usual.csv.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_STRIP_H
#define YICI_CONSUMERS_CONSOLIDATE_STRIP_H

#include "core/base/err.h"
#include "core/record/record.h"

/* Ids of 16 bytes, rising. */
struct strip_ids {
	const uint8_t (*at)[RECORD_ID_BYTES];
	size_t count;
};
bool strip_has(const struct strip_ids *ids, const void *id);

struct strip {
	struct strip_ids records, students;
};

struct strip_counts {
	uint64_t records, students, answers; /* left out */
};

/*
 * Write the files of folder ${from} that hold something of records or students into ${to}: records.yc, changed.yc, links.yc, older.yc,
 * presence.yc, ledger.yc, answers.yc. Not synced. ${counts} is added to.
 */
MUST_CHECK int strip_run(
    const struct strip *strip, const char *from, const char *to, struct strip_counts *counts, struct err *err);

/* One sorted file (core/store/sorted.h) without the entries under these keys; none makes none. ${*left_out} is added to. */
MUST_CHECK int strip_sorted(
    const struct strip_ids *keys, const char *from, const char *to, uint64_t *left_out, struct err *err);

#endif
