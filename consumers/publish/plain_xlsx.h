/*
 * plain_xlsx.h - a workbook of rows as they stand, all cells text: for forms that came in a format that cannot be filled in.
 */
#ifndef YICI_CONSUMERS_PUBLISH_PLAIN_XLSX_H
#define YICI_CONSUMERS_PUBLISH_PLAIN_XLSX_H

#include "core/base/err.h"
#include "core/record/cell.h"

struct plain_xlsx;

/* Begin the file at ${path}, with scratch files in the folder ${scratch}. ${date}: "2026-09-02", for the same bytes. */
MUST_CHECK int plain_xlsx_begin(
    struct plain_xlsx **book, const char *path, const char *scratch, struct text date, struct err *err);
MUST_CHECK int plain_xlsx_sheet(struct plain_xlsx *book, struct text name, struct err *err);

enum plain_row {
	PLAIN_BESIDE, /* over or under a table: titles, notes */
	PLAIN_HEAD,   /* heads the table */
	PLAIN_TABLE,  /* stands in it, blank or not: with lines */
};

/*
 * Row ${row_no} (from 1, rising inside a sheet) of ${count} cells; one of a table has all of the columns from ${first} to before ${end}, blank
 * ones for those that are not there. Dates are written as 2026-09-02.
 */
MUST_CHECK int plain_xlsx_row(struct plain_xlsx *book, uint32_t row_no, const struct cell *cells, size_t count,
    enum plain_row is, size_t first, size_t end, bool date1904, struct err *err);

/* The column, from 0, is at least ${width} characters wide. */
void plain_xlsx_wide(struct plain_xlsx *book, uint32_t column, unsigned width);

/* Write it whole, or throw it away; both free ${book}. */
MUST_CHECK int plain_xlsx_end(struct plain_xlsx *book, struct err *err);
void plain_xlsx_abort(struct plain_xlsx *book);

#endif
