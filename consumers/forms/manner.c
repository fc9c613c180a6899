/*
 * manner.c - see manner.h.
 */
#include "consumers/forms/manner.h"

#include <stdlib.h>

#include "core/record/day.h"

#define DAYS_TO_1970 25569 /* the spreadsheet's number of 1970-01-01, as counted from 1900 */
#define DAYS_1904 1462

/* ---- learning ---- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A digit or what stands for one: yyyy, xxxx. */
static bool
is_figure(char c, const char *letters)
{
	return is_digit(c) || (c != '\0' && strchr(letters, c | 0x20) != NULL);
}

/* How dates are written, from one, or from a pattern such as yyyy-mm-dd or xxxx.xx; false when there is none in ${text}. */
static bool
learn_date(struct manner *manner, struct text text)
{
	for (size_t i = 0; i + 6 <= text.len; i++) {
		size_t at = i + 4, digits = 0;
		struct text rest;

		for (size_t k = 0; k < 4 && at > i; k++) {
			if (!is_figure(text.at[i + k], "yx"))
				at = i;
		}
		if (at == i || (i > 0 && is_figure(text.at[i - 1], "yx")))
			continue;
		rest = (struct text){ text.at + at, text.len - at };
		if (text_starts(rest, TEXT("年")))
			manner->mark = 'h';
		else if (rest.at[0] == '-' || rest.at[0] == '/' || rest.at[0] == '.')
			manner->mark = rest.at[0];
		else if (is_figure(rest.at[0], "mx") && is_figure(rest.at[1], "mx"))
			manner->mark = 0;
		else
			continue;
		at += manner->mark == 'h' ? 3 : manner->mark != 0;
		while (at + digits < text.len && digits < 2 && is_figure(text.at[at + digits], "mx"))
			digits++;
		if (digits == 0)
			continue;
		manner->padded = digits == 2 && (!is_digit(text.at[at]) || text.at[at] == '0' || manner->mark == '-');
		at += digits;
		rest = (struct text){ text.at + at, text.len - at };
		manner->month = manner->mark == 'h'
		    ? !(text_starts(rest, TEXT("月")) && rest.len > 3 && is_figure(rest.at[3], "dx"))
		    : manner->mark == 0 ? rest.len < 2 || !is_figure(rest.at[0], "dx")
					: rest.len < 2 || rest.at[0] != manner->mark;
		return true;
	}
	return false;
}

/* A run of characters that no header puts between two codes. */
static size_t
word_len(struct text text)
{
	static const struct text ends[] = { TEXT("，"), TEXT("、"), TEXT("；"), TEXT("）"), TEXT("。"), TEXT("：") };
	size_t pos = 0;

	while (pos < text.len) {
		size_t at = pos;

		if (is_digit(text.at[pos]) || strchr(" ,;:)/.\n\r\t", text.at[pos]) != NULL)
			return at;
		for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
			if (text_starts((struct text){ text.at + pos, text.len - pos }, ends[i]))
				return at;
		}
		(void)text_next(text, &pos);
	}
	return pos;
}

/* "（1男2女）", "1-是，0-否": digits and what they mean, at least two of them. */
static void
learn_hints(struct manner *manner, struct text header)
{
	static const struct text marks[] = { TEXT("、"), TEXT("．"), TEXT("："), TEXT("＝"), TEXT("代表"), TEXT("表示"),
		TEXT("为") };
	size_t i = 0;

	while (manner->codes != NULL && i < header.len && manner->hint_count < MANNER_HINTS_MAX) {
		size_t from = i, digits;
		const struct code *code;
		struct text word;
		bool ambiguous = false;

		if (!is_digit(header.at[i])) {
			i++;
			continue;
		}
		while (i < header.len && is_digit(header.at[i]))
			i++;
		digits = i - from;
		if (i < header.len && strchr("-.=: ", header.at[i]) != NULL)
			i++;
		else {
			for (size_t k = 0; k < ARRAY_LEN(marks); k++) {
				if (text_starts((struct text){ header.at + i, header.len - i }, marks[k])) {
					i += marks[k].len;
					break;
				}
			}
		}
		word = (struct text){ header.at + i, word_len((struct text){ header.at + i, header.len - i }) };
		code = word.len == 0 ? NULL : codes_find(manner->codes, word, &ambiguous);
		if (code != NULL && !ambiguous)
			manner->hints[manner->hint_count++] = (struct manner_hint){ { header.at + from, digits },
				code->code };
		i += word.len;
	}
	if (manner->hint_count < 2)
		manner->hint_count = 0;
}

