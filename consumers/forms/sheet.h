/*
 * sheet.h - the XML of one sheet by the places of its rows, cells and other parts. Inside this room only.
 */
#ifndef YICI_CONSUMERS_FORMS_SHEET_H
#define YICI_CONSUMERS_FORMS_SHEET_H

#include "consumers/forms/tags.h"
#include "core/base/err.h"

struct sheet_cell {
	uint32_t column; /* from 0 */
	uint32_t style;
	struct mark tag;
	size_t end;  /* behind </c> */
	bool filled; /* has a value or a formula */
	bool formula;
};

struct sheet_row {
	uint32_t row_no;
	struct mark tag;
	size_t close, end; /* where </row> begins, and behind it; of an empty one both behind its tag */
	size_t first;      /* of its cells */
	size_t count;
	uint32_t style; /* of cells that are not there; UINT32_MAX when it says nothing */
};

/* An element of the worksheet beside its rows: "mergeCells", "dataValidations" … */
struct sheet_part {
	struct mark tag;
	size_t close, end;
};

#define SHEET_PARTS_MAX 128
#define SHEET_COLUMNS_MAX 16384

struct sheet {
	struct text xml;
	struct text prefix;           /* of the elements: "x:" or "" */
	size_t data_open, data_close; /* behind <sheetData>, where </sheetData> begins */
	struct sheet_row *rows;
	size_t row_count;
	struct sheet_cell *cells;
	size_t cell_count;
	struct sheet_part parts[SHEET_PARTS_MAX]; /* in their order, sheetData among them */
	size_t part_count;
	size_t close;            /* where </worksheet> begins */
	uint32_t *column_styles; /* SHEET_COLUMNS_MAX of them, UINT32_MAX where <cols> says nothing */
};

/* Find everything in ${xml}, which is borrowed. ERR_INPUT when it is not the XML of a sheet with rows. sheet_close() in any case. */
MUST_CHECK int sheet_open(struct sheet *sheet, struct text xml, struct err *err);
void sheet_close(struct sheet *sheet);

/* The row of that number, NULL when the sheet does not write it. */
const struct sheet_row *sheet_row(const struct sheet *sheet, uint32_t row_no);

/* The cell of a row (which may be NULL) in that column; NULL when it is not written. */
const struct sheet_cell *sheet_cell(const struct sheet *sheet, const struct sheet_row *row, uint32_t column);

/* The style a cell in that column of that row (which may be NULL) has, written or not. */
uint32_t sheet_style(const struct sheet *sheet, const struct sheet_row *row, uint32_t column);

/* The first part of that name; NULL when there is none. */
const struct sheet_part *sheet_part(const struct sheet *sheet, const char *name);

/*
 * Where a part of that name belongs that the sheet does not have yet: before which place. The order of parts is fixed (ECMA-376 part 1,
 * 18.3.1.99), and programs call a file broken that has another.
 */
size_t sheet_place(const struct sheet *sheet, const char *name);

#endif
