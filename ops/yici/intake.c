/*
 * intake.c - see intake.h. Here: files and the processes that read them; taker.c has what one process does with rows, share.c
 * how several share one sheet.
 */
#include "ops/yici/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/process.h"
#include "ops/yici/share.h"
#include "producers/readers/garbled.h"
#include "producers/readers/reader.h"

#define WIDE_BYTES ((uint64_t)16 * 1024 * 1024) /* a file from here on is shared by several processes */

/* ---- files ---- */

static void
refuse(struct taker *in, enum refusal reason, const struct frame_refuse *where, struct text detail)
{
	struct told_refused refused = {
		.reason = (uint32_t)reason, .sheet = where->sheet, .row = where->row, .column = where->column
	};
	struct buffer both;

	buffer_init(&both, 4096);
	buffer_add(&both, &refused, sizeof(refused));
	buffer_text(&both, detail.len > 1024 ? (struct text){ 0 } : detail);
	taker_tell(in, TOLD_REFUSED, both.at, both.len);
	buffer_fini(&both);
}

/* Is the text in the head of a sheet without a header one that was decoded wrongly? */
static bool
head_is_garbled(const struct head *head)
{
	for (size_t i = 0; i < head->count; i++) {
		for (uint32_t k = 0; k < head->rows[i].count; k++) {
			if (garbled(head->rows[i].cells[k].text))
				return true;
		}
	}
	return false;
}

/* Take in one open file. */
static int
read_file(struct taker *in, struct rows *rows, bool wide, struct err *err)
{
	struct layout layout = { 0 };
	struct head head;
	struct told_document document;
	enum refusal refusal = REFUSED_NO;
	struct frame_refuse where = { 0 };
	char name[1024] = "";
	size_t name_len = 0, sheets_used = 0;
	uint64_t hidden = 0; /* rows */
	bool begun = false, shared = false, wrong = false;
	enum rows_event event;
	struct row row;
	int got, result = -1;

	head_init(&head);
	while ((got = rows_receive(rows, &event, err)) == 1) {
	again:
		switch (event) {
		case ROWS_DOCUMENT:
			document = (struct told_document){ rows->document.format, rows->document.encoding };
			taker_tell(in, TOLD_DOCUMENT, &document, sizeof(document));
			break;
		case ROWS_SHEET:
			in->sheet = (uint16_t)rows->sheet.index;
			name_len = rows->sheet_name.len < sizeof(name) ? rows->sheet_name.len : 0;
			memcpy(name, rows->sheet_name.at, name_len);
			taker_tell(in, TOLD_SHEET, name, name_len);
			head_clear(&head);
			begun = false;
			break;
		case ROWS_BATCH: {
			uint64_t taken = in->counts.rows;

			while ((got = rows_next(rows, &row)) == 1) {
				if (!begun) {
					if (head_add(&head, &row, err) != 0)
						goto done;
					if (!head_is_full(&head))
						continue;
					if (taker_begin_sheet(
						in, &head, &layout, rows, (struct text){ name, name_len }, err)
					    != 0)
						goto done;
					begun = true;
					continue;
				}
				if (taker_row(in, &row, err) != 0)
					goto done;
			}
			atomic_fetch_add(&in->shared->rows, in->counts.rows - taken);
			if (begun && wide && !shared) {
				shared = true;
				if (share_sheet(in, rows, &event, err) != 0)
					goto done;
				goto again;
			}
			break;
		}
		case ROWS_SHEET_END:
			if (!begun && (head.count > 0 || rows->sheet.hidden != 0 || in->chart)) {
				if (taker_begin_sheet(in, &head, &layout, rows, (struct text){ name, name_len }, err)
				    != 0)
					goto done;
				begun = true;
			}
			if (begun) {
				sheets_used += layout.found;
				if (in->hidden || in->chart) {
					hidden += rows->sheet_rows;
				} else if (!layout.found && refusal == REFUSED_NO) {
					refusal = layout.refusal;
					wrong = head_is_garbled(&head);
					where = layout.where;
					where.sheet = in->sheet + 1u;
				}
				taker_end_sheet(in, &layout);
			}
			begun = shared = false;
			if (wide && sandbox_go(rows->fd, 0, err) != 0)
				goto done;
			break;
		case ROWS_NOTE:
			taker_note(in, &rows->note);
			break;
		case ROWS_REFUSED:
			refuse(in, (enum refusal)rows->refused.reason, &rows->refused, rows->detail);
			result = 0;
			goto done;
		case ROWS_END:
			taker_tell(in, TOLD_TOTAL, &rows->end.rows, sizeof(rows->end.rows));
			if (refusal == REFUSED_NO)
				refusal = hidden > 0 ? REFUSED_HIDDEN : REFUSED_EMPTY;
			if (sheets_used == 0)
				refuse(in, refusal, &where, wrong ? TEXT("garbled") : TEXT(""));
			result = 0;
			goto done;
		default: /* entries of an archive: it was unpacked before */
			refuse(in, REFUSED_NESTED, &where, (struct text){ 0 });
			result = 0;
			goto done;
		}
	}
	if (got == 0)
		err_set(err, ERR_STOP, "a reader said nothing");
done:
	taker_end_sheet(in, &layout);
	head_fini(&head);
	return result;
}

