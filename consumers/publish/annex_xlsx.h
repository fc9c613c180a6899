/*
 * annex_xlsx.h - a table as documents have them in their annexes: 附件1 above, a title across, who fills it in and when, the table with lines,
 * a sum below. One sheet, A4, as wide as a page; 0600. The bytes depend on what is written and the date alone.
 */
#ifndef YICI_CONSUMERS_PUBLISH_ANNEX_XLSX_H
#define YICI_CONSUMERS_PUBLISH_ANNEX_XLSX_H

#include "core/base/err.h"
#include "core/base/text.h"

#define ANNEX_COLUMNS_MAX 16

struct annex_column {
	const char *head;
	unsigned width; /* characters of the alphabet */
};

struct annex_head {
	struct text sheet, name, title,
	    unit; /* "督查检查考核", "附件1", the title, "填报单位（盖章）：…"; ${name} may be empty */
	const struct annex_column *columns;
	size_t count;
};

struct annex_xlsx;

/* ${path} is the file, ${scratch} a folder for files on the way, ${date} "2026-09-02". */
MUST_CHECK int annex_xlsx_begin(struct annex_xlsx **annex, const struct annex_head *head, const char *path,
    const char *scratch, struct text date, struct err *err);

/* A row of as many cells as there are columns. */
MUST_CHECK int annex_xlsx_row(struct annex_xlsx *annex, const struct text *cells, struct err *err);

/* ${sum} stands below the table. Both free ${annex}. */
MUST_CHECK int annex_xlsx_end(struct annex_xlsx *annex, struct text sum, struct err *err);
void annex_xlsx_abort(struct annex_xlsx *annex);

#endif
