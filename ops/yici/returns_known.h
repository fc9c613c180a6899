/*
 * returns_known.h - the students of a night whom returned forms may mean, or of whom they said something before.
 */
#ifndef YICI_OPS_YICI_RETURNS_KNOWN_H
#define YICI_OPS_YICI_RETURNS_KNOWN_H

#include "consumers/forms/match.h"
#include "consumers/forms/said.h"
#include "ops/yici/form_pupils.h"

struct known_pupil {
	struct match_pupil match;
	struct pupil pupil; /* its line alone */
	bool gone;          /* no row means him: kept for what was said before */
};

struct known_pupils {
	struct mapping mapping;
	struct known_pupil *at; /* by id */
	size_t count, room;
	struct arena arena;
};

/* Whom to keep: hashes of what is asked for, by enum match_by or one of these. */
#define WANTED_WHOSE MATCH_BYS
#define WANTED_ID (MATCH_BYS + 1)
struct wanted {
	uint64_t *at; /* allocated; for the caller to free */
	size_t count, room;
	bool rows; /* something but ids is asked for: every line is taken apart */
};
MUST_CHECK int wanted_add(struct wanted *wanted, unsigned by, struct text text, struct err *err);

/* Load them out of the lines at ${path}. known_pupils_free() in any case. */
MUST_CHECK int known_pupils_load(struct known_pupils *known, const char *path, const struct dataset *dataset,
    struct wanted *wanted, struct err *err);
void known_pupils_free(struct known_pupils *known);

/* The one of that id; NULL when the night has none. */
const struct known_pupil *known_pupil(const struct known_pupils *known, const uint8_t *student);

#endif
