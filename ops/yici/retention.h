/*
 * retention.h - how long what was sent and what was published is kept, by the settings keep.archive, keep.quarantine and keep.runs. Applied at
 * the end of a night. The state needs none of it: files are known by their digests, students by the records.
 */
#ifndef YICI_OPS_YICI_RETENTION_H
#define YICI_OPS_YICI_RETENTION_H

#include "core/record/day.h"
#include "core/store/state.h"
#include "ops/yici/command.h"

/*
 * Remove folders of runs from DATA/archive and DATA/quarantine that are older than so many days before ${today}, and from DATA/out all but the
 * newest; never the current run's. One line in the log says how many, when there are any. What cannot be removed is a warning there, and tried again the
 * next night.
 */
void retention_apply(const struct settings *settings, const struct state *state, struct date today);

#endif
