/*
 * run.c - `yici run DATA`: the whole night on one machine.
 *
 * Order of what becomes durable: the new generation under DATA/state/<run>, the outputs under DATA/out/.<run>; then
 * state/current is renamed, which is the commit; then the outputs get their name and out/latest is turned, and used files
 * leave the inbox. A run that is killed before the commit leaves nothing that counts; one that is killed after it is
 * finished by the next.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "consumers/consolidate/store.h"
#include "consumers/publish/publication.h"
#include "core/program/log.h"
#include "core/program/progress.h"
#include "core/record/day.h"
#include "ops/yici/assemble.h"
#include "ops/yici/command.h"
#include "ops/yici/files.h"
#include "ops/yici/intake.h"
#include "ops/yici/told.h"
#include "producers/readers/reader.h"

struct run {
	struct command *command;
	const char *data;
	struct date date;
	char id[RUN_ID_MAX], day[11];
	unsigned jobs;
	struct definitions definitions;
	struct state state;
	struct store store;
	struct taken_files taken;
	struct sandbox *sandbox;
	struct reader_limits limits;
	struct files files;
	char work[FILE_PATH_MAX], generation[FILE_PATH_MAX], out[FILE_PATH_MAX];
	struct runs rows, issues, same;
	struct known_rows known;
	struct link_result links;
	struct assemble_result assembled;
	struct progress progress;
	uint64_t rows_total, accepted_total;
	bool committing; /* from here on the new generation may count */
};

/* ---- taking in ---- */

static void
show_progress(void *self, uint64_t files, uint64_t bytes, uint64_t rows)
{
	struct run *run = self;

	progress_show(&run->progress, say(run->command, "读取", "reading"), bytes, run->files.bytes_to_read, files,
	    run->files.count_to_read, rows);
}

/* Rows and issues of files that were refused in the end are left out. */
static bool
skip_row(const void *self, struct text entry)
{
	const struct files *files = self;
	struct checked row;

	memcpy(&row, entry.at, sizeof(row));
	return !files_is_complete(files, row.file);
}

static bool
skip_same(const void *self, struct text entry)
{
	struct same same;

	memcpy(&same, entry.at, sizeof(same));
	return !files_is_complete(self, same_number(same.file));
}

static bool
skip_issue(const void *self, struct text entry)
{
	return !files_is_complete(self, raised_read(entry).origin.file);
}

