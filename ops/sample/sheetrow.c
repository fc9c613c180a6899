/*
 * sheetrow.c - cells. First it is decided which mistakes the row has (a table of rates, a million
 * rows each, for the registry and for spreadsheets), then the columns are written one after
 * another; a mistake that the columns gave no occasion for is taken off again.
 */
#include "ops/sample/sheetrow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ops/sample/names.h"

/* What one row needs while it is written. */
struct writing {
	struct sheetrow *row;
	const struct manner *manner;
	const struct city *city;
	const struct person *person, *above;
	const struct person *twin; /* whose number is copied; NULL for none */
	const struct family *family;
	struct defects *defects;
	struct rng rng;
	uint64_t wanted; /* bits */
	uint32_t serial;
	bool no_birth; /* the cell gives no whole date */
};

/* Whether the row shall have ${defect}; call where it can be made, then it is. */
static bool
has(struct writing *w, enum defect defect)
{
	uint64_t bit = (uint64_t)1 << defect;

	if (!(w->wanted & bit)
	    && !(w->defects->force && w->city->mix->rates[defect].spreadsheet > 0 && !w->manner->registry
		&& w->defects->made[defect] == 0 && w->defects->rows > 40U + 5U * (unsigned)defect
		&& w->row->defects == 0))
		return false;
	if (!(w->row->defects & bit))
		w->defects->made[defect]++;
	w->row->defects |= bit;
	return true;
}

static struct cell say(struct writing *w, const char *format, ...) PRINTF_LIKE(2, 3);

static struct cell
say(struct writing *w, const char *format, ...)
{
	struct sheetrow *row = w->row;
	va_list values;
	size_t room = sizeof(row->pool) - row->used;
	int len;
	struct cell cell = { .kind = CELL_TEXT };

	va_start(values, format);
	len = vsnprintf(row->pool + row->used, room, format, values);
	va_end(values);
	if (len < 0 || (size_t)len >= room)
		return (struct cell){ 0 };
	cell.text = (struct text){ row->pool + row->used, (size_t)len };
	row->used += (size_t)len + 1;
	if (len == 0)
		cell.kind = CELL_BLANK;
	return cell;
}

static struct cell
literal(const char *text)
{
	return (struct cell){ .kind = text[0] == '\0' ? CELL_BLANK : CELL_TEXT, .text = text_from(text) };
}

/* As a number where the format has numbers. */
static struct cell
number(struct writing *w, const char *digits)
{
	struct cell cell = say(w, "%s", digits);

	cell.number = strtod(digits, NULL);
	cell.kind = CELL_NUMBER;
	return cell;
}

static bool
has_numbers(const struct writing *w)
{
	return book_has_sheets(w->manner->format);
}

/* Days since 1899-12-30, as spreadsheets count them. */
static unsigned
serial_of(unsigned year, unsigned month, unsigned day)
{
	unsigned y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 693899 - 0;
}

static struct cell
date_cell(struct writing *w, unsigned form, unsigned y, unsigned m, unsigned d)
{
	static const char *const han[] = { "〇", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一",
		"十二" };

	switch (form) {
	case 0:
		return say(w, "%04u%02u%02u", y, m, d);
	case 1:
		return say(w, "%04u-%02u-%02u", y, m, d);
	case 2:
		return say(w, "%u/%u/%u", y, m, d);
	case 3:
		return say(w, "%u年%u月%u日", y, m, d);
	case 4:
		return say(w, "%u.%u.%u", y, m, d);
	case 5: {
		struct cell cell;

		if (!has_numbers(w))
			return say(w, "%u/%u/%u", y, m, d);
		cell = say(w, "%u/%u/%u", y, m, d);
		cell.kind = CELL_DATE;
		cell.number = serial_of(y, m, d);
		return cell;
	}
	case 6:
		w->no_birth = true; /* only the month */
		return say(w, "%s%s%s%s年%s月", han[y / 1000], han[y / 100 % 10], han[y / 10 % 10], han[y % 10], han[m]);
	default:
		return say(w, "%02u.%u.%u", y % 100, m, d);
	}
}

