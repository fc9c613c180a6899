/*
 * forms.c - `yici forms DATA check FORM | register FORM --department D --due DAY | list | fill FORM … | burden`: departments' own forms,
 * what they ask of what is held already, the calendar of collections, filling them in, and what all of that comes to.
 */
#include "ops/yici/forms.h"
#include "ops/yici/forms_cases.h"
#include "ops/yici/forms_diff.h"
#include "ops/yici/forms_fill.h"
#include "ops/yici/forms_own.h"

#include <stdio.h>

#include "core/record/day.h"
#include "ops/yici/decision.h"
#include "ops/yici/night.h"

static const char *const verbs[] = { "check", "register", "list", "fill", "burden", "cases", "decide", "undo", "diff" };

int
forms_last_run(const struct command *command, const char *data, char day[11], char run[RUN_ID_MAX], struct err *err)
{
	struct state state;
	bool dated;

	if (state_open(&state, data, err) != 0)
		return -1;
	dated = state_date(&state, day);
	if (run != NULL)
		snprintf(run, RUN_ID_MAX, "%s", state.current);
	state_close(&state);
	return dated ? 0 : err_set(err, ERR_INPUT, "%s", say(command, "还没有汇总过数据", "there was no run yet"));
}

struct text
forms_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct text name = text_from(slash == NULL ? path : slash + 1);
	const char *dot = memrchr(name.at, '.', name.len);

	if (dot != NULL && dot > name.at)
		name.len = (size_t)(dot - name.at);
	return name;
}

/* What the department was told itself counts, too. ${own} is what it was told, for own_close(). */
static int
judge_own(struct own *own, struct forms *forms, const struct form_file *file, struct text name, struct asked *asked,
    struct err *err)
{
	char hex[65];
	struct date today;

