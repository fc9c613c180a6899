/*
 * topics.h - the topics of a pipeline: their names, and what a cluster must have for each (docs/operations.md).
 */
#ifndef YICI_CORE_BUS_TOPICS_H
#define YICI_CORE_BUS_TOPICS_H

#include "core/base/text.h"

enum topic {
	TOPIC_SUBMITTED, /* rows as read; key: file, sheet and row */
	TOPIC_FILES,     /* what became of each file */
	TOPIC_CHECKED,   /* clean records; key: record id */
	TOPIC_REJECTED,  /* rows with an issue, rows set aside, messages that could not be understood */
	TOPIC_STUDENTS,  /* the clean topic; key: student id */
	TOPIC_CHANGES,   /* what changed; key: student id */
	TOPIC_IDENTITY,  /* ids that came, went, merged; key: student id */
	TOPIC_RUNS,      /* begin, complete; key: run id */
	TOPIC_COUNT,
};

#define TOPIC_NAME_MAX 250 /* Kafka allows 249 characters */

/* What every topic of one kind is made with. */
struct topic_plan {
	const char *name; /* without the prefix */
	bool keyed;       /* as many partitions as topics.partitions says; else one, so that its order is total */
	bool compact;
	uint64_t retention_ms;        /* of "delete" topics */
	uint64_t delete_retention_ms; /* of compacted ones: how long a tombstone can still be seen */
	uint64_t compaction_lag_ms;   /* of compacted ones: what is younger is kept whole */
};
extern const struct topic_plan topic_plans[TOPIC_COUNT];

/* A view's topic: one partition, so that a reader sees whole nights; compacted. */
extern const struct topic_plan topic_view_plan;

/* ${out} = "<prefix>.view.<grant>". */
void topic_view_name(char out[TOPIC_NAME_MAX], const char *prefix, struct text grant);

/* Is it the full name of a view's topic? */
bool topic_is_view(const char *prefix, const char *name);

/* ${out} = "<prefix>.<name>". The prefix has been checked by the settings. */
void topic_name(char out[TOPIC_NAME_MAX], const char *prefix, enum topic topic);

/* The topic of that full name; TOPIC_COUNT when it is none of ours. */
enum topic topic_find(const char *prefix, const char *name);

#endif
