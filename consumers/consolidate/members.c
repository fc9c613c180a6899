/*
 * members.c - see members.h.
 */
#include "consumers/consolidate/members.h"

#include <stdlib.h>

struct member *
members_add(struct members *members, struct err *err)
{
	if (members->count == members->room) {
		size_t room = members->room == 0 ? 64 : members->room * 2;
		struct member *more = realloc(members->at, room * sizeof(*more));

		if (more == NULL) {
			err_set(err, ERR_RETRY, "out of memory for %zu records to be linked", room);
			return NULL;
		}
		members->at = more;
		members->room = room;
	}
	return &members->at[members->count++];
}

void
members_scatter(struct members *members)
{
	for (uint32_t i = 0; i < members->count; i++) {
		struct member *member = &members->at[i];

		member->group = member->last = i;
		member->next = MEMBER_NONE;
		member->said = 0;
		member->disputed = false;
	}
}

uint32_t
members_root(struct members *members, uint32_t i)
{
	while (members->at[i].group != i) {
		members->at[i].group = members->at[members->at[i].group].group;
		i = members->at[i].group;
	}
	return i;
}

void
members_join(struct members *members, uint32_t a, uint32_t b)
{
	uint32_t x = members_root(members, a), y = members_root(members, b);

	if (x == y)
		return;
	if (x > y) {
		uint32_t swap = x;

		x = y;
		y = swap;
	}
	members->at[y].group = x;
	members->at[members->at[x].last].next = y;
	members->at[x].last = members->at[y].last;
}

uint64_t
members_anchor(const uint8_t *id)
{
	uint64_t anchor = 0;

	for (int i = 0; i < 8; i++)
		anchor = anchor << 8 | id[i];
	return anchor;
}

static int
key_order(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return (x->member > y->member) - (x->member < y->member);
}

void
members_sort(struct key *keys, size_t count)
{
	qsort(keys, count, sizeof(*keys), key_order);
}

size_t
members_keys(const struct member *member, uint32_t i, struct key *keys)
{
	const struct link *link = &member->link;
	size_t count = 0;

	if (link->number != 0)
		keys[count++] = (struct key){ link->number, i };
	if (link->core != 0 && link->core != link->number)
		keys[count++] = (struct key){ link->core, i };
	if (link->student_no != 0)
		keys[count++] = (struct key){ link->student_no, i };
	if (link->kind == ANCHOR_DOCUMENT)
		keys[count++] = (struct key){ members_anchor(link->id), i };
	return count;
}

bool
members_has_student(const struct link *link)
{
	static const uint8_t none[STUDENT_ID_BYTES];

	return memcmp(link->student, none, STUDENT_ID_BYTES) != 0;
}
