/*
 * normalize.c - a row through the cleaners of its columns; see normalize.h.
 *
 * normalizer_new() turns the binding into one plan a column: the cleaner of its field's type,
 * whether it leans on another field (then it comes after it), and for columns of codes a small
 * table of the cells met last, keyed by all their bytes (cells of up to 16), because a city has few
 * grades and fewer sexes. The answers do not depend on what is in that table.
 *
 * Clean cells are not copied: a value is the cell's own text. What had to be changed goes to a
 * scratch that is made large enough before the row is begun and never moves while it is used.
 */
#include "consumers/normalize/normalize.h"

#include <stdlib.h>

#include "consumers/normalize/cell.h"
#include "core/base/digest.h"

#define RAW_BYTES_MAX 4096 /* of a cell that could not be used, as it is kept */
#define CACHE_SLOTS 64
#define NO_SLOT UINT16_MAX

struct cached {
	uint64_t low, high;
	uint8_t len, kind; /* len 0: nothing here */
	uint8_t state, rule_count;
	uint16_t rules[2];
	struct text text;
};

struct plan {
	const struct field *field;
	cell_cleaner *clean;   /* NULL: no column; the value comes from another cell */
	struct cached *cached; /* NULL: not for this type */
	uint16_t column;
	uint16_t companion; /* slot */
	bool of_pupil;
	bool month_only;
	bool whether;
};

struct slot {
	struct text text;
	uint8_t state; /* enum cell_state */
	bool told;     /* an issue says why it is empty */
};

/* A value that a column's header says, beside its cells: 父亲姓名 says who that is. */
struct said {
	uint16_t slot, by; /* slots */
	struct text value;
};

struct agreed {
	const struct agreement *agreement;
	uint16_t field, with;
};

struct normalizer {
	const struct binding *binding;
	const struct dataset *dataset;
	uint64_t seed;
	struct plan *plans; /* fields rising */
	size_t plan_count;
	uint16_t *order; /* of plans with a column: those that lean on others last */
	size_t order_count;
	uint16_t *extra; /* slots of plans without a column */
	size_t extra_count;
	uint16_t *by_column; /* plan of a column */
	size_t columns;
	struct slot *slots;
	struct value *values;
	struct issue *issues;
	size_t issue_count, issues_max;
	struct agreed *agreed;
	size_t agreed_count;
	struct said *said;
	size_t said_count;
	uint64_t mark; /* behind the name */
	uint8_t *divisions;
	/* slots of the roles */
	uint16_t name, sex, birth, id_no, id_type, student_no, school_code, school_name, grade, class_name, updated_at,
	    status, card, kind, level;
	uint16_t derived; /* slot of the grade that a class carries */
	struct cell_work work;
	struct number_facts id, student, card_facts;
	struct normalized out;
	char folded[1024];
};

static cell_cleaner *const cleaners[FIELD_TYPES] = {
	[FIELD_TEXT] = text_clean,
	[FIELD_ADDRESS] = address_clean,
	[FIELD_NAME] = name_clean,
	[FIELD_ID_NO] = id_no_clean,
	[FIELD_STUDENT_NO] = student_no_clean,
	[FIELD_IDENTIFIER] = identifier_clean,
	[FIELD_SCHOOL_CODE] = school_code_clean,
	[FIELD_CODE] = code_clean,
	[FIELD_BOOL] = code_clean,
	[FIELD_DIVISION] = division_clean,
	[FIELD_DATE] = date_clean,
	[FIELD_MONTH] = month_clean,
	[FIELD_DATE_RANGE] = range_clean,
	[FIELD_DATETIME] = datetime_clean,
	[FIELD_NUMBER] = number_clean,
	[FIELD_PHONE] = phone_clean,
	[FIELD_POSTCODE] = postcode_clean,
	[FIELD_GRADE] = grade_clean,
	[FIELD_CLASS] = class_clean,
	[FIELD_DISABILITY_CARD] = card_clean,
	[FIELD_EMAIL] = email_clean,
};

/* The slot of ${field}; NO_SLOT when no column means it. */
static uint16_t
slot_of(const struct normalizer *normalizer, uint16_t field)
{
	for (size_t i = 0; field != FIELD_NONE && i < normalizer->plan_count; i++) {
		if (normalizer->plans[i].field->number == field)
			return (uint16_t)i;
	}
	return NO_SLOT;
}

static bool
leans(const struct plan *plan)
{
	enum field_type type = plan->field->type;

	return type == FIELD_ID_NO || type == FIELD_GRADE;
}

/* Whether a slot is to be there without a column of its own: the grade that a class carries, or
 * what a header says. */
static bool
is_extra(const struct binding *binding, uint16_t grade, uint16_t field)
{
	bool found = field == grade;

	for (size_t i = 0; !found && i < binding->implied_count; i++)
		found = binding->implied[i].field == field;
	for (size_t i = 0; found && i < binding->column_count; i++)
		found = binding->columns[i].field != field;
	return found;
}

