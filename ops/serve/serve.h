/*
 * serve.h - a few pages over HTTP, for looking only: GET and HEAD, nothing that changes anything, no other program's code in a
 * browser. libmicrohttpd stands behind this room.
 *
 * Whoever listens beyond this machine needs a token: a request then carries "Authorization: Bearer TOKEN". On loopback a request must
 * name this machine as its host, so that no page of the world can ask in its place.
 */
#ifndef YICI_OPS_SERVE_SERVE_H
#define YICI_OPS_SERVE_SERVE_H

#include "core/base/buffer.h"
#include "core/base/err.h"

#define SERVE_CONNECTIONS_MAX 64
#define SERVE_SILENCE_S 10 /* a connection that says nothing for so long is closed */

/* One page. ${make} fills ${out} for one request, or returns -1: then the answer is 503 with the text of ${err}. */
struct serve_page {
	const char *path, *type;
	int (*make)(void *self, struct buffer *out, struct err *err);
};

struct serve_settings {
	const char *address; /* "127.0.0.1", "::1", … */
	uint64_t port;       /* 0: any that is free */
	const char *token;   /* NULL: none; ERR_STOP when ${address} is not loopback */
	const struct serve_page *pages;
	size_t page_count;
	void *self;
};

struct serve;

/* Listen. ${settings}' texts and pages are borrowed for the life of ${*serve}. */
MUST_CHECK int serve_open(struct serve **serve, const struct serve_settings *settings, struct err *err);
void serve_close(struct serve *serve);

/* The port that is listened at. */
uint16_t serve_port(const struct serve *serve);

/* Answer requests for at most ${wait_ms}, or until the first is answered. */
MUST_CHECK int serve_wait(struct serve *serve, int wait_ms, struct err *err);

#endif
