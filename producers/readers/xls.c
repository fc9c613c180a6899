/*
 * xls.c - rows of a workbook of Excel 5 to 2003 (BIFF5, BIFF8): the stream Book or Workbook of a
 * compound file, or, as some exporters write it, that stream as the whole file.
 *
 * The stream is a list of records (biff.h). First come the globals, from BOF to EOF: the sheets'
 * names and places (BOUNDSHEET), styles (FORMAT, XF), DATEMODE, CODEPAGE, the shared strings (SST);
 * then one such run of records for each sheet. A cell record begins with u16 row, u16 column, u16
 * style:
 *
 *   NUMBER double   RK packed number   MULRK (style, RK)..., u16 last column   BOOLERR value, 1 for
 * an error LABELSST u32 string   LABEL, RSTRING a string in place   FORMULA result, flags; a text
 * result stands in the STRING record that follows, perhaps behind SHRFMLA, ARRAY or TABLE
 *
 * A result is a double, or when its last two bytes are FFFF by its first byte: 0 text, 1 truth, 2
 * error, 3 empty. A string in place is in BIFF8 u16 characters, u8 flags, characters; in BIFF5 u16
 * bytes, bytes in the code page.
 *
 * Writers put cells in order: rows rise, columns rise inside a row. Not all keep it, and rows once
 * sent cannot be taken back; so each sheet is looked through before it is read, which costs little.
 * When its cells are in order they go straight to the sink, and memory is the shared strings and
 * one record. Else all its cells are gathered (16 bytes each and their text), sorted, and a cell
 * that is there twice counts as it came last.
 *
 * Old BIFF2-4 and anything encrypted is refused. Merged cells need nothing: only the first has a
 * value. Charts inside a sheet are records between a BOF and an EOF of their own, and are passed
 * over.
 */
#include <stdlib.h>
#include <string.h>

#include "producers/readers/biff.h"
#include "producers/readers/reader.h"
#include "producers/readers/xls_codepage.h"
#include "producers/readers/xls_number.h"
#include "producers/readers/xls_sst.h"
#include "producers/readers/xls_styles.h"

#define SHEETS_MAX 4096
#define COLUMNS 256
#define NOT_STARTED UINT32_MAX

enum { SUBSTREAM_GLOBALS = 0x05, SUBSTREAM_SHEET = 0x10 };

struct sheet {
	uint64_t place; /* of its BOF in the stream */
	bool hidden, table;
	size_t name, name_len; /* in ${names} */
};

/* A cell of a sheet that is not in order. */
struct gathered {
	uint32_t key;  /* row << 16 | column */
	uint32_t cell; /* CELL_PACK */
	uint64_t text; /* place in ${texts}, or in the shared strings; with these: */
};
#define GATHERED_SHARED ((uint64_t)1 << 63)
#define GATHERED_BROKEN ((uint64_t)1 << 62)
#define GATHERED_PLACE (GATHERED_BROKEN - 1)

struct xls {
	struct sink *sink;
	struct ole2 ole;
	struct ole2_stream stream;
	struct biff biff;
	bool biff8, date1904;
	struct xls_styles styles;
	struct xls_sst sst;
	struct xls_codepage codepage;
	struct buffer names, text, bytes; /* sheet names; the string in hand, as UTF-8 and as it was */
	struct sheet *sheets;
	size_t sheet_count;
	uint64_t looked; /* bytes of the sheets so far */
	/* of the sheet in hand */
	uint32_t row; /* the open row; NOT_STARTED when none is */
	bool gathering;
	struct gathered *cells;
	size_t cell_count, cell_room;
	struct buffer texts;
};

static int
damaged(struct xls *xls, struct err *err, const char *what)
{
	return sink_refuse(xls->sink, REFUSED_DAMAGED, err, "workbook: %s", what);
}

