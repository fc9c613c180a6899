/*
 * registers.h - what comes to schools from above in two years: inspections, meetings, documents and activities of invented offices, as those
 * register them, some of them twice in other words.
 *
 *   OUT/truth/registers.csv   register_no,kind,year,quarter,group: matters of one group (a number; empty: none) are one in other words
 */
#ifndef YICI_OPS_SAMPLE_REGISTERS_H
#define YICI_OPS_SAMPLE_REGISTERS_H

#include "core/base/buffer.h"
#include "core/base/err.h"

/* The files of ${night} below OUT/night-NN/inbox/ (all in the first, a meeting that is called off in others), and their truth. */
MUST_CHECK int registers_write(const char *out, uint64_t seed, unsigned night, struct buffer *truth, struct err *err);

#endif
