/*
 * purge.c - `yici purge DATA STUDENT | list | resume | lift N`: a person of whom nothing is to be kept.
 *
 *   1. who he is goes into DATA/state/purging, then the order into the log of decisions: from here on his rows are set aside
 *   2. entries of the log that speak of him are taken out of it (core/store/journal.h)
 *   3. the current generation is made anew without him (purge_state.h)
 *   4. a night without files: outputs without him, and on a bus tombstones
 *   5. what is older goes: generations, outputs, rows in the archive and in quarantine (purge_raw.h), what a local bus holds
 *   6. the log says what became of it, and DATA/state/purging goes
 *
 * A purge that was killed anywhere is finished by the next `yici purge`, of whomever: each step looks whether it was done.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/program/log.h"
#include "core/record/day.h"
#include "core/record/flat_json.h"
#include "ops/yici/consolidate.h"
#include "ops/yici/decision.h"
#include "ops/yici/members.h"
#include "ops/yici/night.h"
#include "ops/yici/on_bus.h"
#include "ops/yici/purge_find.h"
#include "ops/yici/purge_night.h"
#include "ops/yici/purge_raw.h"
#include "ops/yici/purge_state.h"
#include "ops/yici/signals.h"
#include "ops/yici/spool.h"

#define NUMBER_MAX 24

struct purge {
	struct command *command;
	const char *data;
	struct date date;
	struct sandbox *sandbox;
	struct consolidator consolidator; /* with a bus */
	bool bus;
	struct purge_person person;
	struct strip_counts stripped;
	struct purge_removed removed;
	struct purge_counts raw;
	struct buffer left; /* files that somebody must look after */
	uint64_t entries, messages;
	uint8_t (*others)[RECORD_ID_BYTES]; /* students who may be he, too */
	size_t other_count;
};

/* ---- the log ---- */

static bool
is_action(struct text line, const char *action, struct buffer *word)
{
	return flat_json_string(line, TEXT("action"), word) && text_eq(buffer_as_text(word), text_from(action));
}

/* The number that the member says; 0 when none. */
static uint64_t
number_of(struct text line, struct text member, struct buffer *word)
{
	uint64_t number = 0;

	return flat_json_string(line, member, word) && text_to_u64(buffer_as_text(word), &number) ? number : 0;
}

/* The last order of which the log does not say what became; 0 for none. */
static int
find_pending(const char *data, uint64_t *pending, struct err *err)
{
	struct journal_log log = { 0 };
	struct buffer word;
	int result;

	*pending = 0;
	buffer_init(&word, JOURNAL_LINE_MAX);
	result = buffer_room(&word, JOURNAL_LINE_MAX) == NULL ? err_set(err, ERR_RETRY, "out of memory for a log")
							      : journal_load(&log, data, err);
	for (size_t i = 0; result == 0 && i < log.count; i++) {
		if (is_action(log.at[i].line, JOURNAL_PURGE, &word))
			*pending = log.at[i].number;
		else if (is_action(log.at[i].line, JOURNAL_PURGE_DONE, &word)
		    && number_of(log.at[i].line, TEXT("of"), &word) == *pending)
			*pending = 0;
	}
	buffer_fini(&word);
	journal_free(&log);
	return result;
}

/* Entries that the order names. */
static int
take_out(struct purge *purge, struct err *err)
{
	struct journal_log log = { 0 };
	uint64_t *numbers = NULL;
	struct buffer word;
	struct text rest;
	int result = -1;

	buffer_init(&word, JOURNAL_LINE_MAX);
	if (buffer_room(&word, JOURNAL_LINE_MAX) == NULL)
		err_set(err, ERR_RETRY, "out of memory for a log");
	else if (journal_load(&log, purge->data, err) == 0 && purge->person.order <= log.count) {
		if (!flat_json_string(log.at[purge->person.order - 1].line, TEXT("entries"), &word))
			buffer_clear(&word);
		numbers = calloc(word.len + 1, sizeof(*numbers));
		if (numbers == NULL)
			err_set(err, ERR_RETRY, "out of memory for a log");
		else {
			for (rest = buffer_as_text(&word); rest.len > 0;) {
				const char *space = memchr(rest.at, ' ', rest.len);
				size_t len = space != NULL ? (size_t)(space - rest.at) : rest.len;

				purge->entries += text_to_u64((struct text){ rest.at, len }, &numbers[purge->entries]);
				rest.at += len + (space != NULL);
				rest.len -= len + (space != NULL);
			}
			result = journal_redact(purge->data, numbers, purge->entries, purge->person.order, err);
		}
	}
	free(numbers);
	buffer_fini(&word);
	journal_free(&log);
	return result;
}

