/*
 * hostile_test.c - HTML and XML made to hurt, and good files cut at every byte: each ends soon,
 * with its reason.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/golden/readers_markup/cells.h"

#define SS                                                                                                             \
	"<Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet' "                                              \
	"xmlns:ss='urn:schemas-microsoft-com:office:spreadsheet'>"
#define ROW "<Worksheet ss:Name='a'><Table><Row>"
#define WOR "</Row></Table></Worksheet></Workbook>"

static struct buffer file, lines;

static const struct {
	const char *head, *part, *tail;
	size_t count;
	enum refusal refusal;
} cases[] = {
	{ "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;'>]><r><a>&b;", "", "</a></r>",
	    1, REFUSED_DOCTYPE },
	{ "<!DOCTYPE a [<!ENTITY % a 'b'> %a;]><r/>", "", "", 1, REFUSED_DOCTYPE },
	{ "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><r/>", "", "", 1, REFUSED_DOCTYPE },
	{ "<!DOCTYPE a [<!ENTITY e SYSTEM 'http://127.0.0.1/'>]><r a='&e;'/>", "", "", 1, REFUSED_DOCTYPE },
	{ "<!DOCTYPE Workbook [<!ENTITY e 'x'>]>" SS "&e;" ROW, "", WOR, 1, REFUSED_DOCTYPE },
	{ "<!DOCTYPE html [<!ENTITY e 'x'>]><html><table><td>&e;", "", "</table>", 1, REFUSED_DOCTYPE },
	{ "<html><table><td><!ENTITY e 'x'>", "", "</table>", 1, REFUSED_DOCTYPE },
	{ "<r><row", " a%='1'", "/></r>", 100000, REFUSED_LIMIT_BYTES },
	{ SS ROW "<Cell", " a%='1'", "/>" WOR, 100000, REFUSED_LIMIT_BYTES },
	{ "<table><tr><td", " a%='1'", ">x</table>", 100000, REFUSED_LIMIT_BYTES },
	{ "<r><row><a>", "0123456789", "</a></row></r>", 1000001, REFUSED_LIMIT_BYTES },
	{ SS ROW "<Cell><Data ss:Type='String'>", "0123456789", "</Data></Cell>" WOR, 1000001, REFUSED_LIMIT_BYTES },
	{ SS ROW "<Cell><Data ss:Type='String'>", "0123456789", "</Data></Cell>" WOR, 900000, REFUSED_NO },
	{ "<table><tr><td>", "0123456789", "</table>", 1600000, REFUSED_NO },
	{ "<r>", "<a>", "", 100000, REFUSED_LIMIT_BYTES },
	{ SS ROW "<Cell><Data>", "<B>", "", 100000, REFUSED_LIMIT_BYTES },
	{ "", "<table><tr><td>", "", 100000, REFUSED_LIMIT_BYTES },
	{ "<table><tr><td>", "<b>", "", 100000, REFUSED_LIMIT_BYTES },
	{ SS ROW, "<Cell><Data ss:Type='Number'>1</Data></Cell>", WOR, 16384, REFUSED_NO },
	{ SS ROW, "<Cell><Data ss:Type='Number'>1</Data></Cell>", WOR, 100000, REFUSED_NO },
	{ SS ROW, "<Cell ss:Index='1'><Data ss:Type='Number'>1</Data></Cell>", WOR, 2, REFUSED_DAMAGED },
	{ SS ROW "<Cell ss:MergeAcross='4294967295'/>", "", WOR, 1, REFUSED_DAMAGED },
	{ SS ROW "<Cell ss:Index='0'><Data>1</Data></Cell>", "", WOR, 1, REFUSED_DAMAGED },
	{ SS "<Worksheet><Table><Row ss:Index='99999999999'>", "", WOR, 1, REFUSED_DAMAGED },
	{ SS "<Worksheet><Table><Row ss:Index='2'><Cell><Data>1</Data></Cell></Row><Row ss:Index='1'>", "", WOR, 1,
	    REFUSED_DAMAGED },
	{ SS "<Worksheet><Table><Row ss:Span='2147483647'/>", "", WOR, 1, REFUSED_DAMAGED },
	{ SS, "<Worksheet/>", "</Workbook>", 5000, REFUSED_DAMAGED },
	{ "<table>", "<tr><td colspan='1000000' rowspan='1000000'>x", "</table>", 20000, REFUSED_NO },
	{ "<table><tr>", "<td colspan='1000000'>x", "</table>", 100000, REFUSED_NO },
	{ "<table>", "<tr><td rowspan=0>x<td>y", "</table>", 5000, REFUSED_NO },
	{ "", "<table><td>x</table>", "", 20000, REFUSED_NO },
	{ "<r><row>", "<a%>1</a%>", "</row></r>", 100000, REFUSED_LIMIT_BYTES },
	{ "<r>", "<row><a><b><c>1</c></b></a></row>", "</r>", 20000, REFUSED_NO },
	{ "<r><row>", "<a>1</a>", "</row></r>", 500000, REFUSED_NO },
	{ "<r/>", "", "", 1, REFUSED_NOT_A_TABLE },
	{ "<html><p>nothing", "", "", 1, REFUSED_NOT_A_TABLE },
	{ "<table><tr><td> ", "", "</table>", 1, REFUSED_EMPTY },
	{ SS, "", "</Workbook>", 1, REFUSED_NOT_A_TABLE },
};

static void
hostile_files_end_soon_with_their_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		clock_t began = clock();
		enum refusal refusal;

		buffer_clear(&file);
		buffer_string(&file, cases[i].head);
		for (size_t n = 0; n < cases[i].count; n++) {
			const char *part = cases[i].part, *mark;

			for (; (mark = strchr(part, '%')) != NULL; part = mark + 1) {
				buffer_add(&file, part, (size_t)(mark - part));
				buffer_format(&file, "%zu", n);
			}
			buffer_string(&file, part);
		}
		buffer_string(&file, cases[i].tail);
		assert_false(buffer_failed(&file));
		refusal = cells_of(file.at, file.len, &lines);
		if (refusal != cases[i].refusal)
			print_error("case %zu: %.60s\n", i, cases[i].head);
		assert_int_equal(refusal, cases[i].refusal);
		if (clock() - began > 8 * CLOCKS_PER_SEC)
			fail_msg("case %zu takes too long", i);
	}
}

static void
files_cut_anywhere_are_refused(void **state)
{
	static const struct {
		const char *name;
		size_t step;
	} files[] = { { "flat-gbk.xml", 1 }, { "utf16.xml", 1 }, { "ado.xml", 1 }, { "quirks.spreadsheetml.xml", 7 },
		{ "gbk-says-utf-8.html", 1 }, { "pandas.html.xls", 1 } };
	char path[FILE_PATH_MAX];
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		size_t end;

		buffer_clear(&file);
		assert_int_equal(
		    path_format(path, &err, "%s/tests/golden/readers_markup/files/%s", PROJECT_ROOT, files[i].name), 0);
		assert_int_equal(file_read_all(path, &file, &err), 0);
		end = file.len;
		while (end > 0 && file.at[end - 1] != '>')
			end--;
		/* Behind </table> nothing is lost. */
		if (text_find(buffer_as_text(&file), TEXT("</table>")) != SIZE_MAX)
			end = text_find(buffer_as_text(&file), TEXT("</table>")) + 8;
		for (size_t len = 0; len < end; len += files[i].step) {
			enum refusal refusal = cells_of(file.at, len, &lines);

			if (refusal == REFUSED_NO)
				fail_msg("%s cut to %zu is read", files[i].name, len);
			if (len > 100 && refusal != REFUSED_TRUNCATED)
				fail_msg("%s cut to %zu: %d", files[i].name, len, refusal);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_files_end_soon_with_their_reason),
		cmocka_unit_test(files_cut_anywhere_are_refused),
	};
	int failed;

	buffer_init(&file, (size_t)64 << 20);
	buffer_init(&lines, (size_t)256 << 20);
	failed = cmocka_run_group_tests_name("readers_markup hostile", tests, NULL, NULL);
	buffer_fini(&file);
	buffer_fini(&lines);
	return failed;
}
