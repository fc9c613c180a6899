/*
 * decided.h - what people decided about records, as edges that linking obeys. An edge speaks of records by their ids, which
 * stay while students' ids may not; linking is computed anew each night, so taking an edge away undoes it exactly.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_DECIDED_H
#define YICI_CONSUMERS_CONSOLIDATE_DECIDED_H

#include "core/record/record.h"

enum decided_kind {
	DECIDED_SAME,      /* one child: joined, whatever the evidence says, but for a DIFFERENT or TWINS */
	DECIDED_DIFFERENT, /* two children: the records that are a's student and those that are b's are never one student */
	DECIDED_TWINS,     /* the same as DIFFERENT, and no case is made between these two students any more */
	DECIDED_RENUMBERED, /* one child whose identity number changed from a's to b's: SAME, and their numbers do not veto */
	DECIDED_WRONG_ROW, /* record a is joined with nothing as long as it says what it said; b is all zeros */
};

struct decided {
	uint8_t a[RECORD_ID_BYTES], b[RECORD_ID_BYTES]; /* a < b, but for RENUMBERED: a is the old one */
	uint64_t content;                               /* WRONG_ROW: of record a when it was decided (struct link) */
	uint8_t kind;
	uint8_t zeros[7];
};
_Static_assert(sizeof(struct decided) == 48, "no padding");

#endif
