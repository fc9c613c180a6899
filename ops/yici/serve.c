/*
 * serve.c - `yici serve DATA`: how things stand, for a browser and for Prometheus. What is shown is at most SHOWN_S old: asking the
 * brokers at every request would let anybody who asks keep them busy.
 */
#include "ops/serve/serve.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "core/program/log.h"
#include "ops/yici/signals.h"
#include "ops/yici/status.h"

#define SHOWN_S 10
#define WAIT_MS 1000
#define BUS_WAIT_S 5 /* a broker that is away must not hold up the page for long */
#define TOKEN_BYTES_MAX 65536

struct page {
	struct command *command;
	const char *data;
	struct status status;
	bool looked;
	int64_t looked_ms;
};

static int64_t
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int
refresh(struct page *page, struct err *err)
{
	struct status status;

	if (page->looked && clock_ms() - page->looked_ms < SHOWN_S * 1000)
		return 0;
	if (status_look(&status, page->command, page->data, true, err) != 0)
		return -1;
	status_free(&page->status);
	page->status = status;
	page->looked = true;
	page->looked_ms = clock_ms();
	return 0;
}

static int
make_page(void *self, struct buffer *out, struct err *err)
{
	struct page *page = self;

	if (refresh(page, err) != 0)
		return -1;
	status_page(&page->status, page->command, out);
	return 0;
}

static int
make_style(void *self, struct buffer *out, struct err *err)
{
	(void)self;
	(void)err;
	status_style(out);
	return 0;
}

static int
make_json(void *self, struct buffer *out, struct err *err)
{
	struct page *page = self;

	if (refresh(page, err) != 0)
		return -1;
	status_json(&page->status, out);
	return 0;
}

static int
make_metrics(void *self, struct buffer *out, struct err *err)
{
	struct page *page = self;
	struct metrics metrics;

	if (refresh(page, err) != 0)
		return -1;
	metrics_init(&metrics);
	status_metrics(&page->status, page->command->settings.dataset, &metrics);
	metrics_text(&metrics, out);
	metrics_fini(&metrics);
	return 0;
}

/* The token of the file that serve.token names, which nobody else may read; empty when none is set. */
static int
read_token(const char *path, struct buffer *token, struct err *err)
{
	struct stat at;
	struct text trimmed;

	if (path[0] == '\0')
		return 0;
	if (stat(path, &at) == 0 && (at.st_mode & 077) != 0)
		return err_set(err, ERR_STOP, "%s can be read by others (chmod 600)", path);
	if (file_read_all(path, token, err) != 0)
		return -1;
	trimmed = text_trim(buffer_as_text(token));
	if (trimmed.len < 16)
		return err_set(err, ERR_STOP, "%s holds no token of at least 16 characters", path);
	memmove(token->at, trimmed.at, trimmed.len);
	token->len = trimmed.len;
	buffer_char(token, '\0');
	return buffer_failed(token) ? err_set(err, ERR_RETRY, "memory is short") : 0;
}

static int
serve_pages(struct page *page, const struct serve_settings *settings, struct err *err)
{
	struct serve *serve;
	int result = 0;

	if (serve_open(&serve, settings, err) != 0)
		return -1;
	log_line(LOG_INFO, "serve begin address=%s port=%u", settings->address, (unsigned)serve_port(serve));
	while (result == 0 && !signals_stop())
		result = serve_wait(serve, WAIT_MS, err);
	serve_close(serve);
	status_free(&page->status);
	return result;
}

int
command_serve(struct command *command)
{
	static const struct serve_page pages[] = {
		{ "/", "text/html; charset=utf-8", make_page },
		{ "/style.css", "text/css; charset=utf-8", make_style },
		{ "/status.json", "application/json", make_json },
		{ "/metrics", "text/plain; version=0.0.4; charset=utf-8", make_metrics },
	};
	struct settings *settings = &command->settings;
	struct page page = { .command = command };
	struct serve_settings serve = { .address = settings->serve_address,
		.port = settings->serve_port,
		.pages = pages,
		.page_count = ARRAY_LEN(pages),
		.self = &page };
	struct buffer token;
	struct err err = { 0 };
	int status = 0;

	if (command->word_count != 1)
		return misuse(command, say(command, "需要一个数据文件夹", "wants one data folder"));
	page.data = command->words[0];
	if (settings->bus.wait_s > BUS_WAIT_S)
		settings->bus.wait_s = BUS_WAIT_S;
	signals_catch();
	buffer_init(&token, TOKEN_BYTES_MAX);
	if (read_token(settings->serve_token, &token, &err) == 0) {
		serve.token = token.len > 0 ? token.at : NULL;
		if (serve_pages(&page, &serve, &err) != 0)
			status = fail(command, &err);
	} else
		status = fail(command, &err);
	buffer_fini(&token);
	return status;
}
