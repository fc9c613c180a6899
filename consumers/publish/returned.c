/*
 * returned.c - workbooks that go back to the senders.
 *
 * A file is read again through the sandbox, and its rows are joined with its issues; both come in
 * the order of sheet and row, so nothing is kept but the row at hand. A sheet of the workbook
 * stands for a sheet of the file that has issues: the sender's header rows, then the rows with an
 * issue.
 *
 *   原行号 | the sender's columns as written … | 问题 | 说明 | cells beyond the header, if there are any
 *
 * In 说明 the sender may explain the queries of a row, and put the workbook where he puts his files: it is then read like any of them
 * (producers/collect/collect.h knows it by these headers). What such a workbook has of our columns does not go back a second time.
 *
 * Processes take one file after another. What they make is fixed beforehand: which files, and under
 * which names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumers/publish/message.h"
#include "consumers/publish/names.h"
#include "consumers/publish/raised_rows.h"
#include "consumers/publish/sheet_layout.h"
#include "consumers/publish/workbook.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/process.h"
#include "core/record/kept.h"
#include "producers/readers/rows.h"
#include "producers/readers/sandbox.h"

#define SHEET_ROWS_MAX 1048000u /* then it goes on in a further sheet */
#define PROCESSES_MAX 64u
#define WAIT_MS 60000
#define CELL_ISSUES_MAX 16u /* of one cell: more are in 问题 only */
#define EXPLANATION_WIDTH 36u

/* One workbook to be made. */
struct task {
	const struct published_file *file;
	char *name;    /* "<source>/<name>.xlsx" */
	size_t weight; /* issues */
};

struct tasks {
	struct task *at;
	size_t count;
};

/* What all processes see. */
struct shared {
	atomic_size_t next, skipped;
};

/* A workbook being made. */
struct returned {
	const struct publication *publication;
	const struct published_file *file;
	const char *path;
	struct raised_rows issues;
	bool more;                 /* ${issues} has a row */
	struct workbook *workbook; /* NULL before the first row */
	struct sheet_layout layout;
	uint32_t sheet; /* index of the file's sheet at hand */
	struct text sheet_name;
	bool begun; /* the sheet at hand has its header */
	struct head_row {
		struct text *cells;
		uint32_t count;
	} heads[4]; /* header rows kept for the head of each sheet of the workbook */
	size_t head_count;
	struct arena arena; /* of the head rows */
	unsigned width;     /* the sender's columns */
	unsigned shown;     /* of these, without ours of an earlier time */
	struct buffer says, cell_says;
};

enum made {
	MADE = 1,
	MADE_NOT, /* the file is no longer as it was */
};

/* ---- names ---- */

/* Unlike all names given to files of the same source so far, also where case makes no difference.
 */
static bool
is_free(const struct tasks *tasks, size_t count, const char *name)
{
	for (size_t i = count; i > 0; i--) {
		if (strcasecmp(tasks->at[i - 1].name, name) == 0)
			return false;
	}
	return true;
}

static int
give_name(struct tasks *tasks, size_t at, size_t first, struct err *err)
{
	const struct published_file *file = tasks->at[at].file;
	struct tasks of_source = { tasks->at + first, at - first };
	char source[NAMES_BYTES_MAX + 1], name[NAMES_BYTES_MAX + 1], whole[FILE_PATH_MAX];

	/* a source is a folder of the inbox, so its name is that of a folder, but for dots and what
	 * no system likes */
	names_safe((struct text){ file->source->name.at, file->source->name.len }, source);
	names_safe(file->file, name);
	for (unsigned attempt = 1;; attempt++) {
		if (attempt == 1 && path_format(whole, err, "%s/%s.xlsx", source, name) != 0)
			return -1;
		if (attempt > 1 && path_format(whole, err, "%s/%s-%u.xlsx", source, name, attempt) != 0)
			return -1;
		if (is_free(&of_source, of_source.count, whole))
			break;
	}
	tasks->at[at].name = strdup(whole);
	return tasks->at[at].name != NULL ? 0 : err_set(err, ERR_RETRY, "out of memory");
}