bool
manner_is_tick(struct text text)
{
	return text_eq(text, TEXT("√")) || text_eq(text, TEXT("✓")) || text_eq(text, TEXT("✔"));
}

/* Whether the example of a column with codes, one of which means no, says yes or no in place of a code's own word. */
static bool
is_answer(const struct field *field, struct text sample)
{
	static const struct text answers[] = { TEXT("×"), TEXT("是"), TEXT("否"), TEXT("有"), TEXT("无") };
	bool ambiguous = false, answer = manner_is_tick(sample);
	const struct code *code = codes_find(field->codes, sample, &ambiguous);

	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		answer = answer || text_eq(sample, answers[i]);
	return answer && (field->meaning_count > 0 || codes_find(field->codes, TEXT("否"), &ambiguous) != NULL)
	    && (code == NULL || !text_eq(code->label, sample));
}

static void
learn_yes_no(struct manner *manner, struct text header, struct text sample, bool ticks)
{
	static const struct text pairs[][2] = { { TEXT("是"), TEXT("否") }, { TEXT("有"), TEXT("无") },
		{ TEXT("√"), TEXT("") }, { TEXT("✓"), TEXT("") }, { TEXT("✔"), TEXT("") }, { TEXT("√"), TEXT("×") },
		{ TEXT("1"), TEXT("0") }, { TEXT("Y"), TEXT("N") }, { TEXT("y"), TEXT("n") },
		{ TEXT("对"), TEXT("错") } };

	manner->yes = pairs[0][0];
	manner->no = pairs[0][1];
	if (sample.len == 0 && (ticks || text_find(header, TEXT("√")) != SIZE_MAX)) {
		manner->yes = pairs[2][0];
		manner->no = text_find(header, TEXT("×")) != SIZE_MAX ? TEXT("×") : pairs[2][1];
	}
	for (size_t i = 0; i < ARRAY_LEN(pairs) && sample.len > 0; i++) {
		if (text_eq(sample, pairs[i][0]) || text_eq(sample, pairs[i][1])) {
			manner->yes = pairs[i][0];
			manner->no = pairs[i][1];
			return;
		}
	}
}

static const struct codes *
codes_named(const struct dataset *dataset, const char *name)
{
	for (size_t i = 0; i < dataset_codes_count(dataset); i++) {
		if (text_eq(codes_name(dataset_codes_at(dataset, i)), text_from(name)))
			return dataset_codes_at(dataset, i);
	}
	return NULL;
}

static bool
contains(struct text text, const char *part)
{
	return text_find(text, text_from(part)) != SIZE_MAX;
}

static void
learn_code(struct manner *manner, struct text sample)
{
	bool ambiguous = false;
	const struct code *code = sample.len == 0 ? NULL : codes_find(manner->codes, sample, &ambiguous);
	const struct form_word *word;

	if (code == NULL || ambiguous)
		return;
	manner->code = text_eq(sample, code->code);
	manner->both = !manner->code && text_starts(sample, code->code)
	    && text_find(sample, TEXT("-")) == code->code.len;
	word = terms_word(manner->terms, manner->field->number, code->code);
	if (text_ends(sample, code->label))
		manner->words = SAY_LABEL;
	else if (word != NULL && text_ends(sample, word->word))
		manner->words = SAY_WORD;
	else if (word != NULL && word->brief.len > 0 && text_ends(sample, word->brief))
		manner->words = SAY_BRIEF;
}

static void
learn_class(struct manner *manner, struct text header, const struct manner_evidence *evidence)
{
	struct text sample = evidence->sample;

	manner->with_grade = (contains(header, "年级") && contains(header, "班") && !evidence->grade_elsewhere)
	    || contains(sample, "年级");
	manner->class_brackets = contains(sample, "(") || contains(sample, "（");
	manner->class_digits = text_is_digits(sample);
}

