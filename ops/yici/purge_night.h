/*
 * purge_night.h - the night behind a purge: it takes no files, and so makes the outputs of what is left.
 */
#ifndef YICI_OPS_YICI_PURGE_NIGHT_H
#define YICI_OPS_YICI_PURGE_NIGHT_H

#include "ops/yici/consolidate.h"
#include "ops/yici/night.h"
#include "ops/yici/purge_person.h"

/* Finish what an earlier night may have left undone; nothing when there was none. */
MUST_CHECK int purge_settle(struct command *command, const char *data, struct date date, struct err *err);

/* The list of files of a night that takes none: what night_link() and the others want. */
MUST_CHECK int purge_no_files(struct night *night, struct err *err);

/* The night without a bus; consolidator_purge() is the one with. */
MUST_CHECK int purge_night(struct command *command, const char *data, struct date date, struct err *err);

/*
 * What a bus keeps of the person beyond what tombstones see to: a folder of files is rewritten here, a cluster compacts by itself.
 * ${*messages} is how many were emptied.
 */
MUST_CHECK int purge_bus(struct consolidator *consolidator, const struct state *state,
    const struct purge_person *person, uint64_t *messages, struct err *err);

#endif
