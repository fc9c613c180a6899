/*
 * wire_test.c - sink.c and rows.c against each other: what a reader puts in comes out; and rows.c
 * against a writer that tells every kind of lie, each a change to a stream of frames that is good
 * otherwise.
 */
#include "tests/support/support.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/reading.h"

/* ---- a stream of frames in memory ---- */

#define FRAMES_MAX 64

struct frame {
	size_t len;
	_Alignas(8) uint8_t at[FRAME_MAX + 16];
};

struct stream {
	struct frame *frames;
	size_t count;
};

static int
stream_take(void *self, const void *frame, size_t len)
{
	struct stream *stream = self;

	assert_true(stream->count < FRAMES_MAX && len <= FRAME_MAX);
	memcpy(stream->frames[stream->count].at, frame, len);
	stream->frames[stream->count++].len = len;
	return 0;
}

static struct stream
stream_new(void)
{
	struct stream stream = { .frames = calloc(FRAMES_MAX, sizeof(struct frame)) };

	assert_non_null(stream.frames);
	return stream;
}

static void
stream_status(struct stream *stream, int32_t wait_status)
{
	struct {
		struct frame_head head;
		struct frame_status status;
	} frame = { { .type = FRAME_STATUS }, { wait_status } };

	stream_take(stream, &frame, sizeof(frame));
}

static void
put(struct sink *sink, uint32_t row_no, const char *a, const char *b)
{
	struct err err;

	assert_int_equal(sink_row(sink, row_no, &err), 0);
	sink_cell(sink, CELL_TEXT, text_from(a));
	sink_cell(sink, CELL_NUMBER, text_from(b));
	assert_int_equal(sink_row_end(sink, &err), 0);
}

enum { DOCUMENT, SHEET, ROWS, NOTE, SHEET_END, SHEET2, SHEET2_END, END, STATUS, GOOD_FRAMES };

/* DOCUMENT, SHEET, ROWS (3), NOTE, SHEET_END, a hidden SHEET, SHEET_END, END, STATUS. */
static void
stream_good(struct stream *stream)
{
	struct reader_limits limits;
	struct sink sink;
	struct err err;

	stream->count = 0;
	reader_limits_default(&limits);
	assert_int_equal(sink_init(&sink, -1, &limits, &err), 0);
	sink.take = stream_take;
	sink.self = stream;
	assert_int_equal(sink_document(&sink, FORMAT_XLSX, ENCODING_NONE, false, 2, &err), 0);
	assert_int_equal(sink_sheet(&sink, TEXT("Sheet1"), false, &err), 0);
	put(&sink, 1, "\xE5\xA7\x93\xE5\x90\x8D", "12");
	put(&sink, 3, "b", "\xE4\xB8\x80");
	put(&sink, 4, "", "x");
	assert_int_equal(sink_note(&sink, NOTE_PRIVATE_CHARS, 3, 1, TEXT("2"), &err), 0);
	assert_int_equal(sink_sheet_end(&sink, &err), 0);
	assert_int_equal(sink_sheet(&sink, TEXT("hidden"), true, &err), 0);
	assert_int_equal(sink_sheet_end(&sink, &err), 0);
	assert_int_equal(sink_end(&sink, &err), 0);
	sink_fini(&sink);
	stream_status(stream, 0);
	assert_int_equal(stream->count, GOOD_FRAMES);
}

/* DOCUMENT, ENTRY, BYTES, ENTRY_END, END, STATUS. */
static void
stream_archive(struct stream *stream)
{
	struct reader_limits limits;
	struct sink sink;
	struct err err;

	stream->count = 0;
	reader_limits_default(&limits);
	assert_int_equal(sink_init(&sink, -1, &limits, &err), 0);
	sink.take = stream_take;
	sink.self = stream;
	assert_int_equal(sink_document(&sink, FORMAT_ZIP, ENCODING_NONE, false, 0, &err), 0);
	assert_int_equal(sink_entry(&sink, TEXT("a.csv"), &err), 0);
	assert_int_equal(sink_bytes(&sink, "\xFF\x00x", 3, &err), 0);
	assert_int_equal(sink_entry_end(&sink, REFUSED_NO, &err), 0);
	assert_int_equal(sink_end(&sink, &err), 0);
	sink_fini(&sink);
	stream_status(stream, 0);
}

