/*
 * sheet.h - sheets for tests: written as lines of cells with | between, and the real dataset to
 * read them by.
 */
#ifndef YICI_TESTS_UNIT_COLLECT_SHEET_H
#define YICI_TESTS_UNIT_COLLECT_SHEET_H

#include "producers/collect/collect.h"

#define SHEET_ROWS_MAX 64
#define SHEET_COLUMNS_MAX 128

struct sheet {
	struct row rows[SHEET_ROWS_MAX];
	struct cell cells[SHEET_ROWS_MAX][SHEET_COLUMNS_MAX];
	size_t count;
};

/* Lines to rows; an empty line only counts. A \n inside a cell is written as ^. The texts point to
 * a kept copy. */
void sheet_write(struct sheet *sheet, const char *lines);
void sheet_free(void);

/* The row of that number; asserts that there is one. */
const struct row *sheet_row(const struct sheet *sheet, uint32_t row_no);

/* The project's own dataset and sources, loaded once. */
const struct dataset *sheet_dataset(void);
const struct source *sheet_source(const char *name);

/* The field a column is bound to, "?" unknown, "-" ignored, "+" ours (COLUMN_RETURNED), "" blank, "=field" a rival's. */
const char *sheet_meaning(const struct layout *layout, size_t column);

#endif
