/*
 * utf8.h - is it UTF-8, and where does it stop being so? text.h has utf8_valid() for "is all of
 * it".
 *
 * A file is checked in blocks like this: when utf8_valid() says no of a block, utf8_prefix() tells
 * where; if utf8_unfinished() is true of the rest, those at most 3 bytes belong in front of the
 * next block.
 */
#ifndef YICI_CORE_BASE_UTF8_H
#define YICI_CORE_BASE_UTF8_H

#include "core/base/text.h"

/* Length of the longest beginning of ${bytes} that is well-formed; ${len} when all is. */
size_t utf8_prefix(const void *bytes, size_t len);

/* Whether these bytes are a character cut short: well-formed if only more came. Never true of more
 * than 3. */
bool utf8_unfinished(const void *bytes, size_t len);

/* How many bytes at the end of ${bytes} are a character cut short: 0 to 3. */
size_t utf8_cut(const void *bytes, size_t len);

#endif
