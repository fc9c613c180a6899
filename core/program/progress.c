/*
 * progress.c - see progress.h.
 */
#include "core/program/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
progress_init(struct progress *progress)
{
	*progress = (struct progress){ .on = isatty(STDERR_FILENO) == 1, .began_ms = now_ms() };
}

void
progress_show(struct progress *progress, const char *stage, uint64_t done, uint64_t all, uint64_t files,
    uint64_t files_all, uint64_t rows)
{
	int64_t now, spent;
	unsigned filled;
	char bar[25];

	if (!progress->on)
		return;
	now = now_ms();
	if (now - progress->drawn_ms < 200)
		return;
	progress->drawn_ms = now;
	spent = now - progress->began_ms;
	filled = all == 0 ? 0 : (unsigned)(done * 24 / (all > done ? all : done + 1));
	for (unsigned i = 0; i < 24; i++)
		bar[i] = i < filled ? '#' : '.';
	bar[24] = '\0';
	fprintf(stderr, "\r\033[K%s [%s] %llu/%llu files, %llu rows, %.0f rows/s", stage, bar,
	    (unsigned long long)files, (unsigned long long)files_all, (unsigned long long)rows,
	    spent > 0 ? (double)rows * 1000.0 / (double)spent : 0.0);
	if (done > 0 && all > done && spent > 1000)
		fprintf(stderr, ", %.0f s left", (double)spent / 1000.0 * (double)(all - done) / (double)done);
	fflush(stderr);
}

void
progress_end(struct progress *progress)
{
	if (progress->on)
		fputs("\r\033[K", stderr);
}
