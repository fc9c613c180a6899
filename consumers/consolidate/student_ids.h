/*
 * student_ids.h - under which id a student goes: the ledger of link.h. Inside this room only.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_STUDENT_IDS_H
#define YICI_CONSUMERS_CONSOLIDATE_STUDENT_IDS_H

#include "consumers/consolidate/link.h"
#include "consumers/consolidate/members.h"

/*
 * Give every group among ${members} a student id: one that most of its records had yesterday, or a new one. Ids that are no
 * longer in use are added to ${out}, whose count of new students is raised.
 */
MUST_CHECK int student_ids_assign(
    const struct link_input *in, struct link_result *out, struct members *members, struct err *err);

#endif
