/*
 * status.c - see status.h. What the data folder says comes from the current generation, the newest outputs and the inbox; what the
 * bus says from its topics and groups.
 */
#include "ops/yici/status.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/program/log.h"
#include "core/record/day.h"
#include "core/store/state.h"
#include "core/xml/xml.h"
#include "ops/yici/consolidate.h"
#include "ops/yici/holding.h"
#include "ops/yici/release.h"

#define DEPTH_MAX 16
#define REVIEW_LINE_MAX 65536

/* ---- the data folder ---- */

static uint64_t
number_of(const struct xml_element *element, const char *name)
{
	uint64_t number;

	return text_to_u64(xml_element_attribute(element, name), &number) ? number : 0;
}

static int
read_manifest(struct status *status, const struct state *state, struct err *err)
{
	struct xml_definition *definition;
	const struct xml_element *root, *counts;
	struct text date;
	char path[FILE_PATH_MAX];

	if (state_path(state, path, "manifest.xml", err) != 0
	    || xml_definition_load(&definition, path, NULL, NULL, err) != 0)
		return -1;
	root = xml_definition_root(definition);
	date = xml_element_attribute(root, "date");
	if (date.len < sizeof(status->date))
		snprintf(status->date, sizeof(status->date), "%.*s", (int)date.len, date.at);
	for (counts = root->child; counts != NULL; counts = counts->next) {
		if (!text_eq(counts->name, TEXT("counts")))
			continue;
		status->students = number_of(counts, "students");
		status->records = number_of(counts, "records");
		status->files = number_of(counts, "files");
	}
	xml_definition_free(definition);
	return 0;
}

/* What the current generation delivered, as release.h writes it. */
static int
read_given(struct status *status, const struct state *state, struct err *err)
{
	char path[FILE_PATH_MAX];

	buffer_init(&status->given, (size_t)64 << 20);
	if (state_path(state, path, RELEASE_DELIVERIES, err) != 0)
		return -1;
	return file_exists(path) ? file_read_all(path, &status->given, err) : 0;
}