void
manner_learn(struct manner *manner, const struct form_column *column, const struct dataset *dataset,
    const struct terms *terms, const struct manner_evidence *evidence)
{
	struct text sample = text_trim(evidence->sample), header = column->header;
	uint16_t field = column->use == FORM_FIELD ? column->field
	    : column->use == FORM_DERIVED          ? column->derive->from
						   : FIELD_NONE;

	*manner = (struct manner){ .dataset = dataset,
		.terms = terms,
		.column = column,
		.field = field == FIELD_NONE ? NULL : &dataset->fields[field],
		.date1904 = evidence->date1904,
		.allowed = evidence->allowed,
		.allowed_count = evidence->allowed_count,
		.mark = '-',
		.padded = true,
		.month = column->month_only };
	manner->whether = column->use == FORM_FIELD
	    && (column->whether || (manner->field->type == FIELD_CODE && is_answer(manner->field, sample)));
	manner->yes_no = column->use == FORM_DERIVED ? column->derive->as == DERIVE_WITHIN
	    : column->use == FORM_FIELD              ? manner->whether || manner->field->type == FIELD_BOOL
					: text_starts(header, TEXT("是否")) || text_starts(header, TEXT("有无"));
	if (manner->yes_no)
		manner->codes = codes_named(dataset, "yes_no");
	else if (column->use == FORM_FIELD)
		manner->codes = manner->field->codes;
	if (manner->codes != NULL && (manner->field == NULL || manner->field->type != FIELD_DIVISION))
		learn_hints(manner, header);
	if (manner->codes != NULL && manner->hint_count == 0 && manner->field != NULL
	    && manner->field->type != FIELD_DIVISION)
		learn_hints(manner, evidence->hint);
	if (manner->yes_no)
		learn_yes_no(manner, text_find(header, TEXT("√")) == SIZE_MAX ? evidence->hint : header, sample,
		    evidence->ticks);
	else if (manner->codes != NULL) {
		manner->code = contains(header, "码") || contains(evidence->hint, "代码");
		learn_code(manner, sample);
	}
	manner->number = evidence->format != STYLES_TEXT
	    && !(sample.len > 0 && is_digit(sample.at[0]) && evidence->sample_text); /* 示例 in 序号 says nothing */
	if (column->use != FORM_FIELD)
		return;
	switch (manner->field->type) {
	case FIELD_DATE:
	case FIELD_MONTH:
		manner->day = evidence->format == STYLES_DATE && !(sample.len > 0 && evidence->sample_text);
		if (manner->field->type == FIELD_MONTH)
			manner->month = true;
		if (!learn_date(manner, sample) && !learn_date(manner, header))
			(void)learn_date(manner, evidence->hint);
		break;
	case FIELD_CLASS:
		learn_class(manner, header, evidence);
		break;
	default:
		break;
	}
}

/* ---- writing ---- */

static enum manner_written
write_text(struct text text, struct buffer *out)
{
	buffer_text(out, text);
	return text.len == 0 ? MANNER_BLANK : MANNER_TEXT;
}

/* The word for ${code} that the form allows or its header says; at is NULL where neither has to say anything, len 0 where it has no word. */
static struct text
own_word(const struct manner *manner, struct text code)
{
	for (size_t i = 0; i < manner->allowed_count; i++) {
		bool ambiguous = false;
		const struct code *found = codes_find(manner->codes, manner->allowed[i], &ambiguous);

		if (found != NULL && !ambiguous && text_eq(found->code, code))
			return manner->allowed[i];
	}
	for (size_t i = 0; i < manner->hint_count; i++) {
		if (text_eq(manner->hints[i].code, code))
			return manner->hints[i].sign;
	}
	return manner->allowed_count > 0 || manner->hint_count > 0 ? (struct text){ "", 0 } : (struct text){ NULL, 0 };
}

static enum manner_written
write_yes_no(const struct manner *manner, bool yes, struct buffer *out)
{
	struct text word = manner->codes == NULL ? (struct text){ NULL, 0 }
						 : own_word(manner, yes ? TEXT("1") : TEXT("0"));

	if (word.at == NULL)
		word = yes ? manner->yes : manner->no;
	else if (word.len == 0)
		return MANNER_NONE;
	return write_text(word, out);
}

/* Whether a code says yes, for a header that asks 是否…: 1, 0, or -1 when the code set has no word for no. */
static int
says_yes(const struct manner *manner, struct text code)
{
	const struct code *no;
	bool ambiguous = false;

	for (size_t i = 0; i < manner->field->meaning_count; i++) {
		const struct code *raw = codes_find(manner->codes, manner->field->meanings[i].raw, &ambiguous);

		if (raw != NULL && text_eq(manner->field->meanings[i].code, code))
			return text_eq(raw->code, TEXT("1"));
	}
	if (manner->field->meaning_count > 0)
		return -1; /* 借宿 is neither */
	no = codes_find(manner->field->codes, TEXT("否"), &ambiguous);
	return no == NULL || ambiguous ? -1 : !text_eq(no->code, code);
}

