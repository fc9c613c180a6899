/*
 * sandbox_test.c - a reader that does what it must not is stopped, its file refused with the
 * reason, and the others do not notice. The readers here are made for it: the first byte of the
 * input says what to do.
 */
#include "tests/support/support.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/reading.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static struct sandbox *sandbox;

static int
send_rows(struct sink *sink, uint32_t rows, struct err *err)
{
	if (sink_document(sink, FORMAT_CSV, ENCODING_UTF8, false, 1, err) != 0
	    || sink_sheet(sink, TEXT("s"), false, err) != 0)
		return -1;
	for (uint32_t i = 1; i <= rows; i++) {
		if (sink_row(sink, i, err) != 0)
			return -1;
		sink_cell(sink, CELL_TEXT, TEXT("\xE5\x80\xBC"));
		sink_cell(sink, CELL_NUMBER, TEXT("12"));
		if (sink_row_end(sink, err) != 0)
			return -1;
	}
	if (sink_sheet_end(sink, err) != 0)
		return -1;
	return sink_end(sink, err);
}

static int
use_memory(struct sink *sink, struct err *err)
{
	for (size_t i = 0; i < 1 << 20; i++) {
		volatile char *at = malloc(1 << 16);

		if (at == NULL)
			return sink_refuse(sink, REFUSED_LIMIT_MEMORY, err, "no memory");
		*at = 1;
	}
	return 0;
}

static int
misbehave(int fd, struct sink *sink, struct err *err)
{
	volatile int *nowhere = NULL;
	volatile bool forever = true;
	char what = 0;

	if (pread(fd, &what, 1, 0) != 1)
		return err_set(err, ERR_INPUT, "no byte");
	switch (what) {
	case 'o':
		return open("/etc/passwd", O_RDONLY);
	case 'a':
		return openat(AT_FDCWD, "/dev/null", O_RDWR);
	case 'c':
		return socket(AF_INET, SOCK_STREAM, 0);
	case 'f':
		return (int)syscall(SYS_fork);
	case 'F':
		return fork();
	case 'x':
		return execl("/bin/true", "true", (char *)NULL);
	case 'k':
		return kill(getppid(), SIGKILL);
	case 'm':
		return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == NULL;
	case 'M':
		return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == NULL;
	case 'p':
		return mprotect((void *)((uintptr_t)&sandbox & ~(uintptr_t)4095), 4096, PROT_READ | PROT_EXEC);
	case 'w':
		return (int)write(fd, "x", 1);
	case 'd':
		return dup(fd);
	case 'P':
		return (int)syscall(SYS_ptrace, 0, 1, 0, 0);
	case 'l':
		while (forever)
			;
		return 0;
	case 'A':
		if (use_memory(sink, err) != 0)
			sink_send_refusal(sink, err);
		return -1;
	case 's':
		return *nowhere;
	case 'b':
		abort();
	case 'g':
		if (send(sink->fd, "not a frame at all", 18, MSG_NOSIGNAL) < 0)
			return -1;
		return 0;
	case 'e':
		_exit(0);
	case 'E':
		_exit(3);
	case 'h': /* says that all is well, then is not */
		if (send_rows(sink, 10, err) != 0)
			return -1;
		_exit(9);
	case 't':
		if (send_rows(sink, 100000000, err) != 0)
			sink_send_refusal(sink, err);
		return -1;
	case 'r':
		return sink_refuse(sink, REFUSED_ENCRYPTED, err, "locked"), sink_send_refusal(sink, err), -1;
	default:
		return send_rows(sink, 1000, err);
	}
}

static void
prepare(void)
{
}

static const struct sandbox_work work = { prepare, misbehave };

static void
refused_for(char what, enum refusal reason, const struct reader_limits *limits)
{
	struct reading reading;
	struct err err = { .kind = ERR_NONE };
	int fd = reading_memory(&what, 1);

	reading_init(&reading);
	if (limits != NULL)
		reading.limits = *limits;
	assert_int_equal(reading_sandboxed(&reading, sandbox, fd, &err), 0);
	if (reading.refused != reason)
		print_error("'%c': %s (%s)\n", what, refusal_name(reading.refused), reading.detail);
	assert_int_equal(reading.refused, reason);
	if (reason == REFUSED_NO)
		assert_int_equal(reading.rows, 1000);
	else
		assert_true(reading.detail[0] != '\0');
	reading_fini(&reading);
	close(fd);
}

static void
forbidden_calls_end_the_reader(void **state)
{
	(void)state;
	for (const char *what = "oacfFxkmMpwdP"; *what != '\0'; what++) {
		refused_for(*what, REFUSED_CRASHED, NULL);
		refused_for('.', REFUSED_NO, NULL);
	}
}

