/*
 * sink.h - the reader's end of the socket: where a reader puts what it reads.
 *
 * A reader calls sink_document(), then for each sheet sink_sheet(), sink_row()/sink_cell()/sink_row_end() for
 * each row that holds anything, sink_sheet_end(); at last sink_end(). Rows gather in one frame and leave when it is
 * full, so a row must not be touched again once sink_row_end() has taken it. Nothing is allocated after
 * sink_init(). Any call may fail: because the other end has gone, or a limit
 * is passed; the reader then stops and returns -1.
 *
 * Inside the reader a refusal is an err with ERR_INPUT plus sink->refusal: use sink_refuse().
 */
#ifndef YICI_PRODUCERS_READERS_SINK_H
#define YICI_PRODUCERS_READERS_SINK_H

#include "core/base/err.h"
#include "core/base/text.h"
#include "producers/readers/frame.h"
#include "producers/readers/known.h"

/* What a reader may use up; 0 never means "no limit". Filled by reader_limits_default(). */
struct reader_limits {
	uint64_t rows_max;           /* in all sheets together */
	uint64_t output_bytes_max;   /* through the socket */
	uint64_t memory_bytes_max;   /* address space of the child */
	uint32_t cpu_seconds_max;    /* 0 here means: by the size of the file, see sandbox.h */
	uint32_t cells_max;          /* in a row; the rest is cut and said so */
	uint32_t cell_bytes_max;     /* a longer cell refuses its row (FRAME_ROW_CUT) */
	uint64_t part_bytes_max;     /* an unpacked part of a zip */
	uint64_t unpacked_bytes_max; /* an archive in all */
	uint32_t ratio_max;          /* unpacked : packed, past the first 10 MB */
	uint32_t entries_max;
	uint32_t depth_max; /* archives inside archives */
};

struct sink {
	int fd;
	const struct reader_limits *limits;
	uint8_t *frame; /* the frame being filled, and behind it room for one whole row */
	size_t len;     /* filled so far */
	uint8_t *small; /* a frame without rows is put together here */
	uint32_t frame_rows;
	bool row_open;
	uint32_t *cells; /* of the open row: CELLS_MAX packed lengths */
	uint8_t *text;   /* of the open row: where its text stands, inside ${frame} */
	size_t text_len;
	uint32_t cell_count, cell_guess; /* ${cell_guess}: as many cells as the last row had */
	bool in_sheet;
	uint16_t row_flags;
	uint32_t row_no, last_row_no;
	uint32_t sheet_index;
	uint64_t sheet_rows, rows, sheets, bytes;
	uint64_t blanks, texts; /* cells of wide rows: without and with text */
	enum refusal refusal;
	struct frame_refuse where;
	bool wait_for_go; /* see sandbox_read(): wait for one byte from the other end */
	bool waited;      /* already done in this sheet */
	bool marks;       /* rows are wanted with their marks */
	uint64_t mark;    /* of the open row, by a reader that has one */
	struct known known;
	uint64_t known_seed; /* 0 as long as nothing may be taken for known: comes with the word to go on */
	/* Instead of a socket, where the frames go (tests, fuzzing): return 0 or -1. NULL for the socket. */
	int (*take)(void *self, const void *frame, size_t len);
	void *self;
};

/* Over a socket; ${limits} are borrowed and must outlive the sink. */
MUST_CHECK int sink_init(struct sink *sink, int fd, const struct reader_limits *limits, struct err *err);
void sink_fini(struct sink *sink);

MUST_CHECK int sink_document(struct sink *sink, enum document_format format, enum document_encoding encoding,
    bool date1904, uint32_t sheets, struct err *err);
MUST_CHECK int sink_sheet(struct sink *sink, struct text name, bool hidden, struct err *err);

/* Open row ${row_no} (rising inside a sheet). Blank rows need not be sent. */
MUST_CHECK int sink_row(struct sink *sink, uint32_t row_no, struct err *err);

/*
 * The next cell of the open row, from the left; blank cells in between are sent as empty texts, those at the
 * end need not be. ${text} must be valid UTF-8. Never fails: a row that grows too large is marked CUT.
 */
