/*
 * shift.h - what rows put into a sheet do to places written in it: in ranges and in formulas. Inside this room only.
 */
#ifndef YICI_CONSUMERS_FORMS_SHIFT_H
#define YICI_CONSUMERS_FORMS_SHIFT_H

#include "core/base/buffer.h"

/* ${by} rows come behind row ${behind}: later rows move down, ranges that end there or reach beyond grow. */
struct shift {
	uint32_t behind, by;
};

uint32_t shift_row(const struct shift *shift, uint32_t row);

/*
 * Append the ranges of ${refs} ("A1:B2 C3") as they are afterwards. ${grow}: those that end in the last row before the new ones are
 * continued over them (validations, conditional formats), not with merged cells.
 */
void shift_ranges(const struct shift *shift, struct text refs, bool grow, struct buffer *out);

/* Append the formula (as it stands in the XML) as it is afterwards. Names of sheets, and what stands behind them, stay. */
void shift_formula(const struct shift *shift, struct text formula, struct buffer *out);

/* Append the formula as it reads ${down} rows further down, as copying a cell does. */
void shift_copy_formula(struct text formula, uint32_t down, struct buffer *out);

#endif
