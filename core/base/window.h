/*
 * window.h - a file read from its beginning to its end through a window: whole pieces of any length, little memory.
 */
#ifndef YICI_CORE_BASE_WINDOW_H
#define YICI_CORE_BASE_WINDOW_H

#include "core/base/buffer.h"
#include "core/base/err.h"

struct window {
	int fd;
	struct buffer in;
	size_t pos;
	bool ended;
};

/* Open it; not through a link. window_close() also after a failure. */
MUST_CHECK int window_open(struct window *window, const char *path, struct err *err);
void window_close(struct window *window);

/* Have the next ${len} bytes at window_at(): 1; 0 when the file has fewer; -1. What was there before may move. */
MUST_CHECK int window_need(struct window *window, size_t len, struct err *err);

/* Nothing is left. To be asked after window_need() gave 0. */
static inline bool
window_at_end(const struct window *window)
{
	return window->pos == window->in.len;
}

static inline const char *
window_at(const struct window *window)
{
	return window->in.at + window->pos;
}

/* Step over ${len} bytes that were needed before. */
static inline void
window_step(struct window *window, size_t len)
{
	window->pos += len;
}

#endif