static void
tasks_free(struct tasks *tasks)
{
	for (size_t i = 0; i < tasks->count; i++)
		free(tasks->at[i].name);
	free(tasks->at);
}

/* Each complete file with an issue, in the order of files. */
static int
tasks_find(struct tasks *tasks, const struct publication *publication, struct err *err)
{
	struct runs_cursor cursor = { 0 };
	struct text entry;
	size_t at = 0, first = 0;
	int got;

	*tasks = (struct tasks){ 0 };
	tasks->at = calloc(publication->file_count + 1, sizeof(*tasks->at));
	if (tasks->at == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (runs_seek(&cursor, publication->issues, NULL, NULL, err) != 0) {
		runs_cursor_fini(&cursor);
		return -1;
	}
	while ((got = runs_next(&cursor, &entry, err)) == 1) {
		struct raised_view issue = raised_shown(publication, entry);

		if (!raised_is_open(&issue))
			continue;
		while (at < publication->file_count && publication->files[at].number != issue.origin.file)
			at++;
		if (at == publication->file_count) {
			got = err_set(err, ERR_STOP, "an issue belongs to a file that is not of this run");
			break;
		}
		if (tasks->count == 0 || tasks->at[tasks->count - 1].file != &publication->files[at])
			tasks->at[tasks->count++].file = &publication->files[at];
		tasks->at[tasks->count - 1].weight++;
	}
	runs_cursor_fini(&cursor);
	for (size_t i = 0; i < tasks->count && got == 0; i++) {
		if (i > 0 && tasks->at[i].file->source != tasks->at[i - 1].file->source)
			first = i;
		got = give_name(tasks, i, first, err);
	}
	return got;
}

/* ---- one workbook ---- */

/* The next row with an open issue. */
static int
next_issue(struct returned *re, struct err *err)
{
	int got;

	while ((got = raised_rows_next(&re->issues, err)) == 1) {
		for (size_t i = 0; i < re->issues.count; i++) {
			if (raised_is_open(&re->issues.issues[i])) {
				re->more = true;
				return 0;
			}
		}
	}
	re->more = false;
	return got;
}

/* How sheet ${re->sheet} was understood: by its index, or, where none is said, by its name. */
static int
find_layout(struct returned *re, struct err *err)
{
	sheet_layout_fini(&re->layout);
	for (size_t i = 0; i < re->file->layout_count; i++) {
		if (sheet_layout_parse(&re->layout, re->file->layouts[i]) != 0)
			return err_set(err, ERR_RETRY, "out of memory for a sheet");
		if (!re->layout.hidden
		    && (re->layout.index == re->sheet
			|| (re->layout.index == UINT32_MAX && text_eq(re->layout.sheet, re->sheet_name))))
			return 0;
		sheet_layout_fini(&re->layout);
	}
	(void)!sheet_layout_parse(&re->layout, TEXT("{}"));
	return 0;
}

static int
begin_sheet(struct returned *re, struct text name, uint32_t index, struct err *err)
{
	re->sheet = index;
	re->head_count = 0;
	re->begun = false;
	arena_reset(&re->arena);
	re->sheet_name = arena_text(&re->arena, name);
	if (re->sheet_name.at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a sheet");
	if (find_layout(re, err) != 0)
		return -1;
	re->width = (unsigned)re->layout.column_count;
	return 0;
}

/* Keep a copy of a header row. */
static int
keep_head(struct returned *re, const struct row *row, struct err *err)
{
	struct head_row *head = &re->heads[re->head_count];

	if (re->head_count == ARRAY_LEN(re->heads))
		return 0;
	head->cells = arena_take(&re->arena, (row->count + 1) * sizeof(*head->cells));
	head->count = row->count;
	for (uint32_t i = 0; head->cells != NULL && i < row->count; i++) {
		head->cells[i] = arena_text(&re->arena, row->cells[i].text);
		if (head->cells[i].at == NULL)
			head->cells = NULL;
	}
	if (head->cells == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a header");
	re->head_count++;
	if (row->count > re->width)
		re->width = row->count;
	return 0;
}

static const struct text nothing = { "", 0 };

/* "A", "B" … "AA": what stands over the columns of a sheet without header. */
static struct text
letters(unsigned column, char out[4])
{
	size_t at = 4;

	for (column++; column > 0 && at > 0; column = (column - 1) / 26)
		out[--at] = (char)('A' + (column - 1) % 26);
	return (struct text){ out + at, 4 - at };
}

/* Is the sender's column one that we had added when the workbook went back before? */
static bool
is_ours(const struct returned *re, unsigned column)
{
	return column < re->layout.column_count && text_eq(re->layout.columns[column].state, TEXT("returned"));
}

/* The head of our columns behind the sender's: 问题, and where the sheet has a header to be known by, 说明. */
static int
put_our_head(struct returned *re, bool first, struct err *err)
{
	const struct publication *publication = re->publication;
	struct text issues = first ? message_say(publication, TEXT("问题"), TEXT("Issues")) : nothing;
	struct text explanation = first ? message_say(publication, TEXT("说明"), TEXT("Explanation")) : nothing;
	struct text how = first ? message_say(publication,
			      TEXT("黄色单元格的内容如果属实，请在这一格写明情况（如“已核对户口簿，无误”），保存后放回"
				   "平时报送的文件夹，"
				   "这一行的黄色问题就不再退回，直到内容改变。红色单元格必须改正，写说明没有用。"),
			      TEXT("Where a yellow cell is right as it is, say so here (for example: checked, "
				   "correct), save the workbook "
				   "and put it where you put your files: the row's yellow issues do not come back "
				   "until a value changes. "
				   "Red cells must be mended; explaining them does not help."))
				: nothing;

	if (workbook_cell(re->workbook, re->shown + 1, WORKBOOK_OURS, issues, nothing, err) != 0)
		return -1;
	if (re->head_count == 0)
		return 0;
	workbook_wide(re->workbook, re->shown + 2, EXPLANATION_WIDTH);
	return workbook_cell(re->workbook, re->shown + 2, WORKBOOK_OURS, explanation, how, err);
}

/* A sheet of the workbook with its head. What heads our columns stands in its first row: so nothing of the sender's is taken to stand over it. */
static int
put_head(struct returned *re, struct err *err)
{
	const struct publication *publication = re->publication;
	struct text row_no = message_say(publication, TEXT("原行号"), TEXT("Row"));
	struct text name = re->sheet_name.len > 0
	    ? re->sheet_name
	    : message_say(publication, TEXT("有问题的行"), TEXT("Rows with issues"));
	size_t rows = re->head_count > 0 ? re->head_count : 1;

	re->shown = 0;
	for (unsigned i = 0; i < re->width; i++)
		re->shown += !is_ours(re, i);
	if (workbook_sheet(re->workbook, name, err) != 0)
		return -1;
	for (size_t r = 0; r < rows; r++) {
		workbook_row(re->workbook);
		if (workbook_cell(re->workbook, 0, WORKBOOK_OURS, r == 0 ? row_no : nothing, nothing, err) != 0)
			return -1;
		for (unsigned i = 0, to = 1; i < re->width; i++) {
			char letter[4];
			struct text cell = re->head_count == 0 ? letters(i, letter)
			    : i < re->heads[r].count           ? re->heads[r].cells[i]
							       : nothing;

			if (!is_ours(re, i) && workbook_cell(re->workbook, to++, WORKBOOK_HEAD, cell, nothing, err) != 0)
				return -1;
		}
		if (put_our_head(re, r == 0, err) != 0)
			return -1;
	}
	workbook_freeze(re->workbook, 1, re->shown + (re->head_count > 0 ? 3 : 2));
	re->begun = true;
	return 0;
}

/* The column an issue is about: said, or that of its field; UINT32_MAX for none. */
static uint32_t
column_of(const struct returned *re, const struct raised_view *issue)
{
	if (issue->column != UINT16_MAX)
		return issue->column;
	if (issue->field >= re->publication->dataset->field_count)
		return UINT32_MAX;
	for (size_t i = 0; i < re->layout.column_count; i++) {
		const struct sheet_column *column = &re->layout.columns[i];

		if (text_eq(column->state, TEXT("bound"))
		    && text_eq(column->field, re->publication->dataset->fields[issue->field].name))
			return column->column - 1;
	}
	return UINT32_MAX;
}

/* Add the message of ${issue} as a line, unless it stands there already. */
static void
add_says(struct returned *re, struct buffer *says, const struct raised_view *issue)
{
	size_t before = says->len;
	struct text line, earlier;

	if (before > 0)
		buffer_char(says, '\n');
	message_issue(re->publication, issue, says);
	if (buffer_failed(says) || before == 0)
		return;
	line = (struct text){ says->at + before + 1, says->len - before - 1 };
	earlier = (struct text){ says->at, before };
	if (text_find(earlier, line) != SIZE_MAX)
		says->len = before;
}

/* One cell of the sender's row, coloured and commented when something is wrong with it. */
static int
put_cell(struct returned *re, uint32_t at, unsigned to, struct text text, struct err *err)
{
	enum workbook_style style = WORKBOOK_PLAIN;
	unsigned count = 0;

	buffer_clear(&re->cell_says);
	for (size_t i = 0; i < re->issues.count; i++) {
		const struct raised_view *issue = &re->issues.issues[i];

		if (!raised_is_open(issue) || column_of(re, issue) != at)
			continue;
		if (issue->severity != SEVERITY_QUERY)
			style = WORKBOOK_ERROR;
		else if (style == WORKBOOK_PLAIN)
			style = WORKBOOK_QUERY;
		if (count++ < CELL_ISSUES_MAX)
			add_says(re, &re->cell_says, issue);
	}
	if (style == WORKBOOK_PLAIN && text.len == 0)
		return 0;
	return workbook_cell(re->workbook, to, style, text, buffer_as_text(&re->cell_says), err);
}

/* Has the row something that its sender may explain? */
static bool
is_asked(const struct returned *re)
{
	for (size_t i = 0; i < re->issues.count; i++) {
		if (re->issues.issues[i].severity == SEVERITY_QUERY)
			return true;
	}
	return false;
}

/* The row that ${re->issues} is at. */
static int
put_row(struct returned *re, const struct row *row, struct err *err)
{
	char digits[16];

	if (!re->begun || workbook_rows(re->workbook) >= SHEET_ROWS_MAX) {
		if (put_head(re, err) != 0)
			return -1;
	}
	workbook_row(re->workbook);
	snprintf(digits, sizeof(digits), "%u", row->row_no);
	if (workbook_cell(re->workbook, 0, WORKBOOK_ROW_NO, text_from(digits), nothing, err) != 0)
		return -1;
	for (uint32_t i = 0, to = 1; i < re->width; i++) {
		if (!is_ours(re, i) && put_cell(re, i, to++, i < row->count ? row->cells[i].text : nothing, err) != 0)
			return -1;
	}
	buffer_clear(&re->says);
	/* why the row goes back, then what is wrong in it */
	for (int turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < re->issues.count; i++) {
			const struct raised_view *issue = &re->issues.issues[i];

			if (raised_is_open(issue) && (issue->severity == SEVERITY_REJECT) == (turn == 0))
				add_says(re, &re->says, issue);
		}
	}
	if (buffer_failed(&re->says) || buffer_failed(&re->cell_says))
		return err_set(err, ERR_RETRY, "out of memory for the issues of a row");
	if (workbook_cell(re->workbook, re->shown + 1, WORKBOOK_SAYS, buffer_as_text(&re->says), nothing, err) != 0)
		return -1;
	if (re->head_count > 0 && is_asked(re)
	    && workbook_cell(re->workbook, re->shown + 2, WORKBOOK_ENTRY, nothing, nothing, err) != 0)
		return -1;
	for (uint32_t i = re->width, to = re->shown + (re->head_count > 0 ? 3 : 2); i < row->count; i++) {
		if (put_cell(re, i, to++, row->cells[i].text, err) != 0)
			return -1;
	}
	return 0;
}

/* A row of the file as it comes by: 0, MADE_NOT, or -1. */
static int
take_row(struct returned *re, const struct row *row, struct err *err)
{
	const struct origin *at = &re->issues.origin;

	if (re->layout.header_first > 0 && row->row_no >= re->layout.header_first
	    && row->row_no <= re->layout.header_last && keep_head(re, row, err) != 0)
		return -1;
	if (!re->more || re->sheet < at->sheet || (re->sheet == at->sheet && row->row_no < at->row))
		return 0;
	if (re->sheet != at->sheet || row->row_no != at->row)
		return MADE_NOT; /* a row with an issue is not there */
	if (re->workbook == NULL
	    && workbook_begin(&re->workbook, re->path, re->publication->scratch, re->publication->date, err) != 0)
		return -1;
	return put_row(re, row, err) != 0 || next_issue(re, err) != 0 ? -1 : 0;
}

/* All rows until the issues are used up: MADE, MADE_NOT or -1. */
static int
take_rows(struct returned *re, struct rows *rows, struct err *err)
{
	enum rows_event event;
	struct row row;
	int got;

	while (re->more && (got = rows_receive(rows, &event, err)) != 0) {
		if (got < 0)
			return -1;
		if (event == ROWS_REFUSED || event == ROWS_END)
			return MADE_NOT;
		if (event == ROWS_SHEET && begin_sheet(re, rows->sheet_name, rows->sheet.index, err) != 0)
			return -1;
		if (event != ROWS_BATCH)
			continue;
		while (re->more && (got = rows_next(rows, &row)) == 1) {
			int taken = take_row(re, &row, err);

			if (taken != 0)
				return taken;
		}
	}
	return re->more ? MADE_NOT : MADE;
}

/* Is the open file still what was read? */
static int
is_as_it_was(const struct published_file *file, int fd, bool *same, struct err *err)
{
	struct sha256 digest;
	char hex[65];

	if (sha256_fd(fd, &digest, err) != 0)
		return -1;
	sha256_hex(&digest, hex);
	*same = strcmp(hex, file->sha256) == 0;
	return 0;
}

static int
read_again(struct returned *re, struct sandbox *sandbox, const struct reader_limits *limits, int fd, struct err *err)
{
	struct rows rows;
	int socket = sandbox_read(sandbox, fd, limits, false, err), result = -1;

	if (socket < 0)
		return -1;
	if (rows_init(&rows, socket, WAIT_MS, err) == 0) {
		result = next_issue(re, err) != 0 ? -1 : take_rows(re, &rows, err);
		rows_fini(&rows);
	}
	close(socket);
	return result;
}

/* A kept entry as a row of cells; false when it does not hold together. */
static bool
kept_row(struct text entry, struct row *row, struct cell *cells)
{
	struct kept kept;
	size_t pos, sum;

	if (entry.len < sizeof(kept))
		return false;
	memcpy(&kept, entry.at, sizeof(kept));
	pos = sizeof(kept) + kept.cells * sizeof(uint32_t);
	if (kept.cells > CELLS_MAX || entry.len < pos)
		return false;
	sum = pos;
	for (uint32_t i = 0; i < kept.cells; i++) {
		uint32_t packed;

		memcpy(&packed, entry.at + sizeof(kept) + i * sizeof(packed), sizeof(packed));
		if (CELL_LEN(packed) > entry.len - sum)
			return false;
		cells[i] = (struct cell){ { entry.at + sum, CELL_LEN(packed) }, (enum cell_kind)CELL_KIND(packed) };
		sum += CELL_LEN(packed);
	}
	*row = (struct row){ .row_no = raised_read((struct text){ entry.at, sizeof(struct raised) }).origin.row,
		.flags = kept.flags,
		.count = kept.cells,
		.cells = cells };
	return sum == entry.len;
}

/* All kept rows of the file, in the order of sheets and rows. */
static int
take_kept(struct returned *re, struct err *err)
{
	struct origin first = { re->file->number, 0, 0 }, last = { re->file->number + 1, 0, 0 };
	struct cell *cells = calloc(CELLS_MAX, sizeof(*cells));
	struct runs_cursor cursor = { 0 };
	uint8_t from[16], to[16];
	struct text entry;
	int got = -1, taken = 0;

	kept_key(from, &first);
	kept_key(to, &last);
	re->sheet = UINT32_MAX;
	if (cells == NULL) {
		err_set(err, ERR_RETRY, "out of memory for a row");
		goto done;
	}
	if (next_issue(re, err) != 0 || runs_seek(&cursor, re->publication->kept, from, to, err) != 0)
		goto done;
	while (re->more && taken == 0 && (got = runs_next(&cursor, &entry, err)) == 1) {
		struct origin origin = raised_read((struct text){ entry.at, sizeof(struct raised) }).origin;
		struct text name = origin.sheet < re->file->sheet_count ? re->file->sheets[origin.sheet] : nothing;
		struct row row;

		if (!kept_row(entry, &row, cells)) {
			got = err_set(err, ERR_STOP, "a kept row does not hold together");
			break;
		}
		if (origin.sheet != re->sheet && begin_sheet(re, name, origin.sheet, err) != 0) {
			got = -1;
			break;
		}
		taken = take_row(re, &row, err);
	}
	if (taken < 0)
		got = -1;
done:
	free(cells);
	runs_cursor_fini(&cursor);
	if (got < 0)
		return -1;
	return taken == MADE_NOT || re->more ? MADE_NOT : MADE;
}

/* The file itself is read again, if it is still what it was. */
static int
take_file(struct returned *re, struct sandbox *sandbox, const struct reader_limits *limits, struct err *err)
{
	bool same = false;
	int result = -1, fd = re->file->path == NULL ? -1 : open(re->file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return MADE_NOT;
	if (is_as_it_was(re->file, fd, &same, err) == 0)
		result = same ? read_again(re, sandbox, limits, fd, err) : MADE_NOT;
	close(fd);
	return result;
}

/* Make the workbook of one file: MADE, MADE_NOT or -1. */
static int
make_one(const struct publication *publication, struct sandbox *sandbox, const struct reader_limits *limits,
    const struct task *task, struct err *err)
{
	struct returned re = { .publication = publication, .file = task->file };
	char path[FILE_PATH_MAX];
	int result = -1;

	if (path_format(path, err, "%s/returned/%s", publication->folder, task->name) != 0)
		return -1;
	re.path = path;
	buffer_init(&re.says, (size_t)4 << 20);
	buffer_init(&re.cell_says, (size_t)1 << 20);
	arena_init(&re.arena, (size_t)64 << 20);
	if (raised_rows_open(&re.issues, publication, task->file, err) == 0)
		result = publication->kept != NULL ? take_kept(&re, err) : take_file(&re, sandbox, limits, err);
	raised_rows_close(&re.issues);
	if (result == MADE)
		result = workbook_end(re.workbook, err) == 0 ? MADE : -1;
	else
		workbook_abort(re.workbook);
	sheet_layout_fini(&re.layout);
	buffer_fini(&re.says);
	buffer_fini(&re.cell_says);
	arena_fini(&re.arena);
	return result;
}

/* ---- processes ---- */

/* Make workbooks one after another; ends the process. An error goes to ${errors}. */
NORETURN static void
work(const struct publication *publication, struct sandbox *sandbox, const struct reader_limits *limits,
    const struct tasks *tasks, struct shared *shared, int errors)
{
	struct err err = { 0 };
	ssize_t said;
	size_t at;

	while ((at = atomic_fetch_add(&shared->next, 1)) < tasks->count) {
		int made = make_one(publication, sandbox, limits, &tasks->at[at], &err);

		if (made == MADE_NOT)
			atomic_fetch_add(&shared->skipped, 1);
		if (made >= 0)
			continue;
		atomic_store(&shared->next, tasks->count);
		said = write(errors, &err, sizeof(err));
		_exit(said == (ssize_t)sizeof(err) ? 1 : 2);
	}
	_exit(0);
}

static int
make_all(const struct publication *publication, struct sandbox *sandbox, const struct reader_limits *limits,
    const struct tasks *tasks, unsigned jobs, struct shared *shared, struct err *err)
{
	pid_t pids[PROCESSES_MAX];
	unsigned count = 0;
	bool failed = false;
	struct err theirs;
	int errors[2];

	if (jobs > PROCESSES_MAX)
		jobs = PROCESSES_MAX;
	if (jobs > tasks->count)
		jobs = (unsigned)tasks->count;
	if (pipe2(errors, O_CLOEXEC) != 0)
		return err_errno(err, ERR_RETRY, "cannot make a pipe");
	while (count < (jobs > 0 ? jobs : 1)) {
		pid_t pid = process_fork();

		if (pid == 0)
			work(publication, sandbox, limits, tasks, shared, errors[1]);
		if (pid < 0) {
			err_errno(err, ERR_RETRY, "cannot fork");
			failed = true;
			atomic_store(&shared->next, tasks->count);
			break;
		}
		pids[count++] = pid;
	}
	close(errors[1]);
	for (unsigned i = 0; i < count; i++) {
		int status = 0;

		while (waitpid(pids[i], &status, 0) < 0 && errno == EINTR)
			continue;
		if (status == 0)
			continue;
		if (read(errors[0], &theirs, sizeof(theirs)) == (ssize_t)sizeof(theirs))
			*err = theirs;
		else if (!failed)
			err_set(err, ERR_STOP, "a process that was writing workbooks ended by itself");
		failed = true;
	}
	close(errors[0]);
	return failed ? -1 : 0;
}

/* The folders for all sources that get something back. */
static int
make_folders(const struct publication *publication, const struct tasks *tasks, struct err *err)
{
	char path[FILE_PATH_MAX];

	for (size_t i = 0; i < tasks->count; i++) {
		const char *name = tasks->at[i].name;

		if (path_format(path, err, "%s/returned/%.*s", publication->folder, (int)(strchr(name, '/') - name), name)
			!= 0
		    || file_make_folder(path, err) != 0)
			return -1;
	}
	return 0;
}

int
publish_returned(const struct publication *publication, struct sandbox *sandbox, const struct reader_limits *limits,
    unsigned jobs, size_t *skipped, struct err *err)
{
	struct shared *shared;
	struct tasks tasks;
	int result = -1;

	*skipped = 0;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return err_errno(err, ERR_RETRY, "cannot map memory");
	if (tasks_find(&tasks, publication, err) == 0 && make_folders(publication, &tasks, err) == 0) {
		result = tasks.count == 0 ? 0 : make_all(publication, sandbox, limits, &tasks, jobs, shared, err);
		*skipped = atomic_load(&shared->skipped);
	}
	tasks_free(&tasks);
	munmap(shared, sizeof(*shared));
	return result;
}
