/*
 * addressed.h - whom filled in workbooks go to: a class's to its head teacher, a page to the person it is of. Who is head teacher of which
 * class says the data folder of another dataset, mostly teachers, whose definition for forms has an <address>. Names stand in
 * OUT/addressed.csv (0600) and in what --json prints; never in a file's name.
 */
#ifndef YICI_OPS_YICI_ADDRESSED_H
#define YICI_OPS_YICI_ADDRESSED_H

#include "ops/yici/form_pupils.h"

struct addressed;

/*
 * NULL in ${*made} when there is nobody to be found and nothing to be listed: neither pages nor, by option or setting, a folder of
 * teachers. ERR_INPUT when that folder had no run yet, ERR_STOP when its dataset addresses nobody. addressed_close() in any case.
 */
MUST_CHECK int addressed_open(struct addressed **made, const struct forms *forms, struct err *err);
void addressed_close(struct addressed *addressed);

/* Whether it knows head teachers. */
bool addressed_has_heads(const struct addressed *addressed);

/* The head teacher of the pupil's class, of several with 、 between; empty when none is known. Valid until the next call. */
struct text addressed_head(struct addressed *addressed, const struct pupil *pupil);

/* A workbook was written: ${file} below OUT, of the class (of a page: the person) of ${first}. */
void addressed_add(struct addressed *addressed, struct text file, const struct pupil *first);

/* Write OUT/addressed.csv. */
MUST_CHECK int addressed_save(struct addressed *addressed, const char *out, struct err *err);

#endif