/* How a forked process ends that is locked in and then does ${what}; the byte it could send before in ${*sent}. */
static int
confined_end(char what, char *sent)
{
	int fd = reading_memory(&what, 1), pair[2], status;
	struct sink none = { 0 };
	struct err err = { 0 };
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		if (sandbox_confine(fd, pair[1], (uint64_t)64 << 20, 5, &err) != 0
		    || send(SANDBOX_SOCKET, &what, 1, MSG_NOSIGNAL) != 1)
			_exit(77);
		if (what == '.')
			_exit(0);
		if (what == 'A') {
			for (size_t i = 0; i < 1 << 12; i++) {
				volatile char *at = malloc(1 << 16);

				if (at == NULL)
					_exit(SANDBOX_EXIT_MEMORY);
				*at = 1;
			}
		}
		(void)misbehave(SANDBOX_INPUT, &none, &err);
		_exit(1);
	}
	close(pair[1]);
	assert_int_equal(recv(pair[0], sent, 1, 0), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(pair[0]);
	close(fd);
	return status;
}

static void
a_process_locks_itself_in(void **state)
{
	char sent = 0;
	int status;

	(void)state;
	assert_int_equal(confined_end('.', &sent), 0);
	assert_int_equal(sent, '.');
	for (const char *what = "oacfFxkmMpwdP"; *what != '\0'; what++) {
		status = confined_end(*what, &sent);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	}
	if (!SANITIZED) {
		status = confined_end('A', &sent);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == SANDBOX_EXIT_MEMORY);
	}
}

static void
bad_ends_have_their_reason(void **state)
{
	struct reader_limits limits;

	(void)state;
	refused_for('s', REFUSED_CRASHED, NULL);
	refused_for('b', REFUSED_CRASHED, NULL);
	refused_for('e', REFUSED_CRASHED, NULL);
	refused_for('E', REFUSED_CRASHED, NULL);
	refused_for('h', REFUSED_CRASHED, NULL);
	refused_for('g', REFUSED_LIED, NULL);
	refused_for('r', REFUSED_ENCRYPTED, NULL);
	reader_limits_default(&limits);
	limits.cpu_seconds_max = 1;
	refused_for('l', REFUSED_LIMIT_TIME, &limits);
	reader_limits_default(&limits);
	limits.output_bytes_max = 1 << 20;
	refused_for('t', REFUSED_LIMIT_BYTES, &limits);
	reader_limits_default(&limits);
	limits.rows_max = 5000;
	refused_for('t', REFUSED_LIMIT_ROWS, &limits);
	reader_limits_default(&limits);
	limits.memory_bytes_max = (uint64_t)64 << 20;
	if (!SANITIZED)
		refused_for('A', REFUSED_LIMIT_MEMORY, &limits);
	refused_for('.', REFUSED_NO, NULL);
}

/* Silence of a child that uses up its time is noticed by the clock as well, and closing the socket
 * ends the child. */
static void
silence_is_a_limit(void **state)
{
	struct reading reading;
	struct err err;
	int fd = reading_memory("l", 1), socket;

	(void)state;
	reading_init(&reading);
	socket = sandbox_read(sandbox, fd, &reading.limits, false, &err);
	assert_true(socket >= 0);
	assert_int_equal(reading_socket(&reading, socket, 200, &err), 0);
	assert_int_equal(reading.refused, REFUSED_LIMIT_TIME);
	close(socket);
	close(fd);
	reading_fini(&reading);
}

static void
others_read_on_beside_a_hang(void **state)
{
	struct reader_limits limits;
	struct err err;
	int hang = reading_memory("l", 1), sockets[8];

	(void)state;
	reader_limits_default(&limits);
	for (size_t i = 0; i < ARRAY_LEN(sockets); i++) {
		sockets[i] = sandbox_read(sandbox, hang, &limits, false, &err);
		assert_true(sockets[i] >= 0);
	}
	refused_for('.', REFUSED_NO, NULL);
	refused_for('s', REFUSED_CRASHED, NULL);
	refused_for('.', REFUSED_NO, NULL);
	for (size_t i = 0; i < ARRAY_LEN(sockets); i++)
		close(sockets[i]);
	close(hang);
}

static void
a_reader_waits_for_go(void **state)
{
	struct reader_limits limits;
	struct rows rows;
	struct row row;
	struct err err;
	enum rows_event event;
	int fd = reading_memory(".", 1), socket;
	uint64_t seen = 0;

	(void)state;
	reader_limits_default(&limits);
	socket = sandbox_read(sandbox, fd, &limits, true, &err);
	assert_int_equal(rows_init(&rows, socket, 10000, &err), 0);
	do {
		assert_int_equal(rows_receive(&rows, &event, &err), 1);
	} while (event != ROWS_BATCH);
	while (rows_next(&rows, &row) > 0)
		seen++;
	assert_int_equal(seen, SANDBOX_HEAD_ROWS);
	assert_int_equal(sandbox_go(socket, 0, &err), 0);
	assert_int_equal(sandbox_go(socket, 0, &err), 0); /* for the end of the sheet */
	while (rows_receive(&rows, &event, &err) > 0)
		;
	assert_int_equal(event, ROWS_END);
	assert_int_equal(rows.end.rows, 1000);
	rows_fini(&rows);
	close(socket);
	close(fd);
}

