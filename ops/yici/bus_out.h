/*
 * bus_out.h - what a night gives to the bus, and the rows it takes from there for those who sent them.
 */
#ifndef YICI_OPS_YICI_BUS_OUT_H
#define YICI_OPS_YICI_BUS_OUT_H

#include "ops/yici/consolidate.h"
#include "ops/yici/incoming.h"

/*
 * Fill night->kept: header rows and rows with an issue, out of the topic submitted, where they still are as they were read. Nothing when
 * nobody gets a workbook back.
 */
MUST_CHECK int bus_keep_rows(struct incoming *incoming, struct err *err);

/*
 * Publish the night: students that are new or changed, tombstones, changes, identities, what the topics of views are told, files used, the record "complete" with the
 * sha256 of the clean set, that is of the bytes of students.jsonl. All in one transaction, or, past publish.rows messages, in several of which the record is in the last. Done again when the
 * bus aborts it.
 */
MUST_CHECK int bus_publish(
    struct consolidator *consolidator, const struct night *night, const struct incoming *incoming, struct err *err);

#endif
