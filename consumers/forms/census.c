/*
 * census.c - see census.h.
 */
#include "consumers/forms/census.h"

#include <stdlib.h>

#include "core/base/digest.h"
#include "core/record/flat_json.h"

int
census_init(struct census *census, const struct dataset *dataset, struct err *err)
{
	*census = (struct census){ .dataset = dataset };
	census->values = calloc(dataset->field_count + 1, sizeof(*census->values));
	return census->values != NULL ? 0 : err_set(err, ERR_RETRY, "out of memory for counting students");
}

void
census_fini(struct census *census)
{
	free(census->values);
	free(census->classes);
	*census = (struct census){ 0 };
}

bool
census_counts(struct text presence)
{
	return text_eq(presence, TEXT("present")) || text_eq(presence, TEXT("stale")) || text_eq(presence, TEXT("back"));
}

static int
add_class(struct census *census, uint64_t hash, struct err *err)
{
	/* classes lie together in no file, but a child's class is often that of the child before */
	if (census->class_count > 0 && census->classes[census->class_count - 1] == hash)
		return 0;
	if (census->class_count == census->class_room) {
		size_t room = census->class_room == 0 ? 4096 : census->class_room * 2;
		uint64_t *grown = realloc(census->classes, room * sizeof(*grown));

		if (grown == NULL)
			return err_set(err, ERR_RETRY, "out of memory for counting classes");
		census->classes = grown;
		census->class_room = room;
	}
	census->classes[census->class_count++] = hash;
	return 0;
}

int
census_line(struct census *census, struct text line, struct err *err)
{
	const struct roles *roles = &census->dataset->roles;
	struct flat_json json = { line, 0 };
	struct flat_member member;
	uint64_t hash = 0;
	bool class = false;
	int got;

	while ((got = flat_json_next(&json, &member)) > 0) {
		const struct field *field;

		if (text_eq(member.name, TEXT("presence"))) { /* stands before all fields */
			if (!census_counts(member.value))
				return 0;
			census->students++;
			continue;
		}
		field = member.value.len == 0 ? NULL : dataset_field(census->dataset, member.name);
		if (field == NULL)
			continue;
		census->values[field->number]++;
		if (field->number == roles->school_code || field->number == roles->grade
		    || field->number == roles->class_name) {
			hash = hash64(member.value.at, member.value.len, hash + field->number + 1);
			class = class || field->number == roles->class_name;
		}
	}
	if (got < 0)
		return err_set(err, ERR_INPUT, "%.*s.jsonl holds a line that is no flat object",
		    (int)census->dataset->files.len, census->dataset->files.at);
	return class ? add_class(census, hash, err) : 0;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

void
census_end(struct census *census)
{
	size_t kept = 0;

	if (census->class_count == 0)
		return;
	qsort(census->classes, census->class_count, sizeof(*census->classes), by_value);
	for (size_t i = 0; i < census->class_count; i++) {
		if (kept == 0 || census->classes[kept - 1] != census->classes[i])
			census->classes[kept++] = census->classes[i];
	}
	census->class_count = kept;
}

double
census_percent(const struct census *census, uint16_t field)
{
	return census->students == 0 ? 0 : 100.0 * (double)census->values[field] / (double)census->students;
}
