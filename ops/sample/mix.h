/*
 * mix.h - how often which mistake is made, and what kind of people the city has for it.
 *
 *   standard   something of everything, each kind at least once: what reading and normalizing are tried on
 *   linkage    the rates of a bureau's lists: what linking is measured on
 *   other      other rates, most of them harder, which nothing was tuned on
 */
#ifndef YICI_OPS_SAMPLE_MIX_H
#define YICI_OPS_SAMPLE_MIX_H

#include "core/base/base.h"

enum defect {
	DEFECT_ID_MISSING,
	DEFECT_ID_TYPO,
	DEFECT_ID_COPIED,
	DEFECT_ID_NUMBER,
	DEFECT_ID_15,
	DEFECT_ID_MASKED,
	DEFECT_ID_FULL_WIDTH,
	DEFECT_ID_X,
	DEFECT_ID_SPACES,
	DEFECT_ID_APOSTROPHE,
	DEFECT_NAME_HOMOPHONE,
	DEFECT_NAME_LOOKALIKE,
	DEFECT_NAME_VARIANT,
	DEFECT_NAME_RARE_LOST,
	DEFECT_NAME_DOT,
	DEFECT_NAME_SPACES,
	DEFECT_NAME_NOTE,
	DEFECT_NAME_PINYIN,
	DEFECT_NAME_MISSING,
	DEFECT_BIRTH_WRONG,
	DEFECT_BIRTH_DEFAULT,
	DEFECT_BIRTH_IMPOSSIBLE,
	DEFECT_BIRTH_SERIAL,
	DEFECT_BIRTH_FORM,
	DEFECT_SEX_WRONG,
	DEFECT_PHONE_CHANGED,
	DEFECT_PHONE_MISSING,
	DEFECT_PHONE_GENERIC,
	DEFECT_PHONE_EXPONENT,
	DEFECT_PHONE_TWO,
	DEFECT_PHONE_LANDLINE,
	DEFECT_POSTCODE_SHORT,
	DEFECT_CODE_PREFIX,
	DEFECT_CODE_PARTIAL,
	DEFECT_ETHNIC_OBSOLETE,
	DEFECT_BOOL_SIGN,
	DEFECT_BOOL_EMPTY,
	DEFECT_GRADE_FORM,
	DEFECT_ADDRESS_SHORT,
	DEFECT_SCHOOL_STALE,
	DEFECT_COLUMN_SHIFT,
	DEFECT_ROW_DUPLICATED,
	DEFECT_STUDENT_NO_MISSING,
	DEFECT_STUDENT_NO_TYPO,
	DEFECT_BIRTH_LUNAR,
	DEFECT_NAME_FORMER,
	DEFECT_GUARDIAN_OTHER,
	DEFECT_COUNT
};
_Static_assert(DEFECT_COUNT <= 64, "the defects of a row are bits");

/* Of a million rows, or of those that can have the mistake. */
struct mix_rate {
	uint32_t registry, spreadsheet;
};

/* Chances are in a million. */
struct mix {
	const char *name;
	struct mix_rate rates[DEFECT_COUNT];
	bool every_kind; /* each mistake is made at least once in the first night */
	/*
	 * Whether the people are those that linking is hard with: given names as many as there are, twins who share a
	 * character of theirs and a class, siblings who go to one school, numbers copied from a twin, typing errors in any
	 * digit; and nights as nights are, not as many changes as can be.
	 */
	bool kin;
	uint32_t renamed;          /* has had another name before */
	uint32_t copied_from_twin; /* of twins' rows: has the other's number */
	uint32_t night_phone, night_class, night_name, night_id, night_away, night_moved;
	uint32_t newcomer_in; /* a newcomer each night for so many pupils */
};

/* The mix of that name; NULL when there is none. */
const struct mix *mix_named(const char *name);

const char *defect_name(enum defect defect);

#endif
