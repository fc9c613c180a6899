/*
 * registers.h - what stands in the registers of inspections, meetings, documents and activities in school: which matters of one kind may be
 * merged, and how many there are against last year. Pure: entries and caps are arguments.
 *
 * Two matters of one kind may be merged when they are in the same quarter, are for the same schools, and are called alike (alike.h). What
 * is called off or merged already is nobody's to judge: the caller leaves it out.
 */
#ifndef YICI_CONSUMERS_REGISTERS_REGISTERS_H
#define YICI_CONSUMERS_REGISTERS_REGISTERS_H

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/record/schema.h"

/* The kinds, by the codes of register_kind.csv from 1 on: the annexes 1 to 3, and article 11. */
enum register_kind { REGISTER_INSPECTIONS, REGISTER_MEETINGS, REGISTER_DOCUMENTS, REGISTER_ACTIVITIES, REGISTER_KINDS };

/* Lower case, stable: "inspections". */
const char *register_kind_name(enum register_kind kind);

/* The fields of the dataset that a register has. */
struct register_fields {
	uint16_t number, kind, matter, unit, object, from, to, year, quarter, basis, responsible, people;
};

/* ERR_STOP when the dataset has no such fields: it is no register. */
MUST_CHECK int register_fields_find(struct register_fields *fields, const struct dataset *dataset, struct err *err);

struct register_entry {
	const struct text *values; /* by field number; at is NULL without one */
	enum register_kind kind;   /* REGISTER_KINDS when it says none */
	int year;                  /* 0 when neither date nor year is known */
	unsigned quarter;          /* 1 to 4; 0 likewise */
	size_t group;              /* with whom it may be merged: equal numbers from 1; 0 alone */
};

/* What ${values}, which are borrowed, say: kind, year and quarter; from its date, else from year and quarter themselves. */
void register_entry_read(struct register_entry *entry, const struct text *values, const struct register_fields *fields);

struct register_count {
	size_t now, last; /* of the year asked for, and the one before */
	size_t cap;       /* the most there may be; SIZE_MAX when nothing is known of last year */
	bool over;
};

struct register_findings {
	struct register_count counts[REGISTER_KINDS];
	size_t groups;  /* matters of which may be merged */
	size_t unclear; /* without kind, or without year and quarter */
	bool flagged;   /* any of it is for a person */
};

/*
 * Judge the entries, which are put into order (kind, date, number) and given their groups, for ${year}: at least ${cuts}[kind] per cent
 * fewer than the year before, rounded down. -1 when memory is short.
 */
MUST_CHECK int registers_judge(struct register_entry *entries, size_t count, const struct register_fields *fields,
    int year, const unsigned cuts[REGISTER_KINDS], struct arena *arena, struct register_findings *findings,
    struct err *err);

#endif
