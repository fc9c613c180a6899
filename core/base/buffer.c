/*
 * buffer.c - see buffer.h. Growth doubles, so appending n bytes costs O(n).
 */
#include "core/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer){ .limit = limit };
}

void
buffer_fini(struct buffer *buffer)
{
	free(buffer->at);
	*buffer = (struct buffer){ .limit = buffer->limit };
}

void
buffer_clear(struct buffer *buffer)
{
	buffer->len = 0;
	buffer->failed = false;
}

char *
buffer_room(struct buffer *buffer, size_t more)
{
	size_t size;
	char *at;

	if (buffer->size - buffer->len >= more && buffer->at != NULL)
		return buffer->at + buffer->len;
	if (more > buffer->limit || buffer->len > buffer->limit - more) {
		buffer->failed = true;
		return NULL;
	}
	size = buffer->size < 256 ? 256 : buffer->size;
	while (size < buffer->len + more)
		size = size > buffer->limit / 2 ? buffer->limit : size * 2;
	at = realloc(buffer->at, size);
	if (at == NULL) {
		buffer->failed = true;
		return NULL;
	}
	buffer->at = at;
	buffer->size = size;
	return at + buffer->len;
}

void
buffer_add(struct buffer *buffer, const void *bytes, size_t len)
{
	char *room;

	if (len == 0)
		return;
	room = buffer_room(buffer, len);
	if (room != NULL) {
		memcpy(room, bytes, len);
		buffer->len += len;
	}
}

void
buffer_text(struct buffer *buffer, struct text text)
{
	buffer_add(buffer, text.at, text.len);
}

void
buffer_string(struct buffer *buffer, const char *string)
{
	buffer_add(buffer, string, strlen(string));
}

void
buffer_char(struct buffer *buffer, char c)
{
	buffer_add(buffer, &c, 1);
}

void
buffer_format(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	char *room;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || (room = buffer_room(buffer, (size_t)len + 1)) == NULL) {
		buffer->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(room, (size_t)len + 1, format, args);
	va_end(args);
	buffer->len += (size_t)len;
}

void
buffer_json(struct buffer *buffer, struct text text)
{
	size_t from = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buffer_add(buffer, text.at + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\') {
			buffer_char(buffer, '\\');
			buffer_char(buffer, (char)c);
		} else if (c == '\n')
			buffer_string(buffer, "\\n");
		else if (c == '\t')
			buffer_string(buffer, "\\t");
		else if (c == '\r')
			buffer_string(buffer, "\\r");
		else
			buffer_format(buffer, "\\u%04x", c);
	}
	if (from < text.len)
		buffer_add(buffer, text.at + from, text.len - from);
}

void
buffer_json_string(struct buffer *buffer, struct text text)
{
	buffer_char(buffer, '"');
	buffer_json(buffer, text);
	buffer_char(buffer, '"');
}

void
buffer_csv(struct buffer *buffer, struct text text)
{
	bool plain = true;
	char *room;

	for (size_t i = 0; i < text.len && plain; i++)
		plain = text.at[i] != ',' && text.at[i] != '"' && text.at[i] != '\n' && text.at[i] != '\r';
	if (plain) {
		buffer_text(buffer, text);
		return;
	}
	room = buffer_room(buffer, text.len * 2 + 2);
	if (room == NULL)
		return;
	*room++ = '"';
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"')
			*room++ = '"';
		*room++ = text.at[i];
	}
	*room++ = '"';
	buffer->len = (size_t)(room - buffer->at);
}

void
buffer_xml(struct buffer *buffer, struct text text)
{
	size_t from = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		const char *as = NULL;

		if (c == '&')
			as = "&amp;";
		else if (c == '<')
			as = "&lt;";
		else if (c == '>')
			as = "&gt;";
		else if (c == '"')
			as = "&quot;";
		else if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			as = "";
		else
			continue;
		buffer_add(buffer, text.at + from, i - from);
		buffer_string(buffer, as);
		from = i + 1;
	}
	if (from < text.len)
		buffer_add(buffer, text.at + from, text.len - from);
}
