/*
 * gzip_test.c - members, names, cuts, and files that unpack to too much.
 */
#include "tests/support/support.h"

#include <sys/mman.h>
#include <unistd.h>

#include "core/pack/gzip.h"
#include "tests/support/zipmake.h"

static const struct pack_limits limits = { 64000000, 64000000, 200, 1 };
static char name_seen[64];

static enum pack_trouble
read_bytes(struct text bytes, struct buffer *all)
{
	int fd = memfd_create("gzip", MFD_CLOEXEC);
	enum pack_trouble trouble;
	struct gzip *gzip;
	struct err err;
	size_t got;
	char block[777];
	int result;

	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, bytes.at, bytes.len, &err), 0);
	result = gzip_open(&gzip, fd, bytes.len, &limits, &trouble, &err);
	if (result == 0) {
		struct text name = gzip_name(gzip);

		snprintf(name_seen, sizeof(name_seen), "%.*s", (int)name.len, name.at);
		while ((result = gzip_read(gzip, block, sizeof(block), &got, &trouble, &err)) == 1) {
			if (all != NULL)
				buffer_add(all, block, got);
		}
	}
	if (result == 0)
		trouble = PACK_TROUBLE_NONE;
	gzip_close(gzip);
	close(fd);
	return trouble;
}

static void
gzip_reads_members_one_behind_the_other(void **state)
{
	struct buffer file, all;

	(void)state;
	buffer_init(&file, 10000);
	buffer_init(&all, 10000);
	zipmake_gzip(&file, "name.csv", TEXT("first,"));
	zipmake_gzip(&file, NULL, TEXT(""));
	zipmake_gzip(&file, "other.csv", TEXT("second"));
	buffer_add(&file, "\0\0\0", 3);
	assert_int_equal(read_bytes(buffer_as_text(&file), &all), PACK_TROUBLE_NONE);
	assert_text(buffer_as_text(&all), "first,second");
	assert_string_equal(name_seen, "name.csv");
	buffer_string(&file, "junk");
	assert_int_equal(read_bytes(buffer_as_text(&file), NULL), PACK_TROUBLE_DAMAGED);
	buffer_fini(&file);
	buffer_fini(&all);
}

static void
gzip_cut_anywhere_is_called_cut(void **state)
{
	struct buffer file;

	(void)state;
	buffer_init(&file, 10000);
	zipmake_gzip(&file, "name.csv", TEXT("some content, some content, some content"));
	for (size_t len = 2; len < file.len; len++)
		assert_int_equal(read_bytes((struct text){ file.at, len }, NULL), PACK_TROUBLE_CUT);
	file.at[file.len - 5] ^= 1; /* check sum */
	assert_int_equal(read_bytes(buffer_as_text(&file), NULL), PACK_TROUBLE_DAMAGED);
	assert_int_equal(read_bytes(TEXT("PK"), NULL), PACK_TROUBLE_FOREIGN);
	buffer_fini(&file);
}

static void
gzip_that_does_not_end_is_stopped(void **state)
{
	static char zeros[1000 * 1000];
	struct buffer file;

	(void)state;
	buffer_init(&file, 10000000);
	for (int i = 0; i < 100; i++)
		zipmake_gzip(&file, NULL, (struct text){ zeros, sizeof(zeros) });
	assert_int_equal(read_bytes(buffer_as_text(&file), NULL), PACK_TROUBLE_BOMB);
	buffer_fini(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_reads_members_one_behind_the_other),
		cmocka_unit_test(gzip_cut_anywhere_is_called_cut),
		cmocka_unit_test(gzip_that_does_not_end_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
