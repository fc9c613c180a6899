/*
 * verdict.h - cases as the last run left them, and what people say of them, as entries of the log of decisions. What
 * `yici review` and the review workbook have in common.
 */
#ifndef YICI_OPS_YICI_VERDICT_H
#define YICI_OPS_YICI_VERDICT_H

#include "consumers/consolidate/decisions.h"
#include "consumers/consolidate/store.h"
#include "core/base/arena.h"
#include "core/store/state.h"

/* Strings of a record of a case, in the order in which people see them. */
enum case_text {
	CASE_KIND,
	CASE_ROUTE,
	CASE_COUNTY,
	CASE_STUDENT,
	CASE_RECORD,
	CASE_SOURCE,
	CASE_FILE,
	CASE_SHEET,
	CASE_SCHOOL_CODE,
	CASE_SCHOOL_NAME,
	CASE_NAME,
	CASE_ID_NO,
	CASE_STUDENT_NO,
	CASE_BIRTH_DATE,
	CASE_WHY,
	CASE_TEXTS,
};
const char *case_text_name(enum case_text text);

struct open_case_record {
	struct text text[CASE_TEXTS];
	uint64_t row;
};
struct open_case {
	struct text number;
	const struct open_case_record *records;
	size_t count;
};
struct open_cases {
	struct arena arena;
	struct open_case *at; /* as published: by route, then number */
	size_t count;
};

/* The cases of the current generation; none before the first run. */
MUST_CHECK int open_cases_load(struct open_cases *cases, const struct state *state, struct err *err);
void open_cases_free(struct open_cases *cases);
const struct open_case *open_cases_find(const struct open_cases *cases, struct text number);

/* What is said of one record of a case. */
enum choice {
	CHOICE_NONE,
	CHOICE_SAME,
	CHOICE_DIFFERENT,
	CHOICE_TWINS,
	CHOICE_OLD_NUMBER,
	CHOICE_NEW_NUMBER,
	CHOICE_WRONG_ROW,
	CHOICES,
};

/* What a clerk chooses from in the workbook; empty for CHOICE_NONE. */
struct text choice_label(enum choice choice);

struct verdict_entry {
	enum decided_kind kind;
	char *records; /* ids, a space between; as in decisions.h */
};
struct verdict {
	struct verdict_entry at[3];
	size_t count;
};

/*
 * What ${choices}, one for each of ${count} records, say together. A choice other than of numbers or of a wrong row that stands on one line alone is
 * said of all. Returns 1; 0 with the reason, in Chinese or English, in ${refused}; -1 when memory is short.
 * Entries belong to ${arena}.
 */
MUST_CHECK int verdict_make(struct verdict *verdict, const struct text *records, const struct text *students,
    const enum choice *choices, size_t count, bool chinese, struct arena *arena, const char **refused, struct err *err);

/* ${out} (emptied first) = what each of the records of ${entry} says now, as an entry of a wrong row keeps it; empty for others. */
MUST_CHECK int verdict_content(
    const struct verdict_entry *entry, const struct store *store, struct buffer *out, struct err *err);

#endif
