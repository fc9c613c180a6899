/*
 * kafka_write.c - transactions. Calls that wait are made again while librdkafka says that they may be: it goes on with
 * them in the background. How long: twice bus.wait, since a commit may take 20 s when a broker dies.
 */
#include "core/bus/kafka.h"

#include <poll.h>
#include <stdio.h>

#define CALL_MS 5000 /* of one call, after which callbacks are served */
#define FLUSH_ABORT_MS 5000
#define SERVE_EVERY 512 /* messages */

static int64_t
patience(const struct kafka *kafka)
{
	return bus_clock_ms() + 2 * kafka_wait_ms(kafka);
}

/*
 * A message that is said to be delivered, but has no offset, was refused by the broker as one that it has already. It need not
 * have it: when the first request of a producer to a partition fails and the second, sent meanwhile, does not, the broker takes that for
 * the first, and the first, sent again, for a repetition (seen on Kafka 4.3.1 with librdkafka 2.8.0, once in fifty new
 * topics on a busy machine). The transaction is done again. So every message is reported, not only those that fail: a collector or
 * worker that did not look would lose rows, and their file would be waited for in vain.
 */
void
kafka_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *self)
{
	struct kafka *kafka = self;
	struct place_topic *topic;
	struct place *place;

	(void)rk;
	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
		if (kafka->delivery.kind == ERR_NONE && message->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE
		    && message->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
			kafka_code(kafka, &kafka->delivery, message->err, rd_kafka_topic_name(message->rkt));
		return;
	}
	if (message->offset < 0) {
		if (kafka->delivery.kind == ERR_NONE)
			err_set(&kafka->delivery, ERR_ABORT, "%.80s: a message has no offset, so it may not be there",
			    rd_kafka_topic_name(message->rkt));
		return;
	}
	topic = rd_kafka_topic_opaque(message->rkt);
	place = topic == NULL ? NULL : places_at(topic, message->partition);
	if (place != NULL && message->offset > place->sent)
		place->sent = message->offset;
}

int
kafka_writer_open(struct kafka *kafka, struct err *err)
{
	int64_t until = patience(kafka);

	for (;;) {
		rd_kafka_error_t *error = rd_kafka_init_transactions(kafka->producer, CALL_MS);

		if (error == NULL)
			return 0;
		rd_kafka_poll(kafka->producer, 0);
		kafka_error(kafka, err, error, "starting to write");
		if (err->kind != ERR_RETRY)
			return -1;
		if (bus_clock_ms() >= until)
			return err_set(err, ERR_AWAY, "the cluster does not let us start a transaction: %s",
			    kafka->last[0] != '\0' ? kafka->last : "it does not say why");
	}
}

int
kafka_begin(struct bus *bus, struct err *err)
{
	struct kafka *kafka = (struct kafka *)bus;
	rd_kafka_error_t *error;

	if (kafka_sound(kafka, err) != 0)
		return -1;
	if (kafka->lost)
		return err_set(err, ERR_ABORT, "partitions were taken away while a batch was at work");
	if (kafka->producer != NULL) {
		error = rd_kafka_begin_transaction(kafka->producer);
		if (error != NULL)
			return kafka_error(kafka, err, error, "beginning a transaction");
	}
	kafka->open = true;
	kafka->delivery.kind = ERR_NONE;
	for (size_t i = 0; i < kafka->places.count; i++) {
		struct place_topic *topic = kafka->places.topics[i];

		for (int32_t k = 0; k < topic->count; k++) {
			topic->at[k].sent = -1;
			if (!kafka->subscribed)
				topic->at[k].begun = topic->at[k].next;
		}
	}
	return 0;
}

static struct place_topic *
topic_to_send(struct kafka *kafka, const char *name, struct err *err)
{
	struct place_topic *topic = kafka->send_topic;
	rd_kafka_topic_conf_t *conf;

	if (topic != NULL && strcmp(topic->name, name) == 0)
		return topic;
	topic = places_topic(&kafka->places, name);
	if (topic == NULL) {
		err_set(err, ERR_STOP, "not enough memory for the bus");
		return NULL;
	}
	if (topic->handle == NULL) {
		conf = rd_kafka_default_topic_conf_dup(kafka->producer);
		rd_kafka_topic_conf_set_opaque(conf, topic);
		topic->handle = rd_kafka_topic_new(kafka->producer, name, conf);
		if (topic->handle == NULL) {
			rd_kafka_topic_conf_destroy(conf);
			err_set(err, ERR_STOP, "%.80s cannot be the name of a topic", name);
			return NULL;
		}
	}
	return kafka->send_topic = topic;
}

