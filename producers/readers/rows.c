/*
 * rows.c - see rows.h. The other end may have been taken over by the file it reads, so nothing it
 * says is used before it was checked: a frame's length against its type, the order of frames
 * (frame.h), every number that is an index or an enum, every text for UTF-8, a row's lengths
 * against the frame, and the numbers of rows and sheets against what came. What the frames mean is
 * kept apart from where they come from: rows_accept() looks at the frame in hand, rows_receive()
 * and rows_inject() put one there.
 */
#include "producers/readers/rows.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "producers/readers/sandbox.h"

#define DETAIL_MAX ((size_t)4096)

_Static_assert(sizeof(((struct rows *)NULL)->name) >= DETAIL_MAX, "a sheet's name fits");

int
rows_init(struct rows *rows, int fd, int wait_ms, struct err *err)
{
	*rows = (struct rows){
		.fd = fd,
		.wait_ms = wait_ms,
		.stop_fd = -1,
		.frame = malloc(FRAME_MAX),
		.cells = malloc(CELLS_MAX * sizeof(struct cell)),
	};
	if (rows->frame == NULL || rows->cells == NULL) {
		rows_fini(rows);
		return err_set(err, ERR_STOP, "no memory for a frame");
	}
	return 0;
}

void
rows_fini(struct rows *rows)
{
	free(rows->frame);
	free(rows->cells);
	rows->frame = NULL;
	rows->cells = NULL;
}

/* Our own refusal: nothing more is read. */
static void
rows_refuse(struct rows *rows, enum refusal reason, const char *detail)
{
	snprintf(rows->say, sizeof(rows->say), "%s", detail);
	rows->refused = (struct frame_refuse){ .reason = reason };
	rows->detail = text_from(rows->say);
	rows->left = 0;
	rows->ended = true;
	rows->refuse_pending = true;
}

static int
rows_lied(struct rows *rows, const char *detail)
{
	rows_refuse(rows, REFUSED_LIED, detail);
	return -1;
}

int
rows_next(struct rows *rows, struct row *row)
{
	struct frame_row head;
	const uint8_t *packed;
	const char *at;
	size_t room = rows->frame_len - rows->pos, len;

	if (rows->left == 0)
		return 0;
	if (room < sizeof(head))
		return rows_lied(rows, "fewer rows than said");
	memcpy(&head, rows->frame + rows->pos, sizeof(head));
	if (head.cells > CELLS_MAX || head.bytes > FRAME_MAX
	    || (head.flags & ~(FRAME_ROW_CUT | FRAME_ROW_BROKEN | FRAME_ROW_KNOWN)) != 0)
		return rows_lied(rows, "a row's head is wrong");
	if ((head.flags & FRAME_ROW_KNOWN) != 0
	    && (head.flags != FRAME_ROW_KNOWN || head.cells != 0 || head.bytes != 0 || head.mark[0] >= rows->known_count
		|| head.mark[1] != 0 || rows->known_owners[head.mark[0]] != rows->owner))
		return rows_lied(rows, "a row is said to be known that cannot be");
	len = sizeof(head) + head.cells * sizeof(uint32_t) + head.bytes;
	len = (len + 3) & ~(size_t)3;
	if (len > room)
		return rows_lied(rows, "a row is longer than its frame");
	if (head.row_no <= rows->last_row_no)
		return rows_lied(rows, "row numbers do not rise");
	packed = rows->frame + rows->pos + sizeof(head);
	at = (const char *)packed + head.cells * sizeof(uint32_t);
	if (!utf8_valid(at, head.bytes))
		return rows_lied(rows, "a row is not UTF-8");
	len = head.bytes;
	for (uint32_t i = 0; i < head.cells; i++) {
		uint32_t cell;

		memcpy(&cell, packed + i * sizeof(cell), sizeof(cell));
		if (CELL_LEN(cell) > len || CELL_KIND(cell) >= CELL_KINDS)
			return rows_lied(rows, "a cell is longer than its row or of no kind");
		if (CELL_KIND(cell) == CELL_UNSAVED && CELL_LEN(cell) > 0)
			return rows_lied(rows, "a cell without a result has one");
		/* Valid as a whole and cut only before first bytes: so each cell is valid. */
		if (CELL_LEN(cell) > 0 && ((unsigned char)*at & 0xC0) == 0x80)
			return rows_lied(rows, "a cell begins inside a character");
		rows->cells[i].text.at = at;
		rows->cells[i].text.len = CELL_LEN(cell);
		rows->cells[i].kind = (enum cell_kind)CELL_KIND(cell);
		at += CELL_LEN(cell);
		len -= CELL_LEN(cell);
	}
	if (len != 0)
		return rows_lied(rows, "a row has more text than its cells");
	rows->pos += (sizeof(head) + head.cells * sizeof(uint32_t) + head.bytes + 3) & ~(size_t)3;
	rows->left--;
	if (rows->left == 0 && rows->pos != rows->frame_len)
		return rows_lied(rows, "more bytes than rows");
	rows->last_row_no = head.row_no;
	rows->rows_seen++;
	rows->sheet_rows_seen++;
	*row = (struct row){
		.row_no = head.row_no,
		.flags = head.flags,
		.count = head.cells,
		.cells = rows->cells,
		.mark = (uint64_t)head.mark[1] << 32 | head.mark[0],
	};
	if ((head.flags & FRAME_ROW_KNOWN) != 0) {
		row->known = head.mark[0];
		row->mark = 0;
	}
	return 1;
}

