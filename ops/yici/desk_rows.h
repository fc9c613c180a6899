/*
 * desk_rows.h - the rows of a workbook of decisions: what they say, as entries of the log, and what is said of each of them.
 */
#ifndef YICI_OPS_YICI_DESK_ROWS_H
#define YICI_OPS_YICI_DESK_ROWS_H

#include "ops/yici/correct.h"
#include "ops/yici/desk.h"
#include "ops/yici/verdict.h"

/*
 * Answer each row of ${file}, and add what it decides to ${journal}, unless the log of ${held} has it from the same file already.
 * A workbook without its headers is refused (file->refusal).
 */
MUST_CHECK int desk_rows(struct desk_file *file, struct arena *arena, struct held *held, const struct open_cases *cases,
    const struct sha256 *digest, struct date date, struct journal *journal, struct err *err);

#endif
