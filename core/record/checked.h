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
	uint64_t version;    /* row's own time stamp in seconds << 32, then 32 bits of ${content}: the greatest is the newest */
	uint64_t content;    /* hash of the values */
	uint64_t number;     /* 17 digits of the valid id number, 0 when none */
	uint64_t core;       /* the same of the core of a valid G student number */
	uint64_t student_no; /* anchor hash of a valid J or L number */
	uint32_t name;       /* hash of the folded name */
	int32_t birth_day;   /* days since 1900-01-01, 0 when not known */
	uint32_t school;     /* hash of the school, 0 when not known */
	uint32_t file, row;
	uint16_t sheet, source; /* ${source}: number in the run's list of sources */
	uint8_t kind;        /* enum anchor_kind */
	uint8_t zeros[7];
};
_Static_assert(sizeof(struct checked) == 88, "no padding: the head is written as it stands");

#endif
