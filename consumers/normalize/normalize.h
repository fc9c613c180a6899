/*
 * normalize.h - one row as read becomes one clean record plus issues. A pure function of the row,
 * its binding and the run's date: no I/O, no clock, no state. The rules it applies have ids
 * (core/record/issue.h) and stand in docs/rules.md; the field types say which rules meet a cell.
 *
 * normalizer_new() once for each binding (a sheet of a file), normalize_row() for each row.
 */
#ifndef YICI_CONSUMERS_NORMALIZE_NORMALIZE_H
#define YICI_CONSUMERS_NORMALIZE_NORMALIZE_H

#include "core/base/arena.h"
#include "core/record/binding.h"
#include "core/record/record.h"

struct normalizer;

/* What became of a row. All of it is borrowed from the normalizer and valid until the next
 * normalize_row(). */
struct normalized {
	const struct value *values; /* fields rising */
	size_t value_count;
	const struct issue *issues; /* in the order of columns; one with SEVERITY_REJECT first when rejected, and
				     then no SEVERITY_QUERY */
	size_t issue_count;
	bool rejected;
	/* For linking and the record id: */
	struct anchor anchor;
	uint64_t number;         /* the 18 digits as a number without the check character, 0 when not known
			    to be valid */
	uint64_t student_core;   /* the same of the core of a valid G number, else 0 */
	uint64_t student_no;     /* hash of a valid J or L number, else 0 */
	struct text name;        /* clean; empty only when rejected */
	uint64_t name_hash;      /* of the name folded for comparison (dots, width, variants of spaces) */
	int32_t birth_day;       /* days since 1900-01-01; 0 when not known */
	uint64_t school;         /* hash of school code, else of school name, else 0 */
	uint64_t updated_at;     /* seconds since 1970 by the row's own time stamp, 0 when it has none */
	struct text explanation; /* by which its sender explains the row's queries (core/record/answer.h); mostly empty */
};

/* ${seed} is the bureau's own, for record ids. NULL when memory is short. ${binding} is borrowed
 * for life. */
MUST_CHECK struct normalizer *normalizer_new(const struct binding *binding, struct date run_date, uint64_t seed);
void normalizer_free(struct normalizer *normalizer);

/*
 * Normalize ${count} cells; ${flags} are the reader's FRAME_ROW_CUT (1) and FRAME_ROW_BROKEN (2):
 * such a row is rejected. The answer is the same for the same arguments, always. Allocates nothing
 * once warm; NULL when memory is short.
 */
MUST_CHECK const struct normalized *normalize_row(
    struct normalizer *normalizer, const struct cell *cells, size_t count, unsigned flags);

#endif
