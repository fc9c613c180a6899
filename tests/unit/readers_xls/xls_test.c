/*
 * xls_test.c - workbooks built record by record: strings cut anywhere, numbers, date formats, what
 * is broken.
 */
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>

#include "producers/readers/xls_number.h"
#include "producers/readers/xls_styles.h"
#include "tests/support/reading.h"

/* A BIFF8 stream in the making, and the record of it that is open. */
static struct buffer stream;
static size_t record;

static void
put16(uint32_t value)
{
	buffer_char(&stream, (char)(value & 0xFF));
	buffer_char(&stream, (char)(value >> 8 & 0xFF));
}

static void
put32(uint32_t value)
{
	put16(value & 0xFFFF);
	put16(value >> 16);
}

static void
record_begin(uint32_t type)
{
	put16(type);
	put16(0);
	record = stream.len;
}

static void
record_end(void)
{
	stream.at[record - 2] = (char)((stream.len - record) & 0xFF);
	stream.at[record - 1] = (char)((stream.len - record) >> 8);
}

static void
put_bof(uint32_t kind)
{
	record_begin(0x809);
	put16(0x600);
	put16(kind);
	put32(0);
	record_end();
}

static void
put_eof(void)
{
	record_begin(0x0A);
	record_end();
}

/* Globals up to, without, their EOF; sheet_begin() then ends them. */
static size_t sheet_place;

static void
book_begin(void)
{
	buffer_clear(&stream);
	put_bof(5);
	record_begin(0x85);
	sheet_place = stream.len;
	put32(0);
	put16(0);
	buffer_add(&stream, "\x01\x00S", 3);
	record_end();
}

static void
sheet_begin(void)
{
	put_eof();
	for (unsigned i = 0; i < 4; i++)
		stream.at[sheet_place + i] = (char)(stream.len >> (8 * i) & 0xFF);
	put_bof(0x10);
}

static void
put_labelsst(uint32_t row, uint32_t column, uint32_t string)
{
	record_begin(0xFD);
	put16(row);
	put16(column);
	put16(0);
	put32(string);
	record_end();
}

static void
put_number(uint32_t row, uint32_t column, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	record_begin(0x203);
	put16(row);
	put16(column);
	put16(0);
	put32((uint32_t)bits);
	put32((uint32_t)(bits >> 32));
	record_end();
}

static void
read_book(struct reading *reading)
{
	struct err err;

	reading_init(reading);
	assert_int_equal(reading_bytes(reading, &reader_xls, stream.at, stream.len, &err), 0);
}

#define assert_lines(reading, expected)                                                                                \
	do {                                                                                                           \
		buffer_char(&(reading)->lines, '\0');                                                                  \
		assert_string_equal((reading)->lines.at, expected);                                                    \
	} while (0)

/* One byte of a table of shared strings; ${wide} tells what a cut before it must repeat: 0, 1, or
 * -1 for nothing. */
struct piece {
	char byte;
	int wide;
	bool inside; /* of a character: no cut before it */
};

static size_t
add_string(struct piece *to, const char *chars, size_t count, bool wide, bool rich, bool phonetic)
{
	size_t n = 0;

	to[n++].byte = (char)count;
	to[n++].byte = 0;
	to[n++].byte = (char)((wide ? 1 : 0) | (phonetic ? 4 : 0) | (rich ? 8 : 0));
	if (rich) {
		to[n++].byte = 2;
		to[n++].byte = 0;
	}
	if (phonetic) {
		to[n++].byte = 5;
		for (int i = 0; i < 3; i++)
			to[n++].byte = 0;
	}
	for (size_t i = 0; i < n; i++)
		to[i].wide = -1;
	for (size_t i = 0; i < count * (wide ? 2 : 1); i++) {
		/* before the first character a cut may come too: then also with a flag byte */
		to[n].wide = wide;
		to[n].inside = wide && i % 2 == 1;
		to[n++].byte = chars[i];
	}
	for (int i = 0; i < (rich ? 8 : 0) + (phonetic ? 5 : 0); i++) {
		to[n].wide = -1;
		to[n++].byte = (char)(0x55 + i);
	}
	return n;
}

