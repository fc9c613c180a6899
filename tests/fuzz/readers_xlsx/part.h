/*
 * part.h - bytes in memory as a part, given out in pieces.
 */
#ifndef YICI_TESTS_FUZZ_READERS_XLSX_PART_H
#define YICI_TESTS_FUZZ_READERS_XLSX_PART_H

#include "producers/readers/xlsx_part.h"

struct bytes_part {
	struct text bytes;
	size_t at, piece;
};

static inline int
bytes_rewind(void *self, struct err *err)
{
	struct bytes_part *part = self;

	(void)err;
	part->at = 0;
	return 0;
}

static inline int
bytes_read(void *self, void *into, size_t room, size_t *got, struct err *err)
{
	struct bytes_part *part = self;

	(void)err;
	*got = part->bytes.len - part->at;
	*got = *got < room ? *got : room;
	*got = *got < part->piece ? *got : part->piece;
	if (*got == 0)
		return 0;
	memcpy(into, part->bytes.at + part->at, *got);
	part->at += *got;
	return 1;
}

#endif
