/*
 * memory.c - see memory.h. The jump out of a failed request passes over libxml2's own functions
 * only: it happens inside its allocator, which our callbacks do not call.
 */
#include "core/xml/memory.h"

#include <setjmp.h>

#include <libxml/parser.h>
#include <libxml/xmlmemory.h>

/* What libxml2 came with. */
static xmlFreeFunc plain_free;
static xmlMallocFunc plain_malloc;
static xmlReallocFunc plain_realloc;
static xmlStrdupFunc plain_strdup;
static bool prepared;

static _Thread_local bool failed;
static _Thread_local jmp_buf *way_out; /* NULL outside memory_try() */

static void *
given(void *at)
{
	if (at)
		return at;
	failed = true;
	if (way_out)
		longjmp(*way_out, 1);
	return NULL;
}

static void *
take(size_t size)
{
	return given(plain_malloc(size));
}

static void *
take_again(void *at, size_t size)
{
	void *moved = plain_realloc(at, size);

	/* Of no bytes, NULL is no failure. */
	return size == 0 ? moved : given(moved);
}

static char *
take_copy(const char *string)
{
	return given(plain_strdup(string));
}

bool
memory_prepare(void)
{
	if (prepared)
		return true;
	if (!plain_malloc) {
		if (xmlMemGet(&plain_free, &plain_malloc, &plain_realloc, &plain_strdup) != 0
		    || xmlMemSetup(plain_free, take, take_again, take_copy) != 0)
			return false;
	}
	memory_begin();
	xmlInitParser();
	prepared = !memory_failed();
	return prepared;
}

void
memory_begin(void)
{
	failed = false;
}

bool
memory_failed(void)
{
	return failed;
}

bool
memory_try(void (*work)(void *self), void *self)
{
	jmp_buf here;

	if (setjmp(here) != 0) {
		way_out = NULL;
		return false;
	}
	way_out = &here;
	work(self);
	way_out = NULL;
	return true;
}
