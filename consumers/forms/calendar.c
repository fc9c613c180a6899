/*
 * calendar.c - see calendar.h.
 */
#include "consumers/forms/calendar.h"

#include <stdlib.h>

#include "core/base/file.h"
#include "core/record/day.h"
#include "core/record/definition.h"
#include "core/record/source.h"

#define CALENDAR_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define FORM_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define NAME_BYTES_MAX 100

struct load {
	struct calendar *calendar;
	const struct dataset *dataset;
	const struct terms *terms;
	const char *path;
	struct faults faults;
	bool memory; /* short of it */
};

static struct text
keep(struct load *load, struct text text)
{
	struct text copy = arena_text(&load->calendar->arena, text);

	load->memory = load->memory || copy.at == NULL;
	return copy;
}

static void
read_column(struct load *load, const struct xml_element *element, struct form_column *column)
{
	struct text derive = definition_get(element, "derive");
	const struct field *field = dataset_field(load->dataset, definition_get(element, "field"));
	char *key;

	column->header = keep(load, definition_get(element, "header"));
	key = arena_take(&load->calendar->arena, column->header.len * 3 + 64);
	load->memory = load->memory || key == NULL;
	if (key != NULL)
		column->key = (struct text){ key, header_fold(column->header, key, column->header.len * 3 + 64) };
	column->field = field == NULL ? FIELD_NONE : field->number;
	column->derive = derive.len == 0 ? NULL : terms_derivation(load->terms, derive);
	column->use = field != NULL ? FORM_FIELD : column->derive != NULL ? FORM_DERIVED : FORM_UNKNOWN;
}

static void
read_form(struct load *load, const struct xml_element *root)
{
	struct registered *registered = &load->calendar->at[load->calendar->count];
	struct form_column *columns;
	struct date due;
	size_t count = 0, at = 0;

	if (!text_eq(definition_get(root, "dataset"), load->dataset->name))
		return;
	definition_check(
	    root, "name! dataset! department! due! registered! sha256! refused", "column", load->path, &load->faults);
	for (const struct xml_element *e = xml_element_child(root, "column"); e != NULL;
	     e = xml_element_next(e, "column"))
		count++;
	columns = arena_take(&load->calendar->arena, (count + 1) * sizeof(*columns));
	if (columns == NULL) {
		load->memory = true;
		return;
	}
	for (const struct xml_element *e = xml_element_child(root, "column"); e != NULL;
	     e = xml_element_next(e, "column"), at++) {
		definition_check(e, "header! field derive", "", load->path, &load->faults);
		columns[at].column = (uint16_t)at;
		read_column(load, e, &columns[at]);
	}
	*registered = (struct registered){
		.name = keep(load, definition_get(root, "name")),
		.department = keep(load, definition_get(root, "department")),
		.due = keep(load, definition_get(root, "due")),
		.registered = keep(load, definition_get(root, "registered")),
		.sha256 = keep(load, definition_get(root, "sha256")),
		.refused = definition_get(root, "refused").len > 0,
		.form = { columns, count },
	};
	if (!day_parse(registered->due, &due))
		faults_add(&load->faults, load->path, root->line, "\"due\" is a day: 2026-09-30");
	else
		registered->term = terms_of(load->terms, due).number;
	load->calendar->count++;
}

static int
by_name(const void *a, const void *b)
{
	return text_compare(((const struct registered *)a)->name, ((const struct registered *)b)->name);
}

int
calendar_load(struct calendar *calendar, const char *folder, const struct dataset *dataset, const struct terms *terms,
    schema_complain *tell, void *self, struct err *err)
{
	struct load load = { .calendar = calendar, .dataset = dataset, .terms = terms, .faults = { tell, self, err, 0 } };
	char **names = NULL, path[FILE_PATH_MAX];
	size_t count = 0;
	uint64_t digest;

	*calendar = (struct calendar){ 0 };
	arena_init(&calendar->arena, CALENDAR_BYTES_MAX);
	if (!file_exists(folder))
		return 0;
	if (file_list(folder, &names, &count, err) != 0)
		goto fail;
	calendar->at = arena_take(&calendar->arena, (count + 1) * sizeof(*calendar->at));
	load.memory = calendar->at == NULL;
	load.path = path;
	for (size_t i = 0; i < count && !load.memory; i++) {
		struct xml_definition *definition;

		if (names[i][0] == '.' || !text_ends(text_from(names[i]), TEXT(".xml")))
			continue;
		if (path_format(path, err, "%s/%s", folder, names[i]) != 0)
			goto fail;
		definition = definition_load(path, "form", &digest, &load.faults);
		if (definition != NULL)
			read_form(&load, xml_definition_root(definition));
		xml_definition_free(definition);
	}
	if (load.memory)
		(void)err_set(err, ERR_RETRY, "out of memory for the calendar of forms");
	if (load.memory || load.faults.count > 0)
		goto fail;
	free(names);
	if (calendar->count > 1)
		qsort(calendar->at, calendar->count, sizeof(*calendar->at), by_name);
	return 0;
fail:
	free(names);
	calendar_free(calendar);
	return -1;
}

void
calendar_free(struct calendar *calendar)
{
	arena_fini(&calendar->arena);
	calendar->at = NULL;
	calendar->count = 0;
}

bool
calendar_name_fits(struct text name)
{
	if (name.len == 0 || name.len > NAME_BYTES_MAX || name.at[0] == '.' || text_trim(name).len != name.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.at[i] < 0x20 || name.at[i] == 0x7F || strchr("/\\:*?\"<>|", name.at[i]) != NULL)
			return false;
	}
	return true;
}

static void
put(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, " %s=\"", name);
	buffer_xml(out, value);
	buffer_char(out, '"');
}

int
calendar_write(const char *folder, const struct registered *registered, const struct dataset *dataset, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer out;
	int result = -1;

	buffer_init(&out, FORM_BYTES_MAX);
	buffer_string(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<form");
	put(&out, "name", registered->name);
	put(&out, "dataset", dataset->name);
	put(&out, "department", registered->department);
	put(&out, "due", registered->due);
	put(&out, "registered", registered->registered);
	put(&out, "sha256", registered->sha256);
	if (registered->refused)
		put(&out, "refused", TEXT("yes"));
	buffer_string(&out, ">\n");
	for (size_t i = 0; i < registered->form.count; i++) {
		const struct form_column *column = &registered->form.columns[i];

		if (column->use == FORM_NEVER || column->use == FORM_REMARK)
			continue;
		buffer_string(&out, "\t<column");
		put(&out, "header", column->header);
		if (column->use == FORM_FIELD)
			put(&out, "field", dataset->fields[column->field].name);
		else if (column->use == FORM_DERIVED)
			put(&out, "derive", column->derive->name);
		buffer_string(&out, "/>\n");
	}
	buffer_string(&out, "</form>\n");
	if (buffer_failed(&out))
		err_set(err, ERR_INPUT, "the form has too many columns to be registered");
	else if (file_make_folder(folder, err) == 0
	    && path_format(path, err, "%s/%.*s.xml", folder, (int)registered->name.len, registered->name.at) == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}

bool
calendar_same(const struct form_column *a, const struct form_column *b)
{
	if (a->use == FORM_REMARK || a->use == FORM_NEVER || a->use != b->use)
		return false;
	switch (a->use) {
	case FORM_FIELD:
		return a->field == b->field;
	case FORM_DERIVED:
		return text_eq(a->derive->name, b->derive->name);
	default:
		return a->key.len > 0 && text_eq(a->key, b->key);
	}
}