/* Give the stream to rows.c: the last event; ${*reason} why refused. */
static enum rows_event
stream_read(const struct stream *stream, enum refusal *reason, uint64_t *seen)
{
	enum rows_event event = ROWS_DOCUMENT;
	struct rows rows;
	struct row row;
	struct err err;
	uint64_t taken = 0;

	assert_int_equal(rows_init(&rows, -1, -1, &err), 0);
	for (size_t i = 0; i < stream->count; i++) {
		if (rows_inject(&rows, stream->frames[i].at, stream->frames[i].len, &event) > 0 && event == ROWS_BATCH) {
			while (rows_next(&rows, &row) > 0)
				taken++;
		}
	}
	*reason = event == ROWS_REFUSED ? (enum refusal)rows.refused.reason : REFUSED_NO;
	if (seen != NULL)
		*seen = taken;
	rows_fini(&rows);
	return event;
}

/* ---- what goes in comes out ---- */

static void
rows_come_out_as_they_went_in(void **state)
{
	struct stream stream = stream_new();
	enum refusal reason;
	uint64_t seen;

	(void)state;
	stream_good(&stream);
	assert_int_equal(stream_read(&stream, &reason, &seen), ROWS_END);
	assert_int_equal(seen, 3);
	stream_archive(&stream);
	assert_int_equal(stream_read(&stream, &reason, &seen), ROWS_END);
	free(stream.frames);
}

struct counted {
	struct rows rows;
	uint64_t rows_seen, cut;
	uint32_t last, cells;
	size_t bytes;
	bool broken;
};

/* Rows of the property test below: row n has (n * 7) % 50 + 1 cells, cell i has (n + i) % 90 times
 * a Han character. */
static int
counted_take(void *self, const void *frame, size_t len)
{
	struct counted *counted = self;
	enum rows_event event = ROWS_DOCUMENT;
	struct row row;

	if (rows_inject(&counted->rows, frame, len, &event) > 0 && event == ROWS_BATCH) {
		while (rows_next(&counted->rows, &row) > 0) {
			for (uint32_t i = 0; i < row.count; i++)
				counted->broken |= row.cells[i].text.len != 3 * ((row.row_no + i) % 90)
				    || row.cells[i].kind != (enum cell_kind)(i % CELL_UNSAVED);
			counted->rows_seen++;
			counted->cut += (row.flags & FRAME_ROW_CUT) != 0;
			counted->last = row.row_no;
			counted->cells = row.count;
			counted->bytes = row.count == 0 ? 0 : row.cells[row.count - 1].text.len;
		}
	}
	return event == ROWS_REFUSED ? -1 : 0;
}

static void
rows_of_changing_shape_survive_the_wire(void **state)
{
	static const char han[] = "\xE5\xAD\xA6";
	struct counted counted = { 0 };
	struct reader_limits limits;
	struct sink sink;
	struct err err;
	char text[90 * 3];
	uint64_t blank = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = han[i % 3];
	reader_limits_default(&limits);
	assert_int_equal(rows_init(&counted.rows, -1, -1, &err), 0);
	assert_int_equal(sink_init(&sink, -1, &limits, &err), 0);
	sink.take = counted_take;
	sink.self = &counted;
	assert_int_equal(sink_document(&sink, FORMAT_CSV, ENCODING_UTF8, false, 1, &err), 0);
	assert_int_equal(sink_sheet(&sink, TEXT(""), false, &err), 0);
	for (uint32_t n = 1; n <= 20000; n++) {
		uint32_t cells = n * 7 % 50 + 1;

		assert_int_equal(sink_row(&sink, n, &err), 0);
		if (n % 2 == 0) {
			for (uint32_t i = 0; i < cells; i++)
				sink_cell(&sink, (enum cell_kind)(i % CELL_UNSAVED),
				    (struct text){ text, 3 * ((n + i) % 90) });
		} else {
			for (uint32_t i = 0; i < cells; i++) { /* the fast way */
				size_t len = 3 * ((n + i) % 90);

				memcpy(sink.text + sink.text_len, text, len);
				sink.text_len += len;
				sink.cells[sink.cell_count++] = CELL_PACK(i % CELL_UNSAVED, len);
			}
		}
		if (n % 1000 == 0) /* in the middle of a row */
			assert_int_equal(sink_note(&sink, NOTE_PRIVATE_CHARS, n, 1, TEXT("x"), &err), 0);
		blank += cells == 1 && n % 90 == 0;
		assert_int_equal(sink_row_end(&sink, &err), 0);
	}
	assert_int_equal(sink_sheet_end(&sink, &err), 0);
	assert_int_equal(sink_end(&sink, &err), 0);
	assert_false(counted.broken);
	assert_true(counted.rows.end_seen);
	assert_int_equal(counted.rows_seen + blank, 20000);
	sink_fini(&sink);
	rows_fini(&counted.rows);
}

