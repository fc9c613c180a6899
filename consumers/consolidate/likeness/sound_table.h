/*
 * sound_table.h - the tables that ops/tables/unihan writes for sound.c.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LIKENESS_SOUND_TABLE_H
#define YICI_CONSUMERS_CONSOLIDATE_LIKENESS_SOUND_TABLE_H

#include "consumers/consolidate/likeness/sound.h"

#define SOUND_BLOCK 64
#define SOUND_MORE 512
#define SOUND_INDEX 3215 /* blocks up to U+323AF */

extern const uint16_t sound_count, sound_other_count;
extern const char sound_names[][SOUND_NAME_MAX + 1]; /* rising, by number; 0 is empty */
extern const uint32_t sound_others[];                /* code point << 9 | syllable, rising */
extern const uint16_t sound_block[SOUND_INDEX];      /* by code point / SOUND_BLOCK */
extern const uint16_t sound_value[][SOUND_BLOCK];    /* the usual reading; SOUND_MORE: there are others */

#endif
