/*
 * settle.h - which of the records at hand are one student. In this order: people's decisions, numbers that records share,
 * what weighs enough by the model; nothing joins what a decision or a veto keeps apart. What remains doubtful becomes cases.
 * Inside this room only.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_SETTLE_H
#define YICI_CONSUMERS_CONSOLIDATE_SETTLE_H

#include "consumers/consolidate/gather.h"
#include "consumers/consolidate/members.h"
#include "consumers/consolidate/pairs.h"

/* A doubtful pair while its neighbourhood is at hand. */
struct doubt {
	uint32_t a, b; /* members */
	uint32_t group_a, group_b;
	struct judged judged;
	bool number; /* they share a number */
};

struct settler {
	const struct link_input *in;
	struct link_result *out;
	const struct gathering *gathering;
	const struct pairs *pairs;
	struct judge judge;
	size_t name; /* the comparison of names; COMPARES_MAX where there is none */
	struct members here;
	/* scratch, kept from one neighbourhood to the next */
	struct key *keys, *order;
	size_t key_room;
	struct doubt *doubts;
	size_t doubt_count, doubt_room;
	struct edge_at_hand {
		uint32_t a, b; /* members */
		const struct edge *edge;
	} * edges;
	size_t edge_count, edge_room;
	const struct decided **decided; /* those between records at hand */
	size_t decided_count, decided_room;
	uint32_t *component;
	size_t component_room;
};

void settle_init(struct settler *settler, const struct link_input *in, struct link_result *out,
    const struct gathering *gathering, const struct pairs *pairs);
void settle_fini(struct settler *settler);

/* ${settler}'s here are whole neighbourhoods, in the order of places: groups them, gives each its student's id, makes cases. */
MUST_CHECK int settle_run(struct settler *settler, struct err *err);

/* ---- for doubts.c ---- */

/* ${*at} with room for ${count} of ${size} bytes each. */
MUST_CHECK int settle_room(void **at, size_t *room, size_t count, size_t size, struct err *err);

/* Two valid numbers of two people: an older one of the same person goes on in the student number that was made of it. */
bool settle_numbers_differ(const struct link *a, const struct link *b);

/* Whether weights may make the groups of two members one: no two valid numbers, no source that has both. */
bool settle_may_join(struct settler *settler, uint32_t a, uint32_t b);

/* Whether a person has said of a record in group ${x} and one in group ${y} that they are two children. */
bool settle_apart(struct settler *settler, uint32_t x, uint32_t y);

/* Whether a person has said that this row is wrong, and it still says the same. */
bool settle_wrong(const struct settler *settler, uint32_t member);

/* ${settler}'s component: for each member the group that stands for its own; ties make larger ones. */
MUST_CHECK int settle_components(struct settler *settler, struct err *err);
uint32_t settle_component(uint32_t *component, uint32_t i);
void settle_tie(uint32_t *component, uint32_t a, uint32_t b);

#endif
