/*
 * share.c - see share.h.
 */
#include "ops/yici/share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumers/normalize/normalize.h"
#include "core/base/process.h"

/*
 * A helper: takes frames of rows until told to stop, hands every other frame to the owner over ${to_owner}. Messages on
 * it are frames; an empty one says that the helper is done.
 */
NORETURN static void
help(struct taker *owner, const struct rows *shared, unsigned name, int to_owner, int stop, int errors)
{
	struct taker in = { .set = owner->set,
		.shared = owner->shared,
		.name = name,
		.file = owner->file,
		.sheet = owner->sheet,
		.hidden = owner->hidden,
		.layout = owner->layout,
		.raw_seed = owner->raw_seed,
		.sheet_rule = owner->sheet_rule };
	struct rows rows;
	enum rows_event event;
	struct err err = { 0 };
	struct row row;
	int got;

	if (taker_open(&in, in.set->memory / 2 / in.set->jobs, &err) != 0)
		taker_leave(errors, &err);
	if (owner->normalizer != NULL) {
		in.normalizer = normalizer_new(&in.layout->binding, in.set->run_date, in.set->seed);
		if (in.normalizer == NULL) {
			err_set(&err, ERR_RETRY, "out of memory for a sheet");
			taker_leave(errors, &err);
		}
	}
	if (rows_init(&rows, shared->fd, -1, &err) != 0)
		taker_leave(errors, &err);
	rows.document = shared->document;
	rows.have_document = true;
	rows.in_sheet = true;
	rows.worker = true;
	taker_expect(&in, &rows);
	rows.stop_fd = stop;
	while ((got = rows_receive(&rows, &event, &err)) == 1) {
		uint64_t taken = in.counts.rows;
		const void *frame;
		size_t len;

		if (event == ROWS_BATCH) {
			while ((got = rows_next(&rows, &row)) == 1) {
				if (taker_row(&in, &row, &err) != 0)
					taker_leave(errors, &err);
			}
			atomic_fetch_add(&in.shared->rows, in.counts.rows - taken);
			if (got == 0)
				continue;
		}
		rows_raw(&rows, &frame, &len);
		if (send(to_owner, frame, len, MSG_NOSIGNAL) < 0)
			_exit(2); /* the owner has gone */
	}
	if (got < 0)
		taker_leave(errors, &err);
	taker_tell_counts(&in);
	rows_fini(&rows);
	normalizer_free(in.normalizer);
	if (taker_close(&in, true, &err) != 0)
		taker_leave(errors, &err);
	_exit(0);
}

struct helpers {
	pid_t pids[64];
	unsigned count;
	int frames; /* their other frames come here */
	int stop;   /* closing it stops them */
	int errors; /* an err each that fails */
};

static int
helpers_start(struct helpers *helpers, struct taker *in, const struct rows *rows, struct err *err)
{
	int frames[2], stop[2], errors[2];
	unsigned count = in->set->jobs < ARRAY_LEN(helpers->pids) ? in->set->jobs : ARRAY_LEN(helpers->pids);

	*helpers = (struct helpers){ .frames = -1, .stop = -1, .errors = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, frames) != 0 || pipe2(stop, O_CLOEXEC) != 0
	    || pipe2(errors, O_CLOEXEC) != 0)
		return err_errno(err, ERR_STOP, "cannot make a socket");
	for (unsigned i = 0; i < count; i++) {
		unsigned name = atomic_fetch_add(&in->shared->names, 1);
		pid_t pid = process_fork();

		if (pid == 0) {
			close(frames[0]);
			close(stop[1]);
			close(errors[0]);
			help(in, rows, name, frames[1], stop[0], errors[1]);
		}
		if (pid < 0)
			return err_errno(err, ERR_RETRY, "cannot fork");
		helpers->pids[helpers->count++] = pid;
	}
	close(frames[1]);
	close(stop[0]);
	close(errors[1]);
	helpers->frames = frames[0];
	helpers->stop = stop[1];
	helpers->errors = errors[0];
	return 0;
}

/* Stop the helpers and wait for them; -1 when one failed. */
static int
helpers_end(struct helpers *helpers, struct err *err)
{
	struct err theirs = { 0 };
	bool failed = false;

	close(helpers->stop);
	for (unsigned i = 0; i < helpers->count; i++) {
		int status = 0;

		while (waitpid(helpers->pids[i], &status, 0) < 0 && errno == EINTR)
			continue;
		failed = failed || status != 0;
	}
	if (failed && read(helpers->errors, &theirs, sizeof(theirs)) == (ssize_t)sizeof(theirs))
		*err = theirs;
	else if (failed)
		err_set(err, ERR_STOP, "a process that was reading a file ended by itself");
	close(helpers->errors);
	return failed ? -1 : 0;
}

int
share_sheet(struct taker *in, struct rows *rows, enum rows_event *event, struct err *err)
{
	struct helpers helpers;
	uint8_t *frame = malloc(FRAME_MAX);
	int got = 0;

	if (frame == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	rows->shared = true;
	if (helpers_start(&helpers, in, rows, err) != 0 || sandbox_go(rows->fd, in->raw_seed, err) != 0) {
		free(frame);
		return -1;
	}
	for (;;) {
		ssize_t len = recv(helpers.frames, frame, FRAME_MAX, 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0) { /* all helpers have gone: one failed */
			got = -1;
			break;
		}
		got = rows_inject(rows, frame, (size_t)len, event);
		if (got == 1 && *event != ROWS_NOTE)
			break;
		if (got == 1 && *event == ROWS_NOTE)
			taker_note(in, &rows->note);
	}
	free(frame);
	close(helpers.frames);
	if (helpers_end(&helpers, err) != 0)
		return -1;
	return got == 1 ? 0 : err_set(err, ERR_STOP, "the processes reading a file ended early");
}
