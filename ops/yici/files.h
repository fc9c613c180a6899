/*
 * files.h - the files of one run: found in the inbox, unpacked, known or new, read, accounted for, put away.
 */
#ifndef YICI_OPS_YICI_FILES_H
#define YICI_OPS_YICI_FILES_H

#include "consumers/consolidate/link.h"
#include "consumers/publish/publication.h"
#include "ops/yici/purge_rows.h"
#include "ops/yici/assemble.h"
#include "ops/yici/command.h"
#include "ops/yici/told.h"
#include "producers/collect/collect.h"
#include "producers/collect/inbox.h"
#include "producers/collect/memory.h"
#include "producers/readers/sandbox.h"

enum run_file_state {
	RUN_FILE_TO_READ,
	RUN_FILE_COMPLETE,
	RUN_FILE_REFUSED,
	RUN_FILE_TAKEN, /* the same content of the same source was taken before, or comes earlier in this run */
};

/* One file, or one file inside an archive. Texts are owned by the list. */
struct run_file {
	const struct source *source;
	uint16_t source_no;
	struct text file;         /* path below inbox/<source>/ as shown, "!" between an archive and its entry */
	const char *path;         /* where its bytes are */
	struct inbox_stamp stamp; /* of ${path} when it was found */
	uint64_t size;
	unsigned depth; /* archives around it */
	size_t arrival; /* what lay in the inbox: itself, or the archive it came in */
	bool unpacked;  /* an archive whose files stand in its place */
	struct sha256 sha256;
	const struct run_file *first; /* of the same content in this run; NULL when this is it */
	bool hashed;                  /* ${sha256} is known; else it is worked out while the file is read */
	enum run_file_state state;
	uint32_t number; /* UINT32_MAX when already taken */
	enum refusal refusal;
	struct frame_refuse where;
	struct text detail;
	const struct remembered *remembered;
	bool held; /* some of its rows are set aside until the next delivery */
	bool returned; /* a workbook that had gone back: its rows count, but it is no delivery, and says nothing of who is not in it */
	bool elsewhere; /* collected by another program: not looked at again on this disk */
	/* told by who read it */
	struct told_counts counts;
	uint64_t rows_said; /* by the reader; must be what was counted */
	struct told_document document;
	struct text *sheets, *layouts;
	size_t sheet_count, layout_count;
	bool done;
};

/* One file as it lay in the inbox. */
struct arrival {
	const char *path;
	const struct source *source;
	struct text file;
	struct inbox_stamp stamp;
	bool refused; /* nothing of it could be used; set by files_told() */
	enum refusal refusal;
	bool stays; /* the next run has to look at it again */
};

struct files {
	struct arena arena;
	struct run_file *at; /* sorted by source, then file */
	size_t count, room;
	struct arrival *arrivals;
	size_t arrival_count;
	size_t count_to_read;
	uint64_t bytes_to_read;
	uint32_t first_number;
	struct run_file **by_number; /* of this run, from first_number */
	size_t numbered;
	struct assemble_sheets *prefixes; /* by number - first_number */
	bool *returned;                   /* the same: run_file.returned */
	struct text told;                 /* everything, kept for schools */
	uint8_t *bound;                   /* by field: bound in some complete file */
	size_t bound_count;
	pid_t hasher;
	struct sha256 *hashes; /* shared with the hasher, by place in ${at} */
	struct published_file *published;
	struct published_binding_change *binding_changes;
	size_t change_count;
	struct files_memory {
		const struct source *source;
		struct memory *memory;
	} * memories; /* one for each source that sends something, sorted by name */
	size_t memory_count;
	const uint32_t *except; /* schools whose rows are set aside; borrowed */
	size_t except_count;
	struct purged_rows purged; /* rows of people who are not to be kept */
	uint8_t *except_same;      /* by number of yesterday's link: its row is set aside; NULL for none */
};

/* Find everything in DATA/inbox, unpack archives into ${work}, digest, and tell what is to be read. */
MUST_CHECK int files_find(struct files *files, const char *data, const struct definitions *definitions,
    const struct state *state, const struct taken_files *taken, struct sandbox *sandbox,
    const struct reader_limits *limits, const char *work, uint64_t settle_s, int wait_ms, struct err *err);