/* With headers or a time of its own. */
static rd_kafka_resp_err_t
produce_full(struct kafka *kafka, rd_kafka_topic_t *topic, const struct message *message)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(message->header_count + 1);
	rd_kafka_resp_err_t code;

	for (size_t i = 0; i < message->header_count; i++)
		rd_kafka_header_add(headers, message->headers[i].name, -1, message->headers[i].value.at,
		    (ssize_t)message->headers[i].value.len);
	code = rd_kafka_producev(kafka->producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(message->partition),
	    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(message->key.at, message->key.len),
	    RD_KAFKA_V_VALUE((void *)(uintptr_t)message->value.at, message->value.len),
	    RD_KAFKA_V_TIMESTAMP(message->time_ms), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_headers_destroy(headers);
	return code;
}

static rd_kafka_resp_err_t
produce(struct kafka *kafka, rd_kafka_topic_t *topic, const struct message *message)
{
	if (message->header_count > 0 || message->time_ms != 0)
		return produce_full(kafka, topic, message);
	return rd_kafka_produce(topic, message->partition, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)message->value.at,
		   message->value.len, message->key.at, message->key.len, NULL)
		== 0
	    ? RD_KAFKA_RESP_ERR_NO_ERROR
	    : rd_kafka_last_error();
}

int
kafka_send(struct bus *bus, const struct message *message, struct err *err)
{
	struct kafka *kafka = (struct kafka *)bus;
	struct place_topic *topic;
	rd_kafka_resp_err_t code;

	if (kafka_sound(kafka, err) != 0)
		return -1;
	if (!kafka->open || kafka->producer == NULL)
		return err_set(err, ERR_ABORT, "sending outside of a transaction");
	topic = topic_to_send(kafka, message->topic, err);
	if (topic == NULL)
		return -1;
	while ((code = produce(kafka, topic->handle, message)) == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
		if (kafka_check_away(kafka, err) != 0)
			return -1;
		rd_kafka_poll(kafka->producer, 20);
		if (kafka->delivery.kind != ERR_NONE)
			break;
	}
	if (++kafka->sent_count % SERVE_EVERY == 0)
		rd_kafka_poll(kafka->producer, 0);
	if (kafka->delivery.kind != ERR_NONE) {
		*err = kafka->delivery;
		return -1;
	}
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return kafka_code(kafka, err, code, topic->name);
	return 0;
}

int
kafka_flush(struct bus *bus, struct err *err)
{
	struct kafka *kafka = (struct kafka *)bus;
	int64_t until = patience(kafka);

	if (kafka_sound(kafka, err) != 0)
		return -1;
	while (kafka->producer != NULL && rd_kafka_flush(kafka->producer, CALL_MS) != RD_KAFKA_RESP_ERR_NO_ERROR
	    && kafka->delivery.kind == ERR_NONE) {
		if (kafka_check_away(kafka, err) != 0)
			return -1;
		if (bus_clock_ms() >= until)
			return err_set(err, ERR_AWAY, "the brokers do not confirm what was sent");
	}
	if (kafka->delivery.kind == ERR_NONE)
		return 0;
	*err = kafka->delivery;
	return -1;
}

