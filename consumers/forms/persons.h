/*
 * persons.h - columns that ask of a member of the family whom the header names: 父亲姓名. Which member that is in the dataset, the first or
 * the second, is of no matter to a form. Pure.
 */
#ifndef YICI_CONSUMERS_FORMS_PERSONS_H
#define YICI_CONSUMERS_FORMS_PERSONS_H

#include "consumers/forms/calendar.h"

#define PERSONS_MAX 4

struct persons {
	struct text relation; /* the member's, as a code */
	struct {
		uint16_t relation, field;
	} of[PERSONS_MAX]; /* the member that the header means first, then the others */
	size_t count;      /* 0: the column asks of no such member */
};

/* Whom ${asked}, which asks a field, is about. */
void persons_find(
    const struct dataset *dataset, const struct terms *terms, const struct form_column *asked, struct persons *persons);

/* What ${values} say of the member of ${pupil}'s family with that relation; at is NULL when there is none. */
struct text persons_value(const struct persons *persons, const struct text *pupil, const struct text *values);

#endif
