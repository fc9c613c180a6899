/*
 * registers.h - what the parts of `yici registers` share.
 */
#ifndef YICI_OPS_YICI_REGISTERS_H
#define YICI_OPS_YICI_REGISTERS_H

#include "consumers/registers/registers.h"
#include "ops/yici/forms.h"

struct registers {
	struct command *command;
	const struct dataset *dataset;
	struct register_fields fields;
	struct register_entry *entries; /* in order, once judged */
	size_t count;
	int year;
	char date[11]; /* of the run whose data it is */
	struct register_findings findings;
};

/* The value of a field; empty without one. */
struct text registers_value(const struct register_entry *entry, uint16_t field);

/* The label of a kind by the dataset's codes. */
struct text registers_kind(const struct registers *registers, enum register_kind kind);

/* Say what was found, as text or JSON. */
void registers_say(const struct registers *registers);

/* Write the annexes of the year into the folder ${out}. */
MUST_CHECK int registers_annexes(const struct registers *registers, const char *out, struct err *err);

#endif