/* ---- the steps ---- */

/* The reason is kept for ever. */
static int
check_reason(const struct purge *purge, struct err *err)
{
	struct buffer scratch;
	bool names_him;

	buffer_init(&scratch, (size_t)1 << 20);
	names_him = purge_person_text(&purge->person, text_from(purge->command->why), &scratch);
	buffer_fini(&scratch);
	return names_him ? err_set(err, ERR_INPUT, "%s",
		   say(purge->command, "理由会一直保留，请不要写姓名或号码",
		       "the reason is kept: say it without name or number"))
			 : 0;
}

/* Look the student up, and give the order. */
static int
order(struct purge *purge, struct text words, struct err *err)
{
	struct command *command = purge->command;
	uint8_t secret[PURGE_SECRET_BYTES];
	struct purge_found found = { 0 };
	struct held *held = held_open(command, purge->data, err);
	uint64_t number;
	int result = -1;

	if (held == NULL)
		return -1;
	if (purge_secret(purge->data, secret, true, err) != 0
	    || purge_find(held, words, secret, &purge->person, &found, err) != 0 || check_reason(purge, err) != 0
	    || purge_person_save(&purge->person, purge->data, err) != 0)
		goto done;
	if (journal_append(purge->data, decision_who(command), JOURNAL_PURGE,
		(struct journal_member[]){ { "marks", buffer_as_text(&found.marks) },
		    { "entries", buffer_as_text(&found.entries) }, { "why", text_from(command->why) } },
		3, &number, err)
	    != 0)
		goto done;
	purge->person.order = number;
	purge->others = found.others;
	purge->other_count = found.other_count;
	found.others = NULL;
	result = purge_person_save(&purge->person, purge->data, err);
	log_line(LOG_INFO, "purge ordered decision=%llu", (unsigned long long)number);
done:
	purge_found_free(&found);
	held_close(held);
	return result;
}

static int
strip(struct purge *purge, struct err *err)
{
	struct state state = { .lock = -1 };
	char day[16];
	bool has;
	int result = -1;

	snprintf(day, sizeof(day), "%04d%02d%02d", purge->date.year, purge->date.month, purge->date.day);
	if (state_open(&state, purge->data, err) == 0 && state_lock(&state, err) == 0
	    && purge_state_has(&state, &purge->person, &has, err) == 0) {
		result = 0;
		if (has)
			result = purge_state_strip(&state, &purge->person, day, &purge->stripped, err);
	}
	state_close(&state);
	return result;
}

/* A night, unless there was one since the state was stripped. */
static int
publish(struct purge *purge, struct err *err)
{
	struct state state = { .lock = -1 };
	char out[FILE_PATH_MAX];

	if (state_open(&state, purge->data, err) != 0)
		return -1;
	state_close(&state);
	if (state.current[0] == '\0' || path_format(out, err, "%s/out/%s", purge->data, state.current) != 0)
		return state.current[0] == '\0' ? 0 : -1;
	if (file_exists(out))
		return 0;
	return purge->bus ? consolidator_purge(&purge->consolidator, purge->date, &purge->person, err)
			  : purge_night(purge->command, purge->data, purge->date, err);
}

static int
clean_files(struct purge *purge, const struct state *state, struct err *err)
{
	static const char *const folders[] = { "archive", "quarantine" };
	char folder[FILE_PATH_MAX], scratch[FILE_PATH_MAX];
	struct taken_files taken;
	struct reader_limits limits;
	struct purge_raw raw = { .person = &purge->person,
		.sandbox = purge->sandbox,
		.limits = &limits,
		.scratch = scratch,
		.wait_ms = (int)(purge->command->settings.wait_s * 1000),
		.counts = &purge->raw,
		.left = &purge->left };
	int result = -1;

	settings_limits(&purge->command->settings, &limits);
	if (path_format(scratch, err, "%s/state/work", purge->data) != 0 || taken_load(&taken, state, err) != 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		if (path_format(folder, err, "%s/%s", purge->data, folders[i]) != 0
		    || purge_raw_below(&raw, folder, err) != 0)
			goto done;
	}
	/* answers to workbooks of decisions hold the rows of these */
	if (path_format(folder, err, "%s/out/%s/returned", purge->data, state->current) == 0
	    && purge_raw_remove(&raw, folder, err) == 0
	    && purge_raw_inbox(&raw, purge->data, state->current, &taken, err) == 0)
		result = file_remove_all(scratch, err);
done:
	taken_free(&taken);
	return result;
}

