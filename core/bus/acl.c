/*
 * acl.c - see acl.h.
 */
#include "core/bus/acl.h"

#include <stdio.h>
#include <string.h>

#include "core/bus/admin_ask.h"
#include "core/bus/way.h"

static const char what[] = "the rules of who may do what";

const char *
bus_admin_user(const struct bus_admin *admin)
{
	return bus_settings_get(admin->settings, "sasl.username");
}

const char *
bus_acl_word(const struct bus_acl *acl)
{
	return acl->operation == ACL_READ    ? "READ"
	    : acl->operation == ACL_DESCRIBE ? "DESCRIBE"
					     : rd_kafka_AclOperation_name((rd_kafka_AclOperation_t)acl->raw);
}

/*
 * Have the brokers an authorizer at all? librdkafka gives an answer that says SECURITY_DISABLED as one without rules; so where there
 * are none, a broker is asked for its setting. One that does not tell us has some.
 */
static int
find_guard(struct bus_admin *admin, bool *guarded, struct err *err)
{
	rd_kafka_AdminOptions_t *options;
	const rd_kafka_ConfigResource_t **resources;
	const rd_kafka_ConfigEntry_t **entries;
	rd_kafka_ConfigResource_t *broker;
	rd_kafka_event_t *event;
	const struct rd_kafka_metadata *all;
	char id[16];
	size_t got, count = 0;
	rd_kafka_resp_err_t code = rd_kafka_metadata(admin->client, 0, NULL, &all, ANSWER_MS);

	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return admin_refuse(err, code, what);
	snprintf(id, sizeof(id), "%d", all->broker_cnt > 0 ? (int)all->brokers[0].id : 0);
	rd_kafka_metadata_destroy(all);
	if ((options = admin_options(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, err)) == NULL)
		return -1;
	broker = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, id);
	rd_kafka_DescribeConfigs(admin->client, &broker, 1, options, admin->queue);
	rd_kafka_ConfigResource_destroy(broker);
	rd_kafka_AdminOptions_destroy(options);
	event = admin_answer(admin, what, err);
	if (event == NULL)
		return err->kind == ERR_DENIED ? 0 : -1;
	resources = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &got);
	entries = got == 1 ? rd_kafka_ConfigResource_configs(resources[0], &count) : NULL;
	for (size_t i = 0; i < count; i++) {
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);

		if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), "authorizer.class.name") == 0)
			*guarded = value != NULL && value[0] != '\0';
	}
	rd_kafka_event_destroy(event);
	return 0;
}

static int
take(struct bus_acls *acls, const rd_kafka_AclBinding_t *binding, struct err *err)
{
	rd_kafka_ResourceType_t type = rd_kafka_AclBinding_restype(binding);
	rd_kafka_AclOperation_t operation = rd_kafka_AclBinding_operation(binding);
	struct bus_acl acl = {
		.group = type == RD_KAFKA_RESOURCE_GROUP,
		.prefixed = rd_kafka_AclBinding_resource_pattern_type(binding) == RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
		.allow = rd_kafka_AclBinding_permission_type(binding) == RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
		.operation = operation == RD_KAFKA_ACL_OPERATION_READ ? ACL_READ
		    : operation == RD_KAFKA_ACL_OPERATION_DESCRIBE    ? ACL_DESCRIBE
								      : ACL_OTHER,
		.raw = (int)operation,
		.principal = (char *)rd_kafka_AclBinding_principal(binding),
		.host = (char *)rd_kafka_AclBinding_host(binding),
		.name = (char *)rd_kafka_AclBinding_name(binding),
	};

	return type == RD_KAFKA_RESOURCE_TOPIC || type == RD_KAFKA_RESOURCE_GROUP ? bus_acls_add(acls, &acl, err) : 0;
}

int
bus_admin_acls(struct bus_admin *admin, struct bus_acls *acls, bool *guarded, struct err *err)
{
	rd_kafka_AdminOptions_t *options = admin_options(admin, RD_KAFKA_ADMIN_OP_DESCRIBEACLS, err);
	rd_kafka_AclBindingFilter_t *any;
	const rd_kafka_AclBinding_t **bindings;
	rd_kafka_event_t *event;
	rd_kafka_resp_err_t code;
	size_t count;
	char why[200];
	int result = 0;

	*acls = (struct bus_acls){ 0 };
	*guarded = true;
	if (options == NULL)
		return -1;
	any = rd_kafka_AclBindingFilter_new(RD_KAFKA_RESOURCE_ANY, NULL, RD_KAFKA_RESOURCE_PATTERN_ANY, NULL, NULL,
	    RD_KAFKA_ACL_OPERATION_ANY, RD_KAFKA_ACL_PERMISSION_TYPE_ANY, why, sizeof(why));
	if (any == NULL) {
		rd_kafka_AdminOptions_destroy(options);
		return err_set(err, ERR_STOP, "%s: %s", what, why);
	}
	rd_kafka_DescribeAcls(admin->client, any, options, admin->queue);
	rd_kafka_AclBinding_destroy(any);
	rd_kafka_AdminOptions_destroy(options);
	event = rd_kafka_queue_poll(admin->queue, ANSWER_MS + 5000);
	if (event == NULL)
		return err_set(err, ERR_AWAY, "%s: the broker does not answer", what);
	code = rd_kafka_event_error(event);
	if (code == RD_KAFKA_RESP_ERR_SECURITY_DISABLED)
		*guarded = false;
	else if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		result = admin_refuse(err, code, what);
	else {
		bindings = rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(event), &count);
		for (size_t i = 0; i < count && result == 0; i++)
			result = take(acls, bindings[i], err);
	}
	rd_kafka_event_destroy(event);
	if (result == 0 && *guarded && acls->count == 0)
		result = find_guard(admin, guarded, err);
	if (result != 0)
		bus_acls_free(acls);
	return result;
}

