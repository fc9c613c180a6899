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

/* Row ${row_no} (from 1, rising inside a sheet); ${head}: it heads the table. Dates are written as 2026-09-02. */
MUST_CHECK int plain_xlsx_row(struct plain_xlsx *book, uint32_t row_no, const struct cell *cells, size_t count,
    bool head, bool date1904, struct err *err);

/* Write it whole, or throw it away; both free ${book}. */
MUST_CHECK int plain_xlsx_end(struct plain_xlsx *book, struct err *err);
void plain_xlsx_abort(struct plain_xlsx *book);

#endif
