/*
 * slots.c - cells into slots. Clean cells are not copied: a value is the cell's own text. What had to be changed goes to a
 * scratch that is made large enough before the row is begun and never moves while it is used.
 */
#include "consumers/normalize/normalizer.h"

#define RAW_BYTES_MAX 4096 /* of a cell that could not be used, as it is kept */

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

struct text
slots_raw(const struct plan *plan, const struct cell *cells, size_t count)
{
	return plan->column < count ? capped(cells[plan->column].text) : (struct text){ 0 };
}

void
slots_raise(struct normalizer *normalizer, size_t slot, enum rule rule, struct text raw)
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
	if (plan->of_pupil || plan_leans(plan) || plan->field->type == FIELD_CLASS)
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
		slots_raise(normalizer, index, (enum rule)work->rules[i], capped(cell->text));
}

int32_t
slots_day(struct text text)
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

size_t
slots_clean(struct normalizer *normalizer, const struct cell *cells, size_t count)
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
				slots_raise(normalizer, index, RULE_formula_unsaved, (struct text){ 0 });
			continue;
		}
		clean_slot(normalizer, index, &cells[plan->column]);
		bad += normalizer->slots[index].state == CELL_BAD;
	}
	return bad;
}
