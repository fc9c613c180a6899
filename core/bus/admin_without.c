/*
 * admin_without.c - admin.h where the program was built without Kafka: there is no cluster to ask.
 */
#include "core/bus/admin.h"

#include "core/bus/bus.h"
#include "core/bus/settings.h"

const char *
bus_library(void)
{
	return "none";
}

int
bus_admin_open(struct bus_admin **admin, const struct bus_settings *settings, struct err *err)
{
	(void)settings;
	*admin = NULL;
	return err_set(err, ERR_STOP, "this program was built without Kafka (ops/setup --kafka, then build again)");
}

void
bus_admin_close(struct bus_admin *admin)
{
	(void)admin;
}

static int
never_opened(struct err *err)
{
	return err_set(err, ERR_STOP, "this program was built without Kafka");
}

int
bus_admin_brokers(struct bus_admin *admin, unsigned *count, struct err *err)
{
	(void)admin;
	*count = 0;
	return never_opened(err);
}

int
bus_admin_create(struct bus_admin *admin, unsigned *made, struct err *err)
{
	(void)admin;
	*made = 0;
	return never_opened(err);
}

int
bus_admin_check(struct bus_admin *admin, topic_tell *tell, void *self, unsigned *faults, struct err *err)
{
	(void)admin;
	(void)tell;
	(void)self;
	*faults = 0;
	return never_opened(err);
}

int
topics_must_fit(const struct bus_settings *settings, struct err *err)
{
	return settings->local[0] != '\0' ? 0 : never_opened(err);
}

int
bus_admin_topic_number(struct bus_admin *admin, const char *topic, const char *setting, int64_t *value, struct err *err)
{
	(void)admin;
	(void)topic;
	(void)setting;
	*value = 0;
	return never_opened(err);
}

int
bus_admin_groups(struct bus_admin *admin, struct bus_groups *groups, struct err *err)
{
	(void)admin;
	*groups = (struct bus_groups){ 0 };
	return never_opened(err);
}

void
bus_groups_free(struct bus_groups *groups)
{
	(void)groups;
}
