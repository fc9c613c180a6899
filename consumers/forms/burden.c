/*
 * burden.c - see burden.h.
 */
#include "consumers/forms/burden.h"

#include <stdlib.h>
#include <string.h>

#define BURDEN_BYTES_MAX ((size_t)1 << 30)

static bool
in_period(const struct burden_input *input, struct text day)
{
	return (input->from.len == 0 || text_compare(day, input->from) >= 0)
	    && (input->to.len == 0 || text_compare(day, input->to) <= 0);
}

/* ---- the lists ---- */

static int
by_name(const void *a, const void *b)
{
	return text_compare(((const struct burden_part *)a)->name, ((const struct burden_part *)b)->name);
}

/* Parts of one name become one; their pupils are added up. */
static size_t
unite(struct burden_part *parts, size_t count)
{
	size_t kept = 0;

	if (count > 1)
		qsort(parts, count, sizeof(*parts), by_name);
	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && text_eq(parts[kept - 1].name, parts[i].name))
			parts[kept - 1].students += parts[i].students;
		else
			parts[kept++] = parts[i];
	}
	return kept;
}

static struct burden_part *
part_of(struct burden_part *parts, size_t count, struct text name)
{
	const struct burden_part key = { .name = name };

	return count == 0 ? NULL : bsearch(&key, parts, count, sizeof(*parts), by_name);
}

/* Schools that have pupils, and those that had when a form was filled in. */
static int
list_schools(struct burden *burden, const struct burden_input *input)
{
	size_t count = 0;

	burden->schools = arena_take(
	    &burden->arena, (input->pupil_count + input->fill_count + 1) * sizeof(*burden->schools));
	if (burden->schools == NULL)
		return -1;
	for (size_t i = 0; i < input->pupil_count; i++) {
		burden->schools[count++] = (struct burden_part){ input->pupils[i].school, input->pupils[i].students,
			{ 0 } };
		burden->students += input->pupils[i].students;
	}
	for (size_t i = 0; i < input->fill_count; i++)
		burden->schools[count++] = (struct burden_part){ .name = input->fills[i].school };
	burden->school_count = unite(burden->schools, count);
	return 0;
}

/* Numbers of rows cost nobody a cell; remarks and signatures are not in the calendar. */
static size_t
columns_asked(const struct form *form)
{
	size_t count = 0;

	for (size_t i = 0; i < form->count; i++)
		count += form->columns[i].use != FORM_DERIVED || form->columns[i].derive->from != FIELD_NONE;
	return count;
}

/* ---- which form a workbook was of ---- */

/* The registered form: of the same bytes, or else of the same name. */
static const struct registered *
registered_of(const struct calendar *calendar, const struct burden_fill *fill)
{
	for (size_t i = 0; i < calendar->count; i++) {
		if (!calendar->at[i].refused && text_eq(calendar->at[i].sha256, fill->sha256))
			return &calendar->at[i];
	}
	for (size_t i = 0; i < calendar->count; i++) {
		if (!calendar->at[i].refused && text_eq(calendar->at[i].name, fill->form))
			return &calendar->at[i];
	}
	return NULL;
}

static int
by_class(const void *a, const void *b)
{
	const struct burden_fill *left = a, *right = b;
	const struct text *const keys[][2] = { { &left->form, &right->form }, { &left->sha256, &right->sha256 },
		{ &left->school, &right->school }, { &left->grade, &right->grade },
		{ &left->class_name, &right->class_name } };
	int order = 0;

	for (size_t i = 0; i < ARRAY_LEN(keys) && order == 0; i++)
		order = text_compare(*keys[i][0], *keys[i][1]);
	return order != 0 ? order : (left->order > right->order) - (left->order < right->order);
}

static bool
same_form(const struct burden_fill *a, const struct burden_fill *b)
{
	return text_eq(a->form, b->form) && text_eq(a->sha256, b->sha256);
}

/* The fills that count, one a class, those of a form together: named as the calendar does where it is registered. */
static size_t
settle(const struct burden_input *input)
{
	struct burden_fill *fills = input->fills;
	size_t kept = 0;

	for (size_t i = 0; i < input->fill_count; i++) {
		const struct registered *registered = registered_of(input->calendar, &fills[i]);

		if (registered != NULL) {
			fills[i].form = registered->name;
			fills[i].sha256 = registered->sha256;
		}
	}
	if (input->fill_count > 1)
		qsort(fills, input->fill_count, sizeof(*fills), by_class);
	for (size_t i = 0; i < input->fill_count; i++) {
		if (kept > 0 && same_form(&fills[kept - 1], &fills[i])
		    && text_eq(fills[kept - 1].school, fills[i].school) && text_eq(fills[kept - 1].grade, fills[i].grade)
		    && text_eq(fills[kept - 1].class_name, fills[i].class_name))
			kept--;
		fills[kept++] = fills[i];
	}
	return kept;
}

/* ---- sums ---- */

void
burden_add(struct burden_sum *sum, const struct burden_sum *more)
{
	sum->forms += more->forms;
	sum->flagged += more->flagged;
	sum->classes += more->classes;
	sum->asked += more->asked;
	sum->filled += more->filled;
	sum->left += more->left;
	sum->refused += more->refused;
	sum->refused_cells += more->refused_cells;
}