static int
no_memory(struct xls *xls, struct err *err)
{
	return sink_refuse(xls->sink, REFUSED_LIMIT_MEMORY, err, "workbook: it needs more memory than allowed");
}

/* What the rooms below say is a refusal, unless the file itself could not be read. */
static int
failed_below(struct xls *xls, enum refusal refusal, struct err *err)
{
	char what[sizeof(err->what)];

	if (err->kind != ERR_INPUT)
		return -1;
	memcpy(what, err->what, sizeof(what));
	return sink_refuse(xls->sink, refusal == REFUSED_NO ? REFUSED_DAMAGED : refusal, err, "%s", what);
}

/* The next record: 0; the end of the stream is a failure here, for EOF records end everything. */
static int
next(struct xls *xls, struct err *err)
{
	int got = biff_next(&xls->biff, err);

	if (got < 0)
		return failed_below(xls, xls->stream.refusal, err);
	if (got == 0)
		return sink_refuse(xls->sink, REFUSED_TRUNCATED, err, "workbook: it ends too early");
	return 0;
}

static size_t
left(const struct xls *xls)
{
	return (size_t)(xls->biff.stop - xls->biff.at);
}

/*
 * A string in place, its length in ${size} bytes at the cursor, into ${into} (emptied before): 0 or
 * -1. ${*broken} when it is not all text.
 */
static int
take_string(struct xls *xls, int size, struct buffer *into, bool *broken, struct err *err)
{
	uint32_t chars, flags = 0, runs = 0, phonetic = 0;
	int got;

	*broken = false;
	got = size == 1 ? biff_take8(&xls->biff, &chars, err) : biff_take16(&xls->biff, &chars, err);
	if (got == 1 && xls->biff8 && (chars > 0 || left(xls) > 0))
		got = biff_take8(&xls->biff, &flags, err);
	if (got == 1 && (flags & 8) != 0)
		got = biff_take16(&xls->biff, &runs, err);
	if (got == 1 && (flags & 4) != 0)
		got = biff_take32(&xls->biff, &phonetic, err);
	if (got == 1 && xls->biff8) {
		xls->biff.broken = false;
		got = biff_string(&xls->biff, chars, (flags & 1) != 0, into, err);
		*broken = xls->biff.broken;
	} else if (got == 1) {
		buffer_clear(&xls->bytes);
		got = biff_bytes(&xls->biff, chars, &xls->bytes, err);
		if (got == 1 && !buffer_failed(&xls->bytes))
			*broken = !xls_codepage_text(&xls->codepage, buffer_as_text(&xls->bytes), into);
	}
	if (got < 0)
		return failed_below(xls, xls->stream.refusal, err);
	if (got == 0)
		return damaged(xls, err, "a string is not whole");
	if (buffer_failed(into) || buffer_failed(&xls->bytes))
		return no_memory(xls, err);
	return 0;
}

/* ---- globals ---- */

/* Check a BOF record: its kind, or -1. */
static int
take_bof(struct xls *xls, struct err *err)
{
	uint32_t version;

	switch (xls->biff.type) {
	case BIFF_BOF:
		break;
	case 0x0009:
	case 0x0209:
	case 0x0409:
		return sink_refuse(xls->sink, REFUSED_UNSUPPORTED, err, "workbook of Excel 2, 3 or 4 (BIFF2-4)");
	default:
		return damaged(xls, err, "no beginning where one should be");
	}
	if (left(xls) < 4)
		return damaged(xls, err, "its beginning is too short");
	version = biff_get16(xls->biff.at);
	if (version != 0x0500 && version != 0x0600)
		return sink_refuse(
		    xls->sink, REFUSED_UNSUPPORTED, err, "workbook of an unknown version (%04x)", (unsigned)version);
	xls->biff8 = version == 0x0600;
	return (int)biff_get16(xls->biff.at + 2);
}

