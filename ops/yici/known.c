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
	int got = -1;

	*known = (struct known_rows){ 0 };
	if (links == NULL)
		return 0;
	if (links_open(&reader, links, NULL, NULL, err) != 0)
		return -1;
	if (known_new(&known->table, reader.end, err) != 0)
		goto done;
	known->schools = calloc(reader.end + 1, sizeof(*known->schools));
	known->sources = calloc(reader.end + 1, sizeof(*known->sources));
	if (known->schools == NULL || known->sources == NULL) {
		err_set(err, ERR_RETRY, "out of memory for the rows of yesterday");
		goto done;
	}
	while ((got = links_next(&reader, &link, err)) == 1) {
		known->schools[known->count] = link->school;
		known->sources[known->count] = link->source;
		known_put(&known->table, link->raw, (uint32_t)known->count++);
	}
	if (got == 0)
		got = known_seal(&known->table, err);
done:
	links_close(&reader);
	return got;
}

void
known_rows_free(struct known_rows *known)
{
	known_free(&known->table);
	free(known->schools);
	free(known->sources);
	*known = (struct known_rows){ 0 };
}
