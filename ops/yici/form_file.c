/*
 * form_file.c - see form_file.h.
 */
#include "ops/yici/form_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "consumers/publish/plain_xlsx.h"
#include "core/record/source.h"
#include "producers/collect/head.h"
#include "producers/readers/reader.h"
#include "producers/readers/sandbox.h"
#include "ops/yici/form_page.h"

#define FORM_ARENA_MAX ((size_t)256 * 1024 * 1024)

/* What the rows of the sheet at hand grow in. */
struct growing {
	struct form_file *file;
	struct row *rows; /* room for FORM_ROWS_MAX, of all sheets one behind the other */
	size_t count;
	enum refusal refusal;
	bool too_many;
};

static int
add_row(struct growing *growing, const struct row *row, struct err *err)
{
	struct form_sheet *sheet = &growing->file->sheets[growing->file->sheet_count - 1];
	struct row *copy = &growing->rows[growing->count];

	if (growing->count == FORM_ROWS_MAX) {
		growing->too_many = true;
		return 0;
	}
	*copy = *row;
	copy->cells = arena_take(&growing->file->arena, (row->count + 1) * sizeof(*copy->cells));
	if (copy->cells == NULL)
		return err_set(err, ERR_INPUT, "the file is too large for a form");
	for (uint32_t i = 0; i < row->count; i++) {
		copy->cells[i] = (struct cell){ arena_text(&growing->file->arena, row->cells[i].text),
			row->cells[i].kind };
		if (copy->cells[i].text.at == NULL)
			return err_set(err, ERR_INPUT, "the file is too large for a form");
	}
	growing->count++;
	sheet->count++;
	return 0;
}

static int
keep_property(struct form_file *file, struct text property, struct err *err)
{
	if (file->property_count == FRAME_PROPERTIES_MAX)
		return 0;
	if (file->properties == NULL)
		file->properties = arena_take(&file->arena, FRAME_PROPERTIES_MAX * sizeof(*file->properties));
	if (file->properties != NULL)
		file->properties[file->property_count] = arena_text(&file->arena, property);
	return file->properties != NULL && file->properties[file->property_count++].at != NULL
	    ? 0
	    : err_set(err, ERR_RETRY, "out of memory for a form");
}

static int
receive(struct growing *growing, struct rows *rows, struct err *err)
{
	struct form_file *file = growing->file;
	enum rows_event event;
	struct row row;
	int got;

	while ((got = rows_receive(rows, &event, err)) > 0) {
		switch (event) {
		case ROWS_DOCUMENT:
			file->format = (enum document_format)rows->document.format;
			file->date1904 = rows->document.date1904 != 0;
			break;
		case ROWS_SHEET:
			if (file->sheet_count == FORM_SHEETS_MAX)
				return err_set(err, ERR_INPUT, "the file has too many sheets for a form");
			file->sheets[file->sheet_count++] = (struct form_sheet){
				.name = arena_text(&file->arena, rows->sheet_name),
				.hidden = rows->sheet.hidden != 0,
				.rows = growing->rows + growing->count,
			};
			break;
		case ROWS_BATCH:
			while (rows_next(rows, &row) > 0) {
				if (file->sheet_count > 0 && add_row(growing, &row, err) != 0)
					return -1;
			}
			break;
		case ROWS_NOTE:
			if (rows->note.kind == NOTE_PROPERTY && keep_property(file, rows->detail, err) != 0)
				return -1;
			break;
		case ROWS_REFUSED:
			growing->refusal = (enum refusal)rows->refused.reason;
			break;
		case ROWS_ENTRY:
			growing->refusal = REFUSED_NOT_A_TABLE; /* an archive */
			return 0;
		default:
			break;
		}
	}
	return got;
}

static int
refuse(const struct command *command, const struct dataset *dataset, enum refusal reason, struct err *err)
{
	struct text why = text_from(refusal_name(reason));

	if ((size_t)reason < dataset->refusal_count)
		why = command->chinese ? dataset->refusals[reason].zh : dataset->refusals[reason].en;
	return err_set(err, ERR_INPUT, "%.*s", (int)(why.len > 180 ? 180 : why.len), why.at);
}

/* The first sheet in sight from ${from} on that has a table. */
static int
find_table(struct form_file *file, size_t from, const struct dataset *dataset, enum refusal *refusal, struct err *err)
{
	for (size_t i = from; i < file->sheet_count; i++) {
		struct form_sheet *sheet = &file->sheets[i];
		size_t head = sheet->count < HEAD_ROWS ? sheet->count : HEAD_ROWS;

		if (sheet->hidden || sheet->count == 0)
			continue;
		layout_fini(&file->layout);
		file->layout = (struct layout){ 0 };
		if (layout_find(&file->layout, sheet->rows, head, dataset, NULL, NULL, file->date1904, err) != 0)
			return -1;
		if (file->layout.found || file->layout.refusal == REFUSED_NO_PERSON) {
			file->sheet = i;
			*refusal = REFUSED_NO;
			return 0;
		}
		*refusal = file->layout.refusal;
	}
	if (*refusal == REFUSED_NO)
		*refusal = REFUSED_EMPTY;
	return 0;
}

