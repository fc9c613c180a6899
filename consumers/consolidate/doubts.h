/*
 * doubts.h - pairs of records that may not be joined and look alike all the same: gathered while a neighbourhood is
 * settled, then made into one case for each knot of students. Inside this room only.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_DOUBTS_H
#define YICI_CONSUMERS_CONSOLIDATE_DOUBTS_H

#include "consumers/consolidate/settle.h"

/* Members ${a} and ${b}; ${number}: they share one. A record that its source no longer states accuses nobody. */
MUST_CHECK int doubts_add(
    struct settler *settler, uint32_t a, uint32_t b, const struct judged *judged, bool number, struct err *err);

/* Once all is joined that may be: what is still doubtful goes into ${settler}'s result. */
MUST_CHECK int doubts_into_cases(struct settler *settler, struct err *err);

#endif
