/*
 * faults.h - what is wrong in definition files: each fault told with file and line, the first kept
 * for the caller.
 */
#ifndef YICI_CORE_RECORD_FAULTS_H
#define YICI_CORE_RECORD_FAULTS_H

#include "core/base/err.h"

/* The same as schema_complain of schema.h, which stands above this file. */
typedef void faults_tell(void *self, const char *file, unsigned line, const char *what);

struct faults {
	faults_tell *tell; /* may be NULL */
	void *self;
	struct err *err; /* gets the first */
	size_t count;
};

/* Tell of one. ${line} is 0 when it is about the whole file. */
void faults_add(struct faults *faults, const char *file, unsigned line, const char *format, ...) PRINTF_LIKE(4, 5);

/* Something failed and stands in faults->err already: count it, tell of it about ${file}. */
void faults_failed(struct faults *faults, const char *file);

#endif