static struct text
chars(struct text text, size_t from, size_t count)
{
	size_t pos = 0, at;

	while (from-- > 0 && pos < text.len)
		(void)text_next(text, &pos);
	at = pos;
	while (count-- > 0 && pos < text.len)
		(void)text_next(text, &pos);
	return (struct text){ text.at + at, pos - at };
}

/* What is written for a code of ${field}. */
static struct text
word_of(const struct manner *manner, const struct field *field, struct text code, enum manner_words words)
{
	const struct form_word *word = words == SAY_LABEL ? NULL : terms_word(manner->terms, field->number, code);

	if (word == NULL)
		return codes_label(field->codes, code);
	return words == SAY_BRIEF && word->brief.len > 0 ? word->brief : word->word;
}

static enum manner_written
write_class(const struct manner *manner, const struct text *values, struct text value, struct buffer *out)
{
	uint16_t grade = manner->dataset->roles.grade;
	size_t len = 0;

	while (len < value.len && is_digit(value.at[len]))
		len++;
	if (manner->with_grade && grade != FIELD_NONE && values[grade].len > 0)
		buffer_text(out, word_of(manner, &manner->dataset->fields[grade], values[grade], SAY_WORD));
	if (len > 0 && manner->class_digits && !manner->with_grade) {
		buffer_add(out, value.at, len);
		return manner->number && value.at[0] != '0' ? MANNER_NUMBER : MANNER_TEXT;
	}
	if (len > 0 && manner->class_brackets) {
		buffer_format(out, "（%.*s）%.*s", (int)len, value.at, (int)(value.len - len), value.at + len);
		return MANNER_TEXT;
	}
	return write_text(value, out);
}

static enum manner_written
write_date(const struct manner *manner, struct text value, struct buffer *out)
{
	struct date date;
	char whole[11] = "0000-00-01";
	int m, d;

	if (value.len < 7 || value.len > 10)
		return MANNER_NONE;
	memcpy(whole, value.at, value.len);
	if (!day_parse((struct text){ whole, 10 }, &date))
		return MANNER_NONE;
	m = date.month;
	d = date.day;
	if (manner->day) {
		buffer_format(out, "%d", day_of(date) + DAYS_TO_1970 - (manner->date1904 ? DAYS_1904 : 0));
		return MANNER_NUMBER;
	}
	buffer_format(out, "%04d", date.year);
	if (manner->mark == 'h')
		buffer_format(out, manner->padded ? "年%02d月" : "年%d月", m);
	else if (manner->mark == 0)
		buffer_format(out, "%02d", m);
	else {
		buffer_char(out, manner->mark);
		buffer_format(out, manner->padded ? "%02d" : "%d", m);
	}
	if (manner->month || value.len == 7)
		return MANNER_TEXT;
	if (manner->mark == 'h')
		buffer_format(out, manner->padded ? "%02d日" : "%d日", d);
	else if (manner->mark == 0)
		buffer_format(out, "%02d", d);
	else {
		buffer_char(out, manner->mark);
		buffer_format(out, manner->padded ? "%02d" : "%d", d);
	}
	return MANNER_TEXT;
}

/* The label of a division and of those above it, as ${as} wants them. */
static bool
put_division(const struct codes *codes, struct text code, enum derive_as as, struct buffer *out)
{
	static const size_t digits[] = { 2, 4, 6 };
	static const bool wanted[DERIVES][3] = { [DERIVE_PROVINCE] = { true, false, false },
		[DERIVE_CITY] = { false, true, false },
		[DERIVE_PROVINCE_CITY] = { true, true, false },
		[DERIVE_COUNTY] = { false, false, true },
		[DERIVE_DIVISION] = { true, true, true } };
	bool any = false;

	if (code.len != 6 || !text_is_digits(code))
		return false;
	for (size_t i = 0; i < 3; i++) {
		char above[7] = "000000";
		const struct code *found;

		memcpy(above, code.at, digits[i]);
		if (!wanted[as][i] || (i > 0 && memcmp(above + digits[i - 1], "00", 2) == 0))
			continue;
		found = codes_by_code(codes, (struct text){ above, 6 });
		if (found == NULL)
			continue;
		buffer_text(out, found->label);
		any = true;
	}
	return any;
}

static unsigned
age_on(struct text birth, struct date today)
{
	struct date date;
	int age;

	if (!day_parse(birth, &date))
		return UINT32_MAX;
	age = today.year - date.year - (today.month < date.month || (today.month == date.month && today.day < date.day));
	return age < 0 ? UINT32_MAX : (unsigned)age;
}

