/*
 * fills.h - DATA/state/fills.tsv: what `yici forms fill` filled in, a line a workbook, appended to and never changed: the day, the form's
 * SHA-256 and name, school, grade, class, pupils, cells asked, cells filled in. Counts alone, nothing of a pupil; 0600.
 * A line without its newline was torn by a crash and does not count.
 */
#ifndef YICI_OPS_YICI_FILLS_H
#define YICI_OPS_YICI_FILLS_H

#include "consumers/forms/burden.h"
#include "core/base/buffer.h"

struct fills {
	struct buffer bytes;
	struct burden_fill *at; /* in the order of the file */
	size_t count;
};

/* No file is an empty list. fills_free() in any case. */
MUST_CHECK int fills_load(struct fills *fills, const char *data, struct err *err);
void fills_free(struct fills *fills);

/* The line of ${fill}, whose order does not matter. */
void fills_line(struct buffer *out, const struct burden_fill *fill);

/* Append ${lines} durably, one caller after another. */
MUST_CHECK int fills_append(const char *data, struct text lines, struct err *err);

#endif
