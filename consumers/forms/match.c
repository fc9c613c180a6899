/*
 * match.c - see match.h.
 */
#include "consumers/forms/match.h"

#include <stdlib.h>

#include "core/base/digest.h"

#define FITTING_MAX 2000 /* pupils that a row may fit before it is looked at more closely */
#define MARKED_MIN 2     /* cells by which a row is known that has no name any more */

#define BY_WHOSE MATCH_BYS /* beside the others: for whom a workbook was made */

struct entry {
	uint64_t hash;
	size_t pupil;
};

struct match_index {
	const struct match_pupil *pupils;
	size_t count;
	struct entry *entries; /* by hash, then pupil */
	size_t entry_count;
};

struct fitting {
	size_t at[FITTING_MAX];
	size_t count;
	bool too_many;
};

static int
by_hash(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->pupil > y->pupil) - (x->pupil < y->pupil);
}

uint16_t
match_field(const struct dataset *dataset, enum match_by by)
{
	const struct roles *roles = &dataset->roles;
	const uint16_t fields[MATCH_BYS] = { roles->id_no, roles->student_no, roles->name, roles->birth_date,
		roles->school_code, roles->school_name, roles->grade, roles->class_name };

	return fields[by];
}

static void
enter(struct match_index *index, unsigned by, struct text text, size_t pupil)
{
	if (text.len > 0)
		index->entries[index->entry_count++] = (struct entry){ hash64(text.at, text.len, by), pupil };
}

struct match_index *
match_new(const struct match_pupil *pupils, size_t count)
{
	struct match_index *index = calloc(1, sizeof(*index));

	if (index == NULL)
		return NULL;
	*index = (struct match_index){ pupils, count, calloc(count * 4 + 1, sizeof(*index->entries)), 0 };
	if (index->entries == NULL) {
		free(index);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		enter(index, MATCH_ID_NO, pupils[i].values[MATCH_ID_NO], i);
		enter(index, MATCH_STUDENT_NO, pupils[i].values[MATCH_STUDENT_NO], i);
		enter(index, MATCH_NAME, pupils[i].values[MATCH_NAME], i);
		enter(index, BY_WHOSE, pupils[i].whose, i);
	}
	if (index->entry_count > 1)
		qsort(index->entries, index->entry_count, sizeof(*index->entries), by_hash);
	return index;
}

void
match_free(struct match_index *index)
{
	if (index != NULL)
		free(index->entries);
	free(index);
}

static struct text
say_of(const struct match_index *index, size_t pupil, unsigned by)
{
	const struct match_pupil *of = &index->pupils[pupil];

	return by == BY_WHOSE ? of->whose : of->values[by];
}

/* Those of whom that is said. */
static void
find(const struct match_index *index, unsigned by, struct text text, struct fitting *fitting)
{
	uint64_t hash = hash64(text.at, text.len, by);
	size_t low = 0, high = index->entry_count;

	fitting->count = 0;
	fitting->too_many = false;
	if (text.len == 0)
		return;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->entries[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < index->entry_count && index->entries[low].hash == hash; low++) {
		size_t pupil = index->entries[low].pupil;

		if (!text_eq(say_of(index, pupil, by), text))
			continue;
		if (fitting->count == FITTING_MAX)
			fitting->too_many = true;
		else
			fitting->at[fitting->count++] = pupil;
	}
}

/* Keep those of whom ${text} is true, when there are any; whether there are. */
static bool
narrow(const struct match_index *index, struct fitting *fitting, enum match_by by, const struct match_row *row)
{
	struct text text = row->says[by];
	size_t kept = 0, fits = 0;

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < fitting->count; i++)
		fits += text_eq(say_of(index, fitting->at[i], by), text);
	for (size_t i = 0; i < fitting->count && fits > 0; i++) {
		if (text_eq(say_of(index, fitting->at[i], by), text))
			fitting->at[kept++] = fitting->at[i];
	}
	fitting->count = fits > 0 ? kept : fitting->count;
	return fits > 0;
}

/* The same for whom the workbook was made: a class, or a school. */
static bool
narrow_whose(const struct match_index *index, struct fitting *fitting, struct text whose)
{
	size_t kept = 0;

	for (size_t i = 0; i < fitting->count && whose.len > 0; i++) {
		struct text of = index->pupils[fitting->at[i]].whose;

		if (text_starts(of, whose) && (of.len == whose.len || of.at[whose.len] == '/'))
			fitting->at[kept++] = fitting->at[i];
	}
	fitting->count = kept > 0 ? kept : fitting->count;
	return kept > 0;
}