static struct cell
birth_cell(struct writing *w)
{
	const struct person *p = w->person;
	unsigned y = p->birth_year, m = p->birth_month, d = p->birth_day;

	if (has(w, DEFECT_BIRTH_IMPOSSIBLE)) {
		w->no_birth = true;
		return say(w, "%u-%u-31", y, m == 2 ? 2 : m <= 6 ? 6 : 9);
	}
	if (has(w, DEFECT_BIRTH_DEFAULT))
		return date_cell(w, w->manner->date, y, 1, 1);
	if (has(w, DEFECT_BIRTH_LUNAR)) { /* one to two months before, in months of thirty days at the most */
		unsigned months = y * 12 + m - 2;

		d = 1 + rng_below(&w->rng, 28);
		return date_cell(w, w->manner->date, months / 12, months % 12 + 1, d);
	}
	if (has(w, DEFECT_BIRTH_WRONG)) {
		if (d > 12 || d == m)
			d = d > 1 ? d - 1 : 2;
		else
			d = p->birth_month, m = p->birth_day; /* month and day exchanged */
		if (d > 28)
			d = 28;
	}
	if (has(w, DEFECT_BIRTH_SERIAL)) {
		char digits[16];

		snprintf(digits, sizeof(digits), "%u", serial_of(y, m, d));
		return number(w, digits);
	}
	if (has(w, DEFECT_BIRTH_FORM))
		return date_cell(w, 3 + rng_below(&w->rng, 5), y, m, d);
	return date_cell(w, w->manner->date, y, m, d);
}

/* The name with character number ${nth} in another form by ${turn}; NULL when none can be turned.
 */
static const char *
turn_character(struct writing *w, enum defect kind, char out[NAME_BYTES * 2])
{
	struct text name = text_from(w->person->name);

	for (size_t pos = 0; pos < name.len;) {
		size_t before = pos;
		uint32_t cp = text_next(name, &pos);
		struct text character = { name.at + before, pos - before };
		const char *instead = NULL;

		if (kind == DEFECT_NAME_HOMOPHONE && before > 0)
			instead = names_homophone(&w->rng, character, w->city->mix->kin);
		else if (kind == DEFECT_NAME_LOOKALIKE && before > 0)
			instead = names_lookalike(&w->rng, character, w->city->mix->kin);
		else if (kind == DEFECT_NAME_VARIANT)
			instead = names_variant(character);
		else if (kind == DEFECT_NAME_PINYIN && before > 0)
			instead = names_pinyin(character);
		else if (kind == DEFECT_NAME_RARE_LOST && names_is_rare(cp))
			instead = w->person->number % 3 == 0 ? "?"
			    : w->person->number % 3 == 1     ? "□"
							     : names_pinyin(character);
		else if (kind == DEFECT_NAME_DOT && cp == 0xb7) {
			static const char *const dots[] = { "•", "．", ".", "・", "‧", "。" };

			instead = dots[rng_below(&w->rng, ARRAY_LEN(dots))];
		}
		if (instead != NULL) {
			snprintf(out, NAME_BYTES * 2, "%.*s%s%s", (int)before, name.at, instead, name.at + pos);
			return out;
		}
	}
	return NULL;
}

static struct cell
name_cell(struct writing *w)
{
	static const enum defect turns[] = { DEFECT_NAME_RARE_LOST, DEFECT_NAME_DOT, DEFECT_NAME_HOMOPHONE,
		DEFECT_NAME_LOOKALIKE, DEFECT_NAME_VARIANT, DEFECT_NAME_PINYIN };
	const char *name = w->person->name;
	char turned[NAME_BYTES * 2];

	if (has(w, DEFECT_NAME_MISSING)) {
		w->row->outcome = "rejected";
		return (struct cell){ 0 };
	}
	if (w->person->former_name[0] != '\0' && has(w, DEFECT_NAME_FORMER))
		return say(w, "%s", w->person->former_name);
	for (size_t i = 0; i < ARRAY_LEN(turns); i++) {
		const char *got = turn_character(w, turns[i], turned);

		if (got != NULL && has(w, turns[i]))
			return say(w, "%s", got);
	}
	if (has(w, DEFECT_NAME_NOTE))
		return say(w, "%s（%s）", name, w->person->number % 2 == 0 ? "转入" : "新生");
	if (text_length(text_from(name)) == 2 && has(w, DEFECT_NAME_SPACES)) {
		size_t pos = 0;

		text_next(text_from(name), &pos);
		return say(w, "%.*s%s%s", (int)pos, name, w->person->number % 2 == 0 ? "　" : "  ", name + pos);
	}
	return say(w, "%s", name);
}

