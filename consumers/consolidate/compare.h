/*
 * compare.h - what a run makes different from yesterday, in numbers: by source, school and field. Counted where the records pass
 * by in the update (update.h), by each process for itself; the sums do not depend on who counted what.
 *
 * Rows are for (source, school, field); those without a field count records. Stock is for (source, field, value): how
 * many records that are here say so, kept from night to night by adding what each night changes (usual.h), so that an unchanged
 * record costs one look at its school's row.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_COMPARE_H
#define YICI_CONSUMERS_CONSOLIDATE_COMPARE_H

#include "consumers/consolidate/links.h"
#include "core/record/schema.h"

enum compared {
	COMPARED_BEFORE,  /* records that were here yesterday */
	COMPARED_HERE,    /* of these: came with this run */
	COMPARED_ABSENT,  /* of these: absent now */
	COMPARED_STALE,   /* of these: their school did not come */
	COMPARED_NEW,     /* records that there were not */
	COMPARED_CHANGED, /* records, or values of the field, that say something else now */
	COMPARED_EMPTIED, /* values of the field that are gone */
	COMPARED_GARBLED, /* of the new and changed: the name is garbled */
	COMPARED_COUNTS,
};

/* What stock is of, beside values of fields. */
#define STOCK_FILLED UINT64_MAX        /* the field says anything at all */
#define STOCK_INVALID (UINT64_MAX - 1) /* its value is none that it may have */
enum {                                 /* of FIELD_NONE */
	STOCK_STUDENTS = 1,            /* students with a record of the source */
	STOCK_LINKED,                  /* of these: with another source's record, too */
	STOCK_KIND,                    /* + enum anchor_kind: records that are identified so */
};

#define EXAMPLES_MAX 20

/* Where something of a finding stands; nothing of what stands there. */
struct example {
	uint8_t id[RECORD_ID_BYTES];
	uint32_t file, row, school;
	uint16_t sheet, field; /* FIELD_NONE: the whole record */
	uint32_t what;         /* enum compared */
};

struct compared_row {
	uint16_t source, field;
	uint32_t school; /* as in struct link */
	uint64_t counts[COMPARED_COUNTS];
	struct text code, name; /* of the school, as its record with the smallest id has them */
	uint8_t named[RECORD_ID_BYTES];
	struct example *examples; /* those with the smallest ids; of a row with a field: of all schools together, under school 0 */
	uint32_t example_count;
};

struct stock {
	uint16_t source, field;
	uint64_t value;
	int64_t change;
	uint64_t fresh; /* new or changed records that say so */
};

/* A value as stock has it: its own bytes when they are eight at the most, else a hash. */
uint64_t stock_value(struct text value);

struct comparison;

/* ${recount}: nothing is known of yesterday's stock, so every record is counted. ${garbled} tells of a text; may be NULL. */
struct comparison *comparison_new(const struct dataset *dataset, bool recount, bool (*garbled)(struct text));
void comparison_free(struct comparison *comparison);

/*
 * One record after and before the run (NULL: there was none) and its encoded values. ${left}: it did not come, and is of a student
 * who had left before the run, so nobody waited for it. Want of memory is remembered.
 */
void compare_record(struct comparison *comparison, const struct link *now, const struct link *before, bool left,
    struct text values, struct text old_values);

/* One student with a record of ${source}; once for each of his sources. */
void compare_student(struct comparison *comparison, uint16_t source, bool linked);

/* Bytes of all of it (${out} has failed when memory was short), and adding such bytes to another. */
void comparison_write(struct comparison *comparison, struct buffer *out);
MUST_CHECK int comparison_read(struct comparison *comparison, struct text bytes);

/*
 * Everything in order: rows by source, field, school; stock by source, field, value. Lives as long as the comparison, to which
 * nothing may be added afterwards. -1 when memory was short.
 */
MUST_CHECK int comparison_sorted(struct comparison *comparison, const struct compared_row **rows, size_t *row_count,
    const struct stock **stock, size_t *stock_count);

#endif