static struct sheet *
add_sheet(struct xls *xls)
{
	struct sheet *sheets;

	if (xls->sheet_count >= SHEETS_MAX)
		return NULL;
	sheets = realloc(xls->sheets, (xls->sheet_count + 1) * sizeof(*sheets));
	if (sheets == NULL)
		return NULL;
	xls->sheets = sheets;
	sheets[xls->sheet_count] = (struct sheet){ .table = true, .name = xls->names.len };
	return &sheets[xls->sheet_count++];
}

static int
global_sheet(struct xls *xls, struct err *err)
{
	struct sheet *sheet;
	bool broken;

	if (left(xls) < 7)
		return damaged(xls, err, "a sheet's entry is too short");
	sheet = add_sheet(xls);
	if (sheet == NULL)
		return no_memory(xls, err);
	sheet->place = biff_get32(xls->biff.at);
	sheet->hidden = (xls->biff.at[4] & 3) != 0;
	sheet->table = xls->biff.at[5] == 0;
	xls->biff.at += 6;
	if (take_string(xls, 1, &xls->names, &broken, err) != 0)
		return -1;
	sheet->name_len = xls->names.len - sheet->name;
	return 0;
}

static int
global_format(struct xls *xls, struct err *err)
{
	uint32_t id;
	bool broken;

	if (left(xls) < 3)
		return 0;
	id = biff_get16(xls->biff.at);
	xls->biff.at += 2;
	buffer_clear(&xls->text);
	if (take_string(xls, xls->biff8 ? 2 : 1, &xls->text, &broken, err) != 0)
		return -1;
	xls_styles_format(&xls->styles, id, buffer_as_text(&xls->text));
	return 0;
}

static int
global_record(struct xls *xls, struct err *err)
{
	switch (xls->biff.type) {
	case BIFF_FILEPASS:
		return sink_refuse(xls->sink, REFUSED_ENCRYPTED, err, "workbook: protected by a password");
	case BIFF_CODEPAGE:
		if (left(xls) >= 2)
			xls->codepage.page = biff_get16(xls->biff.at);
		return 0;
	case BIFF_DATEMODE:
		xls->date1904 = left(xls) >= 2 && biff_get16(xls->biff.at) == 1;
		return 0;
	case BIFF_FORMAT_4:
		return global_format(xls, err);
	case BIFF_XF:
		if (left(xls) >= 4 && xls_styles_xf(&xls->styles, biff_get16(xls->biff.at + 2)) != 0)
			return no_memory(xls, err);
		return 0;
	case BIFF_BOUNDSHEET:
		return global_sheet(xls, err);
	case BIFF_SST:
		if (xls_sst_read(&xls->sst, &xls->biff, err) != 0)
			return failed_below(xls, xls->stream.refusal, err);
		return 0;
	default:
		return 0;
	}
}

/* Everything before the first sheet. A stream that begins with a sheet has that one alone. */
static int
read_globals(struct xls *xls, struct err *err)
{
	int kind;

	if (next(xls, err) != 0 || (kind = take_bof(xls, err)) < 0)
		return -1;
	if (kind == SUBSTREAM_SHEET) {
		struct sheet *sheet = add_sheet(xls);

		if (sheet == NULL)
			return no_memory(xls, err);
		buffer_string(&xls->names, "Sheet1");
		sheet->name_len = xls->names.len;
	}
	/* of a lone sheet this reads styles and code page, which then stand in its own records */
	for (int depth = 0;;) {
		if (next(xls, err) != 0)
			return -1;
		if (xls->biff.type == BIFF_BOF)
			depth++;
		else if (xls->biff.type == BIFF_EOF && depth-- == 0)
			break;
		if (global_record(xls, err) != 0)
			return -1;
	}
	if (buffer_failed(&xls->names))
		return no_memory(xls, err);
	/*
	 * Gnumeric writes BIFF5 so, and then mixes strings of one and of two bytes a character
	 * without saying which is which: a number in digits could be read as Chinese.
	 */
	if (!xls->biff8 && xls->codepage.page == 1200)
		return sink_refuse(xls->sink, REFUSED_ENCODING, err, "workbook of Excel 5 with text in UTF-16");
	return 0;
}

