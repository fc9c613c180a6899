/*
 * Tests of consumers/forms: places in the bytes of a sheet, styles that are added, and what rows that are put in do to places.
 */
#include "consumers/forms/shift.h"
#include "consumers/forms/sheet.h"
#include "consumers/forms/styles.h"
#include "tests/support/support.h"

static const char *
shown(struct buffer *out)
{
	static char text[4096];

	snprintf(text, sizeof(text), "%.*s", (int)out->len, out->at != NULL ? out->at : "");
	buffer_clear(out);
	return text;
}

static void
formulas_follow_their_cells(void **state)
{
	static const struct {
		const char *was, *is;
	} formulas[] = {
		{ "COUNTA(B5:B8)", "COUNTA(B5:B11)" }, /* ends in the last row: grows */
		{ "SUM($B$5:$B$8)", "SUM($B$5:$B$11)" },
		{ "SUM(B5:B7)", "SUM(B5:B7)" },
		{ "B9+C10", "B12+C13" },
		{ "B8", "B8" }, /* one cell is one cell */
		{ "Sheet2!B9", "Sheet2!B9" },
		{ "'表 9'!$A$9:$A$12+B9", "'表 9'!$A$9:$A$12+B12" },
		{ "IF(A9=\"B9\",&quot;B9&quot;,B9)", "IF(A12=\"B9\",&quot;B9&quot;,B12)" },
		{ "LOG10(B9)+A1B9+X_B9+B9.5", "LOG10(B12)+A1B9+X_B9+B9.5" },
		{ "B9&lt;5", "B12&lt;5" },
		{ "DATE9(1)", "DATE9(1)" },
		{ "合计9+B9", "合计9+B12" },
		{ "", "" },
	};
	const struct shift shift = { 8, 3 };
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 16);
	for (size_t i = 0; i < ARRAY_LEN(formulas); i++) {
		shift_formula(&shift, text_from(formulas[i].was), &out);
		assert_string_equal(shown(&out), formulas[i].is);
	}
	shift_copy_formula(TEXT("B8*$C$8+SUM(B8:D8)+$A8+A$8"), 2, &out);
	assert_string_equal(shown(&out), "B10*$C$8+SUM(B10:D10)+$A10+A$8");
	buffer_fini(&out);
}

static void
ranges_grow_or_move(void **state)
{
	const struct shift shift = { 8, 3 };
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 16);
	shift_ranges(&shift, TEXT("C5:C8 D8 A9:B9 A1 E5:E20"), true, &out);
	assert_string_equal(shown(&out), "C5:C11 D8:D11 A12:B12 A1 E5:E23");
	shift_ranges(&shift, TEXT("C5:C8 D8 A9:B9"), false, &out);
	assert_string_equal(shown(&out), "C5:C8 D8 A12:B12");
	shift_ranges(&shift, TEXT("A:C junk"), true, &out);
	assert_string_equal(shown(&out), "A:C junk");
	buffer_fini(&out);
}

static void
tags_are_found_in_bytes(void **state)
{
	static const char xml[] =
	    "<?xml version='1.0'?><!-- <c> --><x:a p='1>2' r:id = \"k\"><![CDATA[<b>]]><x:b/></x:a>";
	struct text text = text_from(xml);
	struct mark mark, close;
	struct buffer out;
	size_t pos = 0;

	(void)state;
	buffer_init(&out, 1 << 16);
	assert_true(tags_next(text, &pos, &mark));
	assert_text(mark.prefix, "x");
	assert_true(tags_is(&mark, "a"));
	assert_text(tags_attribute(text, &mark, "p"), "1>2");
	assert_text(tags_attribute(text, &mark, ":id"), "k");
	assert_null(tags_attribute(text, &mark, "id").at);
	tags_open_without(text, &mark, "q p", &out);
	assert_string_equal(shown(&out), "<x:a r:id = \"k\"");
	assert_true(tags_skip(text, &pos, &mark, &close));
	assert_true(close.closing);
	assert_false(tags_next(text, &pos, &mark));
	tags_decode(TEXT("&lt;&#20013;&#x4E2d;&amp;&none;&"), &out);
	assert_string_equal(shown(&out), "<中中&&none;&");
	buffer_fini(&out);
}

static void
rows_and_cells_have_places(void **state)
{
	static const char xml[] =
	    "<worksheet><dimension ref=\"A1:C3\"/><cols><col min=\"2\" max=\"3\" style=\"7\"/></cols><sheetData>"
	    "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c><f>A1</f></c></row><row s=\"4\"/>"
	    "<row r=\"5\"><c r=\"C5\" s=\"2\"/><c r=\"D5\"><v></v></c></row></sheetData><pageMargins/></worksheet>";
	struct sheet sheet;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(sheet_open(&sheet, text_from(xml), &err), 0);
	assert_int_equal(sheet.row_count, 3);
	assert_int_equal(sheet.rows[1].row_no, 2); /* not said: behind the one before */
	assert_true(sheet_cell(&sheet, sheet_row(&sheet, 1), 0)->filled);
	assert_true(sheet_cell(&sheet, sheet_row(&sheet, 1), 1)->formula);
	assert_false(sheet_cell(&sheet, sheet_row(&sheet, 5), 2)->filled);
	assert_false(sheet_cell(&sheet, sheet_row(&sheet, 5), 3)->filled);
	assert_null(sheet_row(&sheet, 3));
	assert_int_equal(sheet_style(&sheet, sheet_row(&sheet, 5), 2), 2);
	assert_int_equal(sheet_style(&sheet, sheet_row(&sheet, 2), 2), 4);
	assert_int_equal(sheet_style(&sheet, NULL, 2), 7);
	assert_int_equal(sheet_style(&sheet, NULL, 0), 0);
	/* between what must stand before and what must stand behind */
	assert_true(
	    text_starts((struct text){ xml + sheet_place(&sheet, "dataValidations"), 12 }, TEXT("<pageMargins")));
	assert_true(text_starts((struct text){ xml + sheet_place(&sheet, "tableParts"), 12 }, TEXT("</worksheet>")));
	sheet_close(&sheet);
}