uint16_t
form_file_of_sources(const struct sources *sources, struct text key)
{
	uint16_t field = FIELD_NONE;

	for (size_t i = 0; i < sources->count; i++) {
		const struct source *source = &sources->at[i];

		for (size_t k = 0; k < source->header_count; k++) {
			if (!text_eq(source->headers[k].header, key))
				continue;
			if (source->headers[k].field == FIELD_NONE
			    || (field != FIELD_NONE && field != source->headers[k].field))
				return FIELD_NONE;
			field = source->headers[k].field;
		}
	}
	return field;
}

/* What the columns ask. */
static int
read_columns(struct form_file *file, const struct terms *terms, const struct sources *sources, struct err *err)
{
	const struct layout *layout = &file->layout;
	struct form_column *columns = arena_take(&file->arena, (layout->column_count + 1) * sizeof(*columns));

	if (columns == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the columns of a form");
	for (size_t i = 0; i < layout->column_count; i++) {
		const struct layout_column *from = &layout->columns[i];
		struct form_column *column = &columns[file->form.count];
		size_t size = from->header.len * 3 + 64;
		char *key = arena_take(&file->arena, size);

		if (from->state == COLUMN_BLANK)
			continue;
		if (key == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the columns of a form");
		*column = (struct form_column){ .column = from->column,
			.header = from->header,
			.key = { key, header_fold(from->header, key, size) },
			.field = FIELD_NONE };
		if (from->state == COLUMN_BOUND || from->state == COLUMN_RIVAL) {
			column->use = FORM_FIELD;
			column->field = from->field;
		} else if (strcmp(from->why, "must not be read") == 0)
			column->use = FORM_NEVER;
		else if ((column->derive = terms_header(terms, column->key)) != NULL)
			column->use = FORM_DERIVED;
		else if (from->state == COLUMN_IGNORED)
			column->use = FORM_REMARK;
		else {
			column->field = form_file_of_sources(sources, column->key);
			column->use = column->field == FIELD_NONE ? FORM_UNKNOWN : FORM_FIELD;
		}
		for (size_t k = 0; k < layout->binding.column_count && column->use == FORM_FIELD; k++) {
			if (layout->binding.columns[k].column == from->column) {
				column->month_only = layout->binding.columns[k].month_only;
				column->whether = layout->binding.columns[k].whether;
			}
		}
		file->form.count++;
	}
	file->form.columns = columns;
	return 0;
}

static int
read_rows(struct form_file *file, struct sandbox *sandbox, struct command *command, int fd, enum refusal *refusal,
    struct err *err)
{
	struct growing growing = { .file = file };
	struct reader_limits limits;
	struct rows rows;
	int socket, result = -1;

	growing.rows = arena_take(&file->arena, FORM_ROWS_MAX * sizeof(*growing.rows));
	if (growing.rows == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a form");
	settings_limits(&command->settings, &limits);
	socket = sandbox_read(sandbox, fd, &limits, false, err);
	if (socket >= 0 && rows_init(&rows, socket, (int)(command->settings.wait_s * 1000), err) == 0) {
		result = receive(&growing, &rows, err);
		rows_fini(&rows);
	}
	if (socket >= 0)
		close(socket);
	if (result == 0 && growing.too_many)
		file->refusal = REFUSED_LIMIT_ROWS;
	if (result == 0 && growing.too_many)
		result = err_set(err, ERR_INPUT, "%s",
		    say(command, "行数太多，不像是空白表单", "the file has too many rows for a blank form"));
	*refusal = growing.refusal;
	return result;
}

int
form_file_read_by(struct form_file *file, struct sandbox *sandbox, struct command *command,
    const struct definitions *definitions, const struct terms *terms, const char *path, struct err *err)
{
	enum refusal refusal = REFUSED_NO;
	int fd, result;

	*file = (struct form_file){ .page = command->page };
	arena_init(&file->arena, FORM_ARENA_MAX);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_INPUT, "%s", say(command, "打不开表单文件", "cannot open the form"));
	result = sha256_fd(fd, &file->sha256, err);
	if (result == 0)
		result = read_rows(file, sandbox, command, fd, &refusal, err);
	close(fd);
	if (result == 0 && refusal == REFUSED_NO)
		result = file->page ? form_page_find(file, definitions, terms, &refusal, err)
				    : find_table(file, 0, definitions->dataset, &refusal, err);
	if (result == 0 && refusal != REFUSED_NO) {
		file->refusal = refusal;
		result = refuse(command, definitions->dataset, refusal, err);
	}
	return result == 0 && !file->page ? read_columns(file, terms, definitions->sources, err) : result;
}

int
form_file_read(struct form_file *file, struct command *command, const struct definitions *definitions,
    const struct terms *terms, const char *path, struct err *err)
{
	struct sandbox *sandbox;
	int result;

	*file = (struct form_file){ 0 };
	if (sandbox_start(&sandbox, err) != 0)
		return -1;
	result = form_file_read_by(file, sandbox, command, definitions, terms, path, err);
	sandbox_stop(sandbox);
	return result;
}

int
form_file_next(struct form_file *file, const struct definitions *definitions, const struct terms *terms, struct err *err)
{
	enum refusal refusal = REFUSED_NO;

	if (find_table(file, file->sheet + 1, definitions->dataset, &refusal, err) != 0)
		return -1;
	if (refusal != REFUSED_NO)
		return 0;
	file->form = (struct form){ 0 };
	return read_columns(file, terms, definitions->sources, err) == 0 ? 1 : -1;
}

void
form_file_close(struct form_file *file)
{
	layout_fini(&file->layout);
	arena_fini(&file->arena);
}

/* Characters that are wide enough for most values of a field. */
static unsigned
usual_width(const struct dataset *dataset, const struct field *field)
{
	if (field->number == dataset->roles.school_name)
		return 26;
	switch (field->type) {
	case FIELD_ID_NO:
	case FIELD_STUDENT_NO:
		return 21;
	case FIELD_ADDRESS:
		return 44;
	case FIELD_DATE:
	case FIELD_PHONE:
	case FIELD_SCHOOL_CODE:
		return 13;
	default:
		return 9;
	}
}

/* What a row of the sheet with the table is. A text alone under the table is a note or a signature; a number alone counts a row of it. */
static enum plain_row
plain_row(const struct form_file *file, const struct row *row)
{
	size_t texts = 0, others = 0;

	if (row->row_no <= file->layout.header_last)
		return row->row_no >= file->layout.header_first ? PLAIN_HEAD : PLAIN_BESIDE;
	for (uint32_t i = 0; i < row->count; i++) {
		struct text text = text_trim(row->cells[i].text);

		texts += text.len > 0 && !text_is_digits(text);
		others += text.len > 0 && text_is_digits(text);
	}
	return texts == 1 && others == 0 ? PLAIN_BESIDE : PLAIN_TABLE;
}

/* The sheet with the table: it is given lines, and a first row to be written in where it has none. */
static int
convert_table(const struct form_file *file, struct plain_xlsx *book, const struct dataset *dataset, struct err *err)
{
	const struct form_sheet *sheet = &file->sheets[file->sheet];
	const struct form *form = &file->form;
	uint32_t first = file->layout.header_last + 1;
	size_t from = form->count == 0 ? 0 : form->columns[0].column;
	size_t end = form->count == 0 ? 0 : form->columns[form->count - 1].column + 1;
	bool begun = false;

	for (size_t i = 0; i < sheet->count; i++) {
		const struct row *row = &sheet->rows[i];

		if (!begun && row->row_no > first
		    && plain_xlsx_row(book, first, NULL, 0, PLAIN_TABLE, from, end, false, err) != 0)
			return -1;
		begun = begun || row->row_no >= first;
		if (plain_xlsx_row(
			book, row->row_no, row->cells, row->count, plain_row(file, row), from, end, file->date1904, err)
		    != 0)
			return -1;
	}
	for (size_t i = 0; i < form->count; i++) {
		const struct form_column *column = &form->columns[i];

		plain_xlsx_wide(book, column->column,
		    column->use == FORM_FIELD ? usual_width(dataset, &dataset->fields[column->field]) : 9);
	}
	return begun ? 0 : plain_xlsx_row(book, first, NULL, 0, PLAIN_TABLE, from, end, false, err);
}

int
form_file_convert(const struct form_file *file, const struct dataset *dataset, const char *path, const char *scratch,
    struct text date, struct err *err)
{
	struct plain_xlsx *book;
	int result = plain_xlsx_begin(&book, path, scratch, date, err);

	for (size_t i = 0; i < file->sheet_count && result == 0; i++) {
		const struct form_sheet *sheet = &file->sheets[i];

		if (sheet->hidden)
			continue;
		result = plain_xlsx_sheet(book, sheet->name, err);
		if (result == 0 && i == file->sheet && !file->page) {
			result = convert_table(file, book, dataset, err);
			continue;
		}
		for (size_t k = 0; k < sheet->count && result == 0; k++)
			result = plain_xlsx_row(book, sheet->rows[k].row_no, sheet->rows[k].cells, sheet->rows[k].count,
			    PLAIN_BESIDE, 0, 0, file->date1904, err);
	}
	if (result == 0)
		return plain_xlsx_end(book, err);
	plain_xlsx_abort(book);
	return -1;
}
