/*
 * fill.h - a department's workbook filled with the pupils of a class, in place: only cells of the table that are empty are written, in
 * the form's own manner; what is not known stays open, coloured, with a list of what may be chosen. Every other part of the workbook
 * stays as it was to the byte; the styles are only added to. Pure: same arguments, same bytes.
 *
 * A page has labels in place of a table: one person each, in the cells beside them.
 *
 * Where the table goes: behind the header, examples and rows that are filled already, down to the last prepared row (one that
 * writes cells under half of the table's columns) before a line of totals, signatures or notes. When pupils are
 * more than that, rows like the last one are put in, and what stands below moves down.
 */
#ifndef YICI_CONSUMERS_FORMS_FILL_H
#define YICI_CONSUMERS_FORMS_FILL_H

#include "consumers/forms/asked.h"
#include "consumers/forms/manner.h"
#include "consumers/forms/mark.h"
#include "consumers/forms/package.h"

/* What a row below the header that is not blank is. */
enum fill_kind {
	FILL_PREPARED, /* numbers, a school's name, formulas: nobody yet */
	FILL_TAKEN,    /* an example or a person */
	FILL_NOTE,     /* words about filling in: above the pupils or below, as it lies */
	FILL_END,      /* totals, signatures */
};

struct fill_row {
	uint32_t row_no;
	enum fill_kind kind;
	bool lone; /* one cell is filled */
};

/* The example in a column, and what a row of notes says of it ("1男2女", "yyyymmdd"); both may be empty. */
struct fill_sample {
	struct text text;
	bool as_text;
	struct text hint;
};

/* What there is to fill in; all of it is borrowed for the life of the fill. */
struct fill_plan {
	const struct package *package;
	const struct dataset *dataset;
	const struct terms *terms;
	const struct form *form;
	const struct asked_answer *answers; /* one for each column */
	const uint8_t *granted;             /* the same: 1 where fill_given has what is sensitive; NULL: nowhere */
	const struct fill_sample *samples;  /* the same */
	uint32_t header_last;
	const struct fill_row *rows; /* rising */
	size_t row_count;
	/* The texts of a range of the workbook, "Sheet2!$A$1:$A$9", for lists; NULL when it cannot be had. */
	const struct text *(*list)(void *self, struct text range, size_t *count);
	void *self;
	struct date today;
	const struct text *const *own; /* what the department was told itself, of each pupil at hand, by column; NULL: nothing */
	struct marking *marking; /* the workbook is marked by it; NULL: it is not */
	bool lock;               /* protect the sheet: what is filled cannot be changed, what is open can */
};

/* What a grant gives of one pupil: all that is ever written under a sensitive column. */
struct fill_given {
	bool among;                /* the pupil is among the grant's rows; where not, sensitive columns stay empty */
	const struct text *values; /* by field number: what is given whole; at is NULL without one */
	const struct text *words; /* by column of the form: a masked value, written as it stands; at is NULL: by values */
};

struct fill_counts {
	uint64_t filled, open, sensitive; /* cells; sensitive: left empty for want of a grant */
	uint64_t granted;                 /* of the filled ones: by the grant */
	uint64_t numbers;                 /* of the filled ones: numbers of rows, which are no work to anybody */
	uint32_t put_in;                  /* rows */
};

/* As many pupils go into one workbook: what they take stays within what a process that fills in may have. */
#define FILL_PUPILS_MAX 50000u

struct fill;

/* "BC12" (dollar signs allowed) to column from 0 and row; false when it is none. */
bool fill_place(struct text ref, uint32_t *column, uint32_t *row);

/* ERR_INPUT when the sheet cannot be written into. */
MUST_CHECK int fill_open(struct fill **fill, const struct fill_plan *plan, struct err *err);
void fill_close(struct fill *fill);

/*
 * Fill in ${count} pupils (of a page: one), each an array of values by field number (at is NULL without one): the workbook in ${out}, which is
 * emptied first. ${given} is what a grant gives of each; NULL: nothing.
 */
MUST_CHECK int fill_pupils(struct fill *fill, const struct text *const *pupils, const struct fill_given *given,
    size_t count, struct buffer *out, struct fill_counts *counts, struct err *err);

/* Cells that were filled in for each pupil by the last fill_pupils(), numbers of rows left out; valid until the next. */
const uint32_t *fill_each(const struct fill *fill);

#endif
