/*
 * form_blank.h - a department's blank form on its way to being filled in: read as for `forms check`, made a workbook where it was none, its
 * rows told apart, and how each column is written.
 */
#ifndef YICI_OPS_YICI_FORM_BLANK_H
#define YICI_OPS_YICI_FORM_BLANK_H

#include "consumers/forms/fill.h"
#include "ops/yici/form_file.h"
#include "ops/yici/forms.h"
#include "ops/yici/forms_grant.h"

struct form_blank {
	struct forms *forms;
	struct form_file file;
	char sha256[65]; /* of the form as it came */
	struct asked asked;
	struct package package;
	struct fill_plan plan;
	struct fill *fill;
	struct arena lists;        /* texts of lists */
	char spool[FILE_PATH_MAX]; /* a private folder with the form as a workbook, where it was none; else empty */
	int fd;                    /* the workbook */
	uint64_t size;             /* of it */
};

/*
 * Open the form that the command names, for the day that it names; ${grant} is opened with it when the command names one. Not to be moved
 * afterwards. form_blank_close() in any case: -1 when what was made on the way could not be removed.
 */
MUST_CHECK int form_blank_open(
    struct form_blank *blank, struct forms *forms, struct forms_grant *grant, struct err *err);

/* The workbook itself, and how to fill it in: for a process that is locked in. fill_pupils() then takes ${blank}->fill. */
MUST_CHECK int form_blank_plan(struct form_blank *blank, struct err *err);

MUST_CHECK int form_blank_close(struct form_blank *blank, struct err *err);

#endif