/* One plan a bound column, and one for each field that others tell. */
static int
make_plans(struct normalizer *normalizer)
{
	const struct binding *binding = normalizer->binding;
	const struct dataset *dataset = normalizer->dataset;
	uint16_t grade = FIELD_NONE;

	normalizer->plans = calloc(binding->column_count + binding->implied_count + 1, sizeof(*normalizer->plans));
	if (normalizer->plans == NULL)
		return -1;
	for (size_t i = 0; i < binding->column_count; i++) {
		const struct field *field = &dataset->fields[binding->columns[i].field];

		if (field->type == FIELD_CLASS)
			grade = field->companion;
		if (binding->columns[i].column >= normalizer->columns)
			normalizer->columns = (size_t)binding->columns[i].column + 1;
	}
	for (size_t i = 0, next = 0; i <= binding->column_count; i++) {
		size_t until = i < binding->column_count ? binding->columns[i].field : dataset->field_count;
		const struct field *field;
		struct plan *plan;

		for (; next < until; next++) {
			if (is_extra(binding, grade, (uint16_t)next))
				normalizer->plans[normalizer->plan_count++] = (struct plan){
					.field = &dataset->fields[next], .column = UINT16_MAX, .companion = NO_SLOT
				};
		}
		if (i == binding->column_count)
			break;
		field = &dataset->fields[binding->columns[i].field];
		plan = &normalizer->plans[normalizer->plan_count++];
		*plan = (struct plan){
			.field = field,
			.clean = cleaners[field->type],
			.column = binding->columns[i].column,
			.companion = NO_SLOT,
			.of_pupil = field->number == dataset->roles.birth_date,
			.month_only = binding->columns[i].month_only,
			.whether = binding->columns[i].whether,
		};
		if (field->type == FIELD_CODE || field->type == FIELD_BOOL || field->type == FIELD_DIVISION
		    || field->type == FIELD_GRADE) {
			plan->cached = calloc(CACHE_SLOTS, sizeof(*plan->cached));
			if (plan->cached == NULL)
				return -1;
		}
	}
	return 0;
}

