/*
 * zip_fuzz.c - any bytes as a zip archive and as a gzip file: all that opens is read to its end, in
 * blocks whose size the last byte picks; no entry gives more than it said.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/pack/gzip.h"
#include "core/pack/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pack_limits limits = { 1000000, 4000000, 200, 1000 };
static char block[70000];

static void
read_entry(struct zip *zip, const struct zip_entry *entry, size_t room)
{
	struct zip_stream *stream;
	enum pack_trouble trouble;
	struct err err;
	uint64_t all = 0;
	size_t got;
	int result;

	if (zip_stream_open(&stream, zip, entry, &trouble, &err) != 0)
		return;
	while ((result = zip_stream_read(stream, block, room, &got, &trouble, &err)) == 1)
		all += got;
	if (result == 0 && all != entry->size)
		abort();
	zip_stream_close(stream);
}

static void
clean_name(struct text name)
{
	size_t len = name.len;
	char *copy = malloc(len + 1);

	if (copy == NULL)
		abort();
	memcpy(copy, name.at, len);
	if (pack_name_clean(copy, &len) && (len == 0 || copy[0] == '/' || memchr(copy, '\\', len)))
		abort();
	free(copy);
}

static void
read_gzip(int fd, size_t size, size_t room)
{
	struct gzip *gzip;
	enum pack_trouble trouble;
	struct err err;
	size_t got;

	if (gzip_open(&gzip, fd, size, &limits, &trouble, &err) != 0)
		return;
	while (gzip_read(gzip, block, room, &got, &trouble, &err) == 1)
		;
	gzip_close(gzip);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	size_t room = size > 0 && data[size - 1] % 2 != 0 ? 17 : sizeof(block);
	enum pack_trouble trouble;
	struct zip *zip;
	struct err err;

	if (fd < 0 || file_write(fd, data, size, &err) != 0)
		abort();
	if (zip_open(&zip, fd, size, &limits, &trouble, &err) == 0) {
		for (size_t i = 0; i < zip_count(zip); i++) {
			clean_name(zip_entry(zip, i)->name);
			read_entry(zip, zip_entry(zip, i), room);
		}
		zip_close(zip);
	}
	read_gzip(fd, size, room);
	close(fd);
	return 0;
}
