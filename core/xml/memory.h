/*
 * memory.h - libxml2's memory, seen to by us. Inside this room only.
 *
 * libxml2 2.9 does not survive a failed allocation: it has been seen to go on with texts missing,
 * to tell nobody, and to loop for ever. So its allocator is ours: it asks the one libxml2 came
 * with, and remembers that one request failed. Parsing what strangers sent is broken off on the
 * spot.
 *
 * Breaking off leaves behind what libxml2 held just then, for nothing in it can be trusted to be
 * whole, not even for freeing: a process in which it happened should refuse its file and end.
 */
#ifndef YICI_CORE_XML_MEMORY_H
#define YICI_CORE_XML_MEMORY_H

#include "core/base/base.h"

/* Put our allocator in place and let libxml2 make what it makes once: false when memory is short.
 * Again costs nothing. To be called before anything else of libxml2. */
MUST_CHECK bool memory_prepare(void);

/* Forget earlier failures; then memory_failed() tells whether a request of libxml2 has failed
 * since. */
void memory_begin(void);
bool memory_failed(void);

/*
 * Call ${work}(${self}), and break it off at the first request of libxml2 that fails: false then,
 * and what libxml2 was working on must neither be used nor freed any more. Callbacks in between
 * must not hold anything while libxml2 works on.
 */
MUST_CHECK bool memory_try(void (*work)(void *self), void *self);

#endif
