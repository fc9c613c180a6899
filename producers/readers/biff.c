/*
 * biff.c - see biff.h. The window holds a record of the greatest length (65,535) and much more; it
 * is refilled when a record does not lie in it whole.
 *
 * A string that goes on in a CONTINUE has there a first byte of its own, bit 0: two bytes a
 * character or one. A number, a run of formatting or what belongs to phonetic text goes on without
 * such a byte. Writers may cut anywhere between characters, also between the halves of a surrogate
 * pair.
 */
#include "producers/readers/biff.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_BYTES ((size_t)192 * 1024)
#define HEAD_BYTES 4

int
biff_init(struct biff *biff, struct ole2_stream *stream, struct err *err)
{
	*biff = (struct biff){ .stream = stream, .type = BIFF_NONE };
	biff->window = malloc(WINDOW_BYTES);
	if (biff->window == NULL) {
		stream->refusal = REFUSED_LIMIT_MEMORY;
		return err_set(err, ERR_INPUT, "too little memory to read a workbook");
	}
	return biff_seek(biff, 0, err);
}

void
biff_fini(struct biff *biff)
{
	free(biff->window);
	biff->window = NULL;
}

int
biff_seek(struct biff *biff, uint64_t pos, struct err *err)
{
	biff->start = 0;
	biff->end = 0;
	biff->pos = pos;
	biff->type = BIFF_NONE;
	biff->at = biff->window;
	biff->stop = biff->window;
	return ole2_stream_seek(biff->stream, pos, err);
}

/* Have ${want} bytes in the window, or all that the stream still holds. */
static int
fill(struct biff *biff, size_t want, struct err *err)
{
	size_t got;

	if (biff->end - biff->start >= want)
		return 0;
	memmove(biff->window, biff->window + biff->start, biff->end - biff->start);
	biff->end -= biff->start;
	biff->start = 0;
	if (ole2_stream_read(biff->stream, biff->window + biff->end, WINDOW_BYTES - biff->end, &got, err) != 0)
		return -1;
	biff->end += got;
	return 0;
}

int
biff_next(struct biff *biff, struct err *err)
{
	size_t len;
	const uint8_t *at;

	if (fill(biff, HEAD_BYTES, err) != 0)
		return -1;
	if (biff->end - biff->start < HEAD_BYTES)
		return 0;
	len = biff_get16(biff->window + biff->start + 2);
	if (fill(biff, HEAD_BYTES + len, err) != 0)
		return -1;
	if (biff->end - biff->start < HEAD_BYTES + len) {
		biff->stream->refusal = REFUSED_TRUNCATED;
		return err_set(err, ERR_INPUT, "workbook: its last record is cut");
	}
	at = biff->window + biff->start;
	biff->type = biff_get16(at);
	biff->at = at + HEAD_BYTES;
	biff->stop = biff->at + len;
	biff->start += HEAD_BYTES + len;
	biff->pos += HEAD_BYTES + len;
	return 1;
}

int
biff_continue(struct biff *biff, struct err *err)
{
	uint32_t type = biff->type;
	int got;

	if (fill(biff, HEAD_BYTES, err) != 0)
		return -1;
	if (biff->end - biff->start < HEAD_BYTES || biff_get16(biff->window + biff->start) != BIFF_CONTINUE) {
		/* the window may have moved */
		biff->at = biff->window + biff->start;
		biff->stop = biff->at;
		return 0;
	}
	got = biff_next(biff, err);
	biff->type = type;
	return got;
}

int
biff_take8(struct biff *biff, uint32_t *value, struct err *err)
{
	while (biff->at == biff->stop) {
		int got = biff_continue(biff, err);

		if (got != 1)
			return got;
	}
	*value = *biff->at++;
	return 1;
}

static int
take(struct biff *biff, int bytes, uint32_t *value, struct err *err)
{
	uint32_t part;

	*value = 0;
	for (int i = 0; i < bytes; i++) {
		int got = biff_take8(biff, &part, err);

		if (got != 1)
			return got;
		*value |= part << (8 * i);
	}
	return 1;
}

int
biff_take16(struct biff *biff, uint32_t *value, struct err *err)
{
	if (biff->stop - biff->at < 2)
		return take(biff, 2, value, err);
	*value = biff_get16(biff->at);
	biff->at += 2;
	return 1;
}

int
biff_take32(struct biff *biff, uint32_t *value, struct err *err)
{
	if (biff->stop - biff->at < 4)
		return take(biff, 4, value, err);
	*value = biff_get32(biff->at);
	biff->at += 4;
	return 1;
}

