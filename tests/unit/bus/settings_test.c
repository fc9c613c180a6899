/*
 * Tests of core/bus/settings: what is refused, why, and from where; and, with librdkafka, what no broker answers to.
 */
#include "core/bus/settings.h"

#include <sys/stat.h>
#include <time.h>

#include "core/bus/bus.h"
#include "tests/support/support.h"

static enum err_kind
set(const char *key, const char *value, enum bus_origin origin)
{
	struct bus_settings settings;
	struct err err = { .kind = ERR_NONE };
	int result;

	bus_settings_init(&settings);
	result = bus_settings_set(&settings, key, value, origin, &err);
	assert_int_equal(result == 0, err.kind == ERR_NONE);
	assert_int_equal(settings.count, result == 0);
	if (result != 0)
		assert_null(strstr(err.what, "geheim")); /* a secret is not repeated */
	bus_settings_fini(&settings);
	return err.kind;
}

static void
what_breaks_a_promise_is_refused(void **state)
{
	static const struct {
		const char *key, *good, *bad;
	} rows[] = {
		{ "enable.auto.commit", "false", "true" },
		{ "consumer.enable.auto.commit", "false", "true" },
		{ "auto.commit.enable", "false", "true" },
		{ "enable.auto.offset.store", "false", "true" },
		{ "acks", "all", "1" },
		{ "acks", "-1", "0" },
		{ "producer.acks", "all", "1" },
		{ "request.required.acks", "-1", "1" },
		{ "enable.idempotence", "true", "false" },
		{ "transactional.id", NULL, "x" },
		{ "group.id", NULL, "x" },
		{ "isolation.level", "read_committed", "read_uncommitted" },
		{ "auto.offset.reset", "error", "earliest" },
		{ "enable.partition.eof", "true", "false" },
		{ "allow.auto.create.topics", "false", "true" },
		{ "partitioner", "murmur2", "consistent_random" },
		{ "partitioner", "murmur2_random", "random" },
		{ "partition.assignment.strategy", "range", "cooperative-sticky" },
		{ "partition.assignment.strategy", "range,roundrobin", "cooperative-sticky,range" },
		{ "ssl.endpoint.identification.algorithm", "https", "none" },
		{ "enable.ssl.certificate.verification", "true", "false" },
		{ "test.mock.num.brokers", NULL, "3" },
		{ "test.mock.broker.rtt", NULL, "3" },
		{ "plugin.library.paths", NULL, "evil" },
		{ "delivery.report.only.error", "false", "true" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (set(rows[i].key, rows[i].bad, BUS_FROM_PRIVATE_FILE) != ERR_STOP)
			fail_msg("%s=%s was taken", rows[i].key, rows[i].bad);
		if (rows[i].good != NULL && set(rows[i].key, rows[i].good, BUS_FROM_COMMAND_LINE) != ERR_NONE)
			fail_msg("%s=%s was refused", rows[i].key, rows[i].good);
	}
}

static void
secrets_come_only_from_a_file_of_the_owner(void **state)
{
	static const char *const keys[] = { "sasl.password", "ssl.key.password", "ssl.keystore.password",
		"consumer.sasl.password", "producer.ssl.key.password" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		assert_int_equal(set(keys[i], "geheim-geheim", BUS_FROM_COMMAND_LINE), ERR_STOP);
		assert_int_equal(set(keys[i], "geheim-geheim", BUS_FROM_ENVIRONMENT), ERR_STOP);
		assert_int_equal(set(keys[i], "geheim-geheim", BUS_FROM_FILE), ERR_STOP);
		assert_int_equal(set(keys[i], "geheim-geheim", BUS_FROM_PRIVATE_FILE), ERR_NONE);
	}
	assert_int_equal(set("sasl.username", "somebody", BUS_FROM_COMMAND_LINE), ERR_NONE);
}

static void
a_key_that_others_can_read_is_refused(void **state)
{
	const char *path;

	(void)state;
	scratch_make();
	path = scratch_file("client.key", "x", 1);
	assert_int_equal(set("ssl.key.location", path, BUS_FROM_COMMAND_LINE), ERR_NONE);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(set("ssl.key.location", path, BUS_FROM_COMMAND_LINE), ERR_STOP);
	assert_int_equal(set("producer.ssl.key.location", path, BUS_FROM_PRIVATE_FILE), ERR_STOP);
	scratch_remove();
}

static void
both_sides_speak_to_one_cluster(void **state)
{
	(void)state;
	assert_int_equal(set("consumer.bootstrap.servers", "127.0.0.1:1", BUS_FROM_FILE), ERR_STOP);
	assert_int_equal(set("producer.security.protocol", "ssl", BUS_FROM_FILE), ERR_STOP);
	assert_int_equal(set("bootstrap.servers", "127.0.0.1:1", BUS_FROM_FILE), ERR_NONE);
	assert_int_equal(set("consumer.fetch.min.bytes", "2", BUS_FROM_FILE), ERR_NONE);
}

static void
names_and_the_rest_are_checked(void **state)
{
	struct bus_settings settings;
	struct err err;

	(void)state;
	bus_settings_init(&settings);
	assert_string_equal(settings.prefix, "yici");
	assert_true(strlen(settings.instance) > 0);
	assert_false(bus_configured(&settings));
	assert_int_equal(bus_settings_prefix(&settings, "city_1-a", &err), 0);
	assert_int_equal(bus_settings_prefix(&settings, "", &err), -1);
	assert_int_equal(bus_settings_prefix(&settings, "a.b", &err), -1);
	assert_int_equal(bus_settings_prefix(&settings, "../b", &err), -1);
	assert_int_equal(
	    bus_settings_prefix(&settings, "a123456789b123456789c123456789d123456789e123456789f123456789g123", &err),
	    -1);
	assert_int_equal(bus_settings_instance(&settings, "node-1.city", &err), 0);
	assert_int_equal(bus_settings_instance(&settings, "node 1", &err), -1);
	assert_string_equal(settings.prefix, "city_1-a");
	assert_string_equal(settings.instance, "node-1.city");
	assert_int_equal(bus_settings_local(&settings, "/somewhere", &err), 0);
	assert_true(bus_configured(&settings));
	assert_int_equal(bus_settings_set(&settings, "plaintext", "perhaps", BUS_FROM_FILE, &err), -1);
	assert_int_equal(bus_settings_set(&settings, "bootstrap.servers", "127.0.0.1:1", BUS_FROM_FILE, &err), 0);
	assert_int_equal(
	    bus_settings_set(&settings, "bootstrap.servers", "127.0.0.1:2", BUS_FROM_COMMAND_LINE, &err), 0);
	assert_int_equal(settings.count, 1);
	assert_string_equal(settings.pairs[0].value, "127.0.0.1:2");
	assert_int_equal(settings.pairs[0].origin, BUS_FROM_COMMAND_LINE);
	bus_settings_fini(&settings);
}

/* bus_open() on these servers: the kind of its failure. A refusal is made before anybody is asked. */
static enum err_kind
open_on(const char *servers, const char *key, const char *value, struct err *err)
{
	struct bus_role role = { .program = "test" };
	struct bus_settings settings;
	struct bus *bus;

	bus_settings_init(&settings);
	settings.wait_s = 1;
	assert_int_equal(bus_settings_set(&settings, "bootstrap.servers", servers, BUS_FROM_FILE, err), 0);
	if (key != NULL)
		assert_int_equal(bus_settings_set(&settings, key, value, BUS_FROM_FILE, err), 0);
	assert_int_equal(bus_open(&bus, &settings, &role, err), -1);
	assert_null(bus);
	bus_settings_fini(&settings);
	return err->kind;
}

static void
plaintext_leaves_this_machine_only_when_allowed(void **state)
{
	static const char *const far[] = { "kafka.example:9092", "10.0.0.1:9092", "127.0.0.1:1,kafka.example:9092",
		"PLAINTEXT://kafka.example:9092", "127.evil.example:1", "localhost.evil.example:1",
		"[2001:db8::1]:9092" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(far); i++) {
		assert_int_equal(open_on(far[i], NULL, NULL, &err), ERR_STOP);
		assert_non_null(strstr(err.what, "plaintext"));
		assert_int_equal(open_on(far[i], "security.protocol", "sasl_plaintext", &err), ERR_STOP);
		assert_non_null(strstr(err.what, "plaintext"));
	}
}

#ifdef YICI_WITH_KAFKA
static void
nobody_there_is_said_in_time(void **state)
{
	static const char *const near[] = { "127.0.0.1:1", "localhost:1", "[::1]:1" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(near); i++) {
		time_t begin = time(NULL);

		assert_int_equal(open_on(near[i], NULL, NULL, &err), ERR_AWAY);
		assert_true(time(NULL) - begin < 20);
	}
	assert_int_equal(open_on("kafka.invalid:9092", "plaintext", "allowed", &err), ERR_AWAY);
}

static void
what_librdkafka_does_not_know_is_no_setting(void **state)
{
	(void)state;
	assert_int_equal(set("no.such.property", "12345678", BUS_FROM_FILE), ERR_INPUT);
	assert_int_equal(set("producer.no.such.property", "x", BUS_FROM_FILE), ERR_INPUT);
	assert_int_equal(set("linger.ms", "a while", BUS_FROM_FILE), ERR_INPUT);
	assert_int_equal(set("rebalance_cb", "x", BUS_FROM_FILE), ERR_INPUT);
	assert_int_equal(set("", "x", BUS_FROM_FILE), ERR_INPUT);
	assert_int_equal(set("linger.ms", "7", BUS_FROM_FILE), ERR_NONE);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_breaks_a_promise_is_refused),
		cmocka_unit_test(secrets_come_only_from_a_file_of_the_owner),
		cmocka_unit_test(a_key_that_others_can_read_is_refused),
		cmocka_unit_test(both_sides_speak_to_one_cluster),
		cmocka_unit_test(names_and_the_rest_are_checked),
		cmocka_unit_test(plaintext_leaves_this_machine_only_when_allowed),
#ifdef YICI_WITH_KAFKA
		cmocka_unit_test(nobody_there_is_said_in_time),
		cmocka_unit_test(what_librdkafka_does_not_know_is_no_setting),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
