/*
 * standings.h - presence.yc: how students stood after a night, of those for whom their records alone do not tell: who has left,
 * who is back, who is present since a later day than his records are, and of whom a person says that he has not left.
 *
 * "YICIPRES", u32 version, u32 bytes of an entry, u64 entries, u64 sum of the XXH3 of all entries; then struct stood each, by
 * student. A generation without it is of an earlier version: nobody had left, and nobody was back.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_STANDINGS_H
#define YICI_CONSUMERS_CONSOLIDATE_STANDINGS_H

#include "consumers/consolidate/presence.h"
#include "core/store/runs.h"

struct standings {
	struct stood *at;
	size_t count;
	bool known; /* there is a file */
};

/* None when there is no file of that name. */
MUST_CHECK int standings_load(struct standings *standings, const char *path, struct err *err);
void standings_free(struct standings *standings);

/* The student's; NULL when there is none. ${standings} may be NULL. */
const struct stood *standings_find(const struct standings *standings, const uint8_t *student);

/* Write ${path} anew. */
MUST_CHECK int standings_write(const struct standings *standings, const char *path, struct err *err);

/* Write ${path} from runs whose entries are struct stood. */
MUST_CHECK int standings_save(const struct runs *runs, const char *path, struct err *err);

#endif
