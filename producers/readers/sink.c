/*
 * sink.c - see sink.h.
 *
 * A frame is filled in place. The cells of the open row are collected in an array of their own,
 * because their number is known only at its end; its text is written straight to where it will
 * stand if the row has as many cells as the one before, which is so for nearly every row of a
 * table. sink_row_end() then copies the array in front of the text; only when the number differs
 * the text is moved as well. Behind FRAME_MAX there is room for one more row of the greatest size:
 * a row that does not fit any more is finished there, the frame leaves without it, and the row
 * becomes the first of the next frame. So sink_cell() never has to send, and never fails.
 */
#include "producers/readers/sink.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "producers/readers/sandbox.h"

#define NAME_MAX_BYTES ((size_t)4096) /* of a sheet, an entry or a detail */
#define CELLS_BYTES (CELLS_MAX * sizeof(uint32_t))
/* The last row may begin right before FRAME_MAX and hold CELLS_MAX guessed cells and FRAME_MAX of
 * text. */
#define BUFFER_BYTES (FRAME_MAX + sizeof(struct frame_row) + CELLS_BYTES + FRAME_MAX + SINK_TEXT_SLACK)

_Static_assert(SINK_TEXT_MAX <= FRAME_MAX - sizeof(struct frame_head) - sizeof(struct frame_row) - 4,
    "the text of a row with one cell fits a frame");

int
sink_init(struct sink *sink, int fd, const struct reader_limits *limits, struct err *err)
{
	*sink = (struct sink){
		.fd = fd,
		.limits = limits,
		.len = sizeof(struct frame_head),
		.frame = malloc(BUFFER_BYTES),
		.cells = malloc(CELLS_BYTES),
		.small = malloc(FRAME_MAX),
	};
	if (sink->frame == NULL || sink->cells == NULL || sink->small == NULL) {
		sink_fini(sink);
		return err_set(err, ERR_STOP, "no memory for a frame");
	}
	return 0;
}

void
sink_fini(struct sink *sink)
{
	free(sink->frame);
	free(sink->cells);
	free(sink->small);
	sink->frame = NULL;
	sink->cells = NULL;
	sink->small = NULL;
}

