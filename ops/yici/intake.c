/*
 * intake.c - see intake.h.
 */
#include "ops/yici/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumers/consolidate/link.h"
#include "consumers/normalize/normalize.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/record/checked.h"
#include "core/record/raised.h"
#include "ops/yici/told.h"
#include "producers/readers/reader.h"

#define WIDE_BYTES ((uint64_t)16 * 1024 * 1024) /* a file from here on is shared by several processes */
#define HEAD_ROWS SANDBOX_HEAD_ROWS
#define HEAD_MEMORY ((size_t)64 * 1024 * 1024)
#define ISSUE_RAW_MAX ((size_t)200) /* bytes of a cell's text kept with its issue */

/* What all processes of the intake see. */
struct shared {
	atomic_size_t next; /* file */
	atomic_ullong rows, bytes, files;
};

/* A growing set of 32-bit numbers, zero not among them. */
struct set {
	uint32_t *at;
	size_t size, count;
};

/* One process at work. */
struct intake {
	const struct intake_settings *set;
	struct shared *shared;
	unsigned name; /* of its runs: unique among all processes of the run */
	struct runs_writer *rows, *issues, *same;
	struct buffer told, values, entry;
	const struct intake_file *file;
	struct told_counts counts;
	struct set schools;
	struct buffer crosses;
	uint16_t sheet;
	const struct layout *layout;
	struct normalizer *normalizer;
	uint64_t raw_seed;    /* of the rows of this sheet: all on which the outcome depends but the cells */
	enum rule sheet_rule; /* when the sheet is refused: of its rows */
	struct raw_cell *cells;
	uint32_t *lens;
};

/* ---- small things ---- */

static int
set_add(struct set *set, uint32_t value)
{
	size_t at;

	if (value == 0)
		return 0;
	if (set->count * 2 >= set->size) {
		struct set bigger = { .size = set->size == 0 ? 64 : set->size * 2 };

		bigger.at = calloc(bigger.size, sizeof(*bigger.at));
		if (bigger.at == NULL)
			return -1;
		for (size_t i = 0; i < set->size; i++) {
			if (set_add(&bigger, set->at[i]) != 0)
				return -1;
		}
		free(set->at);
		*set = bigger;
	}
	for (at = value * 2654435761u % set->size; set->at[at] != 0; at = (at + 1) % set->size) {
		if (set->at[at] == value)
			return 0;
	}
	set->at[at] = value;
	set->count++;
	return 0;
}

static uint32_t
fold32(uint64_t hash)
{
	uint32_t half = (uint32_t)(hash ^ hash >> 32);

	return hash != 0 && half == 0 ? 1 : half;
}

static void
tell(struct intake *in, enum told_kind kind, const void *bytes, size_t len)
{
	told_add(&in->told, kind, in->file->number, bytes, len);
}

/* ---- rows ---- */

static int
raise_issue(struct intake *in, uint32_t row, uint16_t column, uint16_t rule, uint16_t field,
    uint8_t severity, struct text raw, struct err *err)
{
	struct raised raised = { .severity = severity };
	struct origin origin = { in->file->number, in->sheet, row };
	char *room;

	while (raw.len > ISSUE_RAW_MAX
	    || (raw.len > 0 && raw.len == ISSUE_RAW_MAX && ((unsigned char)raw.at[raw.len] & 0xC0) == 0x80))
		raw.len = raw.len > ISSUE_RAW_MAX ? ISSUE_RAW_MAX : raw.len - 1;
	raised_key(raised.key, &origin, column, rule, field);
	room = runs_room(in->issues, sizeof(raised) + raw.len, err);
	if (room == NULL)
		return -1;
	memcpy(room, &raised, sizeof(raised));
	if (raw.len > 0)
		memcpy(room + sizeof(raised), raw.at, raw.len);
	runs_put(in->issues, sizeof(raised) + raw.len);
	return 0;
}

