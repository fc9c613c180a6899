/*
 * fill.c - see fill.h. Here: what stays the same for every class (where the table goes, how each column is written), and putting a
 * workbook together.
 */
#include "consumers/forms/fill_inside.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)64 * 1024 * 1024)
#define PIECES_MAX ((size_t)256 * 1024 * 1024)
#define ROWS_MAX 1048576

/* ---- what the form is ---- */

/* How many of the table's columns a row writes cells under. */
static size_t
cells_under(const struct fill *fill, const struct sheet_row *row)
{
	size_t count = 0;

	for (size_t i = 0; row != NULL && i < fill->column_count; i++)
		count += sheet_cell(&fill->sheet, row, fill->columns[i].column) != NULL;
	return count;
}

static bool
is_prepared(const struct fill *fill, const struct sheet_row *row)
{
	return cells_under(fill, row) * 2 >= fill->column_count;
}

/* What a row is for: one in which formulas alone stand waits for its pupil, whatever they gave when it was saved. */
static enum fill_kind
kind_of(const struct fill *fill, const struct fill_row *row)
{
	const struct sheet_row *written = row->kind == FILL_NOTE ? sheet_row(&fill->sheet, row->row_no) : NULL;
	size_t formulas = 0;

	for (size_t i = 0; written != NULL && i < written->count; i++) {
		const struct sheet_cell *cell = &fill->sheet.cells[written->first + i];

		if (cell->filled && !cell->formula)
			return row->kind;
		formulas += cell->formula;
	}
	return formulas > 0 ? FILL_PREPARED : row->kind;
}

/* Whether a row below ${row_no} and above any that is filled otherwise is prepared. */
static bool
prepared_below(const struct fill *fill, size_t at)
{
	const struct fill_plan *plan = fill->plan;
	uint32_t stop = ROWS_MAX;

	for (size_t i = at + 1; i < plan->row_count && stop == ROWS_MAX; i++) {
		enum fill_kind kind = kind_of(fill, &plan->rows[i]);

		if (kind == FILL_TAKEN || kind == FILL_PREPARED)
			return true;
		stop = plan->rows[i].row_no;
	}
	for (size_t i = 0; i < fill->sheet.row_count; i++) {
		const struct sheet_row *row = &fill->sheet.rows[i];

		if (row->row_no > plan->rows[at].row_no && row->row_no < stop && is_prepared(fill, row))
			return true;
	}
	return false;
}

static void
find_zone(struct fill *fill)
{
	const struct fill_plan *plan = fill->plan;
	uint32_t stop = ROWS_MAX + 1, taken = 0;

	fill->start = plan->header_last + 1;
	for (size_t i = 0; i < plan->row_count && stop > ROWS_MAX; i++) {
		const struct fill_row *row = &plan->rows[i];
		enum fill_kind kind = kind_of(fill, row);

		if (kind == FILL_TAKEN)
			fill->start = (taken = row->row_no) + 1;
		else if (kind == FILL_NOTE && row->row_no == fill->start && (!row->lone || prepared_below(fill, i)))
			fill->start = row->row_no + 1;
		else if (kind == FILL_NOTE || kind == FILL_END)
			stop = row->row_no;
	}
	fill->end = fill->start - 1;
	for (size_t i = 0; i < fill->sheet.row_count; i++) {
		const struct sheet_row *row = &fill->sheet.rows[i];

		if (row->row_no >= fill->start && row->row_no < stop && is_prepared(fill, row)) {
			fill->end = row->row_no;
			fill->like = row;
		}
	}
	if (fill->like == NULL) {
		fill->like = taken > 0 ? sheet_row(&fill->sheet, taken) : NULL;
		if (stop <= ROWS_MAX)
			fill->end = stop - 1;
	}
}

static int
read_merges(struct fill *fill)
{
	const struct sheet_part *part = sheet_part(&fill->sheet, "mergeCells");
	size_t room = 0;
	struct mark mark;

	for (size_t pos = part == NULL ? SIZE_MAX : part->tag.end; part != NULL && pos < part->close;)
		room += tags_next(fill->sheet.xml, &pos, &mark);
	fill->merges = arena_take(&fill->arena, (room + 1) * sizeof(*fill->merges));
	if (fill->merges == NULL)
		return -1;
	for (size_t pos = part == NULL ? SIZE_MAX : part->tag.end; part != NULL && pos < part->close;) {
		struct fill_merge *merge = &fill->merges[fill->merge_count];
		struct text ref;
		size_t colon;

		if (!tags_next(fill->sheet.xml, &pos, &mark) || mark.closing)
			continue;
		ref = tags_attribute(fill->sheet.xml, &mark, "ref");
		colon = ref.at == NULL ? SIZE_MAX : text_find(ref, TEXT(":"));
		if (colon != SIZE_MAX && tags_place((struct text){ ref.at, colon }, &merge->left, &merge->top)
		    && tags_place(
			(struct text){ ref.at + colon + 1, ref.len - colon - 1 }, &merge->right, &merge->bottom))
			fill->merge_count++;
	}
	return 0;
}

