/*
 * night.h - one night on one data folder, from checked rows in runs to the new generation and the outputs. How the rows
 * come is the caller's: `yici run` reads the inbox itself, `yici consolidate` takes them from the bus.
 *
 *   night_open()      lock DATA, finish what an earlier night left, name this one
 *   night_begin()     make its folders, once there is something to do
 *   …                 fill files, rows, issues and same
 *   night_rows()      from here on rows of files that are not complete are left out
 *   night_decided()   what people decided of this night (judge.h)
 *   night_link(), night_assemble(), night_judge(), night_publish()
 *   night_save()      all of it durable, nothing of it in force
 *   night_commit()    in force, outputs shown
 *   night_close()     always; what was not committed is removed
 */
#ifndef YICI_OPS_YICI_NIGHT_H
#define YICI_OPS_YICI_NIGHT_H

#include "consumers/consolidate/answers.h"
#include "consumers/consolidate/store.h"
#include "consumers/consolidate/usual.h"
#include "ops/yici/assemble.h"
#include "ops/yici/command.h"
#include "ops/yici/desk.h"
#include "ops/yici/files.h"
#include "ops/yici/pinned.h"
#include "ops/yici/release.h"
#include "ops/yici/returns.h"

/* What became of it. */
enum { NIGHT_NOTHING, NIGHT_MADE, NIGHT_HELD, NIGHT_DISCARDED };

struct purge_person;

struct night {
	struct command *command;
	const char *data;
	struct date date;
	char id[RUN_ID_MAX], day[11]; /* "20260902-1", "2026-09-02" */
	unsigned jobs;
	bool bus; /* rows come from the bus, and what is new goes there: ${work}/events (events.h) is written, nothing is read here */
	char adopt[RUN_ID_MAX]; /* by what the bus says, the last run that was published; it is finished here when it was not */
	const struct purge_person *gone; /* with a bus, behind a purge: what it has of this person is to go */
	char adopt_manifest[65];         /* sha256 of that run's manifest.xml */
	struct definitions definitions;
	struct state state;
	struct store store;
	struct taken_files taken;
	struct journal_log log; /* of decisions, as it stood when the night began */
	struct decisions decisions;
	struct returns returns; /* forms that came back for this night */
	struct desk desk;       /* workbooks of decisions that were taken for this night */
	struct release release; /* what offices get of it */
	bool decided; /* the log has entries that the current generation does not know, or a delivery is due */
	struct sandbox *sandbox;
	struct reader_limits limits;
	struct files files;
	char work[FILE_PATH_MAX], generation[FILE_PATH_MAX], out[FILE_PATH_MAX];
	struct runs rows, issues, same;
	struct runs kept; /* rows for returned workbooks, when they are not read again (core/record/kept.h) */
	struct link_result links;
	struct assemble_result assembled;
	struct usual_list usual;
	struct answers_night answers; /* queries that clerks explained; filled by night_publish() */
	struct night_hold {           /* filled by night_decided() */
		char digest[65];
		bool approved, discarded;
		uint32_t *except; /* schools whose rows are set aside, sorted */
		size_t except_count;
	} hold;
	bool committing; /* from here on the new generation may count */
};

/* Processes that may work at once: as set, else as many as processors. */
unsigned night_jobs(const struct command *command);

/* Everything before night_open(); ${data} is borrowed. */
void night_init(struct night *night, struct command *command, const char *data, struct date date);

MUST_CHECK int night_open(struct night *night, struct err *err);
MUST_CHECK int night_begin(struct night *night, struct err *err);

/* Give each file's source its number in the store. */
MUST_CHECK int night_sources(struct night *night, struct err *err);

/* Open the runs of rows; the files are in their final states. */
MUST_CHECK int night_rows(struct night *night, struct err *err);

MUST_CHECK int night_link(struct night *night, struct err *err);
MUST_CHECK int night_assemble(struct night *night, struct err *err);
MUST_CHECK int night_publish(struct night *night, struct err *err);
MUST_CHECK int night_save(struct night *night, struct err *err);
MUST_CHECK int night_commit(struct night *night, struct err *err);
/* A purge that was begun and not finished is said in the log. */
void night_warn(const struct night *night);
/* One line on stdout for the person who called. */
void night_say_done(const struct night *night);

void night_close(struct night *night);

/* The date of the run: as said, or today. */
bool night_date(const struct command *command, struct date *date);

/* The date of the next night to begin, for what is collected for it by day: as said, or today's until night.from, then tomorrow's. */
bool night_coming(const struct command *command, struct date *date);

/* Dataset and sources together: rows that were read or normalized under others do not fit. */
uint64_t night_definitions(const struct definitions *definitions);

#endif