void sink_cell(struct sink *sink, enum cell_kind kind, struct text text);

/* The cell of column ${column} (from 0): blanks are put before it. A column left of the last one is ignored. */
void sink_cell_at(struct sink *sink, uint32_t column, enum cell_kind kind, struct text text);

/*
 * The fast way, for a reader that has many cells at hand: between sink_row() and sink_row_end() it may write
 * straight into the frame what sink_cell() would put there: CELL_PACK() of cell i into ${sink->cells[i]} (at most
 * sink_cells_room() of them, no cell longer than limits->cell_bytes_max), the text of all cells one behind the
 * other into ${sink->text} (at most SINK_TEXT_MAX bytes; SINK_TEXT_SLACK more may be overwritten with anything, so
 * that text can be copied in blocks), then set ${sink->cell_count} and ${sink->text_len}. A row that proves too
 * large for a frame is cut by sink_row_end(). Going on with sink_cell() afterwards is fine.
 */
#define SINK_TEXT_MAX (FRAME_MAX - 64)
#define SINK_TEXT_SLACK 64

static inline uint32_t
sink_cells_room(const struct sink *sink)
{
	return sink->limits->cells_max < CELLS_MAX ? sink->limits->cells_max : CELLS_MAX;
}

/*
 * Instead of sink_row(): row ${row_no} is number ${number} of ${sink->known}, found by known_hash() of its mark and
 * ${sink->known_seed}.
 */
MUST_CHECK int sink_known(struct sink *sink, uint32_t row_no, uint32_t number, struct err *err);

/* Mark the open row as FRAME_ROW_CUT or FRAME_ROW_BROKEN. */
void sink_row_flag(struct sink *sink, uint16_t flag);

/*
 * Close the open row, without the empty cells at its end (CELL_UNSAVED is not empty); one without any text and without
 * flags is dropped.
 * A few bytes of a file can ask for a row of 16,384 cells of which one holds anything. Files that do so again and
 * again are refused as REFUSED_BOMB: past SINK_BLANKS_FREE blank cells in rows wider than SINK_WIDE, more than
 * SINK_BLANKS_RATIO of them to each cell with text.
 */
#define SINK_WIDE 256
#define SINK_BLANKS_FREE ((uint64_t)50 * 1000 * 1000)
#define SINK_BLANKS_RATIO 200
MUST_CHECK int sink_row_end(struct sink *sink, struct err *err);

MUST_CHECK int sink_sheet_end(struct sink *sink, struct err *err);

/* May also be called while a row is open; it then comes before that row. */
MUST_CHECK int sink_note(
    struct sink *sink, enum note_kind kind, uint32_t row, uint32_t column, struct text detail, struct err *err);
MUST_CHECK int sink_end(struct sink *sink, struct err *err);

/* Remember why the file is refused and fill ${err} (ERR_INPUT); always -1. The format is for developers. */
int sink_refuse(struct sink *sink, enum refusal reason, struct err *err, const char *format, ...) PRINTF_LIKE(4, 5);

/*
 * Send FRAME_REFUSE for what sink_refuse() remembered. When it was never called: REFUSED_DAMAGED for ERR_INPUT,
 * REFUSED_UNREADABLE for ERR_RETRY (see reader_pread()), else REFUSED_LIMIT_MEMORY, for inside the sandbox hardly anything but memory can fail that is not the file's fault.
 */
void sink_send_refusal(struct sink *sink, const struct err *err);

/* Where in the file the trouble is (sheet from 1, row, column; 0 for unknown), for the refusal to come. */
void sink_where(struct sink *sink, uint32_t sheet, uint32_t row, uint32_t column);

/* Unpacking: the name of an inner file, its bytes, and how it ended. */
MUST_CHECK int sink_entry(struct sink *sink, struct text name, struct err *err);
MUST_CHECK int sink_bytes(struct sink *sink, const void *bytes, size_t len, struct err *err);
MUST_CHECK int sink_entry_end(struct sink *sink, enum refusal reason, struct err *err);

#endif
