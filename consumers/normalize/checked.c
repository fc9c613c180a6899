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

void
normalized_checked(const struct normalized *result, const struct dataset *dataset, struct text source,
    struct text values, uint64_t seed, struct checked *checked)
{
	uint64_t updated_at = result->updated_at > UINT32_MAX ? 0 : result->updated_at;

	*checked = (struct checked){ 0 };
	record_id_make(checked->id, result->anchor, source,
	    result->anchor.kind == ANCHOR_KEY ? (struct text){ 0 } : result->name, seed);
	checked->content = hash64(values.at, values.len, 0);
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
