/*
 * forms_diff.c - see forms_diff.h. A question that several forms ask is one line; what is sensitive is not asked here, for it needs a grant.
 */
#include "ops/yici/forms_diff.h"

#include <stdio.h>
#include <stdlib.h>

#include "consumers/publish/gaps.h"
#include "core/base/digest.h"
#include "core/record/day.h"
#include "core/store/state.h"
#include "ops/yici/forms_fill.h"
#include "ops/yici/forms_own.h"
#include "ops/yici/night.h"

#define CLASS_ARENA_MAX ((size_t)512 << 20)
#define CHOICES_MAX ((size_t)240) /* bytes of a list: the format allows 255 characters, the library as many bytes */
#define GAPS_FORM "差异表"

/* What one or more forms ask. */
struct question {
	struct judged_column column;
	const uint8_t *asks; /* by registered form */
	const char *const *choices;
};

struct diff {
	struct forms *forms;
	struct own own;
	struct question *questions;
	size_t count;
	struct pupils pupils;
	struct date today; /* of the data */
	char run[RUN_ID_MAX], day[11];
	struct arena lasting, arena; /* the second: of the class at hand */
	struct gap *gaps;
	size_t gap_count, gap_room;
	struct buffer held, words, answer;
	char work[FILE_PATH_MAX];
	uint64_t files, students, lines, conflicts;
};

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_RETRY, "out of memory for a sheet of gaps");
}

/* ---- questions ---- */

/* What may be chosen, NULL-terminated; NULL for anything. */
static const char *const *
choices_of(struct diff *diff, const struct judged_column *column)
{
	struct buffer list;
	const char **choices = NULL;
	size_t count = 0;

	buffer_init(&list, 1 << 16);
	if (manner_choices(&column->manner, CHOICES_MAX, &list) && list.len <= CHOICES_MAX) {
		choices = arena_take(&diff->lasting, (list.len + 2) * sizeof(*choices));
		for (size_t at = 0; choices != NULL && at < list.len;) {
			const char *comma = memchr(list.at + at, ',', list.len - at);
			size_t len = comma != NULL ? (size_t)(comma - list.at) - at : list.len - at;

			choices[count] = arena_text(&diff->lasting, (struct text){ list.at + at, len }).at;
			if (choices[count++] == NULL)
				choices = NULL;
			at += len + 1;
		}
	}
	buffer_fini(&list);
	return count > 0 ? choices : NULL;
}

static bool
is_asked(const struct form_column *asked)
{
	return asked->use == FORM_FIELD || asked->use == FORM_UNKNOWN
	    || (asked->use == FORM_DERIVED && asked->derive->from != FIELD_NONE);
}

static int
add_question(struct diff *diff, const struct form_column *asked, size_t form, struct err *err)
{
	static const struct manner_evidence nothing;
	const struct forms *forms = diff->forms;
	struct question *question;
	uint8_t *asks;

	for (size_t i = 0; i < diff->count; i++) {
		if (calendar_same(diff->questions[i].column.asked, asked)) {
			memcpy(&asks, &diff->questions[i].asks, sizeof(asks));
			asks[form] = 1;
			return 0;
		}
	}
	question = &diff->questions[diff->count];
	judged_column_init(&question->column, asked, forms);
	if (question->column.sensitive != NULL)
		return 0;
	if (asked->use == FORM_UNKNOWN)
		manner_learn(&question->column.manner, asked, forms->definitions.dataset, forms->terms, &nothing);
	asks = arena_take(&diff->lasting, forms->calendar.count + 1);
	if (asks == NULL)
		return no_memory(err);
	asks[form] = 1;
	question->asks = asks;
	question->choices = choices_of(diff, &question->column);
	diff->count++;
	return 0;
}