/* An accepted row becomes an entry of the runs. */
static int
put_row(struct intake *in, const struct row *row, const struct normalized *result, uint64_t raw, struct err *err)
{
	struct checked checked = { 0 };
	uint64_t updated_at = result->updated_at > UINT32_MAX ? 0 : result->updated_at;
	struct cross crosses[2];
	size_t count;
	char *room;

	buffer_clear(&in->values);
	values_encode(result->values, result->value_count, &in->values);
	if (buffer_failed(&in->values))
		return err_set(err, ERR_RETRY, "out of memory for a row");
	record_id_make(checked.id, result->anchor, in->file->source->name, result->name, in->set->seed);
	checked.content = hash64(in->values.at, in->values.len, 0);
	checked.version = updated_at << 32 | (checked.content & UINT32_MAX);
	checked.number = result->number;
	checked.core = result->student_core;
	if (result->student_no != 0) {
		uint16_t field = in->set->dataset->roles.student_no;
		struct text number = field == FIELD_NONE ? (struct text){ 0 }
							 : values_get(buffer_as_text(&in->values), field);

		if (number.len > 0)
			checked.student_no = anchor_of(ANCHOR_STUDENT_NO, number, in->set->seed).hash;
	}
	checked.name = fold32(result->name_hash);
	checked.birth_day = result->birth_day;
	checked.school = fold32(result->school);
	checked.file = in->file->number;
	checked.row = row->row_no;
	checked.sheet = in->sheet;
	checked.source = in->file->source_no;
	checked.kind = (uint8_t)result->anchor.kind;
	checked.raw = result->issue_count == 0 ? raw : 0;
	count = link_crosses(checked.id, checked.number, checked.core, checked.student_no, in->set->seed, crosses);
	buffer_add(&in->crosses, crosses, count * sizeof(*crosses));
	if (set_add(&in->schools, checked.school) != 0 || buffer_failed(&in->crosses))
		return err_set(err, ERR_RETRY, "out of memory for a file");
	room = runs_room(in->rows, sizeof(checked) + in->values.len, err);
	if (room == NULL)
		return -1;
	memcpy(room, &checked, sizeof(checked));
	if (in->values.len > 0)
		memcpy(room + sizeof(checked), in->values.at, in->values.len);
	runs_put(in->rows, sizeof(checked) + in->values.len);
	return 0;
}

/* Hash of the row as it was read: kinds, lengths and bytes of its cells. 0 for a row that is not to be trusted. */
static uint64_t
raw_hash(struct intake *in, const struct row *row)
{
	const char *at = row->count > 0 ? row->cells[0].text.at : NULL, *next = at;
	uint64_t hash;

	if (row->flags != 0 || in->raw_seed == 0 || at == NULL)
		return 0;
	for (uint32_t i = 0; i < row->count; i++) {
		in->lens[i] = CELL_PACK(row->cells[i].kind, row->cells[i].text.len);
		if (row->cells[i].text.len > 0 && row->cells[i].text.at != next)
			return 0; /* a kept copy of the sheet's head: normalized anew each time */
		next += row->cells[i].text.len;
	}
	hash = hash64(in->lens, row->count * sizeof(*in->lens), in->raw_seed);
	return hash64(at, (size_t)(next - at), hash);
}

static const struct known_row *
find_known(const struct known_rows *known, uint64_t raw)
{
	if (known->size == 0)
		return NULL;
	for (size_t at = (size_t)raw & (known->size - 1); known->at[at].raw != 0; at = (at + 1) & (known->size - 1)) {
		if (known->at[at].raw == raw)
			return known->at[at].link == UINT32_MAX ? NULL : &known->at[at];
	}
	return NULL;
}

