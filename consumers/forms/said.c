/*
 * said.c - see said.h.
 */
#include "consumers/forms/said.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/digest.h"

/* The question: student, kind, owner, key. */
static int
by_question(const struct said *a, const struct said *b)
{
	int order = memcmp(a->student, b->student, sizeof(a->student));

	if (order == 0)
		order = (a->kind > b->kind) - (a->kind < b->kind);
	if (order == 0)
		order = text_compare(a->owner, b->owner);
	return order != 0 ? order : text_compare(a->key, b->key);
}

static int
by_all(const void *left, const void *right)
{
	const struct said *a = left, *b = right;
	int order = by_question(a, b);

	if (order == 0)
		order = text_compare(a->origin, b->origin);
	if (order == 0)
		order = text_compare(a->value, b->value);
	if (order == 0)
		order = text_compare(a->run, b->run);
	if (order == 0)
		order = text_compare(a->file, b->file);
	if (order == 0)
		order = text_compare(a->sheet, b->sheet);
	return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

void
said_sort(struct said_list *list)
{
	if (list->count > 1)
		qsort(list->at, list->count, sizeof(*list->at), by_all);
}

static bool
same_question(const struct said *a, const struct said *b)
{
	return memcmp(a->student, b->student, sizeof(a->student)) == 0 && text_eq(a->owner, b->owner)
	    && text_eq(a->key, b->key);
}

/* Whether an older entry gives way to what tonight's ${said} of the same question says. */
static bool
gives_way(const struct said *older, const struct said *said, struct text fresh_from)
{
	if (text_eq(older->origin, said->origin))
		return true;
	return older->kind == SAID_ANSWER && said->kind == SAID_ANSWER && !text_eq(older->value, said->value)
	    && text_compare(older->day, fresh_from) < 0;
}

/* By student, owner, key alone: kinds of one question lie apart in the list. */
static int
by_subject(const void *left, const void *right)
{
	const struct said *const *a = left, *const *b = right;
	int order = memcmp((*a)->student, (*b)->student, sizeof((*a)->student));

	if (order == 0)
		order = text_compare((*a)->owner, (*b)->owner);
	return order != 0 ? order : text_compare((*a)->key, (*b)->key);
}

/* The first of ${sorted} with that subject. */
static size_t
find_subject(const struct said *const *sorted, size_t count, const struct said *wanted)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_subject(&sorted[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
said_merge(struct said_list *older, struct said_list *tonight, struct text fresh_from, struct arena *arena,
    struct said_list *list, struct err *err)
{
	const struct said **sorted = arena_take(arena, (tonight->count + 1) * sizeof(*sorted));

	list->count = 0;
	list->at = arena_take(arena, (older->count + tonight->count + 1) * sizeof(*list->at));
	if (sorted == NULL || list->at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for what forms say");
	said_sort(older);
	said_sort(tonight);
	for (size_t i = 0; i < tonight->count; i++)
		sorted[i] = &tonight->at[i];
	if (tonight->count > 1)
		qsort(sorted, tonight->count, sizeof(*sorted), by_subject);
	for (size_t i = 0; i < older->count; i++) {
		const struct said *one = &older->at[i];
		bool stays = true;

		for (size_t k = find_subject(sorted, tonight->count, one);
		     stays && k < tonight->count && same_question(sorted[k], one); k++)
			stays = !gives_way(one, sorted[k], fresh_from);
		if (stays)
			list->at[list->count++] = *one;
	}
	for (size_t i = 0; i < tonight->count; i++) {
		const struct said *one = &tonight->at[i], *last = i > 0 ? &tonight->at[i - 1] : NULL;

		/* said twice by one is said once */
		if (one->kind != SAID_AGREES
		    && (last == NULL || by_question(last, one) != 0 || !text_eq(last->origin, one->origin)
			|| !text_eq(last->value, one->value)))
			list->at[list->count++] = *one;
	}
	said_sort(list);
	return 0;
}

size_t
said_same(const struct said_list *list, size_t at)
{
	size_t end = at + 1;

	if (list->at[at].kind == SAID_ANSWER) {
		while (end < list->count && by_question(&list->at[at], &list->at[end]) == 0)
			end++;
	}
	return end - at;
}

bool
said_conflict(const struct said *said, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (!text_eq(said[i].value, said[0].value))
			return true;
	}
	return false;
}

void
said_case(const struct said *said, char name[SAID_CASE_MAX])
{
	uint64_t hash = hash64(said->student, sizeof(said->student), (uint64_t)said->kind);

	hash = hash64(said->owner.at, said->owner.len, hash);
	hash = hash64(said->key.at, said->key.len, hash);
	if (said->kind == SAID_DIFFERENCE)
		hash = hash64(said->origin.at, said->origin.len, hash);
	snprintf(name, SAID_CASE_MAX, "%012llx", (unsigned long long)(hash >> 16));
}

uint64_t
said_values(const struct said *said, size_t count)
{
	uint64_t all = 0;

	for (size_t i = 0; i < count; i++) { /* each value once, whatever the order of who says it */
		bool before = false;

		for (size_t k = 0; k < i && !before; k++)
			before = text_eq(said[k].value, said[i].value);
		if (!before)
			all ^= hash64(said[i].value.at, said[i].value.len, 1);
	}
	return all;
}
