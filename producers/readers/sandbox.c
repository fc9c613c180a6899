/*
 * sandbox.c - see sandbox.h.
 *
 * Clients and server share one SOCK_SEQPACKET pair. A request is one packet: struct request, with
 * two descriptors beside it (SCM_RIGHTS), the input and the reader's end of a fresh socket pair;
 * there is no answer, for everything else happens on that pair. So any number of forked clients may
 * ask at the same time. The server polls that socket, a signalfd for ended children, and its copies
 * of the readers' sockets: when the asking side of one has closed, the child is killed, whatever it
 * is doing. When a child has ended, its status goes out as the last frame, as soon as the socket
 * takes it; the server never blocks. Once all clients have closed their end and no child is left,
 * it ends.
 *
 * The child, in this order: dies with the server; descriptors 3 (input) and 4 (socket) and no
 * others; resource limits; no new privileges, not dumpable; then the filter. The filter names what
 * is allowed and kills the process for anything else: reading, sending on descriptor 4 only,
 * anonymous memory that is never executable, and ending. Nothing with a path, no new descriptor, no
 * process, no signal.
 */
#include "producers/readers/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "producers/readers/reader.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
/* Sanitizers reserve terabytes of addresses and report on descriptor 2: no such limit then, and 2
 * stays. */
#ifndef SANITIZED
#define SANITIZED 0
#endif

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#else
#error "the system call filter is not written for this machine"
#endif

#define INPUT_FD SANDBOX_INPUT
#define SOCKET_FD SANDBOX_SOCKET
#define SERVER_FD 3
#define CPU_SECONDS_LEAST 5
#define CPU_BYTES_PER_SECOND ((uint64_t)2 << 20)
#define SEND_BUFFER (1 << 20)

struct sandbox {
	int fd;
};

struct request {
	struct reader_limits limits;
	uint32_t wait_for_go, marks;
};

/* One child, or the status of an ended one that its socket does not take yet. */
struct job {
	pid_t pid; /* 0 once it has ended */
	int socket;
	bool gone; /* the asking side has closed */
	int wait_status;
};

struct server {
	const struct sandbox_work *work;
	int requests; /* -1 once the last client has gone */
	int signals;
	struct job *jobs;
	struct pollfd *polled; /* [0] requests, [1] signals, [2 + i] jobs[i] */
	size_t count, room;
};

/* ---- the child ---- */

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
/* Without a look at the arguments. */
#define ALLOW_CALL(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), ALLOW
/* If argument ${at} is ${value}. */
#define ALLOW_CALL_EQ(number, at, value)                                                                               \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 4), LOAD(args[at]),                                           \
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), ALLOW, KILL
/* If argument 2, the protection, has no PROT_EXEC. */
#define ALLOW_CALL_NO_EXEC(number)                                                                                     \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 4), LOAD(args[2]),                                            \
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0), ALLOW, KILL

static int
filter_set(void)
{
	/* Only the low words of arguments are looked at: all those compared here are int in the
	 * kernel. */
	static const struct sock_filter filter[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0),
		KILL,
		LOAD(nr),
		ALLOW_CALL(SYS_pread64),
		ALLOW_CALL(SYS_read),
		ALLOW_CALL_EQ(SYS_sendto, 0, SOCKET_FD),
		ALLOW_CALL_EQ(SYS_write, 0, SANITIZED ? 2 : SOCKET_FD),
		/* mmap: neither executable nor of a file */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 6),
		LOAD(args[2]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 2, 0),
		LOAD(args[3]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 1, 0),
		KILL,
		ALLOW,
		ALLOW_CALL(SYS_munmap),
		ALLOW_CALL(SYS_mremap),
		ALLOW_CALL(SYS_brk),
		ALLOW_CALL(SYS_madvise),
		ALLOW_CALL_NO_EXEC(SYS_mprotect),
		ALLOW_CALL(SYS_futex),
		ALLOW_CALL(SYS_getrandom),
		ALLOW_CALL(SYS_clock_gettime),
		ALLOW_CALL(SYS_lseek),
		ALLOW_CALL(SYS_fstat),
		ALLOW_CALL(SYS_rt_sigreturn),
		ALLOW_CALL(SYS_exit),
		ALLOW_CALL(SYS_exit_group),
#if SANITIZED
		ALLOW_CALL(SYS_sched_yield),
		ALLOW_CALL(SYS_gettid),
		ALLOW_CALL(SYS_getpid),
		ALLOW_CALL(SYS_sigaltstack),
		ALLOW_CALL(SYS_rt_sigprocmask),
		ALLOW_CALL(SYS_rt_sigaction),
