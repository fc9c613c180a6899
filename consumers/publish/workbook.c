/*
 * workbook.c - see workbook.h.
 *
 * libxlsxwriter in its constant-memory mode writes rows to a scratch file as soon as the next one
 * begins, with strings in place (inlineStr); columns are described when the file is put together,
 * so widths may be told last.
 */
#include "consumers/publish/workbook.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <xlsxwriter.h>

#include "core/base/buffer.h"
#include "core/base/file.h"

#define CELL_UNITS_MAX 32700u /* Excel holds 32,767 UTF-16 units in a cell */
#define COMMENT_UNITS_MAX 2000u
#define NAME_UNITS_MAX 31u
#define SHEETS_MAX 250u
#define AUTHOR "Yici"
#define WIDTH_MIN 6.0
#define WIDTH_MAX 32.0
#define WIDTH_SAYS 64.0
#define PADDING 1.5 /* of a column, beside its text */
#define LINE_HEIGHT 16.5
#define LINES_MAX 24u /* Excel allows 409 points */
#define PAPER_A4 9
/* Characters that go on one page of A4 side by side, made smaller, and can still be read. */
#define PAGE_WIDTH 200.0
#define WIDE_COLUMNS 1024 /* columns past these keep the ordinary width */

struct workbook {
	char path[FILE_PATH_MAX], scratch[FILE_PATH_MAX];
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_format *styles[WORKBOOK_STYLES];
	unsigned lines; /* of the highest cell of the row at hand */
	unsigned rows, comments, sheets, filter_row, filter_columns, kept_columns;
	uint64_t cells; /* written, of all sheets */
	bool failed;    /* memory was short */
	float widths[WIDE_COLUMNS];
	unsigned width_count;
	struct buffer text, comment;
	char names[SHEETS_MAX][NAME_UNITS_MAX * 4 + 1];
};

/* ---- the look ---- */

static lxw_format *
make_style(lxw_workbook *book, enum workbook_style style)
{
	lxw_format *format = workbook_add_format(book);

	if (format == NULL)
		return NULL;
	format_set_num_format(format, "@");
	format_set_align(format, LXW_ALIGN_VERTICAL_TOP);
	format_set_font_name(format, "等线");
	format_set_font_size(format, 11);
	switch (style) {
	case WORKBOOK_HEAD:
	case WORKBOOK_OURS:
		format_set_bold(format);
		format_set_text_wrap(format);
		format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
		format_set_bg_color(format, style == WORKBOOK_HEAD ? 0xE7EDF3 : 0x24507A);
		if (style == WORKBOOK_OURS)
			format_set_font_color(format, LXW_COLOR_WHITE);
		format_set_border(format, LXW_BORDER_THIN);
		format_set_border_color(format, 0xB8C4CF);
		break;
	case WORKBOOK_ROW_NO:
		format_set_align(format, LXW_ALIGN_CENTER);
		format_set_font_color(format, 0x57606A);
		break;
	case WORKBOOK_ERROR:
		format_set_bg_color(format, 0xF8CBCB);
		break;
	case WORKBOOK_QUERY:
		format_set_bg_color(format, 0xFFEFA6);
		break;
	case WORKBOOK_SAYS:
		format_set_text_wrap(format);
		break;
	case WORKBOOK_BAND:
	case WORKBOOK_MARK_BAND:
		format_set_bg_color(format, 0xE8EEF4);
		break;
	case WORKBOOK_ENTRY:
		format_set_text_wrap(format);
		format_set_bg_color(format, 0xFFF9DB);
		format_set_border(format, LXW_BORDER_THIN);
		format_set_border_color(format, 0xB8C4CF);
		break;
	case WORKBOOK_HEADING:
		format_set_bold(format);
		format_set_font_size(format, 16);
		format_set_align(format, LXW_ALIGN_CENTER);
		format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
		break;
	case WORKBOOK_COLUMN:
		format_set_bold(format);
		format_set_text_wrap(format);
		format_set_align(format, LXW_ALIGN_CENTER);
		format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
		format_set_border(format, LXW_BORDER_THIN);
		break;
	case WORKBOOK_LINES:
		format_set_text_wrap(format);
		format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
		format_set_border(format, LXW_BORDER_THIN);
		break;
	case WORKBOOK_CELL:
		format_set_border(format, LXW_BORDER_THIN);
		format_set_border_color(format, 0xB8C4CF);
		break;
	default:
		break;
	}
	if (style == WORKBOOK_MARK || style == WORKBOOK_MARK_BAND) {
		format_set_bold(format);
		format_set_font_color(format, 0xC00000);
	}
	return format;
}

