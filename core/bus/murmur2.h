/*
 * murmur2.h - the partition of a key, as Kafka's Java clients reckon it: equal keys meet in one partition whoever sends.
 */
#ifndef YICI_CORE_BUS_MURMUR2_H
#define YICI_CORE_BUS_MURMUR2_H

#include "core/base/text.h"

/* MurmurHash2 of Austin Appleby, 32 bits, with the seed of Kafka. */
uint32_t murmur2(struct text bytes);

/* The partition of ${key} among ${count}, which is above 0. */
int32_t murmur2_partition(struct text key, int32_t count);

#endif
