/*
 * xlsx_sheet.c - see xlsx_sheet.h.
 *
 *   <worksheet> … <sheetData> ( <row r="7" …> ( <c r="B7" s="style" t="type"> <f>formula</f>
 * <v>value</v> <is>text</is> </c> )* </row> )*
 *   </sheetData> … </worksheet>                                        (ECMA-376 part 1, 18.3.1)
 *
 *   t   b  1 or 0              -> TRUE or FALSE
 *       d  an ISO 8601 date    -> text as it stands
 *       e  an error's name     -> error
 *       inlineStr              -> <is>: <t>, or rich runs <r><t>, joined; <rPh> left out
 *       n, or none             -> the number as it is written; a date when the style has a date
 * format; text when it is no number s                      -> the shared string of that index str
 * -> text, a formula's result A formula without a value gives CELL_UNSAVED. r may be
 * missing from rows (then one more than the last) and cells (then right of the last). Where it is
 * there, rows and cells must rise, and a cell must lie in its row, up to XFD1048576: Excel itself
 * calls anything else damaged, and any guess would put values under the wrong header. So it is
 * refused. <dimension> is not looked at.
 *
 * Two ways to the same cells. libxml2 can read everything. The scanner (xlsx_scan.h) reads what
 * lies between <sheetData> and
 * </sheetData> when it is in the narrow grammar that spreadsheet programs write, about four times
 * as fast; the part before and behind goes through libxml2 in any case, which sees an empty
 * <sheetData> and judges the rest. At the first thing the scanner does not know, the part is read
 * again from its beginning by libxml2 alone; rows already sent are counted and not sent again. Both
 * ways end in sheet_row(), sheet_cell() and sheet_row_end(), and a fuzz target holds them against
 * each other.
 */
#include "producers/readers/xlsx_sheet.h"

#include "core/base/buffer.h"
#include "producers/readers/xlsx_scan.h"

#define ROW_MAX 1048576u
#define CELL_TEXT_MAX ((size_t)1024 * 1024) /* kept of one cell; a longer one marks its row as cut */

enum cell_type {
	TYPE_NUMBER,
	TYPE_SHARED,
	TYPE_TEXT, /* str, d, and any type that is not known */
	TYPE_INLINE,
	TYPE_BOOL,
	TYPE_ERROR,
};

/* One <c>, before it is understood. */
struct source_cell {
	struct text r, s; /* as written */
	enum cell_type type;
	bool has_value, has_inline, has_formula;
	bool cut; /* longer than CELL_TEXT_MAX */
	struct text value, in_line;
};

/* Where libxml2's events stand. */
enum place {
	AT_TOP,
	AT_DATA,
	AT_ROW,
	AT_CELL,
	AT_VALUE,
	AT_FORMULA,
	AT_INLINE,
	AT_RUN,
	AT_TEXT,     /* in <is> */
	AT_RUN_TEXT, /* in <is><r> */
};

struct sheet {
	const struct xlsx_part *part;
	const struct xlsx_strings *strings;
	const struct xlsx_styles *styles;
	struct sink *sink;
	struct err *err;
	uint32_t row_no;    /* of the open row; 0 while it is not known */
	uint32_t last_row;  /* the row before */
	uint32_t column;    /* the next cell's, when it does not say; from 0 */
	uint64_t rows;      /* ended in this pass */
	uint64_t rows_sent; /* by the pass before, when the part is read again */
	struct buffer unescaped;
	/* libxml2's way only */
	enum place place;
	uint32_t depth, skip;
	struct source_cell cell;
	struct buffer value, in_line, names;
};

static int
refuse(struct sheet *sheet, const char *what)
{
	sink_where(sheet->sink, sheet->sink->sheet_index + 1, sheet->row_no, 0);
	return sink_refuse(sheet->sink, REFUSED_DAMAGED, sheet->err, "xlsx: %s", what);
}

/* ---- rows and cells, understood ---- */

/* Whether rows and cells at hand were sent whole by an earlier pass. */
static bool
row_is_sent(const struct sheet *sheet)
{
	return sheet->rows < sheet->rows_sent;
}

