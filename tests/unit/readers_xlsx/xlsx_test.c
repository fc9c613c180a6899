/*
 * xlsx_test.c - what each form of a cell gives. Every sheet is read twice: as it is, which the
 * scanner may take, and with a comment before its rows, which only libxml2 takes; the result must
 * be the same.
 */
#include "tests/support/support.h"

#include "tests/unit/readers_xlsx/book.h"

/* What the sheet ${rows} (inside <sheetData>) gives, the other parts as in ${parts}: lines into
 * ${reading}. */
static void
read_rows(struct reading *reading, struct book_parts parts, const char *rows, bool comment)
{
	struct buffer sheet;
	struct zipmake zip;
	struct err err;

	buffer_init(&sheet, 1000000);
	buffer_string(&sheet, BOOK_SHEET_BEGIN "<dimension ref=\"A1:B2\"/>");
	buffer_string(&sheet, comment ? "<!-- c --><sheetData>" : "<sheetData>");
	buffer_string(&sheet, rows);
	buffer_string(&sheet, "</sheetData><mergeCells><mergeCell ref=\"A1:B1\"/></mergeCells></worksheet>");
	parts.sheet = buffer_as_text(&sheet);
	book_make(&zip, &parts);
	assert_int_equal(reading_bytes(reading, &reader_xlsx, zip.file.at, zip.file.len, &err), 0);
	zipmake_fini(&zip);
	buffer_fini(&sheet);
}

/* The cells of the first row, as the line has them, or "!reason". */
static void
check_rows(struct book_parts parts, const char *rows, const char *expected)
{
	struct reading reading;

	for (int comment = 0; comment < 2; comment++) {
		reading_init(&reading);
		read_rows(&reading, parts, rows, comment != 0);
		if (reading.refused != REFUSED_NO) {
			char shown[100];

			snprintf(shown, sizeof(shown), "!%s", refusal_name(reading.refused));
			assert_string_equal(shown, expected);
		} else {
			assert_text(buffer_as_text(&reading.lines), expected);
		}
		reading_fini(&reading);
	}
}

#define CHECK_ROWS(rows, expected) check_rows((struct book_parts){ .types = NULL }, rows, expected)
#define LINE(row, cells) "{\"sheet\":\"S\",\"row\":" row ",\"cells\":[" cells "]}\n"

static void
every_type_of_cell_gives_its_text(void **state)
{
	(void)state;
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\"><v>12345678901234567</v></c></row>", LINE("1", "\"12345678901234567\""));
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\" t=\"n\"><v>4.10305E+17</v></c></row>", LINE("1", "\"4.10305E+17\""));
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\" t=\"b\"><v>1</v></c><c r=\"B1\" t=\"b\"><v>0</v></c></row>",
	    LINE("1", "\"TRUE\",\"FALSE\""));
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\" t=\"e\"><v>#N/A</v></c></row>", LINE("1", "\"#N/A\""));
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\" t=\"d\"><v>2012-09-01</v></c></row>", LINE("1", "\"2012-09-01\""));
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\" t=\"str\"><f>A2&amp;\"x\"</f><v>a&lt;b&#x4E00;</v></c></row>",
	    LINE("1", "\"a<b一\""));
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t xml:space=\"preserve\"> a "
		   "</t></is></c></row>",
	    LINE("1", "\" a \""));
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\" "
		   "t=\"inlineStr\"><is><r><rPr><b/></rPr><t>a</t></r><r><t>b</t></r>"
		   "<rPh sb=\"0\" eb=\"1\"><t>no</t></rPh></is></c></row>",
	    LINE("1", "\"ab\""));
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t/></is></c><c "
		   "r=\"B1\"><v>1</v></c></row>",
	    LINE("1", "\"\",\"1\""));
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\"><v>no number</v></c></row>", LINE("1", "\"no number\""));
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t><![CDATA[<a>]]>b</t></is></c></row>",
	    LINE("1", "\"<a>b\""));
	CHECK_ROWS("<row r=\"1\"><c r='A1'><v>1</v><!-- odd --></c></row>", LINE("1", "\"1\""));
}

static void
escapes_are_undone_as_excel_does(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a_x000D__x000A_b", "a\\r\\nb" },
		{ "_x005F_x0041_", "_x0041_" },
		{ "_x4e00_", "一" },
		{ "_xD842__xDFB7_", "𠮷" },
		{ "_xD842_", "_xD842_" },
		{ "_x0000_", "_x0000_" },
		{ "_X0041_", "_X0041_" },
		{ "_x004_", "_x004_" },
		{ "a_b", "a_b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char rows[200], line[200];

		snprintf(
		    rows, sizeof(rows), "<row r=\"1\"><c t=\"inlineStr\"><is><t>%s</t></is></c></row>", cases[i].in);
		snprintf(line, sizeof(line), LINE("1", "\"%s\""), cases[i].out);
		CHECK_ROWS(rows, line);
	}
}

