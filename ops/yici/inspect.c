/*
 * inspect.c - `yici inspect FILE…`: what would be read from files, and what is wrong with it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "consumers/normalize/normalize.h"
#include "ops/yici/command.h"
#include "producers/collect/inspect.h"

/* Normalizing as inspect_file() asks for it: what it keeps for us is a normalizer. */
static void *
check_begin(void *self, const struct binding *binding)
{
	return normalizer_new(binding, *(const struct date *)self, 0);
}

static void
check_row(void *self, const struct row *row, const struct issue **issues, size_t *count, bool *rejected)
{
	const struct normalized *result = normalize_row(self, row->cells, row->count, row->flags);

	*issues = result == NULL ? NULL : result->issues;
	*count = result == NULL ? 0 : result->issue_count;
	*rejected = result != NULL && result->rejected;
}

static void
check_end(void *self)
{
	normalizer_free(self);
}

/* The source of a file that lies in ".../inbox/<source>/...": its definition, else NULL. */
static const struct source *
source_of(const struct definitions *definitions, const char *path)
{
	const char *inbox = strstr(path, "inbox/"), *end;

	if (inbox == NULL)
		return NULL;
	inbox += strlen("inbox/");
	end = strchr(inbox, '/');
	return end == NULL ? NULL : sources_find(definitions->sources, (struct text){ inbox, (size_t)(end - inbox) });
}

int
command_inspect(struct command *command)
{
	struct inspect_options options = {
		.chinese = command->chinese, .issues_max = 10, .wait_ms = (int)(command->settings.wait_s * 1000)
	};
	struct definitions definitions = { 0 };
	struct reader_limits limits;
	time_t now = time(NULL);
	struct date today = { 0 };
	struct tm tm;
	struct err err = { 0 };
	char spool[FILE_PATH_MAX];
	int status = 0;

	if (command->word_count == 0)
		return misuse(command, say(command, "需要至少一个文件", "wants at least one file"));
	options.output = command->cells ? INSPECT_CELLS : command->json ? INSPECT_JSON : INSPECT_TEXT;
	settings_limits(&command->settings, &limits);
	options.limits = &limits;
	if (localtime_r(&now, &tm) != NULL)
		today = (struct date){ (int16_t)(tm.tm_year + 1900), (uint8_t)(tm.tm_mon + 1), (uint8_t)tm.tm_mday };
	options.check.begin = check_begin;
	options.check.row = check_row;
	options.check.end = check_end;
	options.check.self = &today;
	if (sandbox_start(&options.sandbox, &err) != 0)
		return fail(command, &err);
	if (file_private_folder(spool, &err) != 0) {
		sandbox_stop(options.sandbox);
		return fail(command, &err);
	}
	options.spool = spool;
	if (!command->cells && definitions_load(command, NULL, &definitions, &err) != 0) {
		status = fail(command, &err);
		goto done;
	}
	options.dataset = definitions.dataset;
	for (size_t i = 0; i < command->word_count; i++) {
		options.source = definitions.sources == NULL ? NULL : source_of(&definitions, command->words[i]);
		if (inspect_file(&options, command->words[i], stdout, &err) != 0) {
			fflush(stdout);
			status = fail(command, &err);
			if (err.kind != ERR_INPUT)
				break;
		}
	}
done:
	definitions_free(&definitions);
	sandbox_stop(options.sandbox);
	if (file_remove_all(spool, &err) != 0 && status == 0)
		status = fail(command, &err);
	return status;
}
