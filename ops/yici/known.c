/*
 * known.c - see known.h.
 */
#include "ops/yici/known.h"

#include <stdlib.h>

#include "consumers/consolidate/link.h"

int
known_rows_load(struct known_rows *known, const char *links, struct err *err)
{
	struct links_reader reader;
	const struct link *link;
	int got;

	*known = (struct known_rows){ 0 };
	if (links == NULL)
		return 0;
	if (links_open(&reader, links, NULL, NULL, err) != 0)
		return -1;
	known->size = 1024;
	while (known->size * 7 / 8 < reader.end)
		known->size *= 2;
	known->at = calloc(known->size, sizeof(*known->at));
	if (known->at == NULL) {
		links_close(&reader);
		known->size = 0;
		return err_set(err, ERR_RETRY, "out of memory for the rows of yesterday");
	}
	while ((got = links_next(&reader, &link, err)) == 1) {
		size_t at = (size_t)link->raw & (known->size - 1);

		if (link->raw == 0)
			continue;
		while (known->at[at].raw != 0 && known->at[at].raw != link->raw)
			at = (at + 1) & (known->size - 1);
		/* the same row of one source under two records: neither is to be guessed */
		known->at[at] = (struct known_row){ link->raw,
			known->at[at].raw == link->raw ? UINT32_MAX : (uint32_t)links_number(&reader), link->school };
	}
	links_close(&reader);
	return got;
}

void
known_rows_free(struct known_rows *known)
{
	free(known->at);
	*known = (struct known_rows){ 0 };
}

const struct known_row *
known_rows_find(const struct known_rows *known, uint64_t raw)
{
	if (known->size == 0)
		return NULL;
	for (size_t at = (size_t)raw & (known->size - 1); known->at[at].raw != 0; at = (at + 1) & (known->size - 1)) {
		if (known->at[at].raw == raw)
			return known->at[at].link == UINT32_MAX ? NULL : &known->at[at];
	}
	return NULL;
}
