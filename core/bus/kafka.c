/*
 * kafka.c - an Apache Kafka cluster through librdkafka: connecting, what a failure means, and looking at topics.
 *
 * Errors are told apart in this order, since librdkafka's answers overlap: who does not let us in; what can never work; what is
 * fatal to the producer (fenced: another has our name; else it must be made anew: a new process does); what wants the transaction to
 * be aborted; what may be tried again. Texts come from librdkafka, which puts no secret into them.
 */
#include "core/bus/kafka.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/bus/admin.h"

/* librdkafka's way to write 2.6.1: it repeats the client's nonce before, and brokers from 4.0 on refuse that. */
#define SCRAM_SINCE 0x020601ff
#define GRACE_MS 5000 /* a broker that has just started may not know its users yet */

#define NUMBER(macro) NUMBER_(macro)
#define NUMBER_(number) #number

/* Ours; what the settings say comes after and wins. Figures were chosen by measurement (docs/benchmarks.md). */
static const struct preset {
	rd_kafka_type_t side;
	bool both;
	const char *key, *value;
} presets[] = {
	{ 0, true, "allow.auto.create.topics", "false" },
	{ 0, true, "log.connection.close", "false" },
	/* Telling brokers about ourselves: ending a client would wait for its last word, up to a second. */
	{ 0, true, "enable.metrics.push", "false" },
	{ 0, true, "socket.keepalive.enable", "true" },
	{ 0, true, "socket.connection.setup.timeout.ms", "10000" },
	{ 0, true, "reconnect.backoff.max.ms", "2000" },
	{ RD_KAFKA_CONSUMER, false, "enable.auto.commit", "false" },
	{ RD_KAFKA_CONSUMER, false, "enable.auto.offset.store", "false" },
	{ RD_KAFKA_CONSUMER, false, "auto.offset.reset", "error" },
	{ RD_KAFKA_CONSUMER, false, "enable.partition.eof", "true" },
	{ RD_KAFKA_CONSUMER, false, "partition.assignment.strategy", "range,roundrobin" },
	{ RD_KAFKA_CONSUMER, false, "session.timeout.ms", "10000" },
	{ RD_KAFKA_CONSUMER, false, "heartbeat.interval.ms", "1000" }, /* so soon a member learns that another has come */
	{ RD_KAFKA_CONSUMER, false, "queued.max.messages.kbytes", "65536" },
	/* So long a broker holds an answer back when there is nothing new: the end is seen only after it. */
	{ RD_KAFKA_CONSUMER, false, "fetch.wait.max.ms", "100" },
	/* While its queue is full it stops fetching for a second by itself; we empty it in half of that. */
	{ RD_KAFKA_CONSUMER, false, "fetch.queue.backoff.ms", "5" },
	{ RD_KAFKA_CONSUMER, false, "fetch.max.bytes", "16777216" },
	{ RD_KAFKA_PRODUCER, false, "acks", "all" },
	{ RD_KAFKA_PRODUCER, false, "enable.idempotence", "true" },
	{ RD_KAFKA_PRODUCER, false, "partitioner", "murmur2_random" },
	{ RD_KAFKA_PRODUCER, false, "compression.type", "lz4" },
	{ RD_KAFKA_PRODUCER, false, "linger.ms", "20" },
	{ RD_KAFKA_PRODUCER, false, "message.max.bytes", NUMBER(BUS_MESSAGE_BYTES_MAX) },
	{ RD_KAFKA_PRODUCER, false, "batch.size", "1000000" },
	{ RD_KAFKA_PRODUCER, false, "batch.num.messages", "10000" },
	{ RD_KAFKA_PRODUCER, false, "queue.buffering.max.kbytes", "65536" },
	{ RD_KAFKA_PRODUCER, false, "queue.buffering.max.messages", "200000" },
};

int
kafka_property_check(const char *key, const char *value, struct err *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[8];
	rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, key, value, why, sizeof(why));

	rd_kafka_conf_destroy(conf);
	if (result == RD_KAFKA_CONF_UNKNOWN)
		return err_set(err, ERR_INPUT, "librdkafka %s knows no property %.60s", rd_kafka_version_str(), key);
	if (result != RD_KAFKA_CONF_OK)
		return err_set(
		    err, ERR_INPUT, "librdkafka %s does not take this value of %.60s", rd_kafka_version_str(), key);
	return 0;
}

