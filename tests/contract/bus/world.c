/*
 * world.c - see world.h.
 */
#include "tests/contract/bus/world.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#ifdef WORLD_WITH_KAFKA
#include <librdkafka/rdkafka.h>
#endif

static const char *
bootstrap(void)
{
	const char *value = getenv("YICI_TEST_BOOTSTRAP");

	if (value == NULL || *value == '\0') {
		fprintf(stderr, "YICI_TEST_BOOTSTRAP does not name a broker\n");
		exit(1);
	}
	return value;
}

#ifdef WORLD_WITH_KAFKA
static void
make_topics(const struct world *world, bool hastily)
{
	const char *names[] = { world->submitted, world->checked, world->files };
	char why[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_NewTopic_t *topics[3];
	rd_kafka_t *client;
	rd_kafka_queue_t *queue;
	rd_kafka_event_t *event;
	const rd_kafka_topic_result_t **results;
	size_t count;

	assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap(), why, sizeof(why)), 0);
	client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	assert_non_null(client);
	queue = rd_kafka_queue_new(client);
	for (size_t i = 0; i < ARRAY_LEN(topics); i++)
		topics[i] = rd_kafka_NewTopic_new(names[i], i == 2 ? 1 : PARTITIONS, 1, why, sizeof(why));
	for (size_t i = 0; i < ARRAY_LEN(topics); i++)
		rd_kafka_NewTopic_set_config(topics[i], "max.message.bytes", "4194304");
	rd_kafka_CreateTopics(client, topics, ARRAY_LEN(topics), NULL, queue);
	event = rd_kafka_queue_poll(queue, 60000);
	assert_non_null(event);
	assert_int_equal(rd_kafka_event_error(event), 0);
	results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(rd_kafka_topic_result_error(results[i]), 0);
	rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy_array(topics, ARRAY_LEN(topics));
	/* A broker is named as the leader before it is ready to be; it answers to this when it is. */
	for (size_t i = 0; i < ARRAY_LEN(topics) && !hastily; i++) {
		for (int32_t k = 0; k < (i == 2 ? 1 : PARTITIONS); k++) {
			int64_t low, high;

			for (int tries = 0; tries < 100
			     && rd_kafka_query_watermark_offsets(client, names[i], k, &low, &high, 1000) != 0;
			     tries++)
				usleep(100000);
		}
	}
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(client);
}
#endif

static void
init(struct world *world, const char *name, const char *prefix, bool hastily)
{
	static int number;
	struct err err = { 0 };
	char made[64];

	*world = (struct world){ .kafka = strcmp(name, "kafka") == 0 };
	bus_settings_init(&world->settings);
	world->settings.partitions = PARTITIONS;
	snprintf(made, sizeof(made), "t%ld-%d-%d", (long)time(NULL), (int)getpid(), ++number);
	assert_int_equal(bus_settings_prefix(&world->settings, prefix == NULL ? made : prefix, &err), 0);
	assert_int_equal(bus_settings_instance(&world->settings, "test", &err), 0);
	topic_name(world->submitted, world->settings.prefix, TOPIC_SUBMITTED);
	topic_name(world->checked, world->settings.prefix, TOPIC_CHECKED);
	topic_name(world->files, world->settings.prefix, TOPIC_FILES);
	snprintf(world->group, sizeof(world->group), "%s.normalize", world->settings.prefix);
	if (!world->kafka) {
		const char *folder = getenv("WORLD_FOLDER"); /* a child works in its parent's */

		assert_int_equal(
		    bus_settings_local(&world->settings, folder != NULL ? folder : scratch_make(), &err), 0);
		return;
	}
	world_set(world, "bootstrap.servers", bootstrap());
#ifdef WORLD_WITH_KAFKA
	if (prefix == NULL)
		make_topics(world, hastily);
#else
	(void)hastily;
#endif
}

void
world_init(struct world *world, const char *name, const char *prefix)
{
	init(world, name, prefix, false);
}

void
world_init_hastily(struct world *world, const char *name)
{
	init(world, name, NULL, true);
}

void
world_fini(struct world *world)
{
	bus_settings_fini(&world->settings);
	if (!world->kafka)
		scratch_remove();
}