static void
shared_strings_are_looked_up(void **state)
{
	static const char sst[] = "<?xml version=\"1.0\"?><sst xmlns=\"x\" count=\"9\" uniqueCount=\"99999999\">"
				  "<si><t>a</t></si><si><t/></si><si><r><t>b</t></r><r><rPr><b/></rPr><t "
				  "xml:space=\"preserve\">"
				  " c</t></r><rPh sb=\"0\" eb=\"1\"><t>no</t></rPh><phoneticPr fontId=\"1\"/></si>"
				  "<si></si>\n<si><t>d_x0041_</t></si></sst>";
	struct book_parts parts = { .strings = sst };

	(void)state;
	check_rows(parts,
	    "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>0</v></c><c r=\"B2\" t=\"s\"><v>1</v></c><c "
	    "r=\"C2\" t=\"s\"><v>2</v></c>"
	    "<c r=\"D2\" t=\"s\"><v>3</v></c><c r=\"E2\" t=\"s\"><v>4</v></c></row>",
	    LINE("2", "\"a\",\"\",\"b c\",\"\",\"dA\""));
	check_rows(parts, "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>5</v></c></row>", "!damaged");
	check_rows(parts, "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>x</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>", "!damaged");
	parts.strings = "<sst><!-- c --><si><t>a</t></si></sst>";
	check_rows(parts, "<row r=\"1\"><c t=\"s\"><v>0</v></c></row>", LINE("1", "\"a\""));
	parts.strings = "<sst><si><t>a</t></si><si><t><![CDATA[</si>]]></t></si></sst>";
	check_rows(parts, "<row r=\"1\"><c t=\"s\"><v>1</v></c></row>", LINE("1", "\"</si>\""));
	parts.strings = "<sst><si><t>a</t></si>";
	check_rows(parts, "<row r=\"1\"><c t=\"s\"><v>0</v></c></row>", "!truncated");
}

static void
places_of_rows_and_cells(void **state)
{
	(void)state;
	/* Without r: one after the other. */
	CHECK_ROWS("<row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c><v>3</v></c></row>",
	    LINE("1", "\"1\",\"2\"") LINE("3", "\"3\""));
	CHECK_ROWS("<row r=\"5\"><c r=\"C5\"><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>",
	    LINE("5", "\"\",\"\",\"1\",\"2\"") LINE("6", "\"3\""));
	CHECK_ROWS("<row><c r=\"A7\"><v>1</v></c></row>", LINE("7", "\"1\""));
	CHECK_ROWS("<row r=\"1048576\"><c r=\"A1048576\"><v>1</v></c></row>", LINE("1048576", "\"1\""));
	/* Contradictions. */
	CHECK_ROWS("<row r=\"2\"><c><v>1</v></c></row><row r=\"1\"><c><v>2</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"2\"><c><v>1</v></c></row><row r=\"2\"><c><v>2</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c r=\"B1\"><v>1</v></c><c r=\"A1\"><v>2</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\"><v>1</v></c><c r=\"A1\"><v>2</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c r=\"A2\"><v>1</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"0\"/>", "!damaged");
	CHECK_ROWS("<row r=\"x\"/>", "!damaged");
	CHECK_ROWS("<row r=\"1048577\"/>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c r=\"XFE1\"><v>1</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c r=\"1\"><v>1</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c r=\"A\"><v>1</v></c></row>", "!damaged");
}

static void
what_is_not_well_formed_is_refused_wherever_it_is_found(void **state)
{
	(void)state;
	CHECK_ROWS("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"2\"><c "
		   "r=\"A2\"><v>1</w></c></row>",
	    "!damaged");
	CHECK_ROWS("<row r=\"1\" r=\"1\"><c><v>1</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c><v>&nbsp;</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c><v>&#0;</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c><v>\xFF</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c><v>\x01</v></c></row>", "!damaged");
	CHECK_ROWS("<row r=\"1\"><c><v>]]></v></c></row>", "!damaged");
}

static void
a_formula_without_a_result_is_told_apart(void **state)
{
	struct reading reading;

	(void)state;
	for (int comment = 0; comment < 2; comment++) {
		reading_init(&reading);
		read_rows(&reading, (struct book_parts){ .types = NULL },
		    "<row r=\"3\"><c r=\"A3\"><v>1</v></c><c r=\"C3\"><f>A1</f></c><c "
		    "r=\"D3\"><f>A1</f><v></v></c>"
		    "<c r=\"E3\" t=\"str\"><f>A1</f><v></v></c><c r=\"F3\"><f t=\"shared\" "
		    "si=\"0\"/><v>7</v></c></row>",
		    comment != 0);
		assert_text(buffer_as_text(&reading.lines), LINE("3", "\"1\",\"\",\"\",\"\",\"\",\"7\""));
		assert_text(buffer_as_text(&reading.kinds), "ntuutn\n");
		reading_fini(&reading);
	}
}

