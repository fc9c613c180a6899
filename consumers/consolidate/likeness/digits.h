/*
 * digits.h - identity numbers as partial evidence: whole, damaged, masked, cut by a spreadsheet, or of fifteen digits.
 *
 * The number is laid out in its 18 places (GB 11643), with a mark where a digit is not known. Two valid numbers that
 * differ are never one number with a typing error, for the check character finds each single one; so what one digit
 * apart says depends on whether both are valid. Numbers of twins agree in 14 to 16 of the first 16 places:
 * DIGITS_FITS tells twins apart only where the end is known, which digits_end_known() says.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LIKENESS_DIGITS_H
#define YICI_CONSUMERS_CONSOLIDATE_LIKENESS_DIGITS_H

#include "core/base/text.h"

enum digits_state {
	DIGITS_NONE, /* no citizen's number: missing, a filler, a temporary number of a school (999…), another document */
	DIGITS_VALID, /* a date that exists and the right check character */
	DIGITS_WRONG, /* all 18 places known, and wrong */
	DIGITS_PART,  /* some places not known */
};

/* Places in the order of the number, high half of a byte first; 10 is X, 15 not known. */
struct digits {
	uint8_t nibbles[9];
	uint8_t state;
};

/* The first that holds. */
enum digits_level {
	DIGITS_LEVEL_NONE, /* one is none, or too little is known of both */
	DIGITS_SAME,       /* both valid and equal */
	DIGITS_SAME_WRONG, /* all places known and equal, and wrong */
	DIGITS_ONE_OFF, /* all places known, one number at least not valid, and one place or one swap of neighbours apart */
	DIGITS_FITS,        /* one has places not known; 12 at least known in both, and all those agree */
	DIGITS_OTHER_VALID, /* both valid and different: two persons */
	DIGITS_OTHER,       /* different, and one of them not valid */
	DIGITS_LEVELS,
};

/* Lower case, stable: "one_off". */
const char *digits_level_name(enum digits_level level);

/*
 * digits_read(raw, digits):
 * Take a number as somebody wrote it: full-width, with blanks, a leading apostrophe, a letter of a student number (G,
 * J, L) in front, x or what looks like it at the end, masks, 15 digits ("19" is put in, the check character stays
 * unknown), the form 4.10302E+17 or a tail of zeros. Nothing is mended.
 */
void digits_read(struct text raw, struct digits *digits);

/* Place ${at} of 0 to 17: 0 to 9, 10 for X, 15 when not known. */
static inline unsigned
digits_at(const struct digits *digits, unsigned at)
{
	return at % 2 == 0 ? digits->nibbles[at / 2] >> 4 : digits->nibbles[at / 2] & 15u;
}

/* Whether the three places of the sequence, by which twins differ, are all known. */
bool digits_end_known(const struct digits *digits);

/* The same either way round. */
enum digits_level digits_compare(const struct digits *a, const struct digits *b);

#endif
