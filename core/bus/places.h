/*
 * places.h - inside the bus room only: what is known of each partition, by topic. Topics are never forgotten, so that their names
 * live as long as the bus.
 */
#ifndef YICI_CORE_BUS_PLACES_H
#define YICI_CORE_BUS_PLACES_H

#include "core/base/base.h"

struct place {
	bool ours;     /* assigned to us for reading */
	bool at_end;   /* all there was is read */
	int64_t next;  /* offset of the next message to read */
	int64_t begun; /* where an abort takes reading back to */
	int64_t saved; /* position last committed; -1 when none by us */
	int64_t sent;  /* last offset given to a message of this transaction; -1 when none */
	void *log;     /* what the way keeps for it */
};

struct place_topic {
	char *name;
	struct place *at;
	int32_t count; /* partitions known, not all there are */
	void *handle;  /* the way's own */
	const void *tag;
	size_t index; /* in the table */
};

struct places {
	struct place_topic **topics;
	size_t count;
	size_t ours, at_end; /* how many partitions */
};

/* The topic, added when it is new; NULL when memory is short. */
struct place_topic *places_topic(struct places *places, const char *name);

/* The partition, made room for; NULL when memory is short. Pointers to other partitions of the topic are then void. */
struct place *places_at(struct place_topic *topic, int32_t partition);

/* The partition when it is known, else NULL. */
struct place *places_find(const struct places *places, const char *topic, int32_t partition);

/* ${place} is ours from now on, to be read from ${next}. */
void places_take(struct places *places, struct place *place, int64_t next);

/* Nothing is ours any more. */
void places_drop_all(struct places *places);

void places_set_end(struct places *places, struct place *place, bool at_end);

void places_fini(struct places *places);

#endif
