/*
 * review.c - `yici review DATA list | show CASE | decide CASE DECISION | undo N`: cases that linking leaves to people. They stand as
 * the last run left them; a decision counts from the next run on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "consumers/publish/review.h"
#include "ops/yici/answering.h"
#include "ops/yici/decision.h"
#include "ops/yici/held.h"
#include "ops/yici/verdict.h"

static void
print_texts(const struct open_case_record *record)
{
	static const enum case_text shown[] = { CASE_SCHOOL_NAME, CASE_NAME, CASE_ID_NO, CASE_STUDENT_NO,
		CASE_BIRTH_DATE };

	printf("  %.*s  %.*s", (int)record->text[CASE_RECORD].len, record->text[CASE_RECORD].at,
	    (int)record->text[CASE_SOURCE].len, record->text[CASE_SOURCE].at);
	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		printf("  %.*s", (int)record->text[shown[i]].len, record->text[shown[i]].at);
	putchar('\n');
}

static void
print_case(const struct held *held, const struct open_case *one, bool whole)
{
	const struct open_case_record *first = &one->records[0];
	struct text label = review_label(held->definitions.dataset, first->text[CASE_KIND]);

	printf("%.*s  %.*s %.*s  %s %.*s %.*s\n", (int)one->number.len, one->number.at, (int)first->text[CASE_KIND].len,
	    first->text[CASE_KIND].at, (int)label.len, label.at, say(held->command, "学校", "school"),
	    (int)first->text[CASE_ROUTE].len, first->text[CASE_ROUTE].at, (int)first->text[CASE_COUNTY].len,
	    first->text[CASE_COUNTY].at);
	for (size_t i = 0; i < one->count; i++) {
		const struct open_case_record *record = &one->records[i];

		print_texts(record);
		if (!whole)
			continue;
		printf("      student %.*s  %s %.*s  %s %.*s  %s %" PRIu64 "\n      %.*s\n",
		    (int)record->text[CASE_STUDENT].len, record->text[CASE_STUDENT].at,
		    say(held->command, "文件", "file"), (int)record->text[CASE_FILE].len, record->text[CASE_FILE].at,
		    say(held->command, "工作表", "sheet"), (int)record->text[CASE_SHEET].len,
		    record->text[CASE_SHEET].at, say(held->command, "行", "row"), record->row,
		    (int)record->text[CASE_WHY].len, record->text[CASE_WHY].at);
	}
}

static void
json_case(const struct open_case *one, struct buffer *out)
{
	buffer_string(out, "{\"case\":");
	buffer_json_string(out, one->number);
	for (int i = CASE_KIND; i <= CASE_COUNTY; i++) {
		buffer_format(out, ",\"%s\":", case_text_name((enum case_text)i));
		buffer_json_string(out, one->records[0].text[i]);
	}
	buffer_string(out, ",\"records\":[");
	for (size_t k = 0; k < one->count; k++) {
		buffer_format(out, "%s{\"row\":%" PRIu64, k == 0 ? "" : ",", one->records[k].row);
		for (int i = CASE_STUDENT; i < CASE_TEXTS; i++) {
			buffer_format(out, ",\"%s\":", case_text_name((enum case_text)i));
			buffer_json_string(out, one->records[k].text[i]);
		}
		buffer_char(out, '}');
	}
	buffer_string(out, "]}");
}

static bool
of_school(const struct open_case *one, const char *school)
{
	for (size_t i = 0; i < one->count; i++) {
		if (text_eq(one->records[i].text[CASE_SCHOOL_CODE], text_from(school)))
			return true;
	}
	return text_eq(one->records[0].text[CASE_ROUTE], text_from(school));
}

static int
list(struct held *held, const struct open_cases *cases)
{
	const char *school = held->command->school, *between = "";
	struct buffer out;

	buffer_init(&out, SIZE_MAX / 4);
	for (size_t i = 0; i < cases->count; i++) {
		if (school != NULL && !of_school(&cases->at[i], school))
			continue;
		if (!held->command->json)
			print_case(held, &cases->at[i], false);
		else {
			buffer_string(&out, between);
			json_case(&cases->at[i], &out);
			between = ",\n";
		}
	}
	if (held->command->json)
		printf("[%.*s]\n", (int)out.len, out.at != NULL ? out.at : "");
	buffer_fini(&out);
	return 0;
}

static int
refuse(const struct command *command, const char *what)
{
	fprintf(stderr, "yici %s: %s\n", command->name, what);
	return EX_DATAERR;
}

static int
show(struct held *held, const struct open_case *one)
{
	struct buffer out;

	if (!held->command->json) {
		print_case(held, one, true);
		return 0;
	}
	buffer_init(&out, SIZE_MAX / 4);
	json_case(one, &out);
	printf("%.*s\n", (int)out.len, out.at);
	buffer_fini(&out);
	return 0;
}

#define RECORDS_MAX DECISIONS_RECORDS_MAX

/* The records of the case, or those that --records names, in its order; how many, 0 when one of them is not in the case or named twice. */
static size_t
chosen_records(const struct command *command, const struct open_case *one, struct text *records, struct text *students)
{
	const char *list = command->records;
	size_t count = 0;

	for (size_t i = 0; list == NULL && i < one->count && i < RECORDS_MAX; i++, count++) {
		records[i] = one->records[i].text[CASE_RECORD];
		students[i] = one->records[i].text[CASE_STUDENT];
	}
	while (list != NULL && *list != '\0') {
		size_t len = strcspn(list, ","), k = 0;

		while (k < one->count && !text_eq(one->records[k].text[CASE_RECORD], (struct text){ list, len }))
			k++;
		for (size_t i = 0; i < count && k < one->count; i++) {
			if (text_eq(records[i], one->records[k].text[CASE_RECORD]))
				return 0;
		}
		if (k == one->count || count == RECORDS_MAX)
			return 0;
		records[count] = one->records[k].text[CASE_RECORD];
		students[count++] = one->records[k].text[CASE_STUDENT];
		list += len + (list[len] == ',');
	}
	return count;
}