	if (!night_date(forms->command, &today))
		return err_set(
		    err, ERR_STOP, "%s", say(forms->command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	sha256_hex(&file->sha256, hex);
	return own_open(own, forms, name, hex, today, err) != 0 ? -1 : own_judge(own, &file->form, asked, err);
}

static int
check(struct forms *forms)
{
	struct command *command = forms->command;
	struct form_file file;
	struct own own = { 0 };
	struct asked asked = { 0 };
	struct err err = { 0 };
	int status;

	if (form_file_read(&file, command, &forms->definitions, forms->terms, command->words[2], &err) != 0
	    || forms_count(forms, &err) != 0
	    || asked_judge(&asked, &file.form, forms->terms, &forms->census, &forms->calendar,
		   forms_name(command->words[2]), 0, &err)
		!= 0
	    || judge_own(&own, forms, &file, forms_name(command->words[2]), &asked, &err) != 0)
		status = fail(command, &err);
	else {
		forms_say(forms, &file, &asked, command->words[2]);
		status = asked.duplicate ? EX_HELD : 0;
	}
	own_close(&own);
	asked_fini(&asked);
	form_file_close(&file);
	return status;
}

/* The form that --department, --due and the file make. */
static int
make_registered(const struct forms *forms, const struct form_file *file, char hex[65], char day[11],
    struct registered *registered, struct date *due)
{
	struct command *command = forms->command;
	struct date today;

	if (command->department == NULL || command->due == NULL)
		return misuse(
		    command, say(command, "需要 --department 部门 和 --due 截止日期", "wants --department and --due"));
	if (!day_parse(text_from(command->due), due) || !night_date(command, &today))
		return misuse(command, say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	if (text_trim(text_from(command->department)).len == 0)
		return misuse(command, say(command, "部门名称是空的", "the department has no name"));
	sha256_hex(&file->sha256, hex);
	day_write(today, day);
	*registered = (struct registered){
		.name = command->form_name != NULL ? text_from(command->form_name) : forms_name(command->words[2]),
		.department = text_trim(text_from(command->department)),
		.due = text_from(command->due),
		.registered = text_from(day),
		.sha256 = text_from(hex),
		.term = terms_of(forms->terms, *due).number,
		.form = file->form,
	};
	if (!calendar_name_fits(registered->name))
		return misuse(command,
		    say(command, "这个名称不能用作文件名，请用 --name 另起一个",
			"a form cannot be called so; give it another name with --name"));
	return 0;
}

/* Another department's form of that name is not written over. */
static bool
is_taken(const struct forms *forms, const struct registered *registered)
{
	for (size_t i = 0; i < forms->calendar.count; i++) {
		if (text_eq(forms->calendar.at[i].name, registered->name)
		    && !text_eq(forms->calendar.at[i].department, registered->department))
			return true;
	}
	return false;
}

static int
register_form(struct forms *forms)
{
	struct command *command = forms->command;
	struct registered registered;
	struct form_file file;
	struct asked asked = { 0 };
	struct date due;
	struct err err = { 0 };
	char hex[65], day[11], folder[FILE_PATH_MAX];
	int status = 0;

	if (form_file_read(&file, command, &forms->definitions, forms->terms, command->words[2], &err) != 0) {
		status = fail(command, &err);
		goto done;
	}
	status = make_registered(forms, &file, hex, day, &registered, &due);
	if (status != 0)
		goto done;
	if (is_taken(forms, &registered)) {
		err_set(&err, ERR_INPUT, "%s",
		    say(command, "另一个部门已登记了同名的表，请用 --name 另起名称",
			"another department has registered a form of this name; give it another with --name"));
		status = fail(command, &err);
		goto done;
	}
	if (forms_count(forms, &err) != 0
	    || asked_judge(&asked, &file.form, forms->terms, &forms->census, &forms->calendar, registered.name,
		   registered.term, &err)
		!= 0) {
		status = fail(command, &err);
		goto done;
	}
	registered.refused = command->refuse && asked.duplicate_count > 0;
	if (forms_folder(forms, folder, &err) != 0
	    || calendar_write(folder, &registered, forms->definitions.dataset, &err) != 0) {
		status = fail(command, &err);
		goto done;
	}
	forms_say(forms, &file, &asked, command->words[2]);
	if (registered.refused && !command->json)
		puts(say(command, "已退回，不登记为采集任务：记入减负统计的退回数。",
		    "Refused: nobody is asked; burden counts it."));
	status = asked.duplicate_count > 0 ? EX_HELD : 0;
done:
	asked_fini(&asked);
	form_file_close(&file);
	return status;
}

/* Whether the registered form asks the same as another of its term beyond whose row it is: which. */
static int
find_duplicates(struct forms *forms, const struct registered *one, struct asked *asked)
{
	struct err err = { 0 };

	if (asked_judge(asked, &one->form, forms->terms, &forms->census, &forms->calendar, one->name, one->term, &err)
	    == 0)
		return 0;
	asked_fini(asked);
	return fail(forms->command, &err);
}

static void
list_one(const struct forms *forms, const struct registered *one, const struct asked *asked, const char *between)
{
	const struct command *command = forms->command;
	const struct {
		const char *name;
		struct text text;
	} said[] = { { "form", one->name }, { "department", one->department }, { "due", one->due },
		{ "registered", one->registered } };
	struct buffer line;

	buffer_init(&line, SIZE_MAX / 4);
	if (command->json)
		buffer_format(&line, "%s{", between);
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		if (command->json) {
			buffer_format(&line, "%s\"%s\":", i > 0 ? "," : "", said[i].name);
			buffer_json_string(&line, said[i].text);
		} else {
			buffer_string(&line, i > 0 ? "  " : "");
			buffer_text(&line, said[i].text);
		}
	}
	if (command->json)
		buffer_format(&line, ",\"refused\":%s,\"columns\":%zu,\"duplicates\":[",
		    one->refused ? "true" : "false", one->form.count);
	else
		buffer_format(&line, "  %zu %s%s", one->form.count, say(command, "列", "columns"),
		    one->refused ? say(command, "  已退回", "  refused") : "");
	for (size_t i = 0, seen = 0; i < forms->calendar.count; i++) {
		if (!asked->duplicates[i])
			continue;
		if (command->json) {
			buffer_string(&line, seen++ > 0 ? "," : "");
			buffer_json_string(&line, forms->calendar.at[i].name);
		} else {
			buffer_string(&line,
			    seen++ > 0 ? say(command, "、", ", ") : say(command, "  与此重复：", "  duplicates "));
			buffer_text(&line, forms->calendar.at[i].name);
		}
	}
	buffer_string(&line, command->json ? "]}" : "\n");
	if (!buffer_failed(&line))
		fwrite(line.at, 1, line.len, stdout);
	buffer_fini(&line);
}

static int
list(struct forms *forms)
{
	const char *between = "";
	bool duplicate = false;

	if (forms->command->json)
		putchar('[');
	for (size_t i = 0; i < forms->calendar.count; i++) {
		struct asked asked;
		int status = find_duplicates(forms, &forms->calendar.at[i], &asked);

		if (status != 0)
			return status;
		list_one(forms, &forms->calendar.at[i], &asked, between);
		duplicate = duplicate || (!forms->calendar.at[i].refused && asked.duplicate_count > 0);
		between = ",\n";
		asked_fini(&asked);
	}
	if (forms->command->json)
		puts("]");
	return duplicate ? EX_HELD : 0;
}

static bool
is_verb(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(word, verbs[i]) == 0)
			return true;
	}
	return false;
}

