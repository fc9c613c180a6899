/*
 * bench_bus.c - the bare loop beside which the sending of yici is measured: the messages of topics once more, by librdkafka alone.
 *
 *   bench_bus BOOTSTRAP NAME BATCH FROM=TO...
 *
 * Reads all that is committed of the topics FROM into memory; then, on the clock, sends the same keys, values and headers to TO in
 * transactions of BATCH messages (0: one), under the transactional id NAME. One line: messages, bytes, seconds and processor seconds
 * of the sending. Its settings are those of the yardsticks' bare loop.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

#define TOPICS_MAX 8
#define TAKEN 2000
#define WAIT_MS 60000
#define POLL_MS 200 /* librdkafka waits for all of TAKEN */

struct bare {
	const char *bootstrap, *name;
	long batch;
	const char *from[TOPICS_MAX], *to[TOPICS_MAX];
	rd_kafka_topic_t *topics[TOPICS_MAX];
	int topic_count;
	rd_kafka_message_t **messages;
	size_t count, room, bytes;
	long failed;
};

static double
clock_s(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
end(const char *what)
{
	fprintf(stderr, "bench_bus: %s\n", what);
	exit(EX_UNAVAILABLE);
}

static void
must(rd_kafka_error_t *error)
{
	if (error != NULL)
		end(rd_kafka_error_string(error));
}

static void
delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *self)
{
	struct bare *bare = self;

	(void)client;
	bare->failed += message->err != RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_t *
client(struct bare *bare, rd_kafka_type_t type, const char *const (*pairs)[2], size_t count)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *made;
	char why[200] = "";

	rd_kafka_conf_set(conf, "bootstrap.servers", bare->bootstrap, why, sizeof(why));
	for (size_t i = 0; i < count; i++) {
		if (rd_kafka_conf_set(conf, pairs[i][0], pairs[i][1], why, sizeof(why)) != RD_KAFKA_CONF_OK)
			end(why);
	}
	rd_kafka_conf_set_opaque(conf, bare);
	if (type == RD_KAFKA_PRODUCER)
		rd_kafka_conf_set_dr_msg_cb(conf, delivered);
	made = rd_kafka_new(type, conf, why, sizeof(why));
	if (made == NULL)
		end(why);
	return made;
}

static void
keep(struct bare *bare, rd_kafka_message_t *message)
{
	if (bare->count == bare->room) {
		bare->room = bare->room == 0 ? 1 << 20 : bare->room * 2;
		bare->messages = realloc(bare->messages, bare->room * sizeof(rd_kafka_message_t *));
		if (bare->messages == NULL)
			end("out of memory");
	}
	bare->messages[bare->count++] = message;
	bare->bytes += message->key_len + message->len;
}

