/* csv_test.c - every quirk of delimited text, as a table: bytes in, rows out; each in many block
 * sizes. */
#include <stdlib.h>

#include "tests/support/support.h"
#include "tests/unit/csv/collect.h"

#define LIT(bytes) bytes, sizeof(bytes) - 1

static const struct {
	const char *bytes;
	size_t len;
	const char *shown;
} cases[] = {
	/* line ends, blank lines, last line without end */
	{ LIT("a,b\n1,2\n"), "csv utf8\n1|a|b\n2|1|2\nend 2\n" },
	{ LIT("a,b\r\n1,2"), "csv utf8\n1|a|b\n2|1|2\nend 2\n" },
	{ LIT("a,b\r1,2\r"), "csv utf8\n1|a|b\n2|1|2\nend 2\n" },
	{ LIT("a,b\r\r\n\n1,2\n\n\n"), "csv utf8\n1|a|b\n4|1|2\nend 2\n" },
	{ LIT("\n\n,\na,b\n"), "csv utf8\n4|a|b\nend 1\n" },
	{ LIT("a"), "csv utf8\n1|a\nend 1\n" },
	/* quotes */
	{ LIT("\"a,\"\"b\"\"\",\"\",\"c\nd\"\n1,2,3\n"), "csv utf8\n1|a,\"b\"||c\\nd\n2|1|2|3\nend 2\n" },
	{ LIT("a,b\n\"x\"y,z\n"), "csv utf8\n1|a|b\n2|xy|z\nend 2\n" },
	{ LIT("a,b\n\"x\"\"y\"z\"w,z\n"), "csv utf8\n1|a|b\n2|x\"yz\"w|z\nend 2\n" },
	{ LIT("a,b\nx\"y\"z, \"q\"\n"), "csv utf8\n1|a|b\n2|x\"y\"z| \"q\"\nend 2\n" },
	{ LIT("a,b\n=\"0123\",2\n"), "csv utf8\n1|a|b\n2|=\"0123\"|2\nend 2\n" },
	{ LIT("a,b\n 1 ,\t2 \n"), "csv utf8\n1|a|b\n2| 1 |\t2 \nend 2\n" },
	{ LIT("a,b\n\"1\r\n2\",\"3\"\r\n4,5"), "csv utf8\n1|a|b\n2|1\\r\\n2|3\n3|4|5\nend 3\n" },
	{ LIT("a,\"b\""), "csv utf8\n1|a|b\nend 1\n" },
	/* a quote that is never closed, or closes another field far below */
	{ LIT("a,b\n\"1,2\n3,4\n"), "csv utf8\n1|a|b\n2 BROKEN|\"1|2\n3|3|4\nend 3\n" },
	{ LIT("a,b\n\"1,2\n3,4\n5,\"6\n7,8\n"),
	    "csv utf8\n1|a|b\n2 BROKEN|\"1|2\n3|3|4\n4 BROKEN|5|\"6\n5|7|8\nend 5\n" },
	{ LIT("a,b\n1,\""), "csv utf8\n1|a|b\n2 BROKEN|1|\"\nend 2\n" },
	/* delimiters */
	{ LIT("a\tb,c\n1\t2\n"), "tsv utf8\n1|a|b,c\n2|1|2\nend 2\n" },
	{ LIT("a;b\n1;2,5\n"), "csv utf8\n1|a|b\n2|1|2,5\nend 2\n" },
	{ LIT("a|b|c\n1|2|3\n"), "csv utf8\n1|a|b|c\n2|1|2|3\nend 2\n" },
	{ LIT("one, two, three, four\n\na\tb\n1\t2\n3\t4\n5\t6\n"),
	    "tsv utf8\n1|one, two, three, four\n3|a|b\n4|1|2\n5|3|4\n6|5|6\nend 5\n" },
	{ LIT("sep=;\r\na;b,c\r\n"), "csv utf8\n2|a|b,c\nend 1\n" },
	{ LIT("\"sep=,\"\na;b,c;d\n"), "csv utf8\n2|a;b|c;d\nend 1\n" },
	{ LIT("sep=x\na,b\n"), "csv utf8\n1|sep=x\n2|a|b\nend 2\n" },
	/* encodings */
	{ LIT("\xEF\xBB\xBF"
	      "a,b\n"),
	    "csv utf8-bom\n1|a|b\nend 1\n" },
	{ LIT("\xEF\xBB\xBF\"a\",b\n"), "csv utf8-bom\n1|a|b\nend 1\n" },
	{ LIT("姓名,民族\n张三,汉\n"), "csv utf8\n1|姓名|民族\n2|张三|汉\nend 2\n" },
	{ LIT("\xD0\xD5\xC3\xFB,a\n\xD5\xC5\xC8\xFD,\"\xBA\xBA,\"\n"), "csv gb18030\n1|姓名|a\n2|张三|汉,\nend 2\n" },
	/* E97C: the second byte is a bar; E946, F05C: second bytes are letters and backslash */
	{ LIT("\xD0\xD5\xC3\xFB|a|b\n\xE9\x7C|\xE9\x46|\xF0\x5C\n"), "csv gb18030\n1|姓名|a|b\n2|閨|镕|餦\nend 2\n" },
	{ LIT("\x82\x35\x90\x37,\xFE\x59,\xFE\x51,\xAA\xA1\n\xD0\xD5,1,2,3\n"),
	    "csv gb18030\n1|龴|龴|𠂇|\xEE\x80\x80\n2|姓|1|2|3\nnote 2 2\nend 2\n" },
	{ LIT("\xFF\xFE"
	      "a\0\t\0b\0\n\0"
	      "1\0\t\0\x40\xD8\x87\xDC\n\0"),
	    "tsv utf16le\n1|a|b\n2|1|𠂇\nend 2\n" },
	{ LIT("\xFE\xFF\0a\0,\0b\0\r\0\n\x4E\0\0,\0\"\0,\0\""), "csv utf16be\n1|a|b\n2|一|,\nend 2\n" },
	/* cut inside the last character */
	{ LIT("a,b\n1,\xE5\xBC\xA0\n2,\xE5\xBC"), "csv utf8\n1|a|b\n2|1|张\n3 BROKEN|2|\\\\xE5\\\\xBC\nend 3\n" },
	{ LIT("a,\xD0\xD5\n1,\xD5\xC5\xC8\xFD\n2,\xD5"), "csv gb18030\n1|a|姓\n2|1|张三\n3 BROKEN|2|\\\\xD5\nend 3\n" },
	/* a few faulty bytes among many lines */
	{ LIT("a,b\n1,2\n1,2\n1,2\n1,2\n1,2\n1,2\n1,2\n1,\xFF\xC0,\n1,2\n1,2\n"),
	    "csv utf8\n1|a|b\n2|1|2\n3|1|2\n4|1|2\n5|1|2\n6|1|2\n7|1|2\n8|1|2\n9 "
	    "BROKEN|1|\\\\xFF\\\\xC0\n"
	    "10|1|2\n11|1|2\nend 11\n" },
	/* refused */
	{ LIT(""), "refused 1\n" },
	{ LIT("\xEF\xBB\xBF"), "refused 1\n" },
	{ LIT(" \t\r\n\n  "), "refused 1\n" },
	{ LIT(",,\n,,\n"), "refused 1\n" },
	{ LIT("\0\0\0\0\0\0\0\0"), "refused 2\n" },
	{ LIT("\xFF,\xFF\n\xFF,\xFF\n\xFF,\x80\n"), "refused 3\n" },
};

