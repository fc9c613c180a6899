/*
 * shape_table.h - the tables that ops/tables/unihan writes for shape.c.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LIKENESS_SHAPE_TABLE_H
#define YICI_CONSUMERS_CONSOLIDATE_LIKENESS_SHAPE_TABLE_H

#include "consumers/consolidate/likeness/shape.h"

#define SHAPE_BLOCK 64
#define SHAPE_INDEX 3215 /* blocks up to U+323AF */

extern const uint16_t shape_pair_count;
extern const uint32_t shape_pairs[];              /* less << 16 | greater, rising; folded, below U+10000 */
extern const uint32_t shape_targets[];            /* what a character folds to; 0 is itself */
extern const uint16_t shape_block[SHAPE_INDEX];   /* by code point / SHAPE_BLOCK */
extern const uint16_t shape_value[][SHAPE_BLOCK]; /* place in shape_targets */

#endif
