/*
 * html.c - tables in HTML, as web systems "export to Excel" and Excel itself saves them.
 *
 * Every table of the document is a sheet, its tr are the rows (the tr's ordinal in its table is the
 * row number, from 1), td and th the cells, laid out on a grid by colspan and rowspan: the text
 * stands in the top left field, the others are blank. A sheet is named by the x:Name of Excel's XML
 * island (the n-th name for the n-th sheet). Without it the first has no name, for nothing in such
 * a file is one, and the others are told apart as "Table 2", "Table 3"... Tables without any text
 * are left out, and so are captions.
 *
 * Tables inside tables: one that holds another with at least as many cells of text as its own is
 * there for layout: it is no sheet and its own text is left out. In any other case the inner table
 * is part of its cell, and its text becomes the cell's. To know this the document is gone through
 * twice, but only when the bytes show tables inside one another at all.
 *
 * Text is what a person sees: runs of white space (space, tab, line ends) are one space, none at
 * the ends; <br> is a line feed, and so is the beginning of a paragraph or division behind text.
 * U+00A0 (&nbsp;) is kept, also alone. Hidden rows are read. Formats (mso-number-format, x:num) are
 * ignored: all cells are CELL_TEXT.
 *
 * Spans are bounded as HTML bounds them: colspan to 1,000, rowspan to 65,534 (which 0 means, too);
 * columns past the sink's limit cut the row.
 */
#include "producers/readers/markup.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/buffer.h"

#define CELL_TEXT_MAX ((size_t)128 * 1024) /* more than a row may have */
#define NAMES_BYTES_MAX ((size_t)64 * 1024)
#define TABLES_MAX ((size_t)1000000)
#define TABLES_DEEP 64 /* tables inside one another */
#define COLSPAN_MAX 1000
#define ROWSPAN_MAX 65534
#define PASSED_MAX ((uint64_t)1 << 29) /* half a second of stepping */

/* What a table is for. */
enum { TABLE_SHEET, TABLE_LAYOUT, TABLE_INLINE };

/* A table not yet closed. */
struct table {
	int use;
	uint32_t number; /* from 0, in the order they begin */
	/* the survey */
	uint32_t cells; /* own cells with text */
	uint32_t inner; /* the most that one inside it has */
	bool holds;     /* another table */
	bool has_text;  /* the open cell */
	/* the rows; only for the one table that is the sheet */
	bool in_row, in_cell;
};

struct page {
	struct markup markup;
	struct sink *sink;
	struct err *err;
	bool surveying;
	struct buffer layout; /* a byte for each table: 1 when it is for layout */
	struct table tables[TABLES_DEEP];
	uint32_t depth, tables_seen;
	uint32_t unseen; /* depth inside script, style and the like */
	/* the sheet at hand */
	struct table *sheet;
	bool sent; /* sink_sheet() was called for it */
	bool row_sent;
	uint32_t row_no, column, colspan, rowspan, columns;
	uint32_t covered[CELLS_MAX]; /* the last row for which the column is covered from above */
	uint32_t covered_end;        /* columns from here on never were */
	uint64_t passed;             /* covered fields stepped over, in all tables */
	struct buffer cell, names;
	bool space; /* white space is due before the next character */
	uint32_t sheets;
};

static bool
is_one_of(struct text name, const char *const *names)
{
	for (; *names; names++) {
		if (text_eq(name, text_from(*names)))
			return true;
	}
	return false;
}

static const char *const unseen[] = { "script", "style", "title", "template", "noscript", NULL };
static const char *const blocks[] = { "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dd",
	"dt", "pre", "blockquote", NULL };

/* ---- text ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Add ${text} with white space collapsed. */
static void
add_text(struct page *page, struct buffer *to, struct text text)
{
	size_t at = 0;

	while (at < text.len) {
		size_t from = at;

		while (at < text.len && is_blank(text.at[at]))
			at++;
		page->space = page->space || at > from;
		from = at;
		while (at < text.len && !is_blank(text.at[at]))
			at++;
		if (at == from)
			break;
		if (page->space && to->len > 0 && to->at[to->len - 1] != '\n')
			buffer_char(to, ' ');
		page->space = false;
		buffer_add(to, text.at + from, at - from);
	}
}

static void
add_line(struct page *page, struct buffer *to)
{
	page->space = false;
	buffer_char(to, '\n');
}

static struct text
cell_text(const struct buffer *cell)
{
	struct text text = buffer_as_text(cell);

	while (text.len > 0 && is_blank(text.at[text.len - 1]))
		text.len--;
	while (text.len > 0 && is_blank(text.at[0])) {
		text.at++;
		text.len--;
	}
	return text;
}