/* Kinds of cells are not in the lines: taken from the frames themselves. */
static int
take_kinds(void *self, const void *frame, size_t len)
{
	struct buffer *kinds = self;
	const struct frame_head *head = frame;
	const uint8_t *row = (const uint8_t *)frame + sizeof(*head);

	(void)len;
	if (head->type == FRAME_ROWS) {
		uint16_t cells = ((const struct frame_row *)(const void *)row)->cells;
		const uint32_t *packed = (const uint32_t *)(const void *)(row + sizeof(struct frame_row));

		for (uint16_t i = 0; i < cells; i++)
			buffer_char(kinds, "tndbe"[CELL_KIND(packed[i])]);
	}
	return 0;
}

static void
styles_tell_dates_from_numbers(void **state)
{
	static const char *const formats[] = { "yyyy\\-mm\\-dd", "0.00", "#,##0 \"days\"", "[Red]0", "[$-804]0",
		"[h]:00", "0\\d", "0.00E+00", "General", "[DBNum1]m\"x\"", "_y0", "*d0", "h", "@" };
	static const char expected[] = "d"
				       "n"
				       "n"
				       "n"
				       "n"
				       "d"
				       "n"
				       "n"
				       "n"
				       "d"
				       "n"
				       "n"
				       "d"
				       "n"
				       "d"
				       "n";
	struct reader_limits limits;
	struct reader_input input;
	struct buffer styles, rows, kinds;
	struct zipmake zip;
	struct sink sink;
	struct err err;
	int fd;

	(void)state;
	buffer_init(&styles, 10000);
	buffer_init(&rows, 10000);
	buffer_init(&kinds, 1000);
	buffer_string(&styles, "<styleSheet><numFmts>");
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		buffer_format(&styles, "<numFmt numFmtId=\"%zu\" formatCode=\"", 164 + i);
		buffer_xml(&styles, text_from(formats[i]));
		buffer_string(&styles, "\"/>");
	}
	buffer_string(&styles, "</numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs>");
	buffer_string(&rows, BOOK_SHEET_BEGIN "<sheetData><row>");
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		buffer_format(&styles, "<xf numFmtId=\"%zu\"/>", 164 + i);
		buffer_format(&rows, "<c s=\"%zu\"><v>41153</v></c>", i);
	}
	buffer_string(&styles, "<xf numFmtId=\"31\"/></cellXfs></styleSheet>");
	buffer_format(&rows, "<c s=\"%zu\"><v>1</v></c><c s=\"999\"><v>1</v></c>", ARRAY_LEN(formats));
	buffer_string(&rows, "</row></sheetData></worksheet>");
	buffer_char(&styles, '\0');
	book_make(&zip, &(struct book_parts){ .styles = styles.at, .sheet = buffer_as_text(&rows) });
	fd = reading_memory(zip.file.at, zip.file.len);
	reader_limits_default(&limits);
	assert_int_equal(reader_open(&input, fd, &err), 0);
	assert_int_equal(sink_init(&sink, -1, &limits, &err), 0);
	sink.take = take_kinds;
	sink.self = &kinds;
	assert_int_equal(reader_xlsx.read(&input, &sink, &err), 0);
	assert_text(buffer_as_text(&kinds), expected);
	sink_fini(&sink);
	reader_close(&input);
	zipmake_fini(&zip);
	buffer_fini(&styles);
	buffer_fini(&rows);
	buffer_fini(&kinds);
}

static void
strict_workbooks_are_found_through_their_relationships(void **state)
{
	struct book_parts parts = {
		.rels = BOOK_RELS(BOOK_STRICT, "/XL/Odd/../Workbook.xml"),
		.workbook = "<x:workbook xmlns:x=\"http://purl.oclc.org/ooxml/spreadsheetml/main\" "
			    "xmlns:r=\"" BOOK_STRICT
			    "\"><x:workbookPr date1904=\"true\"/><x:sheets><x:sheet name=\"S\" sheetId=\"1\" "
			    "r:id=\"rId7\"/></x:sheets></x:workbook>",
		.workbook_rels = "<Relationships><Relationship Id=\"rId7\" Type=\"" BOOK_STRICT
				 "/worksheet\" Target=\"work%73heets\\sheet1.xml\"/></Relationships>",
	};

	(void)state;
	check_rows(parts, "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>", LINE("1", "\"1\""));
}

