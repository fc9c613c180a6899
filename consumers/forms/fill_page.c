/*
 * fill_page.c - a form that is a page of one person: a label, and on its right the cell for the value. See fill.h.
 */
#include "consumers/forms/fill_inside.h"

/* The merged cells that begin at the place; NULL when it is a cell of its own. */
static const struct fill_merge *
merged_at(const struct fill *fill, uint32_t column, uint32_t row)
{
	for (size_t i = 0; i < fill->merge_count; i++) {
		if (fill->merges[i].left == column && fill->merges[i].top == row)
			return &fill->merges[i];
	}
	return NULL;
}

/* A label that is written across several cells has its value behind the last of them. */
void
fill_page_places(struct fill *fill)
{
	for (size_t i = 0; i < fill->column_count; i++) {
		struct fill_column *column = &fill->columns[i];
		const struct fill_merge *label = merged_at(fill, column->column, column->row);

		column->column = label != NULL ? label->right + 1 : column->column + 1;
	}
}

void
fill_page(struct fill *fill, const struct text *person)
{
	for (size_t i = 0; i < fill->column_count;) {
		const struct sheet_row *row = sheet_row(&fill->sheet, fill->columns[i].row);
		size_t count = 1;

		while (i + count < fill->column_count && fill->columns[i + count].row == fill->columns[i].row)
			count++;
		if (row != NULL)
			fill_row_of_page(fill, row, person, &fill->columns[i], count);
		i += count;
	}
}
