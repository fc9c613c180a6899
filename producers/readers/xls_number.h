/*
 * xls_number.h - a spreadsheet's binary number as the shortest decimal that reads back as the same
 * number. Plain digits from 1e-7 up to 1e21, so that a long number stands as people wrote it;
 * beyond, 1.5e+21 and 1.5e-8.
 */
#ifndef YICI_PRODUCERS_READERS_XLS_NUMBER_H
#define YICI_PRODUCERS_READERS_XLS_NUMBER_H

#include "core/base/base.h"

#define XLS_NUMBER_MAX 40

/* Write ${value} into ${out}, no NUL behind; its length. 0 when it is no number (infinite, NaN). */
size_t xls_number_text(double value, char out[XLS_NUMBER_MAX]);

/* The same for the packed form (RK): 30 bits of an integer or of a double, perhaps in hundredths.
 */
size_t xls_number_rk(uint32_t rk, char out[XLS_NUMBER_MAX]);

#endif