static enum manner_written
write_derived(const struct manner *manner, struct text value, struct date today, uint32_t number, struct buffer *out)
{
	const struct derivation *derive = manner->column->derive;
	unsigned age;

	switch (derive->as) {
	case DERIVE_NUMBER:
		buffer_format(out, "%u", number);
		return manner->number ? MANNER_NUMBER : MANNER_TEXT;
	case DERIVE_AGE:
		age = age_on(value, today);
		if (age == UINT32_MAX)
			return MANNER_NONE;
		buffer_format(out, "%u", age);
		return manner->number ? MANNER_NUMBER : MANNER_TEXT;
	case DERIVE_WITHIN:
		age = age_on(value, today);
		return age == UINT32_MAX ? MANNER_NONE
					 : write_yes_no(manner, age >= derive->min && age <= derive->max, out);
	case DERIVE_STAGE: /* 小学 of 小学四年级 */
		return write_text(chars(codes_label(manner->field->codes, value), 0, 2), out);
	default:
		return put_division(manner->field->codes, value, derive->as, out) ? MANNER_TEXT : MANNER_NONE;
	}
}

static enum manner_written
write_coded(const struct manner *manner, struct text value, struct buffer *out)
{
	struct text word = own_word(manner, value);
	const struct code *code = codes_by_code(manner->codes, value);

	if (word.at != NULL)
		return word.len == 0 ? MANNER_NONE : write_text(word, out);
	if (code == NULL)
		return write_text(value, out);
	if (manner->code || manner->both)
		buffer_text(out, code->code);
	if (manner->both)
		buffer_char(out, '-');
	if (!manner->code)
		buffer_text(out, word_of(manner, manner->field, value, manner->words));
	return MANNER_TEXT;
}

enum manner_written
manner_write(
    const struct manner *manner, const struct text *values, struct date today, uint32_t number, struct buffer *out)
{
	struct text value = manner->field == NULL ? (struct text){ NULL, 0 } : values[manner->field->number];
	int yes;

	if (manner->column->use == FORM_DERIVED && (manner->field == NULL || value.len > 0))
		return write_derived(manner, value, today, number, out);
	if (manner->column->use != FORM_FIELD || value.len == 0)
		return MANNER_NONE;
	if (manner->whether) {
		yes = says_yes(manner, value);
		return yes < 0 ? MANNER_NONE : write_yes_no(manner, yes == 1, out);
	}
	switch (manner->field->type) {
	case FIELD_BOOL:
		return write_yes_no(manner, text_eq(value, TEXT("1")), out);
	case FIELD_DIVISION:
		if (!manner->code && manner->allowed_count == 0 && manner->codes != NULL
		    && put_division(manner->codes, value, DERIVE_DIVISION, out))
			return MANNER_TEXT;
		return manner->codes != NULL ? write_coded(manner, value, out) : write_text(value, out);
	case FIELD_CODE:
	case FIELD_GRADE:
		return manner->codes != NULL ? write_coded(manner, value, out) : write_text(value, out);
	case FIELD_DATE:
	case FIELD_MONTH:
		return write_date(manner, value, out);
	case FIELD_CLASS:
		return write_class(manner, values, value, out);
	case FIELD_PHONE: { /* several stand with a space between, the best first; a cell is for one */
		const char *space = memchr(value.at, ' ', value.len);

		return write_text(
		    (struct text){ value.at, space == NULL ? value.len : (size_t)(space - value.at) }, out);
	}
	case FIELD_NUMBER:
		buffer_text(out, value);
		return manner->number && value.len <= 15 ? MANNER_NUMBER : MANNER_TEXT;
	default:
		return write_text(value, out);
	}
}

bool
manner_choices(const struct manner *manner, size_t most, struct buffer *out)
{
	size_t before = out->len, count = 0;

	if (manner->yes_no && manner->no.len > 0) {
		buffer_format(
		    out, "%.*s,%.*s", (int)manner->yes.len, manner->yes.at, (int)manner->no.len, manner->no.at);
		return true;
	}
	if (manner->yes_no || manner->codes == NULL || manner->column->use != FORM_FIELD)
		return false;
	for (size_t i = 0; i < codes_count(manner->codes); i++) {
		const struct code *code = codes_at(manner->codes, i);

		if (code->obsolete || memchr(code->label.at, ',', code->label.len) != NULL)
			continue;
		if (count++ > 0)
			buffer_char(out, ',');
		buffer_text(out, manner->code ? code->code : word_of(manner, manner->field, code->code, manner->words));
		if (text_length((struct text){ out->at + before, out->len - before }) > most) {
			out->len = before;
			return false;
		}
	}
	return count > 0;
}
