/*
 * fuzz_layout.c - any rows: a layout is found or refused, and every row is one thing.
 * Input: text, made valid UTF-8 by dropping other bytes; lines are rows, bars part cells; the
 * dataset is the project's.
 */
#include <stdlib.h>

#include "producers/collect/collect.h"

#define ROWS 64
#define CELLS 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dataset *dataset;
	static struct row rows[ROWS];
	static struct cell cells[CELLS];
	size_t count = 0, used = 0;
	struct err err = { 0 };
	struct layout layout;
	char *copy;

	if (dataset == NULL)
		dataset = dataset_load(FUZZ_SCHEMAS, "student", NULL, NULL, &err);
	if (dataset == NULL || size > 65536 || !utf8_valid(data, size))
		return dataset == NULL ? (abort(), 0) : 0;
	copy = malloc(size + 1);
	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\n';
	for (size_t at = 0; at < size && count < ROWS && used < CELLS;) {
		struct row *row = &rows[count++];

		*row = (struct row){ .row_no = (uint32_t)count, .cells = &cells[used] };
		for (bool more = true; more && used < CELLS;) {
			size_t start = at;

			while (copy[at] != '|' && copy[at] != '\n')
				at++;
			more = copy[at] == '|';
			cells[used++] = (struct cell){ { copy + start, at - start }, CELL_TEXT };
			row->count++;
			at++;
		}
	}
	if (layout_find(&layout, rows, count, dataset, NULL, NULL, false, &err) == 0 && layout.found) {
		if (layout.binding.column_count == 0 || layout.header_last < layout.header_first)
			abort();
		for (size_t i = 0; i < count; i++) {
			if (layout_classify(&layout, &rows[i]) >= ROW_ROLES)
				abort();
		}
	} else if (layout.refusal == REFUSED_NO) {
		abort();
	}
	layout_fini(&layout);
	free(copy);
	return 0;
}