/* A book whose shared strings are cut before pieces ${a} and ${b}. */
static void
build_cut(const struct piece *pieces, size_t count, size_t a, size_t b, uint32_t told)
{
	book_begin();
	record_begin(0xFC);
	put32(3);
	put32(told);
	for (size_t i = 0; i < count; i++) {
		if (i == a || i == b) {
			record_end();
			record_begin(0x3C);
			if (pieces[i].wide >= 0)
				buffer_char(&stream, (char)pieces[i].wide);
		}
		buffer_char(&stream, pieces[i].byte);
	}
	record_end();
	sheet_begin();
	for (uint32_t i = 0; i < 3; i++)
		put_labelsst(0, i, i);
	put_eof();
}

static void
shared_strings_may_be_cut_anywhere(void **state)
{
	struct piece pieces[128] = { 0 };
	struct reading reading;
	size_t count = 0;

	(void)state;
	count += add_string(pieces + count, "ab\xE9", 3, false, true, false);
	count += add_string(pieces + count, "\x66\x5B\x42\xD8\xB7\xDF\x41\x00", 4, true, true, true);
	count += add_string(pieces + count, "xyz", 3, false, false, true);
	for (size_t a = 0; a <= count; a++) {
		for (size_t b = a; b <= count; b++) {
			if ((a < count && pieces[a].inside) || (b < count && pieces[b].inside))
				continue;
			build_cut(pieces, count, a, b, (uint32_t)((a + b) % 2 == 0 ? 3 : 1000000000));
			read_book(&reading);
			assert_int_equal(reading.refused, REFUSED_NO);
			assert_int_equal(reading.flagged, 0);
			assert_lines(&reading, "{\"sheet\":\"S\",\"row\":1,\"cells\":[\"abé\",\"学𠮷A\",\"xyz\"]}\n");
			reading_fini(&reading);
		}
	}
}

static void
shared_strings_cut_inside_a_character_are_damage(void **state)
{
	struct piece pieces[128] = { 0 };
	struct reading reading;
	size_t count = add_string(pieces, "\x66\x5B\x41\x00", 2, true, false, false);

	(void)state;
	build_cut(pieces, count, 4, count + 1, 1);
	read_book(&reading);
	assert_int_equal(reading.refused, REFUSED_DAMAGED);
	reading_fini(&reading);
}

static void
half_a_surrogate_pair_is_shown_and_its_row_marked(void **state)
{
	struct piece pieces[128] = { 0 };
	struct reading reading;
	size_t count = 0;

	(void)state;
	count += add_string(pieces + count, "\x42\xD8\x41\x00", 2, true, false, false);
	count += add_string(pieces + count, "\xB7\xDF", 1, true, false, false);
	count += add_string(pieces + count, "\x42\xD8", 1, true, false, false);
	build_cut(pieces, count, count + 1, count + 1, 3);
	read_book(&reading);
	assert_int_equal(reading.refused, REFUSED_NO);
	assert_int_equal(reading.flagged, 1);
	assert_lines(&reading,
	    "{\"sheet\":\"S\",\"row\":1,\"cells\":[\"\\\\uD842A\",\"\\\\uDFB7\","
	    "\"\\\\uD842\"]}\n");
	reading_fini(&reading);
}

static void
a_shared_string_that_is_not_there_is_damage(void **state)
{
	struct reading reading;

	(void)state;
	book_begin();
	sheet_begin();
	put_labelsst(4, 1, 0);
	put_eof();
	read_book(&reading);
	assert_int_equal(reading.refused, REFUSED_DAMAGED);
	assert_int_equal(reading.where.row, 5);
	reading_fini(&reading);
}

