/*
 * addressed.c - see addressed.h.
 */
#include "ops/yici/addressed.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "consumers/publish/snapshot.h"
#include "core/record/flat_json.h"
#include "core/store/state.h"

#define NAMES_BYTES_MAX ((size_t)1 << 24)

struct head {
	struct text school, grade, class_name, name;
};

struct addressed {
	const struct forms *forms;
	struct command command; /* the same for the folder of teachers */
	struct forms teachers;
	bool opened;
	struct head *heads; /* by school, grade, class, name */
	size_t head_count;
	struct arena arena;
	struct buffer names, list, word;
};

static struct text
value_of(struct addressed *addressed, struct text line, uint16_t field)
{
	const struct dataset *dataset = addressed->teachers.definitions.dataset;

	if (field == FIELD_NONE || !flat_json_string(line, dataset->fields[field].name, &addressed->word))
		return (struct text){ "", 0 };
	return arena_text(&addressed->arena, buffer_as_text(&addressed->word));
}

static int
by_place(const void *a, const void *b)
{
	const struct head *left = a, *right = b;
	int order = text_compare(left->school, right->school);

	if (order == 0)
		order = text_compare(left->grade, right->grade);
	if (order == 0)
		order = text_compare(left->class_name, right->class_name);
	return order != 0 ? order : text_compare(left->name, right->name);
}

/* Those who are head teachers now. */
static int
take_heads(struct addressed *addressed, const struct pupils *people, struct err *err)
{
	const struct address *address = &addressed->teachers.terms->address;

	addressed->heads = arena_take(&addressed->arena, (people->count + 1) * sizeof(*addressed->heads));
	if (addressed->heads == NULL)
		return err_set(err, ERR_RETRY, "out of memory for head teachers");
	for (size_t i = 0; i < people->count; i++) {
		struct text line = people->at[i].line;
		struct head head;

		if (!text_eq(value_of(addressed, line, address->when), address->is))
			continue;
		head = (struct head){ value_of(addressed, line, address->school),
			value_of(addressed, line, address->grade), value_of(addressed, line, address->class_name),
			value_of(addressed, line, address->name) };
		if (head.name.at == NULL || head.class_name.at == NULL || head.grade.at == NULL
		    || head.school.at == NULL)
			return err_set(err, ERR_RETRY, "out of memory for head teachers");
		if (head.name.len > 0 && head.class_name.len > 0)
			addressed->heads[addressed->head_count++] = head;
	}
	if (addressed->head_count > 1)
		qsort(addressed->heads, addressed->head_count, sizeof(*addressed->heads), by_place);
	return 0;
}

/* The people of the other folder, whatever dataset it holds. */
static int
load_heads(struct addressed *addressed, const char *folder, struct err *err)
{
	struct command *command = &addressed->command;
	const struct pupil_filter all = { .schools = NULL };
	struct pupils people = { 0 };
	struct state state;
	char word[100];
	struct text name;
	int result;

	*command = *addressed->forms->command;
	command->page = false;
	if (state_open(&state, folder, err) != 0)
		return -1;
	name = state_holds(&state, word);
	state_close(&state);
	if (name.len == 0)
		return err_set(err, ERR_INPUT, "%s",
		    say(command, "教师数据文件夹还没有汇总过", "there was no run yet in the folder of teachers"));
	snprintf(command->settings.dataset, sizeof(command->settings.dataset), "%.*s", (int)name.len, name.at);
	addressed->opened = true;
	if (forms_open(&addressed->teachers, command, folder, err) != 0)
		return -1;
	if (addressed->teachers.terms->address.name == FIELD_NONE)
		return err_set(err, ERR_STOP, "%s_forms.xml says nobody's forms are addressed: it has no <address>",
		    command->settings.dataset);
	result = pupils_load(&people, &addressed->teachers, &all, err);
	if (result == 0)
		result = take_heads(addressed, &people, err);
	pupils_close(&people);
	return result;
}

