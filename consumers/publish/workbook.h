/*
 * workbook.h - writing .xlsx files of text cells, row by row, in constant memory. The only door to
 * libxlsxwriter.
 *
 * Every cell is a string: nothing can become a formula, and no digit is lost. The bytes depend on
 * what is written and on the date alone: the time of making is midnight UTC of that date, and
 * members of the archive are dated 1980. Files are 0600. Inside this room only.
 */
#ifndef YICI_CONSUMERS_PUBLISH_WORKBOOK_H
#define YICI_CONSUMERS_PUBLISH_WORKBOOK_H

#include "core/base/err.h"
#include "core/base/text.h"

#define WORKBOOK_ROWS_MAX 1048576u
#define WORKBOOK_COLUMNS_MAX 16384u
#define WORKBOOK_COMMENTS_MAX 5000u /* in a file: they are kept in memory until its end */

enum workbook_style {
	WORKBOOK_PLAIN,
	WORKBOOK_HEAD,   /* a header as its sender wrote it: bold */
	WORKBOOK_OURS,   /* a header of ours */
	WORKBOOK_ROW_NO, /* the number of a row */
	WORKBOOK_ERROR,  /* red: the value is not used */
	WORKBOOK_QUERY,  /* yellow: please check */
	WORKBOOK_SAYS,   /* several lines of text */
	WORKBOOK_BAND,   /* a row of every other group: shaded */
	WORKBOOK_ENTRY,  /* to be filled in */
	WORKBOOK_MARK,   /* characters to be looked at: red, bold */
	WORKBOOK_MARK_BAND,
	WORKBOOK_TITLE,   /* stands over or under a table, and is as wide as it likes */
	WORKBOOK_CELL,    /* of a table with lines, to be written by hand */
	WORKBOOK_HEADING, /* what a table is called, across it and in its middle */
	WORKBOOK_COLUMN,  /* the head of a column of such a table: in the middle */
	WORKBOOK_LINES,   /* a cell of such a table: as many lines as its text takes in its column */
	WORKBOOK_STYLES,
};

struct workbook;

/* Begin the file at ${path}; scratch files go to the folder ${scratch}, where one may be left behind. ${date} is "2026-09-02". Both paths
 * are copied. */
MUST_CHECK int workbook_begin(
    struct workbook **workbook, const char *path, const char *scratch, struct text date, struct err *err);

/*
 * A new sheet, called ${name} as far as such names may be, made unique. The rows of earlier sheets
 * are closed. Widths of columns follow what is written.
 */
MUST_CHECK int workbook_sheet(struct workbook *workbook, struct text name, struct err *err);

/* The next row of the sheet: cells are then put into it from the left. */
void workbook_row(struct workbook *workbook);

/* A cell of the row; ${comment} may be empty. Longer than a cell can be, it is cut and ends with
 * "…". */
MUST_CHECK int workbook_cell(struct workbook *workbook, unsigned column, enum workbook_style style, struct text text,
    struct text comment, struct err *err);

/* One cell across the columns from 0 to ${last}, instead of any other in the row. */
MUST_CHECK int workbook_across(
    struct workbook *workbook, unsigned last, enum workbook_style style, struct text text, struct err *err);

/* The same where the characters whose place (from 0) has a bit in ${marks} are to be looked at: only the first 64 are marked. */
MUST_CHECK int workbook_marked(
    struct workbook *workbook, unsigned column, bool band, struct text text, uint64_t marks, struct err *err);

/* In the rows from ${first} (from 0) on, the column takes one of ${choices} (NULL-terminated) or nothing (at most 250 bytes with commas between); ${says} to who writes anything else. */
MUST_CHECK int workbook_choices(struct workbook *workbook, unsigned column, unsigned first, const char *const *choices,
    const char *says, struct err *err);

/* A custom property of the document: a text of less than 255 characters. */
MUST_CHECK int workbook_property(struct workbook *workbook, const char *name, struct text value, struct err *err);

/* Rows so far in the sheet, the one at hand included. */
unsigned workbook_rows(const struct workbook *workbook);

/* The column is at least ${width} characters wide. */
void workbook_wide(struct workbook *workbook, unsigned column, unsigned width);

/* Keep the rows so far in sight, and the first ${columns}; offer filters on the last of them for
 * ${width} columns. */
void workbook_freeze(struct workbook *workbook, unsigned columns, unsigned width);

/* Write the file and see that it was written whole, or throw it away; both free ${workbook}. */
MUST_CHECK int workbook_end(struct workbook *workbook, struct err *err);
void workbook_abort(struct workbook *workbook);

/* Whether the workbook at ${path} is whole, with so many cells and comments: 0, or -1 (ERR_RETRY). workbook_end() asks. */
MUST_CHECK int workbook_check(const char *path, uint64_t cells, uint64_t comments, struct err *err);

#endif
