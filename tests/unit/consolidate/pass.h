/*
 * pass.h - for tests of update.c: the pass over yesterday's records and a night's rows, as the program makes it, and what
 * was told on the way as lines.
 *
 *   row 1:2 A                   row 2 of file 1 belongs to student A
 *   again 1:3 of 1:2            row 3 stands for the same person as row 2
 *   student A new 2 x|y         student A is new, has two records, and field 0 says "x|y"; then one of
 *                                 "new", "changed (was z)", "same"; how he stands where he is not present; and "after …" where
 *                                 he stood otherwise the night before. A value "gone" means that he has graduated
 *   review ab                   the record of name "ab" is part of a case
 */
#ifndef YICI_TESTS_UNIT_CONSOLIDATE_PASS_H
#define YICI_TESTS_UNIT_CONSOLIDATE_PASS_H

#include "consumers/consolidate/update.h"
#include "tests/unit/consolidate/world.h"

#define PASS_BACK_DAYS 2 /* so long somebody is back */

struct pass {
	struct world *world;
	struct buffer told;
	struct runs_writer *standings; /* while passing */
	struct update_totals totals;
	size_t units;          /* into how many the pass is cut */
	const uint16_t *remap; /* as in struct update_input */
	size_t remap_count;
	bool redo;
	/* students in the order met, for ever: "A", "B", … */
	uint8_t students[26][STUDENT_ID_BYTES];
	size_t student_count;
};

void pass_init(struct pass *pass, struct world *world);
void pass_fini(struct pass *pass);

/* Pass over the night last made by world_night(), with ${was}'s links and records as yesterday's (PASS_FIRST: none): 0 or -1. */
#define PASS_FIRST (-1)
MUST_CHECK int pass_run(struct pass *pass, int was, struct err *err);

/* The same of the night before the last; it must succeed. */
void pass_night(struct pass *pass);

/* The lines told, sorted: units come in the order of ids, which are hashes. */
const char *pass_lines(struct pass *pass);

#endif
