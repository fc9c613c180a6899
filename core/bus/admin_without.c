/*
 * admin_without.c - admin.h where the program was built without Kafka: there is no cluster to ask.
 */
#include "core/bus/admin.h"

#include "core/bus/acl.h"
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

void
bus_admin_views(struct bus_admin *admin, const char *const *names, size_t count)
{
	(void)admin;
	(void)names;
	(void)count;
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

int
bus_admin_acls(struct bus_admin *admin, struct bus_acls *acls, bool *guarded, struct err *err)
{
	(void)admin;
	*acls = (struct bus_acls){ 0 };
	*guarded = false;
	return never_opened(err);
}

int
bus_admin_acl_create(struct bus_admin *admin, const struct bus_acl *acl, struct err *err)
{
	(void)admin;
	(void)acl;
	return never_opened(err);
}

int
bus_admin_acl_delete(struct bus_admin *admin, const struct bus_acl *acl, struct err *err)
{
	(void)admin;
	(void)acl;
	return never_opened(err);
}

const char *
bus_admin_user(const struct bus_admin *admin)
{
	(void)admin;
	return NULL;
}

const char *
bus_acl_word(const struct bus_acl *acl)
{
	return acl->operation == ACL_READ ? "READ" : acl->operation == ACL_DESCRIBE ? "DESCRIBE" : "OTHER";
}
