/*
 * search.h - looking things up in sorted numbers.
 */
#ifndef YICI_CORE_BASE_SEARCH_H
#define YICI_CORE_BASE_SEARCH_H

#include "core/base/base.h"

/* The place of the first of ${count} rising numbers that is not below ${value}; ${count} when all are. */
static inline size_t
search_u32(const uint32_t *at, size_t count, uint32_t value)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (at[middle] < value)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

#endif
