/*
 * sheet.c - see sheet.h.
 */
#include "tests/unit/collect/sheet.h"

#include <stdlib.h>

#include "tests/support/support.h"

static char *kept[512];
static size_t kept_count;
static struct dataset *dataset;
static struct sources *sources;

void
sheet_write(struct sheet *sheet, const char *lines)
{
	char *copy = strdup(lines);
	uint32_t row_no = 1;

	assert_non_null(copy);
	assert_true(kept_count < ARRAY_LEN(kept));
	kept[kept_count++] = copy;
	sheet->count = 0;
	for (char *line = copy; line != NULL; row_no++) {
		char *end = strchr(line, '\n');
		struct row *row = &sheet->rows[sheet->count];

		if (end != NULL)
			*end = '\0';
		if (*line != '\0') {
			assert_true(sheet->count < SHEET_ROWS_MAX);
			*row = (struct row){
				.row_no = row_no,
				.cells = sheet->cells[sheet->count],
			};
			for (char *cell = line; cell != NULL;) {
				char *bar = strchr(cell, '|');

				assert_true(row->count < SHEET_COLUMNS_MAX);
				if (bar != NULL)
					*bar = '\0';
				for (char *c = cell; *c != '\0'; c++) {
					if (*c == '^')
						*c = '\n';
				}
				row->cells[row->count++] = (struct cell){ text_from(cell), CELL_TEXT };
				cell = bar == NULL ? NULL : bar + 1;
			}
			sheet->count++;
		}
		line = end == NULL ? NULL : end + 1;
	}
}

void
sheet_free(void)
{
	for (size_t i = 0; i < kept_count; i++)
		free(kept[i]);
	kept_count = 0;
	sources_free(sources);
	sources = NULL;
	dataset_free(dataset);
	dataset = NULL;
}

const struct row *
sheet_row(const struct sheet *sheet, uint32_t row_no)
{
	for (size_t i = 0; i < sheet->count; i++) {
		if (sheet->rows[i].row_no == row_no)
			return &sheet->rows[i];
	}
	fail_msg("no row %u", row_no);
	return NULL;
}

const struct dataset *
sheet_dataset(void)
{
	struct err err = { 0 };

	if (dataset == NULL)
		dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	if (dataset == NULL)
		fail_msg("%s", err.what);
	return dataset;
}

const struct source *
sheet_source(const char *name)
{
	const char *const folders[] = { PROJECT_ROOT "/config/sources", NULL };
	const struct source *source;
	struct err err = { 0 };

	if (sources == NULL)
		sources = sources_load(sheet_dataset(), folders, NULL, NULL, &err);
	if (sources == NULL)
		fail_msg("%s", err.what);
	source = sources_find(sources, text_from(name));
	return source != NULL ? source : sources_unknown(sources, text_from(name));
}

const char *
sheet_meaning(const struct layout *layout, size_t column)
{
	static char rival[128];
	const struct layout_column *found;
	struct text name;

	if (column >= layout->column_count)
		return "";
	found = &layout->columns[column];
	switch (found->state) {
	case COLUMN_BOUND:
	case COLUMN_RIVAL:
		name = layout->binding.dataset->fields[found->field].name;
		snprintf(
		    rival, sizeof(rival), "%s%.*s", found->state == COLUMN_RIVAL ? "=" : "", (int)name.len, name.at);
		return rival;
	case COLUMN_UNKNOWN:
		return "?";
	case COLUMN_IGNORED:
		return "-";
	case COLUMN_RETURNED:
		return "+";
	case COLUMN_BLANK:
	case COLUMN_STATES:
		return "";
	}
	return "";
}
