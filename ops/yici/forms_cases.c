/*
 * forms_cases.c - see forms_cases.h. Nobody is named: the lists with names are form_answers.csv and form_differences.csv of the last run.
 */
#include "ops/yici/forms_cases.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/digest.h"
#include "ops/yici/decision.h"
#include "ops/yici/forms_own.h"
#include "ops/yici/night.h"

/* What the last run left, and the student of it that the case at hand is about. */
struct open_said {
	struct own own;
	struct known_pupils known;
	struct date today;
	struct buffer held;
	struct arena arena;
};

static int
open_said(struct open_said *open, struct forms *forms, struct err *err)
{
	char path[FILE_PATH_MAX], hex[2 * SAID_ID_BYTES + 1];
	struct wanted wanted = { 0 };
	bool there;
	int result = 0;

	*open = (struct open_said){ 0 };
	arena_init(&open->arena, (size_t)64 << 20);
	buffer_init(&open->held, 1 << 20);
	if (!night_date(forms->command, &open->today))
		return err_set(
		    err, ERR_STOP, "%s", say(forms->command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	if (own_open(&open->own, forms, TEXT(""), "", open->today, err) != 0
	    || forms_students(forms, path, &there, err) != 0)
		return -1;
	for (size_t i = 0; i < open->own.list.count && result == 0; i++) {
		hex_of(open->own.list.at[i].student, SAID_ID_BYTES, hex);
		result = wanted_add(&wanted, WANTED_ID, text_from(hex), err);
	}
	if (result == 0 && there)
		result = known_pupils_load(&open->known, path, forms->definitions.dataset, &wanted, err);
	free(wanted.at);
	return result;
}

static void
close_said(struct open_said *open)
{
	own_close(&open->own);
	known_pupils_free(&open->known);
	buffer_fini(&open->held);
	arena_fini(&open->arena);
}

/* A code as people read it. */
static struct text
label(const struct forms *forms, const struct said *said, struct text value)
{
	const struct field *field = dataset_field(forms->definitions.dataset, said->field);

	return field == NULL || field->codes == NULL ? value : codes_label(field->codes, value);
}

/* What is held of what a difference is about, as people read it. */
static struct text
held_of(struct open_said *open, const struct forms *forms, const struct said *said)
{
	const struct known_pupil *pupil = known_pupil(&open->known, said->student);

	arena_reset(&open->arena);
	return pupil == NULL ? TEXT("")
			     : label(forms, said, said_held(said, forms, pupil, open->today, &open->arena, &open->held));
}

static void
say_case(struct open_said *open, const struct forms *forms, const struct said *said, size_t count, const char *between)
{
	const struct command *command = forms->command;
	bool difference = said->kind == SAID_DIFFERENCE;
	char name[SAID_CASE_MAX], hex[2 * SAID_ID_BYTES + 1];
	struct buffer out;

	said_case(said, name);
	hex_of(said->student, SAID_ID_BYTES, hex);
	buffer_init(&out, 1 << 24);
	if (!command->json) {
		buffer_format(&out, "%s  %s  %s  ", name, hex,
		    difference ? say(command, "与已有不同", "differs") : say(command, "答复不一", "conflict"));
		buffer_text(&out, said->header);
		for (size_t i = 0; i < count; i++) {
			buffer_string(&out, i == 0 ? "  " : " / ");
			buffer_text(&out, label(forms, said, said[i].value));
		}
		if (difference) {
			buffer_string(&out, say(command, "  已有：", "  held: "));
			buffer_text(&out, held_of(open, forms, said));
		}
		buffer_string(&out, "\n");
	} else {
		buffer_format(&out, "%s{\"case\":\"%s\",\"kind\":\"%s\",\"student_id\":\"%s\",\"department\":", between,
		    name, difference ? "difference" : "conflict", hex);
		buffer_json_string(&out, said->owner);
		buffer_string(&out, ",\"header\":");
		buffer_json_string(&out, said->header);
		buffer_string(&out, ",\"field\":");
		buffer_json_string(&out, said->field);
		if (difference) {
			buffer_string(&out, ",\"held\":");
			buffer_json_string(&out, held_of(open, forms, said));
		}
		buffer_string(&out, ",\"says\":[");
		for (size_t i = 0; i < count; i++) {
			buffer_string(&out, i > 0 ? ",{\"value\":" : "{\"value\":");
			buffer_json_string(&out, label(forms, said, said[i].value));
			buffer_string(&out, ",\"origin\":");
			buffer_json_string(&out, said[i].origin);
			buffer_format(&out, ",\"day\":\"%.*s\"}", (int)said[i].day.len, said[i].day.at);
		}
		buffer_string(&out, "]}");
	}
	if (!buffer_failed(&out))
		fwrite(out.at, 1, out.len, stdout);
	buffer_fini(&out);
}

/* Whether the group at ${said} waits for a person. */
static bool
is_open(const struct open_said *open, const struct said *said, size_t count)
{
	return (said->kind == SAID_DIFFERENCE || said_conflict(said, count))
	    && said_decided(&open->own.decisions, said, count) == NULL;
}

int
forms_cases(struct forms *forms)
{
	struct command *command = forms->command;
	const char *between = "";
	struct open_said open;
	struct err err = { 0 };
	size_t cases = 0;
	int status;

	if (open_said(&open, forms, &err) != 0)
		status = fail(command, &err);
	else {
		if (command->json)
			putchar('[');
		for (size_t i = 0, count; i < open.own.list.count; i += count) {
			const struct said *said = &open.own.list.at[i];

			count = said_same(&open.own.list, i);
			if (!is_open(&open, said, count))
				continue;
			say_case(&open, forms, said, count, between);
			between = ",\n";
			cases++;
		}
		if (command->json)
			puts("]");
		else if (cases == 0)
			puts(say(command, "没有待处理的差异或不一致的答复。", "Nothing waits for a decision."));
		status = cases > 0 ? EX_HELD : 0;
	}
	close_said(&open);
	return status;
}

/* The value that ${word} means in the case: one that was said, as it is kept; of a difference the one that is held. False for another. */
static bool
find_value(struct open_said *open, const struct forms *forms, const struct said *said, size_t count, struct text word,
    struct text *value)
{
	if (said->kind == SAID_DIFFERENCE) {
		*value = word;
		return text_eq(held_of(open, forms, said), word);
	}
	for (size_t i = 0; i < count; i++) {
		if (text_eq(said[i].value, word) || text_eq(label(forms, said, said[i].value), word)) {
			*value = said[i].value;
			return true;
		}
	}
	return false;
}

static int
decide(struct open_said *open, struct forms *forms, const struct said *said, size_t count)
{
	struct command *command = forms->command;
	char name[SAID_CASE_MAX], values[17], student[2 * SAID_ID_BYTES + 1];
	struct text value;

	if (!find_value(open, forms, said, count, text_from(command->words[3]), &value)) {
		fprintf(stderr, "yici %s: %s\n", command->name,
		    said->kind == SAID_DIFFERENCE ? say(command, "此处只能写已有的值，表示不改；要改请用 yici correct",
			"VALUE is what is held: it stays; to change it use yici correct")
						  : say(command, "没有人这样答复过", "nobody answered so"));
		return EX_DATAERR;
	}
	said_case(said, name);
	snprintf(values, sizeof(values), "%016llx", (unsigned long long)said_values(said, count));
	hex_of(said->student, SAID_ID_BYTES, student);
	return decision_write(command, command->words[0], SAID_ACTION,
	    (const struct journal_member[]){ { "case", text_from(name) }, { "values", text_from(values) },
		{ "value", value }, { "student", text_from(student) }, { "owner", said->owner },
		{ "header", said->header } },
	    6);
}

int
forms_decide(struct forms *forms)
{
	struct command *command = forms->command;
	struct open_said open;
	struct err err = { 0 };
	int status = -1;

	if (!decision_has_why(command))
		return EX_USAGE;
	if (!utf8_valid(command->words[3], strlen(command->words[3])))
		return misuse(command, say(command, "不是 UTF-8 文字", "this is no UTF-8"));
	if (open_said(&open, forms, &err) != 0)
		status = fail(command, &err);
	for (size_t i = 0, count; i < open.own.list.count && status < 0; i += count) {
		char name[SAID_CASE_MAX];

		count = said_same(&open.own.list, i);
		said_case(&open.own.list.at[i], name);
		if (strcmp(name, command->words[2]) == 0
		    && (open.own.list.at[i].kind == SAID_DIFFERENCE || said_conflict(&open.own.list.at[i], count)))
			status = decide(&open, forms, &open.own.list.at[i], count);
	}
	if (status < 0) {
		fprintf(stderr, "yici %s: %s\n", command->name,
		    say(command, "最近一次汇总没有这个案号", "the last run has no such case"));
		status = EX_DATAERR;
	}
	close_said(&open);
	return status;
}
