/*
 * serve.c - see serve.h. The library runs no thread of its own: serve_wait() drives it.
 */
#include "ops/serve/serve.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define PAGE_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define REQUEST_BYTES_MAX ((size_t)16 * 1024)

struct serve {
	const struct serve_settings *settings;
	struct MHD_Daemon *daemon;
	bool loopback;
	uint16_t port;
};

/* On every answer: nothing but our own style is loaded, nothing is run, framed, kept or told to others. */
static const char *const headers[][2] = {
	{ "Content-Security-Policy",
	    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
};

static enum MHD_Result
answer(struct MHD_Connection *connection, unsigned status, const char *type, struct text body, const char *more,
    const char *value)
{
	/* the library does not write to it */
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    body.len, (void *)(uintptr_t)body.at, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
	MHD_add_response_header(response, "Content-Type", type);
	if (more != NULL)
		MHD_add_response_header(response, more, value);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
refuse(struct MHD_Connection *connection, unsigned status, const char *why, const char *more, const char *value)
{
	return answer(connection, status, "text/plain; charset=utf-8", text_from(why), more, value);
}

/* Does the request name this machine, whatever the port? */
static bool
names_us(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; host != NULL && i < ARRAY_LEN(names); i++) {
		size_t len = strlen(names[i]);

		if (strncasecmp(host, names[i], len) == 0 && (host[len] == '\0' || host[len] == ':'))
			return true;
	}
	return false;
}

/* In a time that does not tell how much was right. */
static bool
same_secret(const char *a, const char *b)
{
	size_t len = strlen(b);
	unsigned char differs = strlen(a) != len;

	for (size_t i = 0; i < len; i++)
		differs |= (unsigned char)((i < strlen(a) ? a[i] : 0) ^ b[i]);
	return differs == 0;
}

static bool
may(const struct serve *serve, const char *authorization)
{
	const char *token = serve->settings->token;

	if (token == NULL)
		return true;
	return authorization != NULL && strncasecmp(authorization, "Bearer ", 7) == 0
	    && same_secret(authorization + 7, token);
}

static enum MHD_Result
give_page(const struct serve *serve, struct MHD_Connection *connection, const struct serve_page *page)
{
	struct buffer out;
	struct err err = { 0 };
	enum MHD_Result result;

	buffer_init(&out, PAGE_BYTES_MAX);
	if (page->make(serve->settings->self, &out, &err) != 0)
		result = refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, err.what, NULL, NULL);
	else if (buffer_failed(&out))
		result = refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "memory is short", NULL, NULL);
	else
		result = answer(
		    connection, MHD_HTTP_OK, page->type, out.len == 0 ? TEXT("") : buffer_as_text(&out), NULL, NULL);
	buffer_fini(&out);
	return result;
}

static enum MHD_Result
on_request(void *self, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_len, void **state)
{
	static int seen;
	struct serve *serve = self;
	const char *host, *authorization;

	(void)version;
	(void)upload;
	/* first the head alone is shown; what a request brings along is not looked at */
	if (*state == NULL) {
		*state = &seen;
		return MHD_YES;
	}
	if (*upload_len != 0) {
		*upload_len = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only", "Allow", "GET, HEAD");
	host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
	if (serve->loopback && !names_us(host))
		return refuse(connection, MHD_HTTP_FORBIDDEN, "not the name of this machine", NULL, NULL);
	authorization = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
	if (!may(serve, authorization))
		return refuse(connection, MHD_HTTP_UNAUTHORIZED, "a token is wanted", "WWW-Authenticate", "Bearer");
	for (size_t i = 0; i < serve->settings->page_count; i++) {
		if (strcmp(serve->settings->pages[i].path, url) == 0)
			return give_page(serve, connection, &serve->settings->pages[i]);
	}
	return refuse(connection, MHD_HTTP_NOT_FOUND, "no such page", NULL, NULL);
}

/* ${address} and port as the system wants them; whether it is loopback. ERR_STOP when it is no address. */
static int
resolve(const struct serve_settings *settings, struct sockaddr_storage *address, bool *loopback, struct err *err)
{
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;

	*address = (struct sockaddr_storage){ 0 };
	if (settings->port > UINT16_MAX)
		return err_set(err, ERR_STOP, "serve.port is no port");
	if (inet_pton(AF_INET, settings->address, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)settings->port);
		*loopback = (ntohl(four->sin_addr.s_addr) >> 24) == 127;
		return 0;
	}
	if (inet_pton(AF_INET6, settings->address, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((uint16_t)settings->port);
		*loopback = memcmp(&six->sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
		return 0;
	}
	return err_set(err, ERR_STOP, "serve.address is no address of a machine");
}

int
serve_open(struct serve **out, const struct serve_settings *settings, struct err *err)
{
	struct sockaddr_storage address;
	struct serve *serve = calloc(1, sizeof(*serve));
	const union MHD_DaemonInfo *info;

	*out = NULL;
	if (serve == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	serve->settings = settings;
	if (resolve(settings, &address, &serve->loopback, err) != 0)
		goto fail;
	if (!serve->loopback && settings->token == NULL) {
		err_set(err, ERR_STOP, "listening beyond this machine wants a token (serve.token)");
		goto fail;
	}
	serve->daemon = MHD_start_daemon(address.ss_family == AF_INET6 ? MHD_USE_IPv6 : MHD_NO_FLAG, 0, NULL, NULL,
	    on_request, serve, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_CONNECTION_LIMIT,
	    SERVE_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, SERVE_SILENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    REQUEST_BYTES_MAX, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1, MHD_OPTION_END);
	if (serve->daemon == NULL) {
		err_set(err, ERR_STOP, "cannot listen at %.60s, port %u", settings->address, (unsigned)settings->port);
		goto fail;
	}
	info = MHD_get_daemon_info(serve->daemon, MHD_DAEMON_INFO_BIND_PORT);
	serve->port = info == NULL ? 0 : info->port;
	*out = serve;
	return 0;
fail:
	free(serve);
	return -1;
}

void
serve_close(struct serve *serve)
{
	if (serve == NULL)
		return;
	MHD_stop_daemon(serve->daemon);
	free(serve);
}

uint16_t
serve_port(const struct serve *serve)
{
	return serve->port;
}

int
serve_wait(struct serve *serve, int wait_ms, struct err *err)
{
	return MHD_run_wait(serve->daemon, wait_ms) == MHD_YES ? 0 : err_set(err, ERR_STOP, "the web server has failed");
}