/* The row's number is known: open it in the sink. */
static int
row_open(struct sheet *sheet, uint64_t row_no)
{
	if (row_no == 0 || row_no > ROW_MAX)
		return refuse(sheet, "a row number out of range");
	if (row_no <= sheet->last_row)
		return refuse(sheet, "row numbers do not rise");
	sheet->row_no = (uint32_t)row_no;
	/* The sink may have it open still, from the pass before; cells that it has it will ignore.
	 */
	if (row_is_sent(sheet) || sheet->sink->row_open)
		return 0;
	return sink_row(sheet->sink, sheet->row_no, sheet->err);
}

static int
sheet_row(struct sheet *sheet, struct text r)
{
	uint64_t row_no;

	sheet->row_no = 0;
	sheet->column = 0;
	if (r.at == NULL)
		return 0;
	if (!text_to_u64(r, &row_no))
		return refuse(sheet, "a row number that is none");
	return row_open(sheet, row_no);
}

static int
sheet_row_end(struct sheet *sheet)
{
	if (sheet->row_no == 0 && row_open(sheet, (uint64_t)sheet->last_row + 1) != 0)
		return -1;
	sheet->last_row = sheet->row_no;
	if (!row_is_sent(sheet) && sink_row_end(sheet->sink, sheet->err) != 0)
		return -1;
	sheet->rows++;
	return 0;
}

/* "AB12" as column 27 and row 12. */
static bool
parse_reference(struct text r, uint32_t *column, uint32_t *row_no)
{
	uint32_t letters = 0, digits = 0;
	size_t i = 0;

	for (; i < r.len; i++) {
		uint32_t c = (uint8_t)r.at[i] & 0xDFu;

		if (c < 'A' || c > 'Z' || i == 4)
			break;
		letters = letters * 26 + (c - 'A' + 1);
	}
	if (letters == 0 || letters > CELLS_MAX || i == r.len || r.len - i > 7)
		return false;
	for (; i < r.len; i++) {
		if (r.at[i] < '0' || r.at[i] > '9')
			return false;
		digits = digits * 10 + (uint32_t)(r.at[i] - '0');
	}
	*column = letters - 1;
	*row_no = digits;
	return true;
}

/* Which column the cell is in; also finds the row's number when the row does not say. */
static int
cell_place(struct sheet *sheet, struct text r, uint32_t *column)
{
	uint32_t row_no = sheet->row_no;

	*column = sheet->column;
	if (r.at != NULL) {
		if (!parse_reference(r, column, &row_no))
			return refuse(sheet, "a cell reference that is none");
		if (*column < sheet->column)
			return refuse(sheet, "the cells of a row do not rise");
	}
	if (*column >= CELLS_MAX)
		return refuse(sheet, "a row with too many cells");
	sheet->column = *column + 1;
	if (sheet->row_no == 0)
		return row_open(sheet, r.at != NULL ? row_no : (uint64_t)sheet->last_row + 1);
	if (row_no != sheet->row_no)
		return refuse(sheet, "a cell that says it is in another row");
	return 0;
}

static enum cell_type
type_of(struct text t)
{
	static const struct {
		struct text name;
		enum cell_type type;
	} types[] = {
		{ { "s", 1 }, TYPE_SHARED },
		{ { "inlineStr", 9 }, TYPE_INLINE },
		{ { "n", 1 }, TYPE_NUMBER },
		{ { "str", 3 }, TYPE_TEXT },
		{ { "b", 1 }, TYPE_BOOL },
		{ { "e", 1 }, TYPE_ERROR },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (text_eq(types[i].name, t))
			return types[i].type;
	}
	return TYPE_TEXT;
}

static bool
is_number(struct text value)
{
	bool digit = false;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];

		if (c >= '0' && c <= '9')
			digit = true;
		else if (c != '.' && c != '-' && c != '+' && c != 'E' && c != 'e')
			return false;
	}
	return digit;
}

