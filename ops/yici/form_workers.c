/*
 * form_workers.c - see form_workers.h. A worker sends for each of its classes a head and, behind it, the bytes that it announces; when
 * something is wrong a head with an error, and ends.
 */
#include "ops/yici/form_workers.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/process.h"
#include "producers/readers/sandbox.h"

#define CLASS_ARENA_MAX ((size_t)512 * 1024 * 1024)
#define WORKER_MEMORY ((uint64_t)2 << 30)
#define CPU_SECONDS_LEAST 60
#define PUPILS_PER_SECOND 100 /* at the very least; usually many thousands */
#define JOBS_MAX 64

/* What goes before a workbook. */
struct head {
	struct err err; /* of kind ERR_NONE when there is a workbook */
	struct fill_counts counts;
	uint64_t bytes, ids;
	uint8_t points_in;
};

struct worker {
	pid_t pid;
	int socket;
};

struct form_workers {
	struct form_work work;
	struct worker at[JOBS_MAX];
	unsigned count;
	size_t next;   /* pupil */
	uint64_t turn; /* its class's number */
};

/* ---- a worker ---- */

struct bench {
	struct form_work work;
	struct arena arena; /* of the class at hand */
	struct buffer out, ids;
};

static NORETURN void
leave(int status)
{
	_exit(status);
}

static void
send_all(const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t sent = send(SANDBOX_SOCKET, at, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			leave(1); /* nobody is waiting for it any more */
		at += sent;
		len -= (size_t)sent;
	}
}

static NORETURN void
send_error(const struct err *err)
{
	const struct head head = { .err = *err };

	send_all(&head, sizeof(head));
	leave(1);
}

/* What is known of each pupil of the class at hand, and what a grant gives of them, who are added to the ids. */
static int
take_class(
    struct bench *bench, size_t at, size_t count, const struct text **values, struct fill_given *given, struct err *err)
{
	const struct dataset *dataset = bench->work.blank->forms->definitions.dataset;

