/*
 * acl.h - who may read and write what on a cluster, as its authorizer has it. Kafka only. Of all rules those on topics and consumer groups
 * are of interest here.
 */
#ifndef YICI_CORE_BUS_ACL_H
#define YICI_CORE_BUS_ACL_H

#include "core/base/err.h"

struct bus_admin;

enum acl_operation { ACL_READ, ACL_DESCRIBE, ACL_OTHER };

/* One rule. Texts are owned by the list that it is of. */
struct bus_acl {
	bool group;    /* on consumer groups; else on topics */
	bool prefixed; /* on all whose names begin with ${name}; else on that one, "*" being all */
	bool allow;    /* else it denies */
	enum acl_operation operation;
	int raw;         /* the operation as the library numbers it; of one to be made: not looked at */
	char *principal; /* "User:aid_center" */
	char *host;      /* "*": any */
	char *name;
};

struct bus_acls {
	struct bus_acl *at;
	size_t count, room;
};

/* A rule that allows ${operation} from any host: copied, at the end of ${acls}. */
MUST_CHECK int bus_acls_add(struct bus_acls *acls, const struct bus_acl *acl, struct err *err);
void bus_acls_free(struct bus_acls *acls);

/* "READ", "DESCRIBE", or what the library calls another. */
const char *bus_acl_word(const struct bus_acl *acl);

/*
 * All rules on topics and groups. ${*guarded} false: the brokers have no authorizer, so everybody may do everything, and nothing is in
 * the list. ERR_DENIED when we may not see them.
 */
MUST_CHECK int bus_admin_acls(struct bus_admin *admin, struct bus_acls *acls, bool *guarded, struct err *err);

/* Make one that allows, for any host; delete one, as it is. */
MUST_CHECK int bus_admin_acl_create(struct bus_admin *admin, const struct bus_acl *acl, struct err *err);
MUST_CHECK int bus_admin_acl_delete(struct bus_admin *admin, const struct bus_acl *acl, struct err *err);

/* The name under which we log in by SASL; NULL when we do not. */
const char *bus_admin_user(const struct bus_admin *admin);

#endif
