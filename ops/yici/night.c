/*
 * night.c - see night.h.
 *
 * Order of what becomes durable: the new generation under DATA/state/<run>, the outputs under DATA/out/.<run>; then
 * state/current is renamed, which is the commit; then deliveries are logged, the outputs get their name and out/latest is turned,
 * and used files leave the inbox. A run that is killed before the commit leaves nothing that counts; one that is killed after it is
 * finished by the next.
 */
#include "ops/yici/night.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "consumers/publish/publication.h"
#include "core/base/digest.h"
#include "core/program/log.h"
#include "core/record/day.h"
#include "ops/yici/answering.h"
#include "ops/yici/forms_report.h"
#include "ops/yici/holding.h"
#include "ops/yici/intake.h"
#include "ops/yici/purge_again.h"
#include "ops/yici/retention.h"
#include "ops/yici/verdict.h"

#define WORDS_BYTES ((size_t)16 << 20) /* of phrases on a dataset other than students */

/* ---- rows ---- */

int
night_sources(struct night *night, struct err *err)
{
	for (size_t i = 0; i < night->files.count; i++) {
		struct run_file *file = &night->files.at[i];

		if (store_source(&night->store, file->source, &file->source_no, err) != 0)
			return -1;
	}
	return 0;
}

/* Rows and issues of files that were refused in the end are left out. */
static bool
skip_row(const void *self, struct text entry)
{
	const struct files *files = self;
	struct checked row;

	memcpy(&row, entry.at, sizeof(row));
	return !files_is_complete(files, row.file) || files_excepts(files, row.school)
	    || purge_rows_have(&files->purged, row.id);
}

static bool
skip_same(const void *self, struct text entry)
{
	const struct files *files = self;
	struct same same;

	memcpy(&same, entry.at, sizeof(same));
	return !files_is_complete(files, same_number(same.file))
	    || (files->except_same != NULL && files->except_same[same_number(same.link)] != 0);
}

static bool
skip_issue(const void *self, struct text entry)
{
	const struct files *files = self;
	struct raised_view issue = raised_read(entry);

	return !files_is_complete(files, issue.origin.file)
	    || (purge_rows_about(&files->purged, (const uint8_t *)entry.at)
		&& (issue.severity != RAISED_ASIDE || issue.rule != ROW_PURGED));
}

int
night_rows(struct night *night, struct err *err)
{
	if (runs_open(&night->rows, night->work, INTAKE_ROWS, err) != 0
	    || runs_open(&night->same, night->work, INTAKE_SAME, err) != 0)
		return -1;
	night->same.skip = skip_same;
	night->same.self = &night->files;
	night->rows.skip = skip_row;
	night->rows.self = &night->files;
	return 0;
}

/* ---- consolidating ---- */

