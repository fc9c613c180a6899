/*
 * cell.h - a cell as a file holds it: what readers give and normalizers clean.
 */
#ifndef YICI_CORE_RECORD_CELL_H
#define YICI_CORE_RECORD_CELL_H

#include "core/base/text.h"

/* What a cell was in the file. Its text is what the file holds; nothing is reformatted. */
enum cell_kind {
	CELL_TEXT,
	CELL_NUMBER,  /* a spreadsheet's number, which may have lost digits: xlsx as written in <v>; xls the shortest
			decimal that reads back */
	CELL_DATE,    /* a number with a date format: the text is the day number */
	CELL_BOOL,    /* TRUE or FALSE */
	CELL_ERROR,   /* #N/A and the like */
	CELL_UNSAVED, /* a formula whose result the file does not hold: never any text */
	CELL_KINDS,
};

struct cell {
	struct text text;
	enum cell_kind kind;
};

#endif
