/*
 * fuzz_gb18030.c - any bytes: checking and decoding stop at the same place, what is decoded is
 * UTF-8 and encodes to bytes that decode to the same.
 */
#include <stdlib.h>

#include "producers/readers/gb18030.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gb18030 *codec = gb18030_new();
	char *out = malloc(GB18030_UTF8_MAX(size) + GB18030_SLACK);
	char *again = malloc(2 * GB18030_UTF8_MAX(size) + GB18030_SLACK);
	uint8_t *bytes = malloc(2 * GB18030_UTF8_MAX(size) + 4);
	uint64_t replaced = 0;
	size_t used, len, count = 0, pos = 0;

	if (codec == NULL || out == NULL || again == NULL || bytes == NULL)
		abort();
	len = gb18030_decode(codec, data, size, &used, out, &replaced);
	if (used != gb18030_prefix(data, size) || !utf8_valid(out, len))
		abort();
	while (pos < len) {
		const size_t step = gb18030_encode(
		    codec, (enum gb18030_profile)(size % 2), text_next((struct text){ out, len }, &pos), bytes + count);

		if (step == 0)
			abort();
		count += step;
	}
	if (gb18030_decode(codec, bytes, count, &used, again, &replaced) != len || used != count
	    || (len > 0 && memcmp(out, again, len) != 0))
		abort();
	free(bytes);
	free(again);
	free(out);
	gb18030_free(codec);
	return 0;
}
