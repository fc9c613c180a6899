/*
 * xlsx_hostile_test.c - workbooks made to hurt: each ends soon, in a refusal with the right reason,
 * or in cells.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <time.h>

#include "tests/unit/readers_xlsx/book.h"

#define SECONDS_MAX 10

static struct buffer sheet;

static void
sheet_begin(const char *head)
{
	buffer_fini(&sheet);
	buffer_init(&sheet, 64000000);
	buffer_string(&sheet, head);
}

/* Read a workbook with this sheet; the reason, "no" when it was read. ${lines} rows must have come.
 */
static void
check_sheet(struct book_parts parts, const char *reason, uint64_t rows)
{
	struct timespec begun, ended;
	struct reading reading;
	struct zipmake zip;
	struct err err;

	parts.sheet = buffer_as_text(&sheet);
	assert_false(buffer_failed(&sheet));
	book_make(&zip, &parts);
	reading_init(&reading);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	assert_int_equal(reading_bytes(&reading, NULL, zip.file.at, zip.file.len, &err), 0);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	assert_string_equal(refusal_name(reading.refused), reason);
	assert_int_equal(reading.rows, rows);
	assert_true(ended.tv_sec - begun.tv_sec < SECONDS_MAX);
	reading_fini(&reading);
	zipmake_fini(&zip);
}

static const struct book_parts usual;

static void
entities_are_refused_where_they_are_declared(void **state)
{
	(void)state;
	sheet_begin("<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;&lol;\">"
		    "<!ENTITY lol3 \"&lol2;&lol2;&lol2;&lol2;&lol2;\">]>"
		    "<worksheet><sheetData><row><c "
		    "t=\"str\"><v>&lol3;</v></c></row></sheetData></worksheet>");
	check_sheet(usual, "doctype", 0);
	sheet_begin("<worksheet><sheetData><row><c "
		    "t=\"str\"><v>&lol;</v></c></row></sheetData></worksheet>");
	check_sheet(usual, "damaged", 0);
}

static void
attributes_by_the_thousand_are_refused(void **state)
{
	(void)state;
	sheet_begin("<worksheet><sheetData><row><c");
	for (int i = 0; i < 100000; i++)
		buffer_format(&sheet, " a%d=\"1\"", i);
	buffer_string(&sheet, "/></row></sheetData></worksheet>");
	check_sheet(usual, "limit_bytes", 0);
}

static void
a_cell_of_many_megabytes_is_refused_or_cut(void **state)
{
	char *text = malloc(16000000);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 16000000);
	sheet_begin("<worksheet><sheetData><row><c t=\"str\"><v>");
	buffer_add(&sheet, text, 16000000);
	buffer_string(&sheet, "</v></c></row></sheetData></worksheet>");
	/* DEFLATE makes so little of it that the ratio is what stops it. */
	check_sheet(usual, "bomb", 0);
	for (size_t i = 0; i < 16000000; i++)
		text[i] = (char)('a' + rand() % 26);
	sheet_begin("<worksheet><sheetData><row><c t=\"str\"><v>");
	buffer_add(&sheet, text, 16000000);
	buffer_string(&sheet, "</v></c></row></sheetData></worksheet>");
	check_sheet(usual, "limit_bytes", 0);
	sheet_begin("<worksheet><sheetData><row><c t=\"str\"><v>");
	buffer_add(&sheet, text, 5000000);
	buffer_string(&sheet, "</v></c></row><row><c><v>1</v></c></row></sheetData></worksheet>");
	check_sheet(usual, "no", 2);
	free(text);
}

static void
as_many_columns_as_there_can_be(void **state)
{
	(void)state;
	sheet_begin("<worksheet><sheetData><row r=\"1\">");
	for (int i = 0; i < 16384; i++)
		buffer_string(&sheet, "<c><v>1</v></c>");
	buffer_string(&sheet, "</row></sheetData></worksheet>");
	check_sheet(usual, "no", 1);
	sheet_begin("<worksheet><sheetData><row r=\"1\">");
	for (int i = 0; i < 16385; i++)
		buffer_string(&sheet, "<c><v>1</v></c>");
	buffer_string(&sheet, "</row></sheetData></worksheet>");
	check_sheet(usual, "damaged", 0);
}

static void
nesting_without_end_is_refused(void **state)
{
	(void)state;
	sheet_begin("<worksheet><sheetData><row><c>");
	for (int i = 0; i < 100000; i++)
		buffer_string(&sheet, "<v>");
	check_sheet(usual, "limit_bytes", 0);
}

