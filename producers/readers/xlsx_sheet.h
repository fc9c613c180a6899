/*
 * xlsx_sheet.h - the rows of one worksheet part, into the sink.
 */
#ifndef YICI_PRODUCERS_READERS_XLSX_SHEET_H
#define YICI_PRODUCERS_READERS_XLSX_SHEET_H

#include "producers/readers/xlsx_strings.h"

/* For each cell style: whether it shows a number as a date or time. */
struct xlsx_styles {
	uint8_t *dates;
	size_t count;
};

/*
 * Read the part between sink_sheet() and sink_sheet_end(), which are the caller's: 0, or -1 after
 * sink_refuse() or a failure of the sink. ${window} is the size of the scanner's,
 * XLSX_WINDOW_BYTES; with 0 libxml2 reads alone. The rows are the same.
 */
MUST_CHECK int xlsx_sheet_read(const struct xlsx_part *part, const struct xlsx_strings *strings,
    const struct xlsx_styles *styles, size_t window, struct sink *sink, struct err *err);

#endif
