/*
 * forms_grant.h - `yici forms fill --grant G`: what the grant gives for the sensitive columns of a form, and the line in the log of
 * disclosures that each workbook has before it exists.
 *
 * Of the same rows and masks as a night's delivery by the grant (consumers/publish/view.h). While it is open no night is made, for both
 * number their deliveries by the log; all workbooks of one filling have one number. A filling that is killed leaves lines without workbooks,
 * never the other way round.
 */
#ifndef YICI_OPS_YICI_FORMS_GRANT_H
#define YICI_OPS_YICI_FORMS_GRANT_H

#include "consumers/forms/fill.h"
#include "ops/yici/form_pupils.h"
#include "ops/yici/members.h"
#include "ops/yici/release.h"

#define FORMS_GRANT_BATCH 256

/* A workbook that waits for its line. */
struct forms_workbook {
	char *path, *name; /* below the folder that was asked for */
	struct buffer bytes;
	struct buffer ids;  /* of those among the grant's rows */
	struct buffer each; /* uint32_t: cells filled in for each student */
	const struct pupil *first;
	size_t students;
	struct fill_counts counts;
};

struct forms_grant {
	const struct forms *forms;
	struct state state;
	struct release release;
	const struct release_grant *of;
	char date[11];
	const struct form *form;
	uint8_t *granted;     /* by column of the form */
	size_t *columns;      /* the same: of the grant's columns, where it is granted */
	struct buffer keys;   /* of the grant's columns that are filled in */
	struct buffer beside; /* fields of the other columns that are */
	struct buffer row;    /* scratch */
	struct journal journal;
	uint64_t workbooks, rows; /* handed over so far; of these pupils */
	struct forms_workbook waiting[FORMS_GRANT_BATCH];
	size_t waiting_count, waiting_bytes;
	bool logging;
};

/*
 * Open the grant that the command names; ERR_DENIED when it gives nothing today, or nothing that the form asks. ${answers} are those of
 * ${form}'s columns. forms_grant_close() in any case.
 */
MUST_CHECK int forms_grant_open(struct forms_grant *grant, const struct forms *forms, const struct form *form,
    const struct asked_answer *answers, struct err *err);
void forms_grant_close(struct forms_grant *grant);

/* What is given of ${pupil}, whose values are ${values}, in ${arena}; the pupil's id is added to ${ids} when anything may be. */
MUST_CHECK int forms_grant_give(struct forms_grant *grant, const struct pupil *pupil, const struct text *values,
    struct fill_given *given, struct buffer *ids, struct arena *arena, struct err *err);

/*
 * Take over the bytes of ${workbook}; it is written by now or by the next forms_grant_flush(), after which ${written} is told of
 * each that is.
 */
MUST_CHECK int forms_grant_add(struct forms_grant *grant, struct forms_workbook *workbook,
    void (*written)(void *self, const struct forms_workbook *workbook), void *self, struct err *err);
MUST_CHECK int forms_grant_flush(struct forms_grant *grant,
    void (*written)(void *self, const struct forms_workbook *workbook), void *self, struct err *err);

#endif
