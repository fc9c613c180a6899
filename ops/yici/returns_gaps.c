/*
 * returns_gaps.c - a sheet of gaps (forms_diff.c) that has come back: each line asks one thing of one pupil, for one department or several.
 */
#include <stdlib.h>

#include "consumers/publish/gaps.h"
#include "ops/yici/returns.h"

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_RETRY, "out of memory for returned forms");
}

static size_t
column_called(const struct form *form, const char *header)
{
	for (size_t i = 0; i < form->count; i++) {
		if (text_eq(text_trim(form->columns[i].header), text_from(header)))
			return i;
	}
	return SIZE_MAX;
}

static size_t
column_of(const struct form *form, uint16_t field)
{
	for (size_t i = 0; i < form->count; i++) {
		if (form->columns[i].use == FORM_FIELD && form->columns[i].field == field)
			return i;
	}
	return SIZE_MAX;
}

struct unfolding {
	struct returns *returns;
	struct form_column *columns; /* the first two: name and birth date */
	struct text *owners, *forms;
	size_t count, room;
};

/* The column for that question and department; it is made where there is none yet. */
static int
add_column(struct unfolding *unfolding, const struct registered *registered, const struct form_column *asked)
{
	for (size_t i = 2; i < unfolding->count; i++) {
		if (text_eq(unfolding->columns[i].key, asked->key)
		    && text_eq(unfolding->owners[i], registered->department))
			return 0;
	}
	if (unfolding->count == unfolding->room)
		return -1;
	unfolding->columns[unfolding->count] = *asked;
	unfolding->owners[unfolding->count] = registered->department;
	unfolding->forms[unfolding->count++] = registered->name;
	return 0;
}

/* All registered forms that have a column so headed. */
static int
add_question(struct unfolding *unfolding, struct text header)
{
	const struct calendar *calendar = &unfolding->returns->forms.calendar;
	char folded[1024];
	struct text key = { folded, 0 };

	if (header.len * 3 + 64 > sizeof(folded))
		return 0;
	key.len = header_fold(header, folded, sizeof(folded));
	for (size_t i = 0; i < calendar->count; i++) {
		for (size_t k = 0; k < calendar->at[i].form.count; k++) {
			const struct form_column *asked = &calendar->at[i].form.columns[k];

			if (text_eq(asked->key, key) && add_column(unfolding, &calendar->at[i], asked) != 0)
				return -1;
		}
	}
	return 0;
}

static bool
is_asked(const struct form_column *column, struct text header)
{
	char folded[1024];

	return header.len * 3 + 64 <= sizeof(folded)
	    && text_eq(column->key, (struct text){ folded, header_fold(header, folded, sizeof(folded)) });
}

/* The line as a row of the unfolded table. */
static int
unfold_row(struct unfolding *unfolding, struct returned_row *row, const size_t from[2], size_t question, size_t answer,
    struct err *err)
{
	const struct command *command = unfolding->returns->forms.command;
	struct cell *cells = arena_take(&unfolding->returns->arena, (unfolding->count + 1) * sizeof(*cells));
	bool known = false;

	if (cells == NULL)
		return no_memory(err);
	for (size_t i = 0; i < 2; i++) {
		if (from[i] != SIZE_MAX)
			cells[i] = row->cells[from[i]];
	}
	for (size_t i = 2; i < unfolding->count; i++) {
		if (!is_asked(&unfolding->columns[i], row->cells[question].text))
			continue;
		cells[i] = row->cells[answer];
		known = true;
	}
	row->cells = cells;
	row->rejected = !known;
	if (!known)
		row->says = text_from(say(command, "已登记的表里没有这一项内容", "No registered form asks this"));
	return 0;
}

int
returns_gaps(struct returns *returns, struct returned_file *file, struct err *err)
{
	const struct roles *roles = &returns->forms.definitions.dataset->roles;
	struct returned_table *table = &file->tables[0];
	size_t question = column_called(&table->form, GAPS_QUESTION), answer = column_called(&table->form, GAPS_ANSWER);
	const size_t from[2] = { column_of(&table->form, roles->name), column_of(&table->form, roles->birth_date) };
	struct unfolding unfolding = { .returns = returns, .count = 2, .room = 2 };

	file->table_count = 1;
	if (question == SIZE_MAX || answer == SIZE_MAX || from[0] == SIZE_MAX) {
		file->refusal = TEXT("no_header");
		file->why = text_from(
		    say(returns->forms.command, "差异表的表头不全", "Headers of the sheet are missing"));
		return 0;
	}
	for (size_t i = 0; i < returns->forms.calendar.count; i++)
		unfolding.room += returns->forms.calendar.at[i].form.count;
	unfolding.columns = arena_take(&returns->arena, unfolding.room * sizeof(*unfolding.columns));
	unfolding.owners = arena_take(&returns->arena, unfolding.room * sizeof(*unfolding.owners));
	unfolding.forms = arena_take(&returns->arena, unfolding.room * sizeof(*unfolding.forms));
	if (unfolding.columns == NULL || unfolding.owners == NULL || unfolding.forms == NULL)
		return no_memory(err);
	unfolding.columns[0] = table->form.columns[from[0]];
	unfolding.columns[1] = from[1] != SIZE_MAX ? table->form.columns[from[1]]
						   : (struct form_column){ .use = FORM_REMARK, .field = FIELD_NONE };
	for (size_t i = 0; i < 2; i++)
		unfolding.owners[i] = unfolding.forms[i] = file->form;
	for (size_t i = 0; i < table->count; i++) {
		if (add_question(&unfolding, table->rows[i].cells[question].text) != 0)
			return no_memory(err);
	}
	for (size_t i = 0; i < table->count; i++) {
		if (unfold_row(&unfolding, &table->rows[i], from, question, answer, err) != 0)
			return -1;
	}
	table->form = (struct form){ unfolding.columns, unfolding.count };
	table->owners = unfolding.owners;
	table->forms = unfolding.forms;
	return 0;
}
