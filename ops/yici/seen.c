/*
 * seen.c - see seen.h. An open hash table of pages, each with a bit for some hundreds of rows that follow one another.
 */
#include "ops/yici/seen.h"

#include <stdlib.h>

#include "core/base/digest.h"

#define PAGE_ROWS 512

struct seen_page {
	uint32_t file; /* + 1; 0: no page */
	uint16_t sheet, kind;
	uint32_t number; /* row / PAGE_ROWS */
	uint32_t spare;
	uint64_t rows[PAGE_ROWS / 64];
};

void
seen_fini(struct seen *seen)
{
	free(seen->pages);
	*seen = (struct seen){ 0 };
}

/* Where the page of that key stands, or would. */
static size_t
place_of(const struct seen_page *pages, size_t size, const struct seen_page *key)
{
	uint64_t words[2] = { (uint64_t)key->file << 32 | key->number, (uint64_t)key->sheet << 16 | key->kind };
	size_t at = hash64(words, sizeof(words), 0) & (size - 1);

	while (pages[at].file != 0
	    && (pages[at].file != key->file || pages[at].number != key->number || pages[at].sheet != key->sheet
		|| pages[at].kind != key->kind))
		at = (at + 1) & (size - 1);
	return at;
}

static int
grow(struct seen *seen, struct err *err)
{
	size_t size = seen->size == 0 ? 256 : seen->size * 2;
	struct seen_page *pages = calloc(size, sizeof(*pages));

	if (pages == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the rows that have come");
	for (size_t i = 0; i < seen->size; i++) {
		if (seen->pages[i].file != 0)
			pages[place_of(pages, size, &seen->pages[i])] = seen->pages[i];
	}
	free(seen->pages);
	seen->pages = pages;
	seen->size = size;
	return 0;
}

int
seen_add(struct seen *seen, uint32_t file, uint16_t sheet, uint32_t row, enum seen_kind kind, struct err *err)
{
	struct seen_page key = { .file = file + 1, .sheet = sheet, .kind = (uint16_t)kind, .number = row / PAGE_ROWS };
	uint64_t bit = (uint64_t)1 << row % 64, *word;
	struct seen_page *page;

	if ((seen->count + 1) * 2 > seen->size && grow(seen, err) != 0)
		return -1;
	page = &seen->pages[place_of(seen->pages, seen->size, &key)];
	if (page->file == 0) {
		*page = key;
		seen->count++;
	}
	word = &page->rows[row % PAGE_ROWS / 64];
	if ((*word & bit) != 0)
		return 0;
	*word |= bit;
	return 1;
}