int
kafka_break(struct kafka *kafka, struct err *err, enum err_kind kind, const char *what, const char *why)
{
	err_set(&kafka->broken, kind, "%s: %s", what, why);
	*err = kafka->broken;
	return -1;
}

int
kafka_sound(struct kafka *kafka, struct err *err)
{
	if (kafka->broken.kind == ERR_NONE)
		return 0;
	*err = kafka->broken;
	return -1;
}

static enum err_kind
kind_of(rd_kafka_resp_err_t code)
{
	switch ((int)code) {
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
		return ERR_DENIED;
	case KAFKA_LOG_TRUNCATION:
	case RD_KAFKA_RESP_ERR__SSL:
	case RD_KAFKA_RESP_ERR__INVALID_ARG:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
	case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
		return ERR_STOP;
	default:
		return ERR_NONE;
	}
}

/* In words, where librdkafka's own are not for people. */
static const char *
words(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
		return "the place to read from is no longer kept";
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		return "there is no such topic or partition";
	default:
		return rd_kafka_err2str(code);
	}
}

static bool
is_fencing(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED
	    || code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH || code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

static int
break_fatal(struct kafka *kafka, struct err *err, rd_kafka_resp_err_t code, const char *what, const char *why)
{
	if (is_fencing(code)) {
		kafka->bus.fenced = true;
		return kafka_break(kafka, err, ERR_STOP, what, "another one of this name has started; this one ends");
	}
	/* An error of this producer only: the next process has a new one, and takes up where the last commit was. */
	return kafka_break(kafka, err, kind_of(code) == ERR_NONE ? ERR_AWAY : kind_of(code), what, why);
}

int
kafka_code(struct kafka *kafka, struct err *err, rd_kafka_resp_err_t code, const char *what)
{
	char why[160] = "";
	rd_kafka_resp_err_t fatal = RD_KAFKA_RESP_ERR_NO_ERROR;

	if (kind_of(code) == ERR_DENIED)
		return err_set(err, ERR_DENIED, "%s: %s", what, words(code));
	if (code == RD_KAFKA_RESP_ERR__FATAL && kafka->producer != NULL)
		fatal = rd_kafka_fatal_error(kafka->producer, why, sizeof(why));
	if (code == RD_KAFKA_RESP_ERR__FATAL && fatal == RD_KAFKA_RESP_ERR_NO_ERROR && kafka->consumer != NULL)
		fatal = rd_kafka_fatal_error(kafka->consumer, why, sizeof(why));
	if (code == RD_KAFKA_RESP_ERR__FATAL || is_fencing(code))
		return break_fatal(kafka, err, is_fencing(code) ? code : fatal, what, why);
	return err_set(err, kind_of(code) == ERR_NONE ? ERR_ABORT : kind_of(code), "%s: %s", what, words(code));
}

int
kafka_error(struct kafka *kafka, struct err *err, rd_kafka_error_t *error, const char *what)
{
	rd_kafka_resp_err_t code = rd_kafka_error_code(error);
	enum err_kind kind = kind_of(code);

	if (rd_kafka_error_is_fatal(error))
		break_fatal(kafka, err, code, what, rd_kafka_error_string(error));
	else if (kind != ERR_NONE)
		err_set(err, kind, "%s: %s", what, rd_kafka_error_string(error));
	else if (rd_kafka_error_txn_requires_abort(error))
		err_set(err, ERR_ABORT, "%s: %s", what, rd_kafka_error_string(error));
	else if (rd_kafka_error_is_retriable(error))
		err_set(err, ERR_RETRY, "%s: %s", what, rd_kafka_error_string(error));
	else
		kafka_break(kafka, err, ERR_STOP, what, rd_kafka_error_string(error));
	rd_kafka_error_destroy(error);
	return -1;
}

/* Called while callbacks are served, so on our thread. */
static void
told(rd_kafka_t *rk, int code, const char *why, void *self)
{
	struct kafka *kafka = self;

	(void)rk;
	switch (code) {
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
		if (kafka->down_since == 0)
			kafka->down_since = bus_clock_ms();
		return;
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
	case RD_KAFKA_RESP_ERR__SSL:
		if (kafka->refused_since == 0)
			kafka->refused_since = bus_clock_ms();
		kafka->refused = code;
		snprintf(kafka->last, sizeof(kafka->last), "%s", why);
		return;
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__RESOLVE:
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
		if (kafka->refused_since == 0)
			snprintf(kafka->last, sizeof(kafka->last), "%s", why);
		return;
	default:
		return;
	}
}

/* Lines that librdkafka would write to stderr: what matters comes by told(). Asked for by kafka.debug, they are shown. */
static void
unlogged(const rd_kafka_t *rk, int level, const char *fac, const char *line)
{
	(void)rk;
	(void)level;
	(void)fac;
	(void)line;
}

static int
set(rd_kafka_conf_t *conf, const char *key, const char *value, struct err *err)
{
	char why[160];

	if (rd_kafka_conf_set(conf, key, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return 0;
	return err_set(err, ERR_STOP, "librdkafka does not take %s", key);
}

/* Everything that was said under kafka., in the order of its reach: both sides first. */
static int
set_said(rd_kafka_conf_t *conf, const struct bus_settings *settings, rd_kafka_type_t type, struct err *err)
{
	const char *side = type == RD_KAFKA_CONSUMER ? "consumer." : "producer.";

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < settings->count; i++) {
			const char *key = settings->pairs[i].key;
			bool sided = strncmp(key, "consumer.", 9) == 0 || strncmp(key, "producer.", 9) == 0;

			if (strcmp(key, "plaintext") == 0 || sided != (round == 1)
			    || (sided && strncmp(key, side, 9) != 0))
				continue;
			if (set(conf, sided ? key + 9 : key, settings->pairs[i].value, err) != 0)
				return -1;
		}
	}
	return 0;
}

static int
configure(struct kafka *kafka, rd_kafka_conf_t *conf, rd_kafka_type_t type, const char *writer, bool uncommitted,
    struct err *err)
{
	char id[160], timeout[32];

	for (size_t i = 0; i < ARRAY_LEN(presets); i++) {
		/* What an older librdkafka does not know is left out. */
		if ((presets[i].both || presets[i].side == type)
		    && kafka_property_check(presets[i].key, presets[i].value, err) == 0
		    && set(conf, presets[i].key, presets[i].value, err) != 0)
			return -1;
	}
	snprintf(id, sizeof(id), "yici-%s-%s", kafka->program, kafka->settings->instance);
	if (set(conf, "client.id", id, err) != 0)
		return -1;
	if (type == RD_KAFKA_CONSUMER) {
		/* librdkafka wants a name even where no group is joined; nothing is left under this one. */
		if (set(conf, "group.id", kafka->group != NULL ? kafka->group : id, err) != 0)
			return -1;
		rd_kafka_conf_set_rebalance_cb(conf, kafka_rebalanced);
	}
	if (writer != NULL) {
		snprintf(timeout, sizeof(timeout), "%lu", (unsigned long)kafka->transaction_s * 1000);
		if (set(conf, "transactional.id", writer, err) != 0
		    || set(conf, "transaction.timeout.ms", timeout, err) != 0
		    || set(conf, "delivery.report.only.error", "false", err) != 0)
			return -1;
		rd_kafka_conf_set_dr_msg_cb(conf, kafka_delivered);
	}
	if (set_said(conf, kafka->settings, type, err) != 0
	    || set(conf, "isolation.level", uncommitted ? "read_uncommitted" : "read_committed", err) != 0)
		return -1;
	if (bus_settings_get(kafka->settings, "debug") == NULL)
		rd_kafka_conf_set_log_cb(conf, unlogged);
	rd_kafka_conf_set_error_cb(conf, told);
	rd_kafka_conf_set_opaque(conf, kafka);
	return 0;
}

rd_kafka_t *
kafka_client(struct kafka *kafka, rd_kafka_type_t type, const char *writer, bool uncommitted, struct err *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[160];
	rd_kafka_t *client;

	if (configure(kafka, conf, type, writer, uncommitted, err) != 0) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	client = rd_kafka_new(type, conf, why, sizeof(why));
	if (client == NULL) {
		rd_kafka_conf_destroy(conf);
		err_set(err, ERR_STOP, "the settings under kafka. do not fit together: %s", why);
	}
	return client;
}

/* Callbacks of the clients that are not read from. */
static void
serve(struct kafka *kafka)
{
	if (kafka->producer != NULL)
		rd_kafka_poll(kafka->producer, 0);
	if (kafka->looker != NULL)
		rd_kafka_poll(kafka->looker, 0);
	if (kafka->consumer != NULL && kafka->queue == NULL)
		rd_kafka_poll(kafka->consumer, 0);
}

static rd_kafka_t *
any_client(const struct kafka *kafka)
{
	return kafka->producer != NULL ? kafka->producer : kafka->consumer;
}

/* They answer, but do not let us in, or we do not trust them. */
static int
not_let_in(const struct kafka *kafka, struct err *err)
{
	const char *mechanism = bus_settings_get(kafka->settings, "sasl.mechanism");

	if (mechanism == NULL)
		mechanism = bus_settings_get(kafka->settings, "sasl.mechanisms");
	if (kafka->refused == RD_KAFKA_RESP_ERR__SSL)
		return err_set(err, ERR_STOP, "no secure connection to the broker: %s", kafka->last);
	if (mechanism != NULL && strncmp(mechanism, "SCRAM", 5) == 0 && rd_kafka_version() < SCRAM_SINCE)
		return err_set(err, ERR_DENIED,
		    "the broker does not let us in: either user or password is wrong, or it is of 4.0 or later, where "
		    "librdkafka "
		    "%s cannot log in by SCRAM (2.6.1 can)",
		    rd_kafka_version_str());
	return err_set(err, ERR_DENIED, "the broker does not let us in: %s", kafka->last);
}

/* Brokers may send us on to addresses that are not the one which was checked. */
static int
check_brokers(const struct kafka *kafka, const struct rd_kafka_metadata *metadata, struct err *err)
{
	const char *protocol = bus_settings_get(kafka->settings, "security.protocol");
	const char *plaintext = bus_settings_get(kafka->settings, "plaintext");

	if ((plaintext != NULL && strcmp(plaintext, "allowed") == 0)
	    || (protocol != NULL && strcasestr(protocol, "ssl") != NULL))
		return 0;
	for (int i = 0; i < metadata->broker_cnt; i++) {
		if (!bus_loopback(text_from(metadata->brokers[i].host)))
			return err_set(err,
			    ERR_STOP, "the broker sends us on to %.60s, another machine: plaintext is refused (kafka.plaintext=allowed)",
			    metadata->brokers[i].host);
	}
	return 0;
}

/*
 * What the program says of the bus when it starts. The version of the brokers is not among it: the protocol has no request that tells it,
 * only one for the requests that they know, and librdkafka keeps that to itself.
 */
static void
describe(struct kafka *kafka, const struct rd_kafka_metadata *metadata)
{
	char *cluster = rd_kafka_clusterid(any_client(kafka), 0); /* known since the metadata came */
	char *says = kafka->bus.says;
	size_t room = sizeof(kafka->bus.says);
	int len = snprintf(says, room, "kafka, librdkafka %s, cluster %.40s, %d broker%s:", rd_kafka_version_str(),
	    cluster != NULL ? cluster : "without an id", metadata->broker_cnt, metadata->broker_cnt == 1 ? "" : "s");

	for (int i = 0; i < metadata->broker_cnt && len > 0 && (size_t)len < room; i++)
		len += snprintf(says + len, room - (size_t)len, " %d", (int)metadata->brokers[i].id);
	if (cluster != NULL)
		rd_kafka_mem_free(any_client(kafka), cluster);
}

/* One question to any broker: 1 answered, 0 not within ${wait_ms}, -1 refused. */
static int
ask(struct kafka *kafka, int wait_ms, struct err *err)
{
	const struct rd_kafka_metadata *metadata;
	int result;

	if (rd_kafka_metadata(any_client(kafka), 0, NULL, &metadata, wait_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		serve(kafka);
		return 0;
	}
	serve(kafka);
	result = check_brokers(kafka, metadata, err) == 0 ? 1 : -1;
	describe(kafka, metadata);
	rd_kafka_metadata_destroy(metadata);
	if (result == 1)
		kafka->down_since = kafka->refused_since = 0;
	return result;
}

static int
away(const struct kafka *kafka, struct err *err)
{
	return err_set(err, ERR_AWAY, "no broker has answered for %lu s%s%s", (unsigned long)kafka->settings->wait_s,
	    kafka->last[0] != '\0' ? ": " : "", kafka->last);
}

/* Wait until a broker answers. */
static int
reach(struct kafka *kafka, struct err *err)
{
	int64_t until = bus_clock_ms() + kafka_wait_ms(kafka);
	int64_t grace = kafka_wait_ms(kafka) < GRACE_MS ? kafka_wait_ms(kafka) : GRACE_MS;

	/* Longer each time: short enough to hear soon that we are refused, and in the end long enough for a slow broker. */
	for (int wait_ms = 500;; wait_ms = wait_ms < 8000 ? wait_ms * 2 : wait_ms) {
		int64_t left = until - bus_clock_ms();
		int answered = ask(kafka, left < 100 ? 100 : left < wait_ms ? (int)left : wait_ms, err);
		int64_t now = bus_clock_ms();

		if (answered != 0)
			return answered == 1 ? 0 : -1;
		if (kafka->refused_since != 0 && now - kafka->refused_since >= grace)
			return not_let_in(kafka, err);
		if (now >= until)
			return away(kafka, err);
	}
}

int
kafka_check_away(struct kafka *kafka, struct err *err)
{
	struct err why = { 0 };

	serve(kafka);
	if (kafka->down_since == 0 || bus_clock_ms() - kafka->down_since < kafka_wait_ms(kafka)
	    || ask(kafka, 1000, &why) == 1)
		return 0;
	return away(kafka, err);
}

static bool
passes(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
	case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
	case RD_KAFKA_RESP_ERR__WAIT_COORD:
	case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
	case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
	case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
	case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
	case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
		return true;
	default:
		return false;
	}
}

/*
 * A client has one object for each topic, and what it is made with first stays: the one that says to kafka_delivered() whose
 * offsets are told.
 */
static rd_kafka_topic_t *
handle_of(struct kafka *kafka, rd_kafka_t *client, const char *name)
{
	rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(client);
	rd_kafka_topic_t *topic;

	rd_kafka_topic_conf_set_opaque(conf, places_topic(&kafka->places, name));
	topic = rd_kafka_topic_new(client, name, conf);
	if (topic == NULL)
		rd_kafka_topic_conf_destroy(conf);
	return topic;
}

static int
partitions(struct bus *bus, const char *name, int32_t *count, struct err *err)
{
	struct kafka *kafka = (struct kafka *)bus;
	rd_kafka_topic_t *topic = handle_of(kafka, any_client(kafka), name);
	int64_t now = bus_clock_ms(), until = now + kafka_wait_ms(kafka), made = now + 2000;
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__INVALID_ARG;

	/* A topic that was made a moment ago is not known to every broker yet. */
	while (topic != NULL) {
		const struct rd_kafka_metadata *metadata;

		code = rd_kafka_metadata(any_client(kafka), 0, topic, &metadata, 2000);
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
			code = metadata->topic_cnt == 1 ? metadata->topics[0].err
							: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
			*count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
			rd_kafka_metadata_destroy(metadata);
		}
		serve(kafka);
		now = bus_clock_ms();
		if (!(passes(code) && now < until) && !(code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && now < made))
			break;
		poll(NULL, 0, 100);
	}
	if (topic != NULL)
		rd_kafka_topic_destroy(topic);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	if (passes(code))
		return away(kafka, err);
	if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		return err_set(err, ERR_STOP, "there is no topic %.80s on the cluster (yici topics create)", name);
	return err_set(err, kind_of(code) == ERR_NONE ? ERR_STOP : kind_of(code), "topic %.80s: %s", name, words(code));
}

