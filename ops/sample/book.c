/*
 * book.c - the formats. Text formats are put together in a buffer of UTF-8 that is converted and
 * written each megabyte; GB 18030 is made by iconv(3), so that our own decoder is tested against
 * another's bytes.
 */
#include "ops/sample/book.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <unistd.h>

#include <xlsxwriter.h>

#include "core/base/file.h"
#include "ops/sample/xls.h"

#define FLUSH_BYTES ((size_t)1 << 20)
#define FIELDS_MAX 128
#define MERGES_MAX 64

struct merge {
	size_t first, last, down;
};

struct book {
	enum book_format format;
	int fd;
	struct buffer out, encoded, scratch;
	iconv_t conversion; /* (iconv_t)-1 for UTF-8 */
	struct xls *xls;
	lxw_workbook *workbook;
	lxw_worksheet *worksheet;
	lxw_format *date_format, *title_format;
	char *fields[FIELDS_MAX]; /* of BOOK_XML */
	size_t field_count;
	size_t sheet_count, columns;
	uint32_t next_row;
	struct merge merges[MERGES_MAX];
	size_t merge_count;
	size_t down[FIELDS_MAX]; /* BOOK_HTML: rows that a cell above still covers */
	char path[FILE_PATH_MAX];
	bool sheet_hidden;
	bool failed;
	struct err err;
};

bool
book_has_sheets(enum book_format format)
{
	return format == BOOK_XLSX || format == BOOK_XLSX_INLINE || format == BOOK_XLS || format == BOOK_SPREADSHEETML;
}

size_t
book_rows_max(enum book_format format)
{
	switch (format) {
	case BOOK_XLS:
		return 60000;
	case BOOK_HTML:
	case BOOK_SPREADSHEETML:
	case BOOK_XML:
		return 200000;
	default:
		return 1000000;
	}
}

static void
flush(struct book *book)
{
	char *in = book->out.at;
	size_t in_left = book->out.len;

	if (book->failed || book->out.len == 0)
		return;
	if (buffer_failed(&book->out)) {
		err_set(&book->err, ERR_RETRY, "memory is short");
		book->failed = true;
		return;
	}
	if (book->conversion == (iconv_t)-1) {
		book->failed = file_write(book->fd, book->out.at, book->out.len, &book->err) != 0;
	} else {
		char *room, *to;
		size_t left = in_left * 2 + 16;

		buffer_clear(&book->encoded);
		room = to = buffer_room(&book->encoded, left);
		if (room == NULL || iconv(book->conversion, &in, &in_left, &to, &left) == (size_t)-1) {
			err_set(&book->err, ERR_STOP, "a text cannot be written in the national encoding");
			book->failed = true;
		} else {
			book->failed = file_write(book->fd, room, (size_t)(to - room), &book->err) != 0;
		}
	}
	buffer_clear(&book->out);
}

static int
open_workbook(struct book *book, struct err *err)
{
	lxw_workbook_options options = { .constant_memory = book->format == BOOK_XLSX_INLINE };
	lxw_doc_properties properties = { .created = 1788220800 }; /* 2026-09-01 */

	book->workbook = workbook_new_opt(book->path, &options);
	if (book->workbook == NULL)
		return err_set(err, ERR_RETRY, "memory is short for a workbook");
	workbook_set_properties(book->workbook, &properties);
	book->date_format = workbook_add_format(book->workbook);
	format_set_num_format(book->date_format, "yyyy/m/d");
	book->title_format = workbook_add_format(book->workbook);
	format_set_align(book->title_format, LXW_ALIGN_CENTER);
	return 0;
}