static int
take_in(struct run *run, struct err *err)
{
	struct intake_settings settings = {
		.dataset = run->definitions.dataset,
		.sandbox = run->sandbox,
		.limits = &run->limits,
		.work = run->work,
		.run_date = run->date,
		.seed = run->command->settings.seed_number,
		.definitions = run->definitions.dataset->digest ^ run->definitions.sources->digest,
		.known = &run->known,
		.memory = run->command->settings.memory,
		.jobs = run->jobs,
		.wait_ms = (int)(run->command->settings.wait_s * 1000),
		.progress = show_progress,
		.self = run,
	};
	struct intake_file *list = calloc(run->files.count + 1, sizeof(*list));
	struct buffer told;
	int result = -1;

	buffer_init(&told, SIZE_MAX / 4);
	if (list == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	for (size_t i = 0; i < run->files.count; i++) {
		struct run_file *file = &run->files.at[i];
		uint16_t source_no;

		if (store_source(&run->store, file->source, &source_no, err) != 0)
			goto done;
		file->source_no = source_no;
		list[i] = (struct intake_file){ .path = file->path,
			.number = file->number,
			.source_no = source_no,
			.source = file->source,
			.remembered = file->remembered,
			.size = file->size,
			.skip = file->state != RUN_FILE_TO_READ };
	}
	if (known_rows_load(&run->known, run->store.open ? run->store.links : NULL, err) != 0
	    || files_hash_begin(&run->files, err) != 0)
		goto done;
	if (intake_run(&settings, list, run->files.count, &told, err) != 0)
		goto done;
	progress_end(&run->progress);
	known_rows_free(&run->known);
	if (files_hash_end(&run->files, err) != 0
	    || files_told(&run->files, run->definitions.dataset, &run->taken, buffer_as_text(&told), err) != 0)
		goto done;
	if (runs_open(&run->rows, run->work, INTAKE_ROWS, err) != 0
	    || runs_open(&run->same, run->work, INTAKE_SAME, err) != 0)
		goto done;
	run->same.skip = skip_same;
	run->same.self = &run->files;
	run->rows.skip = skip_row;
	run->rows.self = &run->files;
	result = 0;
done:
	buffer_fini(&told);
	free(list);
	return result;
}

/* ---- consolidating ---- */

static int
consolidate(struct run *run, struct err *err)
{
	struct link_input input = {
		.runs = &run->rows,
		.same = &run->same,
		.old_links = run->store.open ? run->store.links : NULL,
		.folder = run->generation,
		.sources = run->store.sources,
		.source_count = run->store.source_count,
		.files = run->taken.at,
		.today = day_store(run->date),
		.seed = run->command->settings.seed_number,
	};
	bool *delivered = calloc(run->store.source_count + 1, sizeof(*delivered));
	struct covered *covered = NULL;
	struct cross *crosses = NULL;
	int result = -1;

	if (delivered == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	for (size_t i = 0; i < run->files.count; i++) {
		const struct run_file *file = &run->files.at[i];

		if (file->state == RUN_FILE_COMPLETE)
			delivered[file->source_no] = true;
	}
	if (files_covered(&run->files, &covered, &input.covered_count, err) != 0
	    || files_crosses(&run->files, &crosses, &input.cross_count, err) != 0)
		goto done;
	input.delivered = delivered;
	input.covered = covered;
	input.crosses = crosses;
	result = link_run(&input, &run->links, err);
done:
	free(delivered);
	free(covered);
	free(crosses);
	return result;
}

static int
assemble(struct run *run, struct err *err)
{
	char links[FILE_PATH_MAX];
	struct assemble_input input = {
		.update = { .dataset = run->definitions.dataset,
		    .runs = &run->rows,
		    .same = &run->same,
		    .records = run->store.open ? &run->store.records : NULL,
		    .remap = run->store.remap,
		    .remap_count = run->store.remap_count,
		    .old_links = run->store.open ? run->store.links : NULL,
		    .links = links,
		    .sources = run->store.sources,
		    .today = day_store(run->date),
		    .redo = run->store.open && state_digest(&run->state) != run->definitions.dataset->digest },
		.delivered = run->store.delivered,
		.csv = settings_outlet(&run->command->settings, "csv")
		    || settings_outlet(&run->command->settings, "xlsx"),
		.jsonl = settings_outlet(&run->command->settings, "jsonl"),
		.work = run->work,
		.generation = run->generation,
		.out = run->out,
		.files = run->taken.at,
		.retired = run->links.retired,
		.retired_count = run->links.retired_count,
		.memory = run->command->settings.memory,
		.jobs = run->jobs,
		.file_first = run->files.first_number,
	};

	files_delivered(&run->files, run->store.delivered);
	input.sheets = run->files.prefixes;
	if (path_format(links, err, "%s/links.yc", run->generation) != 0
	    || assemble_run(&input, &run->assembled, err) != 0)
		return -1;
	if (runs_open(&run->issues, run->work, INTAKE_ISSUES, err) != 0)
		return -1;
	run->issues.skip = skip_issue;
	run->issues.self = &run->files;
	return 0;
}

/* ---- publishing ---- */

static int
publish(struct run *run, struct err *err)
{
	const struct settings *settings = &run->command->settings;
	struct publication publication = {
		.dataset = run->definitions.dataset, .sources = run->definitions.sources,
		.run = text_from(run->id), .date = text_from(run->day), .folder = run->out,
		.chinese = run->command->chinese, .issues = &run->issues,
		.totals = {
		    .records = run->assembled.totals.records,
		    .records_new = run->assembled.totals.records_new,
		    .records_changed = run->assembled.totals.records_changed,
		    .students = run->assembled.totals.students,
		    .students_new = run->links.students_new,
		    .students_changed = run->assembled.totals.students_changed,
		    .absent_new = run->links.absent_new, .stale_new = run->links.stale_new,
		    .back = run->links.back, .merged = run->links.retired_count,
		},
	};
	struct cases cases = { 0 };
	size_t skipped = 0;
	int result = -1;

	publication.schools = (const struct published_school *)run->assembled.schools;
	publication.school_count = run->assembled.school_count;
	if (files_publish(&run->files, &publication, err) != 0
	    || cases_load(&cases, run->work, &run->links, run->definitions.dataset, run->store.sources, &run->taken, err)
		!= 0)
		goto done;
	publication.cases = cases.at;
	publication.case_count = cases.count;
	if (publish_rejected(&publication, err) != 0 || publish_review(&publication, err) != 0
	    || publish_report(&publication, settings_outlet(settings, "report"), err) != 0)
		goto done;
	if (settings_outlet(settings, "returned")
	    && publish_returned(&publication, run->sandbox, &run->limits, run->jobs, &skipped, err) != 0)
		goto done;
	if (skipped > 0)
		log_line(LOG_WARNING, "returned skipped=%zu reason=file_changed", skipped);
	if (settings_outlet(settings, "xlsx") && publish_xlsx(&publication, err) != 0)
		goto done;
	result = 0;
done:
	cases_free(&cases);
	return result;
}

/* ---- making it last ---- */

/* state/<run>/manifest.xml: what the generation is, for people and for the next version of us. */
static int
write_manifest(struct run *run, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer out;
	int result = -1;

	buffer_init(&out, 1 << 20);
	buffer_format(&out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<generation run=\"%s\" date=\"%s\" dataset=\"%016llx\">\n"
	    "\t<counts files=\"%zu\" records=\"%llu\" students=\"%llu\"/>\n</generation>\n",
	    run->id, run->day, (unsigned long long)run->definitions.dataset->digest, run->files.count,
	    (unsigned long long)run->assembled.totals.records, (unsigned long long)run->assembled.totals.students);
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory");
	else if (path_format(path, err, "%s/manifest.xml", run->generation) == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}

/* out/latest -> <run>, turned in one step. */
static int
turn_latest(struct run *run, const char *id, struct err *err)
{
	char link[FILE_PATH_MAX], beside[FILE_PATH_MAX], folder[FILE_PATH_MAX], now[RUN_ID_MAX + 1] = "";

	if (path_format(folder, err, "%s/out", run->data) != 0 || path_format(link, err, "%s/out/latest", run->data) != 0
	    || path_format(beside, err, "%s/out/.latest", run->data) != 0)
		return -1;
	if (readlink(link, now, sizeof(now) - 1) > 0 && strcmp(now, id) == 0)
		return 0;
	if (unlink(beside) != 0 && errno != ENOENT)
		return err_errno(err, ERR_STOP, "cannot remove %s", beside);
	if (symlink(id, beside) != 0)
		return err_errno(err, ERR_STOP, "cannot make %s", beside);
	if (file_rename(beside, link, err) != 0)
		return -1;
	return file_sync_folder(folder, err);
}

/*
 * Show the outputs of the committed run ${id}: out/.<id> becomes out/<id>, then out/latest is turned. Only committed runs
 * stand in out under their names.
 */
static int
show_outputs(struct run *run, const char *id, struct err *err)
{
	char hidden[FILE_PATH_MAX], placed[FILE_PATH_MAX], folder[FILE_PATH_MAX];

	if (path_format(hidden, err, "%s/out/.%s", run->data, id) != 0
	    || path_format(placed, err, "%s/out/%s", run->data, id) != 0
	    || path_format(folder, err, "%s/out", run->data) != 0)
		return -1;
	if (file_exists(hidden)
	    && (file_remove_all(placed, err) != 0 || file_rename(hidden, placed, err) != 0
		|| file_sync_folder(folder, err) != 0))
		return -1;
	return file_exists(placed) ? turn_latest(run, id, err) : 0;
}

/* Remove what runs that were never committed left in out. */
static int
remove_hidden(struct run *run, struct err *err)
{
	char **names, path[FILE_PATH_MAX];
	size_t count;
	int result = 0;

	if (path_format(path, err, "%s/out", run->data) != 0 || file_list(path, &names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		if (names[i][0] != '.' || ((names[i][1] < '0' || names[i][1] > '9') && strcmp(names[i], ".latest") != 0))
			continue;
		result = path_format(path, err, "%s/out/%s", run->data, names[i]);
		if (result == 0)
			result = file_remove_all(path, err);
	}
	free(names);
	return result;
}

/* Finish what a committed run may have left undone: its outputs, and its files still in the inbox. */
static int
finish(struct run *run, struct err *err)
{
	struct err why;

	if (run->state.current[0] != '\0') {
		if (show_outputs(run, run->state.current, err) != 0)
			return -1;
		/* what stays in the inbox is known by its content: no reason to stop */
		if (run->command->settings.archive && files_put_away(run->data, run->state.current, &why) != 0)
			log_line(LOG_WARNING, "inbox put_away=failed reason=\"%s\"", why.what);
	}
	return remove_hidden(run, err);
}

static int
commit(struct run *run, struct err *err)
{
	if (taken_save(&run->taken, run->generation, err) != 0
	    || store_save(&run->store, run->definitions.dataset, run->links.retired, run->links.retired_count,
		   run->generation, err)
		!= 0
	    || files_remember(&run->files, &run->state, text_from(run->day), run->generation, err) != 0
	    || files_keep_arrivals(&run->files, run->data, run->generation, err) != 0 || write_manifest(run, err) != 0
	    || file_sync_below(run->out, err) != 0)
		return -1;
	run->committing = true;
	if (state_commit(&run->state, run->id, err) != 0 || show_outputs(run, run->id, err) != 0)
		return -1;
	return run->command->settings.archive ? files_put_away(run->data, run->id, err) : 0;
}

/* ---- the run ---- */

static int
prepare(struct run *run, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (state_open(&run->state, run->data, err) != 0 || state_lock(&run->state, err) != 0)
		return -1;
	if (sandbox_start(&run->sandbox, err) != 0
	    || definitions_load(run->command, run->data, &run->definitions, err) != 0
	    || taken_load(&run->taken, &run->state, err) != 0 || finish(run, err) != 0
	    || store_open(&run->store, &run->state, run->definitions.dataset, run->definitions.sources, err) != 0)
		return -1;
	snprintf(path, sizeof(path), "%04d%02d%02d", run->date.year, run->date.month, run->date.day);
	if (state_next_run(&run->state, path, run->id, err) != 0)
		return -1;
	day_write(run->date, run->day);
	if (path_format(run->work, err, "%s/state/work", run->data) != 0
	    || path_format(run->generation, err, "%s/state/%s", run->data, run->id) != 0
	    || path_format(run->out, err, "%s/out/.%s", run->data, run->id) != 0)
		return -1;
	if (file_remove_all(run->work, err) != 0 || file_make_folder(run->work, err) != 0
	    || file_remove_all(run->generation, err) != 0 || file_remove_all(run->out, err) != 0)
		return -1;
	return 0;
}

/* 1 when there was something to do, 0 when the inbox is empty. */
static int
run_night(struct run *run, struct err *err)
{
	if (prepare(run, err) != 0)
		return -1;
	log_line(LOG_INFO, "run begin id=%s jobs=%u", run->id, run->jobs);
	if (files_find(&run->files, run->data, &run->definitions, &run->state, &run->taken, run->sandbox, &run->limits,
		run->work, run->command->settings.settle_s, (int)(run->command->settings.wait_s * 1000), err)
	    != 0)
		return -1;
	if (run->files.count == 0)
		return 0;
	if (file_make_folder(run->generation, err) != 0 || file_make_folder(run->out, err) != 0)
		return -1;
	log_line(LOG_INFO, "found files=%zu to_read=%zu", run->files.count, run->files.count_to_read);
	if (take_in(run, err) != 0 || files_keep(&run->files, &run->taken, run->id, err) != 0)
		return -1;
	log_line(LOG_INFO, "read rows=%llu unchanged=%llu", (unsigned long long)(run->rows.entries + run->same.entries),
	    (unsigned long long)run->same.entries);
	if (consolidate(run, err) != 0)
		return -1;
	log_line(LOG_INFO, "linked records=%llu new_students=%llu cases=%zu", (unsigned long long)run->links.records,
	    (unsigned long long)run->links.students_new, run->links.case_count);
	if (assemble(run, err) != 0)
		return -1;
	log_line(LOG_INFO, "merged students=%llu changed=%llu", (unsigned long long)run->assembled.totals.students,
	    (unsigned long long)run->assembled.totals.students_changed);
	if (publish(run, err) != 0 || commit(run, err) != 0)
		return -1;
	log_line(LOG_INFO, "run complete id=%s", run->id);
	return 1;
}

static void
clean_up(struct run *run)
{
	struct err ignored;

	if (run->work[0] != '\0')
		(void)!file_remove_all(run->work, &ignored);
	if (run->work[0] != '\0' && !run->committing) { /* a full disk wants its room back */
		(void)!file_remove_all(run->generation, &ignored);
		(void)!file_remove_all(run->out, &ignored);
	}
	runs_close(&run->rows);
	runs_close(&run->issues);
	runs_close(&run->same);
	known_rows_free(&run->known);
	link_result_free(&run->links);
	assemble_result_free(&run->assembled);
	files_free(&run->files);
	store_close(&run->store);
	taken_free(&run->taken);
	sandbox_stop(run->sandbox);
	definitions_free(&run->definitions);
	state_close(&run->state);
}

static bool
today(struct date *date)
{
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL)
		return false;
	*date = (struct date){ (int16_t)(tm.tm_year + 1900), (uint8_t)(tm.tm_mon + 1), (uint8_t)tm.tm_mday };
	return true;
}

int
command_run(struct command *command)
{
	struct run run = { .command = command, .state = { .lock = -1 }, .store = { .records = { .fd = -1 } } };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct err err = { 0 };
	int got, status = 0;

	if (command->word_count != 1)
		return misuse(command, say(command, "需要一个数据文件夹", "wants one data folder"));
	if (command->date == NULL ? !today(&run.date) : !day_parse(text_from(command->date), &run.date))
		return misuse(command, say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	run.data = command->words[0];
	run.jobs = command->settings.jobs != 0 ? (unsigned)command->settings.jobs
					       : (unsigned)(processors > 0 ? processors : 1);
	if (run.jobs > 64)
		run.jobs = 64;
	settings_limits(&command->settings, &run.limits);
	if (command->quiet)
		log_limit(LOG_WARNING);
	progress_init(&run.progress);
	got = run_night(&run, &err);
	if (got < 0) {
		progress_end(&run.progress);
		status = fail(command, &err);
	} else if (got == 0)
		printf("%s\n", say(command, "收件文件夹里没有新文件。", "There is nothing new in the inbox."));
	else if (command->chinese)
		printf("完成 %s：学生 %llu 名；结果在 %s/out/latest/\n", run.id,
		    (unsigned long long)run.assembled.totals.students, run.data);
	else
		printf("Done %s: %llu students; see %s/out/latest/\n", run.id,
		    (unsigned long long)run.assembled.totals.students, run.data);
	clean_up(&run);
	return status;
}
