/*
 * grade.c - grades and classes.
 *
 * A grade stands for itself (三年级, 初二, 高一, 小3) or for the year in which its pupils entered
 * the stage (小学2014级): then the grade is the school year of the run, which begins on 1
 * September, less that year, plus one. A year without a stage (2024级) needs the pupil's age:
 * nobody enters primary school with twelve. A class often carries its grade along (小学2024级1班,
 * 初一(3)班, 701班): it is taken off where the grade column says the same, or says nothing.
 */
#include "consumers/normalize/cell.h"

#include <stdio.h>

struct reading {
	unsigned stage;  /* 1 primary, 2 junior, 3 senior; 0: not said */
	unsigned grade;  /* within the stage, or 1 to 12 without one */
	unsigned cohort; /* year of entry; 0: ${grade} is meant */
};

static bool
eat_stage(struct text *text, unsigned *stage)
{
	static const struct {
		const char *word;
		unsigned stage;
	} words[] = { { "普通高中", 3 }, { "小学", 1 }, { "初中", 2 }, { "高中", 3 }, { "普高", 3 } };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (cell_eat(text, words[i].word)) {
			*stage = words[i].stage;
			return true;
		}
	}
	*stage = 0;
	return false;
}

/* Take a grade off the front. */
static bool
eat_grade(struct text *text, struct reading *reading)
{
	struct text at = *text;
	size_t places;

	*reading = (struct reading){ 0 };
	if (!eat_stage(&at, &reading->stage)) {
		struct text brief = at;
		unsigned stage = cell_eat(&brief, "小") ? 1
		    : cell_eat(&brief, "初")            ? 2
		    : cell_eat(&brief, "高")            ? 3
							: 0;
		unsigned number;

		places = stage == 0 ? 0 : cell_eat_number(&brief, &number);
		if (places == 1 && number >= 1 && number <= 6) {
			cell_eat(&brief, "年级");
			*reading = (struct reading){ .stage = stage, .grade = number };
			*text = brief;
			return true;
		}
		if (places == 4 && number >= 1990 && number <= 2100 && cell_eat(&brief, "级")) {
			*reading = (struct reading){ .stage = stage, .cohort = number };
			*text = brief;
			return true;
		}
	}
	places = cell_eat_number(&at, &reading->grade);
	if (places == 4 && reading->grade >= 1990 && reading->grade <= 2100 && cell_eat(&at, "级")) {
		reading->cohort = reading->grade;
		*text = at;
		return true;
	}
	if (places < 1 || places > 2 || reading->grade < 1 || reading->grade > 12
	    || !(cell_eat(&at, "年级") || (reading->stage != 0 && cell_eat(&at, "年"))))
		return false;
	*text = at;
	return true;
}

/* The stage that pupils of that birth year entered in ${cohort}; 0 when the age does not tell. */
static unsigned
stage_by_age(struct cell_work *work, unsigned cohort)
{
	int age = (int)cohort - work->birth_year;

	work->leaned = true;
	if (work->birth_year == 0)
		return 0;
	return age >= 5 && age <= 8 ? 1 : age >= 11 && age <= 13 ? 2 : age >= 15 && age <= 17 ? 3 : 0;
}

/* The code of what was read in ${out} and RULE_COUNT, or the rule it breaks. */
static enum rule
grade_code(struct cell_work *work, const struct codes *codes, struct reading reading, struct text *out)
{
	static const unsigned years[4] = { 0, 6, 4, 3 };
	char code[2];
	const struct code *entry;

	if (reading.cohort != 0) {
		int school_year = work->run_date.year - (work->run_date.month >= 9 ? 0 : 1);
		int grade = school_year - (int)reading.cohort + 1;

		if (reading.stage == 0)
			reading.stage = stage_by_age(work, reading.cohort);
		if (reading.stage == 0)
			return RULE_grade_form;
		if (grade < 1 || grade > (int)years[reading.stage] || (reading.stage == 2 && grade > 3))
			return RULE_grade_cohort_range;
		reading.grade = (unsigned)grade;
	} else if (reading.stage == 0) {
		reading.stage = reading.grade <= 6 ? 1 : reading.grade <= 9 ? 2 : 3;
		reading.grade -= reading.stage == 1 ? 0 : reading.stage == 2 ? 6 : 9;
	} else if (reading.stage == 2 && reading.grade >= 7 && reading.grade <= 9) {
		reading.grade -= 6;
	} else if (reading.stage == 3 && reading.grade >= 10) {
		reading.grade -= 9;
	}
	if (reading.grade > years[reading.stage])
		return RULE_grade_form;
	code[0] = (char)('0' + reading.stage);
	code[1] = (char)('0' + reading.grade);
	entry = codes != NULL ? codes_by_code(codes, (struct text){ code, 2 }) : NULL;
	if (entry == NULL)
		return RULE_grade_form;
	*out = entry->code;
	return RULE_COUNT;
}

