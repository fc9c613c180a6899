/*
 * ordered.c - see ordered.h. Units are placed strictly in order: placing unit n waits for the mark of unit n - 1.
 */
#include "core/store/ordered.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

struct unit {
	uint64_t ends[ORDERED_OUTPUTS_MAX];
	uint64_t notes[ORDERED_NOTES_MAX];
};

struct ordered {
	size_t units, outputs, bytes;
	uint64_t starts[ORDERED_OUTPUTS_MAX];
	atomic_size_t taken, placed;
	atomic_bool failed;
	struct unit at[];
};

struct ordered *
ordered_new(size_t units, size_t outputs, const uint64_t *starts)
{
	size_t bytes = sizeof(struct ordered) + units * sizeof(struct unit);
	struct ordered *ordered = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (ordered == MAP_FAILED || outputs > ORDERED_OUTPUTS_MAX)
		return NULL;
	ordered->units = units;
	ordered->outputs = outputs;
	ordered->bytes = bytes;
	for (size_t i = 0; i < outputs; i++)
		ordered->starts[i] = starts[i];
	return ordered;
}

void
ordered_free(struct ordered *ordered)
{
	if (ordered != NULL)
		munmap(ordered, ordered->bytes);
}

bool
ordered_take(struct ordered *ordered, size_t *unit)
{
	if (atomic_load(&ordered->failed))
		return false;
	*unit = atomic_fetch_add(&ordered->taken, 1);
	return *unit < ordered->units;
}

int
ordered_place(struct ordered *ordered, size_t unit, const uint64_t *sizes, uint64_t *offsets, struct err *err)
{
	const uint64_t *before = unit == 0 ? ordered->starts : ordered->at[unit - 1].ends;
	unsigned tries = 0;

	while (atomic_load_explicit(&ordered->placed, memory_order_acquire) != unit) {
		if (atomic_load(&ordered->failed))
			return err_set(err, ERR_STOP, "another process of this run has failed");
		if (++tries < 16)
			sched_yield();
		else
			nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000 }, NULL);
	}
	for (size_t i = 0; i < ordered->outputs; i++) {
		offsets[i] = before[i];
		ordered->at[unit].ends[i] = before[i] + sizes[i];
	}
	atomic_store_explicit(&ordered->placed, unit + 1, memory_order_release);
	return 0;
}

void
ordered_note(struct ordered *ordered, size_t unit, size_t which, uint64_t value)
{
	ordered->at[unit].notes[which] = value;
}

uint64_t
ordered_noted(const struct ordered *ordered, size_t unit, size_t which)
{
	return ordered->at[unit].notes[which];
}

uint64_t
ordered_end(const struct ordered *ordered, size_t output)
{
	return ordered->units == 0 ? ordered->starts[output] : ordered->at[ordered->units - 1].ends[output];
}

void
ordered_fail(struct ordered *ordered)
{
	atomic_store(&ordered->failed, true);
}
