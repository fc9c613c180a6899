/*
 * correct.h - a correction, checked: what `yici correct` and the corrections workbook have in common.
 */
#ifndef YICI_OPS_YICI_CORRECT_H
#define YICI_OPS_YICI_CORRECT_H

#include "core/record/binding.h"
#include "core/store/journal.h"
#include "ops/yici/held.h"

/* Texts belong to ${held} or to the one that corrects, and are valid until its next correction. */
struct correction {
	struct journal_member members[5]; /* of an entry "correct" */
	char record[2 * RECORD_ID_BYTES + 1], student[2 * STUDENT_ID_BYTES + 1];
	struct buffer value;
};
#define CORRECTION_MEMBERS 5

/*
 * Correct ${field}, a name or label, of the student that ${student} names (held_find()) to ${said}: 1; 0 with the reason, as
 * ${held}->command speaks, in ${refused}; -1. correction_fini() in any case.
 */
MUST_CHECK int correction_make(struct held *held, struct text student, struct text field, struct text said,
    struct date date, struct correction *correction, struct buffer *refused, struct err *err);
void correction_fini(struct correction *correction);

/* A sentence of a rule for people, with the field's name put in. */
void correct_say_rule(
    const struct dataset *dataset, bool chinese, const struct field *field, enum rule rule, struct buffer *out);

#endif