static void
what_is_no_sheet_is_refused(void **state)
{
	static const char *const wrong[] = { "", "<a/>", "<worksheet/>", "<worksheet></worksheet>",
		"<worksheet><sheetData/></worksheet>",
		"<worksheet><sheetData><row r=\"2\"/><row r=\"1\"/></sheetData></worksheet>",
		"<worksheet><sheetData><row r=\"2\"><c r=\"B2\"/><c r=\"A2\"/></row></sheetData></worksheet>",
		"<worksheet><sheetData><row r=\"2\"><c r=\"2B\"/></row></sheetData></worksheet>",
		"<worksheet><sheetData><row r=\"2000000\"/></sheetData></worksheet>", "<worksheet><sheetData><row><c>",
		"<worksheet><sheetData></sheetData><sheetData></sheetData></worksheet>" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct sheet sheet;
		struct err err = { 0 };

		if (sheet_open(&sheet, text_from(wrong[i]), &err) == 0)
			fail_msg("%s", wrong[i]);
		assert_int_equal(err.kind, ERR_INPUT);
		sheet_close(&sheet);
	}
}

static const char styles_xml[] =
    "<styleSheet><numFmts count=\"2\"><numFmt numFmtId=\"176\" formatCode=\"yyyy&quot;年&quot;m\"/>"
    "<numFmt numFmtId=\"177\" formatCode=\"&quot;day&quot;0.00\"/></numFmts><fills count=\"2\"><fill/><fill/></fills>"
    "<cellStyleXfs><xf/></cellStyleXfs><cellXfs count=\"5\"><xf numFmtId=\"0\"/><xf numFmtId=\"176\"/>"
    "<xf numFmtId=\"49\" fillId=\"1\" applyFill=\"1\"><alignment wrapText=\"1\"/><protection locked=\"0\"/></xf>"
    "<xf numFmtId=\"177\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>";

static void
styles_are_only_added_to(void **state)
{
	struct styles styles;
	struct buffer out;
	struct err err = { 0 };

	(void)state;
	buffer_init(&out, 1 << 16);
	assert_int_equal(styles_open(&styles, text_from(styles_xml), &err), 0);
	assert_int_equal(styles.count, 5);
	assert_int_equal(styles_format(&styles, 0), STYLES_GENERAL);
	assert_int_equal(styles_format(&styles, 1), STYLES_DATE);
	assert_int_equal(styles_format(&styles, 2), STYLES_TEXT);
	assert_int_equal(styles_format(&styles, 3), STYLES_GENERAL);
	assert_int_equal(styles_format(&styles, 4), STYLES_DATE);
	assert_int_equal(styles_format(&styles, 99), STYLES_GENERAL);
	styles_write(&styles, &out);
	assert_int_equal(out.len, 0); /* nothing was derived */
	assert_int_equal(styles_derive(&styles, 2, STYLES_OPEN), 5);
	assert_int_equal(styles_derive(&styles, 0, STYLES_OPEN | STYLES_UNLOCKED), 6);
	assert_int_equal(styles_derive(&styles, 2, STYLES_OPEN), 5);
	assert_int_equal(styles_derive(&styles, 0, STYLES_LOCKED), 0); /* it is */
	assert_int_equal(styles_derive(&styles, 2, STYLES_LOCKED), 7);
	assert_int_equal(styles_derive(&styles, 99, STYLES_OPEN), 99);
	styles_write(&styles, &out);
	assert_true(text_find(buffer_as_text(&out),
			TEXT("<fills count=\"3\"><fill/><fill/><fill><patternFill patternType=\"solid\">"))
	    != SIZE_MAX);
	assert_true(text_find(buffer_as_text(&out), TEXT("<cellXfs count=\"8\"><xf numFmtId=\"0\"/>")) != SIZE_MAX);
	assert_true(text_ends(buffer_as_text(&out),
	    TEXT("<xf numFmtId=\"49\" fillId=\"2\" applyFill=\"1\"><alignment wrapText=\"1\"/><protection "
		 "locked=\"0\"/></xf>"
		 "<xf numFmtId=\"0\" fillId=\"2\" applyFill=\"1\" applyProtection=\"1\"><protection locked=\"0\"/></xf>"
		 "<xf numFmtId=\"49\" fillId=\"1\" applyFill=\"1\" applyProtection=\"1\"><alignment wrapText=\"1\"/>"
		 "<protection locked=\"1\"/></xf></cellXfs></styleSheet>")));
	styles_forget(&styles);
	assert_int_equal(styles_derive(&styles, 0, STYLES_OPEN), 5); /* anew */
	styles_close(&styles);
	buffer_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formulas_follow_their_cells),
		cmocka_unit_test(ranges_grow_or_move),
		cmocka_unit_test(tags_are_found_in_bytes),
		cmocka_unit_test(rows_and_cells_have_places),
		cmocka_unit_test(what_is_no_sheet_is_refused),
		cmocka_unit_test(styles_are_only_added_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