static void
csv_rows_are_as_the_table_says_in_every_block_size(void **state)
{
	const struct reader_limits limits = collect_limits();
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t block = 0; block <= cases[i].len; block++) {
			buffer_clear(&out);
			collect_csv(cases[i].bytes, cases[i].len, block, &limits, &out);
			buffer_char(&out, '\0');
			if (strcmp(out.at, cases[i].shown) != 0)
				print_message("case %zu, block %zu\n", i, block);
			assert_string_equal(out.at, cases[i].shown);
		}
	}
	buffer_fini(&out);
}

/* Rows that are known are given by their number, and are the rows that they would be. */
static void
csv_known_rows_are_the_same_rows(void **state)
{
	const struct reader_limits limits = collect_limits();
	uint32_t known = 0;
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t block = 0; block <= cases[i].len; block++) {
			buffer_clear(&out);
			known += collect_csv_known(cases[i].bytes, cases[i].len, block, &limits, &out);
			buffer_char(&out, '\0');
			assert_string_equal(out.at, cases[i].shown);
		}
	}
	assert_true(known > 100);
	buffer_fini(&out);
}

/* Of many rows without quotes nearly all that can be known are; a row twice in the file, and one with a quote, never. */
static void
csv_finds_what_is_known(void **state)
{
	const struct reader_limits limits = collect_limits();
	struct buffer file, out;

	(void)state;
	buffer_init(&file, 1 << 20);
	buffer_init(&out, 1 << 20);
	for (unsigned i = 0; i < 900; i++)
		buffer_format(&file, "row %u,%u,\xE5\xBC\xA0%s\n", i, i * 7919, i % 2 == 0 ? "\r" : "");
	assert_in_range(collect_csv_known(file.at, file.len, 0, &limits, &out), 598, 600);
	buffer_clear(&file);
	for (unsigned i = 0; i < 300; i++)
		buffer_string(&file, "twice,1\n\"quoted\",2\n");
	buffer_clear(&out);
	assert_int_equal(collect_csv_known(file.at, file.len, 0, &limits, &out), 0);
	buffer_fini(&file);
	buffer_fini(&out);
}

