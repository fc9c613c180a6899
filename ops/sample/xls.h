/*
 * xls.h - a small writer of BIFF8 workbooks (.xls) in their OLE2 container. Rows are encoded as
 * they come; xls_write() puts the file together. At most 65,535 rows a sheet.
 */
#ifndef YICI_OPS_SAMPLE_XLS_H
#define YICI_OPS_SAMPLE_XLS_H

#include "ops/sample/book.h"

#define XLS_ROWS_MAX 65535

struct xls;

MUST_CHECK struct xls *xls_new(void);
void xls_free(struct xls *xls);
void xls_sheet(struct xls *xls, const char *name, bool hidden, size_t columns);
void xls_merge(struct xls *xls, size_t row, size_t first, size_t last, size_t down);
/* ${row} counts from 0. */
void xls_row(struct xls *xls, size_t row, const struct cell *cells, size_t count);
/* Write the whole file to ${fd}. */
MUST_CHECK int xls_write(struct xls *xls, int fd, struct err *err);

#endif
