/*
 * release_topics.h - the part of release.h that is about the topics of views: what each is told in a night on the bus, and what the log of
 * disclosures and the list of recipients have of it.
 *
 * A night in which a topic has messages has a number of its own, counted by grant, apart from deliveries of files: a night without a
 * bus makes the same files. A grant that has expired, is not valid yet or whose file is gone is taken back, with a tombstone for
 * every pupil. One that is broken tells nothing further, and what it told stays: a slip of the pen is mended the next day, and
 * would otherwise have every reader delete all and take all anew.
 *
 * Consistency: the new digests are part of the generation, which is durable before the messages are published; the transaction that
 * has them also has the record "complete", by which a killed night is taken up. So topic and digests are always of one run.
 */
#ifndef YICI_OPS_YICI_RELEASE_TOPICS_H
#define YICI_OPS_YICI_RELEASE_TOPICS_H

#include "core/bus/bus.h"
#include "ops/yici/recipients.h"
#include "ops/yici/release.h"

/* The topics by what ${release} knows of grants, date and log, and by what the current generation told. */
MUST_CHECK int release_topics_find(
    struct release *release, const struct state *state, struct date date, struct err *err);
void release_topics_fini(struct release_topics *topics);

/* The night is on ${bus}: from here on there is something to tell. ${due}: there is, whatever files come. */
MUST_CHECK int release_topics_on(
    struct release *release, const char *data, struct bus *bus, const char *prefix, bool *due, struct err *err);

/* Compare and write down what is to be told; a line for the log into ${told} for each topic with messages. */
MUST_CHECK int release_topics_write(
    struct release *release, const struct release_night *night, struct buffer *told, struct err *err);

/* Fill in what the list of recipients calls them. */
void release_topics_members(const struct release_topics *topics, struct recipients_delivery *deliveries);

/*
 * Send what release_write() wrote down, within the transaction that is open. ${sent} counts. Nothing when nothing is told.
 */
MUST_CHECK int release_topics_send(
    const struct release *release, const char *work, const char *run, struct bus *bus, uint64_t *sent, struct err *err);

/* Is a line of the log, or to be one, of a topic? "publish", or "retract" where all was taken back. */
bool release_topics_line(struct text line);
const char *release_topics_action(struct text line);

/* The grant behind what the list of recipients calls a topic's nights; false: it is one of files. */
bool release_topics_grant(struct text name, struct text *grant);

/* "tells", "broken", "barred", "withdrawn", "not_yet", "expired", "no_topic" */
const char *topic_state_name(enum topic_state state);

/* The topic of that grant; NULL: it has none. */
const struct release_topic *release_topic_of(const struct release *release, struct text grant);

#endif