static int
take_file(struct taker *in, const struct intake_file *file, bool wide, struct err *err)
{
	struct frame_refuse nowhere = { 0 };
	struct rows rows;
	int fd, socket, result = -1;

	in->file = file;
	fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		refuse(in, errno == ELOOP ? REFUSED_LINK : REFUSED_CHANGED, &nowhere, (struct text){ 0 });
		taker_tell_counts(in);
		taker_tell(in, TOLD_DONE, NULL, 0);
		return 0;
	}
	socket = sandbox_read_known(in->set->sandbox, fd, in->set->limits, wide, &in->set->known->table, err);
	if (socket >= 0) {
		if (rows_init(&rows, socket, in->set->wait_ms, err) == 0) {
			taker_expect(in, &rows);
			result = read_file(in, &rows, wide, err);
			rows_fini(&rows);
		}
		close(socket);
	}
	close(fd);
	if (result == 0) {
		taker_tell_counts(in);
		taker_tell(in, TOLD_DONE, NULL, 0);
		atomic_fetch_add(&in->shared->files, 1);
		atomic_fetch_add(&in->shared->bytes, file->size);
	}
	return result;
}

/* A process that takes small files one after another, or the owner of one large file. */
NORETURN static void
work(const struct intake_settings *settings, struct intake_shared *shared, const struct intake_file *files,
    size_t count, const struct intake_file *only, int errors)
{
	struct taker in = { .set = settings, .shared = shared, .name = atomic_fetch_add(&shared->names, 1) };
	uint64_t memory = only != NULL ? (uint64_t)8 << 20 : settings->memory / 2 / settings->jobs;
	struct err err = { 0 };

	if (taker_open(&in, memory, &err) != 0)
		taker_leave(errors, &err);
	if (only != NULL && take_file(&in, only, settings->jobs > 1, &err) != 0)
		taker_leave(errors, &err);
	while (only == NULL) {
		size_t i = atomic_fetch_add(&shared->next, 1);

		if (i >= count)
			break;
		if (!files[i].skip && (files[i].size < WIDE_BYTES || settings->jobs == 1)
		    && take_file(&in, &files[i], false, &err) != 0)
			taker_leave(errors, &err);
	}
	if (taker_close(&in, true, &err) != 0)
		taker_leave(errors, &err);
	_exit(0);
}

