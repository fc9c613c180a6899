/*
 * files.c - see files.h. Nothing here is kept as a file: the largest would be a thousand times the
 * size of this one.
 */
#include "tests/e2e/hostile/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/file.h"
#include "producers/collect/unpack.h"
#include "tests/support/reading.h"
#include "tests/support/zipmake.h"
#include "tests/unit/readers_xlsx/book.h"

#define FILE_MAX ((size_t)512 << 20)
#define MEGA ((size_t)1 << 20)
#define WAIT_MS 120000
#define DEPTH_MOST 20

/* ---- ways to wrap the bytes ---- */

static void
replace(struct buffer *file, const struct buffer *by)
{
	buffer_clear(file);
	buffer_text(file, buffer_as_text(by));
}

static void
as_book(struct buffer *file, const struct book_parts *parts)
{
	struct zipmake zip;

	book_make(&zip, parts);
	replace(file, &zip.file);
	zipmake_fini(&zip);
}

/* The one worksheet of a workbook. */
static void
as_sheet(struct buffer *file)
{
	as_book(file, &(struct book_parts){ .sheet = buffer_as_text(file) });
}

/* The shared strings of a workbook whose one cell is the first of them. */
static void
as_strings(struct buffer *file)
{
	struct text sheet = TEXT(BOOK_SHEET_BEGIN "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>"
						  "</sheetData></worksheet>");

	buffer_char(file, '\0');
	as_book(file, &(struct book_parts){ .sheet = sheet, .strings = file->at });
}

static void
as_workbook(struct buffer *file)
{
	struct text sheet = TEXT(BOOK_SHEET_BEGIN "<sheetData/></worksheet>");

	buffer_char(file, '\0');
	as_book(file, &(struct book_parts){ .sheet = sheet, .workbook = file->at });
}

static void
as_gzip(struct buffer *file)
{
	struct buffer packed;

	buffer_init(&packed, FILE_MAX);
	zipmake_gzip(&packed, NULL, buffer_as_text(file));
	replace(file, &packed);
	buffer_fini(&packed);
}

/* One member after the other: 20,000 of them. */
static void
as_members(struct buffer *file)
{
	struct text one;

	as_gzip(file);
	one.len = file->len;
	if (buffer_room(file, 20000 * one.len) == NULL)
		abort();
	one.at = file->at;
	for (size_t i = 1; i < 20000; i++)
		buffer_text(file, one);
}

static void
as_entry(struct buffer *file, const char *name)
{
	struct zipmake zip;

	zipmake_init(&zip);
	zipmake_add(&zip, text_from(name), buffer_as_text(file), NULL);
	zipmake_end(&zip);
	replace(file, &zip.file);
	zipmake_fini(&zip);
}

static void
as_zip(struct buffer *file)
{
	as_entry(file, "a.csv");
}

/* Two archives around it, which are allowed. */
static void
as_zip_in_zip(struct buffer *file)
{
	as_entry(file, "a.csv");
	as_entry(file, "a.zip");
}

static void
as_gzip_in_zip(struct buffer *file)
{
	as_gzip(file);
	as_entry(file, "a.csv.gz");
}

static void
as_sheet_in_zip(struct buffer *file)
{
	as_sheet(file);
	as_entry(file, "a.xlsx");
}

/* More than are allowed. */
static void
as_nest(struct buffer *file)
{
	for (int i = 0; i < 10; i++)
		as_entry(file, "a.zip");
}

/* Each of the six files in each of six archives unpacks to what was given. */
static void
as_crowd(struct buffer *file)
{
	for (int depth = 0; depth < 2; depth++) {
		struct zipmake zip;
		char name[32];

		zipmake_init(&zip);
		for (int i = 0; i < 6; i++) {
			snprintf(name, sizeof(name), "%d%s", i, depth == 0 ? ".csv" : ".zip");
			zipmake_add(&zip, text_from(name), buffer_as_text(file), NULL);
		}
		zipmake_end(&zip);
		replace(file, &zip.file);
		zipmake_fini(&zip);
	}
}

