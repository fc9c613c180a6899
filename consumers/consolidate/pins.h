/*
 * pins.h - values that people have pinned. A pin speaks of a record, whose id stays while students' ids may not: whatever
 * student the record belongs to has the value, before all that any source says.
 *
 * A pin is no longer needed once the field's keeper says the same: the record, among those of the student that speak of the
 * field, whose source is its authority, or else is trusted most; mostly the registry's. It has expired then, for ever: what
 * the keeper says later is news, not the old mistake.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_PINS_H
#define YICI_CONSUMERS_CONSOLIDATE_PINS_H

#include "consumers/consolidate/merge.h"

struct pin {
	uint8_t record[RECORD_ID_BYTES];
	uint64_t number; /* of the decision */
	uint16_t field;
	struct text value;
};

/* Sorted by record, field, number. */
struct pins {
	const struct pin *at;
	size_t count;
};

enum pin_state {
	PIN_APPLIED,
	PIN_EXPIRED,    /* the keeper has come to say the same */
	PIN_SUPERSEDED, /* a later decision pins the same field of the same student */
};
const char *pin_state_name(enum pin_state state);

/* What became of a pin. */
struct merged_pin {
	const struct pin *pin;
	enum pin_state state;
	uint16_t owner, keeper;  /* members */
	struct text keeper_says; /* valid or not; empty for nothing */
};

/* The pins of a record: the first, and how many. */
const struct pin *pins_of(const struct pins *pins, const uint8_t *record, size_t *count);

/* Whether both pin the same values to the record. */
bool pins_same(const struct pins *a, const struct pins *b, const uint8_t *record);

/* The member that keeps ${field}, and in ${says} what it says of it. */
uint16_t pins_keeper(const struct merge_member *members, size_t count, uint16_t field, struct text *says, bool *valid);

/*
 * Put the pins of the members over ${merged}, whose values have room for every field. ${out} has room for all pins of the
 * members; returns how many there are. The last decision on a field counts.
 */
size_t pins_apply(const struct pins *pins, const struct merge_member *members, size_t count, struct merged *merged,
    struct merged_pin *out);

/* How many pins the members have. */
size_t pins_count(const struct pins *pins, const struct merge_member *members, size_t count);

#endif
