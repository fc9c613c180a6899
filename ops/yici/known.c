/*
 * known.c - see known.h.
 */
#include "ops/yici/known.h"

#include <stdlib.h>

#include "consumers/consolidate/older.h"

/* Room for ${count} numbers. */
static int
make_room(struct known_rows *known, uint64_t count, size_t olders, struct err *err)
{
	if (known_new(&known->table, count, err) != 0)
		return -1;
	known->schools = calloc(count + 1, sizeof(*known->schools));
	known->sources = calloc(count + 1, sizeof(*known->sources));
	known->older_links = calloc(olders + 1, sizeof(*known->older_links));
	if (known->schools == NULL || known->sources == NULL || known->older_links == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the rows of yesterday");
	return 0;
}

static void
add(struct known_rows *known, uint64_t raw, uint32_t school, uint16_t source)
{
	known->schools[known->count] = school;
	known->sources[known->count] = source;
	known_put(&known->table, raw, (uint32_t)known->count++);
}

int
known_rows_load(struct known_rows *known, const struct store *store, struct err *err)
{
	struct links_reader reader = { .fd = -1 };
	struct olders olders = { 0 };
	const struct link *link;
	int got = -1;

	*known = (struct known_rows){ 0 };
	if (store == NULL)
		return 0;
	if (links_open(&reader, store->links, NULL, NULL, err) != 0 || olders_load(&olders, store->olders, err) != 0
	    || make_room(known, reader.end + olders.count, olders.count, err) != 0)
		goto done;
	while ((got = links_next(&reader, &link, err)) == 1)
		add(known, link->raw, link->school, link->source);
	if (got < 0)
		goto done;
	known->links = known->count;
	for (size_t i = 0; i < olders.count; i++) {
		uint32_t number = olders.at[i].link;

		if (number >= known->links) {
			got = err_set(err, ERR_INPUT, "links.yc and older.yc of the state do not belong together");
			goto done;
		}
		known->older_links[i] = number;
		add(known, olders.at[i].raw, olders.at[i].school, known->sources[number]);
	}
	got = known_seal(&known->table, err);
done:
	links_close(&reader);
	olders_free(&olders);
	return got;
}

void
known_rows_free(struct known_rows *known)
{
	known_free(&known->table);
	free(known->schools);
	free(known->sources);
	free(known->older_links);
	*known = (struct known_rows){ 0 };
}