/* Two entries of the directory that are one and the same in the file. */
static void
as_overlap(struct buffer *file)
{
	struct zipmake zip;
	struct zipmake_how how = { .stored = false };

	zipmake_init(&zip);
	zipmake_add(&zip, TEXT("a.csv"), buffer_as_text(file), NULL);
	how.at_more = -(int32_t)zip.file.len;
	zipmake_add(&zip, TEXT("a.csv"), buffer_as_text(file), &how);
	zipmake_end(&zip);
	replace(file, &zip.file);
	zipmake_fini(&zip);
}

static void
as_many_entries(struct buffer *file)
{
	struct zipmake zip;
	char name[32];

	zipmake_init(&zip);
	for (int i = 0; i < 50000; i++) {
		snprintf(name, sizeof(name), "%d.csv", i);
		zipmake_add(&zip, text_from(name), buffer_as_text(file), NULL);
	}
	zipmake_end(&zip);
	replace(file, &zip.file);
	zipmake_fini(&zip);
}

/* Two records with the same hundred fields, in order and in reverse. */
static void
xml_unordered(struct buffer *file)
{
	buffer_string(file, "<r><row>");
	for (int i = 0; i < 100; i++)
		buffer_format(file, "<a%d>1</a%d>", i, i);
	buffer_string(file, "</row><row>");
	for (int i = 99; i >= 0; i--)
		buffer_format(file, "<a%d>1</a%d>", i, i);
	buffer_string(file, "</row></r>");
}

/* ---- old workbooks: a good one of another program, with one number changed ---- */

static void
good_xls(struct buffer *file)
{
	struct err err;

	buffer_clear(file);
	if (file_read_all(PROJECT_ROOT "/tests/golden/xls/xlwt_kinds.xls", file, &err) != 0)
		abort();
}

/* What stands ${behind} the first ${what}, as 32 bits. */
static void
patch(struct buffer *file, const char *what, size_t what_len, size_t behind, uint32_t value)
{
	char *at = memmem(file->at, file->len, what, what_len);

	if (at == NULL || (size_t)(file->at + file->len - at) < behind + 4)
		abort();
	for (size_t i = 0; i < 4; i++)
		at[behind + i] = (char)(value >> 8 * i & 0xFF);
}

static const char compound_mark[] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/* The workbook's stream says that it has 4 GB. */
static void
xls_stream(struct buffer *file)
{
	good_xls(file);
	patch(file, "W\0o\0r\0k\0b\0o\0o\0k\0", 16, 120, UINT32_MAX);
}

/* The table of sectors says that it has 4 billion of them. */
static void
xls_sectors(struct buffer *file)
{
	good_xls(file);
	patch(file, compound_mark, 8, 44, UINT32_MAX);
}

static void
xls_difat(struct buffer *file)
{
	good_xls(file);
	patch(file, compound_mark, 8, 72, UINT32_MAX);
	patch(file, compound_mark, 8, 68, 0);
}

/* The directory begins where it ends. */
static void
xls_directory(struct buffer *file)
{
	good_xls(file);
	patch(file, compound_mark, 8, 48, 0xFFFFFFF0u);
}

/* The shared strings say that they are 4 billion. */
static void
xls_strings(struct buffer *file)
{
	size_t at = 512;

	good_xls(file);
	/* Records from the start of the stream, which xlwt puts first and in one piece. */
	while (at + 12 < file->len && memcmp(file->at + at, "\xFC\0", 2) != 0)
		at += 4 + (size_t)(uint8_t)file->at[at + 2] + 256 * (size_t)(uint8_t)file->at[at + 3];
	if (at + 12 >= file->len)
		abort();
	memset(file->at + at + 4, 0xFF, 8);
}

static void
xls_cut(struct buffer *file)
{
	good_xls(file);
	file->len -= 600;
}

/* ---- all of them ---- */

#define LAUGHS                                                                                                         \
	"[<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"                                            \
	"<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">"                       \
	"<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;\">"                       \
	"<!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\"><!ENTITY h \"&g;&g;&g;&g;&g;&g;&g;&g;\">]"
#define SS                                                                                                             \
	"<Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet' "                                              \
	"xmlns:ss='urn:schemas-microsoft-com:office:spreadsheet'>"