/* How many words the verb wants, DATA and itself included. */
static size_t
words_of(const char *verb)
{
	if (strcmp(verb, "list") == 0 || strcmp(verb, "burden") == 0 || strcmp(verb, "cases") == 0
	    || strcmp(verb, "diff") == 0)
		return 2;
	return strcmp(verb, "decide") == 0 ? 4 : 3;
}

int
command_forms(struct command *command)
{
	struct forms forms;
	struct err err = { 0 };
	int status;

	/* `yici forms check DATA FORM` means the same */
	if (command->word_count > 1 && is_verb(command->words[0]) && !is_verb(command->words[1])) {
		const char *verb = command->words[0];

		command->words[0] = command->words[1];
		command->words[1] = verb;
	}
	if (command->word_count < 2 || !is_verb(command->words[1]) || command->word_count != words_of(command->words[1]))
		return misuse(command,
		    say(command,
			"需要：DATA check FORM、DATA register FORM、DATA fill FORM、DATA list、DATA burden、DATA "
			"cases、DATA decide CASE "
			"VALUE 或 DATA undo N",
			"wants DATA check FORM, DATA register FORM, DATA fill FORM, DATA list, DATA burden, DATA "
			"cases, DATA decide "
			"CASE VALUE or DATA undo N"));
	if (strcmp(command->words[1], "undo") == 0)
		return decision_has_why(command) ? decision_undo(
			   command, command->words[0], command->words[2], (const char *const[]){ SAID_ACTION, NULL })
						 : EX_USAGE;
	if (forms_open(&forms, command, command->words[0], &err) != 0)
		status = fail(command, &err);
	else if (strcmp(command->words[1], "check") == 0)
		status = check(&forms);
	else if (strcmp(command->words[1], "register") == 0)
		status = register_form(&forms);
	else if (strcmp(command->words[1], "fill") == 0)
		status = forms_fill(&forms);
	else if (strcmp(command->words[1], "burden") == 0)
		status = forms_burden(&forms);
	else if (strcmp(command->words[1], "cases") == 0)
		status = forms_cases(&forms);
	else if (strcmp(command->words[1], "diff") == 0)
		status = forms_diff(&forms);
	else if (strcmp(command->words[1], "decide") == 0)
		status = forms_decide(&forms);
	else
		status = list(&forms);
	forms_close(&forms);
	return status;
}
