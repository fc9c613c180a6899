/*
 * mark.h - the mark of a workbook that was filled in: which form it is, for whom, of which run, and what stood in it, so that a cell that
 * comes back as it went out is no evidence of anything.
 *
 * The mark is a set of custom document properties (ECMA-376 part 1, 22.3; docProps/custom.xml), which spreadsheet programs keep when they
 * save a workbook again. All are texts of less than 255 characters without personal data:
 *
 *   yici.form, yici.sha256   the form's name, and the SHA-256 of the blank form
 *   yici.run                 the run whose data is in it
 *   yici.whose               SCHOOL/GRADE/CLASS; SCHOOL, or nothing, of a workbook for more than a class
 *   yici.fill                the same for workbooks that were filled in alike: form, run, grant, day
 *   yici.digest              of all others, by the bureau's own seed: a mark that was changed is none
 *   yici.cells.0001 …        of what was filled in, 8 hexadecimal digits each, rising: a hash by seed of the student's id (which no workbook
 *                            shows), the column's header, and the text; without the id nothing can be tried out. Left out beyond
 *                            MARK_CELLS_MAX: such a workbook is held against what is known when it comes back
 *
 * Being in the workbook itself, what was filled in needs no memory here: none to be kept, to grow, or to be purged of a person.
 */
#ifndef YICI_CONSUMERS_FORMS_MARK_H
#define YICI_CONSUMERS_FORMS_MARK_H

#include "consumers/forms/package.h"
#include "core/base/arena.h"

#define MARK_PREFIX "yici."
#define MARK_CELLS_MAX ((size_t)24000)

struct form_mark {
	struct text form, sha256, run, whose, fill;
	const uint32_t *cells; /* rising; NULL where they are not told */
	size_t cell_count;
};

/* ---- writing ---- */

/* What marks a workbook. */
struct marking {
	uint64_t seed;
	struct form_mark mark;  /* but for the cells */
	const struct text *ids; /* of the students of the workbook at hand */
	struct buffer cells;    /* uint32_t each; filled while the workbook is */
};

/* ${text} is filled in for student ${at} under the header ${key} (folded). */
void marking_cell(struct marking *marking, size_t at, struct text key, struct text text);

/* Parts of the workbook that have the mark in them. */
struct mark_parts {
	struct buffer types, relations, properties;
	struct text name; /* of the part that is to be added; empty when the workbook has it */
};

void mark_parts_init(struct mark_parts *parts);
bool mark_parts_failed(const struct mark_parts *parts);
void mark_parts_fini(struct mark_parts *parts);

/* The parts; they stay empty when the workbook is no package that could hold properties. A mark that it had goes; other properties stay. */
void mark_write(struct marking *marking, const struct package *package, struct mark_parts *parts);

/* Each property of ${mark}, its name without "yici.": for a workbook that is made new. */
void mark_list(const struct form_mark *mark, uint64_t seed,
    void (*put)(void *self, const char *name, struct text value), void *self);

/* ---- reading ---- */

/* Understand ${count} properties, each "name=value" (copied to ${arena} where needed): false when they are no mark of ours. */
bool mark_read(const struct text *properties, size_t count, uint64_t seed, struct arena *arena, struct form_mark *mark);

/* Whether ${text} was filled in for the student under that header. */
bool mark_has(const struct form_mark *mark, uint64_t seed, struct text id, struct text key, struct text text);

#endif
