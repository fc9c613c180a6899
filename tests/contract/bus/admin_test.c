/*
 * Tests of core/bus/admin on the broker named by YICI_TEST_BOOTSTRAP: topics are made as planned, what differs is found and named, and
 * groups are listed with their positions.
 */
#include "core/bus/admin.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/bus/bus.h"
#include "core/bus/settings.h"
#include "tests/support/support.h"

struct fixture {
	struct bus_settings settings;
	struct bus_admin *admin;
};

/* What was told, one fault a line. */
static char told[4096];

static void
tell(void *self, const struct topic_fault *fault)
{
	size_t len = strlen(told);
	const char *dot = strchr(fault->topic, '.');

	assert_null(self);
	snprintf(told + len, sizeof(told) - len, "%s %s %s %s\n", dot + 1, fault->setting, fault->is, fault->should);
}

static const char *
check(struct fixture *f)
{
	struct err err = { 0 };
	unsigned faults, lines = 0;

	told[0] = '\0';
	if (bus_admin_check(f->admin, tell, NULL, &faults, &err) != 0)
		fail_msg("%s", err.what);
	for (const char *c = told; *c != '\0'; c++)
		lines += *c == '\n';
	assert_int_equal(faults, lines);
	return told;
}

static unsigned
create(struct fixture *f)
{
	struct err err = { 0 };
	unsigned made;

	if (bus_admin_create(f->admin, &made, &err) != 0)
		fail_msg("%s", err.what);
	return made;
}

/* Change one setting of a topic behind our back. */
static void
alter(const char *topic, const char *setting, const char *value)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
	rd_kafka_queue_t *queue;
	rd_kafka_event_t *event;
	rd_kafka_t *client;
	char why[200];

	assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers", getenv("YICI_TEST_BOOTSTRAP"), why, sizeof(why)),
	    RD_KAFKA_CONF_OK);
	client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	assert_non_null(client);
	assert_int_equal(rd_kafka_ConfigResource_set_config(resource, setting, value), RD_KAFKA_RESP_ERR_NO_ERROR);
	queue = rd_kafka_queue_new(client);
	rd_kafka_AlterConfigs(client, &resource, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, 20000);
	assert_non_null(event);
	assert_int_equal(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	rd_kafka_ConfigResource_destroy(resource);
	rd_kafka_destroy(client);
}

static void
topics_are_made_once(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };
	unsigned brokers;

	assert_non_null(strstr(check(f), "students topic missing there\n"));
	assert_int_equal(topics_must_fit(&f->settings, &err), -1);
	assert_int_equal(err.kind, ERR_STOP);
	assert_int_equal(create(f), TOPIC_COUNT);
	assert_string_equal(check(f), "");
	assert_int_equal(create(f), 0);
	assert_string_equal(check(f), "");
	assert_int_equal(topics_must_fit(&f->settings, &err), 0);
	assert_int_equal(bus_admin_brokers(f->admin, &brokers, &err), 0);
	assert_true(brokers >= 1);
}

static void
what_differs_is_named(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };
	char topic[TOPIC_NAME_MAX];
	int64_t value;

	create(f);
	f->settings.partitions = 5;
	assert_string_equal(check(f),
	    "submitted partitions 3 5\nchecked partitions 3 5\nrejected partitions 3 5\nstudents partitions 3 5\n"
	    "changes partitions 3 5\nidentity partitions 3 5\n");
	assert_int_equal(topics_must_fit(&f->settings, &err), 0); /* as well */
	f->settings.partitions = 3;
	topic_name(topic, f->settings.prefix, TOPIC_STUDENTS);
	/* AlterConfigs takes everything else back to the cluster's own values */
	alter(topic, "cleanup.policy", "compact,delete");
	assert_non_null(strstr(check(f), "students cleanup.policy compact,delete compact\n"));
	assert_non_null(strstr(told, "students delete.retention.ms 86400000 5184000000\n"));
	assert_int_equal(topics_must_fit(&f->settings, &err), -1);
	assert_non_null(strstr(err.what, "cleanup.policy is compact,delete, should be compact"));
	alter(topic, "delete.retention.ms", "9999999999");
	assert_non_null(strstr(check(f), "students cleanup.policy delete compact\n"));
	assert_null(strstr(told, "delete.retention.ms")); /* longer is as well */
	assert_int_equal(bus_admin_topic_number(f->admin, topic, "delete.retention.ms", &value, &err), 0);
	assert_int_equal(value, 9999999999);
	assert_int_equal(bus_admin_topic_number(f->admin, topic, "no.such", &value, &err), -1);
	assert_int_equal(bus_admin_topic_number(f->admin, "no.such.topic", "retention.ms", &value, &err), -1);
}

