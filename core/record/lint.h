/*
 * lint.h - are all definitions right? What `yici lint` asks, and what it prints for docs/rules.md.
 *
 * Each file is checked by meaning, as loading does, and where that finds nothing also by the RELAX
 * NG schema named after its outermost element (schemas/ELEMENT.rng), so that no fault is told
 * twice. Code sets that no dataset uses are checked too.
 */
#ifndef YICI_CORE_RECORD_LINT_H
#define YICI_CORE_RECORD_LINT_H

#include "core/base/buffer.h"
#include "core/record/grant.h"

struct lint_places {
	const char *schemas;        /* the folder of datasets, rules, refusals, *.rng and codes/ */
	const char *dataset;        /* the one in use, which must be there: "student" */
	const char *const *sources; /* folders of sources, NULL-terminated, later ones win */
	const char *const *grants;  /* folders of grants, NULL-terminated, or NULL */
	const char *const *others;  /* further XML files, checked by RELAX NG only; NULL-terminated, or NULL */
};

/* What was looked at, for the last line a person sees. */
struct lint_counts {
	size_t datasets, sources, grants, codes, others, faults;
};

/*
 * Check everything; each fault goes to ${complain} (may be NULL) with file and line. 0 when there
 * is none, else -1 with the first in ${err}.
 */
MUST_CHECK int lint_run(const struct lint_places *places, schema_complain *complain, void *self,
    struct lint_counts *counts, struct err *err);

/* Append the page of rules and refusals, in Markdown: docs/rules.md. */
void lint_rules_page(const struct dataset *dataset, struct buffer *out);

/* Append the table of fields by group, in Markdown: part of docs/glossary.md. */
void lint_fields_page(const struct dataset *dataset, struct buffer *out);

/* Append the JSON Schema (2020-12) of a line of students.jsonl, which is also a value of the topic students: schemas/messages/student.json. */
void lint_schema_page(const struct dataset *dataset, struct buffer *out);

#endif
