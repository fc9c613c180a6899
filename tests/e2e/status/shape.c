/*
 * shape.c - makes what status must not be fooled by: shape BOOTSTRAP VERB …
 *
 *   send TOPIC PARTITION COUNT [AGE]    that many messages in one transaction, AGE seconds old
 *   abort TOPIC PARTITION COUNT         the same, aborted
 *   open TOPIC PARTITION COUNT          the same, left open until a line comes on stdin, then aborted; says "open"
 *   delete TOPIC PARTITION OFFSET       what is before it is gone, as retention does
 *   commit GROUP TOPIC PARTITION OFFSET the group's position
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *bootstrap;

static void
fail(const char *what)
{
	fprintf(stderr, "shape: %s\n", what);
	exit(1);
}

static void
must(rd_kafka_error_t *error)
{
	if (error != NULL)
		fail(rd_kafka_error_string(error));
}

static void
set(rd_kafka_conf_t *conf, const char *key, const char *value)
{
	char why[200];

	if (rd_kafka_conf_set(conf, key, value, why, sizeof(why)) != RD_KAFKA_CONF_OK)
		fail(why);
}

static rd_kafka_t *
client(rd_kafka_type_t type, const char *id, const char *group)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *made;
	char why[200];

	set(conf, "bootstrap.servers", bootstrap);
	if (id != NULL)
		set(conf, "transactional.id", id);
	if (group != NULL)
		set(conf, "group.id", group);
	made = rd_kafka_new(type, conf, why, sizeof(why));
	if (made == NULL)
		fail(why);
	return made;
}

static void
transact(const char *verb, const char *topic, int partition, int count, int age_s)
{
	static char key[] = "k", value[] = "v";
	int64_t time_ms = ((int64_t)time(NULL) - age_s) * 1000;
	rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, verb, NULL);
	char line[8];

	must(rd_kafka_init_transactions(producer, 30000));
	must(rd_kafka_begin_transaction(producer));
	for (int i = 0; i < count; i++) {
		rd_kafka_resp_err_t code = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic),
		    RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(key, 1), RD_KAFKA_V_VALUE(value, 1),
		    RD_KAFKA_V_TIMESTAMP(time_ms), RD_KAFKA_V_END);

		if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
			fail(rd_kafka_err2str(code));
	}
	if (rd_kafka_flush(producer, 30000) != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail("not delivered");
	if (strcmp(verb, "send") == 0)
		must(rd_kafka_commit_transaction(producer, 30000));
	if (strcmp(verb, "open") == 0) {
		printf("open\n");
		fflush(stdout);
		if (fgets(line, sizeof(line), stdin) == NULL)
			line[0] = '\0';
	}
	if (strcmp(verb, "send") != 0)
		must(rd_kafka_abort_transaction(producer, 30000));
	rd_kafka_destroy(producer);
}

static void
delete_before(const char *topic, int partition, int64_t offset)
{
	rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, NULL, NULL);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_DeleteRecords_t *wish;
	rd_kafka_queue_t *queue = rd_kafka_queue_new(producer);
	const rd_kafka_topic_partition_list_t *done;
	rd_kafka_event_t *event;

	rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
	wish = rd_kafka_DeleteRecords_new(list);
	rd_kafka_DeleteRecords(producer, &wish, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, 30000);
	if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail("not deleted");
	done = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
	if (done->cnt != 1 || done->elems[0].err != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail(done->cnt == 1 ? rd_kafka_err2str(done->elems[0].err) : "not deleted");
	rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	rd_kafka_DeleteRecords_destroy(wish);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(producer);
}

static void
commit(const char *group, const char *topic, int partition, int64_t offset)
{
	rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, NULL, group);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_resp_err_t code;

	rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
	code = rd_kafka_commit(consumer, list, 0);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail(rd_kafka_err2str(code));
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_consumer_close(consumer);
	rd_kafka_destroy(consumer);
}

int
main(int argc, char **argv)
{
	if (argc < 6)
		fail("see the head of shape.c");
	bootstrap = argv[1];
	if (strcmp(argv[2], "commit") == 0 && argc == 7)
		commit(argv[3], argv[4], atoi(argv[5]), atoll(argv[6]));
	else if (strcmp(argv[2], "delete") == 0)
		delete_before(argv[3], atoi(argv[4]), atoll(argv[5]));
	else
		transact(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]), argc > 6 ? atoi(argv[6]) : 0);
	return 0;
}
