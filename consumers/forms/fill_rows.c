/*
 * fill_rows.c - the rows of a form: cells that are written, rows that are put in, rows that move down. See fill.h.
 *
 * The values of formulas go: they were reckoned when nobody stood in the form, and every program reckons those that have none.
 */
#include "consumers/forms/fill_inside.h"

static struct text
piece(const struct fill *fill, size_t at, size_t end)
{
	return (struct text){ fill->sheet.xml.at + at, end - at };
}

static void
put_ref(struct buffer *out, uint32_t column, uint32_t row_no)
{
	buffer_string(out, " r=\"");
	tags_column(out, column);
	buffer_format(out, "%u\"", row_no);
}

/* A cell without a value. */
static void
put_blank(struct fill *fill, struct buffer *out, uint32_t column, uint32_t row_no, uint32_t style)
{
	struct text prefix = fill->sheet.prefix;

	buffer_format(out, "<%.*sc", (int)prefix.len, prefix.at);
	put_ref(out, column, row_no);
	if (style != 0)
		buffer_format(out, " s=\"%u\"", style);
	buffer_string(out, "/>");
}

/* The formula of ${cell}: its tag, and the text inside. */
static bool
find_formula(const struct fill *fill, const struct sheet_cell *cell, struct mark *tag, struct text *formula)
{
	struct mark close;

	for (size_t pos = cell->tag.end; pos < cell->end && tags_next(fill->sheet.xml, &pos, tag);) {
		if (tag->closing || !tags_is(tag, "f"))
			continue;
		close = *tag;
		if (!tag->empty && !tags_skip(fill->sheet.xml, &pos, tag, &close))
			return false;
		*formula = tag->empty ? (struct text){ "", 0 } : piece(fill, tag->end, close.at);
		return true;
	}
	return false;
}

/* A cell as it stands, at ${row_no}; its formula, if it has one, as it reads there, without its value. */
static void
put_cell(struct fill *fill, struct buffer *out, const struct sheet_cell *cell, uint32_t row_no)
{
	struct text xml = fill->sheet.xml, prefix = fill->sheet.prefix, formula, ref;
	struct mark tag;

	tags_open_without(xml, &cell->tag, "r", out);
	put_ref(out, cell->column, row_no);
	if (!cell->formula || !find_formula(fill, cell, &tag, &formula)) {
		buffer_add(out, xml.at + cell->tag.end - 1 - cell->tag.empty, 1u + cell->tag.empty);
		buffer_text(out, piece(fill, cell->tag.end, cell->end));
		return;
	}
	buffer_char(out, '>');
	tags_open_without(xml, &tag, "ref", out);
	ref = tags_attribute(xml, &tag, "ref");
	if (ref.at != NULL) {
		buffer_string(out, " ref=\"");
		shift_ranges(&fill->shift, ref, text_eq(tags_attribute(xml, &tag, "t"), TEXT("shared")), out);
		buffer_char(out, '"');
	}
	if (tag.empty)
		buffer_string(out, "/>");
	else {
		buffer_char(out, '>');
		shift_formula(&fill->shift, formula, out);
		buffer_format(out, "</%.*sf>", (int)prefix.len, prefix.at);
	}
	buffer_format(out, "</%.*sc>", (int)prefix.len, prefix.at);
}

