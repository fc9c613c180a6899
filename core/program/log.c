/*
 * log.c - see log.h. A line is written with one write(), so that processes do not mix theirs.
 */
#include "core/program/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/buffer.h"

#define LINE_MAX_BYTES 1024
#define JSON_MAX_BYTES ((size_t)16 * 1024)
#define EXACT_DIGITS 15 /* longer numbers stay text: readers of JSON may keep them as doubles */

static const char *const level_names[] = { "error", "warning", "info", "debug" };

static enum log_level limit = LOG_INFO;
static enum log_format form = LOG_LINES;
static const char *stage_name;

void
log_limit(enum log_level level)
{
	limit = level;
}

void
log_as(enum log_format format, const char *stage)
{
	form = format;
	stage_name = stage;
}

int64_t
log_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Where the next word of ${line} ends. */
static size_t
word_end(struct text line, size_t at)
{
	while (at < line.len && line.at[at] != ' ')
		at++;
	return at;
}

/* "key" of a word "key=value": letters, digits and "_" up to the sign; 0 when the word is none. */
static size_t
key_len(struct text line, size_t at, size_t end)
{
	for (size_t i = at; i < end; i++) {
		char c = line.at[i];

		if (c == '=')
			return i - at;
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
			return 0;
	}
	return 0;
}

/* Where a value that begins at ${at} ends: it goes on over words that are not key=value, as sentences do. */
static size_t
value_end(struct text line, size_t at)
{
	size_t end = word_end(line, at);

	while (end < line.len && key_len(line, end + 1, word_end(line, end + 1)) == 0)
		end = word_end(line, end + 1);
	return end;
}

static void
add_value(struct buffer *out, struct text value)
{
	if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
		value = (struct text){ value.at + 1, value.len - 2 };
	if (value.len <= EXACT_DIGITS && text_is_digits(value) && (value.at[0] != '0' || value.len == 1))
		buffer_text(out, value);
	else
		buffer_json_string(out, value);
}

static void
add_time(struct buffer *out)
{
	struct timespec now;
	struct tm tm;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0 || gmtime_r(&now.tv_sec, &tm) == NULL)
		return;
	buffer_format(out, "\"ts\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\",", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000);
}

static void
write_json(enum log_level level, struct text line)
{
	struct buffer out;
	size_t at = 0;

	buffer_init(&out, JSON_MAX_BYTES);
	buffer_char(&out, '{');
	add_time(&out);
	buffer_format(&out, "\"level\":\"%s\"", level_names[level]);
	if (stage_name != NULL) {
		buffer_string(&out, ",\"stage\":");
		buffer_json_string(&out, text_from(stage_name));
	}
	if (key_len(line, 0, word_end(line, 0)) == 0)
		at = value_end(line, 0);
	buffer_string(&out, ",\"msg\":");
	buffer_json_string(&out, (struct text){ line.at, at });
	while (at < line.len) {
		size_t end, key;

		at += line.at[at] == ' ';
		key = key_len(line, at, word_end(line, at));
		end = value_end(line, at);
		buffer_char(&out, ',');
		buffer_json_string(&out, (struct text){ line.at + at, key });
		buffer_char(&out, ':');
		add_value(&out, (struct text){ line.at + at + key + 1, end - at - key - 1 });
		at = end;
	}
	buffer_string(&out, "}\n");
	if (!buffer_failed(&out) && write(STDERR_FILENO, out.at, out.len) < 0)
		out.len = 0; /* nobody listens */
	buffer_fini(&out);
}

/* ${len} without the bytes of a character that was cut. */
static size_t
whole_characters(const char *line, size_t len)
{
	for (size_t cut = 0; cut < 4 && cut <= len; cut++) {
		if (utf8_valid(line, len - cut))
			return len - cut;
	}
	return len;
}

void
log_line(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;
	size_t head, len;

	if (level > limit)
		return;
	head = (size_t)snprintf(line, sizeof(line), "%s ", level_names[level]);
	va_start(args, format);
	vsnprintf(line + head, sizeof(line) - head - 1, format, args);
	va_end(args);
	len = whole_characters(line, strlen(line));
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)line[i] < 0x20)
			line[i] = ' ';
	}
	if (form == LOG_JSON) {
		write_json(level, (struct text){ line + head, len - head });
		return;
	}
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nobody listens */
}
