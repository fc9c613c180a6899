/*
 * gaps.c - see gaps.h.
 */
#include "consumers/publish/gaps.h"

#include <stdio.h>

#include "consumers/publish/workbook.h"

enum column { GAP_NUMBER, GAP_NAME, GAP_BIRTH, GAP_QUESTION, GAP_KNOWN, GAP_FORMS, GAP_ANSWER, GAP_COLUMNS };

static const struct {
	const char *head;
	unsigned width;
} columns[GAP_COLUMNS] = { { "序号", 6 }, { "姓名", 12 }, { "出生日期", 12 }, { GAPS_QUESTION, 24 }, { "已知情况", 36 },
	{ "哪些表要用", 26 }, { GAPS_ANSWER, 24 } };

static const struct text nothing = { "", 0 };

static int
put_head(struct workbook *workbook, const struct gaps *gaps, struct err *err)
{
	workbook_row(workbook);
	if (workbook_cell(workbook, 0, WORKBOOK_TITLE, gaps->title, nothing, err) != 0)
		return -1;
	workbook_row(workbook);
	if (workbook_cell(workbook, 0, WORKBOOK_TITLE, gaps->note, nothing, err) != 0)
		return -1;
	workbook_row(workbook);
	for (unsigned i = 0; i < GAP_COLUMNS; i++) {
		workbook_wide(workbook, i, columns[i].width);
		if (workbook_cell(workbook, i, WORKBOOK_COLUMN, text_from(columns[i].head), nothing, err) != 0)
			return -1;
	}
	workbook_freeze(workbook, 0, GAP_COLUMNS);
	return 0;
}

static int
put_gap(struct workbook *workbook, const struct gap *gap, size_t number, struct err *err)
{
	const struct text shown[GAP_COLUMNS] = { [GAP_NAME] = gap->name,
		[GAP_BIRTH] = gap->birth_date,
		[GAP_QUESTION] = gap->question,
		[GAP_KNOWN] = gap->known,
		[GAP_FORMS] = gap->forms };
	char digits[24];

	snprintf(digits, sizeof(digits), "%zu", number);
	workbook_row(workbook);
	for (unsigned i = 0; i < GAP_COLUMNS; i++) {
		struct text text = i == GAP_NUMBER ? text_from(digits) : shown[i];

		if (workbook_cell(workbook, i, i == GAP_ANSWER ? WORKBOOK_ENTRY : WORKBOOK_LINES,
			text.at != NULL ? text : nothing, nothing, err)
		    != 0)
			return -1;
	}
	return 0;
}

static int
put_all(struct workbook *workbook, const struct gaps *gaps, struct err *err)
{
	for (size_t i = 0; i < gaps->property_count; i++) {
		if (workbook_property(workbook, gaps->properties[i].name, gaps->properties[i].value, err) != 0)
			return -1;
	}
	if (workbook_sheet(workbook, TEXT("差异表"), err) != 0 || put_head(workbook, gaps, err) != 0)
		return -1;
	for (size_t i = 0; i < gaps->count; i++) {
		const char *const *choices = gaps->at[i].choices;
		size_t first = i;

		if (put_gap(workbook, &gaps->at[i], i + 1, err) != 0)
			return -1;
		if (choices == NULL || (i + 1 < gaps->count && gaps->at[i + 1].choices == choices))
			continue;
		while (first > 0 && gaps->at[first - 1].choices == choices)
			first--;
		if (workbook_choices(workbook, GAP_ANSWER, workbook_rows(workbook) - 1 - (unsigned)(i - first), choices,
			"请从列表中选择", err)
		    != 0)
			return -1;
	}
	return 0;
}

int
publish_gaps(const struct gaps *gaps, const char *path, const char *scratch, struct err *err)
{
	struct workbook *workbook;

	if (workbook_begin(&workbook, path, scratch, gaps->date, err) != 0)
		return -1;
	if (put_all(workbook, gaps, err) == 0)
		return workbook_end(workbook, err);
	workbook_abort(workbook);
	return -1;
}
