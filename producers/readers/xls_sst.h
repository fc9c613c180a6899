/*
 * xls_sst.h - the shared strings of a BIFF8 workbook, decoded once: one run of UTF-8 and where each
 * string ends.
 */
#ifndef YICI_PRODUCERS_READERS_XLS_SST_H
#define YICI_PRODUCERS_READERS_XLS_SST_H

#include "producers/readers/biff.h"

#define XLS_SST_BROKEN 0x80000000u

struct xls_sst {
	struct buffer text;
	uint32_t *ends; /* of each string in ${text}; the top bit: it holds half a surrogate pair */
	uint32_t count, room;
};

void xls_sst_init(struct xls_sst *sst);
void xls_sst_fini(struct xls_sst *sst);

/*
 * Read the SST record in hand with its CONTINUEs. -1 with ERR_INPUT and the stream's ${refusal}:
 * damaged, or too little memory.
 */
MUST_CHECK int xls_sst_read(struct xls_sst *sst, struct biff *biff, struct err *err);

/* String number ${i}, below count. */
static inline struct text
xls_sst_at(const struct xls_sst *sst, uint32_t i, bool *broken)
{
	uint32_t from = i == 0 ? 0 : sst->ends[i - 1] & ~XLS_SST_BROKEN;

	*broken = (sst->ends[i] & XLS_SST_BROKEN) != 0;
	return (struct text){ sst->text.at + from, (sst->ends[i] & ~XLS_SST_BROKEN) - from };
}

#endif