	for (size_t i = 0; i < count; i++) {
		const struct pupil *pupil = &bench->work.pupils->at[at + i];

		values[i] = pupil_values(pupil, dataset, &bench->arena);
		if (values[i] == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the pupils of a class");
		if (given != NULL
		    && forms_grant_give(bench->work.grant, pupil, values[i], &given[i], &bench->ids, &bench->arena, err)
			!= 0)
			return -1;
	}
	return 0;
}

static void
fill_class(struct bench *bench, size_t at, size_t count)
{
	struct form_blank *blank = bench->work.blank;
	bool granted = bench->work.grant != NULL;
	const struct text **values;
	struct fill_given *given = NULL;
	struct head head = { .points_in = blank->package.points_in };
	struct err err = { 0 };

	arena_reset(&bench->arena);
	buffer_clear(&bench->ids);
	values = arena_take(&bench->arena, (count + 1) * sizeof(*values));
	if (granted)
		given = arena_take(&bench->arena, (count + 1) * sizeof(*given));
	if (values == NULL || (granted && given == NULL)) {
		err_set(&err, ERR_RETRY, "out of memory for the pupils of a class");
		send_error(&err);
	}
	if (take_class(bench, at, count, values, given, &err) != 0
	    || own_class(bench->work.own, &blank->file.form, &bench->work.pupils->at[at], count, &bench->arena,
		   &blank->plan.own, &err)
		!= 0
	    || form_marks_class(bench->work.marks, &bench->work.pupils->at[at], count, &bench->arena, &err) != 0
	    || fill_pupils(blank->fill, values, given, count, &bench->out, &head.counts, &err) != 0)
		send_error(&err);
	head.bytes = bench->out.len;
	head.ids = bench->ids.len;
	send_all(&head, sizeof(head));
	send_all(bench->out.at, bench->out.len);
	send_all(bench->ids.at, bench->ids.len);
	send_all(fill_each(blank->fill), count * sizeof(uint32_t));
}

static NORETURN void
work_on(const struct form_workers *workers, unsigned name, int socket)
{
	const struct pupils *pupils = workers->work.pupils;
	struct bench bench = { .work = workers->work };
	struct form_blank *blank = bench.work.blank;
	struct err err = { 0 };
	uint64_t turn = 0;
	uint32_t seconds = CPU_SECONDS_LEAST + (uint32_t)(pupils->count / PUPILS_PER_SECOND);

	if (sandbox_confine(blank->fd, socket, WORKER_MEMORY, seconds, &err) != 0)
		leave(SANDBOX_EXIT_FAILED);
	arena_init(&bench.arena, CLASS_ARENA_MAX);
	buffer_init(&bench.out, SIZE_MAX / 4);
	buffer_init(&bench.ids, SIZE_MAX / 4);
	blank->fd = SANDBOX_INPUT;
	if (form_blank_plan(blank, &err) != 0)
		send_error(&err);
	for (size_t at = 0; at < pupils->count;) {
		size_t count = pupils_workbook(pupils, at);

		if (turn++ % workers->count == name)
			fill_class(&bench, at, count);
		at += count;
	}
	leave(0);
}

/* ---- the one who waits ---- */

int
form_workers_start(struct form_workers **started, const struct form_work *work, unsigned jobs, struct err *err)
{
	struct form_workers *workers = calloc(1, sizeof(*workers));

	*started = workers;
	if (workers == NULL)
		return err_set(err, ERR_RETRY, "out of memory for filling in a form");
	workers->work = *work;
	workers->count = jobs > JOBS_MAX ? JOBS_MAX : jobs < 1 ? 1 : jobs;
	for (unsigned i = 0; i < workers->count; i++)
		workers->at[i].socket = -1;
	for (unsigned i = 0; i < workers->count; i++) {
		int pair[2];
		pid_t pid;

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
			return err_errno(err, ERR_STOP, "cannot make a socket");
		pid = process_fork();
		if (pid == 0)
			work_on(workers, i, pair[1]);
		close(pair[1]);
		workers->at[i] = (struct worker){ pid, pair[0] };
		if (pid < 0)
			return err_errno(err, ERR_RETRY, "cannot start a process");
	}
	return 0;
}

/* As many bytes as were announced; -1 when the worker has ended before. */
static int
receive(int socket, void *bytes, size_t len)
{
	char *at = bytes;

	while (len > 0) {
		ssize_t got = recv(socket, at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		at += got;
		len -= (size_t)got;
	}
	return 0;
}

static int
receive_buffer(int socket, struct buffer *into, uint64_t len)
{
	char *room;

	buffer_init(into, SIZE_MAX / 4);
	room = len <= WORKER_MEMORY ? buffer_room(into, len) : NULL;
	if (room == NULL || receive(socket, room, len) != 0)
		return -1;
	into->len += len;
	return 0;
}

/* Why a worker has ended before its time. */
static int
broken(struct worker *worker, const struct command *command, struct err *err)
{
	int status = 0;

	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == SANDBOX_EXIT_FAILED)
		return err_set(err, ERR_STOP, "cannot lock a process in");
	return err_set(err, ERR_INPUT, "%s",
	    say(command, "表单无法填写：读它的进程中断了",
		"the form cannot be filled in: it broke the process that read it"));
}

int
form_workers_next(struct form_workers *workers, struct form_made *made, struct err *err)
{
	struct worker *worker = &workers->at[workers->turn % workers->count];
	struct head head;

	*made = (struct form_made){ .at = workers->next };
	if (workers->next == workers->work.pupils->count)
		return 0;
	made->count = pupils_workbook(workers->work.pupils, workers->next);
	workers->next += made->count;
	workers->turn++;
	if (receive(worker->socket, &head, sizeof(head)) != 0)
		return broken(worker, workers->work.blank->forms->command, err);
	if (head.err.kind != ERR_NONE) {
		head.err.what[sizeof(head.err.what) - 1] = '\0';
		*err = head.err;
		return -1;
	}
	made->counts = head.counts;
	made->points_in = head.points_in != 0;
	if (receive_buffer(worker->socket, &made->bytes, head.bytes) == 0
	    && receive_buffer(worker->socket, &made->ids, head.ids) == 0
	    && receive_buffer(worker->socket, &made->each, made->count * sizeof(uint32_t)) == 0)
		return 1;
	buffer_fini(&made->bytes);
	buffer_fini(&made->ids);
	buffer_fini(&made->each);
	return err_set(err, ERR_RETRY, "a filled workbook did not arrive whole");
}

void
form_workers_stop(struct form_workers *workers)
{
	if (workers == NULL)
		return;
	for (unsigned i = 0; i < workers->count; i++) {
		const struct worker *worker = &workers->at[i];

		if (worker->socket >= 0)
			close(worker->socket);
		if (worker->pid > 0) {
			(void)kill(worker->pid, SIGKILL);
			while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
				;
		}
	}
	free(workers);
}