/* Which slot plays which part. */
static void
find_roles(struct normalizer *normalizer)
{
	const struct roles *roles = &normalizer->dataset->roles;
	const struct {
		uint16_t *slot;
		uint16_t field;
	} parts[] = {
		{ &normalizer->name, roles->name },
		{ &normalizer->sex, roles->sex },
		{ &normalizer->birth, roles->birth_date },
		{ &normalizer->id_no, roles->id_no },
		{ &normalizer->id_type, roles->id_type },
		{ &normalizer->student_no, roles->student_no },
		{ &normalizer->school_code, roles->school_code },
		{ &normalizer->school_name, roles->school_name },
		{ &normalizer->grade, roles->grade },
		{ &normalizer->class_name, roles->class_name },
		{ &normalizer->updated_at, roles->updated_at },
		{ &normalizer->status, roles->status },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		*parts[i].slot = slot_of(normalizer, parts[i].field);
	normalizer->card = normalizer->kind = normalizer->level = normalizer->derived = NO_SLOT;
	for (size_t i = 0; i < normalizer->plan_count; i++) {
		const struct field *field = normalizer->plans[i].field;

		normalizer->plans[i].companion = slot_of(normalizer, field->companion);
		if (field->type == FIELD_CLASS)
			normalizer->derived = normalizer->plans[i].companion;
		if (field->type == FIELD_DISABILITY_CARD && normalizer->card == NO_SLOT)
			normalizer->card = (uint16_t)i;
		if (field->type != FIELD_CODE || field->codes == NULL)
			continue;
		if (text_eq(codes_name(field->codes), TEXT("disability")) && normalizer->kind == NO_SLOT)
			normalizer->kind = (uint16_t)i;
		if (text_eq(codes_name(field->codes), TEXT("disability_level")) && normalizer->level == NO_SLOT)
			normalizer->level = (uint16_t)i;
	}
}

/* Independent cells first, then those that need a document's type or a birth date, then classes,
 * which need the grade. */
static void
make_order(struct normalizer *normalizer)
{
	size_t count = 0;

	for (int pass = 0; pass < 3; pass++) {
		for (size_t i = 0; i < normalizer->plan_count; i++) {
			const struct plan *plan = &normalizer->plans[i];
			int turn = plan->field->type == FIELD_CLASS ? 2 : leans(plan) ? 1 : 0;

			if (plan->clean != NULL && turn == pass)
				normalizer->order[count++] = (uint16_t)i;
		}
	}
	normalizer->order_count = count;
	for (size_t i = 0; i < normalizer->columns; i++)
		normalizer->by_column[i] = NO_SLOT;
	for (size_t i = 0; i < normalizer->plan_count; i++) {
		if (normalizer->plans[i].clean != NULL)
			normalizer->by_column[normalizer->plans[i].column] = (uint16_t)i;
		else
			normalizer->extra[normalizer->extra_count++] = (uint16_t)i;
	}
}

static void
set_division(uint8_t *divisions, uint64_t code)
{
	divisions[code / 8] = (uint8_t)(divisions[code / 8] | 1u << code % 8);
}

/* A bit for each division there is or was, from the dataset's own set. */
static int
make_divisions(struct normalizer *normalizer)
{
	const struct dataset *dataset = normalizer->dataset;
	const struct codes *codes = NULL;

	for (size_t i = 0; i < dataset->field_count; i++) {
		const struct field *field = &dataset->fields[i];

		if (field->codes == NULL)
			continue;
		if (field->type == FIELD_DIVISION && codes == NULL)
			codes = field->codes;
		if (text_eq(codes_name(field->codes), TEXT("school_category")))
			normalizer->work.school_kinds = field->codes;
	}
	if (codes == NULL)
		return 0;
	normalizer->divisions = calloc(1000000 / 8, 1);
	if (normalizer->divisions == NULL)
		return -1;
	for (size_t i = 0; i < codes_count(codes); i++) {
		uint64_t code;

		if (codes_at(codes, i)->code.len == 6 && text_to_u64(codes_at(codes, i)->code, &code))
			set_division(normalizer->divisions, code);
	}
	for (uint64_t region = 810000; region <= 830000; region += 10000)
		set_division(normalizer->divisions, region);
	normalizer->work.divisions = normalizer->divisions;
	return 0;
}

static int
make_agreed(struct normalizer *normalizer)
{
	const struct dataset *dataset = normalizer->dataset;

	normalizer->agreed = calloc(dataset->agreement_count + 1, sizeof(*normalizer->agreed));
	if (normalizer->agreed == NULL)
		return -1;
	for (size_t i = 0; i < dataset->agreement_count; i++) {
		const struct agreement *agreement = &dataset->agreements[i];
		uint16_t field = slot_of(normalizer, agreement->field), with = slot_of(normalizer, agreement->with);

		if (field != NO_SLOT && with != NO_SLOT)
			normalizer->agreed[normalizer->agreed_count++] = (struct agreed){ agreement, field, with };
	}
	return 0;
}

static int
make_said(struct normalizer *normalizer)
{
	const struct binding *binding = normalizer->binding;

	normalizer->said = calloc(binding->implied_count + 1, sizeof(*normalizer->said));
	if (normalizer->said == NULL)
		return -1;
	for (size_t i = 0; i < binding->implied_count; i++) {
		uint16_t slot = slot_of(normalizer, binding->implied[i].field),
			 by = slot_of(normalizer, binding->implied[i].by);

		if (slot != NO_SLOT && by != NO_SLOT)
			normalizer->said[normalizer->said_count++] = (struct said){ slot, by,
				binding->implied[i].value };
	}
	return 0;
}

struct normalizer *
normalizer_new(const struct binding *binding, struct date run_date, uint64_t seed)
{
	struct normalizer *normalizer = calloc(1, sizeof(*normalizer));

	if (normalizer == NULL)
		return NULL;
	normalizer->binding = binding;
	normalizer->dataset = binding->dataset;
	normalizer->seed = seed;
	normalizer->work = (struct cell_work){
		.source = binding->source,
		.run_date = run_date,
		.run_day = date_day(run_date.year, run_date.month, run_date.day),
		.date1904 = binding->date1904,
	};
	if (make_plans(normalizer) != 0)
		goto fail;
	normalizer->issues_max = normalizer->plan_count * (CELL_RULES_MAX + 1) + normalizer->dataset->agreement_count
	    + 32;
	normalizer->order = calloc(normalizer->plan_count + 1, sizeof(*normalizer->order));
	normalizer->extra = calloc(normalizer->plan_count + 1, sizeof(*normalizer->extra));
	normalizer->by_column = calloc(normalizer->columns + 1, sizeof(*normalizer->by_column));
	normalizer->slots = calloc(normalizer->plan_count + 1, sizeof(*normalizer->slots));
	normalizer->values = calloc(normalizer->plan_count + 1, sizeof(*normalizer->values));
	normalizer->issues = calloc(normalizer->issues_max, sizeof(*normalizer->issues));
	if (normalizer->order == NULL || normalizer->extra == NULL || normalizer->by_column == NULL
	    || normalizer->slots == NULL || normalizer->values == NULL || normalizer->issues == NULL
	    || make_divisions(normalizer) != 0)
		goto fail;
	find_roles(normalizer);
	make_order(normalizer);
	if (make_agreed(normalizer) != 0 || make_said(normalizer) != 0)
		goto fail;
	return normalizer;
fail:
	normalizer_free(normalizer);
	return NULL;
}

void
normalizer_free(struct normalizer *normalizer)
{
	if (normalizer == NULL)
		return;
	for (size_t i = 0; i < normalizer->plan_count; i++)
		free(normalizer->plans[i].cached);
	free(normalizer->plans);
	free(normalizer->order);
	free(normalizer->extra);
	free(normalizer->by_column);
	free(normalizer->slots);
	free(normalizer->values);
	free(normalizer->issues);
	free(normalizer->agreed);
	free(normalizer->said);
	free(normalizer->divisions);
	free(normalizer->work.scratch);
	free(normalizer);
}

/* ${text}, or as many whole characters of it as are kept of a cell that could not be used. */
static struct text
capped(struct text text)
{
	if (text.len > RAW_BYTES_MAX) {
		text.len = RAW_BYTES_MAX;
		while (text.len > 0 && ((unsigned char)text.at[text.len] & 0xC0) == 0x80)
			text.len--;
	}
	return text;
}

static struct text
cell_text(const struct plan *plan, const struct cell *cells, size_t count)
{
	return plan->column < count ? capped(cells[plan->column].text) : (struct text){ 0 };
}

/* Tell of a rule in a slot; an error takes the value away. */
static void
raise(struct normalizer *normalizer, size_t slot, enum rule rule, struct text raw)
{
	const struct plan *plan = &normalizer->plans[slot];
	enum severity severity = normalizer->dataset->rules[rule].severity;

	if (normalizer->issue_count == normalizer->issues_max)
		return;
	if (severity != SEVERITY_QUERY && normalizer->slots[slot].state == CELL_GOOD)
		normalizer->slots[slot].state = CELL_BAD;
	normalizer->slots[slot].told = true;
	normalizer->issues[normalizer->issue_count++] = (struct issue){
		.field = plan->field->number,
		.column = plan->column,
		.rule = (uint16_t)rule,
		.severity = (uint8_t)severity,
		.raw = raw,
	};
}

/* All bytes of a short text in two words. */
static void
two_words(struct text text, uint64_t *low, uint64_t *high)
{
	uint32_t a = 0, b = 0;

	*low = *high = 0;
	if (text.len >= 8) {
		memcpy(low, text.at, 8);
		memcpy(high, text.at + text.len - 8, 8);
	} else if (text.len >= 4) {
		memcpy(&a, text.at, 4);
		memcpy(&b, text.at + text.len - 4, 4);
		*low = a;
		*high = b;
	} else {
		memcpy(low, text.at, text.len);
	}
}

/* Whether ${text} lies in the cell or in the row's scratch, and so is gone with the row. */
static bool
passes(const struct cell_work *work, const struct cell *cell, struct text text)
{
	uintptr_t at = (uintptr_t)text.at;

	return text.len > 0
	    && ((at >= (uintptr_t)cell->text.at && at < (uintptr_t)cell->text.at + cell->text.len)
		|| (at >= (uintptr_t)work->scratch && at < (uintptr_t)work->scratch + work->size));
}

/* The cleaner's answer for a cell, from the table of the plan when it is there. */
static enum cell_state
ask(struct cell_work *work, const struct plan *plan, const struct cell *cell, struct text *out)
{
	struct cached *entry;
	uint64_t low, high;
	enum cell_state state;

	if (plan->cached == NULL || cell->text.len > 16)
		return plan->clean(work, plan->field, cell, out);
	two_words(cell->text, &low, &high);
	entry = &plan->cached[(low * 0x9E3779B97F4A7C15u ^ high * 0xC2B2AE3D27D4EB4Fu) >> 58];
	if (entry->low == low && entry->high == high && entry->len == cell->text.len && entry->kind == cell->kind) {
		*out = entry->text;
		work->rule_count = entry->rule_count;
		memcpy(work->rules, entry->rules, sizeof(entry->rules));
		return (enum cell_state)entry->state;
	}
	work->leaned = false;
	*out = (struct text){ 0 };
	state = plan->clean(work, plan->field, cell, out);
	if (!work->leaned && work->rule_count <= 2 && !(state == CELL_GOOD && passes(work, cell, *out))) {
		*entry = (struct cached){ low, high, (uint8_t)cell->text.len, (uint8_t)cell->kind, (uint8_t)state,
			(uint8_t)work->rule_count, { work->rules[0], work->rules[1] },
			state == CELL_GOOD ? *out : (struct text){ 0 } };
	}
	return state;
}

/* Bytes that begin a word for nothing or a spreadsheet's error; the rest of the cell decides. */
static bool
may_be_nothing(unsigned char first)
{
	static const bool begins[256] = { ['#'] = true,
		['N'] = true,
		['n'] = true,
		['u'] = true,
		['('] = true,
		['<'] = true,
		['\\'] = true,
		['-'] = true,
		['/'] = true,
		[' '] = true,
		[0xE2] = true,
		[0xE3] = true, /* 、 or a wide blank */
		[0xE6] = true, /* 无 */
		[0xEF] = true };

	return begins[first];
}

/* Whether 无 or a dash is one of the field's codes, or something its source told. */
static bool
means(const struct cell_work *work, const struct field *field, struct text text)
{
	bool ambiguous;

	return source_meaning(work->source, field, text).len > 0
	    || (field->codes != NULL && (codes_find(field->codes, text, &ambiguous) != NULL || ambiguous));
}

static bool
is_spreadsheet_error(struct text text)
{
	static const char *const errors[] = { "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!",
		"#SPILL!", "#CALC!", "#GETTING_DATA", "#FIELD!", "#BLOCKED!" };

	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		if (text_eq(text, text_from(errors[i])))
			return true;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '#')
			return false;
	}
	return text.len > 2;
}

