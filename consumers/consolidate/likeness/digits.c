/*
 * digits.c - see digits.h.
 */
#include "consumers/consolidate/likeness/digits.h"
#include "core/record/day.h"
#include "core/record/id_check.h"

#define PLACES 18
#define SYMBOLS_MAX 24
#define KNOWN_MIN 6   /* fewer digits are no number at all */
#define FITS_MIN 12   /* division and most of the birth date */
#define LETTERS_MAX 3 /* more are another document */

/* What stands in a place. */
enum symbol {
	SYMBOL_X = 10,
	SYMBOL_MASK = 12,
	SYMBOL_LETTER = 13,
	SYMBOL_UNKNOWN = 15,
};

/* A number taken apart: 0 to 9 or an enum symbol each. */
struct symbols {
	uint8_t at[SYMBOLS_MAX];
	size_t count, masks, letters;
};

const char *
digits_level_name(enum digits_level level)
{
	static const char *const names[DIGITS_LEVELS] = { "none", "same", "same_wrong", "one_off", "fits",
		"other_valid", "other" };

	return level < DIGITS_LEVELS ? names[level] : "";
}

static bool
is_nothing(uint32_t cp)
{
	return cp <= ' ' || cp == 0x7F || cp == 0xA0 || cp == 0xAD || (cp >= 0x2000 && cp <= 0x200F) || cp == 0x2028
	    || cp == 0x202F || (cp >= 0x2060 && cp <= 0x206F) || cp == 0x3000 || cp == 0xFEFF || cp == '\'' || cp == '`'
	    || cp == 0x2018 || cp == 0x2019 || cp == '-';
}

static bool
is_x(uint32_t cp)
{
	switch (cp) {
	case 'x':
	case 'X':
	case 0xD7:
	case 0x3A7:
	case 0x3C7:
	case 0x425:
	case 0x445:
	case 0x2169:
	case 0x2179:
	case 0x2715:
	case 0x2716:
		return true;
	default:
		return false;
	}
}

static bool
is_mask(uint32_t cp)
{
	switch (cp) {
	case '*':
	case '#':
	case '?':
	case '_':
	case 0x2022: /* bullet */
	case 0x203B: /* reference mark */
	case 0x2217: /* asterisk operator */
	case 0x25A0: /* squares and circles */
	case 0x25A1:
	case 0x25CB:
	case 0x25CF:
	case 0xFFFD:
		return true;
	default:
		return false;
	}
}

static uint32_t
half_width(uint32_t cp)
{
	return cp >= 0xFF01 && cp <= 0xFF5E ? cp - 0xFEE0 : cp;
}

/* "4.10302E+17": the digits but the last, which may be rounded. */
static bool
scientific(struct text raw, struct symbols *symbols)
{
	size_t pos = 0, count = 0;
	bool point = false;
	uint32_t cp = 0;

	while (pos < raw.len) {
		cp = half_width(text_next(raw, &pos));
		if (is_nothing(cp))
			continue;
		if (cp == '.' && count == 1 && !point)
			point = true;
		else if (cp >= '0' && cp <= '9' && count < PLACES)
			symbols->at[count++] = (uint8_t)(cp - '0');
		else
			break;
	}
	if ((cp != 'E' && cp != 'e') || count == 0)
		return false;
	if (pos < raw.len && raw.at[pos] == '+')
		pos++;
	symbols->count = count - 1;
	return text_eq((struct text){ raw.at + pos, raw.len - pos }, TEXT("17"));
}

static bool
take_apart(struct text raw, struct symbols *symbols)
{
	size_t pos = 0;
	uint32_t first = 0;

	*symbols = (struct symbols){ .count = 0 };
	while (pos < raw.len) {
		uint32_t cp = half_width(text_next(raw, &pos));
		enum symbol symbol;

		if (is_nothing(cp))
			continue;
		if (symbols->count == SYMBOLS_MAX)
			return false;
		if (symbols->count == 0)
			first = cp;
		if (cp >= '0' && cp <= '9')
			symbol = (enum symbol)(cp - '0');
		else if (is_x(cp))
			symbol = SYMBOL_X;
		else if (is_mask(cp))
			symbol = SYMBOL_MASK;
		else
			symbol = SYMBOL_LETTER;
		symbols->at[symbols->count++] = (uint8_t)symbol;
	}
	/* a letter of a student number */
	if (symbols->count == PLACES + 1 && symbols->at[0] == SYMBOL_LETTER && first < 0x80
	    && strchr("GJLgjl", (int)first) != NULL) {
		memmove(symbols->at, symbols->at + 1, PLACES);
		symbols->count = PLACES;
	}
	for (size_t i = 0; i < symbols->count; i++) {
		if (symbols->at[i] == SYMBOL_X && i + 1 < symbols->count)
			symbols->at[i] = SYMBOL_MASK; /* XXXX hides digits */
		symbols->masks += symbols->at[i] == SYMBOL_MASK;
		symbols->letters += symbols->at[i] == SYMBOL_LETTER;
	}
	return true;
}

