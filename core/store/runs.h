/*
 * runs.h - sorting more than memory holds: entries go into a buffer, the full buffer is sorted and written as one
 * sorted file (sorted.h), and all files together are read back in order. Several processes may write runs into one
 * folder, each under a name of its own. Runs are scratch: never synced, removed with their folder.
 *
 * Entries with equal keys come back in no particular order: who needs one looks at the entries.
 */
#ifndef YICI_CORE_STORE_RUNS_H
#define YICI_CORE_STORE_RUNS_H

#include "core/store/sorted.h"

struct runs_writer;

/* Writes ${folder}/${name}-N.run; the buffer takes ${memory} bytes (at least 1 MB). */
MUST_CHECK struct runs_writer *runs_writer_new(const char *folder, const char *name, size_t memory, struct err *err);

/* Room for an entry of at most ${len} bytes to be built in place; give it with runs_put(). NULL on failure. */
MUST_CHECK char *runs_room(struct runs_writer *writer, size_t len, struct err *err);

/* The entry built in the room, of ${len} bytes, is done. */
void runs_put(struct runs_writer *writer, size_t len);

/* Add a copy of an entry. */
MUST_CHECK int runs_add(struct runs_writer *writer, const void *entry, size_t len, struct err *err);

/* Write what is still in the buffer. */
MUST_CHECK int runs_finish(struct runs_writer *writer, struct err *err);
void runs_writer_free(struct runs_writer *writer);

/* All runs of a folder whose names begin with ${name}. */
struct runs {
	struct sorted_file *files;
	size_t count;
	uint64_t entries, raw_bytes;
	/* Entries to be left out when reading; NULL for none. Set after runs_open(). */
	bool (*skip)(const void *self, struct text entry);
	/* Changes an entry that is not left out, behind its key, before it is given; NULL for none. */
	void (*change)(const void *self, char *entry);
	const void *self; /* of both */
};

/*
 * Open them; when there are more than RUNS_FAN_IN, they are merged into fewer, larger ones first.
 */
#define RUNS_FAN_IN 256
MUST_CHECK int runs_open(struct runs *runs, const char *folder, const char *name, struct err *err);
void runs_close(struct runs *runs);

/* Nobody will read entries with from <= key < to again, nor any before them: see sorted_drop(). */
void runs_drop(const struct runs *runs, const uint8_t *from, const uint8_t *to);

/* All entries with from <= key < to, in order. ${from}, ${to} as in sorted_seek(). */
struct runs_cursor {
	const struct runs *runs;
	struct sorted_cursor *cursors;
	struct runs_head {
		struct text entry;
		uint64_t key[2]; /* the key as two numbers, high first */
	} * heads;
	uint32_t *heap;
	size_t live, count;
	bool pending; /* the first of the heap was given and must be advanced */
};

MUST_CHECK int runs_seek(
    struct runs_cursor *cursor, const struct runs *runs, const uint8_t *from, const uint8_t *to, struct err *err);

/* The next entry: 1, 0 at the end, -1. It is valid until the next call. */
MUST_CHECK int runs_next(struct runs_cursor *cursor, struct text *entry, struct err *err);
void runs_cursor_fini(struct runs_cursor *cursor);

#endif