/* "(3)班", "3班", "三班", "(08)", "3": the number of a class and nothing behind it. */
static bool
whole_class(struct text text, unsigned *number)
{
	bool open = cell_eat(&text, "(");
	size_t places;

	cell_eat(&text, "第");
	places = cell_eat_number(&text, number);
	if (places == 0 || places > 3 || *number == 0)
		return false;
	cell_eat(&text, "班");
	if (open && !cell_eat(&text, ")"))
		return false;
	cell_eat(&text, "班");
	return text.len == 0;
}

/* 701: grade seven, class one. */
static bool
split_number(unsigned number, struct reading *reading, unsigned *class)
{
	*reading = (struct reading){ .grade = number / 100 };
	*class = number % 100;
	return number >= 101 && number <= 999 && *class > 0;
}

enum cell_state
grade_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[96];
	struct text text = { narrow, cell_narrow(cell->text, narrow, sizeof(narrow), false) }, meaning;
	const struct code *code;
	struct reading reading;
	bool ambiguous;
	unsigned number;
	enum rule rule;

	if (text.len == 0)
		return CELL_EMPTY;
	if (text.len == SIZE_MAX || field->codes == NULL)
		return cell_bad(work, RULE_grade_form);
	meaning = source_meaning(work->source, field, text);
	if (meaning.len > 0) {
		code = codes_by_code(field->codes, meaning);
		*out = code != NULL ? code->code : meaning;
		return CELL_GOOD;
	}
	code = codes_find(field->codes, text, &ambiguous);
	if (code != NULL) {
		*out = code->code;
		return CELL_GOOD;
	}
	if (eat_grade(&text, &reading)) {
		if (text.len > 0 && !whole_class(text, &number))
			return cell_bad(work, RULE_grade_form);
	} else if (!text_ends(text, TEXT("班")) || !whole_class(text, &number)
	    || !split_number(number, &reading, &number)) {
		return cell_bad(work, RULE_grade_form);
	}
	rule = grade_code(work, field->codes, reading, out);
	return rule == RULE_COUNT ? CELL_GOOD : cell_bad(work, rule);
}

/* "3班", "12班": nothing to do. */
static bool
is_plain_class(struct text text)
{
	return text.len >= 4 && text.len <= 5 && text_ends(text, TEXT("班")) && text.at[0] >= '1' && text.at[0] <= '9'
	    && (text.len == 4 || (text.at[1] >= '0' && text.at[1] <= '9'));
}

enum cell_state
class_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[256], made[16];
	struct text text, rest, code = { 0 };
	struct reading reading;
	unsigned number;
	int len;
	bool carries, same;

	*out = cell->text;
	if (is_plain_class(cell->text))
		return CELL_GOOD;
	text = (struct text){ narrow, cell_narrow(cell->text, narrow, sizeof(narrow), false) };
	if (text.len == 0)
		return CELL_EMPTY;
	if (text.len == SIZE_MAX)
		return text_clean(work, field, cell, out);
	if (text.len > 2 && cell->kind == CELL_NUMBER && text_ends(text, TEXT(".0")))
		text.len -= 2;
	rest = text;
	carries = eat_grade(&rest, &reading);
	if (!carries && whole_class(text, &number) && number > 100) {
		carries = split_number(number, &reading, &number);
		rest = (struct text){ 0 };
	} else if (!whole_class(rest, &number) || (carries && number > 100)) { /* 小学2024级321班 says a grade twice */
		return text_clean(work, field, cell, out);
	}
	if (carries) {
		if (grade_code(work, work->grades, reading, &code) != RULE_COUNT)
			return text_clean(work, field, cell, out);
		same = text_eq(code, work->companion);
		if (work->companion.len == 0)
			work->derived = code;
		else if (!same && rest.at != NULL)
			cell_say(work, RULE_fields_contradict);
		if (work->companion.len > 0 && !same)
			return text_clean(work, field, cell, out);
	} else if (number > 100) {
		return text_clean(work, field, cell, out);
	}
	len = snprintf(made, sizeof(made), "%u班", number);
	if (!text_eq((struct text){ made, (size_t)len }, cell->text))
		*out = cell_copy(work, made, (size_t)len);
	return CELL_GOOD;
}
