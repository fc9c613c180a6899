/*
 * forms_fill.c - `yici forms DATA fill FORM.xlsx --class SCHOOL/GRADE/CLASS | --school CODE | --all --out DIR [--grant G]`: a workbook a
 * class, out of the department's own.
 */
#include "ops/yici/forms_fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/record/day.h"
#include "ops/yici/addressed.h"
#include "ops/yici/fills.h"
#include "ops/yici/form_workers.h"
#include "ops/yici/forms_cover.h"
#include "ops/yici/night.h"

#define REMEMBER_BYTES ((size_t)1 << 16)
#define LINES_MAX 30 /* classes that are told one by one */

struct filling {
	struct forms *forms;
	struct form_blank blank;
	struct pupils pupils;
	enum pupil_unit unit;
	struct forms_grant grant; /* when one is named */
	struct form_marks marks;
	struct own own;              /* what was answered before */
	struct addressed *addressed; /* NULL: nobody is to be found */
	struct buffer answer;        /* JSON */
	struct buffer done;          /* lines of what was filled in, on their way into DATA/state */
	char day[11];
	uint64_t workbooks, classes, students;
	struct fill_counts counts;
	bool points_in; /* as struct package has it */
	char path[FILE_PATH_MAX];
};

/* ---- which pupils ---- */

int
forms_class_parse(
    const struct forms *forms, const char *words, char school[SCHOOL_CODE_MAX], struct pupil_filter *filter)
{
	const struct command *command = forms->command;
	const struct dataset *dataset = forms->definitions.dataset;
	const char *slash = strchr(words, '/'), *second = slash == NULL ? NULL : strchr(slash + 1, '/');
	const struct codes *codes = dataset->roles.grade == FIELD_NONE ? NULL
								       : dataset->fields[dataset->roles.grade].codes;
	const struct code *code;
	bool ambiguous = false;

	if (second == NULL || (size_t)(slash - words) >= SCHOOL_CODE_MAX)
		return misuse(command,
		    say(command, "班级写成 学校标识码/年级/班级，如 2141000001/小学四年级/3班",
			"a class is written SCHOOLCODE/GRADE/CLASS as in students.csv"));
	snprintf(school, SCHOOL_CODE_MAX, "%.*s", (int)(slash - words), words);
	filter->grade = (struct text){ slash + 1, (size_t)(second - slash - 1) };
	filter->class_name = text_from(second + 1);
	filter->whole_class = true;
	code = codes == NULL ? NULL : codes_find(codes, filter->grade, &ambiguous);
	if (code != NULL)
		filter->grade = code->code;
	return 0;
}

/* ---- writing ---- */

/* ${text} as a part of a file's name. */
static void
put_name(struct buffer *out, struct text text)
{
	for (size_t pos = 0; pos < text.len && pos < 80;) {
		size_t at = pos;
		uint32_t cp = text_next(text, &pos);

		if (cp < 0x20 || cp == 0x7F || (cp < 0x80 && strchr("/\\:*?\"<>| ", (int)cp) != NULL))
			buffer_char(out, '_');
		else
			buffer_add(out, text.at + at, pos - at);
	}
}

void
forms_class_name(const struct dataset *dataset, const struct pupil *first, struct buffer *name)
{
	const struct codes *codes = dataset->roles.grade == FIELD_NONE ? NULL
								       : dataset->fields[dataset->roles.grade].codes;
	struct text grade = codes == NULL ? first->grade : codes_label(codes, first->grade);
	size_t from = name->len;

	put_name(name, first->school);
	if (dataset->roles.class_name != FIELD_NONE) {
		buffer_char(name, '-');
		put_name(name, grade.len > 0 ? grade : TEXT("无年级"));
		buffer_char(name, '-');
		put_name(name, first->class_name.len > 0 ? first->class_name : TEXT("无班级"));
	}
	/* what looks alike in a name may be two classes */
	if (!buffer_failed(name) && memchr(name->at + from, '_', name->len - from) != NULL)
		buffer_format(name, "-%08x", (unsigned)hash64(first->class_name.at, first->class_name.len, 1));
}