#endif
		KILL,
	};
	const struct sock_fprog program = {
		.len = ARRAY_LEN(filter),
		.filter = (struct sock_filter *)(uintptr_t)filter,
	};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static int
limit_set(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit limit = { soft, hard };

	return setrlimit((__rlimit_resource_t)resource, &limit);
}

static int
limits_set(const struct reader_limits *limits)
{
	uint64_t seconds = limits->cpu_seconds_max;
	struct stat st;

	if (seconds == 0) {
		if (fstat(INPUT_FD, &st) != 0)
			return -1;
		seconds = CPU_SECONDS_LEAST + (uint64_t)st.st_size / CPU_BYTES_PER_SECOND;
	}
	/* NPROC does not bind root; the filter lets nobody fork anyhow. */
	if (limit_set(RLIMIT_CPU, seconds, seconds + 1) != 0 || limit_set(RLIMIT_FSIZE, 0, 0) != 0
	    || limit_set(RLIMIT_CORE, 0, 0) != 0 || limit_set(RLIMIT_NPROC, 0, 0) != 0
	    || limit_set(RLIMIT_NOFILE, 0, 0) != 0)
		return -1;
	if (SANITIZED)
		return 0;
	return limit_set(RLIMIT_AS, limits->memory_bytes_max, limits->memory_bytes_max);
}

/* The two descriptors to their fixed numbers, and no others. */
static int
descriptors_set(int input, int socket)
{
	const int above = SOCKET_FD + 1;

	input = fcntl(input, F_DUPFD, above);
	socket = fcntl(socket, F_DUPFD, above);
	if (input < 0 || socket < 0 || dup2(input, INPUT_FD) < 0 || dup2(socket, SOCKET_FD) < 0
	    || close_range((unsigned)above, ~0U, 0) != 0)
		return -1;
	return SANITIZED ? 0 : close_range(0, INPUT_FD - 1, 0);
}

/* Signals as a fresh process has them, but those that a terminal sends to everybody are left to the
 * asking side. */
static void
signals_reset(const sigset_t *mask)
{
	static const int ignored[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGTSTP };

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL); /* fails for those that cannot be caught: nothing to reset there */
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigprocmask(SIG_SETMASK, mask, NULL);
}

/* What there is in /proc/self/statm: bytes of address space. */
static uint64_t
space_taken(void)
{
	char text[128];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (got <= 0)
		return 0;
	text[got] = '\0';
	return strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

int
sandbox_confine(int input, int socket, uint64_t memory_bytes, uint32_t cpu_seconds, struct err *err)
{
	struct reader_limits limits = { .cpu_seconds_max = cpu_seconds };
	sigset_t none;

	reader_prepare();
	sigemptyset(&none);
	limits.memory_bytes_max = space_taken() + memory_bytes;
	if (limits.memory_bytes_max == memory_bytes || descriptors_set(input, socket) != 0)
		return err_errno(err, ERR_STOP, "cannot lock a process in");
	signals_reset(&none);
	if (limits_set(&limits) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0
	    || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || filter_set() != 0)
		return err_errno(err, ERR_STOP, "cannot lock a process in");
	return 0;
}

static NORETURN void
child_run(const struct server *server, const struct request *request, const int fds[3], pid_t parent)
{
	uint64_t memory = request->limits.memory_bytes_max;
	struct reader_limits limits = request->limits;
	struct known known;
	struct sink sink;
	struct err err = { .kind = ERR_NONE };
	sigset_t none;

	sigemptyset(&none);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
		_exit(SANDBOX_EXIT_FAILED);
	known_map(&known, fds[2]);
	if (descriptors_set(fds[0], fds[1]) != 0)
		_exit(SANDBOX_EXIT_FAILED);
	signals_reset(&none);
	if (sink_init(&sink, SOCKET_FD, &request->limits, &err) != 0)
		_exit(SANDBOX_EXIT_MEMORY);
	sink.wait_for_go = request->wait_for_go != 0;
	sink.marks = request->marks != 0;
	sink.known = known;
	/* what is mapped already is not the reader's own */
	limits.memory_bytes_max = memory + known.size * sizeof(*known.at);
	if (limits_set(&limits) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0
	    || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || filter_set() != 0)
		_exit(SANDBOX_EXIT_FAILED);
	/* A refusal went through the sink; the server says the rest. */
	_exit(server->work->run(INPUT_FD, &sink, &err) == 0 || err.kind != ERR_NONE ? 0 : SANDBOX_EXIT_FAILED);
}

/* ---- the server ---- */

static bool
server_room(struct server *server)
{
	size_t room = server->room == 0 ? 16 : server->room * 2;
	struct job *jobs;
	struct pollfd *polled;

	if (server->count < server->room)
		return true;
	jobs = realloc(server->jobs, room * sizeof(*jobs));
	if (jobs == NULL)
		return false;
	server->jobs = jobs;
	polled = realloc(server->polled, (room + 2) * sizeof(*polled));
	if (polled == NULL)
		return false;
	server->polled = polled;
	server->room = room;
	return true;
}

static void
server_fork(struct server *server, const struct request *request, const int fds[3])
{
	struct job job = { .socket = fds[1], .wait_status = SANDBOX_EXIT_MEMORY << 8 };
	pid_t parent = getpid();

	job.pid = fork();
	if (job.pid == 0)
		child_run(server, request, fds, parent);
	if (job.pid < 0)
		job.pid = 0; /* the made-up status says that memory was short */
	server->jobs[server->count++] = job;
}

/* Take one request from the clients. */
static void
server_request(struct server *server)
{
	struct request request;
	int fds[3] = { -1, -1, -1 };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(fds))];
	} control = { 0 };
	struct iovec part = { &request, sizeof(request) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *head;
	ssize_t got = recvmsg(server->requests, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		close(server->requests);
		server->requests = -1;
		return;
	}
	head = CMSG_FIRSTHDR(&message);
	if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS
	    && (head->cmsg_len == CMSG_LEN(2 * sizeof(*fds)) || head->cmsg_len == CMSG_LEN(3 * sizeof(*fds))))
		memcpy(fds, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0));
	if (got == sizeof(request) && fds[0] >= 0 && server_room(server))
		server_fork(server, &request, fds);
	else if (fds[1] >= 0)
		close(fds[1]); /* the asking side sees the socket close */
	if (fds[2] >= 0)
		close(fds[2]);
	if (fds[0] >= 0)
		close(fds[0]);
}

