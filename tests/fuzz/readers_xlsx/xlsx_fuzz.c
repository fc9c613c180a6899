/*
 * xlsx_fuzz.c - any bytes as a workbook and as an archive: no crash, and a refusal has a reason.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/file.h"
#include "producers/readers/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
take(void *self, const void *frame, size_t len)
{
	(void)self, (void)frame, (void)len;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct reader_ops *const all[] = { &reader_xlsx, &reader_zip, &reader_gzip };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct reader_limits limits;
	struct reader_input input;
	struct sink sink;
	struct err err;

	reader_limits_default(&limits);
	limits.part_bytes_max = limits.unpacked_bytes_max = 4000000;
	if (fd < 0 || file_write(fd, data, size, &err) != 0 || reader_open(&input, fd, &err) != 0)
		abort();
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (all[i]->score(&input) == 0)
			continue;
		if (sink_init(&sink, -1, &limits, &err) != 0)
			abort();
		sink.take = take;
		if (all[i]->read(&input, &sink, &err) != 0 && sink.refusal == REFUSED_NO)
			abort();
		sink_fini(&sink);
	}
	reader_close(&input);
	close(fd);
	return 0;
}