static const char *
full_width(const char *digits, char out[80])
{
	size_t len = 0;

	for (; *digits != '\0'; digits++)
		len += text_put(out + len, (uint32_t)*digits - 0x21 + 0xff01);
	out[len] = '\0';
	return out;
}

static struct cell
id_cell(struct writing *w)
{
	const struct person *p = w->person;
	const char *id = p->id_no;
	size_t len = strlen(id);
	char other[20], wide[80];

	if (w->manner->registry == false && p->former_id_no[0] != '\0' && p->number % 3 == 0)
		id = p->former_id_no; /* the office has the old one */
	if (p->id_kind == ID_NONE)
		return say(w, "%s", !w->manner->registry && p->number % 4 == 1 ? "无" : "");
	if (has(w, DEFECT_ID_MISSING))
		return (struct cell){ 0 };
	if (p->id_kind != ID_RESIDENT || len != 18)
		return say(w, "%s", id);
	snprintf(other, sizeof(other), "%s", id);
	if (w->twin != NULL && has(w, DEFECT_ID_COPIED))
		return say(w, "%s", w->twin->id_no);
	if (w->above != NULL && w->above->id_kind == ID_RESIDENT && has(w, DEFECT_ID_COPIED))
		return say(w, "%s", w->above->id_no);
	if (has(w, DEFECT_ID_TYPO)) {
		size_t at = w->city->mix->kin ? rng_below(&w->rng, 17) : 14 + rng_below(&w->rng, 3);

		other[at] = (char)('0' + (other[at] - '0' + 1 + (int)rng_below(&w->rng, 8)) % 10);
		return say(w, "%s", other);
	}
	if (id[17] != 'X' && has(w, DEFECT_ID_NUMBER)) {
		struct cell cell = number(w, id);

		/* 15 digits are kept; what the sheet shows is what other formats get */
		if (!has_numbers(w))
			return p->number % 2 == 0 ? say(w, "%.1s.%.5sE+17", id, id + 1) : say(w, "%.15s000", id);
		snprintf(other, sizeof(other), "%.15s000", id);
		cell.number = strtod(other, NULL);
		return cell;
	}
	if (has(w, DEFECT_ID_15))
		return say(w, "%.6s%.9s", id, id + 8);
	if (has(w, DEFECT_ID_MASKED))
		return say(w, "%.6s********%.4s", id, id + 14);
	if (has(w, DEFECT_ID_FULL_WIDTH))
		return say(w, "%s", full_width(id, wide));
	if (id[17] == 'X' && has(w, DEFECT_ID_X)) {
		static const char *const crosses[] = { "x", "Ｘ", "×", "Х", "Χ", "Ⅹ", "*" };

		return say(w, "%.17s%s", id, crosses[rng_below(&w->rng, ARRAY_LEN(crosses))]);
	}
	if (has(w, DEFECT_ID_SPACES))
		return say(w, "%.6s %.8s %.4s", id, id + 6, id + 14);
	if (has(w, DEFECT_ID_APOSTROPHE))
		return say(w, "'%s", id);
	return say(w, "%s", id);
}

