/*
 * checked.h - a checked record on its way from normalizing to consolidating: a fixed head, then encoded values
 * (record.h). In memory and on scratch files the head is this struct, byte for byte; what is kept for longer or
 * leaves the machine has layouts of its own.
 */
#ifndef YICI_CORE_RECORD_CHECKED_H
#define YICI_CORE_RECORD_CHECKED_H

#include "core/record/record.h"

struct checked {
	uint8_t id[RECORD_ID_BYTES]; /* first, so that checked records sort by it */
	uint64_t version; /* row's own time stamp in seconds << 32, then 32 bits of ${content}: the greatest is the newest */
	uint64_t content;    /* hash of the values; its low 32 bits are 0 where they say that the person has left */
	uint64_t number;     /* 17 digits of the valid id number, 0 when none */
	uint64_t core;       /* the same of the core of a valid G student number */
	uint64_t student_no; /* anchor hash of a valid J or L number */
	uint32_t name;       /* hash of the folded name */
	int32_t birth_day;   /* days since 1900-01-01, 0 when not known */
	uint32_t school;     /* hash of the school, 0 when not known */
	uint32_t file, row;
	uint16_t sheet, source; /* ${source}: number in the run's list of sources */
	uint8_t kind;           /* enum anchor_kind */
	uint8_t zeros[7];
	uint64_t raw; /* hash of the row as read, 0 when an issue was found in it: see struct same */
};
_Static_assert(sizeof(struct checked) == 96, "no padding: the head is written as it stands");

/* What ${content} is of a row that says that the person has left. 0 is of no row. */
static inline uint64_t
checked_left_content(uint64_t content)
{
	return content & ~(uint64_t)UINT32_MAX;
}

static inline bool
checked_left(uint64_t content)
{
	return content != 0 && (content & UINT32_MAX) == 0;
}

/*
 * A row that is, cell by cell, the one from which yesterday's record was made, under the same definitions and headers and
 * in the same school year: what normalizing would give is known, so only its place is carried. Sorted by the number of
 * the record's link (high byte first); nothing but a key.
 */
struct same {
	uint8_t link[4], file[4], sheet[2], row[4];
	uint8_t older; /* 1: it is the older row that goes with the record (consumers/consolidate/older.h) */
	uint8_t zero;
};
_Static_assert(sizeof(struct same) == 16, "an entry that is all key");

static inline uint32_t
same_number(const uint8_t bytes[4])
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void
same_put(uint8_t bytes[4], uint32_t number)
{
	bytes[0] = (uint8_t)(number >> 24);
	bytes[1] = (uint8_t)(number >> 16);
	bytes[2] = (uint8_t)(number >> 8);
	bytes[3] = (uint8_t)number;
}

#endif
