/*
 * forms_burden.c - `yici forms DATA burden [--from D] [--to D] [--json] [--out DIR]`: what collections ask of schools, and what filling in
 * spared them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "consumers/publish/snapshot.h"
#include "core/record/day.h"
#include "ops/yici/fills.h"
#include "ops/yici/form_pupils.h"
#include "ops/yici/forms.h"
#include "producers/collect/inspect.h"

#define NAME_WIDTH 34
#define SCHOOLS_SHOWN 30
#define SECONDS_AN_HOUR 3600.0

struct reckoning {
	const struct forms *forms;
	struct fills fills;
	struct pupils pupils;
	struct burden_pupils *schools;
	struct asked *asked; /* of each registered form: which others of its term ask the same */
	size_t asked_count;
	uint8_t *flagged;
	struct burden burden;
	struct burden_input input;
};

static double
hours(const struct reckoning *reckoning, uint64_t cells)
{
	return (double)(cells * reckoning->forms->terms->seconds) / SECONDS_AN_HOUR;
}

/* ---- what there is ---- */

static int
find_flagged(struct reckoning *reckoning, struct err *err)
{
	const struct forms *forms = reckoning->forms;
	const struct calendar *calendar = &forms->calendar;

	reckoning->asked = calloc(calendar->count + 1, sizeof(*reckoning->asked));
	reckoning->flagged = calloc(calendar->count + 1, 1);
	if (reckoning->asked == NULL || reckoning->flagged == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the calendar of forms");
	for (size_t i = 0; i < calendar->count; i++) {
		const struct registered *one = &calendar->at[i];

		reckoning->asked_count = i + 1;
		if (asked_judge(&reckoning->asked[i], &one->form, forms->terms, &forms->census, calendar, one->name,
			one->term, err)
		    != 0)
			return -1;
		reckoning->flagged[i] = !one->refused && reckoning->asked[i].duplicate_count > 0;
	}
	return 0;
}

/* How many pupils each school has; none before the first run. */
static int
count_pupils(struct reckoning *reckoning, struct err *err)
{
	const struct pupil_filter all = { 0 };
	char path[FILE_PATH_MAX];
	size_t count = 0;
	bool there;

	if (forms_students(reckoning->forms, path, &there, err) != 0
	    || (there && pupils_load(&reckoning->pupils, reckoning->forms, &all, err) != 0))
		return -1;
	reckoning->schools = calloc(reckoning->pupils.count + 1, sizeof(*reckoning->schools));
	if (reckoning->schools == NULL)
		return err_set(err, ERR_RETRY, "out of memory for schools");
	for (size_t i = 0; i < reckoning->pupils.count; i++) { /* they stand by school */
		struct text school = reckoning->pupils.at[i].school;

		if (count == 0 || !text_eq(reckoning->schools[count - 1].school, school))
			reckoning->schools[count++].school = school;
		reckoning->schools[count - 1].students++;
	}
	reckoning->input.pupils = reckoning->schools;
	reckoning->input.pupil_count = count;
	return 0;
}

static int
reckon(struct reckoning *reckoning, struct err *err)
{
	const struct forms *forms = reckoning->forms;
	struct burden_input *input = &reckoning->input;

	if (fills_load(&reckoning->fills, forms->data, err) != 0 || find_flagged(reckoning, err) != 0
	    || count_pupils(reckoning, err) != 0)
		return -1;
	input->calendar = &forms->calendar;
	input->flagged = reckoning->flagged;
	input->fills = reckoning->fills.at;
	input->fill_count = reckoning->fills.count;
	return burden_reckon(&reckoning->burden, input, err);
}

static void
reckoning_fini(struct reckoning *reckoning)
{
	burden_fini(&reckoning->burden);
	for (size_t i = 0; i < reckoning->asked_count; i++)
		asked_fini(&reckoning->asked[i]);
	free(reckoning->asked);
	free(reckoning->flagged);
	free(reckoning->schools);
	pupils_close(&reckoning->pupils);
	fills_free(&reckoning->fills);
}

/* ---- for people ---- */

static void
print_line(const struct reckoning *reckoning, struct text name, const struct burden_sum *sum)
{
	fputs("  ", stdout);
	forms_print(name, NAME_WIDTH);
	printf("%6llu %8llu %8llu %12llu %12llu %12llu %10.1f\n", (unsigned long long)sum->forms,
	    (unsigned long long)sum->flagged, (unsigned long long)sum->refused, (unsigned long long)sum->asked,
	    (unsigned long long)sum->filled, (unsigned long long)sum->left, hours(reckoning, sum->filled));
}

static void
print_head(const struct command *command, const char *what)
{
	static const struct {
		const char *zh, *en;
		size_t width;
	} heads[] = { { "表", "forms", 6 }, { "重复", "again", 9 }, { "退回", "refused", 9 }, { "所问格", "asked", 13 },
		{ "代填格", "filled", 13 }, { "待填格", "left", 13 }, { "省时（时）", "hours", 11 } };

	fputs("\n  ", stdout);
	forms_print(text_from(what), NAME_WIDTH);
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct text head = text_from(say(command, heads[i].zh, heads[i].en));
		size_t wide = inspect_width(head);

		printf("%*s%.*s", (int)(heads[i].width > wide ? heads[i].width - wide : 1), "", (int)head.len, head.at);
	}
	putchar('\n');
}