/* ---- cells ---- */

static int
end_row(struct xls *xls, struct err *err)
{
	if (xls->row == NOT_STARTED)
		return 0;
	xls->row = NOT_STARTED;
	return sink_row_end(xls->sink, err);
}

static int
open_row(struct xls *xls, uint32_t row, struct err *err)
{
	if (xls->row == row)
		return 0;
	if (end_row(xls, err) != 0)
		return -1;
	xls->row = row;
	return sink_row(xls->sink, row + 1, err);
}

/* Keep a cell for later; ${shared} when its text is one of the shared strings. */
static int
gather(struct xls *xls, uint32_t key, enum cell_kind kind, struct text text, bool shared, bool broken, struct err *err)
{
	struct gathered *cell;

	if (xls->cell_count == xls->cell_room) {
		size_t room = xls->cell_room == 0 ? 4096 : xls->cell_room * 2;

		cell = realloc(xls->cells, room * sizeof(*cell));
		if (cell == NULL)
			return no_memory(xls, err);
		xls->cells = cell;
		xls->cell_room = room;
	}
	cell = &xls->cells[xls->cell_count++];
	*cell = (struct gathered){ .key = key, .cell = CELL_PACK(kind, text.len) };
	if (shared) {
		cell->text = (uint64_t)(text.at - xls->sst.text.at) | GATHERED_SHARED;
	} else {
		cell->text = xls->texts.len;
		buffer_text(&xls->texts, text);
		if (buffer_failed(&xls->texts))
			return no_memory(xls, err);
	}
	if (broken)
		cell->text |= GATHERED_BROKEN;
	return 0;
}

/* A cell with a value, to the sink or to the others. */
static int
put_cell(struct xls *xls, uint32_t row, uint32_t column, enum cell_kind kind, struct text text, bool shared,
    bool broken, struct err *err)
{
	if (xls->gathering)
		return gather(xls, row << 16 | column, kind, text, shared, broken, err);
	if (open_row(xls, row, err) != 0)
		return -1;
	sink_cell_at(xls->sink, column, kind, text);
	if (broken)
		sink_row_flag(xls->sink, FRAME_ROW_BROKEN);
	return 0;
}

static int
put_number(
    struct xls *xls, uint32_t row, uint32_t column, uint32_t style, const char *digits, size_t len, struct err *err)
{
	enum cell_kind kind = xls_styles_is_date(&xls->styles, style) ? CELL_DATE : CELL_NUMBER;

	if (len == 0)
		return put_cell(xls, row, column, CELL_ERROR, TEXT("#NUM!"), false, false, err);
	return put_cell(xls, row, column, kind, (struct text){ digits, len }, false, false, err);
}

static int
put_double(struct xls *xls, uint32_t row, uint32_t column, uint32_t style, const uint8_t *at, struct err *err)
{
	uint64_t bits = (uint64_t)biff_get32(at) | (uint64_t)biff_get32(at + 4) << 32;
	char digits[XLS_NUMBER_MAX];
	double value;

	memcpy(&value, &bits, sizeof(value));
	return put_number(xls, row, column, style, digits, xls_number_text(value, digits), err);
}

static int
put_rk(struct xls *xls, uint32_t row, uint32_t column, const uint8_t *at, struct err *err)
{
	char digits[XLS_NUMBER_MAX];

	return put_number(xls, row, column, biff_get16(at), digits, xls_number_rk(biff_get32(at + 2), digits), err);
}