static int
clean(struct purge *purge, struct err *err)
{
	struct strip strip = purge_person_strip(&purge->person);
	struct state state = { .lock = -1 };
	int result = -1;

	if (state_open(&state, purge->data, err) == 0 && state_lock(&state, err) == 0
	    && purge_state_older(&state, &purge->removed, err) == 0 && clean_files(purge, &state, err) == 0
	    && members_purge(purge->data, decision_who(purge->command), &strip.students, err) == 0
	    && purge_state_strange(&state, &purge->person, &purge->raw.unread, &purge->left, err) == 0
	    && (!purge->bus || spool_empty(purge->data, purge->command->settings.wait_s, err) == 0))
		result = purge->bus ? purge_bus(&purge->consolidator, &state, &purge->person, &purge->messages, err) : 0;
	state_close(&state);
	return result;
}

/* What became of it: counts, and nothing else. */
static int
tell(struct purge *purge, struct err *err)
{
	const struct {
		const char *name;
		uint64_t value;
	} counts[] = { { "of", purge->person.order }, { "records", purge->person.record_count },
		{ "entries", purge->entries }, { "runs", purge->removed.runs },
		{ "generations", purge->removed.generations }, { "files", purge->raw.changed },
		{ "rows", purge->raw.rows }, { "removed_files", purge->raw.removed },
		{ "renamed_files", purge->raw.renamed }, { "unread_files", purge->raw.unread },
		{ "waiting_files", purge->raw.waiting }, { "messages", purge->messages } };
	struct journal_member members[ARRAY_LEN(counts) + 1];
	char numbers[ARRAY_LEN(counts)][NUMBER_MAX];
	struct state state = { .lock = -1 };
	size_t count = 0;

	if (state_open(&state, purge->data, err) != 0)
		return -1;
	state_close(&state);
	members[count++] = (struct journal_member){ "run", text_from(state.current) };
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		snprintf(numbers[i], NUMBER_MAX, "%" PRIu64, counts[i].value);
		members[count++] = (struct journal_member){ counts[i].name, text_from(numbers[i]) };
	}
	return journal_append(purge->data, decision_who(purge->command), JOURNAL_PURGE_DONE, members, count, NULL, err)
		!= 0
	    ? -1
	    : purge_person_forget(purge->data, err);
}

static int
carry_out(struct purge *purge, struct err *err)
{
	if (take_out(purge, err) != 0 || strip(purge, err) != 0 || publish(purge, err) != 0 || clean(purge, err) != 0
	    || tell(purge, err) != 0)
		return -1;
	log_line(LOG_INFO, "purge done decision=%llu rows=%llu files=%llu", (unsigned long long)purge->person.order,
	    (unsigned long long)purge->raw.rows, (unsigned long long)purge->raw.changed);
	return 0;
}

/* A purge that was killed: 1 when it is to be carried out, 0 when there is none, -1. */
static int
find_begun(struct purge *purge, struct err *err)
{
	uint64_t pending;
	int got;

	if (find_pending(purge->data, &pending, err) != 0
	    || (got = purge_person_load(&purge->person, purge->data, err)) < 0)
		return -1;
	if (got == 0)
		return pending == 0 ? 0
				    : err_set(err, ERR_STOP,
					"decision %llu orders a purge that was not finished, and state/purging is gone",
					(unsigned long long)pending);
	if (pending == 0) { /* killed before the order, or behind the end */
		purge_person_free(&purge->person);
		purge_person_init(&purge->person);
		return purge_person_forget(purge->data, err);
	}
	purge->person.order = pending;
	return 1;
}

/* ---- saying it ---- */