static unsigned
value_of(const uint8_t *at, unsigned count)
{
	unsigned value = 0;

	for (unsigned i = 0; i < count; i++)
		value = value * 10 + at[i];
	return value;
}

/* Eight digits that are a date a living person can have. */
static bool
is_date(const uint8_t *at)
{
	unsigned year;

	for (unsigned i = 0; i < 8; i++) {
		if (at[i] > 9)
			return false;
	}
	year = value_of(at, 4);
	return year >= 1900 && year < 2100 && day_exists((int)year, value_of(at + 4, 2), value_of(at + 6, 2));
}

static uint8_t
check_of(const uint8_t *at)
{
	char digits[17], check;

	for (unsigned i = 0; i < 17; i++)
		digits[i] = (char)('0' + at[i]);
	check = id_check_character(digits);
	return check == 'X' ? SYMBOL_X : (uint8_t)(check - '0');
}

/* What is written to have written something: one digit throughout, 1234…, or a number of the school's own. */
static bool
is_filler(const uint8_t *at, size_t count)
{
	size_t same = 1, rising = 1;

	while (same < count && at[0] <= 9 && at[same] == at[0])
		same++;
	while (rising < count && at[rising - 1] <= 9 && at[rising] == (at[rising - 1] + 1) % 10)
		rising++;
	return same >= 6 || rising >= 8 || (count >= 3 && at[0] == 9 && at[1] == 9 && at[2] == 9);
}

/* A spreadsheet keeps fifteen digits and ends the number in zeros, or in what decimal arithmetic made of them. */
static bool
ends_lost(const uint8_t *at)
{
	return at[17] == 0 && (at[16] == 0 || (at[16] == 8 && at[15] == 9));
}

/* Judge 18 places; what is no digit is not known. */
static void
judge(uint8_t *at, struct digits *digits)
{
	unsigned unknown = 0;

	for (unsigned i = 0; i < PLACES; i++) {
		if (at[i] > SYMBOL_X)
			at[i] = SYMBOL_UNKNOWN;
		unknown += at[i] == SYMBOL_UNKNOWN;
	}
	if (unknown > PLACES - KNOWN_MIN || is_filler(at, PLACES))
		return;
	digits->state = DIGITS_PART;
	if (unknown == 0) {
		digits->state = is_date(at + 6) && check_of(at) == at[17] ? DIGITS_VALID : DIGITS_WRONG;
		if (digits->state == DIGITS_WRONG && ends_lost(at)) {
			digits->state = DIGITS_PART;
			memset(at + 15, SYMBOL_UNKNOWN, 3);
		}
	}
	for (unsigned i = 0; i < PLACES; i++)
		digits->nibbles[i / 2] = (uint8_t)(i % 2 == 0 ? at[i] << 4 : digits->nibbles[i / 2] | at[i]);
}

/* A mask of another length than what it hides: what stands before it and behind. */
static bool
around_masks(const struct symbols *symbols, uint8_t *at)
{
	size_t before = 0, behind = 0;

	while (symbols->at[before] != SYMBOL_MASK)
		before++;
	while (symbols->at[symbols->count - 1 - behind] != SYMBOL_MASK)
		behind++;
	if (before + behind >= PLACES)
		return false;
	memcpy(at, symbols->at, before);
	memcpy(at + PLACES - behind, symbols->at + symbols->count - behind, behind);
	return true;
}