static int
sink_send(struct sink *sink, const void *frame, size_t len, struct err *err)
{
	ssize_t sent;

	sink->bytes += len;
	if (sink->bytes > sink->limits->output_bytes_max)
		return sink_refuse(sink, REFUSED_LIMIT_BYTES, err, "more output than allowed");
	if (sink->take != NULL) {
		if (sink->take(sink->self, frame, len) != 0)
			return err_set(err, ERR_STOP, "the frame was not taken");
		return 0;
	}
	do
		sent = send(sink->fd, frame, len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return err_errno(err, ERR_STOP, "cannot send a frame");
	return 0;
}

/* Send the rows gathered so far. */
static int
sink_flush(struct sink *sink, struct err *err)
{
	struct frame_head head = { .type = FRAME_ROWS, .count = sink->frame_rows };
	size_t len = sink->len;

	if (sink->frame_rows == 0)
		return 0;
	memcpy(sink->frame, &head, sizeof(head));
	sink->len = sizeof(head);
	sink->frame_rows = 0;
	return sink_send(sink, sink->frame, len, err);
}

/* Send a frame without rows: ${body}, then ${detail}; gathered rows first. A row may be open: it is
 * not touched. */
static int
sink_send_small(
    struct sink *sink, enum frame_type type, const void *body, size_t body_len, struct text detail, struct err *err)
{
	struct frame_head head = { .type = type };
	size_t len = sizeof(head);

	assert(detail.len <= FRAME_MAX - sizeof(head) - body_len);
	if (sink_flush(sink, err) != 0)
		return -1;
	memcpy(sink->small, &head, sizeof(head));
	if (body_len > 0)
		memcpy(sink->small + len, body, body_len);
	len += body_len;
	if (detail.len > 0)
		memcpy(sink->small + len, detail.at, detail.len);
	return sink_send(sink, sink->small, len + detail.len, err);
}

/* The longest beginning of ${text} of at most ${max} bytes that ends with a whole character. */
static struct text
text_cut(struct text text, size_t max)
{
	if (text.len <= max)
		return text;
	while (max > 0 && ((unsigned char)text.at[max] & 0xC0) == 0x80)
		max--;
	return (struct text){ text.at, max };
}

/* Wait until the other end says that we may go on; see sandbox_read(). */
static int
sink_wait(struct sink *sink, struct err *err)
{
	uint64_t seed = 0;
	ssize_t got;

	if (!sink->wait_for_go)
		return 0;
	do
		got = read(sink->fd, &seed, sizeof(seed));
	while (got < 0 && errno == EINTR);
	if (got != sizeof(seed))
		return err_set(err, ERR_STOP, "the other end has gone");
	sink->known_seed = seed;
	return 0;
}

int
sink_document(struct sink *sink, enum document_format format, enum document_encoding encoding, bool date1904,
    uint32_t sheets, struct err *err)
{
	struct frame_document document = { format, encoding, date1904, sheets };

	return sink_send_small(sink, FRAME_DOCUMENT, &document, sizeof(document), (struct text){ 0 }, err);
}

int
sink_sheet(struct sink *sink, struct text name, bool hidden, struct err *err)
{
	struct frame_sheet sheet = { .index = (uint32_t)sink->sheets, .hidden = hidden };

	assert(!sink->in_sheet);
	if (sink->sheets >= UINT16_MAX)
		return sink_refuse(sink, REFUSED_DAMAGED, err, "more sheets than any workbook has");
	sink->in_sheet = true;
	sink->sheet_index = sheet.index;
	sink->sheets++;
	sink->sheet_rows = 0;
	sink->last_row_no = 0;
	sink->waited = false;
	return sink_send_small(sink, FRAME_SHEET, &sheet, sizeof(sheet), text_cut(name, NAME_MAX_BYTES), err);
}

int
sink_row(struct sink *sink, uint32_t row_no, struct err *err)
{
	assert(sink->in_sheet && !sink->row_open);
	if (row_no <= sink->last_row_no) {
		sink_where(sink, sink->sheet_index + 1, row_no, 0);
		return sink_refuse(sink, REFUSED_DAMAGED, err, "row numbers do not rise");
	}
	sink->row_open = true;
	sink->row_no = row_no;
	sink->row_flags = 0;
	sink->mark = 0;
	sink->cell_count = 0;
	sink->text = sink->frame + sink->len + sizeof(struct frame_row) + sink->cell_guess * sizeof(uint32_t);
	sink->text_len = 0;
	return 0;
}

/* Bytes of a row inside a frame. */
static size_t
row_bytes(uint32_t cells, size_t text_len)
{
	return (sizeof(struct frame_row) + cells * sizeof(uint32_t) + text_len + 3) & ~(size_t)3;
}

void
sink_cell(struct sink *sink, enum cell_kind kind, struct text text)
{
	size_t len = text.len;

	if (sink->cell_count >= sink_cells_room(sink)) {
		if (len > 0)
			sink->row_flags |= FRAME_ROW_CUT;
		return;
	}
	if (len > sink->limits->cell_bytes_max) {
		sink->row_flags |= FRAME_ROW_CUT;
		len = text_cut(text, sink->limits->cell_bytes_max).len;
	}
	if (sizeof(struct frame_head) + row_bytes(sink->cell_count + 1, sink->text_len + len) > FRAME_MAX) {
		sink->row_flags |= FRAME_ROW_CUT;
		return;
	}
	if (len > 0)
		memcpy(sink->text + sink->text_len, text.at, len);
	sink->cells[sink->cell_count++] = CELL_PACK(kind, len);
	sink->text_len += len;
}

void
sink_cell_at(struct sink *sink, uint32_t column, enum cell_kind kind, struct text text)
{
	uint32_t room = sink_cells_room(sink);

	if (column < sink->cell_count || (text.len == 0 && kind != CELL_UNSAVED))
		return;
	if (column >= room) {
		sink->row_flags |= FRAME_ROW_CUT;
		return;
	}
	while (sink->cell_count < column)
		sink->cells[sink->cell_count++] = CELL_PACK(CELL_TEXT, 0);
	sink_cell(sink, kind, text);
}

void
sink_row_flag(struct sink *sink, uint16_t flag)
{
	sink->row_flags |= flag;
}

/* A row that was written past sink_cell() may be too large: give up cells from its right end. */
static void
row_cut(struct sink *sink)
{
	while (sizeof(struct frame_head) + row_bytes(sink->cell_count, sink->text_len) > FRAME_MAX) {
		sink->cell_count--;
		sink->text_len -= CELL_LEN(sink->cells[sink->cell_count]);
		sink->row_flags |= FRAME_ROW_CUT;
	}
}

/* Of a wide row, count what is blank; true when there has been too much of that. */
static bool
row_is_void(struct sink *sink)
{
	uint32_t blanks = 0;

	if (sink->cell_count <= SINK_WIDE)
		return false;
	for (uint32_t i = 0; i < sink->cell_count; i++)
		blanks += CELL_LEN(sink->cells[i]) == 0;
	sink->blanks += blanks;
	sink->texts += sink->cell_count - blanks;
	return sink->blanks > SINK_BLANKS_FREE && sink->blanks / SINK_BLANKS_RATIO > sink->texts;
}

int
sink_row_end(struct sink *sink, struct err *err)
{
	struct frame_row row;
	uint8_t *at;
	size_t size;

	assert(sink->row_open && sink->cell_count <= CELLS_MAX && sink->text_len <= FRAME_MAX);
	sink->row_open = false;
	row_cut(sink);
	while (sink->cell_count > 0 && CELL_LEN(sink->cells[sink->cell_count - 1]) == 0
	    && (sink->text_len == 0 || CELL_KIND(sink->cells[sink->cell_count - 1]) != CELL_UNSAVED))
		sink->cell_count--;
	if (sink->cell_count == 0 && sink->row_flags == 0)
		return 0;
	if (row_is_void(sink))
		return sink_refuse(sink, REFUSED_BOMB, err, "far more blank cells than cells with text");
	if (sink->rows >= sink->limits->rows_max)
		return sink_refuse(sink, REFUSED_LIMIT_ROWS, err, "more rows than allowed");
	size = row_bytes(sink->cell_count, sink->text_len);
	if (sink->len + size > FRAME_MAX && sink_flush(sink, err) != 0)
		return -1;
	at = sink->frame + sink->len;
	row = (struct frame_row){
		.row_no = sink->row_no,
		.cells = (uint16_t)sink->cell_count,
		.flags = sink->row_flags,
		.bytes = (uint32_t)sink->text_len,
		.mark = { (uint32_t)sink->mark, (uint32_t)(sink->mark >> 32) },
	};
	if (sink->text != at + sizeof(row) + sink->cell_count * sizeof(uint32_t))
		memmove(at + sizeof(row) + sink->cell_count * sizeof(uint32_t), sink->text, sink->text_len);
	memcpy(at, &row, sizeof(row));
	memcpy(at + sizeof(row), sink->cells, sink->cell_count * sizeof(uint32_t));
	memset(at + sizeof(row) + sink->cell_count * sizeof(uint32_t) + sink->text_len, 0,
	    size - (sizeof(row) + sink->cell_count * sizeof(uint32_t) + sink->text_len));
	sink->len += size;
	sink->frame_rows++;
	sink->rows++;
	sink->sheet_rows++;
	sink->last_row_no = sink->row_no;
	sink->cell_guess = sink->cell_count;
	if (sink->wait_for_go && !sink->waited && sink->sheet_rows >= SANDBOX_HEAD_ROWS) {
		sink->waited = true;
		if (sink_flush(sink, err) != 0 || sink_wait(sink, err) != 0)
			return -1;
	}
	return 0;
}

int
sink_known(struct sink *sink, uint32_t row_no, uint32_t number, struct err *err)
{
	struct frame_row row = { .row_no = row_no, .flags = FRAME_ROW_KNOWN, .mark = { number } };

	assert(sink->in_sheet && !sink->row_open && row_no > sink->last_row_no);
	if (sink->rows >= sink->limits->rows_max)
		return sink_refuse(sink, REFUSED_LIMIT_ROWS, err, "more rows than allowed");
	if (sink->len + sizeof(row) > FRAME_MAX && sink_flush(sink, err) != 0)
		return -1;
	memcpy(sink->frame + sink->len, &row, sizeof(row));
	sink->len += sizeof(row);
	sink->frame_rows++;
	sink->rows++;
	sink->sheet_rows++;
	sink->last_row_no = row_no;
	return 0;
}

int
sink_sheet_end(struct sink *sink, struct err *err)
{
	struct frame_sheet_end end = { .rows = sink->sheet_rows };

	assert(sink->in_sheet && !sink->row_open);
	sink->in_sheet = false;
	if (sink_send_small(sink, FRAME_SHEET_END, &end, sizeof(end), (struct text){ 0 }, err) != 0)
		return -1;
	return sink_wait(sink, err);
}

int
sink_note(struct sink *sink, enum note_kind kind, uint32_t row, uint32_t column, struct text detail, struct err *err)
{
	struct frame_note note = {
		.kind = kind,
		.sheet = sink->sheet_index,
		.row = row,
		.column = column,
	};

	return sink_send_small(sink, FRAME_NOTE, &note, sizeof(note), text_cut(detail, NAME_MAX_BYTES), err);
}

int
sink_end(struct sink *sink, struct err *err)
{
	struct frame_end end = { .sheets = sink->sheets, .rows = sink->rows };

	assert(!sink->in_sheet);
	return sink_send_small(sink, FRAME_END, &end, sizeof(end), (struct text){ 0 }, err);
}

int
sink_refuse(struct sink *sink, enum refusal reason, struct err *err, const char *format, ...)
{
	char what[sizeof(err->what)];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	sink->refusal = reason;
	return err_set(err, ERR_INPUT, "%s", what);
}

void
sink_where(struct sink *sink, uint32_t sheet, uint32_t row, uint32_t column)
{
	sink->where.sheet = sheet;
	sink->where.row = row;
	sink->where.column = column;
}

void
sink_send_refusal(struct sink *sink, const struct err *err)
{
	struct frame_head head = { .type = FRAME_REFUSE };
	struct frame_refuse refuse = sink->where;
	struct err ignored;
	size_t len = strnlen(err->what, sizeof(err->what));

	refuse.reason = sink->refusal;
	if (refuse.reason == REFUSED_NO && err->kind == ERR_INPUT)
		refuse.reason = REFUSED_DAMAGED;
	else if (refuse.reason == REFUSED_NO)
		refuse.reason = err->kind == ERR_RETRY ? REFUSED_UNREADABLE : REFUSED_LIMIT_MEMORY;
	/* Rows gathered but not sent are dropped with the file; the output limit no longer counts.
	 */
	sink->bytes = 0;
	memcpy(sink->small, &head, sizeof(head));
	memcpy(sink->small + sizeof(head), &refuse, sizeof(refuse));
	memcpy(sink->small + sizeof(head) + sizeof(refuse), err->what, len);
	if (sink_send(sink, sink->small, sizeof(head) + sizeof(refuse) + len, &ignored) != 0)
		return; /* nobody listens any more */
}

int
sink_entry(struct sink *sink, struct text name, struct err *err)
{
	if (name.len > NAME_MAX_BYTES)
		return sink_refuse(sink, REFUSED_UNSAFE_NAME, err, "an entry's name is too long");
	return sink_send_small(sink, FRAME_ENTRY, NULL, 0, name, err);
}

int
sink_bytes(struct sink *sink, const void *bytes, size_t len, struct err *err)
{
	const size_t part_max = FRAME_MAX - sizeof(struct frame_head);
	const char *at = bytes;

	while (len > 0) {
		struct text part = { at, len < part_max ? len : part_max };

		if (sink_send_small(sink, FRAME_BYTES, NULL, 0, part, err) != 0)
			return -1;
		at += part.len;
		len -= part.len;
	}
	return 0;
}

int
sink_entry_end(struct sink *sink, enum refusal reason, struct err *err)
{
	struct frame_refuse refuse = { .reason = reason };

	return sink_send_small(sink, FRAME_ENTRY_END, &refuse, sizeof(refuse), (struct text){ 0 }, err);
}
