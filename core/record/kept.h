/*
 * kept.h - a row as its sender wrote it, kept on scratch for the workbook that goes back to him: sorted by file, sheet and row.
 */
#ifndef YICI_CORE_RECORD_KEPT_H
#define YICI_CORE_RECORD_KEPT_H

#include "core/record/raised.h"

/* The bytes of an entry: struct kept, then a length and kind of each cell (as wire.h has them), then their texts. */
struct kept {
	uint8_t key[16]; /* as raised_key() makes it, without column, rule and field */
	uint32_t cells;
	uint16_t flags, zeros;
};

static inline void
kept_key(uint8_t key[16], const struct origin *origin)
{
	raised_key(key, origin, 0, 0, 0);
}

#endif
