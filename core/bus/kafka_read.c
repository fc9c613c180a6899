/*
 * kafka_read.c - reading from Kafka: as a member of a group, or partitions that we were told.
 *
 * librdkafka reads ahead in its own threads; messages are taken from its queue some hundreds at once. Positions are ours: we
 * know what was given to the program, librdkafka only what it fetched. A group's partitions go and come in callbacks, which
 * librdkafka makes while we take from its queue: what is open is aborted there, before they are given back.
 *
 * What the broker is told at a commit is who we were when the partitions were given to us. What librdkafka would tell now may be nothing at
 * all, when it has just lost its membership, and Kafka takes that for one who is in no group, and lets it in.
 */
#include "core/bus/kafka.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define SEEK_MS 10000
#define CLOSE_MS 10000

/* Below it the call for many messages could skip some (librdkafka 2.1.0). */
#define BATCHES_SINCE 0x020100ff

static void
drop_batch(struct kafka *kafka)
{
	if (kafka->current != NULL)
		rd_kafka_message_destroy(kafka->current);
	kafka->current = NULL;
	while (kafka->batch_at < kafka->batch_count)
		rd_kafka_message_destroy(kafka->batch[kafka->batch_at++]);
	kafka->batch_at = kafka->batch_count = 0;
}

static void
give_up_all(struct kafka *kafka)
{
	drop_batch(kafka);
	places_drop_all(&kafka->places);
	if (kafka->member != NULL)
		rd_kafka_consumer_group_metadata_destroy(kafka->member);
	kafka->member = NULL;
}

/* Take the partitions of ${list}; an offset below 0 becomes the first that is kept. */
static int
take_all(struct kafka *kafka, rd_kafka_topic_partition_list_t *list, struct err *err)
{
	for (int i = 0; i < list->cnt; i++) {
		rd_kafka_topic_partition_t *at = &list->elems[i];
		struct place_topic *topic = places_topic(&kafka->places, at->topic);
		struct place *place = topic == NULL ? NULL : places_at(topic, at->partition);
		int64_t next = at->offset;

		if (place == NULL)
			return err_set(err, ERR_STOP, "not enough memory for the bus");
		if (next < 0) {
			if (kafka_first_offset(kafka, at->topic, at->partition, &next, err) != 0)
				return -1;
			at->offset = RD_KAFKA_OFFSET_BEGINNING;
		}
		places_take(&kafka->places, place, next);
	}
	return 0;
}

/*
 * Where the group stands in the partitions given to us. While a transaction with positions of another is open there is no answer: it
 * ends when that one starts again, or when its time is over.
 */
static int
ask_positions(struct kafka *kafka, rd_kafka_topic_partition_list_t *list, struct err *err)
{
	int64_t until = bus_clock_ms() + kafka_wait_ms(kafka) + (int64_t)kafka->transaction_s * 1000;
	rd_kafka_resp_err_t code;

	do {
		code = rd_kafka_committed(kafka->consumer, list, 5000);
	} while (code == RD_KAFKA_RESP_ERR__TIMED_OUT && bus_clock_ms() < until);
	for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
		code = list->elems[i].err;
	if (code == RD_KAFKA_RESP_ERR__TIMED_OUT)
		return err_set(err, ERR_AWAY, "the cluster does not say where the group %.60s stands", kafka->group);
	return code == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : kafka_code(kafka, err, code, "positions of the group");
}

static void
given(struct kafka *kafka, rd_kafka_topic_partition_list_t *list)
{
	struct err err = { 0 };

	if (ask_positions(kafka, list, &err) != 0 || take_all(kafka, list, &err) != 0) {
		places_drop_all(&kafka->places);
		kafka->broken = err;
		rd_kafka_assign(kafka->consumer, NULL);
		return;
	}
	rd_kafka_assign(kafka->consumer, list);
	kafka->member = rd_kafka_consumer_group_metadata(kafka->consumer);
}