static void
other_documents_are_called_by_their_name(void **state)
{
	struct book_parts parts = {
		.types = "<Types><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/"
			 "vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>"
	};
	struct reading reading;
	struct zipmake zip;
	struct err err;

	(void)state;
	check_rows(parts, "", "!unsupported");
	parts = (struct book_parts){ .types = "<Types><Override PartName=\"/xl/workbook.xml\" ContentType="
					      "\"application/vnd.ms-excel.sheet.binary.macroEnabled.main\"/></Types>" };
	check_rows(parts, "", "!unsupported");
	parts = (struct book_parts){ .rels = "<Relationships/>" };
	check_rows(parts, "", "!damaged");
	parts = (struct book_parts){ .workbook = "<workbook/>" };
	check_rows(parts, "", "!damaged");
	parts = (struct book_parts){ .workbook = "<!DOCTYPE workbook []>" BOOK_WORKBOOK };
	check_rows(parts, "", "!doctype");
	parts = (struct book_parts){ .strings = "<!DOCTYPE sst [<!ENTITY a \"b\">]><sst><si><t>&a;</t></si></sst>" };
	check_rows(parts, "", "!doctype");

	reading_init(&reading);
	zipmake_init(&zip);
	zipmake_add(&zip, TEXT("mimetype"), TEXT("application/vnd.oasis.opendocument.spreadsheet"),
	    &(struct zipmake_how){ .stored = true });
	zipmake_add(&zip, TEXT("content.xml"), TEXT("<x/>"), NULL);
	zipmake_end(&zip);
	assert_int_equal(reading_bytes(&reading, &reader_xlsx, zip.file.at, zip.file.len, &err), 0);
	assert_int_equal(reading.refused, REFUSED_UNSUPPORTED);
	assert_string_equal(reading.detail, "ods");
	zipmake_fini(&zip);
	reading_fini(&reading);
}

/* Read a workbook of one row with these properties: what was noted. */
static void
check_notes(const char *properties, const char *notes)
{
	struct book_parts parts = { .properties = properties,
		.rels = "<Relationships><Relationship Id=\"a\" Type=\"" BOOK_TRANSITIONAL
			"/officeDocument\" Target=\"xl/workbook.xml\"/><Relationship Id=\"b\" Type=\"" BOOK_TRANSITIONAL
			"/custom-properties\" Target=\"docProps/custom.xml\"/></Relationships>",
		.sheet = TEXT(BOOK_SHEET_BEGIN
		    "<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row></sheetData></worksheet>") };
	struct reading reading;
	struct zipmake zip;
	struct err err;

	book_make(&zip, &parts);
	reading_init(&reading);
	assert_int_equal(reading_bytes(&reading, NULL, zip.file.at, zip.file.len, &err), 0);
	assert_int_equal(reading.refused, REFUSED_NO);
	assert_int_equal(reading.rows, 1);
	assert_true(text_eq(buffer_as_text(&reading.notes), text_from(notes)));
	reading_fini(&reading);
	zipmake_fini(&zip);
}

static void
our_own_properties_are_told_and_damaged_ones_are_no_reason_to_refuse(void **state)
{
	(void)state;
	check_notes(
	    "<Properties><property name=\"yici.run\"><v:lpwstr xmlns:v=\"v\">a&amp;b</v:lpwstr></property>"
	    "<property name=\"Department\"><lpwstr>x</lpwstr></property><property name=\"yici.n\"/></Properties>",
	    "3 0 0 0 yici.run=a&b\n3 0 0 0 yici.n=\n");
	check_notes("<Properties><property name=\"yici.a\"><l>1</l></property><property name=\"yici.b\"><l>2</l>",
	    "3 0 0 0 yici.a=1\n");
	check_notes(
	    "<!DOCTYPE a [<!ENTITY b \"c\">]><Properties><property name=\"yici.a\"><l>&b;</l></property></Properties>",
	    "");
	check_notes("\x01", "");
	check_notes(NULL, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_of_cell_gives_its_text),
		cmocka_unit_test(escapes_are_undone_as_excel_does),
		cmocka_unit_test(shared_strings_are_looked_up),
		cmocka_unit_test(places_of_rows_and_cells),
		cmocka_unit_test(what_is_not_well_formed_is_refused_wherever_it_is_found),
		cmocka_unit_test(a_formula_without_a_result_is_told_apart),
		cmocka_unit_test(styles_tell_dates_from_numbers),
		cmocka_unit_test(strict_workbooks_are_found_through_their_relationships),
		cmocka_unit_test(other_documents_are_called_by_their_name),
		cmocka_unit_test(our_own_properties_are_told_and_damaged_ones_are_no_reason_to_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
