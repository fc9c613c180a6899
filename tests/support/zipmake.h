/*
 * zipmake.h - zip archives for tests, sound or with one thing wrong.
 * zipmake_init(), zipmake_add() for each entry, zipmake_end(); then ${zip.file} holds the archive.
 */
#ifndef YICI_TESTS_SUPPORT_ZIPMAKE_H
#define YICI_TESTS_SUPPORT_ZIPMAKE_H

#include "core/base/buffer.h"

struct zipmake {
	struct buffer file, directory;
	uint32_t count;
};

/* What is to be wrong with an entry; all zero for nothing. */
struct zipmake_how {
	bool stored;            /* not deflated */
	uint16_t flags;         /* 1 encrypted, 8 sizes behind the data, 0x800 UTF-8 */
	uint16_t method;        /* instead of the right one when not 0 */
	uint32_t crc_xor;       /* of the check sum, in both headers */
	int32_t size_more;      /* added to the size, in both headers */
	const char *local_name; /* in the local header, as long as the name */
	int32_t at_more;        /* added to the offset in the directory */
	struct text extra;      /* extra field in the directory */
};

void zipmake_init(struct zipmake *zip);
void zipmake_fini(struct zipmake *zip);
void zipmake_add(struct zipmake *zip, struct text name, struct text content, const struct zipmake_how *how);
void zipmake_end(struct zipmake *zip);

/* The same for gzip: one member behind what ${into} holds; ${name} may be NULL. */
void zipmake_gzip(struct buffer *into, const char *name, struct text content);

#endif