/* Whether one of the ranges holds the place. */
static bool
ranges_hold(struct text refs, uint32_t column, uint32_t row)
{
	while (refs.len > 0) {
		size_t len = 0, colon;
		struct text first, last;
		uint32_t left, top, right, bottom;

		while (len < refs.len && refs.at[len] != ' ')
			len++;
		first = last = (struct text){ refs.at, len };
		colon = text_find(first, TEXT(":"));
		if (colon != SIZE_MAX) {
			first.len = colon;
			last = (struct text){ refs.at + colon + 1, len - colon - 1 };
		}
		if (tags_place(first, &left, &top) && tags_place(last, &right, &bottom) && column >= left
		    && column <= right && row >= top && row <= bottom)
			return true;
		len += len < refs.len;
		refs.at += len;
		refs.len -= len;
	}
	return false;
}

/* "是,否" in quotes: its words. */
static const struct text *
split_words(struct fill *fill, struct text list, size_t *count)
{
	struct text *words;
	size_t most = 1;

	*count = 0;
	for (size_t i = 0; i < list.len; i++)
		most += list.at[i] == ',';
	words = arena_take(&fill->arena, most * sizeof(*words));
	list = arena_text(&fill->arena, list);
	if (words == NULL || list.at == NULL)
		return NULL;
	while (list.len > 0) {
		const char *comma = memchr(list.at, ',', list.len);
		size_t len = comma == NULL ? list.len : (size_t)(comma - list.at);
		struct text word = text_trim((struct text){ list.at, len });

		if (word.len > 0)
			words[(*count)++] = word;
		len += comma != NULL;
		list.at += len;
		list.len -= len;
	}
	return words;
}

