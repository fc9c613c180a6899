/*
 * workbook_test.c - a workbook that is not whole is told from one that is.
 */
#include <fcntl.h>
#include <unistd.h>

#include "consumers/publish/workbook.h"
#include "tests/support/support.h"

static void
write_one(const char *path, const char *folder, unsigned rows)
{
	struct workbook *workbook;
	struct err err;

	assert_int_equal(workbook_begin(&workbook, path, folder, TEXT("2026-09-02"), &err), 0);
	for (unsigned sheet = 0; sheet < 2; sheet++) {
		assert_int_equal(workbook_sheet(workbook, TEXT("学生"), &err), 0);
		for (unsigned row = 0; row < rows; row++) {
			workbook_row(workbook);
			for (unsigned column = 0; column < 5; column++)
				assert_int_equal(
				    workbook_cell(workbook, column, column == 3 ? WORKBOOK_ERROR : WORKBOOK_PLAIN,
					column % 2 == 0 ? TEXT("a & <b>") : TEXT(""),
					column == 3 ? TEXT("why") : TEXT(""), &err),
				    0);
		}
	}
	if (workbook_end(workbook, &err) != 0)
		fail_msg("%s", err.what);
}

static void
a_workbook_is_read_back(void **state)
{
	char path[FILE_PATH_MAX];
	const char *folder = scratch_make();
	struct err err;
	int fd;

	(void)state;
	assert_int_equal(path_format(path, &err, "%s/book.xlsx", folder), 0);
	write_one(path, folder, 100);
	/* three texts a row and a blank with a colour; one comment */
	assert_int_equal(workbook_check(path, 2 * 100 * 4, 2 * 100, &err), 0);
	assert_int_equal(workbook_check(path, 2 * 100 * 4 + 1, 2 * 100, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_int_equal(workbook_check(path, 2 * 100 * 4, 2 * 100 - 1, &err), -1);
	/* bytes of the archive that are not as they were written */
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "\0\0\0\0\0\0\0\0", 8, 400), 8);
	close(fd);
	assert_int_equal(workbook_check(path, 2 * 100 * 4, 2 * 100, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(workbook_check(path, 0, 0, &err), -1);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_workbook_is_read_back),
	};

	return cmocka_run_group_tests_name("publish_workbook", tests, NULL, NULL);
}
