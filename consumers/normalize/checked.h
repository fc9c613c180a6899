/*
 * checked.h - the head of a checked record (core/record/checked.h) out of what normalizing gave: what linking needs to know, and
 * the record id.
 */
#ifndef YICI_CONSUMERS_NORMALIZE_CHECKED_H
#define YICI_CONSUMERS_NORMALIZE_CHECKED_H

#include "consumers/normalize/normalize.h"
#include "core/record/checked.h"

/*
 * Fill ${checked} of an accepted row, but for where it stands (file, sheet, row, source) and the hash of its cells: these are the caller's.
 * ${values} are result->values, encoded.
 */
void normalized_checked(const struct normalized *result, const struct dataset *dataset, struct text source,
    struct text values, uint64_t seed, struct checked *checked);

#endif