static size_t
entries(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	if (dir != NULL)
		closedir(dir);
	return count;
}

/* The server is nobody's child, but ours while this process adopts orphans. */
static struct sandbox *
start_adopted(pid_t *server)
{
	struct sandbox *other;
	struct err err;
	char path[64];
	FILE *children;
	int pid = 0;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(sandbox_start_with(&work, &other, &err), 0);
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	children = fopen(path, "r");
	assert_non_null(children);
	assert_int_equal(fscanf(children, "%d", &pid), 1);
	fclose(children);
	*server = pid;
	return other;
}

static void
many_files_leave_nothing_behind(void **state)
{
	struct sandbox *first = sandbox;
	int rounds = SANITIZED ? 200 : 1000, status;
	size_t ours, its;
	char folder[64], children[8];
	pid_t server;
	FILE *file;

	(void)state;
	sandbox = start_adopted(&server);
	snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)server);
	refused_for('.', REFUSED_NO, NULL);
	ours = entries("/proc/self/fd");
	its = entries(folder);
	for (int i = 0; i < rounds; i++)
		refused_for(i % 10 == 9 ? 's' : '.', i % 10 == 9 ? REFUSED_CRASHED : REFUSED_NO, NULL);
	assert_int_equal(entries("/proc/self/fd"), ours);
	assert_true(entries(folder) <= its + 1); /* the last socket may still be open */
	snprintf(folder, sizeof(folder), "/proc/%d/task/%d/children", (int)server, (int)server);
	file = fopen(folder, "r");
	assert_non_null(file);
	assert_int_equal(fread(children, 1, sizeof(children), file), 0);
	fclose(file);
	sandbox_stop(sandbox);
	sandbox = first;
	/* Nothing but the server was ever left for us, and it ended well. */
	assert_int_equal(waitpid(-1, &status, 0), server);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

static void
several_clients_ask_at_once(void **state)
{
	pid_t clients[4];
	int status;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		clients[i] = fork();
		if (clients[i] == 0) {
			for (int round = 0; round < 50; round++) {
				struct reading reading;
				struct err err;
				int fd = reading_memory(round % 5 == 4 ? "s" : ".", 1);
				bool good;

				reading_init(&reading);
				good = reading_sandboxed(&reading, sandbox, fd, &err) == 0
				    && (round % 5 == 4 ? reading.refused == REFUSED_CRASHED
						       : reading.refused == REFUSED_NO && reading.rows == 1000);
				reading_fini(&reading);
				close(fd);
				if (!good)
					_exit(1);
			}
			_exit(0);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		assert_int_equal(waitpid(clients[i], &status, 0), clients[i]);
		assert_int_equal(status, 0);
	}
}

/* A reader that hangs does not keep the server when nobody is left to hear of it; nor does a signal
 * end it before. */
static void
the_server_ends_with_its_clients(void **state)
{
	struct reader_limits limits;
	struct sandbox *other;
	struct err err;
	int fd = reading_memory("l", 1), socket, status;
	pid_t server;

	(void)state;
	other = start_adopted(&server);
	reader_limits_default(&limits);
	socket = sandbox_read(other, fd, &limits, false, &err);
	assert_true(socket >= 0);
	kill(server, SIGTERM);
	kill(server, SIGINT);
	sandbox_stop(other);
	assert_int_equal(waitpid(server, &status, WNOHANG), 0);
	close(socket);
	assert_int_equal(waitpid(server, &status, 0), server);
	assert_int_equal(status, 0);
	close(fd);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

static int
setup(void **state)
{
	struct err err;

	(void)state;
	return sandbox_start_with(&work, &sandbox, &err);
}

static int
teardown(void **state)
{
	(void)state;
	sandbox_stop(sandbox);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forbidden_calls_end_the_reader),
		cmocka_unit_test(a_process_locks_itself_in),
		cmocka_unit_test(bad_ends_have_their_reason),
		cmocka_unit_test(silence_is_a_limit),
		cmocka_unit_test(others_read_on_beside_a_hang),
		cmocka_unit_test(a_reader_waits_for_go),
		cmocka_unit_test(many_files_leave_nothing_behind),
		cmocka_unit_test(several_clients_ask_at_once),
		cmocka_unit_test(the_server_ends_with_its_clients),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