static void
rows_too_large_are_cut_and_say_so(void **state)
{
	static char big[FRAME_MAX];
	struct counted counted = { 0 };
	struct reader_limits limits;
	struct sink sink;
	struct err err;

	(void)state;
	memset(big, 'a', sizeof(big));
	reader_limits_default(&limits);
	assert_int_equal(rows_init(&counted.rows, -1, -1, &err), 0);
	assert_int_equal(sink_init(&sink, -1, &limits, &err), 0);
	sink.take = counted_take;
	sink.self = &counted;
	assert_int_equal(sink_document(&sink, FORMAT_CSV, ENCODING_UTF8, false, 1, &err), 0);
	assert_int_equal(sink_sheet(&sink, TEXT(""), false, &err), 0);

	/* a cell over the limit: cut before a character that would be split */
	big[limits.cell_bytes_max - 1] = (char)0xC3;
	big[limits.cell_bytes_max] = (char)0xA9;
	assert_int_equal(sink_row(&sink, 1, &err), 0);
	sink_cell(&sink, CELL_TEXT, (struct text){ big, limits.cell_bytes_max + 1 });
	assert_int_equal(sink_row_end(&sink, &err), 0);
	memset(big, 'a', sizeof(big));

	/* more cells than allowed */
	assert_int_equal(sink_row(&sink, 2, &err), 0);
	for (int i = 0; i < CELLS_MAX + 10; i++)
		sink_cell(&sink, CELL_TEXT, TEXT("a"));
	assert_int_equal(sink_row_end(&sink, &err), 0);

	/* three cells of 64 KiB do not fit; neither does such a row written past sink_cell() */
	assert_int_equal(sink_row(&sink, 3, &err), 0);
	for (int i = 0; i < 3; i++)
		sink_cell(&sink, CELL_TEXT, (struct text){ big, limits.cell_bytes_max });
	assert_int_equal(sink_row_end(&sink, &err), 0);
	assert_int_equal(sink_row(&sink, 4, &err), 0);
	memset(sink.text, 'a', SINK_TEXT_MAX);
	sink.text_len = SINK_TEXT_MAX;
	for (int i = 0; i < CELLS_MAX; i++)
		sink.cells[i] = CELL_PACK(CELL_TEXT, i == 0 ? 100 : i == 1 ? SINK_TEXT_MAX - 100 : 0);
	sink.cell_count = CELLS_MAX;
	assert_int_equal(sink_row_end(&sink, &err), 0);

	/* far to the right, and a row of nothing but empty cells that is cut nowhere */
	assert_int_equal(sink_row(&sink, 5, &err), 0);
	sink_cell_at(&sink, CELLS_MAX - 1, CELL_TEXT, TEXT("z"));
	sink_cell_at(&sink, CELLS_MAX, CELL_TEXT, TEXT("z"));
	sink_cell_at(&sink, 0, CELL_TEXT, TEXT("late"));
	assert_int_equal(sink_row_end(&sink, &err), 0);
	assert_int_equal(counted.rows_seen + sink.frame_rows, 5);
	assert_int_equal(sink_row(&sink, 6, &err), 0);
	sink_cell(&sink, CELL_TEXT, TEXT(""));
	assert_int_equal(sink_row_end(&sink, &err), 0);
	assert_int_equal(sink_sheet_end(&sink, &err), 0);
	assert_int_equal(counted.rows_seen, 5);
	assert_int_equal(counted.cut, 5);
	assert_int_equal(counted.cells, CELLS_MAX);
	assert_int_equal(counted.bytes, 1);
	sink_fini(&sink);
	rows_fini(&counted.rows);
}