int
night_link(struct night *night, struct err *err)
{
	struct link_input input = {
		.runs = &night->rows,
		.same = &night->same,
		.old_links = night->store.open ? night->store.links : NULL,
		.old_olders = night->store.open ? night->store.olders : NULL,
		.old_traits = night->store.open ? night->store.traits : NULL,
		.model = night->definitions.model,
		.dataset = night->definitions.dataset,
		.records = night->store.open ? &night->store.records : NULL,
		.changed = night->store.changed.fd >= 0 ? &night->store.changed : NULL,
		.remap = night->store.remap,
		.remap_count = night->store.remap_count,
		.decided = night->decisions.decided,
		.decided_count = night->decisions.decided_count,
		.folder = night->generation,
		.sources = night->store.sources,
		.source_count = night->store.source_count,
		.run = text_from(night->id),
		.today = day_store(night->date),
		.seed = night->command->settings.seed_number,
		.jobs = night->jobs,
	};
	bool *delivered = calloc(night->store.source_count + 1, sizeof(*delivered));
	bool *again = calloc((size_t)night->files.first_number + 1, sizeof(*again));
	bool *returned = calloc((size_t)night->files.first_number + 1, sizeof(*returned));
	struct covered *covered = NULL;
	int result = -1;

	if (delivered == NULL || again == NULL || returned == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	for (size_t i = 0; i < night->files.count; i++) {
		const struct run_file *file = &night->files.at[i];

		const struct taken_file *earlier;

		if (file->state == RUN_FILE_COMPLETE && !file->returned)
			delivered[file->source_no] = true;
		earlier = file->state == RUN_FILE_TAKEN && file->first == NULL
		    ? taken_find(&night->taken, file->source->name, &file->sha256)
		    : NULL;
		if (earlier != NULL && earlier->number < night->files.first_number)
			again[earlier->number] = true;
	}
	for (size_t i = 0; i < night->files.first_number && i < night->taken.count; i++)
		returned[i] = text_eq(night->taken.at[i].reason, TEXT(FILES_RETURNED));
	input.again = again;
	input.returned = returned;
	input.again_count = night->files.first_number;
	if (files_covered(&night->files, &covered, &input.covered_count, err) != 0)
		goto done;
	if (link_needs_records(&input) && store_records(&night->store, err) != 0)
		goto done;
	input.delivered = delivered;
	input.covered = covered;
	result = link_run(&input, &night->links, err);
	if (result == 0)
		log_line(LOG_INFO,
		    "linked records=%llu new_students=%llu cases=%zu pairs=%llu pairs_skipped=%llu rivals=%llu",
		    (unsigned long long)night->links.records, (unsigned long long)night->links.students_new,
		    night->links.case_count, (unsigned long long)night->links.compared,
		    (unsigned long long)night->links.skipped, (unsigned long long)night->links.rivals);
	if (result == 0 && night->links.oversized > 0)
		log_line(LOG_WARNING, "linked oversized_records=%llu: set aside as a defect, see review.csv",
		    (unsigned long long)night->links.oversized);
done:
	free(delivered);
	free(again);
	free(returned);
	free(covered);
	return result;
}

int
night_assemble(struct night *night, struct err *err)
{
	bool jsonl = settings_outlet(&night->command->settings, "jsonl");
	char links[FILE_PATH_MAX], records[FILE_PATH_MAX];
	struct assemble_input input = {
		.update = { .dataset = night->definitions.dataset,
		    .runs = &night->rows,
		    .same = &night->same,
		    .records = night->store.open ? &night->store.records : NULL,
		    .changed = night->store.changed.fd >= 0 ? &night->store.changed : NULL,
		    .remap = night->store.remap,
		    .remap_count = night->store.remap_count,
		    .old_links = night->store.open ? night->store.links : NULL,
		    .links = links,
		    .sources = night->store.sources,
		    .today = day_store(night->date),
		    .pins = &night->decisions.pins,
		    .old_pins = &night->decisions.older,
		    .standings = &night->store.standings,
		    .redo = night->store.open
			&& (state_digest(&night->state) != night->definitions.dataset->digest
			    || !night->store.standings.known) },
		.delivered = night->store.delivered,
		.csv = settings_outlet(&night->command->settings, "csv")
		    || settings_outlet(&night->command->settings, "xlsx"),
		.jsonl = jsonl   ? night->out
		    : night->bus ? night->work /* its lines are what is published */
				 : NULL,
		.events = night->bus,
		.work = night->work,
		.records = records,
		.generation = night->generation,
		.out = night->out,
		.files = night->taken.at,
		.links = &night->links,
		.run = night->id,
		.memory = night->command->settings.memory,
		.jobs = night->jobs,
		.file_first = night->files.first_number,
		.views = release_views(&night->release),
	};

	if (night->store.open) {
		char before[FILE_PATH_MAX];

		if (path_format(before, err, "%s/state/%s", night->data, night->state.current) != 0
		    || usual_load(&night->usual, before, night->definitions.dataset, night->store.sources,
			   night->store.source_count, err)
			!= 0)
			return -1;
	}
	input.recount = input.update.redo || !night->usual.known;
	files_delivered(&night->files, night->store.delivered);
	input.sheets = night->files.prefixes;
	input.returned = night->files.returned;
	if (path_format(links, err, "%s/links.yc", night->generation) != 0
	    || state_path(&night->state, records, "records.yc", err) != 0 || store_records(&night->store, err) != 0
	    || assemble_run(&input, &night->assembled, err) != 0)
		return -1;
	log_line(LOG_INFO, "merged students=%llu changed=%llu", (unsigned long long)night->assembled.totals.students,
	    (unsigned long long)night->assembled.totals.students_changed);
	if (runs_open(&night->issues, night->work, INTAKE_ISSUES, err) != 0)
		return -1;
	night->issues.skip = skip_issue;
	night->issues.self = &night->files;
	return 0;
}

/* ---- publishing ---- */

/* What returned forms say beside the students of this night. */
static int
publish_returned_forms(struct night *night, struct publication *publication, struct err *err)
{
	bool jsonl = settings_outlet(&night->command->settings, "jsonl");
	char students[FILE_PATH_MAX];

	if (path_format(students, err, "%s/%.*s.jsonl", jsonl ? night->out : night->work,
		(int)night->definitions.dataset->files.len, night->definitions.dataset->files.at)
	    != 0)
		return -1;
	return returns_publish(&night->returns,
	    &(struct returns_night){ .data = night->data,
		.id = night->id,
		.day = night->day,
		.date = night->date,
		.students = students,
		.generation = night->generation,
		.publication = publication,
		.log = &night->log,
		.retired = { night->store.ledger, night->links.retired },
		.retired_count = { night->store.ledger_count, night->links.retired_count } },
	    err);
}

int
night_publish(struct night *night, struct err *err)
{
	const struct settings *settings = &night->command->settings;
	struct publication publication = {
		.dataset = night->definitions.dataset, .sources = night->definitions.sources,
		.run = text_from(night->id), .date = text_from(night->day), .folder = night->out, .scratch = night->work,
		.chinese = night->command->chinese, .issues = &night->issues,
		.totals = {
		    .records = night->assembled.totals.records,
		    .records_new = night->assembled.totals.records_new,
		    .records_changed = night->assembled.totals.records_changed,
		    .students = night->assembled.totals.students,
		    .students_new = night->links.students_new,
		    .students_changed = night->assembled.totals.students_changed,
		    .absent_new = night->links.absent_new, .stale_new = night->links.stale_new,
		    .back = night->links.back, .merged = night->links.retired_count,
		},
	};
	const char *choices[CHOICES] = { NULL };
	struct cases cases = { 0 };
	struct pinned pinned = { 0 };
	struct forms_report forms = { 0 };
	struct published_delivery *given = NULL;
	size_t skipped = 0;
	struct arena words;
	int result = -1;

	arena_init(&words, WORDS_BYTES);
	publication.words = &words;
	for (int i = CHOICE_NONE + 1; i < CHOICES; i++)
		choices[i - 1] = dataset_says(publication.dataset, choice_label((enum choice)i), &words).at;
	publication.kept = night->bus ? &night->kept : NULL;
	if (answering_make(night, err) != 0)
		goto done;
	publication.answers = &night->answers.answers;
	publication.taken = &night->taken;
	publication.schools = (const struct published_school *)night->assembled.schools;
	publication.school_count = night->assembled.school_count;
	if (files_publish(&night->files, &publication, err) != 0
	    || cases_load(&cases, night->work, night->generation, &night->links, night->definitions.dataset,
		   night->definitions.model, night->store.sources, &night->taken, night->definitions.counties,
		   &night->assembled, err)
		!= 0)
		goto done;
	publication.cases = cases.at;
	publication.case_count = cases.count;
	publication.choices = choices;
	if (pinned_load(&pinned, night->work, night->generation, &night->log, &night->decisions,
		night->definitions.dataset, err)
	    != 0)
		goto done;
	publication.pins = pinned.at;
	publication.pin_count = pinned.count;
	publication.totals.pinned = pinned.applied;
	publication.totals.pins_expired = pinned.expired;
	if (publish_returned_forms(night, &publication, err) != 0)
		goto done;
	if (forms_report_make(&forms, night, publication.schools, publication.school_count, err) != 0)
		goto done;
	publication.forms = forms.any ? &forms.published : NULL;
	if (release_write(&night->release,
		&(struct release_night){ night->definitions.dataset, &night->state, night->id, night->day, night->out,
		    night->generation, night->work, night->command->chinese },
		err)
		!= 0
	    || release_given(&night->release, &given, &publication.delivery_count, err) != 0)
		goto done;
	publication.deliveries = given;
	if (publish_rejected(&publication, err) != 0 || publish_worklist(&publication, err) != 0
	    || publish_review(&publication, err) != 0
	    || publish_report(&publication, settings_outlet(settings, "report"), err) != 0)
		goto done;
	if (settings_outlet(settings, "returned")
	    && publish_returned(&publication, night->sandbox, &night->limits, night->jobs, &skipped, err) != 0)
		goto done;
	if (skipped > 0)
		log_line(LOG_WARNING, "returned skipped=%zu reason=file_changed", skipped);
	if (desk_answer(&night->desk, &publication, err) != 0)
		goto done;
	if (settings_outlet(settings, "xlsx") && publish_xlsx(&publication, err) != 0)
		goto done;
	result = 0;
done:
	free(given);
	cases_free(&cases);
	pinned_free(&pinned);
	forms_report_free(&forms);
	arena_fini(&words);
	return result;
}

/* ---- making it last ---- */

/* state/<run>/manifest.xml: what the generation is, for people and for the next version of us. */
static int
write_manifest(struct night *night, struct err *err)
{
	char path[FILE_PATH_MAX], head[65], disclosed[65];
	struct buffer out;
	int result = -1;

	sha256_hex(&night->log.head.digest, head);
	sha256_hex(&night->release.known.digest, disclosed);
	buffer_init(&out, 1 << 20);
	buffer_format(&out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<generation run=\"%s\" date=\"%s\" of=\"%.*s\" "
	    "dataset=\"%016llx\" decisions=\"%llu\" head=\"%s\"",
	    night->id, night->day, (int)night->definitions.dataset->name.len, night->definitions.dataset->name.at,
	    (unsigned long long)night->definitions.dataset->digest, (unsigned long long)night->log.head.number,
	    night->log.head.number > 0 ? head : "");
	if (night->release.known.number > 0)
		buffer_format(&out, " disclosures=\"%llu\" disclosed=\"%s\"",
		    (unsigned long long)night->release.known.number, disclosed);
	buffer_format(&out,
	    ">\n\t<counts files=\"%zu\" records=\"%llu\" students=\"%llu\" answers=\"%zu\"/>\n</generation>\n",
	    night->files.count, (unsigned long long)night->assembled.totals.records,
	    (unsigned long long)night->assembled.totals.students, night->answers.answers.count);
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory");
	else if (path_format(path, err, "%s/manifest.xml", night->generation) == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}

/* out/latest -> <run>, turned in one step. */
static int
turn_latest(struct night *night, const char *id, struct err *err)
{
	char link[FILE_PATH_MAX], beside[FILE_PATH_MAX], folder[FILE_PATH_MAX], now[RUN_ID_MAX + 1] = "";

	if (path_format(folder, err, "%s/out", night->data) != 0
	    || path_format(link, err, "%s/out/latest", night->data) != 0
	    || path_format(beside, err, "%s/out/.latest", night->data) != 0)
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
 * stand in out under their names. What is delivered by them stands in the log before anybody sees it.
 */
static int
show_outputs(struct night *night, const char *id, struct err *err)
{
	char hidden[FILE_PATH_MAX], placed[FILE_PATH_MAX], folder[FILE_PATH_MAX];

	if (path_format(hidden, err, "%s/out/.%s", night->data, id) != 0
	    || path_format(placed, err, "%s/out/%s", night->data, id) != 0
	    || path_format(folder, err, "%s/out", night->data) != 0)
		return -1;
	if (file_exists(hidden)
	    && (release_log(night->data, id, err) != 0 || file_remove_all(placed, err) != 0
		|| file_rename(hidden, placed, err) != 0 || file_sync_folder(folder, err) != 0))
		return -1;
	return file_exists(placed) ? turn_latest(night, id, err) : 0;
}

/* Remove what runs that were never committed left in out. */
static int
remove_hidden(struct night *night, struct err *err)
{
	char **names, path[FILE_PATH_MAX];
	size_t count;
	int result = 0;

	if (path_format(path, err, "%s/out", night->data) != 0 || file_list(path, &names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		if (names[i][0] != '.' || ((names[i][1] < '0' || names[i][1] > '9') && strcmp(names[i], ".latest") != 0))
			continue;
		result = path_format(path, err, "%s/out/%s", night->data, names[i]);
		if (result == 0)
			result = file_remove_all(path, err);
	}
	free(names);
	return result;
}

/* Rows of people who were purged leave what was put away. With a bus the collector puts away, and does this. */
static int
clean_again(struct night *night, struct err *err)
{
	char scratch[FILE_PATH_MAX];

	if (night->sandbox == NULL)
		return 0;
	if (path_format(scratch, err, "%s/state/work/again", night->data) != 0)
		return -1;
	return purge_again_clean(
	    night->data, night->sandbox, &night->limits, scratch, (int)(night->command->settings.wait_s * 1000), err);
}

/* Finish what a committed run may have left undone: its outputs, and its files still in the inbox. */
static int
finish(struct night *night, struct err *err)
{
	struct err why;

	if (night->state.current[0] != '\0') {
		if (show_outputs(night, night->state.current, err) != 0)
			return -1;
		/* what stays in the inbox is known by its content: no reason to stop */
		if (night->command->settings.archive && files_put_away(night->data, night->state.current, &why) != 0)
			log_line(LOG_WARNING, "inbox put_away=failed reason=\"%s\"", why.what);
		if (night->command->settings.archive && clean_again(night, err) != 0)
			return -1;
	}
	return remove_hidden(night, err);
}

int
night_save(struct night *night, struct err *err)
{
	if (answering_save(night, err) != 0 || taken_save(&night->taken, night->generation, err) != 0
	    || store_save(&night->store, night->definitions.dataset, night->links.retired, night->links.retired_count,
		   night->generation, err)
		!= 0
	    || files_remember(&night->files, &night->state, text_from(night->day), night->generation, err) != 0
	    || files_keep_arrivals(&night->files, night->data, night->generation, err) != 0
	    || purge_again_note(night, err) != 0
	    || usual_save(&night->usual, night->generation, night->definitions.dataset, night->store.sources, err) != 0
	    || write_manifest(night, err) != 0 || file_sync_below(night->out, err) != 0)
		return -1;
	return state_sync(&night->state, night->id, err);
}

int
night_commit(struct night *night, struct err *err)
{
	night->committing = true;
	if (state_commit(&night->state, night->id, err) != 0 || show_outputs(night, night->id, err) != 0)
		return -1;
	if (holding_clear(night->data, err) != 0)
		return -1;
	if (night->command->settings.archive && desk_put_away(&night->desk, night->data, text_from(night->id), err) != 0)
		return -1;
	if (night->command->settings.archive
	    && returns_put_away(&night->returns, night->data, text_from(night->id), err) != 0)
		return -1;
	if (night->command->settings.archive
	    && (files_put_away(night->data, night->id, err) != 0 || clean_again(night, err) != 0))
		return -1;
	retention_apply(&night->command->settings, &night->state, night->date);
	return 0;
}

/* ---- the night ---- */

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

bool
night_date(const struct command *command, struct date *date)
{
	return command->date == NULL ? today(date) : day_parse(text_from(command->date), date);
}

bool
night_coming(const struct command *command, struct date *date)
{
	time_t now = time(NULL);
	unsigned hour, minute;
	struct tm tm;

	if (command->date != NULL)
		return night_date(command, date);
	if (localtime_r(&now, &tm) == NULL || sscanf(command->settings.night_from, "%u:%u", &hour, &minute) != 2)
		return false;
	if ((unsigned)tm.tm_hour * 60 + (unsigned)tm.tm_min
	    >= hour * 60 + minute) { /* noon of tomorrow, whatever the clocks do */
		tm.tm_mday++;
		tm.tm_hour = 12;
		tm.tm_isdst = -1;
		if (mktime(&tm) == (time_t)-1)
			return false;
	}
	*date = (struct date){ (int16_t)(tm.tm_year + 1900), (uint8_t)(tm.tm_mon + 1), (uint8_t)tm.tm_mday };
	return true;
}

unsigned
night_jobs(const struct command *command)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t jobs = command->settings.jobs;

	if (jobs == 0)
		jobs = processors > 0 ? (uint64_t)processors : 1;
	return jobs > 64 ? 64 : (unsigned)jobs;
}

void
night_init(struct night *night, struct command *command, const char *data, struct date date)
{
	*night = (struct night){ .command = command,
		.data = data,
		.date = date,
		.state = { .lock = -1 },
		.store = { .records = { .fd = -1 }, .changed = { .fd = -1 } } };
	day_write(date, night->day);
	night->jobs = night_jobs(command);
	settings_limits(&command->settings, &night->limits);
	if (command->quiet)
		log_limit(LOG_WARNING);
}

uint64_t
night_definitions(const struct definitions *definitions)
{
	return definitions->dataset->digest ^ definitions->sources->digest;
}

/*
 * The bus has a run that was published, but here it was not committed: killed between the two. Its generation was durable
 * before it was published, so it is there, unless this is another machine's folder.
 */
static int
adopt(struct night *night, struct err *err)
{
	char path[FILE_PATH_MAX], hex[65], stripped[RUN_ID_MAX];
	struct buffer manifest;
	struct sha256 digest;
	int result = -1;

	if (night->adopt[0] == '\0' || strcmp(night->adopt, night->state.current) == 0
	    || (state_stripped(&night->state, stripped) && strcmp(night->adopt, stripped) == 0))
		return 0;
	if (path_format(path, err, "%s/state/%s/manifest.xml", night->data, night->adopt) != 0)
		return -1;
	if (!file_exists(path))
		return err_set(err, ERR_STOP,
		    "run %s was published, but not from this data folder: its state is not here", night->adopt);
	buffer_init(&manifest, (size_t)1 << 20);
	if (file_read_all(path, &manifest, err) == 0) {
		digest = sha256_of(manifest.at, manifest.len);
		sha256_hex(&digest, hex);
		result = strcmp(hex, night->adopt_manifest) == 0
		    ? 0
		    : err_set(err, ERR_STOP, "the state of run %s here is not the one that was published", night->adopt);
	}
	buffer_fini(&manifest);
	if (result != 0)
		return -1;
	log_line(LOG_INFO, "run adopted id=%s", night->adopt);
	return state_commit(&night->state, night->adopt, err);
}

/* What people have decided, as of now; from here on nothing that they decide changes this night. */
static int
read_decisions(struct night *night, struct err *err)
{
	char older[FILE_PATH_MAX];
	struct journal_head known;

	if (desk_take(&night->desk, night->command, night->data, &night->state, night->date, err) != 0
	    || journal_load(&night->log, night->data, err) != 0
	    || state_path(&night->state, older, DECISIONS_PINS, err) != 0
	    || decisions_read(
		   &night->decisions, &night->log, night->definitions.dataset, night->store.open ? older : NULL, err)
		!= 0)
		return -1;
	(void)state_decisions(&night->state, &known);
	night->decided = night->store.open && (answering_decided(&night->log, known.number) || night->desk.count > 0);
	if (returns_take(&night->returns, night->command, night->data, &night->state, night->bus, err) != 0)
		return -1;
	night->decided = night->decided || (night->store.open && night->returns.fresh);
	return 0;
}

int
night_open(struct night *night, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (state_open(&night->state, night->data, err) != 0 || state_lock(&night->state, err) != 0
	    || adopt(night, err) != 0)
		return -1;
	if ((!night->bus && sandbox_start(&night->sandbox, err) != 0)
	    || definitions_load(night->command, night->data, &night->definitions, err) != 0
	    || taken_load(&night->taken, &night->state, err) != 0 || finish(night, err) != 0
	    || store_open(&night->store, &night->state, night->definitions.dataset, night->definitions.sources, err) != 0
	    || read_decisions(night, err) != 0
	    || release_open(
		   &night->release, night->data, &night->state, night->definitions.dataset, night->date, true, err)
		!= 0)
		return -1;
	night->decided = night->decided || (night->store.open && release_due(&night->release));
	snprintf(path, sizeof(path), "%04d%02d%02d", night->date.year, night->date.month, night->date.day);
	if (state_next_run(&night->state, path, night->id, err) != 0)
		return -1;
	if (path_format(night->work, err, "%s/state/work", night->data) != 0
	    || path_format(night->generation, err, "%s/state/%s", night->data, night->id) != 0
	    || path_format(night->out, err, "%s/out/.%s", night->data, night->id) != 0)
		return -1;
	if (file_remove_all(night->work, err) != 0 || file_make_folder(night->work, err) != 0
	    || file_remove_all(night->generation, err) != 0 || file_remove_all(night->out, err) != 0)
		return -1;
	return 0;
}

int
night_begin(struct night *night, struct err *err)
{
	return file_make_folder(night->generation, err) != 0 || file_make_folder(night->out, err) != 0 ? -1 : 0;
}

void
night_warn(const struct night *night)
{
	char path[FILE_PATH_MAX];
	struct err ignored;

	if (path_format(path, &ignored, "%s/state/purging", night->data) == 0 && file_exists(path))
		log_line(LOG_WARNING, "purge unfinished: yici purge DATA resume");
}

void
night_say_done(const struct night *night)
{
	const struct dataset *dataset = night->definitions.dataset;
	unsigned long long students = night->assembled.totals.students;
	size_t deliver, rest;

	if (night->command->chinese)
		printf("完成 %s：%.*s %llu %s；结果在 %s/out/latest/\n", night->id, (int)dataset->zh.len,
		    dataset->zh.at, students, dataset->roles.name != FIELD_NONE ? "名" : "项", night->data);
	else
		printf("Done %s: %llu %.*s; see %s/out/latest/\n", night->id, students, (int)dataset->files.len,
		    dataset->files.at, night->data);
	release_count(&night->release, &deliver, &rest);
	if (deliver + rest > 0 && night->command->chinese)
		printf("按授权交付 %zu 份；没有交付的授权 %zu 个，见 views/grants.csv\n", deliver, rest);
	else if (deliver + rest > 0)
		printf("Delivered by %zu grants; by %zu not: see views/grants.csv\n", deliver, rest);
}

void
night_close(struct night *night)
{
	struct err ignored;

	if (night->work[0] != '\0')
		(void)!file_remove_all(night->work, &ignored);
	if (night->work[0] != '\0' && !night->committing) { /* a full disk wants its room back */
		(void)!file_remove_all(night->generation, &ignored);
		(void)!file_remove_all(night->out, &ignored);
	}
	runs_close(&night->rows);
	runs_close(&night->issues);
	runs_close(&night->same);
	runs_close(&night->kept);
	link_result_free(&night->links);
	assemble_result_free(&night->assembled);
	usual_free(&night->usual);
	answers_free(&night->answers);
	free(night->hold.except);
	files_free(&night->files);
	store_close(&night->store);
	taken_free(&night->taken);
	decisions_free(&night->decisions);
	desk_free(&night->desk);
	returns_free(&night->returns);
	release_close(&night->release);
	journal_free(&night->log);
	sandbox_stop(night->sandbox);
	definitions_free(&night->definitions);
	state_close(&night->state);
}
