/*
 * sheetrow.h - one pupil as one list shows it: every column's text in the manner of the file, with
 * the mistakes that people and programs make. The mistakes are drawn from list and pupil, not from
 * the night, so an unchanged pupil gives an unchanged row.
 */
#ifndef YICI_OPS_SAMPLE_SHEETROW_H
#define YICI_OPS_SAMPLE_SHEETROW_H

#include "ops/sample/city.h"
#include "ops/sample/form.h"
#include "ops/sample/mix.h"

/* Which mistakes were made so far; sees to it that each kind is made at least once in a night. */
struct defects {
	uint64_t made[DEFECT_COUNT];
	uint64_t rows;
	bool force; /* make each kind at least once */
};

/* How one file writes things. */
struct manner {
	const struct form *form;
	const struct column *columns[FORM_COLUMNS_MAX];
	size_t count;
	enum book_format format;
	uint8_t date, truth, grade, class, id_as_number;
	bool registry;
	uint64_t seed, kind;
};

struct sheetrow {
	struct cell cells[FORM_COLUMNS_MAX + 1];
	size_t count;
	uint64_t defects;    /* bits */
	const char *outcome; /* accepted, rejected */
	char pool[16384];
	size_t used;
};

/* Fill ${row} with ${person}; ${above} is the pupil in the row above or NULL; ${serial} from 1. */
void sheetrow_fill(struct sheetrow *row, const struct manner *manner, const struct city *city,
    const struct person *person, const struct person *above, uint32_t serial, struct defects *defects);

/* Whether ${list}'s ${person} also stands there a second time. */
bool sheetrow_twice(const struct sheetrow *row);

#endif
