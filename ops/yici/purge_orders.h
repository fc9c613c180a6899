/*
 * purge_orders.h - who is not to be kept, so that a purged person whom a source still sends does not come back.
 *
 * An order is an entry of the log of decisions with action "purge", in force until an "undo" takes it back (yici purge DATA lift N). It
 * holds no number and no name, but "marks": HMAC-SHA-256 of what identifies a row, cut to 16 bytes, under the secret of
 * DATA/state/purge.key (32 random bytes, made with the first order, 0600). A row is the person's when one of its marks is among them:
 * its anchor (core/record/record.h), id number, core of a student number or other student number, each together with the hash of the name: two
 * children under one wrong number stay two.
 */
#ifndef YICI_OPS_YICI_PURGE_ORDERS_H
#define YICI_OPS_YICI_PURGE_ORDERS_H

#include "consumers/consolidate/links.h"
#include "core/store/journal.h"

#define PURGE_SECRET_BYTES 32
#define PURGE_MARK_BYTES 16
#define PURGE_MARKS_OF_ROW 4

/* The secret, made where ${make} is true and there is none; ERR_STOP when it is not as it was made, or not there. */
MUST_CHECK int purge_secret(const char *data, uint8_t secret[PURGE_SECRET_BYTES], bool make, struct err *err);

/* Whether anybody was ever purged. */
bool purge_ordered(const char *data);

/* What a row, or the record that it became, says of who it is; 0 for what it does not. */
struct purge_who {
	uint64_t anchor, number, core, student_no;
	uint32_t name;
};
struct purge_who purge_who_row(const struct checked *row);
struct purge_who purge_who_link(const struct link *link);

/* Its marks: how many. */
size_t purge_marks(const uint8_t secret[PURGE_SECRET_BYTES], const struct purge_who *who,
    uint8_t marks[PURGE_MARKS_OF_ROW][PURGE_MARK_BYTES]);

struct purge_orders {
	uint8_t secret[PURGE_SECRET_BYTES];
	uint8_t (*marks)[PURGE_MARK_BYTES]; /* of all orders in force, sorted */
	size_t count;
};

/* The orders in force by ${log}; none is fine. */
MUST_CHECK int purge_orders_load(
    struct purge_orders *orders, const char *data, const struct journal_log *log, struct err *err);
void purge_orders_free(struct purge_orders *orders);

/* Is there an order about it? */
bool purge_orders_meet(const struct purge_orders *orders, const struct purge_who *who);

#endif
