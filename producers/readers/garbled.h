/*
 * garbled.h - text that some program has decoded by the wrong encoding before it came to us: valid UTF-8, but no longer what
 * was written. Recognised are
 *   - U+FFFD, and 锟斤拷, which is two of them read as GB 18030
 *   - UTF-8 read as GB 18030: 张三 has become 寮犱笁. Chinese characters are three bytes there, so the first two of what is read
 *     come from E4..E9 80..BF and 80..BF E4..E9, an area of rare characters
 *   - GB 18030 read as a Western page: two or more letters of U+0080..U+00FF side by side
 */
#ifndef YICI_PRODUCERS_READERS_GARBLED_H
#define YICI_PRODUCERS_READERS_GARBLED_H

#include "core/base/text.h"

/* Whether ${text} looks like that. A name in its right form does not. */
bool garbled(struct text text);

#endif
