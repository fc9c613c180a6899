/*
 * metrics.h - figures for those who watch over the nights, in the text format of Prometheus: served by `yici serve`, or
 * written to a file that a collector of the machine reads (setting metrics.textfile). The table in metrics.c is all there is:
 * alert rules and dashboards are tested against it. Never a person, a file's name or an id in a label.
 */
#ifndef YICI_CORE_PROGRAM_METRICS_H
#define YICI_CORE_PROGRAM_METRICS_H

#include "core/base/buffer.h"
#include "core/base/err.h"

enum metric {
	METRIC_BUILD_INFO,       /* version, librdkafka */
	METRIC_FILES,            /* source, state */
	METRIC_ROWS,             /* source, outcome */
	METRIC_SOURCE_LAST_FILE, /* source */
	METRIC_STUDENTS,
	METRIC_RUN_LAST_SUCCESS,
	METRIC_RUN_RUNNING,
	METRIC_RUN_EXIT_STATUS,
	METRIC_STAGE_DURATION, /* stage */
	METRIC_INBOX_FILES,
	METRIC_INBOX_OLDEST,
	METRIC_FILES_UNNORMALIZED,
	METRIC_HOLDS,        /* dataset */
	METRIC_HOLD_SINCE,   /* dataset */
	METRIC_REVIEW_ITEMS, /* kind */
	METRIC_BUS_UP,
	METRIC_LAG_RECORDS,    /* group, topic, partition */
	METRIC_LAG_SECONDS,    /* group, topic, partition */
	METRIC_CONSUMER_STATE, /* group, topic, partition */
	METRIC_LSO_GAP,        /* topic */
	METRIC_COUNT,
};

#define METRIC_LABELS_MAX 3

struct metric_row {
	const char *name, *type, *help;
	const char *labels[METRIC_LABELS_MAX]; /* NULL where there are fewer */
};
extern const struct metric_row metric_rows[METRIC_COUNT];

struct metrics {
	struct buffer samples[METRIC_COUNT];
};

void metrics_init(struct metrics *metrics);
void metrics_fini(struct metrics *metrics);

/* Add a sample; ${labels} are the values of its labels, as many as the table names (NULL where it names none). */
void metrics_add(struct metrics *metrics, enum metric metric, double value, const char *const *labels);

/* All of it, families without samples left out, behind what ${out} holds. */
void metrics_text(const struct metrics *metrics, struct buffer *out);

/*
 * Write it to ${path} by rename, readable by everybody, since collectors run as users of their own; what was written there
 * before of families that have no sample now (of another program of ours) is kept.
 */
MUST_CHECK int metrics_write(const struct metrics *metrics, const char *path, struct err *err);

#endif
