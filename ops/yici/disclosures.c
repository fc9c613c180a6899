/*
 * disclosures.c - `yici disclosures DATA STUDENT | DATA --grant G | DATA`: who received what of a child and when, or what was delivered by
 * a grant, or all of it. Out of the log of disclosures and the list of recipients; what the log says of a delivery is shown as it stands there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/record/flat_json.h"
#include "ops/yici/held.h"
#include "ops/yici/members.h"
#include "ops/yici/purge_orders.h"
#include "ops/yici/recipients.h"
#include "ops/yici/release_topics.h"

/* What is asked for, and which lines of the log answer it. */
struct asking {
	const struct command *command;
	struct journal_log log;
	bool *wanted; /* by line of the log */
	struct buffer word;
};

/* Lines of ${grant} whose ${counted}, "delivery" or "night" of its topic, is from ${first} to ${last}. */
static void
want(struct asking *asking, struct text grant, const char *counted, uint64_t first, uint64_t last)
{
	for (size_t i = 0; i < asking->log.count; i++) {
		struct text line = asking->log.at[i].line;
		uint64_t number;

		if (flat_json_string(line, TEXT("grant"), &asking->word) && text_eq(buffer_as_text(&asking->word), grant)
		    && flat_json_string(line, text_from(counted), &asking->word)
		    && text_to_u64(buffer_as_text(&asking->word), &number) && number >= first && number <= last)
			asking->wanted[i] = true;
	}
}

static int
on_series(void *self, const struct recipients_series *series, struct err *err)
{
	struct text grant;

	(void)err;
	if (release_topics_grant(series->grant, &grant))
		want(self, grant, "night", series->first, series->last);
	else
		want(self, series->grant, "delivery", series->first, series->last);
	return 0;
}

/* Where the retired id ${from} ended is ${student}. */
static bool
ended_in(const struct held *held, const uint8_t *from, const uint8_t *student, struct err *err)
{
	uint8_t at[STUDENT_ID_BYTES], next[STUDENT_ID_BYTES];

	memcpy(at, from, sizeof(at));
	while (store_retired(&held->store, at, next, err) == 1)
		memcpy(at, next, sizeof(at));
	return memcmp(at, student, sizeof(at)) == 0;
}

/* Filled forms that ${student} was in. */
static int
want_forms(struct asking *asking, const char *data, const uint8_t *student, struct err *err)
{
	for (size_t i = 0; i < asking->log.count; i++) {
		bool have = false;

		if (!flat_json_string(asking->log.at[i].line, TEXT(MEMBERS_NAME), &asking->word)) {
			if (buffer_failed(&asking->word)) /* who was told less than there is would not know */
				return err_set(err, ERR_RETRY, "out of memory for the log of disclosures");
			continue;
		}
		if (members_have(&asking->log, data, buffer_as_text(&asking->word), student, &have, err) != 0)
			return -1;
		asking->wanted[i] = asking->wanted[i] || have;
	}
	return 0;
}

/* Everything under the id that the student has now, and under those that went into it. */
static int
ask_student(struct asking *asking, struct command *command, const char *data, struct text words, struct err *err)
{
	struct held *held = held_open(command, data, err);
	uint8_t student[STUDENT_ID_BYTES];
	char path[FILE_PATH_MAX];
	int result = -1;

	if (held == NULL)
		return -1;
	if (held_find(held, words, NULL, err) == 0)
		memcpy(student, held->student, sizeof(student));
	else if (err->kind != ERR_INPUT || !hex_parse(words, student, sizeof(student)))
		goto done;
	/* of an id without records there may still have been deliveries */
	if (state_path(&held->state, path, RECIPIENTS_FILE, err) != 0
	    || recipients_of(path, student, on_series, asking, err) != 0 || want_forms(asking, data, student, err) != 0)
		goto done;
	for (size_t i = 0; i < held->store.ledger_count; i++) {
		const struct retired *retired = &held->store.ledger[i];

		if (ended_in(held, retired->student, student, err)
		    && (recipients_of(path, retired->student, on_series, asking, err) != 0
			|| want_forms(asking, data, retired->student, err) != 0))
			goto done;
	}
	result = 0;
done:
	held_close(held);
	return result;
}

static struct text
member(struct asking *asking, struct text line, struct text name)
{
	return flat_json_string(line, name, &asking->word) ? buffer_as_text(&asking->word) : TEXT("");
}

static void
print_word(struct asking *asking, struct text line, struct text name, const char *before)
{
	struct text word = member(asking, line, name);

	printf("%s", before);
	for (size_t i = 0; i < word.len; i++) /* no line breaks or escapes of others on a terminal */
		putchar((unsigned char)word.at[i] < ' ' ? ' ' : word.at[i]);
}

