/*
 * answering.h - what clerks explained (consumers/consolidate/answers.h) in a night: worked out before anything is published, kept in the new
 * generation, and written to the log of decisions, one entry for each explained row:
 *
 *   action "explain": record, source, queries ("field:rule", a space between; the field empty for the whole row), why (what was
 *   written), file (SHA-256), sheet (number from 0), row
 *
 * A night that is killed and done again finds its entries there and writes them no second time. An entry that was taken back does not count in
 * any night that begins later.
 */
#ifndef YICI_OPS_YICI_ANSWERING_H
#define YICI_OPS_YICI_ANSWERING_H

#include "ops/yici/night.h"

#define ANSWERING_ACTION "explain"

MUST_CHECK int answering_make(struct night *night, struct err *err);

/* Into the generation and into the log. */
MUST_CHECK int answering_save(struct night *night, struct err *err);

/* Whether the log has decisions behind entry ${known} that make a night worth while: all but explanations, which a night wrote itself. */
bool answering_decided(const struct journal_log *log, uint64_t known);

/* The number of the entry that has what is written in that row of the file; 0 for none. */
uint64_t answering_number(const struct journal_log *log, const struct sha256 *file, uint16_t sheet, uint32_t row);

#endif
