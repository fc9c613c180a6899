/*
 * release.h - what a night gives to offices: which grants deliver, their files under out/<run>/views/, and the log of disclosures.
 *
 *   release_open()     what each grant does tonight, by its document, the date and what the log says was delivered
 *   release_due()      whether a night must be made for that alone
 *   release_views()    for those who merge students (consumers/publish/view_rows.h)
 *   release_write()    the files; and, into the new generation, what is to be logged and who was among the rows
 *                      (topics of views: release_topics.h)
 *   release_log()      after the commit and before the outputs are shown: into the log what is not there yet
 *
 * A night that is killed before the commit has delivered nothing; one that is killed after it is finished by the next, which finds
 * in the generation what is to be logged, and adds only those lines of the run that the log does not have. Delivery
 * numbers come from the log, so they are the same however often a night is begun.
 */
#ifndef YICI_OPS_YICI_RELEASE_H
#define YICI_OPS_YICI_RELEASE_H

#include "consumers/publish/publication.h"
#include "consumers/publish/view_topics.h"
#include "core/bus/topics.h"
#include "core/store/state.h"
#include "ops/yici/command.h"

#define RELEASE_DELIVERIES "deliveries.jsonl" /* of a generation: what it delivered, a line each */

/* What a grant does on a date. */
enum release_state {
	RELEASE_DELIVERS,
	RELEASE_BROKEN,
	RELEASE_EARLY,
	RELEASE_EXPIRED,
	RELEASE_NOT_DUE,  /* delivered already in this week, month or term */
	RELEASE_USED_UP,  /* as often as it may in this term */
	RELEASE_BARRED,   /* the log, the secret or the date is not as it should be */
	RELEASE_NO_FILES, /* it has a topic alone */
	RELEASE_STATES,
};

struct release_grant {
	const struct grant *grant;
	enum release_state state;
	uint64_t delivered; /* so often until now, by nights or as filled forms: the next number is one more */
	bool by_night;      /* a night delivered it, last on ${last_night} */
	struct date last_night;
	struct text last_run; /* and when last; of the log's bytes */
	struct date last_date;
	uint64_t in_term; /* deliveries in this term */
	uint64_t rows;    /* of tonight's */
	size_t view;      /* number among tonight's views */
};

enum topic_state {
	TOPIC_TELLS,
	TOPIC_BROKEN, /* these two: what was told stays as it is */
	TOPIC_BARRED,
	TOPIC_WITHDRAWN, /* these three: what was told is taken back */
	TOPIC_EARLY,
	TOPIC_EXPIRED,
	TOPIC_MISSING, /* the cluster has no such topic: what was told stays */
	TOPIC_STATES,
};

/* A grant whose view is, was or is to be kept on a topic. */
struct release_topic {
	const struct grant *grant; /* NULL: there is no such file any more */
	struct text id, unit, document;
	enum topic_state state;
	char name[TOPIC_NAME_MAX]; /* of the topic; once it is known */
	size_t before;             /* place in the meta of VIEW_STATE; SIZE_MAX: nothing was told */
	struct sha256 wording;     /* by which it was told */
	uint64_t held;             /* pupils on the topic as it was told last */
	uint64_t nights;           /* with messages until now */
	uint64_t sent, gone;       /* of tonight */
	struct text member;        /* what the list of recipients calls its nights */
};

struct release_topics {
	struct arena arena;
	struct release_topic *at; /* by id */
	size_t count;
	bool on; /* the night is on a bus; else nothing is told, and what was stays */
	struct view_topics views;
	struct release_topic **told; /* of views.at */
	const struct grant **grants; /* of views->topics */
};

struct release {
	struct grants *grants;
	struct release_grant *at; /* by id, as ${grants} */
	struct journal_log log;
	struct journal_fault fault;
	struct journal_head known; /* how far the log went when it was last whole: for the manifest */
	struct buffer word;        /* for strings of the log: has room for any */
	struct buffer told;        /* what the current generation delivered: its RELEASE_DELIVERIES */
	struct views views;
	struct release_topics topics;
	const char *barred; /* why nobody gets anything; NULL */
};

/* Load grants and log; ${secret}: make the secret of tokens where it is needed and missing. */
MUST_CHECK int release_open(struct release *release, const char *data, const struct state *state,
    const struct dataset *dataset, struct date date, bool secret, struct err *err);
void release_close(struct release *release);

/* Is there a delivery that the current generation has not made, or one in it that must not be served any longer? */
bool release_due(struct release *release);

/* NULL when nothing is delivered or told tonight. */
const struct views *release_views(const struct release *release);

struct release_night {
	const struct dataset *dataset;
	const struct state *state;
	const char *run, *date, *out, *generation, *work;
	bool chinese;
};
MUST_CHECK int release_write(struct release *release, const struct release_night *night, struct err *err);

/*
 * What release_write() gave, for the report: by grant, files before topic. ${*given} is the caller's to free, its texts are ${release}'s.
 */
MUST_CHECK int release_given(
    const struct release *release, struct published_delivery **given, size_t *count, struct err *err);

/* Into the log of ${data} what generation ${run} delivered and the log has not. */
MUST_CHECK int release_log(const char *data, const char *run, struct err *err);

/* How many lines of what generation ${run} delivered ${log} does not have. */
MUST_CHECK int release_missing(
    const struct journal_log *log, const char *data, const char *run, size_t *missing, struct err *err);

/*
 * Whether forms may be filled in by the grant ${id} on ${date}: RELEASE_DELIVERS, or why not. How often nights deliver (every="…")
 * does not matter here, how often there is a delivery in a term (times="…") does. NULL: there is no such grant.
 */
MUST_CHECK const struct release_grant *release_filling(
    const struct release *release, struct text id, struct date date, enum release_state *state);

/* The secret of tokens: 1 when it is whole, or there is none and it is not to be made; 0 when it is not; -1. */
MUST_CHECK int release_secret(const char *data, uint8_t secret[VIEW_SECRET_BYTES], bool make, struct err *err);

/* A member of a line of the log of disclosures, behind another; numbers are texts there, too. */
void release_put(struct buffer *out, const char *name, struct text value);
void release_put_number(struct buffer *out, const char *name, uint64_t value);

/* How many grants deliver, and how many do not. */
void release_count(const struct release *release, size_t *deliver, size_t *rest);

/* Of a grant that is barred. */
const char *release_why_barred(const struct release *release);

/* "delivers", "broken", "not_yet", "expired", "not_due", "used_up", "barred", "topic_only" */
const char *release_state_name(enum release_state state);

#endif
