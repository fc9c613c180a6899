/*
 * taker.h - one process that takes rows in: what it gathers, and what it does with a row and a sheet.
 *
 * taker_open() once, taker_begin_sheet()/taker_row()/taker_end_sheet() for each sheet, taker_tell_counts() at the end of each
 * file, taker_close().
 */
#ifndef YICI_OPS_YICI_TAKER_H
#define YICI_OPS_YICI_TAKER_H

#include <stdatomic.h>

#include "ops/yici/counts.h"
#include "ops/yici/intake.h"
#include "ops/yici/spool.h"
#include "ops/yici/told.h"
#include "producers/collect/head.h"

/* What all processes of the intake see. */
struct intake_shared {
	atomic_size_t next; /* file */
	atomic_ullong rows, bytes, files;
	atomic_uint names; /* given to processes */
};

/* One process at work. */
struct taker {
	const struct intake_settings *set;
	struct intake_shared *shared;
	unsigned name; /* of its runs: unique among all processes of the run */
	struct runs_writer *rows, *issues, *same;
	struct spool_writer *spool; /* rows are written down for the bus in place of being normalized; NULL: they are not */
	struct buffer told, values;
	struct buffer binding; /* of the sheet at hand, for the bus */
	const struct intake_file *file;
	struct told_counts counts;
	struct counts schools; /* accepted rows of each */
	size_t school_column;  /* while spooling: where the sheet names the school; SIZE_MAX where it does not */
	uint16_t sheet;
	bool hidden; /* the sheet at hand is, and so all its rows are set aside */
	bool chart;  /* the sheet at hand is one: it has no rows */
	const struct layout *layout;
	struct normalizer *normalizer;
	uint64_t raw_seed;    /* of the rows of this sheet: all on which the outcome depends but the cells */
	enum rule sheet_rule; /* when the sheet is refused: of its rows */
	uint32_t *lens;
};

/* Runs and buffers of ${memory} bytes; set, shared and name are filled already. */
MUST_CHECK int taker_open(struct taker *in, uint64_t memory, struct err *err);

/* Write the runs, and what is told as a file of its own (not when ${keep} is false); free everything. */
MUST_CHECK int taker_close(struct taker *in, bool keep, struct err *err);

/* Say an error on ${fd} to the process that waits, and end. */
NORETURN void taker_leave(int fd, const struct err *err);

/* Tell something of the file at hand. */
void taker_tell(struct taker *in, enum told_kind kind, const void *bytes, size_t len);

/* Tell what this process knows of the file, and forget it. */
void taker_tell_counts(struct taker *in);

/* The head of a sheet is here (empty when it has no rows): find its header, and take the rows of the head. */
MUST_CHECK int taker_begin_sheet(struct taker *in, const struct head *head, struct layout *layout,
    const struct rows *rows, struct text name, struct err *err);

/* What the reader has to say besides rows. */
void taker_note(struct taker *in, const struct frame_note *note);

/* Tell ${rows} which known rows may come: those of the file's source. */
void taker_expect(const struct taker *in, struct rows *rows);

/* One row of the sheet, once its layout is known. */
MUST_CHECK int taker_row(struct taker *in, const struct row *row, struct err *err);

void taker_end_sheet(struct taker *in, struct layout *layout);

#endif