/* Note how ended children ended. */
static void
server_reap(struct server *server)
{
	struct signalfd_siginfo ignored;
	int status;
	pid_t pid;

	while (read(server->signals, &ignored, sizeof(ignored)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < server->count; i++) {
			if (server->jobs[i].pid != pid)
				continue;
			server->jobs[i].pid = 0;
			server->jobs[i].wait_status = status;
		}
	}
}

/* Send the status of an ended child: true when the job is done with. */
static bool
job_finish(struct job *job)
{
	struct {
		struct frame_head head;
		struct frame_status status;
	} frame = { { .type = FRAME_STATUS }, { .wait_status = job->wait_status } };
	ssize_t sent;

	if (job->pid != 0)
		return false;
	do
		sent = send(job->socket, &frame, sizeof(frame), MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent >= 0 || errno != EAGAIN;
}

/* Let the jobs that are done with go; put the others in front. */
static void
server_sweep(struct server *server)
{
	size_t kept = 0;

	for (size_t i = 0; i < server->count; i++) {
		if (job_finish(&server->jobs[i]))
			close(server->jobs[i].socket);
		else
			server->jobs[kept++] = server->jobs[i];
	}
	server->count = kept;
}

static void
server_poll(struct server *server)
{
	server->polled[0] = (struct pollfd){ .fd = server->requests, .events = POLLIN };
	server->polled[1] = (struct pollfd){ .fd = server->signals, .events = POLLIN };
	for (size_t i = 0; i < server->count; i++) {
		const struct job *job = &server->jobs[i];

		server->polled[i + 2] = (struct pollfd){
			.fd = job->gone ? -1 : job->socket,
			.events = job->pid == 0 ? POLLOUT : 0,
		};
	}
	if (poll(server->polled, server->count + 2, -1) < 0)
		server->polled[0].revents = server->polled[1].revents = 0;
}

static NORETURN void
server_run(struct server *server)
{
	server_room(server);
	while (server->requests >= 0 || server->count > 0) {
		size_t count = server->count;

		server_poll(server);
		for (size_t i = 0; i < count; i++) {
			struct job *job = &server->jobs[i];

			if ((server->polled[i + 2].revents & (POLLHUP | POLLERR)) == 0)
				continue;
			job->gone = true;
			if (job->pid != 0)
				kill(job->pid, SIGKILL);
		}
		server_reap(server);
		if (server->polled[0].revents != 0)
			server_request(server);
		server_sweep(server);
	}
	_exit(0);
}

/* The server's own life: nobody's descriptors, nobody's signals. */
static NORETURN void
server_begin(const struct sandbox_work *work, int requests)
{
	struct server server = { .work = work };
	sigset_t chld;
	int null = open("/dev/null", O_RDWR);

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	if (null < 0 || (requests = fcntl(requests, F_DUPFD, SERVER_FD + 1)) < 0 || dup2(null, 0) < 0
	    || dup2(null, 1) < 0 || (!SANITIZED && dup2(null, 2) < 0) || dup2(requests, SERVER_FD) < 0
	    || close_range(SERVER_FD + 1, ~0U, 0) != 0)
		_exit(SANDBOX_EXIT_FAILED);
	signals_reset(&chld);
	server.requests = SERVER_FD;
	server.signals = signalfd(-1, &chld, SFD_NONBLOCK | SFD_CLOEXEC);
	if (server.signals < 0 || !server_room(&server))
		_exit(SANDBOX_EXIT_FAILED);
	if (chdir("/") != 0)
		_exit(SANDBOX_EXIT_FAILED);
	work->prepare();
	server_run(&server);
}

/* ---- the asking side ---- */

int
sandbox_start_with(const struct sandbox_work *work, struct sandbox **sandbox, struct err *err)
{
	int pair[2], status;
	sigset_t all, before;
	pid_t pid;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		return err_errno(err, ERR_STOP, "the kernel has no system call filter");
	*sandbox = malloc(sizeof(**sandbox));
	if (*sandbox == NULL)
		return err_set(err, ERR_STOP, "no memory for a sandbox");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		err_errno(err, ERR_STOP, "no socket for the sandbox");
		goto free;
	}
	/* No signal reaches the server before it has decided which to ignore. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid != 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0) {
		err_errno(err, ERR_STOP, "cannot fork the sandbox");
		goto close;
	}
	if (pid == 0) {
		/* One fork more, so that the server is nobody's child. */
		pid = fork();
		if (pid == 0)
			server_begin(work, pair[1]);
		_exit(pid < 0 ? SANDBOX_EXIT_FAILED : 0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		err_set(err, ERR_STOP, "cannot fork the sandbox");
		goto close;
	}
	close(pair[1]);
	(*sandbox)->fd = pair[0];
	return 0;
close:
	close(pair[0]);
	close(pair[1]);
free:
	free(*sandbox);
	*sandbox = NULL;
	return -1;
}

