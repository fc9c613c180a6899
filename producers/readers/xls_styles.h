/*
 * xls_styles.h - which cell styles of a workbook show a number as a date.
 *
 * A cell names an XF record by its number, an XF names a number format by its id, and a format is
 * one of those built in or a FORMAT record with a pattern. Add them as they come, then ask.
 */
#ifndef YICI_PRODUCERS_READERS_XLS_STYLES_H
#define YICI_PRODUCERS_READERS_XLS_STYLES_H

#include "core/base/text.h"

struct xls_styles {
	uint8_t formats[65536]; /* by id: as built in, a date, no date */
	uint16_t *xfs;          /* format id of each XF */
	size_t count, room;
};

void xls_styles_init(struct xls_styles *styles);
void xls_styles_fini(struct xls_styles *styles);

/* Format ${id} has this pattern. */
void xls_styles_format(struct xls_styles *styles, uint32_t id, struct text pattern);

/* The next XF shows format ${id}; -1 when memory is short. */
MUST_CHECK int xls_styles_xf(struct xls_styles *styles, uint32_t id);

/* Whether XF number ${xf} shows dates or times; false when there is no such XF. */
bool xls_styles_is_date(const struct xls_styles *styles, uint32_t xf);

/* Whether a number format pattern shows a date or a time. */
bool xls_styles_pattern_is_date(struct text pattern);

#endif
