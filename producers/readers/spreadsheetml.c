/*
 * spreadsheetml.c - XML Spreadsheet 2003, which Excel, LibreOffice and many report servers write,
 * often named .xls.
 *
 *   <?mso-application progid="Excel.Sheet"?>
 *   <Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss=(the same)>
 *    <Worksheet ss:Name="S"><Table>
 *      <Row ss:Index="3" ss:Span="1"><Cell ss:Index="2" ss:MergeAcross="1"><Data
 * ss:Type="Number">1</Data></Cell></Row>
 *    </Table><WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>
 *
 * Rows and cells count on from the one before unless ss:Index says where they stand. A row's
 * ss:Span is the number of empty rows behind it that are not written. ss:MergeAcross moves the next
 * cell on; what ss:MergeDown covers is left out by ss:Index in the rows below, so it needs nothing.
 * Covered cells are blank.
 *
 * A cell's text is the character data of its own Data element, rich text inside joined; the Data of
 * a comment is not the cell's. Kinds by ss:Type: Number CELL_NUMBER, Boolean CELL_BOOL (1 is TRUE),
 * Error CELL_ERROR; String and DateTime (2014-09-01T00:00:00.000, as written) CELL_TEXT. Hidden
 * rows and columns are read.
 *
 * That a sheet is hidden stands behind its rows. So the bytes are searched first; only a file that
 * holds the word goes through the parser twice.
 */
#include "producers/readers/markup.h"

#include <stdlib.h>

#include "core/base/buffer.h"

#define DATA_BYTES_MAX ((size_t)128 * 1024) /* more than a row may have */
#define SHEETS_MAX 4096

/* Depth of the elements that matter; what stands elsewhere is not read. */
enum {
	DEPTH_WORKBOOK = 1,
	DEPTH_WORKSHEET,
	DEPTH_TABLE, /* WorksheetOptions, too */
	DEPTH_ROW,   /* Visible, too */
	DEPTH_CELL,
	DEPTH_DATA,
};

struct book {
	struct markup markup;
	struct sink *sink;
	struct err *err;
	bool hidden[SHEETS_MAX]; /* found by the survey */
	uint32_t sheets;         /* begun so far in this pass */
	uint32_t depth;
	bool in_sheet, in_table, in_row, in_cell, in_data, in_options, in_visible;
	uint32_t row_no, row_span;
	uint32_t column, merged; /* of the open cell; columns it covers to its right */
	bool formula, has_data;
	enum cell_kind kind;
	struct buffer data;
	bool cut;
};

/* A count in an attribute: ${otherwise} when there is none, UINT32_MAX when it is no sensible one.
 */
static uint32_t
number(const struct xml_attribute *attributes, size_t count, const char *name, uint32_t otherwise)
{
	struct text value = xml_attribute_find(attributes, count, name);
	uint64_t n;

	if (!value.at)
		return otherwise;
	if (!text_to_u64(text_trim(value), &n) || n > INT32_MAX)
		return UINT32_MAX;
	return (uint32_t)n;
}

static int
damaged(struct book *book, const char *what)
{
	sink_where(book->sink, book->sheets, book->row_no, 0);
	return sink_refuse(book->sink, REFUSED_DAMAGED, book->err, "%s", what);
}

/* ---- the survey: which sheets are hidden ---- */

static int
survey_start(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct book *book = self;

	(void)attributes, (void)count;
	book->depth++;
	if (book->depth == DEPTH_WORKSHEET && text_eq(name, TEXT("Worksheet"))) {
		if (book->sheets++ >= SHEETS_MAX)
			return damaged(book, "more sheets than any workbook has");
	}
	if (book->depth == DEPTH_TABLE)
		book->in_options = text_eq(name, TEXT("WorksheetOptions"));
	book->in_visible = book->depth == DEPTH_ROW && book->in_options && text_eq(name, TEXT("Visible"));
	return 0;
}

static int
survey_end(void *self, struct text name)
{
	struct book *book = self;

	(void)name;
	book->depth--;
	book->in_visible = false;
	return 0;
}

static int
survey_text(void *self, struct text text)
{
	struct book *book = self;

	if (book->in_visible && book->sheets > 0 && text_find(text, TEXT("Hidden")) != SIZE_MAX)
		book->hidden[book->sheets - 1] = true;
	return 0;
}

