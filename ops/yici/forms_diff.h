/*
 * forms_diff.h - `yici forms DATA diff --class SCHOOL/GRADE/CLASS | --school CODE | --all --out DIR`: for a class, one short sheet of what its
 * registered forms of this term ask and nobody knows, or is said in two ways (consumers/publish/gaps.h). Comes back like a form.
 */
#ifndef YICI_OPS_YICI_FORMS_DIFF_H
#define YICI_OPS_YICI_FORMS_DIFF_H

#include "ops/yici/forms.h"

/* The exit status; EX_HELD when something is said in two ways. */
int forms_diff(struct forms *forms);

#endif
