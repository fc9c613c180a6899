/* cells.c - see cells.h. */
#include "tests/golden/readers_markup/cells.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"

struct printer {
	struct buffer *lines;
	struct buffer sheet;
	int64_t rows;
};

/* A frame as it would go through the socket, checked as it is taken apart. */
static int
take(void *self, const void *frame, size_t len)
{
	struct printer *printer = self;
	const uint8_t *at = frame, *end = at + len;
	struct frame_head head;

	assert(len >= sizeof(head) && len <= FRAME_MAX);
	memcpy(&head, at, sizeof(head));
	at += sizeof(head);
	if (head.type == FRAME_SHEET) {
		struct frame_sheet sheet;

		memcpy(&sheet, at, sizeof(sheet));
		at += sizeof(sheet);
		buffer_clear(&printer->sheet);
		buffer_add(&printer->sheet, at, (size_t)(end - at));
		if (printer->lines && sheet.hidden) {
			buffer_string(printer->lines, "{\"hidden\":");
			buffer_json_string(printer->lines, buffer_as_text(&printer->sheet));
			buffer_string(printer->lines, "}\n");
		}
	} else if (head.type == FRAME_NOTE && printer->lines) {
		struct frame_note note;

		memcpy(&note, at, sizeof(note));
		buffer_format(
		    printer->lines, "{\"note\":%u,\"row\":%u,\"column\":%u}\n", note.kind, note.row, note.column);
	}
	if (head.type != FRAME_ROWS)
		return 0;
	for (uint32_t i = 0; i < head.count; i++) {
		struct frame_row row;
		const uint8_t *packed = at + sizeof(row), *text;
		bool plain = true;

		memcpy(&row, at, sizeof(row));
		text = packed + row.cells * sizeof(uint32_t);
		at = text + row.bytes;
		at += (4 - (size_t)(at - (const uint8_t *)frame) % 4) % 4;
		assert(at <= end);
		printer->rows++;
		if (!printer->lines)
			continue;
		buffer_string(printer->lines, "{\"sheet\":");
		buffer_json_string(printer->lines, buffer_as_text(&printer->sheet));
		buffer_format(printer->lines, ",\"row\":%u,\"cells\":[", row.row_no);
		for (uint32_t j = 0; j < row.cells; j++) {
			uint32_t cell;

			memcpy(&cell, packed + j * sizeof(cell), sizeof(cell));
			assert(utf8_valid(text, CELL_LEN(cell)) && text + CELL_LEN(cell) <= end);
			buffer_string(printer->lines, j > 0 ? "," : "");
			buffer_json_string(printer->lines, (struct text){ (const char *)text, CELL_LEN(cell) });
			text += CELL_LEN(cell);
			plain = plain && CELL_KIND(cell) == CELL_TEXT;
		}
		buffer_string(printer->lines, "]");
		if (!plain) {
			buffer_string(printer->lines, ",\"kinds\":\"");
			for (uint32_t j = 0; j < row.cells; j++) {
				uint32_t cell;

				memcpy(&cell, packed + j * sizeof(cell), sizeof(cell));
				buffer_char(printer->lines, "tndbeu"[CELL_KIND(cell)]);
			}
			buffer_string(printer->lines, "\"");
		}
		if (row.flags)
			buffer_format(printer->lines, ",\"flags\":%u", row.flags);
		buffer_string(printer->lines, "}\n");
	}
	return 0;
}

static const struct reader_limits limits = {
	.rows_max = 100000000,
	.output_bytes_max = (uint64_t)64 << 30,
	.memory_bytes_max = (uint64_t)512 << 20,
	.cells_max = CELLS_MAX,
	.cell_bytes_max = CELL_BYTES_MAX,
};

static enum refusal
read_into(int fd, const struct reader_ops *reader, struct printer *printer)
{
	static const struct reader_ops *const readers[] = {
		&reader_html,
		&reader_spreadsheetml,
		&reader_xml,
	};
	struct reader_input input = { .fd = fd };
	struct sink sink;
	struct err err = { 0 };
	struct stat stat;
	uint8_t *head = malloc(READER_HEAD_BYTES);
	int best = 0, status;
	ssize_t got;

	assert(head && fstat(fd, &stat) == 0);
	input.size = (uint64_t)stat.st_size;
	got = pread(fd, head, READER_HEAD_BYTES, 0);
	assert(got >= 0);
	input.head = head;
	input.head_len = (size_t)got;
	for (size_t i = 0; !reader && i < ARRAY_LEN(readers); i++) {
		if (readers[i]->score(&input) > best)
			best = readers[i]->score(&input);
	}
	for (size_t i = 0; !reader && best > 0 && i < ARRAY_LEN(readers); i++) {
		if (readers[i]->score(&input) == best)
			reader = readers[i];
	}
	status = sink_init(&sink, -1, &limits, &err);
	assert(status == 0);
	sink.take = take;
	sink.self = printer;
	if (!reader)
		status = sink_refuse(&sink, REFUSED_NOT_A_TABLE, &err, "not markup");
	else
		status = reader->read(&input, &sink, &err);
	assert(status == 0 || err.kind != ERR_NONE);
	assert(status == 0 || sink.refusal != REFUSED_NO || err.kind == ERR_STOP);
	if (status != 0 && sink.refusal == REFUSED_NO)
		sink.refusal = REFUSED_LIMIT_MEMORY;
	sink_fini(&sink);
	free(head);
	return status == 0 ? REFUSED_NO : sink.refusal;
}

static const char *
word(enum refusal refusal)
{
	switch (refusal) {
	case REFUSED_EMPTY:
		return "empty";
	case REFUSED_NOT_A_TABLE:
		return "not a table";
	case REFUSED_ENCODING:
		return "encoding";
	case REFUSED_DOCTYPE:
		return "doctype";
	case REFUSED_TRUNCATED:
		return "truncated";
	case REFUSED_DAMAGED:
		return "damaged";
	case REFUSED_LIMIT_BYTES:
		return "limit bytes";
	case REFUSED_LIMIT_MEMORY:
		return "limit memory";
	default:
		return "other";
	}
}

enum refusal
cells_read(int fd, const struct reader_ops *reader, struct buffer *lines)
{
	struct printer printer = { .lines = lines };
	enum refusal refusal;

	buffer_clear(lines);
	buffer_init(&printer.sheet, FRAME_MAX);
	refusal = read_into(fd, reader, &printer);
	if (refusal != REFUSED_NO)
		buffer_format(lines, "{\"refused\":\"%s\"}\n", word(refusal));
	buffer_fini(&printer.sheet);
	return refusal;
}

enum refusal
cells_of(const void *bytes, size_t len, struct buffer *lines)
{
	int fd = memfd_create("cells", MFD_CLOEXEC);
	struct err err;
	enum refusal refusal;
	int status = file_write(fd, bytes, len, &err);

	assert(status == 0);
	refusal = cells_read(fd, NULL, lines);
	close(fd);
	return refusal;
}

int64_t
cells_count(int fd)
{
	struct printer printer = { 0 };
	enum refusal refusal;

	buffer_init(&printer.sheet, FRAME_MAX);
	refusal = read_into(fd, NULL, &printer);
	buffer_fini(&printer.sheet);
	return refusal == REFUSED_NO ? printer.rows : -1;
}