void files_free(struct files *files);

/*
 * A list that was made elsewhere: files_begin(), files_add() each (filled by the caller, texts kept by him), then files_order(), which
 * sorts them, tells which content is known, loads what is remembered of their sources, and numbers them.
 */
MUST_CHECK int files_begin(struct files *files, const struct taken_files *taken, size_t arrivals, struct err *err);
struct run_file *files_add(struct files *files, struct err *err); /* NULL when memory is short; valid until the next */
MUST_CHECK int files_order(struct files *files, const struct state *state, const struct taken_files *taken,
    const struct dataset *dataset, struct err *err);

/* What the file at ${path} is now; false when it is no regular file. */
bool files_stamp(const char *path, struct inbox_stamp *stamp);

/* Does the file begin like a zip or a gzip? Only those are asked whether they are archives. */
bool files_look_packed(const char *path);

/* Digest large files in a process of its own while they are read. */
MUST_CHECK int files_hash_begin(struct files *files, struct err *err);
MUST_CHECK int files_hash_end(struct files *files, struct err *err);

/*
 * Understand what the reading processes told. Files whose bytes have changed meanwhile become refused, those whose
 * digest turns out to be known already taken.
 */
MUST_CHECK int files_told(struct files *files, const struct dataset *dataset, const struct taken_files *taken,
    struct text told, struct err *err);

/* Of the files in state ${among}, tell which content is already taken, or stands earlier in the list. */
void files_tell_taken(struct files *files, const struct taken_files *taken, enum run_file_state among);

/* Is the file of that number complete? Numbers of earlier runs are not. */
bool files_is_complete(const struct files *files, uint32_t number);

/* Are the rows of that school set aside? */
bool files_excepts(const struct files *files, uint32_t school);

/* What linking needs to know of the complete files. Allocated for the caller. */
MUST_CHECK int files_covered(const struct files *files, struct covered **covered, size_t *count, struct err *err);

#define FILES_RETURNED "returned" /* taken_file.reason of such a file */

/* Add the fields bound in complete files to ${delivered}. */
void files_delivered(const struct files *files, uint8_t *delivered);

/* Enter the files of this run into the list of all files. */
MUST_CHECK int files_keep(const struct files *files, struct taken_files *taken, const char *run, struct err *err);

/* Fill publication->files and ->binding_changes. */
MUST_CHECK int files_publish(struct files *files, struct publication *publication, struct err *err);

/* Save which headers meant which fields, for the next delivery. */
MUST_CHECK int files_remember(
    struct files *files, const struct state *state, struct text day, const char *generation, struct err *err);

/*
 * state/<run>/arrivals: what arrived and where it is to go, by the names that the file system knows, so that it can be
 * put away even when the run is killed right after its commit.
 */
MUST_CHECK int files_keep_arrivals(const struct files *files, const char *data, const char *generation, struct err *err);

/*
 * Once run ${run} is committed: move what arrived out of the inbox, to archive/<run>/, or to quarantine/<run>/ with the
 * reason beside it when nothing of it could be used. What has changed since it was found stays. Does what is left to do
 * when called again. All that can be moved are; -1 tells of the first that could not.
 */
MUST_CHECK int files_put_away(const char *data, const char *run, struct err *err);

/*
 * Move one arrival out of the inbox: to archive/<run>/, or, with a reason, to quarantine/<run>/ with the reason beside it. One that has
 * changed since it was found stays.
 */
MUST_CHECK int files_move_arrival(
    const char *data, struct text run, const struct arrival *arrival, struct text reason, struct err *err);

/* Cases for a person, with what their records say. */
struct cases {
	struct published_case *at;
	size_t count;
	struct arena arena;
};

/* ${model} and ${counties} (by code of a school) may be NULL. Also writes CASES_FILE of the new ${generation}, which the commands for deciding read. */
#define CASES_FILE "cases.jsonl"
MUST_CHECK int cases_load(struct cases *cases, const char *work, const char *generation,
    const struct link_result *links, const struct dataset *dataset, const struct model *model,
    const struct source *const *sources, const struct taken_files *taken, const struct codes *counties,
    const struct assemble_result *assembled, struct err *err);
void cases_free(struct cases *cases);

#endif