/* A name or detail behind the fixed part of a frame: UTF-8 in one line. */
static bool
rows_text(const struct rows *rows, size_t from, struct text *text)
{
	*text = (struct text){ (const char *)rows->frame + from, rows->frame_len - from };
	if (text->len > DETAIL_MAX || !utf8_valid(text->at, text->len))
		return false;
	for (size_t i = 0; i < text->len; i++) {
		if ((unsigned char)text->at[i] < 0x20 || text->at[i] == 0x7F)
			return false;
	}
	return true;
}

/* The fixed part of a frame; false when it is not all there or, unless ${more}, something follows.
 */
static bool
rows_body(const struct rows *rows, void *body, size_t len, bool more)
{
	size_t have = rows->frame_len - sizeof(struct frame_head);

	if (have < len || (!more && have != len))
		return false;
	memcpy(body, rows->frame + sizeof(struct frame_head), len);
	return true;
}

static bool
format_is_archive(uint32_t format)
{
	return format == FORMAT_ZIP || format == FORMAT_GZIP;
}

static int
rows_document(struct rows *rows)
{
	struct frame_document document;

	if (!rows_body(rows, &document, sizeof(document), false) || rows->have_document
	    || document.format >= FORMAT_COUNT || document.encoding >= ENCODING_COUNT || document.date1904 > 1)
		return rows_lied(rows, "the document's frame is wrong");
	rows->document = document;
	rows->have_document = true;
	return ROWS_DOCUMENT;
}

static int
rows_sheet(struct rows *rows)
{
	struct frame_sheet sheet;

	if (!rows_body(rows, &sheet, sizeof(sheet), true) || !rows->have_document
	    || format_is_archive(rows->document.format) || rows->in_sheet || sheet.index != rows->sheets_seen
	    || sheet.hidden > 1 || !rows_text(rows, sizeof(struct frame_head) + sizeof(sheet), &rows->sheet_name))
		return rows_lied(rows, "a sheet's frame is wrong");
	memcpy(rows->name, rows->sheet_name.at, rows->sheet_name.len);
	rows->sheet_name.at = rows->name;
	rows->sheet = sheet;
	rows->sheets_seen++;
	rows->in_sheet = true;
	rows->sheet_rows_seen = 0;
	rows->last_row_no = 0;
	return ROWS_SHEET;
}

static int
rows_batch(struct rows *rows, uint32_t count)
{
	if (rows->worker)
		rows->last_row_no = 0;
	else if (!rows->in_sheet)
		return rows_lied(rows, "rows outside a sheet");
	else if (rows->shared)
		rows->last_row_no = 0;
	if (count == 0)
		return rows_lied(rows, "a batch without rows");
	rows->left = count;
	rows->pos = sizeof(struct frame_head);
	return ROWS_BATCH;
}

