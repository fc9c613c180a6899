/*
 * settings.h - how the bus is reached: what the program was told under kafka.*, checked before anything connects.
 *
 * kafka.<property> goes to both sides of librdkafka, kafka.consumer.<property> and kafka.producer.<property> to one. Refused
 * with the reason: what would break a promise of bus.h (auto commit, acks other than all, no idempotence, the mock), what
 * loses positions (cooperative-sticky: a batch has to end before its partitions go), plaintext to another machine unless kafka.plaintext=allowed,
 * and secrets that come from the command line or the environment.
 */
#ifndef YICI_CORE_BUS_SETTINGS_H
#define YICI_CORE_BUS_SETTINGS_H

#include "core/base/err.h"
#include "core/bus/topics.h"

/* Where a value was said: what may be said there differs. */
enum bus_origin {
	BUS_FROM_COMMAND_LINE,
	BUS_FROM_ENVIRONMENT,
	BUS_FROM_FILE,         /* that others may read */
	BUS_FROM_PRIVATE_FILE, /* owner only */
};

struct bus_settings {
	struct bus_pair {
		char *key, *value; /* key without "kafka."; owned */
		enum bus_origin origin;
	} * pairs;
	size_t count;
	char prefix[64];      /* topics.prefix: letters, digits, "_" and "-" */
	char instance[64];    /* stable name of this worker, part of its writer's name; at first this machine's */
	char local[4096];     /* bus.local: folder of a local bus in place of a cluster; empty: none */
	uint64_t wait_s;      /* bus.wait: longest time without a broker before ERR_AWAY */
	uint64_t partitions;  /* topics.partitions: of keyed topics, for `topics create` */
	uint64_t replication; /* topics.replication; 0: as many as there are brokers, at most 3 */
};

/* Nothing under kafka., 8 partitions, replication as there are brokers, 30 s. */
void bus_settings_init(struct bus_settings *settings);
void bus_settings_fini(struct bus_settings *settings);

/*
 * Set kafka.${key}; a later value of the same key replaces the earlier. -1: with ERR_STOP when it is refused, with ERR_INPUT
 * when librdkafka does not know it or cannot read its value.
 */
MUST_CHECK int bus_settings_set(
    struct bus_settings *settings, const char *key, const char *value, enum bus_origin origin, struct err *err);

/* The settings that are not under kafka.; -1 with ERR_INPUT when the value cannot be one. */
MUST_CHECK int bus_settings_prefix(struct bus_settings *settings, const char *value, struct err *err);
MUST_CHECK int bus_settings_instance(struct bus_settings *settings, const char *value, struct err *err);
MUST_CHECK int bus_settings_local(struct bus_settings *settings, const char *value, struct err *err);

/* Is there a bus at all? Without one everything is done on this machine. */
bool bus_configured(const struct bus_settings *settings);

#endif