/* Whether the cell says nothing, or an error: then ${*state} is set and a rule said, unless the
 * cell was left empty on purpose and may be. */
static bool
says_nothing(struct cell_work *work, const struct field *field, const struct cell *cell, enum cell_state *state)
{
	struct text text = text_trim(cell->text);

	if (cell->kind == CELL_ERROR || is_spreadsheet_error(text)) {
		*state = cell_bad(work, RULE_spreadsheet_error);
		return true;
	}
	if (text.len > 0 && cell_null(text)) {
		cell_say(work, RULE_null_literal);
		*state = CELL_EMPTY;
		return true;
	}
	if (cell_left(text) && !means(work, field, text)) {
		work->rule_count = 0;
		if (field->required)
			cell_say(work, RULE_null_literal);
		*state = CELL_EMPTY;
		return true;
	}
	return false;
}

/* What a cleaner must know of other cells of the row. */
static void
lean(struct normalizer *normalizer, const struct plan *plan)
{
	struct cell_work *work = &normalizer->work;
	const struct slot *companion = plan->companion != NO_SLOT ? &normalizer->slots[plan->companion] : NULL;
	const struct slot *birth = normalizer->birth != NO_SLOT ? &normalizer->slots[normalizer->birth] : NULL;

	work->of_pupil = plan->of_pupil;
	work->companion = companion != NULL && companion->state == CELL_GOOD ? companion->text : (struct text){ 0 };
	work->birth_year = 0;
	work->grades = NULL;
	if (plan->field->type == FIELD_CLASS && plan->field->companion != FIELD_NONE)
		work->grades = normalizer->dataset->fields[plan->field->companion].codes;
	if (birth != NULL && birth->state == CELL_GOOD && birth->text.len == 10) {
		for (int i = 0; i < 4; i++)
			work->birth_year = work->birth_year * 10 + (birth->text.at[i] - '0');
	}
}

