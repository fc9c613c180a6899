/*
 * returns.c - see returns.h: finding the workbooks, reading them through the sandbox, which form each is, and putting them away. What their rows say
 * is in returns_judge.c.
 */
#include "ops/yici/returns.h"

#include <stdlib.h>
#include <time.h>

#include "core/program/log.h"
#include "core/record/day.h"
#include "ops/yici/form_file.h"
#include "producers/collect/inbox.h"
#include "producers/readers/reader.h"

#define ARENA_MAX ((size_t)1 << 30)
#define TAKE_BYTES_MAX ((size_t)256 << 20) /* of rows in a night; what is left waits */
#define TAKEN_BYTES_MAX ((size_t)1 << 30)
#define KNOWN_SHARE 80 /* per cent of a file's columns that a registered form must have to be it */
#define DAYS_1904 1462
#define DAYS_TO_1970 25569

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_RETRY, "out of memory for returned forms");
}

/* ---- rows ---- */

static const struct layout_column *
column_at(const struct form_file *file, size_t column)
{
	return column < file->layout.column_count ? &file->layout.columns[column] : NULL;
}

/* Whether a row says something of a person: not an example, totals, notes, or a row that only waits for one. */
static bool
is_data(const struct form_file *file, const struct roles *roles, const struct row *row)
{
	enum row_role role = layout_classify(&file->layout, row);
	bool person = false;
	size_t filled = 0;

	for (uint32_t i = 0; i < row->count; i++) {
		const struct layout_column *at = column_at(file, i);
		struct text text = text_trim(row->cells[i].text);

		if (text.len == 0 || at == NULL)
			continue;
		filled++;
		person = person
		    || (at->field != FIELD_NONE
			&& (at->field == roles->name || at->field == roles->id_no || at->field == roles->student_no));
	}
	if (role == ROW_DATA)
		return person || filled > 2;
	return role == ROW_NOTE && person && filled > 1;
}

/* A day of the spreadsheet's calendar as one of ours; anything else as it is. */
static struct text
shown(const struct cell *cell, bool date1904, struct arena *arena)
{
	struct text text = text_trim(cell->text);
	uint64_t number;
	char day[11];

	if (cell->kind == CELL_UNSAVED || cell->kind == CELL_ERROR)
		return (struct text){ "", 0 };
	if (cell->kind != CELL_DATE || !text_to_u64(text, &number) || number == 0 || number > 100000)
		return arena_text(arena, text);
	day_write(day_date((int32_t)number - DAYS_TO_1970 + (date1904 ? DAYS_1904 : 0)), day);
	return arena_text(arena, text_from(day));
}

static int
keep_row(struct returns *returns, const struct form_file *file, const struct row *row, struct returned_table *table,
    struct err *err)
{
	struct cell *cells = arena_take(&returns->arena, (table->form.count + 1) * sizeof(*cells));

	for (size_t i = 0; cells != NULL && i < table->form.count; i++) {
		uint16_t column = table->form.columns[i].column;

		if (column >= row->count)
			continue;
		cells[i].kind = row->cells[column].kind;
		cells[i].text = shown(&row->cells[column], file->date1904, &returns->arena);
		if (cells[i].text.at == NULL)
			return no_memory(err);
	}
	if (cells == NULL)
		return no_memory(err);
	table->rows[table->count++] = (struct returned_row){ .row_no = row->row_no, .cells = cells };
	return 0;
}

static int
copy_columns(struct returns *returns, const struct form *form, struct form *copy, struct err *err)
{
	struct form_column *columns = arena_take(&returns->arena, (form->count + 1) * sizeof(*columns));

	if (columns == NULL)
		return no_memory(err);
	for (size_t i = 0; i < form->count; i++) {
		columns[i] = form->columns[i];
		columns[i].header = arena_text(&returns->arena, form->columns[i].header);
		columns[i].key = arena_text(&returns->arena, form->columns[i].key);
		if (columns[i].header.at == NULL || columns[i].key.at == NULL)
			return no_memory(err);
	}
	*copy = (struct form){ columns, form->count };
	return 0;
}

