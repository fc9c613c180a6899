/*
 * share.h - several processes on one sheet: its owner, having found the header, forks helpers that take frames of rows from
 * the reader's socket side by side, and comes back into play at the end of the sheet.
 */
#ifndef YICI_OPS_YICI_SHARE_H
#define YICI_OPS_YICI_SHARE_H

#include "ops/yici/taker.h"

/*
 * Let helpers take the rows of the sheet that ${in} has begun. Returns with the event that ended it, given through
 * rows_inject().
 */
MUST_CHECK int share_sheet(struct taker *in, struct rows *rows, enum rows_event *event, struct err *err);

#endif