int
addressed_open(struct addressed **made, const struct forms *forms, struct err *err)
{
	const struct command *command = forms->command;
	const char *folder = command->teachers != NULL ? command->teachers : command->settings.teachers;
	struct addressed *addressed;

	*made = NULL;
	if (folder[0] == '\0' && !command->page)
		return 0;
	addressed = calloc(1, sizeof(*addressed));
	if (addressed == NULL)
		return err_set(err, ERR_RETRY, "out of memory for head teachers");
	*made = addressed;
	addressed->forms = forms;
	arena_init(&addressed->arena, SIZE_MAX / 4);
	buffer_init(&addressed->names, NAMES_BYTES_MAX);
	buffer_init(&addressed->word, NAMES_BYTES_MAX);
	buffer_init(&addressed->list, SIZE_MAX / 4);
	buffer_string(&addressed->list,
	    command->page ? "\xEF\xBB\xBF"
			    "file,school_code,school_name,name\r\n"
			  : "\xEF\xBB\xBF"
			    "file,school_code,school_name,grade,class_name,head_teacher\r\n");
	return folder[0] != '\0' && !command->page ? load_heads(addressed, folder, err) : 0;
}

void
addressed_close(struct addressed *addressed)
{
	if (addressed == NULL)
		return;
	if (addressed->opened)
		forms_close(&addressed->teachers);
	arena_fini(&addressed->arena);
	buffer_fini(&addressed->names);
	buffer_fini(&addressed->word);
	buffer_fini(&addressed->list);
	free(addressed);
}

bool
addressed_has_heads(const struct addressed *addressed)
{
	return addressed != NULL && addressed->opened;
}

struct text
addressed_head(struct addressed *addressed, const struct pupil *pupil)
{
	const struct head class = { pupil->school, pupil->grade, pupil->class_name, { "", 0 } };
	size_t low = 0, high = addressed->head_count;

	buffer_clear(&addressed->names);
	while (low < high) { /* the first that is not before the class, whose name is before all */
		size_t middle = low + (high - low) / 2;

		if (by_place(&addressed->heads[middle], &class) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < addressed->head_count; low++) {
		struct head head = addressed->heads[low];

		head.name = class.name;
		if (by_place(&head, &class) != 0)
			break;
		buffer_string(&addressed->names, addressed->names.len > 0 ? "、" : "");
		buffer_text(&addressed->names, addressed->heads[low].name);
	}
	return buffer_as_text(&addressed->names);
}

/* A value of the line of somebody, as the csv of the dataset shows it. */
static void
put_value(struct addressed *addressed, const struct pupil *pupil, uint16_t number)
{
	const struct dataset *dataset = addressed->forms->definitions.dataset;
	const struct field *field = number == FIELD_NONE ? NULL : &dataset->fields[number];

	buffer_char(&addressed->list, ',');
	if (field == NULL || !flat_json_string(pupil->line, field->name, &addressed->word))
		return;
	snapshot_cell(&addressed->list,
	    field->codes == NULL ? buffer_as_text(&addressed->word)
				 : codes_label(field->codes, buffer_as_text(&addressed->word)));
}

void
addressed_add(struct addressed *addressed, struct text file, const struct pupil *first)
{
	const struct roles *roles = &addressed->forms->definitions.dataset->roles;

	snapshot_cell(&addressed->list, file);
	put_value(addressed, first, roles->school_code);
	put_value(addressed, first, roles->school_name);
	if (addressed->forms->command->page)
		put_value(addressed, first, roles->name);
	else {
		put_value(addressed, first, roles->grade);
		put_value(addressed, first, roles->class_name);
		buffer_char(&addressed->list, ',');
		snapshot_cell(&addressed->list, addressed_head(addressed, first));
	}
	buffer_string(&addressed->list, "\r\n");
}

int
addressed_save(struct addressed *addressed, const char *out, struct err *err)
{
	char path[FILE_PATH_MAX];
	int fd, result;

	if (buffer_failed(&addressed->list) || buffer_failed(&addressed->names) || buffer_failed(&addressed->word))
		return err_set(err, ERR_RETRY, "out of memory for the list of workbooks");
	if (path_format(path, err, "%s/addressed.csv", out) != 0 || (fd = file_create(path, err)) < 0)
		return -1;
	result = file_write(fd, addressed->list.at, addressed->list.len, err);
	return close(fd) == 0 || result != 0 ? result : err_errno(err, ERR_STOP, "cannot write the list of workbooks");
}