static void
say_json(const struct purge *purge)
{
	struct buffer json;

	printf("{\"decision\":%" PRIu64 ",\"records\":%zu,\"entries\":%" PRIu64 ",\"runs\":%" PRIu64
	       ",\"files\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"removed_files\":%" PRIu64 ",\"renamed_files\":%" PRIu64
	       ",\"unread_files\":%" PRIu64 ",\"waiting_files\":%" PRIu64 ",\"messages\":%" PRIu64 ",\"others\":[",
	    purge->person.order, purge->person.record_count, purge->entries, purge->removed.runs, purge->raw.changed,
	    purge->raw.rows, purge->raw.removed, purge->raw.renamed, purge->raw.unread, purge->raw.waiting,
	    purge->messages);
	for (size_t i = 0; i < purge->other_count; i++) {
		char hex[2 * RECORD_ID_BYTES + 1];

		hex_of(purge->others[i], RECORD_ID_BYTES, hex);
		printf("%s\"%s\"", i > 0 ? "," : "", hex);
	}
	printf("],\"left\":[");
	buffer_init(&json, (size_t)128 << 20);
	for (struct text rest = buffer_as_text(&purge->left); rest.len > 0;) {
		const char *end = memchr(rest.at, '\n', rest.len);
		size_t len = end != NULL ? (size_t)(end - rest.at) : rest.len;

		if (json.len > 0)
			buffer_char(&json, ',');
		buffer_json_string(&json, (struct text){ rest.at, len });
		rest.at += len + (end != NULL);
		rest.len -= len + (end != NULL);
	}
	printf("%.*s", (int)json.len, json.len > 0 ? json.at : "");
	buffer_fini(&json);
	puts("]}");
}

static void
say_text(const struct purge *purge)
{
	const struct command *command = purge->command;
	const struct {
		const char *zh, *en;
		uint64_t value;
	} said[] = {
		{ "清除的记录", "records taken out of the state", purge->person.record_count },
		{ "清空内容的决定", "decisions whose content was taken out", purge->entries },
		{ "删除的旧输出", "outputs of older runs removed", purge->removed.runs },
		{ "去掉此人各行的原始文件", "files as sent that hold the person's rows no more", purge->raw.changed },
		{ "去掉的行", "rows taken out of them", purge->raw.rows },
		{ "整个删除的文件", "files removed as a whole", purge->raw.removed },
	};

	printf("%s %" PRIu64 "\n", say(command, "已清除，决定号", "Purged; decision"), purge->person.order);
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		if (said[i].value > 0)
			printf("  %s: %" PRIu64 "\n", say(command, said[i].zh, said[i].en), said[i].value);
	}
	if (purge->raw.unread > 0)
		printf("  %s: %" PRIu64 "\n",
		    say(command, "无法查看、须人工检查的文件（archive、quarantine）",
			"files in archive and quarantine that cannot be looked into: somebody must"),
		    purge->raw.unread);
	if (purge->raw.waiting > 0)
		printf("  %s: %" PRIu64 "\n",
		    say(command, "收件文件夹中尚未处理、含此人的文件（处理时不采用此人的行；请通知报送单位）",
			"files of the inbox, not taken yet, that hold the person: his rows will be set aside, but tell "
			"the sender"),
		    purge->raw.waiting);
	for (struct text rest = buffer_as_text(&purge->left); rest.len > 0;) {
		const char *end = memchr(rest.at, '\n', rest.len);
		size_t len = end != NULL ? (size_t)(end - rest.at) + 1 : rest.len;

		printf("    %.*s", (int)len, rest.at);
		rest.at += len;
		rest.len -= len;
	}
	for (size_t i = 0; i < purge->other_count; i++) {
		char hex[2 * RECORD_ID_BYTES + 1];

		hex_of(purge->others[i], RECORD_ID_BYTES, hex);
		printf("  %s: %s\n",
		    say(command, "另有学生使用同一号码，请核对是否同一人",
			"another student has the same number: the same person?"),
		    hex);
	}
}

/* 0, or EX_HELD when there is something for a person. */
static int
say_done(const struct purge *purge)
{
	if (purge->command->json)
		say_json(purge);
	else
		say_text(purge);
	return purge->raw.unread > 0 || purge->raw.waiting > 0 || purge->other_count > 0 ? EX_HELD : 0;
}

/* ---- the command ---- */

/* The sandbox is forked before there are threads; who consolidates is settled before anything is touched. */
static int
open_purge(struct purge *purge, struct err *err)
{
	struct command *command = purge->command;

	purge->bus = bus_configured(&command->settings.bus);
	if (sandbox_start(&purge->sandbox, err) != 0)
		return -1;
	if (!purge->bus)
		return purge_settle(command, purge->data, purge->date, err);
	signals_catch();
	return consolidator_open(&purge->consolidator, command, purge->data, false, err) != 0
	    ? -1
	    : consolidator_settle(&purge->consolidator, purge->date, err);
}

static void
close_purge(struct purge *purge)
{
	if (purge->bus)
		consolidator_close(&purge->consolidator);
	sandbox_stop(purge->sandbox);
	purge_person_free(&purge->person);
	buffer_fini(&purge->left);
	free(purge->others);
}