static int
decide(struct held *held, const struct open_case *one, const char *word)
{
	static const enum choice of_kind[DECISIONS_WORDS] = { CHOICE_SAME, CHOICE_DIFFERENT, CHOICE_TWINS,
		CHOICE_OLD_NUMBER, CHOICE_WRONG_ROW };
	struct command *command = held->command;
	struct text records[RECORDS_MAX], students[RECORDS_MAX];
	enum choice choices[RECORDS_MAX];
	enum decided_kind kind;
	struct verdict verdict;
	const char *refused;
	struct buffer content;
	struct err err = { 0 };
	size_t count;
	int got, status;

	if (!decisions_kind(text_from(word), &kind))
		return misuse(command,
		    say(command, "决定只能是 same different twins renumbered wrong_row",
			"a decision is same, different, twins, renumbered or wrong_row"));
	if ((kind == DECIDED_RENUMBERED || kind == DECIDED_WRONG_ROW) && command->records == NULL)
		return misuse(command,
		    kind == DECIDED_RENUMBERED
			? say(command, "请用 --records 旧号记录,新号记录 说明", "wants --records OLD,NEW")
			: say(command, "请用 --records 说明哪些记录有误", "wants the wrong rows with --records"));
	count = chosen_records(command, one, records, students);
	if (count == 0)
		return refuse(command,
		    say(command, "--records 中有不属于此案的记录，或重复的记录",
			"--records names a record that is not in the case, or one twice"));
	for (size_t i = 0; i < count; i++)
		choices[i] = kind == DECIDED_RENUMBERED && i > 0 ? CHOICE_NEW_NUMBER : of_kind[kind];
	/* who names records speaks of each of them, whosever they are now */
	got = verdict_make(&verdict, records, command->records != NULL ? records : students, choices, count,
	    command->chinese, &held->arena, &refused, &err);
	if (got == 0)
		return refuse(command, refused);
	buffer_init(&content, JOURNAL_LINE_MAX);
	if (got < 0 || verdict_content(&verdict.at[0], &held->store, &content, &err) != 0)
		status = fail(command, &err);
	else
		status = decision_write(command, command->words[0], "decide",
		    (struct journal_member[]){ { "case", one->number }, { "decision", text_from(word) },
			{ "records", text_from(verdict.at[0].records) }, { "content", buffer_as_text(&content) } },
		    4);
	buffer_fini(&content);
	return status;
}

int
command_review(struct command *command)
{
	const char *verb = command->word_count > 1 ? command->words[1] : "";
	bool listing = strcmp(verb, "list") == 0 && command->word_count == 2;
	bool showing = strcmp(verb, "show") == 0 && command->word_count == 3;
	bool deciding = strcmp(verb, "decide") == 0 && command->word_count == 4;
	struct open_cases cases = { 0 };
	const struct open_case *one = NULL;
	struct held *held;
	struct err err = { 0 };
	int status;

	if (strcmp(verb, "undo") == 0 && command->word_count == 3)
		return decision_has_why(command) ? decision_undo(command, command->words[0], command->words[2],
			   (const char *const[]){ "decide", ANSWERING_ACTION, NULL })
						 : EX_USAGE;
	if (!listing && !showing && !deciding)
		return misuse(command,
		    say(command, "需要：DATA list、show CASE、decide CASE DECISION 或 undo N",
			"wants DATA list, show CASE, decide CASE DECISION or undo N"));
	if (deciding && !decision_has_why(command))
		return EX_USAGE;
	held = held_open(command, command->words[0], &err);
	if (held == NULL || open_cases_load(&cases, &held->state, &err) != 0)
		status = fail(command, &err);
	else if (!listing && (one = open_cases_find(&cases, text_from(command->words[2]))) == NULL)
		status = refuse(command, say(command, "最近一次汇总没有这个案号", "the last run has no such case"));
	else
		status = listing ? list(held, &cases)
		    : showing    ? show(held, one)
				 : decide(held, one, command->words[3]);
	open_cases_free(&cases);
	held_close(held);
	return status;
}