/* ${salt}: whose phone. */
static struct cell
phone_cell(struct writing *w, const char *phone, unsigned salt)
{
	if (has(w, DEFECT_PHONE_MISSING))
		return (struct cell){ 0 };
	if (has(w, DEFECT_PHONE_GENERIC))
		return literal("13800000000");
	if (has(w, DEFECT_PHONE_LANDLINE))
		return say(w, "0379-6%07u", w->person->number * 7U % 10000000U);
	if (has(w, DEFECT_PHONE_CHANGED))
		return say(w, "%.7s%04u", phone, (w->person->number * 131 + salt * 977) % 10000);
	if (has(w, DEFECT_PHONE_TWO))
		return say(w, "%s%s%s", phone, w->person->number % 2 == 0 ? "/" : "、", w->family->mother_phone);
	if (has(w, DEFECT_PHONE_EXPONENT))
		return say(w, "%.1s.%.2sE+10", phone, phone + 1);
	if (has_numbers(w) && !w->manner->registry && w->manner->id_as_number == 1)
		return number(w, phone);
	return say(w, "%s", phone);
}

static struct cell
grade_cell(struct writing *w)
{
	static const char *const plain[13] = { "", "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级",
		"八年级", "九年级", "高一", "高二", "高三" };
	static const char *const brief[13] = { "", "小一", "小二", "小三", "小四", "小五", "小六", "初一", "初二",
		"初三", "高一", "高二", "高三" };
	static const char *const stages[] = { "小学", "初中", "高中" };
	unsigned g = w->person->grade, stage = g <= 6 ? 0 : g <= 9 ? 1 : 2;
	unsigned in_stage = g - (stage == 0 ? 0 : stage == 1 ? 6 : 9);
	unsigned form = w->manner->grade;

	if (w->manner->form->look & LOOK_CODES) {
		if (strcmp(w->manner->form->source, "medical_insurance") == 0)
			return say(w, "%02u", g);
		return say(w, "%u%u", stage + 1, in_stage);
	}
	if (has(w, DEFECT_GRADE_FORM))
		form = (form + 1) % 4;
	switch (form) {
	case 0:
		return say(w, "%s%u级", stages[stage], CITY_YEAR - in_stage + 1);
	case 1:
		return literal(plain[g]);
	case 2:
		return literal(brief[g]);
	default:
		return g <= 9 ? say(w, "%u年级", g) : literal(plain[g]);
	}
}

static struct cell
class_cell(struct writing *w)
{
	static const char *const numbers[] = { "", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一",
		"十二" };
	unsigned c = w->person->class_no;

	switch (w->manner->class) {
	case 0:
		return say(w, "%u班", c);
	case 1:
		return say(w, "（%u）班", c);
	case 2:
		return c < ARRAY_LEN(numbers) ? say(w, "%s班", numbers[c]) : say(w, "%u班", c);
	default:
		return say(w, "%02u", c);
	}
}

static struct cell
bool_cell(struct writing *w, bool value)
{
	if (w->manner->registry)
		return literal(value ? "是" : "否");
	if (has(w, DEFECT_BOOL_SIGN))
		return literal(value ? "√" : "×");
	if (!value && has(w, DEFECT_BOOL_EMPTY))
		return (struct cell){ 0 };
	switch (w->manner->truth) {
	case 0:
		return literal(value ? "是" : "否");
	case 1:
		return literal(value ? "1" : "0");
	default:
		return literal(value ? "有" : "无");
	}
}

static struct cell
coded(struct writing *w, const char *code, const char *label)
{
	if (!w->manner->registry && has(w, DEFECT_CODE_PREFIX))
		return say(w, "%s-%s", code, label);
	return literal(label);
}

static struct cell
ethnic_cell(struct writing *w)
{
	const struct ethnic *ethnic = &city_ethnic[w->person->ethnic];

	if (w->manner->form->look & LOOK_CODES)
		return say(w, "%s", ethnic->code);
	if (ethnic->obsolete != NULL && has(w, DEFECT_ETHNIC_OBSOLETE))
		return literal(ethnic->obsolete);
	if (has(w, DEFECT_CODE_PARTIAL))
		return say(w, "%.*s", (int)(strlen(ethnic->name) - strlen("族")), ethnic->name);
	return coded(w, ethnic->code, ethnic->name);
}

