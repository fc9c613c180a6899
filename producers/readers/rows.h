/*
 * rows.h - the asking end of a reader's socket: frames in, checked rows out. Everything is taken as hostile:
 * lengths, order, counts, UTF-8. A frame that does not hold together ends the file with REFUSED_LIED.
 */
#ifndef YICI_PRODUCERS_READERS_ROWS_H
#define YICI_PRODUCERS_READERS_ROWS_H

#include "core/base/err.h"
#include "core/base/text.h"
#include "producers/readers/frame.h"

/* One cell, borrowed from the frame. */
struct cell {
	struct text text;
	enum cell_kind kind;
};

/* One row, borrowed from the frame; valid until the next rows_next() or rows_receive(). */
struct row {
	uint32_t row_no;
	uint16_t flags; /* FRAME_ROW_... */
	uint32_t count;
	struct cell *cells; /* CELLS_MAX of them at the most */
};

enum rows_event {
	ROWS_DOCUMENT,  /* rows->document is filled */
	ROWS_SHEET,     /* rows->sheet, rows->sheet_name */
	ROWS_BATCH,     /* call rows_next() until it returns 0 */
	ROWS_SHEET_END, /* rows->sheet_rows */
	ROWS_NOTE,      /* rows->note, rows->detail */
	ROWS_ENTRY,     /* rows->detail is the inner file's name */
	ROWS_BYTES,     /* rows->detail are bytes (any, not text) */
	ROWS_ENTRY_END, /* rows->refused.reason */
	ROWS_END,       /* the file was read whole; counts agree */
	ROWS_REFUSED,   /* rows->refused, rows->detail: by the reader, or by us (CRASHED, LIED, LIMIT_...) */
};

struct rows {
	int fd;
	uint8_t *frame; /* the frame in hand */
	size_t frame_len, pos;
	uint32_t left; /* rows of the batch not yet taken */
	struct cell *cells;
	struct frame_document document;
	struct frame_sheet sheet;
	struct text sheet_name;
	uint64_t sheet_rows;
	struct frame_note note;
	struct frame_refuse refused;
	struct text detail;
	uint32_t last_row_no;
	uint64_t rows_seen, sheets_seen, sheet_rows_seen;
	bool ended, have_document, in_sheet, in_entry;
	bool shared; /* several processes take frames: counts and order cannot be checked here, the owner does */
	int wait_ms; /* longest silence allowed before REFUSED_LIMIT_TIME */
};

/* ${fd} is borrowed. */
MUST_CHECK int rows_init(struct rows *rows, int fd, int wait_ms, struct err *err);
void rows_fini(struct rows *rows);

/*
 * Wait for the next frame, check it, say what it is: 1 with ${*event}; 0 once the reader has ended and all is
 * said (ROWS_END or ROWS_REFUSED came before); -1 when our own side fails (ERR_STOP).
 */
MUST_CHECK int rows_receive(struct rows *rows, enum rows_event *event, struct err *err);

/* The next row of the batch in hand: 1, or 0 when there is none; -1 when it does not hold together (then refused). */
MUST_CHECK int rows_next(struct rows *rows, struct row *row);

#endif