int
biff_skip(struct biff *biff, uint64_t bytes, struct err *err)
{
	while (bytes > 0) {
		size_t here = (size_t)(biff->stop - biff->at);

		if (here > bytes)
			here = (size_t)bytes;
		biff->at += here;
		bytes -= here;
		if (bytes > 0) {
			int got = biff_continue(biff, err);

			if (got != 1)
				return got;
		}
	}
	return 1;
}

/* The first half of a pair, left alone. */
static void
put_half(struct biff *biff, uint32_t half, struct buffer *into)
{
	buffer_format(into, "\\u%04X", (unsigned)half);
	biff->broken = true;
}

/* UTF-16 to UTF-8; ${*high} is the first half of a pair whose second half has not come yet, or 0.
 */
static void
put_wide(struct biff *biff, size_t chars, uint32_t *high, struct buffer *into)
{
	const uint8_t *at = biff->at;
	size_t done = 0;

	while (done < chars) {
		/* three bytes a unit are enough for all but the \uXXXX of a broken pair */
		size_t some = chars - done < 1024 ? chars - done : 1024;
		char *room = buffer_room(into, 3 * some + 1), *to = room;

		if (room == NULL)
			return;
		for (; some > 0; some--) {
			uint32_t c = biff_get16(at);

			if (*high != 0 || (c >= 0xD800 && c <= 0xDFFF))
				break;
			at += 2;
			done++;
			if (c < 0x80) {
				*to++ = (char)c;
			} else if (c < 0x800) {
				*to++ = (char)(0xC0 | c >> 6);
				*to++ = (char)(0x80 | (c & 0x3F));
			} else {
				*to++ = (char)(0xE0 | c >> 12);
				*to++ = (char)(0x80 | (c >> 6 & 0x3F));
				*to++ = (char)(0x80 | (c & 0x3F));
			}
		}
		into->len += (size_t)(to - room);
		if (some > 0) {
			uint32_t c = biff_get16(at);
			char pair[4];

			if (*high != 0 && c >= 0xDC00 && c <= 0xDFFF) {
				c = 0x10000 + ((*high - 0xD800) << 10) + (c - 0xDC00);
				buffer_add(into, pair, text_put(pair, c));
				*high = 0;
			} else if (*high != 0) {
				put_half(biff, *high, into);
				*high = 0;
				continue;
			} else if (c <= 0xDBFF) {
				*high = c;
			} else {
				put_half(biff, c, into);
			}
			at += 2;
			done++;
		}
	}
}

static void
put_narrow(const uint8_t *at, size_t chars, struct buffer *into)
{
	char *room = buffer_room(into, 2 * chars), *to = room;

	if (room == NULL)
		return;
	for (size_t i = 0; i < chars; i++) {
		if (at[i] < 0x80) {
			*to++ = (char)at[i];
		} else {
			*to++ = (char)(0xC0 | at[i] >> 6);
			*to++ = (char)(0x80 | (at[i] & 0x3F));
		}
	}
	into->len += (size_t)(to - room);
}

int
biff_string(struct biff *biff, uint32_t chars, bool wide, struct buffer *into, struct err *err)
{
	uint32_t high = 0, flags;
	int got = 1;

	while (chars > 0) {
		size_t bytes = (size_t)(biff->stop - biff->at), here = wide ? bytes / 2 : bytes;

		if (here > chars)
			here = chars;
		if (wide) {
			put_wide(biff, here, &high, into);
			biff->at += 2 * here;
		} else {
			if (high != 0 && here > 0) {
				put_half(biff, high, into);
				high = 0;
			}
			put_narrow(biff->at, here, into);
			biff->at += here;
		}
		chars -= (uint32_t)here;
		if (chars == 0)
			break;
		/* half a character before a CONTINUE: there is no telling what it belongs to */
		if (biff->at != biff->stop)
			return 0;
		got = biff_continue(biff, err);
		if (got != 1)
			return got;
		if (biff->at == biff->stop)
			continue;
		flags = *biff->at++;
		wide = (flags & 1) != 0;
	}
	if (high != 0)
		put_half(biff, high, into);
	return 1;
}

int
biff_bytes(struct biff *biff, size_t len, struct buffer *into, struct err *err)
{
	while (len > 0) {
		size_t here = (size_t)(biff->stop - biff->at);

		if (here > len)
			here = len;
		buffer_add(into, biff->at, here);
		biff->at += here;
		len -= here;
		if (len > 0) {
			int got = biff_continue(biff, err);

			if (got != 1)
				return got;
		}
	}
	return 1;
}
