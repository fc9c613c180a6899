/*
 * normalize.c - a row from its cells to its answer; see normalize.h.
 */
#include "consumers/normalize/normalize.h"

#include <stdlib.h>

#include "consumers/normalize/normalizer.h"

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
				slots_raise(normalizer, i, RULE_required_missing, (struct text){ 0 });
			continue;
		}
		normalizer->values[made++] = (struct value){
			.field = plan->field->number,
			.invalid = slot->state == CELL_BAD,
			.text = slot->state == CELL_BAD ? slots_raw(plan, cells, count) : slot->text,
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

/* What the queries are about, and what explains them. */
static void
find_answering(struct normalizer *normalizer, const struct cell *cells, size_t count)
{
	for (size_t i = 0; i < normalizer->issue_count; i++) {
		struct issue *issue = &normalizer->issues[i];

		if (issue->severity == SEVERITY_QUERY)
			issue->about = issue_about(normalizer, issue);
	}
	if (normalizer->binding->explains)
		normalizer->out.explanation = explanation_find(normalizer, cells, count);
}

static const struct normalized *
finish(struct normalizer *normalizer, const struct cell *cells, size_t count)
{
	if (normalizer->out.rejected)
		drop_queries(normalizer);
	else
		find_answering(normalizer, cells, count);
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

		if (slot->state == CELL_EMPTY && slot_is_good(normalizer, said->by))
			*slot = (struct slot){ .text = said->value, .state = CELL_GOOD };
	}
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
		return finish(normalizer, cells, count);
	}
	bad = slots_clean(normalizer, cells, count);
	if (work->derived.len > 0 && normalizer->derived != NO_SLOT
	    && normalizer->slots[normalizer->derived].state == CELL_EMPTY)
		normalizer->slots[normalizer->derived] = (struct slot){ .text = work->derived, .state = CELL_GOOD };
	fill_said(normalizer);
	row_rules_compare(normalizer, cells, count);
	collect_values(normalizer, cells, count);
	if (normalizer->issue_count > 1)
		sort_issues(normalizer);
	identity_find(normalizer);

	work->shift_used = work->used;
	for (size_t i = 0; i < normalizer->issue_count && !normalizer->out.rejected; i++)
		normalizer->out.rejected = normalizer->issues[i].severity == SEVERITY_REJECT;
	if (normalizer->out.rejected)
		return finish(normalizer, cells, count);
	if (bad >= 3 && row_rules_shifted(normalizer, cells, count)) {
		normalizer->issue_count = 0; /* they speak of the wrong columns */
		reject(normalizer, RULE_shifted, NO_SLOT, (struct text){ 0 });
	} else if (normalizer->dataset->roles.name != FIELD_NONE && normalizer->out.name.len == 0
	    && normalizer->out.anchor.kind != ANCHOR_KEY) {
		reject(normalizer, RULE_no_name, normalizer->name,
		    normalizer->name != NO_SLOT ? slots_raw(&normalizer->plans[normalizer->name], cells, count)
						: (struct text){ 0 });
	} else if (normalizer->out.anchor.kind == ANCHOR_NONE) {
		reject(normalizer, RULE_no_identity, NO_SLOT, (struct text){ 0 });
	}
	return finish(normalizer, cells, count);
}
