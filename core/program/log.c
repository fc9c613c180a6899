/*
 * log.c - see log.h. A line is written with one write(), so that processes do not mix theirs.
 */
#include "core/program/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum log_level limit = LOG_INFO;

void
log_limit(enum log_level level)
{
	limit = level;
}

void
log_line(enum log_level level, const char *format, ...)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	char line[1024];
	va_list args;
	size_t len;

	if (level > limit)
		return;
	len = (size_t)snprintf(line, sizeof(line), "%s ", names[level]);
	va_start(args, format);
	vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	va_end(args);
	len = strlen(line);
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)line[i] < 0x20)
			line[i] = ' ';
	}
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nobody listens */
}