/* A row that is yesterday's: only its place is new. */
static int
put_same(struct intake *in, const struct row *row, const struct known_row *known, struct err *err)
{
	struct same same = { .sheet = { (uint8_t)(in->sheet >> 8), (uint8_t)in->sheet } };

	in->counts.accepted++;
	same_put(same.link, known->link);
	same_put(same.file, in->file->number);
	same_put(same.row, row->row_no);
	if (set_add(&in->schools, known->school) != 0)
		return err_set(err, ERR_RETRY, "out of memory for a file");
	return runs_add(in->same, &same, sizeof(same), err);
}

/* One row of the sheet at hand, once its layout is known. */
static int
take_row(struct intake *in, const struct row *row, struct err *err)
{
	const struct normalized *result;
	const struct known_row *known;
	enum row_role role;
	uint64_t raw;

	in->counts.rows++;
	if (in->normalizer == NULL) { /* the sheet cannot be used */
		in->counts.rejected++;
		return raise_issue(in, row->row_no, UINT16_MAX, (uint16_t)in->sheet_rule, FIELD_NONE,
		    (uint8_t)in->set->dataset->rules[in->sheet_rule].severity, (struct text){ 0 }, err);
	}
	role = layout_classify(in->layout, row);
	if (role != ROW_DATA) {
		in->counts.set_aside++;
		return raise_issue(in, row->row_no, UINT16_MAX, (uint16_t)role, FIELD_NONE, RAISED_ASIDE,
		    (struct text){ 0 }, err);
	}
	raw = raw_hash(in, row);
	known = raw == 0 ? NULL : find_known(in->set->known, raw);
	if (known != NULL)
		return put_same(in, row, known, err);
	for (uint32_t i = 0; i < row->count; i++)
		in->cells[i] = (struct raw_cell){ row->cells[i].text, (enum raw_kind)row->cells[i].kind };
	result = normalize_row(in->normalizer, in->cells, row->count, row->flags);
	if (result == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a row");
	for (size_t i = 0; i < result->issue_count; i++) {
		const struct issue *issue = &result->issues[i];

		if (raise_issue(in, row->row_no, issue->column, issue->rule, issue->field, issue->severity,
			issue->raw, err)
		    != 0)
			return -1;
	}
	if (result->rejected) {
		in->counts.rejected++;
		return 0;
	}
	in->counts.accepted++;
	return put_row(in, row, result, raw, err);
}

/* ---- sheets ---- */

/* The first rows of a sheet, kept until the header is found. */
struct head {
	struct row rows[HEAD_ROWS];
	size_t count;
	struct arena arena;
};

/* Copy ${row}: what it points at goes with the frame. 1 when kept, 0 when there are enough, -1. */
static int
head_keep(struct head *head, const struct row *row)
{
	struct row *copy = &head->rows[head->count];

	*copy = *row;
	copy->cells = arena_take(&head->arena, row->count * sizeof(*copy->cells) + 1);
	if (copy->cells == NULL)
		return -1;
	for (uint32_t i = 0; i < row->count; i++) {
		copy->cells[i].kind = row->cells[i].kind;
		copy->cells[i].text = arena_text(&head->arena, row->cells[i].text);
		if (copy->cells[i].text.at == NULL)
			return -1;
	}
	head->count++;
	return 0;
}

static void
json_pair(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, "\"%s\":", name);
	buffer_json_string(out, value);
}

/* The columns of the sheet, to be remembered for the next delivery. */
static void
tell_table(struct intake *in, const struct layout *layout)
{
	struct buffer table;

	buffer_init(&table, 64 * 1024 * 1024);
	buffer_add(&table, &layout->fingerprint, sizeof(layout->fingerprint));
	for (size_t i = 0; i < layout->column_count; i++) {
		const struct layout_column *column = &layout->columns[i];
		struct told_column told = { .column = column->column, .field = column->field,
			.state = (uint16_t)column->state, .header_len = (uint32_t)column->header.len,
			.key_len = (uint32_t)column->key.len };

		buffer_add(&table, &told, sizeof(told));
		buffer_text(&table, column->header);
		buffer_text(&table, column->key);
	}
	tell(in, TOLD_TABLE, table.at, table.len);
	buffer_fini(&table);
}

