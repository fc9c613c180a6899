/*
 * golden_test.c - workbooks written by other programs give the cells that other programs read in
 * them. Files and expectations were made by make.py: Python 3.11, openpyxl 3.1, pandas, XlsxWriter,
 * python-calamine, LibreOffice 7.4.
 */
#include "tests/support/support.h"

#include "tests/support/reading.h"

static void
check(const char *name)
{
	struct reading reading;
	struct err err;
	char file[FILE_PATH_MAX];

	reading_init(&reading);
	assert_int_equal(path_format(file, &err, "%s/%s.xlsx", TEST_DATA, name), 0);
	assert_int_equal(reading_file(&reading, &reader_xlsx, file, &err), 0);
	if (reading.refused != REFUSED_NO)
		fail_msg("%s: %s", refusal_name(reading.refused), reading.detail);
	assert_int_equal(path_format(file, &err, "%s/%s.jsonl", TEST_DATA, name), 0);
	assert_true(reading_equals_file(&reading, file));
	assert_int_equal(reading.flagged, 0);
	reading_fini(&reading);
}

static void
workbooks_of_other_programs_are_read_as_other_programs_read_them(void **state)
{
	static const char *const names[] = { "libreoffice", "libreoffice-again", "openpyxl", "openpyxl-1904",
		"openpyxl-rich", "openpyxl-write-only", "pandas", "xlsxwriter", "xlsxwriter-constant" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		check(names[i]);
}

static void
hidden_sheets_and_charts_are_said_so(void **state)
{
	struct reading reading;
	struct err err;

	(void)state;
	reading_init(&reading);
	assert_int_equal(reading_file(&reading, &reader_xlsx, TEST_DATA "/openpyxl.xlsx", &err), 0);
	assert_int_equal(reading.sheets, 4);
	assert_int_equal(reading.hidden, 2);
	assert_text(buffer_as_text(&reading.notes), "");
	assert_int_equal(reading_file(&reading, &reader_xlsx, TEST_DATA "/xlsxwriter.xlsx", &err), 0);
	assert_int_equal(reading.sheets, 2);
	assert_text(buffer_as_text(&reading.notes), "1 1 0 0 \n");
	assert_int_equal(reading_file(&reading, &reader_xlsx, TEST_DATA "/openpyxl-1904.xlsx", &err), 0);
	assert_int_equal(reading.document.date1904, 1);
	reading_fini(&reading);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workbooks_of_other_programs_are_read_as_other_programs_read_them),
		cmocka_unit_test(hidden_sheets_and_charts_are_said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
