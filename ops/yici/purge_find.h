/*
 * purge_find.h - who is to be purged: all that the current generation and the log of decisions have of a student.
 */
#ifndef YICI_OPS_YICI_PURGE_FIND_H
#define YICI_OPS_YICI_PURGE_FIND_H

#include "ops/yici/held.h"
#include "ops/yici/purge_orders.h"
#include "ops/yici/purge_person.h"

struct purge_found {
	struct buffer marks;   /* of his records: hexadecimal, a space between */
	struct buffer entries; /* of the log of decisions: numbers of those that speak of him, a space between */
	uint64_t entry_count;
	uint8_t (*others)[RECORD_ID_BYTES]; /* students with a number of his, who may be he: a person must look */
	size_t other_count;
};

/*
 * Look up ${words} (as held_find()) and fill ${person} and ${found}, which is to be freed also after a failure. ERR_INPUT when there is no
 * such student.
 */
MUST_CHECK int purge_find(struct held *held, struct text words, const uint8_t secret[PURGE_SECRET_BYTES],
    struct purge_person *person, struct purge_found *found, struct err *err);
void purge_found_free(struct purge_found *found);

#endif