#define SS_ROWS SS "<Worksheet ss:Name='a'><Table>"
#define SS_SWOR "</Table></Worksheet></Workbook>"
#define SS_ROW SS_ROWS "<Row>"
#define SS_WOR "</Row>" SS_SWOR
#define SS_X "<Cell><Data ss:Type='String'>x</Data></Cell>"
#define STRINGS "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">"
#define SHEET BOOK_SHEET_BEGIN "<sheetData>"
#define TEEHS "</sheetData></worksheet>"
#define IN_LINE " t=\"inlineStr\"><is><t>"
#define TEN "0123456789"

const struct hostile harmless = { .name = "harmless", .head = "a,b\n1,2\n3,4\n", .refused = REFUSED_NO, .rows = 3 };

const struct hostile hostile[] = {
	/* text */
	{ "csv_cell_16mb", "a,b\n1,", TEN, "\n3,4\n", 1677722, NULL, REFUSED_NO, 3, 1 },
	{ "csv_quote_never_closed", "a,b\n\"", "1,2\n", "", 4000000, NULL, REFUSED_NO, 4000001, 1 },
	{ "csv_columns_16384", "1", ",1", "\n", 16383, NULL, REFUSED_NO, 1, 0 },
	{ "csv_columns_1000000", "1", ",1", "\n1,2\n", 999999, NULL, REFUSED_NO, 2, 1 },
	{ "csv_nothing_but_commas", "", ",,,,,,,,,\n", "", 3000000, NULL, REFUSED_EMPTY, 0, 0 },
	{ "csv_nul", "", "\0", "", 0, NULL, REFUSED_EMPTY, 0, 0 },
	/* archives */
	{ "gzip_bomb", "", TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN, "", 2000000, as_gzip, REFUSED_BOMB, 0, 0 },
	{ "gzip_members_of_10mb", "", TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN, "", 100000, as_members, REFUSED_BOMB, 0,
	    0 },
	{ "gzip_members_of_nothing", "", "", "", 0, as_members, REFUSED_EMPTY, 0, 0 },
	{ "gzip_members_of_a_row", "1,2\n", "", "", 0, as_members, REFUSED_NO, 20000, 0 },
	{ "zip_bomb", "", TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN, "", 2000000, as_zip, REFUSED_BOMB, 0, 0 },
	{ "zip_bomb_in_zip", "", TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN, "", 2000000, as_zip_in_zip, REFUSED_BOMB, 0,
	    0 },
	{ "zip_bomb_sheet", SHEET, "<row/>", TEEHS, 20000000, as_sheet, REFUSED_BOMB, 0, 0 },
	{ "zip_bomb_sheet_in_zip", SHEET, "<row/>", TEEHS, 20000000, as_sheet_in_zip, REFUSED_BOMB, 0, 0 },
	{ "zip_crowd", "", "1,2\n", "", 20000, as_crowd, REFUSED_NO, 720000, 0 },
	{ "zip_nest", "1,2\n", "", "", 0, as_nest, REFUSED_NESTED, 0, 0 },
	{ "zip_in_zip", "1,2\n3,4\n", "", "", 0, as_zip_in_zip, REFUSED_NO, 2, 0 },
	{ "gzip_in_zip", "1,2\n3,4\n", "", "", 0, as_gzip_in_zip, REFUSED_NO, 2, 0 },
	{ "zip_overlap", "", "1,2\n", "", 1000, as_overlap, REFUSED_OVERLAP, 0, 0 },
	{ "zip_entries_50000", "1,2\n", "", "", 0, as_many_entries, REFUSED_LIMIT_BYTES, 0, 0 },
	/* registry XML */
	{ "xml_laughs", "<?xml version='1.0'?><!DOCTYPE r " LAUGHS "><r><a>&h;</a></r>", "", "", 0, NULL,
	    REFUSED_DOCTYPE, 0, 0 },
	{ "xml_outside", "<!DOCTYPE r [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><r><a>&e;</a></r>", "", "", 0, NULL,
	    REFUSED_DOCTYPE, 0, 0 },
	{ "xml_attributes_100000", "<r><row", " a%='1'", "/></r>", 100000, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "xml_cell_16mb", "<r><row><a>1</a><b>", TEN, "</b></row><row><a>1</a></row></r>", 1677722, NULL,
	    REFUSED_LIMIT_BYTES, 0, 0 },
	{ "xml_cdata_16mb", "<r><row><a>1</a><b><![CDATA[", TEN, "]]></b></row><row><a>1</a></row></r>", 1677722, NULL,
	    REFUSED_LIMIT_BYTES, 0, 0 },
	{ "xml_cell_8mb", "<r><row><a>1</a><b>", TEN, "</b></row><row><a>1</a><b>2</b></row></r>", 838861, NULL,
	    REFUSED_NO, 3, 1 },
	{ "xml_comment_16mb", "<r><!--", TEN, "--></r>", 1677722, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "xml_columns_16000", "<r><row>", "<a%>1</a%>", "</row><row><a0>1</a0></row></r>", 16000, NULL, REFUSED_NO, 3,
	    1 },
	{ "xml_columns_10000", "<r><row>", "<a%>1</a%>", "</row><row><a0>1</a0></row></r>", 10000, NULL, REFUSED_NO, 3,
	    0 },
	{ "xml_columns_100000", "<r><row>", "<a%>1</a%>", "</row><row/></r>", 100000, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "xml_deep", "", "<a>", "", 1000000, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "xml_namespaces", "<r><row", " xmlns:a%='u:%'", "/></r>", 100000, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "xml_unordered", "", "", "", 0, xml_unordered, REFUSED_NO, 3, 0 },
	{ "xml_cut", "<r>", "<row><a>1</a><b>2</b></row>", "<row><a>", 100000, NULL, REFUSED_TRUNCATED, 0, 0 },
	/* XML Spreadsheet 2003 */
	{ "ssml_laughs", "<?xml version='1.0'?><!DOCTYPE Workbook " LAUGHS ">" SS_ROW SS_X SS_WOR, "", "", 0, NULL,
	    REFUSED_DOCTYPE, 0, 0 },
	{ "ssml_attributes_100000", SS_ROW "<Cell", " a%='1'", "/>" SS_WOR, 100000, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "ssml_cell_16mb", SS_ROW "<Cell><Data ss:Type='String'>", TEN, "</Data></Cell>" SS_WOR, 1677722, NULL,
	    REFUSED_LIMIT_BYTES, 0, 0 },
	{ "ssml_columns_16384", SS_ROW, SS_X, SS_WOR, 16384, NULL, REFUSED_NO, 1, 0 },
	{ "ssml_columns_100000", SS_ROW, SS_X, SS_WOR, 100000, NULL, REFUSED_NO, 1, 1 },
	{ "ssml_dimension",
	    SS "<Worksheet ss:Name='a'><Table ss:ExpandedColumnCount='2147483647' "
	       "ss:ExpandedRowCount='2147483647'><Row>",
	    SS_X, SS_WOR, 3, NULL, REFUSED_NO, 1, 0 },
	{ "ssml_blanks_across", SS_ROWS, "<Row><Cell ss:Index='16384'><Data ss:Type='String'>x</Data></Cell></Row>",
	    SS_SWOR, 500000, NULL, REFUSED_BOMB, ANY, ANY },
	{ "ssml_blanks_down", SS_ROWS, "<Row ss:Span='20000'/><Row><Cell><Data ss:Type='String'>x</Data></Cell></Row>",
	    SS_SWOR, 100000, NULL, REFUSED_NO, 100000, 0 },
	{ "ssml_rows_beyond", SS_ROWS, "<Row ss:Span='2000000'/><Row><Cell><Data ss:Type='String'>x</Data></Cell></Row>",
	    SS_SWOR, 100000, NULL, REFUSED_DAMAGED, 0, 0 },
	{ "ssml_deep", SS_ROW "<Cell><Data>", "<B>", "", 100000, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "ssml_sheets_100000", SS, "<Worksheet ss:Name='a%'/>", "</Workbook>", 100000, NULL, REFUSED_DAMAGED, 0, 0 },
	/* HTML */
	{ "html_laughs", "<!DOCTYPE html " LAUGHS "><table><tr><td>&h;</table>", "", "", 0, NULL, REFUSED_DOCTYPE, 0, 0 },
	{ "html_attributes_100000", "<table><tr><td", " a%='1'", ">x</table>", 100000, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "html_cell_16mb", "<table><tr><td>1<td>", TEN, "<tr><td>2</table>", 1677722, NULL, REFUSED_NO, 2, 1 },
	{ "html_comment_16mb", "<table><!--", TEN, "", 1677722, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "html_script_16mb", "<table><tr><td>x</table><script>", TEN, "", 1677722, NULL, REFUSED_TRUNCATED, 0, 0 },
	{ "html_columns_16384", "<table><tr>", "<td>x", "</table>", 16384, NULL, REFUSED_NO, 1, 0 },
	{ "html_columns_1000000", "<table><tr>", "<td>x", "</table>", 1000000, NULL, REFUSED_NO, 1, 1 },
	{ "html_colspan", "<table>",
	    "<tr><td colspan=1000><td colspan=1000><td colspan=1000><td colspan=1000><td colspan=1000>"
	    "<td colspan=1000><td colspan=1000><td colspan=1000><td colspan=1000><td colspan=1000>x",
	    "</table>", 100000, NULL, REFUSED_BOMB, ANY, ANY },
	{ "html_colspan_only", "<table><tr>", "<td colspan=1000 rowspan=65534>", "<td>x</table>", 1000000, NULL,
	    REFUSED_NO, 1, 1 },
	{ "html_rowspan",
	    "<table><tr><td colspan=1000 rowspan=0><td colspan=1000 rowspan=0><td colspan=1000 "
	    "rowspan=0>"
	    "<td colspan=1000 rowspan=0><td colspan=1000 rowspan=0><td colspan=1000 rowspan=0>"
	    "<td colspan=1000 rowspan=0><td colspan=1000 rowspan=0><td colspan=1000 rowspan=0>",
	    "<tr><td>", "<tr><td>x</table>", 2000000, NULL, REFUSED_BOMB, ANY, ANY },
	{ "html_rowspan_text",
	    "<table><tr><td colspan=1000 rowspan=0><td colspan=1000 rowspan=0><td colspan=1000 "
	    "rowspan=0>"
	    "<td colspan=1000 rowspan=0><td colspan=1000 rowspan=0><td colspan=1000 rowspan=0>"
	    "<td colspan=1000 rowspan=0><td colspan=1000 rowspan=0><td colspan=1000 rowspan=0>",
	    "<tr><td>x", "</table>", 60000, NULL, REFUSED_BOMB, ANY, ANY },
	{ "html_rowspan_rows", "<table><tr><td colspan=1000 rowspan=0>", "<tr>", "<td>x</table>", 4000000, NULL,
	    REFUSED_NO, 1, 0 },
	{ "html_deep_tables", "", "<table><tr><td>", "", 100000, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "html_deep_blocks", "<table><tr><td>", "<div>", "", 1000000, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "html_tables_100000", "", "<table><tr><td>x</table>", "", 100000, NULL, REFUSED_DAMAGED, ANY, ANY },
	{ "html_unclosed", "<table>", "<tr><td><b><i><u>x", "</table>", 200000, NULL, REFUSED_LIMIT_BYTES, 0, 0 },
	/* workbooks of Excel 2007 and later */
	{ "xlsx_laughs", "<?xml version='1.0'?><!DOCTYPE worksheet " LAUGHS ">" SHEET TEEHS, "", "", 0, as_sheet,
	    REFUSED_DOCTYPE, 0, 0 },
	{ "xlsx_laughs_strings", "<!DOCTYPE sst " LAUGHS ">" STRINGS "<si><t>&h;</t></si></sst>", "", "", 0, as_strings,
	    REFUSED_DOCTYPE, 0, 0 },
	{ "xlsx_laughs_workbook", "<!DOCTYPE workbook " LAUGHS "><workbook/>", "", "", 0, as_workbook, REFUSED_DOCTYPE,
	    0, 0 },
	{ "xlsx_attributes_100000", SHEET "<row r=\"1\"><c", " a%=\"1\"", "/></row>" TEEHS, 100000, as_sheet,
	    REFUSED_LIMIT_BYTES, 0, 0 },
	{ "xlsx_cell_16mb", SHEET "<row r=\"1\"><c r=\"A1\"" IN_LINE, "0%", "</t></is></c></row>" TEEHS, 2000000,
	    as_sheet, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "xlsx_cell_5mb", SHEET "<row r=\"1\"><c r=\"A1\"" IN_LINE, "0%", "</t></is></c></row>" TEEHS, 700000,
	    as_sheet, REFUSED_NO, 1, 1 },
	{ "xlsx_string_16mb", STRINGS "<si><t>", "0%", "</t></si></sst>", 2000000, as_strings, REFUSED_LIMIT_BYTES, 0,
	    0 },
	{ "xlsx_columns_16384", SHEET "<row r=\"1\">", "<c><v>1</v></c>", "</row>" TEEHS, 16384, as_sheet, REFUSED_NO,
	    1, 0 },
	{ "xlsx_columns_100000", SHEET "<row r=\"1\">", "<c><v>1</v></c>", "</row>" TEEHS, 100000, as_sheet,
	    REFUSED_DAMAGED, ANY, ANY },
	{ "xlsx_dimension", BOOK_SHEET_BEGIN "<dimension ref=\"A1:XFD1048576\"/><sheetData>",
	    "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>", TEEHS, 1, as_sheet, REFUSED_NO, 1, 0 },
	{ "xlsx_blanks", SHEET, "<row><c r=\"XFD%\"><v>1</v></c></row>", TEEHS, 300000, as_sheet, REFUSED_DAMAGED, ANY,
	    ANY },
	{ "xlsx_blanks_across", SHEET, "<row r=\"1%\"><c r=\"XFD1%\"><v>1</v></c></row>", TEEHS, 9999, as_sheet,
	    REFUSED_BOMB, 0, 0 },
	{ "xlsx_sparse", SHEET "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>",
	    "<row r=\"1048576\"><c r=\"A1048576\"><v>1</v></c></row>", TEEHS, 1, as_sheet, REFUSED_NO, 2, 0 },
	{ "xlsx_deep", SHEET "<row r=\"1\"><c r=\"A1\">", "<a>", "", 1000000, as_sheet, REFUSED_LIMIT_BYTES, 0, 0 },
	{ "xlsx_strings_empty", STRINGS, "<si/>", "</sst>", 1000000, as_strings, REFUSED_NO, ANY, ANY },
	/* old workbooks; a cell of theirs cannot say that it has more than 64 KB */
	{ "xls_stream_4gb", "", "", "", 0, xls_stream, REFUSED_TRUNCATED, 0, 0 },
	{ "xls_sectors_4g", "", "", "", 0, xls_sectors, REFUSED_DAMAGED, 0, 0 },
	{ "xls_difat", "", "", "", 0, xls_difat, REFUSED_NO, 14, 0 },
	{ "xls_directory", "", "", "", 0, xls_directory, REFUSED_TRUNCATED, 0, 0 },
	{ "xls_strings_4g", "", "", "", 0, xls_strings, REFUSED_NO, 14, 0 },
	{ "xls_cut", "", "", "", 0, xls_cut, REFUSED_TRUNCATED, 0, 0 },
};
const size_t hostile_count = ARRAY_LEN(hostile);

