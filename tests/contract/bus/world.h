/*
 * world.h - a bus for a test: a new folder, or topics of a new prefix on the broker that YICI_TEST_BOOTSTRAP names. Both with
 * three partitions where a topic has several.
 */
#ifndef YICI_TESTS_CONTRACT_BUS_WORLD_H
#define YICI_TESTS_CONTRACT_BUS_WORLD_H

#include "core/bus/bus.h"
#include "core/bus/settings.h"
#include "tests/support/support.h"

#define PARTITIONS 3

struct world {
	struct bus_settings settings;
	bool kafka;
	char submitted[TOPIC_NAME_MAX], checked[TOPIC_NAME_MAX], files[TOPIC_NAME_MAX];
	char group[80];
};

/* ${name}: "local" or "kafka"; ${prefix} NULL: a new one. */
void world_init(struct world *world, const char *name, const char *prefix);

/* As world_init(), but the topics may be so new that their brokers are not ready. */
void world_init_hastily(struct world *world, const char *name);
void world_fini(struct world *world);

/* A setting under kafka.; for a local bus nothing. */
void world_set(struct world *world, const char *key, const char *value);

/* ${writer} is a name in this world: others may test on the same broker. */
struct bus *world_writer(struct world *world, const char *writer);

/* Reads all three partitions of a topic from their beginning. */
struct bus *world_reader(struct world *world, const char *topic, bool uncommitted);

/* A member of the world's group, which reads submitted and writes as ${writer}. */
struct bus *world_worker(struct world *world, const char *writer);

/* Send one message without ceremony: "" for no key. */
void world_send(struct bus *bus, const char *topic, const char *key, const char *value);

/* Send ${count} messages to submitted in one transaction: keys k0…, values v0…, numbered from ${from}. */
void world_fill(struct world *world, int from, int count);

/* What a reader saw. */
struct seen {
	int count;
	struct seen_one {
		int32_t partition;
		int64_t offset, time_ms;
		bool has_key, has_value;
		char key[64], value[64];
		size_t value_len;
	} at[4000];
};

/* Read until the end, at the most 20 s; what was seen is added. */
void world_read(struct bus *bus, struct seen *seen);

/* All that is committed in a topic. */
struct seen *world_committed(struct world *world, const char *topic);

#endif