/* The table at hand. */
static int
keep_table(struct returns *returns, struct returned_file *to, const struct form_file *file, struct err *err)
{
	const struct form_sheet *sheet = &file->sheets[file->sheet];
	const struct roles *roles = &returns->forms.definitions.dataset->roles;
	struct returned_table *table = &to->tables[to->table_count++];

	*table = (struct returned_table){ .sheet = arena_text(&returns->arena, sheet->name) };
	table->rows = arena_take(&returns->arena, (sheet->count + 1) * sizeof(*table->rows));
	if (table->rows == NULL || table->sheet.at == NULL)
		return no_memory(err);
	if (copy_columns(returns, &file->form, &table->form, err) != 0)
		return -1;
	for (size_t i = 0; i < sheet->count; i++) {
		const struct row *row = &sheet->rows[i];

		if (row->row_no <= file->layout.header_last)
			continue;
		to->rows++;
		if (!is_data(file, roles, row) || row->flags != 0)
			to->set_aside++;
		else if (keep_row(returns, file, row, table, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- which form ---- */

static bool
has_key(const struct form *form, struct text key)
{
	for (size_t i = 0; i < form->count; i++) {
		if (text_eq(form->columns[i].key, key))
			return true;
	}
	return false;
}

/* How many columns the registered form and the table have in common; 0 when it is another form. */
static size_t
likeness(const struct registered *one, const struct form *form)
{
	size_t common = 0, asked = 0;

	for (size_t i = 0; i < form->count; i++)
		asked += form->columns[i].use != FORM_REMARK && form->columns[i].use != FORM_NEVER;
	for (size_t i = 0; i < one->form.count; i++)
		common += has_key(form, one->form.columns[i].key);
	return common == one->form.count && common * 100 >= asked * KNOWN_SHARE ? common : 0;
}

/* By its mark, else by its headers; NULL: nobody registered it. */
static const struct registered *
find_registered(const struct returns *returns, const struct returned_file *file)
{
	const struct calendar *calendar = &returns->forms.calendar;
	const struct registered *found = NULL;
	size_t most = 0;

	for (size_t i = 0; i < calendar->count && file->marked; i++) {
		if (text_eq(calendar->at[i].sha256, file->mark.sha256))
			return &calendar->at[i];
	}
	for (size_t i = 0; i < calendar->count && file->marked; i++) {
		if (text_eq(calendar->at[i].name, file->mark.form))
			return &calendar->at[i];
	}
	for (size_t i = 0; i < calendar->count && !file->marked; i++) {
		size_t common = likeness(&calendar->at[i], &file->tables[0].form);

		if (common > most) {
			found = &calendar->at[i];
			most = common;
		}
	}
	return found;
}

static void
refuse(struct returned_file *file, const struct command *command, const char *word, const char *zh, const char *en)
{
	file->refusal = text_from(word);
	file->why = text_from(say(command, zh, en));
}

static int
tell_form(struct returns *returns, struct returned_file *file, struct err *err)
{
	const struct registered *registered;
	struct buffer words;

	file->gaps = file->marked && text_eq(file->mark.sha256, TEXT(RETURNS_GAPS));
	if (file->gaps) {
		file->form = file->owner = file->mark.form;
		file->origin = file->mark.whose;
		return returns_gaps(returns, file, err);
	}
	registered = find_registered(returns, file);
	if (registered != NULL) {
		file->form = registered->name;
		file->owner = registered->department;
	} else if (file->marked)
		file->form = file->owner = file->mark.form;
	else {
		refuse(file, returns->forms.command, "unknown_form",
		    "认不出是哪张表：没有本系统预填的标记，表头也与已登记的表不符。请先登记此表（yici forms "
		    "register），或用预填的表填写。",
		    "Which form this is cannot be told: it has no mark of ours, and its headers are of no registered "
		    "form. "
		    "Register it (yici forms register), or use the form that was filled in.");
		return 0;
	}
	if (file->marked && file->mark.whose.len > 0) {
		file->origin = file->mark.whose;
		return 0;
	}
	buffer_init(&words, FILE_PATH_MAX);
	buffer_string(&words, "file:");
	buffer_text(&words, file->arrival.file);
	file->origin = arena_text(&returns->arena, buffer_as_text(&words));
	buffer_fini(&words);
	return file->origin.at != NULL ? 0 : no_memory(err);
}

/* ---- files ---- */

static int
take_tables(struct returns *returns, struct returned_file *to, struct form_file *file, struct err *err)
{
	const struct forms *forms = &returns->forms;
	struct text *properties = arena_take(&returns->arena, (file->property_count + 1) * sizeof(*properties));
	int got = 1;

	if (properties == NULL)
		return no_memory(err);
	for (size_t i = 0; i < file->property_count; i++) {
		properties[i] = arena_text(&returns->arena, file->properties[i]);
		if (properties[i].at == NULL)
			return no_memory(err);
	}
	to->marked = mark_read(
	    properties, file->property_count, forms->command->settings.seed_number, &returns->arena, &to->mark);
	to->tables = arena_take(&returns->arena, (file->sheet_count + 1) * sizeof(*to->tables));
	if (to->tables == NULL)
		return no_memory(err);
	while (got == 1) {
		if (keep_table(returns, to, file, err) != 0)
			return -1;
		got = form_file_next(file, &forms->definitions, forms->terms, err);
	}
	return got < 0 ? -1 : tell_form(returns, to, err);
}

static int
read_file(struct returns *returns, struct returned_file *to, struct sandbox *sandbox, struct err *err)
{
	struct forms *forms = &returns->forms;
	struct form_file file;
	int result = form_file_read_by(
	    &file, sandbox, forms->command, &forms->definitions, forms->terms, to->arrival.path, err);

	to->sha256 = file.sha256;
	if (result == 0)
		result = take_tables(returns, to, &file, err);
	else if (err->kind == ERR_INPUT) {
		to->refusal = file.refusal != REFUSED_NO ? text_from(refusal_name(file.refusal)) : TEXT("not_a_form");
		to->why = arena_text(&returns->arena, text_from(err->what));
		result = to->why.at != NULL ? 0 : no_memory(err);
	}
	form_file_close(&file);
	return result;
}

static int
find_files(struct returns *returns, const char *data, struct err *err)
{
	char folder[FILE_PATH_MAX], path[FILE_PATH_MAX];
	const struct command *command = returns->forms.command;
	struct timespec now;
	struct inbox inbox;
	int result = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	if (path_format(folder, err, "%s/inbox", data) != 0
	    || inbox_list(&inbox, folder, (unsigned)command->settings.settle_s,
		   (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, err)
		!= 0)
		return -1;
	returns->at = calloc(inbox.count + 1, sizeof(*returns->at));
	if (returns->at == NULL)
		result = no_memory(err);
	for (size_t i = 0; i < inbox.count && result == 0; i++) {
		const struct inbox_file *found = &inbox.files[i];
		struct returned_file *file = &returns->at[returns->count];

		if (!text_eq(found->source, TEXT(RETURNS_FOLDER))
		    || (found->state != INBOX_READY && found->state != INBOX_REFUSED))
			continue;
		result = path_format(path, err, "%s/%s", folder, found->path);
		if (result != 0)
			break;
		*file = (struct returned_file){
			.arrival = { .path = arena_text(&returns->arena, (struct text){ path, strlen(path) + 1 }).at,
			    .file = arena_text(&returns->arena, found->name),
			    .stamp = found->stamp }
		};
		if (file->arrival.path == NULL || file->arrival.file.at == NULL)
			result = no_memory(err);
		if (found->state == INBOX_REFUSED) {
			file->refusal = text_from(refusal_name(found->refusal));
			file->why = file->refusal;
		}
		returns->count++;
	}
	inbox_fini(&inbox);
	return result;
}

/* Whether that content was taken: by earlier nights, or as an earlier file of this one. */
static bool
is_known(const struct returns *returns, size_t at)
{
	const struct returned_file *file = &returns->at[at];
	struct text taken = buffer_as_text(&returns->taken);
	char hex[65];

	for (size_t i = 0; i < at; i++) {
		if (memcmp(&returns->at[i].sha256, &file->sha256, sizeof(file->sha256)) == 0
		    && returns->at[i].table_count > 0)
			return true;
	}
	sha256_hex(&file->sha256, hex);
	return text_find(taken, text_from(hex)) != SIZE_MAX;
}

static int
read_files(struct returns *returns, struct err *err)
{
	struct sandbox *sandbox;
	int result = 0;

	if (sandbox_start(&sandbox, err) != 0)
		return -1;
	for (size_t i = 0; i < returns->count && result == 0; i++) {
		struct returned_file *file = &returns->at[i];

		if (returns->arena.taken > TAKE_BYTES_MAX) {
			log_line(LOG_INFO, "forms waiting=%zu", returns->count - i);
			returns->count = i;
			break;
		}
		if (file->refusal.len == 0)
			result = read_file(returns, file, sandbox, err);
		if (result != 0)
			break;
		file->again = file->table_count > 0 && is_known(returns, i);
		if (file->again)
			file->table_count = 0;
		returns->fresh = returns->fresh || !file->again;
		log_line(LOG_INFO, "forms rows=%llu marked=%s reason=%.*s", (unsigned long long)file->rows,
		    file->marked ? "yes" : "no",
		    (int)(file->again               ? 13
			    : file->refusal.len > 0 ? file->refusal.len
						    : 4),
		    file->again                 ? "already_taken"
			: file->refusal.len > 0 ? file->refusal.at
						: "none");
	}
	sandbox_stop(sandbox);
	return result;
}

static int
load_older(struct returns *returns, const struct state *state, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (state->current[0] == '\0')
		return 0;
	if (state_path(state, path, SAID_FILE, err) != 0 || said_load(path, &returns->arena, &returns->older, err) != 0
	    || state_path(state, path, RETURNS_TAKEN, err) != 0)
		return -1;
	return file_exists(path) ? file_read_all(path, &returns->taken, err) : 0;
}

int
returns_take(struct returns *returns, struct command *command, const char *data, const struct state *state, bool bus,
    struct err *err)
{
	struct err why = { 0 };

	*returns = (struct returns){ .forms = { .command = command } };
	arena_init(&returns->arena, ARENA_MAX);
	buffer_init(&returns->taken, TAKEN_BYTES_MAX);
	if (load_older(returns, state, err) != 0 || find_files(returns, data, err) != 0)
		return -1;
	if (returns->count == 0 && returns->older.count == 0)
		return 0;
	if (!bus && !settings_outlet(&command->settings, "jsonl")) {
		log_line(LOG_WARNING, "forms files=%zu reason=no_jsonl", returns->count);
		returns->count = 0;
		return 0;
	}
	returns->open = forms_open(&returns->forms, command, data, &why) == 0
	    && forms_sources(&returns->forms, &why) == 0;
	if (!returns->open) { /* broken definitions of forms are no reason to have no night; the files wait */
		log_line(LOG_WARNING, "forms files=%zu reason=definitions", returns->count);
		returns->count = 0;
		return 0;
	}
	return read_files(returns, err);
}

int
returns_put_away(const struct returns *returns, const char *data, struct text run, struct err *err)
{
	for (size_t i = 0; i < returns->count; i++) {
		if (files_move_arrival(data, run, &returns->at[i].arrival, returns->at[i].refusal, err) != 0)
			return -1;
	}
	return 0;
}

void
returns_free(struct returns *returns)
{
	if (returns->forms.data != NULL)
		forms_close(&returns->forms);
	free(returns->at);
	buffer_fini(&returns->taken);
	arena_fini(&returns->arena);
	*returns = (struct returns){ 0 };
}
