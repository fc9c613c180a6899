/*
 * codes_fuzz.c - any bytes as a file of codes, shared or not, and any text looked up in what it
 * gives. The first byte says how; a zero byte ends the file, what is behind it is looked up.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/record/codes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/yici-fuzz-XXXXXX";

static void
clean(void)
{
	struct err err;

	if (file_remove_all(folder, &err) != 0)
		abort();
}

static void
write_file(const void *bytes, size_t len)
{
	char path[FILE_PATH_MAX];
	struct err err;
	int fd;

	if (path_format(path, &err, "%s/t.csv", folder) != 0)
		abort();
	fd = file_create(path, &err);
	if (fd < 0 || file_write(fd, bytes, len, &err) != 0 || close(fd) != 0)
		abort();
}

static void
look_up(const struct codes *codes, struct text text)
{
	bool ambiguous, again;
	const struct code *code = codes_find(codes, text, &ambiguous);

	if (code && ambiguous)
		abort();
	if (code && codes_find(codes, code->code, &again) != code)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	const uint8_t *zero;
	struct codes *codes;
	struct err err;

	if (!ready) {
		if (!mkdtemp(folder) || atexit(clean) != 0)
			abort();
		ready = true;
	}
	if (size == 0)
		return 0;
	zero = memchr(data + 1, 0, size - 1);
	write_file(data + 1, zero ? (size_t)(zero - data - 1) : size - 1);
	codes = codes_load(folder, "t", data[0] & 1, &err);
	if (!codes)
		return 0;
	for (size_t i = 0; i < codes_count(codes); i++) {
		const struct code *code = codes_at(codes, i);

		if (codes_by_code(codes, code->code) != code)
			abort();
		look_up(codes, code->code);
		look_up(codes, code->label);
	}
	if (zero)
		look_up(codes, (struct text){ (const char *)zero + 1, size - (size_t)(zero + 1 - data) });
	codes_free(codes);
	return 0;
}
