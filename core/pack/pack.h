/*
 * pack.h - what unpacking has in common: how much it may give, and why it stopped.
 *
 * The room reads zip archives (zip.h) and gzip files (gzip.h) from a descriptor by pread(), block
 * by block, in constant memory. It takes every file as hostile: sizes, offsets, names and check
 * sums are looked at before and after they are used. It never writes a file, never makes a path of
 * a name, never opens an archive inside another.
 */
#ifndef YICI_CORE_PACK_PACK_H
#define YICI_CORE_PACK_PACK_H

#include "core/base/err.h"
#include "core/base/text.h"

enum pack_trouble {
	PACK_TROUBLE_NONE,
	PACK_TROUBLE_FOREIGN,     /* not such a file at all */
	PACK_TROUBLE_CUT,         /* ends too early */
	PACK_TROUBLE_DAMAGED,     /* contradicts itself, or a check sum is wrong */
	PACK_TROUBLE_OVERLAP,     /* entries lie over one another or over the directory */
	PACK_TROUBLE_ENCRYPTED,   /* needs a password */
	PACK_TROUBLE_BOMB,        /* past the ratio */
	PACK_TROUBLE_LIMIT,       /* past another limit */
	PACK_TROUBLE_UNSUPPORTED, /* a method other than "stored" and "deflated", or an archive in
				     several files */
	PACK_TROUBLE_MEMORY,
	PACK_TROUBLE_INPUT, /* the descriptor could not be read */
};

/* How much may come out. DEFLATE itself reaches 1032:1; sheets of office files legitimately reach
 * 100:1. */
struct pack_limits {
	uint64_t entry_bytes_max; /* of one entry, unpacked */
	uint64_t total_bytes_max; /* of all entries read, unpacked */
	uint32_t ratio_max;       /* unpacked : packed, past the first PACK_RATIO_FREE bytes of an entry */
	uint32_t entries_max;
};
#define PACK_RATIO_FREE ((uint64_t)10 * 1000 * 1000)

/*
 * Make an entry's name (UTF-8, in place, ${*len} bytes) fit to be shown and matched: backslashes
 * become '/', leading "./" goes. False when following it could lead elsewhere: absolute, with a
 * drive letter, a ".." step, or a NUL; also when nothing is left of it.
 */
bool pack_name_clean(char *name, size_t *len);

#endif