/* Fifteen digits: of the first generation, or the first of eighteen. */
static void
fifteen(const struct symbols *symbols, uint8_t *at)
{
	const uint8_t *from = symbols->at;
	uint8_t date[8] = { 1, 9 };

	memcpy(date + 2, from + 6, 6);
	if (is_date(from + 6) && value_of(from + 6, 4) >= 1930) {
		memcpy(at, from, 15);
	} else if (is_date(date)) {
		memcpy(at, from, 6);
		at[6] = 1;
		at[7] = 9;
		memcpy(at + 8, from + 6, 9);
	}
}

/* What nearly all are: eighteen characters as they should be, perhaps behind the letter of a student number. */
static bool
take_plain(struct text raw, uint8_t *at)
{
	const char *from = raw.at;

	if (raw.len == PLACES + 1 && memchr("GJLgjl", *from, 6) != NULL)
		from++;
	else if (raw.len != PLACES)
		return false;
	for (unsigned i = 0; i < PLACES; i++) {
		if (from[i] >= '0' && from[i] <= '9')
			at[i] = (uint8_t)(from[i] - '0');
		else if (i == PLACES - 1 && (from[i] == 'X' || from[i] == 'x'))
			at[i] = SYMBOL_X;
		else
			return false;
	}
	return true;
}

void
digits_read(struct text raw, struct digits *digits)
{
	struct symbols symbols = { .count = 0 };
	uint8_t at[PLACES];

	*digits = (struct digits){ .state = DIGITS_NONE };
	if (take_plain(raw, at)) {
		judge(at, digits);
		return;
	}
	memset(at, SYMBOL_UNKNOWN, sizeof(at));
	if (scientific(raw, &symbols)) {
		memcpy(at, symbols.at, symbols.count);
		judge(at, digits);
		return;
	}
	if (!take_apart(raw, &symbols) || symbols.letters > LETTERS_MAX || symbols.count == 0)
		return;
	if (symbols.count == PLACES) {
		memcpy(at, symbols.at, PLACES);
		/* one mark at the end may be an X, if the sum agrees */
		if (at[17] == SYMBOL_MASK && symbols.masks == 1 && symbols.letters == 0 && check_of(at) == SYMBOL_X)
			at[17] = SYMBOL_X;
	} else if (symbols.masks > 0) {
		if (symbols.letters > 0 || !around_masks(&symbols, at))
			return;
	} else if (symbols.letters > 0) {
		return;
	} else if (symbols.count == 15) {
		if (symbols.at[14] > 9)
			return;
		fifteen(&symbols, at);
	} else if (symbols.count >= 14 && symbols.count <= 20 && is_date(symbols.at + 6)) {
		memcpy(at, symbols.at, 14); /* a digit too few or too many, behind the date */
	}
	judge(at, digits);
}

bool
digits_end_known(const struct digits *digits)
{
	return digits->state != DIGITS_NONE && digits_at(digits, 14) <= 9 && digits_at(digits, 15) <= 9
	    && digits_at(digits, 16) <= 9;
}

enum digits_level
digits_compare(const struct digits *a, const struct digits *b)
{
	unsigned agree = 0, differ = 0, first = 0, last = 0;

	if (a->state == DIGITS_NONE || b->state == DIGITS_NONE)
		return DIGITS_LEVEL_NONE;
	if (a->state == DIGITS_VALID && b->state == DIGITS_VALID)
		return memcmp(a->nibbles, b->nibbles, sizeof(a->nibbles)) == 0 ? DIGITS_SAME : DIGITS_OTHER_VALID;
	for (unsigned i = 0; i < PLACES; i++) {
		unsigned x = digits_at(a, i), y = digits_at(b, i);

		if (x == SYMBOL_UNKNOWN || y == SYMBOL_UNKNOWN)
			continue;
		if (x == y) {
			agree++;
			continue;
		}
		if (differ++ == 0)
			first = i;
		last = i;
	}
	if (a->state == DIGITS_PART || b->state == DIGITS_PART) {
		if (differ > 0)
			return DIGITS_OTHER;
		return agree >= FITS_MIN ? DIGITS_FITS : DIGITS_LEVEL_NONE;
	}
	if (differ == 0)
		return DIGITS_SAME_WRONG;
	if (differ == 1
	    || (differ == 2 && last == first + 1 && digits_at(a, first) == digits_at(b, last)
		&& digits_at(a, last) == digits_at(b, first)))
		return DIGITS_ONE_OFF;
	return DIGITS_OTHER;
}
