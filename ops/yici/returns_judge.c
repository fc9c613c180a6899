/*
 * returns_judge.c - see returns.h: whose row each is, and what its cells say beside what is held.
 */
#include "ops/yici/returns_judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "consumers/normalize/value.h"
#include "core/record/day.h"
#include "core/record/flat_json.h"
#include "ops/yici/correct.h"

#define SECONDS_A_DAY 86400

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_RETRY, "out of memory for returned forms");
}

/* ---- cells ---- */

struct judging {
	struct returns *returns;
	const struct returns_night *night;
	struct known_pupils known;
	struct match_pupil *pupils; /* of these: whom rows may mean */
	size_t *places;             /* where they stand among them */
	size_t pupil_count;
	struct match_index *index;
	struct said_list tonight;
	size_t room;
	struct arena arena; /* of the row at hand */
	struct buffer held, clean, says;
};

enum cell_says { SAYS_NOTHING, SAYS_SAME, SAYS_OTHER, SAYS_NEW, SAYS_WITHHELD, SAYS_REFUSED };

/* "2014.3", "201403", "2014年3月" of "2014-03-08" */
static bool
same_month(struct text said, struct text held)
{
	unsigned year = 0, month = 0;
	size_t digits = 0;

	for (size_t i = 0; i < said.len && digits < 6; i++) {
		if (said.at[i] < '0' || said.at[i] > '9')
			continue;
		if (digits++ < 4)
			year = year * 10 + (unsigned)(said.at[i] - '0');
		else
			month = month * 10 + (unsigned)(said.at[i] - '0');
	}
	return held.len >= 7 && digits > 4 && year == (unsigned)strtoul(held.at, NULL, 10)
	    && month == (unsigned)strtoul(held.at + 5, NULL, 10);
}

static bool
is_yes(struct text text)
{
	return manner_is_tick(text) || text_eq(text, TEXT("是")) || text_eq(text, TEXT("有"))
	    || text_eq(text, TEXT("1"));
}

/* What the cell says of a field itself: its value in judging->clean. */
static int
clean_value(struct judging *judging, const struct form_column *asked, struct text said, struct text companion,
    enum rule *rule, struct err *err)
{
	const struct dataset *dataset = judging->returns->forms.definitions.dataset;

	return value_clean(
	    dataset, &dataset->fields[asked->field], said, companion, judging->night->date, &judging->clean, rule, err);
}

/* A cell of ${file} beside what is held of the student with ${values}; what it says in ${*value}, valid until the next. */
static int
judge_cell(struct judging *judging, const struct returned_file *file, const struct judged_column *column,
    const struct text *values, struct text id, struct text said, struct text *value, enum rule *rule,
    enum cell_says *judged, struct err *err)
{
	const struct form_column *asked = column->asked;
	const struct dataset *dataset = judging->returns->forms.definitions.dataset;
	const struct form_mark *mark = file->marked ? &file->mark : NULL;
	uint64_t seed = judging->returns->forms.command->settings.seed_number;
	struct text held, companion = { "", 0 };
	int got;

	*value = said;
	*judged = SAYS_NOTHING;
	if (said.len == 0 || asked->use == FORM_NEVER || asked->use == FORM_REMARK
	    || (asked->use == FORM_DERIVED && asked->derive->from == FIELD_NONE)
	    || (mark != NULL && mark_has(mark, seed, id, asked->key, said)))
		return 0;
	if (asked->use == FORM_UNKNOWN) {
		*judged = column->sensitive != NULL ? SAYS_WITHHELD
		    : said.len > SAID_VALUE_MAX     ? SAYS_REFUSED
						    : SAYS_NEW;
		*rule = RULE_COUNT;
		return 0;
	}
	held = judged_held(column, values, judging->night->date, &judging->held);
	if (judged_derived(asked)) {
		if (held.len == 0)
			*judged = column->sensitive != NULL ? SAYS_WITHHELD : SAYS_NEW;
		else if (text_eq(held, said) || (column->manner.yes_no && is_yes(held) == is_yes(said)))
			*judged = SAYS_SAME;
		else if (mark != NULL
		    && mark->cell_count > 0) /* else it may be what we would have written in another manner */
			*judged = SAYS_OTHER;
		return 0;
	}
	if (asked->month_only && held.len > 0) {
		*judged = same_month(said, held) ? SAYS_SAME : SAYS_OTHER;
		return 0;
	}
	if (dataset->fields[asked->field].companion != FIELD_NONE)
		companion = values[dataset->fields[asked->field].companion];
	got = clean_value(judging, asked, said, companion.at != NULL ? companion : TEXT(""), rule, err);
	if (got < 0)
		return -1;
	*value = got == 0 ? said : buffer_as_text(&judging->clean);
	if (got == 0)
		*judged = SAYS_REFUSED;
	else if (mark != NULL && mark_has(mark, seed, id, asked->key, *value))
		*judged = SAYS_NOTHING;
	else if (held.len > 0)
		*judged = text_eq(held, *value) ? SAYS_SAME : SAYS_OTHER;
	else
		*judged = column->sensitive != NULL ? SAYS_WITHHELD : SAYS_NEW;
	return 0;
}