/* Columns a text takes, and the longest of its lines. */
static double
width_of(struct text text)
{
	double width = 0, widest = 0;

	for (size_t pos = 0; pos < text.len && pos < 400;) {
		uint32_t c = text_next(text, &pos);

		if (c == '\n') {
			widest = width > widest ? width : widest;
			width = 0;
		} else
			width += c < 0x1100 ? 1.1 : 2.1;
	}
	return (width > widest ? width : widest) + PADDING;
}

static void
widen(struct workbook *workbook, unsigned column, enum workbook_style style, struct text text)
{
	double width = style == WORKBOOK_SAYS ? WIDTH_SAYS : width_of(text);

	if (column >= WIDE_COLUMNS || style == WORKBOOK_TITLE || style == WORKBOOK_HEADING || style == WORKBOOK_COLUMN
	    || style == WORKBOOK_LINES) /* these are told how wide they are */
		return;
	if (style == WORKBOOK_OURS || style == WORKBOOK_HEAD)
		width += 2; /* the arrow of the filter */
	if (style != WORKBOOK_SAYS && width > WIDTH_MAX)
		width = WIDTH_MAX;
	if (column >= workbook->width_count)
		workbook->width_count = column + 1;
	if (width > (double)workbook->widths[column])
		workbook->widths[column] = (float)width;
}

/* What is told of a sheet when all its rows are there. */
static void
finish_sheet(struct workbook *workbook)
{
	double all = 0, kept = 0;
	unsigned pages;

	if (workbook->sheet == NULL)
		return;
	for (unsigned i = 0; i < workbook->width_count; i++) {
		double width = (double)workbook->widths[i] < WIDTH_MIN ? WIDTH_MIN : (double)workbook->widths[i];

		worksheet_set_column(workbook->sheet, (lxw_col_t)i, (lxw_col_t)i, width, NULL);
		all += width;
		kept += i < workbook->kept_columns ? width : 0;
	}
	worksheet_set_landscape(workbook->sheet);
	worksheet_set_paper(workbook->sheet, PAPER_A4);
	pages = (unsigned)(all / PAGE_WIDTH) + 1;
	worksheet_fit_to_pages(workbook->sheet, (uint16_t)pages, 0);
	if (pages > 1 && workbook->kept_columns > 0 && kept <= PAGE_WIDTH / 2)
		worksheet_repeat_columns(workbook->sheet, 0, (lxw_col_t)(workbook->kept_columns - 1));
	if (workbook->filter_columns > 0)
		worksheet_repeat_rows(workbook->sheet, 0, workbook->filter_row);
	if (workbook->filter_columns > 0)
		worksheet_autofilter(workbook->sheet, workbook->filter_row, 0,
		    workbook->rows > workbook->filter_row ? workbook->rows - 1 : workbook->filter_row,
		    (lxw_col_t)(workbook->filter_columns - 1));
}

/* ---- text ---- */

/*
 * ${text} as a C string of at most ${units} UTF-16 units into ${out}, without NUL, control
 * characters other than a line break, and what XML cannot hold; one that is cut ends with "…".
 */
static const char *
clean(struct buffer *out, struct text text, unsigned units)
{
	unsigned used = 0;

	buffer_clear(out);
	for (size_t pos = 0; pos < text.len;) {
		char bytes[4];
		uint32_t c = text_next(text, &pos);

		if (c == '\t' || c == '\r')
			c = ' ';
		if ((c < 0x20 && c != '\n') || c == 0x7F || c == 0xFFFE || c == 0xFFFF)
			continue;
		used += c > 0xFFFF ? 2 : 1;
		if (used >= units) {
			buffer_string(out, "…");
			break;
		}
		buffer_add(out, bytes, text_put(bytes, c));
	}
	buffer_char(out, '\0');
	return buffer_failed(out) ? NULL : out->at;
}

