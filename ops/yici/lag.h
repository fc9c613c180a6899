/*
 * lag.h - how far behind the readers of our topics are, counted in what they would still get.
 *
 * An offset is no count: markers of transactions, aborted messages and what compaction took away have offsets too. So what lies
 * between a reader's position and the last stable offset is read, committed messages only, and counted. Beyond LAG_COUNT_MAX offsets
 * that is not worth it: then the gap is told, marked as the most it can be.
 *
 * What a position means depends on what it was before and when: lag_remember() keeps that in a small file.
 */
#ifndef YICI_OPS_YICI_LAG_H
#define YICI_OPS_YICI_LAG_H

#include "core/bus/admin.h"
#include "core/record/wire.h"
#include "core/bus/bus.h"

#define LAG_COUNT_MAX 200000
#define LAG_STUCK_S 600        /* inside the window: unread for so long, and not moved */
#define LAG_LATE_S (26 * 3600) /* of departments, who read when they like */

/* As in yici_consumer_state; the numbers are those of Burrow where it has the same. */
enum lag_state {
	LAG_NOT_FOUND,
	LAG_OK,
	LAG_WAITING,          /* there is something to read; nothing is wrong with that */
	LAG_OPEN_TRANSACTION, /* a transaction that has not ended hides what is behind it */
	LAG_STOP,             /* there is something to read and nobody who does */
	LAG_STALL,            /* there is a reader, and it does not get on */
	LAG_REWIND,           /* the position is before where it was */
	LAG_STATES,
};
const char *lag_state_name(enum lag_state state);

struct lag_partition {
	char topic[TOPIC_NAME_MAX];
	int32_t partition;
	int64_t committed; /* -1: none */
	struct bus_ends ends;
	uint64_t records; /* committed messages to be read */
	bool at_most;     /* it may be fewer */
	int64_t first_ms; /* when the first of them was written, since 1970; -1: none */
	uint64_t seconds; /* how old that is */
	enum lag_state state;
};

struct lag_group {
	char *name;
	bool ours, active;
	enum lag_state state; /* the worst of its partitions */
	struct lag_partition *at;
	size_t count;
};

struct lag {
	struct lag_group *groups; /* by name */
	size_t count;
	uint8_t (
	    *unread)[WIRE_FILE_BYTES]; /* ids of the files among the rows that normalize has not read, sorted, each once */
	size_t files_unread;
	bool files_at_least;
};

/*
 * Find and count. Also partitions in which a group has no position yet, when it has one in another of the topic: there it
 * would begin with the first message.
 */
MUST_CHECK int lag_look(struct lag *lag, const struct bus_settings *settings, int64_t now_ms, struct err *err);
void lag_free(struct lag *lag);

/* When the verdict is made. */
struct lag_when {
	int64_t now_s;
	bool window; /* the night's */
};

/*
 * Judge each partition by what ${path} remembers, then remember anew (durably; a file that cannot be written is left as it is: 0 all the
 * same). ${path} NULL: without memory.
 */
MUST_CHECK int lag_judge(struct lag *lag, const char *path, struct lag_when when, struct err *err);

#endif
