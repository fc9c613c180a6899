/*
 * xlsx_sheet_fuzz.c - the scanner and libxml2 give the same rows, cells and notes, or both refuse.
 * The first byte picks the size of the window and whether the rest is a whole part or what lies
 * between <sheetData> and </sheetData>.
 */
#include <stdlib.h>

#include "core/base/buffer.h"
#include "producers/readers/reader.h"
#include "producers/readers/xlsx_sheet.h"
#include "tests/fuzz/readers_xlsx/part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Rows and notes, however they were divided into frames. */
struct seen {
	struct buffer rows, notes;
};

static int
take(void *self, const void *frame, size_t len)
{
	struct seen *seen = self;
	const struct frame_head *head = frame;
	const char *body = (const char *)frame + sizeof(*head);

	if (head->type == FRAME_ROWS)
		buffer_add(&seen->rows, body, len - sizeof(*head));
	else if (head->type == FRAME_NOTE)
		buffer_add(&seen->notes, body, len - sizeof(*head));
	return 0;
}

/* Read the part: 0 when it was read whole. */
static int
read_part(struct text bytes, size_t window, size_t piece, struct seen *seen)
{
	static char string_bytes[] = "one<>_x0041_";
	static uint32_t string_ends[] = { 3, 3, 12 };
	static uint8_t dates[] = { 0, 1, 0, 1 };
	const struct xlsx_strings strings = { .bytes = string_bytes, .len = 12, .ends = string_ends, .count = 3 };
	const struct xlsx_styles styles = { dates, ARRAY_LEN(dates) };
	struct bytes_part memory = { .bytes = bytes, .piece = piece };
	const struct xlsx_part part = { &memory, bytes_rewind, bytes_read };
	struct reader_limits limits;
	struct sink sink;
	struct err err;
	int result;

	reader_limits_default(&limits);
	limits.cell_bytes_max = 1000;
	if (sink_init(&sink, -1, &limits, &err) != 0)
		abort();
	sink.take = take;
	sink.self = seen;
	buffer_init(&seen->rows, SIZE_MAX / 4);
	buffer_init(&seen->notes, SIZE_MAX / 4);
	if (sink_sheet(&sink, TEXT("S"), false, &err) != 0)
		abort();
	result = xlsx_sheet_read(&part, &strings, &styles, window, &sink, &err);
	if (result == 0 && sink_sheet_end(&sink, &err) != 0)
		abort();
	if (result != 0 && sink.refusal == REFUSED_NO)
		abort();
	sink_fini(&sink);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer part;
	struct seen scanned, parsed;
	size_t window;
	int result;

	if (size < 1)
		return 0;
	window = 64 + (data[0] & 0x3F) * 4;
	buffer_init(&part, SIZE_MAX / 4);
	if ((data[0] & 0x80) != 0)
		buffer_string(&part, "<worksheet><sheetData>");
	buffer_add(&part, data + 1, size - 1);
	if ((data[0] & 0x80) != 0)
		buffer_string(&part, "</sheetData><a:x/></worksheet>");
	result = read_part(buffer_as_text(&part), window, (data[0] & 0x40) != 0 ? 7 : SIZE_MAX, &scanned);
	if (result != read_part(buffer_as_text(&part), 0, SIZE_MAX, &parsed))
		abort();
	if (result == 0
	    && (!text_eq(buffer_as_text(&scanned.rows), buffer_as_text(&parsed.rows))
		|| !text_eq(buffer_as_text(&scanned.notes), buffer_as_text(&parsed.notes))))
		abort();
	buffer_fini(&part);
	buffer_fini(&scanned.rows);
	buffer_fini(&scanned.notes);
	buffer_fini(&parsed.rows);
	buffer_fini(&parsed.notes);
	return 0;
}
