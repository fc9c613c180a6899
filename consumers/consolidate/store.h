/*
 * store.h - a generation of the state as consolidating left it: opening, looking things up, and the small files beside
 * the masters.
 *
 *   sources.txt   names of all sources ever met, one a line; a source's number is its line, from 0, for ever
 *   columns.txt   names of all fields ever delivered, one a line: the columns of students.csv
 *   ledger.yc     "YICILEDG", u32 version, u32 zeros, u64 entries, then struct retired each, sorted by student:
 *                 student ids that are no longer in use and where each went
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_STORE_H
#define YICI_CONSUMERS_CONSOLIDATE_STORE_H

#include "consumers/consolidate/update.h"

struct store {
	bool open;                     /* false: there is no generation yet */
	const struct source **sources; /* by number */
	size_t source_count;
	uint8_t *delivered;                  /* by field number */
	struct sorted_file records, changed; /* see update.h; ${changed} without file when there is none */
	char links[FILE_PATH_MAX], olders[FILE_PATH_MAX], traits[FILE_PATH_MAX];
	struct standings standings; /* presence.yc */
	uint16_t *remap;            /* NULL when the dataset's fields are still the same */
	size_t remap_count;
	struct retired *ledger;
	size_t ledger_count;
};

/* Open the current generation; fine when there is none. ${sources} may get sources that are no longer defined. */
MUST_CHECK int store_open(struct store *store, const struct state *state, const struct dataset *dataset,
    struct sources *sources, struct err *err);
void store_close(struct store *store);

/* ${records} and ${changed} are only begun to be opened, for they are long: this comes before they are read. */
MUST_CHECK int store_records(struct store *store, struct err *err);

/* The number of ${source}, given to it now when it is new. */
MUST_CHECK int store_source(struct store *store, const struct source *source, uint16_t *number, struct err *err);

/* Write sources.txt, columns.txt and ledger.yc (with ${more} retired ids) of a new generation. */
MUST_CHECK int store_save(const struct store *store, const struct dataset *dataset, const struct retired *more,
    size_t more_count, const char *folder, struct err *err);

/* ledger.yc alone; ${*ledger} is allocated, and sorted. */
MUST_CHECK int ledger_load(const char *path, struct retired **ledger, size_t *count, struct err *err);
MUST_CHECK int ledger_save(const char *path, const struct retired *ledger, size_t count, struct err *err);

/* Where a retired id went: 1 with ${into}, 0 when it is none, -1. */
MUST_CHECK int store_retired(const struct store *store, const uint8_t *student, uint8_t *into, struct err *err);

/* The record that stands on a row now: 1, 0 when none does, -1. Reads all links. */
MUST_CHECK int store_find_row(
    const struct store *store, uint32_t file, uint32_t row, struct link *found, struct err *err);

/* The record of that id: 1 after ${take}, 0 when there is none, -1. */
MUST_CHECK int store_record(const struct store *store, const uint8_t *id,
    int (*take)(void *self, const struct link *link, struct text values, struct err *err), void *self, struct err *err);

/* All records of a student, in the order of their ids, under today's field numbers. */
MUST_CHECK int store_student(const struct store *store, const uint8_t *student,
    int (*take)(void *self, const struct link *link, struct text values, struct err *err), void *self, struct err *err);

#endif
