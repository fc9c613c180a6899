/*
 * form_marks.h - what marks the workbooks of one filling (consumers/forms/mark.h).
 */
#ifndef YICI_OPS_YICI_FORM_MARKS_H
#define YICI_OPS_YICI_FORM_MARKS_H

#include "ops/yici/form_blank.h"
#include "ops/yici/form_pupils.h"

struct form_marks {
	struct marking marking;
	struct arena arena; /* what is the same of all workbooks */
	struct buffer whose;
};

/* The workbooks that are made of ${blank} are marked from here on. form_marks_close() in any case. */
MUST_CHECK int form_marks_open(struct form_marks *marks, struct form_blank *blank, struct err *err);
void form_marks_close(struct form_marks *marks);

/* From here on the workbook of these ${count} pupils is at hand; they and ${arena} live as long as it is filled in. */
MUST_CHECK int form_marks_class(
    struct form_marks *marks, const struct pupil *pupils, size_t count, struct arena *arena, struct err *err);

#endif
