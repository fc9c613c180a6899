/*
 * sound.h - how Han characters sound: pinyin without tones, as a number.
 *
 * The character that an input method offers first for a sound is the commonest error in a name, and choosing another
 * character of the same sound is the commonest way to name a twin: what sounds alike is evidence, and little of it. A
 * character has one usual reading, on which keys can be built, and maybe others. Numbers of syllables are those of
 * one build: never store them. ü is spelled v.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LIKENESS_SOUND_H
#define YICI_CONSUMERS_CONSOLIDATE_LIKENESS_SOUND_H

#include "core/base/text.h"

#define SOUND_NAME_MAX 6     /* letters of a syllable */
#define SOUND_READINGS_MAX 8 /* of one character */

/* The usual reading of a character, from 1; 0 when none is known. */
uint16_t sound_of(uint32_t cp);

/* All readings, the usual one first; how many. */
size_t sound_readings(uint32_t cp, uint16_t readings[SOUND_READINGS_MAX]);

/* Whether two characters share a reading; false when one has none. */
bool sound_alike(uint32_t a, uint32_t b);

/* A written syllable in ASCII, any case, no tone; ü as v or ü, lyu and nyu as in passports. 0 when it is none. */
uint16_t sound_parse(struct text latin);

/* How a syllable is spelled; empty for 0. */
struct text sound_spelling(uint16_t syllable);

#endif
