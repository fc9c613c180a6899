/*
 * judge.h - a night before it is published: is it fit to be (consumers/consolidate/hold.h), and what have people decided of it?
 *
 * A held night leaves nothing but DATA/state/held (holding.h) with a digest of all on which its outcome depends: the generation before,
 * the definitions, other decisions, the limits, the set of files. A decision is an entry of the log of decisions that names this digest:
 *
 *   hold_approve   "held": the digest, "except": numbers of schools whose rows are set aside, a space between
 *   hold_discard   "held": the digest
 *
 * and the same night is then made again: with the same digest it is the same night, and its findings are those that were approved. When
 * a file has come or gone meanwhile it is another, and judged anew.
 */
#ifndef YICI_OPS_YICI_JUDGE_H
#define YICI_OPS_YICI_JUDGE_H

#include "ops/yici/holding.h"
#include "ops/yici/night.h"

#define HOLD_APPROVE "hold_approve"
#define HOLD_DISCARD "hold_discard"

/* Fill night->hold, and set rows of excepted schools, and of people who were purged, aside. Comes when all files are known, before files_keep(). */
MUST_CHECK int night_decided(struct night *night, struct err *err);

/* 0: publish; 1: held, and DATA/state/held says why; -1. Comes behind night_assemble(). */
MUST_CHECK int night_judge(struct night *night, struct err *err);

/* Say on stdout why the night of ${data} is held, or that it was discarded; the exit status of what became of it. */
int night_ended(const struct command *command, const char *data, int became);

#endif