static bool
is_date_style(const struct sheet *sheet, struct text s)
{
	uint64_t style = 0;

	if (s.len > 0 && !text_to_u64(s, &style))
		return false;
	return style < sheet->styles->count && sheet->styles->dates[style] != 0;
}

/* ${text} with its escapes undone; it lives until the next call. */
static struct text
unescape(struct sheet *sheet, struct text text)
{
	char *room;

	if (!xlsx_escaped(text))
		return text;
	buffer_clear(&sheet->unescaped);
	room = buffer_room(&sheet->unescaped, text.len);
	if (room == NULL)
		return text;
	return (struct text){ room, xlsx_unescape(text, room) };
}

/* What the cell holds. */
static int
cell_content(struct sheet *sheet, const struct source_cell *cell, enum cell_kind *kind, struct text *text)
{
	uint64_t index;

	*kind = CELL_TEXT;
	*text = cell->value;
	if (cell->has_inline && (cell->type == TYPE_INLINE || !cell->has_value)) {
		*text = unescape(sheet, cell->in_line);
		return 0;
	}
	if (text->len == 0)
		return 0;
	switch (cell->type) {
	case TYPE_SHARED:
		if (!text_to_u64(*text, &index) || index >= sheet->strings->count)
			return refuse(sheet, "a shared string that is not there");
		*text = xlsx_string(sheet->strings, index);
		return 0;
	case TYPE_NUMBER:
		if (is_number(*text))
			*kind = is_date_style(sheet, cell->s) ? CELL_DATE : CELL_NUMBER;
		return 0;
	case TYPE_BOOL:
		*kind = CELL_BOOL;
		if (text_eq(*text, TEXT("1")) || text_eq(*text, TEXT("true")))
			*text = TEXT("TRUE");
		else if (text_eq(*text, TEXT("0")) || text_eq(*text, TEXT("false")))
			*text = TEXT("FALSE");
		else
			*kind = CELL_TEXT;
		return 0;
	case TYPE_ERROR:
		*kind = CELL_ERROR;
		return 0;
	default:
		*text = unescape(sheet, *text);
		return 0;
	}
}

static int
sheet_cell(struct sheet *sheet, const struct source_cell *cell)
{
	enum cell_kind kind;
	struct text text;
	uint32_t column;

	if (cell_place(sheet, cell->r, &column) != 0 || cell_content(sheet, cell, &kind, &text) != 0)
		return -1;
	if (row_is_sent(sheet))
		return 0;
	if (cell->has_formula && !cell->has_inline && text.len == 0 && (!cell->has_value || cell->type == TYPE_NUMBER))
		kind = CELL_UNSAVED;
	if (cell->cut)
		sink_row_flag(sheet->sink, FRAME_ROW_CUT);
	sink_cell_at(sheet->sink, column, kind, text);
	return 0;
}

/* ---- libxml2's way ---- */

/* A copy of an attribute's value that lives until the end of its cell. */
static struct text
keep(struct sheet *sheet, struct text value)
{
	size_t from = sheet->names.len;

	if (value.at == NULL)
		return value;
	/* Longer than any number or reference can be: what is kept is as wrong as the whole. */
	if (value.len > 100)
		value.len = 100;
	buffer_text(&sheet->names, value);
	if (sheet->names.at == NULL || buffer_failed(&sheet->names))
		return (struct text){ "", 0 };
	return (struct text){ sheet->names.at + from, value.len };
}

static void
cell_begin(struct sheet *sheet, const struct xml_attribute *attributes, size_t count)
{
	struct text type = xlsx_attribute(attributes, count, "t");

	buffer_clear(&sheet->names);
	buffer_clear(&sheet->value);
	buffer_clear(&sheet->in_line);
	/* Room first, so that what keep() gave is not moved. */
	(void)buffer_room(&sheet->names, 256);
	sheet->cell = (struct source_cell){
		.r = keep(sheet, xlsx_attribute(attributes, count, "r")),
		.s = keep(sheet, xlsx_attribute(attributes, count, "s")),
		.type = type.at != NULL ? type_of(type) : TYPE_NUMBER,
	};
}

/* The place inside the open element that ${name} leads to; AT_TOP when it is left out with all it
 * holds. */
