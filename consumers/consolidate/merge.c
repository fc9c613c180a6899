/*
 * merge.c - see merge.h. The members' values are walked side by side in the order of fields; a student of one record,
 * by far the most frequent, takes its valid values as they are.
 */
#include "consumers/consolidate/merge.h"

#include <stdlib.h>

#include "consumers/consolidate/pins.h"
#include "core/base/digest.h"
#include "core/record/day.h"

#define MEMBERS_AT_ONCE                                                                                                \
	64 /* candidates compared for one field: the first as the members come, who come in order of ids */

struct merger {
	const struct dataset *dataset;
	struct merged_value *values;
	struct value_cursor *cursors;
	struct value *heads;
	bool *live;
	size_t member_room;
	struct arena arena;
	const struct pins *pins;
};

const char *
merge_reason_name(enum merge_reason reason)
{
	static const char *const names[MERGE_REASONS] = { "alone", "valid", "stated", "authority", "trust", "recent",
		"agreement", "tie", "pinned" };

	return names[reason];
}

struct merger *
merger_new(const struct dataset *dataset)
{
	struct merger *merger = calloc(1, sizeof(*merger));

	if (merger == NULL)
		return NULL;
	merger->dataset = dataset;
	merger->values = calloc(dataset->field_count + 1, sizeof(*merger->values));
	arena_init(&merger->arena, 64 * 1024 * 1024);
	if (merger->values == NULL) {
		merger_free(merger);
		return NULL;
	}
	return merger;
}

void
merger_free(struct merger *merger)
{
	if (merger == NULL)
		return;
	free(merger->values);
	free(merger->cursors);
	free(merger->heads);
	free(merger->live);
	arena_fini(&merger->arena);
	free(merger);
}

void
merger_pin(struct merger *merger, const struct pins *pins)
{
	merger->pins = pins;
}

static int
make_room(struct merger *merger, size_t members, struct err *err)
{
	if (members <= merger->member_room)
		return 0;
	free(merger->cursors);
	free(merger->heads);
	free(merger->live);
	merger->cursors = calloc(members, sizeof(*merger->cursors));
	merger->heads = calloc(members, sizeof(*merger->heads));
	merger->live = calloc(members, sizeof(*merger->live));
	merger->member_room = members;
	if (merger->cursors == NULL || merger->heads == NULL || merger->live == NULL) {
		merger->member_room = 0;
		return err_set(err, ERR_RETRY, "out of memory for %zu records of one student", members);
	}
	return 0;
}

int64_t
merge_recency(const struct merge_member *member)
{
	return member->updated_at != 0 ? (int64_t)member->updated_at
				       : ((int64_t)member->changed + DAY_STORE_ZERO) * 86400;
}

static uint64_t
tie_hash(const struct merge_member *member)
{
	return hash64(member->id, RECORD_ID_BYTES, 1);
}

/* Whether ${a} stands before ${b} (below 0), and by what. ${agree} counts the sources that say the same. */
static int
candidate_order(const struct merger *merger, const struct merge_member *members, uint16_t field,
    const struct merge_candidate *a, unsigned agree_a, const struct merge_candidate *b, unsigned agree_b,
    enum merge_reason *reason)
{
	const struct merge_member *x = &members[a->member], *y = &members[b->member];
	bool recent_first = merger->dataset->fields[field].merge == MERGE_RECENT;
	int64_t rx = merge_recency(x), ry = merge_recency(y);
	uint64_t hx, hy;
	int left, right;