static void
a_dimension_that_lies_means_nothing(void **state)
{
	(void)state;
	sheet_begin("<worksheet><dimension "
		    "ref=\"A1:XFD1048576\"/><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>");
	check_sheet(usual, "no", 1);
	sheet_begin("<worksheet><dimension ref=\"A1\"/><sheetData><row r=\"9\"><c "
		    "r=\"J9\"><v>1</v></c></row></sheetData></worksheet>");
	check_sheet(usual, "no", 1);
}

static void
numbers_that_mislead_are_refused(void **state)
{
	struct book_parts parts = { .strings = "<sst count=\"4294967295\" uniqueCount=\"18446744073709551615\"/>" };

	(void)state;
	sheet_begin("<worksheet><sheetData><row><c "
		    "t=\"s\"><v>18446744073709551616</v></c></row></sheetData></worksheet>");
	check_sheet(parts, "damaged", 0);
	sheet_begin("<worksheet><sheetData><row r=\"99999999999999999999\"/></sheetData></worksheet>");
	check_sheet(usual, "damaged", 0);
	sheet_begin("<worksheet><sheetData><row><c "
		    "s=\"99999999999999999999\"><v>1</v></c></row></sheetData></worksheet>");
	check_sheet(usual, "no", 1);
}

/* A few thousand rows, cut at each 50th of the file: truncated, or damaged where the rest still
 * shows a directory. */
static void
a_workbook_cut_anywhere_is_refused(void **state)
{
	struct book_parts parts = { .strings = "<sst><si><t>a</t></si></sst>" };
	struct zipmake zip;
	struct err err;

	(void)state;
	sheet_begin("<worksheet><sheetData>");
	for (int i = 0; i < 2000; i++)
		buffer_format(&sheet, "<row><c><v>%d</v></c><c t=\"s\"><v>0</v></c></row>", rand());
	buffer_string(&sheet, "</sheetData></worksheet>");
	parts.sheet = buffer_as_text(&sheet);
	book_make(&zip, &parts);
	for (size_t i = 1; i < 50; i++) {
		struct reading reading;

		reading_init(&reading);
		assert_int_equal(reading_bytes(&reading, NULL, zip.file.at, zip.file.len * i / 50, &err), 0);
		assert_int_equal(reading.refused, REFUSED_TRUNCATED);
		assert_int_equal(reading.rows, 0);
		reading_fini(&reading);
	}
	zipmake_fini(&zip);

	/* The part itself cut, at any byte of its end. */
	for (size_t cut = 1; cut < 60; cut++) {
		parts.sheet.len = sheet.len - cut;
		book_make(&zip, &parts);
		struct reading reading;

		reading_init(&reading);
		assert_int_equal(reading_bytes(&reading, NULL, zip.file.at, zip.file.len, &err), 0);
		assert_int_equal(reading.refused, REFUSED_TRUNCATED);
		reading_fini(&reading);
		zipmake_fini(&zip);
	}
}

/* Whatever byte is changed: cells or a refusal. */
static void
a_workbook_with_any_byte_changed_ends(void **state)
{
	struct book_parts parts = { .strings = "<sst><si><t>a</t></si></sst>" };
	struct zipmake zip;
	struct err err;

	(void)state;
	sheet_begin("<worksheet><sheetData><row><c "
		    "t=\"s\"><v>0</v></c><c><v>12</v></c></row></sheetData></worksheet>");
	parts.sheet = buffer_as_text(&sheet);
	book_make(&zip, &parts);
	for (size_t i = 0; i < zip.file.len; i++) {
		struct reading reading;

		zip.file.at[i] ^= (char)(1 << (i % 8));
		reading_init(&reading);
		assert_int_equal(reading_bytes(&reading, &reader_xlsx, zip.file.at, zip.file.len, &err), 0);
		assert_true(reading.refused != REFUSED_LIED && reading.refused != REFUSED_CRASHED);
		reading_fini(&reading);
		zip.file.at[i] ^= (char)(1 << (i % 8));
	}
	zipmake_fini(&zip);
	buffer_fini(&sheet);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entities_are_refused_where_they_are_declared),
		cmocka_unit_test(attributes_by_the_thousand_are_refused),
		cmocka_unit_test(a_cell_of_many_megabytes_is_refused_or_cut),
		cmocka_unit_test(as_many_columns_as_there_can_be),
		cmocka_unit_test(nesting_without_end_is_refused),
		cmocka_unit_test(a_dimension_that_lies_means_nothing),
		cmocka_unit_test(numbers_that_mislead_are_refused),
		cmocka_unit_test(a_workbook_cut_anywhere_is_refused),
		cmocka_unit_test(a_workbook_with_any_byte_changed_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
