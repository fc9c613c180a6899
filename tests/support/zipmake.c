/*
 * zipmake.c - see zipmake.h; the layout of a zip is described in core/pack/zip.c.
 */
#include "tests/support/zipmake.h"

#include <stdlib.h>

#include <zlib.h>

#define FILE_BYTES_MAX ((size_t)256 * 1024 * 1024)

static void
put16(struct buffer *into, uint32_t value)
{
	buffer_char(into, (char)(value & 0xFF));
	buffer_char(into, (char)(value >> 8 & 0xFF));
}

static void
put32(struct buffer *into, uint32_t value)
{
	put16(into, value & 0xFFFF);
	put16(into, value >> 16);
}

void
zipmake_init(struct zipmake *zip)
{
	*zip = (struct zipmake){ .count = 0 };
	buffer_init(&zip->file, FILE_BYTES_MAX);
	buffer_init(&zip->directory, FILE_BYTES_MAX);
}

void
zipmake_fini(struct zipmake *zip)
{
	buffer_fini(&zip->file);
	buffer_fini(&zip->directory);
}

/* ${content} deflated behind ${into}; ${bits} as deflateInit2() takes them. */
static void
deflate_into(struct buffer *into, struct text content, int bits, gz_header *header)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)content.at, .avail_in = (uInt)content.len };
	size_t room;

	if (deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	if (header != NULL && deflateSetHeader(&z, header) != Z_OK)
		abort();
	room = deflateBound(&z, (uLong)content.len) + 1024;
	z.next_out = (Bytef *)buffer_room(into, room);
	z.avail_out = (uInt)room;
	if (z.next_out == NULL || deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	into->len += z.total_out;
	deflateEnd(&z);
}

static void
put_common(struct buffer *into, const struct zipmake_how *how, uint32_t crc, uint32_t packed, uint32_t size,
    size_t name_len, size_t extra_len)
{
	put16(into, 20);
	put16(into, how->flags);
	put16(into, how->method != 0 ? how->method : how->stored ? 0 : 8);
	put32(into, 0x00210000);
	put32(into, crc);
	put32(into, packed);
	put32(into, size);
	put16(into, (uint32_t)name_len);
	put16(into, (uint32_t)extra_len);
}

void
zipmake_add(struct zipmake *zip, struct text name, struct text content, const struct zipmake_how *how)
{
	static const struct zipmake_how sound = { .stored = false };
	struct buffer data;
	uint32_t at = (uint32_t)zip->file.len, crc, size, packed;
	bool behind;

	if (how == NULL)
		how = &sound;
	buffer_init(&data, FILE_BYTES_MAX);
	if (how->stored)
		buffer_text(&data, content);
	else
		deflate_into(&data, content, -MAX_WBITS, NULL);
	crc = (uint32_t)crc32_z(0, (const Bytef *)content.at, content.len) ^ how->crc_xor;
	size = (uint32_t)content.len + (uint32_t)how->size_more;
	packed = (uint32_t)data.len;
	behind = (how->flags & 8) != 0;
	buffer_add(&zip->file, "PK\3\4", 4);
	put_common(&zip->file, how, behind ? 0 : crc, behind ? 0 : packed, behind ? 0 : size, name.len, 0);
	buffer_add(&zip->file, how->local_name != NULL ? how->local_name : name.at, name.len);
	buffer_text(&zip->file, buffer_as_text(&data));
	if (behind) {
		buffer_add(&zip->file, "PK\7\10", 4);
		put32(&zip->file, crc);
		put32(&zip->file, packed);
		put32(&zip->file, size);
	}
	buffer_add(&zip->directory, "PK\1\2", 4);
	put16(&zip->directory, 20);
	put_common(&zip->directory, how, crc, packed, size, name.len, how->extra.len);
	put16(&zip->directory, 0);
	put16(&zip->directory, 0);
	put16(&zip->directory, 0);
	put32(&zip->directory, 0);
	put32(&zip->directory, at + (uint32_t)how->at_more);
	buffer_text(&zip->directory, name);
	buffer_text(&zip->directory, how->extra);
	zip->count++;
	buffer_fini(&data);
}

void
zipmake_end(struct zipmake *zip)
{
	uint32_t at = (uint32_t)zip->file.len;

	buffer_text(&zip->file, buffer_as_text(&zip->directory));
	buffer_add(&zip->file, "PK\5\6\0\0\0\0", 8);
	put16(&zip->file, zip->count);
	put16(&zip->file, zip->count);
	put32(&zip->file, (uint32_t)zip->directory.len);
	put32(&zip->file, at);
	put16(&zip->file, 0);
	if (buffer_failed(&zip->file))
		abort();
}

void
zipmake_gzip(struct buffer *into, const char *name, struct text content)
{
	gz_header header = { .name = (Bytef *)(uintptr_t)name };

	deflate_into(into, content, MAX_WBITS + 16, name != NULL ? &header : NULL);
}
