/*
 * purge_person.h - a person who is being purged: his ids, and what a row says that is his. Rows that were sent years ago are told by what
 * they say, not by the definitions of today:
 *
 *   - by his id number or student number, anywhere in a cell, unless it names another student who has the same number;
 *   - by his name, where no other student has it;
 *   - by his name together with another value that is his: birth date, telephone, address, guardian, another number.
 *
 * Cells are compared without white space, dashes, dots and width. Siblings share all but name and number, so their rows stay.
 *
 * While a purge is at work this stands in DATA/state/purging (0600), for a purge that was killed has the state no more in which to look it
 * up; the file goes last.
 */
#ifndef YICI_OPS_YICI_PURGE_PERSON_H
#define YICI_OPS_YICI_PURGE_PERSON_H

#include "consumers/consolidate/strip.h"
#include "core/base/arena.h"
#include "core/record/cell.h"
#include "core/record/schema.h"

enum purge_sign {
	SIGN_NUMBER, /* nobody else has it */
	SIGN_NAME,   /* nobody else has it */
	SIGN_SHARED, /* a name that others have, too */
	SIGN_OTHER,
	SIGN_DATE,
	SIGN_RIVAL, /* the name of another student with a number of his: a number was copied, the row is the other's */
	SIGN_KINDS,
};

struct gb18030;

struct purge_person {
	struct arena arena;
	uint8_t (*students)[RECORD_ID_BYTES]; /* those merged into him included; sorted by purge_person_ready() */
	uint8_t (*records)[RECORD_ID_BYTES];
	size_t student_count, record_count;
	struct purge_value {
		enum purge_sign sign;
		struct text raw, folded;
	} * values;
	size_t value_count;
	uint64_t order; /* number of the decision */
	struct gb18030 *codec;
	uint8_t *ends; /* a bit for each hash of the last bytes of a value: most cells end with none of them */
};

void purge_person_init(struct purge_person *person);
void purge_person_free(struct purge_person *person);

MUST_CHECK int purge_person_student(struct purge_person *person, const uint8_t *student, struct err *err);
MUST_CHECK int purge_person_record(struct purge_person *person, const uint8_t *record, struct err *err);

/* A value of one of his records, valid or not, by what its field is in ${dataset}; ${shared}: others have that name. */
MUST_CHECK int purge_person_value(struct purge_person *person, const struct dataset *dataset, uint16_t field,
    struct text value, bool shared, struct err *err);

/* The name of somebody else who has a number of his. */
MUST_CHECK int purge_person_rival(struct purge_person *person, struct text name, struct err *err);

/* All is said: from here on rows may be asked about. ERR_RETRY when memory is short. */
MUST_CHECK int purge_person_ready(struct purge_person *person);
struct strip purge_person_strip(const struct purge_person *person);

/* ---- DATA/state/purging ---- */

MUST_CHECK int purge_person_save(const struct purge_person *person, const char *data, struct err *err);
/* 1, 0 when no purge is at work, -1. */
MUST_CHECK int purge_person_load(struct purge_person *person, const char *data, struct err *err);
MUST_CHECK int purge_person_forget(const char *data, struct err *err);

/* ---- is it his? ---- */

bool purge_person_row(const struct purge_person *person, const struct cell *cells, size_t count, struct buffer *scratch);

/* One text alone: the name of a file or of a sheet. */
bool purge_person_text(const struct purge_person *person, struct text text, struct buffer *scratch);

/* Bytes of any kind, looked through as UTF-8, GB 18030 and UTF-16. */
MUST_CHECK int purge_person_bytes(const struct purge_person *person, struct text bytes, bool *his, struct err *err);

#endif
