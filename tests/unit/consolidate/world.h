/*
 * world.h - for tests of linking: a few sources that state records night after night, handed to link_run() as the program
 * would, and what came of it.
 */
#ifndef YICI_TESTS_UNIT_CONSOLIDATE_WORLD_H
#define YICI_TESTS_UNIT_CONSOLIDATE_WORLD_H

#include "consumers/consolidate/link.h"

enum { REGISTRY, GRANTS, HEALTH, CLUB, SOURCES }; /* the first two deliver in full; trust falls */

/* What one row says. Numbers are any digits; they are hashed or completed as normalizing would. */
struct statement {
	unsigned source;
	const char *name;
	int32_t birth;
	uint64_t number;        /* 17 digits of an id number, 0 none */
	uint64_t core;          /* of a G student number, 0 none */
	const char *student_no; /* J or L number, NULL none */
	const char *document;   /* another document, NULL none */
	uint32_t school;
	uint32_t time; /* the row's own time stamp */
};

/* One file, its place among the night's rows, and how the night is carried. */
struct delivery {
	const struct statement *rows;
	size_t count;
	const char *const *says; /* for each row the value of field 0; NULL for none at all */
	const bool *left;        /* for each row whether it says that he has left; NULL for none */
	size_t known;            /* so many of the first are, cell by cell, yesterday's: carried as struct same */
	unsigned runs;           /* the rows are cut into this many */
	uint64_t shuffle;        /* order of the rows; 0 as they stand */
	bool aside;              /* every anchor is put aside, by decisions that say nothing */
	const struct covered *covered;
	size_t covered_count;
	bool delivered[SOURCES]; /* also without a row */
	bool covers_own;         /* the schools of its own rows are covered */
};

struct world {
	char folder[FILE_PATH_MAX / 4];
	unsigned night;
	struct source source[SOURCES];
	const struct source *sources[SOURCES];
	struct taken_file files[64];
	struct link_result result;
	struct link *links; /* of the last night, in order */
	size_t count;
};

#define WORLD_SEED 4711

void world_init(struct world *world, const char *folder);
void world_fini(struct world *world);

/* One night. */
void world_night(struct world *world, const struct delivery *delivery);

/* A file of the night before the next one, night 0 being the first: "links.yc". */
void world_path(const struct world *world, unsigned night, const char *name, char path[FILE_PATH_MAX]);

/* The row as normalizing gives it. */
struct checked world_checked(const struct world *world, const struct statement *statement, uint32_t file, uint32_t row);

/* The link of a statement's record; NULL when there is none. */
const struct link *world_link(const struct world *world, const struct statement *statement);

#endif
