/*
 * form_blank.c - see form_blank.h.
 */
#include "ops/yici/form_blank.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/record/day.h"
#include "ops/yici/night.h"

#define LISTS_ARENA_MAX ((size_t)512 * 1024 * 1024)

static const struct layout_column *
column_at(const struct form_file *file, uint32_t column)
{
	return column < file->layout.column_count ? &file->layout.columns[column] : NULL;
}

/* Whether a filled cell of that column says nothing of a person: numbers of rows, the school, grade and class that somebody wrote down. */
static bool
is_setting(const struct form_blank *blank, uint32_t column, struct text text)
{
	const struct roles *roles = &blank->forms->definitions.dataset->roles;
	const struct layout_column *at = column_at(&blank->file, column);

	if (at == NULL || at->state == COLUMN_BLANK)
		return false;
	if (at->state == COLUMN_IGNORED)
		return text_is_digits(text);
	return at->field != FIELD_NONE
	    && (at->field == roles->school_code || at->field == roles->school_name || at->field == roles->grade
		|| at->field == roles->class_name);
}

static enum fill_kind
kind_of(const struct form_blank *blank, const struct row *row, bool *lone)
{
	enum row_role role = layout_classify(&blank->file.layout, row);
	const struct roles *roles = &blank->forms->definitions.dataset->roles;
	bool setting = true, person = false;
	size_t filled = 0;

	for (uint32_t i = 0; i < row->count; i++) {
		struct text text = text_trim(row->cells[i].text);
		const struct layout_column *at = column_at(&blank->file, i);

		if (text.len == 0)
			continue;
		filled++;
		setting = setting && is_setting(blank, i, text);
		person = person
		    || (at != NULL && at->field != FIELD_NONE
			&& (at->field == roles->name || at->field == roles->id_no || at->field == roles->student_no));
	}
	*lone = filled == 1;
	if (role == ROW_EXAMPLE)
		return FILL_TAKEN;
	if (role == ROW_TOTAL || role == ROW_FOOTER || role == ROW_TITLE)
		return FILL_END;
	if (setting)
		return FILL_PREPARED;
	return role == ROW_DATA && person ? FILL_TAKEN : FILL_NOTE;
}

/* The first example of each column, or what a row of notes says of how to fill it in. */
static void
take_samples(struct form_blank *blank, const struct row *row, bool notes, struct fill_sample *samples)
{
	const struct form *form = &blank->file.form;

	for (size_t i = 0; i < form->count; i++) {
		uint32_t column = form->columns[i].column;

		if (column >= row->count || (notes ? samples[i].hint : samples[i].text).len > 0)
			continue;
		if (notes) {
			samples[i].hint = text_trim(row->cells[column].text);
			continue;
		}
		samples[i].text = text_trim(row->cells[column].text);
		samples[i].as_text = row->cells[column].kind == CELL_TEXT;
	}
}

