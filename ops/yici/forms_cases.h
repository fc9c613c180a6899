/*
 * forms_cases.h - what returned forms leave to a person: two answers for one child, values beside other values that are held.
 */
#ifndef YICI_OPS_YICI_FORMS_CASES_H
#define YICI_OPS_YICI_FORMS_CASES_H

#include "ops/yici/forms.h"

/* `yici forms DATA cases`: those that nobody decided; EX_HELD when there are any. The exit status. */
int forms_cases(struct forms *forms);

/*
 * `yici forms DATA decide CASE VALUE --why REASON`: which of the answers counts; of a difference, that what is held (VALUE as it is held) is right.
 * The exit status.
 */
int forms_decide(struct forms *forms);

#endif
