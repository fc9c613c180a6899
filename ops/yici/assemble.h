/*
 * assemble.h - checked rows and yesterday's masters become today's masters and the big outputs, by several processes.
 *
 * Each process takes units of the pass (consumers/consolidate/update.h), keeps their bytes in memory, learns where they
 * go (core/store/ordered.h) and writes them there: records.yc or changed.yc, students.csv and .jsonl, changes.csv, lineage.csv, identity.csv. What
 * else is found goes to runs in the work folder (issues, cases), to a tally of schools, and to what differs from yesterday
 * (consumers/consolidate/compare.h), for each process.
 */
#ifndef YICI_OPS_YICI_ASSEMBLE_H
#define YICI_OPS_YICI_ASSEMBLE_H

#include "consumers/consolidate/compare.h"
#include "consumers/consolidate/update.h"
#include "consumers/publish/view_rows.h"
#include "ops/yici/events.h"

#define ASSEMBLE_CASES "cases" /* runs of cases' records */

/* What lineage.csv says before the row's number, for each sheet of a file: "source,file,sheet,". */
struct assemble_sheets {
	const struct text *prefixes; /* by sheet */
	size_t count;
};

struct assemble_input {
	struct update_input update;           /* but for ${whole}, which is decided here */
	const uint8_t *delivered;             /* by field: has a column in students.csv */
	bool csv;                             /* outlet */
	const char *jsonl;                    /* folder of students.jsonl; NULL: it is not written */
	bool events;                          /* for the bus (events.h) */
	bool recount;                         /* of stock all, not what has changed (compare.h) */
	const char *work;                     /* scratch */
	const char *records;                  /* path of yesterday's records.yc, if there is one */
	const char *generation;               /* folder of the new state: records.yc, changed.yc, presence.yc */
	const char *out;                      /* folder of the outputs */
	const struct assemble_sheets *sheets; /* by file number; NULL prefixes for files of earlier runs */
	const struct taken_file *files;       /* by number */
	const struct views *views;            /* rows of grants go to ${work} (view_rows.h); NULL: none */
	const bool *returned;                 /* by number - file_first: a workbook that had gone back */
	const struct link_result *links;
	const char *run; /* its id */
	uint64_t memory;
	unsigned jobs;
	uint32_t file_first; /* number of this run's first file */
};

/* One school's pupils. */
struct assemble_school {
	struct text code, name;
	uint64_t students, present, absent, stale, left, back, fresh, changed;
};

struct assemble_result {
	struct update_totals totals;
	struct assemble_school *schools; /* sorted by code, then name; texts in ${text} */
	size_t school_count;
	struct buffer text;
	struct comparison *compared;
};

/* A record of a case, as it is kept in runs of ASSEMBLE_CASES: sorted by record id, then the encoded values. */
struct assemble_case_record {
	uint8_t id[RECORD_ID_BYTES], student[STUDENT_ID_BYTES];
	uint32_t file, row;
	uint16_t sheet, source;
	uint32_t zero;
};

MUST_CHECK int assemble_run(const struct assemble_input *input, struct assemble_result *result, struct err *err);
void assemble_result_free(struct assemble_result *result);

#endif
