/*
 * purge_raw.h - files as they were sent, without the rows of a person. What is looked into goes through the sandbox like any file, archives
 * inside archives too.
 *
 * In the place of a file with such rows stands NAME.purged.csv: UTF-8, its other rows as they were sent, sheet and row number before the
 * cells; of an archive NAME!ENTRY or NAME!ENTRY.purged.csv for each file in it. The digest of the file stays in files.csv, so that it is not taken
 * again. A file that cannot be read is looked through as bytes; when they are his, all of it goes.
 */
#ifndef YICI_OPS_YICI_PURGE_RAW_H
#define YICI_OPS_YICI_PURGE_RAW_H

#include "core/store/state.h"
#include "ops/yici/purge_person.h"
#include "producers/readers/sandbox.h"
#include "producers/readers/sink.h"

struct purge_counts {
	uint64_t files;   /* looked into */
	uint64_t changed; /* had rows of him, and have no more */
	uint64_t rows;    /* of these */
	uint64_t removed; /* gone as a whole */
	uint64_t renamed; /* were called after him */
	uint64_t unread;  /* cannot be looked into: somebody must */
	uint64_t waiting; /* not taken yet, with rows of him */
};

/* A row, by where it stands. */
struct purge_place {
	struct text file; /* "archive.zip!entry", below the folder of its source */
	uint32_t row;     /* 0: all of the file */
	uint16_t sheet;
};

struct purge_raw {
	const struct purge_person *person; /* NULL: by places */
	const struct purge_place *places;
	size_t place_count;
	struct sandbox *sandbox;
	const struct reader_limits *limits;
	const char *scratch; /* a folder for unpacked files, emptied here */
	int wait_ms;
	struct purge_counts *counts;
	struct buffer *left; /* paths of files that are unread or waiting, a newline behind each; for the person who called, not for a log */
};

/* All files below ${folder}, which may be missing. */
MUST_CHECK int purge_raw_below(const struct purge_raw *raw, const char *folder, struct err *err);

/* Remove those files below ${folder} that hold something of him. */
MUST_CHECK int purge_raw_remove(const struct purge_raw *raw, const char *folder, struct err *err);

/* One file alone, called ${name} by those places. Fine when it is not there. */
MUST_CHECK int purge_raw_one(const struct purge_raw *raw, const char *path, struct text name, struct err *err);

/*
 * Files of DATA/inbox: those whose content was taken, and rest there since archive=no, go to DATA/archive/<run>/ without his rows; others
 * stay as they are and are counted.
 */
MUST_CHECK int purge_raw_inbox(
    const struct purge_raw *raw, const char *data, const char *run, const struct taken_files *taken, struct err *err);

#endif