static int
put_truth(struct xls *xls, uint32_t row, uint32_t column, bool error, uint8_t value, struct err *err)
{
	static const struct {
		uint8_t code;
		const char *text;
	} errors[] = { { 0x00, "#NULL!" }, { 0x07, "#DIV/0!" }, { 0x0F, "#VALUE!" }, { 0x17, "#REF!" },
		{ 0x1D, "#NAME?" }, { 0x24, "#NUM!" }, { 0x2A, "#N/A" }, { 0x2B, "#GETTING_DATA" } };

	if (!error)
		return put_cell(
		    xls, row, column, CELL_BOOL, value != 0 ? TEXT("TRUE") : TEXT("FALSE"), false, false, err);
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		if (errors[i].code == value)
			return put_cell(xls, row, column, CELL_ERROR, text_from(errors[i].text), false, false, err);
	}
	return put_cell(xls, row, column, CELL_ERROR, TEXT("#UNKNOWN!"), false, false, err);
}

static int
put_shared(struct xls *xls, uint32_t row, uint32_t column, uint32_t string, struct err *err)
{
	struct text text;
	bool broken;

	if (string >= xls->sst.count) {
		sink_where(xls->sink, (uint32_t)xls->sink->sheets, row + 1, column + 1);
		return damaged(xls, err, "a cell names a shared string that is not there");
	}
	text = xls_sst_at(&xls->sst, string, &broken);
	return put_cell(xls, row, column, CELL_TEXT, text, true, broken, err);
}

/* The string at the cursor. */
static int
put_string(struct xls *xls, uint32_t row, uint32_t column, struct err *err)
{
	bool broken;

	buffer_clear(&xls->text);
	if (take_string(xls, 2, &xls->text, &broken, err) != 0)
		return -1;
	return put_cell(xls, row, column, CELL_TEXT, buffer_as_text(&xls->text), false, broken, err);
}

static int
put_unsaved(struct xls *xls, uint32_t row, uint32_t column, struct err *err)
{
	return put_cell(xls, row, column, CELL_UNSAVED, (struct text){ "", 0 }, false, false, err);
}

/*
 * A formula's stored result. When it is text the STRING record is looked for; the record behind is
 * then in hand and ${*again} tells to take it without reading on.
 */
static int
put_formula(struct xls *xls, uint32_t row, uint32_t column, const uint8_t *at, bool *again, struct err *err)
{
	if (at[12] != 0xFF || at[13] != 0xFF)
		return put_double(xls, row, column, biff_get16(at + 4), at + 6, err);
	switch (at[6]) {
	case 1:
		return put_truth(xls, row, column, false, at[8], err);
	case 2:
		return put_truth(xls, row, column, true, at[8], err);
	case 3:
		/* empty, and to be worked out when opened: a writer that cannot calculate */
		if (left(xls) >= 16 && (at[14] & 3) != 0)
			return put_unsaved(xls, row, column, err);
		return 0;
	default:
		break;
	}
	for (;;) {
		if (next(xls, err) != 0)
			return -1;
		switch (xls->biff.type) {
		case BIFF_STRING:
			return put_string(xls, row, column, err);
		case BIFF_SHRFMLA:
		case BIFF_SHRFMLA_OLD:
		case BIFF_ARRAY:
		case BIFF_TABLE:
		case BIFF_CONTINUE:
			continue;
		default:
			*again = true;
			return put_unsaved(xls, row, column, err);
		}
	}
}

/* Bytes a cell record has at least; 0 when it is none that holds a value. */
static size_t
cell_bytes(uint32_t type)
{
	switch (type) {
	case BIFF_LABELSST:
	case BIFF_RK:
	case BIFF_RK_OLD:
		return 10;
	case BIFF_NUMBER:
	case BIFF_FORMULA:
	case BIFF_FORMULA_3:
	case BIFF_FORMULA_4:
		return 14;
	case BIFF_LABEL:
	case BIFF_RSTRING:
	case BIFF_BOOLERR:
		return 8;
	case BIFF_MULRK:
		return 12;
	default:
		return 0;
	}
}

