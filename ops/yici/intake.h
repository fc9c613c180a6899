/*
 * intake.h - files become sorted runs of checked records: the processes between a reader's socket and the runs.
 *
 * Small files: as many processes as jobs, each taking the next file, reading it through the sandbox, finding
 * its header, normalizing its rows. A large file: its owner finds the header of each sheet, then forks as many helpers
 * as jobs, which take frames of rows from the reader's socket side by side; the owner comes back into play
 * at the end of the sheet. Either way the runs hold the same entries.
 *
 * What a file gave is told through told.h when the file is done; rows of a file that turns out to be refused are
 * in the runs already and are left out when these are read (their file's number says so).
 */
#ifndef YICI_OPS_YICI_INTAKE_H
#define YICI_OPS_YICI_INTAKE_H

#include "core/record/source.h"
#include "core/store/runs.h"
#include "ops/yici/known.h"
#include "producers/collect/collect.h"
#include "producers/readers/sandbox.h"

/* One file to be taken in. */
struct intake_file {
	const char *path; /* to open it */
	uint32_t number;
	uint16_t source_no; /* in the store's list of sources */
	const struct source *source;
	const struct remembered *remembered; /* earlier bindings of the source; NULL for none */
	uint64_t size;
	bool skip; /* already taken, or refused before reading */
};

struct intake_settings {
	const struct dataset *dataset;
	struct sandbox *sandbox;
	const struct reader_limits *limits;
	const char *work; /* folder for runs and what is told */
	struct date run_date;
	uint64_t seed;
	uint64_t definitions; /* digest of dataset and sources */
	const struct known_rows *known;
	uint64_t memory; /* for all processes together */
	unsigned jobs;
	int wait_ms;
	/* Called now and then while files are read: rows and bytes so far. NULL for nobody. */
	void (*progress)(void *self, uint64_t files, uint64_t bytes, uint64_t rows);
	void *self;
};

/* Names of the runs in ${work}. */
#define INTAKE_ROWS "rows"     /* struct checked + values */
#define INTAKE_ISSUES "issues" /* struct raised + text */
#define INTAKE_SAME "same"     /* struct same */

/*
 * Take in all files that are not to be skipped. ${told} gets everything told, of complete and refused files. -1 when
 * our own side failed: nothing of what is in ${work} is then of use.
 */
MUST_CHECK int intake_run(const struct intake_settings *settings, const struct intake_file *files, size_t count,
    struct buffer *told, struct err *err);

/*
 * Read one file, but write its rows down for the bus in place of normalizing them: ${spool} is created, and has what all rows of the
 * file share. ${told} gets what the file gave but for counts. Works in this process.
 */
struct spool_writer;
MUST_CHECK int intake_spool(const struct intake_settings *settings, const struct intake_file *file,
    struct spool_writer *spool, struct buffer *told, struct err *err);

#endif
