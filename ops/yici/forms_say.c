/*
 * forms_say.c - what `yici forms` says of a form: a table for people, one JSON object for programs.
 */
#include <stdio.h>

#include "ops/yici/forms.h"
#include "producers/collect/inspect.h"

#define HEADER_WIDTH_MAX 30

#define PLACE_MAX 24

static const char *
state_words(const struct command *command, enum asked_state state)
{
	static const char *const zh[ASKED_STATES] = { "已有", "可推出", "敏感", "新增" };

	return say(command, zh[state], asked_state_name(state));
}

/* "A", "B" … "AA" as in a spreadsheet */
static struct text
letters(size_t column, char out[8])
{
	size_t at = 8;

	for (column++; column > 0 && at > 0; column = (column - 1) / 26)
		out[--at] = (char)('A' + (column - 1) % 26);
	return (struct text){ out + at, 8 - at };
}

/* "AB" of a column of a table; of a page's label its cell, "A2". */
static struct text
place_of(const struct form_column *column, char out[PLACE_MAX])
{
	char word[8];
	struct text place = letters(column->column, word);
	int len = snprintf(out, PLACE_MAX, "%.*s", (int)place.len, place.at);

	if (column->row > 0)
		len += snprintf(out + len, (size_t)(PLACE_MAX - len), "%u", column->row);
	return (struct text){ out, (size_t)len };
}

void
forms_print(struct text text, size_t width)
{
	size_t took = 0;

	for (size_t pos = 0; pos < text.len;) {
		size_t at = pos, wide;
		uint32_t cp = text_next(text, &pos);
		struct text one = { text.at + at, pos - at };

		wide = inspect_width(one);
		if (took + wide > width)
			break;
		if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
			putchar(' ');
		else
			fwrite(one.at, 1, one.len, stdout);
		took += cp < 0x20 ? 1 : wide;
	}
	for (; took < width; took++)
		putchar(' ');
}

static void
print_text(struct text text)
{
	forms_print(text, inspect_width(text));
}

/* What a column is about: the field, or what follows from it. */
static struct text
about(const struct forms *forms, const struct form_column *column)
{
	bool chinese = forms->command->chinese;

	if (column->use == FORM_FIELD)
		return chinese ? forms->definitions.dataset->fields[column->field].zh
			       : forms->definitions.dataset->fields[column->field].en;
	if (column->use == FORM_DERIVED)
		return chinese ? column->derive->zh : column->derive->en;
	return (struct text){ "", 0 };
}

static bool
delivers(const struct form_source *source, uint16_t field)
{
	return field != FIELD_NONE && source->delivers[field];
}

/* The most trusted of those that deliver the field, and how many others do. */
static void
print_sources(const struct forms *forms, uint16_t field)
{
	const struct form_source *first = NULL;
	size_t others = 0;

	for (size_t i = 0; i < forms->source_count; i++) {
		if (!delivers(&forms->sources[i], field))
			continue;
		if (first == NULL)
			first = &forms->sources[i];
		else
			others++;
	}
	if (first == NULL)
		return;
	printf("%s %.*s %s", say(forms->command, "来源", "from"), (int)first->source->name.len, first->source->name.at,
	    first->as_of);
	if (others > 0)
		printf(" + %zu", others);
}

static void
print_names(const struct calendar *calendar, const uint8_t *which, const char *between)
{
	bool first = true;

	for (size_t i = 0; i < calendar->count; i++) {
		if (!which[i])
			continue;
		if (!first)
			fputs(between, stdout);
		print_text(calendar->at[i].name);
		first = false;
	}
}

static bool
any(const uint8_t *which, size_t count)
{
	return count > 0 && memchr(which, 1, count) != NULL;
}