/* ---- the sheet ---- */

/* The name that Excel's island holds for the sheet at hand; len 0 when none. */
static struct text
island_name(const struct page *page)
{
	const char *at = page->names.len > 0 ? page->names.at : "";
	const char *end = at + page->names.len;

	for (uint32_t n = 0; at < end; n++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (!stop)
			break;
		if (n == page->sheets)
			return (struct text){ at, (size_t)(stop - at) };
		at = stop + 1;
	}
	return (struct text){ "", 0 };
}

static int
send_sheet(struct page *page)
{
	struct text name = island_name(page);
	char numbered[32];

	if (name.len == 0 && page->sheets > 0) {
		snprintf(numbered, sizeof(numbered), "Table %u", page->sheets + 1);
		name = text_from(numbered);
	}
	page->sheets++;
	page->sent = true;
	return sink_sheet(page->sink, name, false, page->err);
}

static int
cell_close(struct page *page)
{
	struct text text = cell_text(&page->cell);

	page->sheet->in_cell = false;
	if (text.len > 0 || buffer_failed(&page->cell)) {
		if (!page->sent && send_sheet(page) != 0)
			return -1;
		if (!page->row_sent && sink_row(page->sink, page->row_no, page->err) != 0)
			return -1;
		page->row_sent = true;
		if (buffer_failed(&page->cell))
			sink_row_flag(page->sink, FRAME_ROW_CUT);
		if (markup_is_broken(&page->markup, text))
			sink_row_flag(page->sink, FRAME_ROW_BROKEN);
		sink_cell_at(page->sink, page->column, CELL_TEXT, text);
	}
	for (uint32_t i = 0; page->rowspan > 1 && i < page->colspan; i++) {
		if (page->column + i < CELLS_MAX) {
			page->covered[page->column + i] = page->row_no + page->rowspan - 1;
			if (page->column + i >= page->covered_end)
				page->covered_end = page->column + i + 1;
		}
	}
	page->column += page->colspan;
	return 0;
}

static int
row_close(struct page *page)
{
	if (page->sheet->in_cell && cell_close(page) != 0)
		return -1;
	page->sheet->in_row = false;
	if (!page->row_sent)
		return 0;
	page->row_sent = false;
	return sink_row_end(page->sink, page->err);
}

static int
row_open(struct page *page)
{
	if (page->sheet->in_row && row_close(page) != 0)
		return -1;
	if (page->row_no >= INT32_MAX)
		return sink_refuse(page->sink, REFUSED_LIMIT_ROWS, page->err, "too many rows");
	page->sheet->in_row = true;
	page->row_no++;
	page->column = 0;
	return 0;
}

static uint32_t
span(const struct xml_attribute *attributes, size_t count, const char *name, uint32_t max)
{
	struct text value = text_trim(xml_attribute_find(attributes, count, name));
	size_t digits = 0;
	uint64_t n = 0;

	while (digits < value.len && value.at[digits] >= '0' && value.at[digits] <= '9' && n <= max)
		n = n * 10 + (uint64_t)(value.at[digits++] - '0');
	if (digits == 0)
		return 1;
	if (n == 0)
		return max == ROWSPAN_MAX ? ROWSPAN_MAX : 1;
	return n > max ? max : (uint32_t)n;
}

static int
cell_open(struct page *page, const struct xml_attribute *attributes, size_t count)
{
	if (page->sheet->in_cell && cell_close(page) != 0)
		return -1;
	if (!page->sheet->in_row && row_open(page) != 0)
		return -1;
	while (page->column < page->covered_end && page->covered[page->column] >= page->row_no) {
		page->column++;
		page->passed++;
	}
	if (page->passed > PASSED_MAX)
		return sink_refuse(
		    page->sink, REFUSED_BOMB, page->err, "cells that span rows cover far more than the file holds");
	if (page->column > CELLS_MAX)
		page->column = CELLS_MAX;
	page->colspan = span(attributes, count, "colspan", COLSPAN_MAX);
	page->rowspan = span(attributes, count, "rowspan", ROWSPAN_MAX);
	page->sheet->in_cell = true;
	page->space = false;
	buffer_clear(&page->cell);
	return 0;
}

/* ---- tables ---- */

