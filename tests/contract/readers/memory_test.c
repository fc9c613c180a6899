/*
 * memory_test.c - for every reader and n = 1, 2, ...: when the n-th allocation of a reading fails,
 * or all from the n-th on, the file is refused or its rows are right; rows that are wrong are never
 * called whole. malloc() and its kin are replaced in this program, so that libraries get them too.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/contract/readers/samples.h"
#include "tests/support/reading.h"

#define SAMPLE_MAX ((size_t)64 * 1024)
#define TRIES_MAX 2000

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* A sanitizer brings its own malloc(). */
int
main(void)
{
	return 0;
}
#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);

static size_t fail_at, taken; /* 0: never */
static bool fail_on;          /* and all after it */

static bool
fails(void)
{
	taken++;
	return fail_at != 0 && (taken == fail_at || (fail_on && taken > fail_at));
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *at, size_t size)
{
	return fails() ? NULL : __libc_realloc(at, size);
}

enum { DONE = 0, MORE = 1, WRONG = 2 };

/* One reading in which allocation ${n} fails, in a child: libxml2 2.9 by itself can loop for ever
 * then, so a timer ends what does not. */
static int
try_once(const char *path, struct reading *reading, struct text want, size_t n)
{
	const struct itimerval limit = { .it_value = { .tv_sec = 2 } };
	struct err err;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setitimer(ITIMER_VIRTUAL, &limit, NULL);
		taken = 0;
		fail_at = n;
		status = reading_file(reading, NULL, path, &err);
		fail_at = 0;
		if (status == 0 && reading->refused == REFUSED_NO && !text_eq(buffer_as_text(&reading->lines), want))
			_exit(WRONG);
		_exit(taken < n ? DONE : MORE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : WRONG;
}

static void
try_sample(const struct sample *sample, struct reading *reading)
{
	char path[FILE_PATH_MAX];
	struct buffer want;
	struct err err;
	size_t wrong = 0;
	int result;

	assert_int_equal(path_format(path, &err, "%s/samples/%s", TEST_DATA, sample->file), 0);
	assert_int_equal(reading_file(reading, NULL, path, &err), 0);
	assert_int_equal(reading->refused, REFUSED_NO);
	buffer_init(&want, SAMPLE_MAX);
	buffer_text(&want, buffer_as_text(&reading->lines));
	for (int on = 0; on < 2; on++) {
		fail_on = on != 0;
		result = MORE;
		for (size_t n = 1; n < TRIES_MAX && result != DONE; n++) {
			result = try_once(path, reading, buffer_as_text(&want), n);
			if (result == WRONG) {
				print_error("%s: wrong when allocation %zu fails\n", sample->file, n);
				wrong++;
			}
		}
	}
	assert_int_equal(wrong, 0);
	buffer_fini(&want);
}

static void
no_allocation_that_fails_gives_wrong_rows(void **state)
{
	struct reading reading;

	(void)state;
	reader_prepare();
	reading_init(&reading);
	/* The test's own lines need no memory later. */
	assert_non_null(buffer_room(&reading.lines, SAMPLE_MAX));
	assert_non_null(buffer_room(&reading.notes, SAMPLE_MAX));
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		for (size_t k = 0; reader_at(k) != NULL; k++) {
			if (strcmp(reader_at(k)->name, samples[i].reader) == 0)
				try_sample(&samples[i], &reading);
		}
	}
	reading_fini(&reading);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_allocation_that_fails_gives_wrong_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