static int
put_record(struct xls *xls, bool *again, struct err *err)
{
	const uint8_t *at = xls->biff.at;
	uint32_t row = biff_get16(at), column = biff_get16(at + 2);

	switch (xls->biff.type) {
	case BIFF_LABELSST:
		return put_shared(xls, row, column, biff_get32(at + 6), err);
	case BIFF_RK:
	case BIFF_RK_OLD:
		return put_rk(xls, row, column, at + 4, err);
	case BIFF_NUMBER:
		return put_double(xls, row, column, biff_get16(at + 4), at + 6, err);
	case BIFF_MULRK:
		for (size_t i = 4; i + 8 <= left(xls); i += 6) {
			if (column > UINT16_MAX)
				return damaged(xls, err, "a record leaves the sheet");
			if (put_rk(xls, row, column++, at + i, err) != 0)
				return -1;
		}
		return 0;
	case BIFF_BOOLERR:
		return put_truth(xls, row, column, at[7] != 0, at[6], err);
	case BIFF_LABEL:
	case BIFF_RSTRING:
		xls->biff.at += 6;
		return put_string(xls, row, column, err);
	default:
		return put_formula(xls, row, column, at, again, err);
	}
}

/* ---- sheets ---- */

/*
 * Go to the records of a sheet: 1; 0 when they are no table; or -1.
 */
static int
enter_sheet(struct xls *xls, const struct sheet *sheet, struct err *err)
{
	int kind;

	if (biff_seek(&xls->biff, sheet->place, err) != 0)
		return failed_below(xls, xls->stream.refusal, err);
	if (next(xls, err) != 0 || (kind = take_bof(xls, err)) < 0)
		return -1;
	return kind == SUBSTREAM_SHEET;
}

/*
 * Step to the next cell record of the sheet in hand: 1, 0 at its EOF, or -1. ${*depth}, at first 0, is how many substreams
 * (charts) stand open. With ${again} the record in hand is the one to look at.
 */
static int
next_cell(struct xls *xls, int *depth, bool again, struct err *err)
{
	for (;; again = false) {
		size_t bytes;

		if (!again && next(xls, err) != 0)
			return -1;
		if (xls->biff.type == BIFF_BOF)
			++*depth;
		else if (xls->biff.type == BIFF_EOF && (*depth)-- == 0)
			return 0;
		bytes = *depth == 0 ? cell_bytes(xls->biff.type) : 0;
		if (bytes == 0)
			continue;
		return left(xls) < bytes ? damaged(xls, err, "a cell's record is too short") : 1;
	}
}

/* Look through the sheet in hand: whether its cells are in order, each once. */
static int
look_through(struct xls *xls, bool *ordered, struct err *err)
{
	int64_t last = -1;
	int got, depth = 0;

	*ordered = true;
	while ((got = next_cell(xls, &depth, false, err)) == 1) {
		const uint8_t *at = xls->biff.at;
		int64_t key = (int64_t)(biff_get16(at) << 16 | biff_get16(at + 2));

		*ordered = *ordered && key > last;
		last = key;
		if (xls->biff.type == BIFF_MULRK)
			last += (int64_t)((left(xls) - 12) / 6);
	}
	return got;
}

/* Read the sheet in hand, from behind its BOF to its EOF. */
static int
read_cells(struct xls *xls, struct err *err)
{
	bool again = false;
	int got, depth = 0;

	while ((got = next_cell(xls, &depth, again, err)) == 1) {
		again = false;
		if (put_record(xls, &again, err) != 0)
			return -1;
	}
	return got;
}

/* Sort by key, those of one key as they came: merges of runs that double in length. NULL when
 * memory is short. */
