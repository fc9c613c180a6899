/*
 * kind.h - the kind of consonant a syllable begins with: what stays when a name of another language is written in Han
 * characters twice. For the files of name.h alone.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LIKENESS_KIND_H
#define YICI_CONSUMERS_CONSOLIDATE_LIKENESS_KIND_H

#include "consumers/consolidate/likeness/sound.h"

/*
 * From 1; equal for l r n and er, b p, d t, g k h, z zh j, c ch q, s sh x, and for all vowels; 0 when ${cp} has no
 * reading.
 */
static inline unsigned
kind_of(uint32_t cp)
{
	struct text spelling = sound_spelling(sound_of(cp));

	if (spelling.len == 0)
		return 0;
	switch (spelling.at[0]) {
	case 'l':
	case 'r':
	case 'n':
		return 1;
	case 'b':
	case 'p':
		return 2;
	case 'd':
	case 't':
		return 3;
	case 'g':
	case 'k':
	case 'h':
		return 4;
	case 'z':
	case 'j':
		return 5;
	case 'c':
	case 'q':
		return 6;
	case 's':
	case 'x':
		return 7;
	case 'm':
		return 8;
	case 'f':
		return 9;
	default:
		return text_eq(spelling, TEXT("er")) ? 1 : 10;
	}
}

#endif
