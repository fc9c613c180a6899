/*
 * update.h - the master-file update: yesterday's records and today's rows, both in the order of record ids, become
 * today's records; and in the same pass the records of each student are merged, compared with yesterday's student,
 * and told to whoever publishes.
 *
 * The pass is cut into units, ranges of the ids' first halves, which several processes can do at the same time. A unit
 * holds whole anchors, so it holds whole students, but for those whose records stand under several
 * numbers: these go into runs sorted by student id, and are merged in a second round of units.
 *
 * Values stand in two sorted files (core/store/sorted.h) of entries: id, then encoded values. records.yc holds every record
 * that there was when it was written; changed.yc, where there is one, those that have come or changed since, and
 * is written anew each night, so that a night on which little changes writes little. Once it has grown past
 * a fourth of records.yc, records.yc is written anew. Their meta: names of the dataset's fields in the order of their
 * numbers, a newline behind each.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_UPDATE_H
#define YICI_CONSUMERS_CONSOLIDATE_UPDATE_H

#include "consumers/consolidate/pins.h"
#include "consumers/consolidate/standings.h"
#include "core/record/raised.h"

#define RECORDS_KIND 2

/* One student after and before the run. Everything is borrowed and valid during the call. */
struct update_student {
	const uint8_t *id;
	const struct merged *now;
	const struct merged *before;     /* NULL: there was none, or nothing changed (see ${changed}) */
	bool fresh;                      /* the student id is new */
	bool changed;                    /* some value, how it stands or its records are not yesterday's */
	const struct standing *standing; /* how it stands */
	const struct standing *stood;    /* how it stood; NULL when it is new */
	const struct stood *kept;        /* to be kept for the next night (standings.h); NULL: nothing is */
	const struct merge_member *members;
	size_t member_count;
};

/* Row ${again}, of record ${record} and with values that hash to ${content}, stands for the same person as ${first}, in the same source. */
struct update_duplicate {
	struct origin again, first;
	const uint8_t *record;
	uint64_t content;
};

/* What a unit tells; each returns 0, or -1 to stop. */
struct update_events {
	/* an accepted row of this run and the student it belongs to */
	int (*row)(void *self, const struct checked *row, const uint8_t *student, struct err *err);
	int (*student)(void *self, const struct update_student *student, struct err *err);
	int (*duplicate)(void *self, const struct update_duplicate *duplicate, struct err *err);
	/* a record that is part of a case for a person */
	int (*review)(void *self, const struct link *link, const struct merge_member *member, struct err *err);
	/* every record after and before the run (NULL: there was none), with its values; ${left}: of a student who had left
	 * before it. May be NULL */
	void (*record)(void *self, const struct link *now, const struct link *before, bool left, struct text values,
	    struct text old_values);
};

struct update_input {
	const struct dataset *dataset;
	const struct runs *runs;           /* checked rows of this run */
	const struct runs *same;           /* struct same of this run */
	const struct sorted_file *records; /* yesterday's, NULL before the first run */
	const struct sorted_file *changed; /* NULL when yesterday has none */
	bool whole;                        /* write all records; else those of a new changed.yc */
	const uint16_t *remap;             /* yesterday's field numbers to today's; NULL when they are the same */
	size_t remap_count;
	const char *old_links; /* NULL before the first run */
	const char *links;     /* as link_run() made them */
	const struct source *const *sources;
	uint16_t today;
	const struct pins *pins, *old_pins; /* today's and those of the night before; NULL for none */
	const struct standings *standings;  /* of the night before; NULL for none */
	bool redo;                          /* merge rules have changed: compare every student */
};

struct update_totals {
	uint64_t records, records_new, records_changed, students, students_changed;
};

struct update; /* one for each process */

/* ${aside} takes the records of students with several numbers. NULL when memory is short. */
MUST_CHECK struct update *update_new(const struct update_input *input, struct runs_writer *aside,
    const struct update_events *events, void *self, struct err *err);
void update_free(struct update *update);

/* Whether the next night is to write records.yc anew. */
bool update_wants_whole(const struct update_input *input);

/*
 * Do one unit: ids with from <= id < to (NULL: no bound). Blocks of records.yc or changed.yc go to ${packer} (flushed here).
 * ${totals} is added to.
 */
MUST_CHECK int update_unit(struct update *update, const uint8_t *from, const uint8_t *to, struct sorted_packer *packer,
    struct update_totals *totals, struct err *err);

/* The second round: students with from <= id < to out of the runs written by all processes. */
MUST_CHECK int update_aside(struct update *update, const struct runs *aside, const uint8_t *from, const uint8_t *to,
    struct update_totals *totals, struct err *err);

/*
 * Into how many units a pass over ${bytes} is cut, and where unit ${unit} begins: equal shares of the space of ids, which are
 * hashes. Depends on the data alone, so that the bytes written do not depend on how many processes write.
 */
size_t update_units(uint64_t bytes);
void update_unit_start(size_t unit, size_t units, uint8_t id[RECORD_ID_BYTES]);

#endif
