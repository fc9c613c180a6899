/*
 * match.h - whose row of a returned form a row is. Rows may have been sorted, deleted and put in by hand, and what they say may have been
 * corrected, so a row is known by the person, not by its place: by numbers, else by the name and where he is, else by what was filled in for him.
 * A row that fits nobody or two is nobody's. Pure: the same pupils and row, the same answer, in whatever order pupils come.
 */
#ifndef YICI_CONSUMERS_FORMS_MATCH_H
#define YICI_CONSUMERS_FORMS_MATCH_H

#include "consumers/forms/mark.h"
#include "core/record/schema.h"

/* What a person is known by. */
enum match_by {
	MATCH_ID_NO,
	MATCH_STUDENT_NO,
	MATCH_NAME,
	MATCH_BIRTH_DATE,
	MATCH_SCHOOL_CODE,
	MATCH_SCHOOL_NAME,
	MATCH_GRADE,
	MATCH_CLASS_NAME,
	MATCH_BYS,
};

/* The dataset's field for it; FIELD_NONE. */
uint16_t match_field(const struct dataset *dataset, enum match_by by);

struct match_pupil {
	struct text id; /* 32 hexadecimal digits */
	struct text values[MATCH_BYS];
	struct text whose; /* SCHOOL/GRADE/CLASS as marks say it */
};

struct match_index; /* opaque */

/* ${pupils} are borrowed. NULL when memory is short. */
struct match_index *match_new(const struct match_pupil *pupils, size_t count);
void match_free(struct match_index *index);

struct match_cell {
	struct text key, text; /* of the column; as it stands in the form */
};

struct match_row {
	struct text says[MATCH_BYS];    /* clean values of the row's cells; len 0 without one */
	const struct match_cell *cells; /* all that are not empty */
	size_t cell_count;
	const struct form_mark *mark; /* NULL: the workbook has none */
	uint64_t seed;
};

enum match_result {
	MATCH_ONE,
	MATCH_NOBODY,    /* nobody has that number, or that name there */
	MATCH_SEVERAL,   /* two pupils fit */
	MATCH_NUMBERS,   /* its numbers are of two pupils, or of another than the name */
	MATCH_UNCERTAIN, /* a name alone */
	MATCH_NOTHING,   /* neither a number nor a name */
	MATCH_RESULTS,
};

/* Whose row it is: MATCH_ONE with the place of the pupil in ${*pupil}. */
enum match_result match_find(const struct match_index *index, const struct match_row *row, size_t *pupil);

#endif
