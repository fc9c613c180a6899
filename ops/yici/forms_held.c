/*
 * forms_held.c - what DATA holds for forms: the calendar, how complete the published dataset is, which source says what since when.
 */
#include "ops/yici/forms.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/store/state.h"
#include "producers/collect/memory.h"

#define FORMS_ARENA_MAX ((size_t)64 * 1024 * 1024)

static void
complain(void *self, const char *file, unsigned line, const char *what)
{
	const struct command *command = self;

	fprintf(stderr, "yici %s: %s:%u: %s\n", command->name, file, line, what);
}

int
forms_folder(const struct forms *forms, char out[FILE_PATH_MAX], struct err *err)
{
	return path_format(out, err, "%s/config/forms", forms->data);
}

int
forms_terms_path(const struct settings *settings, const char *data, char out[FILE_PATH_MAX], struct err *err)
{
	char schemas[4096];

	if (settings_schemas(settings, schemas, err) != 0
	    || path_format(out, err, "%s/config/%s_forms.xml", data, settings->dataset) != 0)
		return -1;
	return file_exists(out) ? 0 : path_format(out, err, "%s/%s_forms.xml", schemas, settings->dataset);
}

int
forms_open(struct forms *forms, struct command *command, const char *data, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct state state;

	*forms = (struct forms){ .command = command, .data = data };
	arena_init(&forms->arena, FORMS_ARENA_MAX);
	if (state_open(&state, data, err) != 0)
		return -1;
	state_close(&state);
	if (definitions_load(command, data, &forms->definitions, err) != 0
	    || forms_terms_path(&command->settings, data, path, err) != 0)
		return -1;
	if (!file_exists(path))
		return err_set(err, ERR_STOP, "nothing says what forms ask of this dataset: %s_forms.xml is missing",
		    command->settings.dataset);
	if (terms_load(&forms->terms, path, forms->definitions.dataset, complain, command, err) != 0
	    || census_init(&forms->census, forms->definitions.dataset, err) != 0 || forms_folder(forms, path, err) != 0)
		return -1;
	return calendar_load(&forms->calendar, path, forms->definitions.dataset, forms->terms, complain, command, err);
}

void
forms_close(struct forms *forms)
{
	calendar_free(&forms->calendar);
	census_fini(&forms->census);
	terms_free(forms->terms);
	definitions_free(&forms->definitions);
	arena_fini(&forms->arena);
}

int
forms_students(const struct forms *forms, char path[FILE_PATH_MAX], bool *there, struct err *err)
{
	struct text files = forms->definitions.dataset->files;
	int len = (int)files.len;

	if (path_format(path, err, "%s/out/latest", forms->data) != 0)
		return -1;
	*there = file_exists(path);
	if (!*there)
		return 0;
	if (path_format(path, err, "%s/out/latest/%.*s.jsonl", forms->data, len, files.at) != 0)
		return -1;
	return file_exists(path)
	    ? 0
	    : err_set(err, ERR_STOP,
		forms->command->chinese ? "最近一次汇总没有 %.*s.jsonl：请在设置 outlets 中加入 jsonl"
					: "the last run left no %.*s.jsonl: add jsonl to the setting outlets",
		len, files.at);
}

static int
count_lines(struct forms *forms, const struct mapping *mapping, struct err *err)
{
	const char *at = (const char *)mapping->at, *end = at + mapping->bytes;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline != NULL ? newline : end) - at);

		if (census_line(&forms->census, (struct text){ at, len }, err) != 0)
			return -1;
		at += len + 1;
	}
	census_end(&forms->census);
	return 0;
}

int
forms_lines(const struct forms *forms, struct mapping *lines, bool *there, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct stat stat;
	int fd, result;

	*lines = (struct mapping){ 0 };
	if (forms_students(forms, path, there, err) != 0)
		return -1;
	if (!*there)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &stat) != 0)
		result = err_errno(err, ERR_STOP, "cannot open the lines of the last run");
	else
		result = stat.st_size == 0 ? 0 : mapping_open(lines, fd, (size_t)stat.st_size, false, err);
	if (fd >= 0)
		close(fd);
	return result;
}

static int
count_students(struct forms *forms, struct err *err)
{
	struct mapping mapping;
	bool there;
	int result = forms_lines(forms, &mapping, &there, err);

	if (result == 0 && there)
		result = count_lines(forms, &mapping, err);
	mapping_close(&mapping);
	return result;
}

