/*
 * ordered.h - several processes write the units of one or more files, each unit at its place, as if one process had
 * written them in order. A process takes the next unit, makes its bytes in memory, and asks where they go; the
 * answer is known once all units before it have said how long theirs are. Nobody copies, nobody concatenates.
 *
 * The shared page is made before the processes are forked. No locks: one counter and one "placed" mark.
 */
#ifndef YICI_CORE_STORE_ORDERED_H
#define YICI_CORE_STORE_ORDERED_H

#include "core/base/err.h"

#define ORDERED_OUTPUTS_MAX 16
#define ORDERED_NOTES_MAX 8

struct ordered;

/* ${units} units over ${outputs} files that already hold ${starts}[i] bytes. NULL when memory is short. */
MUST_CHECK struct ordered *ordered_new(size_t units, size_t outputs, const uint64_t *starts);
void ordered_free(struct ordered *ordered);

/* The next unit nobody has taken: true, or false when there is none left or another process has failed. */
MUST_CHECK bool ordered_take(struct ordered *ordered, size_t *unit);

/*
 * Say how many bytes unit ${unit} has for each output, learn where they go. Waits for the units before it, which
 * other processes are at work on. -1 when one of them has failed.
 */
MUST_CHECK int ordered_place(
    struct ordered *ordered, size_t unit, const uint64_t *sizes, uint64_t *offsets, struct err *err);

/* A number to be kept with the unit, read by the parent at the end. */
void ordered_note(struct ordered *ordered, size_t unit, size_t which, uint64_t value);
uint64_t ordered_noted(const struct ordered *ordered, size_t unit, size_t which);

/* Where output ${output} ends once all units are placed. */
uint64_t ordered_end(const struct ordered *ordered, size_t output);

/* Tell the other processes that this one cannot go on. */
void ordered_fail(struct ordered *ordered);

#endif
