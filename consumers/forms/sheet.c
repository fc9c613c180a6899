/*
 * sheet.c - see sheet.h. Rows and cells may leave their places out; then they are one behind the one before.
 */
#include "consumers/forms/sheet.h"

#include <stdlib.h>

#define CELLS_MAX ((size_t)4 * 1000 * 1000)

static const char *const order[] = { "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData",
	"sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate",
	"customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks",
	"printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties",
	"cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF",
	"picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst" };

static int
broken(struct err *err)
{
	return err_set(err, ERR_INPUT, "the sheet of the workbook is not written as sheets are");
}

/* Room for one more behind ${count}: the array, grown by doubling; NULL when memory is short. */
static void *
grow(void *at, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0 || (count > 0 && count < 64))
		return at;
	return realloc(at, (count < 64 ? 64 : count * 2) * size);
}

static int
read_cell(struct sheet *sheet, const struct mark *tag, size_t *pos, uint32_t column, struct err *err)
{
	struct sheet_cell *grown = grow(sheet->cells, sheet->cell_count, sizeof(*grown)), *cell;
	struct text ref = tags_attribute(sheet->xml, tag, "r");
	struct mark mark;
	uint32_t row;
	size_t depth = 1;

	if (grown == NULL || sheet->cell_count == CELLS_MAX)
		return err_set(err, ERR_RETRY, "out of memory for the cells of a form");
	sheet->cells = grown;
	cell = &grown[sheet->cell_count];
	*cell = (struct sheet_cell){ .column = column, .tag = *tag, .end = tag->end };
	if (ref.at != NULL && !tags_place(ref, &cell->column, &row))
		return broken(err);
	if (cell->column >= SHEET_COLUMNS_MAX)
		return broken(err);
	cell->style = tags_number(sheet->xml, tag, "s", 0);
	while (!tag->empty && depth > 0) {
		if (!tags_next(sheet->xml, pos, &mark))
			return broken(err);
		depth = mark.closing ? depth - 1 : depth + !mark.empty;
		cell->end = mark.end;
		if (mark.closing || depth > 2 + (size_t)!mark.empty)
			continue;
		if (tags_is(&mark, "f"))
			cell->formula = true;
		/* <v></v> holds nothing */
		if (!mark.empty && (tags_is(&mark, "v") || tags_is(&mark, "is")))
			cell->filled = cell->filled
			    || !text_starts(
				(struct text){ sheet->xml.at + mark.end, sheet->xml.len - mark.end }, TEXT("</"));
	}
	cell->filled = cell->filled || cell->formula;
	sheet->cell_count++;
	return 0;
}

