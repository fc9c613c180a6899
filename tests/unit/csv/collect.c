/* collect.c - see collect.h. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/utf8.h"
#include "tests/unit/csv/collect.h"

/* Rows that were seen with a mark, as shown. */
struct seen {
	struct buffer text;
	struct {
		uint64_t mark;
		size_t at, len;
	} rows[2000];
	uint32_t count, known; /* ${known}: how many came by their number */
};

struct collect {
	struct buffer *out;
	struct seen *seen; /* NULL when nobody wants them */
	uint32_t last_row;
};

static void
must(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "frame: %s\n", what);
		abort();
	}
}

static void
put_cell(struct buffer *out, const char *at, size_t len)
{
	must(utf8_valid(at, len), "not UTF-8");
	buffer_char(out, '|');
	for (size_t i = 0; i < len; i++) {
		switch (at[i]) {
		case '|':
			buffer_string(out, "\\|");
			break;
		case '\\':
			buffer_string(out, "\\\\");
			break;
		case '\n':
			buffer_string(out, "\\n");
			break;
		case '\r':
			buffer_string(out, "\\r");
			break;
		default:
			buffer_char(out, at[i]);
		}
	}
}

static void
see(struct seen *seen, const struct frame_row *row, const char *shown, size_t len)
{
	uint64_t mark = (uint64_t)row->mark[1] << 32 | row->mark[0];

	if (mark == 0 || (row->flags & FRAME_ROW_KNOWN) != 0 || seen->count == ARRAY_LEN(seen->rows))
		return;
	must(row->flags == 0, "a row with a mark has no fault");
	seen->rows[seen->count].mark = mark;
	seen->rows[seen->count].at = seen->text.len;
	seen->rows[seen->count++].len = len;
	buffer_add(&seen->text, shown, len);
}

static void
take_rows(struct collect *collect, const uint8_t *at, size_t len, uint32_t count)
{
	struct frame_row row;
	uint32_t packed;
	size_t pos = 0, text, used, shown;

	for (uint32_t i = 0; i < count; i++) {
		must(len - pos >= sizeof(row), "row head");
		memcpy(&row, at + pos, sizeof(row));
		must(row.row_no > collect->last_row, "row numbers rise");
		collect->last_row = row.row_no;
		pos += sizeof(row);
		text = pos + row.cells * sizeof(packed);
		must(text + row.bytes <= len, "row size");
		buffer_format(collect->out, "%u%s%s", row.row_no, (row.flags & FRAME_ROW_CUT) != 0 ? " CUT" : "",
		    (row.flags & FRAME_ROW_BROKEN) != 0 ? " BROKEN" : "");
		shown = collect->out->len;
		if ((row.flags & FRAME_ROW_KNOWN) != 0) {
			must(collect->seen != NULL && row.mark[0] < collect->seen->count, "a row is known");
			must(row.flags == FRAME_ROW_KNOWN && row.cells == 0 && row.bytes == 0, "a known row is empty");
			buffer_add(collect->out, collect->seen->text.at + collect->seen->rows[row.mark[0]].at,
			    collect->seen->rows[row.mark[0]].len);
			collect->seen->known++;
		}
		used = 0;
		for (uint32_t cell = 0; cell < row.cells; cell++) {
			memcpy(&packed, at + pos + cell * sizeof(packed), sizeof(packed));
			must(CELL_KIND(packed) == CELL_TEXT, "kind");
			must(used + CELL_LEN(packed) <= row.bytes, "cell size");
			put_cell(collect->out, (const char *)at + text + used, CELL_LEN(packed));
			used += CELL_LEN(packed);
		}
		must(used == row.bytes, "cells fill the row");
		if (collect->seen != NULL)
			see(collect->seen, &row, collect->out->at + shown, collect->out->len - shown);
		buffer_char(collect->out, '\n');
		pos = (text + row.bytes + 3) & ~(size_t)3;
	}
	must(pos == len, "rows fill the frame");
}

