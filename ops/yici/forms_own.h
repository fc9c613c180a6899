/*
 * forms_own.h - what departments were told themselves, by returned forms (consumers/forms/said.h): known when the form is checked, filled in when it is
 * filled in, so that a question is asked once. An answer counts for ${forms.fresh} days; of a conflict nothing counts until it is decided.
 */
#ifndef YICI_OPS_YICI_FORMS_OWN_H
#define YICI_OPS_YICI_FORMS_OWN_H

#include "consumers/forms/said.h"
#include "ops/yici/form_blank.h"
#include "ops/yici/form_pupils.h"
#include "ops/yici/returns_judge.h"

struct own {
	const struct forms *forms;
	struct arena arena;
	struct said_list list;
	struct said_decisions decisions;
	char fresh_from[11];
	struct text department, form; /* whose answers count */
};

/* Load what counts for the form called ${form}, of which ${sha256} is the digest, on the day ${today}. own_close() in any case. */
MUST_CHECK int own_open(struct own *own, const struct forms *forms, struct text form, const char *sha256,
    struct date today, struct err *err);
void own_close(struct own *own);

/* What the student answered to the column; len 0 when nothing counts. ${*said} is an entry that says so. */
struct text own_answer(
    const struct own *own, struct text student, const struct form_column *column, const struct said **said);

/* Where the student's entries begin in the list. */
size_t own_student(const struct own *own, const uint8_t *student);

/* All that was said of it, agreed or not: ${*count} entries; NULL where nothing was. */
const struct said *own_group(
    const struct own *own, struct text student, const struct form_column *column, size_t *count);

/* Of the workbook with these ${count} pupils: what they answered, for fill_plan.own, in ${arena}. */
MUST_CHECK int own_class(const struct own *own, const struct form *form, const struct pupil *pupils, size_t count,
    struct arena *arena, const struct text *const **answers, struct err *err);

/*
 * Take columns that are new for held where enough of the pupils in the classes that answered did so; tell in the answers by which form, since when
 * and how completely.
 */
MUST_CHECK int own_judge(const struct own *own, const struct form *form, struct asked *asked, struct err *err);

#endif
