/*
 * inspect.h - show a person what would be read of a file: format, encoding, sheets, header row,
 * what each column means and why, what is unknown, how many rows are data and what the others are,
 * the first issues.
 *
 * Three ways to say it:
 * - text: aligned, in Chinese or English;
 * - json: one object a line for each file (an archive, then its files):
 *   {"file","format","encoding","archive",
 *    "sheets":[{"name","hidden","rows","header":{"first","last"},"refused","message","detail",
 *      "columns":[{"column","header","state","field","score","why"}],
 *      "roles":{"data":0,…},"rejected","with_issues","issues":[{"row","field","rule","severity","message"}]}],
 *    "notes":[{"kind","sheet","row","column","detail"}],"refused","message"};
 * - cells: one object a line for each row as the reader gives it, {"sheet","row","cells"}, with
 * "file" in front for a file inside an archive.
 */
#ifndef YICI_PRODUCERS_COLLECT_INSPECT_H
#define YICI_PRODUCERS_COLLECT_INSPECT_H

#include <stdio.h>

#include "producers/collect/collect.h"
#include "producers/readers/sandbox.h"

enum inspect_output {
	INSPECT_TEXT,
	INSPECT_JSON,
	INSPECT_CELLS,
};

/* Who finds issues: normalizing, which this room does not know. All of it may be NULL: then there
 * are none. */
struct inspect_check {
	void *(*begin)(void *self, const struct binding *binding); /* NULL: memory is short */
	/* The issues of a row, valid until the next call. */
	void (*row)(void *checker, const struct row *row, const struct issue **issues, size_t *count, bool *rejected);
	void (*end)(void *checker);
	void *self;
};

struct inspect_options {
	struct sandbox *sandbox;
	const struct reader_limits *limits;
	const struct dataset *dataset;       /* not needed for INSPECT_CELLS */
	const struct source *source;         /* NULL: only the dataset's headers */
	const struct remembered *remembered; /* may be NULL */
	struct inspect_check check;
	const char *spool; /* a private folder for what archives hold; emptied of it afterwards */
	enum inspect_output output;
	bool chinese;
	unsigned issues_max; /* shown of each sheet */
	int wait_ms;         /* longest silence of a reader */
};

/*
 * Say of the file at ${path} on ${out} all of the above. 0; -1 with ERR_INPUT and the sentence for
 * a clerk when the file cannot be used (in text and json it was said on ${out} too), other kinds
 * when our own side fails.
 */
MUST_CHECK int inspect_file(const struct inspect_options *options, const char *path, FILE *out, struct err *err);

/* Columns a text takes on a terminal: two for wide characters. */
size_t inspect_width(struct text text);

#endif