static const struct xml_events survey_events = { survey_start, survey_end, survey_text, NULL };

/*
 * Whether some sheet may be hidden. The word is looked for among the bytes as they are: in UTF-8
 * and GB18030 it stands there as in ASCII (and at worst seems to, across two characters). UTF-16 is
 * not worth a second search: there it may always be.
 */
static int
may_hide(struct markup *markup, bool *found, struct err *err)
{
	static const struct text word = { "Hidden</", 8 };
	uint64_t at = 0;
	ssize_t got;

	*found = markup->encoding.name == ENCODING_UTF16LE || markup->encoding.name == ENCODING_UTF16BE;
	markup_rewind(markup);
	while (!*found) {
		got = reader_pread(markup->input->fd, markup->raw, MARKUP_RAW_BYTES, at, err);
		if (got < 0)
			return -1;
		*found = memmem(markup->raw, (size_t)got, word.at, word.len) != NULL;
		if ((size_t)got < word.len)
			break;
		/* What is cut by the block's end is whole in the next one. */
		at += (uint64_t)got - (word.len - 1);
	}
	return 0;
}

/* ---- the rows ---- */

static int
sheet_start(struct book *book, const struct xml_attribute *attributes, size_t count)
{
	struct text name = xml_attribute_find(attributes, count, "Name");

	if (book->sheets >= SHEETS_MAX)
		return damaged(book, "more sheets than any workbook has");
	if (!name.at)
		name.at = "";
	book->in_sheet = true;
	book->row_no = book->row_span = 0;
	return sink_sheet(book->sink, name, book->hidden[book->sheets++], book->err);
}

static int
row_start(struct book *book, const struct xml_attribute *attributes, size_t count)
{
	uint32_t next = book->row_no + 1 + book->row_span;
	uint32_t row_no = number(attributes, count, "Index", next);
	uint32_t span = number(attributes, count, "Span", 0);

	if (row_no > INT32_MAX || span > INT32_MAX - row_no)
		return damaged(book, "a row number is not sensible");
	book->row_no = row_no;
	book->row_span = span;
	book->in_row = true;
	book->column = book->merged = UINT32_MAX; /* the first cell is column 0 */
	return sink_row(book->sink, row_no, book->err);
}

static int
cell_start(struct book *book, const struct xml_attribute *attributes, size_t count)
{
	/* UINT32_MAX + 1 + UINT32_MAX + 1 wraps to 0 for the first one. */
	uint32_t next = book->column + 1 + (book->merged == UINT32_MAX ? 0 : book->merged);
	uint32_t index = number(attributes, count, "Index", next + 1);

	book->merged = number(attributes, count, "MergeAcross", 0);
	if (index == 0 || index > INT32_MAX || book->merged > INT32_MAX - index)
		return damaged(book, "a column number is not sensible");
	if (index - 1 < next && next > 0)
		return damaged(book, "cells overlap");
	book->column = index - 1;
	book->formula = xml_attribute_find(attributes, count, "Formula").at != NULL;
	book->has_data = false;
	book->in_cell = true;
	return 0;
}

static void
data_start(struct book *book, const struct xml_attribute *attributes, size_t count)
{
	struct text type = xml_attribute_find(attributes, count, "Type");

	book->kind = CELL_TEXT;
	if (text_eq(type, TEXT("Number")))
		book->kind = CELL_NUMBER;
	else if (text_eq(type, TEXT("Boolean")))
		book->kind = CELL_BOOL;
	else if (text_eq(type, TEXT("Error")))
		book->kind = CELL_ERROR;
	book->in_data = true;
	book->has_data = true;
	buffer_clear(&book->data);
}

static int
on_start(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct book *book = self;

	switch (++book->depth) {
	case DEPTH_WORKBOOK:
		if (!text_eq(name, TEXT("Workbook")))
			return sink_refuse(book->sink, REFUSED_NOT_A_TABLE, book->err, "not a workbook");
		return 0;
	case DEPTH_WORKSHEET:
		return text_eq(name, TEXT("Worksheet")) ? sheet_start(book, attributes, count) : 0;
	case DEPTH_TABLE:
		book->in_table = book->in_sheet && text_eq(name, TEXT("Table"));
		return 0;
	case DEPTH_ROW:
		if (book->in_table && text_eq(name, TEXT("Row")))
			return row_start(book, attributes, count);
		return 0;
	case DEPTH_CELL:
		if (book->in_row && text_eq(name, TEXT("Cell")))
			return cell_start(book, attributes, count);
		return 0;
	case DEPTH_DATA:
		if (book->in_cell && text_eq(name, TEXT("Data")))
			data_start(book, attributes, count);
		return 0;
	default:
		return 0;
	}
}

