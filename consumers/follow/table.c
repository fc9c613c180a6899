/*
 * table.c - see table.h. The lines are read twice: for their names, then for their values.
 */
#include "consumers/follow/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/record/flat_json.h"

#define OUT_BYTES ((size_t)256 * 1024)
#define CELL_BYTES_MAX ((size_t)16 * 1024 * 1024)

struct column {
	char *name;
	size_t name_len;
	unsigned group; /* 0: none of the dataset, in the first line; 1: a field; 2: other */
	size_t order;   /* in its group */
};

struct table {
	struct column *columns;
	size_t count, room;
	size_t *sorted; /* by place in the file: which column */
	const struct dataset *dataset;
	table_cell *cell;
	struct text *values; /* of one line, by column; at NULL: none */
	enum flat_kind *kinds;
	struct buffer out, text;
	int fd;
};

static struct text
column_name(const struct column *column)
{
	return (struct text){ column->name, column->name_len };
}

/* The column of ${name}; SIZE_MAX when there is none. ${guess} is where it stands if all lines have the same names. */
static size_t
find_column(const struct table *table, struct text name, size_t guess)
{
	for (size_t i = 0; i < table->count; i++) {
		size_t at = (guess + i) % table->count;

		if (text_eq(column_name(&table->columns[at]), name))
			return at;
	}
	return SIZE_MAX;
}

static int
add_column(struct table *table, struct text name, bool first_line, struct err *err)
{
	const struct field *field = table->dataset == NULL ? NULL : dataset_field(table->dataset, name);
	struct column *column;

	if (table->count == TABLE_COLUMNS_MAX)
		return err_set(err, ERR_INPUT, "the lines have more than %d names", TABLE_COLUMNS_MAX);
	if (table->count == table->room) {
		size_t room = table->room * 2 + 64;
		struct column *grown = realloc(table->columns, room * sizeof(*grown));

		if (grown == NULL)
			return err_set(err, ERR_RETRY, "memory is short");
		table->columns = grown;
		table->room = room;
	}
	column = &table->columns[table->count];
	*column = (struct column){ .name = malloc(name.len + 1),
		.name_len = name.len,
		.group = field != NULL ? 1
		    : first_line       ? 0
				       : 2,
		.order = field != NULL ? field->number : table->count };
	if (column->name == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	memcpy(column->name, name.at, name.len);
	table->count++;
	return 0;
}

static int
learn_names(struct table *table, struct text line, bool first, struct err *err)
{
	struct flat_json json = { line, 0 };
	struct flat_member member;
	size_t guess = 0;
	int got;

	while ((got = flat_json_next(&json, &member)) == 1) {
		size_t at = table->count == 0 ? SIZE_MAX : find_column(table, member.name, guess);

		if (at == SIZE_MAX && add_column(table, member.name, first, err) != 0)
			return -1;
		guess = at == SIZE_MAX ? table->count : at + 1;
	}
	return got == 0 ? 0 : err_set(err, ERR_INPUT, "a line is no flat JSON object");
}

static int
compare_columns(const struct column *one, const struct column *other)
{
	if (one->group != other->group)
		return one->group < other->group ? -1 : 1;
	if (one->group == 2)
		return text_compare(column_name(one), column_name(other));
	return (one->order > other->order) - (one->order < other->order);
}

/* The order in the file, by insertion: most columns come in it already. */
static void
sort_columns(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		size_t at = i;

		while (at > 0 && compare_columns(&table->columns[i], &table->columns[table->sorted[at - 1]]) < 0) {
			table->sorted[at] = table->sorted[at - 1];
			at--;
		}
		table->sorted[at] = i;
	}
}

static int
write_out(struct table *table, size_t beyond, struct err *err)
{
	if (buffer_failed(&table->out))
		return err_set(err, ERR_RETRY, "memory is short");
	if (table->out.len <= beyond)
		return 0;
	if (file_write(table->fd, table->out.at, table->out.len, err) != 0)
		return -1;
	buffer_clear(&table->out);
	return 0;
}