static void
print_text(const struct reckoning *reckoning)
{
	const struct burden *burden = &reckoning->burden;
	const struct command *command = reckoning->forms->command;

	print_head(command, say(command, "表", "Form"));
	for (size_t i = 0; i < burden->form_count; i++)
		print_line(reckoning, burden->forms[i].name, &burden->forms[i].sum);
	print_head(command, say(command, "部门", "Department"));
	for (size_t i = 0; i < burden->department_count; i++)
		print_line(reckoning, burden->departments[i].name, &burden->departments[i].sum);
	print_head(command, say(command, "学校", "School"));
	for (size_t i = 0; i < burden->school_count && i < SCHOOLS_SHOWN; i++)
		print_line(reckoning, burden->schools[i].name, &burden->schools[i].sum);
	if (burden->school_count > SCHOOLS_SHOWN)
		puts("  …");
	putchar('\n');
	print_line(reckoning, text_from(say(command, "合计", "All")), &burden->total);
	if (command->chinese)
		printf("学生 %llu 名，登记的表每名学生都填；每格 %u 秒。与同学期另一张表重复的登记表：%llu 张。"
		       "因重复而退回的表：%llu 张，免填 %llu 格。\n",
		    (unsigned long long)burden->students, reckoning->forms->terms->seconds,
		    (unsigned long long)burden->total.flagged, (unsigned long long)burden->total.refused,
		    (unsigned long long)burden->total.refused_cells);
	else
		printf(
		    "%llu students, of each of whom a registered form asks; %u s a cell. Registered forms that ask the "
		    "same as another of their term: %llu. Refused for that: %llu, which would have asked %llu cells.\n",
		    (unsigned long long)burden->students, reckoning->forms->terms->seconds,
		    (unsigned long long)burden->total.flagged, (unsigned long long)burden->total.refused,
		    (unsigned long long)burden->total.refused_cells);
}

/* ---- JSON ---- */

static void
key(struct buffer *out, const char *before, const char *name, struct text value)
{
	buffer_format(out, "%s\"%s\":", before, name);
	buffer_json_string(out, value);
}

static void
json_sum(struct buffer *out, const struct reckoning *reckoning, const struct burden_sum *sum)
{
	buffer_format(out,
	    "\"forms\":%llu,\"flagged\":%llu,\"classes\":%llu,\"asked\":%llu,\"filled\":%llu,\"left\":%llu,"
	    "\"hours_saved\":%.1f,\"refused\":%llu,\"refused_cells\":%llu",
	    (unsigned long long)sum->forms, (unsigned long long)sum->flagged, (unsigned long long)sum->classes,
	    (unsigned long long)sum->asked, (unsigned long long)sum->filled, (unsigned long long)sum->left,
	    hours(reckoning, sum->filled), (unsigned long long)sum->refused, (unsigned long long)sum->refused_cells);
}

