/*
 * xls_sst.c - see xls_sst.h. The record, after [MS-XLS] 2.4.265 and 2.5.293:
 *
 *   u32 strings used by cells, u32 strings that follow, then for each: u16 characters, u8 flags (1
 * two bytes a character, 4 phonetic text, 8 formatting), u16 runs when flag 8, u32 bytes of
 * phonetic text when flag 4, the characters, 4 bytes for each run, the phonetic text. All this is
 * cut into CONTINUE records as it comes (biff.c).
 *
 * The count is not believed: strings are read while there are bytes. Fewer than told is no harm as
 * long as no cell asks for them; bytes behind the last one told are tried, and what is then no
 * string ends the table.
 */
#include "producers/readers/xls_sst.h"

#include <stdlib.h>

#define TEXT_MAX ((size_t)0x7FFFFFFF)

void
xls_sst_init(struct xls_sst *sst)
{
	*sst = (struct xls_sst){ 0 };
	buffer_init(&sst->text, TEXT_MAX);
}

void
xls_sst_fini(struct xls_sst *sst)
{
	buffer_fini(&sst->text);
	free(sst->ends);
	sst->ends = NULL;
	sst->count = 0;
}

/* One string behind the others: 1, 0 when it is not whole, -1. */
static int
read_one(struct xls_sst *sst, struct biff *biff, uint32_t chars, struct err *err)
{
	uint32_t flags, runs = 0, phonetic = 0;
	int got = biff_take8(biff, &flags, err);

	if (got == 1 && (flags & 8) != 0)
		got = biff_take16(biff, &runs, err);
	if (got == 1 && (flags & 4) != 0)
		got = biff_take32(biff, &phonetic, err);
	if (got == 1)
		got = biff_string(biff, chars, (flags & 1) != 0, &sst->text, err);
	if (got == 1 && (runs != 0 || phonetic != 0))
		got = biff_skip(biff, (uint64_t)runs * 4 + phonetic, err);
	return got;
}

static bool
have_room(struct xls_sst *sst)
{
	uint32_t room = sst->room == 0 ? 1024 : sst->room * 2, *ends;

	if (sst->count < sst->room)
		return true;
	if (room < sst->room)
		return false;
	ends = realloc(sst->ends, (size_t)room * sizeof(*ends));
	if (ends == NULL)
		return false;
	sst->ends = ends;
	sst->room = room;
	return true;
}

int
xls_sst_read(struct xls_sst *sst, struct biff *biff, struct err *err)
{
	uint32_t used, told, chars;
	int got = biff_take32(biff, &used, err);

	sst->count = 0;
	buffer_clear(&sst->text);
	if (got == 1)
		got = biff_take32(biff, &told, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return 0;
	for (;;) {
		size_t before = sst->text.len;

		got = biff_take16(biff, &chars, err);
		if (got < 0)
			return -1;
		if (got == 0)
			return 0;
		biff->broken = false;
		got = read_one(sst, biff, chars, err);
		if (got < 0)
			return -1;
		if (got == 0 && sst->count >= told) {
			sst->text.len = before;
			return 0;
		}
		if (got == 0) {
			biff->stream->refusal = REFUSED_DAMAGED;
			return err_set(err, ERR_INPUT, "workbook: a shared string is not whole");
		}
		if (buffer_failed(&sst->text) || !have_room(sst)) {
			biff->stream->refusal = REFUSED_LIMIT_MEMORY;
			return err_set(err, ERR_INPUT, "workbook: too many shared strings");
		}
		sst->ends[sst->count++] = (uint32_t)sst->text.len | (biff->broken ? XLS_SST_BROKEN : 0);
	}
}
