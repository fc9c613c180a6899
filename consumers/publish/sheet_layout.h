/*
 * sheet_layout.h - how a sheet was understood, out of the JSON object that stands in
 * published_file->layouts:
 *
 *   {"index":0,"sheet":"一年级","header":[3,4],"columns":[{"column":1,"header":"姓名","state":"bound","field":"name"}…]}
 *   {"sheet":"…","hidden":true}
 *   {"sheet":"…","chart":true}
 *   {"sheet":"…","refused":"no_person"}
 *
 * Members that are not known are passed over. Inside this room only.
 */
#ifndef YICI_CONSUMERS_PUBLISH_SHEET_LAYOUT_H
#define YICI_CONSUMERS_PUBLISH_SHEET_LAYOUT_H

#include "core/base/arena.h"

#define SHEET_COLUMNS_MAX 16384

struct sheet_column {
	uint32_t column; /* from 1 */
	struct text header, state, field;
};

struct sheet_layout {
	struct arena arena; /* owns the texts */
	struct text sheet, refused;
	uint32_t index; /* UINT32_MAX when it is not said */
	bool hidden, chart;
	uint32_t header_first, header_last; /* 0 when there is no header */
	struct sheet_column *columns;
	size_t column_count;
};

/* -1 when memory is short or ${json} is not such an object: then the layout is empty. Always
 * sheet_layout_fini(). */
MUST_CHECK int sheet_layout_parse(struct sheet_layout *layout, struct text json);
void sheet_layout_fini(struct sheet_layout *layout);

#endif
