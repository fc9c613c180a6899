/*
 * lines.c - see lines.h.
 */
#include "consumers/publish/lines.h"

#include <stdio.h>
#include <unistd.h>

#include "core/base/file.h"

#define LINES_STEP ((size_t)256 * 1024)
#define LINES_LIMIT ((size_t)256 * 1024 * 1024) /* of one line, which holds a few cells */

int
lines_open(struct lines *lines, const char *folder, const char *name, struct err *err)
{
	char path[FILE_PATH_MAX];

	*lines = (struct lines){ .fd = -1 };
	buffer_init(&lines->buffer, LINES_LIMIT);
	snprintf(lines->name, sizeof(lines->name), "%s", name);
	if (path_format(path, err, "%s/%s", folder, name) != 0)
		return -1;
	lines->fd = file_create(path, err);
	return lines->fd < 0 ? -1 : 0;
}

static int
put(struct lines *lines, struct err *err)
{
	if (buffer_failed(&lines->buffer))
		return err_set(err, ERR_RETRY, "out of memory for %s", lines->name);
	if (file_write(lines->fd, lines->buffer.at, lines->buffer.len, err) != 0)
		return -1;
	buffer_clear(&lines->buffer);
	return 0;
}

int
lines_step(struct lines *lines, struct err *err)
{
	return lines->buffer.len < LINES_STEP && !buffer_failed(&lines->buffer) ? 0 : put(lines, err);
}

int
lines_close(struct lines *lines, struct err *err)
{
	int fd = lines->fd, result = put(lines, err);

	lines->fd = -1;
	buffer_fini(&lines->buffer);
	if (close(fd) != 0 && result == 0)
		result = err_errno(err, ERR_STOP, "cannot close %s", lines->name);
	return result;
}

void
lines_drop(struct lines *lines)
{
	if (lines->fd >= 0)
		close(lines->fd);
	lines->fd = -1;
	buffer_fini(&lines->buffer);
}