static enum place
step_into(const struct sheet *sheet, struct text name)
{
	static const struct {
		enum place from, to;
		struct text name;
	} steps[] = {
		{ AT_DATA, AT_ROW, { "row", 3 } },
		{ AT_ROW, AT_CELL, { "c", 1 } },
		{ AT_CELL, AT_VALUE, { "v", 1 } },
		{ AT_CELL, AT_FORMULA, { "f", 1 } },
		{ AT_CELL, AT_INLINE, { "is", 2 } },
		{ AT_INLINE, AT_TEXT, { "t", 1 } },
		{ AT_INLINE, AT_RUN, { "r", 1 } },
		{ AT_RUN, AT_RUN_TEXT, { "t", 1 } },
	};

	if (sheet->place == AT_TOP)
		return sheet->depth == 1 && text_eq(name, TEXT("sheetData")) ? AT_DATA : AT_TOP;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (steps[i].from == sheet->place && text_eq(steps[i].name, name))
			return steps[i].to;
	}
	return AT_TOP;
}

static int
on_start(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct sheet *sheet = self;
	enum place next;

	if (sheet->skip > 0) {
		sheet->skip++;
		return 0;
	}
	next = step_into(sheet, name);
	if (next == AT_TOP) {
		if (sheet->place == AT_TOP)
			sheet->depth++;
		else
			sheet->skip = 1;
		return 0;
	}
	sheet->place = next;
	switch (next) {
	case AT_ROW:
		return sheet_row(sheet, xlsx_attribute(attributes, count, "r"));
	case AT_CELL:
		cell_begin(sheet, attributes, count);
		return 0;
	case AT_VALUE:
		sheet->cell.has_value = true;
		return 0;
	case AT_FORMULA:
		sheet->cell.has_formula = true;
		return 0;
	case AT_INLINE:
		sheet->cell.has_inline = true;
		return 0;
	default:
		return 0;
	}
}

static int
cell_end(struct sheet *sheet)
{
	sheet->cell.value = buffer_as_text(&sheet->value);
	sheet->cell.in_line = buffer_as_text(&sheet->in_line);
	sheet->cell.cut = buffer_failed(&sheet->value) || buffer_failed(&sheet->in_line);
	return sheet_cell(sheet, &sheet->cell);
}

static int
on_end(void *self, struct text name)
{
	struct sheet *sheet = self;

	(void)name;
	if (sheet->skip > 0) {
		sheet->skip--;
		return 0;
	}
	switch (sheet->place) {
	case AT_TOP:
		sheet->depth--;
		return 0;
	case AT_DATA:
		sheet->place = AT_TOP;
		return 0;
	case AT_ROW:
		sheet->place = AT_DATA;
		return sheet_row_end(sheet);
	case AT_CELL:
		sheet->place = AT_ROW;
		return cell_end(sheet);
	case AT_VALUE:
	case AT_FORMULA:
	case AT_INLINE:
		sheet->place = AT_CELL;
		return 0;
	case AT_RUN_TEXT:
		sheet->place = AT_RUN;
		return 0;
	default:
		sheet->place = AT_INLINE;
		return 0;
	}
}

/* A text past the buffer's limit is marked as cut by the buffer's failure; its beginning is kept.
 */
static int
on_text(void *self, struct text text)
{
	struct sheet *sheet = self;
	struct buffer *into = NULL;

	if (sheet->skip > 0)
		return 0;
	if (sheet->place == AT_VALUE)
		into = &sheet->value;
	else if (sheet->place == AT_TEXT || sheet->place == AT_RUN_TEXT)
		into = &sheet->in_line;
	if (into != NULL && !buffer_failed(into))
		buffer_text(into, text);
	return 0;
}

static const struct xml_events events = { .start = on_start, .end = on_end, .text = on_text };

/* ---- the scanner's way ---- */

