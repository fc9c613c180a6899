/*
 * access.h - who may read which topic of views, held against what the brokers' rules say. Pure functions of both lists.
 *
 * A grant in force whose topic names a principal allows it READ and DESCRIBE on that topic, and READ on the consumer groups whose names
 * begin as it says (group="…"; else dept.<grant>.). Nothing else is allowed to anybody but the pipeline's own principals.
 */
#ifndef YICI_OPS_YICI_ACCESS_H
#define YICI_OPS_YICI_ACCESS_H

#include "core/bus/acl.h"
#include "core/record/grant.h"

/* The rules that ${grants} want on ${date}, at the end of ${wanted}. */
MUST_CHECK int access_want(
    struct bus_acls *wanted, const struct grants *grants, const char *prefix, struct date date, struct err *err);

/* Is it as ${wanted} says, from whatever host? */
bool access_same(const struct bus_acl *there, const struct bus_acl *wanted);

/*
 * Does ${there} let somebody in beyond ${wanted}: to a topic or group of ours, who is neither wanted there nor one of ${own}: principals
 * of the pipeline itself, ";" between?
 */
bool access_beyond(const struct bus_acl *there, const struct bus_acls *wanted, const char *prefix, const char *own);

/* Is it for `topics acl --apply` to delete: a rule on one topic of a view? */
bool access_ours(const struct bus_acl *there, const char *prefix);

#endif
