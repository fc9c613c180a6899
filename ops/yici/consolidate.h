/*
 * consolidate.h - nights on the bus: one program at a time makes them, for one data folder.
 *
 * A night: the files collected for its date and all their rows are taken from the bus; a record "begin" on the topic runs fixes them;
 * the night's stages run as they do without a bus; then students, changes, identities, the files that were used and the record "complete" are
 * published in one transaction, and the new generation is made current here. The order of what becomes durable:
 *
 *   1. the generation and the outputs, on disk, under names that do not count
 *   2. the transaction on the bus
 *   3. state/current is renamed
 *
 * A program killed between 2 and 3 is finished by the next: the topic runs tells that the run is complete, and the generation is there.
 *
 * Another program of the same cluster that takes over fences this one; a transaction of a fenced program never appears.
 */
#ifndef YICI_OPS_YICI_CONSOLIDATE_H
#define YICI_OPS_YICI_CONSOLIDATE_H

#include "core/bus/bus.h"
#include "ops/yici/command.h"
#include "ops/yici/night.h"
#include "ops/yici/notice.h"

struct consolidator {
	struct command *command;
	const char *data;
	int lock;
	struct bus *bus;
	char topics[TOPIC_COUNT][TOPIC_NAME_MAX];
};

/*
 * Become the one that consolidates DATA. ERR_RETRY when another program does, unless ${wait}: then it stands by until that one
 * ends, or this one is asked to stop.
 */
MUST_CHECK int consolidator_open(
    struct consolidator *consolidator, struct command *command, const char *data, bool wait, struct err *err);
void consolidator_close(struct consolidator *consolidator);

/* Does nobody consolidate DATA just now? */
bool consolidator_absent(const char *data);

/* Make the night of ${date}: what became of it (NIGHT_MADE …), or -1. One line on stdout when it is made. */
MUST_CHECK int consolidator_night(struct consolidator *consolidator, struct date date, struct err *err);

/* Finish what an earlier night may have left undone. */
MUST_CHECK int consolidator_settle(struct consolidator *consolidator, struct date date, struct err *err);

/* The night behind a purge: no files are taken, and whatever topics have of ${gone} gets a tombstone. */
MUST_CHECK int consolidator_purge(
    struct consolidator *consolidator, struct date date, const struct purge_person *gone, struct err *err);

/* What the topic runs says: the newest record of each run, and who asked. ${look} is called for each; valid until it returns. */
MUST_CHECK int runs_read(struct bus *bus, const char *topic, void (*look)(void *self, const struct run_notice *notice),
    void *self, struct err *err);

/*
 * Say that the night of ${date} is asked for ("asked"), or what became of it ("done", "nothing", "held", "discarded", "failed" and ${why}), under the key
 * asked-<date>.
 */
MUST_CHECK int runs_say_asked(
    struct bus *bus, const char *topic, const char *date, const char *state, const char *why, struct err *err);

#endif
