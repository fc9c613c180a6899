/*
 * kafka.h - inside the bus room only: what the three files about Kafka share. kafka.c connects, looks and tells errors apart,
 * kafka_read.c reads, kafka_write.c sends in transactions.
 */
#ifndef YICI_CORE_BUS_KAFKA_H
#define YICI_CORE_BUS_KAFKA_H

#include <librdkafka/rdkafka.h>

#include "core/bus/places.h"
#include "core/bus/way.h"

/* Known by a name since librdkafka 2.1.0: the log ends before the place to read from. */
#define KAFKA_LOG_TRUNCATION (-139)

#define KAFKA_BATCH 512 /* messages taken from librdkafka's queue at once */

struct kafka {
	struct bus bus; /* first */
	const struct bus_settings *settings;
	char *program, *group; /* group NULL: none */
	bool uncommitted, subscribed;
	uint32_t transaction_s;
	rd_kafka_t *consumer, *producer;
	rd_kafka_t *looker; /* sees what is not committed; made when first asked */
	struct places places;

	/* reading */
	rd_kafka_queue_t *queue;
	rd_kafka_consumer_group_metadata_t *member; /* ours since the partitions were assigned, not what it is now */
	rd_kafka_message_t *batch[KAFKA_BATCH];
	size_t batch_at, batch_count;
	rd_kafka_message_t *current;    /* what the last poll gave */
	struct place_topic *read_topic; /* of the message before */
	struct bus_header *headers;     /* of the current message */
	size_t header_room;
	bool reading_since; /* something was read since the last commit or abort */
	bool lost;          /* partitions were taken away from under a batch */

	/* writing */
	bool open;
	struct place_topic *send_topic; /* of the message before */
	unsigned sent_count;
	struct err delivery; /* why the first message of this transaction that failed did; kind ERR_NONE: none */

	/* how it stands with the brokers */
	struct err broken;  /* for good: every call says so; kind ERR_NONE: not */
	int64_t down_since; /* 0: some broker is up, as far as we know */
	int64_t refused_since;
	rd_kafka_resp_err_t refused; /* why they do not let us in */
	char last[160];              /* what librdkafka said last about a failed connection */
};

static inline int64_t
kafka_wait_ms(const struct kafka *kafka)
{
	return (int64_t)kafka->settings->wait_s * 1000;
}

/* Tell ${code} apart; ${what} says during what. -1. */
int kafka_code(struct kafka *kafka, struct err *err, rd_kafka_resp_err_t code, const char *what);

/* The same for an error object, which is destroyed. Fatal ones break the bus. */
int kafka_error(struct kafka *kafka, struct err *err, rd_kafka_error_t *error, const char *what);

/* Remember that nothing can be done with this bus any more. -1. */
int kafka_break(struct kafka *kafka, struct err *err, enum err_kind kind, const char *what, const char *why);

/* -1 when the bus is broken. */
int kafka_sound(struct kafka *kafka, struct err *err);

/* Serve callbacks; then, when all brokers have been away for bus.wait, ask once more: -1 with ERR_AWAY. */
int kafka_check_away(struct kafka *kafka, struct err *err);

/* Make a client for one side with all settings; ${writer}: its transactional id, or NULL. NULL with ERR_STOP. */
rd_kafka_t *kafka_client(
    struct kafka *kafka, rd_kafka_type_t type, const char *writer, bool uncommitted, struct err *err);

/* The first offset that is kept. */
int kafka_first_offset(struct kafka *kafka, const char *topic, int32_t partition, int64_t *first, struct err *err);

/* ---- kafka_read.c ---- */
int kafka_reader_open(struct kafka *kafka, const struct bus_role *role, struct err *err);
void kafka_reader_close(struct kafka *kafka);
void kafka_rebalanced(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *self);
int kafka_assign(struct bus *bus, const struct bus_position *positions, size_t count, struct err *err);
int kafka_poll(struct bus *bus, struct message *message, int wait_ms, struct err *err);
/* Take reading back to where the transaction found it. */
void kafka_rewind(struct kafka *kafka);
/* The positions that are ahead of what was last saved; NULL when memory is short. Destroy it. */
rd_kafka_topic_partition_list_t *kafka_read_positions(struct kafka *kafka);
/* All that is read counts as saved. */
void kafka_positions_saved(struct kafka *kafka);

/* ---- kafka_write.c ---- */
int kafka_writer_open(struct kafka *kafka, struct err *err);
void kafka_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *self);
int kafka_begin(struct bus *bus, struct err *err);
int kafka_send(struct bus *bus, const struct message *message, struct err *err);
int kafka_flush(struct bus *bus, struct err *err);
int kafka_commit(struct bus *bus, struct err *err);
void kafka_abort(struct bus *bus);
/* End the open transaction, if there is one; reading stays where it is. */
void kafka_abort_sending(struct kafka *kafka);

#endif
