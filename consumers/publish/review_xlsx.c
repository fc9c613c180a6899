/*
 * review_xlsx.c - review.xlsx: a line for each record of a case, cases shaded in turn, with the characters marked in which a value
 * differs from that of the case's first record, and two columns to be filled in. Columns are told by their headers when it comes back,
 * so that a clerk may sort, filter and move them.
 */
#include "consumers/publish/review.h"

#include <stdio.h>

#include "consumers/publish/workbook.h"
#include "core/base/file.h"

#define CHARACTERS_MAX 64 /* of a value that are compared */

enum column {
	AT_CASE,
	AT_KIND,
	AT_CHOICE,
	AT_WHY,
	AT_WHO,
	AT_NAME,
	AT_ID_NO,
	AT_STUDENT_NO,
	AT_BIRTH_DATE,
	AT_SCHOOL_NAME,
	AT_ROUTE,
	AT_COUNTY,
	AT_SOURCE,
	AT_FILE,
	AT_SHEET,
	AT_ROW,
	AT_LOOKS,
	AT_RECORD,
	COLUMNS
};
static const char *const heads[COLUMNS] = { "案号", "情况", "处理", "说明", "处理人", "姓名", "身份证件号", "学籍号",
	"出生日期", "学校", "负责核对的学校", "区县", "来源", "文件", "工作表", "行", "比较", "记录号" };

static size_t
characters(struct text text, uint32_t *out)
{
	size_t count = 0;

	for (size_t pos = 0; pos < text.len && count < CHARACTERS_MAX;)
		out[count++] = text_next(text, &pos);
	return count;
}

/* A bit for each character of ${text} that is not part of the longest text common with ${other}; none where the other is empty. */
static uint64_t
differing(struct text text, struct text other)
{
	static uint8_t longest[CHARACTERS_MAX + 1][CHARACTERS_MAX + 1];
	uint32_t a[CHARACTERS_MAX], b[CHARACTERS_MAX];
	size_t n = characters(text, a), m = characters(other, b), i = 0, j = 0;
	uint64_t marks = 0;

	if (n == 0 || m == 0)
		return 0;
	for (size_t x = n + 1; x-- > 0;) {
		for (size_t y = m + 1; y-- > 0;) {
			if (x == n || y == m)
				longest[x][y] = 0;
			else if (a[x] == b[y])
				longest[x][y] = (uint8_t)(longest[x + 1][y + 1] + 1);
			else
				longest[x][y] = longest[x + 1][y] > longest[x][y + 1] ? longest[x + 1][y]
										      : longest[x][y + 1];
		}
	}
	while (i < n) {
		if (j < m && a[i] == b[j]) {
			i++;
			j++;
		} else if (j < m && longest[i][j + 1] >= longest[i + 1][j])
			j++;
		else
			marks |= (uint64_t)1 << i++;
	}
	return marks;
}

/* The first value of another record of the case that is not ${value}: the first record's, for all but itself. */
static struct text
compared_with(const struct published_case *of, size_t at, size_t offset, struct text value)
{
	struct text other = value;

	for (size_t k = 0; k < of->count; k++) {
		struct text here;

		memcpy(&here, (const char *)&of->records[k] + offset, sizeof(here));
		if (k != at && here.len > 0) {
			other = here;
			if (at != 0 || !text_eq(here, value))
				break;
		}
	}
	return other;
}

static int
put_record(struct workbook *workbook, const struct publication *publication, const struct published_case *of, size_t at,
    bool band, struct err *err)
{
	static const struct {
		enum column column;
		size_t offset;
	} compared[] = {
		{ AT_NAME, offsetof(struct published_case_record, name) },
		{ AT_ID_NO, offsetof(struct published_case_record, id_no) },
		{ AT_STUDENT_NO, offsetof(struct published_case_record, student_no) },
		{ AT_BIRTH_DATE, offsetof(struct published_case_record, birth_date) },
		{ AT_SCHOOL_NAME, offsetof(struct published_case_record, school_name) },
	};
	const struct published_case_record *record = &of->records[at];
	char row[16];
	const struct text plain[COLUMNS] = {
		[AT_CASE] = of->number,
		[AT_KIND] = review_label(publication->dataset, of->kind),
		[AT_ROUTE] = of->route,
		[AT_COUNTY] = of->county,
		[AT_SOURCE] = publication->chinese && record->source->zh.len > 0 ? record->source->zh
										 : record->source->name,
		[AT_FILE] = record->file,
		[AT_SHEET] = record->sheet,
		[AT_ROW] = { row, (size_t)snprintf(row, sizeof(row), "%u", record->row) },
		[AT_LOOKS] = record->why,
		[AT_RECORD] = record->record_id,
	};

	workbook_row(workbook);
	for (unsigned i = 0; i < COLUMNS; i++) {
		size_t k = 0;
		struct text value;

		while (k < ARRAY_LEN(compared) && compared[k].column != (enum column)i)
			k++;
		if (k < ARRAY_LEN(compared)) {
			memcpy(&value, (const char *)record + compared[k].offset, sizeof(value));
			if (workbook_marked(workbook, i, band, value,
				differing(value, compared_with(of, at, compared[k].offset, value)), err)
			    != 0)
				return -1;
		} else if (workbook_cell(workbook, i,
			       i >= AT_CHOICE && i <= AT_WHO ? WORKBOOK_ENTRY
				   : band                    ? WORKBOOK_BAND
							     : WORKBOOK_PLAIN,
			       plain[i], (struct text){ "", 0 }, err)
		    != 0)
			return -1;
	}
	return 0;
}

static int
put_all(struct workbook *workbook, const struct publication *publication, struct err *err)
{
	if (workbook_sheet(workbook, TEXT("待核对"), err) != 0)
		return -1;
	workbook_row(workbook);
	for (unsigned i = 0; i < COLUMNS; i++) {
		/* as wide as what will be chosen */
		if (workbook_cell(workbook, i, WORKBOOK_OURS, text_from(heads[i]), (struct text){ "", 0 }, err) != 0)
			return -1;
	}
	workbook_freeze(workbook, AT_NAME + 1, COLUMNS);
	workbook_wide(workbook, AT_CHOICE, 26);
	workbook_wide(workbook, AT_WHY, 24);
	workbook_wide(workbook, AT_WHO, 10);
	for (size_t i = 0; i < publication->case_count; i++) {
		const struct published_case *of = &publication->cases[i];

		if (workbook_rows(workbook) + of->count > WORKBOOK_ROWS_MAX)
			break; /* the csv has them all; a queue of a million lines is none */
		for (size_t k = 0; k < of->count; k++) {
			if (put_record(workbook, publication, of, k, i % 2 == 1, err) != 0)
				return -1;
		}
	}
	return publication->choices == NULL
	    ? 0
	    : workbook_choices(workbook, AT_CHOICE, 1, publication->choices, "请从下拉列表中选择", err);
}

int
review_xlsx(const struct publication *publication, struct err *err)
{
	struct workbook *workbook;
	char path[FILE_PATH_MAX];

	if (path_format(path, err, "%s/review.xlsx", publication->folder) != 0
	    || workbook_begin(&workbook, path, publication->scratch, publication->date, err) != 0)
		return -1;
	if (put_all(workbook, publication, err) == 0)
		return workbook_end(workbook, err);
	workbook_abort(workbook);
	return -1;
}
