/*
 * follow.h - what a department runs: keeps local files in step with a compacted topic of students, moving only from one
 * complete run to the next. Whoever reads the files sees one night or the other, never something between.
 *
 *   follow_open(), follow_step() as often as wanted, follow_close()
 *
 * The complete record of a run names for each partition the last offset that belongs to it. A step reads the topic up to
 * these from where the place beside the files says that it was, sorts what it reads on disk, merges it with the lines that are there, and replaces
 * the files by rename. Killed at any moment, the next step goes on from what is in force.
 *
 * The topic of a view (runs NULL) is read without the runs' topic, which its readers may not see: it has one partition, and what a
 * night tells it appears at once, so that its end is always the end of a night.
 *
 * Everything is taken anew, and the caller told so, when the files are not those that were written, when the topic is another one
 * of the same name, and when so much time has passed that deletes may have been forgotten.
 */
#ifndef YICI_CONSUMERS_FOLLOW_FOLLOW_H
#define YICI_CONSUMERS_FOLLOW_FOLLOW_H

#include "consumers/follow/table.h"
#include "core/base/file.h"
#include "core/bus/bus.h"

struct follow_settings {
	const char *topic;             /* "yici.students" */
	const char *runs;              /* "yici.runs"; NULL: the topic is a view's */
	const char *lines;             /* the file of lines; it is always kept, since it is what is merged with */
	const char *table;             /* the table; NULL for none */
	const char *place;             /* beside them */
	const char *work;              /* scratch folder, made and removed */
	const char *group;             /* where positions are left for people to see; NULL: nowhere */
	size_t memory;                 /* for sorting */
	int64_t deletes_s;             /* how long a delete can be seen in the topic */
	const struct dataset *dataset; /* order of columns; NULL: as the lines have them */
	table_cell *cell;
};

struct follow;

/* Why everything is taken anew. */
enum follow_anew {
	FOLLOW_ON,       /* it is not */
	FOLLOW_FIRST,    /* there was nothing */
	FOLLOW_ALTERED,  /* the lines are not those that were written */
	FOLLOW_OTHER,    /* another topic, or the topic was made again */
	FOLLOW_TOO_LATE, /* away for longer than deletes are kept */
	FOLLOW_UNEQUAL,  /* the count of students was not the run's */
};

struct follow_news {
	char run[64];
	enum follow_anew anew;
	uint64_t students, added, changed, removed;
};

/* ${settings}' texts are borrowed for the life of ${*follow}. */
MUST_CHECK int follow_open(
    struct follow **follow, const struct follow_settings *settings, const struct bus_settings *bus, struct err *err);
void follow_close(struct follow *follow);

/*
 * Look for a complete run that is newer than what the files hold, for at most ${wait_ms}, and take it in: 1 and ${news}; 0
 * when there is none; -1. ${now_s} is the time, in seconds since 1970. ${stop} (may be NULL) says whether to end early.
 */
MUST_CHECK int follow_step(
    struct follow *follow, int64_t now_s, int wait_ms, bool (*stop)(void), struct follow_news *news, struct err *err);

/* The run that the files hold; empty when none. */
const char *follow_run(const struct follow *follow);

/* Did leaving the positions for people to see fail? Why, or NULL. */
const char *follow_unseen(const struct follow *follow);

/* "kafka, librdkafka …" */
const char *follow_describe(const struct follow *follow);

#endif
