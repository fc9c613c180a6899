/*
 * rng.h - the sample's own source of chance, so that a seed gives the same city everywhere.
 *
 * A draw is a function of the seed and of what is drawn for (a kind and a number), so adding a
 * field or a department does not move the others. Method: splitmix64 (Steele, Lea, Flood 2014): the
 * state goes on by 0x9e3779b97f4a7c15 and is mixed by two multiplications.
 */
#ifndef YICI_OPS_SAMPLE_RNG_H
#define YICI_OPS_SAMPLE_RNG_H

#include "core/base/base.h"

struct rng {
	uint64_t state;
};

#define RNG_MILLION 1000000U

static inline uint64_t
rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

static inline struct rng
rng_for(uint64_t seed, uint64_t kind, uint64_t number)
{
	struct rng rng = { seed };

	rng.state = rng_next(&rng) ^ (kind * 0xd6e8feb86659fd93U);
	rng.state = rng_next(&rng) ^ (number * 0xa0761d6478bd642fU);
	rng_next(&rng);
	return rng;
}

/* 0 to ${below} - 1. */
static inline uint32_t
rng_below(struct rng *rng, uint32_t below)
{
	return (uint32_t)(((rng_next(rng) >> 32) * below) >> 32);
}

/* True ${ppm} times in a million. */
static inline bool
rng_hit(struct rng *rng, uint32_t ppm)
{
	return rng_below(rng, RNG_MILLION) < ppm;
}

/* A number below ${below} where small ones are much likelier: its chance falls like a square root.
 */
static inline uint32_t
rng_skewed(struct rng *rng, uint32_t below)
{
	uint64_t a = rng_below(rng, 65536);

	return (uint32_t)((a * a * below) >> 32);
}

#endif
