/*
 * reading.c - see reading.h.
 */
#include "tests/support/reading.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/file.h"

#define LINES_MAX ((size_t)1 << 30)

/* Frames of a sink in this process, on their way into a struct reading. */
struct taking {
	struct rows rows;
	struct reading *reading;
	uint64_t entry_bytes;
};

void
reading_init(struct reading *reading)
{
	*reading = (struct reading){ 0 };
	buffer_init(&reading->lines, LINES_MAX);
	buffer_init(&reading->notes, LINES_MAX);
	buffer_init(&reading->kinds, LINES_MAX);
	reader_limits_default(&reading->limits);
}

void
reading_fini(struct reading *reading)
{
	buffer_fini(&reading->lines);
	buffer_fini(&reading->notes);
	buffer_fini(&reading->kinds);
}

/* Everything but the limits as at the beginning. */
static void
reading_clear(struct reading *reading)
{
	struct buffer lines = reading->lines, notes = reading->notes, kinds = reading->kinds;
	struct reader_limits limits = reading->limits;

	buffer_clear(&lines);
	buffer_clear(&notes);
	buffer_clear(&kinds);
	*reading = (struct reading){ .lines = lines, .notes = notes, .kinds = kinds, .limits = limits };
}

static void
reading_batch(struct reading *reading, struct rows *rows)
{
	struct row row;

	while (rows_next(rows, &row) > 0) {
		buffer_string(&reading->lines, "{\"sheet\":");
		buffer_json_string(&reading->lines, rows->sheet_name);
		buffer_format(&reading->lines, ",\"row\":%" PRIu32 ",\"cells\":[", row.row_no);
		for (uint32_t i = 0; i < row.count; i++) {
			if (i > 0)
				buffer_char(&reading->lines, ',');
			buffer_json_string(&reading->lines, row.cells[i].text);
			buffer_char(&reading->kinds, "tndbeu"[row.cells[i].kind]);
		}
		buffer_char(&reading->kinds, '\n');
		buffer_string(&reading->lines, "]}\n");
		reading->rows++;
		reading->cells += row.count;
		reading->flagged += row.flags != 0;
	}
}

static void
reading_event(struct reading *reading, struct rows *rows, enum rows_event event, uint64_t *entry_bytes)
{
	switch (event) {
	case ROWS_DOCUMENT:
		reading->document = rows->document;
		break;
	case ROWS_SHEET:
		reading->sheets++;
		reading->hidden += rows->sheet.hidden;
		break;
	case ROWS_BATCH:
		reading_batch(reading, rows);
		break;
	case ROWS_NOTE:
		buffer_format(&reading->notes, "%" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %.*s\n", rows->note.kind,
		    rows->note.sheet, rows->note.row, rows->note.column, (int)rows->detail.len, rows->detail.at);
		break;
	case ROWS_ENTRY:
		*entry_bytes = 0;
		buffer_string(&reading->lines, "{\"entry\":");
		buffer_json_string(&reading->lines, rows->detail);
		break;
	case ROWS_BYTES:
		*entry_bytes += rows->detail.len;
		break;
	case ROWS_ENTRY_END:
		buffer_format(&reading->lines, ",\"bytes\":%" PRIu64 ",\"end\":\"%s\"}\n", *entry_bytes,
		    refusal_name((enum refusal)rows->refused.reason));
		break;
	case ROWS_REFUSED:
		reading->refused = (enum refusal)rows->refused.reason;
		reading->where = rows->refused;
		snprintf(reading->detail, sizeof(reading->detail), "%.*s", (int)rows->detail.len, rows->detail.at);
		break;
	case ROWS_SHEET_END:
	case ROWS_OTHER:
	case ROWS_END:
		break;
	}
}

static int
take(void *self, const void *frame, size_t len)
{
	struct taking *taking = self;
	enum rows_event event;

	if (rows_inject(&taking->rows, frame, len, &event) > 0) {
		reading_event(taking->reading, &taking->rows, event, &taking->entry_bytes);
		/* What rows_next() refused is said by the next call. */
		if (taking->rows.refuse_pending && rows_inject(&taking->rows, NULL, 0, &event) > 0)
			reading_event(taking->reading, &taking->rows, event, &taking->entry_bytes);
	}
	return taking->reading->refused == REFUSED_LIED ? -1 : 0;
}