/* The name of a sheet: without what Excel forbids there, and unlike the others but for case. */
static int
sheet_name(struct workbook *workbook, struct text wanted, char name[NAME_UNITS_MAX * 4 + 1])
{
	for (unsigned attempt = 1; attempt < SHEETS_MAX + 2; attempt++) {
		char suffix[16] = "";
		unsigned units = 0, room;
		size_t len = 0;
		bool taken = false;

		if (attempt > 1)
			snprintf(suffix, sizeof(suffix), " (%u)", attempt);
		room = NAME_UNITS_MAX - (unsigned)strlen(suffix);
		for (size_t pos = 0; pos < wanted.len;) {
			uint32_t c = text_next(wanted, &pos);

			if (c < 0x20 || c == 0x7F || c >= 0xFFFE || (c < 0x80 && strchr("[]:*?/\\'", (int)c) != NULL))
				c = '_';
			units += c > 0xFFFF ? 2 : 1;
			if (units > room)
				break;
			len += text_put(name + len, c);
		}
		snprintf(name + len, NAME_UNITS_MAX * 4 + 1 - len, "%s", suffix);
		for (unsigned i = 0; i < workbook->sheets && !taken; i++)
			taken = strcasecmp(workbook->names[i], name) == 0;
		if (!taken && workbook_validate_sheet_name(workbook->book, name) == LXW_NO_ERROR)
			return 0;
	}
	return -1;
}

/* ---- files ---- */

/* Midnight UTC of "2026-09-02"; of 2000-01-01 for anything else. */
static time_t
midnight(struct text date)
{
	struct tm tm = { .tm_year = 100, .tm_mday = 1 };
	uint64_t year, month, day;

	if (date.len == 10 && text_to_u64((struct text){ date.at, 4 }, &year)
	    && text_to_u64((struct text){ date.at + 5, 2 }, &month)
	    && text_to_u64((struct text){ date.at + 8, 2 }, &day) && year > 1970) {
		tm.tm_year = (int)year - 1900;
		tm.tm_mon = (int)month - 1;
		tm.tm_mday = (int)day;
	}
	return timegm(&tm);
}