static int
rows_sheet_end(struct rows *rows)
{
	struct frame_sheet_end end;

	if (!rows_body(rows, &end, sizeof(end), false) || !rows->in_sheet
	    || (!rows->shared && end.rows != rows->sheet_rows_seen))
		return rows_lied(rows, "the end of a sheet is wrong");
	rows->sheet_rows = end.rows;
	rows->in_sheet = false;
	return ROWS_SHEET_END;
}

static int
rows_note(struct rows *rows)
{
	struct frame_note note;

	if (!rows_body(rows, &note, sizeof(note), true) || !rows->have_document || note.kind == 0
	    || note.kind >= NOTE_KINDS || (note.sheet != 0 && note.sheet >= rows->sheets_seen)
	    || !rows_text(rows, sizeof(struct frame_head) + sizeof(note), &rows->detail))
		return rows_lied(rows, "a note is wrong");
	rows->note = note;
	return ROWS_NOTE;
}

static int
rows_entry(struct rows *rows, uint32_t type)
{
	const size_t head = sizeof(struct frame_head);
	struct frame_refuse end;

	if (!rows->have_document || !format_is_archive(rows->document.format) || rows->in_entry != (type != FRAME_ENTRY))
		return rows_lied(rows, "an entry outside an archive");
	if (type == FRAME_ENTRY) {
		if (!rows_text(rows, head, &rows->detail))
			return rows_lied(rows, "an entry's name is wrong");
		rows->in_entry = true;
		return ROWS_ENTRY;
	}
	if (type == FRAME_BYTES) {
		rows->detail = (struct text){ (const char *)rows->frame + head, rows->frame_len - head };
		return ROWS_BYTES;
	}
	if (!rows_body(rows, &end, sizeof(end), false) || end.reason >= REFUSED_COUNT)
		return rows_lied(rows, "the end of an entry is wrong");
	rows->refused = end;
	rows->in_entry = false;
	return ROWS_ENTRY_END;
}

static int
rows_end(struct rows *rows)
{
	struct frame_end end;

	if (!rows_body(rows, &end, sizeof(end), false) || !rows->have_document || rows->in_sheet || rows->in_entry
	    || end.sheets != rows->sheets_seen || (!rows->shared && end.rows != rows->rows_seen))
		return rows_lied(rows, "the end does not agree with what came");
	rows->end = end;
	rows->end_seen = true;
	return 0; /* the file counts only if the reader also ends well: STATUS says so */
}

static int
rows_refusal(struct rows *rows)
{
	struct frame_refuse refuse;

	if (!rows_body(rows, &refuse, sizeof(refuse), true) || refuse.reason == REFUSED_NO
	    || refuse.reason >= REFUSED_COUNT
	    || !rows_text(rows, sizeof(struct frame_head) + sizeof(refuse), &rows->detail))
		return rows_lied(rows, "a refusal is wrong");
	rows->refused = refuse;
	rows->ended = true;
	return ROWS_REFUSED;
}

/* How the reader's process ended decides, unless it refused the file itself. */
static int
rows_status(struct rows *rows)
{
	struct frame_status status;
	char say[48];
	int signal;

	if (!rows_body(rows, &status, sizeof(status), false))
		return rows_lied(rows, "the status is wrong");
	if (WIFEXITED(status.wait_status)) {
		if (WEXITSTATUS(status.wait_status) == 0 && rows->end_seen) {
			rows->ended = true;
			return ROWS_END;
		}
		if (WEXITSTATUS(status.wait_status) == SANDBOX_EXIT_MEMORY)
			rows_refuse(rows, REFUSED_LIMIT_MEMORY, "no memory was left to begin");
		else
			rows_refuse(rows, REFUSED_CRASHED, "the reader ended before the file did");
		return -1;
	}
	signal = WIFSIGNALED(status.wait_status) ? WTERMSIG(status.wait_status) : 0;
	snprintf(say, sizeof(say), "the reader ended by signal %d", signal);
	/* SIGKILL: by the kernel when the machine is short of memory. */
	rows_refuse(rows,
	    signal == SIGXCPU       ? REFUSED_LIMIT_TIME
		: signal == SIGKILL ? REFUSED_LIMIT_MEMORY
				    : REFUSED_CRASHED,
	    say);
	return -1;
}