/* A question goes to the leader that is remembered, even when that one has died: ask who leads now. */
static void
forget_leaders(rd_kafka_t *client)
{
	const struct rd_kafka_metadata *metadata;

	if (rd_kafka_metadata(client, 1, NULL, &metadata, 2000) == RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_metadata_destroy(metadata);
}

/* First and last offset as ${client} sees them. */
static int
watermarks(struct kafka *kafka, rd_kafka_t *client, const char *topic, int32_t partition, int64_t *low, int64_t *high,
    struct err *err)
{
	int64_t until = bus_clock_ms() + kafka_wait_ms(kafka);
	rd_kafka_resp_err_t code;

	do {
		code = rd_kafka_query_watermark_offsets(client, topic, partition, low, high, 5000);
		serve(kafka);
		if (passes(code)) {
			forget_leaders(client);
			poll(NULL, 0, 100);
		}
	} while (passes(code) && bus_clock_ms() < until);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	if (passes(code))
		return away(kafka, err);
	return err_set(err, kind_of(code) == ERR_NONE ? ERR_STOP : kind_of(code), "partition %d of %.80s: %s",
	    (int)partition, topic, words(code));
}

int
kafka_first_offset(struct kafka *kafka, const char *topic, int32_t partition, int64_t *first, struct err *err)
{
	int64_t last;

	return watermarks(kafka, any_client(kafka), topic, partition, first, &last, err);
}

static int
ends(struct bus *bus, const char *topic, int32_t partition, struct bus_ends *ends, struct err *err)
{
	struct kafka *kafka = (struct kafka *)bus;
	rd_kafka_t *committed = any_client(kafka);
	int64_t first;

	/* The first client sees what is stable (unless it reads all), a second one everything. */
	if (kafka->looker == NULL)
		kafka->looker = kafka_client(kafka, RD_KAFKA_PRODUCER, NULL, true, err);
	if (kafka->looker == NULL || watermarks(kafka, committed, topic, partition, &ends->first, &ends->stable, err) != 0
	    || watermarks(kafka, kafka->looker, topic, partition, &first, &ends->end, err) != 0)
		return -1;
	return 0;
}

static bool
at_end(const struct bus *bus)
{
	const struct kafka *kafka = (const struct kafka *)bus;

	return kafka->places.ours > 0 && kafka->places.at_end == kafka->places.ours;
}

static int64_t
position(const struct bus *bus, const char *topic, int32_t partition)
{
	const struct place *place = places_find(&((const struct kafka *)bus)->places, topic, partition);

	return place != NULL && place->ours ? place->next : -1;
}

static int64_t
last_sent(const struct bus *bus, const char *topic, int32_t partition)
{
	const struct place *place = places_find(&((const struct kafka *)bus)->places, topic, partition);

	return place != NULL ? place->sent : -1;
}

static void
close_all(struct bus *bus)
{
	struct kafka *kafka = (struct kafka *)bus;

	if (kafka->open && kafka->broken.kind == ERR_NONE)
		kafka_abort_sending(kafka);
	kafka->open = false;
	kafka_reader_close(kafka);
	for (size_t i = 0; i < kafka->places.count; i++) {
		if (kafka->places.topics[i]->handle != NULL)
			rd_kafka_topic_destroy(kafka->places.topics[i]->handle);
	}
	if (kafka->producer != NULL)
		rd_kafka_destroy(kafka->producer);
	if (kafka->looker != NULL)
		rd_kafka_destroy(kafka->looker);
	places_fini(&kafka->places);
	free(kafka->program);
	free(kafka->group);
	free(kafka);
}

static const struct bus_ops ops = {
	.name = "kafka",
	.close = close_all,
	.assign = kafka_assign,
	.poll = kafka_poll,
	.at_end = at_end,
	.position = position,
	.partitions = partitions,
	.ends = ends,
	.begin = kafka_begin,
	.send = kafka_send,
	.flush = kafka_flush,
	.last_sent = last_sent,
	.commit = kafka_commit,
	.abort = kafka_abort,
};

int
kafka_open(struct bus **bus, const struct bus_settings *settings, const struct bus_role *role, struct err *err)
{
	struct kafka *kafka = calloc(1, sizeof(*kafka));

	if (kafka == NULL)
		return err_set(err, ERR_STOP, "not enough memory for the bus");
	kafka->bus.ops = &ops;
	kafka->settings = settings;
	kafka->uncommitted = role->uncommitted;
	kafka->subscribed = role->topics != NULL;
	kafka->transaction_s = role->transaction_s != 0 ? role->transaction_s : 60;
	kafka->program = strdup(role->program);
	kafka->group = role->group != NULL ? strdup(role->group) : NULL;
	if (kafka->program == NULL || (role->group != NULL && kafka->group == NULL)) {
		err_set(err, ERR_STOP, "not enough memory for the bus");
		goto fail;
	}
	if (role->writer != NULL
	    && (kafka->producer = kafka_client(kafka, RD_KAFKA_PRODUCER, role->writer, false, err)) == NULL)
		goto fail;
	if ((role->group != NULL || role->writer == NULL)
	    && (kafka->consumer = kafka_client(kafka, RD_KAFKA_CONSUMER, NULL, role->uncommitted, err)) == NULL)
		goto fail;
	if (reach(kafka, err) != 0 || (role->writer != NULL && kafka_writer_open(kafka, err) != 0)
	    || (kafka->consumer != NULL && kafka_reader_open(kafka, role, err) != 0))
		goto fail;
	*bus = &kafka->bus;
	return 0;
fail:
	close_all(&kafka->bus);
	return -1;
}