/* The list of a rule: its words, or those of the range that it names. */
static const struct text *
list_of(struct fill *fill, struct text formula, size_t *count)
{
	const struct fill_plan *plan = fill->plan;
	const struct text *words = NULL;
	struct buffer plain;
	struct text text;

	*count = 0;
	buffer_init(&plain, 1 << 20);
	tags_decode(formula, &plain);
	text = text_trim(buffer_as_text(&plain));
	if (text.len > 0 && text.at[0] == '=') { /* some programs write it */
		text.at++;
		text.len--;
	}
	if (text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"')
		words = split_words(fill, (struct text){ text.at + 1, text.len - 2 }, count);
	else if (text.len > 0 && plan->list != NULL)
		words = plan->list(plan->self, text, count);
	buffer_fini(&plain);
	return words;
}

/* The text inside the element that ${mark} opens. */
static struct text
inside(struct text xml, size_t pos, const struct mark *mark)
{
	struct mark close;

	if (mark->empty || !tags_next(xml, &pos, &close))
		return (struct text){ "", 0 };
	return (struct text){ xml.at + mark->end, close.at - mark->end };
}

/*
 * The list of allowed values that the form has for a column, NULL for none; ${*listed}: some rule is there, so that ours would be one too
 * many. Rules of newer programs stand in an extension, ranges and formulas in elements of their own.
 */
static const struct text *
find_list(struct fill *fill, uint32_t column, uint32_t row, size_t *count, bool *listed)
{
	struct text xml = fill->sheet.xml, formula = { "", 0 }, refs = { "", 0 };
	bool list = false, first = false;
	struct mark mark;

	*listed = false;
	*count = 0;
	for (size_t pos = fill->sheet.data_close; tags_next(xml, &pos, &mark);) {
		if (tags_is(&mark, "dataValidation") && !mark.closing) {
			struct text type = tags_attribute(xml, &mark, "type");

			list = text_eq(type, TEXT("list"));
			refs = tags_attribute(xml, &mark, "sqref");
			refs = refs.at == NULL ? (struct text){ "", 0 } : refs;
			formula = (struct text){ "", 0 };
			if (mark.empty && ranges_hold(refs, column, row))
				*listed = true;
		} else if (tags_is(&mark, "formula1"))
			first = !mark.closing;
		if ((tags_is(&mark, "formula1") || (tags_is(&mark, "f") && first)) && !mark.closing) {
			struct text text = inside(xml, pos, &mark);

			if (text_trim(text).len > 0)
				formula = text;
		} else if (tags_is(&mark, "sqref") && !mark.closing)
			refs = inside(xml, pos, &mark);
		else if (tags_is(&mark, "dataValidation") && mark.closing && ranges_hold(refs, column, row)) {
			*listed = true;
			if (list)
				return list_of(fill, formula, count);
		}
	}
	return NULL;
}

static bool
is_page(const struct fill *fill)
{
	return fill->plan->form->count > 0 && fill->plan->form->columns[0].row > 0;
}

static int
read_columns(struct fill *fill)
{
	const struct fill_plan *plan = fill->plan;
	bool grade = false, ticks = false;

	fill->columns = arena_take(&fill->arena, (plan->form->count + 1) * sizeof(*fill->columns));
	if (fill->columns == NULL)
		return -1;
	for (size_t i = 0; i < plan->form->count; i++) {
		const struct form_column *asked = &plan->form->columns[i];

		fill->columns[i] = (struct fill_column){ .column = asked->column, .row = asked->row, .number = i };
		fill->column_count++;
		grade = grade || (asked->use == FORM_FIELD && asked->field == plan->dataset->roles.grade);
		ticks = ticks || manner_is_tick(plan->samples[i].text);
	}
	if (is_page(fill))
		fill_page_places(fill);
	else
		find_zone(fill);
	for (size_t i = 0; i < fill->column_count; i++) {
		const struct form_column *asked = &plan->form->columns[i];
		const struct asked_answer *answer = &plan->answers[i];
		struct fill_column *column = &fill->columns[i];
		uint32_t row_no = column->row > 0 ? column->row : fill->start;
		const struct sheet_row *row = sheet_row(&fill->sheet, row_no);
		struct manner_evidence evidence = { .sample = plan->samples[i].text,
			.sample_text = plan->samples[i].as_text,
			.hint = plan->samples[i].hint,
			.date1904 = plan->package->date1904,
			.ticks = ticks,
			.grade_elsewhere = grade };

		column->sensitive = answer->sensitive != NULL;
		if ((answer->sensitive != NULL && (plan->granted == NULL || !plan->granted[i]))
		    || asked->use == FORM_REMARK || asked->use == FORM_NEVER)
			column->what = FILL_LEAVE;
		else
			column->what = answer->held ? FILL_VALUE : FILL_OPEN;
		evidence.allowed = find_list(fill, column->column, row_no, &evidence.allowed_count, &column->listed);
		evidence.format = styles_format(
		    &fill->styles, sheet_style(&fill->sheet, row != NULL ? row : fill->like, column->column));
		manner_learn(&column->manner, asked, plan->dataset, plan->terms, &evidence);
		if (asked->use == FORM_FIELD)
			persons_find(plan->dataset, plan->terms, asked, &column->persons);
	}
	return 0;
}

bool
fill_place(struct text ref, uint32_t *column, uint32_t *row)
{
	return tags_place(ref, column, row);
}

int
fill_open(struct fill **made, const struct fill_plan *plan, struct err *err)
{
	struct fill *fill = calloc(1, sizeof(*fill));

	*made = fill;
	if (fill == NULL)
		return err_set(err, ERR_RETRY, "out of memory for filling in a form");
	fill->plan = plan;
	arena_init(&fill->arena, ARENA_MAX);
	buffer_init(&fill->pieces, PIECES_MAX);
	fill->values = arena_take(&fill->arena, (plan->dataset->field_count + 1) * sizeof(*fill->values));
	if (fill->values == NULL)
		return err_set(err, ERR_RETRY, "out of memory for filling in a form");
	if (sheet_open(&fill->sheet, buffer_as_text(&plan->package->sheet.bytes), err) != 0
	    || styles_open(&fill->styles, buffer_as_text(&plan->package->styles.bytes), err) != 0)
		return -1;
	if (read_merges(fill) != 0 || read_columns(fill) != 0)
		return err_set(err, ERR_RETRY, "out of memory for filling in a form");
	return 0;
}

void
fill_close(struct fill *fill)
{
	if (fill == NULL)
		return;
	sheet_close(&fill->sheet);
	styles_close(&fill->styles);
	buffer_fini(&fill->pieces);
	free(fill->edits);
	free(fill->each);
	arena_fini(&fill->arena);
	free(fill);
}

/* ---- a workbook ---- */

struct buffer *
fill_edit(struct fill *fill, size_t at, size_t end)
{
	if (fill->edit_count == fill->edit_room) {
		size_t room = fill->edit_room == 0 ? 256 : fill->edit_room * 2;
		struct fill_edit *grown = realloc(fill->edits, room * sizeof(*grown));

		if (grown == NULL) {
			fill->failed = true;
			return &fill->pieces;
		}
		fill->edits = grown;
		fill->edit_room = room;
	}
	fill->edits[fill->edit_count++] = (struct fill_edit){ at, end, fill->pieces.len, fill->edit_count };
	return &fill->pieces;
}

static int
by_place(const void *a, const void *b)
{
	const struct fill_edit *left = a, *right = b;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	if ((left->end == left->at) != (right->end == right->at)) /* what is put in before stands before what is changed */
		return left->end == left->at ? -1 : 1;
	return left->from < right->from ? -1 : left->from > right->from; /* in the order made */
}

/* The XML of the sheet with all edits. */
static void
apply(struct fill *fill, struct buffer *out)
{
	size_t from = 0;

	for (size_t i = 0; i < fill->edit_count; i++) /* a piece ends where the next begins */
		fill->edits[i].len = (i + 1 < fill->edit_count ? fill->edits[i + 1].from : fill->pieces.len)
		    - fill->edits[i].from;
	qsort(fill->edits, fill->edit_count, sizeof(*fill->edits), by_place);
	for (size_t i = 0; i < fill->edit_count; i++) {
		const struct fill_edit *edit = &fill->edits[i];

		buffer_add(out, fill->sheet.xml.at + from, edit->at - from);
		buffer_add(out, fill->pieces.at + edit->from, edit->len);
		from = edit->end;
	}
	buffer_add(out, fill->sheet.xml.at + from, fill->sheet.xml.len - from);
}

int
fill_pupils(struct fill *fill, const struct text *const *pupils, const struct fill_given *given, size_t count,
    struct buffer *out, struct fill_counts *counts, struct err *err)
{
	uint32_t room = fill->end + 1 - fill->start, last = fill->start + (uint32_t)count - 1;
	struct marking *marking = fill->plan->marking;
	struct buffer sheet, styles, chain;
	struct mark_parts parts;
	int result = -1;

	if (is_page(fill)) {
		room = 1;
		if (count != 1)
			return err_set(err, ERR_STOP, "a page is of one person");
	}
	if (count > FILL_PUPILS_MAX || fill->start + count > ROWS_MAX)
		return err_set(err, ERR_INPUT, "one workbook is for at most %u pupils", FILL_PUPILS_MAX);
	free(fill->each);
	fill->each = calloc(count + 1, sizeof(*fill->each));
	if (fill->each == NULL)
		return err_set(err, ERR_RETRY, "out of memory for filling in a form");
	buffer_clear(out);
	buffer_clear(&fill->pieces);
	styles_forget(&fill->styles);
	fill->edit_count = 0;
	fill->failed = false;
	fill->given = given;
	fill->counts = (struct fill_counts){ 0 };
	if (marking != NULL)
		buffer_clear(&marking->cells);
	for (size_t i = 0; i < fill->column_count; i++)
		fill->columns[i].opened = 0;
	fill->shift = (struct shift){ fill->end, count > room ? (uint32_t)count - room : 0 };
	fill->counts.put_in = fill->shift.by;
	buffer_init(&sheet, PIECES_MAX);
	buffer_init(&styles, PIECES_MAX);
	buffer_init(&chain, PIECES_MAX);
	if (count > 0 && is_page(fill)) {
		fill_page(fill, pupils[0]);
		fill->each[0] = (uint32_t)(fill->counts.filled - fill->counts.numbers);
		fill_parts(fill, 0);
	} else if (count > 0) {
		fill_rows(fill, pupils, count);
		fill_parts(fill, last);
	}
	apply(fill, &sheet);
	styles_write(&fill->styles, &styles);
	fill_chain(fill, &chain);
	mark_parts_init(&parts);
	if (marking != NULL)
		mark_write(marking, fill->plan->package, &parts);
	if (fill->failed || buffer_failed(&fill->pieces) || buffer_failed(&sheet) || buffer_failed(&styles)
	    || buffer_failed(&chain) || mark_parts_failed(&parts))
		err_set(err, ERR_RETRY, "out of memory for filling in a form");
	else
		result = package_write(fill->plan->package,
		    &(const struct package_bytes){ .sheet = buffer_as_text(&sheet),
			.styles = buffer_as_text(&styles),
			.chain = buffer_as_text(&chain),
			.types = buffer_as_text(&parts.types),
			.relations = buffer_as_text(&parts.relations),
			.properties = buffer_as_text(&parts.properties),
			.properties_name = parts.name },
		    out, err);
	mark_parts_fini(&parts);
	buffer_fini(&sheet);
	buffer_fini(&styles);
	buffer_fini(&chain);
	*counts = fill->counts;
	return result;
}

const uint32_t *
fill_each(const struct fill *fill)
{
	return fill->each;
}