static struct cell
sex_cell(struct writing *w)
{
	bool boy = w->person->boy;

	if (has(w, DEFECT_SEX_WRONG))
		boy = !boy;
	if (w->manner->form->look & LOOK_CODES)
		return literal(boy ? "1" : "2");
	return coded(w, boy ? "1" : "2", boy ? "男" : "女");
}

static struct cell
id_type_cell(struct writing *w)
{
	static const char *const types[] = { "居民身份证", "其他", "香港特区护照/身份证明", "澳门特区护照/身份证明",
		"台湾居民来往大陆通行证", "护照" };

	return literal(types[w->person->id_kind]);
}

static struct cell
pick_cell(struct writing *w, const char *values)
{
	unsigned count = 1;
	const char *at = values;

	for (const char *c = values; *c != '\0'; c++)
		count += *c == '|';
	for (unsigned skip = rng_below(&w->rng, count); skip > 0; skip--)
		at = strchr(at, '|') + 1;
	return say(w, "%.*s", (int)strcspn(at, "|"), at);
}

static struct cell
number_cell(struct writing *w, const char *spec)
{
	char *end;
	unsigned least = (unsigned)strtoul(spec, &end, 10), most = (unsigned)strtoul(end, &end, 10);
	bool decimal = strtoul(end, NULL, 10) > 0;
	char digits[32];

	if (decimal)
		snprintf(
		    digits, sizeof(digits), "%u.%u", least + rng_below(&w->rng, most - least), rng_below(&w->rng, 10));
	else
		snprintf(digits, sizeof(digits), "%u", least + rng_below(&w->rng, most - least + 1));
	return number(w, digits);
}

static struct cell
digits_cell(struct writing *w, const char *spec)
{
	char digits[32];
	size_t len = strtoul(spec, NULL, 10);

	for (size_t i = 0; i < len; i++)
		digits[i] = (char)('0' + rng_below(&w->rng, 10));
	digits[0] = digits[0] == '0' ? '4' : digits[0];
	digits[len] = '\0';
	return say(w, "%s", digits);
}

static struct cell
address_cell(struct writing *w)
{
	const char *address = w->family->address;

	if (!w->manner->registry && has(w, DEFECT_ADDRESS_SHORT))
		return say(w, "%s", address + strlen("河南省洛阳市"));
	return say(w, "%s", address);
}

static const struct school *
school_of(struct writing *w)
{
	return &w->city->schools[has(w, DEFECT_SCHOOL_STALE) ? w->person->old_school : w->person->school];
}

static struct cell
left_behind_cell(struct writing *w)
{
	static const char *const labels[] = { "非留守儿童", "单亲留守儿童", "双亲留守儿童" };

	return literal(labels[w->person->left_behind % 3]);
}

static struct cell
postcode_cell(struct writing *w)
{
	const char *postcode = city_counties[w->family->county].postcode;

	if (has(w, DEFECT_POSTCODE_SHORT))
		return number(w, "14010"); /* a newcomer's 014010, its zero lost */
	return say(w, "%s", postcode);
}

static struct cell
hukou_cell(struct writing *w)
{
	return say(w, "河南省洛阳市%s", city_counties[w->family->county].name);
}

static struct cell
student_no_cell(struct writing *w)
{
	char other[20];
	size_t at;

	if (has(w, DEFECT_STUDENT_NO_MISSING))
		return (struct cell){ 0 };
	if (!has(w, DEFECT_STUDENT_NO_TYPO))
		return say(w, "%s", w->person->student_no);
	snprintf(other, sizeof(other), "%s", w->person->student_no);
	at = other[0] == 'L' ? 15 + rng_below(&w->rng, 4) : 1 + rng_below(&w->rng, 17); /* L-numbers have no check */
	other[at] = (char)('0' + (other[at] - '0' + 1 + (int)rng_below(&w->rng, 8)) % 10);
	return say(w, "%s", other);
}