/* One form: what it asks of each school, and the workbooks from ${fills} on that are of it. */
static int
reckon_form(struct burden *burden, const struct burden_input *input, struct burden_form *form,
    const struct burden_fill *fills, size_t count)
{
	struct burden_sum *sums = calloc(burden->school_count + 1, sizeof(*sums));
	bool refused = form->registered != NULL && form->registered->refused;

	if (sums == NULL)
		return -1;
	for (size_t i = 0; i < burden->school_count && form->registered != NULL; i++)
		*(refused ? &sums[i].refused_cells : &sums[i].asked) = form->columns * burden->schools[i].students;
	for (size_t i = 0; i < count; i++) {
		const struct burden_part *school = part_of(burden->schools, burden->school_count, fills[i].school);
		struct burden_sum *sum = &sums[school - burden->schools];

		sum->classes++;
		sum->filled += fills[i].filled;
		sum->asked += form->registered == NULL ? fills[i].asked : 0;
	}
	form->sum.forms = !refused;
	form->sum.refused = refused;
	form->sum.flagged = form->registered != NULL && !refused && input->flagged[form->index];
	for (size_t i = 0; i < burden->school_count; i++) {
		struct burden_sum *sum = &sums[i];

		sum->left = sum->asked > sum->filled ? sum->asked - sum->filled : 0;
		burden_add(&form->sum, sum);
		sum->forms = sum->asked > 0;
		sum->flagged = sum->asked > 0 && form->sum.flagged > 0;
		sum->refused = sum->refused_cells > 0;
		burden_add(&burden->schools[i].sum, sum);
	}
	free(sums);
	burden_add(&burden->total, &form->sum);
	if (form->registered != NULL)
		burden_add(&part_of(burden->departments, burden->department_count, form->registered->department)->sum,
		    &form->sum);
	return 0;
}

/* The fills of ${form} among those that count. */
static const struct burden_fill *
fills_of(const struct burden_input *input, size_t count, const struct registered *form, size_t *found)
{
	const struct burden_fill *first = NULL;

	*found = 0;
	for (size_t i = 0; i < count; i++) {
		if (!text_eq(input->fills[i].form, form->name) || !text_eq(input->fills[i].sha256, form->sha256))
			continue;
		first = *found == 0 ? &input->fills[i] : first;
		(*found)++;
	}
	return first;
}

static int
reckon_registered(struct burden *burden, const struct burden_input *input, size_t count)
{
	const struct calendar *calendar = input->calendar;

	burden->departments = arena_take(&burden->arena, (calendar->count + 1) * sizeof(*burden->departments));
	if (burden->departments == NULL)
		return -1;
	for (size_t i = 0; i < calendar->count; i++) {
		if (in_period(input, calendar->at[i].due))
			burden->departments[burden->department_count++].name = calendar->at[i].department;
	}
	burden->department_count = unite(burden->departments, burden->department_count);
	for (size_t i = 0; i < calendar->count; i++) {
		struct burden_form *form = &burden->forms[burden->form_count];
		const struct burden_fill *fills;
		size_t found;

		if (!in_period(input, calendar->at[i].due))
			continue;
		*form = (struct burden_form){ .registered = &calendar->at[i],
			.name = calendar->at[i].name,
			.index = i,
			.columns = columns_asked(&calendar->at[i].form) };
		fills = fills_of(input, calendar->at[i].refused ? 0 : count, &calendar->at[i], &found);
		if (reckon_form(burden, input, form, fills, found) != 0)
			return -1;
		burden->form_count++;
	}
	return 0;
}

/* Workbooks of the period whose form nobody registered. */
static int
reckon_others(struct burden *burden, const struct burden_input *input, size_t count)
{
	struct burden_fill *fills = input->fills;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (in_period(input, fills[i].day) && registered_of(input->calendar, &fills[i]) == NULL)
			fills[kept++] = fills[i];
	}
	for (size_t at = 0; at < kept;) {
		struct burden_form *form = &burden->forms[burden->form_count];
		size_t end = at;

		while (end < kept && same_form(&fills[at], &fills[end]))
			end++;
		*form = (struct burden_form){ .name = fills[at].form };
		for (size_t i = at; i < end && form->columns == 0; i++)
			form->columns = fills[i].students > 0 ? fills[i].asked / fills[i].students : 0;
		if (reckon_form(burden, input, form, &fills[at], end - at) != 0)
			return -1;
		burden->form_count++;
		at = end;
	}
	return 0;
}

int
burden_reckon(struct burden *burden, const struct burden_input *input, struct err *err)
{
	size_t count;

	*burden = (struct burden){ 0 };
	arena_init(&burden->arena, BURDEN_BYTES_MAX);
	burden->forms = arena_take(
	    &burden->arena, (input->calendar->count + input->fill_count + 1) * sizeof(*burden->forms));
	count = settle(input);
	if (burden->forms == NULL || list_schools(burden, input) != 0 || reckon_registered(burden, input, count) != 0
	    || reckon_others(burden, input, count) != 0)
		return err_set(err, ERR_RETRY, "out of memory for adding up forms");
	return 0;
}

void
burden_fini(struct burden *burden)
{
	arena_fini(&burden->arena);
	*burden = (struct burden){ 0 };
}