/* Attributes of <c>; ${*empty} when it is <c …/>. */
static enum scan_answer
scan_cell_tag(const struct scan_window *window, const char **at, struct source_cell *cell, bool *empty)
{
	struct scan_tag tag = { .count = 0 };
	struct scan_attribute attribute;
	enum scan_answer answer;

	while ((answer = xlsx_scan_attribute(window, at, &tag, &attribute)) == SCAN_OK) {
		if (attribute.name.len == 0) {
			*empty = attribute.empty;
			return SCAN_OK;
		}
		if (attribute.name.len != 1)
			continue;
		if (*attribute.name.at == 'r')
			cell->r = attribute.value;
		else if (*attribute.name.at == 's')
			cell->s = attribute.value;
		else if (*attribute.name.at == 't')
			cell->type = type_of(attribute.value);
	}
	return answer;
}

/* Behind "<f": attributes, text, "</f>". */
static enum scan_answer
scan_formula(struct scan_window *window, const char **at)
{
	struct scan_tag tag = { .count = 0 };
	struct scan_attribute attribute = { .empty = false };
	enum scan_answer answer;
	struct text text;

	do {
		answer = xlsx_scan_attribute(window, at, &tag, &attribute);
		if (answer != SCAN_OK)
			return answer;
	} while (attribute.name.len > 0);
	if (attribute.empty)
		return SCAN_OK;
	if ((answer = xlsx_scan_text(window, at, &text)) != SCAN_OK)
		return answer;
	return SCAN_WORD(window, at, "</f>");
}

/* Behind "<is": one <t> without runs. */
static enum scan_answer
scan_inline(struct scan_window *window, const char **at, struct text *text)
{
	enum scan_answer answer;

	if ((answer = SCAN_WORD(window, at, "><t")) != SCAN_OK)
		return answer;
	if (**at == ' ' && (answer = SCAN_WORD(window, at, " xml:space=\"preserve\"")) != SCAN_OK)
		return answer;
	if (**at == '/') {
		*text = (struct text){ *at, 0 };
		return SCAN_WORD(window, at, "/></is>");
	}
	if ((answer = SCAN_WORD(window, at, ">")) != SCAN_OK || (answer = xlsx_scan_text(window, at, text)) != SCAN_OK)
		return answer;
	return SCAN_WORD(window, at, "</t></is>");
}

/* Behind "<v". */
static enum scan_answer
scan_value(struct scan_window *window, const char **at, struct text *text)
{
	enum scan_answer answer;

	if (**at == '/') {
		*text = (struct text){ *at, 0 };
		return SCAN_WORD(window, at, "/>");
	}
	if (**at == ' ' && (answer = SCAN_WORD(window, at, " xml:space=\"preserve\"")) != SCAN_OK)
		return answer;
	if ((answer = SCAN_WORD(window, at, ">")) != SCAN_OK || (answer = xlsx_scan_text(window, at, text)) != SCAN_OK)
		return answer;
	return SCAN_WORD(window, at, "</v>");
}

/* One child of <c>, or its end. */
static enum scan_answer
scan_child(struct scan_window *window, const char **at, struct source_cell *cell, bool *ended)
{
	const char *p = *at;

	if (p[0] != '<')
		return p == window->end ? SCAN_MORE : SCAN_ODD;
	if (window->end - p < 4)
		return SCAN_MORE;
	if (p[1] == 'v' && !cell->has_value) {
		*at += 2;
		cell->has_value = true;
		return scan_value(window, at, &cell->value);
	}
	if (p[1] == 'i' && p[2] == 's' && !cell->has_inline) {
		*at += 3;
		cell->has_inline = true;
		return scan_inline(window, at, &cell->in_line);
	}
	if (p[1] == 'f' && !cell->has_formula) {
		*at += 2;
		cell->has_formula = true;
		return scan_formula(window, at);
	}
	*ended = true;
	return SCAN_WORD(window, at, "</c>");
}

/* One <c> whole, of which "<c" stands at ${*at}. */
static enum scan_answer
scan_cell(struct scan_window *window, const char **at, struct source_cell *cell)
{
	const char *p = *at + 2;
	enum scan_answer answer;
	bool ended = false;

	*cell = (struct source_cell){ .type = TYPE_NUMBER };
	window->scratch_len = 0;
	answer = scan_cell_tag(window, &p, cell, &ended);
	while (answer == SCAN_OK && !ended) {
		answer = scan_child(window, &p, cell, &ended);
		if (answer == SCAN_OK && !ended)
			p = xlsx_scan_blank(p);
	}
	*at = p;
	return answer;
}

