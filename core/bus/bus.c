/*
 * bus.c - which way a bus goes, and the calls handed on to it.
 */
#include "core/bus/bus.h"

#include <time.h>

#include "core/bus/way.h"

int
bus_open(struct bus **bus, const struct bus_settings *settings, const struct bus_role *role, struct err *err)
{
	*bus = NULL;
	if (settings->local[0] != '\0')
		return local_open(bus, settings, role, err);
	if (!bus_configured(settings))
		return err_set(err, ERR_STOP, "no broker is set: kafka.bootstrap.servers says where it is");
	if (bus_settings_check(settings, err) != 0)
		return -1;
#ifdef YICI_WITH_KAFKA
	return kafka_open(bus, settings, role, err);
#else
	return err_set(err, ERR_STOP, "this program was built without Kafka (ops/setup --kafka, then build again)");
#endif
}

void
bus_close(struct bus *bus)
{
	if (bus != NULL)
		bus->ops->close(bus);
}

int
bus_assign(struct bus *bus, const struct bus_position *positions, size_t count, struct err *err)
{
	return bus->ops->assign(bus, positions, count, err);
}

int
bus_poll(struct bus *bus, struct message *message, int wait_ms, struct err *err)
{
	return bus->ops->poll(bus, message, wait_ms, err);
}

bool
bus_at_end(const struct bus *bus)
{
	return bus->ops->at_end(bus);
}

int64_t
bus_position(const struct bus *bus, const char *topic, int32_t partition)
{
	return bus->ops->position(bus, topic, partition);
}

int
bus_partitions(struct bus *bus, const char *topic, int32_t *count, struct err *err)
{
	return bus->ops->partitions(bus, topic, count, err);
}

int
bus_ends(struct bus *bus, const char *topic, int32_t partition, struct bus_ends *ends, struct err *err)
{
	return bus->ops->ends(bus, topic, partition, ends, err);
}

int
bus_begin(struct bus *bus, struct err *err)
{
	return bus->ops->begin(bus, err);
}

int
bus_send(struct bus *bus, const struct message *message, struct err *err)
{
	return bus->ops->send(bus, message, err);
}

int
bus_flush(struct bus *bus, struct err *err)
{
	return bus->ops->flush(bus, err);
}

int64_t
bus_last_sent(const struct bus *bus, const char *topic, int32_t partition)
{
	return bus->ops->last_sent(bus, topic, partition);
}

int
bus_commit(struct bus *bus, struct err *err)
{
	return bus->ops->commit(bus, err);
}

void
bus_abort(struct bus *bus)
{
	bus->ops->abort(bus);
}

int
bus_forget(struct bus *bus,
    bool (*his)(void *self, const char *topic, int32_t partition, int64_t offset, struct text key, struct text value),
    void *self, uint64_t *gone, struct err *err)
{
	*gone = 0;
	return bus->ops->forget == NULL ? 0 : bus->ops->forget(bus, his, self, gone, err);
}

bool
bus_fenced(const struct bus *bus)
{
	return bus->fenced;
}

const char *
bus_describe(const struct bus *bus)
{
	return bus->says;
}

int64_t
bus_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