static int
read_rows(struct form_blank *blank, struct err *err)
{
	struct form_file *file = &blank->file;
	const struct form_sheet *sheet = &file->sheets[file->sheet];
	struct fill_row *rows = arena_take(&file->arena, (sheet->count + 1) * sizeof(*rows));
	struct fill_sample *samples = arena_take(&file->arena, (file->form.count + 1) * sizeof(*samples));
	size_t count = 0;

	if (rows == NULL || samples == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the rows of a form");
	for (size_t i = 0; i < sheet->count && !file->page; i++) {
		const struct row *row = &sheet->rows[i];

		if (row->row_no <= file->layout.header_last)
			continue;
		rows[count].row_no = row->row_no;
		rows[count].kind = kind_of(blank, row, &rows[count].lone);
		if (rows[count].kind == FILL_TAKEN || (rows[count].kind == FILL_NOTE && !rows[count].lone))
			take_samples(blank, row, rows[count].kind == FILL_NOTE, samples);
		count++;
	}
	blank->plan.rows = rows;
	blank->plan.row_count = count;
	blank->plan.samples = samples;
	return 0;
}

/* "Sheet2!$A$1:$A$9", "'代码 表'!A1:A9", "$A$1:$A$9": the texts there. Names of ranges are not followed. */
static const struct text *
list_range(void *self, struct text range, size_t *count)
{
	struct form_blank *blank = self;
	const struct form_sheet *sheet = &blank->file.sheets[blank->file.sheet];
	size_t bang = range.len, colon, most = 0;
	struct text name, first, last, *words;
	uint32_t left, top, right, bottom;

	*count = 0;
	while (bang > 0 && range.at[bang - 1] != '!')
		bang--;
	name = (struct text){ range.at, bang > 0 ? bang - 1 : 0 };
	if (name.len >= 2 && name.at[0] == '\'' && name.at[name.len - 1] == '\'')
		name = (struct text){ name.at + 1, name.len - 2 };
	if (name.len > 0) {
		sheet = NULL;
		for (size_t i = 0; i < blank->file.sheet_count && sheet == NULL; i++) {
			if (text_eq(text_trim(blank->file.sheets[i].name), text_trim(name)))
				sheet = &blank->file.sheets[i];
		}
	}
	first = last = (struct text){ range.at + bang, range.len - bang };
	colon = text_find(first, TEXT(":"));
	if (colon != SIZE_MAX) {
		last = (struct text){ first.at + colon + 1, first.len - colon - 1 };
		first.len = colon;
	}
	if (sheet == NULL || !fill_place(first, &left, &top) || !fill_place(last, &right, &bottom))
		return NULL;
	for (size_t i = 0; i < sheet->count; i++)
		most += sheet->rows[i].count;
	words = arena_take(&blank->lists, (most + 1) * sizeof(*words));
	for (size_t i = 0; words != NULL && i < sheet->count; i++) {
		const struct row *row = &sheet->rows[i];

		for (uint32_t k = left; row->row_no >= top && row->row_no <= bottom && k <= right && k < row->count;
		     k++) {
			struct text word = text_trim(row->cells[k].text);

			if (word.len > 0)
				words[(*count)++] = word;
		}
	}
	return words;
}

/* The day that ages are reckoned for: as said, or that of the last run. */
static int
find_day(const struct forms *forms, struct date *day, struct err *err)
{
	const struct command *command = forms->command;
	char text[11];

	if (command->date != NULL)
		return night_date(command, day)
		    ? 0
		    : err_set(
			err, ERR_STOP, "%s", say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	if (forms_last_run(command, forms->data, text, NULL, err) != 0)
		return -1;
	return day_parse(text_from(text), day) ? 0 : err_set(err, ERR_STOP, "the last run has no day");
}

/* A form in another format is made a workbook first, and read again. */
static int
convert(struct form_blank *blank, char path[FILE_PATH_MAX], struct err *err)
{
	struct forms *forms = blank->forms;
	char day[11];

	day_write(blank->plan.today, day);
	if (file_private_folder(blank->spool, err) != 0 || path_format(path, err, "%s/form.xlsx", blank->spool) != 0
	    || form_file_convert(&blank->file, forms->definitions.dataset, path, blank->spool, text_from(day), err) != 0)
		return -1;
	form_file_close(&blank->file);
	return form_file_read(&blank->file, forms->command, &forms->definitions, forms->terms, path, err);
}

static int
open_book(struct form_blank *blank, const char *path, struct err *err)
{
	struct stat stat;

	blank->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (blank->fd < 0 || fstat(blank->fd, &stat) != 0)
		return err_errno(err, ERR_INPUT, "cannot open the form");
	blank->size = (uint64_t)stat.st_size;
	return 0;
}

int
form_blank_plan(struct form_blank *blank, struct err *err)
{
	const struct forms *forms = blank->forms;
	const struct form_sheet *sheet = &blank->file.sheets[blank->file.sheet];

	if (package_open(&blank->package, blank->fd, blank->size, sheet->name, err) != 0)
		return -1;
	blank->plan.package = &blank->package;
	blank->plan.dataset = forms->definitions.dataset;
	blank->plan.terms = forms->terms;
	blank->plan.form = &blank->file.form;
	blank->plan.answers = blank->asked.answers;
	blank->plan.header_last = blank->file.layout.header_last;
	blank->plan.list = list_range;
	blank->plan.self = blank;
	blank->plan.lock = forms->command->lock;
	return fill_open(&blank->fill, &blank->plan, err);
}

int
form_blank_open(struct form_blank *blank, struct forms *forms, struct forms_grant *grant, struct err *err)
{
	struct command *command = forms->command;
	const char *path = command->words[2];
	char converted[FILE_PATH_MAX];

	*blank = (struct form_blank){ .forms = forms, .fd = -1 };
	arena_init(&blank->lists, LISTS_ARENA_MAX);
	if (find_day(forms, &blank->plan.today, err) != 0
	    || form_file_read(&blank->file, command, &forms->definitions, forms->terms, path, err) != 0)
		return -1;
	sha256_hex(&blank->file.sha256, blank->sha256);
	if (blank->file.format != FORMAT_XLSX) {
		if (convert(blank, converted, err) != 0)
			return -1;
		path = converted;
	}
	if (forms_count_roughly(forms, err) != 0
	    || asked_judge(&blank->asked, &blank->file.form, forms->terms, &forms->census, &forms->calendar,
		   forms_name(command->words[2]), 0, err)
		!= 0)
		return -1;
	if (command->grant != NULL) {
		if (forms_grant_open(grant, forms, &blank->file.form, blank->asked.answers, err) != 0)
			return -1;
		blank->plan.granted = grant->granted;
	}
	return open_book(blank, path, err) == 0 ? read_rows(blank, err) : -1;
}

int
form_blank_close(struct form_blank *blank, struct err *err)
{
	int result = blank->spool[0] != '\0' ? file_remove_all(blank->spool, err) : 0;

	fill_close(blank->fill);
	package_close(&blank->package);
	asked_fini(&blank->asked);
	form_file_close(&blank->file);
	arena_fini(&blank->lists);
	if (blank->fd >= 0)
		close(blank->fd);
	return result;
}
