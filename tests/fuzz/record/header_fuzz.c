/*
 * header_fuzz.c - any text as a header: folding stays in its room, gives valid UTF-8, and folding
 * again changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "core/record/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[400], again[400];
	size_t len, small;

	if (!utf8_valid(data, size))
		return 0;
	len = header_fold((struct text){ (const char *)data, size }, out, sizeof(out));
	if (len > sizeof(out) || !utf8_valid(out, len))
		abort();
	small = header_fold((struct text){ (const char *)data, size }, again, 20);
	if (small > 20 || !utf8_valid(again, small))
		abort();
	if (size < sizeof(out) / 2
	    && (header_fold((struct text){ out, len }, again, sizeof(again)) != len || memcmp(out, again, len) != 0))
		abort();
	return 0;
}
