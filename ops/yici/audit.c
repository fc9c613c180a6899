/*
 * audit.c - `yici audit DATA verify | list`: whether the logs of decisions and of disclosures are what was written, and what people
 * decided. What was delivered is shown by yici disclosures.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/record/flat_json.h"
#include "core/store/state.h"
#include "ops/yici/decision.h"
#include "ops/yici/members.h"
#include "ops/yici/release.h"

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

/* One of the two logs, as it was found. */
struct found {
	const char *name, *zh, *whole_zh, *en; /* in front of its members in JSON; as people call it, broken and whole */
	struct journal_log log;
	struct journal_fault fault;
};

static void
say_json(const struct found *found)
{
	char hex[65];

	sha256_hex(&found->log.head.digest, hex);
	printf("\"%slines\":%zu,\"%shead\":\"%s\",\"%sbroken_line\":", found->name, found->log.count, found->name,
	    found->log.count > 0 ? hex : "", found->name);
	if (found->fault.line == 0)
		printf("null,\"%swhat\":null", found->name);
	else
		printf("%" PRIu64 ",\"%swhat\":\"%s\"", found->fault.line, found->name, found->fault.what);
	printf(",\"%storn_bytes\":%zu", found->name, found->log.torn);
}

static void
say_text(const struct command *command, const struct found *found)
{
	const struct journal_log *log = &found->log;
	char hex[65];

	sha256_hex(&log->head.digest, hex);
	if (found->fault.line != 0) {
		printf("%s%s %" PRIu64 ": %s\n", say(command, found->zh, found->en),
		    say(command, "损坏，第一处在第几行", "broken at line"), found->fault.line, found->fault.what);
		return;
	}
	printf("%s%s %zu\n", say(command, found->whole_zh, found->en), say(command, "完好；条数", "whole; entries"),
	    log->count);
	if (log->count > 0)
		printf("%s %s\n",
		    say(command, "最后一条的校验值（请另行保存）", "digest of the last (keep it elsewhere)"), hex);
	if (log->torn > 0)
		printf("%s %zu\n",
		    say(command, "末尾有未写完的字节（不算数）", "bytes of an unfinished entry behind it"), log->torn);
}

/* What the run that is shown delivered is in the log: lines that are cut off at its end are found by that alone. */
static int
find_missing(struct found *disclosures, const char *data, const struct state *state, struct err *err)
{
	char shown[FILE_PATH_MAX];
	size_t missing;

	if (disclosures->fault.line != 0 || state->current[0] == '\0')
		return 0;
	if (path_format(shown, err, "%s/out/%s", data, state->current) != 0
	    || release_missing(&disclosures->log, data, state->current, &missing, err) != 0)
		return -1;
	if (missing > 0 && file_exists(shown)) {
		disclosures->fault.what = "removed: the last run delivered more than there is";
		disclosures->fault.line = disclosures->log.count + 1;
	}
	return 0;
}

/* Who was in the filled forms that the log tells of. */
static int
find_members(struct found *disclosures, const char *data, struct err *err)
{
	uint64_t line;

	if (disclosures->fault.line != 0)
		return 0;
	if (members_verify(&disclosures->log, data, &line, err) != 0)
		return -1;
	if (line != 0) {
		disclosures->fault.what = "the list of who was in it is gone or changed";
		disclosures->fault.line = line;
	}
	return 0;
}

static int
verify(struct command *command, const char *data, const struct state *state, const struct found *decisions)
{
	struct found disclosures = {
		.name = "disclosures_", .zh = "交付记录", .whole_zh = "交付记录", .en = "disclosures: "
	};
	struct journal_head known;
	struct err err = { 0 };
	bool any;
	int status = 0;

	if (journal_verify_named(&disclosures.log, data, JOURNAL_DISCLOSURES,
		state_disclosures(state, &known) ? &known : NULL, &disclosures.fault, &err)
		!= 0
	    || find_missing(&disclosures, data, state, &err) != 0 || find_members(&disclosures, data, &err) != 0)
		status = fail(command, &err);
	any = disclosures.log.count > 0 || disclosures.log.torn > 0 || disclosures.fault.line != 0;
	if (status == 0 && command->json) {
		putchar('{');
		say_json(decisions);
		if (any) {
			putchar(',');
			say_json(&disclosures);
		}
		puts("}");
	} else if (status == 0) {
		say_text(command, decisions);
		if (any)
			say_text(command, &disclosures);
	}
	if (status == 0 && (decisions->fault.line != 0 || disclosures.fault.line != 0))
		status = EX_DATAERR;
	journal_free(&disclosures.log);
	return status;
}

int
command_audit(struct command *command)
{
	struct found decisions = { .name = "", .zh = "决定记录", .whole_zh = "", .en = "" };
	struct journal_head known;
	struct state state = { .lock = -1 };
	struct err err = { 0 };
	bool is_verify = command->word_count == 2 && strcmp(command->words[1], "verify") == 0;
	int status = 0;

	if (!is_verify && (command->word_count != 2 || strcmp(command->words[1], "list") != 0))
		return misuse(command, say(command, "需要：DATA verify 或 DATA list", "wants DATA verify or DATA list"));
	if (state_open(&state, command->words[0], &err) != 0)
		return fail(command, &err);
	if (journal_verify(&decisions.log, command->words[0], state_decisions(&state, &known) ? &known : NULL,
		&decisions.fault, &err)
	    != 0)
		status = fail(command, &err);
	else if (is_verify)
		status = verify(command, command->words[0], &state, &decisions);
	else {
		list(command, &decisions.log);
		if (decisions.fault.line != 0) {
			fprintf(stderr, "yici audit: %s\n",
			    say(command, "决定记录损坏，见 audit verify", "the log is broken: audit verify"));
			status = EX_DATAERR;
		}
	}
	journal_free(&decisions.log);
	state_close(&state);
	return status;
}