static void
data_end(struct book *book)
{
	struct text text = buffer_as_text(&book->data);

	book->in_data = false;
	if (buffer_failed(&book->data))
		sink_row_flag(book->sink, FRAME_ROW_CUT);
	if (markup_is_broken(&book->markup, text))
		sink_row_flag(book->sink, FRAME_ROW_BROKEN);
	if (book->kind == CELL_BOOL) {
		text = text_trim(text);
		if (text_eq(text, TEXT("1")))
			text = TEXT("TRUE");
		else if (text_eq(text, TEXT("0")))
			text = TEXT("FALSE");
		else
			book->kind = CELL_TEXT;
	} else if (book->kind == CELL_NUMBER) {
		text = text_trim(text);
	}
	sink_cell_at(book->sink, book->column, book->kind, text);
}

static int
on_end(void *self, struct text name)
{
	struct book *book = self;

	(void)name;
	switch (book->depth--) {
	case DEPTH_WORKSHEET:
		if (!book->in_sheet)
			return 0;
		book->in_sheet = false;
		return sink_sheet_end(book->sink, book->err);
	case DEPTH_TABLE:
		book->in_table = false;
		return 0;
	case DEPTH_ROW:
		if (!book->in_row)
			return 0;
		book->in_row = false;
		return sink_row_end(book->sink, book->err);
	case DEPTH_CELL:
		if (!book->in_cell)
			return 0;
		book->in_cell = false;
		if (book->formula && !book->has_data)
			sink_cell_at(book->sink, book->column, CELL_UNSAVED, (struct text){ "", 0 });
		return 0;
	case DEPTH_DATA:
		if (book->in_data)
			data_end(book);
		return 0;
	default:
		return 0;
	}
}

static int
on_text(void *self, struct text text)
{
	struct book *book = self;

	if (book->in_data)
		buffer_text(&book->data, text);
	return 0;
}

static const struct xml_events events = { on_start, on_end, on_text, NULL };

static int
read_book(struct book *book, struct err *err)
{
	bool hidden;

	if (may_hide(&book->markup, &hidden, err) != 0)
		return -1;
	if (hidden && markup_parse(&book->markup, &survey_events, book, err) != 0)
		return -1;
	book->sheets = book->depth = 0;
	if (sink_document(book->sink, FORMAT_SPREADSHEETML, book->markup.encoding.name, false, 0, err) != 0)
		return -1;
	if (markup_parse(&book->markup, &events, book, err) != 0)
		return -1;
	if (book->sheets == 0)
		return sink_refuse(book->sink, REFUSED_NOT_A_TABLE, err, "a workbook without sheets");
	if (markup_notes(&book->markup, err) != 0)
		return -1;
	return sink_end(book->sink, err);
}

static int
spreadsheetml_read(const struct reader_input *input, struct sink *sink, struct err *err)
{
	struct book *book = calloc(1, sizeof(*book));
	int status;

	if (!book)
		return err_set(err, ERR_STOP, "no memory for a workbook");
	book->sink = sink;
	book->err = err;
	buffer_init(&book->data, DATA_BYTES_MAX);
	/* Room for the longest at once: from here on a full buffer means a long text. */
	if (!buffer_room(&book->data, DATA_BYTES_MAX))
		status = err_set(err, ERR_STOP, "no memory for a workbook");
	else
		status = markup_open(&book->markup, input, sink, err);
	if (status == 0) {
		status = read_book(book, err);
		markup_close(&book->markup);
	}
	buffer_fini(&book->data);
	free(book);
	return status;
}

static int
spreadsheetml_score(const struct reader_input *input)
{
	struct markup_look look;

	markup_look(input, &look);
	return look.is_markup && strcmp(look.root, "workbook") == 0 ? 90 : 0;
}

const struct reader_ops reader_spreadsheetml = {
	.name = "spreadsheetml",
	.score = spreadsheetml_score,
	.read = spreadsheetml_read,
};