/* Everything committed, kept as it came. */
static void
read_all(struct bare *bare, rd_kafka_t *consumer)
{
	static rd_kafka_message_t *taken[TAKEN];
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
	rd_kafka_queue_t *queue;
	int left;

	for (int i = 0; i < bare->topic_count; i++) {
		rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer, bare->from[i], NULL);
		const struct rd_kafka_metadata *metadata;

		if (rd_kafka_metadata(consumer, 0, topic, &metadata, WAIT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
			end("no metadata");
		for (int p = 0; p < metadata->topics[0].partition_cnt; p++)
			rd_kafka_topic_partition_list_add(list, bare->from[i], p)->offset = RD_KAFKA_OFFSET_BEGINNING;
		rd_kafka_metadata_destroy(metadata);
	}
	left = list->cnt;
	rd_kafka_poll_set_consumer(consumer);
	queue = rd_kafka_queue_get_consumer(consumer);
	if (left == 0 || rd_kafka_assign(consumer, list) != RD_KAFKA_RESP_ERR_NO_ERROR)
		end("nothing to read");
	while (left > 0) {
		ssize_t got = rd_kafka_consume_batch_queue(queue, POLL_MS, taken, TAKEN);

		if (got < 0)
			end("nothing comes");
		for (ssize_t i = 0; i < got; i++) {
			if (taken[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
				keep(bare, taken[i]);
				continue;
			}
			left -= taken[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
			rd_kafka_message_destroy(taken[i]);
		}
	}
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_queue_destroy(queue);
}

static rd_kafka_topic_t *
topic_of(struct bare *bare, const rd_kafka_message_t *message)
{
	const char *name = rd_kafka_topic_name(message->rkt);

	for (int i = 0; i < bare->topic_count; i++) {
		if (strcmp(bare->from[i], name) == 0)
			return bare->topics[i];
	}
	end("a message of an unknown topic");
	return NULL;
}

static void
pass_on(struct bare *bare, rd_kafka_t *producer, const rd_kafka_message_t *message)
{
	rd_kafka_topic_t *topic = topic_of(bare, message);
	rd_kafka_headers_t *theirs, *headers;
	rd_kafka_resp_err_t code;

	do {
		if (rd_kafka_message_headers(message, &theirs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
			headers = rd_kafka_headers_copy(theirs);
			code = rd_kafka_producev(producer, RD_KAFKA_V_RKT(topic),
			    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(message->key, message->key_len),
			    RD_KAFKA_V_VALUE(message->payload, message->len), RD_KAFKA_V_HEADERS(headers),
			    RD_KAFKA_V_END);
			if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
				rd_kafka_headers_destroy(headers);
		} else
			code = rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, message->payload,
				   message->len, message->key, message->key_len, NULL)
				== 0
			    ? RD_KAFKA_RESP_ERR_NO_ERROR
			    : rd_kafka_last_error();
		if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			rd_kafka_poll(producer, 5);
	} while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		end(rd_kafka_err2str(code));
}

static void
send_all(struct bare *bare, rd_kafka_t *producer)
{
	long open = 0;

	must(rd_kafka_begin_transaction(producer));
	for (size_t i = 0; i < bare->count; i++) {
		pass_on(bare, producer, bare->messages[i]);
		if (i % 1024 == 0)
			rd_kafka_poll(producer, 0);
		if (++open == bare->batch && i + 1 < bare->count) {
			must(rd_kafka_commit_transaction(producer, -1));
			must(rd_kafka_begin_transaction(producer));
			open = 0;
		}
	}
	must(rd_kafka_commit_transaction(producer, -1));
}

int
main(int argc, char **argv)
{
	struct bare bare = { 0 };
	const char *const reading[][2] = { { "group.id", "bench_bus" }, { "isolation.level", "read_committed" },
		{ "enable.auto.commit", "false" }, { "enable.partition.eof", "true" },
		{ "queued.max.messages.kbytes", "65536" } };
	const char *writing[][2] = { { "transactional.id", "" }, { "compression.type", "lz4" },
		{ "partitioner", "murmur2_random" }, { "linger.ms", "5" }, { "queue.buffering.max.messages", "200000" },
		{ "transaction.timeout.ms", "600000" } };
	rd_kafka_t *producer, *consumer;
	double wall, cpu;

	if (argc < 5 || argc - 4 > TOPICS_MAX)
		return EX_USAGE;
	bare.bootstrap = argv[1];
	writing[0][1] = bare.name = argv[2];
	bare.batch = atol(argv[3]);
	consumer = client(&bare, RD_KAFKA_CONSUMER, reading, sizeof(reading) / sizeof(reading[0]));
	producer = client(&bare, RD_KAFKA_PRODUCER, writing, sizeof(writing) / sizeof(writing[0]));
	for (int i = 4; i < argc; i++) {
		char *middle = strchr(argv[i], '=');

		if (middle == NULL)
			return EX_USAGE;
		*middle = '\0';
		bare.from[bare.topic_count] = argv[i];
		bare.to[bare.topic_count] = middle + 1;
		bare.topics[bare.topic_count++] = rd_kafka_topic_new(producer, middle + 1, NULL);
	}
	read_all(&bare, consumer);
	must(rd_kafka_init_transactions(producer, WAIT_MS));
	wall = clock_s(CLOCK_MONOTONIC);
	cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
	send_all(&bare, producer);
	printf("bench_bus messages=%zu bytes=%zu seconds=%.3f cpu=%.3f\n", bare.count, bare.bytes,
	    clock_s(CLOCK_MONOTONIC) - wall, clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	fflush(stdout);
	/* what is kept goes with the process */
	_Exit(bare.failed == 0 ? 0 : EX_UNAVAILABLE);
}
