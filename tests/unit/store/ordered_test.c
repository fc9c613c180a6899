/*
 * Tests of core/store/ordered: what several processes write lies as if one had written it; when one fails, the others
 * end instead of waiting for it.
 */
#include "core/store/ordered.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/support.h"

#define UNITS 200
#define START 5

static size_t
unit_bytes(size_t unit)
{
	return unit * 37 % 50; /* some have none */
}

/* One process: takes units until none is left. Ends at unit ${failing}, telling it, or with a crash. */
static void
work(struct ordered *ordered, int fd, size_t failing)
{
	struct err err;
	size_t unit;

	while (ordered_take(ordered, &unit)) {
		uint64_t sizes[2] = { unit_bytes(unit), 1 }, offsets[2];
		char bytes[64];

		if (unit == failing) {
			ordered_fail(ordered);
			_exit(1);
		}
		memset(bytes, (int)('A' + unit % 26), sizeof(bytes));
		if (unit % 7 == 0)
			usleep(200);
		ordered_note(ordered, unit, 3, unit * 3);
		if (ordered_place(ordered, unit, sizes, offsets, &err) != 0)
			_exit(err.kind == ERR_STOP ? 2 : 9);
		if (file_write_at(fd, bytes, sizes[0], offsets[0], &err) != 0)
			_exit(9);
	}
	_exit(0);
}

static void
units_lie_in_order_whoever_writes_them(void **state)
{
	static const uint64_t starts[2] = { START, 0 };
	struct ordered *ordered = ordered_new(UNITS, 2, starts);
	const char *path = scratch_file("out", "begin", START);
	struct buffer expected, got;
	struct err err;
	int status, fd;

	(void)state;
	assert_non_null(ordered);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	for (int i = 0; i < 4; i++) {
		if (fork() == 0)
			work(ordered, fd, UNITS);
	}
	for (int i = 0; i < 4; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	buffer_init(&expected, 1 << 20);
	buffer_init(&got, 1 << 20);
	buffer_string(&expected, "begin");
	for (size_t unit = 0; unit < UNITS; unit++) {
		for (size_t i = 0; i < unit_bytes(unit); i++)
			buffer_char(&expected, (char)('A' + unit % 26));
		assert_int_equal(ordered_noted(ordered, unit, 3), unit * 3);
	}
	assert_int_equal(file_read_all(path, &got, &err), 0);
	assert_int_equal(got.len, expected.len);
	assert_memory_equal(got.at, expected.at, got.len);
	assert_int_equal(ordered_end(ordered, 0), expected.len);
	assert_int_equal(ordered_end(ordered, 1), UNITS);
	buffer_fini(&expected);
	buffer_fini(&got);
	ordered_free(ordered);
	close(fd);
	scratch_remove();
}

static void
when_one_fails_nobody_waits_for_ever(void **state)
{
	static const uint64_t starts[2] = { 0, 0 };
	struct ordered *ordered = ordered_new(UNITS, 2, starts);
	int fd = open("/dev/null", O_RDWR), failed = 0, status;

	(void)state;
	assert_non_null(ordered);
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			alarm(20);
			work(ordered, fd, UNITS / 2);
		}
	}
	for (int i = 0; i < 4; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		assert_true(WEXITSTATUS(status) <= 2);
		failed += WEXITSTATUS(status) == 1;
	}
	assert_int_equal(failed, 1);
	ordered_free(ordered);
	close(fd);
}

static void
no_units_leave_the_files_as_they_are(void **state)
{
	static const uint64_t starts[2] = { 11, 0 };
	struct ordered *ordered = ordered_new(0, 2, starts);
	size_t unit;

	(void)state;
	assert_non_null(ordered);
	assert_false(ordered_take(ordered, &unit));
	assert_int_equal(ordered_end(ordered, 0), 11);
	ordered_free(ordered);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_lie_in_order_whoever_writes_them),
		cmocka_unit_test(when_one_fails_nobody_waits_for_ever),
		cmocka_unit_test(no_units_leave_the_files_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
