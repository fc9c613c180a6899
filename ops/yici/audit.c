/*
 * audit.c - `yici audit DATA verify | list`: whether the log of decisions is what was written, and what it holds.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/record/flat_json.h"
#include "core/store/state.h"
#include "ops/yici/decision.h"

/* The line without its chain, as people read it: number, time, who, action, then its own members. */
static void
print_entry(struct text line, struct buffer *scratch)
{
	struct flat_json json = { line, 0 };
	struct flat_member member;
	size_t nth = 0;

	while (flat_json_next(&json, &member) == 1) {
		if (text_eq(member.name, TEXT("before")) || text_eq(member.name, TEXT("sum")))
			continue;
		buffer_clear(scratch);
		if (member.kind != FLAT_STRING)
			buffer_text(scratch, member.value);
		else if (!flat_json_text(member.value, scratch))
			continue;
		for (size_t i = 0; i < scratch->len; i++) {
			if ((unsigned char)scratch->at[i] < ' ') /* no line breaks or escapes of others on a terminal */
				scratch->at[i] = ' ';
		}
		if (nth++ < 4)
			printf("%s%.*s", nth == 1 ? "" : "  ", (int)scratch->len, scratch->at);
		else
			printf("  %.*s=%.*s", (int)member.name.len, member.name.at, (int)scratch->len, scratch->at);
	}
	putchar('\n');
}

static void
list(const struct command *command, const struct journal_log *log)
{
	struct buffer scratch;

	buffer_init(&scratch, JOURNAL_LINE_MAX);
	if (command->json)
		putchar('[');
	for (size_t i = 0; i < log->count; i++) {
		if (command->json)
			printf("%s\n%.*s", i == 0 ? "" : ",", (int)log->at[i].line.len, log->at[i].line.at);
		else
			print_entry(log->at[i].line, &scratch);
	}
	if (command->json)
		puts("\n]");
	buffer_fini(&scratch);
}

static void
say_verified(const struct command *command, const struct journal_log *log, const struct journal_fault *fault)
{
	char hex[65];

	sha256_hex(&log->head.digest, hex);
	if (command->json) {
		printf("{\"lines\":%zu,\"head\":\"%s\",\"broken_line\":", log->count, log->count > 0 ? hex : "");
		if (fault->line == 0)
			printf("null,\"what\":null,\"torn_bytes\":%zu}\n", log->torn);
		else
			printf("%" PRIu64 ",\"what\":\"%s\",\"torn_bytes\":%zu}\n", fault->line, fault->what, log->torn);
		return;
	}
	if (fault->line != 0) {
		printf("%s %" PRIu64 ": %s\n", say(command, "决定记录损坏，第一处在第几行", "broken at line"),
		    fault->line, fault->what);
		return;
	}
	printf("%s %zu\n", say(command, "完好；条数", "whole; entries"), log->count);
	if (log->count > 0)
		printf("%s %s\n",
		    say(command, "最后一条的校验值（请另行保存）", "digest of the last (keep it elsewhere)"), hex);
	if (log->torn > 0)
		printf("%s %zu\n",
		    say(command, "末尾有未写完的字节（不算数）", "bytes of an unfinished entry behind it"), log->torn);
}

int
command_audit(struct command *command)
{
	struct journal_log log = { 0 };
	struct journal_fault fault = { 0 };
	struct journal_head known;
	struct state state = { .lock = -1 };
	struct err err = { 0 };
	bool verify = command->word_count == 2 && strcmp(command->words[1], "verify") == 0;
	int status = 0;

	if (!verify && (command->word_count != 2 || strcmp(command->words[1], "list") != 0))
		return misuse(command, say(command, "需要：DATA verify 或 DATA list", "wants DATA verify or DATA list"));
	if (state_open(&state, command->words[0], &err) != 0)
		return fail(command, &err);
	if (journal_verify(&log, command->words[0], state_decisions(&state, &known) ? &known : NULL, &fault, &err) != 0)
		status = fail(command, &err);
	else {
		if (verify)
			say_verified(command, &log, &fault);
		else
			list(command, &log);
		if (fault.line != 0) {
			if (!verify)
				fprintf(stderr, "yici audit: %s\n",
				    say(command, "决定记录损坏，见 audit verify", "the log is broken: audit verify"));
			status = EX_DATAERR;
		}
	}
	journal_free(&log);
	state_close(&state);
	return status;
}