/* ---- rows ---- */

static struct text
keep(struct judging *judging, struct text text)
{
	return arena_text(&judging->returns->arena, text);
}

static int
add_said(struct judging *judging, const struct said *said, struct err *err)
{
	struct said_list *list = &judging->tonight;
	struct said *one;

	if (list->count == judging->room) {
		size_t room = judging->room == 0 ? 1024 : judging->room * 2;
		struct said *grown = realloc(list->at, room * sizeof(*grown));

		if (grown == NULL)
			return no_memory(err);
		list->at = grown;
		judging->room = room;
	}
	one = &list->at[list->count++];
	*one = *said;
	one->value = keep(judging, said->value);
	return one->value.at != NULL ? 0 : no_memory(err);
}

/* A cell that was not taken, told to who sent it. */
static void
tell_refused(struct judging *judging, const struct form_column *asked, enum rule rule)
{
	const struct forms *forms = &judging->returns->forms;
	struct buffer *says = &judging->says;

	buffer_string(says, says->len > 0 ? say(forms->command, "；", "; ") : "");
	buffer_text(says, asked->header);
	buffer_string(says, say(forms->command, "：", ": "));
	if (rule < RULE_COUNT && asked->use == FORM_FIELD)
		correct_say_rule(forms->definitions.dataset, forms->command->chinese,
		    &forms->definitions.dataset->fields[asked->field], rule, says);
	else
		buffer_string(says, say(forms->command, "内容过长", "too long"));
}

static int
judge_row(struct judging *judging, struct returned_file *file, const struct returned_table *table,
    const struct judged_column *columns, struct returned_row *row, const struct known_pupil *pupil, struct err *err)
{
	const struct forms *forms = &judging->returns->forms;
	const struct text *values = pupil_values(&pupil->pupil, forms->definitions.dataset, &judging->arena);
	struct said said = { .row = row->row_no,
		.owner = file->owner,
		.origin = file->origin,
		.day = text_from(judging->night->day),
		.run = text_from(judging->night->id),
		.form = file->form,
		.file = file->arrival.file,
		.sheet = table->sheet };

	if (values == NULL || !hex_parse(pupil->match.id, said.student, sizeof(said.student)))
		return no_memory(err);
	buffer_clear(&judging->says);
	for (size_t i = 0; i < table->form.count; i++) {
		const struct form_column *asked = &table->form.columns[i];
		enum rule rule = RULE_COUNT;
		enum cell_says judged;

		if (judge_cell(judging, file, &columns[i], values, pupil->match.id, row->cells[i].text, &said.value,
			&rule, &judged, err)
		    != 0)
			return -1;
		said.owner = table->owners != NULL ? table->owners[i] : file->owner;
		said.form = table->forms != NULL ? table->forms[i] : file->form;
		said.key = asked->key;
		said.header = asked->header;
		said.field = asked->use == FORM_FIELD ? forms->definitions.dataset->fields[asked->field].name
		    : asked->use == FORM_DERIVED      ? asked->derive->name
						      : (struct text){ "", 0 };
		said.kind = judged == SAYS_NEW ? SAID_ANSWER : judged == SAYS_OTHER ? SAID_DIFFERENCE : SAID_AGREES;
		file->answers += judged == SAYS_NEW;
		file->differences += judged == SAYS_OTHER;
		file->withheld += judged == SAYS_WITHHELD;
		file->refused_cells += judged == SAYS_REFUSED;
		if (judged == SAYS_REFUSED)
			tell_refused(judging, asked, rule);
		else if ((judged == SAYS_NEW || judged == SAYS_OTHER || judged == SAYS_SAME)
		    && add_said(judging, &said, err) != 0)
			return -1;
	}
	if (judging->says.len > 0) {
		row->says = keep(judging, buffer_as_text(&judging->says));
		if (row->says.at == NULL)
			return no_memory(err);
	}
	return 0;
}

