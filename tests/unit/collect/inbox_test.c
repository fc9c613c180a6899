/*
 * inbox_test.c - what is listed, what is left alone, and that a file which changes is found out.
 */
#include "producers/collect/inbox.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/support.h"

#define NOW ((int64_t)2000000000 * 1000000000)

static void
put(const char *folder, const char *name, const char *bytes, time_t mtime)
{
	char path[FILE_PATH_MAX];
	struct timespec times[2] = { { .tv_sec = mtime }, { .tv_sec = mtime } };
	struct err err = { 0 };
	char *slash;

	assert_int_equal(path_format(path, &err, "%s/%s", folder, name), 0);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(file_make_folder(path, &err), 0);
	*slash = '/';
	assert_int_equal(file_write_all(path, bytes, strlen(bytes), &err), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
inbox_list_tells_what_may_be_read(void **state)
{
	static const struct {
		const char *source, *name;
		enum inbox_state state;
		enum refusal refusal;
	} expected[] = {
		{ "", "readme.txt", INBOX_STRAY, REFUSED_NO },
		{ "a", "fresh.csv", INBOX_WAITING, REFUSED_NO },
		{ "a", "link.csv", INBOX_REFUSED, REFUSED_LINK },
		{ "a", "old.csv", INBOX_READY, REFUSED_NO },
		{ "a", "one/two/deep.xls", INBOX_READY, REFUSED_NO },
		{ "registry", "\\xFFodd\\x0A.csv", INBOX_READY, REFUSED_NO },
		{ "registry", "中文.csv", INBOX_READY, REFUSED_NO },
	};
	const char *folder = scratch_make();
	struct inbox inbox;
	struct err err = { 0 };
	char path[FILE_PATH_MAX];

	(void)state;
	put(folder, "registry/\xD6\xD0\xCE\xC4.csv", "x", 1000); /* 中文 in GB18030 */
	put(folder, "registry/\xFFodd\n.csv", "x", 1000);
	put(folder, "a/old.csv", "x", 1000);
	put(folder, "a/fresh.csv", "x", 2000000000 - 5);
	put(folder, "a/one/two/deep.xls", "x", 1000);
	put(folder, "readme.txt", "x", 1000);
	put(folder, "a/~$old.xlsx", "x", 1000);
	put(folder, "a/.hidden", "x", 1000);
	put(folder, "a/up.csv.part", "x", 1000);
	put(folder, "a/up.CRDOWNLOAD", "x", 1000);
	put(folder, "a/x.tmp", "x", 1000);
	put(folder, "a/Thumbs.db", "x", 1000);
	put(folder, "a/.git/config", "x", 1000);
	assert_int_equal(path_format(path, &err, "%s/a/link.csv", folder), 0);
	assert_int_equal(symlink("old.csv", path), 0);
	assert_int_equal(inbox_list(&inbox, folder, 10, NOW, &err), 0);
	assert_int_equal(inbox.count, ARRAY_LEN(expected));
	for (size_t i = 0; i < inbox.count; i++) {
		assert_text(inbox.files[i].source, expected[i].source);
		assert_text(inbox.files[i].name, expected[i].name);
		assert_int_equal(inbox.files[i].state, expected[i].state);
		assert_int_equal(inbox.files[i].refusal, expected[i].refusal);
	}
	inbox_fini(&inbox);
	scratch_remove();
}

static void
inbox_names_that_read_alike_are_told_apart(void **state)
{
	const char *folder = scratch_make();
	struct inbox inbox;
	struct err err = { 0 };

	(void)state;
	put(folder, "a/\xD6\xD0\xCE\xC4", "x", 1000);
	put(folder, "a/中文", "y", 1000);
	assert_int_equal(inbox_list(&inbox, folder, 0, NOW, &err), 0);
	assert_int_equal(inbox.count, 2);
	assert_text(inbox.files[0].name, "\\xD6\\xD0\\xCE\\xC4");
	assert_text(inbox.files[1].name, "中文");
	inbox_fini(&inbox);
	scratch_remove();
}

static void
inbox_finds_out_what_changes(void **state)
{
	const char *folder = scratch_make();
	struct inbox inbox;
	struct sha256 digest;
	struct err err = { 0 };
	char path[FILE_PATH_MAX], hex[65];
	int fd;

	(void)state;
	put(folder, "a/x.csv", "abc", 1000);
	assert_int_equal(inbox_list(&inbox, folder, 0, NOW, &err), 0);
	fd = inbox_open(folder, &inbox.files[0], &err);
	assert_true(fd >= 0);
	assert_int_equal(inbox_digest(fd, &digest, &err), 0);
	sha256_hex(&digest, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(inbox_unchanged(folder, &inbox.files[0], fd));
	/* written over in place, then replaced by another file of the same size and time */
	put(folder, "a/x.csv", "abcd", 1000);
	assert_false(inbox_unchanged(folder, &inbox.files[0], fd));
	put(folder, "a/x.csv", "abd", 1000);
	assert_false(inbox_unchanged(folder, &inbox.files[0], fd));
	assert_int_equal(inbox_open(folder, &inbox.files[0], &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	close(fd);
	/* a folder that has become a link */
	assert_int_equal(path_format(path, &err, "%s/b", folder), 0);
	put(folder, "b/x.csv", "abc", 1000);
	assert_int_equal(path_format(path, &err, "%s/a/x.csv", folder), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(path_format(path, &err, "%s/a", folder), 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("b", path), 0);
	assert_int_equal(inbox_open(folder, &inbox.files[0], &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	inbox_fini(&inbox);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inbox_list_tells_what_may_be_read),
		cmocka_unit_test(inbox_names_that_read_alike_are_told_apart),
		cmocka_unit_test(inbox_finds_out_what_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
