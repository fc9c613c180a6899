/*
 * Tests of core/record/record: values come back as they were, under other field numbers too; bytes that do not hold
 * together are refused, never read past; ids keep people apart.
 */
#include "core/record/record.h"

#include <stdlib.h>

#include "tests/support/support.h"

#define FIELDS 300

static uint64_t seed = 88172645463325252u;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Some values, fields rising from 0, lengths about those where a varint grows; texts lie in ${bytes}. */
static size_t
make_values(struct value *values, const char *bytes)
{
	static const size_t lens[] = { 1, 2, 127, 128, 300, 16383, 16384 };
	size_t count = 0;

	for (unsigned field = (unsigned)(next_random() % 3); field < FIELDS;
	     field += 1 + (unsigned)(next_random() % 100)) {
		values[count++] = (struct value){ .field = (uint16_t)field,
			.invalid = next_random() % 4 == 0,
			.text = { bytes + next_random() % 100, lens[next_random() % ARRAY_LEN(lens)] } };
	}
	return count;
}

static void
values_come_back_as_they_were(void **state)
{
	static char bytes[20000];
	struct value values[FIELDS], value;
	struct buffer out;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 % 251);
	buffer_init(&out, 1 << 24);
	for (int round = 0; round < 500; round++) {
		size_t count = make_values(values, bytes);
		struct value_cursor cursor;

		buffer_clear(&out);
		values_encode(values, count, &out);
		assert_false(buffer_failed(&out));
		cursor = (struct value_cursor){ .bytes = buffer_as_text(&out) };
		for (size_t i = 0; i < count; i++) {
			struct text got = values_get(buffer_as_text(&out), values[i].field);

			assert_int_equal(values_next(&cursor, &value), 1);
			assert_int_equal(value.field, values[i].field);
			assert_int_equal(value.invalid, values[i].invalid);
			assert_true(text_eq(value.text, values[i].text));
			assert_true(text_eq(got, values[i].invalid ? (struct text){ 0 } : values[i].text));
		}
		assert_int_equal(values_next(&cursor, &value), 0);
		assert_int_equal(values_get(buffer_as_text(&out), FIELDS + 7).len, 0);
	}
	buffer_fini(&out);
}

static void
values_move_to_other_field_numbers(void **state)
{
	struct value values[] = {
		{ 0, false, TEXT("zero") },
		{ 2, true, TEXT("two") },
		{ 3, false, TEXT("three") },
		{ 5, false, TEXT("five") },
	};
	static const uint16_t remap[] = { 9, 8, 1, UINT16_MAX, 4, 0 };
	struct value scratch[6], value;
	struct value_cursor cursor;
	struct buffer out, moved;

	(void)state;
	buffer_init(&out, 1000);
	buffer_init(&moved, 1000);
	values_encode(values, ARRAY_LEN(values), &out);
	assert_int_equal(values_remap(buffer_as_text(&out), remap, 6, scratch, &moved), 0);
	cursor = (struct value_cursor){ .bytes = buffer_as_text(&moved) };
	assert_int_equal(values_next(&cursor, &value), 1);
	assert_int_equal(value.field, 0);
	assert_text(value.text, "five");
	assert_int_equal(values_next(&cursor, &value), 1);
	assert_int_equal(value.field, 1);
	assert_true(value.invalid);
	assert_text(value.text, "two");
	assert_int_equal(values_next(&cursor, &value), 1);
	assert_int_equal(value.field, 9);
	assert_text(value.text, "zero");
	assert_int_equal(values_next(&cursor, &value), 0);
	/* a field the old dataset did not have */
	assert_int_equal(values_remap(buffer_as_text(&out), remap, 5, scratch, &moved), -1);
	buffer_fini(&out);
	buffer_fini(&moved);
}

/* The same field again and again: more values than there are fields. */
static void
fields_that_do_not_rise_are_refused(void **state)
{
	static const char twice[] = { 2, 1, 'a', 0, 1, 'b' };
	static const uint16_t remap[] = { 0, 1 };
	struct value scratch[2];
	struct buffer bytes, out;

	(void)state;
	buffer_init(&bytes, 1000);
	buffer_init(&out, 1000);
	buffer_add(&bytes, twice, sizeof(twice));
	for (int i = 0; i < 50; i++)
		buffer_add(&bytes, twice + 3, 3);
	assert_int_equal(values_remap(buffer_as_text(&bytes), remap, 2, scratch, &out), -1);
	buffer_fini(&bytes);
	buffer_fini(&out);
}

static void
damaged_bytes_are_never_read_past(void **state)
{
	static char bytes[20000];
	struct value values[FIELDS];
	struct buffer out;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	buffer_init(&out, 1 << 24);
	for (int round = 0; round < 3000; round++) {
		struct value_cursor cursor;
		struct value value;
		uint16_t field = 0;
		size_t len;
		char *copy;
		int got, n = 0;

		buffer_clear(&out);
		values_encode(values, make_values(values, bytes), &out);
		if (out.len == 0)
			continue;
		len = round % 3 == 0 ? next_random() % out.len : out.len; /* cut, or */
		copy = malloc(len + 1);                                   /* a place that sanitizers watch */
		assert_non_null(copy);
		memcpy(copy, out.at, len);
		for (int i = 0; len > 0 && round % 3 > 0 && i < 3; i++) /* changed */
			copy[next_random() % (round % 3 == 1 ? len : len < 8 ? len : 8)] = (char)next_random();
		cursor = (struct value_cursor){ .bytes = { copy, len } };
		while ((got = values_next(&cursor, &value)) == 1) {
			assert_true(value.text.at >= copy && value.text.at + value.text.len <= copy + len);
			assert_true(n++ == 0 || value.field > field);
			field = value.field;
		}
		assert_true(got == 0 || got == -1);
		free(copy);
	}
	buffer_fini(&out);
}

static void
ids_keep_people_apart(void **state)
{
	struct anchor anchor = anchor_of(ANCHOR_NUMBER, TEXT("110101201001011230"), 5);
	struct anchor same = anchor_of(ANCHOR_NUMBER, TEXT("110101201001011230"), 5);
	struct anchor other = anchor_of(ANCHOR_NUMBER, TEXT("110101201001011230"), 6);
	struct anchor document = anchor_of(ANCHOR_DOCUMENT, TEXT("110101201001011230"), 5);
	uint8_t a[RECORD_ID_BYTES], b[RECORD_ID_BYTES];

	(void)state;
	assert_true(anchor.hash == same.hash);
	assert_true(anchor.hash != other.hash); /* another bureau */
	assert_true(anchor.hash != document.hash);
	record_id_make(a, anchor, TEXT("registry"), TEXT("Li"), 5);
	record_id_make(b, same, TEXT("registry"), TEXT("Li"), 5);
	assert_memory_equal(a, b, sizeof(a));
	for (int i = 0; i < 8; i++)
		assert_int_equal(a[i], (uint8_t)(anchor.hash >> (56 - 8 * i)));
	record_id_make(b, same, TEXT("grants"), TEXT("Li"), 5);
	assert_memory_equal(a, b, 8);
	assert_memory_not_equal(a + 8, b + 8, 8);
	record_id_make(b, same, TEXT("registry"), TEXT("Wang"), 5);
	assert_memory_not_equal(a + 8, b + 8, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back_as_they_were),
		cmocka_unit_test(values_move_to_other_field_numbers),
		cmocka_unit_test(fields_that_do_not_rise_are_refused),
		cmocka_unit_test(damaged_bytes_are_never_read_past),
		cmocka_unit_test(ids_keep_people_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