/* Fork ${count} processes, show progress while they work, wait for all. */
static int
run_processes(const struct intake_settings *settings, struct intake_shared *shared, const struct intake_file *files,
    size_t file_count, const struct intake_file *only, unsigned count, struct err *err)
{
	struct err theirs = { 0 };
	pid_t pids[256];
	unsigned started = 0, ended = 0;
	bool failed = false;
	int errors[2];

	if (count > ARRAY_LEN(pids))
		count = ARRAY_LEN(pids);
	if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_errno(err, ERR_STOP, "cannot make a pipe");
	for (; started < count; started++) {
		pids[started] = process_fork();
		if (pids[started] == 0) {
			close(errors[0]);
			work(settings, shared, files, file_count, only, errors[1]);
		}
		if (pids[started] < 0) {
			failed = true;
			err_errno(err, ERR_RETRY, "cannot fork");
			break;
		}
	}
	close(errors[1]);
	while (ended < started) {
		struct pollfd poller = { .fd = errors[0], .events = POLLIN };

		/* the pipe hangs up when the last process has ended */
		poll(&poller, 1, 200);
		for (unsigned i = 0; i < started; i++) {
			int status = 0;

			if (pids[i] <= 0 || waitpid(pids[i], &status, WNOHANG) != pids[i])
				continue;
			pids[i] = 0;
			ended++;
			failed = failed || status != 0;
		}
		if ((poller.revents & POLLHUP) != 0 && ended < started)
			usleep(1000);
		if (settings->progress != NULL)
			settings->progress(settings->self, atomic_load(&shared->files), atomic_load(&shared->bytes),
			    atomic_load(&shared->rows));
	}
	if (failed && read(errors[0], &theirs, sizeof(theirs)) == (ssize_t)sizeof(theirs))
		*err = theirs;
	else if (failed)
		err_set(err, ERR_STOP, "a process that was reading files ended by itself");
	close(errors[0]);
	return failed ? -1 : 0;
}

/* All that the processes told, one file of records after another. */
static int
gather(const struct intake_settings *settings, unsigned names, struct buffer *told, struct err *err)
{
	char path[FILE_PATH_MAX];

	for (unsigned i = 0; i < names; i++) {
		if (path_format(path, err, "%s/told-%u", settings->work, i) != 0)
			return -1;
		if (file_exists(path) && file_read_all(path, told, err) != 0)
			return -1;
	}
	return 0;
}

int
intake_run(const struct intake_settings *settings, const struct intake_file *files, size_t count, struct buffer *told,
    struct err *err)
{
	struct intake_shared *shared = mmap(
	    NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t small = 0;
	int result = 0;

	if (shared == MAP_FAILED)
		return err_errno(err, ERR_RETRY, "cannot map memory");
	for (size_t i = 0; i < count && result == 0; i++) {
		if (files[i].skip)
			continue;
		if (files[i].size >= WIDE_BYTES && settings->jobs > 1)
			result = run_processes(settings, shared, files, count, &files[i], 1, err);
		else
			small++;
	}
	if (result == 0 && small > 0)
		result = run_processes(settings, shared, files, count, NULL,
		    small < settings->jobs ? (unsigned)small : settings->jobs, err);
	if (result == 0)
		result = gather(settings, atomic_load(&shared->names), told, err);
	munmap(shared, sizeof(*shared));
	return result;
}

int
intake_spool(const struct intake_settings *settings, const struct intake_file *file, struct spool_writer *spool,
    struct buffer *told, struct err *err)
{
	struct intake_shared shared = { 0 };
	struct taker in = { .set = settings, .shared = &shared, .spool = spool };
	int result = -1;

	if (taker_open(&in, 0, err) == 0 && take_file(&in, file, false, err) == 0 && spool_finish(spool, err) == 0) {
		buffer_text(told, buffer_as_text(&in.told));
		result = buffer_failed(&in.told) || buffer_failed(told)
		    ? err_set(err, ERR_RETRY, "out of memory for a file")
		    : 0;
	}
	(void)!taker_close(&in, false, err);
	return result;
}
