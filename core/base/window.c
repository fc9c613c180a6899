/*
 * window.c - see window.h.
 */
#include "core/base/window.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define STEP_BYTES ((size_t)1 << 20)

int
window_open(struct window *window, const char *path, struct err *err)
{
	*window = (struct window){ .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) };
	buffer_init(&window->in, SIZE_MAX / 4);
	return window->fd < 0 ? err_errno(err, ERR_RETRY, "cannot open %s", path) : 0;
}

void
window_close(struct window *window)
{
	if (window->fd >= 0)
		close(window->fd);
	buffer_fini(&window->in);
	window->fd = -1;
}

int
window_need(struct window *window, size_t len, struct err *err)
{
	while (window->in.len - window->pos < len && !window->ended) {
		char *room;
		ssize_t got;

		if (window->pos > 0) {
			memmove(window->in.at, window->in.at + window->pos, window->in.len - window->pos);
			window->in.len -= window->pos;
			window->pos = 0;
		}
		if ((room = buffer_room(&window->in, STEP_BYTES)) == NULL)
			return err_set(err, ERR_RETRY, "out of memory for reading a file");
		got = read(window->fd, room, STEP_BYTES);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, ERR_RETRY, "cannot read a file");
		window->in.len += (size_t)got;
		window->ended = got == 0;
	}
	return window->in.len - window->pos >= len;
}
