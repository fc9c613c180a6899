/*
 * office_test.c - what a spreadsheet program makes of our workbooks: LibreOffice turns one into
 * csv, and texts that look like formulas are still the texts. Skipped where LibreOffice is not
 * installed.
 */
#include <stdlib.h>
#include <unistd.h>

#include "consumers/publish/publication.h"
#include "tests/support/support.h"

static void
formulas_stay_text(void **state)
{
	static const char students[] = "\xEF\xBB\xBF"
				       "student_id,note\r\n"
				       "01,'=1+1\r\n"
				       "02,\"'=HYPERLINK(\"\"http://example.invalid\"\",\"\"a\"\")\"\r\n"
				       "03,'@SUM(1)\r\n"
				       "04,'-2\r\n"
				       "05,410303201409010013\r\n";
	const char *folder = scratch_make();
	const struct dataset dataset = { .files = TEXT("students") };
	struct publication publication = {
		.dataset = &dataset, .date = TEXT("2026-09-02"), .folder = folder, .scratch = folder
	};
	char command[FILE_PATH_MAX * 4], path[FILE_PATH_MAX];
	struct buffer got;
	struct err err;

	(void)state;
	if (system("command -v soffice >/dev/null") != 0) {
		scratch_remove();
		skip();
	}
	(void)scratch_file("students.csv", students, sizeof(students) - 1);
	assert_int_equal(publish_xlsx(&publication, &err), 0);
	snprintf(command, sizeof(command),
	    "cd '%s' && timeout 120 soffice -env:UserInstallation=file://%s/profile --headless "
	    "--convert-to "
	    "'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true' --outdir out "
	    "students.xlsx >/dev/null 2>&1",
	    publication.folder, publication.folder);
	assert_int_equal(system(command), 0);
	assert_int_equal(path_format(path, &err, "%s/out/students.csv", publication.folder), 0);
	buffer_init(&got, 1 << 20);
	assert_int_equal(file_read_all(path, &got, &err), 0);
	buffer_char(&got, '\0');
	assert_string_equal(got.at,
	    "student_id,note\n01,=1+1\n02,\"=HYPERLINK(\"\"http://"
	    "example.invalid\"\",\"\"a\"\")\"\n03,@SUM(1)\n04,-2\n"
	    "05,410303201409010013\n");
	buffer_fini(&got);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formulas_stay_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
