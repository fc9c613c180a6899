/*
 * doubts.c - see doubts.h.
 */
#include "consumers/consolidate/doubts.h"

#include <stdlib.h>

#include "core/base/digest.h"

int
doubts_add(struct settler *settler, uint32_t a, uint32_t b, const struct judged *judged, bool number, struct err *err)
{
	const struct member *at = settler->here.at;

	if (at[a].link.presence == ABSENT || at[b].link.presence == ABSENT) /* who is no longer stated accuses nobody */
		return 0;
	if (settle_room((void **)&settler->doubts, &settler->doubt_room, settler->doubt_count + 1,
		sizeof(*settler->doubts), err)
	    != 0)
		return -1;
	settler->doubts[settler->doubt_count++] = (struct doubt){ .a = a, .b = b, .judged = *judged, .number = number };
	return 0;
}

static int
doubt_order(const void *a, const void *b)
{
	const struct doubt *x = a, *y = b;

	if (x->group_a != y->group_a)
		return x->group_a < y->group_a ? -1 : 1;
	if (x->group_b != y->group_b)
		return x->group_b < y->group_b ? -1 : 1;
	if (x->number != y->number)
		return x->number ? -1 : 1;
	if (x->judged.bits != y->judged.bits) /* the heaviest first */
		return x->judged.bits > y->judged.bits ? -1 : 1;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return (x->b > y->b) - (x->b < y->b);
}

/*
 * A doubt that weights raised is answered once either record has found another student with whom the other can not be one.
 * A doubt about the numbers themselves stays.
 */
static bool
is_answered(struct settler *settler, const struct doubt *doubt)
{
	return !doubt->number
	    && !settle_numbers_differ(&settler->here.at[doubt->a].link, &settler->here.at[doubt->b].link)
	    && !settle_may_join(settler, doubt->a, doubt->b);
}

/* Of two groups the one doubt that says most, and none where a person has spoken or they have become one after all. */
static void
thin_doubts(struct settler *settler)
{
	size_t kept = 0;

	for (size_t i = 0; i < settler->doubt_count; i++) {
		struct doubt *one = &settler->doubts[i];
		uint32_t x = members_root(&settler->here, one->a), y = members_root(&settler->here, one->b);

		if (x > y) {
			uint32_t swap = one->a;

			one->a = one->b;
			one->b = swap;
			one->group_a = y;
			one->group_b = x;
		} else {
			one->group_a = x;
			one->group_b = y;
		}
	}
	if (settler->doubt_count > 0)
		qsort(settler->doubts, settler->doubt_count, sizeof(*settler->doubts), doubt_order);
	for (size_t i = 0; i < settler->doubt_count; i++) {
		const struct doubt *one = &settler->doubts[i];

		if (one->group_a == one->group_b || is_answered(settler, one)
		    || (settler->decided_count > 0
			&& (settle_apart(settler, one->group_a, one->group_b) || settle_wrong(settler, one->a)
			    || settle_wrong(settler, one->b))))
			continue;
		if (kept > 0 && settler->doubts[kept - 1].group_a == one->group_a
		    && settler->doubts[kept - 1].group_b == one->group_b)
			continue;
		settler->doubts[kept++] = *one;
	}
	settler->doubt_count = kept;
}

/* Which kind of problem record (问题学籍) the pair would be in the registry. */
static enum case_kind
kind_of(const struct settler *settler, const struct doubt *doubt)
{
	const struct link *a = &settler->here.at[doubt->a].link, *b = &settler->here.at[doubt->b].link;

	if (doubt->number)
		return CASE_ID_DUP;
	if (settle_numbers_differ(a, b))
		return CASE_ID_NAME_MISMATCH;
	for (size_t i = 0; settler->in->model != NULL && i < settler->in->model->compare_count; i++) {
		if (settler->in->model->compares[i].by == BY_DIGITS && doubt->judged.levels[i] > 1)
			return CASE_ID_INVALID;
	}
	return CASE_NOID_DUP;
}

static int
id_order(const void *a, const void *b)
{
	return memcmp(a, b, RECORD_ID_BYTES);
}

