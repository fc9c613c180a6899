/*
 * answer.c - a workbook of decisions, row by row, with what became of each: returned/<kind>/<name>.xlsx.
 */
#include <stdio.h>

#include "consumers/publish/names.h"
#include "consumers/publish/publication.h"
#include "consumers/publish/workbook.h"
#include "core/base/file.h"

static const struct text nothing = { "", 0 };

static int
put_rows(struct workbook *workbook, const struct answered_row *rows, size_t count, struct err *err)
{
	char digits[16];

	if (workbook_sheet(workbook, TEXT("答复"), err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		bool head = rows[i].says.len == 0;
		enum workbook_style style = head ? WORKBOOK_HEAD : rows[i].refused ? WORKBOOK_ERROR : WORKBOOK_SAYS;

		workbook_row(workbook);
		snprintf(digits, sizeof(digits), "%u", rows[i].row_no);
		if (workbook_cell(workbook, 0, head ? WORKBOOK_OURS : WORKBOOK_ROW_NO,
			head ? TEXT("原行号") : text_from(digits), nothing, err)
			!= 0
		    || workbook_cell(
			   workbook, 1, head ? WORKBOOK_OURS : style, head ? TEXT("答复") : rows[i].says, nothing, err)
			!= 0)
			return -1;
		for (size_t k = 0; k < rows[i].count && k + 2 < WORKBOOK_COLUMNS_MAX; k++) {
			if (rows[i].cells[k].len > 0
			    && workbook_cell(workbook, (unsigned)k + 2, head ? WORKBOOK_HEAD : WORKBOOK_PLAIN,
				   rows[i].cells[k], nothing, err)
				!= 0)
				return -1;
		}
		if (i == 0 && head)
			workbook_freeze(workbook, 2, (unsigned)rows[i].count + 2);
	}
	return 0;
}

int
publish_answer(const struct publication *publication, struct text kind, struct text name,
    const struct answered_row *rows, size_t count, struct err *err)
{
	struct workbook *workbook;
	char path[FILE_PATH_MAX], safe[NAMES_BYTES_MAX + 1];

	names_safe(name, safe);
	if (path_format(path, err, "%s/returned/%.*s", publication->folder, (int)kind.len, kind.at) != 0
	    || file_make_folder(path, err) != 0
	    || path_format(path, err, "%s/returned/%.*s/%s.xlsx", publication->folder, (int)kind.len, kind.at, safe) != 0)
		return -1;
	for (unsigned i = 2; file_exists(path); i++) { /* another file's name came to the same */
		if (path_format(
			path, err, "%s/returned/%.*s/%s-%u.xlsx", publication->folder, (int)kind.len, kind.at, safe, i)
		    != 0)
			return -1;
	}
	if (workbook_begin(&workbook, path, publication->scratch, publication->date, err) != 0)
		return -1;
	if (put_rows(workbook, rows, count, err) == 0)
		return workbook_end(workbook, err);
	workbook_abort(workbook);
	return -1;
}
