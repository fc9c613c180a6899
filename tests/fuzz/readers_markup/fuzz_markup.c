/*
 * fuzz_markup.c - any bytes through the reader named by READER: what it sends holds together
 * (cells.c asserts), and reading again gives the same.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/file.h"
#include "tests/golden/readers_markup/cells.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct buffer once, again;
	struct err err;

	if (fd < 0 || file_write(fd, data, size, &err) != 0)
		abort();
	buffer_init(&once, (size_t)256 << 20);
	buffer_init(&again, (size_t)256 << 20);
	cells_read(fd, &READER, &once);
	cells_read(fd, &READER, &again);
	if (!text_eq(buffer_as_text(&once), buffer_as_text(&again)))
		abort();
	buffer_fini(&once);
	buffer_fini(&again);
	close(fd);
	return 0;
}
