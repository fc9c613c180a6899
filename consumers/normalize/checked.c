/*
 * checked.c - see checked.h.
 */
#include "consumers/normalize/checked.h"

#include "core/base/digest.h"

static uint32_t
fold32(uint64_t hash)
{
	uint32_t half = (uint32_t)(hash ^ hash >> 32);

	return hash != 0 && half == 0 ? 1 : half;
}

/* The value of ${field}; empty when the row has no valid one. */
static struct text
value_of(const struct normalized *result, uint16_t field)
{
	size_t low = 0, high = result->value_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (result->values[middle].field < field)
			low = middle + 1;
		else
			high = middle;
	}
	return low < result->value_count && result->values[low].field == field && !result->values[low].invalid
	    ? result->values[low].text
	    : (struct text){ 0 };
}

/* Does the row say that he has left? The first of the fields that says anything decides. */
static bool
says_left(const struct normalized *result, const struct dataset *dataset)
{
	uint16_t asked = FIELD_NONE;

	for (size_t i = 0; i < dataset->leaving_count; i++) {
		uint16_t field = dataset->leavings[i].field;
		struct text value;

		if (field == asked)
			continue;
		asked = field;
		value = value_of(result, field);
		if (value.len > 0)
			return dataset_leaving(dataset, field, value) != NULL;
	}
	return false;
}

void
normalized_checked(const struct normalized *result, const struct dataset *dataset, struct text source,
    struct text values, uint64_t seed, struct checked *checked)
{
	uint64_t updated_at = result->updated_at > UINT32_MAX ? 0 : result->updated_at;

	*checked = (struct checked){ 0 };
	record_id_make(checked->id, result->anchor, source,
	    result->anchor.kind == ANCHOR_KEY ? (struct text){ 0 } : result->name, seed);
	checked->content = hash64(values.at, values.len, 0);
	/* of two rows of one time the school that he has left sent the older: at the other he is */
	if (says_left(result, dataset))
		checked->content = checked_left_content(checked->content);
	checked->version = updated_at << 32 | (checked->content & UINT32_MAX);
	checked->number = result->number;
	checked->core = result->student_core;
	if (result->student_no != 0) {
		uint16_t field = dataset->roles.student_no;
		struct text number = field == FIELD_NONE ? (struct text){ 0 } : values_get(values, field);

		if (number.len > 0)
			checked->student_no = anchor_of(ANCHOR_STUDENT_NO, number, seed).hash;
	}
	checked->name = fold32(result->name_hash);
	checked->birth_day = result->birth_day;
	checked->school = fold32(result->school);
	checked->kind = (uint8_t)result->anchor.kind;
}
