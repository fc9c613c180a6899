/*
 * id_no.c - numbers of identity documents.
 *
 * A citizen's number (GB 11643) is 6 digits of the division of first registration, 8 of the birth
 * date, 3 of sequence (odd for men) and a check character by ISO 7064 MOD 11-2: the sum of digit
 * times 2^(18 - place) mod 11 leads to one of "10X98765432". Residents' permits for Hong Kong,
 * Macao and Taiwan have the same form behind 810000, 820000, 830000, a foreigner's card behind 9.
 * The first generation had 15 digits: two for the year, no check.
 *
 * A change of form is cleaned away (width, blanks, apostrophe, look-alikes of X in the last place).
 * A number whose digits are damaged is told and never mended: neither O for 0 nor a lost last
 * digit, for a check character can be made to fit anything.
 */
#include "consumers/normalize/cell.h"
#include "core/record/day.h"
#include "core/record/id_check.h"

static unsigned
two(const char *at)
{
	return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
}

static enum number_check
check(const struct cell_work *work, const char *at, struct number_facts *facts)
{
	uint64_t number = 0;
	unsigned bad = 0, month = 0, day = 0;
	int year;

	for (int i = 0; i < 17; i++) {
		unsigned digit = (unsigned)(unsigned char)at[i] - '0';

		bad |= digit > 9;
		number = number * 10 + digit;
	}
	if (bad || ((at[17] < '0' || at[17] > '9') && at[17] != 'X'))
		return NUMBER_CHARACTER;
	year = (int)(two(at + 6) * 100 + two(at + 8));
	month = two(at + 10);
	day = two(at + 12);
	if (year < 1900 || !day_exists(year, month, day))
		return NUMBER_DATE;
	facts->birth_day = date_day(year, month, day);
	if (facts->birth_day > work->run_day)
		return NUMBER_DATE;
	if (id_check_character(at) != at[17])
		return NUMBER_CHECKSUM;
	facts->number = number;
	facts->form = at[0] == '9' ? NUMBER_FOREIGNER : at[0] == '8' ? NUMBER_PERMIT : NUMBER_CITIZEN;
	facts->sex = at[0] == '9' ? 0 : (at[16] - '0') % 2 ? '1' : '2';
	memcpy(facts->full, at, 18);
	return NUMBER_VALID;
}

enum number_check
number_check(struct cell_work *work, const char *at, struct number_facts *facts)
{
	enum number_check found;

	if (work->checked_valid && memcmp(work->checked, at, 18) == 0) {
		*facts = work->checked_facts;
		return NUMBER_VALID;
	}
	found = check(work, at, facts);
	if (found == NUMBER_VALID) {
		memcpy(work->checked, at, 18);
		work->checked_facts = *facts;
		work->checked_valid = true;
	}
	return found;
}

/* Whether the first six digits are, or were, a division. */
static bool
division_known(const struct cell_work *work, const char *at)
{
	unsigned place = two(at) * 10000 + two(at + 2) * 100 + two(at + 4);

	return work->divisions == NULL || (work->divisions[place / 8] >> place % 8 & 1);
}

/* The types of document of the code set, by what form their numbers have. */
static bool
type_fits(struct text type, enum number_form form)
{
	char code = type.len == 1 ? type.at[0] : 0;

	if (type.len == 0 || code == 'Z')
		return true;
	switch (form) {
	case NUMBER_CITIZEN:
		return code == '1';
	case NUMBER_PERMIT:
		return code == '1' || code == '6' || code == '7' || code == '8';
	case NUMBER_FOREIGNER:
		return code == '9';
	default:
		return code != '1';
	}
}

static enum cell_state
number_good(struct cell_work *work)
{
	if (work->facts.form != NUMBER_FOREIGNER && !division_known(work, work->facts.full))
		cell_say(work, RULE_id_division);
	if (!type_fits(work->companion, work->facts.form))
		cell_say(work, RULE_id_type_mismatch);
	return CELL_GOOD;
}