/* Whether a column that asks for one guardian names the mother. */
static bool
has_other_guardian(struct writing *w, const struct column *column)
{
	return !w->manner->registry && strstr(column->header, "父") == NULL && has(w, DEFECT_GUARDIAN_OTHER);
}

/* When the registry's row was changed last: the first night is that of 1 September. */
static struct cell
updated_cell(struct writing *w)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned year = CITY_YEAR, month = 9, day = w->person->changed_night;

	for (; day > days[month - 1]; month++) {
		day -= days[month - 1];
		if (month == 12) {
			month = 0;
			year++;
		}
	}
	return say(w, "%04u-%02u-%02u 10:%02u:00", year, month, day, w->person->number % 60);
}

/* From 0, as the card and its own column say. */
static unsigned
disability_level(const struct person *person)
{
	return person->number / 7 % 4;
}

static struct cell
fact_cell(struct writing *w, const struct column *column)
{
	const struct person *p = w->person;
	const struct family *family = w->family;
	unsigned stage = p->grade <= 6 ? 0 : p->grade <= 9 ? 1 : 2;
	unsigned entered = (unsigned)CITY_YEAR - (p->grade - (stage == 0 ? 0U : stage == 1 ? 6U : 9U)) + 1U;
	static const char *const stages[] = { "小学", "初中", "高中" };

	switch (column->fact) {
	case FACT_SERIAL:
		return say(w, "%u", w->serial);
	case FACT_NAME:
		return name_cell(w);
	case FACT_SEX:
		return sex_cell(w);
	case FACT_BIRTH:
		return birth_cell(w);
	case FACT_AGE:
		return say(w, "%u", (unsigned)CITY_YEAR - p->birth_year);
	case FACT_ETHNIC:
		return ethnic_cell(w);
	case FACT_NATION:
		return literal(p->id_kind == ID_PASSPORT ? "韩国" : "中国");
	case FACT_ID_TYPE:
		return id_type_cell(w);
	case FACT_ID:
		return id_cell(w);
	case FACT_STUDENT_NO:
		return student_no_cell(w);
	case FACT_REGION: {
		static const char *const regions[] = { "否", "否", "香港同胞", "澳门同胞", "台湾同胞", "外国人" };

		return literal(regions[p->id_kind]);
	}
	case FACT_HEALTH:
		return literal(p->disabled ? "残疾" : p->number % 40 == 3 ? "一般或较弱" : "健康或良好");
	case FACT_POLITICAL:
		return literal(p->grade > 9 && p->number % 3 == 0 ? "共青团员" : "群众");
	case FACT_HUKOU_TYPE:
		if (w->manner->form->look & LOOK_CODES)
			return literal(p->rural ? "2" : "1"); /* the reverse of the registry */
		return coded(w, p->rural ? "1" : "2", p->rural ? "农业户口" : "非农业户口");
	case FACT_HUKOU:
		return hukou_cell(w);
	case FACT_DIVISION:
		return say(w, "%s000000", city_counties[family->county].code);
	case FACT_NATIVE:
		return literal("河南省洛阳市");
	case FACT_SCHOOL:
		return say(w, "%s", school_of(w)->name);
	case FACT_SCHOOL_CODE:
		return say(w, "%s", school_of(w)->code);
	case FACT_STAGE:
		return literal(stages[stage]);
	case FACT_GRADE:
		return grade_cell(w);
	case FACT_CLASS:
		return class_cell(w);
	case FACT_GRADE_CLASS: {
		static const char *const heads[] = { "", "一年级", "二年级", "三年级", "四年级", "五年级", "六年级",
			"初一", "初二", "初三", "高一", "高二", "高三" };

		return say(w, "%s（%u）班", heads[p->grade % ARRAY_LEN(heads)], (unsigned)p->class_no);
	}
	case FACT_ADMISSION:
		return w->manner->registry ? say(w, "%u09", entered) : say(w, "%u年9月", entered);
	case FACT_GRADUATION:
		return say(w, "%u07", entered + (stage == 0 ? 6U : 3U));
	case FACT_ADMISSION_MODE:
		return literal(stage < 2 ? "就近入学" : "统一招生考试/普通入学");
	case FACT_RESIDENCE:
		return literal(p->boarder ? "住校" : "走读");
	case FACT_BOARDS:
		return bool_cell(w, p->boarder);
	case FACT_ADDRESS:
		return address_cell(w);
	case FACT_PHONE:
		return phone_cell(w, p->phone, 1);
	case FACT_POSTCODE:
		return postcode_cell(w);
	case FACT_LEFT_BEHIND:
		return left_behind_cell(w);
	case FACT_BOTH_AWAY:
		return bool_cell(w, p->left_behind == 2);
	case FACT_MIGRANT:
		return bool_cell(w, p->migrant);
	case FACT_DISABILITY:
		if (w->manner->registry && !p->disabled)
			return literal("无残疾");
		return literal(p->number % 3 == 0 ? "听力残疾" : p->number % 3 == 1 ? "肢体残疾" : "智力残疾");
	case FACT_DISABILITY_CARD:
		if (p->id_kind != ID_RESIDENT)
			return (struct cell){ 0 };
		return say(w, "%s%c%u", p->id_no, "245"[p->number % 3], 1 + disability_level(p));
	case FACT_DISABILITY_LEVEL:
		return literal((const char *const[]){ "一级", "二级", "三级", "四级" }[disability_level(p)]);
	case FACT_INCLUSIVE:
		return literal(!p->disabled  ? "非随班就读"
			: p->number % 3 == 0 ? "听力残疾随班就读"
			: p->number % 3 == 1 ? "其他残疾随班就读"
					     : "智力残疾随班就读");
	case FACT_FORMER_NAME:
		return say(w, "%s", p->former_name);
	case FACT_SEAT:
		return say(w, "%u", (unsigned)p->seat);
	case FACT_FATHER:
		return say(w, "%s", has_other_guardian(w, column) ? family->mother : family->father);
	case FACT_FATHER_RELATION:
		return literal("父亲");
	case FACT_FATHER_PHONE:
		return phone_cell(w, has_other_guardian(w, column) ? family->mother_phone : family->father_phone, 2);
	case FACT_FATHER_ID:
		return say(w, "%s", family->father_id);
	case FACT_MOTHER:
		return say(w, "%s", family->mother);
	case FACT_MOTHER_RELATION:
		return literal("母亲");
	case FACT_MOTHER_PHONE:
		return say(w, "%s", family->mother_phone);
	case FACT_MOTHER_ID:
		return say(w, "%s", family->mother_id);
	case FACT_STATUS:
		return literal(p->presence == MOVED_OUT ? "转学" : "在读");
	case FACT_UPDATED:
		return updated_cell(w);
	case FACT_COUNTY:
		return literal(city_counties[w->city->schools[p->school].county].name);
	case FACT_LOCAL_NO:
		return say(w, "41%09u", p->number * 3U);
	case FACT_BOOL:
		return bool_cell(w, rng_below(&w->rng, 100) < strtoul(column->spec, NULL, 10));
	case FACT_PICK:
		return pick_cell(w, column->spec);
	case FACT_NUMBER:
		return number_cell(w, column->spec);
	case FACT_DIGITS:
		return digits_cell(w, column->spec);
	case FACT_CONST:
		return literal(column->spec);
	case FACT_BLANK:
		break;
	}
	return (struct cell){ 0 };
}

