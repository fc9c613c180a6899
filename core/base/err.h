/*
 * err.h - what went wrong outside us, and what the caller can do about it.
 * A function that can fail returns -1 and fills a struct err; nobody below a program prints or exits.
 */
#ifndef YICI_CORE_BASE_ERR_H
#define YICI_CORE_BASE_ERR_H

#include "core/base/base.h"

enum err_kind {
	ERR_NONE,
	ERR_RETRY,  /* the same call may succeed later */
	ERR_INPUT,  /* this file is unusable; the next one may be fine */
	ERR_ABORT,  /* drop the open transaction and do the batch again */
	ERR_STOP,   /* configuration or environment: a person must act */
	ERR_AWAY,   /* a service that is needed cannot be reached */
	ERR_DENIED, /* it does not let us in */
};

struct err {
	enum err_kind kind;
	char what[200]; /* one sentence, no newline, no personal data */
};

/* Fill ${err} from a format; return -1, so that a failing function can end with it. */
int err_set(struct err *err, enum err_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* As err_set(), with ": " and the text of errno behind. errno is read first. */
int err_errno(struct err *err, enum err_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
