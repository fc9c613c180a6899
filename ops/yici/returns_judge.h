/*
 * returns_judge.h - what the parts of returns share. Inside of ops/yici/returns*.c only.
 */
#ifndef YICI_OPS_YICI_RETURNS_JUDGE_H
#define YICI_OPS_YICI_RETURNS_JUDGE_H

#include "consumers/forms/manner.h"
#include "consumers/forms/persons.h"
#include "ops/yici/returns.h"
#include "ops/yici/returns_known.h"

/* A column of a form, and how what it asks is written where nothing says how. */
struct judged_column {
	const struct form_column *asked;
	struct persons persons;
	struct manner manner;
	const struct sensitive_kind *sensitive;
};
void judged_column_init(struct judged_column *column, const struct form_column *asked, const struct forms *forms);

/* Whether what is asked follows from a field and is not the field itself. */
bool judged_derived(const struct form_column *asked);

/*
 * What is held under the column of a student whose fields are ${values}: its canonical value, or for what follows from a field the words, in ${out}.
 * Empty when nothing is. Valid until ${out} changes.
 */
struct text judged_held(
    const struct judged_column *column, const struct text *values, struct date today, struct buffer *out);

/* The same of what an entry is about; empty where the dataset holds nothing of it. */
struct text said_held(const struct said *said, const struct forms *forms, const struct known_pupil *pupil,
    struct date today, struct arena *arena, struct buffer *out);

/* What a person decided of a case; NULL for nothing, or not of what is said now. */
struct said_decision {
	char name[SAID_CASE_MAX];
	uint64_t values; /* said_values() when it was decided */
	struct text value;
	uint64_t number;
};
struct said_decisions {
	struct arena arena;
	struct said_decision *at; /* by name, then number */
	size_t count;
};
#define SAID_ACTION "form"
MUST_CHECK int said_decisions_read(struct said_decisions *decisions, const struct journal_log *log, struct err *err);
void said_decisions_free(struct said_decisions *decisions);
const struct said_decision *said_decided(const struct said_decisions *decisions, const struct said *said, size_t count);

/* form_answers.csv, form_differences.csv, returned/forms/, the counts of the files. */
MUST_CHECK int returns_say(struct returns *returns, const struct returns_night *night, const struct known_pupils *known,
    const struct said_decisions *decisions, struct err *err);

#endif
