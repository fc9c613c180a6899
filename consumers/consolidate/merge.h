/*
 * merge.h - one student out of all that the sources say of him: each field's value by the field's rules, every losing
 * value kept in sight. A pure function of the records; order of arrival plays no part.
 *
 * For each field, in this order: pinned by a person (pins.h); valid before invalid; still stated by its source before no longer stated; the authority
 * for the field; then trust and recency (in the order the field's merge rule says); then how many sources agree; at last a
 * hash of source and record id. An empty cell says nothing and overwrites nothing. A MERGE_UNION field keeps all values
 * that differ, best first, with a space between.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_MERGE_H
#define YICI_CONSUMERS_CONSOLIDATE_MERGE_H

#include "consumers/consolidate/link.h"
#include "core/base/arena.h"

/* One record of the student. */
struct merge_member {
	const uint8_t *id;
	const struct source *source;
	uint16_t source_no; /* among the store's */
	enum presence presence;
	uint32_t updated_at; /* seconds, 0 when not known */
	uint16_t changed;    /* day (day_store()) on which the record last changed */
	uint32_t file, row;
	uint16_t sheet;
	struct text values; /* encoded */
};

/* Why a value stands before the next one. */
enum merge_reason {
	MERGED_ALONE, /* nobody says anything else */
	MERGED_VALID,
	MERGED_STATED,
	MERGED_AUTHORITY,
	MERGED_TRUSTED,
	MERGED_RECENT_FACT,
	MERGED_AGREED,
	MERGED_TIE, /* by hash */
	MERGED_PINNED,
	MERGE_REASONS,
};
const char *merge_reason_name(enum merge_reason reason);

/* The value of one field. */
struct merged_value {
	uint16_t field;
	uint16_t member; /* whose record it is; of a pinned one: to whose record it was pinned */
	struct text text;
	uint64_t pinned; /* number of the decision that pinned it; 0: none did */
};

struct merged {
	struct merged_value *values; /* fields rising; valid until the next merge_run() */
	size_t count;
	const struct merged_pin *pins; /* what became of each pin of the student's records (pins.h) */
	size_t pin_count;
};

/* All that speaks for one field, best first; for explaining. */
struct merge_candidate {
	uint16_t member;
	bool invalid;
	struct text text;
	enum merge_reason before_next;
};

struct merger;

/* NULL when memory is short. ${dataset} is borrowed. */
MUST_CHECK struct merger *merger_new(const struct dataset *dataset);
void merger_free(struct merger *merger);

/* From here on the values that ${pins} pin are put over all others; NULL: none. Borrowed. */
struct pins;
void merger_pin(struct merger *merger, const struct pins *pins);

/*
 * Merge ${count} (at least 1) records. Values point into the members' bytes, but for unions of several. -1 when the bytes do
 * not hold together or memory is short.
 */
MUST_CHECK int merge_run(
    struct merger *merger, const struct merge_member *members, size_t count, struct merged *merged, struct err *err);

/* When a record's fact was, in seconds since 1970: by its row's own time stamp, else the day on which we saw it change. */
int64_t merge_recency(const struct merge_member *member);

/* The candidates of one field in their order; returns how many, at most ${room}. */
size_t merge_candidates(struct merger *merger, const struct merge_member *members, size_t count, uint16_t field,
    struct merge_candidate *candidates, size_t room);

#endif