/* The tag <row …>, of which "<row" is taken. */
static enum scan_answer
scan_row_tag(const struct scan_window *window, const char **at, struct text *r, bool *empty)
{
	struct scan_tag tag = { .count = 0 };
	struct scan_attribute attribute;
	enum scan_answer answer;

	*r = (struct text){ NULL, 0 };
	while ((answer = xlsx_scan_attribute(window, at, &tag, &attribute)) == SCAN_OK) {
		if (attribute.name.len == 0) {
			*empty = attribute.empty;
			return SCAN_OK;
		}
		if (attribute.name.len == 1 && *attribute.name.at == 'r')
			*r = attribute.value;
	}
	return answer;
}

/* What the scanner did with the window: went on, reached </sheetData>, or had to stop. */
enum scanned { SCANNED_ALL, SCANNED_MORE, SCANNED_ODD, SCANNED_FAILED };

/* One row tag, or the end of the rows. */
static enum scanned
scan_between_rows(struct sheet *sheet, struct scan_window *window, bool *in_row)
{
	const char *at = window->at;
	enum scan_answer answer;
	bool empty = false;
	struct text r;

	answer = SCAN_WORD(window, &at, "<row");
	if (answer == SCAN_ODD && SCAN_WORD(window, &at, "</sheetData>") == SCAN_OK)
		return SCANNED_ALL;
	if (answer == SCAN_OK)
		answer = scan_row_tag(window, &at, &r, &empty);
	if (answer != SCAN_OK)
		return answer == SCAN_MORE || window->end - window->at < 12 ? SCANNED_MORE : SCANNED_ODD;
	window->at += at - window->at;
	if (sheet_row(sheet, r) != 0 || (empty && sheet_row_end(sheet) != 0))
		return SCANNED_FAILED;
	*in_row = !empty;
	return SCANNED_MORE;
}

/* Cells up to the end of the row or of the window. */
static enum scanned
scan_row(struct sheet *sheet, struct scan_window *window, bool *in_row)
{
	struct source_cell cell;
	enum scan_answer answer;

	for (;;) {
		const char *at = xlsx_scan_blank(window->at);

		window->at += at - window->at;
		if (at[0] == '<' && at[1] == 'c') {
			answer = scan_cell(window, &at, &cell);
			if (answer == SCAN_OK && sheet_cell(sheet, &cell) != 0)
				return SCANNED_FAILED;
		} else {
			answer = SCAN_WORD(window, &at, "</row>");
			if (answer == SCAN_OK && sheet_row_end(sheet) != 0)
				return SCANNED_FAILED;
			*in_row = answer != SCAN_OK;
		}
		if (answer != SCAN_OK)
			return answer == SCAN_MORE ? SCANNED_MORE : SCANNED_ODD;
		window->at += at - window->at;
		if (!*in_row)
			return SCANNED_MORE;
	}
}

/* All rows, window by window; the window is left at </sheetData>. */
static enum scanned
scan_rows(struct sheet *sheet, struct scan_window *window)
{
	bool in_row = false;

	for (;;) {
		enum scanned done;
		const char *before;
		int filled;

		window->at += xlsx_scan_blank(window->at) - window->at;
		before = window->at;
		done = in_row ? scan_row(sheet, window, &in_row) : scan_between_rows(sheet, window, &in_row);
		if (done != SCANNED_MORE)
			return done;
		if (window->at != before)
			continue;
		filled = xlsx_scan_fill(window, sheet->err);
		if (filled < 0)
			return SCANNED_FAILED;
		if (filled == 0)
			return SCANNED_ODD; /* cut, or one cell larger than the window */
	}
}

