/*
 * codes.h - one code set: which values there are, their labels, and all the ways people write them.
 * Read from schemas/codes/NAME.csv (code,label,aliases with | between; history sets also have
 * successor). No quotes: a comma ends a field always.
 */
#ifndef YICI_CORE_RECORD_CODES_H
#define YICI_CORE_RECORD_CODES_H

#include "core/base/err.h"
#include "core/base/text.h"

struct codes; /* never changed after loading */

struct code {
	struct text code, label;
	bool obsolete;         /* from a history set */
	struct text successor; /* what replaced it; empty when nothing did */
};

/*
 * Load NAME.csv, and NAME_history.csv as obsolete entries when it is there. NULL with ${err} when
 * the file is missing or wrong: an alias that leads to two codes is wrong, except in a set marked
 * as shared by the dataset (division: short names repeat), where such an alias is ambiguous.
 */
MUST_CHECK struct codes *codes_load(const char *folder, const char *name, bool shared, struct err *err);
void codes_free(struct codes *codes);

/* The same, telling ${tell} (may be NULL) of each fault with file and line (0: the whole file). */
typedef void codes_tell(void *self, const char *file, unsigned line, const char *what);
MUST_CHECK struct codes *codes_load_telling(
    const char *folder, const char *name, bool shared, codes_tell *tell, void *self, struct err *err);

/* Of the bytes of the files the set was read from. */
uint64_t codes_digest(const struct codes *codes);

struct text codes_name(const struct codes *codes);
size_t codes_count(const struct codes *codes);
const struct code *codes_at(const struct codes *codes, size_t index); /* in the file's order */

/* The entry with exactly this code; NULL when there is none. Constant time. */
const struct code *codes_by_code(const struct codes *codes, struct text code);

/*
 * The entry that ${text} means: a code, a label or an alias, exactly; then folded (full-width to
 * half-width, white space and brackets' width ignored, Latin case ignored); then "1-男" by its code
 * and label together. NULL when none does, ${*ambiguous} set when several do. Constant time,
 * allocates nothing.
 */
const struct code *codes_find(const struct codes *codes, struct text text, bool *ambiguous);

/*
 * ${text} as codes_find() compares it when it is not found exactly. Writes at most ${size} bytes
 * into ${out}; returns their number, or SIZE_MAX when they do not fit.
 */
size_t codes_fold(struct text text, char *out, size_t size);

/* The label of ${code}; ${code} itself when unknown. */
struct text codes_label(const struct codes *codes, struct text code);

#endif
