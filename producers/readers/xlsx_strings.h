/*
 * xlsx_strings.h - the shared strings of a workbook: texts by number.
 *
 * Kept as one run of bytes and the end of each string in it, so 1.7 million short strings take
 * little more than their text. The runs of rich text are joined; phonetic hints (rPh) are left out;
 * escapes _xHHHH_ are undone.
 */
#ifndef YICI_PRODUCERS_READERS_XLSX_STRINGS_H
#define YICI_PRODUCERS_READERS_XLSX_STRINGS_H

#include "producers/readers/xlsx_part.h"

struct xlsx_strings {
	char *bytes;
	size_t len, size;
	uint32_t *ends;
	size_t count, room;
};

/*
 * Read the part into ${strings} (zeroed by the caller): 0, or -1 after sink_refuse(). ${window} is
 * the size of the scanner's, XLSX_WINDOW_BYTES; with 0 libxml2 reads alone. The strings are the
 * same.
 */
MUST_CHECK int xlsx_strings_read(
    struct xlsx_strings *strings, const struct xlsx_part *part, size_t window, struct sink *sink, struct err *err);
void xlsx_strings_fini(struct xlsx_strings *strings);

/* String ${index} below ${strings->count}. */
static inline struct text
xlsx_string(const struct xlsx_strings *strings, size_t index)
{
	size_t from = index == 0 ? 0 : strings->ends[index - 1];

	return (struct text){ strings->bytes + from, strings->ends[index] - from };
}

#endif
