/*
 * forms_fill.h - `yici forms fill`.
 */
#ifndef YICI_OPS_YICI_FORMS_FILL_H
#define YICI_OPS_YICI_FORMS_FILL_H

#include "ops/yici/form_pupils.h"

#define SCHOOL_CODE_MAX 64

/* SCHOOL/GRADE/CLASS: the grade as its code, label or what else the code set takes for it. 0, or the exit status of misuse. */
int forms_class_parse(
    const struct forms *forms, const char *words, char school[SCHOOL_CODE_MAX], struct pupil_filter *filter);

/* "2141000001-小学四年级-3班", the name of a class's workbook without its end. */
void forms_class_name(const struct dataset *dataset, const struct pupil *first, struct buffer *out);

/* Fill in the form that the command names: the exit status. */
int forms_fill(struct forms *forms);

#endif