/* The ASCII of a look-alike of X; 0 when it is none. */
static char
looks_like_x(uint32_t cp)
{
	return cp == 'x' || cp == 0xD7 || cp == 0x425 || cp == 0x445 || cp == 0x3A7 || cp == 0x3C7 || cp == 0x2169
		|| cp == 0x2179 || cp == 0x2715 || cp == 0x2716
	    ? 'X'
	    : 0;
}

/* Put X for its look-alikes at the end; capital letters elsewhere. */
static size_t
straighten(char *at, size_t len)
{
	size_t last = len;

	if (len == 0)
		return 0;
	do
		last--;
	while (last > 0 && ((unsigned char)at[last] & 0xC0) == 0x80);
	{
		size_t pos = last;
		uint32_t cp = text_next((struct text){ at, len }, &pos);

		if (last > 0 && looks_like_x(cp)) {
			at[last] = 'X';
			len = last + 1;
		}
	}
	for (size_t i = 0; i < len; i++) {
		if (at[i] >= 'a' && at[i] <= 'z' && i + 1 < len && at[i] != 'l')
			at[i] = (char)(at[i] - 'a' + 'A');
	}
	return len;
}

/* A spreadsheet's number that lost its end: ...000, or what decimal arithmetic made of it (...980,
 * ...800). */
static bool
ends_lost(const char *at)
{
	return at[17] == '0' && (at[16] == '0' || (at[16] == '8' && at[15] == '9'));
}

static size_t
count_masks(struct text narrow)
{
	size_t pos = 0, masks = 0;

	while (pos < narrow.len) {
		uint32_t cp = text_next(narrow, &pos);

		masks += cp == '*' || cp == 0x25CF || cp == 0x2022 || cp == 0x25A0 || cp == 0x203B;
	}
	return masks;
}

static enum cell_state
first_generation(struct cell_work *work, const char *at)
{
	char full[18];

	memcpy(full, at, 6);
	memcpy(full + 6, "19", 2);
	memcpy(full + 8, at + 6, 9);
	full[17] = id_check_character(full);
	if (number_check(work, full, &work->facts) != NUMBER_VALID)
		return cell_bad(work, RULE_id_date);
	cell_say(work, RULE_id_15);
	return number_good(work);
}

