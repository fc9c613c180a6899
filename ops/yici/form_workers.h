/*
 * form_workers.h - processes that fill in the workbooks of a form, each every n-th class, locked in as a reader is: the department's workbook
 * is opened there and nowhere else. What they made comes in the order of the classes, whatever their number.
 */
#ifndef YICI_OPS_YICI_FORM_WORKERS_H
#define YICI_OPS_YICI_FORM_WORKERS_H

#include "ops/yici/form_marks.h"
#include "ops/yici/forms_own.h"

/* A class's workbook. */
struct form_made {
	size_t at, count; /* its pupils */
	struct fill_counts counts;
	struct buffer bytes;
	struct buffer ids;  /* of those among a grant's rows */
	struct buffer each; /* uint32_t: fill_each() */
	bool points_in;     /* as struct package has it */
};

struct form_workers;

/* What there is to do: all of it borrowed, and to stay as it is until form_workers_stop(). */
struct form_work {
	struct form_blank *blank;
	struct form_marks *marks;
	const struct own *own;
	const struct pupils *pupils;
	struct forms_grant *grant; /* NULL without one */
};

/* Fork ${jobs} of them. The caller must be a process of one thread. */
MUST_CHECK int form_workers_start(
    struct form_workers **workers, const struct form_work *work, unsigned jobs, struct err *err);

/*
 * The next class's workbook: 1, and ${made} filled, with buffers for the caller to free; 0 when there is no more; -1. A form that breaks its
 * worker is ERR_INPUT.
 */
MUST_CHECK int form_workers_next(struct form_workers *workers, struct form_made *made, struct err *err);

/* End them, also in the middle. */
void form_workers_stop(struct form_workers *workers);

#endif