/* Whether the cell may say nothing, or an error. */
static bool
unusual(const struct cell *cell)
{
	unsigned char first = (unsigned char)cell->text.at[0];

	return cell->kind == CELL_ERROR
	    || (may_be_nothing(first) && (first != 0xE6 || text_starts(cell->text, TEXT("无"))));
}

/* One cell into its slot. */
static void
clean_slot(struct normalizer *normalizer, size_t index, const struct cell *cell)
{
	const struct plan *plan = &normalizer->plans[index];
	struct slot *slot = &normalizer->slots[index];
	struct cell_work *work = &normalizer->work;
	enum cell_state state;

	work->rule_count = 0;
	work->month_only = plan->month_only;
	work->whether = plan->whether;
	work->mark = 0;
	if (plan->of_pupil || leans(plan) || plan->field->type == FIELD_CLASS)
		lean(normalizer, plan);
	if (!unusual(cell) || !says_nothing(work, plan->field, cell, &state))
		state = ask(work, plan, cell, &slot->text);
	/* what only shows once the cell is clean, behind an apostrophe or a zero-width character */
	if (state == CELL_GOOD && slot->text.at != cell->text.at && slot->text.len > 0
	    && may_be_nothing((unsigned char)slot->text.at[0])) {
		struct cell made = { slot->text, CELL_TEXT };

		(void)says_nothing(work, plan->field, &made, &state);
	}
	work->of_pupil = false;
	slot->state = (uint8_t)state;
	if (state == CELL_GOOD && slot->text.len == 0)
		slot->state = CELL_EMPTY;
	if (index == normalizer->name)
		normalizer->mark = work->mark;
	else if (index == normalizer->id_no && state == CELL_GOOD)
		normalizer->id = work->facts;
	else if (index == normalizer->student_no && state == CELL_GOOD)
		normalizer->student = work->facts;
	else if (index == normalizer->card && state == CELL_GOOD)
		normalizer->card_facts = work->facts;
	for (unsigned i = 0; i < work->rule_count; i++)
		raise(normalizer, index, (enum rule)work->rules[i], capped(cell->text));
}

static bool
good(const struct normalizer *normalizer, uint16_t slot)
{
	return slot != NO_SLOT && normalizer->slots[slot].state == CELL_GOOD;
}

/* The day of a value like 2014-09-01. */
static int32_t
value_day(struct text text)
{
	unsigned parts[3] = { 0 };

	for (size_t i = 0, part = 0; i < 10 && i < text.len; i++) {
		if (text.at[i] == '-')
			part++;
		else if (part < 3)
			parts[part] = parts[part] * 10 + (unsigned)(text.at[i] - '0');
	}
	return date_day((int)parts[0], parts[1], parts[2]);
}

/* The numbers against birth date, sex and one another. */
static void
compare_numbers(struct normalizer *normalizer, const struct cell *cells, size_t count)
{
	const struct plan *plans = normalizer->plans;
	uint16_t id = normalizer->id_no, student = normalizer->student_no, card = normalizer->card;
	bool id_known = good(normalizer, id) && normalizer->id.number != 0;
	bool student_known = good(normalizer, student);
	bool same = id_known && student_known && normalizer->student.number == normalizer->id.number;
	int32_t birth = 0;

	if (good(normalizer, normalizer->birth))
		birth = value_day(normalizer->slots[normalizer->birth].text);
	if (id_known) {
		struct text sex = good(normalizer, normalizer->sex) ? normalizer->slots[normalizer->sex].text
								    : (struct text){ 0 };

		if (birth != 0 && birth != normalizer->id.birth_day)
			raise(normalizer, id, RULE_id_birth_mismatch, cell_text(&plans[id], cells, count));
		if (sex.len == 1 && (sex.at[0] == '1' || sex.at[0] == '2') && normalizer->id.sex != 0
		    && sex.at[0] != normalizer->id.sex)
			raise(normalizer, id, RULE_id_sex_mismatch, cell_text(&plans[id], cells, count));
	}
	if (student_known && !same) {
		if (id_known && normalizer->slots[student].text.at[0] == 'G')
			raise(
			    normalizer, student, RULE_student_no_id_mismatch, cell_text(&plans[student], cells, count));
		if (birth != 0 && birth != normalizer->student.birth_day)
			raise(normalizer, student, RULE_student_no_birth_mismatch,
			    cell_text(&plans[student], cells, count));
	}
	if (good(normalizer, card)) {
		struct text text = normalizer->slots[card].text;
		bool differs = id_known && normalizer->card_facts.number != normalizer->id.number;

		if (good(normalizer, normalizer->kind))
			differs = differs || normalizer->slots[normalizer->kind].text.at[0] != text.at[18];
		if (good(normalizer, normalizer->level))
			differs = differs || normalizer->slots[normalizer->level].text.at[0] != text.at[19];
		if (differs)
			raise(normalizer, card, RULE_disability_card_mismatch, cell_text(&plans[card], cells, count));
	}
}