/* All cells from the name's on one column to the right: the name's own is left blank. */
static void
shift_columns(struct sheetrow *row, const struct manner *manner)
{
	size_t at = 0;

	while (at < manner->count && manner->columns[at]->fact != FACT_NAME)
		at++;
	memmove(row->cells + at + 1, row->cells + at, (manner->count - at) * sizeof(*row->cells));
	row->cells[at] = (struct cell){ 0 };
	row->count = manner->count + 1;
	row->outcome = "rejected";
}

/* Whether nothing but the date of birth could have told who the pupil is. */
static bool
is_nobody(const struct writing *w)
{
	static const enum defect lost[] = { DEFECT_ID_MISSING, DEFECT_ID_TYPO, DEFECT_ID_NUMBER, DEFECT_ID_MASKED };
	bool id = w->person->id_kind != ID_NONE, has_id = false, school = false, class = false;
	bool student_no_lost = (w->row->defects >> DEFECT_STUDENT_NO_MISSING & 1) != 0
	    || ((w->row->defects >> DEFECT_STUDENT_NO_TYPO & 1) != 0 && w->person->student_no[0] != 'L');

	for (size_t i = 0; i < ARRAY_LEN(lost); i++)
		id = id && (w->row->defects >> lost[i] & 1) == 0;
	for (size_t i = 0; i < w->manner->count; i++) {
		enum fact fact = w->manner->columns[i]->fact;

		if (fact == FACT_STUDENT_NO && !student_no_lost)
			return false;
		has_id |= fact == FACT_ID;
		school |= fact == FACT_SCHOOL || fact == FACT_SCHOOL_CODE;
		class |= fact == FACT_CLASS || fact == FACT_GRADE_CLASS;
	}
	return !(id && has_id) && !(school && class);
}