/* The registered forms that ask the same, ${between} them. */
static void
put_duplicates(struct buffer *out, const struct reckoning *reckoning, const struct burden_form *form,
    const char *between, bool json)
{
	const struct calendar *calendar = &reckoning->forms->calendar;
	bool first = true;

	for (size_t i = 0; form->registered != NULL && i < calendar->count; i++) {
		if (!reckoning->asked[form->index].duplicates[i])
			continue;
		buffer_string(out, first ? "" : between);
		if (json)
			buffer_json_string(out, calendar->at[i].name);
		else
			buffer_text(out, calendar->at[i].name);
		first = false;
	}
}

static void
json_parts(struct buffer *out, const struct reckoning *reckoning, const char *list, const char *name,
    const struct burden_part *parts, size_t count, bool students)
{
	buffer_format(out, "],\n\"%s\":[", list);
	for (size_t i = 0; i < count; i++) {
		key(out, i == 0 ? "\n{" : ",\n{", name, parts[i].name);
		if (students)
			buffer_format(out, ",\"students\":%llu", (unsigned long long)parts[i].students);
		buffer_char(out, ',');
		json_sum(out, reckoning, &parts[i].sum);
		buffer_char(out, '}');
	}
}

static void
print_json(const struct reckoning *reckoning)
{
	const struct burden *burden = &reckoning->burden;
	struct buffer out;

	buffer_init(&out, SIZE_MAX / 4);
	key(&out, "{", "from", reckoning->input.from);
	key(&out, ",", "to", reckoning->input.to);
	buffer_format(&out, ",\"students\":%llu,\"seconds_a_cell\":%u,\"forms\":[",
	    (unsigned long long)burden->students, reckoning->forms->terms->seconds);
	for (size_t i = 0; i < burden->form_count; i++) {
		const struct burden_form *form = &burden->forms[i];
		bool registered = form->registered != NULL;

		key(&out, i == 0 ? "\n{" : ",\n{", "form", form->name);
		key(&out, ",", "department", registered ? form->registered->department : TEXT(""));
		key(&out, ",", "due", registered ? form->registered->due : TEXT(""));
		buffer_format(&out, ",\"registered\":%s,\"columns\":%zu,", registered ? "true" : "false", form->columns);
		json_sum(&out, reckoning, &form->sum);
		buffer_string(&out, ",\"duplicates\":[");
		put_duplicates(&out, reckoning, form, ",", true);
		buffer_string(&out, "]}");
	}
	json_parts(&out, reckoning, "departments", "department", burden->departments, burden->department_count, false);
	json_parts(&out, reckoning, "schools", "school_code", burden->schools, burden->school_count, true);
	buffer_string(&out, "],\n\"total\":{");
	json_sum(&out, reckoning, &burden->total);
	buffer_string(&out, "}}\n");
	if (!buffer_failed(&out))
		fwrite(out.at, 1, out.len, stdout);
	buffer_fini(&out);
}

/* ---- csv ---- */

static void
csv_sum(struct buffer *out, const struct reckoning *reckoning, const struct burden_sum *sum)
{
	buffer_format(out, ",%llu,%llu,%llu,%llu,%.1f,%llu,%llu", (unsigned long long)sum->classes,
	    (unsigned long long)sum->asked, (unsigned long long)sum->filled, (unsigned long long)sum->left,
	    hours(reckoning, sum->filled), (unsigned long long)sum->refused, (unsigned long long)sum->refused_cells);
}