/* Show the beginning, up to <sheetData>, to libxml2; false when its events do not arrive there. */
static bool
feed_head(struct sheet *sheet, struct scan_window *window, struct xml_sax *sax)
{
	struct text rest = { window->at, (size_t)(window->end - window->at) };
	size_t len = text_find(rest, TEXT("<sheetData>"));

	if (len == SIZE_MAX || text_find((struct text){ rest.at, len }, TEXT("<!")) != SIZE_MAX)
		return false;
	len += strlen("<sheetData>");
	if (xml_sax_feed(sax, rest.at, len, sheet->err) != 0)
		return false;
	window->at += len;
	return sheet->place == AT_DATA && sheet->skip == 0;
}

/* All that is left goes to libxml2: 0 or -1. */
static int
feed_rest(struct sheet *sheet, struct scan_window *window, struct xml_sax *sax)
{
	int result = 1;

	while (result == 1) {
		if (xml_sax_feed(sax, window->at, (size_t)(window->end - window->at), sheet->err) != 0)
			return xlsx_refuse_xml(sheet->sink, sax, sheet->err);
		window->at = window->end;
		result = xlsx_scan_fill(window, sheet->err);
	}
	if (result == 0 && xml_sax_finish(sax, sheet->err) != 0)
		return xlsx_refuse_xml(sheet->sink, sax, sheet->err);
	return result;
}

/* With the scanner: 0, -1, or 1 when libxml2 has to read all of it. */
static int
read_scanning(struct sheet *sheet, struct scan_window *window, struct xml_sax *sax)
{
	if (xlsx_scan_fill(window, sheet->err) < 0)
		return -1;
	if (!feed_head(sheet, window, sax))
		return 1;
	switch (scan_rows(sheet, window)) {
	case SCANNED_ALL:
		return feed_rest(sheet, window, sax);
	case SCANNED_FAILED:
		return -1;
	default:
		return 1;
	}
}

static int
scan_part(struct sheet *sheet, size_t size)
{
	struct xml_sax *sax = xml_sax_new(&events, sheet);
	struct scan_window window = { 0 };
	int result;

	if (sax == NULL || xlsx_scan_init(&window, sheet->part, size) != 0) {
		xml_sax_free(sax);
		return sink_refuse(sheet->sink, REFUSED_LIMIT_MEMORY, sheet->err, "not enough memory");
	}
	result = sheet->part->rewind(sheet->part->self, sheet->err);
	if (result == 0)
		result = read_scanning(sheet, &window, sax);
	xml_sax_free(sax);
	xlsx_scan_fini(&window);
	return result;
}

int
xlsx_sheet_read(const struct xlsx_part *part, const struct xlsx_strings *strings, const struct xlsx_styles *styles,
    size_t window, struct sink *sink, struct err *err)
{
	struct sheet sheet = {
		.part = part,
		.strings = strings,
		.styles = styles,
		.sink = sink,
		.err = err,
	};
	int result = 1;

	buffer_init(&sheet.unescaped, CELL_TEXT_MAX);
	buffer_init(&sheet.value, CELL_TEXT_MAX);
	buffer_init(&sheet.in_line, CELL_TEXT_MAX);
	buffer_init(&sheet.names, 256);
	/* Room for the longest at once: from here on a full buffer means a long text. */
	if (!buffer_room(&sheet.unescaped, CELL_TEXT_MAX) || !buffer_room(&sheet.value, CELL_TEXT_MAX)
	    || !buffer_room(&sheet.in_line, CELL_TEXT_MAX))
		result = err_set(err, ERR_STOP, "no memory for a sheet");
	else if (window > 0)
		result = scan_part(&sheet, window);
	if (result == 1) {
		sheet.rows_sent = sheet.rows;
		sheet.rows = 0;
		sheet.row_no = sheet.last_row = 0;
		sheet.place = AT_TOP;
		sheet.depth = sheet.skip = 0;
		result = xlsx_part_parse(part, sink, &events, &sheet, err);
	}
	buffer_fini(&sheet.unescaped);
	buffer_fini(&sheet.value);
	buffer_fini(&sheet.in_line);
	buffer_fini(&sheet.names);
	return result;
}
