/*
 * date.c - days, months, ranges and points in time, in every form found in exports: 20140901,
 * 2014-9-1, 2014.9, 14.9.1, 2014年9月1日, 二〇一四年九月, a spreadsheet's day number, each also
 * with a time behind.
 *
 * A day number counts from 1899-12-30, for numbers up to 59 from the day after, because the first
 * spreadsheet took 1900 for a leap year: day 60 does not exist. The other system counts from
 * 1904-01-01. A number is only taken for a day number when the cell is a number or a date, or a
 * text of five digits between 1950 and 2100.
 */
#include "consumers/normalize/cell.h"
#include "core/record/day.h"

struct moment {
	int year;
	unsigned month, day; /* day is 0 when not given */
	unsigned second;     /* of the day */
	bool two_digits;
};

/* How a text fails to be a date, or that it is one. */
enum { DATE_OK = -1 };

int32_t
date_day(int year, unsigned month, unsigned day)
{
	return day_of((struct date){ (int16_t)year, (uint8_t)month, (uint8_t)day }) + DAY_1970;
}

/* The date ${day} days after 1900-01-01. */
static void
from_day(int32_t day, struct moment *moment)
{
	struct date date = day_date(day - DAY_1970);

	moment->year = date.year;
	moment->month = date.month;
	moment->day = date.day;
}

/* "41883" or "41883.52": a day number. */
static int
from_serial(struct text text, bool date1904, struct moment *moment)
{
	struct text whole = text, part = { 0 };
	uint64_t serial;
	const char *point = memchr(text.at, '.', text.len);

	if (point != NULL) {
		whole.len = (size_t)(point - text.at);
		part = (struct text){ point + 1, text.len - whole.len - 1 };
		if (part.len > 0 && !text_is_digits(part))
			return RULE_date_form;
	}
	if (!text_to_u64(whole, &serial))
		return RULE_date_form;
	if (serial > 80000)
		return RULE_date_range;
	if (!date1904 && serial == 60)
		return RULE_date_impossible;
	if (!date1904 && serial == 0)
		return RULE_date_range;
	if (date1904)
		from_day((int32_t)serial + date_day(1904, 1, 1), moment);
	else
		from_day((int32_t)serial - (serial > 60 ? 2 : 1), moment);
	if (part.len > 0) {
		uint64_t parts = 0, scale = 1;

		for (size_t i = 0; i < part.len && i < 12; i++) {
			parts = parts * 10 + (uint64_t)(part.at[i] - '0');
			scale *= 10;
		}
		moment->second = (unsigned)((parts * 86400 + scale / 2) / scale);
		if (moment->second >= 86400)
			moment->second = 86399;
	}
	return DATE_OK;
}

/* Between year and month, month and day; true also at the end. */
static bool
eat_separator(struct text *text, const char *word)
{
	static const char *const marks[] = { "-", ".", "/", "、", "。", ",", "，", "·", "_", "—", "–", "－", "\\" };

	cell_eat(text, " ");
	if (cell_eat(text, word)) {
		cell_eat(text, " ");
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		if (cell_eat(text, marks[i])) {
			cell_eat(text, " ");
			return true;
		}
	}
	return false;
}

/* "12:30", "12:30:00", "12:30:00.0", "T12:30:00Z", "12时30分"; nothing is midnight. */
static bool
eat_time(struct text *text, struct moment *moment)
{
	unsigned hour = 0, minute = 0, second = 0, ignored;

	cell_eat(text, " ");
	(void)(cell_eat(text, "T") || cell_eat(text, "t"));
	cell_eat(text, " ");
	if (text->len == 0)
		return true;
	if (cell_eat_number(text, &hour) == 0 || !(cell_eat(text, ":") || cell_eat(text, "时")))
		return false;
	if (cell_eat_number(text, &minute) == 0)
		return false;
	if (cell_eat(text, ":") || cell_eat(text, "分")) {
		if (text->len > 0 && cell_eat_number(text, &second) == 0)
			return false;
		cell_eat(text, "秒");
		if (cell_eat(text, "."))
			cell_eat_number(text, &ignored);
	}
	(void)(cell_eat(text, "Z") || cell_eat(text, "+08:00"));
	if (text->len > 0 || hour > 23 || minute > 59 || second > 59)
		return false;
	moment->second = hour * 3600 + minute * 60 + second;
	return true;
}

static unsigned
digits(const char *at, size_t len)
{
	unsigned sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = sum * 10 + (unsigned)(at[i] - '0');
	return sum;
}

static int
full_year(unsigned year, const struct cell_work *work, struct moment *moment)
{
	moment->two_digits = true;
	return (int)year + ((int)year <= work->run_date.year % 100 + 1 ? 2000 : 1900);
}

