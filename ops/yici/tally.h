/*
 * tally.h - counts by school, in memory: a hash table of (code, name).
 */
#ifndef YICI_OPS_YICI_TALLY_H
#define YICI_OPS_YICI_TALLY_H

#include "core/base/buffer.h"

#define TALLY_COUNTS 8 /* students, present, absent, stale, left, back, fresh, changed: as in struct assemble_school */

struct tally;
struct assemble_school;

struct tally *tally_new(void);
void tally_free(struct tally *tally);

/* Add to the counts of a school. Want of memory is remembered: tally_write() and tally_sorted() tell. */
void tally_add(struct tally *tally, struct text code, struct text name, const uint64_t counts[TALLY_COUNTS]);

/* Bytes of all of it (${out} has failed when the tally has), and adding such bytes to another. */
void tally_write(const struct tally *tally, struct buffer *out);
void tally_read(struct tally *tally, struct text bytes);

/* All schools by code, then name; texts live in ${text}. ${*schools} is to be freed. -1 when memory was or is short. */
MUST_CHECK int tally_sorted(
    const struct tally *tally, struct assemble_school **schools, size_t *count, struct buffer *text);

#endif