static void
groups_are_listed_with_their_positions(void **state)
{
	struct fixture *f = *state;
	struct bus_role role = { .program = "test", .group = "dept.test.admin", .writer = "admin_test" };
	struct bus_groups groups;
	struct bus_position from;
	struct message message;
	struct bus *bus;
	struct err err = { 0 };
	char topic[TOPIC_NAME_MAX];
	bool found = false;

	create(f);
	topic_name(topic, f->settings.prefix, TOPIC_RUNS);
	assert_int_equal(bus_open(&bus, &f->settings, &role, &err), 0);
	assert_int_equal(bus_begin(bus, &err), 0);
	assert_int_equal(bus_send(bus,
			     &(struct message){
				 .topic = topic, .partition = BUS_ANY_PARTITION, .key = TEXT("k"), .value = TEXT("v") },
			     &err),
	    0);
	assert_int_equal(bus_commit(bus, &err), 0);
	from = (struct bus_position){ topic, 0, -2 };
	assert_int_equal(bus_assign(bus, &from, 1, &err), 0);
	assert_int_equal(bus_begin(bus, &err), 0);
	while (!bus_at_end(bus))
		assert_true(bus_poll(bus, &message, 1000, &err) >= 0);
	assert_int_equal(bus_commit(bus, &err), 0);
	bus_close(bus);
	assert_int_equal(bus_admin_groups(f->admin, &groups, &err), 0);
	for (size_t i = 0; i < groups.count; i++) {
		assert_true(groups.at[i].count > 0);
		for (size_t k = 0; k < groups.at[i].count; k++)
			assert_int_equal(strncmp(groups.at[i].positions[k].topic, topic, strlen(f->settings.prefix)), 0);
		if (strcmp(groups.at[i].name, "dept.test.admin") != 0)
			continue;
		found = true;
		assert_int_equal(groups.at[i].count, 1);
		assert_string_equal(groups.at[i].positions[0].topic, topic);
		assert_int_equal(groups.at[i].positions[0].offset, 2); /* one message and the marker behind it */
		assert_false(groups.at[i].active);
	}
	assert_true(found);
	bus_groups_free(&groups);
}

static int
setup(void **state)
{
	static unsigned number;
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = { 0 };
	char prefix[40];

	bus_settings_init(&f->settings);
	snprintf(prefix, sizeof(prefix), "admin%d_%u", (int)getpid(), number++);
	f->settings.partitions = 3;
	if (bus_settings_prefix(&f->settings, prefix, &err) != 0
	    || bus_settings_set(
		   &f->settings, "bootstrap.servers", getenv("YICI_TEST_BOOTSTRAP"), BUS_FROM_ENVIRONMENT, &err)
		!= 0
	    || bus_admin_open(&f->admin, &f->settings, &err) != 0)
		fail_msg("%s", err.what);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	bus_admin_close(f->admin);
	bus_settings_fini(&f->settings);
	free(f);
	return 0;
}

#define ADMIN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ADMIN(topics_are_made_once),
		ADMIN(what_differs_is_named),
		ADMIN(groups_are_listed_with_their_positions),
	};

	if (getenv("YICI_TEST_BOOTSTRAP") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
