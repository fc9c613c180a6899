/*
 * biff.h - the records of a BIFF5 or BIFF8 stream, one after another, with a window of fixed size
 * on the stream.
 *
 * A record is u16 type, u16 length, body. What does not fit one body goes on in CONTINUE records.
 * biff_next() gives the next record; its body is at..stop, borrowed until the next call.
 * biff_take...() and biff_string() eat the body from the left and step into CONTINUE records by
 * themselves.
 */
#ifndef YICI_PRODUCERS_READERS_BIFF_H
#define YICI_PRODUCERS_READERS_BIFF_H

#include "core/base/buffer.h"
#include "producers/readers/ole2.h"

enum biff_record {
	BIFF_FORMULA = 0x06,
	BIFF_EOF = 0x0A,
	BIFF_DATEMODE = 0x22,
	BIFF_FILEPASS = 0x2F,
	BIFF_CONTINUE = 0x3C,
	BIFF_CODEPAGE = 0x42,
	BIFF_RK_OLD = 0x7E,
	BIFF_BOUNDSHEET = 0x85,
	BIFF_MULRK = 0xBD,
	BIFF_RSTRING = 0xD6,
	BIFF_XF = 0xE0,
	BIFF_SST = 0xFC,
	BIFF_LABELSST = 0xFD,
	BIFF_NUMBER = 0x203,
	BIFF_LABEL = 0x204,
	BIFF_BOOLERR = 0x205,
	BIFF_STRING = 0x207,
	BIFF_FORMULA_4 = 0x406, /* types that some writers of BIFF5 and 8 take from older versions */
	BIFF_FORMULA_3 = 0x206,
	BIFF_FORMAT_4 = 0x41E,
	BIFF_RK = 0x27E,
	BIFF_BOF = 0x809,
	BIFF_SHRFMLA = 0x4BC,
	BIFF_SHRFMLA_OLD = 0xBC,
	BIFF_ARRAY = 0x221,
	BIFF_TABLE = 0x236,
	BIFF_NONE = 0x10000, /* no record in hand */
};

struct biff {
	struct ole2_stream *stream;
	uint8_t *window;
	size_t start, end;        /* filled and not yet given, inside ${window} */
	uint64_t pos;             /* stream place of ${start} */
	uint32_t type;            /* of the record in hand */
	const uint8_t *at, *stop; /* what is left of its body */
	bool broken;              /* biff_string() met half of a surrogate pair; the caller clears it */
};

/* Over ${stream}, borrowed, from its start. biff_fini() also after a failure. */
MUST_CHECK int biff_init(struct biff *biff, struct ole2_stream *stream, struct err *err);
void biff_fini(struct biff *biff);

MUST_CHECK int biff_seek(struct biff *biff, uint64_t pos, struct err *err);

/* The next record: 1; or 0 at the end of the stream; or -1 (a record that does not fit is
 * ERR_INPUT). */
MUST_CHECK int biff_next(struct biff *biff, struct err *err);

/* Step to the next record when it is a CONTINUE: 1, else 0 and nothing moves; -1 as above. */
MUST_CHECK int biff_continue(struct biff *biff, struct err *err);

/* Little-endian numbers, also across CONTINUE: 1; 0 when the record ends; -1. */
MUST_CHECK int biff_take16(struct biff *biff, uint32_t *value, struct err *err);
MUST_CHECK int biff_take8(struct biff *biff, uint32_t *value, struct err *err);
MUST_CHECK int biff_take32(struct biff *biff, uint32_t *value, struct err *err);
MUST_CHECK int biff_skip(struct biff *biff, uint64_t bytes, struct err *err);

/*
 * Put ${chars} characters of a BIFF8 string behind what ${into} holds, as UTF-8: two bytes each
 * when ${wide}, else one byte (Latin-1). Each CONTINUE inside begins with a byte that says anew
 * which. 1; 0 when the record ends too early; -1. A half surrogate pair is written as \uXXXX and
 * sets ${broken}. ${into} may fail: ask it.
 */
MUST_CHECK int biff_string(struct biff *biff, uint32_t chars, bool wide, struct buffer *into, struct err *err);

/* Put ${len} raw bytes behind what ${into} holds, across CONTINUE records without further ado
 * (BIFF5). */
MUST_CHECK int biff_bytes(struct biff *biff, size_t len, struct buffer *into, struct err *err);

static inline uint32_t
biff_get16(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static inline uint32_t
biff_get32(const uint8_t *at)
{
	return biff_get16(at) | biff_get16(at + 2) << 16;
}

#endif