static void
cells_out_of_order_are_put_in_order(void **state)
{
	struct reading reading;

	(void)state;
	book_begin();
	sheet_begin();
	put_number(7, 1, 1);
	put_number(2, 1, 2);
	put_number(2, 0, 3);
	put_number(7, 1, 4);
	put_eof();
	read_book(&reading);
	assert_int_equal(reading.refused, REFUSED_NO);
	assert_lines(&reading,
	    "{\"sheet\":\"S\",\"row\":3,\"cells\":[\"3\",\"2\"]}\n"
	    "{\"sheet\":\"S\",\"row\":8,\"cells\":[\"\",\"4\"]}\n");
	reading_fini(&reading);
}

static void
a_password_or_a_cut_end_refuses_the_book(void **state)
{
	struct reading reading;

	(void)state;
	book_begin();
	record_begin(0x2F);
	put32(1);
	record_end();
	sheet_begin();
	put_eof();
	read_book(&reading);
	assert_int_equal(reading.refused, REFUSED_ENCRYPTED);
	reading_fini(&reading);

	book_begin();
	sheet_begin();
	put_number(0, 0, 1);
	read_book(&reading);
	assert_int_equal(reading.refused, REFUSED_TRUNCATED);
	reading_fini(&reading);
}

static void
sheets_that_lie_over_one_another_are_damage(void **state)
{
	struct reading reading;
	size_t first;

	(void)state;
	book_begin();
	first = sheet_place;
	for (int i = 0; i < 3; i++) {
		record_begin(0x85);
		put32(0);
		put16(0);
		buffer_add(&stream, "\x01\x00S", 3);
		record_end();
	}
	sheet_begin();
	for (uint32_t i = 0; i < 100; i++)
		put_number(i, 0, 1);
	put_eof();
	for (size_t i = 1; i < 4; i++)
		memcpy(stream.at + first + i * 13, stream.at + first, 4);
	read_book(&reading);
	assert_int_equal(reading.refused, REFUSED_DAMAGED);
	reading_fini(&reading);
}

static void
formulas_without_result_are_told_apart(void **state)
{
	struct reading reading;

	(void)state;
	book_begin();
	sheet_begin();
	record_begin(0x06);
	put16(0);
	put16(1);
	put16(0);
	put32(0);
	put32(0xFFFF0000u);
	put16(0);
	put32(0);
	put16(0);
	record_end();
	put_number(0, 2, 5);
	put_eof();
	read_book(&reading);
	assert_int_equal(reading.refused, REFUSED_NO);
	assert_lines(&reading, "{\"sheet\":\"S\",\"row\":1,\"cells\":[\"\",\"\",\"5\"]}\n");
	assert_text(buffer_as_text(&reading.kinds), "tun\n");
	reading_fini(&reading);
}

static void
check_number(double value, const char *expected)
{
	char out[XLS_NUMBER_MAX];
	size_t len = xls_number_text(value, out);

	assert_text(((struct text){ out, len }), expected);
}

