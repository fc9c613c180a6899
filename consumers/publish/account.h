/*
 * account.h - what the report adds up: files, rows and issues by source, and the columns about
 * which a source must be asked. Inside this room only.
 */
#ifndef YICI_CONSUMERS_PUBLISH_ACCOUNT_H
#define YICI_CONSUMERS_PUBLISH_ACCOUNT_H

#include "consumers/publish/publication.h"
#include "core/base/arena.h"
#include "core/record/raised.h"

/* A header that is not known, or that claims a field another column has better. */
struct account_question {
	struct text header;
	const struct field *field; /* of a rival; else NULL */
	struct text file;          /* the first in which it stands */
	uint64_t files;
};

/* A sheet that was not used although its file was; the same of several files of a source is one. */
struct account_sheet {
	const struct published_file *file; /* the first */
	uint64_t files;
	struct text sheet;
	struct text refused; /* the word of its refusal; empty when the sheet is hidden or a chart */
	bool chart;
};

struct account_source {
	const struct source *source;
	uint64_t files, complete, refused, taken;
	uint64_t rows, accepted, rejected, set_aside;
	uint64_t issues[RULE_COUNT], severities[3]; /* open ones */
	uint64_t answered;                          /* queries that somebody explained */
	uint64_t replaced, replaced_files;          /* private characters, and files that have some */
	const struct published_file *replaced_file; /* the first of these */
	struct account_question *questions;         /* in the order met */
	size_t question_count, question_room;
};

struct account {
	struct arena arena;
	struct account_source *sources; /* in the order of the files */
	size_t source_count;
	struct account_sheet *sheets; /* in the order of files */
	size_t sheet_count, sheet_room;
	struct account_source all; /* of all together, without questions */
};

MUST_CHECK int account_make(struct account *account, const struct publication *publication, struct err *err);
void account_free(struct account *account);

/* Whether the report has something to say of a school: somebody is new, changed, gone or not heard
 * of. */
static inline bool
account_is_eventful(const struct published_school *school)
{
	return school->absent > 0 || school->stale > 0 || school->back > 0 || school->fresh > 0 || school->changed > 0;
}

/*
 * A definition to begin with for a source that has none: an XML file with a comment on what to fill
 * in, and its unknown headers.
 */
void account_snippet(const struct account_source *source, bool chinese, struct buffer *out);

#endif
