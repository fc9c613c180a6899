/*
 * zip_copy_test.c - an archive with one entry changed: the others are what they were, packed as they were.
 */
#include "tests/support/support.h"

#include <sys/mman.h>
#include <unistd.h>

#include "core/pack/zip_copy.h"
#include "tests/support/zipmake.h"

static const struct pack_limits limits = { 64000000, 64000000, 200, 100 };

static struct zip *
open_bytes(struct text bytes, int *fd)
{
	enum pack_trouble trouble;
	struct zip *zip = NULL;
	struct err err = { 0 };

	*fd = memfd_create("zip", MFD_CLOEXEC);
	assert_true(*fd >= 0);
	assert_int_equal(file_write(*fd, bytes.at, bytes.len, &err), 0);
	if (zip_open(&zip, *fd, bytes.len, &limits, &trouble, &err) != 0)
		fail_msg("%s", err.what);
	return zip;
}

static void
the_packed_bytes_of_others_stay(void **state)
{
	struct zipmake made;
	struct buffer out, again, whole;
	struct zip_change change;
	struct zip *zip, *copy;
	struct err err = { 0 };
	int fd, copy_fd;

	(void)state;
	zipmake_init(&made);
	zipmake_add(&made, TEXT("[Content_Types].xml"), TEXT("<a/>"), &(struct zipmake_how){ .flags = 8 });
	zipmake_add(&made, TEXT("xl/工作表.xml"), TEXT("old old old old"), &(struct zipmake_how){ .flags = 0x800 });
	zipmake_add(&made, TEXT("xl/media/1.png"), TEXT("\1\2\3"), &(struct zipmake_how){ .stored = true });
	zipmake_end(&made);
	zip = open_bytes(buffer_as_text(&made.file), &fd);
	change = (struct zip_change){ zip_entry(zip, 1), TEXT("new, and longer than it was") };
	buffer_init(&out, 1 << 20);
	buffer_init(&again, 1 << 20);
	assert_int_equal(zip_copy(zip, fd, &change, 1, NULL, 0, &out, &err), 0);
	assert_int_equal(zip_copy(zip, fd, &change, 1, NULL, 0, &again, &err), 0);
	assert_true(text_eq(buffer_as_text(&out), buffer_as_text(&again)));
	copy = open_bytes(buffer_as_text(&out), &copy_fd);
	assert_int_equal(zip_count(copy), 3);
	for (size_t i = 0; i < 3; i++) {
		const struct zip_entry *was = zip_entry(zip, i), *is = zip_entry(copy, i);

		assert_true(text_eq(was->name, is->name));
		assert_int_equal(was->utf8, is->utf8);
		assert_int_equal(was->stamp, is->stamp);
		if (i == 1)
			continue;
		assert_int_equal(was->method, is->method);
		assert_int_equal(was->packed, is->packed);
		assert_memory_equal(made.file.at + was->data, out.at + is->data, was->packed);
	}
	buffer_init(&whole, 1 << 20);
	assert_int_equal(zip_read_whole(copy, zip_entry(copy, 1), &whole, &err), 0);
	assert_text(buffer_as_text(&whole), "new, and longer than it was");
	buffer_fini(&whole);
	buffer_init(&whole, 10);
	assert_int_equal(zip_read_whole(copy, zip_entry(copy, 1), &whole, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	buffer_fini(&whole);
	zip_close(copy);
	zip_close(zip);
	close(fd);
	close(copy_fd);
	buffer_fini(&out);
	buffer_fini(&again);
	zipmake_fini(&made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_packed_bytes_of_others_stay) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