static int
table_open(struct page *page)
{
	const struct table *outer = page->depth > 0 ? &page->tables[page->depth - 1] : NULL;
	struct table *table;

	if (page->depth == TABLES_DEEP || page->tables_seen == TABLES_MAX)
		return sink_refuse(page->sink, REFUSED_LIMIT_BYTES, page->err, "too many tables");
	table = &page->tables[page->depth++];
	*table = (struct table){ .number = page->tables_seen++ };
	if (page->surveying) {
		buffer_char(&page->layout, 0);
		return buffer_failed(&page->layout) ? err_set(page->err, ERR_STOP, "no memory to survey tables") : 0;
	}
	if (outer && outer->use != TABLE_LAYOUT) {
		table->use = TABLE_INLINE;
		if (page->sheet->in_cell)
			page->space = true;
		return 0;
	}
	if (table->number < page->layout.len && page->layout.at[table->number]) {
		table->use = TABLE_LAYOUT;
		return 0;
	}
	page->sheet = table;
	page->sent = page->row_sent = false;
	page->row_no = page->column = 0;
	memset(page->covered, 0, sizeof(page->covered[0]) * page->covered_end);
	page->covered_end = 0;
	return 0;
}

static int
table_close(struct page *page)
{
	struct table *table = &page->tables[--page->depth];

	if (page->surveying) {
		struct table *outer = page->depth > 0 ? table - 1 : NULL;
		uint32_t most;

		table->cells += table->has_text;
		most = table->cells > table->inner ? table->cells : table->inner;
		page->layout.at[table->number] = table->holds && table->inner >= table->cells;
		if (outer) {
			outer->holds = true;
			outer->inner = outer->inner > most ? outer->inner : most;
		}
		return 0;
	}
	if (table != page->sheet) {
		page->space = page->space || table->use == TABLE_INLINE;
		return 0;
	}
	if (table->in_row && row_close(page) != 0)
		return -1;
	page->sheet = NULL;
	return page->sent ? sink_sheet_end(page->sink, page->err) : 0;
}

static int
survey_start(struct page *page, struct text name)
{
	struct table *table = page->depth > 0 ? &page->tables[page->depth - 1] : NULL;

	if (text_eq(name, TEXT("table")))
		return table_open(page);
	if (table && (text_eq(name, TEXT("td")) || text_eq(name, TEXT("th")))) {
		table->cells += table->has_text;
		table->has_text = false;
	}
	return 0;
}

static int
on_start(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct page *page = self;
	struct table *table = page->depth > 0 ? &page->tables[page->depth - 1] : NULL;

	if (page->unseen > 0 || is_one_of(name, unseen)) {
		page->unseen++;
		return 0;
	}
	if (page->surveying)
		return survey_start(page, name);
	if (text_eq(name, TEXT("table")))
		return table_open(page);
	if (!page->sheet)
		return 0;
	if (table == page->sheet) {
		if (text_eq(name, TEXT("td")) || text_eq(name, TEXT("th")))
			return cell_open(page, attributes, count);
		if (text_eq(name, TEXT("tr")))
			return row_open(page);
	} else if (text_eq(name, TEXT("td")) || text_eq(name, TEXT("th"))) {
		page->space = true;
	}
	if (!page->sheet->in_cell)
		return 0;
	if (text_eq(name, TEXT("br")))
		add_line(page, &page->cell);
	else if (is_one_of(name, blocks) && cell_text(&page->cell).len > 0 && page->cell.at[page->cell.len - 1] != '\n')
		add_line(page, &page->cell);
	return 0;
}

static int
on_end(void *self, struct text name)
{
	struct page *page = self;
	struct table *table = page->depth > 0 ? &page->tables[page->depth - 1] : NULL;

	if (page->unseen > 0) {
		page->unseen--;
		return 0;
	}
	if (!table)
		return 0;
	if (text_eq(name, TEXT("table")))
		return table_close(page);
	if (page->surveying || table != page->sheet)
		return 0;
	if (table->in_cell && (text_eq(name, TEXT("td")) || text_eq(name, TEXT("th"))))
		return cell_close(page);
	else if (table->in_row && text_eq(name, TEXT("tr")))
		return row_close(page);
	return 0;
}

static int
on_text(void *self, struct text text)
{
	struct page *page = self;

	if (page->unseen > 0 || page->depth == 0)
		return 0;
	if (page->surveying) {
		struct table *table = &page->tables[page->depth - 1];

		for (size_t i = 0; i < text.len && !table->has_text; i++)
			table->has_text = !is_blank(text.at[i]);
	} else if (page->sheet && page->sheet->in_cell) {
		add_text(page, &page->cell, text);
	}
	return 0;
}

/* Excel's island stands in a comment for other browsers: keep the names of its sheets, one a line.
 */
static int
on_comment(void *self, struct text text)
{
	static const struct text open = { "<x:Name>", 8 }, close = { "</x:Name>", 9 };
	struct page *page = self;
	size_t at;

	if (page->surveying)
		return 0;
	while ((at = text_find(text, open)) != SIZE_MAX) {
		size_t end;

		text.at += at + open.len;
		text.len -= at + open.len;
		end = text_find(text, close);
		if (end == SIZE_MAX)
			break;
		/* The few names with a reference in them are not worth a parser. */
		if (!memchr(text.at, '\n', end))
			buffer_text(&page->names, (struct text){ text.at, end });
		buffer_char(&page->names, '\n');
		text.at += end;
		text.len -= end;
	}
	return 0;
}