/* What a cell of a row that is put in has of the one it is like: its style, and a plain formula as copied down. */
static void
put_like(struct fill *fill, struct buffer *out, const struct sheet_cell *cell, uint32_t row_no)
{
	struct text formula = { "", 0 }, kind = { NULL, 0 }, shared = { NULL, 0 }, prefix = fill->sheet.prefix;
	struct buffer bare;
	struct mark tag;

	if (cell->formula && find_formula(fill, cell, &tag, &formula)) {
		kind = tags_attribute(fill->sheet.xml, &tag, "t");
		shared = text_eq(kind, TEXT("shared")) ? tags_attribute(fill->sheet.xml, &tag, "si") : shared;
	}
	if (shared.at == NULL && (formula.len == 0 || kind.at != NULL)) {
		put_blank(fill, out, cell->column, row_no, cell->style);
		return;
	}
	buffer_format(out, "<%.*sc", (int)prefix.len, prefix.at);
	put_ref(out, cell->column, row_no);
	if (cell->style != 0)
		buffer_format(out, " s=\"%u\"", cell->style);
	if (shared.at != NULL) { /* put_cell() lets its range reach here */
		buffer_format(out, "><%.*sf t=\"shared\" si=\"%.*s\"/></%.*sc>", (int)prefix.len, prefix.at,
		    (int)shared.len, shared.at, (int)prefix.len, prefix.at);
		return;
	}
	buffer_format(out, "><%.*sf>", (int)prefix.len, prefix.at);
	buffer_init(&bare, formula.len * 2 + 1024);
	shift_copy_formula(formula, row_no - fill->like->row_no, &bare);
	buffer_text(out, buffer_as_text(&bare));
	fill->failed = fill->failed || buffer_failed(&bare);
	buffer_fini(&bare);
	buffer_format(out, "</%.*sf></%.*sc>", (int)prefix.len, prefix.at, (int)prefix.len, prefix.at);
}

/* Whether the place is covered by a merged cell that begins elsewhere. */
static bool
is_covered(const struct fill *fill, uint32_t column, uint32_t row_no)
{
	for (size_t i = 0; i < fill->merge_count; i++) {
		const struct fill_merge *merge = &fill->merges[i];

		if (column >= merge->left && column <= merge->right && row_no >= merge->top && row_no <= merge->bottom
		    && (column != merge->left || row_no != merge->top))
			return true;
	}
	return false;
}

/* ${values} (the pupil's, or what is given of them) with 父亲 and 母亲 where the column asks for them. */
static const struct text *
values_for(struct fill *fill, const struct fill_column *column, const struct text *pupil, const struct text *values)
{
	uint16_t field = column->manner.field->number;

	memcpy(fill->values, values, fill->plan->dataset->field_count * sizeof(*fill->values));
	fill->values[field] = persons_value(&column->persons, pupil, values);
	return fill->values;
}

/* In a sheet that came protected what is open can be written, too, whatever its cells were. */
static unsigned
ways(const struct fill *fill, unsigned way)
{
	bool guarded = sheet_part(&fill->sheet, "sheetProtection") != NULL;

	return fill->plan->lock ? way : way & (guarded ? STYLES_OPEN | STYLES_UNLOCKED : STYLES_OPEN);
}

/* What may be written of the pupil under a sensitive column; NULL: nothing. */
static const struct fill_given *
given_for(const struct fill *fill, uint32_t number)
{
	return fill->given != NULL && fill->given[number - 1].among ? &fill->given[number - 1] : NULL;
}

/* A value as a mask leaves it: the same text in every form. */
static enum manner_written
write_word(struct text word, struct buffer *out)
{
	buffer_text(out, word);
	return MANNER_TEXT;
}

/* An answer that was given before, as it was given. */
static enum manner_written
write_own(struct text answer, struct buffer *out)
{
	if (answer.len == 0)
		return MANNER_NONE;
	buffer_text(out, answer);
	return answer.len < 10 && text_is_digits(answer) && (answer.at[0] != '0' || answer.len == 1) ? MANNER_NUMBER
												     : MANNER_TEXT;
}

/* Remember what is filled in, as it is written and as the dataset has it: programs that save a form again may write dates otherwise. */
static void
remember(const struct fill *fill, const struct fill_column *column, uint32_t number, struct text text,
    const struct text *values)
{
	const struct form_column *asked = column->manner.column;
	struct marking *marking = fill->plan->marking;

	if (marking == NULL || text.len == 0 || (asked->use == FORM_DERIVED && asked->derive->from == FIELD_NONE))
		return;
	marking_cell(marking, number - 1, asked->key, text);
	if (asked->use == FORM_FIELD && values != NULL && values[asked->field].len > 0
	    && !text_eq(values[asked->field], text))
		marking_cell(marking, number - 1, asked->key, values[asked->field]);
}

