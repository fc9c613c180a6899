/*
 * lint.c - `yici lint [DATA] [--rules | --fields | --schema]`: are all definitions right?
 */
#include <stdio.h>

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

int
command_lint(struct command *command)
{
	char schemas[FILE_PATH_MAX], shipped[FILE_PATH_MAX], own[FILE_PATH_MAX];
	const char *sources[3] = { shipped, NULL, NULL };
	struct lint_places places = { .schemas = schemas, .dataset = command->settings.dataset, .sources = sources };
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
	if (command->word_count == 1) {
		if (path_format(own, &err, "%s/config/sources", command->words[0]) != 0)
			return fail(command, &err);
		sources[1] = own;
	}
	if (lint_run(&places, complain, NULL, &counts, &err) != 0) {
		fprintf(stderr, "yici lint: %zu %s\n", counts.faults, say(command, "处错误", "faults"));
		return EX_CONFIG;
	}
	if (command->chinese)
		printf("没有错误：数据集 %zu 个，来源 %zu 个，代码集 %zu 个。\n", counts.datasets, counts.sources,
		    counts.codes);
	else
		printf("No faults: %zu datasets, %zu sources, %zu code sets.\n", counts.datasets, counts.sources,
		    counts.codes);
	return 0;
}
