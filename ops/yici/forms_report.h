/*
 * forms_report.h - what a night's report says of departments' forms: those due in the term of the night, by department, and what was
 * filled in of forms that nobody registered. A function of DATA/config/forms, DATA/state/fills.tsv, the night's date and its pupils by school.
 */
#ifndef YICI_OPS_YICI_FORMS_REPORT_H
#define YICI_OPS_YICI_FORMS_REPORT_H

#include "consumers/forms/burden.h"
#include "consumers/publish/publication.h"
#include "ops/yici/fills.h"
#include "ops/yici/night.h"

struct forms_report {
	struct published_forms published; /* texts are of what stands below */
	bool any;                         /* there is something to say */
	struct terms *terms;
	struct calendar calendar;
	struct fills fills;
	struct burden burden;
	struct published_asking *departments;
	char first[11], last[11];
};

/*
 * ${schools} are those of the night. A calendar that cannot be used is logged and nothing is said: nobody's night waits for a form.
 * forms_report_free() in any case.
 */
MUST_CHECK int forms_report_make(struct forms_report *report, const struct night *night,
    const struct published_school *schools, size_t school_count, struct err *err);
void forms_report_free(struct forms_report *report);

#endif
