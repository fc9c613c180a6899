/*
 * gzip.h - reading a gzip file (RFC 1952): one member or several, read as one run of bytes.
 * The content is right only once gzip_read() has returned 0: sizes and check sums are known at the
 * end.
 */
#ifndef YICI_CORE_PACK_GZIP_H
#define YICI_CORE_PACK_GZIP_H

#include "core/pack/pack.h"

struct gzip;

/*
 * Open the gzip file in the first ${size} bytes of ${fd} (borrowed) and read the first header: 0,
 * or -1 with
 * ${*trouble} and ERR_INPUT (ERR_STOP for PACK_TROUBLE_MEMORY and _INPUT). ${limits} are copied;
 * the whole is one entry.
 */
MUST_CHECK int gzip_open(struct gzip **gzip, int fd, uint64_t size, const struct pack_limits *limits,
    enum pack_trouble *trouble, struct err *err);
void gzip_close(struct gzip *gzip);

/* The file name in the first member's header, as stored, in whatever encoding; len 0 when it has
 * none. */
struct text gzip_name(const struct gzip *gzip);

/* The next bytes, up to ${room}: 1 with ${*got} of them; 0 when all has been given and checked; -1
 * as gzip_open(). */
MUST_CHECK int gzip_read(
    struct gzip *gzip, void *into, size_t room, size_t *got, enum pack_trouble *trouble, struct err *err);

#endif
