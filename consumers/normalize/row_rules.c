/*
 * row_rules.c - what the values of a row say of one another.
 */
#include "consumers/normalize/normalizer.h"

/* The numbers against birth date, sex and one another. */
static void
compare_numbers(struct normalizer *normalizer, const struct cell *cells, size_t count)
{
	const struct plan *plans = normalizer->plans;
	uint16_t id = normalizer->id_no, student = normalizer->student_no, card = normalizer->card;
	bool id_known = slot_is_good(normalizer, id) && normalizer->id.number != 0;
	bool student_known = slot_is_good(normalizer, student);
	bool same = id_known && student_known && normalizer->student.number == normalizer->id.number;
	int32_t birth = 0;

	if (slot_is_good(normalizer, normalizer->birth))
		birth = slots_day(normalizer->slots[normalizer->birth].text);
	if (id_known) {
		struct text sex = slot_is_good(normalizer, normalizer->sex) ? normalizer->slots[normalizer->sex].text
									    : (struct text){ 0 };

		if (birth != 0 && birth != normalizer->id.birth_day)
			slots_raise(normalizer, id, RULE_id_birth_mismatch, slots_raw(&plans[id], cells, count));
		if (sex.len == 1 && (sex.at[0] == '1' || sex.at[0] == '2') && normalizer->id.sex != 0
		    && sex.at[0] != normalizer->id.sex)
			slots_raise(normalizer, id, RULE_id_sex_mismatch, slots_raw(&plans[id], cells, count));
	}
	if (student_known && !same) {
		if (id_known && normalizer->slots[student].text.at[0] == 'G')
			slots_raise(
			    normalizer, student, RULE_student_no_id_mismatch, slots_raw(&plans[student], cells, count));
		if (birth != 0 && birth != normalizer->student.birth_day)
			slots_raise(normalizer, student, RULE_student_no_birth_mismatch,
			    slots_raw(&plans[student], cells, count));
	}
	if (slot_is_good(normalizer, card)) {
		struct text text = normalizer->slots[card].text;
		bool differs = id_known && normalizer->card_facts.number != normalizer->id.number;

		if (slot_is_good(normalizer, normalizer->kind))
			differs = differs || normalizer->slots[normalizer->kind].text.at[0] != text.at[18];
		if (slot_is_good(normalizer, normalizer->level))
			differs = differs || normalizer->slots[normalizer->level].text.at[0] != text.at[19];
		if (differs)
			slots_raise(
			    normalizer, card, RULE_disability_card_mismatch, slots_raw(&plans[card], cells, count));
	}
}

/* Nobody is expelled from, or may leave, compulsory education. */
static bool
status_impossible(const struct normalizer *normalizer)
{
	const struct codes *codes;
	struct text grade, label;

	if (!slot_is_good(normalizer, normalizer->status) || !slot_is_good(normalizer, normalizer->grade))
		return false;
	codes = normalizer->plans[normalizer->status].field->codes;
	grade = normalizer->slots[normalizer->grade].text;
	if (codes == NULL || (grade.at[0] != '1' && grade.at[0] != '2'))
		return false;
	label = codes_label(codes, normalizer->slots[normalizer->status].text);
	return text_starts(label, TEXT("退学")) || text_starts(label, TEXT("开除"));
}

void
row_rules_compare(struct normalizer *normalizer, const struct cell *cells, size_t count)
{
	compare_numbers(normalizer, cells, count);
	for (size_t i = 0; i < normalizer->agreed_count; i++) {
		const struct agreed *agreed = &normalizer->agreed[i];
		struct text then = agreed->agreement->then;
		bool denied = then.len > 0 && then.at[0] == '!';

		if (!slot_is_good(normalizer, agreed->field) || !slot_is_good(normalizer, agreed->with)
		    || !text_eq(normalizer->slots[agreed->field].text, agreed->agreement->when))
			continue;
		if (denied) {
			then.at++;
			then.len--;
		}
		if (text_eq(normalizer->slots[agreed->with].text, then) == denied)
			slots_raise(normalizer, agreed->field, RULE_fields_contradict,
			    slots_raw(&normalizer->plans[agreed->field], cells, count));
	}
	if (status_impossible(normalizer))
		slots_raise(normalizer, normalizer->status, RULE_status_impossible,
		    slots_raw(&normalizer->plans[normalizer->status], cells, count));
}

static bool
tells_shift(enum field_type type)
{
	return type != FIELD_TEXT && type != FIELD_ADDRESS && type != FIELD_IDENTIFIER && type != FIELD_CLASS
	    && type != FIELD_NUMBER;
}

bool
row_rules_shifted(struct normalizer *normalizer, const struct cell *cells, size_t count)
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
