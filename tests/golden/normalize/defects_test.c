/*
 * defects_test.c - the defects that files of schools and offices really have (defects.tsv), each as a header row and a row
 * below it, bound and normalized as a run does: the value that comes out, and each rule that is told with its severity.
 */
#include "tests/support/support.h"

#include <stdlib.h>

#include "consumers/normalize/normalize.h"
#include "tests/unit/collect/sheet.h"

enum { ITEM, SOURCE, HEADERS, CELLS, FIELD, VALUE, TOLD, PARTS };

/* "n:41883" is a spreadsheet's number, "d:" its date, "b:" its truth, "e:" an error, "u:" a formula without result. */
static void
set_kinds(struct sheet *sheet)
{
	static const char letters[] = "tndbeu";
	struct row *row = &sheet->rows[1];

	for (uint32_t i = 0; i < row->count; i++) {
		struct cell *cell = &row->cells[i];
		const char *letter = cell->text.len < 2 || cell->text.at[1] != ':' ? NULL
										   : strchr(letters, cell->text.at[0]);

		if (letter == NULL)
			continue;
		cell->kind = (enum cell_kind)(letter - letters);
		cell->text.at += 2;
		cell->text.len -= 2;
	}
}

static void
say_value(const struct normalized *row, const char *field, struct buffer *out)
{
	const struct field *wanted = dataset_field(sheet_dataset(), text_from(field));

	if (wanted == NULL)
		fail_msg("%s is no field", field);
	for (size_t i = 0; i < row->value_count; i++) {
		if (row->values[i].field != wanted->number)
			continue;
		buffer_string(out, row->values[i].invalid ? "!" : "");
		buffer_text(out, row->values[i].text);
	}
}

static void
say_issues(const struct normalized *row, struct buffer *out)
{
	for (size_t i = 0; i < row->issue_count; i++)
		buffer_format(out, "%s%s/%s", i > 0 ? " " : "", rule_name((enum rule)row->issues[i].rule),
		    severity_name((enum severity)row->issues[i].severity));
}

/* What a line should be: its first parts, and what comes out. */
static void
answer(char *const parts[PARTS], struct buffer *out)
{
	static struct sheet sheet;
	const struct normalized *row;
	struct normalizer *normalizer;
	struct layout layout;
	struct buffer lines;
	struct err err = { 0 };
	bool since_1904 = parts[SOURCE][0] == '*';

	buffer_init(&lines, 65536);
	buffer_format(&lines, "%s\n%s\n", parts[HEADERS], parts[CELLS]);
	buffer_char(&lines, '\0');
	sheet_write(&sheet, lines.at);
	set_kinds(&sheet);
	assert_int_equal(layout_find(&layout, sheet.rows, sheet.count, sheet_dataset(),
			     sheet_source(parts[SOURCE] + since_1904), NULL, since_1904, &err),
	    0);
	if (!layout.found)
		fail_msg("%s: no header is found in %s", parts[ITEM], parts[HEADERS]);
	assert_int_equal(layout_classify(&layout, &sheet.rows[1]), ROW_DATA);
	normalizer = normalizer_new(&layout.binding, (struct date){ 2026, 9, 2 }, 7);
	assert_non_null(normalizer);
	row = normalize_row(normalizer, sheet.rows[1].cells, sheet.rows[1].count, 0);
	assert_non_null(row);
	for (int i = 0; i < VALUE; i++)
		buffer_format(out, "%s\t", parts[i]);
	say_value(row, parts[FIELD], out);
	buffer_char(out, '\t');
	say_issues(row, out);
	normalizer_free(normalizer);
	layout_fini(&layout);
	buffer_fini(&lines);
}

static void
every_defect_comes_out_as_the_table_says(void **state)
{
	struct buffer file, out;
	size_t lines = 0, wrong = 0;
	struct err err;
	char *line, *rest = NULL;

	(void)state;
	buffer_init(&file, 1024 * 1024);
	buffer_init(&out, 1024 * 1024);
	assert_int_equal(file_read_all(TEST_DATA "/defects.tsv", &file, &err), 0);
	buffer_char(&file, '\0');
	for (line = strtok_r(file.at, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		char whole[4096], *parts[PARTS] = { 0 }, *next = line;

		if (line[0] == '#')
			continue;
		assert_true(snprintf(whole, sizeof(whole), "%s", line) < (int)sizeof(whole));
		for (int i = 0; i < PARTS && next != NULL; i++)
			parts[i] = strsep(&next, "\t");
		if (parts[FIELD] == NULL)
			fail_msg("a line of fewer parts: %s", whole);
		buffer_clear(&out);
		answer(parts, &out);
		buffer_char(&out, '\0');
		lines++;
		if (strcmp(whole, out.at) != 0) {
			wrong++;
			print_message("want %s\nhave %s\n", whole, out.at);
		}
	}
	buffer_fini(&file);
	buffer_fini(&out);
	sheet_free();
	assert_int_equal(wrong, 0);
	assert_true(lines > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_defect_comes_out_as_the_table_says),
	};

	return cmocka_run_group_tests_name("normalize_defects", tests, NULL, NULL);
}
