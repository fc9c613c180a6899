/*
 * terms.h - what departments' forms ask beyond the fields of a dataset: which columns follow from a field, which are
 * sensitive, which only say whose row it is, what a cell costs. Read from NAME_forms.xml (RELAX NG: schemas/forms.rng).
 */
#ifndef YICI_CONSUMERS_FORMS_TERMS_H
#define YICI_CONSUMERS_FORMS_TERMS_H

#include "core/record/binding.h"

enum derive_as {
	DERIVE_NUMBER, /* the row's number */
	DERIVE_AGE,
	DERIVE_WITHIN, /* whether the age is from ${min} to ${max} */
	DERIVE_STAGE,
	DERIVE_PROVINCE,
	DERIVE_CITY,
	DERIVE_PROVINCE_CITY,
	DERIVE_COUNTY,
	DERIVE_DIVISION, /* province, city and county */
	DERIVES,
};

struct derivation {
	struct text name, zh, en;
	enum derive_as as;
	uint16_t from; /* FIELD_NONE: of the row itself */
	unsigned min, max;
	const struct text *headers; /* folded by header_fold() */
	size_t header_count;
};

/* Why something needs a grant. */
struct sensitive_kind {
	struct text name, zh, en;
	const struct text *words;
	size_t word_count;
};

/* What forms are filled in with for a code, where nothing says otherwise: 男, where the code set's label is 男性. */
struct form_word {
	uint16_t field;
	struct text code, word, brief; /* 四年级, 小四; the second may be empty */
};

/* When a term begins. */
struct term {
	uint8_t month, day;
	struct text zh, en;
};

/* Whom a class's workbook goes to: of the dataset's people the one whose field ${when} is ${is}, of that school, grade and class. */
struct address {
	uint16_t name, school, grade, class_name, when; /* FIELD_NONE: the dataset addresses nobody */
	struct text is;
};

struct terms {
	struct address address;
	double held_percent;
	unsigned seconds, rows;
	const uint8_t *identifies; /* by field: 1 for those by which a row is known */
	const uint8_t *sensitive;  /* by field: its kind + 1; 0 when it is none */
	const struct sensitive_kind *kinds;
	size_t kind_count;
	const struct derivation *derivations;
	size_t derivation_count;
	const struct form_word *words;
	size_t word_count;
	const struct text *persons; /* prefixes of fields that say the same of another member of the family */
	size_t person_count;
	const struct term *terms; /* in the order of the year */
	size_t term_count;
};

/* Load ${path}, which is of ${dataset}; all faults go to ${tell} (may be NULL), the first to ${err}. -1 when there is any. */
MUST_CHECK int terms_load(struct terms **terms, const char *path, const struct dataset *dataset, schema_complain *tell,
    void *self, struct err *err);
void terms_free(struct terms *terms);

/* The words for a code of the field; NULL when none are given. */
const struct form_word *terms_word(const struct terms *terms, uint16_t field, struct text code);

/* The derivation so headed (folded); NULL when there is none. */
const struct derivation *terms_header(const struct terms *terms, struct text folded);

/* The derivation of that name; NULL when there is none. */
const struct derivation *terms_derivation(const struct terms *terms, struct text name);

/* Why a column of this field (FIELD_NONE: unknown) with this header is sensitive; NULL when it is not. */
const struct sensitive_kind *terms_sensitive(const struct terms *terms, uint16_t field, struct text header);

/* The term of ${date}: its number is the same for all days of one term of one school year, and no other. */
struct term_of {
	int number;
	const struct term *term;
	int year; /* in which it began */
};
struct term_of terms_of(const struct terms *terms, struct date date);

/* The first and the last day of the term of ${date}. */
void terms_days(const struct terms *terms, struct date date, struct date *first, struct date *last);

#endif