/* What the row says of who it is about. */
static int
read_person(struct judging *judging, const struct returned_table *table, const struct returned_row *row,
    struct match_row *match, struct err *err)
{
	const struct dataset *dataset = judging->returns->forms.definitions.dataset;
	struct match_cell *cells = arena_take(&judging->arena, (table->form.count + 1) * sizeof(*cells));

	if (cells == NULL)
		return no_memory(err);
	match->cells = cells;
	for (size_t i = 0; i < table->form.count; i++) {
		const struct form_column *asked = &table->form.columns[i];
		struct text said = row->cells[i].text;
		enum rule rule;

		if (said.len == 0)
			continue;
		cells[match->cell_count++] = (struct match_cell){ asked->key, said };
		for (unsigned by = 0; by < MATCH_BYS; by++) {
			uint16_t field = match_field(dataset, (enum match_by)by);
			int got;

			if (asked->use != FORM_FIELD || asked->month_only || asked->whether || field != asked->field
			    || field == FIELD_NONE || match->says[by].len > 0)
				continue;
			got = clean_value(judging, asked, said, TEXT(""), &rule, err);
			if (got < 0)
				return -1;
			if (got == 1)
				match->says[by] = arena_text(&judging->arena, buffer_as_text(&judging->clean));
		}
	}
	return 0;
}

static const char *
why_nobody(const struct command *command, enum match_result result)
{
	static const char *const zh[MATCH_RESULTS] = { "", "没有这个学生：号码、姓名与班级都对不上",
		"有两名以上学生相符，请补上证件号、学籍号或出生日期", "号码与姓名不是同一名学生的，请核对",
		"只有姓名，不能确定是谁，请补上证件号、学籍号、出生日期或学校班级", "没有姓名，也没有号码" };
	static const char *const en[MATCH_RESULTS] = { "",
		"There is no such pupil: neither number nor name and class fit",
		"Two pupils or more fit: add the id number, student number or birth date",
		"The numbers and the name are of different pupils",
		"A name alone says not who it is: add a number, the birth date, or school and class",
		"There is neither a name nor a number" };

	return say(command, zh[result], en[result]);
}

/* Rows of one file with the pupil that each means. */
struct meant {
	struct returned_row *row;
	const struct returned_table *table;
	size_t pupil;
};

static int
by_pupil(const void *a, const void *b)
{
	const struct meant *x = a, *y = b;

	return (x->pupil > y->pupil) - (x->pupil < y->pupil);
}

static bool
same_cells(const struct meant *a, const struct meant *b)
{
	if (a->table->form.count != b->table->form.count)
		return false;
	for (size_t i = 0; i < a->table->form.count; i++) {
		const struct form_column *asked = &a->table->form.columns[i];

		if (!(asked->use == FORM_DERIVED && asked->derive->from == FIELD_NONE)
		    && !text_eq(a->row->cells[i].text, b->row->cells[i].text))
			return false;
	}
	return true;
}

/* Of two rows that mean one pupil and say different things neither counts. */
static void
reject_twice(struct judging *judging, struct meant *meant, size_t count)
{
	const struct command *command = judging->returns->forms.command;

	if (count > 1)
		qsort(meant, count, sizeof(*meant), by_pupil);
	for (size_t i = 0, end; i < count; i = end) {
		bool same = true;

		for (end = i + 1; end < count && meant[end].pupil == meant[i].pupil; end++)
			same = same && same_cells(&meant[i], &meant[end]);
		for (size_t k = i; k < end && !same; k++) {
			meant[k].row->rejected = true;
			meant[k].row->says = text_from(say(command, "同一名学生在本文件中出现两次，内容不同",
			    "This pupil stands in the file twice, with different cells"));
		}
	}
}

static int
find_rows(struct judging *judging, struct returned_file *file, struct meant *meant, size_t *count, struct err *err)
{
	for (size_t t = 0; t < file->table_count; t++) {
		const struct returned_table *table = &file->tables[t];

		for (size_t i = 0; i < table->count; i++) {
			struct match_row match = { .mark = file->marked ? &file->mark : NULL,
				.seed = judging->returns->forms.command->settings.seed_number };
			struct returned_row *row = &table->rows[i];
			enum match_result result;

			if (row->rejected)
				continue;
			arena_reset(&judging->arena);
			if (read_person(judging, table, row, &match, err) != 0)
				return -1;
			result = match_find(judging->index, &match, &meant[*count].pupil);
			if (result == MATCH_ONE) {
				meant[*count].row = row;
				meant[(*count)++].table = table;
				continue;
			}
			row->rejected = true;
			row->says = text_from(why_nobody(judging->returns->forms.command, result));
		}
	}
	return 0;
}

