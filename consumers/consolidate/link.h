/*
 * link.h - which records speak of the same student, and under which id the student goes.
 *
 * Decided anew each night for all records: first by what people decided, then by numbers that records share (id number,
 * student number, a G student number whose core is an id number), then, where the dataset has a model (model.h), by weights.
 * What may not be joined by itself, and yet looks alike, becomes a case for a person (a 问题学籍).
 *
 * One pass over all records in the order of their ids gathers them (gather.h). The first half of an id is a hash of the
 * record's number, so records of one number stand side by side and are settled at once. Only where a record has to do
 * with records under other numbers (another number of its own, an edge found by weights, a decision) are the groups
 * of both settled together, neighbourhood by neighbourhood (settle.h).
 *
 * Student ids come from the ledger: a group keeps the id that most of its records had (a record of the
 * most trusted sources counts more); a new one is a hash of the run and of the place that the group's first record has among all in the
 * order of their ids: never of an id number, and the same in whatever order files and rows came. The answer depends on the set of records alone.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LINK_H
#define YICI_CONSUMERS_CONSOLIDATE_LINK_H

#include "consumers/consolidate/decided.h"
#include "consumers/consolidate/judge.h"
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

/* The registry's kinds of problem record, schemas/codes/problem_record.csv: the graver first. */
enum case_kind { CASE_ID_DUP, CASE_ID_NAME_MISMATCH, CASE_ID_INVALID, CASE_NOID_DUP, CASE_KINDS };
const char *case_kind_code(enum case_kind kind);

/* Records of students that look like one or share a number, and may not be joined without a person. */
struct review_case {
	uint64_t id; /* hash of its records' ids: the same as long as the same records are in it */
	uint32_t first_record, record_count; /* in case_records */
	uint32_t first_pair, pair_count;     /* in case_pairs */
	uint8_t kind;
};
struct case_record {
	uint8_t id[RECORD_ID_BYTES];
};
struct case_pair {
	uint8_t a[RECORD_ID_BYTES], b[RECORD_ID_BYTES]; /* a < b */
	struct judged judged;                           /* levels only with a model */
	bool number;                                    /* they share a number */
};

/* What happened to a student id that is no longer in use. */
struct retired {
	uint8_t student[STUDENT_ID_BYTES];
	uint8_t into[STUDENT_ID_BYTES]; /* the id that goes on */
	uint16_t day;
	uint16_t zeros[3];
};

/* Whether row ${a} is the newer statement of the same record: by version, then by where it stands. */
bool checked_newer(const struct checked *a, const struct checked *b);

struct link_input {
	const struct runs *runs;       /* checked records of this run */
	const struct runs *same;       /* struct same of this run */
	const char *old_links;         /* path, NULL before the first run */
	const char *old_olders;        /* path of yesterday's older.yc; NULL for none */
	const char *old_traits;        /* path of yesterday's traits.yc; NULL for none */
	const char *folder;            /* of the new generation: links.yc, older.yc and traits.yc are written here */
	const struct model *model;     /* NULL: by numbers alone */
	const struct dataset *dataset; /* with a model */
	const struct sorted_file *records, *changed; /* yesterday's values, for traits to be made anew; NULL for none */
	const uint16_t *remap;                       /* as in struct update_input */
	size_t remap_count;
	const struct decided *decided; /* sorted by a, then b */
	size_t decided_count;
	const struct source *const *sources; /* by number */
	size_t source_count;
	const bool *delivered; /* by source number: has complete files in this run */
	/*
	 * By number of an earlier file: the same came again, and with it what stands in it. A source that sends more than half of its records so
	 * has delivered, too; one old file that is dropped once more says nothing of the others.
	 */
	const bool *again;
	size_t again_count; /* of ${returned} as well */
	/* By number of an earlier file: a workbook that had gone back. Nobody notes that its rows stand in the source's own files, too. */
	const bool *returned;
	struct covered *covered; /* sorted, and those of one school added up, by link_run() */
	size_t covered_count;
	struct text run; /* its name, for new student ids: no other run has it */
	uint16_t today;
	uint64_t seed;
	unsigned jobs; /* processes that may work at once; 0 and 1: this one alone */
};

/* A new student id for records some of which were another student's, who goes on without them. */
struct split {
	uint8_t student[STUDENT_ID_BYTES], from[STUDENT_ID_BYTES];
};

struct link_result {
	uint64_t records, students_new, scattered, absent_new, stale_new, back;
	uint64_t compared, skipped, rivals; /* pairs judged; pairs of blocks too large; records held back (pairs.h) */
	uint64_t oversized;                 /* records that weights alone would make one student of too many */
	struct review_case *cases;          /* by id */
	struct case_record *case_records;
	struct case_pair *case_pairs;
	size_t case_count, case_record_count, case_pair_count;
	struct retired *retired; /* of this run, sorted by student */
	size_t retired_count;
	struct split *splits; /* of this run, sorted by student */
	size_t split_count, split_room;
	size_t case_room, case_record_room, case_pair_room, retired_room; /* link_run()'s own */
};

/* Whether yesterday's traits can not be used, so that records (and changed) are needed to make them anew. */
bool link_needs_records(const struct link_input *input);

MUST_CHECK int link_run(const struct link_input *input, struct link_result *result, struct err *err);
void link_result_free(struct link_result *result);

/* What the new student id was split from; NULL when from nothing. */
const struct split *link_split(const struct link_result *result, const uint8_t *student);

#endif
