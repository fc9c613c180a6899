/*
 * members.h - records at hand, gathered into groups: those that carry a number in common, and of these, those that are one
 * student. Inside this room only.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_MEMBERS_H
#define YICI_CONSUMERS_CONSOLIDATE_MEMBERS_H

#include "consumers/consolidate/links.h"

/* A record with what is known of it before and after. */
struct member {
	struct link link;   /* student: its id of yesterday, zeros when new; then the new one */
	bool old;           /* was there yesterday */
	uint32_t file, row; /* where the row that founds it stands; only when it has rows today */
	uint16_t sheet;
	uint64_t place; /* entry number in links.yc */
	uint32_t group; /* union-find parent among the members at hand */
	uint32_t said;  /* of a group's root: the number for which its case was made last */
};

struct members {
	struct member *at;
	size_t count, room;
};

/* Room for one more, not filled; NULL when memory is short. */
MUST_CHECK struct member *members_add(struct members *members, struct err *err);

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

/*
 * ${keys} are all records that carry one number: those with the same name or the same birth date are one student.
 * ${scratch} is of the same length.
 */
void members_meet(struct members *members, const struct key *keys, size_t count, struct key *scratch);

/* Whether the record has a student id. */
bool members_has_student(const struct link *link);

#endif
