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

	if (x < y)
		members->at[y].group = x;
	else
		members->at[x].group = y;
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

static uint64_t
name_of(const struct link *link)
{
	return link->name;
}

static uint64_t
birth_of(const struct link *link)
{
	return (uint64_t)link->birth_day;
}

/* Join those of ${count} records whose ${trait} is the same and known. ${order} is scratch of the same length. */
static void
join_alike(struct members *members, const struct key *keys, size_t count, struct key *order,
    uint64_t (*trait)(const struct link *))
{
	for (size_t i = 0; i < count; i++)
		order[i] = (struct key){ trait(&members->at[keys[i].member].link), keys[i].member };
	qsort(order, count, sizeof(*order), key_order);
	for (size_t i = 1; i < count; i++) {
		if (order[i].value != 0 && order[i].value == order[i - 1].value)
			members_join(members, order[i - 1].member, order[i].member);
	}
}

void
members_meet(struct members *members, const struct key *keys, size_t count, struct key *scratch)
{
	join_alike(members, keys, count, scratch, name_of);
	join_alike(members, keys, count, scratch, birth_of);
}

bool
members_has_student(const struct link *link)
{
	static const uint8_t none[STUDENT_ID_BYTES];

	return memcmp(link->student, none, STUDENT_ID_BYTES) != 0;
}
