/*
 * support.c - see support.h.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[FILE_PATH_MAX];
static char path[FILE_PATH_MAX];

const char *
scratch_make(void)
{
	const char *base = getenv("TMPDIR");
	struct err err;

	if (path_format(folder, &err, "%s/yici-test-XXXXXX", base != NULL ? base : "/tmp") != 0
	    || mkdtemp(folder) == NULL)
		abort();
	return folder;
}

void
scratch_remove(void)
{
	struct err err;

	if (folder[0] != '\0' && file_remove_all(folder, &err) != 0)
		abort();
	folder[0] = '\0';
}

const char *
scratch_file(const char *name, const void *bytes, size_t len)
{
	struct err err;
	int fd;

	if (path_format(path, &err, "%s/%s", folder, name) != 0)
		abort();
	fd = file_create(path, &err);
	if (fd < 0 || file_write(fd, bytes, len, &err) != 0 || close(fd) != 0)
		abort();
	return path;
}