/* The cell of a column for a pupil; NULL: of a prepared row that nobody needs. */
static void
put_value(struct fill *fill, struct buffer *out, struct fill_column *column, uint32_t style, uint32_t row_no,
    const struct text *pupil, uint32_t number)
{
	enum manner_written written = MANNER_NONE;
	struct text prefix = fill->sheet.prefix, word = { NULL, 0 };
	const struct form_column *asked = column->manner.column;
	const struct fill_given *given = pupil != NULL && column->sensitive ? given_for(fill, number) : NULL;
	const struct text *values = given != NULL ? given->values : pupil;
	struct buffer text;

	if (given != NULL)
		word = given->words[column->number];
	/* nobody is asked for what a mask leaves nothing of */
	if (pupil == NULL || column->what == FILL_LEAVE || (column->sensitive && given == NULL)
	    || (word.at != NULL && word.len == 0)) {
		fill->counts.sensitive += pupil != NULL && column->sensitive;
		put_blank(fill, out, column->column, row_no,
		    styles_derive(&fill->styles, style, ways(fill, STYLES_UNLOCKED)));
		return;
	}
	buffer_init(&text, 1 << 20);
	if (word.at != NULL)
		written = write_word(word, &text);
	else if (column->what == FILL_VALUE) {
		values = column->persons.count > 0 ? values_for(fill, column, pupil, values) : values;
		written = manner_write(&column->manner, values, fill->plan->today, number, &text);
	}
	if (written == MANNER_NONE && fill->plan->own != NULL && !column->sensitive)
		written = write_own(fill->plan->own[number - 1][column - fill->columns], &text);
	fill->failed = fill->failed || buffer_failed(&text);
	if (written == MANNER_NONE) {
		fill->counts.open++;
		column->opened++;
		put_blank(fill, out, column->column, row_no,
		    styles_derive(&fill->styles, style, ways(fill, STYLES_OPEN | STYLES_UNLOCKED)));
		buffer_fini(&text);
		return;
	}
	fill->counts.filled++;
	fill->counts.granted += given != NULL;
	remember(fill, column, number, buffer_as_text(&text), word.at != NULL ? NULL : values);
	fill->counts.numbers += asked->use == FORM_DERIVED && asked->derive->from == FIELD_NONE;
	style = styles_derive(&fill->styles, style, ways(fill, STYLES_LOCKED));
	if (written == MANNER_BLANK)
		put_blank(fill, out, column->column, row_no, style);
	else {
		buffer_format(out, "<%.*sc", (int)prefix.len, prefix.at);
		put_ref(out, column->column, row_no);
		if (style != 0)
			buffer_format(out, " s=\"%u\"", style);
		if (written == MANNER_NUMBER)
			buffer_format(out, "><%.*sv>%.*s</%.*sv></%.*sc>", (int)prefix.len, prefix.at, (int)text.len,
			    text.at, (int)prefix.len, prefix.at, (int)prefix.len, prefix.at);
		else {
			buffer_format(out, " t=\"inlineStr\"><%.*sis><%.*st xml:space=\"preserve\">", (int)prefix.len,
			    prefix.at, (int)prefix.len, prefix.at);
			buffer_xml(out, buffer_as_text(&text));
			buffer_format(out, "</%.*st></%.*sis></%.*sc>", (int)prefix.len, prefix.at, (int)prefix.len,
			    prefix.at, (int)prefix.len, prefix.at);
		}
	}
	buffer_fini(&text);
}

/*
 * The row ${row_no} with a pupil (NULL: nobody). ${row} is what stands there already; where it is NULL the row is like ${fill->like}, and
 * where that is NULL, too, like nothing.
 */
static void
put_row(struct fill *fill, struct buffer *out, const struct sheet_row *row, uint32_t row_no, const struct text *pupil,
    uint32_t number)
{
	const struct sheet_row *from = row != NULL ? row : fill->like;
	struct text prefix = fill->sheet.prefix;
	size_t cell = 0, column = 0;

	if (from != NULL)
		tags_open_without(fill->sheet.xml, &from->tag, "r spans", out);
	else
		buffer_format(out, "<%.*srow", (int)prefix.len, prefix.at);
	buffer_format(out, " r=\"%u\">", row_no);
	while ((from != NULL && cell < from->count) || column < fill->column_count) {
		const struct sheet_cell *old = from != NULL && cell < from->count
		    ? &fill->sheet.cells[from->first + cell]
		    : NULL;
		struct fill_column *asked = column < fill->column_count ? &fill->columns[column] : NULL;
		bool ours = asked != NULL && (old == NULL || asked->column <= old->column);

		if (ours && old != NULL && old->column == asked->column) {
			bool leave = row != NULL ? old->filled : old->formula;

			cell++;
			column++;
			if (!leave && !(row != NULL && is_covered(fill, asked->column, row_no))) {
				put_value(fill, out, asked, old->style, row_no, pupil, number);
				continue;
			}
		} else if (ours) {
			column++;
			if (row == NULL || !is_covered(fill, asked->column, row_no))
				put_value(fill, out, asked, sheet_style(&fill->sheet, from, asked->column), row_no,
				    pupil, number);
			continue;
		} else
			cell++;
		if (row != NULL)
			put_cell(fill, out, old, row_no);
		else
			put_like(fill, out, old, row_no);
	}
	buffer_format(out, "</%.*srow>", (int)prefix.len, prefix.at);
}