static int
take(void *self, const void *frame, size_t len)
{
	static const char *const formats[FORMAT_COUNT] = { [FORMAT_CSV] = "csv", [FORMAT_TSV] = "tsv" };
	static const char *const encodings[ENCODING_COUNT] = { [ENCODING_UTF8] = "utf8",
		[ENCODING_UTF8_BOM] = "utf8-bom",
		[ENCODING_GB18030] = "gb18030",
		[ENCODING_UTF16LE] = "utf16le",
		[ENCODING_UTF16BE] = "utf16be" };
	struct collect *collect = self;
	const uint8_t *body = (const uint8_t *)frame + sizeof(struct frame_head);
	struct frame_head head;
	struct frame_document document;
	struct frame_note note;
	struct frame_end end;

	must(len >= sizeof(head) && len <= FRAME_MAX, "size of a frame");
	memcpy(&head, frame, sizeof(head));
	len -= sizeof(head);
	switch (head.type) {
	case FRAME_DOCUMENT:
		memcpy(&document, body, sizeof(document));
		buffer_format(collect->out, "%s %s\n", formats[document.format], encodings[document.encoding]);
		break;
	case FRAME_ROWS:
		take_rows(collect, body, len, head.count);
		break;
	case FRAME_NOTE:
		memcpy(&note, body, sizeof(note));
		buffer_format(collect->out, "note %u %u\n", note.kind, note.row);
		break;
	case FRAME_END:
		memcpy(&end, body, sizeof(end));
		buffer_format(collect->out, "end %u\n", (unsigned)end.rows);
		break;
	default:
		break;
	}
	return 0;
}

struct reader_limits
collect_limits(void)
{
	return (struct reader_limits){
		.rows_max = UINT32_MAX,
		.output_bytes_max = UINT64_MAX,
		.cells_max = CELLS_MAX,
		.cell_bytes_max = FRAME_MAX,
	};
}

#define SEED 4711

/* ${known}: what is known beforehand; NULL for nothing. ${seen}: NULL when no marks are wanted. */
static void
collect_with(int fd, size_t block, const struct reader_limits *limits, const struct known *known, struct seen *seen,
    struct buffer *out)
{
	uint8_t *head = malloc(READER_HEAD_BYTES);
	struct collect collect = { .out = out, .seen = seen };
	struct reader_input input;
	struct sink sink;
	struct stat stat;
	struct err err;
	ssize_t got;

	must(head != NULL && fstat(fd, &stat) == 0, "memory");
	got = pread(fd, head, READER_HEAD_BYTES, 0);
	must(got >= 0, "read");
	input = (struct reader_input){ fd, (uint64_t)stat.st_size, head, (size_t)got };
	must(sink_init(&sink, -1, limits, &err) == 0, "sink");
	sink.take = take;
	sink.self = &collect;
	sink.marks = seen != NULL;
	if (known != NULL) {
		sink.known = *known;
		sink.known_seed = SEED;
	}
	if (csv_read(&input, block, &sink, &err) != 0) {
		must(err.kind == ERR_INPUT, err.what);
		buffer_format(out, "refused %d\n", (int)sink.refusal);
	}
	sink_fini(&sink);
	free(head);
}

void
collect_csv_file(int fd, size_t block, const struct reader_limits *limits, struct buffer *out)
{
	collect_with(fd, block, limits, NULL, NULL, out);
}

uint32_t
collect_csv_known(const void *bytes, size_t len, size_t block, const struct reader_limits *limits, struct buffer *out)
{
	int fd = memfd_create("csv", MFD_CLOEXEC);
	struct seen *seen = calloc(1, sizeof(*seen));
	struct buffer first;
	struct known known;
	struct err err;
	uint32_t count;

	must(fd >= 0 && seen != NULL && file_write(fd, bytes, len, &err) == 0, "file");
	buffer_init(&first, SIZE_MAX / 4);
	buffer_init(&seen->text, SIZE_MAX / 4);
	collect_with(fd, 0, limits, NULL, seen, &first);
	must(known_new(&known, seen->count, &err) == 0, "table");
	/* every third row is not known, so that both ways alternate */
	for (uint32_t i = 0; i < seen->count; i++) {
		if (i % 3 != 2)
			known_put(&known, known_hash(seen->rows[i].mark, SEED), i);
	}
	must(known_seal(&known, &err) == 0, "seal");
	collect_with(fd, block, limits, &known, seen, out);
	must(buffer_as_text(out).len == first.len && memcmp(out->at, first.at, first.len) == 0,
	    "known rows are the same rows");
	count = seen->known;
	known_free(&known);
	buffer_fini(&first);
	buffer_fini(&seen->text);
	free(seen);
	close(fd);
	return count;
}

void
collect_csv(const void *bytes, size_t len, size_t block, const struct reader_limits *limits, struct buffer *out)
{
	int fd = memfd_create("csv", MFD_CLOEXEC);
	struct err err;

	must(fd >= 0 && file_write(fd, bytes, len, &err) == 0, "file");
	collect_csv_file(fd, block, limits, out);
	close(fd);
}