static rd_kafka_ResourceType_t
type_of(const struct bus_acl *acl)
{
	return acl->group ? RD_KAFKA_RESOURCE_GROUP : RD_KAFKA_RESOURCE_TOPIC;
}

static rd_kafka_ResourcePatternType_t
pattern_of(const struct bus_acl *acl)
{
	return acl->prefixed ? RD_KAFKA_RESOURCE_PATTERN_PREFIXED : RD_KAFKA_RESOURCE_PATTERN_LITERAL;
}

/*
 * Ask the brokers to make the rule that ${rule} is, or to take away those that it fits (librdkafka has one type for both), and wait: the
 * answer, or NULL. ${rule} is taken over; it is NULL where it could not be made, for the reason ${why}.
 */
static rd_kafka_event_t *
ask(struct bus_admin *admin, rd_kafka_admin_op_t op, rd_kafka_AclBinding_t *rule, const char *name, const char *why,
    struct err *err)
{
	rd_kafka_AdminOptions_t *options;

	if (rule == NULL) {
		err_set(err, ERR_STOP, "%s: %s", name, why);
		return NULL;
	}
	options = admin_options(admin, op, err);
	if (options != NULL) {
		if (op == RD_KAFKA_ADMIN_OP_CREATEACLS)
			rd_kafka_CreateAcls(admin->client, &rule, 1, options, admin->queue);
		else
			rd_kafka_DeleteAcls(admin->client, &rule, 1, options, admin->queue);
		rd_kafka_AdminOptions_destroy(options);
	}
	rd_kafka_AclBinding_destroy(rule);
	return options != NULL ? admin_answer(admin, what, err) : NULL;
}

static int
refused(const rd_kafka_error_t *error, const struct bus_acl *acl, struct err *err)
{
	return error == NULL ? 0 : admin_refuse(err, rd_kafka_error_code(error), acl->name);
}

int
bus_admin_acl_create(struct bus_admin *admin, const struct bus_acl *acl, struct err *err)
{
	const rd_kafka_acl_result_t **results;
	rd_kafka_event_t *event;
	size_t count;
	char why[200];
	int result = 0;

	event = ask(admin, RD_KAFKA_ADMIN_OP_CREATEACLS,
	    rd_kafka_AclBinding_new(type_of(acl), acl->name, pattern_of(acl), acl->principal, "*",
		acl->operation == ACL_READ ? RD_KAFKA_ACL_OPERATION_READ : RD_KAFKA_ACL_OPERATION_DESCRIBE,
		RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, why, sizeof(why)),
	    acl->name, why, err);
	if (event == NULL)
		return -1;
	results = rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event), &count);
	for (size_t i = 0; i < count && result == 0; i++)
		result = refused(rd_kafka_acl_result_error(results[i]), acl, err);
	rd_kafka_event_destroy(event);
	return result;
}

int
bus_admin_acl_delete(struct bus_admin *admin, const struct bus_acl *acl, struct err *err)
{
	const rd_kafka_DeleteAcls_result_response_t **responses;
	rd_kafka_event_t *event;
	size_t count;
	char why[200];
	int result = 0;

	event = ask(admin, RD_KAFKA_ADMIN_OP_DELETEACLS,
	    rd_kafka_AclBindingFilter_new(type_of(acl), acl->name, pattern_of(acl), acl->principal, acl->host,
		(rd_kafka_AclOperation_t)acl->raw,
		acl->allow ? RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW : RD_KAFKA_ACL_PERMISSION_TYPE_DENY, why, sizeof(why)),
	    acl->name, why, err);
	if (event == NULL)
		return -1;
	responses = rd_kafka_DeleteAcls_result_responses(rd_kafka_event_DeleteAcls_result(event), &count);
	for (size_t i = 0; i < count && result == 0; i++)
		result = refused(rd_kafka_DeleteAcls_result_response_error(responses[i]), acl, err);
	rd_kafka_event_destroy(event);
	return result;
}
