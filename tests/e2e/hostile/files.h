/*
 * files.h - files made to hurt whoever reads them, each with what must come of it; and the way a
 * file is read in earnest: in the sandbox, archives unpacked, their files read in turn.
 */
#ifndef YICI_TESTS_E2E_HOSTILE_FILES_H
#define YICI_TESTS_E2E_HOSTILE_FILES_H

#include "core/base/buffer.h"
#include "producers/readers/reader.h"
#include "producers/readers/sandbox.h"

#define ANY UINT64_MAX

/* Bytes: ${head}, ${count} times ${part}, ${tail}; then ${make}, if any, makes the file of them. A
 * '%' in ${part} stands for the number of the repetition. */
struct hostile {
	const char *name;
	const char *head, *part, *tail;
	size_t count;
	void (*make)(struct buffer *file);
	enum refusal refused;
	uint64_t rows, flagged; /* read all the same; ANY for any */
};

extern const struct hostile hostile[];
extern const size_t hostile_count;

/* A small file that is fine: 3 rows. */
extern const struct hostile harmless;

/* The bytes of a hostile file, in place of what ${file} holds. */
void hostile_make(const struct hostile *hostile, struct buffer *file);

/* What came of a file and of all files inside it. */
struct outcome {
	enum refusal refused; /* the first one */
	uint64_t files, rows, cells, flagged;
	double seconds; /* in all */
};

/* Read ${bytes} in the sandbox; archives go through ${spool}. -1 when our own side fails. */
int hostile_read(
    struct sandbox *sandbox, struct text bytes, const char *spool, struct outcome *outcome, struct err *err);

#endif