	*reason = MERGED_VALID;
	if (a->invalid != b->invalid)
		return a->invalid ? 1 : -1;
	*reason = MERGED_STATED;
	if ((x->presence == ABSENT) != (y->presence == ABSENT))
		return x->presence == ABSENT ? 1 : -1;
	*reason = MERGED_AUTHORITY;
	left = x->source->authority != NULL && x->source->authority[field] != 0;
	right = y->source->authority != NULL && y->source->authority[field] != 0;
	if (left != right)
		return right - left;
	*reason = MERGED_RECENT_FACT;
	if (recent_first && rx != ry)
		return rx > ry ? -1 : 1;
	*reason = MERGED_TRUSTED;
	if (x->source->trust != y->source->trust)
		return x->source->trust > y->source->trust ? -1 : 1;
	*reason = MERGED_RECENT_FACT;
	if (rx != ry)
		return rx > ry ? -1 : 1;
	*reason = MERGED_AGREED;
	if (agree_a != agree_b)
		return agree_a > agree_b ? -1 : 1;
	*reason = MERGED_TIE;
	hx = tie_hash(x);
	hy = tie_hash(y);
	return hx != hy ? (hx < hy ? -1 : 1) : memcmp(x->id, y->id, RECORD_ID_BYTES);
}

/* Put the candidates of one field in order, best first, each with what sets it before the next. */
static void
order_candidates(const struct merger *merger, const struct merge_member *members, uint16_t field,
    struct merge_candidate *candidates, size_t count)
{
	unsigned agree[MEMBERS_AT_ONCE];
	enum merge_reason reason = MERGED_ALONE;

	for (size_t i = 0; i < count; i++) {
		agree[i] = 0;
		for (size_t j = 0; j < count; j++) {
			bool counted = false;

			if (candidates[j].invalid || !text_eq(candidates[i].text, candidates[j].text))
				continue;
			for (size_t k = 0; k < j && !counted; k++)
				counted = !candidates[k].invalid && text_eq(candidates[k].text, candidates[j].text)
				    && members[candidates[k].member].source == members[candidates[j].member].source;
			agree[i] += !counted;
		}
	}
	for (size_t i = 1; i < count; i++) {
		struct merge_candidate candidate = candidates[i];
		unsigned agreed = agree[i];
		size_t j = i;

		while (j > 0
		    && candidate_order(
			   merger, members, field, &candidate, agreed, &candidates[j - 1], agree[j - 1], &reason)
			< 0) {
			candidates[j] = candidates[j - 1];
			agree[j] = agree[j - 1];
			j--;
		}
		candidates[j] = candidate;
		agree[j] = agreed;
	}
	for (size_t i = 0; i + 1 < count; i++) {
		candidate_order(
		    merger, members, field, &candidates[i], agree[i], &candidates[i + 1], agree[i + 1], &reason);
		candidates[i].before_next = reason;
	}
	if (count > 0)
		candidates[count - 1].before_next = MERGED_ALONE;
}

/* Does the list ${list} of words, parted by spaces, hold ${word}? */
static bool
has_word(struct text list, struct text word)
{
	for (size_t at = 0; at < list.len;) {
		size_t end = at;

		while (end < list.len && list.at[end] != ' ')
			end++;
		if (text_eq((struct text){ list.at + at, end - at }, word))
			return true;
		at = end + 1;
	}
	return false;
}

/* All words of the valid candidates, each once, best first; an empty text when memory is short. */
static struct text
unite(struct merger *merger, const struct merge_candidate *candidates, size_t count)
{
	size_t size = 0, words = 0;
	struct text all = { 0 };
	char *at;

	for (size_t i = 0; i < count; i++)
		size += candidates[i].invalid ? 0 : candidates[i].text.len + 1;
	if ((at = arena_take(&merger->arena, size + 1)) == NULL)
		return all;
	all.at = at;
	for (size_t i = 0; i < count && !candidates[i].invalid; i++) {
		struct text text = candidates[i].text;

		for (size_t from = 0; from < text.len;) {
			size_t end = from;

			while (end < text.len && text.at[end] != ' ')
				end++;
			if (end > from && !has_word(all, (struct text){ text.at + from, end - from })) {
				if (words++ > 0)
					at[all.len++] = ' ';
				memcpy(at + all.len, text.at + from, end - from);
				all.len += end - from;
			}
			from = end + 1;
		}
	}
	return all;
}