int
sandbox_start(struct sandbox **sandbox, struct err *err)
{
	static const struct sandbox_work work = { .prepare = reader_prepare, .run = reader_run };

	return sandbox_start_with(&work, sandbox, err);
}

void
sandbox_stop(struct sandbox *sandbox)
{
	if (sandbox == NULL)
		return;
	close(sandbox->fd);
	free(sandbox);
}

/* ${marks}: as sandbox_read_known(); ${known}: the descriptor of its memory, or -1. */
static int
ask(struct sandbox *sandbox, int fd, const struct reader_limits *limits, bool wait_for_go, bool marks, int known,
    struct err *err)
{
	struct request request = { .limits = *limits, .wait_for_go = wait_for_go, .marks = marks };
	int pair[2], fds[3], buffer = SEND_BUFFER;
	size_t count = known < 0 ? 2 : 3;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(fds))];
	} control = { 0 };
	struct iovec part = { &request, sizeof(request) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	/* What is longer fits no frame, whatever the settings say. */
	if (request.limits.cell_bytes_max > SINK_TEXT_MAX)
		request.limits.cell_bytes_max = SINK_TEXT_MAX;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return err_errno(err, ERR_STOP, "no socket for a reader");
	/* As much of it as the system allows: room for a few frames. */
	if (setsockopt(pair[1], SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer)) != 0
	    && setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer)) != 0) {
		err_errno(err, ERR_STOP, "no room for frames in a socket");
		goto close;
	}
	fds[0] = fd;
	fds[1] = pair[1];
	fds[2] = known;
	message.msg_controllen = CMSG_SPACE(count * sizeof(*fds));
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(count * sizeof(*fds));
	memcpy(CMSG_DATA(head), fds, count * sizeof(*fds));
	do
		sent = sendmsg(sandbox->fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent != sizeof(request)) {
		err_errno(err, ERR_STOP, "the sandbox has gone");
		goto close;
	}
	close(pair[1]);
	return pair[0];
close:
	close(pair[0]);
	close(pair[1]);
	return -1;
}

int
sandbox_read(struct sandbox *sandbox, int fd, const struct reader_limits *limits, bool wait_for_go, struct err *err)
{
	return ask(sandbox, fd, limits, wait_for_go, false, -1, err);
}

int
sandbox_read_known(struct sandbox *sandbox, int fd, const struct reader_limits *limits, bool wait_for_go,
    const struct known *known, struct err *err)
{
	return ask(sandbox, fd, limits, wait_for_go, true, known->size > 0 ? known->fd : -1, err);
}

int
sandbox_go(int socket, uint64_t seed, struct err *err)
{
	ssize_t sent;

	do
		sent = send(socket, &seed, sizeof(seed), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent != sizeof(seed))
		return err_errno(err, ERR_STOP, "the reader has gone");
	return 0;
}
