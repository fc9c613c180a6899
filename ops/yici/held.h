/*
 * held.h - one student of the current generation with all that is known of him, for commands that speak of one.
 */
#ifndef YICI_OPS_YICI_HELD_H
#define YICI_OPS_YICI_HELD_H

#include "consumers/consolidate/decisions.h"
#include "consumers/consolidate/store.h"
#include "ops/yici/command.h"

#define HELD_MEMBERS_MAX 1000

struct held {
	struct command *command;
	struct definitions definitions;
	struct state state;
	struct taken_files files;
	struct store store;
	struct journal_log log;
	struct decisions decisions; /* that count from the next run on */
	/* the student at hand */
	uint8_t student[STUDENT_ID_BYTES];
	struct merge_member members[HELD_MEMBERS_MAX];
	uint16_t since[HELD_MEMBERS_MAX];
	uint8_t ids[HELD_MEMBERS_MAX][RECORD_ID_BYTES];
	size_t count;
	struct arena arena;
};

/* Open the current generation of ${data}; ERR_INPUT when it holds no run yet. NULL after a failure; else held_close(). */
MUST_CHECK struct held *held_open(struct command *command, const char *data, struct err *err);
void held_close(struct held *held);

/*
 * Hold the student that ${words} name: a student id, also one that is no longer in use (${moved}, which may be NULL, is
 * told of each step); a record id; or SOURCE:FILE:ROW, a row that a record stands on now. ERR_INPUT when there is none.
 */
MUST_CHECK int held_find(struct held *held, struct text words,
    void (*moved)(const struct held *held, const uint8_t *from, const uint8_t *to), struct err *err);

#endif