static void
print_text(struct asking *asking, struct text line)
{
	const struct command *command = asking->command;

	print_word(asking, line, TEXT("time"), "");
	print_word(asking, line, TEXT("who"), "  ");
	print_word(asking, line, TEXT("grant"), "  ");
	print_word(asking, line, release_topics_line(line) ? TEXT("night") : TEXT("delivery"),
	    release_topics_line(line) ? say(command, "  主题第 ", "  topic night ") : "-");
	print_word(asking, line, TEXT("run"), "  ");
	putchar('\n');
	print_word(asking, line, TEXT("document"), say(command, "    批准文号 ", "    document "));
	print_word(asking, line, TEXT("purpose"), say(command, "；用途 ", "; for "));
	print_word(asking, line, TEXT("destroy_by"), say(command, "；销毁期限 ", "; destroy by "));
	putchar('\n');
	if (member(asking, line, TEXT("form")).len > 0) {
		print_word(asking, line, TEXT("form"), say(command, "    填入表 ", "    filled form "));
		putchar('\n');
	}
	if (member(asking, line, TEXT("topic")).len > 0) {
		print_word(asking, line, TEXT("topic"), say(command, "    主题 ", "    topic "));
		print_word(asking, line, TEXT("gone"), say(command, "；移出学生 ", "; students taken off "));
		if (member(asking, line, TEXT("why")).len > 0)
			print_word(asking, line, TEXT("why"), say(command, "；原因 ", "; why "));
		putchar('\n');
	}
	print_word(asking, line, TEXT("columns"), say(command, "    所给列 ", "    columns "));
	print_word(asking, line, TEXT("rows"), say(command, "；学生数 ", "; students "));
	putchar('\n');
}

static void
print(struct asking *asking)
{
	const struct command *command = asking->command;
	size_t count = 0;

	if (command->json)
		putchar('[');
	for (size_t i = 0; i < asking->log.count; i++) {
		struct text line = asking->log.at[i].line;

		if (!asking->wanted[i])
			continue;
		if (command->json)
			printf("%s\n%.*s", count == 0 ? "" : ",", (int)line.len, line.at);
		else
			print_text(asking, line);
		count++;
	}
	if (command->json)
		puts("\n]");
	else if (count > 0)
		return;
	else if (command->word_count == 2 && purge_ordered(command->words[0]))
		puts(say(command, "没有交付过；已按令清除的人，交付给谁的名单也已清除。",
		    "Nothing was delivered; of people who were purged, lists of deliveries are gone, too."));
	else
		puts(say(command, "没有交付过。", "Nothing was delivered."));
}

int
command_disclosures(struct command *command)
{
	struct asking asking = { .command = command };
	struct journal_fault fault;
	struct state state = { .lock = -1 };
	struct err err = { 0 };
	const char *data;
	int status = 0;

	if (command->word_count < 1 || command->word_count > 2 || (command->word_count == 2 && command->grant != NULL))
		return misuse(command,
		    say(command, "需要：DATA STUDENT 或 DATA --grant 授权", "wants DATA STUDENT or DATA --grant G"));
	data = command->words[0];
	buffer_init(&asking.word, JOURNAL_LINE_MAX);
	if (buffer_room(&asking.word, JOURNAL_LINE_MAX) == NULL && err_set(&err, ERR_RETRY, "out of memory") != 0)
		status = fail(command, &err);
	else if (state_open(&state, data, &err) != 0
	    || journal_verify_named(&asking.log, data, JOURNAL_DISCLOSURES, NULL, &fault, &err) != 0)
		status = fail(command, &err);
	else if ((asking.wanted = calloc(asking.log.count + 1, sizeof(*asking.wanted))) == NULL) {
		err_set(&err, ERR_RETRY, "out of memory");
		status = fail(command, &err);
	} else {
		if (command->word_count == 2) {
			if (ask_student(&asking, command, data, text_from(command->words[1]), &err) != 0)
				status = fail(command, &err);
		} else if (command->grant != NULL) {
			want(&asking, text_from(command->grant), "delivery", 0, UINT64_MAX);
			want(&asking, text_from(command->grant), "night", 0, UINT64_MAX);
		} else
			memset(asking.wanted, true, asking.log.count);
		if (status == 0)
			print(&asking);
		if (status == 0 && fault.line != 0) {
			fprintf(stderr, "yici disclosures: %s\n",
			    say(command, "交付记录损坏，见 audit verify", "the log is broken: audit verify"));
			status = EX_DATAERR;
		}
	}
	free(asking.wanted);
	journal_free(&asking.log);
	buffer_fini(&asking.word);
	state_close(&state);
	return status;
}
