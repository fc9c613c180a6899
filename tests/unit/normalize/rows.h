/*
 * rows.h - rows for tests of the normalizer: a binding made from field names, cells made from
 * strings. The dataset is the shipped one. The run's day is 2026-09-02.
 */
#ifndef YICI_TESTS_NORMALIZE_ROWS_H
#define YICI_TESTS_NORMALIZE_ROWS_H

#include "consumers/normalize/normalize.h"

#define ROWS_COLUMNS_MAX 256

/* A column of every field type, and those that play a part. */
#define ROWS_ALL_TYPES                                                                                                 \
	"name,sex,birth_date,id_type,id_no,student_no,school_code,school_name,grade,class_name,"                       \
	"home_address,phone,postcode,email,orphan,hukou_division,admission_month,id_validity,"                         \
	"updated_at,family_income,bank_card_no,disability_card_no,disability,ethnic,former_name,"                      \
	"township,member1_id_no,residence_mode,student_status,specialty"

struct rows {
	struct binding binding;
	struct bound_column columns[ROWS_COLUMNS_MAX];
	struct normalizer *normalizer;
	size_t count;                     /* of columns */
	uint16_t place[ROWS_COLUMNS_MAX]; /* field of a column */
};

/* The dataset, loaded once. */
const struct dataset *rows_dataset(void);
void rows_end(void);

/* Columns in the order of ${fields}: "name,sex,id_no"; an empty word is a column that means
 * nothing. */
void rows_open(struct rows *rows, const char *fields);

/* The same in two steps: only the binding; a normalizer for it, NULL when memory is short. */
void rows_bind(struct rows *rows, const char *fields);
struct normalizer *rows_normalizer(const struct rows *rows);

void rows_close(struct rows *rows);

/* A row of strings with | between; a leading "n:" makes a number, "d:" a spreadsheet's date, "e:"
 * an error, "u:" a formula without its result. */
const struct normalized *rows_put(struct rows *rows, const char *cells);

/* The value of a field: empty when absent; ${*invalid} may be NULL. */
struct text rows_value(const struct normalized *row, const char *field, bool *invalid);

/* The rules of a row's issues: "id_checksum date_form", in their order; lives until the next call.
 */
const char *rows_issues(const struct normalized *row);

#endif
