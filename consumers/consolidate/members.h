/*
 * members.h - records at hand, gathered into groups: each group is one student. Inside this room only.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_MEMBERS_H
#define YICI_CONSUMERS_CONSOLIDATE_MEMBERS_H

#include "consumers/consolidate/links.h"

#define MEMBER_NONE UINT32_MAX

/* A record with what is known of it before and after. */
struct member {
	struct link link; /* student: its id of yesterday, zeros when new; then the new one */
	bool old;         /* was there yesterday */
	uint32_t place;   /* its number among all records */
	uint32_t group;   /* union-find parent among the members at hand; a group is called by its first member */
	uint32_t next;    /* in its group, MEMBER_NONE behind the last */
	uint32_t last;    /* of a group's first: its last */
	bool disputed;    /* its number belongs to others: see settle.c */
	uint32_t said;    /* of a group's first: the number for which its case was made last */
};

struct members {
	struct member *at;
	size_t count, room;
};

/* Room for one more, not filled; NULL when memory is short. */
MUST_CHECK struct member *members_add(struct members *members, struct err *err);

/* Each a group of its own. */
void members_scatter(struct members *members);

/* The member that stands for the group of member ${i}: its first. */
uint32_t members_root(struct members *members, uint32_t i);
void members_join(struct members *members, uint32_t a, uint32_t b);

/* A number some record carries, and which. */
struct key {
	uint64_t value;
	uint32_t member;
};
#define MEMBER_KEYS_MAX 4

/* The first half of a record's id: a hash of the number that identifies the person. */
uint64_t members_anchor(const uint8_t *id);

/* The numbers of record ${i} that identify a person, behind ${keys}: how many, at most MEMBER_KEYS_MAX. */
size_t members_keys(const struct member *member, uint32_t i, struct key *keys);
void members_sort(struct key *keys, size_t count);

/* Whether the record has a student id. */
bool members_has_student(const struct link *link);

#endif
