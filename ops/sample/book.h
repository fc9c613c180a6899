/*
 * book.h - writes one table file in any of the formats that people send. book_open(), for each
 * sheet book_sheet() and its rows by book_row(), then book_close(). Row numbers are those that a
 * reader shall give: as Excel counts; for registry XML the header that has no row in the file is
 * row 1.
 *
 * A cell is text, a number or a date. Formats without kinds of cells hold the text. A failed write
 * is remembered and told by book_close().
 */
#ifndef YICI_OPS_SAMPLE_BOOK_H
#define YICI_OPS_SAMPLE_BOOK_H

#include "core/base/buffer.h"
#include "core/base/err.h"

enum book_format {
	BOOK_CSV, /* UTF-8 with a byte order mark */
	BOOK_CSV_GB18030,
	BOOK_TSV_GBK,       /* tab-separated, mostly called .xls */
	BOOK_TSV_UTF16,     /* "Unicode text" */
	BOOK_HTML,          /* called .xls */
	BOOK_SPREADSHEETML, /* XML Spreadsheet 2003, called .xls or .xml */
	BOOK_XML,           /* registry XML: one element a row; only the first sheet */
	BOOK_XLSX,          /* shared strings */
	BOOK_XLSX_INLINE,   /* inline strings, written as it goes */
	BOOK_XLS,           /* BIFF8 */
	BOOK_FORMATS
};

enum cell_kind { CELL_BLANK, CELL_TEXT, CELL_NUMBER, CELL_DATE };

struct cell {
	struct text text; /* of CELL_NUMBER and CELL_DATE: what formats without kinds hold */
	double number;    /* also the serial of CELL_DATE */
	uint8_t kind;
};

struct book;

/* Whether the format can have several sheets, merged cells, hidden sheets. */
bool book_has_sheets(enum book_format format);

/* The largest number of rows of a sheet that the format should be asked for. */
size_t book_rows_max(enum book_format format);

MUST_CHECK struct book *book_open(enum book_format format, const char *path, struct err *err);

/* Begin a sheet; ${columns} is how wide its rows are. */
void book_sheet(struct book *book, const char *name, bool hidden, size_t columns);

/* The number that the next row gets. */
uint32_t book_next_row(const struct book *book);

/* The next row's cells ${first} to ${last}, and ${down} rows more, are one cell. Before book_row().
 */
void book_merge(struct book *book, size_t first, size_t last, size_t down);

/* Add a row; the format's first row of BOOK_XML is the names of the fields. ${count} 0: a blank
 * row. */
void book_row(struct book *book, const struct cell *cells, size_t count);

/* Finish and close; frees ${book} whatever comes. */
MUST_CHECK int book_close(struct book *book, struct err *err);

#endif
