/*
 * admin_ask.h - how a question is put to a cluster by librdkafka's admin calls. Inside this room only.
 */
#ifndef YICI_CORE_BUS_ADMIN_ASK_H
#define YICI_CORE_BUS_ADMIN_ASK_H

#include <librdkafka/rdkafka.h>

#include "core/bus/bus.h"

#define ANSWER_MS 20000 /* one question */

struct bus_admin {
	struct bus *bus;
	rd_kafka_t *client;
	rd_kafka_queue_t *queue;
	const struct bus_settings *settings;
	const char *const *views; /* full names, borrowed */
	size_t view_count;
};

/* What ${code} means to the caller; ${what} begins the sentence. */
int admin_refuse(struct err *err, rd_kafka_resp_err_t code, const char *what);

/* How a question is asked: with at most ANSWER_MS for an answer. NULL when memory is short. */
rd_kafka_AdminOptions_t *admin_options(struct bus_admin *admin, rd_kafka_admin_op_t question, struct err *err);

/* The answer to what was asked, to be destroyed; NULL when there is none. */
rd_kafka_event_t *admin_answer(struct bus_admin *admin, const char *what, struct err *err);

#endif