static void
print_why(const struct forms *forms, const struct form_column *column, const struct asked_answer *answer)
{
	const struct command *command = forms->command;
	const char *between = say(command, "；", "; ");

	if (column->use == FORM_NEVER)
		fputs(say(command, "不得收集", "nobody may collect this"), stdout);
	else if (column->use == FORM_REMARK)
		fputs(say(command, "备注、签名一类", "a remark or a signature"), stdout);
	else if (column->use == FORM_DERIVED && answer->field == FIELD_NONE)
		fputs(say(command, "自动编号", "numbered by itself"), stdout);
	else if (answer->own_form.len > 0) {
		printf(
		    "%.1f %% %s ", answer->percent, say(command, "已由返回的表填过：", "answered by returned forms:"));
		print_text(answer->own_form);
		printf(" %.*s", (int)answer->own_day.len, answer->own_day.at);
	} else if (answer->held) {
		printf("%.1f %% ", answer->percent);
		print_sources(forms, answer->field);
	} else if (answer->field != FIELD_NONE)
		printf("%s %.1f %%", say(command, "有此字段，现有", "a known field, held of"), answer->percent);
	else
		fputs(say(command, "没有这个字段", "no field of the dataset"), stdout);
	if (answer->sensitive != NULL) {
		struct text kind = command->chinese ? answer->sensitive->zh : answer->sensitive->en;

		printf("%s%s%.*s", between, say(command, "须经授权：", "needs a grant: "), (int)kind.len, kind.at);
	}
	if (any(answer->others, forms->calendar.count)) {
		printf("%s%s", between, say(command, "已登记的表也问：", "also asked by "));
		print_names(&forms->calendar, answer->others, say(command, "、", ", "));
	}
}

static void
say_text(const struct forms *forms, const struct form_file *file, const struct asked *asked, const char *path)
{
	const struct command *command = forms->command;
	struct asked_cost cost = asked_cost(asked, forms->terms, &forms->census);
	size_t width = 8, about_width = 8;
	char out[PLACE_MAX];

	for (size_t i = 0; i < file->form.count; i++) {
		size_t header = inspect_width(file->form.columns[i].header);
		size_t field = inspect_width(about(forms, &file->form.columns[i]));

		width = header > width ? header : width;
		about_width = field > about_width ? field : about_width;
	}
	width = width > HEADER_WIDTH_MAX ? HEADER_WIDTH_MAX : width;
	about_width = about_width > HEADER_WIDTH_MAX ? HEADER_WIDTH_MAX : about_width;
	printf("%s\n  %s %zu  ", path, say(command, "工作表", "sheet"), file->sheet + 1);
	print_text(file->sheets[file->sheet].name);
	if (file->page)
		printf("  %s\n", say(command, "一人一页", "a page a person"));
	else
		printf("  %s %u-%u\n", say(command, "表头行", "header rows"), file->layout.header_first,
		    file->layout.header_last);
	for (size_t i = 0; i < file->form.count; i++) {
		const struct form_column *column = &file->form.columns[i];

		fputs("  ", stdout);
		forms_print(place_of(column, out), file->page ? 6 : 4);
		forms_print(column->header, width + 2);
		forms_print(text_from(state_words(command, asked->answers[i].state)), command->chinese ? 8 : 11);
		forms_print(about(forms, column), about_width + 2);
		print_why(forms, column, &asked->answers[i]);
		putchar('\n');
	}
	if (command->chinese)
		printf("\n%zu 列中已有 %zu 列（其中敏感 %zu 列，须经授权才能给出）", asked->count, asked->held,
		    asked->sensitive_held);
	else
		printf("\n%zu of %zu columns are held (%zu of these are sensitive and need a grant)", asked->held,
		    asked->count, asked->sensitive_held);
	if (asked->duplicate_count > 0) {
		fputs(say(command, "：本表与已登记的 ", ": this collection duplicates "), stdout);
		print_names(&forms->calendar, asked->duplicates, say(command, "、", ", "));
		fputs(say(command, " 重复。", "."), stdout);
	} else if (asked->duplicate)
		fputs(say(command, "：本表重复收集已有的数据。", ": this collection asks for what is held."), stdout);
	else
		fputs(say(command, "：没有重复。", ": nothing is asked twice."), stdout);
	printf("\n%s", say(command, "费用：", "Cost: "));
	if (command->chinese)
		printf("%llu 个班 × 每班 %llu 行 × 新增 %zu 格 × %u 秒 = %llu 格、%.1f 小时；免填 %llu 格。\n",
		    (unsigned long long)cost.classes, (unsigned long long)cost.rows, asked->new_asks,
		    forms->terms->seconds, (unsigned long long)cost.cells, (double)cost.seconds / 3600,
		    (unsigned long long)cost.spared);
	else
		printf("%llu classes x %llu rows x %zu new cells x %u s = %llu cells, %.1f hours; %llu cells are "
		       "spared.\n",
		    (unsigned long long)cost.classes, (unsigned long long)cost.rows, asked->new_asks,
		    forms->terms->seconds, (unsigned long long)cost.cells, (double)cost.seconds / 3600,
		    (unsigned long long)cost.spared);
	if (forms->census.students == 0)
		puts(say(command, "（还没有汇总过数据：按 1 个班估算，一切都算新增。）",
		    "(No run yet: reckoned for one class, and all is new.)"));
}

/* ---- JSON ---- */

