/*
 * fuzz_csv.c - any bytes as a delimited-text file: the frames must hold together (collect.c aborts
 * when not), and reading in blocks of another size must give the same. The first byte picks that
 * size.
 */
#include <stdlib.h>

#include "tests/unit/csv/collect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader_limits limits = collect_limits();
	struct buffer whole, parts;

	if (size < 1)
		return 0;
	if (data[0] >= 0xC0) {
		limits.cell_bytes_max = data[0] & 0x3F;
		limits.cells_max = 5;
	}
	buffer_init(&whole, 64 << 20);
	buffer_init(&parts, 64 << 20);
	collect_csv(data + 1, size - 1, 0, &limits, &whole);
	collect_csv(data + 1, size - 1, 1 + (data[0] & 0x3F), &limits, &parts);
	if (!text_eq(buffer_as_text(&whole), buffer_as_text(&parts)))
		abort();
	buffer_fini(&whole);
	buffer_fini(&parts);
	return 0;
}