static struct status_source *
source_of(struct status *status, struct text name)
{
	struct status_source *grown;

	for (size_t i = 0; i < status->source_count; i++) {
		if (text_eq(text_from(status->sources[i].name), name))
			return &status->sources[i];
	}
	grown = realloc(status->sources, (status->source_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	status->sources = grown;
	grown = &status->sources[status->source_count++];
	*grown = (struct status_source){ .last_s = -1 };
	snprintf(grown->name, sizeof(grown->name), "%.*s", (int)name.len, name.at);
	return grown;
}

/* The date a run is named by, as seconds since 1970; -1 when it is named by something else. */
static int64_t
run_date_s(struct text run)
{
	char text[11];
	struct date date;

	if (run.len < 8)
		return -1;
	snprintf(text, sizeof(text), "%.4s-%.2s-%.2s", run.at, run.at + 4, run.at + 6);
	return day_parse(text_from(text), &date) ? (int64_t)day_of(date) * 24 * 60 * 60 : -1;
}

static int
read_sources(struct status *status, const struct state *state, struct err *err)
{
	struct taken_files files;

	if (taken_load(&files, state, err) != 0)
		return -1;
	for (size_t i = 0; i < files.count; i++) {
		const struct taken_file *file = &files.at[i];
		struct status_source *source = source_of(status, file->source);

		if (source == NULL) {
			taken_free(&files);
			return err_set(err, ERR_RETRY, "memory is short");
		}
		source->complete += file->state == FILE_COMPLETE;
		source->refused += file->state == FILE_REFUSED;
		source->accepted += file->accepted;
		source->rejected += file->rejected;
		source->set_aside += file->set_aside;
		if (run_date_s(file->run) > source->last_s)
			source->last_s = run_date_s(file->run);
		if (text_eq(file->run, text_from(state->current)))
			status->rejected += file->rejected;
	}
	taken_free(&files);
	return 0;
}

static int
add_kind(struct status *status, struct text name, struct err *err)
{
	struct status_kind *grown;

	for (size_t i = 0; i < status->kind_count; i++) {
		if (text_eq(text_from(status->kinds[i].name), name)) {
			status->kinds[i].cases++;
			return 0;
		}
	}
	grown = realloc(status->kinds, (status->kind_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	status->kinds = grown;
	grown = &status->kinds[status->kind_count++];
	*grown = (struct status_kind){ .cases = 1 };
	snprintf(grown->name, sizeof(grown->name), "%.*s", (int)name.len, name.at);
	return 0;
}

/*
 * Cases by kind: the first two columns of review.csv, which are a number and a word of ours and so never quoted. A case has a line for each of its
 * sides; lines that go on from the one before (a cell with a line break) do not begin with number and word.
 */
static int
read_review(struct status *status, const char *data, struct err *err)
{
	char path[FILE_PATH_MAX], line[REVIEW_LINE_MAX];
	uint64_t last = 0;
	int result = 0;
	FILE *file;

	if (path_format(path, err, "%s/out/latest/review.csv", data) != 0)
		return -1;
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	while (result == 0 && fgets(line, sizeof(line), file) != NULL) {
		struct text text = text_from(line);
		size_t comma = text_find(text, TEXT(",")), end;
		uint64_t number;

		if (comma == SIZE_MAX || !text_to_u64((struct text){ line, comma }, &number) || number == last)
			continue;
		text = (struct text){ line + comma + 1, text.len - comma - 1 };
		end = text_find(text, TEXT(","));
		if (end == SIZE_MAX || end == 0 || end >= STATUS_NAME_MAX
		    || strspn(text.at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz0123456789") != end)
			continue;
		last = number;
		result = add_kind(status, (struct text){ text.at, end }, err);
	}
	fclose(file);
	return result;
}

/* Files that wait below an open folder, which is closed. Hidden ones are not ours. */
static void
count_waiting(struct status *status, int fd, unsigned depth)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;

	if (folder == NULL) {
		close(fd);
		return;
	}
	while ((entry = readdir(folder)) != NULL) {
		struct stat at;

		if (entry->d_name[0] == '.' || fstatat(fd, entry->d_name, &at, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(at.st_mode) && depth < DEPTH_MAX) {
			int below = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (below >= 0)
				count_waiting(status, below, depth + 1);
		} else if (S_ISREG(at.st_mode) && depth > 0) { /* what lies in no source's folder is never taken */
			status->waiting++;
			if (status->oldest_s < 0 || at.st_mtime < status->oldest_s)
				status->oldest_s = at.st_mtime;
		}
	}
	closedir(folder);
}

static int
look_at_inbox(struct status *status, const char *data, struct err *err)
{
	char path[FILE_PATH_MAX];
	int fd;

	status->oldest_s = -1;
	if (path_format(path, err, "%s/inbox", data) != 0)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		count_waiting(status, fd, 0);
	return 0;
}

/* Whether a run holds the lock. Ours is let go at once: a run that begins just now tries more than once. */
static bool
is_running(const char *data)
{
	char path[FILE_PATH_MAX];
	struct err err;
	bool running = false;
	int fd;

	if (path_format(path, &err, "%s/state/lock", data) != 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (flock(fd, LOCK_SH | LOCK_NB) != 0)
		running = true;
	else
		flock(fd, LOCK_UN);
	close(fd);
	return running;
}

static int
look_at_held(struct status *status, const char *data, struct err *err)
{
	struct holding held;

	if (holding_load(&held, data, err) != 0)
		return -1;
	if (held.is) {
		snprintf(status->held, sizeof(status->held), "%s", held.run);
		snprintf(status->held_date, sizeof(status->held_date), "%s", held.date);
		status->held_s = held.since_s;
		status->held_findings = held.count;
	}
	holding_free(&held);
	return 0;
}

static int
look_at_data(struct status *status, const char *data, struct err *err)
{
	struct state state = { .lock = -1 };
	char path[FILE_PATH_MAX];
	struct stat at;
	int result = -1;

	if (state_open(&state, data, err) != 0)
		return -1;
	status->running = is_running(data);
	if (state.current[0] != '\0') {
		snprintf(status->run, sizeof(status->run), "%s", state.current);
		if (path_format(path, err, "%s/state/current", data) != 0)
			goto done;
		if (stat(path, &at) == 0)
			status->finished_s = at.st_mtime;
		if (read_manifest(status, &state, err) != 0 || read_given(status, &state, err) != 0
		    || read_sources(status, &state, err) != 0 || read_review(status, data, err) != 0)
			goto done;
	}
	result = look_at_held(status, data, err) == 0 ? look_at_inbox(status, data, err) : -1;
done:
	state_close(&state);
	return result;
}

/* ---- the bus ---- */

static void
take_run(void *self, const struct run_notice *notice)
{
	struct status *status = self;

	snprintf(status->bus_run, sizeof(status->bus_run), "%.*s", (int)notice->run.len, notice->run.at);
	snprintf(status->bus_state, sizeof(status->bus_state), "%.*s", (int)notice->state.len, notice->state.at);
}

/* What became of each file, as the topic says it. */
struct fates {
	struct fate {
		uint8_t id[WIRE_FILE_BYTES];
		int64_t offset;
		uint64_t schools;
		enum file_notice_state state;
	} * at;
	size_t count, room;
};

static int
add_fate(struct fates *fates, const struct message *message, struct arena *arena, struct err *err)
{
	struct file_notice notice;

	if (file_notice_read(message, &notice, arena) != 0)
		return 0;
	if (fates->count == fates->room) {
		size_t room = fates->room * 2 + 1024;
		struct fate *grown = realloc(fates->at, room * sizeof(*grown));

		if (grown == NULL)
			return err_set(err, ERR_RETRY, "memory is short");
		fates->at = grown;
		fates->room = room;
	}
	fates->at[fates->count] = (struct fate){
		.offset = message->offset, .schools = notice.schools, .state = notice.state
	};
	memcpy(fates->at[fates->count++].id, notice.id, WIRE_FILE_BYTES);
	return 0;
}

static int
compare_fates(const void *a, const void *b)
{
	const struct fate *one = a, *other = b;
	int by_id = memcmp(one->id, other->id, WIRE_FILE_BYTES);

	return by_id != 0 ? by_id : (one->offset > other->offset) - (one->offset < other->offset);
}

static int
look_at_files(struct status *status, struct bus *bus, const char *topic, struct fates *fates, struct err *err)
{
	struct bus_position start = { topic, 0, -2 };
	struct message message;
	struct arena arena;
	size_t count = 0;
	int got = 0;

	if (bus_assign(bus, &start, 1, err) != 0)
		return -1;
	arena_init(&arena, (size_t)64 << 20);
	while (got >= 0 && !bus_at_end(bus)) {
		got = bus_poll(bus, &message, 500, err);
		if (got == 1 && add_fate(fates, &message, &arena, err) != 0)
			got = -1;
		arena_reset(&arena);
	}
	arena_fini(&arena);
	if (fates->count > 0)
		qsort(fates->at, fates->count, sizeof(*fates->at), compare_fates);
	for (size_t i = 0; i < fates->count; i++) { /* the last word on each */
		if (i + 1 < fates->count && memcmp(fates->at[i].id, fates->at[i + 1].id, WIRE_FILE_BYTES) == 0)
			continue;
		status->bus_reading += fates->at[i].state == NOTICE_READING;
		status->bus_complete += fates->at[i].state == NOTICE_COMPLETE;
		fates->at[count++] = fates->at[i];
	}
	fates->count = count;
	return got < 0 ? -1 : bus_assign(bus, NULL, 0, err);
}

static int
look_at_topics(struct status *status, const struct bus_settings *settings, struct fates *fates, struct err *err)
{
	struct bus_role role = { .program = "status" };
	char files[TOPIC_NAME_MAX], runs[TOPIC_NAME_MAX];
	struct bus *bus;
	int result;

	topic_name(files, settings->prefix, TOPIC_FILES);
	topic_name(runs, settings->prefix, TOPIC_RUNS);
	if (bus_open(&bus, settings, &role, err) != 0)
		return -1;
	result = runs_read(bus, runs, take_run, status, err) != 0 ? -1 : look_at_files(status, bus, files, fates, err);
	bus_close(bus);
	return result;
}

static int
fate_by_id(const void *id, const void *fate)
{
	return memcmp(id, ((const struct fate *)fate)->id, WIRE_FILE_BYTES);
}

/* In terms of schools: how many wait for rows of theirs to be normalized. */
static void
count_schools(struct status *status, const struct fates *fates)
{
	for (size_t i = 0; i < status->lag.files_unread && fates->count > 0; i++) {
		const struct fate *fate = bsearch(
		    status->lag.unread[i], fates->at, fates->count, sizeof(*fates->at), fate_by_id);

		if (fate != NULL)
			status->schools_unread += fate->schools;
	}
}

/* "HH:MM" as minutes of the day; -1 when it is something else. */
static int
minutes_of(const char *text)
{
	struct text all = text_from(text);
	uint64_t hours, minutes;

	if (all.len != 5 || text[2] != ':' || !text_to_u64((struct text){ text, 2 }, &hours)
	    || !text_to_u64((struct text){ text + 3, 2 }, &minutes) || hours > 23 || minutes > 59)
		return -1;
	return (int)(hours * 60 + minutes);
}

/* Is it night by the settings? The window may go over midnight. */
static int
find_window(struct status *status, const struct settings *settings, struct err *err)
{
	int from = minutes_of(settings->night_from), to = minutes_of(settings->night_to), now;
	time_t now_s = (time_t)status->now_s;
	struct tm tm;

	if (from < 0 || to < 0)
		return err_set(err, ERR_STOP, "night.from and night.to are times such as 01:00");
	if (localtime_r(&now_s, &tm) == NULL)
		return err_set(err, ERR_STOP, "the time cannot be told");
	now = tm.tm_hour * 60 + tm.tm_min;
	status->window = from <= to ? now >= from && now < to : now >= from || now < to;
	return 0;
}

int
status_look(struct status *status, const struct command *command, const char *data, bool remember, struct err *err)
{
	const struct bus_settings *bus = &command->settings.bus;
	char path[FILE_PATH_MAX];
	struct err why = { 0 };
	struct fates fates = { 0 };
	struct timespec now;

	*status = (struct status){ 0 };
	clock_gettime(CLOCK_REALTIME, &now);
	status->now_s = now.tv_sec;
	if (find_window(status, &command->settings, err) != 0 || look_at_data(status, data, err) != 0
	    || path_format(path, err, "%s/state/readers", data) != 0)
		goto fail;
	status->bus = bus_configured(bus) && bus->local[0] == '\0';
	if (!status->bus)
		return 0;
	if (look_at_topics(status, bus, &fates, &why) == 0
	    && lag_look(&status->lag, bus, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, &why) == 0) {
		status->bus_up = true;
		count_schools(status, &fates);
	} else
		snprintf(status->bus_why, sizeof(status->bus_why), "%s", why.what);
	free(fates.at);
	if (lag_judge(&status->lag, remember ? path : NULL,
		(struct lag_when){ .now_s = status->now_s, .window = status->window || status->running }, err)
	    == 0)
		return 0;
fail:
	status_free(status);
	return -1;
}

void
status_free(struct status *status)
{
	free(status->sources);
	free(status->kinds);
	buffer_fini(&status->given);
	lag_free(&status->lag);
	*status = (struct status){ 0 };
}

double
status_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void
status_textfile(const struct command *command, const char *data, int exit_status, double seconds)
{
	struct command here = *command;
	struct bus_settings no_bus = command->settings.bus;
	struct metrics metrics;
	struct status status;
	struct err err = { 0 };

	if (command->settings.metrics_textfile[0] == '\0')
		return;
	/* the night is over whatever the brokers say now: `yici serve` tells of them */
	no_bus.count = 0;
	here.settings.bus = no_bus;
	metrics_init(&metrics);
	if (status_look(&status, &here, data, false, &err) == 0) {
		status.running = false; /* it may still hold the lock: it is us */
		status_metrics(&status, command->settings.dataset, &metrics);
		status_free(&status);
	}
	metrics_add(&metrics, METRIC_RUN_EXIT_STATUS, exit_status, NULL);
	metrics_add(&metrics, METRIC_STAGE_DURATION, seconds, (const char *const[]){ command->name });
	if (err.kind != ERR_NONE || metrics_write(&metrics, command->settings.metrics_textfile, &err) != 0)
		log_line(LOG_WARNING, "metrics failed reason=\"%s\"", err.what);
	metrics_fini(&metrics);
}