/* Digits without anything between: 20140901, 201409, 140901, a day number. */
static int
from_digits(struct cell_work *work, struct text text, const struct cell *cell, struct moment *moment)
{
	switch (text.len) {
	case 14: /* 20140901123000 */
		moment->second = digits(text.at + 8, 2) * 3600 + digits(text.at + 10, 2) * 60 + digits(text.at + 12, 2);
		if (moment->second >= 86400)
			return RULE_date_form;
		/* fall through */
	case 8:
		moment->year = (int)digits(text.at, 4);
		moment->month = digits(text.at + 4, 2);
		moment->day = digits(text.at + 6, 2);
		if (moment->day == 0)
			return RULE_date_impossible;
		return DATE_OK;
	case 6:
		moment->year = (int)digits(text.at, 4);
		moment->month = digits(text.at + 4, 2);
		if (moment->year >= 1900 && moment->year <= 2100 && moment->month >= 1 && moment->month <= 12)
			return DATE_OK;
		moment->year = full_year(digits(text.at, 2), work, moment);
		moment->month = digits(text.at + 2, 2);
		moment->day = digits(text.at + 4, 2);
		return moment->day == 0 ? RULE_date_form : DATE_OK;
	case 5:
		if (cell->kind == CELL_TEXT
		    && (text.at[0] < '1' || digits(text.at, 5) < 18264 || digits(text.at, 5) > 73415))
			return RULE_date_form;
		return from_serial(text, work->date1904, moment);
	default:
		return RULE_date_form;
	}
}

/* Year, month and day with something between; or month/day/year where only one reading is possible.
 */
static int
from_parts(struct cell_work *work, struct text text, struct moment *moment)
{
	unsigned year, month, day;
	size_t places = cell_eat_number(&text, &year);

	if (places != 2 && places != 4 && !(places == 1 && year <= 12))
		return RULE_date_form;
	if (!eat_separator(&text, "年") || cell_eat_number(&text, &month) == 0)
		return RULE_date_form;
	moment->year = (int)year;
	moment->month = month;
	if (places == 4
	    && (text.len == 0 || (cell_eat(&text, "月") && text.len == 0)
		|| ((cell_eat(&text, "份") || cell_eat(&text, "-") || cell_eat(&text, ".")) && text.len == 0)))
		return DATE_OK;
	if (text.len > 0 && text.at[0] != ' '
	    && !((unsigned char)text.at[0] >= 0x80 || text.at[0] == '-' || text.at[0] == '.' || text.at[0] == '/'
		|| text.at[0] == ',' || text.at[0] == '_' || text.at[0] == '\\'
		|| (text.at[0] >= '0' && text.at[0] <= '9')))
		return RULE_date_form;
	if (!eat_separator(&text, "月") && places != 4)
		return RULE_date_form;
	{
		struct text before = text;
		size_t length = cell_eat_number(&text, &day);

		if (length == 0) {
			/* a year and a month, then perhaps a time */
			text = before;
			return text.len == 0 && places == 4 ? DATE_OK : RULE_date_form;
		}
		if (length == 4 && places <= 2 && before.at[0] >= '0' && before.at[0] <= '9') {
			/* 9/13/2014: month or day first, told only where one of them is above 12 */
			unsigned first = year, second = month;

			if (first > 12 && second <= 12) {
				first = month;
				second = year;
			} else if (!(second > 12 && first <= 12) && first != second) {
				return RULE_date_form;
			}
			moment->year = (int)day;
			moment->month = first;
			moment->day = second;
			return eat_time(&text, moment) ? DATE_OK : RULE_date_form;
		}
		if (length > 2)
			return RULE_date_form;
	}
	if (places == 1)
		return RULE_date_form;
	moment->day = day;
	if (day == 0)
		return RULE_date_impossible;
	if (places == 2)
		moment->year = full_year(year, work, moment);
	(void)(cell_eat(&text, "日") || cell_eat(&text, "号"));
	return eat_time(&text, moment) ? DATE_OK : RULE_date_form;
}

/* Exactly 2014-09-01 12:30:00, which needs no parsing. */
static bool
from_stamp(struct text text, struct moment *moment)
{
	static const char form[] = "0000-00-00 00:00:00";
	bool fits = text.len == 19;

	for (size_t i = 0; fits && i < 19; i++)
		fits = form[i] == '0' ? text.at[i] >= '0' && text.at[i] <= '9'
				      : text.at[i] == form[i] || (i == 10 && text.at[i] == 'T');
	if (!fits)
		return false;
	moment->year = (int)digits(text.at, 4);
	moment->month = digits(text.at + 5, 2);
	moment->day = digits(text.at + 8, 2);
	moment->second = digits(text.at + 11, 2) * 3600 + digits(text.at + 14, 2) * 60 + digits(text.at + 17, 2);
	return moment->day > 0 && digits(text.at + 11, 2) < 24 && digits(text.at + 14, 2) < 60
	    && digits(text.at + 17, 2) < 60;
}

