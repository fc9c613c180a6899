/*
 * layout.h - what layout_find() leaves for layout_classify(). Inside this room only.
 */
#ifndef YICI_PRODUCERS_COLLECT_LAYOUT_H
#define YICI_PRODUCERS_COLLECT_LAYOUT_H

#include "producers/collect/collect.h"

#define LAYOUT_STRONG_MAX 8

#define COLUMN_NONE UINT16_MAX

struct layout_rows {
	uint16_t name, birth, key;
	uint16_t strong[LAYOUT_STRONG_MAX]; /* columns of numbers that tell a student apart */
	size_t strong_count;
	uint16_t place[4]; /* school, grade, class */
	size_t place_count;
	/* The header's cells by level and column: hash of the whole key, 0 where blank. */
	uint64_t *header[LAYOUT_LEVELS_MAX];
	size_t header_count, level_count;
	uint64_t titles[LAYOUT_HEAD_ROWS]; /* hashes of the rows above the header */
	size_t title_count;
};

/* Columns that we add to a workbook when it goes back to its sender. */
enum { OURS_ROW_NO, OURS_ISSUES, OURS_EXPLANATION, OURS_COLUMNS };

/* Where they stand below the ${count} rows of a header, SIZE_MAX for one that is not there; false when it is no such workbook. */
bool layout_returned(const struct row *heads, size_t count, size_t width, size_t at[OURS_COLUMNS]);

/* Hash of all that is written in a row; 0 when it is blank. */
uint64_t layout_row_hash(const struct row *row);

/* Hash of a header cell as repetitions are compared; 0 when it is blank or too long. */
uint64_t layout_cell_hash(struct text text);

#endif
