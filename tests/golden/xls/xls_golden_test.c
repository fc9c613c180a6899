/*
 * xls_golden_test.c - workbooks written by other programs give the cells that other programs read
 * in them.
 *
 * NAME.xls stands beside NAME.jsonl, the rows as xlrd reads them (answer.py); of xlwt_long the rows
 * as they were written (make_xlwt.py). Made by xlwt (make_xlwt.py), LibreOffice and Gnumeric
 * (make_office.py) and by hand (make_biff5.py).
 */
#include "tests/support/support.h"

#include "tests/support/reading.h"

struct golden {
	const char *name;
	uint64_t sheets, hidden, flagged;
	bool date1904;
};

static void
golden_files_give_the_cells_others_read(void **state)
{
	static const struct golden files[] = {
		{ "xlwt_kinds", 6, 2, 0, false },
		{ "xlwt_1904", 1, 0, 0, true },
		{ "xlwt_long", 1, 0, 0, false },
		{ "xlwt_edges", 1, 0, 0, false },
		{ "lo_biff8", 5, 1, 0, false },
		{ "gnumeric_biff8", 5, 1, 0, false },
		{ "hand_biff5_936", 4, 1, 0, false },
		{ "hand_biff5_plain", 4, 1, 0, false },
		{ "hand_biff5_1252", 1, 0, 0, false },
		{ "hand_unordered", 1, 0, 0, false },
	};
	char path[FILE_PATH_MAX], answer[FILE_PATH_MAX];
	struct reading reading;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		print_message("%s\n", files[i].name);
		assert_int_equal(path_format(path, &err, "%s/%s.xls", TEST_DATA, files[i].name), 0);
		assert_int_equal(path_format(answer, &err, "%s/%s.jsonl", TEST_DATA, files[i].name), 0);
		reading_init(&reading);
		reading.limits.cell_bytes_max = 100000; /* 32,767 Chinese characters */
		assert_int_equal(reading_file(&reading, &reader_xls, path, &err), 0);
		assert_int_equal(reading.refused, REFUSED_NO);
		assert_true(reading_equals_file(&reading, answer));
		assert_int_equal(reading.document.format, FORMAT_XLS);
		assert_int_equal(reading.document.date1904, files[i].date1904);
		assert_int_equal(reading.sheets, files[i].sheets);
		assert_int_equal(reading.hidden, files[i].hidden);
		assert_int_equal(reading.flagged, files[i].flagged);
		reading_fini(&reading);
	}
}

static void
golden_workbook_of_excel_5_in_utf16_is_refused(void **state)
{
	struct reading reading;
	struct err err;

	(void)state;
	reading_init(&reading);
	assert_int_equal(reading_file(&reading, &reader_xls, TEST_DATA "/gnumeric_biff7.xls", &err), 0);
	assert_int_equal(reading.refused, REFUSED_ENCODING);
	reading_fini(&reading);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_files_give_the_cells_others_read),
		cmocka_unit_test(golden_workbook_of_excel_5_in_utf16_is_refused),
	};

	return cmocka_run_group_tests_name("xls_golden", tests, NULL, NULL);
}