/* The day in the name of a run, "20260902-1"; nothing when it is named otherwise. */
static void
day_of_run(struct text run, char day[11])
{
	if (run.len >= 8 && text_is_digits((struct text){ run.at, 8 }))
		snprintf(day, 11, "%.4s-%.2s-%.2s", run.at, run.at + 4, run.at + 6);
}

/* Which fields the source ever had columns for, and when a file of it was last taken. */
static int
look_at_source(struct forms *forms, const struct state *state, const struct taken_files *files,
    const struct source *source, struct err *err)
{
	const struct dataset *dataset = forms->definitions.dataset;
	struct form_source *one = &forms->sources[forms->source_count];
	const struct remembered *remembered;
	struct memory *memory;
	char folder[FILE_PATH_MAX];

	*one = (struct form_source){ .source = source, .delivers = arena_take(&forms->arena, dataset->field_count + 1) };
	if (one->delivers == NULL)
		return err_set(err, ERR_RETRY, "out of memory for sources");
	for (size_t i = 0; i < files->count; i++) { /* in the order of runs */
		if (files->at[i].state == FILE_COMPLETE && text_eq(files->at[i].source, source->name))
			day_of_run(files->at[i].run, one->as_of);
	}
	if (one->as_of[0] == '\0')
		return 0;
	if (state_path(state, folder, "bindings", err) != 0)
		return -1;
	memory = memory_load(folder, source->name, dataset, err);
	if (memory == NULL)
		return -1;
	remembered = memory_bindings(memory);
	for (size_t i = 0; i < remembered->count; i++) {
		if (remembered->at[i].field != FIELD_NONE)
			one->delivers[remembered->at[i].field] = 1;
	}
	memory_free(memory);
	forms->source_count++;
	return 0;
}

static int
by_trust(const void *a, const void *b)
{
	const struct source *left = ((const struct form_source *)a)->source,
			    *right = ((const struct form_source *)b)->source;

	return left->trust != right->trust ? right->trust - left->trust : text_compare(left->name, right->name);
}

/* Defined sources, and those without definition that a file came from. */
static int
look_at_sources(struct forms *forms, const struct state *state, const struct taken_files *files, struct err *err)
{
	struct sources *sources = forms->definitions.sources;
	size_t defined = sources->count;

	forms->sources = arena_take(&forms->arena, (defined + files->count + 1) * sizeof(*forms->sources));
	if (forms->sources == NULL)
		return err_set(err, ERR_RETRY, "out of memory for sources");
	for (size_t i = 0; i < defined; i++) {
		if (look_at_source(forms, state, files, &sources->at[i], err) != 0)
			return -1;
	}
	for (size_t i = 0; i < files->count; i++) {
		const struct source *source;
		bool seen = files->at[i].state != FILE_COMPLETE || sources_find(sources, files->at[i].source) != NULL;

		for (size_t k = 0; k < forms->source_count && !seen; k++)
			seen = text_eq(forms->sources[k].source->name, files->at[i].source);
		if (seen)
			continue;
		source = sources_unknown(sources, files->at[i].source);
		if (source == NULL)
			return err_set(err, ERR_RETRY, "out of memory for sources");
		if (look_at_source(forms, state, files, source, err) != 0)
			return -1;
	}
	if (forms->source_count > 1)
		qsort(forms->sources, forms->source_count, sizeof(*forms->sources), by_trust);
	return 0;
}

int
forms_sources(struct forms *forms, struct err *err)
{
	struct taken_files files = { 0 };
	struct state state;
	int result;

	if (state_open(&state, forms->data, err) != 0)
		return -1;
	result = state_dataset(&state, forms->definitions.dataset->name, err);
	if (result == 0)
		result = taken_load(&files, &state, err);
	if (result == 0) {
		result = look_at_sources(forms, &state, &files, err);
		taken_free(&files);
	}
	state_close(&state);
	return result;
}

int
forms_count(struct forms *forms, struct err *err)
{
	return forms_sources(forms, err) == 0 ? count_students(forms, err) : -1;
}

int
forms_count_roughly(struct forms *forms, struct err *err)
{
	if (forms_sources(forms, err) != 0)
		return -1;
	forms->census.students = 1;
	for (size_t i = 0; i < forms->source_count; i++) {
		for (size_t k = 0; k < forms->definitions.dataset->field_count; k++)
			forms->census.values[k] = forms->census.values[k] > 0 || forms->sources[i].delivers[k];
	}
	return 0;
}
