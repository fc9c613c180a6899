/*
 * murmur2.c - see murmur2.h. Four bytes at a time, little-endian; the sign bit is dropped before the remainder is taken.
 */
#include "core/bus/murmur2.h"

#define SEED 0x9747b28cu
#define FACTOR 0x5bd1e995u

uint32_t
murmur2(struct text bytes)
{
	const uint8_t *at = (const uint8_t *)bytes.at;
	size_t len = bytes.len;
	uint32_t hash = SEED ^ (uint32_t)len;

	for (; len >= 4; at += 4, len -= 4) {
		uint32_t word = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;

		word *= FACTOR;
		word ^= word >> 24;
		word *= FACTOR;
		hash = hash * FACTOR ^ word;
	}
	if (len == 3)
		hash ^= (uint32_t)at[2] << 16;
	if (len >= 2)
		hash ^= (uint32_t)at[1] << 8;
	if (len >= 1)
		hash = (hash ^ at[0]) * FACTOR;
	hash ^= hash >> 13;
	hash *= FACTOR;
	return hash ^ hash >> 15;
}

int32_t
murmur2_partition(struct text key, int32_t count)
{
	return (int32_t)((murmur2(key) & 0x7fffffff) % (uint32_t)count);
}
