/*
 * source.h - who sends files: one small XML file each (RELAX NG: schemas/source.rng), in
 * config/sources/ and in DATA/config/sources/ (which wins). A folder of the inbox without a
 * definition gets source_unknown(). A source speaks of the fields of one dataset, which it names
 * (dataset="student" where it does not); sources of other datasets are left out.
 */
#ifndef YICI_CORE_RECORD_SOURCE_H
#define YICI_CORE_RECORD_SOURCE_H

#include "core/record/schema.h"

/* A header of this source that means a field, or that is to be left alone (field FIELD_NONE). */
struct source_header {
	struct text header; /* folded as header_fold() does */
	uint16_t field;
};

/* In this source ${raw} in ${field} means ${code}, whatever the code set says. */
struct source_meaning {
	uint16_t field;
	struct text raw, code;
};

struct source {
	struct text name; /* the folder's name in the inbox */
	struct text zh, en;
	uint16_t number;          /* place among all sources sorted by name; set by sources_load() */
	int trust;                /* 0 lowest … 100 */
	bool full;                /* each delivery holds everybody of the schools in it; else only what is new */
	bool defined;             /* false: no definition was found */
	const uint8_t *authority; /* by field number: 1 where this source is the authority */
	const struct source_header *headers;
	size_t header_count;
	const struct source_meaning *meanings;
	size_t meaning_count;
};

struct sources {
	const struct source *at; /* sorted by name */
	size_t count;
	uint64_t digest; /* of all definitions: changes when any of them does */
};

/*
 * What ${raw} means in ${field} by the source's own meanings, then by the field's, exactly or but
 * for width, case and white space; empty when neither says. ${source} may be NULL: a file of no
 * known sender.
 */
struct text source_meaning(const struct source *source, const struct field *field, struct text raw);

/*
 * Load every *.xml of ${folders} (NULL-terminated; later ones win by source name; one that does not
 * exist is empty). A file is called as its source, NAME.xml. All faults go to ${complain}, the
 * first also to ${err}; NULL when there is any.
 */
MUST_CHECK struct sources *sources_load(
    const struct dataset *dataset, const char *const *folders, schema_complain *complain, void *self, struct err *err);
void sources_free(struct sources *sources);

/* The source of that name; NULL when it is not defined. */
const struct source *sources_find(const struct sources *sources, struct text name);

/* A source without definition: lowest trust (0), partial, default synonyms; lives as long as
 * ${sources}. Same answer for the same name. Numbers go on from the defined ones, in the order
 * asked. NULL when memory is short. */
const struct source *sources_unknown(struct sources *sources, struct text name);

/*
 * A header as it is compared: width folded, without white space, line breaks, ★ ☆ * ※ : and quotes,
 * "（必填）" and any bracketed note (unless nothing else is left), a number before it ("3、");
 * Latin letters lower case. Writes into ${out} (cap ${size}), returns the length.
 */
size_t header_fold(struct text header, char *out, size_t size);

#endif
