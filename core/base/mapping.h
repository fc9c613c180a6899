/*
 * mapping.h - a file as memory. The kernel keeps what was touched at hand and counts it as ours until it is short; so
 * who walks through a large one says how far he has come, and what lies behind is given back. Nothing is lost: the bytes stay
 * in the file.
 */
#ifndef YICI_CORE_BASE_MAPPING_H
#define YICI_CORE_BASE_MAPPING_H

#include "core/base/err.h"

struct mapping {
	uint8_t *at; /* NULL when there is nothing */
	size_t bytes;
	size_t behind; /* given back up to here */
};

/* The first ${bytes} of ${fd}, which may be closed afterwards. ${writable}: changes go to the file. */
MUST_CHECK int mapping_open(struct mapping *mapping, int fd, size_t bytes, bool writable, struct err *err);
void mapping_close(struct mapping *mapping);

/* A walk from the beginning has come to ${offset}. */
void mapping_pass(struct mapping *mapping, size_t offset);

/* All of it is given back; the next walk begins at the beginning. */
void mapping_rest(struct mapping *mapping);

#endif
