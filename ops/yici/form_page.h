/*
 * form_page.h - a form that is one page of one person, "姓名 | (empty) | 性别 | (empty)": labels, each with the empty cell on its right for the
 * value, in place of a table with a header. What a label asks is told as of a header.
 *
 * A text is a label when nothing stands right of it and it is a known header, or may ask something new: of at most 16 characters, and not
 * above the first or below the last of the known ones, where titles and notes are.
 */
#ifndef YICI_OPS_YICI_FORM_PAGE_H
#define YICI_OPS_YICI_FORM_PAGE_H

#include "ops/yici/form_file.h"

/* Find the labels of the first sheet in sight that has three known ones; REFUSED_NO_HEADER in ${*refusal} when none has. */
MUST_CHECK int form_page_find(struct form_file *file, const struct definitions *definitions, const struct terms *terms,
    enum refusal *refusal, struct err *err);

#endif