/* Was the student among those of the purge that has just been finished? */
static bool
was_he(const struct purge *purge, struct text words)
{
	struct strip strip = purge_person_strip(&purge->person);
	uint8_t id[RECORD_ID_BYTES];

	return hex_parse(words, id, sizeof(id)) && (strip_has(&strip.students, id) || strip_has(&strip.records, id));
}

/* ${words}: the student; NULL: only finish what was begun. */
static int
run(struct command *command, const char *data, const char *words)
{
	struct purge purge = { .command = command, .data = data, .consolidator = { .lock = -1 } };
	struct err err = { 0 };
	int got, status = 0;

	if (!night_date(command, &purge.date))
		return misuse(command, say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	purge_person_init(&purge.person);
	buffer_init(&purge.left, (size_t)64 << 20);
	got = open_purge(&purge, &err) == 0 ? find_begun(&purge, &err) : -1;
	if (got == 1 && (got = carry_out(&purge, &err)) == 0) {
		status = words == NULL || was_he(&purge, text_from(words)) ? say_done(&purge) : 0;
		if (words == NULL || was_he(&purge, text_from(words)))
			goto done;
		purge_person_free(&purge.person);
		purge_person_init(&purge.person);
		purge.stripped = (struct strip_counts){ 0 };
		purge.removed = (struct purge_removed){ 0 };
		purge.raw = (struct purge_counts){ 0 };
		buffer_clear(&purge.left);
		purge.entries = purge.messages = 0;
	} else if (got == 0 && words == NULL) {
		printf("%s\n", say(command, "没有未完成的清除。", "There is no purge that was begun and not finished."));
		goto done;
	}
	if (got == 0 && order(&purge, text_from(words), &err) == 0 && carry_out(&purge, &err) == 0)
		status = say_done(&purge);
	else
		status = fail(command, &err);
done:
	close_purge(&purge);
	return status;
}

/* What was ordered, and what became of it. */
static int
list(struct command *command, const char *data)
{
	struct journal_log log = { 0 };
	struct err err = { 0 };
	struct buffer word;
	bool *active = NULL, first = true;
	int status = 0;

	buffer_init(&word, JOURNAL_LINE_MAX);
	if (journal_load(&log, data, &err) != 0 || decisions_active(&log, &active, &err) != 0)
		status = fail(command, &err);
	if (status == 0 && command->json)
		putchar('[');
	for (size_t i = 0; status == 0 && i < log.count; i++) {
		struct text line = log.at[i].line;
		bool done = is_action(line, JOURNAL_PURGE_DONE, &word);

		if (!done && !is_action(line, JOURNAL_PURGE, &word))
			continue;
		if (command->json) {
			printf("%s\n%.*s", first ? "" : ",", (int)line.len, line.at);
			first = false;
			continue;
		}
		printf("%" PRIu64, log.at[i].number);
		if (flat_json_string(line, TEXT("time"), &word))
			printf("  %.*s", (int)word.len, word.at);
		if (flat_json_string(line, TEXT("who"), &word))
			printf("  %.*s", (int)word.len, word.at);
		if (done)
			printf("  %s %" PRIu64 "\n", say(command, "已完成，决定号", "done: decision"),
			    number_of(line, TEXT("of"), &word));
		else
			printf("  %s  %.*s\n",
			    active[i] ? say(command, "生效", "in force") : say(command, "已撤回", "lifted"),
			    flat_json_string(line, TEXT("why"), &word) ? (int)word.len : 0, word.at);
	}
	if (status == 0 && command->json)
		puts("\n]");
	free(active);
	buffer_fini(&word);
	journal_free(&log);
	return status;
}

int
command_purge(struct command *command)
{
	const char *verb = command->word_count > 1 ? command->words[1] : "";

	if (command->word_count == 2 && strcmp(verb, "list") == 0)
		return list(command, command->words[0]);
	if (command->word_count == 2 && strcmp(verb, "resume") == 0)
		return run(command, command->words[0], NULL);
	if (command->word_count == 3 && strcmp(verb, "lift") == 0)
		return decision_has_why(command) ? decision_undo(
			   command, command->words[0], command->words[2], (const char *const[]){ JOURNAL_PURGE, NULL })
						 : EX_USAGE;
	if (command->word_count != 2)
		return misuse(command,
		    say(command, "需要：DATA STUDENT、DATA list、DATA resume 或 DATA lift N",
			"wants DATA STUDENT, DATA list, DATA resume or DATA lift N"));
	return decision_has_why(command) ? run(command, command->words[0], verb) : EX_USAGE;
}