/* Nobody is expelled from, or may leave, compulsory education. */
static bool
status_impossible(const struct normalizer *normalizer)
{
	const struct codes *codes;
	struct text grade, label;

	if (!good(normalizer, normalizer->status) || !good(normalizer, normalizer->grade))
		return false;
	codes = normalizer->plans[normalizer->status].field->codes;
	grade = normalizer->slots[normalizer->grade].text;
	if (codes == NULL || (grade.at[0] != '1' && grade.at[0] != '2'))
		return false;
	label = codes_label(codes, normalizer->slots[normalizer->status].text);
	return text_starts(label, TEXT("退学")) || text_starts(label, TEXT("开除"));
}

static void
compare_fields(struct normalizer *normalizer, const struct cell *cells, size_t count)
{
	compare_numbers(normalizer, cells, count);
	for (size_t i = 0; i < normalizer->agreed_count; i++) {
		const struct agreed *agreed = &normalizer->agreed[i];
		struct text then = agreed->agreement->then;
		bool denied = then.len > 0 && then.at[0] == '!';

		if (!good(normalizer, agreed->field) || !good(normalizer, agreed->with)
		    || !text_eq(normalizer->slots[agreed->field].text, agreed->agreement->when))
			continue;
		if (denied) {
			then.at++;
			then.len--;
		}
		if (text_eq(normalizer->slots[agreed->with].text, then) == denied)
			raise(normalizer, agreed->field, RULE_fields_contradict,
			    cell_text(&normalizer->plans[agreed->field], cells, count));
	}
	if (status_impossible(normalizer))
		raise(normalizer, normalizer->status, RULE_status_impossible,
		    cell_text(&normalizer->plans[normalizer->status], cells, count));
}

static bool
tells_shift(enum field_type type)
{
	return type != FIELD_TEXT && type != FIELD_ADDRESS && type != FIELD_IDENTIFIER && type != FIELD_CLASS
	    && type != FIELD_NUMBER;
}

/* Three cells that are wrong where they stand and right one column further. */
static bool
is_shifted(struct normalizer *normalizer, const struct cell *cells, size_t count)
{
	struct cell_work *work = &normalizer->work;

	for (int step = -1; step <= 1; step += 2) {
		unsigned fitting = 0;

		for (size_t i = 0; i < normalizer->plan_count; i++) {
			const struct plan *plan = &normalizer->plans[i], *beside;
			size_t column = (size_t)plan->column + (size_t)(ptrdiff_t)step;
			struct text ignored = { 0 };
			bool fits;

			if (normalizer->slots[i].state != CELL_BAD || plan->column >= count
			    || column >= normalizer->columns || normalizer->by_column[column] == NO_SLOT)
				continue;
			beside = &normalizer->plans[normalizer->by_column[column]];
			if (!tells_shift(beside->field->type) || beside->field == plan->field
			    || cells[plan->column].text.len > 200)
				continue;
			work->rule_count = 0;
			work->companion = (struct text){ 0 };
			work->used = work->shift_used;
			fits = beside->clean(work, beside->field, &cells[plan->column], &ignored) == CELL_GOOD;
			for (unsigned rule = 0; rule < work->rule_count; rule++)
				fits = fits && normalizer->dataset->rules[work->rules[rule]].severity == SEVERITY_QUERY;
			fitting += fits;
		}
		if (fitting >= 3)
			return true;
	}
	return false;
}

