/*
 * judge.h - two records side by side: how alike they are in each comparison of the model, what that weighs, and what is to
 * be done with the pair. A pure function of two traits and the model.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_JUDGE_H
#define YICI_CONSUMERS_CONSOLIDATE_JUDGE_H

#include "consumers/consolidate/traits.h"
#include "core/base/buffer.h"

struct judged {
	float bits;    /* with the prior */
	uint8_t match; /* enum match */
	uint8_t gate;  /* 1 + the gate that held it back, 0 for none */
	uint8_t levels[COMPARES_MAX];
};

/* Telephones that belong to an office rather than to a household, sorted: worth nothing. */
struct judge {
	const struct model *model;
	const uint32_t *generic;
	size_t generic_count;
};

/* Two records that no number has settled. */
struct judged judge_pair(const struct judge *judge, const uint8_t *a, const uint8_t *b);

/*
 * Two records that carry the same number: whether they may be one person for it; ${within}: both stand in one source today,
 * which asks for more; ${alone}: one of the names stands nowhere else, which asks for less. Fills ${judged}'s levels and
 * bits, too.
 */
bool judge_same_number(
    const struct judge *judge, const uint8_t *a, const uint8_t *b, bool within, bool alone, struct judged *judged);

/* The first gate whose conditions a pair fulfils, whether it held it back or not; NULL for none. */
const struct model_gate *judge_gate(const struct model *model, const struct judged *judged);

/* "name=same birth=swapped(-2.1) … gate=…": for people who ask why; no value of a person's. */
void judge_words(const struct model *model, const struct judged *judged, struct buffer *out);

#endif