/* Any date; DATE_OK or the rule it breaks. */
static int
parse(struct cell_work *work, struct text text, const struct cell *cell, struct moment *moment)
{
	int found = DATE_OK;

	*moment = (struct moment){ 0 };
	if (text.len > 2 && text_ends(text, TEXT(".0")) && text_is_digits((struct text){ text.at, text.len - 2 }))
		text.len -= 2;
	if (cell->kind == CELL_DATE && text.at[0] >= '0' && text.at[0] <= '9' && text.len < 20
	    && (text_is_digits(text) ? text.len <= 5
				     : memchr(text.at, '-', text.len) == NULL && memchr(text.at, '/', text.len) == NULL
			&& memchr(text.at, ':', text.len) == NULL && memchr(text.at, '.', text.len) != NULL))
		found = from_serial(text, work->date1904, moment);
	else if (from_stamp(text, moment))
		found = DATE_OK;
	else if (text_is_digits(text))
		found = from_digits(work, text, cell, moment);
	else if (cell->kind == CELL_NUMBER && text.len == 6 && memcmp(text.at + 4, ".1", 2) == 0)
		found = RULE_date_form; /* January, or October that has lost its zero */
	else if (cell->kind == CELL_NUMBER && text.len > 6 && text.at[5] == '.')
		found = from_serial(text, work->date1904, moment);
	else
		found = from_parts(work, text, moment);
	if (found != DATE_OK)
		return found;
	if (moment->month < 1 || moment->month > 12
	    || (moment->day != 0 && !day_exists(moment->year, moment->month, moment->day)))
		return RULE_date_impossible;
	if (moment->year < 1900 || moment->year > work->run_date.year + 50)
		return RULE_date_range;
	return DATE_OK;
}

static size_t
put(char *at, unsigned value, size_t places)
{
	for (size_t i = places; i-- > 0; value /= 10)
		at[i] = (char)('0' + value % 10);
	return places;
}

static size_t
put_date(char *at, const struct moment *moment)
{
	put(at, (unsigned)moment->year, 4);
	at[4] = '-';
	put(at + 5, moment->month, 2);
	at[7] = '-';
	put(at + 8, moment->day, 2);
	return 10;
}

/* ${out} is what was made, unless the cell says just that. */
static enum cell_state
answer(struct cell_work *work, const struct cell *cell, const char *made, size_t len, struct text *out)
{
	*out = cell->text;
	if (!text_eq((struct text){ made, len }, cell->text))
		*out = cell_copy(work, made, len);
	return CELL_GOOD;
}

/* The cell as characters to parse: CELL_GOOD, or what becomes of it. */
static enum cell_state
begin(struct cell_work *work, const struct cell *cell, char *narrow, size_t size, struct text *text)
{
	*text = (struct text){ narrow, cell_narrow(cell->text, narrow, size, true) };
	if (text->len == 0)
		return CELL_EMPTY;
	if (text->len == SIZE_MAX)
		return cell_bad(work, RULE_date_form);
	if (text_eq(*text, TEXT("无")) || text_eq(*text, TEXT("不详")) || text_eq(*text, TEXT("未知"))) {
		cell_say(work, RULE_null_literal);
		return CELL_EMPTY;
	}
	return CELL_GOOD;
}

/*
 * The date in the cell, which is parsed as it stands when it is ${plain}: CELL_GOOD, or what becomes of it.
 */
static enum cell_state
read_moment(struct cell_work *work, const struct cell *cell, bool plain, struct moment *moment)
{
	char narrow[96];
	struct text text = cell->text;
	enum cell_state state = plain ? CELL_GOOD : begin(work, cell, narrow, sizeof(narrow), &text);
	int found;

	if (state != CELL_GOOD)
		return state;
	found = parse(work, text, cell, moment);
	return found == DATE_OK ? CELL_GOOD : cell_bad(work, (enum rule)found);
}

enum cell_state
date_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char made[10];
	struct moment moment;
	enum cell_state state = read_moment(work, cell, cell->text.len == 8 && text_is_digits(cell->text), &moment);

	(void)field;
	*out = cell->text;
	if (state != CELL_GOOD)
		return state;
	/* where no day was asked for, nobody is at fault */
	if (moment.day == 0)
		return work->month_only ? CELL_BAD : cell_bad(work, RULE_date_day_missing);
	if (work->of_pupil
	    && (moment.year < work->run_date.year - 60
		|| date_day(moment.year, moment.month, moment.day) > work->run_day))
		return cell_bad(work, RULE_date_range);
	if (moment.two_digits)
		cell_say(work, RULE_date_two_digit_year);
	return answer(work, cell, made, put_date(made, &moment), out);
}

