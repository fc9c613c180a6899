/*
 * progress.h - how far a run is, for a person at a terminal: one line on stderr, redrawn a few times a second. Nothing
 * where stderr is no terminal.
 */
#ifndef YICI_CORE_PROGRAM_PROGRESS_H
#define YICI_CORE_PROGRAM_PROGRESS_H

#include "core/base/base.h"

struct progress {
	bool on;
	int64_t began_ms, drawn_ms;
};

void progress_init(struct progress *progress);

/* ${done} of ${all} bytes, ${files} of ${files_all} files, ${rows} rows so far. */
void progress_show(struct progress *progress, const char *stage, uint64_t done, uint64_t all, uint64_t files,
    uint64_t files_all, uint64_t rows);

/* Take the line away. */
void progress_end(struct progress *progress);

#endif
