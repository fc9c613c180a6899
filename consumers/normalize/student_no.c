/*
 * student_no.c - the national student number: a letter and 18 characters.
 * G: the citizen's number at issue (it stays when that number changes later). J: division of the
 * school, birth date, three digits of sequence, check character. L (temporary): the same with four
 * random digits, so no check.
 */
#include "consumers/normalize/cell.h"
#include "core/record/id_check.h"

/* Division and birth date of a temporary number; its last four digits mean nothing. */
static bool
temporary(struct cell_work *work, const char *at, struct number_facts *facts)
{
	char copy[18];
	enum number_check found;

	if (!text_is_digits((struct text){ at, 17 }) || ((at[17] < '0' || at[17] > '9') && at[17] != 'X'))
		return false;
	memcpy(copy, at, 17);
	copy[17] = id_check_character(at);
	found = number_check(work, copy, facts);
	return found == NUMBER_VALID;
}

static enum cell_state
any_student_no(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[64];
	struct text clean;
	enum number_check found;

	(void)field;
	*out = cell->text;
	if (cell->text.len == 19 && cell->text.at[0] == 'G'
	    && number_check(work, cell->text.at + 1, &work->facts) == NUMBER_VALID)
		return CELL_GOOD;
	clean = (struct text){ narrow, cell_narrow(cell->text, narrow, sizeof(narrow), false) };
	if (clean.len == 0)
		return CELL_EMPTY;
	if (clean.len != SIZE_MAX && cell_scientific(clean))
		return cell_bad(work, RULE_id_scientific);
	if (clean.len == 20 && (unsigned char)narrow[18] >= 0x80) {
		/* two bytes in the last place: a look-alike of X */
		size_t pos = 18;
		uint32_t cp = text_next(clean, &pos);

		if (cp == 0xD7 || cp == 0x425 || cp == 0x445 || cp == 0x3A7) {
			narrow[18] = 'X';
			clean.len = 19;
		}
	} else if (clean.len == 21 && (unsigned char)narrow[18] == 0xE2) {
		size_t pos = 18;
		uint32_t cp = text_next(clean, &pos);

		if (cp == 0x2169 || cp == 0x2179) {
			narrow[18] = 'X';
			clean.len = 19;
		}
	}
	if (clean.len != 19)
		return cell_bad(work, RULE_student_no_form);
	if (narrow[0] == 'g' || narrow[0] == 'j' || narrow[0] == 'l')
		narrow[0] = (char)(narrow[0] - 'a' + 'A');
	if (narrow[18] == 'x')
		narrow[18] = 'X';
	if (narrow[0] == 'L') {
		if (!temporary(work, narrow + 1, &work->facts))
			return cell_bad(work, RULE_student_no_form);
	} else if (narrow[0] == 'G' || narrow[0] == 'J') {
		found = number_check(work, narrow + 1, &work->facts);
		if (found != NUMBER_VALID)
			return cell_bad(
			    work, found == NUMBER_CHECKSUM ? RULE_student_no_checksum : RULE_student_no_form);
	} else {
		return cell_bad(work, RULE_student_no_form);
	}
	if (!text_eq(clean, cell->text))
		*out = cell_copy(work, narrow, clean.len);
	return CELL_GOOD;
}

enum cell_state
student_no_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	if (cell->text.len == 19 && cell->text.at[0] == 'G'
	    && number_check(work, cell->text.at + 1, &work->facts) == NUMBER_VALID) {
		*out = cell->text;
		return CELL_GOOD;
	}
	return any_student_no(work, field, cell, out);
}