enum cell_state
month_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char made[10];
	struct moment moment;
	enum cell_state state = read_moment(work, cell, cell->text.len == 6 && text_is_digits(cell->text), &moment);

	(void)field;
	*out = cell->text;
	if (state != CELL_GOOD)
		return state;
	if (moment.two_digits)
		cell_say(work, RULE_date_two_digit_year);
	moment.day = 1;
	put_date(made, &moment);
	return answer(work, cell, made, 7, out);
}

enum cell_state
datetime_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char made[19];
	struct moment moment;
	enum cell_state state = read_moment(
	    work, cell, cell->text.len == 19 && cell->text.at[4] == '-' && cell->text.at[7] == '-', &moment);

	(void)field;
	*out = cell->text;
	if (state != CELL_GOOD)
		return state;
	if (moment.day == 0)
		return cell_bad(work, RULE_date_day_missing);
	if (moment.two_digits)
		cell_say(work, RULE_date_two_digit_year);
	put_date(made, &moment);
	made[10] = 'T';
	put(made + 11, moment.second / 3600, 2);
	made[13] = ':';
	put(made + 14, moment.second / 60 % 60, 2);
	made[16] = ':';
	put(made + 17, moment.second % 60, 2);
	return answer(work, cell, made, sizeof(made), out);
}

/* One end of a range into ${made}: a day, or ".." for an open end. */
static int
range_end(
    struct cell_work *work, const struct cell *cell, struct text text, char *made, size_t *len, struct moment *moment)
{
	int found;

	text = text_trim(text);
	if (text.len == 0 || text_eq(text, TEXT("长期")) || text_eq(text, TEXT("..")) || text_eq(text, TEXT("永久"))
	    || text_eq(text, TEXT("长期有效")) || text_eq(text, TEXT("今"))) {
		memcpy(made + *len, "..", 2);
		*len += 2;
		*moment = (struct moment){ 0 };
		return DATE_OK;
	}
	found = parse(work, text, &(struct cell){ cell->text, CELL_TEXT }, moment);
	if (found != DATE_OK)
		return found;
	if (moment->day == 0)
		return RULE_date_day_missing;
	*len += put_date(made + *len, moment);
	return DATE_OK;
}

/* Where the two ends of a range meet: what stands between, and how long it is; false when it has
 * one end. */
static bool
range_split(struct text text, size_t *at, size_t *len)
{
	static const char *const marks[] = { "至", "到", "~", "～", "—", "--", "–", "－" };
	size_t dashes = 0, slashes = 0;

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		*at = text_find(text, text_from(marks[i]));
		*len = strlen(marks[i]);
		if (*at != SIZE_MAX)
			return true;
	}
	for (size_t i = 0; i < text.len; i++) {
		dashes += text.at[i] == '-';
		slashes += text.at[i] == '/';
	}
	/* the middle one of five, or the only one of its kind */
	*len = 1;
	for (size_t i = 0, seen = 0; i < text.len; i++) {
		char mark = dashes % 2 == 1 ? '-' : '/';
		size_t middle = dashes % 2 == 1 ? dashes / 2 : slashes / 2;

		if ((dashes % 2 == 1 || slashes % 2 == 1) && text.at[i] == mark && seen++ == middle) {
			*at = i;
			return true;
		}
	}
	return false;
}

enum cell_state
range_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[160], made[24];
	struct text text, from = { 0 }, to;
	struct moment first, last;
	enum cell_state state = begin(work, cell, narrow, sizeof(narrow), &text);
	size_t at, mark, len = 0;
	int found;

	(void)field;
	*out = cell->text;
	if (state != CELL_GOOD)
		return state;
	to = text;
	if (range_split(text, &at, &mark)) {
		from = (struct text){ text.at, at };
		to = (struct text){ text.at + at + mark, text.len - at - mark };
	}
	found = range_end(work, cell, from, made, &len, &first);
	if (found == DATE_OK) {
		made[len++] = '/';
		found = range_end(work, cell, to, made, &len, &last);
	}
	if (found != DATE_OK)
		return cell_bad(work, (enum rule)found);
	if (first.year != 0 && last.year != 0
	    && date_day(first.year, first.month, first.day) > date_day(last.year, last.month, last.day))
		return cell_bad(work, RULE_date_range);
	if (first.two_digits || last.two_digits)
		cell_say(work, RULE_date_two_digit_year);
	return answer(work, cell, made, len, out);
}
