/*
 * grant_read.h - the parts of reading one grant, which grant.c puts together. Inside this room only.
 */
#ifndef YICI_CORE_RECORD_GRANT_READ_H
#define YICI_CORE_RECORD_GRANT_READ_H

#include "core/base/arena.h"
#include "core/record/definition.h"
#include "core/record/grant.h"

/* One file at a time. */
struct grant_load {
	const struct dataset *dataset;
	struct arena *arena; /* of what is made */
	const char *path;
	struct faults faults;
	bool memory; /* was short */
};

#define FAULT(load, element, ...) faults_add(&(load)->faults, (load)->path, (element)->line, __VA_ARGS__)

/* Take the grant that ${root} says; what is wrong goes to ${load->faults}. Texts are those of the elements. */
void grant_read(struct grant_load *load, const struct xml_element *root, struct grant *grant);

/*
 * The condition on ${field} that ${element} says: codes by attribute ${is} ("is", "yes") or by "not", a range by "from" and "to", or
 * "held".
 */
struct grant_condition grant_condition_read(
    struct grant_load *load, const struct xml_element *element, const char *is, const struct field *field);

#endif