static int
merge_one(struct merger *merger, const struct merge_member *member, struct merged *merged, struct err *err)
{
	struct value_cursor cursor = { .bytes = member->values };
	struct value value;
	int got;

	while ((got = values_next(&cursor, &value)) == 1) {
		if (value.field >= merger->dataset->field_count) {
			got = -1;
			break;
		}
		if (!value.invalid)
			merged->values[merged->count++] = (struct merged_value){ value.field, 0, value.text, 0 };
	}
	return got == 0 ? 0 : err_set(err, ERR_INPUT, "a record in the state does not hold together");
}

/* The values of several records. */
static int
merge_several(
    struct merger *merger, const struct merge_member *members, size_t count, struct merged *merged, struct err *err)
{
	struct merge_candidate candidates[MEMBERS_AT_ONCE];

	if (make_room(merger, count, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int got;

		merger->cursors[i] = (struct value_cursor){ .bytes = members[i].values };
		got = values_next(&merger->cursors[i], &merger->heads[i]);
		if (got < 0)
			return err_set(err, ERR_INPUT, "a record in the state does not hold together");
		merger->live[i] = got == 1;
	}
	for (;;) {
		struct merged_value value;
		size_t found = 0;
		uint32_t field = UINT32_MAX;

		for (size_t i = 0; i < count; i++) {
			if (merger->live[i] && merger->heads[i].field < field)
				field = merger->heads[i].field;
		}
		if (field == UINT32_MAX)
			break;
		if (field >= merger->dataset->field_count)
			return err_set(err, ERR_INPUT, "a record in the state does not hold together");
		for (size_t i = 0; i < count; i++) {
			int got;

			if (!merger->live[i] || merger->heads[i].field != field)
				continue;
			if (found < MEMBERS_AT_ONCE)
				candidates[found++] = (struct merge_candidate){ .member = (uint16_t)i,
					.invalid = merger->heads[i].invalid,
					.text = merger->heads[i].text };
			got = values_next(&merger->cursors[i], &merger->heads[i]);
			if (got < 0)
				return err_set(err, ERR_INPUT, "a record in the state does not hold together");
			merger->live[i] = got == 1;
		}
		if (found > 1)
			order_candidates(merger, members, (uint16_t)field, candidates, found);
		if (candidates[0].invalid)
			continue;
		value = (struct merged_value){
			.field = (uint16_t)field, .member = candidates[0].member, .text = candidates[0].text
		};
		if (found > 1 && merger->dataset->fields[field].merge == MERGE_UNION) {
			value.text = unite(merger, candidates, found);
			if (value.text.at == NULL)
				return err_set(err, ERR_RETRY, "out of memory for the values of one student");
		}
		merged->values[merged->count++] = value;
	}
	return 0;
}

int
merge_run(
    struct merger *merger, const struct merge_member *members, size_t count, struct merged *merged, struct err *err)
{
	struct merged_pin *pinned;
	size_t pins;

	*merged = (struct merged){ .values = merger->values };
	arena_reset(&merger->arena);
	if ((count == 1 ? merge_one(merger, &members[0], merged, err)
			: merge_several(merger, members, count, merged, err))
	    != 0)
		return -1;
	if (merger->pins == NULL || merger->pins->count == 0 || (pins = pins_count(merger->pins, members, count)) == 0)
		return 0;
	if ((pinned = arena_take(&merger->arena, pins * sizeof(*pinned))) == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the pinned values of one student");
	merged->pin_count = pins_apply(merger->pins, members, count, merged, pinned);
	merged->pins = pinned;
	return 0;
}

size_t
merge_candidates(struct merger *merger, const struct merge_member *members, size_t count, uint16_t field,
    struct merge_candidate *candidates, size_t room)
{
	size_t found = 0;

	if (room > MEMBERS_AT_ONCE)
		room = MEMBERS_AT_ONCE;
	for (size_t i = 0; i < count && found < room; i++) {
		struct value_cursor cursor = { .bytes = members[i].values };
		struct value value;

		while (values_next(&cursor, &value) == 1 && value.field <= field) {
			if (value.field == field)
				candidates[found++] = (struct merge_candidate){
					.member = (uint16_t)i, .invalid = value.invalid, .text = value.text
				};
		}
	}
	order_candidates(merger, members, field, candidates, found);
	return found;
}