/* The doubts from ${first} to ${last}, in order of their component, become one case. */
static int
make_case(struct settler *settler, const struct doubt *doubts, size_t count, struct err *err)
{
	struct link_result *out = settler->out;
	struct review_case *made;
	size_t records = out->case_record_count, first = records;

	if (settle_room((void **)&out->cases, &out->case_room, out->case_count + 1, sizeof(*out->cases), err) != 0
	    || settle_room((void **)&out->case_pairs, &out->case_pair_room, out->case_pair_count + count,
		   sizeof(*out->case_pairs), err)
		!= 0
	    || settle_room((void **)&out->case_records, &out->case_record_room, records + 2 * count,
		   sizeof(*out->case_records), err)
		!= 0)
		return -1;
	made = &out->cases[out->case_count++];
	*made = (struct review_case){ .kind = (uint8_t)kind_of(settler, &doubts[0]),
		.first_pair = (uint32_t)out->case_pair_count,
		.pair_count = (uint32_t)count,
		.first_record = (uint32_t)first };
	for (size_t i = 0; i < count; i++) {
		struct case_pair *pair = &out->case_pairs[out->case_pair_count++];
		struct link *a = &settler->here.at[doubts[i].a].link, *b = &settler->here.at[doubts[i].b].link;
		bool swap = memcmp(a->id, b->id, RECORD_ID_BYTES) > 0;

		*pair = (struct case_pair){ .judged = doubts[i].judged, .number = doubts[i].number };
		memcpy(pair->a, (swap ? b : a)->id, RECORD_ID_BYTES);
		memcpy(pair->b, (swap ? a : b)->id, RECORD_ID_BYTES);
		if (kind_of(settler, &doubts[i]) < (enum case_kind)made->kind)
			made->kind = (uint8_t)kind_of(settler, &doubts[i]);
		a->flags |= LINK_REVIEW;
		b->flags |= LINK_REVIEW;
		memcpy(out->case_records[records++].id, a->id, RECORD_ID_BYTES);
		memcpy(out->case_records[records++].id, b->id, RECORD_ID_BYTES);
	}
	qsort(out->case_records + first, records - first, sizeof(*out->case_records), id_order);
	for (size_t i = first; i < records; i++) { /* each once */
		if (i > first
		    && memcmp(out->case_records[i].id, out->case_records[out->case_record_count - 1].id, RECORD_ID_BYTES)
			== 0)
			continue;
		out->case_records[out->case_record_count++] = out->case_records[i];
	}
	made->record_count = (uint32_t)(out->case_record_count - first);
	made->id = hash64(out->case_records + first, made->record_count * sizeof(*out->case_records), 0);
	return 0;
}

static int
by_component(const void *a, const void *b, void *component)
{
	const struct doubt *x = a, *y = b;
	const uint32_t *of = component;

	if (of[x->group_a] != of[y->group_a])
		return of[x->group_a] < of[y->group_a] ? -1 : 1;
	return doubt_order(a, b);
}

/* One case for all students that doubts tie together. */
int
doubts_into_cases(struct settler *settler, struct err *err)
{
	struct doubt *doubts;
	uint32_t *component;

	thin_doubts(settler);
	if (settler->doubt_count == 0)
		return 0;
	if (settle_components(settler, err) != 0)
		return -1;
	doubts = settler->doubts;
	component = settler->component;
	for (size_t i = 0; i < settler->doubt_count; i++)
		settle_tie(component, doubts[i].group_a, doubts[i].group_b);
	for (uint32_t i = 0; i < settler->here.count; i++)
		component[i] = settle_component(component, i);
	qsort_r(doubts, settler->doubt_count, sizeof(*doubts), by_component, component);
	for (size_t i = 0, end; i < settler->doubt_count; i = end) {
		for (end = i + 1;
		     end < settler->doubt_count && component[doubts[end].group_a] == component[doubts[i].group_a];)
			end++;
		if (make_case(settler, doubts + i, end - i, err) != 0)
			return -1;
	}
	return 0;
}