/* How the sheet was understood, for the report. */
static void
tell_layout(struct intake *in, const struct layout *layout, struct text name, bool hidden)
{
	static const char *const states[] = { "bound", "unknown", "ignored", "rival", "blank" };
	const struct dataset *dataset = in->set->dataset;
	struct buffer json;

	buffer_init(&json, 16 * 1024 * 1024);
	buffer_char(&json, '{');
	json_pair(&json, "sheet", name);
	if (hidden)
		buffer_string(&json, ",\"hidden\":true");
	else if (layout->found) {
		buffer_format(&json, ",\"header\":[%u,%u],\"columns\":[", layout->header_first,
		    layout->header_last);
		for (size_t i = 0; i < layout->column_count; i++) {
			const struct layout_column *column = &layout->columns[i];

			buffer_format(&json, "%s{\"column\":%u,", i > 0 ? "," : "", column->column + 1u);
			json_pair(&json, "header", column->header);
			buffer_format(&json, ",\"state\":\"%s\"", states[column->state]);
			if (column->field != FIELD_NONE) {
				buffer_char(&json, ',');
				json_pair(&json, "field", dataset->fields[column->field].name);
			}
			buffer_char(&json, '}');
		}
		buffer_char(&json, ']');
		tell_table(in, layout);
	} else {
		buffer_char(&json, ',');
		json_pair(&json, "refused", text_from(refusal_name(layout->refusal)));
	}
	buffer_char(&json, '}');
	tell(in, TOLD_LAYOUT, json.at, json.len);
	buffer_fini(&json);
}

/*
 * All on which the outcome of a row depends but its cells: the definitions, the source, which column means what, the day
 * system, and of the run's date the school year, from which the grade of a cohort follows. (A day in the future is an
 * issue, and a row with an issue is never taken for known.)
 */
static uint64_t
raw_seed(const struct intake *in, const struct layout *layout)
{
	const struct date *date = &in->set->run_date;
	uint64_t on[] = { in->set->definitions, in->set->seed, layout->fingerprint, layout->binding.date1904,
		(uint64_t)(date->year - (date->month < 9)), (uint64_t)date->year };
	uint64_t seed = hash64(in->file->source->name.at, in->file->source->name.len, hash64(on, sizeof(on), 1));

	return seed != 0 ? seed : 1;
}

/* The head of a sheet is here: find its header and take the rows of the head. */
static int
begin_sheet(struct intake *in, struct head *head, struct layout *layout, const struct rows *rows,
    struct text name, struct err *err)
{
	if (layout_find(layout, head->rows, head->count, in->set->dataset, in->file->source,
		in->file->remembered, rows->document.date1904 != 0, err)
	    != 0)
		return -1;
	tell_layout(in, layout, name, false);
	in->layout = layout;
	in->normalizer = NULL;
	in->sheet_rule = RULE_sheet_refused;
	in->raw_seed = 0;
	if (layout->found) {
		in->raw_seed = raw_seed(in, layout);
		in->normalizer = normalizer_new(&layout->binding, in->set->run_date, in->set->seed);
		if (in->normalizer == NULL)
			return err_set(err, ERR_RETRY, "out of memory for a sheet");
	}
	for (size_t i = 0; i < head->count; i++) {
		if (take_row(in, &head->rows[i], err) != 0)
			return -1;
	}
	return 0;
}

static void
end_sheet(struct intake *in, struct layout *layout)
{
	normalizer_free(in->normalizer);
	in->normalizer = NULL;
	in->layout = NULL;
	layout_fini(layout);
	*layout = (struct layout){ 0 };
}

/* ---- several processes on one sheet ---- */

