/*
 * delivery.h - the files of one delivery: data.csv, data.xlsx and data.jsonl as the grant says, and the cover sheet that goes with
 * them, as cover.txt and as first sheet of the workbook. docs/formats.md has them. Same rows, number and date, same bytes.
 * Workbooks that are filled in by a grant are a delivery, too: somebody else writes them, delivery_cover() what goes with them.
 */
#ifndef YICI_CONSUMERS_PUBLISH_DELIVERY_H
#define YICI_CONSUMERS_PUBLISH_DELIVERY_H

#include "consumers/publish/view_rows.h"

#define DELIVERY_FILES 3

/* What was delivered in the workbooks of a form: which of its columns by the grant, which others, and which of the sensitive ones are not. */
struct delivery_form {
	struct text name;
	uint64_t workbooks;
	const struct delivery_given {
		struct text header;
		const struct grant_column *as;
	} * given;
	size_t given_count;
	const struct text *beside; /* headers */
	size_t beside_count;
	const struct grant_withheld *withheld; /* asked: its header */
	size_t withheld_count;
};

struct delivery {
	const struct dataset *dataset;
	const struct grant *grant;
	uint64_t number;       /* of this grant's deliveries, from 1 */
	struct text run, date; /* "20260902-1", "2026-09-02" */
	const char *folder;    /* made here */
	const char *scratch;
	bool chinese;
	const struct runs *rows; /* VIEW_ROWS, and the grant's number there */
	size_t view;
	const struct delivery_form *form; /* of a filling, and then no rows; else NULL */
	/* filled in */
	uint64_t row_count;
	struct delivery_file {
		const char *name; /* "data.csv" */
		char sha256[65];
	} files[DELIVERY_FILES];
	size_t file_count;
};

MUST_CHECK int delivery_write(struct delivery *delivery, struct err *err);

/* The cover alone, into ${folder}, which is there: cover-GRANT-NUMBER.txt and the same as .xlsx. */
MUST_CHECK int delivery_cover(const struct delivery *delivery, struct err *err);

/*
 * What the cover says, line by line, told to ${line}; ${kind} is how it is shown. Of a delivery with number 0, which is none, only
 * what its grant says.
 */
enum cover_kind {
	COVER_TITLE, /* ${a} */
	COVER_PAIR,  /* ${a} is ${b} */
	COVER_HEAD,  /* heads of a table of three columns */
	COVER_ROW,
	COVER_NOTE, /* ${a}, at the end */
};
struct cover_lines {
	int (*line)(void *self, enum cover_kind kind, struct text a, struct text b, struct text c, struct err *err);
	void *self;
};
MUST_CHECK int cover_tell(const struct delivery *delivery, const struct cover_lines *lines, struct err *err);

#endif