static void
csv_forms(struct buffer *out, const struct reckoning *reckoning)
{
	const struct burden *burden = &reckoning->burden;
	struct buffer names;

	buffer_init(&names, SIZE_MAX / 4);
	buffer_string(out,
	    "\xEF\xBB\xBF"
	    "form,department,due,columns,classes,asked,filled,left,hours_saved,refused,refused_cells,duplicates\r\n");
	for (size_t i = 0; i < burden->form_count; i++) {
		const struct burden_form *form = &burden->forms[i];

		snapshot_cell(out, form->name);
		buffer_char(out, ',');
		if (form->registered != NULL)
			snapshot_cell(out, form->registered->department);
		buffer_char(out, ',');
		if (form->registered != NULL)
			buffer_text(out, form->registered->due);
		buffer_format(out, ",%zu", form->columns);
		csv_sum(out, reckoning, &form->sum);
		buffer_char(out, ',');
		buffer_clear(&names);
		put_duplicates(&names, reckoning, form, "; ", false);
		snapshot_cell(out, buffer_as_text(&names));
		buffer_string(out, "\r\n");
	}
	out->failed = out->failed || buffer_failed(&names);
	buffer_fini(&names);
}

static void
csv_parts(struct buffer *out, const struct reckoning *reckoning, const char *head, const struct burden_part *parts,
    size_t count, bool students)
{
	buffer_format(
	    out, "\xEF\xBB\xBF%s,forms,flagged,classes,asked,filled,left,hours_saved,refused,refused_cells\r\n", head);
	for (size_t i = 0; i < count; i++) {
		snapshot_cell(out, parts[i].name);
		if (students)
			buffer_format(out, ",%llu", (unsigned long long)parts[i].students);
		buffer_format(out, ",%llu,%llu", (unsigned long long)parts[i].sum.forms,
		    (unsigned long long)parts[i].sum.flagged);
		csv_sum(out, reckoning, &parts[i].sum);
		buffer_string(out, "\r\n");
	}
}

static int
save(const struct reckoning *reckoning, struct buffer *out, const char *name, struct err *err)
{
	char path[FILE_PATH_MAX];
	int result = -1;

	if (buffer_failed(out))
		err_set(err, ERR_RETRY, "out of memory for a table");
	else if (path_format(path, err, "%s/%s", reckoning->forms->command->out, name) == 0)
		result = file_write_all(path, out->at, out->len, err);
	buffer_clear(out);
	return result;
}

static int
write_csv(const struct reckoning *reckoning, struct err *err)
{
	const struct burden *burden = &reckoning->burden;
	struct buffer out;
	int result = file_make_folder(reckoning->forms->command->out, err);

	buffer_init(&out, SIZE_MAX / 4);
	if (result == 0) {
		csv_forms(&out, reckoning);
		result = save(reckoning, &out, "burden-forms.csv", err);
	}
	if (result == 0) {
		csv_parts(&out, reckoning, "department", burden->departments, burden->department_count, false);
		result = save(reckoning, &out, "burden-departments.csv", err);
	}
	if (result == 0) {
		csv_parts(&out, reckoning, "school_code,students", burden->schools, burden->school_count, true);
		result = save(reckoning, &out, "burden-schools.csv", err);
	}
	buffer_fini(&out);
	return result;
}

int
forms_burden(struct forms *forms)
{
	struct command *command = forms->command;
	struct reckoning reckoning = { .forms = forms };
	struct err err = { 0 };
	struct date day;
	int status = 0;

	if ((command->from != NULL && !day_parse(text_from(command->from), &day))
	    || (command->to != NULL && !day_parse(text_from(command->to), &day)))
		return misuse(command, say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	if (command->from != NULL)
		reckoning.input.from = text_from(command->from);
	if (command->to != NULL)
		reckoning.input.to = text_from(command->to);
	if (reckon(&reckoning, &err) != 0 || (command->out != NULL && write_csv(&reckoning, &err) != 0))
		status = fail(command, &err);
	else if (command->json)
		print_json(&reckoning);
	else
		print_text(&reckoning);
	reckoning_fini(&reckoning);
	return status;
}
