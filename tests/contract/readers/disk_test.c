/*
 * disk_test.c - for every reader and n = 1, 2, ...: when the n-th read of the file fails, or all
 * from the n-th on, the file is refused as unreadable, never as damaged or too large for memory; or
 * it was tried again and the rows are right. pread() is replaced in this program.
 */
#include "tests/support/support.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/contract/readers/samples.h"
#include "tests/support/reading.h"

#define TRIES_MAX 10000

ssize_t __pread_chk(int fd, void *into, size_t len, off_t at, size_t room);
ssize_t __pread64_chk(int fd, void *into, size_t len, off_t at, size_t room);

static size_t fail_at, taken; /* 0: never */
static bool fail_on;          /* and all after it */

static ssize_t
read_or_fail(int fd, void *into, size_t len, off_t at)
{
	taken++;
	if (fail_at != 0 && (taken == fail_at || (fail_on && taken > fail_at))) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pread64, fd, into, len, at);
}

ssize_t
pread(int fd, void *into, size_t len, off_t at)
{
	return read_or_fail(fd, into, len, at);
}

ssize_t
pread64(int fd, void *into, size_t len, off_t at)
{
	return read_or_fail(fd, into, len, at);
}

ssize_t
__pread_chk(int fd, void *into, size_t len, off_t at, size_t room)
{
	return len > room ? -1 : read_or_fail(fd, into, len, at);
}

ssize_t
__pread64_chk(int fd, void *into, size_t len, off_t at, size_t room)
{
	return len > room ? -1 : read_or_fail(fd, into, len, at);
}

static void
try_sample(const struct sample *sample, struct reading *reading)
{
	char path[FILE_PATH_MAX];
	struct buffer want;
	struct err err;
	size_t n;

	assert_int_equal(path_format(path, &err, "%s/samples/%s", TEST_DATA, sample->file), 0);
	fail_at = 0;
	assert_int_equal(reading_file(reading, NULL, path, &err), 0);
	assert_int_equal(reading->refused, REFUSED_NO);
	buffer_init(&want, (size_t)64 * 1024);
	buffer_text(&want, buffer_as_text(&reading->lines));
	for (int on = 0; on < 2; on++) {
		fail_on = on != 0;
		for (n = 1; n < TRIES_MAX; n++) {
			taken = 0;
			fail_at = n;
			assert_int_equal(reading_file(reading, NULL, path, &err), 0);
			if (taken < n)
				break;
			if (!fail_on && reading->refused == REFUSED_NO
			    && text_eq(buffer_as_text(&reading->lines), buffer_as_text(&want)))
				continue;
			if (reading->refused != REFUSED_UNREADABLE)
				print_error(
				    "%s: %s when read %zu fails\n", sample->file, refusal_name(reading->refused), n);
			assert_int_equal(reading->refused, REFUSED_UNREADABLE);
		}
		assert_true(n > 2 && n < TRIES_MAX);
	}
	buffer_fini(&want);
}

static void
a_disk_that_fails_is_said_so(void **state)
{
	struct reading reading;

	(void)state;
	reading_init(&reading);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		try_sample(&samples[i], &reading);
	reading_fini(&reading);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_that_fails_is_said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
