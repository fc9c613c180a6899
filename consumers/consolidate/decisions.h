/*
 * decisions.h - the log of decisions as what consolidating obeys: edges between records (decided.h) and pinned values
 * (pins.h). A pure function of the log, and of what the night before knew of pins: which it applied, which had expired.
 *
 * Entries, beside what every entry has (core/store/journal.h):
 *
 *   decide   case, decision, records [, content]   decision: same different twins renumbered wrong_row; records: ids in
 *                                                  hexadecimal, a space between. Of more than two: same joins all, different and
 *                                                  twins part each from each. renumbered: the old one, the new one. wrong_row:
 *                                                  ${content} is what each record said, in the same order
 *   correct  record, field, value [, student, was] the value as normalized
 *   undo     of                                    the entry of that number counts no more; may be an undo itself
 *
 * Others are left to others. Of two decisions on the same two records the later counts.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_DECISIONS_H
#define YICI_CONSUMERS_CONSOLIDATE_DECISIONS_H

#include "consumers/consolidate/decided.h"
#include "consumers/consolidate/pins.h"
#include "core/store/journal.h"

#define DECISIONS_RECORDS_MAX 256   /* of one decision */
#define DECISIONS_PINS "pins.jsonl" /* in a generation: what became of each pin */

struct decisions {
	struct arena arena;
	struct decided *decided; /* sorted as bytes, but for what is alike */
	size_t decided_count;
	struct pins pins;  /* in force unless the records say otherwise */
	struct pins older; /* that the night before applied */
	uint64_t *expired; /* decisions that expired before this night, rising */
	size_t expired_count;
};

/* Words of decisions, by enum decided_kind; count in DECISIONS_WORDS. */
#define DECISIONS_WORDS 5
const char *decisions_word(enum decided_kind kind);
bool decisions_kind(struct text word, enum decided_kind *kind);

/* ${older}: path of yesterday's DECISIONS_PINS, NULL for none. Entries that do not hold together are ERR_STOP. */
MUST_CHECK int decisions_read(struct decisions *decisions, const struct journal_log *log, const struct dataset *dataset,
    const char *older, struct err *err);
void decisions_free(struct decisions *decisions);

/* Whether entry ${number} counts: was not undone. */
MUST_CHECK int decisions_active(const struct journal_log *log, bool **active, struct err *err);

#endif
