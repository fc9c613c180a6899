/*
 * model_write.h - a model as the definition that model_load() takes, for a person to read.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_MODEL_WRITE_H
#define YICI_CONSUMERS_CONSOLIDATE_MODEL_WRITE_H

#include "consumers/consolidate/train.h"

/* With the figures of ${trained} where it has some; NULL: the model's own. Appends to ${out}. */
void model_write(const struct model *model, const struct dataset *dataset, const struct trained *trained,
    struct text version, struct buffer *out);

#endif