/*
 * Of all DIR/FORM.xlsx, of a school DIR/2141000001.xlsx, of a class DIR/2141000001-小学四年级-3班.xlsx; with all schools in a folder for
 * each. Whose people are in no class: DIR/2141000001.xlsx; of pages DIR/2141000001-ID.xlsx, for no file is called after a person.
 */
static int
make_path(struct filling *filling, const struct pupil *first, struct err *err)
{
	const struct command *command = filling->forms->command;
	struct buffer name;
	int result;

	buffer_init(&name, FILE_PATH_MAX);
	if (command->all && filling->pupils.unit == PUPILS_CLASS) {
		put_name(&name, first->school);
		result = path_format(filling->path, err, "%s/%.*s", command->out, (int)name.len, name.at);
		if (result == 0)
			result = file_make_folder(filling->path, err);
		buffer_char(&name, '/');
	} else
		result = file_make_folder(command->out, err);
	if (command->page) {
		put_name(&name, first->school);
		buffer_char(&name, '-');
		put_name(&name, first->id);
	} else if (filling->pupils.unit == PUPILS_CLASS)
		forms_class_name(filling->forms->definitions.dataset, first, &name);
	else
		put_name(&name, filling->pupils.unit == PUPILS_ALL ? forms_name(command->words[2]) : first->school);
	if (result == 0)
		result = path_format(filling->path, err, "%s/%.*s.xlsx", command->out, (int)name.len, name.at);
	buffer_fini(&name);
	return result;
}

/* For `yici forms burden`: a line a class, whatever a workbook holds. */
static void
remember(struct filling *filling, const struct pupil *first, size_t count, const struct buffer *each)
{
	size_t asks = 0;

	for (size_t i = 0; i < filling->blank.asked.count; i++)
		asks += filling->blank.asked.answers[i].asks;
	for (size_t at = 0; at < count;) {
		size_t mine = pupils_class(&filling->pupils, (size_t)(first + at - filling->pupils.at));
		uint64_t filled = 0;

		for (size_t i = at; i < at + mine; i++) {
			uint32_t cells;

			memcpy(&cells, each->at + i * sizeof(cells), sizeof(cells));
			filled += cells;
		}
		fills_line(&filling->done,
		    &(const struct burden_fill){ .day = text_from(filling->day),
			.sha256 = text_from(filling->blank.sha256),
			.form = forms_name(filling->forms->command->words[2]),
			.school = first[at].school,
			.grade = first[at].grade,
			.class_name = first[at].class_name,
			.students = mine,
			.asked = asks * mine,
			.filled = filled });
		at += mine;
		filling->classes++;
	}
}

/* What is remembered goes to the disk from time to time, and at the end. */
static int
save_done(struct filling *filling, size_t more_than, struct err *err)
{
	int result = 0;

	if (buffer_failed(&filling->done))
		return err_set(err, ERR_RETRY, "out of memory for what was filled in");
	if (filling->done.len > more_than) {
		result = fills_append(filling->forms->data, buffer_as_text(&filling->done), err);
		buffer_clear(&filling->done);
	}
	return result;
}

