/*
 * purge_rows.h - rows of a night that are of people who are not to be kept (purge_orders.h): they are set aside as `purged` before anybody
 * links them, and nothing else is said of them.
 */
#ifndef YICI_OPS_YICI_PURGE_ROWS_H
#define YICI_OPS_YICI_PURGE_ROWS_H

#include "core/base/err.h"
#include "core/record/record.h"

struct night;

#define PURGED_PLACE_BYTES                                                                                             \
	10 /* file, sheet and row, high byte first, as issues are sorted by them (core/record/raised.h) */

struct purged_rows {
	uint8_t (*records)[RECORD_ID_BYTES];   /* sorted */
	uint8_t (*places)[PURGED_PLACE_BYTES]; /* sorted */
	size_t record_count, place_count, room;
	bool ordered; /* somebody is not to be kept, whether or not he came */
};

/* Find them among the rows of the night, which are all there, and move them from the accepted ones to those set aside. */
MUST_CHECK int purge_rows_find(struct night *night, struct err *err);
void purge_rows_free(struct purged_rows *purged);

/* Is it a record of somebody who is not to be kept? */
bool purge_rows_have(const struct purged_rows *purged, const uint8_t *record);

/* Does an issue with that key (of 16 bytes) speak of such a row? */
bool purge_rows_about(const struct purged_rows *purged, const uint8_t *key);

#endif