static const struct xml_events events = { on_start, on_end, on_text, on_comment };

/* ---- the document ---- */

static int
parse(struct page *page, bool surveying)
{
	struct xml_source source = { markup_take, &page->markup };
	enum xml_trouble trouble;

	page->surveying = surveying;
	page->depth = page->tables_seen = page->unseen = 0;
	markup_rewind(&page->markup);
	page->markup.err = page->err;
	if (xml_html_read(&events, page, &source, &trouble, page->err) != 0)
		return markup_refuse(&page->markup, trouble, page->err);
	return 0;
}

/* Whether a table seems to begin inside another one, by the bytes: 1, 0, or -1. */
static int
is_nested(struct page *page)
{
	static const char word[] = "table";
	struct markup *markup = &page->markup;
	struct text block;
	int more, depth = 0;
	size_t matched = 0;
	bool in_tag = false, ends = false;

	markup_rewind(markup);
	while ((more = markup_next(markup, &block, page->err)) > 0) {
		for (size_t i = 0; i < block.len; i++) {
			char c = block.at[i];

			if (!in_tag) {
				const char *next = memchr(block.at + i, '<', block.len - i);

				if (!next)
					break;
				i = (size_t)(next - block.at);
				in_tag = true;
				ends = false;
				matched = 0;
			} else if (c == '/' && matched == 0 && !ends) {
				ends = true;
			} else if ((c | 0x20) == word[matched]) {
				if (word[++matched] != '\0')
					continue;
				in_tag = false;
				depth += ends ? (depth > 0 ? -1 : 0) : 1;
				if (depth > 1)
					return 1;
			} else {
				in_tag = c == '<';
				ends = false;
				matched = 0;
			}
		}
	}
	return more;
}

static int
read_page(struct page *page)
{
	int nested = is_nested(page);

	if (nested < 0)
		return -1;
	if (nested && parse(page, true) != 0)
		return -1;
	if (sink_document(page->sink, FORMAT_HTML, page->markup.encoding.name, false, 0, page->err) != 0)
		return -1;
	if (parse(page, false) != 0)
		return -1;
	if (page->tables_seen == 0)
		return sink_refuse(page->sink, REFUSED_NOT_A_TABLE, page->err, "a page without tables");
	if (page->sheets == 0)
		return sink_refuse(page->sink, REFUSED_EMPTY, page->err, "tables without text");
	if (markup_notes(&page->markup, page->err) != 0)
		return -1;
	return sink_end(page->sink, page->err);
}

static int
html_read(const struct reader_input *input, struct sink *sink, struct err *err)
{
	struct page *page = calloc(1, sizeof(*page));
	int status;

	if (!page)
		return err_set(err, ERR_STOP, "no memory for a page");
	page->sink = sink;
	page->err = err;
	buffer_init(&page->layout, TABLES_MAX);
	buffer_init(&page->cell, CELL_TEXT_MAX);
	buffer_init(&page->names, NAMES_BYTES_MAX);
	/* Room for the longest at once: from here on a full buffer means a long text. */
	if (!buffer_room(&page->cell, CELL_TEXT_MAX) || !buffer_room(&page->names, NAMES_BYTES_MAX))
		status = err_set(err, ERR_STOP, "no memory for a page");
	else
		status = markup_open(&page->markup, input, sink, err);
	if (status == 0) {
		status = read_page(page);
		markup_close(&page->markup);
	}
	buffer_fini(&page->layout);
	buffer_fini(&page->cell);
	buffer_fini(&page->names);
	free(page);
	return status;
}

static int
html_score(const struct reader_input *input)
{
	static const char *const roots[] = { "html", "head", "body", "meta", "table", "style", "title", "div", "center",
		"link", "script", "thead", "tbody", "tr", "td", "font", "p", "br", "span", "form", "base", NULL };
	struct markup_look look;

	markup_look(input, &look);
	if (!look.is_markup || (look.declared && strcmp(look.root, "html") != 0))
		return 0;
	if (strcmp(look.doctype, "html") == 0 || strcmp(look.root, "html") == 0 || strcmp(look.root, "table") == 0)
		return 80;
	return look.doctype[0] == '\0' && is_one_of(text_from(look.root), roots) ? 70 : 0;
}

const struct reader_ops reader_html = {
	.name = "html",
	.score = html_score,
	.read = html_read,
};