static void
row_numbers_that_do_not_rise_refuse_the_file(void **state)
{
	struct stream stream = stream_new();
	struct reader_limits limits;
	struct sink sink;
	struct err err;

	(void)state;
	reader_limits_default(&limits);
	assert_int_equal(sink_init(&sink, -1, &limits, &err), 0);
	sink.take = stream_take;
	sink.self = &stream;
	assert_int_equal(sink_document(&sink, FORMAT_CSV, ENCODING_UTF8, false, 1, &err), 0);
	assert_int_equal(sink_sheet(&sink, TEXT(""), false, &err), 0);
	put(&sink, 2, "a", "b");
	assert_int_equal(sink_row(&sink, 2, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(sink.refusal, REFUSED_DAMAGED);
	sink_fini(&sink);
	free(stream.frames);
}

/* ---- lies ---- */

struct lie {
	const char *what;
	bool archive; /* in the archive's stream, where frame 1 is ENTRY, 2 BYTES, 3 ENTRY_END, 4
			 END */
	size_t frame;
	size_t at;      /* byte offset of the uint32_t changed */
	uint32_t value; /* to this */
	int longer;     /* bytes added to the frame's length, after the change */
};

#define HEAD sizeof(struct frame_head)
#define NO_CHANGE 0, FRAME_ROWS /* of a rows frame's type, which is that already */
#define ROW_AT(field) (HEAD + offsetof(struct frame_row, field))
#define CELL_AT (HEAD + sizeof(struct frame_row))
#define TEXT_AT (CELL_AT + 2 * sizeof(uint32_t))

static const struct lie lies[] = {
	{ "unknown type 0", false, SHEET, 0, 0, 0 },
	{ "unknown type 99", false, SHEET, 0, 99, 0 },
	{ "type of a frame without a body", false, SHEET, 0, FRAME_END, 0 },
	{ "document twice", false, SHEET, 0, FRAME_DOCUMENT, 0 },
	{ "document with more", false, DOCUMENT, HEAD, FORMAT_XLSX, 4 },
	{ "document with less", false, DOCUMENT, HEAD, FORMAT_XLSX, -4 },
	{ "format out of range", false, DOCUMENT, HEAD, FORMAT_COUNT, 0 },
	{ "encoding out of range", false, DOCUMENT, HEAD + 4, ENCODING_COUNT, 0 },
	{ "date1904 out of range", false, DOCUMENT, HEAD + 8, 2, 0 },
	{ "rows inside an archive", false, DOCUMENT, HEAD, FORMAT_ZIP, 0 },
	{ "count where there are no rows", false, SHEET, 4, 1, 0 },
	{ "sheet index jumps", false, SHEET, HEAD, 1, 0 },
	{ "sheet hidden twice over", false, SHEET, HEAD + 4, 2, 0 },
	{ "NUL in a sheet's name", false, SHEET, HEAD + 8, 0x61610061, 0 },
	{ "line end in a sheet's name", false, SHEET, HEAD + 8, 0x61610A61, 0 },
	{ "sheet's name is not UTF-8", false, SHEET, HEAD + 8, 0x61C3C361, 0 },
	{ "sheet cut short", false, SHEET, HEAD, 0, -10 },
	{ "no rows in a batch", false, ROWS, 4, 0, 0 },
	{ "fewer rows than there are", false, ROWS, 4, 2, 0 },
	{ "more rows than there are", false, ROWS, 4, 4, 0 },
	{ "many more rows", false, ROWS, 4, 0xFFFFFFFF, 0 },
	{ "row number 0", false, ROWS, ROW_AT(row_no), 0, 0 },
	{ "row numbers fall", false, ROWS, ROW_AT(row_no), 9, 0 },
	{ "row numbers stand still", false, ROWS, ROW_AT(row_no), 3, 0 },
	{ "cells past CELLS_MAX", false, ROWS, ROW_AT(cells), 0xFFFF, 0 },
	{ "one cell more", false, ROWS, ROW_AT(cells), 3, 0 },
	{ "one cell less", false, ROWS, ROW_AT(cells), 1, 0 },
	{ "unknown flags", false, ROWS, ROW_AT(cells), 2 | 0x80u << 16, 0 },
	{ "a known row where nothing is known", false, ROWS, ROW_AT(cells), FRAME_ROW_KNOWN << 16, 0 },
	{ "more bytes than cells", false, ROWS, ROW_AT(bytes), 9, 0 },
	{ "fewer bytes than cells", false, ROWS, ROW_AT(bytes), 7, 0 },
	{ "bytes past the frame", false, ROWS, ROW_AT(bytes), 0x7FFFFFFF, 0 },
	{ "bytes that overflow", false, ROWS, ROW_AT(bytes), 0xFFFFFFFF, 0 },
	{ "cell longer than its row", false, ROWS, CELL_AT, CELL_PACK(CELL_TEXT, 100), 0 },
	{ "cell as long as can be", false, ROWS, CELL_AT, CELL_PACK(CELL_TEXT, 0x0FFFFFFF), 0 },
	{ "cell of no kind", false, ROWS, CELL_AT, CELL_PACK(CELL_KINDS, 6), 0 },
	{ "cell without a result that has one", false, ROWS, CELL_AT, CELL_PACK(CELL_UNSAVED, 6), 0 },
	{ "cell begins inside a character", false, ROWS, CELL_AT, CELL_PACK(CELL_TEXT, 5), 0 },
	{ "text is not UTF-8", false, ROWS, TEXT_AT, 0xFFFFFFFF, 0 },
	{ "surrogate in UTF-8", false, ROWS, TEXT_AT, 0xE580A0ED, 0 },
	{ "rows cut short", false, ROWS, NO_CHANGE, -4 },
	{ "rows with more behind", false, ROWS, NO_CHANGE, 4 },
	{ "rows frame of a head only", false, ROWS, NO_CHANGE, -1000 },
	{ "note of no kind", false, NOTE, HEAD, 0, 0 },
	{ "note of an unknown kind", false, NOTE, HEAD, NOTE_KINDS, 0 },
	{ "note about a sheet to come", false, NOTE, HEAD + 4, 1, 0 },
	{ "note cut short", false, NOTE, HEAD, NOTE_PRIVATE_CHARS, -4 },
	{ "end of sheet with other count", false, SHEET_END, HEAD, 4, 0 },
	{ "end of sheet with a huge count", false, SHEET_END, HEAD + 4, 1, 0 },
	{ "end of sheet left out", false, SHEET_END, 0, FRAME_NOTE, 0 },
	{ "sheet 2 has the index of 1", false, SHEET2, HEAD, 0, 0 },
	{ "a sheet in a sheet", false, SHEET2_END, 0, FRAME_SHEET, 0 },
	{ "end with other sheets", false, END, HEAD, 3, 0 },
	{ "end with other rows", false, END, HEAD + 8, 2, 0 },
	{ "end too short", false, END, HEAD, 2, -8 },
	{ "frame after the end", false, STATUS, 0, FRAME_SHEET_END, 0 },
	{ "status too long", false, STATUS, HEAD, 0, 4 },
	{ "refusal for no reason", true, 3, 0, FRAME_REFUSE, 0 },
	{ "bytes outside an entry", true, 1, 0, FRAME_BYTES, 0 },
	{ "end outside an entry", true, 1, 0, FRAME_ENTRY_END, 0 },
	{ "an entry in an entry", true, 2, 0, FRAME_ENTRY, 0 },
	{ "an archive with a sheet", true, 1, 0, FRAME_SHEET, 0 },
	{ "an entry in a table", true, 0, HEAD, FORMAT_CSV, 0 },
	{ "entry ends for an unknown reason", true, 3, HEAD, REFUSED_COUNT, 0 },
	{ "NUL in an entry's name", true, 1, HEAD, 0x00617878, 0 },
	{ "the end inside an entry", true, 3, 0, FRAME_NOTE, 0 },
};

static void
every_lie_is_found(void **state)
{
	struct stream stream = stream_new();
	enum refusal reason;
	int missed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		const struct lie *lie = &lies[i];
		struct frame *frame = &stream.frames[lie->frame];

		if (lie->archive)
			stream_archive(&stream);
		else
			stream_good(&stream);
		memcpy(frame->at + lie->at, &lie->value, sizeof(lie->value));
		if (lie->longer < 0 && (size_t)-lie->longer > frame->len - HEAD)
			frame->len = HEAD;
		else
			frame->len = (size_t)((ptrdiff_t)frame->len + lie->longer);
		if (stream_read(&stream, &reason, NULL) == ROWS_REFUSED && reason == REFUSED_LIED)
			continue;
		print_error("not found out: %s (%s)\n", lie->what, refusal_name(reason));
		missed++;
	}
	assert_int_equal(missed, 0);
	free(stream.frames);
}

/* Leaving out or doubling any frame, or the file's end, is never taken for a whole file. */
static void
a_frame_missing_or_doubled_is_found(void **state)
{
	struct stream stream = stream_new(), other = stream_new();
	enum refusal reason;

	(void)state;
	stream_good(&stream);
	for (size_t at = 0; at < GOOD_FRAMES; at++) {
		other.count = 0;
		for (size_t i = 0; i < GOOD_FRAMES; i++) {
			if (i != at)
				stream_take(&other, stream.frames[i].at, stream.frames[i].len);
		}
		if (at == NOTE)
			assert_int_equal(stream_read(&other, &reason, NULL), ROWS_END);
		else if (at == STATUS)
			assert_true(stream_read(&other, &reason, NULL) != ROWS_END);
		else
			assert_int_equal(stream_read(&other, &reason, NULL), ROWS_REFUSED);
		other.count = 0;
		for (size_t i = 0; i < GOOD_FRAMES; i++) {
			stream_take(&other, stream.frames[i].at, stream.frames[i].len);
			if (i == at)
				stream_take(&other, stream.frames[i].at, stream.frames[i].len);
		}
		if (at != NOTE && at != STATUS)
			assert_int_equal(stream_read(&other, &reason, NULL), ROWS_REFUSED);
	}
	free(stream.frames);
	free(other.frames);
}

static void
how_the_reader_ended_decides(void **state)
{
	static const struct {
		int status;
		enum refusal reason;
	} ends[] = {
		{ 0, REFUSED_NO }, { 1 << 8, REFUSED_CRASHED }, { SANDBOX_EXIT_MEMORY << 8, REFUSED_LIMIT_MEMORY },
		{ 11, REFUSED_CRASHED },        /* SIGSEGV */
		{ 31 | 0x80, REFUSED_CRASHED }, /* SIGSYS, core dumped */
		{ 24, REFUSED_LIMIT_TIME },     /* SIGXCPU */
		{ 9, REFUSED_LIMIT_MEMORY },    /* SIGKILL */
	};
	struct stream stream = stream_new();
	enum refusal reason;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		stream_good(&stream);
		stream.count = STATUS;
		stream_status(&stream, ends[i].status);
		stream_read(&stream, &reason, NULL);
		assert_int_equal(reason, ends[i].reason);
		stream.count = SHEET_END; /* ended in the middle: whole never, not even with 0 */
		stream_status(&stream, ends[i].status);
		stream_read(&stream, &reason, NULL);
		assert_int_equal(reason, ends[i].reason == REFUSED_NO ? REFUSED_CRASHED : ends[i].reason);
	}
	free(stream.frames);
}

