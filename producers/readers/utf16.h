/*
 * utf16.h - UTF-16 to UTF-8, both byte orders. A surrogate without its partner is ill-formed.
 */
#ifndef YICI_PRODUCERS_READERS_UTF16_H
#define YICI_PRODUCERS_READERS_UTF16_H

#include "core/base/text.h"

/* Length of the longest beginning of ${bytes} that is well-formed; ${len} when all is. */
size_t utf16_prefix(const void *bytes, size_t len, bool big_endian);

/* Whether these bytes are a character cut short. Never true of more than 3. */
bool utf16_unfinished(const void *bytes, size_t len, bool big_endian);

#define UTF16_UTF8_MAX(len) ((len) / 2 * 3)

/* Decode ${len} well-formed bytes: the number of bytes written to ${out}. */
size_t utf16_decode(const void *bytes, size_t len, bool big_endian, char *out);

#endif