/* Write what this process knows of the file and forget it. */
static void
tell_counts(struct intake *in)
{
	uint32_t *schools = in->schools.at;
	size_t count = 0;

	tell(in, TOLD_COUNTS, &in->counts, sizeof(in->counts));
	for (size_t i = 0; i < in->schools.size; i++) {
		if (schools[i] != 0)
			schools[count++] = schools[i];
	}
	if (count > 0)
		tell(in, TOLD_SCHOOL, schools, count * sizeof(*schools));
	if (in->crosses.len > 0)
		tell(in, TOLD_CROSS, in->crosses.at, in->crosses.len);
	in->counts = (struct told_counts){ 0 };
	if (in->schools.at != NULL)
		memset(in->schools.at, 0, in->schools.size * sizeof(*in->schools.at));
	in->schools.count = 0;
	buffer_clear(&in->crosses);
}

static int
intake_open(struct intake *in, uint64_t memory, struct err *err)
{
	char name[48];

	snprintf(name, sizeof(name), "%s-%u", INTAKE_ROWS, in->name);
	in->rows = runs_writer_new(in->set->work, name, memory / 8 * 7, err);
	snprintf(name, sizeof(name), "%s-%u", INTAKE_ISSUES, in->name);
	if (in->rows != NULL)
		in->issues = runs_writer_new(in->set->work, name, memory / 16, err);
	snprintf(name, sizeof(name), "%s-%u", INTAKE_SAME, in->name);
	if (in->issues != NULL)
		in->same = runs_writer_new(in->set->work, name, memory / 16, err);
	buffer_init(&in->told, SIZE_MAX / 4);
	buffer_init(&in->values, SORTED_ENTRY_MAX);
	buffer_init(&in->entry, SORTED_ENTRY_MAX);
	buffer_init(&in->crosses, SIZE_MAX / 4);
	in->cells = calloc(CELLS_MAX, sizeof(*in->cells));
	in->lens = calloc(CELLS_MAX, sizeof(*in->lens));
	if (in->cells == NULL || in->lens == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	return in->rows != NULL && in->issues != NULL && in->same != NULL ? 0 : -1;
}

/* Write the runs, and what is told as a file of its own. */
static int
intake_close(struct intake *in, bool keep, struct err *err)
{
	char path[FILE_PATH_MAX];
	int fd, result = 0;

	if (keep) {
		result = -1;
		if (runs_finish(in->rows, err) == 0 && runs_finish(in->issues, err) == 0
		    && runs_finish(in->same, err) == 0
		    && path_format(path, err, "%s/told-%u", in->set->work, in->name) == 0
		    && (fd = file_create(path, err)) >= 0) {
			result = buffer_failed(&in->told)
			    ? err_set(err, ERR_RETRY, "out of memory")
			    : file_write(fd, in->told.at, in->told.len, err);
			close(fd);
		}
	}
	runs_writer_free(in->rows);
	runs_writer_free(in->issues);
	runs_writer_free(in->same);
	buffer_fini(&in->told);
	buffer_fini(&in->values);
	buffer_fini(&in->entry);
	buffer_fini(&in->crosses);
	free(in->schools.at);
	free(in->cells);
	free(in->lens);
	return result;
}

/* Say an error on ${fd} to the process that waits, and end. */
NORETURN static void
leave(int fd, const struct err *err)
{
	ssize_t done = write(fd, err, sizeof(*err));

	_exit(done == (ssize_t)sizeof(*err) ? 1 : 2);
}

/*
 * A helper: takes frames of rows until told to stop, hands every other frame to the owner over ${to_owner}. Messages on
 * it are frames; an empty one says that the helper is done.
 */
NORETURN static void
help(struct intake *owner, const struct rows *shared, unsigned name, int to_owner, int stop, int errors)
{
	struct intake in = { .set = owner->set, .shared = owner->shared, .name = name, .file = owner->file,
		.sheet = owner->sheet, .layout = owner->layout, .raw_seed = owner->raw_seed, .sheet_rule = owner->sheet_rule };
	struct rows rows;
	enum rows_event event;
	struct err err = { 0 };
	struct row row;
	int got;

	if (intake_open(&in, in.set->memory / 2 / in.set->jobs, &err) != 0)
		leave(errors, &err);
	if (owner->normalizer != NULL) {
		in.normalizer = normalizer_new(&in.layout->binding, in.set->run_date, in.set->seed);
		if (in.normalizer == NULL) {
			err_set(&err, ERR_RETRY, "out of memory for a sheet");
			leave(errors, &err);
		}
	}
	if (rows_init(&rows, shared->fd, -1, &err) != 0)
		leave(errors, &err);
	rows.document = shared->document;
	rows.have_document = true;
	rows.in_sheet = true;
	rows.worker = true;
	rows.stop_fd = stop;
	while ((got = rows_receive(&rows, &event, &err)) == 1) {
		uint64_t taken = in.counts.rows;
		const void *frame;
		size_t len;

		if (event == ROWS_BATCH) {
			while ((got = rows_next(&rows, &row)) == 1) {
				if (take_row(&in, &row, &err) != 0)
					leave(errors, &err);
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
		leave(errors, &err);
	tell_counts(&in);
	rows_fini(&rows);
	normalizer_free(in.normalizer);
	if (intake_close(&in, true, &err) != 0)
		leave(errors, &err);
	_exit(0);
}

struct helpers {
	pid_t pids[64];
	unsigned count;
	int frames;      /* their other frames come here */
	int stop;        /* closing it stops them */
	int errors;      /* an err each that fails */
};

static atomic_uint *names; /* shared counter for the names of processes' runs */

static int
helpers_start(struct helpers *helpers, struct intake *in, const struct rows *rows, struct err *err)
{
	int frames[2], stop[2], errors[2];
	unsigned count = in->set->jobs < ARRAY_LEN(helpers->pids) ? in->set->jobs : ARRAY_LEN(helpers->pids);

	*helpers = (struct helpers){ .frames = -1, .stop = -1, .errors = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, frames) != 0
	    || pipe2(stop, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0)
		return err_errno(err, ERR_STOP, "cannot make a socket");
	for (unsigned i = 0; i < count; i++) {
		unsigned name = atomic_fetch_add(names, 1);
		pid_t pid = fork();

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

/*
 * Let helpers take the rows of the sheet. Returns with the event that ended it, given through rows_inject().
 */
static int
share_sheet(struct intake *in, struct rows *rows, enum rows_event *event, struct err *err)
{
	struct helpers helpers;
	uint8_t *frame = malloc(FRAME_MAX);
	int got = 0;

	if (frame == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	rows->shared = true;
	if (helpers_start(&helpers, in, rows, err) != 0 || sandbox_go(rows->fd, err) != 0) {
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
			tell(in, TOLD_NOTE, &rows->note, sizeof(rows->note));
	}
	free(frame);
	close(helpers.frames);
	if (helpers_end(&helpers, err) != 0)
		return -1;
	return got == 1 ? 0 : err_set(err, ERR_STOP, "the processes reading a file ended early");
}

/* ---- files ---- */

static void
refuse(struct intake *in, enum refusal reason, const struct frame_refuse *where, struct text detail)
{
	struct told_refused refused = { .reason = (uint32_t)reason, .sheet = where->sheet,
		.row = where->row, .column = where->column };
	struct buffer both;

	buffer_init(&both, 4096);
	buffer_add(&both, &refused, sizeof(refused));
	buffer_text(&both, detail.len > 1024 ? (struct text){ 0 } : detail);
	tell(in, TOLD_REFUSED, both.at, both.len);
	buffer_fini(&both);
}

/* Take in one open file. */
static int
read_file(struct intake *in, struct rows *rows, bool wide, struct err *err)
{
	struct layout layout = { 0 };
	struct head head = { 0 };
	struct told_document document;
	enum refusal refusal = REFUSED_NO;
	struct frame_refuse where = { 0 };
	char name[1024] = "";
	size_t name_len = 0, sheets_used = 0;
	bool begun = false, shared = false;
	enum rows_event event;
	struct row row;
	int got, result = -1;

	arena_init(&head.arena, HEAD_MEMORY);
	while ((got = rows_receive(rows, &event, err)) == 1) {
	again:
		switch (event) {
		case ROWS_DOCUMENT:
			document = (struct told_document){ rows->document.format, rows->document.encoding };
			tell(in, TOLD_DOCUMENT, &document, sizeof(document));
			break;
		case ROWS_SHEET:
			in->sheet = (uint16_t)rows->sheet.index;
			name_len = rows->sheet_name.len < sizeof(name) ? rows->sheet_name.len : 0;
			memcpy(name, rows->sheet_name.at, name_len);
			tell(in, TOLD_SHEET, name, name_len);
			if (rows->sheet.hidden != 0)
				tell_layout(in, NULL, (struct text){ name, name_len }, true);
			head.count = 0;
			arena_reset(&head.arena);
			begun = false;
			break;
		case ROWS_BATCH: {
			uint64_t taken = in->counts.rows;

			while ((got = rows_next(rows, &row)) == 1) {
				if (!begun && head.count < HEAD_ROWS) {
					if (head_keep(&head, &row) != 0) {
						err_set(err, ERR_RETRY, "out of memory for the head of a sheet");
						goto done;
					}
					if (head.count < HEAD_ROWS)
						continue;
					if (begin_sheet(in, &head, &layout, rows, (struct text){ name, name_len }, err) != 0)
						goto done;
					begun = true;
					continue;
				}
				if (take_row(in, &row, err) != 0)
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
			if (!begun && head.count > 0) {
				if (begin_sheet(in, &head, &layout, rows, (struct text){ name, name_len }, err) != 0)
					goto done;
				begun = true;
			}
			if (begun) {
				sheets_used += layout.found;
				if (!layout.found && refusal == REFUSED_NO) {
					refusal = layout.refusal;
					where = layout.where;
					where.sheet = in->sheet + 1u;
				}
				end_sheet(in, &layout);
			}
			begun = shared = false;
			if (wide && sandbox_go(rows->fd, err) != 0)
				goto done;
			break;
		case ROWS_NOTE:
			tell(in, TOLD_NOTE, &rows->note, sizeof(rows->note));
			break;
		case ROWS_REFUSED:
			refuse(in, (enum refusal)rows->refused.reason, &rows->refused, rows->detail);
			result = 0;
			goto done;
		case ROWS_END:
			tell(in, TOLD_TOTAL, &rows->end.rows, sizeof(rows->end.rows));
			if (sheets_used == 0)
				refuse(in, refusal == REFUSED_NO ? REFUSED_EMPTY : refusal, &where, (struct text){ 0 });
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
	end_sheet(in, &layout);
	arena_fini(&head.arena);
	return result;
}

static int
take_file(struct intake *in, const struct intake_file *file, bool wide, struct err *err)
{
	struct frame_refuse nowhere = { 0 };
	struct rows rows;
	int fd, socket, result = -1;

	in->file = file;
	fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		refuse(in, errno == ELOOP ? REFUSED_LINK : REFUSED_CHANGED, &nowhere, (struct text){ 0 });
		tell_counts(in);
		tell(in, TOLD_DONE, NULL, 0);
		return 0;
	}
	socket = sandbox_read(in->set->sandbox, fd, in->set->limits, wide, err);
	if (socket >= 0) {
		if (rows_init(&rows, socket, in->set->wait_ms, err) == 0) {
			result = read_file(in, &rows, wide, err);
			rows_fini(&rows);
		}
		close(socket);
	}
	close(fd);
	if (result == 0) {
		tell_counts(in);
		tell(in, TOLD_DONE, NULL, 0);
		atomic_fetch_add(&in->shared->files, 1);
		atomic_fetch_add(&in->shared->bytes, file->size);
	}
	return result;
}

/* A process that takes small files one after another, or the owner of one large file. */
NORETURN static void
work(const struct intake_settings *settings, struct shared *shared, const struct intake_file *files,
    size_t count, const struct intake_file *only, int errors)
{
	struct intake in = { .set = settings, .shared = shared, .name = atomic_fetch_add(names, 1) };
	uint64_t memory = only != NULL ? (uint64_t)8 << 20 : settings->memory / 2 / settings->jobs;
	struct err err = { 0 };

	if (intake_open(&in, memory, &err) != 0)
		leave(errors, &err);
	if (only != NULL && take_file(&in, only, settings->jobs > 1, &err) != 0)
		leave(errors, &err);
	while (only == NULL) {
		size_t i = atomic_fetch_add(&shared->next, 1);

		if (i >= count)
			break;
		if (!files[i].skip && (files[i].size < WIDE_BYTES || settings->jobs == 1)
		    && take_file(&in, &files[i], false, &err) != 0)
			leave(errors, &err);
	}
	if (intake_close(&in, true, &err) != 0)
		leave(errors, &err);
	_exit(0);
}

/* Fork ${count} processes, show progress while they work, wait for all. */
static int
run_processes(const struct intake_settings *settings, struct shared *shared,
    const struct intake_file *files, size_t file_count, const struct intake_file *only, unsigned count,
    struct err *err)
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
		pids[started] = fork();
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
			settings->progress(settings->self, atomic_load(&shared->files),
			    atomic_load(&shared->bytes), atomic_load(&shared->rows));
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
gather(const struct intake_settings *settings, struct buffer *told, struct err *err)
{
	char path[FILE_PATH_MAX];

	for (unsigned i = 0; i < atomic_load(names); i++) {
		if (path_format(path, err, "%s/told-%u", settings->work, i) != 0)
			return -1;
		if (file_exists(path) && file_read_all(path, told, err) != 0)
			return -1;
	}
	return 0;
}

int
known_rows_load(struct known_rows *known, const char *links, struct err *err)
{
	struct links_reader reader;
	const struct link *link;
	int got;

	*known = (struct known_rows){ 0 };
	if (links == NULL)
		return 0;
	if (links_open(&reader, links, NULL, NULL, err) != 0)
		return -1;
	known->size = 1024;
	while (known->size * 7 / 8 < reader.end)
		known->size *= 2;
	known->at = calloc(known->size, sizeof(*known->at));
	if (known->at == NULL) {
		links_close(&reader);
		known->size = 0;
		return err_set(err, ERR_RETRY, "out of memory for the rows of yesterday");
	}
	while ((got = links_next(&reader, &link, err)) == 1) {
		size_t at = (size_t)link->raw & (known->size - 1);

		if (link->raw == 0)
			continue;
		while (known->at[at].raw != 0 && known->at[at].raw != link->raw)
			at = (at + 1) & (known->size - 1);
		/* the same row of one source under two records: neither is to be guessed */
		known->at[at] = (struct known_row){ link->raw,
			known->at[at].raw == link->raw ? UINT32_MAX : (uint32_t)links_number(&reader), link->school };
	}
	links_close(&reader);
	return got;
}

void
known_rows_free(struct known_rows *known)
{
	free(known->at);
	*known = (struct known_rows){ 0 };
}

int
intake_run(const struct intake_settings *settings, const struct intake_file *files, size_t count,
    struct buffer *told, struct err *err)
{
	struct shared *shared = mmap(NULL, sizeof(*shared) + sizeof(*names), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t small = 0;
	int result = 0;

	if (shared == MAP_FAILED)
		return err_errno(err, ERR_RETRY, "cannot map memory");
	names = (atomic_uint *)(void *)(shared + 1);
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
		result = gather(settings, told, err);
	munmap(shared, sizeof(*shared) + sizeof(*names));
	names = NULL;
	return result;
}
