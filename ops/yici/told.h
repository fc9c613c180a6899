/*
 * told.h - what the processes that take files in tell the one that started them: small records appended to a file of
 * each process, read when all have ended. What a process that died had told of a file it did not finish does
 * not count: each file's records begin with nothing and end with TOLD_DONE by the file's owner.
 */
#ifndef YICI_OPS_YICI_TOLD_H
#define YICI_OPS_YICI_TOLD_H

#include "core/base/buffer.h"
#include "core/base/err.h"

enum told_kind {
	TOLD_COUNTS = 1, /* struct told_counts; several of one file add up */
	TOLD_SCHOOL,     /* uint32_t pairs: a school, and how many accepted rows name it */
	TOLD_DOCUMENT,   /* struct told_document */
	TOLD_SHEET,      /* the sheet's name; in the order of sheets */
	TOLD_LAYOUT,     /* JSON: what the sheet was understood to be, for the report */
	TOLD_TABLE,      /* u64 fingerprint, then for each column struct told_column, header, key */
	TOLD_REFUSED,    /* struct told_refused, then a detail */
	TOLD_TOTAL,      /* u64: rows the reader says it has sent */
	TOLD_DONE,       /* the file was read whole, or refused: all before is valid */
	TOLD_RETURNED,   /* empty: a sheet is of a workbook that had gone back to its sender */
};

struct told_counts {
	uint64_t rows, accepted, rejected, set_aside;
	uint64_t replaced; /* private characters, by their standard ones */
};

struct told_document {
	uint32_t format, encoding;
};

struct told_column {
	uint16_t column, field, state, zero; /* as in struct layout_column */
	uint32_t header_len, key_len;
};

struct told_refused {
	uint32_t reason, sheet, row, column;
};

/* One record, borrowed from what was read. */
struct told {
	enum told_kind kind;
	uint32_t file; /* number of the file in the run */
	struct text bytes;
};

void told_add(struct buffer *out, enum told_kind kind, uint32_t file, const void *bytes, size_t len);

/* The next record of ${all} from ${*pos}: 1, 0 at the end, -1 when it is cut. */
MUST_CHECK int told_next(struct text all, size_t *pos, struct told *told);

#endif
