/*
 * pins.c - see pins.h. Students with pins are few: nothing here needs to be fast but pins_of().
 */
#include "consumers/consolidate/pins.h"

const char *
pin_state_name(enum pin_state state)
{
	static const char *const names[] = { "applied", "expired", "superseded" };

	return names[state];
}

const struct pin *
pins_of(const struct pins *pins, const uint8_t *record, size_t *count)
{
	size_t low = 0, high = pins != NULL ? pins->count : 0, first;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(pins->at[middle].record, record, RECORD_ID_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	first = low;
	while (pins != NULL && low < pins->count && memcmp(pins->at[low].record, record, RECORD_ID_BYTES) == 0)
		low++;
	*count = low - first;
	return *count > 0 ? &pins->at[first] : NULL;
}

bool
pins_same(const struct pins *a, const struct pins *b, const uint8_t *record)
{
	size_t count_a, count_b;
	const struct pin *of_a = pins_of(a, record, &count_a), *of_b = pins_of(b, record, &count_b);

	if (count_a != count_b)
		return false;
	for (size_t i = 0; i < count_a; i++) {
		if (of_a[i].field != of_b[i].field || !text_eq(of_a[i].value, of_b[i].value))
			return false;
	}
	return true;
}

size_t
pins_count(const struct pins *pins, const struct merge_member *members, size_t count)
{
	size_t sum = 0, of_member;

	for (size_t i = 0; i < count; i++) {
		(void)pins_of(pins, members[i].id, &of_member);
		sum += of_member;
	}
	return sum;
}

/* What a member says of a field: its value or the raw text of a cell that could not be used. */
static struct text
member_says(const struct merge_member *member, uint16_t field, bool *valid)
{
	struct value_cursor cursor = { .bytes = member->values };
	struct value value;

	while (values_next(&cursor, &value) == 1 && value.field <= field) {
		if (value.field == field) {
			*valid = !value.invalid;
			return value.text;
		}
	}
	*valid = false;
	return (struct text){ 0 };
}

/* Whether member ${a} keeps the field before ${b}. */
static bool
keeps_before(const struct merge_member *a, const struct merge_member *b, uint16_t field)
{
	bool authority_a = a->source->authority != NULL && a->source->authority[field] != 0;
	bool authority_b = b->source->authority != NULL && b->source->authority[field] != 0;

	if (authority_a != authority_b)
		return authority_a;
	if (a->source->trust != b->source->trust)
		return a->source->trust > b->source->trust;
	if ((a->presence == ABSENT) != (b->presence == ABSENT))
		return b->presence == ABSENT;
	return memcmp(a->id, b->id, RECORD_ID_BYTES) < 0;
}

uint16_t
pins_keeper(const struct merge_member *members, size_t count, uint16_t field, struct text *says, bool *valid)
{
	size_t best = SIZE_MAX;
	bool speaks = false;

	for (size_t i = 0; i < count; i++) {
		bool ignored;
		/* the authority keeps the field also where its cell is empty */
		bool speaks_too = member_says(&members[i], field, &ignored).len > 0
		    || (members[i].source->authority != NULL && members[i].source->authority[field] != 0);

		if (best != SIZE_MAX
		    && (speaks_too != speaks ? speaks : !keeps_before(&members[i], &members[best], field)))
			continue;
		best = i;
		speaks = speaks_too;
	}
	*says = member_says(&members[best], field, valid);
	return (uint16_t)best;
}

/* The value of ${field} becomes the pinned one. */
static void
set_value(struct merged *merged, const struct merged_pin *pin)
{
	struct merged_value value = {
		.field = pin->pin->field, .member = pin->owner, .text = pin->pin->value, .pinned = pin->pin->number
	};
	size_t at = 0;

	while (at < merged->count && merged->values[at].field < value.field)
		at++;
	if (at == merged->count || merged->values[at].field != value.field) {
		memmove(&merged->values[at + 1], &merged->values[at], (merged->count - at) * sizeof(*merged->values));
		merged->count++;
	}
	merged->values[at] = value;
}

size_t
pins_apply(const struct pins *pins, const struct merge_member *members, size_t count, struct merged *merged,
    struct merged_pin *out)
{
	size_t made = 0;

	for (size_t i = 0; i < count; i++) {
		size_t of_member;
		const struct pin *pin = pins_of(pins, members[i].id, &of_member);

		for (size_t k = 0; k < of_member; k++)
			out[made++] = (struct merged_pin){ .pin = &pin[k], .owner = (uint16_t)i };
	}
	for (size_t i = 0; i < made; i++) {
		bool valid;

		out[i].keeper = pins_keeper(members, count, out[i].pin->field, &out[i].keeper_says, &valid);
		for (size_t k = 0; k < made; k++) {
			if (out[k].pin->field == out[i].pin->field && out[k].pin->number > out[i].pin->number)
				out[i].state = PIN_SUPERSEDED;
		}
		if (out[i].state == PIN_APPLIED && valid && members[out[i].keeper].presence != ABSENT
		    && text_eq(out[i].keeper_says, out[i].pin->value))
			out[i].state = PIN_EXPIRED;
		if (out[i].state == PIN_APPLIED)
			set_value(merged, &out[i]);
	}
	return made;
}