static void
numbers_are_the_shortest_decimals_that_read_back(void **state)
{
	static const struct {
		double value;
		const char *text;
	} table[] = {
		{ 0, "0" },
		{ -0.0, "0" },
		{ 1, "1" },
		{ -17.5, "-17.5" },
		{ 0.1, "0.1" },
		{ 0.30000000000000004, "0.30000000000000004" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 410303201409010000.0, "410303201409010000" },
		{ 9007199254740991, "9007199254740991" },
		{ 9007199254740993.0, "9007199254740992" },
		{ 1e20, "100000000000000000000" },
		{ 1e21, "1e+21" },
		{ 123e22, "1.23e+24" },
		{ 0.0000001, "0.0000001" },
		{ 0.00000001, "1e-8" },
		{ 5e-324, "5e-324" },
		{ 0x1p-44, "5.684341886080802e-14" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ 41153.000011574, "41153.000011574" },
		{ 99999999999999.9, "99999999999999.9" },
		{ 12345678.987654321, "12345678.98765432" },
	};
	char out[XLS_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		check_number(table[i].value, table[i].text);
	assert_int_equal(xls_number_text((double)NAN, out), 0);
	assert_int_equal(xls_number_text((double)INFINITY, out), 0);
}

/* Any number reads back, and none of fewer digits would. */
static void
numbers_read_back_whatever_they_are(void **state)
{
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char out[XLS_NUMBER_MAX + 1];
		double value;
		size_t len;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		if (i % 3 == 0) {
			value = (double)(int64_t)(seed % 2000000000000u) / 1000;
		} else {
			uint64_t bits = i % 3 == 1 ? seed : (seed >> 12) | (uint64_t)1010 << 52;

			memcpy(&value, &bits, sizeof(value));
		}
		if (!isfinite(value))
			continue;
		len = xls_number_text(value, out);
		assert_true(len > 0 && len <= XLS_NUMBER_MAX);
		out[len] = '\0';
		assert_true(strtod(out, NULL) == value);
		for (int digits = 1; digits <= 16; digits++) {
			char other[64];

			snprintf(other, sizeof(other), "%.*e", digits - 1, value);
			if (strtod(other, NULL) == value) {
				size_t ours = 0, skip = 1;

				for (size_t c = 0; c < len && out[c] != 'e'; c++) {
					if (out[c] >= '0' && out[c] <= '9' && (out[c] != '0' || skip == 0)) {
						skip = 0;
						ours++;
					}
				}
				/* zeros before the point are not counted by printf's digits */
				assert_true(
				    ours <= (size_t)digits || value == (double)(int64_t)value || fabs(value) > 1e15);
				break;
			}
		}
	}
}

static void
packed_numbers_are_unpacked(void **state)
{
	static const struct {
		uint32_t rk;
		const char *text;
	} table[] = {
		{ 0x3FF00000, "1" },
		{ 0x3FF00001, "0.01" },
		{ 5u << 2 | 2, "5" },
		{ 123u << 2 | 3, "1.23" },
		{ 0xFFFFFFFEu, "-1" },
		{ 0xFFFFFFFFu, "-0.01" },
		{ 0x80000002u, "-536870912" },
		{ 0x7FFFFFFFu, "5368709.11" },
		{ 1230u << 2 | 3, "12.3" },
	};
	char out[XLS_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		assert_text(((struct text){ out, xls_number_rk(table[i].rk, out) }), table[i].text);
}

static void
date_patterns_are_told_from_number_patterns(void **state)
{
	static const char *const dates[] = { "yyyy-mm-dd", "yyyy\"年\"m\"月\"d\"日\"", "[h]:mm:ss", "mm:ss.0",
		"[$-804]yyyy/m/d;@", "h:mm AM/PM", "[hh]", "d", "[DBNum1]yyyy年m月" };
	static const char *const numbers[] = { "General", "0", "0.00", "#,##0", "@", "0%", "[Red]0.00", "\"days\" 0",
		"0\\d", "# ?/?", "0.00E+00", "_-* #,##0_-", "\"yyyy\"", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dates); i++)
		assert_true(xls_styles_pattern_is_date(text_from(dates[i])));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		assert_false(xls_styles_pattern_is_date(text_from(numbers[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_strings_may_be_cut_anywhere),
		cmocka_unit_test(shared_strings_cut_inside_a_character_are_damage),
		cmocka_unit_test(half_a_surrogate_pair_is_shown_and_its_row_marked),
		cmocka_unit_test(a_shared_string_that_is_not_there_is_damage),
		cmocka_unit_test(cells_out_of_order_are_put_in_order),
		cmocka_unit_test(a_password_or_a_cut_end_refuses_the_book),
		cmocka_unit_test(sheets_that_lie_over_one_another_are_damage),
		cmocka_unit_test(formulas_without_result_are_told_apart),
		cmocka_unit_test(numbers_are_the_shortest_decimals_that_read_back),
		cmocka_unit_test(numbers_read_back_whatever_they_are),
		cmocka_unit_test(packed_numbers_are_unpacked),
		cmocka_unit_test(date_patterns_are_told_from_number_patterns),
	};
	int failed;

	buffer_init(&stream, (size_t)1 << 20);
	failed = cmocka_run_group_tests_name("xls", tests, NULL, NULL);
	buffer_fini(&stream);
	return failed;
}