void
kafka_rebalanced(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *self)
{
	struct kafka *kafka = self;

	if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		given(kafka, list);
		return;
	}
	kafka->lost = kafka->lost || kafka->reading_since || kafka->open;
	kafka_abort_sending(kafka);
	give_up_all(kafka);
	rd_kafka_assign(rk, NULL);
}

int
kafka_reader_open(struct kafka *kafka, const struct bus_role *role, struct err *err)
{
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_resp_err_t code;
	int32_t count;

	rd_kafka_poll_set_consumer(kafka->consumer);
	kafka->queue = rd_kafka_queue_get_consumer(kafka->consumer);
	if (role->topics == NULL)
		return 0;
	for (size_t i = 0; i < role->topic_count; i++) {
		if (bus_partitions(&kafka->bus, role->topics[i], &count, err) != 0)
			return -1;
	}
	list = rd_kafka_topic_partition_list_new((int)role->topic_count);
	for (size_t i = 0; i < role->topic_count; i++)
		rd_kafka_topic_partition_list_add(list, role->topics[i], RD_KAFKA_PARTITION_UA);
	code = rd_kafka_subscribe(kafka->consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
	return code == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : kafka_code(kafka, err, code, "subscribing");
}

void
kafka_reader_close(struct kafka *kafka)
{
	rd_kafka_queue_t *queue;
	rd_kafka_error_t *error;
	int64_t until = bus_clock_ms() + CLOSE_MS;

	if (kafka->consumer == NULL)
		return;
	drop_batch(kafka);
	if (kafka->queue != NULL) {
		/* Leaving the group may wait for a broker that is not there. */
		queue = rd_kafka_queue_new(kafka->consumer);
		error = rd_kafka_consumer_close_queue(kafka->consumer, queue);
		while (error == NULL && !rd_kafka_consumer_closed(kafka->consumer) && bus_clock_ms() < until) {
			rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 10);

			if (event != NULL && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
				rd_kafka_assign(kafka->consumer, NULL);
			rd_kafka_event_destroy(event);
		}
		rd_kafka_error_destroy(error);
		rd_kafka_queue_destroy(queue);
	}
	if (kafka->queue != NULL)
		rd_kafka_queue_destroy(kafka->queue);
	kafka->queue = NULL;
	give_up_all(kafka);
	rd_kafka_destroy_flags(kafka->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	kafka->consumer = NULL;
	free(kafka->headers);
}

int
kafka_assign(struct bus *bus, const struct bus_position *positions, size_t count, struct err *err)
{
	static const struct bus_role reader = { 0 };
	struct kafka *kafka = (struct kafka *)bus;
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_resp_err_t code;
	int32_t partitions = 0;

	if (kafka_sound(kafka, err) != 0)
		return -1;
	if (kafka->consumer == NULL) {
		kafka->consumer = kafka_client(kafka, RD_KAFKA_CONSUMER, NULL, kafka->uncommitted, err);
		if (kafka->consumer == NULL || kafka_reader_open(kafka, &reader, err) != 0)
			return -1;
	}
	/* librdkafka would wait without a word for a topic that is not there or not for us. */
	for (size_t i = 0; i < count; i++) {
		if ((i == 0 || strcmp(positions[i].topic, positions[i - 1].topic) != 0)
		    && bus_partitions(bus, positions[i].topic, &partitions, err) != 0)
			return -1;
		if (positions[i].partition < 0 || positions[i].partition >= partitions)
			return err_set(err, ERR_STOP, "%.80s has no partition %d", positions[i].topic,
			    (int)positions[i].partition);
	}
	give_up_all(kafka);
	list = rd_kafka_topic_partition_list_new((int)count + 1);
	for (size_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, positions[i].topic, positions[i].partition)->offset =
		    positions[i].offset;
	if (take_all(kafka, list, err) != 0) {
		places_drop_all(&kafka->places);
		rd_kafka_topic_partition_list_destroy(list);
		return -1;
	}
	code = rd_kafka_assign(kafka->consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
	kafka->reading_since = false;
	return code == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : kafka_code(kafka, err, code, "assigning partitions");
}

/* What of a message is not a message: 0 to go on, 1 when the end of everything has just been reached, or -1. */
static int
take_event(struct kafka *kafka, const rd_kafka_message_t *event, struct err *err)
{
	struct place *place;

	switch ((int)event->err) {
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
		place = places_find(&kafka->places, rd_kafka_topic_name(event->rkt), event->partition);
		if (place == NULL || !place->ours)
			return 0;
		if (event->offset > place->next)
			place->next = event->offset; /* past markers of transactions, and what an aborted one has left */
		if (place->at_end)
			return 0;
		places_set_end(&kafka->places, place, true);
		return kafka->places.at_end == kafka->places.ours;
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		return kafka->group == NULL ? 0 : kafka_code(kafka, err, event->err, "group");
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case KAFKA_LOG_TRUNCATION:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
	case RD_KAFKA_RESP_ERR__FATAL:
	case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
		return kafka_code(
		    kafka, err, event->err, event->rkt != NULL ? rd_kafka_topic_name(event->rkt) : "reading");
	default:
		return 0; /* librdkafka tries again by itself */
	}
}

static int
take_headers(struct kafka *kafka, const rd_kafka_message_t *from, struct message *message, struct err *err)
{
	rd_kafka_headers_t *list;
	size_t count;

	if (rd_kafka_message_headers(from, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	count = rd_kafka_header_cnt(list);
	if (count > kafka->header_room) {
		struct bus_header *headers = realloc(kafka->headers, count * sizeof(*headers));

		if (headers == NULL)
			return err_set(err, ERR_STOP, "not enough memory for the bus");
		kafka->headers = headers;
		kafka->header_room = count;
	}
	for (size_t i = 0; i < count; i++) {
		const void *value;

		if (rd_kafka_header_get_all(list, i, &kafka->headers[i].name, &value, &kafka->headers[i].value.len)
		    != RD_KAFKA_RESP_ERR_NO_ERROR)
			break;
		kafka->headers[i].value.at = value;
		message->header_count = i + 1;
	}
	message->headers = kafka->headers;
	return 0;
}

/* 1 when it is the program's, 0 when it belongs to a partition that is no longer ours, or -1. */
static int
take_message(struct kafka *kafka, const rd_kafka_message_t *from, struct message *message, struct err *err)
{
	struct place_topic *topic = kafka->read_topic;
	struct place *place;
	rd_kafka_timestamp_type_t type;

	if (topic == NULL || topic->tag != from->rkt) {
		topic = places_topic(&kafka->places, rd_kafka_topic_name(from->rkt));
		if (topic == NULL)
			return err_set(err, ERR_STOP, "not enough memory for the bus");
		topic->tag = from->rkt;
		kafka->read_topic = topic;
	}
	if (from->partition >= topic->count)
		return 0;
	place = &topic->at[from->partition];
	if (!place->ours || from->offset < place->next)
		return 0;
	if (place->at_end)
		places_set_end(&kafka->places, place, false);
	place->next = from->offset + 1;
	kafka->reading_since = true;
	*message = (struct message){
		.topic = topic->name,
		.partition = from->partition,
		.offset = from->offset,
		.time_ms = rd_kafka_message_timestamp(from, &type),
		.key = { from->key, from->key_len },
		.value = { from->payload, from->len },
	};
	return take_headers(kafka, from, message, err) == 0 ? 1 : -1;
}

/* Fill the batch, waiting for the first at the most so long. */
static void
fill(struct kafka *kafka, int wait_ms)
{
	ssize_t count;

	kafka->batch_at = kafka->batch_count = 0;
	if (rd_kafka_version() < BATCHES_SINCE) {
		kafka->batch[0] = rd_kafka_consumer_poll(kafka->consumer, wait_ms);
		kafka->batch_count = kafka->batch[0] != NULL;
		return;
	}
	count = rd_kafka_consume_batch_queue(kafka->queue, wait_ms, kafka->batch, KAFKA_BATCH);
	kafka->batch_count = count > 0 ? (size_t)count : 0;
}

int
kafka_poll(struct bus *bus, struct message *message, int wait_ms, struct err *err)
{
	struct kafka *kafka = (struct kafka *)bus;
	int64_t until = -1;

	if (kafka_sound(kafka, err) != 0)
		return -1;
	if (kafka->queue == NULL)
		return err_set(err, ERR_STOP, "nothing was assigned to be read");
	if (kafka->current != NULL)
		rd_kafka_message_destroy(kafka->current);
	kafka->current = NULL;
	for (;;) {
		int result;

		while (kafka->batch_at < kafka->batch_count) {
			rd_kafka_message_t *next = kafka->batch[kafka->batch_at++];

			if (next->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
				result = take_event(kafka, next, err);
				rd_kafka_message_destroy(next);
				if (result != 0)
					return result == 1 ? 0 : -1;
				continue;
			}
			result = take_message(kafka, next, message, err);
			if (result == 1) {
				kafka->current = next;
				return 1;
			}
			rd_kafka_message_destroy(next);
			if (result < 0)
				return -1;
		}
		if (until < 0)
			until = bus_clock_ms() + wait_ms;
		else if (bus_clock_ms() >= until)
			return 0;
		wait_ms = (int)(until - bus_clock_ms());
		fill(kafka, wait_ms < 0 ? 0 : wait_ms < 500 ? wait_ms : 500);
		if (kafka_sound(kafka, err) != 0 || kafka_check_away(kafka, err) != 0)
			return -1;
		if (kafka->lost)
			return err_set(err, ERR_ABORT, "partitions were taken away while a batch was at work");
	}
}

void
kafka_rewind(struct kafka *kafka)
{
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_error_t *error;

	kafka->lost = kafka->reading_since = false;
	if (kafka->queue == NULL || kafka->places.ours == 0)
		return;
	drop_batch(kafka);
	list = rd_kafka_topic_partition_list_new((int)kafka->places.ours);
	for (size_t i = 0; i < kafka->places.count; i++) {
		const struct place_topic *topic = kafka->places.topics[i];

		for (int32_t k = 0; k < topic->count; k++) {
			struct place *place = &topic->at[k];

			if (!place->ours)
				continue;
			rd_kafka_topic_partition_list_add(list, topic->name, k)->offset = place->begun;
			place->next = place->begun;
			places_set_end(&kafka->places, place, false);
		}
	}
	error = rd_kafka_seek_partitions(kafka->consumer, list, SEEK_MS);
	for (int i = 0; i < list->cnt; i++) {
		if (error == NULL && list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
			err_set(&kafka->broken, ERR_AWAY, "reading again after an abort: %s",
			    rd_kafka_err2str(list->elems[i].err));
	}
	if (error != NULL)
		err_set(&kafka->broken, ERR_AWAY, "reading again after an abort: %s", rd_kafka_error_string(error));
	rd_kafka_error_destroy(error);
	rd_kafka_topic_partition_list_destroy(list);
}

rd_kafka_topic_partition_list_t *
kafka_read_positions(struct kafka *kafka)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)kafka->places.ours + 1);

	for (size_t i = 0; i < kafka->places.count; i++) {
		const struct place_topic *topic = kafka->places.topics[i];

		for (int32_t k = 0; k < topic->count; k++) {
			if (topic->at[k].ours && topic->at[k].next != topic->at[k].saved)
				rd_kafka_topic_partition_list_add(list, topic->name, k)->offset = topic->at[k].next;
		}
	}
	return list;
}

void
kafka_positions_saved(struct kafka *kafka)
{
	kafka->reading_since = false;
	for (size_t i = 0; i < kafka->places.count; i++) {
		struct place_topic *topic = kafka->places.topics[i];

		for (int32_t k = 0; k < topic->count; k++) {
			if (topic->at[k].ours)
				topic->at[k].saved = topic->at[k].begun = topic->at[k].next;
		}
	}
}
