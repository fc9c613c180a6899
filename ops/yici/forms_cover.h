/*
 * forms_cover.h - the cover sheet of workbooks that are filled in by a grant, beside them: as a night's delivery has one
 * (consumers/publish/delivery.h).
 */
#ifndef YICI_OPS_YICI_FORMS_COVER_H
#define YICI_OPS_YICI_FORMS_COVER_H

#include "ops/yici/forms_grant.h"

/*
 * Write it for what was handed to ${grant} so far, into the folder that the command names; ${answers} are those of the form's columns.
 * Before the last forms_grant_flush(): whoever has all workbooks has their cover.
 */
MUST_CHECK int forms_cover(const struct forms_grant *grant, const struct asked_answer *answers, struct err *err);

#endif