/* Letters and digits, at least five digits, nothing else but ( ) - /. */
static bool
is_document(struct text narrow)
{
	size_t digits = 0, letters = 0, pos = 0;

	while (pos < narrow.len) {
		uint32_t cp = text_next(narrow, &pos);

		if (cp >= '0' && cp <= '9')
			digits++;
		else if ((cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z') || (cp >= 0x4E00 && cp <= 0x9FFF))
			letters++;
		else if (cp != '(' && cp != ')' && cp != '-' && cp != '/')
			return false;
	}
	return digits >= 4 && digits + letters >= 5 && digits + letters <= 30;
}

/* Eighteen characters that should be a number; the digits are told of, never mended. */
static enum cell_state
eighteen(struct cell_work *work, const struct cell *cell, const char *at)
{
	struct text digits = { at, 18 };

	if (cell->kind == CELL_NUMBER)
		return cell_bad(work, RULE_id_truncated);
	if (memcmp(at, "999", 3) == 0 && text_is_digits(digits)) {
		work->facts = (struct number_facts){ .form = NUMBER_DOCUMENT };
		cell_say(work, RULE_id_temporary);
		return CELL_GOOD;
	}
	switch (number_check(work, at, &work->facts)) {
	case NUMBER_VALID:
		return number_good(work);
	case NUMBER_CHARACTER:
		return cell_bad(work, RULE_id_character);
	case NUMBER_DATE:
		return cell_bad(work, RULE_id_date);
	default:
		return cell_bad(work, ends_lost(at) ? RULE_id_truncated : RULE_id_checksum);
	}
}

/* A text that has neither 18 nor 15 places: another document, or a damaged number. */
static enum cell_state
other(struct cell_work *work, struct text narrow)
{
	struct text type = work->companion;
	bool citizen = type.len == 0 || (type.len == 1 && type.at[0] == '1');
	size_t digits = 0;

	for (size_t i = 0; i < narrow.len; i++)
		digits += narrow.at[i] >= '0' && narrow.at[i] <= '9';
	if (!citizen) {
		if (!is_document(narrow))
			return cell_bad(work, RULE_id_character);
		work->facts = (struct number_facts){ .form = NUMBER_DOCUMENT };
		return CELL_GOOD;
	}
	if (digits == narrow.len || (digits + 1 == narrow.len && narrow.at[digits] == 'X'))
		return cell_bad(work, RULE_id_length);
	/* one or two letters, then digits: a passport or a permit in the column of citizens'
	 * numbers */
	if (narrow.len <= 12 && digits >= 6 && digits + 3 >= narrow.len && is_document(narrow) && narrow.at[0] >= 'A'
	    && narrow.at[0] <= 'Z') {
		work->facts = (struct number_facts){ .form = NUMBER_DOCUMENT };
		if (!type_fits(type, NUMBER_DOCUMENT))
			cell_say(work, RULE_id_type_mismatch);
		return CELL_GOOD;
	}
	return cell_bad(work, text_length(narrow) == 18 || digits < 10 ? RULE_id_character : RULE_id_length);
}

static enum cell_state
any_id_no(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[128];
	size_t len;
	struct text clean;
	enum cell_state state;

	(void)field;
	*out = cell->text;
	if (cell->kind == CELL_TEXT && cell->text.len == 18
	    && number_check(work, cell->text.at, &work->facts) == NUMBER_VALID && memcmp(cell->text.at, "999", 3) != 0)
		return number_good(work);
	len = cell_narrow(cell->text, narrow, sizeof(narrow), false);
	if (len == 0)
		return CELL_EMPTY;
	if (len == SIZE_MAX)
		return cell_bad(work, RULE_id_length);
	clean = (struct text){ narrow, len };
	if (text_ends(clean, TEXT("号")) && len > 3)
		clean.len = len -= 3;
	if (cell_scientific(clean))
		return cell_bad(work, cell->kind == CELL_NUMBER ? RULE_id_truncated : RULE_id_scientific);
	if (cell->kind == CELL_NUMBER && text_ends(clean, TEXT(".0")))
		clean.len = len -= 2;
	if (len == 18 && narrow[17] == '*' && count_masks(clean) == 1) {
		narrow[17] = 'X'; /* an X, if the sum agrees */
		if (number_check(work, narrow, &work->facts) != NUMBER_VALID)
			narrow[17] = '*';
	}
	if (count_masks(clean) > 0 || text_find(clean, TEXT("XXXX")) != SIZE_MAX
	    || text_find(clean, TEXT("xxxx")) != SIZE_MAX)
		return cell_bad(work, RULE_id_masked);
	clean.len = len = straighten(narrow, len);
	if (len == 18)
		state = eighteen(work, cell, narrow);
	else if (cell->kind == CELL_NUMBER && len >= 16)
		state = cell_bad(work, RULE_id_truncated);
	else if (len == 15 && text_is_digits(clean) && type_fits(work->companion, NUMBER_CITIZEN))
		state = first_generation(work, narrow);
	else
		state = other(work, clean);
	if (state == CELL_BAD && len == 18 && !text_is_digits((struct text){ narrow, 17 }) && work->companion.len == 1
	    && work->companion.at[0] != '1' && is_document(clean)) {
		work->rule_count = 0; /* a document of another type that happens to have 18 places */
		work->facts = (struct number_facts){ .form = NUMBER_DOCUMENT };
		state = CELL_GOOD;
	}
	if (state == CELL_GOOD && !text_eq(clean, cell->text))
		*out = cell_copy(work, narrow, len);
	return state;
}

enum cell_state
id_no_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	if (cell->kind == CELL_TEXT && cell->text.len == 18 && memcmp(cell->text.at, "999", 3) != 0
	    && number_check(work, cell->text.at, &work->facts) == NUMBER_VALID) {
		*out = cell->text;
		return number_good(work);
	}
	return any_id_no(work, field, cell, out);
}