static void
repeat(struct buffer *file, const char *part, size_t count)
{
	struct text rest = text_from(part);
	char *room;

	if (rest.len > 0 && memchr(rest.at, '%', rest.len) == NULL) {
		room = buffer_room(file, count * rest.len);
		if (room == NULL)
			abort();
		for (size_t i = 0; i < count; i++)
			memcpy(room + i * rest.len, rest.at, rest.len);
		file->len += count * rest.len;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const char *at = part;
		const char *mark;

		while ((mark = strchr(at, '%')) != NULL) {
			buffer_add(file, at, (size_t)(mark - at));
			buffer_format(file, "%zu", i);
			at = mark + 1;
		}
		buffer_string(file, at);
	}
}

void
hostile_make(const struct hostile *one, struct buffer *file)
{
	buffer_clear(file);
	buffer_string(file, one->head);
	if (one->part != NULL)
		repeat(file, one->part, one->count);
	buffer_string(file, one->tail != NULL ? one->tail : "");
	if (one->make != NULL)
		one->make(file);
	if (buffer_failed(file))
		abort();
}

/* ---- reading in earnest ---- */

struct walk {
	struct sandbox *sandbox;
	const char *spool;
	struct reader_limits limits;
	struct outcome *outcome;
	struct unpacked unpacked; /* of all archives: files are numbered through */
};