/* A workbook is written. */
static void
tell_class(struct filling *filling, const char *path, const struct pupil *first, size_t count,
    const struct fill_counts *counts, const struct buffer *each)
{
	const struct command *command = filling->forms->command;
	const struct dataset *dataset = filling->forms->definitions.dataset;
	struct text who = command->chinese ? dataset->zh : dataset->files;

	if (command->json) {
		buffer_string(&filling->answer, filling->workbooks > 0 ? ",\n" : "\n");
		buffer_string(&filling->answer, "{\"file\":");
		buffer_json_string(&filling->answer, text_from(path));
		if (addressed_has_heads(filling->addressed)) {
			struct text head = filling->pupils.unit == PUPILS_CLASS
			    ? addressed_head(filling->addressed, first)
			    : TEXT("");

			buffer_string(&filling->answer, ",\"head_teacher\":");
			if (head.len > 0)
				buffer_json_string(&filling->answer, head);
			else
				buffer_string(&filling->answer, "null");
		}
		buffer_format(
		    &filling->answer, ",\"students\":%zu,\"filled\":%llu,\"granted\":%llu,\"open\":%llu,\"sensitive\":%llu,\"put_in\":%u}",
		    count, (unsigned long long)counts->filled, (unsigned long long)counts->granted,
		    (unsigned long long)counts->open, (unsigned long long)counts->sensitive, counts->put_in);
	} else if (filling->workbooks < LINES_MAX)
		printf("%s  %.*s %zu  %s %llu  %s %llu\n", path, (int)who.len, who.at, count,
		    say(command, "填好（格）", "cells filled"), (unsigned long long)counts->filled,
		    say(command, "待填（格）", "cells open"), (unsigned long long)counts->open);
	else if (filling->workbooks == LINES_MAX)
		puts("…");
	remember(filling, first, count, each);
	if (filling->addressed != NULL && filling->pupils.unit == PUPILS_CLASS)
		addressed_add(filling->addressed, text_from(path + strlen(command->out) + 1), first);
	filling->workbooks++;
	filling->students += count;
	filling->counts.filled += counts->filled;
	filling->counts.granted += counts->granted;
	filling->counts.open += counts->open;
	filling->counts.sensitive += counts->sensitive;
	filling->counts.put_in += counts->put_in;
}

static void
tell_workbook(void *self, const struct forms_workbook *workbook)
{
	tell_class(self, workbook->path, workbook->first, workbook->students, &workbook->counts, &workbook->each);
}

/* The workbook to those that wait for their lines in the log. */
static int
hand_over(struct filling *filling, struct form_made *made, struct err *err)
{
	struct forms_workbook workbook = { .path = strdup(filling->path),
		.name = strdup(filling->path + strlen(filling->forms->command->out) + 1),
		.bytes = made->bytes,
		.ids = made->ids,
		.each = made->each,
		.first = &filling->pupils.at[made->at],
		.students = made->count,
		.counts = made->counts };

	buffer_init(&made->bytes, 0);
	buffer_init(&made->ids, 0);
	buffer_init(&made->each, 0);
	return forms_grant_add(&filling->grant, &workbook, tell_workbook, filling, err);
}

static int
take_workbook(struct filling *filling, struct form_made *made, struct err *err)
{
	const struct pupil *first = &filling->pupils.at[made->at];
	int result = make_path(filling, first, err);

	filling->points_in = made->points_in;
	if (result == 0 && filling->blank.plan.granted != NULL)
		result = hand_over(filling, made, err);
	else if (result == 0 && (result = file_write_whole(filling->path, made->bytes.at, made->bytes.len, err)) == 0)
		tell_class(filling, filling->path, first, made->count, &made->counts, &made->each);
	return result == 0 ? save_done(filling, REMEMBER_BYTES, err) : -1;
}