/* What the registered forms of this term ask, in their order. */
static int
find_questions(struct diff *diff, struct err *err)
{
	const struct calendar *calendar = &diff->forms->calendar;
	struct date now;
	size_t room = 0;

	if (!night_date(diff->forms->command, &now))
		return err_set(err, ERR_STOP, "%s",
		    say(diff->forms->command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	for (size_t i = 0; i < calendar->count; i++)
		room += calendar->at[i].form.count;
	diff->questions = arena_take(&diff->lasting, (room + 1) * sizeof(*diff->questions));
	if (diff->questions == NULL)
		return no_memory(err);
	for (size_t i = 0; i < calendar->count; i++) {
		const struct form *form = &calendar->at[i].form;

		if (calendar->at[i].term != terms_of(diff->forms->terms, now).number)
			continue;
		for (size_t k = 0; k < form->count; k++) {
			if (is_asked(&form->columns[k]) && add_question(diff, &form->columns[k], i, err) != 0)
				return -1;
		}
	}
	return 0;
}

/* ---- lines ---- */

static struct text
label(const struct diff *diff, const struct said *said, struct text value)
{
	const struct field *field = dataset_field(diff->forms->definitions.dataset, said->field);

	return field == NULL || field->codes == NULL ? value : codes_label(field->codes, value);
}

/* "5（本班 2026-09-10）" */
static void
put_said(struct diff *diff, const struct said *said, const struct pupil *pupil)
{
	struct text origin = said->origin;
	bool own_class = text_starts(origin, pupil->school);

	buffer_text(&diff->words, label(diff, said, said->value));
	buffer_string(&diff->words, "（");
	buffer_text(&diff->words, own_class ? TEXT("本校") : origin);
	buffer_char(&diff->words, ' ');
	buffer_text(&diff->words, said->day);
	buffer_string(&diff->words, "）");
}

static int
add_gap(struct diff *diff, const struct gap *gap, struct err *err)
{
	if (diff->gap_count == diff->gap_room) {
		size_t room = diff->gap_room == 0 ? 256 : diff->gap_room * 2;
		struct gap *grown = realloc(diff->gaps, room * sizeof(*grown));

		if (grown == NULL)
			return no_memory(err);
		diff->gaps = grown;
		diff->gap_room = room;
	}
	diff->gaps[diff->gap_count++] = *gap;
	return 0;
}

static struct text
keep_words(struct diff *diff)
{
	return arena_text(&diff->arena, buffer_as_text(&diff->words));
}

/* The names of those of the forms that ask and were not answered. */
static struct text
names_of(struct diff *diff, const uint8_t *which)
{
	const struct calendar *calendar = &diff->forms->calendar;

	buffer_clear(&diff->words);
	for (size_t i = 0; i < calendar->count; i++) {
		if (!which[i])
			continue;
		buffer_string(&diff->words, diff->words.len > 0 ? "、" : "");
		buffer_text(&diff->words, calendar->at[i].name);
	}
	return keep_words(diff);
}

/* The open difference of the pupil under that question; NULL for none. */
static const struct said *
difference_of(const struct diff *diff, const struct pupil *pupil, const struct question *question)
{
	const struct said_list *list = &diff->own.list;
	uint8_t id[SAID_ID_BYTES];

	if (list->count == 0 || !hex_parse(pupil->id, id, sizeof(id)))
		return NULL;
	for (size_t i = own_student(&diff->own, id);
	     i < list->count && memcmp(list->at[i].student, id, sizeof(id)) == 0; i++) {
		const struct said *said = &list->at[i];

		if (said->kind == SAID_DIFFERENCE && text_eq(said->key, question->column.asked->key)
		    && said_decided(&diff->own.decisions, said, 1) == NULL)
			return said;
	}
	return NULL;
}

/* What is known beside: the value that is held and the one of a form, or the answers that do not agree. */
static bool
put_known(struct diff *diff, const struct pupil *pupil, const struct question *question, struct text held,
    const struct said *difference, struct own *own)
{
	const struct form_column *asked = question->column.asked;
	const struct said *group;
	size_t count = 0;

	buffer_clear(&diff->words);
	if (difference != NULL) {
		buffer_string(&diff->words, "已有 ");
		buffer_text(&diff->words, label(diff, difference, held));
		buffer_string(&diff->words, "；表上 ");
		put_said(diff, difference, pupil);
		return true;
	}
	for (size_t f = 0; f < diff->forms->calendar.count; f++) {
		if (!question->asks[f])
			continue;
		own->department = diff->forms->calendar.at[f].department;
		own->form = diff->forms->calendar.at[f].name;
		group = own_group(own, pupil->id, asked, &count);
		if (group != NULL && !said_conflict(group, count)
		    && diff->words.len == 0) { /* another department was told */
			buffer_text(&diff->words, own->department);
			buffer_string(&diff->words, " 已收 ");
			put_said(diff, &group[0], pupil);
		}
		if (group == NULL || !said_conflict(group, count))
			continue;
		buffer_clear(&diff->words);
		for (size_t i = 0; i < count; i++) {
			buffer_string(&diff->words, i > 0 ? "；" : "");
			put_said(diff, &group[i], pupil);
		}
		return true;
	}
	return false;
}

static int
look_at(struct diff *diff, const struct pupil *pupil, const struct text *values, const struct question *question,
    struct err *err)
{
	const struct roles *roles = &diff->forms->definitions.dataset->roles;
	const struct calendar *calendar = &diff->forms->calendar;
	struct text held = judged_held(&question->column, values, diff->today, &diff->held);
	const struct said *difference = held.len > 0 ? difference_of(diff, pupil, question) : NULL;
	uint8_t *open = arena_take(&diff->arena, calendar->count + 1);
	struct own own = diff->own; /* as each form's department has it */
	struct gap gap = { .name = values[roles->name], .question = question->column.asked->header };
	bool any = false, contradicted;

	if (open == NULL)
		return no_memory(err);
	if (held.len > 0 && difference == NULL)
		return 0;
	for (size_t i = 0; i < calendar->count; i++) {
		const struct said *said;

		own.department = calendar->at[i].department;
		own.form = calendar->at[i].name;
		open[i] = question->asks[i]
		    && (difference != NULL || own_answer(&own, pupil->id, question->column.asked, &said).len == 0);
		any = any || open[i];
	}
	if (!any)
		return 0;
	contradicted = put_known(diff, pupil, question, held, difference, &own);
	if (!contradicted && diff->words.len == 0)
		buffer_string(&diff->words, "无");
	diff->conflicts += contradicted;
	gap.known = keep_words(diff);
	gap.forms = names_of(diff, open);
	gap.choices = question->choices;
	if (roles->birth_date != FIELD_NONE)
		gap.birth_date = values[roles->birth_date];
	return gap.known.at == NULL || gap.forms.at == NULL ? no_memory(err) : add_gap(diff, &gap, err);
}

/* ---- workbooks ---- */

struct putting {
	struct gaps *gaps;
	struct arena *arena;
};

static void
put_property(void *self, const char *name, struct text value)
{
	struct putting *putting = self;
	struct gaps_property *property = &putting->gaps->properties[putting->gaps->property_count];
	char whole[64];
	int len = snprintf(whole, sizeof(whole), MARK_PREFIX "%s", name);

	property->name = arena_text(putting->arena, (struct text){ whole, (size_t)len }).at;
	property->value = value.len > 0 ? arena_text(putting->arena, value) : (struct text){ "", 0 };
	putting->gaps->property_count++;
}

/* A value of the first pupil, with a space behind, in the title. */
static void
put_value(struct diff *diff, const struct text *values, uint16_t field)
{
	const struct codes *codes = field == FIELD_NONE ? NULL : diff->forms->definitions.dataset->fields[field].codes;

	if (field == FIELD_NONE || values[field].len == 0)
		return;
	buffer_text(&diff->words, codes == NULL ? values[field] : codes_label(codes, values[field]));
	buffer_char(&diff->words, ' ');
}

static int
write_class(struct diff *diff, const struct pupil *first, struct err *err)
{
	const struct command *command = diff->forms->command;
	const struct dataset *dataset = diff->forms->definitions.dataset;
	struct form_mark mark = { .form = TEXT(GAPS_FORM), .sha256 = TEXT(RETURNS_GAPS), .run = text_from(diff->run) };
	struct gaps gaps = { .date = text_from(diff->day),
		.at = diff->gaps,
		.count = diff->gap_count,
		.note = TEXT("只列尚缺或说法不一的内容。请填最后一栏（黄色），其余不必改动；各科室的原表不用再填。") };
	struct putting putting = { &gaps, &diff->arena };
	const struct text *values = pupil_values(first, dataset, &diff->arena);
	char path[FILE_PATH_MAX], fill[17];
	struct buffer name;
	int result = -1;

	if (values == NULL)
		return no_memory(err);
	buffer_init(&name, FILE_PATH_MAX);
	forms_class_name(dataset, first, &name);
	buffer_clear(&diff->words);
	buffer_string(&diff->words, GAPS_FORM "  ");
	put_value(diff, values, dataset->roles.school_name);
	put_value(diff, values, dataset->roles.grade);
	put_value(diff, values, dataset->roles.class_name);
	buffer_string(&diff->words, diff->day);
	gaps.title = keep_words(diff);
	buffer_clear(&diff->words);
	buffer_text(&diff->words, first->school);
	buffer_format(&diff->words, "/%.*s/%.*s", (int)first->grade.len, first->grade.at, (int)first->class_name.len,
	    first->class_name.at);
	mark.whose = keep_words(diff);
	snprintf(fill, sizeof(fill), "%016llx",
	    (unsigned long long)hash64(mark.whose.at, mark.whose.len, hash64(diff->run, strlen(diff->run), 1)));
	mark.fill = text_from(fill);
	mark_list(&mark, command->settings.seed_number, put_property, &putting);
	if (gaps.title.at == NULL || mark.whose.at == NULL)
		err_set(err, ERR_RETRY, "out of memory for a sheet of gaps");
	else if (file_make_folder(command->out, err) == 0
	    && path_format(path, err, "%s/%.*s-" GAPS_FORM ".xlsx", command->out, (int)name.len, name.at) == 0)
		result = publish_gaps(&gaps, path, diff->work, err);
	buffer_fini(&name);
	if (result != 0)
		return -1;
	if (command->json) {
		buffer_string(&diff->answer, diff->files > 0 ? ",\n{\"file\":" : "{\"file\":");
		buffer_json_string(&diff->answer, text_from(path));
		buffer_format(&diff->answer, ",\"lines\":%zu}", diff->gap_count);
	} else
		printf("%s  %s %zu\n", path, say(command, "行", "lines"), diff->gap_count);
	diff->files++;
	diff->lines += diff->gap_count;
	return 0;
}

/* A class: its questions one after another, of each the pupils in their order. */
static int
do_class(struct diff *diff, size_t at, size_t count, struct err *err)
{
	const struct text **values;

	arena_reset(&diff->arena);
	diff->gap_count = 0;
	diff->students += count;
	values = arena_take(&diff->arena, (count + 1) * sizeof(*values));
	if (values == NULL)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		values[i] = pupil_values(&diff->pupils.at[at + i], diff->forms->definitions.dataset, &diff->arena);
		if (values[i] == NULL)
			return no_memory(err);
	}
	for (size_t q = 0; q < diff->count; q++) {
		for (size_t i = 0; i < count; i++) {
			if (look_at(diff, &diff->pupils.at[at + i], values[i], &diff->questions[q], err) != 0)
				return -1;
		}
	}
	return diff->gap_count > 0 ? write_class(diff, &diff->pupils.at[at], err) : 0;
}

static int
find_run(struct diff *diff, struct err *err)
{
	const struct forms *forms = diff->forms;

	if (forms_last_run(forms->command, forms->data, diff->day, diff->run, err) != 0)
		return -1;
	return day_parse(text_from(diff->day), &diff->today) ? 0 : err_set(err, ERR_STOP, "the last run has no day");
}

static int
do_all(struct diff *diff, const struct pupil_filter *filter, struct err *err)
{
	const struct command *command = diff->forms->command;
	int result = 0;

	if (find_run(diff, err) != 0 || own_open(&diff->own, diff->forms, TEXT(""), "", diff->today, err) != 0
	    || find_questions(diff, err) != 0 || pupils_load(&diff->pupils, diff->forms, filter, err) != 0
	    || file_private_folder(diff->work, err) != 0)
		return -1;
	if (diff->pupils.count == 0)
		return err_set(err, ERR_INPUT, "%s", say(command, "没有这样的学生", "there are no such pupils"));
	for (size_t at = 0; result == 0 && at < diff->pupils.count;) {
		size_t count = pupils_class(&diff->pupils, at);

		result = do_class(diff, at, count, err);
		at += count;
	}
	return result;
}

static void
tell_end(const struct diff *diff)
{
	const struct command *command = diff->forms->command;

	if (command->json)
		printf(
		    "{\"files\":[%.*s],\"students\":%llu,\"questions\":%zu,\"lines\":%llu,\"contradictions\":%llu}\n",
		    (int)diff->answer.len, diff->answer.len > 0 ? diff->answer.at : "",
		    (unsigned long long)diff->students, diff->count, (unsigned long long)diff->lines,
		    (unsigned long long)diff->conflicts);
	else if (command->chinese)
		printf("%llu 个班有待填内容：共 %llu 行，其中说法不一 %llu 行；敏感内容不在此表收集。\n",
		    (unsigned long long)diff->files, (unsigned long long)diff->lines,
		    (unsigned long long)diff->conflicts);
	else
		printf("%llu classes have gaps: %llu lines, %llu of them said in two ways; nothing sensitive is asked "
		       "here.\n",
		    (unsigned long long)diff->files, (unsigned long long)diff->lines,
		    (unsigned long long)diff->conflicts);
}

int
forms_diff(struct forms *forms)
{
	struct command *command = forms->command;
	int ways = (command->form_class != NULL) + (command->school != NULL) + command->all, status;
	struct diff diff = { .forms = forms };
	struct pupil_filter filter = { .schools = command->schools };
	char school[SCHOOL_CODE_MAX];
	const char *one[2] = { school, NULL };
	struct err err = { 0 };

	if (ways != 1 || command->out == NULL)
		return misuse(command,
		    say(command, "需要 --class、--school、--all 之一，和 --out 文件夹",
			"wants one of --class, --school and --all, and --out DIR"));
	if (command->form_class != NULL) {
		status = forms_class_parse(forms, command->form_class, school, &filter);
		if (status != 0)
			return status;
		filter.schools = one;
	}
	arena_init(&diff.lasting, CLASS_ARENA_MAX);
	arena_init(&diff.arena, CLASS_ARENA_MAX);
	buffer_init(&diff.held, 1 << 20);
	buffer_init(&diff.words, 1 << 20);
	buffer_init(&diff.answer, SIZE_MAX / 4);
	if (do_all(&diff, &filter, &err) != 0)
		status = fail(command, &err);
	else {
		tell_end(&diff);
		status = diff.conflicts > 0 ? EX_HELD : 0;
	}
	if (diff.work[0] != '\0' && file_remove_all(diff.work, &err) != 0 && status == 0)
		status = fail(command, &err);
	own_close(&diff.own);
	pupils_close(&diff.pupils);
	free(diff.gaps);
	buffer_fini(&diff.held);
	buffer_fini(&diff.words);
	buffer_fini(&diff.answer);
	arena_fini(&diff.lasting);
	arena_fini(&diff.arena);
	return status;
}