static void
refused(struct walk *walk, enum refusal reason)
{
	if (walk->outcome->refused == REFUSED_NO)
		walk->outcome->refused = reason;
}

static void
count_rows(struct walk *walk, struct rows *rows)
{
	struct row row;

	while (rows_next(rows, &row) > 0) {
		walk->outcome->rows++;
		walk->outcome->cells += row.count;
		walk->outcome->flagged += row.flags != 0;
	}
}

static int read_fd(struct walk *walk, int fd, unsigned depth, struct err *err);

/* The files of the archive that ${rows} has begun to give. */
static int
read_archive(struct walk *walk, struct rows *rows, unsigned depth, struct err *err)
{
	struct unpacked *unpacked = &walk->unpacked;
	size_t first = unpacked->count, end;
	enum refusal reason;
	int result;

	result = unpack_receive(unpacked, rows, TEXT("a"), depth, &walk->limits, walk->spool, &reason, err);
	if (result == 0 && reason != REFUSED_NO)
		refused(walk, reason);
	end = unpacked->count;
	for (size_t i = first; result == 0 && reason == REFUSED_NO && i < end; i++) {
		/* A copy: more files may come, and move those that are there. */
		const struct unpacked_file copy = unpacked->files[i], *file = &copy;
		int fd;

		if (file->refused != REFUSED_NO) {
			refused(walk, file->refused);
			continue;
		}
		fd = open(file->path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			result = err_errno(err, ERR_STOP, "an unpacked file");
		else
			result = read_fd(walk, fd, depth + 1, err);
		close(fd);
		unlink(file->path);
	}
	return result;
}

static int
read_rows(struct walk *walk, struct rows *rows, unsigned depth, struct err *err)
{
	enum rows_event event;
	int got;

	while ((got = rows_receive(rows, &event, err)) > 0) {
		if (event == ROWS_BATCH)
			count_rows(walk, rows);
		else if (event == ROWS_REFUSED)
			refused(walk, (enum refusal)rows->refused.reason);
		else if (event == ROWS_DOCUMENT && unpack_is_archive(rows->document.format)) {
			if (depth >= walk->limits.depth_max) {
				refused(walk, REFUSED_NESTED);
				return 0;
			}
			return read_archive(walk, rows, depth, err);
		}
	}
	return got;
}

static int
read_fd(struct walk *walk, int fd, unsigned depth, struct err *err)
{
	struct rows rows;
	int socket, result;

	walk->outcome->files++;
	if (depth > DEPTH_MOST)
		return err_set(err, ERR_STOP, "archives without end");
	socket = sandbox_read(walk->sandbox, fd, &walk->limits, false, err);
	if (socket < 0)
		return -1;
	result = rows_init(&rows, socket, WAIT_MS, err);
	if (result == 0) {
		result = read_rows(walk, &rows, depth, err);
		rows_fini(&rows);
	}
	close(socket);
	return result;
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int
hostile_read(struct sandbox *sandbox, struct text bytes, const char *spool, struct outcome *outcome, struct err *err)
{
	struct walk walk = { .sandbox = sandbox, .spool = spool, .outcome = outcome };
	int fd = reading_memory(bytes.at, bytes.len);
	double begin = now();
	int result;

	*outcome = (struct outcome){ .refused = REFUSED_NO };
	if (fd < 0)
		return err_set(err, ERR_STOP, "no memory for a file");
	reader_limits_default(&walk.limits);
	unpacked_init(&walk.unpacked);
	result = read_fd(&walk, fd, 0, err);
	unpacked_fini(&walk.unpacked);
	outcome->seconds = now() - begin;
	close(fd);
	return result;
}