static void
begin_text(struct book *book)
{
	switch (book->format) {
	case BOOK_CSV:
	case BOOK_TSV_UTF16: /* its mark is converted like any character */
		buffer_string(&book->out, "\xef\xbb\xbf");
		break;
	case BOOK_HTML:
		buffer_string(&book->out,
		    "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\">\r\n<head><meta "
		    "http-equiv=\"Content-Type\" content=\"text/html; "
		    "charset=utf-8\"></head>\r\n<body>\r\n");
		break;
	case BOOK_SPREADSHEETML:
		buffer_string(&book->out,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<?mso-application "
		    "progid=\"Excel.Sheet\"?>\r\n"
		    "<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" "
		    "xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\r\n");
		break;
	case BOOK_XML:
		buffer_string(&book->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<students>\n");
		break;
	default:
		break;
	}
}

struct book *
book_open(enum book_format format, const char *path, struct err *err)
{
	struct book *book = calloc(1, sizeof(*book));

	if (book == NULL) {
		err_set(err, ERR_RETRY, "memory is short");
		return NULL;
	}
	book->format = format;
	book->fd = -1;
	book->conversion = (iconv_t)-1;
	buffer_init(&book->out, FLUSH_BYTES * 64);
	buffer_init(&book->encoded, FLUSH_BYTES * 130);
	buffer_init(&book->scratch, FLUSH_BYTES);
	if (path_format(book->path, err, "%s", path) != 0)
		goto fail;
	if (format == BOOK_XLSX || format == BOOK_XLSX_INLINE) {
		if (open_workbook(book, err) != 0)
			goto fail;
		return book;
	}
	book->fd = file_create(path, err);
	if (book->fd < 0)
		goto fail;
	if (format == BOOK_XLS) {
		book->xls = xls_new();
		if (book->xls == NULL) {
			err_set(err, ERR_RETRY, "memory is short for a workbook");
			goto fail;
		}
	}
	if (format == BOOK_CSV_GB18030 || format == BOOK_TSV_GBK || format == BOOK_TSV_UTF16) {
		book->conversion = iconv_open(format == BOOK_TSV_UTF16 ? "UTF-16LE" : "GB18030", "UTF-8");
		if (book->conversion == (iconv_t)-1) {
			err_errno(err, ERR_STOP, "the C library cannot write GB18030");
			goto fail;
		}
	}
	begin_text(book);
	return book;
fail:
	if (book->fd >= 0)
		close(book->fd);
	xls_free(book->xls);
	buffer_fini(&book->out);
	buffer_fini(&book->encoded);
	buffer_fini(&book->scratch);
	free(book);
	return NULL;
}

static void
end_sheet(struct book *book)
{
	if (book->sheet_count == 0)
		return;
	if (book->format == BOOK_HTML)
		buffer_string(&book->out, "</table>\r\n");
	if (book->format == BOOK_SPREADSHEETML)
		buffer_string(&book->out,
		    book->sheet_hidden ? "</Table><WorksheetOptions "
					 "xmlns=\"urn:schemas-microsoft-com:office:excel\"><"
					 "Visible>SheetHidden</Visible></"
					 "WorksheetOptions></Worksheet>\r\n"
				       : "</Table></Worksheet>\r\n");
}

void
book_sheet(struct book *book, const char *name, bool hidden, size_t columns)
{
	end_sheet(book);
	book->sheet_count++;
	book->columns = columns;
	book->next_row = 1;
	book->merge_count = 0;
	book->sheet_hidden = hidden;
	memset(book->down, 0, sizeof(book->down));
	switch (book->format) {
	case BOOK_XLS:
		xls_sheet(book->xls, name, hidden, columns);
		break;
	case BOOK_XLSX:
	case BOOK_XLSX_INLINE:
		book->worksheet = workbook_add_worksheet(book->workbook, name);
		if (book->worksheet == NULL) {
			err_set(&book->err, ERR_STOP, "a sheet cannot be named so");
			book->failed = true;
		} else if (hidden) {
			worksheet_hide(book->worksheet);
		}
		break;
	case BOOK_HTML:
		buffer_string(&book->out, "<table border=\"1\">\r\n");
		break;
	case BOOK_SPREADSHEETML:
		buffer_format(&book->out, "<Worksheet ss:Name=\"%s\"><Table>\r\n", name);
		break;
	default:
		break;
	}
}

uint32_t
book_next_row(const struct book *book)
{
	return book->next_row;
}

void
book_merge(struct book *book, size_t first, size_t last, size_t down)
{
	if (!book_has_sheets(book->format) && book->format != BOOK_HTML)
		return;
	if ((book->format == BOOK_XLSX_INLINE && down > 0) || book->merge_count == MERGES_MAX)
		return;
	if (first == last && down == 0)
		return;
	book->merges[book->merge_count++] = (struct merge){ first, last, down };
}

static const struct merge *
merge_at(const struct book *book, size_t column)
{
	for (size_t i = 0; i < book->merge_count; i++) {
		if (book->merges[i].first <= column && column <= book->merges[i].last)
			return &book->merges[i];
	}
	return NULL;
}

static void
row_separated(struct book *book, const struct cell *cells, size_t count, char separator)
{
	size_t width = count < book->columns ? book->columns : count;

	for (size_t i = 0; i < width; i++) {
		if (i > 0)
			buffer_char(&book->out, separator);
		if (i >= count || cells[i].kind == CELL_BLANK)
			continue;
		if (separator == '\t' && memchr(cells[i].text.at, '\n', cells[i].text.len) == NULL)
			buffer_text(&book->out, cells[i].text);
		else
			buffer_csv(&book->out, cells[i].text);
	}
	buffer_string(&book->out, "\r\n");
}

/* As buffer_xml(), with line feeds as HTML has them. */
static void
html_text(struct book *book, struct text text)
{
	size_t at;

	while ((at = text_find(text, TEXT("\n"))) != SIZE_MAX) {
		buffer_xml(&book->out, (struct text){ text.at, at });
		buffer_string(&book->out, "<br>");
		text = (struct text){ text.at + at + 1, text.len - at - 1 };
	}
	buffer_xml(&book->out, text);
}

static void
row_html(struct book *book, const struct cell *cells, size_t count)
{
	size_t width = count < book->columns ? book->columns : count;

	buffer_string(&book->out, "<tr>");
	for (size_t i = 0; i < width;) {
		const struct merge *merge = merge_at(book, i);

		if (i < FIELDS_MAX && book->down[i] > 0) {
			book->down[i++]--;
			continue;
		}
		buffer_string(&book->out, "<td");
		if (merge != NULL && merge->last > merge->first)
			buffer_format(&book->out, " colspan=\"%zu\"", merge->last - merge->first + 1);
		if (merge != NULL && merge->down > 0) {
			buffer_format(&book->out, " rowspan=\"%zu\"", merge->down + 1);
			for (size_t k = merge->first; k <= merge->last && k < FIELDS_MAX; k++)
				book->down[k] = merge->down;
		}
		buffer_string(&book->out, " style=\"mso-number-format:'\\@'\">");
		if (i < count && cells[i].kind != CELL_BLANK)
			html_text(book, cells[i].text);
		buffer_string(&book->out, "</td>");
		i = merge != NULL ? merge->last + 1 : i + 1;
	}
	buffer_string(&book->out, "</tr>\r\n");
}

static void
row_spreadsheetml(struct book *book, const struct cell *cells, size_t count)
{
	bool skipped = false;

	buffer_format(&book->out, "<Row ss:Index=\"%u\">", book->next_row);
	for (size_t i = 0; i < count; i++) {
		const struct merge *merge = merge_at(book, i);
		bool number = cells[i].kind == CELL_NUMBER;

		if (cells[i].kind == CELL_BLANK || (!number && cells[i].text.len == 0)) {
			skipped = true;
			continue;
		}
		buffer_string(&book->out, "<Cell");
		if (skipped)
			buffer_format(&book->out, " ss:Index=\"%zu\"", i + 1);
		if (merge != NULL && merge->last > merge->first)
			buffer_format(&book->out, " ss:MergeAcross=\"%zu\"", merge->last - merge->first);
		if (merge != NULL && merge->down > 0)
			buffer_format(&book->out, " ss:MergeDown=\"%zu\"", merge->down);
		if (number) {
			buffer_format(&book->out, "><Data ss:Type=\"Number\">%.15g</Data></Cell>", cells[i].number);
		} else {
			buffer_string(&book->out, "><Data ss:Type=\"String\">");
			buffer_xml(&book->out, cells[i].text);
			buffer_string(&book->out, "</Data></Cell>");
		}
		skipped = merge != NULL && merge->last > merge->first;
	}
	buffer_string(&book->out, "</Row>\r\n");
}

static void
row_xml(struct book *book, const struct cell *cells, size_t count)
{
	if (book->field_count == 0) {
		for (size_t i = 0; i < count && i < FIELDS_MAX; i++) {
			book->fields[i] = strndup(cells[i].text.at, cells[i].text.len);
			if (book->fields[i] == NULL)
				book->failed = true;
			book->field_count++;
		}
		return;
	}
	if (book->failed)
		return;
	buffer_string(&book->out, " <student>");
	for (size_t i = 0; i < count && i < book->field_count; i++) {
		buffer_format(&book->out, "<%s>", book->fields[i]);
		if (cells[i].kind != CELL_BLANK)
			buffer_xml(&book->out, cells[i].text);
		buffer_format(&book->out, "</%s>", book->fields[i]);
	}
	buffer_string(&book->out, "</student>\n");
}

static void
row_xlsx(struct book *book, const struct cell *cells, size_t count)
{
	lxw_row_t row = book->next_row - 1;

	if (book->worksheet == NULL)
		return;
	for (size_t i = 0; i < book->merge_count; i++) {
		const struct merge *merge = &book->merges[i];

		worksheet_merge_range(book->worksheet, row, (lxw_col_t)merge->first, row + (lxw_row_t)merge->down,
		    (lxw_col_t)merge->last, "", book->title_format);
	}
	for (size_t i = 0; i < count; i++) {
		lxw_error failed = LXW_NO_ERROR;

		switch (cells[i].kind) {
		case CELL_NUMBER:
			failed = worksheet_write_number(book->worksheet, row, (lxw_col_t)i, cells[i].number, NULL);
			break;
		case CELL_DATE:
			failed = worksheet_write_number(
			    book->worksheet, row, (lxw_col_t)i, cells[i].number, book->date_format);
			break;
		case CELL_TEXT:
			if (cells[i].text.len == 0)
				break;
			buffer_clear(&book->scratch);
			buffer_text(&book->scratch, cells[i].text);
			buffer_char(&book->scratch, '\0');
			failed = worksheet_write_string(book->worksheet, row, (lxw_col_t)i, book->scratch.at,
			    merge_at(book, i) != NULL ? book->title_format : NULL);
			break;
		default:
			break;
		}
		book->failed |= failed != LXW_NO_ERROR;
	}
}

void
book_row(struct book *book, const struct cell *cells, size_t count)
{
	switch (book->format) {
	case BOOK_CSV:
	case BOOK_CSV_GB18030:
		row_separated(book, cells, count, ',');
		break;
	case BOOK_TSV_GBK:
	case BOOK_TSV_UTF16:
		row_separated(book, cells, count, '\t');
		break;
	case BOOK_HTML:
		row_html(book, cells, count);
		break;
	case BOOK_SPREADSHEETML:
		if (count > 0)
			row_spreadsheetml(book, cells, count);
		break;
	case BOOK_XML:
		row_xml(book, cells, count);
		break;
	case BOOK_XLS:
		for (size_t i = 0; i < book->merge_count; i++)
			xls_merge(book->xls, book->next_row - 1, book->merges[i].first, book->merges[i].last,
			    book->merges[i].down);
		xls_row(book->xls, book->next_row - 1, cells, count);
		break;
	default:
		row_xlsx(book, cells, count);
	}
	book->merge_count = 0;
	book->next_row++;
	if (book->out.len >= FLUSH_BYTES)
		flush(book);
}

int
book_close(struct book *book, struct err *err)
{
	end_sheet(book);
	if (book->format == BOOK_HTML)
		buffer_string(&book->out, "</body></html>\r\n");
	if (book->format == BOOK_SPREADSHEETML)
		buffer_string(&book->out, "</Workbook>\r\n");
	if (book->format == BOOK_XML)
		buffer_string(&book->out, "</students>\n");
	flush(book);
	if (book->workbook != NULL && workbook_close(book->workbook) != LXW_NO_ERROR) {
		err_set(&book->err, ERR_RETRY, "a workbook could not be written");
		book->failed = true;
	}
	if (book->xls != NULL && !book->failed)
		book->failed = xls_write(book->xls, book->fd, &book->err) != 0;
	if (book->fd >= 0 && close(book->fd) != 0 && !book->failed) {
		err_errno(&book->err, ERR_RETRY, "a file could not be closed");
		book->failed = true;
	}
	if (book->conversion != (iconv_t)-1)
		iconv_close(book->conversion);
	if (book->failed) {
		if (book->err.what[0] == '\0')
			err_set(&book->err, ERR_RETRY, "a file of the sample could not be written");
		*err = book->err;
	}
	int result = book->failed ? -1 : 0;

	for (size_t i = 0; i < book->field_count; i++)
		free(book->fields[i]);
	xls_free(book->xls);
	buffer_fini(&book->out);
	buffer_fini(&book->encoded);
	buffer_fini(&book->scratch);
	free(book);
	return result;
}
