/*
 * normalizer.h - what a normalizer is made of: one plan a column, one slot a value. Inside this room only.
 *
 *   normalizer.c  makes it out of a binding
 *   slots.c       cells into slots
 *   row_rules.c   what the values of a row say of one another
 *   identity.c    who the row speaks of
 *   normalize.c   a row from its cells to its answer
 */
#ifndef YICI_CONSUMERS_NORMALIZE_NORMALIZER_H
#define YICI_CONSUMERS_NORMALIZE_NORMALIZER_H

#include "consumers/normalize/cell.h"
#include "consumers/normalize/normalize.h"
#include "core/record/answer.h"

#define CACHE_SLOTS 64
#define NO_SLOT UINT16_MAX

struct cached {
	uint64_t low, high;
	uint8_t len, kind; /* len 0: nothing here */
	uint8_t state, rule_count;
	uint16_t rules[2];
	struct text text;
};

struct plan {
	const struct field *field;
	cell_cleaner *clean;   /* NULL: no column; the value comes from another cell */
	struct cached *cached; /* NULL: not for this type */
	uint16_t column;
	uint16_t companion; /* slot */
	bool of_pupil;
	bool month_only;
	bool whether;
};

struct slot {
	struct text text;
	uint8_t state; /* enum cell_state */
	bool told;     /* an issue says why it is empty */
};

/* A value that a column's header says, beside its cells: 父亲姓名 says who that is. */
struct said {
	uint16_t slot, by; /* slots */
	struct text value;
};

struct agreed {
	const struct agreement *agreement;
	uint16_t field, with;
};

struct normalizer {
	const struct binding *binding;
	const struct dataset *dataset;
	uint64_t seed;
	struct plan *plans; /* fields rising */
	size_t plan_count;
	uint16_t *order; /* of plans with a column: those that lean on others last */
	size_t order_count;
	uint16_t *extra; /* slots of plans without a column */
	size_t extra_count;
	uint16_t *by_column; /* plan of a column */
	size_t columns;
	struct slot *slots;
	struct value *values;
	struct issue *issues;
	size_t issue_count, issues_max;
	struct agreed *agreed;
	size_t agreed_count;
	struct said *said;
	size_t said_count;
	uint64_t mark; /* behind the name */
	uint8_t *divisions;
	/* slots of the roles */
	uint16_t name, sex, birth, id_no, id_type, student_no, school_code, school_name, grade, class_name, updated_at,
	    status, guardian, key, card, kind, level;
	uint16_t derived; /* slot of the grade that a class carries */
	struct cell_work work;
	struct number_facts id, student, card_facts;
	struct normalized out;
	char folded[1024];
	char explanation[ANSWER_TEXT_MAX];
};

/* The slot of ${field}; NO_SLOT when no column means it. */
uint16_t normalizer_slot(const struct normalizer *normalizer, uint16_t field);

static inline bool
slot_is_good(const struct normalizer *normalizer, uint16_t slot)
{
	return slot != NO_SLOT && normalizer->slots[slot].state == CELL_GOOD;
}

/* The value in a slot, empty when it has none. */
static inline struct text
slot_value(const struct normalizer *normalizer, uint16_t slot)
{
	return slot_is_good(normalizer, slot) ? normalizer->slots[slot].text : (struct text){ 0 };
}

/* Whether a column leans on another field of the row, and so comes after it. */
static inline bool
plan_leans(const struct plan *plan)
{
	return plan->field->type == FIELD_ID_NO || plan->field->type == FIELD_GRADE;
}

/* Clean every bound cell that is not empty; how many came out bad. */
size_t slots_clean(struct normalizer *normalizer, const struct cell *cells, size_t count);

/* Tell of a rule in a slot; an error takes the value away. */
void slots_raise(struct normalizer *normalizer, size_t slot, enum rule rule, struct text raw);

/* The cell of a plan as it is kept when it cannot be used. */
struct text slots_raw(const struct plan *plan, const struct cell *cells, size_t count);

/* The day of a value like 2014-09-01, from 1900-01-01. */
int32_t slots_day(struct text text);

/* Numbers, codes and dates against one another. */
void row_rules_compare(struct normalizer *normalizer, const struct cell *cells, size_t count);

/* Three cells that are wrong where they stand and right one column further. */
bool row_rules_shifted(struct normalizer *normalizer, const struct cell *cells, size_t count);

/* What a query of the row is about: never 0. */
uint64_t issue_about(const struct normalizer *normalizer, const struct issue *issue);

/* What stands in 说明 of a row that had gone back: empty for nothing. Valid until the next row. */
struct text explanation_find(struct normalizer *normalizer, const struct cell *cells, size_t count);

/* Fill what linking and the record id need to know. */
void identity_find(struct normalizer *normalizer);

#endif
