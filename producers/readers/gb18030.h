/*
 * gb18030.h - the Chinese national encoding, decoded and encoded by tables of our own.
 *
 * GB 18030-2022 moved 18 characters of GB 18030-2005 from the private-use area of Unicode to their
 * standard code points, and left six in the private-use area that have a standard code point
 * elsewhere (A8BC was moved in 2005 already). Files of both editions, and of programs that mix
 * them, are met; so every form is decoded to the standard code point. Bytes of the form that an
 * edition gives to a private-use character are counted. All other private-use characters (made by
 * vendors, 造字) are kept. 0x80, 0xFF and whatever else is ill-formed is an error, never U+FFFD.
 */
#ifndef YICI_PRODUCERS_READERS_GB18030_H
#define YICI_PRODUCERS_READERS_GB18030_H

#include <uchar.h>

#include "core/base/text.h"

enum gb18030_profile {
	GB18030_2022, /* the moved characters in two bytes */
	GB18030_2005, /* for old systems: the 18 in four bytes */
};

struct gb18030; /* opaque, about 256 KB, never changed after it was made */

/* The tables made ready; NULL when memory is short. */
struct gb18030 *gb18030_new(void);
void gb18030_free(struct gb18030 *codec);

/* Length of the longest beginning of ${bytes} that is well-formed; ${len} when all is. */
size_t gb18030_prefix(const void *bytes, size_t len);

/* Whether these bytes are a character cut short: well-formed if only more came. Never true of more
 * than 3. */
bool gb18030_unfinished(const void *bytes, size_t len);

/* No more than this comes out of ${len} bytes, and up to GB18030_SLACK bytes behind may be
 * overwritten. */
#define GB18030_UTF8_MAX(len) (2 * (len))
#define GB18030_SLACK 16

/*
 * Decode up to the end or the first ill-formed or unfinished sequence: bytes of UTF-8 written to
 * ${out}.
 * ${*used} is how far it came; what stands there is told by gb18030_unfinished(). ${*replaced} is
 * raised for each private-use character that was replaced by its standard one.
 */
size_t gb18030_decode(
    const struct gb18030 *codec, const void *bytes, size_t len, size_t *used, char *out, uint64_t *replaced);

/*
 * The quick way for a short run of Han: decode ${len} bytes (even, at most 32), all of them above
 * 7F, into ${out} (room for 64): the number of bytes, or 0 when anything is not two bytes here and
 * three there. 32 bytes from ${bytes} must be readable.
 */
size_t gb18030_decode_run(const struct gb18030 *codec, const char *bytes, size_t len, char out[64]);

/* Write ${cp} into ${out}; the number of bytes, 0 when ${cp} is no character (a surrogate, or too
 * large). */
size_t gb18030_encode(const struct gb18030 *codec, enum gb18030_profile profile, uint32_t cp, uint8_t out[4]);

/* The standard code point of a private-use character that has one in GB 18030; else ${cp}. */
uint32_t gb18030_standard(uint32_t cp);

/* gb18030_table.c: the two-byte area by lead (from 0x81) and trail (from 0x40, without 0x7F)... */
extern const char16_t gb18030_two[126][191];

/* ...and the straight runs of the four-byte area below U+10000, by number counted from 81308130. */
#define GB18030_RUNS 206
struct gb18030_run {
	uint16_t first, last;
	char16_t cp;
};
extern const struct gb18030_run gb18030_four[GB18030_RUNS];

#endif
