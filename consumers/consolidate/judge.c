/*
 * judge.c - see judge.h.
 */
#include "consumers/consolidate/judge.h"

#include "consumers/consolidate/likeness/born.h"
#include "consumers/consolidate/likeness/digits.h"
#include "consumers/consolidate/likeness/name.h"
#include "consumers/consolidate/likeness/words.h"
#include "core/base/search.h"

static unsigned
compare_place(const uint8_t *a, const uint8_t *b)
{
	struct place_slot x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	if ((x.code == 0 || y.code == 0) && (x.name == 0 || y.name == 0))
		return PLACE_NONE;
	/* the same code or the same name will do: names are written in several ways, codes lag behind moves */
	if (!(x.code != 0 && x.code == y.code) && !(x.name != 0 && x.name == y.name))
		return PLACE_OTHER;
	if (x.grade == 0 || x.grade != y.grade)
		return PLACE_SCHOOL;
	return x.class != 0 && x.class == y.class ? PLACE_CLASS : PLACE_GRADE;
}

static bool
is_generic(const struct judge *judge, uint32_t phone)
{
	size_t at = search_u32(judge->generic, judge->generic_count, phone);

	return at < judge->generic_count && judge->generic[at] == phone;
}

static unsigned
compare_household(const struct judge *judge, const uint8_t *a, const uint8_t *b)
{
	struct household_slot x, y;
	bool phone = false, person = false, address, known;
	unsigned kinds;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < 2; j++) {
			phone = phone || (x.phone[i] != 0 && x.phone[i] == y.phone[j] && !is_generic(judge, x.phone[i]));
			person = person || (x.person[i] != 0 && x.person[i] == y.person[j]);
		}
	}
	address = x.address != 0 && x.address == y.address;
	kinds = (unsigned)phone + (unsigned)person + (unsigned)address;
	if (kinds > 1)
		return HOUSEHOLD_SEVERAL;
	if (kinds == 1)
		return phone ? HOUSEHOLD_PHONE : person ? HOUSEHOLD_PERSON : HOUSEHOLD_ADDRESS;
	known = x.person[0] != 0 && y.person[0] != 0;
	return known ? HOUSEHOLD_OTHER : HOUSEHOLD_NONE;
}

static unsigned
compare_code(const uint8_t *a, const uint8_t *b)
{
	uint16_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x == 0 || y == 0 ? CODE_NONE : x == y ? CODE_SAME : CODE_OTHER;
}

static unsigned
compare_words(const struct model *model, const struct model_compare *compare, const uint8_t *a, const uint8_t *b)
{
	const struct model_compare *other;
	struct text x = trait_text(compare, a), y = trait_text(compare, b), crossed_x, crossed_y;
	unsigned level = words_compare(x, y);

	if (compare->crossed == 0 || level != WORDS_DIFFERENT)
		return level;
	other = &model->compares[compare->crossed - 1];
	crossed_x = trait_text(other, a);
	crossed_y = trait_text(other, b);
	if ((x.len > 0 && text_eq(x, crossed_y)) || (y.len > 0 && text_eq(y, crossed_x)))
		return WORDS_ALIKE;
	return level;
}

static unsigned
compare_name(const struct model_compare *compare, const uint8_t *a, const uint8_t *b)
{
	unsigned level = name_compare(trait_text(compare, a), trait_text(compare, b));

	/* who goes by the name that the other had before */
	if (level > NAME_COMPATIBLE && (trait_has_name_of(compare, a, b) || trait_has_name_of(compare, b, a)))
		return NAME_VARIANT;
	return level;
}

static unsigned
compare_one(const struct judge *judge, const struct model_compare *compare, const uint8_t *a, const uint8_t *b)
{
	const uint8_t *x = a + compare->at, *y = b + compare->at;
	struct digits p, q;
	int32_t day, other;

	switch (compare->by) {
	case BY_DIGITS:
		memcpy(&p, x, sizeof(p));
		memcpy(&q, y, sizeof(q));
		return digits_compare(&p, &q);
	case BY_NAME:
		return compare_name(compare, a, b);
	case BY_DATE:
		memcpy(&day, x, sizeof(day));
		memcpy(&other, y, sizeof(other));
		return born_compare(day, other);
	case BY_CODE:
		return compare_code(x, y);
	case BY_WORDS:
		return compare_words(judge->model, compare, a, b);
	case BY_PLACE:
		return compare_place(x, y);
	default:
		return compare_household(judge, x, y);
	}
}

