/*
 * form_pupils.h - the pupils of the last run by class, for filling in forms: lines of students.jsonl of those who are here, in the
 * order of school, grade, class, number in the class, student number.
 */
#ifndef YICI_OPS_YICI_FORM_PUPILS_H
#define YICI_OPS_YICI_FORM_PUPILS_H

#include "core/base/mapping.h"
#include "ops/yici/forms.h"

struct pupil {
	struct text line;
	struct text id, school, grade, class_name, seat, number; /* as they stand in the line */
};

struct pupils {
	struct mapping mapping;
	struct pupil *at;
	size_t count, room;
	enum pupil_unit { PUPILS_CLASS, PUPILS_SCHOOL, PUPILS_ALL } unit; /* of a workbook; set by who fills in */
	bool single;                                                      /* everybody is a class of his own: pages */
	uint64_t homeless;                                                /* without a school: nobody's form */
};

/* Which pupils: empty texts and NULL for any. */
struct pupil_filter {
	const char *const *schools; /* codes, NULL behind the last */
	struct text grade, class_name;
	bool whole_class; /* the two count, empty or not */
	struct text id;   /* one person */
};

/* Load those of DATA's last run; ERR_INPUT before the first. pupils_close() in any case. */
MUST_CHECK int pupils_load(
    struct pupils *pupils, const struct forms *forms, const struct pupil_filter *filter, struct err *err);
void pupils_close(struct pupils *pupils);

/* The number of pupils from ${at} on that are of its class. */
size_t pupils_class(const struct pupils *pupils, size_t at);

/* The same of its workbook. */
size_t pupils_workbook(const struct pupils *pupils, size_t at);

/* The values of a pupil by field number, in ${arena}; NULL when memory is short. */
MUST_CHECK const struct text *pupil_values(
    const struct pupil *pupil, const struct dataset *dataset, struct arena *arena);

#endif