static int
run_ops(const struct reader_ops *ops, int fd, struct sink *sink, struct err *err)
{
	struct reader_input input;
	int result;

	if (ops == NULL)
		return reader_run(fd, sink, err);
	if (reader_open(&input, fd, err) != 0)
		return -1;
	result = ops->read(&input, sink, err);
	if (result != 0)
		sink_send_refusal(sink, err);
	reader_close(&input);
	return result;
}

int
reading_fd(struct reading *reading, const struct reader_ops *ops, int fd, struct err *err)
{
	const struct {
		struct frame_head head;
		struct frame_status status;
	} good = { { .type = FRAME_STATUS }, { 0 } };
	struct taking taking = { .reading = reading };
	struct err read_err = { .kind = ERR_NONE };
	struct sink sink;

	reading_clear(reading);
	if (rows_init(&taking.rows, -1, -1, err) != 0)
		return -1;
	if (sink_init(&sink, -1, &reading->limits, err) != 0) {
		rows_fini(&taking.rows);
		return -1;
	}
	sink.take = take;
	sink.self = &taking;
	/* A refusal has come through take() as well. */
	if (run_ops(ops, fd, &sink, &read_err) == 0 || reading->refused == REFUSED_NO)
		take(&taking, &good, sizeof(good));
	sink_fini(&sink);
	rows_fini(&taking.rows);
	return 0;
}

int
reading_memory(const void *bytes, size_t len)
{
	struct err err;
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0 || file_write(fd, bytes, len, &err) != 0)
		abort();
	return fd;
}

int
reading_bytes(struct reading *reading, const struct reader_ops *ops, const void *bytes, size_t len, struct err *err)
{
	int fd = reading_memory(bytes, len);
	int result = reading_fd(reading, ops, fd, err);

	close(fd);
	return result;
}

int
reading_file(struct reading *reading, const struct reader_ops *ops, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	result = reading_fd(reading, ops, fd, err);
	close(fd);
	return result;
}

int
reading_socket(struct reading *reading, int socket, int wait_ms, struct err *err)
{
	uint64_t entry_bytes = 0;
	enum rows_event event;
	struct rows rows;
	int got;

	if (rows_init(&rows, socket, wait_ms, err) != 0)
		return -1;
	while ((got = rows_receive(&rows, &event, err)) > 0)
		reading_event(reading, &rows, event, &entry_bytes);
	rows_fini(&rows);
	return got;
}

int
reading_sandboxed(struct reading *reading, struct sandbox *sandbox, int fd, struct err *err)
{
	int socket = sandbox_read(sandbox, fd, &reading->limits, false, err);
	int result;

	reading_clear(reading);
	if (socket < 0)
		return -1;
	result = reading_socket(reading, socket, 60000, err);
	close(socket);
	return result;
}

bool
reading_equals_file(const struct reading *reading, const char *path)
{
	struct text have = buffer_as_text(&reading->lines), want;
	struct buffer file;
	struct err err;
	size_t same = 0, line;
	bool equal;

	buffer_init(&file, LINES_MAX);
	if (file_read_all(path, &file, &err) != 0) {
		fprintf(stderr, "%s: %s\n", path, err.what);
		buffer_fini(&file);
		return false;
	}
	want = buffer_as_text(&file);
	equal = text_eq(have, want);
	if (!equal) {
		while (same < have.len && same < want.len && have.at[same] == want.at[same])
			same++;
		for (line = same; line > 0 && want.at[line - 1] != '\n'; line--)
			;
		fprintf(stderr, "%s differs at byte %zu (refused: %s %s)\nwant %.*s\nhave %.*s\n", path, same,
		    refusal_name(reading->refused), reading->detail,
		    (int)(want.len - line < 300 ? want.len - line : 300), want.at + line,
		    have.len <= line ? 0 : (int)(have.len - line < 300 ? have.len - line : 300),
		    have.len <= line ? "" : have.at + line);
	}
	buffer_fini(&file);
	return equal;
}
