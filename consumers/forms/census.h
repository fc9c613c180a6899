/*
 * census.h - how complete the published dataset is: counts over the lines of students.jsonl. Those that no source
 * delivers any more are not counted: nobody will fill in a form for them.
 */
#ifndef YICI_CONSUMERS_FORMS_CENSUS_H
#define YICI_CONSUMERS_FORMS_CENSUS_H

#include "core/base/err.h"
#include "core/record/schema.h"

struct census {
	const struct dataset *dataset;
	uint64_t *values; /* by field: students that have one */
	uint64_t students;
	uint64_t *classes; /* hashes of school, grade and class; distinct ones after census_end() */
	size_t class_count, class_room;
};

MUST_CHECK int census_init(struct census *census, const struct dataset *dataset, struct err *err);
void census_fini(struct census *census);

/* Count the student of one line, without its newline: -1 with ERR_INPUT when it is no flat object. */
MUST_CHECK int census_line(struct census *census, struct text line, struct err *err);

/* All lines were given. */
void census_end(struct census *census);

/* The share of students with a value of ${field}, in percent; 0 when there are none. */
double census_percent(const struct census *census, uint16_t field);

/* Whether the student of a line is here, as far as is known: what ${presence} says. */
bool census_counts(struct text presence);

#endif