static int
read_row(struct sheet *sheet, const struct mark *tag, size_t *pos, struct err *err)
{
	struct sheet_row *grown = grow(sheet->rows, sheet->row_count, sizeof(*grown)), *row;
	uint32_t before = sheet->row_count > 0 ? sheet->rows[sheet->row_count - 1].row_no : 0, column = 0;
	struct mark mark = *tag;

	if (grown == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the rows of a form");
	sheet->rows = grown;
	row = &grown[sheet->row_count];
	*row = (struct sheet_row){ .row_no = tags_number(sheet->xml, tag, "r", before + 1),
		.tag = *tag,
		.close = tag->end,
		.end = tag->end,
		.first = sheet->cell_count,
		.style = tags_number(sheet->xml, tag, "s", UINT32_MAX) };
	if (row->row_no <= before || row->row_no > 1048576)
		return broken(err);
	sheet->row_count++;
	while (!tag->empty) {
		if (!tags_next(sheet->xml, pos, &mark))
			return broken(err);
		if (mark.closing && tags_is(&mark, "row"))
			break;
		if (mark.closing || !tags_is(&mark, "c")) {
			if (!mark.closing && !tags_skip(sheet->xml, pos, &mark, &mark))
				return broken(err);
			continue;
		}
		if (read_cell(sheet, &mark, pos, column, err) != 0)
			return -1;
		if (row->count > 0 && sheet->cells[sheet->cell_count - 1].column < column)
			return broken(err); /* columns rise */
		column = sheet->cells[sheet->cell_count - 1].column + 1;
		row->count++;
	}
	if (!tag->empty) {
		row->close = mark.at;
		row->end = mark.end;
	}
	return 0;
}

static int
read_data(struct sheet *sheet, const struct mark *tag, size_t *pos, struct mark *close, struct err *err)
{
	if (tag->empty)
		return broken(err);
	sheet->data_open = tag->end;
	for (;;) {
		if (!tags_next(sheet->xml, pos, close))
			return broken(err);
		if (close->closing)
			break;
		if (!tags_is(close, "row"))
			return broken(err);
		if (read_row(sheet, close, pos, err) != 0)
			return -1;
	}
	sheet->data_close = close->at;
	return 0;
}

static void
read_columns(struct sheet *sheet, const struct sheet_part *part)
{
	struct mark mark;

	for (size_t pos = part->tag.end; pos < part->close && tags_next(sheet->xml, &pos, &mark);) {
		uint32_t first = tags_number(sheet->xml, &mark, "min", 0),
			 last = tags_number(sheet->xml, &mark, "max", 0);
		uint32_t style = tags_number(sheet->xml, &mark, "style", UINT32_MAX);

		for (uint32_t i = first; i > 0 && i <= last && i <= SHEET_COLUMNS_MAX; i++)
			sheet->column_styles[i - 1] = style;
	}
}

int
sheet_open(struct sheet *sheet, struct text xml, struct err *err)
{
	struct mark mark, close;
	size_t pos = 0;

	*sheet = (struct sheet){ .xml = xml };
	sheet->column_styles = malloc(SHEET_COLUMNS_MAX * sizeof(*sheet->column_styles));
	if (sheet->column_styles == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a form");
	memset(sheet->column_styles, 0xFF, SHEET_COLUMNS_MAX * sizeof(*sheet->column_styles));
	if (!tags_next(xml, &pos, &mark) || !tags_is(&mark, "worksheet") || mark.closing || mark.empty)
		return broken(err);
	if (mark.prefix.len > 0)
		sheet->prefix = (struct text){ mark.prefix.at, mark.prefix.len + 1 };
	for (;;) {
		struct sheet_part *part = &sheet->parts[sheet->part_count];

		if (!tags_next(xml, &pos, &mark))
			return broken(err);
		if (mark.closing)
			break;
		if (sheet->part_count == SHEET_PARTS_MAX)
			return broken(err);
		part->tag = close = mark;
		if (tags_is(&mark, "sheetData")) {
			if (sheet->data_open > 0)
				return broken(err);
			if (read_data(sheet, &mark, &pos, &close, err) != 0)
				return -1;
		} else if (!tags_skip(xml, &pos, &mark, &close))
			return broken(err);
		part->close = mark.empty ? mark.end : close.at;
		part->end = close.end;
		sheet->part_count++;
		if (tags_is(&mark, "cols"))
			read_columns(sheet, part);
	}
	sheet->close = mark.at;
	return sheet->data_open > 0 ? 0 : broken(err);
}

void
sheet_close(struct sheet *sheet)
{
	free(sheet->rows);
	free(sheet->cells);
	free(sheet->column_styles);
	*sheet = (struct sheet){ 0 };
}

const struct sheet_row *
sheet_row(const struct sheet *sheet, uint32_t row_no)
{
	size_t low = 0, high = sheet->row_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sheet->rows[middle].row_no < row_no)
			low = middle + 1;
		else
			high = middle;
	}
	return low < sheet->row_count && sheet->rows[low].row_no == row_no ? &sheet->rows[low] : NULL;
}

const struct sheet_cell *
sheet_cell(const struct sheet *sheet, const struct sheet_row *row, uint32_t column)
{
	for (size_t i = 0; row != NULL && i < row->count; i++) {
		if (sheet->cells[row->first + i].column == column)
			return &sheet->cells[row->first + i];
	}
	return NULL;
}

uint32_t
sheet_style(const struct sheet *sheet, const struct sheet_row *row, uint32_t column)
{
	const struct sheet_cell *cell = sheet_cell(sheet, row, column);

	if (cell != NULL)
		return cell->style;
	if (row != NULL && row->style != UINT32_MAX)
		return row->style;
	return column < SHEET_COLUMNS_MAX && sheet->column_styles[column] != UINT32_MAX ? sheet->column_styles[column]
											: 0;
}

const struct sheet_part *
sheet_part(const struct sheet *sheet, const char *name)
{
	for (size_t i = 0; i < sheet->part_count; i++) {
		if (tags_is(&sheet->parts[i].tag, name))
			return &sheet->parts[i];
	}
	return NULL;
}

/* The place of a part in the fixed order; that of the last for one unknown (AlternateContent and the like stand near the end). */
static size_t
rank(struct text name)
{
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		if (text_eq(name, text_from(order[i])))
			return i;
	}
	return ARRAY_LEN(order);
}

size_t
sheet_place(const struct sheet *sheet, const char *name)
{
	size_t wanted = rank(text_from(name));

	for (size_t i = 0; i < sheet->part_count; i++) {
		if (rank(sheet->parts[i].tag.name) > wanted)
			return sheet->parts[i].tag.at;
	}
	return sheet->close;
}
