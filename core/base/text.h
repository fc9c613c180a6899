/*
 * text.h - borrowed runs of UTF-8, and the few things one does with them.
 * Inside the program every text is valid UTF-8; readers see to that.
 */
#ifndef YICI_CORE_BASE_TEXT_H
#define YICI_CORE_BASE_TEXT_H

#include <string.h>

#include "core/base/base.h"

/* A borrowed run of UTF-8 bytes: not NUL-terminated, never freed through. */
struct text {
	const char *at;
	size_t len;
};

/* A string literal as a text. */
#define TEXT(literal) ((struct text){ "" literal, sizeof(literal) - 1 })

static inline struct text
text_from(const char *string)
{
	return (struct text){ string, strlen(string) };
}

static inline bool
text_eq(struct text a, struct text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Byte order, shorter first where one begins the other: below 0, 0 or above 0. */
int text_compare(struct text a, struct text b);

bool text_starts(struct text text, struct text with);
bool text_ends(struct text text, struct text with);

/* Where ${part} first stands in ${text}, in bytes; SIZE_MAX when it does not. */
size_t text_find(struct text text, struct text part);

/* ${text} without white space at its ends: ASCII, U+00A0, U+3000, U+2000..200A, U+FEFF, U+200B. */
struct text text_trim(struct text text);

/*
 * Decode the character at ${*pos} and move ${*pos} past it. ${text} must be valid UTF-8 and ${*pos} below its
 * length; on a byte that is not, U+FFFD is returned and ${*pos} moves one byte.
 */
uint32_t text_next(struct text text, size_t *pos);

/* Write ${cp} as UTF-8 into ${out} (room for 4 bytes); return the number of bytes. */
size_t text_put(char *out, uint32_t cp);

/* Number of characters (code points). */
size_t text_length(struct text text);

/* All decimal ASCII digits, and not empty. */
bool text_is_digits(struct text text);

/* Value of up to 18 ASCII digits; false when there is anything else. */
bool text_to_u64(struct text text, uint64_t *value);

/* Whether the bytes are well-formed UTF-8: no overlong form, surrogate, or value past U+10FFFF. */
bool utf8_valid(const void *bytes, size_t len);

#endif