/* Check the frame in hand: an enum rows_event, 0 when there is nothing to say, -1 when refused. */
static int
rows_accept(struct rows *rows)
{
	struct frame_head head;

	rows->left = 0;
	if (rows->frame_len < sizeof(head) || rows->frame_len > FRAME_MAX)
		return rows_lied(rows, "a frame of impossible size");
	memcpy(&head, rows->frame, sizeof(head));
	if (rows->worker && head.type != FRAME_ROWS)
		return ROWS_OTHER;
	if (head.type != FRAME_ROWS && head.count != 0)
		return rows_lied(rows, "a count where there are no rows");
	if (rows->end_seen && head.type != FRAME_STATUS)
		return rows_lied(rows, "a frame after the end");
	switch (head.type) {
	case FRAME_DOCUMENT:
		return rows_document(rows);
	case FRAME_SHEET:
		return rows_sheet(rows);
	case FRAME_ROWS:
		return rows_batch(rows, head.count);
	case FRAME_SHEET_END:
		return rows_sheet_end(rows);
	case FRAME_NOTE:
		return rows_note(rows);
	case FRAME_ENTRY:
	case FRAME_BYTES:
	case FRAME_ENTRY_END:
		return rows_entry(rows, head.type);
	case FRAME_END:
		return rows_end(rows);
	case FRAME_REFUSE:
		return rows_refusal(rows);
	case FRAME_STATUS:
		return rows_status(rows);
	default:
		return rows_lied(rows, "a frame of an unknown type");
	}
}

/* Rows left in the frame are checked and counted before it is replaced. */
static void
rows_drain(struct rows *rows)
{
	struct row row;

	while (rows_next(rows, &row) > 0)
		;
}

/* What rows_accept() found, as rows_receive() gives it: 1, or 0 for "nothing to say". */
static int
rows_said(struct rows *rows, int found, enum rows_event *event)
{
	if (found == 0)
		return 0;
	rows->refuse_pending = false;
	*event = found < 0 ? ROWS_REFUSED : (enum rows_event)found;
	return 1;
}

/* Put the next frame in hand: 1; 0 when told to stop; -1 with the refusal decided. */
static int
rows_fetch(struct rows *rows)
{
	struct pollfd polled[2] = {
		{ .fd = rows->fd, .events = POLLIN },
		{ .fd = rows->stop_fd, .events = POLLIN },
	};
	ssize_t got;
	int ready;

	for (;;) {
		got = recv(rows->fd, rows->frame, FRAME_MAX, MSG_DONTWAIT | MSG_TRUNC);
		if (got > 0) {
			rows->frame_len = (size_t)got;
			return 1;
		}
		/* An empty packet is no frame either, so it may pass for the end. */
		if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
			rows_refuse(rows, REFUSED_CRASHED, "the reader's socket was closed");
			return -1;
		}
		if (errno == EINTR)
			continue;
		ready = poll(polled, 2, rows->wait_ms);
		if (ready == 0) {
			rows_refuse(rows, REFUSED_LIMIT_TIME, "the reader said nothing for too long");
			return -1;
		}
		if (ready > 0 && polled[0].revents == 0 && polled[1].revents != 0)
			return 0;
	}
}

int
rows_receive(struct rows *rows, enum rows_event *event, struct err *err)
{
	int found;

	if (rows->fd < 0)
		return err_set(err, ERR_STOP, "there is no reader to receive from");
	rows_drain(rows);
	for (;;) {
		if (rows->refuse_pending)
			return rows_said(rows, -1, event);
		if (rows->ended)
			return 0;
		found = rows_fetch(rows);
		if (found == 0)
			return 0;
		if (found > 0)
			found = rows_accept(rows);
		if (rows_said(rows, found, event) > 0)
			return 1;
	}
}

void
rows_raw(const struct rows *rows, const void **frame, size_t *len)
{
	*frame = rows->frame;
	*len = rows->frame_len;
}

int
rows_inject(struct rows *rows, const void *frame, size_t len, enum rows_event *event)
{
	rows_drain(rows);
	if (rows->refuse_pending)
		return rows_said(rows, -1, event);
	if (rows->ended)
		return 0;
	if (len > 0 && len <= FRAME_MAX)
		memcpy(rows->frame, frame, len);
	rows->frame_len = len;
	return rows_said(rows, rows_accept(rows), event);
}
