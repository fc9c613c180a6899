/*
 * acls.c - lists of acl.h, whatever they come from.
 */
#include <stdlib.h>
#include <string.h>

#include "core/bus/acl.h"

int
bus_acls_add(struct bus_acls *acls, const struct bus_acl *acl, struct err *err)
{
	struct bus_acl *one;

	if (acls->count == acls->room) {
		size_t room = acls->room * 2 + 64;
		struct bus_acl *at = realloc(acls->at, room * sizeof(*at));

		if (at == NULL)
			return err_set(err, ERR_RETRY, "memory is short");
		acls->at = at;
		acls->room = room;
	}
	one = &acls->at[acls->count];
	*one = *acl;
	one->principal = strdup(acl->principal);
	one->host = strdup(acl->host);
	one->name = strdup(acl->name);
	acls->count++;
	return one->principal == NULL || one->host == NULL || one->name == NULL
	    ? err_set(err, ERR_RETRY, "memory is short")
	    : 0;
}

void
bus_acls_free(struct bus_acls *acls)
{
	for (size_t i = 0; i < acls->count; i++) {
		free(acls->at[i].principal);
		free(acls->at[i].host);
		free(acls->at[i].name);
	}
	free(acls->at);
	*acls = (struct bus_acls){ 0 };
}