/* The read positions go into the transaction. */
static int
send_positions(struct kafka *kafka, struct err *err)
{
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_consumer_group_metadata_t *alone = NULL;
	int64_t until = patience(kafka);
	int result = 0;

	if (kafka->group == NULL || kafka->queue == NULL)
		return 0;
	if (kafka->subscribed && rd_kafka_assignment_lost(kafka->consumer))
		return err_set(err, ERR_ABORT, "partitions were taken away while a batch was at work");
	list = kafka_read_positions(kafka);
	if (!kafka->subscribed)
		alone = rd_kafka_consumer_group_metadata_new(kafka->group);
	while (list->cnt > 0) {
		rd_kafka_error_t *error = rd_kafka_send_offsets_to_transaction(
		    kafka->producer, list, kafka->subscribed ? kafka->member : alone, CALL_MS);

		result = error == NULL ? 0 : kafka_error(kafka, err, error, "read positions");
		if (result == 0 || err->kind != ERR_RETRY)
			break;
		rd_kafka_poll(kafka->producer, 100);
		if (kafka_check_away(kafka, err) != 0)
			break;
		if (bus_clock_ms() >= until) {
			err_set(err, ERR_ABORT, "the cluster does not take the read positions");
			break;
		}
	}
	if (alone != NULL)
		rd_kafka_consumer_group_metadata_destroy(alone);
	rd_kafka_topic_partition_list_destroy(list);
	return result;
}

/* A reader that does not write: its positions alone. */
static int
commit_positions(struct kafka *kafka, struct err *err)
{
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;

	if (kafka->group == NULL || kafka->queue == NULL)
		return 0;
	list = kafka_read_positions(kafka);
	if (list->cnt > 0)
		code = rd_kafka_commit(kafka->consumer, list, 0);
	rd_kafka_topic_partition_list_destroy(list);
	return code == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : kafka_code(kafka, err, code, "read positions");
}

static int
commit_sent(struct kafka *kafka, struct err *err)
{
	int64_t until = patience(kafka);

	for (;;) {
		rd_kafka_error_t *error = rd_kafka_commit_transaction(kafka->producer, CALL_MS);

		if (error == NULL)
			return 0;
		rd_kafka_poll(kafka->producer, 0);
		kafka_error(kafka, err, error, "commit");
		if (err->kind != ERR_RETRY)
			return -1;
		if (kafka_check_away(kafka, err) != 0 || bus_clock_ms() >= until)
			return kafka_break(
			    kafka, err, ERR_AWAY, "commit", "no answer; whether it counts is seen at the next start");
	}
}

int
kafka_commit(struct bus *bus, struct err *err)
{
	struct kafka *kafka = (struct kafka *)bus;

	if (kafka_sound(kafka, err) != 0)
		return -1;
	if (!kafka->open || kafka->lost)
		return err_set(err, ERR_ABORT,
		    kafka->lost ? "partitions were taken away while a batch was at work"
				: "there is no open transaction");
	if (kafka->producer == NULL) {
		if (commit_positions(kafka, err) != 0)
			return -1;
	} else if (send_positions(kafka, err) != 0 || kafka_flush(bus, err) != 0 || commit_sent(kafka, err) != 0) {
		/* flushed before, since librdkafka would commit what kafka_delivered() objects to */
		return -1;
	}
	kafka->open = false;
	kafka_positions_saved(kafka);
	return 0;
}

void
kafka_abort_sending(struct kafka *kafka)
{
	struct err err = { 0 };
	int64_t until = patience(kafka);

	if (!kafka->open)
		return;
	kafka->open = false;
	if (kafka->producer == NULL)
		return;
	/* An abort that overtakes the first message of its transaction is fatal to the producer (librdkafka issue 4849). */
	rd_kafka_flush(kafka->producer, FLUSH_ABORT_MS);
	for (;;) {
		rd_kafka_error_t *error = rd_kafka_abort_transaction(kafka->producer, CALL_MS);

		rd_kafka_poll(kafka->producer, 0);
		kafka->delivery.kind = ERR_NONE;
		if (error == NULL)
			return;
		kafka_error(kafka, &err, error, "abort");
		if (err.kind != ERR_RETRY) {
			if (kafka->broken.kind == ERR_NONE)
				kafka->broken = err;
			return;
		}
		if (kafka_check_away(kafka, &err) != 0 || bus_clock_ms() >= until) {
			kafka_break(kafka, &err, ERR_AWAY, "abort", "no answer from the cluster");
			return;
		}
	}
}

void
kafka_abort(struct bus *bus)
{
	struct kafka *kafka = (struct kafka *)bus;

	if (kafka->broken.kind != ERR_NONE) {
		kafka->open = false;
		return;
	}
	kafka_abort_sending(kafka);
	kafka_rewind(kafka);
}
