/*
 * counts.h - how often each of a growing set of 32-bit numbers was met; zero is none of them. Begins as { 0 }, free(counts.at)
 * at the end.
 */
#ifndef YICI_OPS_YICI_COUNTS_H
#define YICI_OPS_YICI_COUNTS_H

#include "ops/yici/told.h"

struct counts {
	struct count {
		uint32_t value, times;
	} * at;
	size_t size, count;
};

/* One more of ${value}; -1 when memory is short. */
MUST_CHECK int counts_add(struct counts *counts, uint32_t value);

/* Tell all as schools of ${file}, and forget them. */
void counts_told(struct counts *counts, struct buffer *told, uint32_t file);

/* How many different ones there were; they are forgotten. */
size_t counts_forget(struct counts *counts);

#endif
