/*
 * form_pupils.c - see form_pupils.h.
 */
#include "ops/yici/form_pupils.h"

#include <stdlib.h>

#include "core/record/flat_json.h"

/* What decides where a pupil belongs, out of the line; false when nobody should fill in a form for him. */
static bool
read_pupil(const struct dataset *dataset, struct text line, struct pupil *pupil)
{
	const struct roles *roles = &dataset->roles;
	const struct field *seat = dataset_field(dataset, TEXT("class_seat_no"));
	struct flat_json json = { line, 0 };
	struct flat_member member;

	*pupil = (struct pupil){ .line = line };
	while (flat_json_next(&json, &member) > 0) {
		const struct field *field;

		if (text_eq(member.name, TEXT("presence")) && !census_counts(member.value))
			return false;
		if (text_eq(member.name, dataset->id_key))
			pupil->id = member.value;
		field = dataset_field(dataset, member.name);
		if (field == NULL)
			continue;
		if (field->number == roles->school_code)
			pupil->school = member.value;
		else if (field->number == roles->grade)
			pupil->grade = member.value;
		else if (field->number == roles->class_name)
			pupil->class_name = member.value;
		else if (field->number == roles->student_no)
			pupil->number = member.value;
		else if (field == seat)
			pupil->seat = member.value;
	}
	return true;
}

static bool
is_wanted(const struct pupil_filter *filter, const struct pupil *pupil)
{
	bool school = filter->schools == NULL || filter->schools[0] == NULL;

	for (size_t i = 0; !school && filter->schools[i] != NULL; i++)
		school = text_eq(pupil->school, text_from(filter->schools[i]));
	return school && (filter->id.len == 0 || text_eq(pupil->id, filter->id))
	    && (!filter->whole_class
		|| (text_eq(pupil->grade, filter->grade) && text_eq(pupil->class_name, filter->class_name)));
}

/* Whether the line may be of a school that is wanted: a look that spares taking lines apart. */
static bool
may_be_wanted(const struct pupil_filter *filter, struct text line)
{
	if (filter->schools == NULL || filter->schools[0] == NULL)
		return true;
	for (size_t i = 0; filter->schools[i] != NULL; i++) {
		if (memmem(line.at, line.len, filter->schools[i], strlen(filter->schools[i])) != NULL)
			return true;
	}
	return false;
}

static int
add(struct pupils *pupils, const struct pupil *pupil, struct err *err)
{
	if (pupils->count == pupils->room) {
		size_t room = pupils->room == 0 ? 1024 : pupils->room * 2;
		struct pupil *grown = realloc(pupils->at, room * sizeof(*grown));

		if (grown == NULL)
			return err_set(err, ERR_RETRY, "out of memory for pupils");
		pupils->at = grown;
		pupils->room = room;
	}
	pupils->at[pupils->count++] = *pupil;
	return 0;
}

/* Numbers by their value, everything else as it is written. */
static int
by_number(struct text a, struct text b)
{
	uint64_t left, right;

	if (text_to_u64(a, &left) && text_to_u64(b, &right) && left != right)
		return left < right ? -1 : 1;
	return text_compare(a, b);
}

static int
by_class(const void *a, const void *b)
{
	const struct pupil *left = a, *right = b;
	int order = text_compare(left->school, right->school);

	if (order == 0)
		order = text_compare(left->grade, right->grade);
	if (order == 0)
		order = text_compare(left->class_name, right->class_name);
	if (order == 0) /* who has no number in the class comes last */
		order = (left->seat.len == 0) - (right->seat.len == 0);
	if (order == 0)
		order = by_number(left->seat, right->seat);
	if (order == 0)
		order = text_compare(left->number, right->number);
	return order != 0 ? order : text_compare(left->line, right->line);
}

int
pupils_load(struct pupils *pupils, const struct forms *forms, const struct pupil_filter *filter, struct err *err)
{
	bool there;

	*pupils = (struct pupils){ .single = forms->command->page };
	if (forms_lines(forms, &pupils->mapping, &there, err) != 0)
		return -1;
	if (!there)
		return err_set(err, ERR_INPUT, "%s", say(forms->command, "还没有汇总过数据", "there was no run yet"));
	for (size_t at = 0; at < pupils->mapping.bytes;) {
		const char *line = (const char *)pupils->mapping.at + at, *newline;
		struct text text = { line, pupils->mapping.bytes - at };
		struct pupil pupil;

		newline = memchr(line, '\n', text.len);
		text.len = newline == NULL ? text.len : (size_t)(newline - line);
		at += text.len + 1;
		if (!may_be_wanted(filter, text) || !read_pupil(forms->definitions.dataset, text, &pupil))
			continue;
		if (pupil.school.len == 0)
			pupils->homeless++;
		else if (is_wanted(filter, &pupil) && add(pupils, &pupil, err) != 0)
			return -1;
	}
	if (pupils->count > 1)
		qsort(pupils->at, pupils->count, sizeof(*pupils->at), by_class);
	return 0;
}

void
pupils_close(struct pupils *pupils)
{
	mapping_close(&pupils->mapping);
	free(pupils->at);
	*pupils = (struct pupils){ 0 };
}

size_t
pupils_class(const struct pupils *pupils, size_t at)
{
	size_t end = at;

	if (pupils->single)
		return at < pupils->count;
	while (end < pupils->count && text_eq(pupils->at[end].school, pupils->at[at].school)
	    && text_eq(pupils->at[end].grade, pupils->at[at].grade)
	    && text_eq(pupils->at[end].class_name, pupils->at[at].class_name))
		end++;
	return end - at;
}

size_t
pupils_workbook(const struct pupils *pupils, size_t at)
{
	size_t end = at;

	if (pupils->single || pupils->unit == PUPILS_CLASS)
		return pupils_class(pupils, at);
	while (end < pupils->count
	    && (pupils->unit == PUPILS_ALL || text_eq(pupils->at[end].school, pupils->at[at].school)))
		end++;
	return end - at;
}

const struct text *
pupil_values(const struct pupil *pupil, const struct dataset *dataset, struct arena *arena)
{
	struct text *values = arena_take(arena, (dataset->field_count + 1) * sizeof(*values));
	struct flat_json json = { pupil->line, 0 };
	struct flat_member member;
	struct buffer plain;

	buffer_init(&plain, 1 << 20);
	while (values != NULL && flat_json_next(&json, &member) > 0) {
		const struct field *field = dataset_field(dataset, member.name);

		if (field == NULL || member.kind != FLAT_STRING || member.value.len == 0)
			continue;
		buffer_clear(&plain);
		if (memchr(member.value.at, '\\', member.value.len) == NULL)
			values[field->number] = member.value; /* lives as long as the file is mapped */
		else if (flat_json_text(member.value, &plain)) {
			values[field->number] = arena_text(arena, buffer_as_text(&plain));
			if (values[field->number].at == NULL)
				values = NULL;
		}
	}
	buffer_fini(&plain);
	return values;
}
