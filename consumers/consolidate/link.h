/*
 * link.h - which records speak of the same student, and under which id the student goes.
 *
 * First form: records meet only by exact valid numbers: id number, student number, or a G student number whose core
 * is an id number. Two records that share a number are joined when their names or their birth dates agree; when
 * neither does, they stay apart and become a case for a person (a 问题学籍). Linking by weights comes on top of this.
 *
 * One pass over all records in the order of their ids. The first half of an id is a hash of the record's number,
 * so records of one number stand side by side and are settled at once. Only where a record also carries another number
 * (its student number issued under an older id number, an L-number) are the groups of both numbers
 * put aside, and settled together at the end, in memory.
 *
 * Student ids come from the ledger: a group keeps the id that most of its records had (a record of the
 * most trusted sources counts more); a new one is a hash of the run's date and of the file, sheet and row where the
 * group's first record stood: never of an id number. The answer depends on the set of records alone.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LINK_H
#define YICI_CONSUMERS_CONSOLIDATE_LINK_H

#include "consumers/consolidate/links.h"
#include "core/record/source.h"
#include "core/store/runs.h"
#include "core/store/state.h"

/*
 * A school among the rows of a source's deliveries of this run. It counts as delivered when at least a fifth as many rows
 * came for it as it had records: a pupil who stands under his old school's code in another school's file must
 * not make all others of the old school absent on the night on which its own file did not come.
 */
struct covered {
	uint16_t source;
	uint32_t school;
	uint32_t rows;  /* accepted rows that name it */
	uint32_t known; /* yesterday's records of it that are not absent; filled by link_run() */
};
#define COVERED_SHARE 5

/* A pair that shares a number but is not the same person by name and birth date. */
struct review_case {
	uint8_t a[RECORD_ID_BYTES], b[RECORD_ID_BYTES]; /* a < b */
};

/* What happened to a student id that is no longer in use. */
struct retired {
	uint8_t student[STUDENT_ID_BYTES];
	uint8_t into[STUDENT_ID_BYTES]; /* the id that goes on */
	uint16_t day;
	uint16_t zeros[3];
};

/* A record's second number: the anchor where others with that number stand. */
struct cross {
	uint64_t target, own; /* anchors */
};

/*
 * The second numbers of a record: those of number, core and student_no that lie under another anchor than its own.
 * Fills up to 2, returns how many.
 */
size_t link_crosses(
    const uint8_t *id, uint64_t number, uint64_t core, uint64_t student_no, uint64_t seed, struct cross found[2]);

/* Whether row ${a} is the newer statement of the same record: by version, then by where it stands. */
bool checked_newer(const struct checked *a, const struct checked *b);

struct link_input {
	const struct runs *runs;             /* checked records of this run */
	const struct runs *same;             /* struct same of this run */
	const char *old_links;               /* path, NULL before the first run */
	const char *old_olders;              /* path of yesterday's older.yc; NULL for none */
	const char *folder;                  /* of the new generation: links.yc and older.yc are written here */
	const struct source *const *sources; /* by number */
	size_t source_count;
	const bool *delivered;   /* by source number: has complete files in this run */
	struct covered *covered; /* sorted, and those of one school added up, by link_run() */
	size_t covered_count;
	struct cross *crosses; /* of this run's records; link_run() adds those of the old ones */
	size_t cross_count;
	const struct taken_file *files; /* by number, for new student ids */
	uint16_t today;
	uint64_t seed;
};

struct link_result {
	uint64_t records, students_new, scattered, absent_new, stale_new, back;
	struct review_case *cases; /* sorted */
	size_t case_count;
	struct retired *retired; /* of this run, sorted by student */
	size_t retired_count;
	size_t case_room, retired_room; /* link_run()'s own */
};

MUST_CHECK int link_run(const struct link_input *input, struct link_result *result, struct err *err);
void link_result_free(struct link_result *result);

#endif
