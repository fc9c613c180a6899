/*
 * spool.h - the rows of one file on this machine's disk, as the messages they will be, between reading the file and sending
 * them: so that a file that is refused in its middle has sent nothing.
 *
 *   each row: u32 length of the message, u32 row, u16 sheet, u16 zeros, the message (core/record/wire.h)
 *
 * The order is that of the file, so a spool made again from the same file is the same, and sending can go on after any
 * number of rows. Scratch: not synced, made again when it is not whole.
 */
#ifndef YICI_OPS_YICI_SPOOL_H
#define YICI_OPS_YICI_SPOOL_H

#include "core/base/window.h"
#include "core/record/wire.h"
#include "producers/readers/rows.h"

struct spool_writer {
	int fd;
	struct buffer out;     /* not yet written */
	struct wire_row row;   /* what all rows of the sheet share is filled by the caller */
	uint64_t rows, digest; /* so far: how many, and the sum of their places */
	uint64_t schools;      /* different ones named in the file, once it is read */
};

MUST_CHECK int spool_create(struct spool_writer *spool, const char *path, struct err *err);

/* Add ${row} with ${role} to the file; what is in spool->row of it is filled here. */
MUST_CHECK int spool_add(struct spool_writer *spool, const struct row *row, uint8_t role, struct err *err);

MUST_CHECK int spool_finish(struct spool_writer *spool, struct err *err);
void spool_close(struct spool_writer *spool);

/*
 * Empty DATA/spool, once no collector sweeps its folder: it is scratch, made again where it is wanted. ERR_RETRY after ${wait_s}. Fine when
 * there is none.
 */
MUST_CHECK int spool_empty(const char *data, uint64_t wait_s, struct err *err);

/* A finished spool is read through a window. */
struct spool_message {
	uint32_t row;
	uint16_t sheet;
	struct text value;
};

/* The next message, valid until the call after: 1, 0 at the end, -1 when the file is not whole. */
MUST_CHECK int spool_next(struct window *window, struct spool_message *message, struct err *err);

#endif