static bool
sort_cells(struct gathered *cells, size_t count)
{
	struct gathered *other = malloc(count * sizeof(*other) + 1), *from = cells, *to = other;

	if (other == NULL)
		return false;
	for (size_t run = 1; run < count; run *= 2) {
		struct gathered *swap = from;

		for (size_t at = 0; at < count; at += 2 * run) {
			size_t a = at, a_end = at + run < count ? at + run : count;
			size_t b = a_end, b_end = at + 2 * run < count ? at + 2 * run : count;

			for (size_t i = at; i < b_end; i++) {
				if (a < a_end && (b >= b_end || from[a].key <= from[b].key))
					to[i] = from[a++];
				else
					to[i] = from[b++];
			}
		}
		from = to;
		to = swap;
	}
	if (from != cells)
		memcpy(cells, from, count * sizeof(*cells));
	free(other);
	return true;
}

static int
send_gathered(struct xls *xls, struct err *err)
{
	if (!sort_cells(xls->cells, xls->cell_count))
		return no_memory(xls, err);
	xls->gathering = false;
	for (size_t i = 0; i < xls->cell_count; i++) {
		const struct gathered *cell = &xls->cells[i];
		const struct buffer *from = (cell->text & GATHERED_SHARED) != 0 ? &xls->sst.text : &xls->texts;
		struct text text = { from->at, CELL_LEN(cell->cell) };

		if (i + 1 < xls->cell_count && cell[1].key == cell->key)
			continue;
		if (text.len > 0)
			text.at += cell->text & GATHERED_PLACE;
		if (put_cell(xls, cell->key >> 16, cell->key & 0xFFFF, CELL_KIND(cell->cell), text, false,
			(cell->text & GATHERED_BROKEN) != 0, err)
		    != 0)
			return -1;
	}
	xls->cell_count = 0;
	buffer_clear(&xls->texts);
	return 0;
}

static int
read_table(struct xls *xls, const struct sheet *sheet, struct err *err)
{
	bool ordered;
	int kind = enter_sheet(xls, sheet, err);

	if (kind < 0)
		return -1;
	if (kind == 0)
		return sink_note(xls->sink, NOTE_SHEET_CHART, 0, 0, (struct text){ 0 }, err);
	if (look_through(xls, &ordered, err) != 0)
		return -1;
	/* many names of one sheet would make a small file endless */
	xls->looked += xls->biff.pos - sheet->place;
	if (xls->looked > xls->stream.size)
		return damaged(xls, err, "sheets lie over one another");
	if (enter_sheet(xls, sheet, err) < 0)
		return -1;
	xls->row = NOT_STARTED;
	xls->gathering = !ordered;
	if (read_cells(xls, err) != 0 || (xls->gathering && send_gathered(xls, err) != 0))
		return -1;
	if (end_row(xls, err) != 0)
		return -1;
	if (xls->codepage.replaced > 0) {
		uint32_t count = xls->codepage.replaced > UINT32_MAX ? UINT32_MAX : (uint32_t)xls->codepage.replaced;

		xls->codepage.replaced = 0;
		return sink_note(xls->sink, NOTE_PRIVATE_CHARS, count, 0, (struct text){ 0 }, err);
	}
	return 0;
}

static int
read_sheets(struct xls *xls, struct err *err)
{
	if (sink_document(xls->sink, FORMAT_XLS, ENCODING_NONE, xls->date1904, (uint32_t)xls->sheet_count, err) != 0)
		return -1;
	xls->codepage.replaced = 0;
	for (size_t i = 0; i < xls->sheet_count; i++) {
		const struct sheet *sheet = &xls->sheets[i];
		struct text name = buffer_as_text(&xls->names);
		int done;

		if (sheet->name_len > 0)
			name.at += sheet->name;
		name.len = sheet->name_len;
		if (sink_sheet(xls->sink, name, sheet->hidden, err) != 0)
			return -1;
		if (sheet->table)
			done = read_table(xls, sheet, err);
		else
			done = sink_note(xls->sink, NOTE_SHEET_CHART, 0, 0, (struct text){ 0 }, err);
		if (done != 0 || sink_sheet_end(xls->sink, err) != 0)
			return -1;
	}
	return sink_end(xls->sink, err);
}

