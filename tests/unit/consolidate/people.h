/*
 * people.h - for tests of linking by weights: what sources say of invented children, as the traits that are compared. The
 * dataset and the model are those that ship.
 */
#ifndef YICI_TESTS_UNIT_CONSOLIDATE_PEOPLE_H
#define YICI_TESTS_UNIT_CONSOLIDATE_PEOPLE_H

#include "consumers/consolidate/pairs.h"

#define PEOPLE_MAX 4096

struct people {
	struct dataset *dataset;
	struct model *model;
	struct trait_maker *maker;
	struct traits traits; /* its bytes are ${bytes} */
	uint8_t *bytes;
	struct pair_side sides[PEOPLE_MAX];
	size_t count;
};

void people_init(struct people *people);
void people_fini(struct people *people);

/*
 * One record of ${source}: "name=张一 birth_date=2014-05-06 class_name=1班"; "!" before a value says that it could not be
 * used. A valid id_no is also the record's number. Its place among the records.
 */
uint32_t people_add(struct people *people, uint16_t source, const char *says);

/* Forget all records. */
void people_clear(struct people *people);

#endif