int
workbook_begin(struct workbook **made, const char *path, const char *scratch, struct text date, struct err *err)
{
	char author[] = AUTHOR;
	lxw_doc_properties properties = { .author = author };
	struct workbook *workbook = calloc(1, sizeof(*workbook));
	lxw_workbook_options options = { .constant_memory = 1, .use_zip64 = 1 };
	int fd;

	*made = NULL;
	if (workbook == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a workbook");
	buffer_init(&workbook->text, (size_t)4 * CELL_UNITS_MAX + 64);
	buffer_init(&workbook->comment, (size_t)4 * COMMENT_UNITS_MAX + 64);
	if (path_format(workbook->path, err, "%s", path) != 0 || path_format(workbook->scratch, err, "%s", scratch) != 0)
		goto fail;
	fd = file_create(path, err); /* the library would make it for all to read */
	if (fd < 0)
		goto fail;
	close(fd);
	options.tmpdir = workbook->scratch;
	workbook->book = workbook_new_opt(workbook->path, &options);
	if (workbook->book == NULL) {
		err_set(err, ERR_RETRY, "cannot begin a workbook");
		goto fail;
	}
	for (unsigned i = 0; i < WORKBOOK_STYLES; i++) {
		workbook->styles[i] = make_style(workbook->book, (enum workbook_style)i);
		if (workbook->styles[i] == NULL) {
			err_set(err, ERR_RETRY, "out of memory for a workbook");
			goto fail;
		}
	}
	properties.created = midnight(date);
	if (workbook_set_properties(workbook->book, &properties) != LXW_NO_ERROR) {
		err_set(err, ERR_RETRY, "out of memory for a workbook");
		goto fail;
	}
	*made = workbook;
	return 0;
fail:
	workbook_abort(workbook);
	return -1;
}

int
workbook_sheet(struct workbook *workbook, struct text name, struct err *err)
{
	char *is = workbook->sheets < SHEETS_MAX ? workbook->names[workbook->sheets] : NULL;

	finish_sheet(workbook);
	if (is == NULL || sheet_name(workbook, name, is) != 0)
		return err_set(err, ERR_INPUT, "a workbook with too many sheets");
	workbook->sheet = workbook_add_worksheet(workbook->book, is);
	if (workbook->sheet == NULL)
		return err_set(err, ERR_RETRY, "cannot add a sheet to a workbook");
	workbook->sheets++;
	workbook->rows = 0;
	workbook->filter_columns = workbook->kept_columns = 0;
	workbook->width_count = 0;
	memset(workbook->widths, 0, sizeof(workbook->widths));
	return 0;
}

void
workbook_row(struct workbook *workbook)
{
	workbook->rows++;
	workbook->lines = 1;
}

unsigned
workbook_rows(const struct workbook *workbook)
{
	return workbook->rows;
}

static int
put_comment(struct workbook *workbook, unsigned column, struct text comment)
{
	char author[] = AUTHOR;
	lxw_comment_options options = { .author = author, .width = 260, .height = 100, .font_size = 9 };
	const char *string;

	if (comment.len == 0 || workbook->comments == WORKBOOK_COMMENTS_MAX)
		return 0;
	string = clean(&workbook->comment, comment, COMMENT_UNITS_MAX);
	if (string == NULL)
		return -1;
	workbook->comments++;
	return worksheet_write_comment_opt(workbook->sheet, workbook->rows - 1, (lxw_col_t)column, string, &options)
		== LXW_NO_ERROR
	    ? 0
	    : -1;
}

/* Lines that ${text} takes in a column of that width. */
static unsigned
lines_of(struct text text, double column)
{
	unsigned lines = 0;

	for (size_t pos = 0; pos <= text.len;) {
		const char *end = pos < text.len ? memchr(text.at + pos, '\n', text.len - pos) : NULL;
		size_t len = end != NULL ? (size_t)(end - text.at) - pos : text.len - pos;
		double width = width_of((struct text){ text.at + pos, len });

		lines += 1 + (unsigned)(width / column);
		pos += len + 1;
	}
	return lines;
}

/* Excel sizes rows of several lines by itself, others do not. ${more} is added to each row, whatever it holds. */
static void
heighten(struct workbook *workbook, struct text text, double column, double more)
{
	unsigned lines = lines_of(text, column);

	if (lines <= workbook->lines && more <= 0)
		return;
	if (lines > workbook->lines)
		workbook->lines = lines;
	lines = workbook->lines > LINES_MAX ? LINES_MAX : workbook->lines;
	worksheet_set_row(workbook->sheet, workbook->rows - 1, LINE_HEIGHT * lines + more, NULL);
}

int
workbook_cell(struct workbook *workbook, unsigned column, enum workbook_style style, struct text text,
    struct text comment, struct err *err)
{
	const char *string;
	lxw_error error;

	if (column >= WORKBOOK_COLUMNS_MAX)
		return 0;
	string = clean(&workbook->text, text, CELL_UNITS_MAX);
	if (string == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a workbook");
	widen(workbook, column, style, (struct text){ string, strlen(string) });
	if (style == WORKBOOK_SAYS)
		heighten(workbook, (struct text){ string, strlen(string) }, WIDTH_SAYS, 0);
	else if (style == WORKBOOK_LINES && column < workbook->width_count)
		heighten(workbook, (struct text){ string, strlen(string) }, (double)workbook->widths[column] + PADDING,
		    LINE_HEIGHT / 2);
	else if (style == WORKBOOK_HEAD)
		heighten(workbook, (struct text){ string, strlen(string) }, WIDTH_MAX + 2, 0);
	if (string[0] == '\0')
		error = worksheet_write_blank(workbook->sheet, workbook->rows - 1, (lxw_col_t)column,
		    style == WORKBOOK_PLAIN ? NULL : workbook->styles[style]);
	else
		error = worksheet_write_string(
		    workbook->sheet, workbook->rows - 1, (lxw_col_t)column, string, workbook->styles[style]);
	if (error != LXW_NO_ERROR || put_comment(workbook, column, comment) != 0)
		return err_set(err, ERR_STOP, "cannot write a cell of a workbook");
	workbook->cells += string[0] != '\0' || style != WORKBOOK_PLAIN; /* the library leaves out the others */
	return 0;
}

int
workbook_across(struct workbook *workbook, unsigned last, enum workbook_style style, struct text text, struct err *err)
{
	const char *string = clean(&workbook->text, text, CELL_UNITS_MAX);

	if (string == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a workbook");
	if (style == WORKBOOK_HEADING)
		worksheet_set_row(workbook->sheet, workbook->rows - 1, LINE_HEIGHT * 2, NULL);
	if (worksheet_merge_range(workbook->sheet, workbook->rows - 1, 0, workbook->rows - 1, (lxw_col_t)last, string,
		workbook->styles[style])
	    != LXW_NO_ERROR)
		return err_set(err, ERR_STOP, "cannot write a cell of a workbook");
	workbook->cells += last + 1; /* those that are covered are written, too */
	return 0;
}

/* ${text} in pieces of marked and unmarked characters, each with a NUL behind it, in ${out}; how many. */
static size_t
cut_pieces(struct buffer *out, struct text text, uint64_t marks, size_t *starts, bool *marked)
{
	size_t count = 0;
	unsigned nth = 0;

	buffer_clear(out);
	for (size_t pos = 0; pos < text.len; nth++) {
		bool is = nth < 64 && (marks >> nth & 1) != 0;
		size_t from = pos;

		(void)text_next(text, &pos);
		if (count == 0 || marked[count - 1] != is) {
			if (count > 0)
				buffer_char(out, '\0');
			starts[count] = out->len;
			marked[count++] = is;
		}
		buffer_add(out, text.at + from, pos - from);
	}
	buffer_char(out, '\0');
	return count;
}

int
workbook_marked(struct workbook *workbook, unsigned column, bool band, struct text text, uint64_t marks, struct err *err)
{
	enum workbook_style plain = band ? WORKBOOK_BAND : WORKBOOK_PLAIN;
	enum workbook_style mark = band ? WORKBOOK_MARK_BAND : WORKBOOK_MARK;
	lxw_rich_string_tuple tuples[65], *list[66];
	size_t starts[65], count;
	bool marked[65];

	for (size_t i = 0; i < text.len; i++)
		marks = (unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7F ? 0 : marks;
	count = text.len == 0 || marks == 0 ? 0 : cut_pieces(&workbook->text, text, marks, starts, marked);
	if (count < 2 || buffer_failed(&workbook->text))
		return workbook_cell(
		    workbook, column, count == 1 && marked[0] ? mark : plain, text, (struct text){ "", 0 }, err);
	for (size_t i = 0; i < count; i++) {
		tuples[i] = (lxw_rich_string_tuple){ .format = workbook->styles[marked[i] ? mark : plain],
			.string = workbook->text.at + starts[i] };
		list[i] = &tuples[i];
	}
	list[count] = NULL;
	widen(workbook, column, plain, text);
	if (worksheet_write_rich_string(
		workbook->sheet, workbook->rows - 1, (lxw_col_t)column, list, workbook->styles[plain])
	    != LXW_NO_ERROR)
		return err_set(err, ERR_STOP, "cannot write a cell of a workbook");
	workbook->cells++;
	return 0;
}

int
workbook_property(struct workbook *workbook, const char *name, struct text value, struct err *err)
{
	const char *string;

	buffer_clear(&workbook->text);
	buffer_text(&workbook->text, value);
	buffer_char(&workbook->text, '\0');
	string = workbook->text.at;
	return !buffer_failed(&workbook->text)
		&& workbook_set_custom_property_string(workbook->book, name, string) == LXW_NO_ERROR
	    ? 0
	    : err_set(err, ERR_STOP, "cannot give a workbook its properties");
}

int
workbook_choices(struct workbook *workbook, unsigned column, unsigned first, const char *const *choices,
    const char *says, struct err *err)
{
	lxw_data_validation rule = { .validate = LXW_VALIDATION_TYPE_LIST };

	/* the library only reads them, though its types do not say so */
	memcpy(&rule.value_list, &choices, sizeof(rule.value_list));
	memcpy(&rule.error_message, &says, sizeof(rule.error_message));
	if (workbook->rows <= first)
		return 0;
	return worksheet_data_validation_range(
		   workbook->sheet, first, (lxw_col_t)column, workbook->rows - 1, (lxw_col_t)column, &rule)
		== LXW_NO_ERROR
	    ? 0
	    : err_set(err, ERR_STOP, "cannot offer choices in a workbook");
}

void
workbook_wide(struct workbook *workbook, unsigned column, unsigned width)
{
	if (column >= WIDE_COLUMNS)
		return;
	if (column >= workbook->width_count)
		workbook->width_count = column + 1;
	if ((float)width > workbook->widths[column])
		workbook->widths[column] = (float)width;
}

void
workbook_freeze(struct workbook *workbook, unsigned columns, unsigned width)
{
	worksheet_freeze_panes(workbook->sheet, workbook->rows, (lxw_col_t)columns);
	workbook->filter_row = workbook->rows > 0 ? workbook->rows - 1 : 0;
	workbook->kept_columns = columns;
	workbook->filter_columns = width < WORKBOOK_COLUMNS_MAX ? width : WORKBOOK_COLUMNS_MAX;
}

int
workbook_end(struct workbook *workbook, struct err *err)
{
	lxw_error error;
	int result;

	finish_sheet(workbook);
	error = workbook_close(workbook->book); /* frees it in any case */
	workbook->book = NULL;
	if (error != LXW_NO_ERROR)
		result = err_set(err, ERR_STOP, "cannot write a workbook: %s", lxw_strerror(error));
	else
		result = workbook_check(workbook->path, workbook->cells, workbook->comments, err);
	workbook_abort(workbook);
	return result;
}

void
workbook_abort(struct workbook *workbook)
{
	if (workbook == NULL)
		return;
	if (workbook->book != NULL) {
		lxw_workbook_free(workbook->book);
		(void)!unlink(workbook->path);
	}
	buffer_fini(&workbook->text);
	buffer_fini(&workbook->comment);
	free(workbook);
}