/* ---- the file ---- */

/* Find the workbook inside the compound file. */
static int
open_stream(struct xls *xls, const struct reader_input *input, struct err *err)
{
	const struct ole2_entry *entry;

	if (!ole2_is(input->head, input->head_len)) {
		ole2_stream_plain(&xls->stream, input->fd, input->size);
		return 0;
	}
	if (ole2_open(&xls->ole, input->fd, input->size, err) != 0)
		return failed_below(xls, xls->ole.refusal, err);
	/* what is wrapped for rights management carries a workbook that only says so */
	if (ole2_find(&xls->ole, "?DRMContent") != NULL)
		return sink_refuse(xls->sink, REFUSED_DRM, err, "workbook: rights management");
	if (ole2_find(&xls->ole, "EncryptedPackage") != NULL)
		return sink_refuse(xls->sink, REFUSED_ENCRYPTED, err, "workbook: encrypted");
	entry = ole2_find(&xls->ole, "Workbook");
	if (entry == NULL)
		entry = ole2_find(&xls->ole, "Book");
	if (entry == NULL)
		return sink_refuse(xls->sink, REFUSED_NOT_A_TABLE, err, "no workbook inside");
	if (ole2_stream_open(&xls->stream, &xls->ole, entry, err) != 0)
		return failed_below(xls, xls->stream.refusal, err);
	return 0;
}

static int
xls_read(const struct reader_input *input, struct sink *sink, struct err *err)
{
	struct xls *xls = calloc(1, sizeof(*xls));
	int result = -1;

	if (xls == NULL)
		return sink_refuse(sink, REFUSED_LIMIT_MEMORY, err, "workbook: too little memory");
	xls->sink = sink;
	xls_styles_init(&xls->styles);
	xls_sst_init(&xls->sst);
	xls_codepage_init(&xls->codepage);
	buffer_init(&xls->names, (size_t)4 << 20);
	buffer_init(&xls->text, (size_t)1 << 20);
	buffer_init(&xls->bytes, (size_t)1 << 20);
	buffer_init(&xls->texts, (size_t)2 << 30);
	if (open_stream(xls, input, err) == 0) {
		if (biff_init(&xls->biff, &xls->stream, err) != 0)
			failed_below(xls, xls->stream.refusal, err);
		else if (read_globals(xls, err) == 0)
			result = read_sheets(xls, err);
	}
	buffer_fini(&xls->texts);
	buffer_fini(&xls->bytes);
	buffer_fini(&xls->text);
	buffer_fini(&xls->names);
	free(xls->cells);
	free(xls->sheets);
	biff_fini(&xls->biff);
	xls_codepage_fini(&xls->codepage);
	xls_sst_fini(&xls->sst);
	xls_styles_fini(&xls->styles);
	ole2_close(&xls->ole);
	free(xls);
	return result;
}

/*
 * A compound file is ours when a workbook is inside, or when it cannot be opened: then reading it
 * says why. A plain stream begins with a BOF of version 5 or 8.
 */
static int
xls_score(const struct reader_input *input)
{
	const uint8_t *head = input->head;
	struct ole2 ole;
	struct err err;
	int score;

	if (!ole2_is(head, input->head_len)) {
		if (input->head_len < 8 || biff_get16(head) != BIFF_BOF)
			return 0;
		return head[4] == 0 && (head[5] == 5 || head[5] == 6) && head[7] == 0 ? 70 : 0;
	}
	if (ole2_open(&ole, input->fd, input->size, &err) != 0)
		score = 60;
	else if (ole2_find(&ole, "Workbook") != NULL || ole2_find(&ole, "Book") != NULL)
		score = 90;
	else
		score = 0;
	ole2_close(&ole);
	return score;
}

const struct reader_ops reader_xls = {
	.name = "xls",
	.score = xls_score,
	.read = xls_read,
};
