/*
 * asked.c - see asked.h.
 */
#include "consumers/forms/asked.h"

#define ASKED_BYTES_MAX ((size_t)256 * 1024 * 1024)

const char *
asked_state_name(enum asked_state state)
{
	static const char *const names[ASKED_STATES] = { "held", "derivable", "sensitive", "new" };

	return names[state];
}

/* Whether the column is only there to say whose row it is. */
static bool
identifies(const struct terms *terms, const struct form_column *column)
{
	switch (column->use) {
	case FORM_FIELD:
		return terms->identifies[column->field];
	case FORM_DERIVED:
		return column->derive->from == FIELD_NONE || terms->identifies[column->derive->from];
	default:
		return false;
	}
}

static void
judge_column(struct asked_answer *answer, const struct form_column *column, const struct terms *terms,
    const struct census *census)
{
	bool derived = column->use == FORM_DERIVED || (column->use == FORM_FIELD && column->whether);

	answer->field = column->use == FORM_FIELD ? column->field
	    : column->use == FORM_DERIVED         ? column->derive->from
						  : FIELD_NONE;
	answer->asks = column->use != FORM_REMARK && column->use != FORM_NEVER
	    && !(column->use == FORM_DERIVED && column->derive->from == FIELD_NONE);
	if (answer->field != FIELD_NONE) {
		answer->percent = census_percent(census, answer->field);
		answer->held = census->values[answer->field] > 0 && answer->percent >= terms->held_percent;
	} else
		answer->held = column->use == FORM_DERIVED;
	if (answer->field != FIELD_NONE || column->use == FORM_UNKNOWN)
		answer->sensitive = terms_sensitive(terms, answer->field, column->header);
	if (answer->sensitive != NULL)
		answer->state = ASKED_SENSITIVE;
	else if (!answer->held)
		answer->state = ASKED_NEW;
	else
		answer->state = derived ? ASKED_DERIVABLE : ASKED_HELD;
}

int
asked_judge(struct asked *asked, const struct form *form, const struct terms *terms, const struct census *census,
    const struct calendar *calendar, struct text self, int term, struct err *err)
{
	*asked = (struct asked){ .count = form->count };
	arena_init(&asked->arena, ASKED_BYTES_MAX);
	asked->answers = arena_take(&asked->arena, (form->count + 1) * sizeof(*asked->answers));
	asked->duplicates = arena_take(&asked->arena, calendar->count + 1);
	if (asked->answers == NULL || asked->duplicates == NULL)
		goto memory;
	for (size_t i = 0; i < form->count; i++) {
		const struct form_column *column = &form->columns[i];
		struct asked_answer *answer = &asked->answers[i];
		bool only_whose = identifies(terms, column);

		answer->others = arena_take(&asked->arena, calendar->count + 1);
		if (answer->others == NULL)
			goto memory;
		judge_column(answer, column, terms, census);
		answer->repeats = answer->asks && answer->held && !only_whose;
		for (size_t k = 0; k < calendar->count && answer->asks; k++) {
			const struct registered *other = &calendar->at[k];

			if (other->refused || text_eq(other->name, self) || (term != 0 && other->term != term))
				continue;
			for (size_t c = 0; c < other->form.count && !answer->others[k]; c++)
				answer->others[k] = calendar_same(column, &other->form.columns[c]);
			if (answer->others[k] && !only_whose) {
				answer->repeats = true;
				asked->duplicate_count += !asked->duplicates[k];
				asked->duplicates[k] = 1;
			}
		}
		asked->held += answer->held;
		asked->sensitive += answer->state == ASKED_SENSITIVE;
		asked->sensitive_held += answer->state == ASKED_SENSITIVE && answer->held;
		asked->new_asks += answer->asks && !answer->held;
		asked->duplicate = asked->duplicate || answer->repeats;
	}
	return 0;
memory:
	return err_set(err, ERR_RETRY, "out of memory for judging a form");
}

void
asked_fini(struct asked *asked)
{
	arena_fini(&asked->arena);
	*asked = (struct asked){ 0 };
}

struct asked_cost
asked_cost(const struct asked *asked, const struct terms *terms, const struct census *census)
{
	struct asked_cost cost = { .classes = census->class_count > 0 ? census->class_count : 1, .rows = terms->rows };

	if (census->class_count > 0)
		cost.rows = (census->students + census->class_count - 1) / census->class_count;
	cost.cells = cost.classes * cost.rows * asked->new_asks;
	cost.seconds = cost.cells * terms->seconds;
	cost.spared = cost.classes * cost.rows * asked->held;
	return cost;
}
