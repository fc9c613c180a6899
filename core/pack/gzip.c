/*
 * gzip.c - see gzip.h.
 *
 *   member  1F 8B method:1(8) flags:1 time:4 extra-flags:1 system:1
 *           [length:2 extra] when flags & 4, [name NUL] & 8, [comment NUL] & 16, [header crc:2] & 2
 *           deflated data, crc:4, size modulo 2^32:4
 *
 * zlib reads headers and trailers; we put members one behind the other. Behind the last there may
 * be zeros, as tapes and some transfers leave them; anything else there is damage. A member that is
 * empty gives nothing but costs 20 bytes of the file, so there is no file that never ends.
 */
#include "core/pack/gzip.h"

#include <stdlib.h>

#include <zlib.h>

#include "core/base/file.h"

#define INPUT_BYTES ((size_t)64 * 1024)
#define NAME_BYTES 512

struct gzip {
	int fd;
	uint64_t at, left;
	uint64_t in, out;
	struct pack_limits limits;
	bool in_member, ended;
	z_stream inflater;
	gz_header header;
	char name[NAME_BYTES];
	uint8_t input[INPUT_BYTES];
};

static int
fail(enum pack_trouble *trouble, enum pack_trouble what, struct err *err, const char *why)
{
	bool ours = what == PACK_TROUBLE_MEMORY || what == PACK_TROUBLE_INPUT;

	*trouble = what;
	return err_set(err, ours ? ERR_STOP : ERR_INPUT, "%s", why);
}

/* See that there is input, unless the file is at its end. */
static int
fill(struct gzip *gzip, enum pack_trouble *trouble, struct err *err)
{
	size_t len = gzip->left < INPUT_BYTES ? (size_t)gzip->left : INPUT_BYTES;

	if (gzip->inflater.avail_in > 0 || len == 0)
		return 0;
	if (file_read_at(gzip->fd, gzip->input, len, gzip->at, err) != 0) {
		*trouble = err->kind == ERR_INPUT ? PACK_TROUBLE_CUT : PACK_TROUBLE_INPUT;
		return -1;
	}
	gzip->inflater.next_in = gzip->input;
	gzip->inflater.avail_in = (uInt)len;
	gzip->at += len;
	gzip->left -= len;
	return 0;
}

/* Between members: the next one, or the end. */
static int
next_member(struct gzip *gzip, enum pack_trouble *trouble, struct err *err)
{
	z_stream *z = &gzip->inflater;

	for (;;) {
		if (fill(gzip, trouble, err) != 0)
			return -1;
		if (z->avail_in == 0) {
			gzip->ended = true;
			return 0;
		}
		if (*z->next_in != 0)
			break;
		z->next_in++;
		z->avail_in--;
	}
	if (*z->next_in != 0x1F)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "gzip: other bytes behind the end");
	if (inflateReset(z) != Z_OK)
		return fail(trouble, PACK_TROUBLE_MEMORY, err, "gzip: not enough memory");
	gzip->in_member = true;
	return 0;
}

/* One step of unpacking into what room there is. */
static int
step(struct gzip *gzip, enum pack_trouble *trouble, struct err *err)
{
	z_stream *z = &gzip->inflater;
	uInt before;
	int status;

	if (!gzip->in_member)
		return next_member(gzip, trouble, err);
	if (fill(gzip, trouble, err) != 0)
		return -1;
	before = z->avail_in;
	if (before == 0)
		return fail(trouble, PACK_TROUBLE_CUT, err, "gzip: ends too early");
	status = inflate(z, Z_NO_FLUSH);
	gzip->in += before - z->avail_in;
	if (status == Z_STREAM_END)
		gzip->in_member = false;
	else if (status == Z_MEM_ERROR)
		return fail(trouble, PACK_TROUBLE_MEMORY, err, "gzip: not enough memory");
	else if (status != Z_OK)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "gzip: packed data are damaged");
	return 0;
}

int
gzip_open(struct gzip **out, int fd, uint64_t size, const struct pack_limits *limits, enum pack_trouble *trouble,
    struct err *err)
{
	struct gzip *gzip = calloc(1, sizeof(*gzip));

	*trouble = PACK_TROUBLE_NONE;
	*out = NULL;
	if (gzip == NULL || inflateInit2(&gzip->inflater, MAX_WBITS + 16) != Z_OK) {
		free(gzip);
		return fail(trouble, PACK_TROUBLE_MEMORY, err, "gzip: not enough memory");
	}
	gzip->fd = fd;
	gzip->left = size;
	gzip->limits = *limits;
	gzip->header.name = (Bytef *)gzip->name;
	gzip->header.name_max = NAME_BYTES - 1;
	if (fill(gzip, trouble, err) != 0)
		goto failed;
	if (gzip->inflater.avail_in < 2 || gzip->input[0] != 0x1F || gzip->input[1] != 0x8B) {
		(void)fail(trouble, PACK_TROUBLE_FOREIGN, err, "not a gzip file");
		goto failed;
	}
	gzip->in_member = true;
	gzip->inflater.next_out = gzip->input;
	(void)inflateGetHeader(&gzip->inflater, &gzip->header);
	/* Without room for output zlib reads the header and stops before the first byte of data. */
	while (gzip->header.done == 0 && gzip->in_member) {
		if (step(gzip, trouble, err) != 0)
			goto failed;
	}
	*out = gzip;
	return 0;
failed:
	gzip_close(gzip);
	return -1;
}

void
gzip_close(struct gzip *gzip)
{
	if (gzip == NULL)
		return;
	(void)inflateEnd(&gzip->inflater);
	free(gzip);
}

struct text
gzip_name(const struct gzip *gzip)
{
	return text_from(gzip->name);
}

int
gzip_read(struct gzip *gzip, void *into, size_t room, size_t *got, enum pack_trouble *trouble, struct err *err)
{
	z_stream *z = &gzip->inflater;

	*got = 0;
	if (room > UINT32_MAX)
		room = UINT32_MAX;
	z->next_out = into;
	z->avail_out = (uInt)room;
	while (z->avail_out > 0 && !gzip->ended) {
		if (step(gzip, trouble, err) != 0)
			return -1;
	}
	*got = room - z->avail_out;
	gzip->out += *got;
	if (gzip->out > PACK_RATIO_FREE && gzip->out / gzip->limits.ratio_max > gzip->in)
		return fail(trouble, PACK_TROUBLE_BOMB, err, "gzip: unpacks to far too much");
	if (gzip->out > gzip->limits.entry_bytes_max || gzip->out > gzip->limits.total_bytes_max)
		return fail(trouble, PACK_TROUBLE_LIMIT, err, "gzip: unpacks to more than allowed");
	return *got > 0 ? 1 : 0;
}
