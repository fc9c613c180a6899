/*
 * train.h - a model's figures learned from a bureau's own records, by expectation and maximization; model_write.h makes the
 * file of it. Never part of a run: what is learned is looked at, then put in force.
 *
 * u comes from pairs drawn across all records, nearly all of them strangers. m comes from pairs that share a key, one way of
 * pairing at a time: first those with the same valid number, then, for what these do not tell, each block of the model. In each, the share
 * of true pairs and the levels of those comparisons that its key does not touch are estimated until they stand
 * still; the estimates of all ways are averaged, each weighing as many true pairs as it has. Source: Winkler, Using
 * the EM Algorithm for Weight Computation in the Fellegi-Sunter Model, ASA 1988.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_TRAIN_H
#define YICI_CONSUMERS_CONSOLIDATE_TRAIN_H

#include "consumers/consolidate/pairs.h"
#include "core/base/buffer.h"

/* A value's frequency is only given where so many children share it: a rarer name would tell of a child. */
#define TRAIN_SHARED_MIN 20

struct trained {
	double m[COMPARES_MAX][LEVELS_MAX], u[COMPARES_MAX][LEVELS_MAX]; /* 0: too few pairs to say */
	double pairs, strangers;   /* true pairs in all ways together; pairs drawn */
	size_t children;           /* different numbers among the records, else records */
	struct buffer frequencies; /* elements <frequencies>, as they go into the file */
};

MUST_CHECK int train_run(const struct model *model, struct traits *traits, const struct pair_side *sides, size_t count,
    struct trained *trained, struct err *err);
void train_free(struct trained *trained);

#endif