static void
tell_end(struct filling *filling)
{
	const struct command *command = filling->forms->command;
	const struct dataset *dataset = filling->forms->definitions.dataset;
	struct buffer name;

	if (command->json) {
		printf("{\"form\":");
		buffer_string(&filling->answer, "]");
		buffer_format(&filling->answer,
		    ",\"classes\":%llu,\"students\":%llu,\"filled\":%llu,\"granted\":%llu,\"open\":%llu,"
		    "\"sensitive\":%llu,\"without_school\":%llu}",
		    (unsigned long long)filling->classes, (unsigned long long)filling->students,
		    (unsigned long long)filling->counts.filled, (unsigned long long)filling->counts.granted,
		    (unsigned long long)filling->counts.open, (unsigned long long)filling->counts.sensitive,
		    (unsigned long long)filling->pupils.homeless);
		buffer_init(&name, FILE_PATH_MAX * 6);
		buffer_json_string(&name, forms_name(command->words[2]));
		printf("%.*s,\"converted\":%s,\"files\":[%.*s\n", (int)name.len, name.at,
		    filling->blank.spool[0] != '\0' ? "true" : "false", (int)filling->answer.len, filling->answer.at);
		buffer_fini(&name);
		return;
	}
	if (command->chinese)
		printf("%llu %s，%.*s %llu 名：填好 %llu 格，待填 %llu 格（标黄），敏感 %llu 格未填（须经授权）。\n",
		    (unsigned long long)filling->classes,
		    command->page                                 ? "份"
			: dataset->roles.class_name == FIELD_NONE ? "所学校"
								  : "个班",
		    (int)dataset->zh.len, dataset->zh.at, (unsigned long long)filling->students,
		    (unsigned long long)filling->counts.filled, (unsigned long long)filling->counts.open,
		    (unsigned long long)filling->counts.sensitive);
	else
		printf("%llu %s, %llu %.*s: %llu cells filled, %llu left open (yellow), %llu sensitive ones left empty "
		       "(they "
		       "need a grant).\n",
		    (unsigned long long)filling->classes,
		    command->page                                 ? "pages"
			: dataset->roles.class_name == FIELD_NONE ? "schools"
								  : "classes",
		    (unsigned long long)filling->students, (int)dataset->files.len, dataset->files.at,
		    (unsigned long long)filling->counts.filled, (unsigned long long)filling->counts.open,
		    (unsigned long long)filling->counts.sensitive);
	if (filling->blank.plan.granted != NULL)
		printf("%s %llu\n",
		    say(command, "其中按授权填写并已记入交付日志（格）：",
			"Of these by the grant, and in the log of disclosures (cells):"),
		    (unsigned long long)filling->counts.granted);
	if (filling->blank.spool[0] != '\0')
		puts(say(command, "原表不是 .xlsx：已改存为 .xlsx 再填，内容照旧，格式未保留。",
		    "The form was no .xlsx: it was made one and filled in; its words are kept, its looks are not."));
	if (filling->counts.put_in > 0 && filling->points_in)
		puts(say(command, "注意：增加了行；打印区域、名称、其他工作表和图表指向本表的地方没有随之改动，请核对。",
		    "Note: rows were put in; print areas, names, other sheets and charts that point into the table "
		    "still point where they did."));
}

/* No more processes than classes. */
static unsigned
jobs_for(const struct filling *filling)
{
	unsigned jobs = night_jobs(filling->forms->command), classes = 0;

	for (size_t at = 0; at < filling->pupils.count && classes < jobs; at += pupils_workbook(&filling->pupils, at))
		classes++;
	return classes;
}

static int
fill_classes(struct filling *filling, struct err *err)
{
	struct forms_grant *grant = filling->blank.plan.granted != NULL ? &filling->grant : NULL;
	const struct form_work work = { &filling->blank, &filling->marks, &filling->own, &filling->pupils, grant };
	struct form_workers *workers;
	struct form_made made;
	int got = form_workers_start(&workers, &work, jobs_for(filling), err);

	while (got == 0 && (got = form_workers_next(workers, &made, err)) == 1) {
		got = take_workbook(filling, &made, err);
		buffer_fini(&made.bytes);
		buffer_fini(&made.ids);
		buffer_fini(&made.each);
	}
	form_workers_stop(workers);
	return got;
}

/* What a workbook is for; false when --by says nothing that is known. */
static bool
read_unit(const struct command *command, enum pupil_unit *unit)
{
	static const char *const words[] = { "class", "school", "all" };

	*unit = PUPILS_CLASS;
	for (size_t i = 0; command->by != NULL && i < ARRAY_LEN(words); i++) {
		if (strcmp(command->by, words[i]) == 0) {
			*unit = (enum pupil_unit)i;
			return true;
		}
	}
	return command->by == NULL;
}