static int
judge_file(struct judging *judging, struct returned_file *file, struct err *err)
{
	size_t rows = 0, columns_max = 0, count = 0;
	struct judged_column *columns = NULL;
	struct meant *meant;
	int result;

	for (size_t t = 0; t < file->table_count; t++) {
		rows += file->tables[t].count;
		columns_max = file->tables[t].form.count > columns_max ? file->tables[t].form.count : columns_max;
	}
	meant = calloc(rows + 1, sizeof(*meant));
	columns = calloc(columns_max + 1, sizeof(*columns));
	result = meant == NULL || columns == NULL ? no_memory(err) : find_rows(judging, file, meant, &count, err);
	if (result == 0 && !file->gaps)
		reject_twice(judging, meant, count);
	for (size_t t = 0; t < file->table_count && result == 0; t++) {
		const struct returned_table *table = &file->tables[t];

		for (size_t i = 0; i < table->form.count; i++)
			judged_column_init(&columns[i], &table->form.columns[i], &judging->returns->forms);
		for (size_t i = 0; i < count && result == 0; i++) {
			if (meant[i].table != table || meant[i].row->rejected)
				continue;
			arena_reset(&judging->arena);
			result = judge_row(judging, file, table, columns, meant[i].row,
			    &judging->known.at[judging->places[meant[i].pupil]], err);
		}
		for (size_t i = 0; i < table->count; i++)
			file->rejected += table->rows[i].rejected;
	}
	free(meant);
	free(columns);
	return result;
}

/* ---- who is wanted ---- */

static int
want_row(struct judging *judging, struct wanted *wanted, const struct returned_table *table,
    const struct returned_row *row, struct err *err)
{
	struct match_row match = { 0 };

	arena_reset(&judging->arena);
	if (read_person(judging, table, row, &match, err) != 0)
		return -1;
	return wanted_add(wanted, MATCH_ID_NO, match.says[MATCH_ID_NO], err) != 0
		|| wanted_add(wanted, MATCH_STUDENT_NO, match.says[MATCH_STUDENT_NO], err) != 0
		|| wanted_add(wanted, MATCH_NAME, match.says[MATCH_NAME], err) != 0
	    ? -1
	    : 0;
}

static int
want_all(struct judging *judging, struct wanted *wanted, struct err *err)
{
	const struct returns *returns = judging->returns;
	char hex[2 * SAID_ID_BYTES + 1];

	for (size_t i = 0; i < returns->older.count; i++) {
		hex_of(returns->older.at[i].student, SAID_ID_BYTES, hex);
		if (wanted_add(wanted, WANTED_ID, text_from(hex), err) != 0)
			return -1;
	}
	for (size_t i = 0; i < returns->count; i++) {
		const struct returned_file *file = &returns->at[i];

		if (file->marked && wanted_add(wanted, WANTED_WHOSE, file->mark.whose, err) != 0)
			return -1;
		for (size_t t = 0; t < file->table_count; t++) {
			wanted->rows = true;
			for (size_t k = 0; k < file->tables[t].count; k++) {
				if (want_row(judging, wanted, &file->tables[t], &file->tables[t].rows[k], err) != 0)
					return -1;
			}
		}
	}
	return 0;
}

static int
by_student(const void *a, const void *b)
{
	return memcmp(a, b, STUDENT_ID_BYTES);
}

/* What was said of students who were merged into others is said of these. */
static void
follow_students(struct said_list *list, const struct returns_night *night)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct retired *next = NULL;

		do {
			next = NULL;
			for (size_t k = 0; k < ARRAY_LEN(night->retired) && next == NULL; k++) {
				if (night->retired_count[k] > 0)
					next = bsearch(list->at[i].student, night->retired[k], night->retired_count[k],
					    sizeof(*next), by_student);
			}
			if (next != NULL)
				memcpy(list->at[i].student, next->into, sizeof(list->at[i].student));
		} while (next != NULL);
	}
}

static int
load_known(struct judging *judging, struct err *err)
{
	struct wanted wanted = { 0 };
	int result = want_all(judging, &wanted, err);

	if (result == 0)
		result = known_pupils_load(&judging->known, judging->night->students,
		    judging->returns->forms.definitions.dataset, &wanted, err);
	free(wanted.at);
	if (result != 0)
		return -1;
	judging->pupils = calloc(judging->known.count + 1, sizeof(*judging->pupils));
	judging->places = calloc(judging->known.count + 1, sizeof(*judging->places));
	if (judging->pupils == NULL || judging->places == NULL)
		return no_memory(err);
	for (size_t i = 0; i < judging->known.count; i++) {
		if (judging->known.at[i].gone)
			continue;
		judging->places[judging->pupil_count] = i;
		judging->pupils[judging->pupil_count++] = judging->known.at[i].match;
	}
	judging->index = match_new(judging->pupils, judging->pupil_count);
	return judging->index != NULL ? 0 : no_memory(err);
}