void
fill_row_of_page(struct fill *fill, const struct sheet_row *row, const struct text *person, struct fill_column *columns,
    size_t count)
{
	struct fill_column *all = fill->columns;
	size_t all_count = fill->column_count;

	fill->columns = columns;
	fill->column_count = count;
	put_row(fill, fill_edit(fill, row->tag.at, row->end), row, row->row_no, person, 1);
	fill->columns = all;
	fill->column_count = all_count;
}

static bool
has_formula(const struct fill *fill, const struct sheet_row *row)
{
	for (size_t i = 0; i < row->count; i++) {
		if (fill->sheet.cells[row->first + i].formula)
			return true;
	}
	return false;
}

/* A row that nobody is written into: at its new place, its formulas as they read now. */
static void
move_row(struct fill *fill, const struct sheet_row *row)
{
	uint32_t row_no = shift_row(&fill->shift, row->row_no);
	struct buffer *out;

	if (row_no == row->row_no && !has_formula(fill, row))
		return;
	out = fill_edit(fill, row->tag.at, row->end);
	tags_open_without(fill->sheet.xml, &row->tag, "r", out);
	buffer_format(out, " r=\"%u\"", row_no);
	if (row->tag.empty) {
		buffer_string(out, "/>");
		return;
	}
	buffer_char(out, '>');
	for (size_t i = 0; i < row->count; i++)
		put_cell(fill, out, &fill->sheet.cells[row->first + i], row_no);
	buffer_text(out, piece(fill, row->close, row->end));
}

/* The row of pupil ${k}, or of nobody behind the last, and how much of it was filled in. */
static void
put_pupil(struct fill *fill, struct buffer *out, const struct sheet_row *row, uint32_t row_no,
    const struct text *const *pupils, size_t k, size_t count)
{
	uint64_t before = fill->counts.filled - fill->counts.numbers;

	put_row(fill, out, row, row_no, k < count ? pupils[k] : NULL, (uint32_t)k + 1);
	if (k < count)
		fill->each[k] = (uint32_t)(fill->counts.filled - fill->counts.numbers - before);
}

void
fill_rows(struct fill *fill, const struct text *const *pupils, size_t count)
{
	const struct sheet *sheet = &fill->sheet;
	uint32_t last = fill->start + (uint32_t)count - 1, row_no = fill->start;

	if (fill->plan->lock && last < fill->end)
		last = fill->end;
	for (size_t i = 0; i <= sheet->row_count; i++) {
		const struct sheet_row *row = i < sheet->row_count ? &sheet->rows[i] : NULL;
		size_t at = row != NULL ? row->tag.at : sheet->data_close;

		/* rows that are not written yet come before the next that is */
		while (row_no <= last && (row == NULL || row->row_no > fill->end || row_no < row->row_no)) {
			size_t k = row_no - fill->start;

			if (row != NULL && row->row_no < fill->start)
				break;
			put_pupil(fill, fill_edit(fill, at, at), NULL, row_no, pupils, k, count);
			row_no++;
		}
		if (row == NULL)
			break;
		if (row->row_no == row_no && row_no <= last && row_no <= fill->end) {
			size_t k = row_no - fill->start;

			put_pupil(fill, fill_edit(fill, row->tag.at, row->end), row, row_no, pupils, k, count);
			row_no++;
		} else
			move_row(fill, row);
	}
}
