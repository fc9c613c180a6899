/*
 * zip_copy.c - see zip_copy.h. Headers are written anew, without extra fields and data descriptors: they say what the directory of the
 * original was proved to say.
 */
#include "core/pack/zip_copy.h"

#include <zlib.h>

#include "core/base/file.h"

#define BLOCK_BYTES ((size_t)64 * 1024)
#define VERSION 20
#define FLAG_UTF8 0x800
#define METHOD_STORED 0
#define METHOD_DEFLATED 8
#define STAMP_OLDEST 0x00210000 /* 1980-01-01 */

static void
put16(struct buffer *out, uint32_t value)
{
	const char bytes[2] = { (char)(value & 0xFF), (char)(value >> 8 & 0xFF) };

	buffer_add(out, bytes, sizeof(bytes));
}

static void
put32(struct buffer *out, uint64_t value)
{
	put16(out, (uint32_t)(value & 0xFFFF));
	put16(out, (uint32_t)(value >> 16 & 0xFFFF));
}

int
zip_read_whole(struct zip *zip, const struct zip_entry *entry, struct buffer *into, struct err *err)
{
	enum pack_trouble trouble;
	struct zip_stream *stream;
	size_t got = 0;
	int result;

	if (zip_stream_open(&stream, zip, entry, &trouble, err) != 0)
		return -1;
	do {
		char *room = buffer_room(into, BLOCK_BYTES);

		result = room == NULL ? err_set(err, ERR_INPUT, "an entry of the archive is too large")
				      : zip_stream_read(stream, room, BLOCK_BYTES, &got, &trouble, err);
		if (result == 1)
			into->len += got;
	} while (result == 1);
	zip_stream_close(stream);
	return result;
}

/* ${bytes} deflated behind what ${out} holds. */
static int
put_deflated(struct buffer *out, struct text bytes, struct err *err)
{
	z_stream deflater = { 0 };
	uLong bound;
	char *room;
	int result;

	if (bytes.len > UINT32_MAX || deflateInit2(&deflater, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(err, ERR_RETRY, "out of memory for packing");
	bound = deflateBound(&deflater, (uLong)bytes.len);
	room = buffer_room(out, bound);
	if (room == NULL) {
		deflateEnd(&deflater);
		return err_set(err, ERR_RETRY, "out of memory for packing");
	}
	deflater.next_in = (z_const Bytef *)(const void *)bytes.at;
	deflater.avail_in = (uInt)bytes.len;
	deflater.next_out = (Bytef *)(void *)room;
	deflater.avail_out = (uInt)bound;
	result = deflate(&deflater, Z_FINISH);
	out->len += bound - deflater.avail_out;
	deflateEnd(&deflater);
	return result == Z_STREAM_END ? 0 : err_set(err, ERR_RETRY, "packing did not end");
}

static const struct zip_change *
change_of(const struct zip_change *changes, size_t count, const struct zip_entry *entry)
{
	for (size_t i = 0; i < count; i++) {
		if (changes[i].entry == entry)
			return &changes[i];
	}
	return NULL;
}

/* What local header and directory say alike, from the version on. */
static void
put_common(
    struct buffer *out, const struct zip_entry *entry, uint16_t method, uint32_t crc, uint64_t packed, uint64_t size)
{
	put16(out, VERSION);
	put16(out, entry->utf8 ? FLAG_UTF8 : 0);
	put16(out, method);
	put32(out, entry->stamp);
	put32(out, crc);
	put32(out, packed);
	put32(out, size);
	put16(out, (uint32_t)entry->name.len);
	put16(out, 0);
}

/* One entry; its line of the directory goes to ${directory}. */
static int
copy_entry(const struct zip_entry *entry, int fd, const struct zip_change *change, struct buffer *out,
    struct buffer *directory, struct err *err)
{
	size_t at = out->len, head = 30 + entry->name.len, data;
	uint16_t method = change == NULL ? entry->method : METHOD_DEFLATED;
	uint32_t crc = change == NULL ? entry->crc
				      : (uint32_t)crc32_z(0, (const Bytef *)change->bytes.at, change->bytes.len);
	uint64_t size = change == NULL ? entry->size : change->bytes.len;
	struct buffer header;
	char *room = buffer_room(out, head);

	if (room == NULL || (method != METHOD_STORED && method != METHOD_DEFLATED))
		return err_set(err, ERR_INPUT, "the archive is packed in a way that is not known");
	out->len += head;
	data = out->len;
	if (change != NULL) {
		if (put_deflated(out, change->bytes, err) != 0)
			return -1;
	} else {
		room = entry->packed > SIZE_MAX / 2 ? NULL : buffer_room(out, (size_t)entry->packed);
		if (room == NULL)
			return err_set(err, ERR_INPUT, "the archive is too large");
		if (file_read_at(fd, room, (size_t)entry->packed, entry->data, err) != 0)
			return -1;
		out->len += (size_t)entry->packed;
	}
	if (out->len > UINT32_MAX || size > UINT32_MAX)
		return err_set(err, ERR_INPUT, "the archive is too large");
	buffer_init(&header, head + 64);
	buffer_string(&header, "PK\3\4");
	put_common(&header, entry, method, crc, out->len - data, size);
	buffer_text(&header, entry->name);
	if (buffer_failed(&header) || header.len != head) {
		buffer_fini(&header);
		return err_set(err, ERR_RETRY, "out of memory for copying an archive");
	}
	memcpy(out->at + at, header.at, head);
	buffer_fini(&header);
	buffer_string(directory, "PK\1\2");
	put16(directory, VERSION);
	put_common(directory, entry, method, crc, out->len - data, size);
	put16(directory, 0); /* comment */
	put16(directory, 0); /* disk */
	put16(directory, 0); /* inner attributes */
	put32(directory, 0); /* outer attributes */
	put32(directory, at);
	buffer_text(directory, entry->name);
	return 0;
}

int
zip_copy(const struct zip *zip, int fd, const struct zip_change *changes, size_t count, const struct zip_added *added,
    size_t added_count, struct buffer *out, struct err *err)
{
	size_t entries = zip_count(zip), at;
	struct buffer directory;
	int result = 0;

	if (entries > UINT16_MAX - 1 - added_count)
		return err_set(err, ERR_INPUT, "the archive has too many entries");
	buffer_init(&directory, (size_t)256 * 1024 * 1024);
	for (size_t i = 0; i < entries && result == 0; i++) {
		const struct zip_entry *entry = zip_entry(zip, i);

		result = copy_entry(entry, fd, change_of(changes, count, entry), out, &directory, err);
	}
	for (size_t i = 0; i < added_count && result == 0; i++) {
		const struct zip_entry entry = {
			.name = added[i].name, .utf8 = true, .method = METHOD_DEFLATED, .stamp = STAMP_OLDEST
		};

		result = copy_entry(
		    &entry, fd, &(const struct zip_change){ &entry, added[i].bytes }, out, &directory, err);
	}
	entries += added_count;
	at = out->len;
	buffer_text(out, buffer_as_text(&directory));
	buffer_string(out, "PK\5\6");
	put16(out, 0);
	put16(out, 0);
	put16(out, (uint32_t)entries);
	put16(out, (uint32_t)entries);
	put32(out, directory.len);
	put32(out, at);
	put16(out, 0);
	if (result == 0 && (buffer_failed(out) || buffer_failed(&directory)))
		result = err_set(err, ERR_RETRY, "out of memory for copying an archive");
	buffer_fini(&directory);
	return result;
}
