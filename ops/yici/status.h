/*
 * status.h - how things stand with one data folder and with the bus: gathered once, then said to a person, as JSON, as metrics or as
 * a page. Nothing in it names a person or a file.
 */
#ifndef YICI_OPS_YICI_STATUS_H
#define YICI_OPS_YICI_STATUS_H

#include "core/program/metrics.h"
#include "ops/yici/command.h"
#include "ops/yici/lag.h"

#define STATUS_NAME_MAX 128

/* One source, over all runs. */
struct status_source {
	char name[STATUS_NAME_MAX];
	uint64_t complete, refused;
	uint64_t accepted, rejected, set_aside;
	int64_t last_s; /* the date of the newest run that took in a file of it; -1: none */
};

struct status_kind {
	char name[STATUS_NAME_MAX]; /* of a case for review */
	uint64_t cases;
};

struct status {
	int64_t now_s;
	bool window; /* the night's */
	/* the data folder */
	char run[64], date[11]; /* the current generation; empty before the first */
	int64_t finished_s;
	bool running;                                /* a run is at work */
	uint64_t students, records, files, rejected; /* of the current run; ${rejected} rows */
	struct status_source *sources;
	size_t source_count;
	struct status_kind *kinds;
	size_t kind_count;
	struct buffer given; /* what the current run gave to offices: lines as the log of disclosures has them */
	char held[64];       /* the run that is held for a person; empty: none */
	char held_date[11];  /* its date */
	int64_t held_s;      /* since when */
	uint64_t held_findings;
	uint64_t waiting; /* files in the inbox */
	int64_t oldest_s; /* when the one that waits longest was last changed; -1: none waits */
	/* the bus */
	bool bus, bus_up;
	char bus_why[200];                  /* why it is not up */
	char bus_run[64], bus_state[32];    /* the newest record on runs */
	uint64_t bus_reading, bus_complete; /* files being sent; sent whole and not yet used by a run */
	uint64_t schools_unread; /* of whose files normalize has not read all rows; one in two files counts twice */
	struct lag lag;
};

/*
 * Look. What the bus does not tell is no error: ${bus_why} says it. ${remember}: keep what lag_judge() keeps in DATA/state.
 */
MUST_CHECK int status_look(
    struct status *status, const struct command *command, const char *data, bool remember, struct err *err);
void status_free(struct status *status);

/* For a person, in his language. */
void status_text(const struct status *status, const struct command *command, struct buffer *out);

/* Parts of it: all but the readers, a line each; what one reader has not read; what is to be thought of it; how long. */
void status_summary(const struct status *status, const struct command *command, struct buffer *out);
void status_unread(const struct lag_group *group, const struct command *command, struct buffer *out);
const char *status_verdict(const struct command *command, enum lag_state state);
void status_duration(const struct command *command, int64_t seconds, struct buffer *out);

/* The same as a page, and its style, which is a page of its own so that nothing in the first can run or load anything. */
void status_page(const struct status *status, const struct command *command, struct buffer *out);
void status_style(struct buffer *out);

/* One JSON object, documented in docs/formats.md. */
void status_json(const struct status *status, struct buffer *out);

void status_metrics(const struct status *status, const char *dataset, struct metrics *metrics);

/*
 * At the end of a night: write the figures to metrics.textfile, when that is set. ${exit_status} is how it ended, ${seconds} how long it
 * took. What fails is logged and nothing else: a night is not lost for its figures.
 */
void status_textfile(const struct command *command, const char *data, int exit_status, double seconds);

/* Seconds of a clock that only goes forward. */
double status_clock(void);

#endif