/* ---- several processes at one socket ---- */

static void
workers_take_rows_and_hand_on_the_rest(void **state)
{
	struct stream stream = stream_new();
	enum rows_event event;
	struct rows worker, owner;
	struct row row;
	struct err err;
	const void *frame;
	size_t len, seen = 0;
	int pair[2], stop[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(pipe(stop), 0);
	stream_good(&stream);
	for (size_t i = 0; i < stream.count; i++)
		assert_true(send(pair[1], stream.frames[i].at, stream.frames[i].len, 0) > 0);
	assert_int_equal(rows_init(&owner, pair[0], 1000, &err), 0);
	owner.shared = true;
	assert_int_equal(rows_receive(&owner, &event, &err), 1);
	assert_int_equal(event, ROWS_DOCUMENT);
	assert_int_equal(rows_receive(&owner, &event, &err), 1);
	assert_int_equal(event, ROWS_SHEET);
	assert_int_equal(rows_init(&worker, pair[0], -1, &err), 0);
	worker.worker = true;
	worker.stop_fd = stop[0];
	assert_int_equal(rows_receive(&worker, &event, &err), 1);
	assert_int_equal(event, ROWS_BATCH);
	while (rows_next(&worker, &row) > 0)
		seen++;
	assert_int_equal(seen, 3);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(rows_receive(&worker, &event, &err), 1);
		assert_int_equal(event, ROWS_OTHER);
		rows_raw(&worker, &frame, &len);
		if (rows_inject(&owner, frame, len, &event) > 0 && event == ROWS_SHEET_END && owner.sheet.index == 0)
			assert_int_equal(owner.sheet_rows, seen);
	}
	assert_int_equal(event, ROWS_END);
	assert_int_equal(owner.end.rows, seen);
	close(stop[1]);
	assert_int_equal(rows_receive(&worker, &event, &err), 0); /* told to stop */
	rows_fini(&worker);
	rows_fini(&owner);
	close(stop[0]);
	close(pair[0]);
	close(pair[1]);
	free(stream.frames);
}

