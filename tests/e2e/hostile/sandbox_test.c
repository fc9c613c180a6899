/*
 * sandbox_test.c - what readers ask the kernel for, as strace sees it: once its filter is in place
 * a reader opens nothing, connects to nothing, starts nothing, whatever it reads: good files of
 * each format and all hostile ones. Not only is nothing of that done: it is not even attempted.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/contract/readers/samples.h"

#define LINE_BYTES 4096
#define PIDS_MAX 4194304 /* as Linux numbers them at the most */

/* All else ends the reader, and would show as SIGSYS. */
static const char *const forbidden[] = { "open(", "openat(", "openat2(", "creat(", "connect(", "socket(", "socketpair(",
	"execve(", "execveat(", "fork(", "vfork(", "clone(", "clone3(", "kill(", "ptrace(", "unlink", "rename", "stat(",
	"newfstatat(", "readlink", "sysinfo(" };

/* Whether ${line}, behind the process number, is a call that must not be. */
static bool
is_forbidden(const char *line)
{
	if (strstr(line, "SIGSYS") != NULL)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
		if (strncmp(line, forbidden[i], strlen(forbidden[i])) == 0)
			return true;
	}
	return false;
}

/* Run a command of the shell: its exit status. */
static int
shell(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
run_under_strace(const char *scratch)
{
	char command[4 * FILE_PATH_MAX], path[FILE_PATH_MAX];
	struct err err;
	int len;

	len = snprintf(command, sizeof(command), "strace -f -qq -o '%s/calls' '%s' '%s'", scratch, WALK, scratch);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		assert_int_equal(
		    path_format(path, &err, "%s/tests/contract/readers/samples/%s", PROJECT_ROOT, samples[i].file), 0);
		len += snprintf(command + len, sizeof(command) - (size_t)len, " '%s'", path);
	}
	snprintf(command + len, sizeof(command) - (size_t)len, " > '%s/count'", scratch);
	assert_int_equal(shell(command), 0);
}

static size_t
read_count(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t count = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%zu", &count), 1);
	fclose(file);
	return count;
}

static void
readers_ask_for_nothing(void **state)
{
	const char *scratch = scratch_make();
	char path[FILE_PATH_MAX], line[LINE_BYTES];
	bool *locked = calloc(PIDS_MAX + 1, 1);
	size_t readers = 0, calls = 0, wrong = 0;
	struct err err;
	FILE *log;

	(void)state;
	if (shell("strace -f -qq -o /dev/null true 2> /dev/null") != 0) {
		print_message("strace is not there or may not trace: nothing is shown here\n");
		scratch_remove();
		free(locked);
		skip();
	}
	assert_non_null(locked);
	run_under_strace(scratch);
	assert_int_equal(path_format(path, &err, "%s/calls", scratch), 0);
	log = fopen(path, "r");
	assert_non_null(log);
	while (fgets(line, sizeof(line), log) != NULL) {
		char *call;
		long pid = strtol(line, &call, 10);

		if (pid <= 0 || pid > PIDS_MAX)
			continue;
		call += strspn(call, " ");
		if (locked[pid]) {
			calls++;
			if (is_forbidden(call) && wrong++ < 10)
				print_error("a reader called %s", call);
		} else if (strncmp(call, "prctl(PR_SET_SECCOMP", 20) == 0 && strstr(call, " = -1") == NULL) {
			/* Done, or cut in two in the log, of which this is the beginning. */
			locked[pid] = true;
			readers++;
		}
	}
	fclose(log);
	free(locked);
	assert_int_equal(path_format(path, &err, "%s/count", scratch), 0);
	/* Nothing was looked past: every file had a reader, and readers do read. */
	assert_int_equal(readers, read_count(path));
	assert_true(calls > 3 * readers);
	assert_int_equal(wrong, 0);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_ask_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
