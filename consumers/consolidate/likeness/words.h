/*
 * words.h - likeness of words in alphabets, for datasets of people with other names, places and streets.
 *
 * Texts are compared as they come, but for the case of ASCII letters; folding is the caller's. Only the first WORDS_MAX
 * characters count.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LIKENESS_WORDS_H
#define YICI_CONSUMERS_CONSOLIDATE_LIKENESS_WORDS_H

#include "core/base/text.h"

#define WORDS_MAX 32

/* The first that holds. */
enum words_level {
	WORDS_NONE, /* one is missing */
	WORDS_SAME,
	WORDS_CLOSE, /* one slip (Damerau-Levenshtein) in a word of three letters or more, or Jaro-Winkler 0.92 at least */
	WORDS_ALIKE, /* Jaro-Winkler 0.85 at least, two slips in words of five letters or more, or one begins the other */
	WORDS_DIFFERENT,
	WORDS_LEVELS,
};

/* Lower case, stable: "close". */
const char *words_level_name(enum words_level level);

/* The same either way round. */
enum words_level words_compare(struct text a, struct text b);

/* A key that words of like sound in English share (after Soundex and NYSIIS), for blocks; 0 when there is nothing. */
uint64_t words_sound_key(struct text text);

#endif