static void
a_socket_that_closes_or_is_silent_refuses(void **state)
{
	enum rows_event event = ROWS_DOCUMENT;
	struct rows rows;
	struct err err;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(rows_init(&rows, pair[0], 50, &err), 0);
	assert_int_equal(rows_receive(&rows, &event, &err), 1);
	assert_int_equal(event, ROWS_REFUSED);
	assert_int_equal(rows.refused.reason, REFUSED_LIMIT_TIME);
	assert_int_equal(rows_receive(&rows, &event, &err), 0);
	rows_fini(&rows);
	assert_int_equal(rows_init(&rows, pair[0], 50, &err), 0);
	close(pair[1]);
	assert_int_equal(rows_receive(&rows, &event, &err), 1);
	assert_int_equal(rows.refused.reason, REFUSED_CRASHED);
	rows_fini(&rows);
	close(pair[0]);
}

/* A row of known.h comes by its number: one there is, and of the source whose file this is. */
static void
known_rows_are_those_of_their_owner(void **state)
{
	static const uint16_t owners[] = { 1, 2, 1 };
	static const struct {
		uint32_t number;
		uint16_t owner;
		bool is_good;
	} tries[] = { { 0, 1, true }, { 1, 1, false }, { 2, 1, true }, { 1, 2, true }, { 3, 1, false },
		{ 0xFFFFFFFF, 1, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		struct stream stream = stream_new();
		struct reader_limits limits;
		enum rows_event event;
		struct rows rows;
		struct row row;
		struct sink sink;
		struct err err;

		reader_limits_default(&limits);
		assert_int_equal(sink_init(&sink, -1, &limits, &err), 0);
		sink.take = stream_take;
		sink.self = &stream;
		assert_int_equal(sink_document(&sink, FORMAT_CSV, ENCODING_UTF8, false, 1, &err), 0);
		assert_int_equal(sink_sheet(&sink, TEXT(""), false, &err), 0);
		put(&sink, 1, "a", "b");
		assert_int_equal(sink_known(&sink, 5, tries[i].number, &err), 0);
		put(&sink, 6, "c", "d");
		assert_int_equal(sink_sheet_end(&sink, &err), 0);
		assert_int_equal(rows_init(&rows, -1, 0, &err), 0);
		rows.known_owners = owners;
		rows.known_count = ARRAY_LEN(owners);
		rows.owner = tries[i].owner;
		for (size_t frame = 0; frame <= ROWS; frame++)
			assert_int_equal(
			    rows_inject(&rows, stream.frames[frame].at, stream.frames[frame].len, &event), 1);
		assert_int_equal(event, ROWS_BATCH);
		assert_int_equal(rows_next(&rows, &row), 1);
		assert_int_equal(row.flags, 0);
		assert_int_equal(rows_next(&rows, &row), tries[i].is_good ? 1 : -1);
		if (tries[i].is_good) {
			assert_int_equal(row.flags, FRAME_ROW_KNOWN);
			assert_int_equal(row.row_no, 5);
			assert_int_equal(row.count, 0);
			assert_int_equal(row.known, tries[i].number);
			assert_int_equal(rows_next(&rows, &row), 1);
			assert_int_equal(row.count, 2);
		} else
			assert_int_equal(rows.refused.reason, REFUSED_LIED);
		rows_fini(&rows);
		sink_fini(&sink);
		free(stream.frames);
	}
}

/* Nobody writes the table once it is sealed; a row that was put twice is not guessed. */
static void
what_is_known_is_sealed(void **state)
{
	struct known known, mapped;
	struct err err;
	uint32_t number;

	(void)state;
	assert_int_equal(known_new(&known, 3000, &err), 0);
	for (uint64_t i = 0; i < 3000; i++)
		known_put(&known, known_hash(i, 5), (uint32_t)i);
	known_put(&known, known_hash(7, 5), 8000);
	assert_int_equal(known_seal(&known, &err), 0);
	assert_true(known.fd >= 0);
	assert_true(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, known.fd, 0) == MAP_FAILED);
	assert_int_equal(pwrite(known.fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(known.fd, 0), -1);
	known_map(&mapped, known.fd);
	assert_int_equal(mapped.size, known.size);
	for (uint64_t i = 0; i < 3001; i++) {
		bool there = known_find(&mapped, known_hash(i, 5), &number);

		assert_int_equal(there, i != 0 && i != 7 && i != 3000);
		assert_true(!there || number == i);
		assert_false(known_find(&mapped, known_hash(i, 6), &number));
	}
	known_free(&mapped);
	known_free(&known);
	known_map(&mapped, -1);
	assert_false(known_find(&mapped, 1, &number));
	known_free(&mapped);
}

static void
words_are_never_null(void **state)
{
	(void)state;
	for (int i = -1; i < 100; i++) {
		assert_non_null(document_format_name((enum document_format)i));
		assert_non_null(document_encoding_name((enum document_encoding)i));
		assert_non_null(refusal_name((enum refusal)i));
	}
	assert_string_equal(refusal_name(REFUSED_ENCRYPTED), "encrypted");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_out_as_they_went_in),
		cmocka_unit_test(rows_of_changing_shape_survive_the_wire),
		cmocka_unit_test(rows_too_large_are_cut_and_say_so),
		cmocka_unit_test(row_numbers_that_do_not_rise_refuse_the_file),
		cmocka_unit_test(every_lie_is_found),
		cmocka_unit_test(a_frame_missing_or_doubled_is_found),
		cmocka_unit_test(how_the_reader_ended_decides),
		cmocka_unit_test(workers_take_rows_and_hand_on_the_rest),
		cmocka_unit_test(a_socket_that_closes_or_is_silent_refuses),
		cmocka_unit_test(known_rows_are_those_of_their_owner),
		cmocka_unit_test(what_is_known_is_sealed),
		cmocka_unit_test(words_are_never_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
