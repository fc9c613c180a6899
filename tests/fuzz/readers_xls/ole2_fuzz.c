/*
 * ole2_fuzz.c - any bytes as a compound file: every stream read in pieces and from several places
 * gives the same bytes.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "producers/readers/ole2.h"

#define STREAM_MAX ((size_t)1 << 20)

static void
read_stream(struct ole2 *ole, const struct ole2_entry *entry, uint8_t *whole)
{
	struct ole2_stream *stream = malloc(sizeof(*stream));
	struct err err;
	uint8_t piece[700];
	size_t got = 0, some;

	if (stream == NULL || ole2_stream_open(stream, ole, entry, &err) != 0
	    || ole2_stream_read(stream, whole, STREAM_MAX, &got, &err) != 0) {
		free(stream);
		return;
	}
	for (size_t from = got; from > 0; from = from * 2 / 3) {
		if (ole2_stream_seek(stream, from, &err) != 0
		    || ole2_stream_read(stream, piece, sizeof(piece), &some, &err) != 0)
			abort();
		if (some > got - from)
			some = got - from; /* the stream is longer than what was kept of it */
		if (memcmp(piece, whole + from, some) != 0)
			abort();
	}
	free(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static uint8_t *whole;
	struct ole2 ole;
	struct err err;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		whole = malloc(STREAM_MAX);
	}
	if (whole == NULL || ftruncate(fd, (off_t)size) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	if (ole2_open(&ole, fd, size, &err) == 0) {
		for (uint32_t i = 1; i < ole.entry_count && i < 64; i++) {
			if (ole.entries[i].top && ole.entries[i].type == 2)
				read_stream(&ole, &ole.entries[i], whole);
		}
	} else if (ole.refusal == REFUSED_NO) {
		abort();
	}
	ole2_close(&ole);
	return 0;
}
