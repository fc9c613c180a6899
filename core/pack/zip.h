/*
 * zip.h - reading a zip archive.
 *
 * zip_open() reads the whole directory and proves it before anything is unpacked: every entry's
 * local header agrees with the directory, no two entries share a byte of the file, none reaches
 * into the directory, no name stands twice, nothing is encrypted. Then any entry can be read, in
 * any order, each with a stream of its own. The content is right only once zip_stream_read() has
 * returned 0: size and check sum are known at the end.
 */
#ifndef YICI_CORE_PACK_ZIP_H
#define YICI_CORE_PACK_ZIP_H

#include "core/pack/pack.h"

struct zip;
struct zip_stream;

struct zip_entry {
	struct text name; /* bytes as stored, in whatever encoding; not cleaned (pack_name_clean) */
	bool utf8;        /* the archive says the name is UTF-8 (and it is) */
	bool folder;
	uint16_t method; /* 0 stored, 8 deflated; others are listed but cannot be read */
	uint32_t crc;
	uint32_t stamp;        /* when it was last changed, as MS-DOS counts: time in the low half, date in the high */
	uint64_t packed, size; /* bytes in the archive, and unpacked */
	uint64_t at, data;     /* offsets of the local header and of the first packed byte */
};

/*
 * Open the archive in the first ${size} bytes of ${fd} (borrowed): 0, or -1 with ${*trouble} and
 * ERR_INPUT (ERR_STOP for PACK_TROUBLE_MEMORY and _INPUT). ${limits} are copied.
 */
MUST_CHECK int zip_open(struct zip **zip, int fd, uint64_t size, const struct pack_limits *limits,
    enum pack_trouble *trouble, struct err *err);
void zip_close(struct zip *zip);

size_t zip_count(const struct zip *zip);

/* Entry ${index} below zip_count(), in the order of the directory; valid until zip_close(). */
const struct zip_entry *zip_entry(const struct zip *zip, size_t index);

/*
 * The entry of this name as packages (OPC) match names: ASCII letters of either case alike, '\' as
 * '/', a leading '/' ignored. NULL when there is none.
 */
const struct zip_entry *zip_find(const struct zip *zip, struct text name);

/* Begin to unpack an entry; -1 as zip_open(). ${zip} must outlive the stream. */
MUST_CHECK int zip_stream_open(struct zip_stream **stream, struct zip *zip, const struct zip_entry *entry,
    enum pack_trouble *trouble, struct err *err);

/*
 * The next bytes, up to ${room}, into ${into}: 1 with ${*got} of them; 0 when all has been given
 * and size and check sum agree; -1 as zip_open().
 */
MUST_CHECK int zip_stream_read(
    struct zip_stream *stream, void *into, size_t room, size_t *got, enum pack_trouble *trouble, struct err *err);
void zip_stream_close(struct zip_stream *stream);

#endif
