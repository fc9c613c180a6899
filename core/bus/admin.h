/*
 * admin.h - asking a cluster what it has, and making the topics of topics.h on it. Kafka only.
 *
 * What a topic needs, and what may be better than needed: partitions and cleanup policy must be as planned; replication,
 * in-sync replicas, times of keeping and the largest message may be more.
 */
#ifndef YICI_CORE_BUS_ADMIN_H
#define YICI_CORE_BUS_ADMIN_H

#include "core/base/err.h"
#include "core/bus/topics.h"

struct bus_admin;
struct bus_settings;

#define BUS_MESSAGE_BYTES_MAX 4194304 /* max.message.bytes of every topic: rows of two megabytes with room to spare */

/* Connect as bus_open() does; the same errors. */
MUST_CHECK int bus_admin_open(struct bus_admin **admin, const struct bus_settings *settings, struct err *err);
void bus_admin_close(struct bus_admin *admin);

/* How many brokers the cluster has. */
MUST_CHECK int bus_admin_brokers(struct bus_admin *admin, unsigned *count, struct err *err);

/* These topics of views are ours, too: create and check them. ${names} (full names) are borrowed. */
void bus_admin_views(struct bus_admin *admin, const char *const *names, size_t count);

/*
 * Make those of our topics that are missing, and wait until each of their partitions has a leader. What is there is not changed.
 * ${*made} says how many were missing.
 */
MUST_CHECK int bus_admin_create(struct bus_admin *admin, unsigned *made, struct err *err);

/* Something about a topic is not as it should be. */
struct topic_fault {
	const char *topic;   /* full name */
	const char *setting; /* "partitions", "cleanup.policy" …; "topic" when it is missing */
	const char *is, *should;
};
typedef void topic_tell(void *self, const struct topic_fault *fault);

/* Compare ours with what they should be; ${tell} may be NULL. ${*faults} says how many there are. */
MUST_CHECK int bus_admin_check(struct bus_admin *admin, topic_tell *tell, void *self, unsigned *faults, struct err *err);

/*
 * For the start of a program: ERR_STOP, with the first fault and where to see all, when there is one that would break a promise. The number
 * of copies, and of partitions of keyed topics, would not.
 */
MUST_CHECK int topics_must_fit(const struct bus_settings *settings, struct err *err);

/* The value of one setting of any topic, a number: ERR_STOP when there is no such topic, ERR_DENIED when it is not ours to see. */
MUST_CHECK int bus_admin_topic_number(
    struct bus_admin *admin, const char *topic, const char *setting, int64_t *value, struct err *err);

/* ---- who reads ---- */

struct bus_groups {
	struct bus_group {
		char *name;
		bool active; /* has members now; one that only leaves its positions never has */
		struct bus_group_position {
			char topic[TOPIC_NAME_MAX];
			int32_t partition;
			int64_t offset; /* of the next message it will read */
		} * positions;
		size_t count;
	} * at;
	size_t count;
};

/* All groups that left a position in a topic of our prefix, by name; positions by topic and partition. */
MUST_CHECK int bus_admin_groups(struct bus_admin *admin, struct bus_groups *groups, struct err *err);
void bus_groups_free(struct bus_groups *groups);

#endif