/* What agreement in this very value weighs: much in a rare one, little in a frequent one. */
static float
frequency_bits(const struct model *model, const struct model_compare *compare, const uint8_t *trait, float otherwise)
{
	struct text value = trait_text(compare, trait), surname, given;
	double share;

	if (compare->by == BY_NAME) {
		name_split(value, &surname, &given);
		share = surname.len == 0
		    ? model_frequency(model, TEXT("whole"), given)
		    : model_frequency(model, TEXT("surname"), surname) * model_frequency(model, TEXT("given"), given);
	} else
		share = model_frequency(model, compare->name, value);
	return share <= 0 ? otherwise : model_bits(compare->m[1] / share, compare->most);
}

static bool
gate_fits(const struct model_gate *gate, const uint8_t *levels)
{
	for (size_t i = 0; i < gate->count; i++) {
		if ((gate->when[i].levels >> levels[gate->when[i].compare] & 1) == 0)
			return false;
	}
	return true;
}

static void
weigh(const struct judge *judge, const uint8_t *a, const uint8_t *b, struct judged *judged)
{
	const struct model *model = judge->model;

	*judged = (struct judged){ .bits = model->prior_bits };
	for (size_t i = 0; i < model->compare_count; i++) {
		const struct model_compare *compare = &model->compares[i];
		unsigned level = compare_one(judge, compare, a, b);

		judged->levels[i] = (uint8_t)level;
		judged->bits += level == 1 && compare->by_frequency ? frequency_bits(model, compare, a, compare->bits[1])
								    : compare->bits[level];
	}
}

const struct model_gate *
judge_gate(const struct model *model, const struct judged *judged)
{
	for (size_t i = 0; i < model->gate_count; i++) {
		if (gate_fits(&model->gates[i], judged->levels))
			return &model->gates[i];
	}
	return NULL;
}

struct judged
judge_pair(const struct judge *judge, const uint8_t *a, const uint8_t *b)
{
	const struct model *model = judge->model;
	struct judged judged;

	weigh(judge, a, b, &judged);
	judged.match = judged.bits >= model->link_bits ? MATCH_LINK
	    : judged.bits >= model->review_bits        ? MATCH_REVIEW
						       : MATCH_SEPARATE;
	for (size_t i = 0; i < model->gate_count; i++) {
		if (!gate_fits(&model->gates[i], judged.levels))
			continue;
		if (judged.match > model->gates[i].at_most) {
			judged.match = (uint8_t)model->gates[i].at_most;
			judged.gate = (uint8_t)(i + 1);
		}
		break;
	}
	return judged;
}

bool
judge_same_number(
    const struct judge *judge, const uint8_t *a, const uint8_t *b, bool within, bool alone, struct judged *judged)
{
	weigh(judge, a, b, judged);
	judged->match = MATCH_REVIEW;
	for (size_t i = 0; i < judge->model->join_count; i++) {
		const struct model_gate *gate = &judge->model->joins[i];

		if ((within && !gate->within) || (gate->alone && !alone) || !gate_fits(gate, judged->levels))
			continue;
		judged->match = MATCH_LINK;
		return true;
	}
	return false;
}

void
judge_words(const struct model *model, const struct judged *judged, struct buffer *out)
{
	for (size_t i = 0; i < model->compare_count; i++) {
		const struct model_compare *compare = &model->compares[i];

		if (judged->levels[i] == 0)
			continue;
		buffer_text(out, compare->name);
		buffer_char(out, '=');
		buffer_string(out, compare_level_name(compare->by, judged->levels[i]));
		buffer_char(out, ' ');
	}
	buffer_format(out, "weight=%.1f", (double)judged->bits);
	if (judged->gate != 0) {
		buffer_string(out, " gate=");
		buffer_text(out, model->gates[judged->gate - 1].name);
	}
}