/* How often ${part} stands in what came out. */
static size_t
count_of(const struct buffer *out, const char *part)
{
	struct text rest = buffer_as_text(out);
	const struct text what = text_from(part);
	size_t count = 0, at;

	while ((at = text_find(rest, what)) != SIZE_MAX) {
		rest.at += at + what.len;
		rest.len -= at + what.len;
		count++;
	}
	return count;
}

static void
csv_limits_cut_rows(void **state)
{
	struct reader_limits limits = collect_limits();
	struct buffer out;

	(void)state;
	limits.cells_max = 2;
	limits.cell_bytes_max = 7;
	buffer_init(&out, 1 << 20);
	collect_csv(LIT("a,b,c\n12345678,2,\n张三李四,\"x\",\nab,\"张三李四\"\n"), 0, &limits, &out);
	buffer_char(&out, '\0');
	assert_string_equal(out.at, "csv utf8\n1 CUT|a|b\n2 CUT|1234567|2\n3 CUT|张三|x\n4 CUT|ab|张三\nend 4\n");
	buffer_fini(&out);
}

static void
csv_huge_cells_and_rows_lose_no_other_row(void **state)
{
	const struct reader_limits limits = collect_limits();
	static const size_t blocks[] = { 0, 4099, 30011 };
	const size_t big = 16 << 20;
	struct buffer in, out, first;

	(void)state;
	buffer_init(&in, 64 << 20);
	buffer_init(&out, 64 << 20);
	buffer_init(&first, 64 << 20);
	buffer_string(&in, "a,b\n1,2\n");
	for (size_t i = 0; i < big; i++) /* a cell of 16 MB */
		buffer_char(&in, 'x');
	buffer_string(&in, ",y\n3,4\n\"");
	for (size_t i = 0; i < big / 4; i++) /* the same quoted */
		buffer_string(&in, "z\"\"z");
	buffer_string(&in, "\",y\n5,6\n");
	for (size_t i = 0; i < 20000; i++) /* more cells than a sheet has columns */
		buffer_string(&in, "7,");
	buffer_string(&in, "\n8,9\n\"never closed\n");
	for (size_t i = 0; i < 300; i++)
		buffer_string(&in, "10,11\n");
	assert_false(buffer_failed(&in));
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		buffer_clear(&out);
		collect_csv(in.at, in.len, blocks[i], &limits, &out);
		assert_int_equal(count_of(&out, "\n2|1|2\n3 CUT|xxxx"), 1);
		assert_int_equal(count_of(&out, "\n4|3|4\n5 CUT"), 1);
		assert_int_equal(count_of(&out, "\n6|5|6\n7 CUT|7|7|7"), 1);
		assert_int_equal(count_of(&out, "\n8|8|9\n9 BROKEN|\"never closed\n10|10|11\n"), 1);
		assert_int_equal(count_of(&out, "|10|11\n"), 300);
		assert_int_equal(count_of(&out, "\nend 309\n"), 1);
		if (i == 0)
			buffer_add(&first, out.at, out.len);
		assert_true(text_eq(buffer_as_text(&first), buffer_as_text(&out)));
	}
	buffer_fini(&in);
	buffer_fini(&out);
	buffer_fini(&first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_rows_are_as_the_table_says_in_every_block_size),
		cmocka_unit_test(csv_known_rows_are_the_same_rows),
		cmocka_unit_test(csv_finds_what_is_known),
		cmocka_unit_test(csv_limits_cut_rows),
		cmocka_unit_test(csv_huge_cells_and_rows_lose_no_other_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