void
world_set(struct world *world, const char *key, const char *value)
{
	struct err err = { 0 };

	if (world->kafka && bus_settings_set(&world->settings, key, value, BUS_FROM_COMMAND_LINE, &err) != 0)
		fail_msg("%s", err.what);
}

static struct bus *
open_bus(struct world *world, const struct bus_role *role)
{
	struct bus *bus;
	struct err err = { 0 };

	if (bus_open(&bus, &world->settings, role, &err) != 0)
		fail_msg("bus_open: %s", err.what);
	return bus;
}

struct bus *
world_writer(struct world *world, const char *writer)
{
	char name[128];
	struct bus_role role = { .program = "test", .writer = name };

	snprintf(name, sizeof(name), "%s.%s", world->settings.prefix, writer);
	return open_bus(world, &role);
}

struct bus *
world_reader(struct world *world, const char *topic, bool uncommitted)
{
	struct bus_role role = { .program = "reader", .uncommitted = uncommitted };
	struct bus *bus = open_bus(world, &role);
	struct bus_position at[PARTITIONS];
	struct err err = { 0 };
	int32_t count;

	assert_int_equal(bus_partitions(bus, topic, &count, &err), 0);
	assert_true(count <= PARTITIONS);
	for (int32_t i = 0; i < count; i++)
		at[i] = (struct bus_position){ topic, i, -2 };
	if (bus_assign(bus, at, (size_t)count, &err) != 0)
		fail_msg("bus_assign: %s", err.what);
	return bus;
}

struct bus *
world_worker(struct world *world, const char *writer)
{
	const char *topics[] = { world->submitted };
	char name[128];
	struct bus_role role = {
		.program = "worker", .group = world->group, .topics = topics, .topic_count = 1, .writer = name
	};

	snprintf(name, sizeof(name), "%s.%s", world->settings.prefix, writer);
	return open_bus(world, &role);
}

void
world_send(struct bus *bus, const char *topic, const char *key, const char *value)
{
	struct message message = { .topic = topic, .partition = BUS_ANY_PARTITION, .value = text_from(value) };
	struct err err = { 0 };

	if (*key != '\0')
		message.key = text_from(key);
	if (bus_send(bus, &message, &err) != 0)
		fail_msg("bus_send: %s", err.what);
}

void
world_fill(struct world *world, int from, int count)
{
	struct bus *bus = world_writer(world, "fill");
	struct err err = { 0 };
	char key[16], value[16];

	assert_int_equal(bus_begin(bus, &err), 0);
	for (int i = from; i < from + count; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		snprintf(value, sizeof(value), "v%d", i);
		world_send(bus, world->submitted, key, value);
	}
	if (bus_commit(bus, &err) != 0)
		fail_msg("bus_commit: %s", err.what);
	bus_close(bus);
}

static void
note(struct seen *seen, const struct message *message)
{
	struct seen_one *one = &seen->at[seen->count++];

	assert_true(seen->count < (int)ARRAY_LEN(seen->at));
	*one = (struct seen_one){ message->partition, message->offset, message->time_ms, message->key.at != NULL,
		message->value.at != NULL, "", "", message->value.len };
	snprintf(
	    one->key, sizeof(one->key), "%.*s", (int)message->key.len, message->key.at == NULL ? "" : message->key.at);
	snprintf(one->value, sizeof(one->value), "%.*s", (int)(message->value.len < 60 ? message->value.len : 60),
	    message->value.at == NULL ? "" : message->value.at);
}

void
world_read(struct bus *bus, struct seen *seen)
{
	struct message message;
	struct err err = { 0 };

	for (time_t until = time(NULL) + 20; time(NULL) < until;) {
		int got = bus_poll(bus, &message, 50, &err);

		if (got < 0)
			fail_msg("bus_poll: %s", err.what);
		if (got == 1)
			note(seen, &message);
		else if (bus_at_end(bus))
			return;
	}
	fail_msg("the end was not reached");
}

struct seen *
world_committed(struct world *world, const char *topic)
{
	struct bus *bus = world_reader(world, topic, false);
	struct seen *seen = calloc(1, sizeof(*seen));

	assert_non_null(seen);
	world_read(bus, seen);
	bus_close(bus);
	return seen;
}