static void
key(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, "\"%s\":", name);
	buffer_json_string(out, value);
}

static void
json_names(struct buffer *out, const char *name, const struct calendar *calendar, const uint8_t *which)
{
	const char *between = "";

	buffer_format(out, ",\"%s\":[", name);
	for (size_t i = 0; i < calendar->count; i++) {
		if (!which[i])
			continue;
		buffer_string(out, between);
		buffer_json_string(out, calendar->at[i].name);
		between = ",";
	}
	buffer_char(out, ']');
}

static void
json_column(
    struct buffer *out, const struct forms *forms, const struct form_column *column, const struct asked_answer *answer)
{
	const char *between = "";
	char at[PLACE_MAX];

	buffer_char(out, '{');
	key(out, "column", place_of(column, at));
	buffer_char(out, ',');
	key(out, "header", column->header);
	buffer_format(out, ",\"state\":\"%s\",", asked_state_name(answer->state));
	key(out, "field",
	    answer->field == FIELD_NONE ? TEXT("") : forms->definitions.dataset->fields[answer->field].name);
	json_names(out, "also_asked_by", &forms->calendar, answer->others);
	buffer_format(out, ",\"held\":%s,\"percent\":%.1f", answer->held ? "true" : "false", answer->percent);
	if (column->use == FORM_DERIVED) {
		buffer_char(out, ',');
		key(out, "derive", column->derive->name);
	}
	if (answer->sensitive != NULL) {
		buffer_char(out, ',');
		key(out, "sensitive", answer->sensitive->name);
	}
	if (column->use == FORM_NEVER)
		buffer_string(out, ",\"never\":true");
	buffer_format(out, ",\"repeats\":%s,\"sources\":[", answer->repeats ? "true" : "false");
	for (size_t i = 0; i < forms->source_count; i++) {
		if (!delivers(&forms->sources[i], answer->field))
			continue;
		buffer_format(out, "%s{", between);
		key(out, "source", forms->sources[i].source->name);
		buffer_char(out, ',');
		key(out, "as_of", text_from(forms->sources[i].as_of));
		buffer_char(out, '}');
		between = ",";
	}
	if (answer->own_form.len > 0) {
		buffer_format(out, "%s{", between);
		buffer_string(out, "\"source\":\"forms\",");
		key(out, "form", answer->own_form);
		buffer_char(out, ',');
		key(out, "as_of", answer->own_day);
		buffer_char(out, '}');
	}
	buffer_string(out, "]}");
}

static void
say_json(const struct forms *forms, const struct form_file *file, const struct asked *asked, const char *path)
{
	struct asked_cost cost = asked_cost(asked, forms->terms, &forms->census);
	struct buffer out;

	buffer_init(&out, SIZE_MAX / 4);
	buffer_char(&out, '{');
	key(&out, "form", forms_name(path));
	buffer_char(&out, ',');
	key(&out, "sheet", file->sheets[file->sheet].name);
	buffer_format(
	    &out, ",\"header\":{\"first\":%u,\"last\":%u}", file->layout.header_first, file->layout.header_last);
	buffer_string(&out, ",\"columns\":[");
	for (size_t i = 0; i < file->form.count; i++) {
		buffer_string(&out, i == 0 ? "" : ",");
		json_column(&out, forms, &file->form.columns[i], &asked->answers[i]);
	}
	buffer_char(&out, ']');
	json_names(&out, "duplicates", &forms->calendar, asked->duplicates);
	buffer_format(&out, ",\"duplicate\":%s,\"held\":%zu,\"sensitive\":%zu,\"new\":%zu",
	    asked->duplicate ? "true" : "false", asked->held, asked->sensitive, asked->new_asks);
	buffer_format(&out,
	    ",\"cost\":{\"classes\":%llu,\"rows\":%llu,\"new_cells\":%zu,\"seconds_a_cell\":%u,\"cells\":%llu,"
	    "\"seconds\":%llu,\"spared\":%llu}}",
	    (unsigned long long)cost.classes, (unsigned long long)cost.rows, asked->new_asks, forms->terms->seconds,
	    (unsigned long long)cost.cells, (unsigned long long)cost.seconds, (unsigned long long)cost.spared);
	if (!buffer_failed(&out))
		printf("%.*s\n", (int)out.len, out.at);
	buffer_fini(&out);
}

void
forms_say(const struct forms *forms, const struct form_file *file, const struct asked *asked, const char *path)
{
	if (forms->command->json)
		say_json(forms, file, asked, path);
	else
		say_text(forms, file, asked, path);
}
