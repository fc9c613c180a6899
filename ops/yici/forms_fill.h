/*
 * forms_fill.h - `yici forms fill`.
 */
#ifndef YICI_OPS_YICI_FORMS_FILL_H
#define YICI_OPS_YICI_FORMS_FILL_H

#include "ops/yici/forms.h"

#define SCHOOL_CODE_MAX 64

/* Fill in the form that the command names: the exit status. */
int forms_fill(struct forms *forms);

#endif
