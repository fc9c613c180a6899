/*
 * calendar.h - what a form asks, and the calendar of registered forms: DATA/config/forms/NAME.xml (RELAX NG:
 * schemas/form.rng), one file a form, written whole, 0600. Withdrawing a form is removing its file; one that was refused stays, for the count.
 */
#ifndef YICI_CONSUMERS_FORMS_CALENDAR_H
#define YICI_CONSUMERS_FORMS_CALENDAR_H

#include "consumers/forms/terms.h"
#include "core/base/arena.h"

enum form_use {
	FORM_FIELD,   /* asks a field of the dataset */
	FORM_DERIVED, /* asks what follows from one */
	FORM_UNKNOWN, /* asks what the dataset has no field for */
	FORM_REMARK,  /* remarks, signatures: known and left alone */
	FORM_NEVER,   /* passwords: nobody may collect them */
};

struct form_column {
	uint16_t column; /* from 0; of a registered form: its place */
	uint32_t row; /* of a page, one person each: that of the label, which stands in ${column}; 0: a column of a table */
	struct text header, key; /* as written; folded by header_fold() */
	enum form_use use;
	uint16_t field;                  /* FORM_FIELD */
	const struct derivation *derive; /* FORM_DERIVED */
	bool month_only, whether;        /* as struct bound_column has them */
};

/* What a form asks; who makes it owns what it points at. */
struct form {
	const struct form_column *columns;
	size_t count;
};

struct registered {
	struct text name, department, due, registered, sha256;
	int term; /* of the day it is due: terms_of() */
	struct form form;
	bool refused; /* for another of its term asks the same: nobody is asked */
};

struct calendar {
	struct arena arena;
	struct registered *at; /* sorted by name */
	size_t count;
};

/*
 * Load what ${folder} holds of the dataset; nothing when there is no folder. Columns whose field or derivation is gone from
 * the definitions stand by their headers alone. Faults as terms_load() tells them; -1 when there is any.
 */
MUST_CHECK int calendar_load(struct calendar *calendar, const char *folder, const struct dataset *dataset,
    const struct terms *terms, schema_complain *tell, void *self, struct err *err);
void calendar_free(struct calendar *calendar);

/* Whether a form may be called so: no separator, nothing hidden, at most 100 bytes. It becomes the name of a file. */
bool calendar_name_fits(struct text name);

/* Write ${registered} into ${folder}, durably; over one of its name. Its term is not written: the day it is due says it. */
MUST_CHECK int calendar_write(
    const char *folder, const struct registered *registered, const struct dataset *dataset, struct err *err);

/* Whether two columns ask the same. */
bool calendar_same(const struct form_column *a, const struct form_column *b);

#endif
