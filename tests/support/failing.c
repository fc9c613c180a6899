/*
 * failing.c - see failing.h.
 */
#include "tests/support/failing.h"

#include "tests/support/support.h"

static long left = -1; /* allocations until one fails; below 0: none fails */
static bool reached;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

static bool
fails(void)
{
	bool now = left == 0;

	reached = reached || now;
	left -= left >= 0;
	return now;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *at, size_t size)
{
	return fails() ? NULL : __real_realloc(at, size);
}

bool
failing_stop(void)
{
	left = -1;
	return reached;
}

bool
failing_run(long nth, int (*attempt)(void *self), void *self)
{
	int result;

	reached = false;
	left = nth;
	result = attempt(self);
	left = -1;
	if (!reached && result != 0)
		fail_msg("it fails though no allocation does");
	return reached;
}
