/*
 * characters.h - a folded name taken apart; for the files of name.h alone.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LIKENESS_CHARACTERS_H
#define YICI_CONSUMERS_CONSOLIDATE_LIKENESS_CHARACTERS_H

#include "core/base/text.h"

#define CHARACTERS_MAX 32
#define CHARACTERS_DOT 0xB7 /* between parts of a folded name */
#define CHARACTERS_LOST '?' /* what stands for a character nobody knows */

/* The characters of a name, each as the one that stands for its forms (shape_fold()), without separators. */
struct characters {
	uint32_t at[CHARACTERS_MAX];
	size_t count;
	uint32_t parts;            /* a bit for each character with a separator before it; never of the first */
	uint32_t han, latin, lost; /* how many of these */
};

bool characters_is_han(uint32_t cp);
bool characters_is_latin(uint32_t cp); /* a to z: folded */

void characters_take(struct text folded, struct characters *characters);

/* How many of the first characters are the surname: 0, 1 or 2 (name_split() tells when). */
size_t characters_surname(const struct characters *characters);

/* Whether it is a name without a surname of the usual kind: more than four characters, or beginning with no known
 * surname. Separators do not count. */
bool characters_unusual(const struct characters *characters);

#endif
