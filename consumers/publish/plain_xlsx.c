/*
 * plain_xlsx.c - see plain_xlsx.h.
 */
#include "consumers/publish/plain_xlsx.h"

#include <stdlib.h>

#include "consumers/publish/workbook.h"
#include "core/record/day.h"

#define DAYS_TO_1970 25569 /* the spreadsheet's number of 1970-01-01, as counted from 1900 */
#define DAYS_1904 1462

struct plain_xlsx {
	struct workbook *workbook;
};

int
plain_xlsx_begin(struct plain_xlsx **book, const char *path, const char *scratch, struct text date, struct err *err)
{
	*book = calloc(1, sizeof(**book));
	if (*book == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a workbook");
	if (workbook_begin(&(*book)->workbook, path, scratch, date, err) == 0)
		return 0;
	free(*book);
	*book = NULL;
	return -1;
}

int
plain_xlsx_sheet(struct plain_xlsx *book, struct text name, struct err *err)
{
	return workbook_sheet(book->workbook, name.len > 0 ? name : TEXT("Sheet"), err);
}

/* The text of a cell: a day for the number of a day. */
static struct text
shown(const struct cell *cell, bool date1904, char day[11])
{
	uint64_t number;

	if (cell->kind != CELL_DATE || !text_to_u64(cell->text, &number) || number < 61 || number > 2958465)
		return cell->text;
	day_write(day_date((int32_t)number - DAYS_TO_1970 + (date1904 ? DAYS_1904 : 0)), day);
	return text_from(day);
}

int
plain_xlsx_row(struct plain_xlsx *book, uint32_t row_no, const struct cell *cells, size_t count, enum plain_row is,
    size_t first, size_t end, bool date1904, struct err *err)
{
	static const enum workbook_style styles[] = {
		[PLAIN_BESIDE] = WORKBOOK_TITLE, [PLAIN_HEAD] = WORKBOOK_HEAD, [PLAIN_TABLE] = WORKBOOK_CELL
	};

	if (row_no > WORKBOOK_ROWS_MAX || count > WORKBOOK_COLUMNS_MAX)
		return err_set(err, ERR_INPUT, "the form is larger than a sheet can be");
	while (workbook_rows(book->workbook) < row_no)
		workbook_row(book->workbook);
	for (size_t i = 0; i < count || (is != PLAIN_BESIDE && i < end); i++) {
		char day[11];
		struct text text = i < count ? shown(&cells[i], date1904, day) : (struct text){ "", 0 };

		if ((text.len > 0 || (is != PLAIN_BESIDE && i >= first))
		    && workbook_cell(book->workbook, (unsigned)i, styles[is], text, (struct text){ "", 0 }, err) != 0)
			return -1;
	}
	return 0;
}

void
plain_xlsx_wide(struct plain_xlsx *book, uint32_t column, unsigned width)
{
	workbook_wide(book->workbook, column, width);
}

int
plain_xlsx_end(struct plain_xlsx *book, struct err *err)
{
	int result = workbook_end(book->workbook, err);

	free(book);
	return result;
}

void
plain_xlsx_abort(struct plain_xlsx *book)
{
	if (book == NULL)
		return;
	workbook_abort(book->workbook);
	free(book);
}
