/*
 * packing.c - zip after PKWARE's APPNOTE: for each entry a local header and the deflated bytes,
 * then the directory with the same facts and the offsets, then its end. Gzip by zlib with an empty
 * header.
 */
#include "ops/sample/packing.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <zlib.h>

#include "core/base/file.h"

#define ARCHIVE_BYTES_MAX ((size_t)1 << 31)
#define DOS_TIME 0x5d214000U /* 2026-09-01 08:00, in MS-DOS terms */

static void
put16(struct buffer *out, unsigned value)
{
	uint8_t bytes[2] = { (uint8_t)value, (uint8_t)(value >> 8) };

	buffer_add(out, bytes, 2);
}

static void
put32(struct buffer *out, size_t value)
{
	put16(out, value & 0xffff);
	put16(out, (value >> 16) & 0xffff);
}

void
packing_init(struct packing *packing)
{
	buffer_init(&packing->file, ARCHIVE_BYTES_MAX);
	buffer_init(&packing->directory, ARCHIVE_BYTES_MAX);
	packing->count = 0;
}

void
packing_fini(struct packing *packing)
{
	buffer_fini(&packing->file);
	buffer_fini(&packing->directory);
}

/* Deflate with the given window (negative: no wrapping) behind ${out}. */
static int
deflate_into(struct text content, int window, gz_header *header, struct buffer *out, struct err *err)
{
	z_stream stream = { 0 };
	size_t bound;
	char *room;
	int result;

	if (deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(err, ERR_RETRY, "memory is short for packing");
	if (header != NULL)
		deflateSetHeader(&stream, header);
	bound = deflateBound(&stream, content.len);
	room = buffer_room(out, bound);
	if (room == NULL) {
		deflateEnd(&stream);
		return err_set(err, ERR_RETRY, "memory is short for packing");
	}
	stream.next_in = (Bytef *)(uintptr_t)content.at;
	stream.avail_in = (uInt)content.len;
	stream.next_out = (Bytef *)room;
	stream.avail_out = (uInt)bound;
	result = deflate(&stream, Z_FINISH);
	out->len += stream.total_out;
	deflateEnd(&stream);
	return result == Z_STREAM_END ? 0 : err_set(err, ERR_STOP, "packing failed");
}

static size_t
gbk_name(const char *name, char *out, size_t size)
{
	iconv_t conversion = iconv_open("GBK", "UTF-8");
	char *in = (char *)(uintptr_t)name, *to = out;
	size_t left = strlen(name), room = size;

	if (conversion == (iconv_t)-1)
		return 0;
	if (iconv(conversion, &in, &left, &to, &room) == (size_t)-1)
		to = out;
	iconv_close(conversion);
	return (size_t)(to - out);
}

static void
put_facts(struct buffer *out, bool gbk, uint32_t crc, size_t packed, size_t size, size_t name)
{
	put16(out, 20);
	put16(out, gbk ? 0 : 0x800);
	put16(out, 8);
	put32(out, DOS_TIME);
	put32(out, crc);
	put32(out, packed);
	put32(out, size);
	put16(out, (unsigned)name);
	put16(out, 0);
}

int
packing_add(struct packing *packing, const char *name, bool gbk, struct text content, struct err *err)
{
	char encoded[512];
	const char *as = name;
	size_t len = strlen(name), offset = packing->file.len;
	struct buffer packed;
	uint32_t crc = (uint32_t)crc32(0, (const Bytef *)content.at, (uInt)content.len);

	if (gbk) {
		as = encoded;
		len = gbk_name(name, encoded, sizeof(encoded));
		if (len == 0)
			return err_set(err, ERR_STOP, "the C library cannot write GBK");
	}
	buffer_init(&packed, ARCHIVE_BYTES_MAX);
	if (deflate_into(content, -15, NULL, &packed, err) != 0) {
		buffer_fini(&packed);
		return -1;
	}
	buffer_add(&packing->file, "PK\3\4", 4);
	put_facts(&packing->file, gbk, crc, packed.len, content.len, len);
	buffer_add(&packing->file, as, len);
	buffer_add(&packing->file, packed.at, packed.len);
	buffer_add(&packing->directory, "PK\1\2", 4);
	put16(&packing->directory, 20);
	put_facts(&packing->directory, gbk, crc, packed.len, content.len, len);
	for (size_t i = 0; i < 5; i++)
		put16(&packing->directory, 0);
	put32(&packing->directory, offset);
	buffer_add(&packing->directory, as, len);
	packing->count++;
	buffer_fini(&packed);
	return 0;
}

int
packing_write(struct packing *packing, const char *path, struct err *err)
{
	size_t at = packing->file.len;
	int fd, result;

	buffer_text(&packing->file, buffer_as_text(&packing->directory));
	buffer_add(&packing->file, "PK\5\6", 4);
	put32(&packing->file, 0);
	put16(&packing->file, packing->count);
	put16(&packing->file, packing->count);
	put32(&packing->file, packing->directory.len);
	put32(&packing->file, at);
	put16(&packing->file, 0);
	if (buffer_failed(&packing->file) || buffer_failed(&packing->directory))
		return err_set(err, ERR_RETRY, "an archive is too large, or memory is short");
	fd = file_create(path, err);
	if (fd < 0)
		return -1;
	result = file_write(fd, packing->file.at, packing->file.len, err);
	close(fd);
	return result;
}

int
packing_gzip(struct text content, const char *name, const char *path, struct err *err)
{
	gz_header header = { .name = (Bytef *)(uintptr_t)name, .os = 3 };
	struct buffer packed;
	int fd, result;

	buffer_init(&packed, ARCHIVE_BYTES_MAX);
	if (deflate_into(content, 31, &header, &packed, err) != 0) {
		buffer_fini(&packed);
		return -1;
	}
	fd = file_create(path, err);
	result = fd < 0 ? -1 : file_write(fd, packed.at, packed.len, err);
	if (fd >= 0)
		close(fd);
	buffer_fini(&packed);
	return result;
}
