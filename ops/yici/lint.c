/*
 * lint.c - `yici lint [DATA] [--rules | --fields | --schema]`: are all definitions right?
 */
#include <stdio.h>

#include "consumers/forms/calendar.h"
#include "core/record/lint.h"
#include "ops/yici/command.h"

static void
complain(void *self, const char *file, unsigned line, const char *what)
{
	(void)self;
	if (line > 0)
		fprintf(stderr, "%s:%u: %s\n", file, line, what);
	else
		fprintf(stderr, "%s: %s\n", file, what);
}

/* Print a page made from the definitions: docs/rules.md, or the tables of docs/glossary.md. */
static int
print_page(struct command *command, void (*make)(const struct dataset *, struct buffer *))
{
	struct definitions definitions;
	struct err err = { 0 };
	struct buffer page;

	if (definitions_load(command, NULL, &definitions, &err) != 0)
		return fail(command, &err);
	buffer_init(&page, (size_t)16 << 20);
	make(definitions.dataset, &page);
	fwrite(page.at, 1, page.len, stdout);
	buffer_fini(&page);
	definitions_free(&definitions);
	return 0;
}

/*
 * What forms ask, and which are registered: by meaning, where RELAX NG and the datasets have nothing to say. A dataset without such a
 * definition has no forms.
 */
static int
lint_forms(struct command *command, const char *schemas, const char *data, struct err *err)
{
	struct definitions definitions;
	struct calendar calendar = { 0 };
	struct terms *terms = NULL;
	char path[FILE_PATH_MAX], own[FILE_PATH_MAX], folder[FILE_PATH_MAX];
	int result = -1;

	if (path_format(path, err, "%s/%s_forms.xml", schemas, command->settings.dataset) != 0
	    || path_format(own, err, "%s/config/%s_forms.xml", data == NULL ? "" : data, command->settings.dataset) != 0
	    || path_format(folder, err, "%s/config/forms", data == NULL ? "" : data) != 0)
		return -1;
	if (!file_exists(path))
		return 0;
	if (definitions_load(command, data, &definitions, err) != 0)
		return -1;
	if (terms_load(&terms, path, definitions.dataset, complain, NULL, err) == 0) {
		result = 0;
		if (data != NULL && file_exists(own)) {
			terms_free(terms);
			result = terms_load(&terms, own, definitions.dataset, complain, NULL, err);
		}
		if (result == 0 && data != NULL)
			result = calendar_load(&calendar, folder, definitions.dataset, terms, complain, NULL, err);
	}
	calendar_free(&calendar);
	terms_free(terms);
	definitions_free(&definitions);
	return result;
}

int
command_lint(struct command *command)
{
	char schemas[FILE_PATH_MAX], shipped[FILE_PATH_MAX], own[FILE_PATH_MAX], grants[FILE_PATH_MAX];
	const char *sources[3] = { shipped, NULL, NULL };
	const char *const grant_folders[2] = { grants, NULL };
	struct lint_places places = {
		.schemas = schemas, .dataset = command->settings.dataset, .sources = sources, .grants = grant_folders
	};
	struct lint_counts counts = { 0 };
	struct err err = { 0 };

	if (command->rules)
		return print_page(command, lint_rules_page);
	if (command->fields)
		return print_page(command, lint_fields_page);
	if (command->schema)
		return print_page(command, lint_schema_page);
	if (command->word_count > 1)
		return misuse(command, say(command, "最多给出一个数据文件夹", "wants one data folder at the most"));
	if (settings_schemas(&command->settings, schemas, &err) != 0
	    || settings_sources(&command->settings, shipped, &err) != 0)
		return fail(command, &err);
	/* the samples beside the sources that ship, or what DATA has granted: samples grant nothing */
	if (command->word_count == 1 ? path_format(grants, &err, "%s/config/grants", command->words[0]) != 0
				     : path_format(grants, &err, "%s/../grants", shipped) != 0)
		return fail(command, &err);
	if (command->word_count == 1) {
		if (path_format(own, &err, "%s/config/sources", command->words[0]) != 0)
			return fail(command, &err);
		sources[1] = own;
	}
	if (lint_run(&places, complain, NULL, &counts, &err) != 0
	    || lint_forms(command, schemas, command->word_count == 1 ? command->words[0] : NULL, &err) != 0) {
		counts.faults += counts.faults == 0;
		fprintf(stderr, "yici lint: %zu %s\n", counts.faults, say(command, "处错误", "faults"));
		return EX_CONFIG;
	}
	if (command->chinese)
		printf("没有错误：数据集 %zu 个，来源 %zu 个，授权 %zu 个，代码集 %zu 个。\n", counts.datasets,
		    counts.sources, counts.grants, counts.codes);
	else
		printf("No faults: %zu datasets, %zu sources, %zu grants, %zu code sets.\n", counts.datasets,
		    counts.sources, counts.grants, counts.codes);
	return 0;
}
