/*
 * rows.c - see rows.h.
 */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/record/source.h"

static struct dataset *dataset;
static struct sources *sources;

const struct dataset *
rows_dataset(void)
{
	static const char *const folders[] = { NULL };
	struct err err = { 0 };

	if (dataset == NULL) {
		dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
		if (dataset != NULL)
			sources = sources_load(dataset, folders, NULL, NULL, &err);
		if (sources == NULL) {
			fprintf(stderr, "%s\n", err.what);
			abort();
		}
	}
	return dataset;
}

void
rows_end(void)
{
	sources_free(sources);
	dataset_free(dataset);
	sources = NULL;
	dataset = NULL;
}

static int
by_field(const void *a, const void *b)
{
	return ((const struct bound_column *)a)->field - ((const struct bound_column *)b)->field;
}

void
rows_bind(struct rows *rows, const char *fields)
{
	const struct dataset *all = rows_dataset();
	size_t bound = 0;

	*rows = (struct rows){ 0 };
	while (*fields != 0) {
		size_t len = strcspn(fields, ",");
		const struct field *field = dataset_field(all, (struct text){ fields, len });

		rows->place[rows->count] = field != NULL ? field->number : FIELD_NONE;
		if (field != NULL)
			rows->columns[bound++] = (struct bound_column){ .column = (uint16_t)rows->count,
				.field = field->number };
		else if (len > 0)
			abort();
		rows->count++;
		fields += len + (fields[len] == ',');
	}
	qsort(rows->columns, bound, sizeof(rows->columns[0]), by_field);
	rows->binding = (struct binding){
		.dataset = all,
		.source = sources_unknown(sources, TEXT("tests")),
		.columns = rows->columns,
		.column_count = bound,
	};
}

struct normalizer *
rows_normalizer(const struct rows *rows)
{
	return normalizer_new(&rows->binding, (struct date){ 2026, 9, 2 }, 7);
}

void
rows_open(struct rows *rows, const char *fields)
{
	rows_bind(rows, fields);
	rows->normalizer = rows_normalizer(rows);
	if (rows->normalizer == NULL)
		abort();
}

void
rows_close(struct rows *rows)
{
	normalizer_free(rows->normalizer);
}

const struct normalized *
rows_put(struct rows *rows, const char *cells)
{
	static struct cell raw[ROWS_COLUMNS_MAX];
	size_t count = 0;

	for (;;) {
		size_t len = strcspn(cells, "|");
		struct cell *cell = &raw[count++];

		*cell = (struct cell){ { cells, len }, CELL_TEXT };
		if (len > 1 && cells[1] == ':' && strchr("ndeu", cells[0]) != NULL) {
			cell->kind = cells[0] == 'n' ? CELL_NUMBER
			    : cells[0] == 'd'        ? CELL_DATE
			    : cells[0] == 'e'        ? CELL_ERROR
						     : CELL_UNSAVED;
			cell->text.at += 2;
			cell->text.len -= 2;
		}
		cells += len;
		if (*cells++ == 0)
			break;
	}
	return normalize_row(rows->normalizer, raw, count, 0);
}

struct text
rows_value(const struct normalized *row, const char *field, bool *invalid)
{
	uint16_t number = dataset_field(dataset, text_from(field))->number;

	for (size_t i = 0; i < row->value_count; i++) {
		if (row->values[i].field == number) {
			if (invalid != NULL)
				*invalid = row->values[i].invalid;
			return row->values[i].text;
		}
	}
	return (struct text){ 0 };
}

const char *
rows_issues(const struct normalized *row)
{
	static char line[4096];
	size_t len = 0;

	line[0] = 0;
	for (size_t i = 0; i < row->issue_count && len + 64 < sizeof(line); i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%s%s", i > 0 ? " " : "",
		    rule_name((enum rule)row->issues[i].rule));
	return line;
}