/* ---- differences that are none any more ---- */

/* What the dataset holds by now of what the entry is about. */
static struct text
held_now(struct judging *judging, const struct said *said)
{
	const struct known_pupil *pupil = known_pupil(&judging->known, said->student);

	arena_reset(&judging->arena);
	return pupil == NULL || said->field.len == 0
	    ? (struct text){ "", 0 }
	    : said_held(said, &judging->returns->forms, pupil, judging->night->date, &judging->arena, &judging->held);
}

/*
 * A difference is over once the dataset says the same. An answer to what the dataset has a field for is over once the dataset says anything; where
 * that is something else it is a difference from then on.
 */
static void
drop_settled(struct judging *judging, struct said_list *list)
{
	const struct dataset *dataset = judging->returns->forms.definitions.dataset;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct said *said = &list->at[i];
		struct text held = held_now(judging, said);
		bool same = text_eq(held, said->value)
		    || (held.len >= 7 && said->value.len < held.len && same_month(said->value, held));

		if (held.len > 0 && same)
			continue;
		if (held.len > 0 && said->kind == SAID_ANSWER) {
			if (dataset_field(dataset, said->field) == NULL)
				continue;
			said->kind = SAID_DIFFERENCE;
		}
		list->at[kept++] = *said;
	}
	list->count = kept;
	said_sort(list);
}

/* ---- the night ---- */

static int
save(struct returns *returns, const struct returns_night *night, struct err *err)
{
	char path[FILE_PATH_MAX], hex[65];

	for (size_t i = 0; i < returns->count; i++) {
		const struct returned_file *file = &returns->at[i];

		if (file->table_count == 0 || file->refusal.len > 0)
			continue;
		sha256_hex(&file->sha256, hex);
		buffer_format(&returns->taken, "%s\t%s\n", hex, night->id);
	}
	if (buffer_failed(&returns->taken))
		return no_memory(err);
	if (path_format(path, err, "%s/" SAID_FILE, night->generation) != 0 || said_save(&returns->list, path, err) != 0
	    || path_format(path, err, "%s/" RETURNS_TAKEN, night->generation) != 0)
		return -1;
	return file_write_all(path, returns->taken.at, returns->taken.len, err);
}

static int
judge_all(struct judging *judging, struct err *err)
{
	struct returns *returns = judging->returns;
	const struct returns_night *night = judging->night;
	int32_t fresh = day_of(night->date) - (int32_t)returns->forms.command->settings.forms_fresh_days;
	struct said_decisions decisions = { 0 };
	char fresh_from[11];
	int result;

	follow_students(&returns->older, night);
	result = load_known(judging, err);
	day_write(day_date(fresh), fresh_from);
	for (size_t i = 0; i < returns->count && result == 0; i++) {
		if (returns->at[i].refusal.len == 0)
			result = judge_file(judging, &returns->at[i], err);
	}
	if (result == 0)
		result = said_merge(
		    &returns->older, &judging->tonight, text_from(fresh_from), &returns->arena, &returns->list, err);
	if (result != 0)
		return -1;
	drop_settled(judging, &returns->list);
	result = said_decisions_read(&decisions, night->log, err);
	if (result == 0)
		result = returns_say(returns, night, &judging->known, &decisions, err);
	said_decisions_free(&decisions);
	return result;
}

int
returns_publish(struct returns *returns, const struct returns_night *night, struct err *err)
{
	struct judging judging = { .returns = returns, .night = night };
	int result = 0;

	if (returns->count == 0 && returns->older.count == 0 && returns->taken.len == 0)
		return 0;
	arena_init(&judging.arena, (size_t)256 << 20);
	buffer_init(&judging.held, 1 << 20);
	buffer_init(&judging.clean, 1 << 20);
	buffer_init(&judging.says, 1 << 20);
	if (returns->open)
		result = judge_all(&judging, err);
	else /* it could not be looked at tonight */
		returns->list = returns->older;
	if (result == 0)
		result = save(returns, night, err);
	match_free(judging.index);
	free(judging.pupils);
	free(judging.places);
	free(judging.tonight.at);
	known_pupils_free(&judging.known);
	buffer_fini(&judging.held);
	buffer_fini(&judging.clean);
	buffer_fini(&judging.says);
	arena_fini(&judging.arena);
	return result;
}
