/*
 * zip_copy.h - an archive that is another one but for some of its entries: what is not changed is copied as it is packed, never
 * unpacked, so that it stays what it was to the byte.
 */
#ifndef YICI_CORE_PACK_ZIP_COPY_H
#define YICI_CORE_PACK_ZIP_COPY_H

#include "core/base/buffer.h"
#include "core/pack/zip.h"

/* An entry and what it is to hold. */
struct zip_change {
	const struct zip_entry *entry; /* of the archive that is copied */
	struct text bytes;
};

/* An entry that the archive did not have. */
struct zip_added {
	struct text name, bytes;
};

/* The whole of an entry, behind what ${into} holds; -1 with ERR_INPUT when it does not fit or is not sound. */
MUST_CHECK int zip_read_whole(struct zip *zip, const struct zip_entry *entry, struct buffer *into, struct err *err);

/*
 * Append to ${out} (which is empty) the archive ${zip}, opened on ${fd}, with ${changes}: the same entries in the same order, of the same
 * names and stamps, then those that are ${added}, of the oldest stamp there is. Same arguments, same bytes. -1 with ERR_INPUT for archives beyond 4 GB or with
 * entries packed in ways we do not know.
 */
MUST_CHECK int zip_copy(const struct zip *zip, int fd, const struct zip_change *changes, size_t count,
    const struct zip_added *added, size_t added_count, struct buffer *out, struct err *err);

#endif
