/*
 * annex_xlsx.c - see annex_xlsx.h.
 */
#include "consumers/publish/annex_xlsx.h"

#include <stdlib.h>

#include "consumers/publish/workbook.h"

struct annex_xlsx {
	struct workbook *workbook;
	const struct annex_head *head;
};

static int
write_head(struct annex_xlsx *annex, struct err *err)
{
	const struct annex_head *head = annex->head;
	unsigned last = (unsigned)head->count - 1;

	if (workbook_sheet(annex->workbook, head->sheet, err) != 0)
		return -1;
	for (unsigned i = 0; i <= last; i++)
		workbook_wide(annex->workbook, i, head->columns[i].width);
	workbook_row(annex->workbook);
	if (head->name.len > 0
	    && workbook_cell(annex->workbook, 0, WORKBOOK_TITLE, head->name, (struct text){ "", 0 }, err) != 0)
		return -1;
	workbook_row(annex->workbook);
	if (workbook_across(annex->workbook, last, WORKBOOK_HEADING, head->title, err) != 0)
		return -1;
	workbook_row(annex->workbook);
	if (workbook_cell(annex->workbook, 0, WORKBOOK_TITLE, head->unit, (struct text){ "", 0 }, err) != 0)
		return -1;
	workbook_row(annex->workbook);
	for (unsigned i = 0; i <= last; i++) {
		if (workbook_cell(annex->workbook, i, WORKBOOK_COLUMN, text_from(head->columns[i].head),
			(struct text){ "", 0 }, err)
		    != 0)
			return -1;
	}
	return 0;
}

int
annex_xlsx_begin(struct annex_xlsx **made, const struct annex_head *head, const char *path, const char *scratch,
    struct text date, struct err *err)
{
	struct annex_xlsx *annex = calloc(1, sizeof(*annex));

	*made = NULL;
	if (annex == NULL)
		return err_set(err, ERR_RETRY, "out of memory for an annex");
	annex->head = head;
	if (workbook_begin(&annex->workbook, path, scratch, date, err) != 0) {
		free(annex);
		return -1;
	}
	if (write_head(annex, err) != 0) {
		annex_xlsx_abort(annex);
		return -1;
	}
	*made = annex;
	return 0;
}

int
annex_xlsx_row(struct annex_xlsx *annex, const struct text *cells, struct err *err)
{
	workbook_row(annex->workbook);
	for (unsigned i = 0; i < annex->head->count; i++) {
		if (workbook_cell(annex->workbook, i, WORKBOOK_LINES, cells[i], (struct text){ "", 0 }, err) != 0)
			return -1;
	}
	return 0;
}

int
annex_xlsx_end(struct annex_xlsx *annex, struct text sum, struct err *err)
{
	int result;

	workbook_row(annex->workbook);
	result = workbook_cell(annex->workbook, 0, WORKBOOK_TITLE, sum, (struct text){ "", 0 }, err);
	if (result != 0)
		workbook_abort(annex->workbook);
	else
		result = workbook_end(annex->workbook, err);
	free(annex);
	return result;
}

void
annex_xlsx_abort(struct annex_xlsx *annex)
{
	if (annex == NULL)
		return;
	workbook_abort(annex->workbook);
	free(annex);
}
