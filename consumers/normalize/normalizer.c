/*
 * normalizer.c - a normalizer out of a binding: the cleaner of each column's field type, whether it leans on another field
 * (then it comes after it), and for columns of codes a small table of the cells met last, keyed by all their bytes (cells of
 * up to 16), because a city has few grades and fewer sexes. The answers do not depend on what is in that table.
 */
#include "consumers/normalize/normalizer.h"

#include <stdlib.h>

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

uint16_t
normalizer_slot(const struct normalizer *normalizer, uint16_t field)
{
	for (size_t i = 0; field != FIELD_NONE && i < normalizer->plan_count; i++) {
		if (normalizer->plans[i].field->number == field)
			return (uint16_t)i;
	}
	return NO_SLOT;
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
		{ &normalizer->guardian, roles->guardian },
		{ &normalizer->key, roles->key },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		*parts[i].slot = normalizer_slot(normalizer, parts[i].field);
	normalizer->card = normalizer->kind = normalizer->level = normalizer->derived = NO_SLOT;
	for (size_t i = 0; i < normalizer->plan_count; i++) {
		const struct field *field = normalizer->plans[i].field;

		normalizer->plans[i].companion = normalizer_slot(normalizer, field->companion);
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
			int turn = plan->field->type == FIELD_CLASS ? 2 : plan_leans(plan) ? 1 : 0;

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
		uint16_t field = normalizer_slot(normalizer, agreement->field),
			 with = normalizer_slot(normalizer, agreement->with);

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
		uint16_t slot = normalizer_slot(normalizer, binding->implied[i].field),
			 by = normalizer_slot(normalizer, binding->implied[i].by);

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
