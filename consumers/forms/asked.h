/*
 * asked.h - what a form asks, and what that is worth: which of its columns the bureau has already, or another form asks.
 * Pure: the form, the census and the registered forms are arguments.
 */
#ifndef YICI_CONSUMERS_FORMS_ASKED_H
#define YICI_CONSUMERS_FORMS_ASKED_H

#include "consumers/forms/calendar.h"
#include "consumers/forms/census.h"

enum asked_state {
	ASKED_HELD,      /* the bureau has it */
	ASKED_DERIVABLE, /* it follows from what the bureau has */
	ASKED_SENSITIVE, /* needs a grant, whether the bureau has it or not */
	ASKED_NEW,
	ASKED_STATES,
};

/* "held", "derivable", "sensitive", "new" */
const char *asked_state_name(enum asked_state state);

/* What the judgement of a column is. */
struct asked_answer {
	enum asked_state state;
	bool held;      /* what is asked is known, or follows from what is */
	bool asks;      /* it costs a teacher a cell; false of remarks, signatures, passwords, numbers of rows */
	bool repeats;   /* known or asked elsewhere, and not only there to say whose row it is */
	uint16_t field; /* that is asked, or from which it follows; FIELD_NONE */
	const struct sensitive_kind *sensitive; /* NULL when it is not */
	double percent;                         /* of students that have a value of ${field} */
	struct text own_form,
	    own_day; /* the department was told itself: by which form, the newest on which day; len 0 when it was not */
	uint8_t *others; /* by registered form: 1 where that asks the same */
};

struct asked {
	struct arena arena;
	struct asked_answer *answers; /* one for each column of the form */
	size_t count;
	size_t held, sensitive_held, sensitive, new_asks;
	bool duplicate;         /* a column repeats */
	uint8_t *duplicates;    /* by registered form: 1 where it and the form ask the same beyond whose row it is */
	size_t duplicate_count; /* of these */
};

/*
 * Judge ${form} by ${census} and the ${calendar}, leaving out the registered form called ${self} (empty: none) and,
 * with ${term} not 0, those of other terms; refused ones ask nothing. -1 when memory is short. asked_fini() in any case.
 */
MUST_CHECK int asked_judge(struct asked *asked, const struct form *form, const struct terms *terms,
    const struct census *census, const struct calendar *calendar, struct text self, int term, struct err *err);
void asked_fini(struct asked *asked);

/* What filling in what is new costs: a class has students / classes rows (${terms->rows} when there are none), rounded up. */
struct asked_cost {
	uint64_t classes, rows, cells, seconds; /* rows in a class; cells and seconds in all */
	uint64_t spared;                        /* cells that nobody needs to type, for they are held */
};
struct asked_cost asked_cost(const struct asked *asked, const struct terms *terms, const struct census *census);

#endif
