/*
 * collect.h - `yici collect`: files of the inbox become rows on the bus. Each file is read whole into a spool first, so a
 * refused file leaves no row; its rows then go out in transactions that carry how far it has come, the last one that it is complete.
 *
 * What was sent is known from the topic files alone: a collector that was killed reads it, makes the spool of the unfinished file again
 * and goes on behind the rows that are there. Two collectors see each other's files there too.
 */
#ifndef YICI_OPS_YICI_COLLECT_H
#define YICI_OPS_YICI_COLLECT_H

#include "ops/yici/command.h"
#include "ops/yici/notice.h"

struct collect;

/*
 * Ready to collect DATA. Programs of different names (collect, nightly) may be open side by side: they sweep in turn. A second one of
 * the same name fences the first.
 */
MUST_CHECK int collect_open(struct collect **collect, struct command *command, const char *data, struct err *err);
void collect_close(struct collect *collect);

/* Another collector of this name has started: this one must end. */
bool collect_fenced(const struct collect *collect);

struct collect_counts {
	size_t complete, refused, taken, waiting; /* files: newly said, and said earlier but not yet used by a run */
	uint64_t rows;
	int64_t sending_ms; /* of rows, once their file was read, commits counted */
};

/*
 * Look at the inbox once, for the run of ${date}: everything in it is on the bus when this returns 0, and what a run has used is
 * put away. Done again by itself when the bus aborts a transaction. Waits up to ${wait_s} while another collector sweeps the folder,
 * then ERR_RETRY.
 */
MUST_CHECK int collect_sweep(
    struct collect *collect, struct date date, uint64_t wait_s, struct collect_counts *counts, struct err *err);

#endif
