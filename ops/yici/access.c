/*
 * access.c - see access.h.
 */
#include "ops/yici/access.h"

#include <stdio.h>

#include "core/bus/topics.h"
#include "core/record/definition.h"

static int
add(struct bus_acls *wanted, bool group, enum acl_operation operation, char *principal, char *name, struct err *err)
{
	char any[] = "*";
	struct bus_acl acl = { .group = group,
		.prefixed = group,
		.allow = true,
		.operation = operation,
		.principal = principal,
		.host = any,
		.name = name };

	for (size_t i = 0; i < wanted->count; i++) {
		if (access_same(&wanted->at[i], &acl))
			return 0;
	}
	return bus_acls_add(wanted, &acl, err);
}

int
access_want(struct bus_acls *wanted, const struct grants *grants, const char *prefix, struct date date, struct err *err)
{
	for (size_t i = 0; i < grants->count; i++) {
		const struct grant *grant = &grants->at[i];
		char topic[TOPIC_NAME_MAX], group[TOPIC_NAME_MAX], principal[256];

		if (grant->broken.len > 0 || !grant->topic || grant->principal.len == 0
		    || grant_time(grant, date) != GRANT_NOW)
			continue;
		if (grant->principal.len >= sizeof(principal))
			return err_set(
			    err, ERR_INPUT, "%.*s: the principal is too long", (int)grant->id.len, grant->id.at);
		topic_view_name(topic, prefix, grant->id);
		snprintf(principal, sizeof(principal), "%.*s", (int)grant->principal.len, grant->principal.at);
		if (grant->group.len > 0)
			snprintf(group, sizeof(group), "%.*s", (int)grant->group.len, grant->group.at);
		else
			snprintf(group, sizeof(group), "dept.%.*s.", (int)grant->id.len, grant->id.at);
		if (strncmp(group, prefix, strlen(prefix)) == 0 && group[strlen(prefix)] == '.')
			return err_set(err, ERR_INPUT, "%.*s: groups that begin with %s are the pipeline's own",
			    (int)grant->id.len, grant->id.at, group);
		if (add(wanted, false, ACL_READ, principal, topic, err) != 0
		    || add(wanted, false, ACL_DESCRIBE, principal, topic, err) != 0
		    || add(wanted, true, ACL_READ, principal, group, err) != 0)
			return -1;
	}
	return 0;
}

bool
access_same(const struct bus_acl *there, const struct bus_acl *wanted)
{
	return there->allow && there->group == wanted->group && there->prefixed == wanted->prefixed
	    && there->operation == wanted->operation && strcmp(there->principal, wanted->principal) == 0
	    && strcmp(there->name, wanted->name) == 0;
}

/* Can ${there} let somebody in to a topic or group whose name begins with ${prefix} and a dot? */
static bool
reaches(const struct bus_acl *there, const char *prefix)
{
	size_t len = strlen(prefix), name = strlen(there->name);
	bool begins = strncmp(there->name, prefix, len) == 0 && there->name[len] == '.';

	if (!there->prefixed)
		return begins || strcmp(there->name, "*") == 0;
	return begins || (name <= len && strncmp(prefix, there->name, name) == 0);
}

static bool
is_own(const char *principal, const char *own)
{
	struct text rest = text_from(own), word;

	while (definition_word(&rest, ';', &word)) {
		if (word.len > 0 && text_eq(word, text_from(principal)))
			return true;
	}
	return false;
}

bool
access_beyond(const struct bus_acl *there, const struct bus_acls *wanted, const char *prefix, const char *own)
{
	if (!there->allow || !reaches(there, prefix) || is_own(there->principal, own))
		return false;
	for (size_t i = 0; i < wanted->count; i++) {
		if (access_same(there, &wanted->at[i]))
			return false;
	}
	return true;
}

bool
access_ours(const struct bus_acl *there, const char *prefix)
{
	return !there->group && !there->prefixed && topic_is_view(prefix, there->name);
}
