/*
 * burden.h - what collections ask of schools and what filling in spares them: registered forms of a period, the cells that they
 * ask, those that were filled in, those that are left. Pure: the calendar, what was filled in and how many pupils there are are arguments.
 *
 * A registered form asks its columns of every pupil; it belongs to the period when it is due in it, and all that was ever filled in for it
 * counts. A form that nobody registered asks what its workbooks did, and counts by the day of filling in. Of a class that was filled in
 * again the last time counts. A form that was refused at registration asks nothing: it counts as refused, and as no form.
 */
#ifndef YICI_CONSUMERS_FORMS_BURDEN_H
#define YICI_CONSUMERS_FORMS_BURDEN_H

#include "consumers/forms/calendar.h"

/* A workbook that was filled in. Texts are borrowed. */
struct burden_fill {
	struct text day, sha256, form, school, grade, class_name;
	uint64_t students, asked, filled; /* the last two: cells */
	size_t order;                     /* of two for one class the higher counts */
};

/* How many pupils a school has. */
struct burden_pupils {
	struct text school;
	uint64_t students;
};

struct burden_sum {
	uint64_t forms, flagged; /* flagged: those that ask the same as another of their term */
	uint64_t classes;        /* workbooks */
	uint64_t asked, filled, left;
	uint64_t refused, refused_cells; /* forms refused at registration, and what they would have asked */
};

struct burden_form {
	const struct registered *registered; /* NULL: nobody registered it */
	struct text name;
	size_t index;   /* of a registered form in the calendar */
	size_t columns; /* that are asked */
	struct burden_sum sum;
};

/* A department, or a school by its code. */
struct burden_part {
	struct text name;
	uint64_t students; /* of a school */
	struct burden_sum sum;
};

struct burden {
	struct arena arena;
	struct burden_form *forms; /* registered ones by name, then the others by name and digest */
	size_t form_count;
	struct burden_part *departments, *schools; /* by name */
	size_t department_count, school_count;
	struct burden_sum total;
	uint64_t students;
};

struct burden_input {
	const struct calendar *calendar;
	const uint8_t *flagged;    /* by registered form */
	struct burden_fill *fills; /* sorted here */
	size_t fill_count;
	const struct burden_pupils *pupils; /* by school, rising */
	size_t pupil_count;
	struct text from, to; /* days, inclusive; empty: without end */
};

/* -1 when memory is short. burden_fini() in any case. */
MUST_CHECK int burden_reckon(struct burden *burden, const struct burden_input *input, struct err *err);
void burden_fini(struct burden *burden);

void burden_add(struct burden_sum *sum, const struct burden_sum *more);

#endif
