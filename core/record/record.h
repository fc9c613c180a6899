/*
 * record.h - what one source says of one person, as values in the order of the dataset, and its bytes.
 *
 * Encoded values, one after another, fields rising: varint(2 * (field - previous field) + invalid), varint(length),
 * bytes. "previous field" begins at 0. A varint has seven bits a byte, low first, the top bit set on all but
 * the last. An invalid value is the raw text of a cell that could not be used: kept, never merged over a valid one.
 */
#ifndef YICI_CORE_RECORD_RECORD_H
#define YICI_CORE_RECORD_RECORD_H

#include "core/base/buffer.h"

/* Where a row stands, as its sender sees it. */
struct origin {
	uint32_t file;  /* number in the run's list of files */
	uint16_t sheet; /* from 0 */
	uint32_t row;   /* from 1, as Excel counts */
};

struct value {
	uint16_t field;
	bool invalid;
	struct text text; /* clean text, or the raw one when invalid; never empty */
};

#define RECORD_ID_BYTES 16

/* Append ${count} values, fields rising, to ${out}. */
void values_encode(const struct value *values, size_t count, struct buffer *out);

/* Walk encoded values: start with {bytes, 0}. */
struct value_cursor {
	struct text bytes;
	size_t pos;
	uint16_t field;
};

/* One number of seven bits a byte, low first; false when it is cut or too long. */
static inline bool
values_number(struct text bytes, size_t *pos, uint32_t *value)
{
	uint32_t sum = 0;

	for (unsigned shift = 0; shift < 35 && *pos < bytes.len; shift += 7) {
		uint8_t byte = (uint8_t)bytes.at[(*pos)++];

		sum |= (uint32_t)(byte & 0x7F) << shift;
		if (byte < 0x80) {
			*value = sum;
			return true;
		}
	}
	return false;
}

/*
 * The next value: 1, 0 at the end, -1 when the bytes do not hold together. The text points into the bytes. Here and not
 * in record.c because merging calls it for every value of every record: inlined, a value stays in registers.
 */
MUST_CHECK static inline int
values_next(struct value_cursor *cursor, struct value *value)
{
	bool first = cursor->pos == 0;
	uint32_t head, len;

	*value = (struct value){ 0 };
	if (cursor->pos == cursor->bytes.len)
		return 0;
	if (!values_number(cursor->bytes, &cursor->pos, &head) || !values_number(cursor->bytes, &cursor->pos, &len)
	    || len > cursor->bytes.len - cursor->pos || head / 2 > UINT16_MAX - 1u - cursor->field
	    || (head / 2 == 0 && !first)) /* fields rise: who has room for each field once may rely on it */
		return -1;
	cursor->field = (uint16_t)(cursor->field + head / 2);
	value->field = cursor->field;
	value->invalid = head & 1;
	value->text = (struct text){ cursor->bytes.at + cursor->pos, len };
	cursor->pos += len;
	return 1;
}

/* The value of one field among encoded values; an empty text when it is absent or invalid. */
struct text values_get(struct text bytes, uint16_t field);

/*
 * The same values under other field numbers: ${remap}[old] is the new number, UINT16_MAX for a field that is gone. ${scratch}
 * has room for ${count} values, as many as there are old fields. Appends to ${out}; -1 when the bytes do not hold together.
 */
MUST_CHECK int values_remap(
    struct text bytes, const uint16_t *remap, size_t count, struct value *scratch, struct buffer *out);

/*
 * Who a row speaks of, inside its source. The first eight bytes of the record id are the anchor: a hash of the
 * number that identifies the person (the same in every source), or, without any, of name and birth date, or of
 * name, school and class; in datasets whose sources have keys of their own, of source and key. The last eight hash source, anchor and name, so that two people under one wrongly
 * shared number stay two records; behind a key no name counts, for the key alone says who it is.
 */
enum anchor_kind {
	ANCHOR_NONE,       /* nobody can be identified */
	ANCHOR_NUMBER,     /* valid 18-digit number: id number, or core of a G student number */
	ANCHOR_DOCUMENT,   /* another valid document: type and number */
	ANCHOR_STUDENT_NO, /* J or L number */
	ANCHOR_BIRTH,      /* name and birth date, and the school or the guardian where there is one */
	ANCHOR_CLASS,      /* name, school and class */
	ANCHOR_KEY,        /* the source's own key: nobody of another source has it */
};

struct anchor {
	enum anchor_kind kind;
	uint64_t hash;
};

/* The anchor of an identifying number, as any record that carries it would have it. ${seed}: the bureau's own. */
struct anchor anchor_of(enum anchor_kind kind, struct text number, uint64_t seed);

/* The 16 bytes, high byte first so that memcmp() orders by anchor. */
void record_id_make(
    uint8_t id[RECORD_ID_BYTES], struct anchor anchor, struct text source, struct text name, uint64_t seed);

#endif
