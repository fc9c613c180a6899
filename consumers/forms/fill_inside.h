/*
 * fill_inside.h - what fill.c, fill_rows.c and fill_parts.c share. Inside this room only.
 */
#ifndef YICI_CONSUMERS_FORMS_FILL_INSIDE_H
#define YICI_CONSUMERS_FORMS_FILL_INSIDE_H

#include "consumers/forms/fill.h"
#include "consumers/forms/persons.h"
#include "consumers/forms/sheet.h"
#include "consumers/forms/shift.h"

enum fill_what {
	FILL_VALUE, /* held, or follows from what is */
	FILL_OPEN,  /* new */
	FILL_LEAVE, /* sensitive, remarks: stays empty */
};

struct fill_column {
	uint32_t column; /* of the sheet */
	uint32_t row;    /* of a page: of the cell beside the label; 0: a column of a table */
	size_t number;   /* among those of the form */
	enum fill_what what;
	bool sensitive;
	struct manner manner;
	uint64_t opened; /* cells left open in the workbook at hand */
	bool listed;     /* the form has a list of allowed values for it */
	struct persons persons;
};

struct fill_merge {
	uint32_t left, top, right, bottom;
};

/* A piece of the sheet's XML that is another one afterwards: ${len} bytes of fill->pieces from ${from} for those from ${at} to ${end}. */
struct fill_edit {
	size_t at, end, from, len;
};

struct fill {
	const struct fill_plan *plan;
	struct arena arena;
	struct sheet sheet;
	struct styles styles;
	struct fill_column *columns; /* of the sheet rising */
	size_t column_count;
	struct fill_merge *merges;
	size_t merge_count;
	uint32_t start, end;          /* rows for pupils; end < start when there are none */
	const struct sheet_row *like; /* what a row that is put in looks like; NULL for nothing */
	/* of the workbook at hand */
	const struct fill_given *given; /* of each pupil; NULL: nothing */
	struct shift shift;
	struct buffer pieces;
	struct fill_edit *edits;
	size_t edit_count, edit_room;
	struct text *values;
	struct fill_counts counts;
	uint32_t *each; /* see fill_each() */
	bool failed;    /* memory was short */
};

/* Begin a piece in place of the bytes from ${at} to ${end}; it ends where the next begins. */
struct buffer *fill_edit(struct fill *fill, size_t at, size_t end);

/* The edits of the rows: pupils, what moves down, formulas. */
void fill_rows(struct fill *fill, const struct text *const *pupils, size_t count);

/* The edits of a page: the cells beside its labels. */
void fill_page(struct fill *fill, const struct text *person);

/* Find where the cells beside the labels are. After merged cells and columns were read. */
void fill_page_places(struct fill *fill);

/* A row that stands already, with ${person} in the ${count} cells of it that ${columns} ask. */
void fill_row_of_page(struct fill *fill, const struct sheet_row *row, const struct text *person,
    struct fill_column *columns, size_t count);

/* The edits of the parts beside the rows; ${last} is the row of the last pupil. After fill_rows(). */
void fill_parts(struct fill *fill, uint32_t last);

/* The order in which formulas are reckoned names their places: those of this sheet that have moved. Nothing when none has. */
void fill_chain(const struct fill *fill, struct buffer *out);

#endif
