/*
 * shape.c - see shape.h.
 */
#include "consumers/consolidate/likeness/shape_table.h"

uint32_t
shape_fold(uint32_t cp)
{
	uint16_t at = cp / SHAPE_BLOCK < SHAPE_INDEX ? shape_value[shape_block[cp / SHAPE_BLOCK]][cp % SHAPE_BLOCK] : 0;

	return at == 0 ? cp : shape_targets[at];
}

bool
shape_alike(uint32_t a, uint32_t b)
{
	size_t low = 0, high = shape_pair_count;
	uint32_t pair;

	a = shape_fold(a);
	b = shape_fold(b);
	if (a == b || a > UINT16_MAX || b > UINT16_MAX)
		return false;
	pair = a < b ? a << 16 | b : b << 16 | a;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (shape_pairs[middle] == pair)
			return true;
		if (shape_pairs[middle] < pair)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
