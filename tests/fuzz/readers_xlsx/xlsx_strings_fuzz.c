/*
 * xlsx_strings_fuzz.c - the scanner and libxml2 give the same shared strings, or both refuse. The
 * first byte picks the size of the window and whether the rest is a whole part or what lies between
 * <sst> and </sst>.
 */
#include <stdlib.h>

#include "core/base/buffer.h"
#include "producers/readers/reader.h"
#include "producers/readers/xlsx_strings.h"
#include "tests/fuzz/readers_xlsx/part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
read_part(struct text bytes, size_t window, size_t piece, struct xlsx_strings *strings)
{
	struct bytes_part memory = { .bytes = bytes, .piece = piece };
	const struct xlsx_part part = { &memory, bytes_rewind, bytes_read };
	struct reader_limits limits;
	struct sink sink;
	struct err err;
	int result;

	reader_limits_default(&limits);
	if (sink_init(&sink, -1, &limits, &err) != 0)
		abort();
	*strings = (struct xlsx_strings){ 0 };
	result = xlsx_strings_read(strings, &part, window, &sink, &err);
	if (result != 0 && sink.refusal == REFUSED_NO)
		abort();
	sink_fini(&sink);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xlsx_strings scanned, parsed;
	struct buffer part;
	int result;

	if (size < 1)
		return 0;
	buffer_init(&part, SIZE_MAX / 4);
	if ((data[0] & 0x80) != 0)
		buffer_string(&part, "<sst>");
	buffer_add(&part, data + 1, size - 1);
	if ((data[0] & 0x80) != 0)
		buffer_string(&part, "</sst>");
	result = read_part(
	    buffer_as_text(&part), 64 + (data[0] & 0x3F) * 4, (data[0] & 0x40) != 0 ? 7 : SIZE_MAX, &scanned);
	if (result != read_part(buffer_as_text(&part), 0, SIZE_MAX, &parsed))
		abort();
	if (result == 0) {
		if (scanned.count != parsed.count)
			abort();
		for (size_t i = 0; i < scanned.count; i++) {
			if (!text_eq(xlsx_string(&scanned, i), xlsx_string(&parsed, i)))
				abort();
		}
	}
	xlsx_strings_fini(&scanned);
	xlsx_strings_fini(&parsed);
	buffer_fini(&part);
	return 0;
}