/* The name as it is compared: without dots and blanks, Latin letters small. */
static struct text
fold_name(struct normalizer *normalizer, struct text name)
{
	size_t len = 0;
	bool plain = true;

	for (size_t i = 0; i < name.len; i++)
		plain = plain && (unsigned char)name.at[i] >= 0x80 && (unsigned char)name.at[i] != 0xC2;
	if (plain || name.len > sizeof(normalizer->folded))
		return name;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (c == ' ' || c == '.')
			continue;
		if ((unsigned char)c == 0xC2 && i + 1 < name.len && (unsigned char)name.at[i + 1] == 0xB7) {
			i++;
			continue;
		}
		normalizer->folded[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return (struct text){ normalizer->folded, len };
}

static uint64_t
seconds_of(struct text text)
{
	int64_t seconds;

	if (text.len < 10)
		return 0;
	seconds = ((int64_t)value_day(text) - DAY_1970) * 86400;
	if (text.len == 19) {
		seconds += ((text.at[11] - '0') * 10 + (text.at[12] - '0')) * 3600
		    + ((text.at[14] - '0') * 10 + (text.at[15] - '0')) * 60 + (text.at[17] - '0') * 10
		    + (text.at[18] - '0');
	}
	return seconds > 0 ? (uint64_t)seconds : 0;
}

static struct text
value_of(const struct normalizer *normalizer, uint16_t slot)
{
	return good(normalizer, slot) ? normalizer->slots[slot].text : (struct text){ 0 };
}

/* The anchor of a row without any number, from hashes of what there is. */
static struct anchor
anchor_by(const struct normalizer *normalizer, enum anchor_kind kind, const uint64_t *parts, size_t count)
{
	return anchor_of(kind, (struct text){ (const char *)parts, count * sizeof(*parts) }, normalizer->seed);
}

/* Who the row speaks of. */
static void
identify(struct normalizer *normalizer)
{
	struct normalized *out = &normalizer->out;
	uint64_t seed = normalizer->seed;
	struct text name = value_of(normalizer, normalizer->name), birth = value_of(normalizer, normalizer->birth);
	struct text id = value_of(normalizer, normalizer->id_no);
	struct text student = value_of(normalizer, normalizer->student_no);
	struct text class_name = value_of(normalizer, normalizer->class_name);
	struct text grade = value_of(normalizer, normalizer->grade);
	struct text school = value_of(normalizer, normalizer->school_code), folded;

	out->name = name;
	if (name.len > 0) {
		folded = fold_name(normalizer, name);
		out->name_hash = hash64(folded.at, folded.len, seed);
	}
	if (school.len > 0) {
		out->school = hash64(school.at, school.len, seed);
	} else {
		school = value_of(normalizer, normalizer->school_name);
		if (school.len > 0)
			out->school = hash64(school.at, school.len, seed + 1);
	}
	out->updated_at = seconds_of(value_of(normalizer, normalizer->updated_at));
	if (birth.len == 10)
		out->birth_day = value_day(birth);
	if (id.len > 0 && normalizer->id.number != 0) {
		out->number = normalizer->id.number;
		if (birth.len == 0)
			out->birth_day = normalizer->id.birth_day;
	}
	if (student.len > 0 && student.at[0] == 'G')
		out->student_core = normalizer->student.number;
	else if (student.len > 0)
		out->student_no = anchor_of(ANCHOR_STUDENT_NO, student, seed).hash;

	if (out->number != 0) {
		out->anchor = anchor_of(ANCHOR_NUMBER, (struct text){ normalizer->id.full, 18 }, seed);
	} else if (out->student_core != 0) {
		out->anchor = anchor_of(ANCHOR_NUMBER, (struct text){ normalizer->student.full, 18 }, seed);
	} else if (id.len > 0) {
		struct text type = value_of(normalizer, normalizer->id_type);
		uint64_t parts[2] = { hash64(type.at, type.len, seed), hash64(id.at, id.len, seed) };

		out->anchor = anchor_by(normalizer, ANCHOR_DOCUMENT, parts, ARRAY_LEN(parts));
	} else if (student.len > 0) {
		out->anchor = anchor_of(ANCHOR_STUDENT_NO, student, seed);
	} else if (name.len > 0 && birth.len > 0) {
		uint64_t parts[2] = { out->name_hash, (uint64_t)out->birth_day };

		out->anchor = anchor_by(normalizer, ANCHOR_BIRTH, parts, ARRAY_LEN(parts));
	} else if (name.len > 0 && out->school != 0 && class_name.len > 0) {
		/* what the sender put behind a name to tell namesakes apart does so here */
		uint64_t parts[4] = { out->name_hash + normalizer->mark, out->school,
			hash64(class_name.at, class_name.len, seed), hash64(grade.at, grade.len, seed) };

		out->anchor = anchor_by(normalizer, ANCHOR_CLASS, parts, ARRAY_LEN(parts));
	}
}

/* Put an issue about the whole row, or its name, in front of all others. */
static void
reject(struct normalizer *normalizer, enum rule rule, uint16_t slot, struct text raw)
{
	bool known = slot != NO_SLOT;

	if (normalizer->issue_count == normalizer->issues_max)
		normalizer->issue_count--;
	memmove(normalizer->issues + 1, normalizer->issues, normalizer->issue_count * sizeof(*normalizer->issues));
	normalizer->issue_count++;
	normalizer->issues[0] = (struct issue){
		.field = known ? normalizer->plans[slot].field->number : FIELD_NONE,
		.column = known ? normalizer->plans[slot].column : UINT16_MAX,
		.rule = (uint16_t)rule,
		.severity = SEVERITY_REJECT,
		.raw = raw,
	};
	normalizer->out.rejected = true;
}

/* By column; what was raised first stays first. Few, and mostly sorted. */
static void
sort_issues(struct normalizer *normalizer)
{
	struct issue *issues = normalizer->issues;

	for (size_t i = 1; i < normalizer->issue_count; i++) {
		struct issue issue = issues[i];
		size_t at = i;

		for (; at > 0
		     && (issues[at - 1].column > issue.column
			 || (issue.severity == SEVERITY_REJECT && issues[at - 1].severity != SEVERITY_REJECT));
		     at--) {
			if (issues[at - 1].severity == SEVERITY_REJECT && issue.severity != SEVERITY_REJECT)
				break;
			issues[at] = issues[at - 1];
		}
		issues[at] = issue;
	}
}

/* Scratch enough for all that the cleaners of this row may take. */
static int
prepare_scratch(struct normalizer *normalizer, const struct cell *cells, size_t count)
{
	struct cell_work *work = &normalizer->work;
	size_t need = 2048;
	char *scratch;

	for (size_t i = 0; i < normalizer->plan_count; i++) {
		if (normalizer->plans[i].column < count)
			need += 2 * cells[normalizer->plans[i].column].text.len + 64;
	}
	work->used = 0;
	if (need <= work->size)
		return 0;
	scratch = realloc(work->scratch, need * 2);
	if (scratch == NULL)
		return -1;
	work->scratch = scratch;
	work->size = need * 2;
	return 0;
}

/* Values in the order of fields; what is required and missing is told. */
static void
collect_values(struct normalizer *normalizer, const struct cell *cells, size_t count)
{
	size_t made = 0;

	for (size_t i = 0; i < normalizer->plan_count; i++) {
		const struct plan *plan = &normalizer->plans[i];
		const struct slot *slot = &normalizer->slots[i];

		if (slot->state == CELL_EMPTY) {
			if (plan->field->required && !slot->told && plan->clean != NULL)
				raise(normalizer, i, RULE_required_missing, (struct text){ 0 });
			continue;
		}
		normalizer->values[made++] = (struct value){
			.field = plan->field->number,
			.invalid = slot->state == CELL_BAD,
			.text = slot->state == CELL_BAD ? cell_text(plan, cells, count) : slot->text,
		};
	}
	normalizer->out.value_count = made;
}

/* Of a row that goes back: why, and which cells are wrong. What a query says of a value that was used is not true here. */
static void
drop_queries(struct normalizer *normalizer)
{
	size_t kept = 0;

	for (size_t i = 0; i < normalizer->issue_count; i++) {
		if (normalizer->issues[i].severity != SEVERITY_QUERY)
			normalizer->issues[kept++] = normalizer->issues[i];
	}
	normalizer->issue_count = kept;
}

static const struct normalized *
finish(struct normalizer *normalizer)
{
	if (normalizer->out.rejected)
		drop_queries(normalizer);
	normalizer->out.values = normalizer->values;
	normalizer->out.issues = normalizer->issues;
	normalizer->out.issue_count = normalizer->issue_count;
	return &normalizer->out;
}

/* What headers say, where their columns have values and nothing else was said. */
static void
fill_said(struct normalizer *normalizer)
{
	for (size_t i = 0; i < normalizer->said_count; i++) {
		const struct said *said = &normalizer->said[i];
		struct slot *slot = &normalizer->slots[said->slot];

		if (slot->state == CELL_EMPTY && good(normalizer, said->by))
			*slot = (struct slot){ .text = said->value, .state = CELL_GOOD };
	}
}

/* Clean every bound cell that is not empty; how many came out bad. */
static size_t
clean_all(struct normalizer *normalizer, const struct cell *cells, size_t count)
{
	size_t bad = 0;

	for (size_t i = 0; i < normalizer->extra_count; i++)
		normalizer->slots[normalizer->extra[i]] = (struct slot){ .state = CELL_EMPTY };
	for (size_t i = 0; i < normalizer->order_count; i++) {
		uint16_t index = normalizer->order[i];
		const struct plan *plan = &normalizer->plans[index];

		normalizer->slots[index] = (struct slot){ .state = CELL_EMPTY };
		if (plan->column >= count)
			continue;
		if (cells[plan->column].text.len == 0) {
			if (cells[plan->column].kind == CELL_UNSAVED)
				raise(normalizer, index, RULE_formula_unsaved, (struct text){ 0 });
			continue;
		}
		clean_slot(normalizer, index, &cells[plan->column]);
		bad += normalizer->slots[index].state == CELL_BAD;
	}
	return bad;
}

const struct normalized *
normalize_row(struct normalizer *normalizer, const struct cell *cells, size_t count, unsigned flags)
{
	struct cell_work *work = &normalizer->work;
	size_t bad;

	normalizer->issue_count = 0;
	normalizer->out = (struct normalized){ 0 };
	normalizer->mark = 0;
	normalizer->id.number = normalizer->student.number = normalizer->card_facts.number = 0;
	work->derived = (struct text){ 0 };
	if (flags == 0 && prepare_scratch(normalizer, cells, count) != 0)
		return NULL;
	if (flags != 0) {
		reject(normalizer, (flags & 2) != 0 ? RULE_row_broken : RULE_row_cut, NO_SLOT, (struct text){ 0 });
		return finish(normalizer);
	}
	bad = clean_all(normalizer, cells, count);
	if (work->derived.len > 0 && normalizer->derived != NO_SLOT
	    && normalizer->slots[normalizer->derived].state == CELL_EMPTY)
		normalizer->slots[normalizer->derived] = (struct slot){ .text = work->derived, .state = CELL_GOOD };
	fill_said(normalizer);
	compare_fields(normalizer, cells, count);
	collect_values(normalizer, cells, count);
	if (normalizer->issue_count > 1)
		sort_issues(normalizer);
	identify(normalizer);

	work->shift_used = work->used;
	for (size_t i = 0; i < normalizer->issue_count && !normalizer->out.rejected; i++)
		normalizer->out.rejected = normalizer->issues[i].severity == SEVERITY_REJECT;
	if (normalizer->out.rejected)
		return finish(normalizer);
	if (bad >= 3 && is_shifted(normalizer, cells, count)) {
		normalizer->issue_count = 0; /* they speak of the wrong columns */
		reject(normalizer, RULE_shifted, NO_SLOT, (struct text){ 0 });
	} else if (normalizer->dataset->roles.name != FIELD_NONE && normalizer->out.name.len == 0) {
		reject(normalizer, RULE_no_name, normalizer->name,
		    normalizer->name != NO_SLOT ? cell_text(&normalizer->plans[normalizer->name], cells, count)
						: (struct text){ 0 });
	} else if (normalizer->out.anchor.kind == ANCHOR_NONE) {
		reject(normalizer, RULE_no_identity, NO_SLOT, (struct text){ 0 });
	}
	return finish(normalizer);
}
