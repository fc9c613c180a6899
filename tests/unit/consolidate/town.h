/*
 * town.h - for tests of linking as a whole with the model that ships: what sources say of invented children, night after
 * night, as rows that were normalized, handed to link_run() as the program would.
 */
#ifndef YICI_TESTS_UNIT_CONSOLIDATE_TOWN_H
#define YICI_TESTS_UNIT_CONSOLIDATE_TOWN_H

#include "consumers/consolidate/link.h"

#define TOWN_ROWS 8

enum { REGISTRY, AID, HEALTH, CLUB, TOWN_SOURCES }; /* the first delivers in full */

struct say {
	int source;
	const char *says; /* "field=value field=!unusable", a blank between */
};

struct town {
	struct dataset *dataset;
	struct model *model;
	struct source source[TOWN_SOURCES];
	const struct source *sources[TOWN_SOURCES];
	struct taken_file file;
	unsigned night; /* the one that town_rows() made last, from 1 */
	char folder[FILE_PATH_MAX / 4];
	uint8_t ids[TOWN_ROWS][RECORD_ID_BYTES]; /* of the rows as they were given */
	struct link_result result;
	struct link links[2 * TOWN_ROWS]; /* of the last night, in order */
	size_t count;
};

void town_init(struct town *town);
void town_fini(struct town *town);

/* The rows of the next night, written from ${first} on and then around, a run for each. */
void town_rows(struct town *town, const struct say *rows, size_t count, size_t first);

/* Link them; ${follows}: the night before was one of this town. As link_run() answers. */
MUST_CHECK int town_link(
    struct town *town, bool follows, const struct decided *decided, size_t decided_count, struct err *err);

/* What it wrote, into ${town}'s links. */
void town_read(struct town *town);

/* All three; it must succeed. */
void town_night(struct town *town, const struct say *rows, size_t count, size_t first, bool follows,
    const struct decided *decided, size_t decided_count);

/* The link of a row's record; it must be there. */
const struct link *town_link_of(const struct town *town, size_t row);

#endif
