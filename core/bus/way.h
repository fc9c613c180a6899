/*
 * way.h - inside the bus room only: what a way to carry messages implements, and how settings ask about Kafka.
 * Every function of the table has the meaning that bus.h gives to the one of its name.
 */
#ifndef YICI_CORE_BUS_WAY_H
#define YICI_CORE_BUS_WAY_H

#include "core/bus/bus.h"
#include "core/bus/settings.h"

struct bus_ops {
	const char *name;
	void (*close)(struct bus *); /* frees the bus too */
	int (*assign)(struct bus *, const struct bus_position *, size_t, struct err *);
	int (*poll)(struct bus *, struct message *, int, struct err *);
	bool (*at_end)(const struct bus *);
	int64_t (*position)(const struct bus *, const char *, int32_t);
	int (*partitions)(struct bus *, const char *, int32_t *, struct err *);
	int (*ends)(struct bus *, const char *, int32_t, struct bus_ends *, struct err *);
	int (*begin)(struct bus *, struct err *);
	int (*send)(struct bus *, const struct message *, struct err *);
	int (*flush)(struct bus *, struct err *);
	int64_t (*last_sent)(const struct bus *, const char *, int32_t);
	int (*commit)(struct bus *, struct err *);
	void (*abort)(struct bus *);
	/* NULL: messages go by themselves */
	int (*forget)(struct bus *, bool (*)(void *, const char *, int32_t, int64_t, struct text, struct text), void *,
	    uint64_t *, struct err *);
};

/* First member of each way's own struct. */
struct bus {
	const struct bus_ops *ops;
	bool fenced;
	char says[160]; /* bus_describe() */
};

int local_open(struct bus **bus, const struct bus_settings *settings, const struct bus_role *role, struct err *err);
int kafka_open(struct bus **bus, const struct bus_settings *settings, const struct bus_role *role, struct err *err);

/* Milliseconds of a clock that only goes forward. */
int64_t bus_clock_ms(void);

/* The value of kafka.${key}; NULL when it was not set. */
const char *bus_settings_get(const struct bus_settings *settings, const char *key);

/* What can only be judged when all is said: plaintext to another machine. 0, or -1 with ERR_STOP. */
int bus_settings_check(const struct bus_settings *settings, struct err *err);

/* Is ${host} this machine by its name or number alone? Nobody is asked. */
bool bus_loopback(struct text host);

/* Would librdkafka take it? 0, or -1 with ERR_INPUT, in which the value is not shown. Without librdkafka: 0. */
int kafka_property_check(const char *key, const char *value, struct err *err);

#endif
