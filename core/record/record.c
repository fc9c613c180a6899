/*
 * record.c - the encoding of values and of record ids; see record.h.
 */
#include "core/record/record.h"

#include <stdlib.h>

#include "core/base/digest.h"

static size_t
varint_put(uint8_t *out, uint32_t value)
{
	size_t len = 0;

	while (value >= 0x80) {
		out[len++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[len++] = (uint8_t)value;
	return len;
}

void
values_encode(const struct value *values, size_t count, struct buffer *out)
{
	uint16_t previous = 0;

	for (size_t i = 0; i < count; i++) {
		const struct value *value = &values[i];
		char *room = buffer_room(out, value->text.len + 10);
		uint8_t *at = (uint8_t *)room;

		if (room == NULL)
			return;
		at += varint_put(at, 2 * (uint32_t)(value->field - previous) + (value->invalid ? 1u : 0u));
		at += varint_put(at, (uint32_t)value->text.len);
		memcpy(at, value->text.at, value->text.len);
		at += value->text.len;
		out->len += (size_t)((char *)at - room);
		previous = value->field;
	}
}

struct text
values_get(struct text bytes, uint16_t field)
{
	struct value_cursor cursor = { .bytes = bytes };
	struct value value;

	while (values_next(&cursor, &value) == 1 && value.field <= field) {
		if (value.field == field)
			return value.invalid ? (struct text){ 0 } : value.text;
	}
	return (struct text){ 0 };
}

static int
value_order(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	return (x->field > y->field) - (x->field < y->field);
}

int
values_remap(struct text bytes, const uint16_t *remap, size_t count, struct value *scratch, struct buffer *out)
{
	struct value_cursor cursor = { .bytes = bytes };
	struct value value;
	size_t kept = 0;
	int got;

	while ((got = values_next(&cursor, &value)) == 1) {
		if (value.field >= count)
			return -1;
		value.field = remap[value.field];
		if (value.field != UINT16_MAX)
			scratch[kept++] = value;
	}
	if (got < 0)
		return -1;
	qsort(scratch, kept, sizeof(*scratch), value_order);
	values_encode(scratch, kept, out);
	return 0;
}

struct anchor
anchor_of(enum anchor_kind kind, struct text number, uint64_t seed)
{
	return (struct anchor){ kind, hash64(number.at, number.len, seed + (uint64_t)kind) };
}

void
record_id_make(uint8_t id[RECORD_ID_BYTES], struct anchor anchor, struct text source, struct text name, uint64_t seed)
{
	uint64_t rest = hash64(name.at, name.len, hash64(source.at, source.len, seed ^ anchor.hash));

	for (int i = 0; i < 8; i++) {
		id[i] = (uint8_t)(anchor.hash >> (56 - 8 * i));
		id[8 + i] = (uint8_t)(rest >> (56 - 8 * i));
	}
}
