/*
 * state.h - DATA/state: which generation is current, how a new one becomes it, and what files were ever taken.
 *
 *   DATA/state/lock              held by the one run at a time
 *   DATA/state/decisions.log     what people decided, ever (journal.h)
 *   DATA/state/disclosures.log   what was delivered to whom, ever
 *   DATA/state/current           one line: the name of the current generation
 *   DATA/state/<generation>/     records.yc changed.yc links.yc ledger.yc answers.yc files.csv bindings/ manifest.xml
 *   DATA/state/work/             scratch of the run in progress; of no worth to the next
 *
 * A generation is named by its run ("20260902-1"). Everything in it is synced before ${current} is renamed; that
 * rename, then the sync of its folder, is the commit.
 */
#ifndef YICI_CORE_STORE_STATE_H
#define YICI_CORE_STORE_STATE_H

#include "core/base/arena.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/store/journal.h"

#define RUN_ID_MAX 32

struct state {
	char data[FILE_PATH_MAX / 4];
	int lock;
	char current[RUN_ID_MAX]; /* empty before the first run */
};

/* Make the folders of DATA where they are missing. */
MUST_CHECK int state_init(const char *data, struct err *err);

/* Say in DATA/config/dataset which dataset the folder is made for. */
MUST_CHECK int state_make_for(const char *data, const char *dataset, struct err *err);

/* The dataset that DATA holds, or else was made for, in ${name} of ${room} bytes; empty when nothing says so, or DATA is no data folder. */
MUST_CHECK int state_made_for(const char *data, char *name, size_t room, struct err *err);

/* Look at DATA, which must have been initialised: ERR_STOP when it was not. */
MUST_CHECK int state_open(struct state *state, const char *data, struct err *err);

/*
 * Become the one run: ERR_RETRY when another is at work. Held until state_close() or the end of the process and of
 * those it has forked; when it was killed, their end is waited for. What is
 * current is read anew.
 */
MUST_CHECK int state_lock(struct state *state, struct err *err);
void state_close(struct state *state);

/* ${out} = DATA/state/<current>/${name}. */
MUST_CHECK int state_path(const struct state *state, char out[FILE_PATH_MAX], const char *name, struct err *err);

/*
 * ERR_STOP unless the current generation, if there is one, is of the dataset ${name}: another's fields would all be lost. What
 * does not say is of students.
 */
MUST_CHECK int state_dataset(const struct state *state, struct text name, struct err *err);

/* The name of the dataset that the current generation is of, in ${word}; empty when there is none. */
struct text state_holds(const struct state *state, char word[100]);

/* The digest of the definitions by which the current generation was made; 0 when there is none. */
uint64_t state_digest(const struct state *state);

/* Of which generation the current one was made by taking a person out (ops/yici/purge_state.h); false when it was made by a night. */
bool state_stripped(const struct state *state, char run[RUN_ID_MAX]);

/* The date of the run that made the current generation, "2026-09-02", in ${day}; false when there is none. */
bool state_date(const struct state *state, char day[11]);

/* How far the log of decisions went that made the current generation; false when there is none, or it does not say. */
bool state_decisions(const struct state *state, struct journal_head *head);

/* The same for the log of disclosures as it stood before that run's own deliveries. */
bool state_disclosures(const struct state *state, struct journal_head *head);

/*
 * The name of the next run on ${date} ("20260902"): its number that day is one more than that of any run that is current,
 * or left something in out, archive or quarantine. These hold nothing of runs that were not committed, so a killed
 * run is followed by one of the same name.
 */
MUST_CHECK int state_next_run(const struct state *state, const char *date, char run[RUN_ID_MAX], struct err *err);

/* Sync every file of generation ${run} and the folders. */
MUST_CHECK int state_sync(const struct state *state, const char *run, struct err *err);

/* Make it current, which state_sync() has made durable. Older generations but the last are removed. */
MUST_CHECK int state_commit(struct state *state, const char *run, struct err *err);

/* A file that was taken or refused, ever. Texts are owned by the list. */
enum file_state {
	FILE_COMPLETE,
	FILE_REFUSED,
	FILE_TAKEN, /* the same content was taken before */
};
struct taken_file {
	uint32_t number; /* never reused; records refer to it */
	struct text source;
	struct text file; /* path below inbox/<source>/, "!" between an archive and its entry */
	struct text run;
	struct sha256 sha256;
	uint64_t size;
	enum file_state state;
	struct text reason; /* of a refusal: its word; of a complete one "held": rows of it are to come again; "returned": a workbook that had gone back */
	struct text sheets; /* names of its sheets in their order, a tab between */
	uint64_t rows, accepted, rejected, set_aside;
};

struct taken_files {
	struct arena arena;
	struct taken_file *at; /* by number: at[i].number == i */
	size_t count, room;
};

/* Read files.csv of the current generation; an empty list before the first run. */
MUST_CHECK int taken_load(struct taken_files *files, const struct state *state, struct err *err);
void taken_free(struct taken_files *files);

/* Append one (number is set); texts are copied. */
MUST_CHECK int taken_add(struct taken_files *files, const struct taken_file *file, struct err *err);

/* The complete file of ${source} with that content, of which nothing is to come again; NULL when there is none. */
const struct taken_file *taken_find(const struct taken_files *files, struct text source, const struct sha256 *sha256);

/* The name of a sheet of ${file}, by its index; empty where it has none. Lives as long as the list. */
struct text taken_sheet(const struct taken_file *file, uint16_t sheet);

/* Write files.csv into ${folder}. */
MUST_CHECK int taken_save(const struct taken_files *files, const char *folder, struct err *err);

#endif
