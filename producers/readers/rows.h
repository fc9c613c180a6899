/*
 * rows.h - the asking end of a reader's socket: frames in, checked rows out. Everything is taken as hostile:
 * lengths, order, counts, UTF-8. A frame that does not hold together ends the file with REFUSED_LIED.
 */
#ifndef YICI_PRODUCERS_READERS_ROWS_H
#define YICI_PRODUCERS_READERS_ROWS_H

#include "core/base/err.h"
#include "core/base/text.h"
#include "producers/readers/frame.h"

/* One row, its cells' texts borrowed from the frame; valid until the next rows_next() or rows_receive(). */
struct row {
	uint32_t row_no;
	uint16_t flags; /* FRAME_ROW_... */
	uint32_t count;
	struct cell *cells; /* CELLS_MAX of them at the most */
	uint64_t mark;      /* 0 when the reader gives none */
	uint32_t known;     /* with FRAME_ROW_KNOWN: which row of known.h it is; there are no cells then */
};

enum rows_event {
	ROWS_DOCUMENT = 1, /* rows->document is filled */
	ROWS_SHEET,        /* rows->sheet, rows->sheet_name */
	ROWS_BATCH,        /* call rows_next() until it returns 0 */
	ROWS_SHEET_END,    /* rows->sheet_rows */
	ROWS_NOTE,         /* rows->note, rows->detail */
	ROWS_ENTRY,        /* rows->detail is the inner file's name */
	ROWS_BYTES,        /* rows->detail are bytes (any, not text) */
	ROWS_ENTRY_END,    /* rows->refused.reason */
	ROWS_OTHER,        /* a worker took a frame that is not rows: rows_raw() is for the owner's rows_inject() */
	ROWS_END,          /* the file was read whole, counts agree, and the reader ended well */
	ROWS_REFUSED,      /* rows->refused, rows->detail: by the reader, or by us (CRASHED, LIED, LIMIT_...) */
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
	struct frame_end end; /* of the whole file, as the reader says; filled before ROWS_END */
	bool ended, have_document, in_sheet, in_entry, end_seen;
	bool refuse_pending; /* ${refused} is decided, the event not yet given */
	bool shared; /* others take frames too: numbers of rows cannot be checked here, ${sheet_rows} and ${end} say them */
	/* Whose each known row is, by its number, and whose rows these are: others' are lies. */
	const uint16_t *known_owners;
	uint16_t owner;
	uint64_t known_count; /* numbers of known rows are below this; 0 while none may come */
	bool worker;          /* one of those others: checks rows only, gives back everything else as ROWS_OTHER */
	int wait_ms;          /* longest silence allowed before REFUSED_LIMIT_TIME; -1 for any */
	int stop_fd;          /* -1 for none: when it can be read or hangs up, waiting ends */
	char name[4096];      /* behind ${sheet_name}, which outlives its frame: valid until the next ROWS_SHEET */
	char say[64];         /* behind ${detail} of refusals that are ours */
};

/*
 * How several processes share one reader: the owner takes frames alone until the header row of a sheet is bound,
 * then sets ${shared}; workers, forked with a copy of this struct or with one made by rows_init(), set ${worker} and
 * ${wait_ms} -1, and call rows_receive(). Whatever is not a batch they hand to the owner, byte by byte. The
 * owner adds up the rows that the workers took and compares them with ${sheet_rows} after ROWS_SHEET_END, since only
 * then all workers can have said what they took. Every process closes its copy of the socket.
 */

/* ${fd} is borrowed; -1 when frames come by rows_inject() only. */
MUST_CHECK int rows_init(struct rows *rows, int fd, int wait_ms, struct err *err);
void rows_fini(struct rows *rows);

/*
 * Wait for the next frame, check it, say what it is: 1 with ${*event}; 0 once the reader has ended and all is
 * said (ROWS_END or ROWS_REFUSED came before) or ${stop_fd} ended the waiting; -1 when our own side fails (ERR_STOP).
 * Rows of the last batch that were not taken are checked and counted all the same.
 * After ROWS_REFUSED close the socket: that ends a reader that still runs.
 */
MUST_CHECK int rows_receive(struct rows *rows, enum rows_event *event, struct err *err);

/* The frame in hand as it came, until the next rows_receive(). */
void rows_raw(const struct rows *rows, const void **frame, size_t *len);

/* As if rows_receive() had got this frame: 1 with ${*event}, or 0 when it says nothing yet. */
MUST_CHECK int rows_inject(struct rows *rows, const void *frame, size_t len, enum rows_event *event);

/*
 * The next row of the batch in hand: 1, or 0 when there is none; -1 when it does not hold together: ${refused} is
 * filled, and the next rows_receive() gives ROWS_REFUSED.
 */
MUST_CHECK int rows_next(struct rows *rows, struct row *row);

#endif