static int
write_head(struct table *table, struct err *err)
{
	table->sorted = calloc(table->count + 1, sizeof(*table->sorted));
	table->values = calloc(table->count + 1, sizeof(*table->values));
	table->kinds = calloc(table->count + 1, sizeof(*table->kinds));
	if (table->sorted == NULL || table->values == NULL || table->kinds == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	sort_columns(table);
	buffer_string(&table->out, "\xEF\xBB\xBF");
	for (size_t i = 0; i < table->count; i++) {
		if (i > 0)
			buffer_char(&table->out, ',');
		table->cell(&table->out, column_name(&table->columns[table->sorted[i]]));
	}
	buffer_string(&table->out, "\r\n");
	return write_out(table, 0, err);
}

static int
put_cell(struct table *table, size_t column, struct err *err)
{
	struct text value = table->values[column];

	if (value.at == NULL || table->kinds[column] == FLAT_NULL)
		return 0;
	if (table->kinds[column] == FLAT_STRING && memchr(value.at, '\\', value.len) != NULL) {
		buffer_clear(&table->text);
		if (!flat_json_text(value, &table->text))
			return err_set(err, ERR_INPUT, "a line is no flat JSON object");
		value = buffer_as_text(&table->text);
	}
	if (value.len > 0)
		table->cell(&table->out, value);
	return 0;
}

static int
write_row(struct table *table, struct text line, struct err *err)
{
	struct flat_json json = { line, 0 };
	struct flat_member member;
	size_t guess = 0;
	int got;

	memset(table->values, 0, table->count * sizeof(*table->values));
	while ((got = flat_json_next(&json, &member)) == 1) {
		size_t at = find_column(table, member.name, guess);

		if (at == SIZE_MAX)
			return err_set(err, ERR_INPUT, "the lines changed while they were read");
		table->values[at] = member.kind == FLAT_TRUE ? TEXT("true")
		    : member.kind == FLAT_FALSE              ? TEXT("false")
							     : member.value;
		table->kinds[at] = member.kind;
		guess = at + 1;
	}
	if (got < 0)
		return err_set(err, ERR_INPUT, "a line is no flat JSON object");
	for (size_t i = 0; i < table->count; i++) {
		if (i > 0)
			buffer_char(&table->out, ',');
		if (put_cell(table, table->sorted[i], err) != 0)
			return -1;
	}
	buffer_string(&table->out, "\r\n");
	return write_out(table, OUT_BYTES, err);
}

/* All lines, once for their names or once for their values. */
static int
read_lines(struct table *table, FILE *file, bool names, struct err *err)
{
	char *at = NULL;
	size_t size = 0;
	ssize_t got;
	bool first = true;
	int result = 0;

	rewind(file);
	while (result == 0 && (got = getline(&at, &size, file)) > 0) {
		struct text line = { at, (size_t)got - (at[got - 1] == '\n') };

		result = names ? learn_names(table, line, first, err) : write_row(table, line, err);
		first = false;
	}
	if (result == 0 && ferror(file))
		result = err_errno(err, ERR_RETRY, "reading the lines");
	free(at);
	return result;
}

int
table_write(const char *lines, const struct dataset *dataset, table_cell *cell, const char *out, struct err *err)
{
	struct table table = { .dataset = dataset, .cell = cell, .fd = -1 };
	FILE *file = fopen(lines, "re");
	int result = -1;

	if (file == NULL)
		return err_errno(err, ERR_STOP, "%s", lines);
	buffer_init(&table.out, OUT_BYTES + 2 * CELL_BYTES_MAX);
	buffer_init(&table.text, CELL_BYTES_MAX);
	if (read_lines(&table, file, true, err) != 0 || (table.fd = file_create(out, err)) < 0)
		goto done;
	if (write_head(&table, err) == 0 && read_lines(&table, file, false, err) == 0)
		result = write_out(&table, 0, err);
	if (result == 0) {
		result = file_sync_close(table.fd, err);
		table.fd = -1;
	}
done:
	if (table.fd >= 0)
		close(table.fd);
	fclose(file);
	for (size_t i = 0; i < table.count; i++)
		free(table.columns[i].name);
	free(table.columns);
	free(table.sorted);
	free(table.values);
	free(table.kinds);
	buffer_fini(&table.out);
	buffer_fini(&table.text);
	return result;
}
