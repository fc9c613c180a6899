/*
 * value.h - one value that a person says, by the rules of its field: what a cell of it would become.
 */
#ifndef YICI_CONSUMERS_NORMALIZE_VALUE_H
#define YICI_CONSUMERS_NORMALIZE_VALUE_H

#include "core/base/buffer.h"
#include "core/base/err.h"
#include "core/record/binding.h"

/*
 * ${out} (emptied first) = ${said} as a value of ${field}. ${companion} is the value of the field's companion (the type of an
 * identity number, the grade of a class), empty when not known. Returns 1; 0 when a rule refuses it: its number in ${rule};
 * -1 when memory is short.
 */
MUST_CHECK int value_clean(const struct dataset *dataset, const struct field *field, struct text said,
    struct text companion, struct date run_date, struct buffer *out, enum rule *rule, struct err *err);

#endif