static int
fill_all(struct filling *filling, const struct pupil_filter *filter, struct err *err)
{
	const struct command *command = filling->forms->command;
	struct date now;

	if (!night_date(command, &now))
		return err_set(
		    err, ERR_STOP, "%s", say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	day_write(now, filling->day);
	if (form_blank_open(&filling->blank, filling->forms, &filling->grant, err) != 0
	    || form_marks_open(&filling->marks, &filling->blank, err) != 0
	    || addressed_open(&filling->addressed, filling->forms, err) != 0
	    || own_open(&filling->own, filling->forms, forms_name(command->words[2]), filling->blank.sha256,
		   filling->blank.plan.today, err)
		!= 0
	    || pupils_load(&filling->pupils, filling->forms, filter, err) != 0)
		return -1;
	if (filling->pupils.count == 0)
		return err_set(err, ERR_INPUT, "%s", say(command, "没有这样的学生", "there are no such pupils"));
	filling->pupils.unit = filling->unit;
	for (size_t at = 0; at < filling->pupils.count; at += pupils_workbook(&filling->pupils, at)) {
		if (pupils_workbook(&filling->pupils, at) > FILL_PUPILS_MAX)
			return err_set(err, ERR_INPUT, "%s %u",
			    say(command, "请用 --by school 或按班级填：一个工作簿最多放的人数是",
				"fill in --by school, or by class: people in one workbook are at most"),
			    FILL_PUPILS_MAX);
	}
	if (fill_classes(filling, err) != 0)
		return -1;
	if (filling->blank.plan.granted != NULL
	    && (forms_cover(&filling->grant, filling->blank.asked.answers, err) != 0
		|| forms_grant_flush(&filling->grant, tell_workbook, filling, err) != 0))
		return -1;
	return filling->addressed != NULL ? addressed_save(filling->addressed, command->out, err) : 0;
}

int
forms_fill(struct forms *forms)
{
	struct command *command = forms->command;
	int ways = (command->form_class != NULL) + (command->school != NULL) + command->all + (command->person != NULL),
	    status;
	struct filling filling = { .forms = forms, .blank = { .fd = -1 } };
	char school[SCHOOL_CODE_MAX];
	const char *one[2] = { school, NULL };
	struct pupil_filter filter = { .schools = command->schools };
	struct err err = { 0 };

	if (ways != 1 || command->out == NULL)
		return misuse(command,
		    say(command, "需要 --class、--school、--all 之一，和 --out 文件夹",
			"wants one of --class, --school and --all, and --out DIR"));
	if (!read_unit(command, &filling.unit)
	    || (filling.unit != PUPILS_CLASS && (command->page || command->form_class != NULL)))
		return misuse(command,
		    say(command, "--by 写 class、school 或 all，不能与 --class、--page 同用",
			"--by takes class, school or all, and goes with neither --class nor --page"));
	if (command->person != NULL) {
		if (!command->page)
			return misuse(command,
			    say(command, "--person 只用于 --page（一人一页的表）", "--person goes with --page"));
		filter.id = text_from(command->person);
	}
	if (command->form_class != NULL) {
		status = forms_class_parse(forms, command->form_class, school, &filter);
		if (status != 0)
			return status;
		filter.schools = one;
	}
	buffer_init(&filling.answer, SIZE_MAX / 4);
	buffer_init(&filling.done, SIZE_MAX / 4);
	if (fill_all(&filling, &filter, &err) != 0) {
		status = fail(command, &err);
		if (save_done(&filling, 0, &err) != 0) /* what was written was */
			(void)fail(command, &err);
	} else if (save_done(&filling, 0, &err) != 0)
		status = fail(command, &err);
	else {
		tell_end(&filling);
		status = 0;
	}
	if (form_blank_close(&filling.blank, &err) != 0 && status == 0)
		status = fail(command, &err);
	own_close(&filling.own);
	form_marks_close(&filling.marks);
	pupils_close(&filling.pupils);
	addressed_close(filling.addressed);
	forms_grant_close(&filling.grant);
	buffer_fini(&filling.answer);
	buffer_fini(&filling.done);
	return status;
}
