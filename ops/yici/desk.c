/*
 * desk.c - see desk.h: finding the workbooks, reading them through the sandbox, and what happens to them afterwards. What their rows say is
 * in desk_rows.c.
 */
#include "ops/yici/desk.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/program/log.h"
#include "ops/yici/desk_rows.h"
#include "producers/readers/reader.h"
#include "producers/readers/rows.h"

#define DESK_ROWS_MAX ((size_t)100000)
#define CORRECTIONS_MAX ((size_t)5000)             /* each asks all links for its student */
#define DESK_BYTES_MAX ((size_t)128 * 1024 * 1024) /* of all cells: answers need room, too */

bool
desk_is(struct text folder)
{
	return text_eq(folder, TEXT(DESK_REVIEW)) || text_eq(folder, TEXT(DESK_CORRECTIONS));
}

/* A row as it stands, kept. */
static int
keep_row(struct desk *desk, struct desk_file *file, const struct row *row, struct err *err)
{
	size_t bytes = (row->count + 1) * sizeof(struct text);
	struct answered_row *kept;
	struct text *cells;

	for (uint32_t i = 0; i < row->count; i++)
		bytes += row->cells[i].text.len;
	desk->bytes += bytes;
	if (desk->bytes > DESK_BYTES_MAX
	    || file->count == (text_eq(file->kind, TEXT(DESK_REVIEW)) ? DESK_ROWS_MAX : CORRECTIONS_MAX)) {
		file->refusal = desk->bytes > DESK_BYTES_MAX ? REFUSED_LIMIT_BYTES : REFUSED_LIMIT_ROWS;
		return 0;
	}
	if (file->count == file->room) {
		size_t room = file->room == 0 ? 64 : file->room * 2;
		struct answered_row *more = realloc(file->rows, room * sizeof(*more));

		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory for a workbook of decisions");
		file->rows = more;
		file->room = room;
	}
	cells = arena_take(&desk->arena, (row->count + 1) * sizeof(*cells));
	for (uint32_t i = 0; cells != NULL && i < row->count; i++) {
		cells[i] = arena_text(&desk->arena, row->cells[i].text);
		if (cells[i].at == NULL)
			cells = NULL;
	}
	if (cells == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a workbook of decisions");
	kept = &file->rows[file->count++];
	*kept = (struct answered_row){ .row_no = row->row_no, .cells = cells, .count = row->count };
	return 0;
}

/* All rows of the first sheet that has any. */
static int
take_rows(struct desk *desk, struct desk_file *file, struct rows *rows, struct err *err)
{
	enum rows_event event;
	struct row row;
	bool past = false;
	int got;

	while ((got = rows_receive(rows, &event, err)) == 1) {
		if (event == ROWS_REFUSED) {
			file->refusal = (enum refusal)rows->refused.reason;
			return 0;
		}
		if (event == ROWS_SHEET)
			past = file->count > 0;
		while (event == ROWS_BATCH && (got = rows_next(rows, &row)) == 1) {
			if (past || row.flags != 0)
				continue;
			if (keep_row(desk, file, &row, err) != 0)
				return -1;
			if (file->refusal != REFUSED_NO) /* this one is too large; the others may be fine */
				return 0;
		}
	}
	if (got == 0 && file->count == 0)
		file->refusal = REFUSED_EMPTY;
	return got < 0 ? -1 : 0;
}

static int
read_file(struct desk *desk, struct desk_file *file, struct sandbox *sandbox, const struct command *command,
    struct sha256 *digest, struct err *err)
{
	int fd = open(file->arrival.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), socket, result = -1;
	struct reader_limits limits;
	struct rows rows;

	settings_limits(&command->settings, &limits);
	if (fd < 0) {
		file->refusal = REFUSED_CHANGED;
		return 0;
	}
	if (sha256_fd(fd, digest, err) != 0) {
		close(fd);
		return -1;
	}
	socket = sandbox_read(sandbox, fd, &limits, false, err);
	close(fd);
	if (socket < 0)
		return -1;
	if (rows_init(&rows, socket, (int)(command->settings.wait_s * 1000), err) == 0) {
		result = take_rows(desk, file, &rows, err);
		rows_fini(&rows);
	}
	close(socket);
	return result;
}

/* The workbooks that lie there. */
static int
find_files(struct desk *desk, struct inbox *inbox, const char *folder, struct err *err)
{
	desk->at = calloc(inbox->count + 1, sizeof(*desk->at));
	if (desk->at == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	for (size_t i = 0; i < inbox->count; i++) {
		const struct inbox_file *found = &inbox->files[i];
		struct desk_file *file = &desk->at[desk->count];
		char path[FILE_PATH_MAX];

		if (!desk_is(found->source) || (found->state != INBOX_READY && found->state != INBOX_REFUSED))
			continue;
		if (path_format(path, err, "%s/%s", folder, found->path) != 0)
			return -1;
		*file = (struct desk_file){ .kind = arena_text(&desk->arena, found->source),
			.arrival = { .path = arena_text(&desk->arena, (struct text){ path, strlen(path) + 1 }).at,
			    .file = arena_text(&desk->arena, found->name),
			    .stamp = found->stamp },
			.refusal = found->state == INBOX_REFUSED ? found->refusal : REFUSED_NO };
		if (file->kind.at == NULL || file->arrival.path == NULL || file->arrival.file.at == NULL)
			return err_set(err, ERR_RETRY, "out of memory");
		desk->count++;
	}
	return 0;
}

/* Each file's rows become entries of the log, all of one file at once. */
static int
write_decisions(struct desk *desk, struct command *command, const char *data, struct date date, struct err *err)
{
	struct held *held = held_open(command, data, err);
	struct sandbox *sandbox = NULL;
	struct open_cases cases = { 0 };
	struct journal journal = { .fd = -1 };
	int result = -1;

	if (held == NULL || sandbox_start(&sandbox, err) != 0 || open_cases_load(&cases, &held->state, err) != 0
	    || journal_open(&journal, data, err) != 0)
		goto done;
	for (size_t i = 0; i < desk->count; i++) {
		struct desk_file *file = &desk->at[i];
		struct sha256 digest;

		if (file->refusal == REFUSED_NO && read_file(desk, file, sandbox, command, &digest, err) != 0)
			goto done;
		if (file->refusal == REFUSED_NO
		    && (desk_rows(file, &desk->arena, held, &cases, &digest, date, &journal, err) != 0
			|| journal_commit(&journal, err) != 0))
			goto done;
		log_line(LOG_INFO, "desk kind=%.*s decisions=%llu refused=%llu reason=%s", (int)file->kind.len,
		    file->kind.at, (unsigned long long)file->decisions, (unsigned long long)file->refused,
		    file->refusal == REFUSED_NO ? "none" : refusal_name(file->refusal));
	}
	result = 0;
done:
	journal_close(&journal);
	open_cases_free(&cases);
	sandbox_stop(sandbox);
	held_close(held);
	return result;
}

int
desk_take(struct desk *desk, struct command *command, const char *data, const struct state *state, struct date date,
    struct err *err)
{
	char folder[FILE_PATH_MAX];
	struct timespec now;
	struct inbox inbox;
	int result;

	*desk = (struct desk){ 0 };
	arena_init(&desk->arena, (size_t)512 << 20);
	clock_gettime(CLOCK_REALTIME, &now);
	if (path_format(folder, err, "%s/inbox", data) != 0
	    || inbox_list(&inbox, folder, (unsigned)command->settings.settle_s,
		   (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, err)
		!= 0)
		return -1;
	result = find_files(desk, &inbox, folder, err);
	inbox_fini(&inbox);
	if (result == 0 && desk->count > 0 && state->current[0] == '\0') {
		log_line(LOG_WARNING, "desk files=%zu reason=no_run_yet", desk->count);
		desk->count = 0;
	}
	return result == 0 && desk->count > 0 ? write_decisions(desk, command, data, date, err) : result;
}

/* Why the file could not be used, for who put it there. */
static struct text
refusal_says(const struct publication *publication, const struct desk_file *file)
{
	const struct dataset *dataset = publication->dataset;
	bool review = text_eq(file->kind, TEXT(DESK_REVIEW));

	if (file->refusal == REFUSED_NO_HEADER && publication->chinese)
		return review ? TEXT("找不到表头：核对表要有“案号”“记录号”“处理”三列。")
			      : TEXT("找不到表头：更正表要有“学生编号”（或“记录号”）“字段”“正确的值”“理由”几列。");
	if (file->refusal == REFUSED_NO_HEADER)
		return review
		    ? TEXT("No header: a review workbook has the columns 案号, 记录号 and 处理.")
		    : TEXT("No header: corrections have the columns student_id (or record_id), field, value and why.");
	if ((size_t)file->refusal < dataset->refusal_count)
		return publication->chinese ? dataset->refusals[file->refusal].zh : dataset->refusals[file->refusal].en;
	return text_from(refusal_name(file->refusal));
}

int
desk_answer(const struct desk *desk, const struct publication *publication, struct err *err)
{
	for (size_t i = 0; i < desk->count; i++) {
		const struct desk_file *file = &desk->at[i];

		/* a file that could not be read has one row: why */
		struct answered_row why = { .says = refusal_says(publication, file), .refused = true };
		bool read = file->refusal == REFUSED_NO;

		if (publish_answer(publication, file->kind, file->arrival.file, read ? file->rows : &why,
			read ? file->count : 1, err)
		    != 0)
			return -1;
	}
	return 0;
}

int
desk_put_away(const struct desk *desk, const char *data, struct text run, struct err *err)
{
	for (size_t i = 0; i < desk->count; i++) {
		const struct desk_file *file = &desk->at[i];

		if (files_move_arrival(data, run, &file->arrival,
			file->refusal == REFUSED_NO ? TEXT("") : text_from(refusal_name(file->refusal)), err)
		    != 0)
			return -1;
	}
	return 0;
}

void
desk_free(struct desk *desk)
{
	for (size_t i = 0; i < desk->count; i++)
		free(desk->at[i].rows);
	free(desk->at);
	arena_fini(&desk->arena);
	*desk = (struct desk){ 0 };
}
