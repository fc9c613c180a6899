/*
 * form_page.c - see form_page.h.
 */
#include "ops/yici/form_page.h"

#include "core/record/source.h"

#define LABELS_MIN 3
#define LABEL_CHARS_MAX 16

/* What a label asks; false when it can be none. */
static bool
read_label(struct form_column *column, const struct definitions *definitions, const struct terms *terms)
{
	const struct dataset *dataset = definitions->dataset;
	enum header_use use = dataset_header(dataset, column->key, &column->field);

	column->derive = NULL;
	if (use == HEADER_FIELD) {
		const struct field *field = &dataset->fields[column->field];

		column->use = FORM_FIELD;
		column->month_only = field->type == FIELD_DATE && text_find(column->header, TEXT("年月")) != SIZE_MAX
		    && text_find(column->header, TEXT("日")) == SIZE_MAX;
		column->whether = field->type == FIELD_CODE && text_find(column->header, TEXT("是否")) != SIZE_MAX;
		return true;
	}
	if (use == HEADER_NEVER) {
		column->use = FORM_NEVER;
		return true;
	}
	if ((column->derive = terms_header(terms, column->key)) != NULL) {
		column->use = FORM_DERIVED;
		return true;
	}
	if (use == HEADER_IGNORED) {
		column->use = FORM_REMARK;
		return true;
	}
	column->field = form_file_of_sources(definitions->sources, column->key);
	column->use = column->field == FIELD_NONE ? FORM_UNKNOWN : FORM_FIELD;
	return column->use == FORM_FIELD || text_length(column->key) <= LABEL_CHARS_MAX;
}

/* Leave out what stands above the first or below the last label that is known: how many are left. */
static size_t
within_known(struct form_column *columns, size_t count)
{
	uint32_t first = UINT32_MAX, last = 0;
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		if (columns[i].use == FORM_UNKNOWN)
			continue;
		first = columns[i].row < first ? columns[i].row : first;
		last = columns[i].row;
	}
	for (size_t i = 0; i < count; i++) {
		if (columns[i].row >= first && columns[i].row <= last)
			columns[left++] = columns[i];
	}
	return left;
}

/* The labels of a sheet: how many of them are known; -1. */
static int
read_sheet(struct form_file *file, const struct form_sheet *sheet, const struct definitions *definitions,
    const struct terms *terms, struct form_column *columns, size_t *count, struct err *err)
{
	int known = 0;

	*count = 0;
	for (size_t r = 0; r < sheet->count; r++) {
		const struct row *row = &sheet->rows[r];

		for (uint32_t i = 0; i < row->count; i++) {
			struct text text = text_trim(row->cells[i].text);
			struct form_column *column = &columns[*count];
			size_t size = text.len * 3 + 64;
			char *key;

			if (text.len == 0 || row->cells[i].kind != CELL_TEXT
			    || (i + 1 < row->count && text_trim(row->cells[i + 1].text).len > 0))
				continue;
			key = arena_take(&file->arena, size);
			if (key == NULL)
				return err_set(err, ERR_RETRY, "out of memory for the labels of a form");
			*column = (struct form_column){ .column = (uint16_t)i,
				.row = row->row_no,
				.header = text,
				.key = { key, header_fold(text, key, size) },
				.field = FIELD_NONE };
			if (!read_label(column, definitions, terms))
				continue;
			known += column->use == FORM_FIELD || column->use == FORM_DERIVED;
			++*count;
		}
	}
	*count = within_known(columns, *count);
	return known;
}

int
form_page_find(struct form_file *file, const struct definitions *definitions, const struct terms *terms,
    enum refusal *refusal, struct err *err)
{
	size_t most = 1;
	struct form_column *columns;

	for (size_t i = 0; i < file->sheet_count; i++) {
		for (size_t r = 0; r < file->sheets[i].count; r++)
			most += file->sheets[i].rows[r].count;
	}
	columns = arena_take(&file->arena, most * sizeof(*columns));
	if (columns == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the labels of a form");
	for (size_t i = 0; i < file->sheet_count; i++) {
		size_t count;
		int known;

		if (file->sheets[i].hidden)
			continue;
		known = read_sheet(file, &file->sheets[i], definitions, terms, columns, &count, err);
		if (known < 0)
			return -1;
		if (known >= LABELS_MIN) {
			file->sheet = i;
			file->form = (struct form){ columns, count };
			*refusal = REFUSED_NO;
			return 0;
		}
	}
	*refusal = REFUSED_NO_HEADER;
	return 0;
}
