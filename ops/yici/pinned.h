/*
 * pinned.h - what became of each pinned value in a night: told by the processes that merge, in runs; kept in the new generation
 * (DECISIONS_PINS), from which the next night knows what was applied and what has expired; and handed to whoever publishes.
 */
#ifndef YICI_OPS_YICI_PINNED_H
#define YICI_OPS_YICI_PINNED_H

#include "consumers/consolidate/decisions.h"
#include "consumers/consolidate/update.h"
#include "consumers/publish/publication.h"

#define PINNED_RUNS "pins" /* runs of what became of pins, by number */

/* One entry for each pin of ${student}. */
MUST_CHECK int pinned_put(struct runs_writer *runs, const struct dataset *dataset, const struct update_student *student,
    const struct taken_file *files, struct buffer *scratch, struct err *err);

struct pinned {
	struct arena arena;
	struct published_pin *at; /* by number */
	size_t count;
	uint64_t applied, expired; /* of this night */
};

/*
 * Read the runs of ${work}, write DECISIONS_PINS of the new generation with those that ${decisions} knew to have expired,
 * and give those of this night.
 */
MUST_CHECK int pinned_load(struct pinned *pinned, const char *work, const char *generation,
    const struct journal_log *log, const struct decisions *decisions, const struct dataset *dataset, struct err *err);
void pinned_free(struct pinned *pinned);

#endif
