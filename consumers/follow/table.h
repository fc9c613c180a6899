/*
 * table.h - lines of flat JSON objects as a table for spreadsheets: RFC 4180 with a byte order mark, CRLF, a column for each
 * name that some line has. Names that are fields of the dataset stand in its order; those of the first line that are none
 * (student_id, presence, since, reason) before them, other unknown ones behind.
 */
#ifndef YICI_CONSUMERS_FOLLOW_TABLE_H
#define YICI_CONSUMERS_FOLLOW_TABLE_H

#include "core/base/buffer.h"
#include "core/record/schema.h"

#define TABLE_COLUMNS_MAX 4000

/*
 * Write ${lines} (a file) as a table into ${out} (a file), durably. ${cell} adds one cell's text, quoted and made harmless.
 * ${dataset} may be NULL. ERR_INPUT when a line is no flat object.
 */
typedef void table_cell(struct buffer *out, struct text text);
MUST_CHECK int table_write(
    const char *lines, const struct dataset *dataset, table_cell *cell, const char *out, struct err *err);

#endif
