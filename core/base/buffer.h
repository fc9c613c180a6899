/*
 * buffer.h - bytes that grow at their end, up to a limit told at the start.
 * A failed append is remembered: append as often as wanted, then ask buffer_failed() once.
 */
#ifndef YICI_CORE_BASE_BUFFER_H
#define YICI_CORE_BASE_BUFFER_H

#include "core/base/text.h"

struct buffer {
	char *at;
	size_t len, size, limit;
	bool failed; /* an append did not fit or memory was short */
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_fini(struct buffer *buffer);

/* Empty it and forget a failure; the memory is kept. */
void buffer_clear(struct buffer *buffer);

/* Room for ${more} bytes at the end: where to write them, or NULL (and failed). Then add to ${len} oneself. */
char *buffer_room(struct buffer *buffer, size_t more);

void buffer_add(struct buffer *buffer, const void *bytes, size_t len);
void buffer_text(struct buffer *buffer, struct text text);
void buffer_string(struct buffer *buffer, const char *string);
void buffer_char(struct buffer *buffer, char c);
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* ${text} as the inside of a JSON string (no quotes): escapes ", \ and control characters. */
void buffer_json(struct buffer *buffer, struct text text);

/* ${text} as a quoted JSON string. */
void buffer_json_string(struct buffer *buffer, struct text text);

/* ${text} as one RFC 4180 field: quoted only where it must be. Neutralising formulas is the caller's. */
void buffer_csv(struct buffer *buffer, struct text text);

/* ${text} as XML character data or attribute value: escapes & < > " and drops what XML 1.0 cannot hold. */
void buffer_xml(struct buffer *buffer, struct text text);

static inline struct text
buffer_as_text(const struct buffer *buffer)
{
	return (struct text){ buffer->at, buffer->len };
}

static inline bool
buffer_failed(const struct buffer *buffer)
{
	return buffer->failed;
}

#endif