/* A row without one number mostly has no other; and of two twins one's number stands with the other. */
static void
wish_kin(struct writing *w, struct rng *wishes)
{
	uint64_t id = (uint64_t)1 << DEFECT_ID_MISSING, no = (uint64_t)1 << DEFECT_STUDENT_NO_MISSING,
		 copied = (uint64_t)1 << DEFECT_ID_COPIED;
	bool together = rng_hit(wishes, 700000),
	     from_twin = rng_hit(wishes, w->city->mix->copied_from_twin / (w->manner->registry ? 20 : 1));
	const struct person *p = w->person;

	if (!w->manner->registry && together)
		w->wanted = (w->wanted & id) != 0 ? w->wanted | no : w->wanted & ~no;
	if (p->twins != 0) {
		const struct person *other = p->number == p->twins ? p + 1 : &w->city->persons[p->twins - 1];

		if (other->id_kind == ID_RESIDENT && (from_twin || (w->wanted & copied) != 0)) {
			w->twin = other;
			w->wanted |= copied;
		}
	}
}

void
sheetrow_fill(struct sheetrow *row, const struct manner *manner, const struct city *city, const struct person *person,
    const struct person *above, uint32_t serial, struct defects *defects)
{
	struct writing w = { .row = row,
		.manner = manner,
		.city = city,
		.person = person,
		.above = above,
		.family = &city->families[person->family],
		.defects = defects,
		.serial = serial };
	const struct mix *mix = city->mix;
	struct rng wishes = rng_for(manner->seed, manner->kind * 2 + 1000, person->number);

	bool has_birth = false;

	row->used = 0;
	row->count = manner->count;
	row->defects = 0;
	row->outcome = "accepted";
	for (unsigned i = 0; i < DEFECT_COUNT; i++) {
		if (rng_hit(&wishes, manner->registry ? mix->rates[i].registry : mix->rates[i].spreadsheet))
			w.wanted |= (uint64_t)1 << i;
	}
	if (mix->kin)
		wish_kin(&w, &wishes);
	defects->rows++;
	for (size_t i = 0; i < manner->count; i++) {
		/* each column has chance of its own, whatever stands before it */
		w.rng = rng_for(manner->seed, manner->kind * 2 + 1001,
		    (uint64_t)person->number * 256 + (uint64_t)(manner->columns[i] - manner->form->columns));
		row->cells[i] = fact_cell(&w, manner->columns[i]);
		has_birth |= manner->columns[i]->fact == FACT_BIRTH;
	}
	if ((w.no_birth || !has_birth) && is_nobody(&w))
		row->outcome = "rejected";
	has(&w, DEFECT_ROW_DUPLICATED);
	if (has(&w, DEFECT_COLUMN_SHIFT))
		shift_columns(row, manner);
}

bool
sheetrow_twice(const struct sheetrow *row)
{
	return (row->defects >> DEFECT_ROW_DUPLICATED & 1) != 0;
}