/* How many cells of the row are as they were filled in for the pupil. */
static size_t
marked(const struct match_index *index, const struct match_row *row, size_t pupil)
{
	size_t count = 0;

	for (size_t i = 0; i < row->cell_count; i++)
		count += mark_has(row->mark, row->seed, index->pupils[pupil].id, row->cells[i].key, row->cells[i].text);
	return count;
}

/* Keep those for whom most was filled in; how much that is. */
static size_t
narrow_marked(const struct match_index *index, const struct match_row *row, struct fitting *fitting)
{
	size_t most = 0, kept = 0;

	if (row->mark == NULL || row->mark->cell_count == 0)
		return 0;
	for (size_t i = 0; i < fitting->count; i++) {
		size_t count = marked(index, row, fitting->at[i]);

		if (count > most) {
			most = count;
			kept = 0;
		}
		if (count == most)
			fitting->at[kept++] = fitting->at[i];
	}
	fitting->count = kept;
	return most;
}

static enum match_result
one_of(const struct fitting *fitting, size_t *pupil)
{
	if (fitting->count != 1 || fitting->too_many)
		return fitting->count == 0 ? MATCH_NOBODY : MATCH_SEVERAL;
	*pupil = fitting->at[0];
	return MATCH_ONE;
}

/* By the name and what else the row says; MATCH_UNCERTAIN when nothing but the name speaks for the one who is left. */
static enum match_result
find_named(const struct match_index *index, const struct match_row *row, struct fitting *fitting, size_t *pupil)
{
	bool placed, certain, school;

	find(index, MATCH_NAME, row->says[MATCH_NAME], fitting);
	certain = row->mark != NULL && narrow_whose(index, fitting, row->mark->whose) && row->mark->whose.len > 0;
	certain = narrow(index, fitting, MATCH_BIRTH_DATE, row) || certain;
	school = narrow(index, fitting, MATCH_SCHOOL_CODE, row);
	school = narrow(index, fitting, MATCH_SCHOOL_NAME, row) || school;
	placed = narrow(index, fitting, MATCH_GRADE, row);
	placed = narrow(index, fitting, MATCH_CLASS_NAME, row) || placed;
	certain = certain || (school && placed);
	if (fitting->count > 1)
		certain = narrow_marked(index, row, fitting) > 0 || certain;
	else if (fitting->count == 1 && !certain && row->mark != NULL)
		certain = marked(index, row, fitting->at[0]) > 0;
	return fitting->count == 1 && !certain ? MATCH_UNCERTAIN : one_of(fitting, pupil);
}

/* By what was filled in: the name itself may have been corrected. */
static enum match_result
find_marked(const struct match_index *index, const struct match_row *row, struct fitting *fitting, size_t *pupil)
{
	if (row->mark == NULL)
		return MATCH_NOBODY;
	find(index, BY_WHOSE, row->mark->whose, fitting);
	if (narrow_marked(index, row, fitting) < MARKED_MIN)
		return MATCH_NOBODY;
	return fitting->count == 1 ? one_of(fitting, pupil) : MATCH_NOBODY;
}

enum match_result
match_find(const struct match_index *index, const struct match_row *row, size_t *pupil)
{
	struct text name = row->says[MATCH_NAME], number = row->says[MATCH_ID_NO];
	struct text student_no = row->says[MATCH_STUDENT_NO];
	struct fitting by_number, by_name;
	enum match_result result;
	size_t named = 0;

	find(index, MATCH_ID_NO, number, &by_number);
	if (student_no.len > 0) {
		struct fitting other;

		find(index, MATCH_STUDENT_NO, student_no, &other);
		if (by_number.count == 1 && other.count == 1 && by_number.at[0] != other.at[0])
			return MATCH_NUMBERS;
		if (by_number.count != 1)
			by_number = other;
	}
	if (by_number.count > 1)
		(void)narrow(index, &by_number, MATCH_NAME, row);
	result = find_named(index, row, &by_name, &named);
	if (by_number.count == 1) {
		size_t at = by_number.at[0];

		/* a number copied into the next row: the name, with more than itself, is another's */
		if (name.len > 0 && !text_eq(index->pupils[at].values[MATCH_NAME], name)
		    && (result == MATCH_ONE || result == MATCH_SEVERAL))
			return MATCH_NUMBERS;
		*pupil = at;
		return MATCH_ONE;
	}
	if (by_number.count > 1)
		return MATCH_SEVERAL;
	if (result == MATCH_ONE) {
		*pupil = named;
		return MATCH_ONE;
	}
	if (result == MATCH_NOBODY && find_marked(index, row, &by_name, &named) == MATCH_ONE) {
		*pupil = named;
		return MATCH_ONE;
	}
	return name.len == 0 && number.len == 0 && student_no.len == 0 ? MATCH_NOTHING : result;
}
