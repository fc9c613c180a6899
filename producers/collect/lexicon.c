/*
 * lexicon.c - the dataset's table of headers, asked by the rules told in lexicon.h.
 */
#include "producers/collect/lexicon.h"

#include <stdio.h>
#include <string.h>

/*
 * People a column may speak of, longer words before those they contain. ${as}: what to put before
 * the lower header when the word itself leads nowhere: the dataset keeps father, guardian and first
 * member in one place.
 */
static const struct person {
	struct text word;
	struct text as[3];
} persons[] = {
	{ TEXT("委托监护人"), { { 0 } } },
	{ TEXT("监护人1"), { TEXT("成员1") } },
	{ TEXT("监护人2"), { TEXT("成员2") } },
	{ TEXT("监护人一"), { TEXT("成员1") } },
	{ TEXT("监护人二"), { TEXT("成员2") } },
	{ TEXT("第一监护人"), { TEXT("成员1") } },
	{ TEXT("第二监护人"), { TEXT("成员2") } },
	{ TEXT("监护人"), { TEXT("家长"), TEXT("成员1") } },
	{ TEXT("成员1"), { { 0 } } },
	{ TEXT("成员2"), { { 0 } } },
	{ TEXT("成员一"), { TEXT("成员1") } },
	{ TEXT("成员二"), { TEXT("成员2") } },
	{ TEXT("成员或监护人一"), { TEXT("成员1") } },
	{ TEXT("成员或监护人二"), { TEXT("成员2") } },
	{ TEXT("成员"), { TEXT("成员1") } },
	{ TEXT("家长1"), { TEXT("成员1") } },
	{ TEXT("家长2"), { TEXT("成员2") } },
	{ TEXT("家长一"), { TEXT("成员1") } },
	{ TEXT("家长二"), { TEXT("成员2") } },
	{ TEXT("家长"), { TEXT("监护人"), TEXT("成员1") } },
	{ TEXT("外祖父"), { { 0 } } },
	{ TEXT("外祖母"), { { 0 } } },
	{ TEXT("祖父母"), { { 0 } } },
	{ TEXT("祖父"), { { 0 } } },
	{ TEXT("祖母"), { { 0 } } },
	{ TEXT("爷爷"), { TEXT("祖父") } },
	{ TEXT("奶奶"), { TEXT("祖母") } },
	{ TEXT("外公"), { TEXT("外祖父") } },
	{ TEXT("外婆"), { TEXT("外祖母") } },
	{ TEXT("父母"), { { 0 } } },
	{ TEXT("父亲"), { TEXT("成员1") } },
	{ TEXT("母亲"), { TEXT("成员2") } },
	{ TEXT("爸爸"), { TEXT("父亲"), TEXT("成员1") } },
	{ TEXT("妈妈"), { TEXT("母亲"), TEXT("成员2") } },
	{ TEXT("父"), { TEXT("父亲"), TEXT("成员1") } },
	{ TEXT("母"), { TEXT("母亲"), TEXT("成员2") } },
	{ TEXT("户主"), { { 0 } } },
	{ TEXT("紧急联系人"), { { 0 } } },
	{ TEXT("联系人"), { { 0 } } },
	{ TEXT("收件人"), { { 0 } } },
	{ TEXT("代领人"), { { 0 } } },
	{ TEXT("持卡人"), { { 0 } } },
	{ TEXT("开户人"), { { 0 } } },
	{ TEXT("班主任"), { { 0 } } },
	{ TEXT("教师"), { { 0 } } },
	{ TEXT("老师"), { { 0 } } },
	{ TEXT("驾驶员"), { { 0 } } },
	{ TEXT("照管员"), { { 0 } } },
	{ TEXT("帮扶"), { { 0 } } },
	{ TEXT("填表人"), { { 0 } } },
	{ TEXT("负责人"), { { 0 } } },
	{ TEXT("经办人"), { { 0 } } },
	{ TEXT("兄弟"), { { 0 } } },
	{ TEXT("姐妹"), { { 0 } } },
	{ TEXT("配偶"), { { 0 } } },
	{ TEXT("亲属"), { { 0 } } },
	{ TEXT("监护"), { { 0 } } },
};

/* Notes that are not only notes. */
static const struct text sides[] = { TEXT("左"), TEXT("右") };

/* Words at the ends of a header that say how to fill in, not what. */
static const struct text marks[] = {
	TEXT("必填项"),
	TEXT("必填"),
	TEXT("选填项"),
	TEXT("选填"),
	TEXT("可不填"),
};

/* What may stand around a known header without changing what it means. */
static const struct text harmless[] = {
	TEXT("学生本人"),
	TEXT("学生"),
	TEXT("本人"),
	TEXT("儿童"),
	TEXT("幼儿"),
	TEXT("请输入"),
	TEXT("请填写"),
	TEXT("填写"),
	TEXT("必填项"),
	TEXT("必填"),
	TEXT("选填"),
	TEXT("18位"),
	TEXT("十八位"),
	TEXT("19位"),
	TEXT("10位"),
	TEXT("公历"),
	TEXT("阳历"),
	TEXT("详细"),
	TEXT("具体"),
	TEXT("准确"),
	TEXT("如实"),
	TEXT("文本格式"),
	TEXT("信息"),
	TEXT("情况"),
	TEXT("的"),
};

/* The brackets header_fold() knows; here only they go, not what they hold. */
static bool
is_bracket(uint32_t cp)
{
	switch (cp) {
	case '(':
	case ')':
	case '[':
	case ']':
	case '{':
	case '}':
	case '<':
	case '>':
	case 0xFF08:
	case 0xFF09:
	case 0xFF3B:
	case 0xFF3D:
	case 0xFF5B:
	case 0xFF5D:
	case 0x3008:
	case 0x3009:
	case 0x300A:
	case 0x300B:
	case 0x300C:
	case 0x300D:
	case 0x3010:
	case 0x3011:
	case 0x3014:
	case 0x3015:
	case 0x3016:
	case 0x3017:
		return true;
	default:
		return false;
	}
}

size_t
lexicon_key(struct text header, char key[LEXICON_KEY_MAX])
{
	char bare[LEXICON_HEADER_MAX];
	size_t len = 0;

	if (header.len == 0 || header.len > sizeof(bare))
		return 0;
	for (size_t pos = 0; pos < header.len;) {
		size_t at = pos;

		if (!is_bracket(text_next(header, &pos))) {
			memcpy(bare + len, header.at + at, pos - at);
			len += pos - at;
		}
	}
	return header_fold((struct text){ bare, len }, key, LEXICON_KEY_MAX);
}

static size_t
folded_key(struct text header, char key[LEXICON_KEY_MAX])
{
	if (header.len == 0 || header.len > LEXICON_HEADER_MAX)
		return 0;
	return header_fold(header, key, LEXICON_KEY_MAX);
}

static const struct person *
person_find(struct text header)
{
	for (size_t i = 0; i < ARRAY_LEN(persons); i++) {
		if (text_find(header, persons[i].word) != SIZE_MAX)
			return &persons[i];
	}
	return NULL;
}

bool
lexicon_other_person(struct text header)
{
	char key[LEXICON_KEY_MAX];
	struct text whole = { key, lexicon_key(header, key) };

	/* A heading over everybody: the columns below must say themselves whose they are. */
	if (text_find(whole, TEXT("学生及")) != SIZE_MAX || text_find(whole, TEXT("学生和")) != SIZE_MAX
	    || text_find(whole, TEXT("学生与")) != SIZE_MAX || text_find(whole, TEXT("学生、")) != SIZE_MAX)
		return false;
	return person_find(whole) != NULL;
}

static const struct source_header *
header_among(const struct source_header *headers, size_t count, struct text key)
{
	if (key.len == 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (text_eq(headers[i].header, key))
			return &headers[i];
	}
	return NULL;
}

static struct claim
claim_of(uint16_t field, int score, const char *why)
{
	return (struct claim){ field, field == FIELD_NONE, score, why };
}

/* Whether ${key} is what the field is called, not one of its other headers. */
static bool
is_own_name(const struct field *field, struct text key)
{
	char own[LEXICON_KEY_MAX];

	return text_eq((struct text){ own, header_fold(field->zh, own, sizeof(own)) }, key);
}

/* What an exact key says: the source first, then the dataset. */
static struct claim
find_key(const struct lexicon *lexicon, struct text key)
{
	const struct source_header *own = NULL;
	const struct field *field;
	uint16_t number = FIELD_NONE;
	enum header_use use;

	if (key.len == 0)
		return (struct claim){ .field = FIELD_NONE };
	use = dataset_header(lexicon->dataset, key, &number);
	if (use == HEADER_NEVER)
		return claim_of(FIELD_NONE, SCORE_SOURCE, "must not be read");
	if (lexicon->source != NULL)
		own = header_among(lexicon->source->headers, lexicon->source->header_count, key);
	if (own != NULL)
		return claim_of(own->field, SCORE_SOURCE, "source's own header");
	if (use == HEADER_FIELD) {
		return is_own_name(&lexicon->dataset->fields[number], key)
		    ? claim_of(number, SCORE_NAME, "name of the field")
		    : claim_of(number, SCORE_SYNONYM, "synonym");
	}
	if (use == HEADER_IGNORED)
		return claim_of(FIELD_NONE, SCORE_NAME, "not needed");
	field = dataset_field(lexicon->dataset, key);
	if (field != NULL && !field->unread)
		return claim_of(field->number, SCORE_NAME, "name of the field");
	return (struct claim){ .field = FIELD_NONE };
}

/* Whether ${whole} says a side that ${fold}, without its notes, does not. */
static bool
loses_side(struct text whole, struct text fold)
{
	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		if (text_find(whole, sides[i]) != SIZE_MAX && text_find(fold, sides[i]) == SIZE_MAX)
			return true;
	}
	return false;
}

/* ${upper} and ${lower} one behind the other as one key. */
static struct claim
find_joined(const struct lexicon *lexicon, struct text upper, struct text lower)
{
	char joined[2 * LEXICON_KEY_MAX];

	if (upper.len + lower.len > sizeof(joined))
		return (struct claim){ .field = FIELD_NONE };
	memcpy(joined, upper.at, upper.len);
	memcpy(joined + upper.len, lower.at, lower.len);
	return find_key(lexicon, (struct text){ joined, upper.len + lower.len });
}

static struct claim
find_of_person(const struct lexicon *lexicon, const struct person *person, struct text header)
{
	struct claim claim = find_joined(lexicon, person->word, header);

	for (size_t i = 0; i < ARRAY_LEN(person->as) && claim.score == 0; i++) {
		if (person->as[i].len == 0)
			break;
		claim = find_joined(lexicon, person->as[i], header);
		if (claim.score > SCORE_MEMBER && claim.score < SCORE_SOURCE)
			claim.score = SCORE_MEMBER;
	}
	return claim;
}

/*
 * "第1剂", "第一针", "1剂次", "一" to "1": how often doses are counted. Empty when ${lower} is
 * none.
 */
static struct text
dose_of(struct text lower)
{
	static const struct text ends[] = { TEXT("剂次"), TEXT("针次"), TEXT("剂"), TEXT("针"), TEXT("次") };
	static const struct text words[][2] = {
		{ TEXT("一"), TEXT("1") },
		{ TEXT("二"), TEXT("2") },
		{ TEXT("三"), TEXT("3") },
		{ TEXT("四"), TEXT("4") },
		{ TEXT("五"), TEXT("5") },
	};

	if (text_starts(lower, TEXT("第"))) {
		lower.at += TEXT("第").len;
		lower.len -= TEXT("第").len;
	}
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (text_ends(lower, ends[i])) {
			lower.len -= ends[i].len;
			break;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (text_eq(lower, words[i][0]))
			return words[i][1];
	}
	if (lower.len == 1 && lower.at[0] >= '1' && lower.at[0] <= '9')
		return lower;
	return (struct text){ 0 };
}

/* "乙肝疫苗第一剂", "乙肝疫苗/1剂" in one cell. */
static struct claim
find_dose(const struct lexicon *lexicon, struct text key)
{
	for (size_t pos = 0; pos < key.len;) {
		size_t at = pos;
		uint32_t cp = text_next(key, &pos);
		struct text dose;

		if (at == 0 || (cp != '/' && cp != 0x7B2C /* 第 */))
			continue;
		dose = dose_of((struct text){ key.at + (cp == '/' ? pos : at), key.len - (cp == '/' ? pos : at) });
		if (dose.len > 0)
			return find_joined(lexicon, (struct text){ key.at, at }, dose);
	}
	return (struct claim){ .field = FIELD_NONE };
}

/* ${key} without the marks at its ends. */
static struct text
without_marks(struct text key)
{
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		if (text_ends(key, marks[i]))
			key.len -= marks[i].len;
		if (text_starts(key, marks[i])) {
			key.at += marks[i].len;
			key.len -= marks[i].len;
		}
	}
	return key;
}

/* Whether nothing is left of ${rest} once the harmless words are gone. */
static bool
is_harmless(struct text rest)
{
	while (rest.len > 0) {
		size_t i;

		for (i = 0; i < ARRAY_LEN(harmless); i++) {
			if (text_starts(rest, harmless[i]))
				break;
		}
		if (i == ARRAY_LEN(harmless))
			return false;
		rest.at += harmless[i].len;
		rest.len -= harmless[i].len;
	}
	return true;
}

/*
 * The last resort: ${key} holds a known header of at least four characters and around it only words
 * that change nothing. Tried for every part from the longest; the first that fits is the answer.
 */
static struct claim
find_inside(const struct lexicon *lexicon, struct text key)
{
	struct claim none = { .field = FIELD_NONE };
	size_t starts[25], count = 0;

	for (size_t pos = 0; pos < key.len;) {
		if (count == ARRAY_LEN(starts) - 1)
			return none;
		starts[count++] = pos;
		text_next(key, &pos);
	}
	starts[count] = key.len;
	for (size_t chars = count; chars-- > 4;) {
		for (size_t i = 0; i + chars <= count; i++) {
			struct text part = { key.at + starts[i], starts[i + chars] - starts[i] };
			struct text tail = { key.at + starts[i + chars], key.len - starts[i + chars] };
			struct claim claim = find_key(lexicon, part);

			if (claim.score == 0 || claim.ignored)
				continue;
			if (!is_harmless((struct text){ key.at, starts[i] }) || !is_harmless(tail))
				continue;
			return claim_of(claim.field, SCORE_GUESS, "contains a known header");
		}
	}
	return none;
}

/* The first line of a header that goes on with how to fill it in; empty when there is only one
 * line. */
static struct text
first_line(struct text header)
{
	for (size_t i = 0; i < header.len; i++) {
		if (header.at[i] == '\n' || header.at[i] == '\r')
			return (struct text){ header.at, i };
	}
	return (struct text){ 0 };
}

struct claim
lexicon_find(const struct lexicon *lexicon, struct text header)
{
	char whole_key[LEXICON_KEY_MAX], folded[LEXICON_KEY_MAX];
	struct text whole, fold, line, bare;
	const struct source_header *before = NULL;
	struct claim claim;
	bool person;

	header = text_trim(header);
	whole = (struct text){ whole_key, lexicon_key(header, whole_key) };
	fold = (struct text){ folded, folded_key(header, folded) };
	if (whole.len == 0)
		return (struct claim){ .field = FIELD_NONE };
	claim = find_key(lexicon, whole);
	if (claim.score > 0)
		return claim;
	person = person_find(whole) != NULL;
	if (!text_eq(fold, whole)) {
		if (loses_side(whole, fold))
			return claim;
		if (!person || person_find(fold) != NULL)
			claim = find_key(lexicon, fold);
		else
			claim = find_of_person(lexicon, person_find(whole), fold);
		if (claim.score > 0)
			return claim;
	}
	bare = without_marks(fold);
	if (bare.len < fold.len)
		claim = find_key(lexicon, bare);
	if (claim.score > SCORE_TRIMMED && claim.score < SCORE_SOURCE)
		claim = claim_of(claim.field, SCORE_TRIMMED, "without its marks");
	if (claim.score > 0)
		return claim;
	claim = find_dose(lexicon, fold);
	if (claim.score > 0)
		return claim;
	line = first_line(header);
	if (line.len > 0) {
		char line_key[LEXICON_KEY_MAX];
		struct text key = { line_key, folded_key(line, line_key) };

		if (!person || person_find(key) != NULL)
			claim = find_key(lexicon, key);
		if (claim.score > SCORE_TRIMMED && claim.score < SCORE_SOURCE)
			claim = claim_of(claim.field, SCORE_TRIMMED, "by its first line");
		if (claim.score > 0)
			return claim;
	}
	if (!person && lexicon->guess) {
		claim = find_inside(lexicon, fold.len > 0 ? fold : whole);
		if (claim.score > 0)
			return claim; /* stays a guess, however often it was made */
	}
	if (lexicon->remembered != NULL)
		before = header_among(lexicon->remembered->at, lexicon->remembered->count, whole);
	if (before != NULL && before->field < lexicon->dataset->field_count)
		return claim_of(before->field, SCORE_REMEMBERED, "remembered");
	return (struct claim){ .field = FIELD_NONE };
}

struct claim
lexicon_find_under(const struct lexicon *lexicon, struct text upper, struct text lower)
{
	char upper_key[LEXICON_KEY_MAX], lower_key[LEXICON_KEY_MAX];
	char lower_whole[LEXICON_KEY_MAX];
	struct text up = { upper_key, folded_key(upper, upper_key) };
	struct text low = { lower_key, folded_key(lower, lower_key) };
	struct text low_whole = { lower_whole, lexicon_key(lower, lower_whole) };
	struct text dose;
	struct claim claim;

	if (up.len == 0)
		up.len = lexicon_key(upper, upper_key);
	if (low.len == 0)
		low.len = lexicon_key(lower, lower_key);
	if (low.len == 0)
		return lexicon_find(lexicon, upper);
	if (up.len == 0 || text_eq(up, low))
		return lexicon_find(lexicon, lower);
	claim = find_joined(lexicon, up, low);
	if (claim.score == 0)
		claim = find_joined(lexicon, low, up);
	if (claim.score > 0)
		return claim;
	dose = dose_of(low);
	if (dose.len > 0) {
		claim = find_joined(lexicon, up, dose);
		if (claim.score > 0)
			return claim;
	}
	/* A person above, none below: the column speaks of that person, whatever it is called. */
	if (lexicon_other_person(upper) && person_find(low_whole) == NULL) {
		char whole[LEXICON_KEY_MAX];
		struct text all = { whole, lexicon_key(upper, whole) };

		return find_of_person(lexicon, person_find(all), without_marks(low));
	}
	return lexicon_find(lexicon, lower);
}

struct claim
lexicon_find_member(const struct lexicon *lexicon, unsigned member, struct text header)
{
	char key[LEXICON_KEY_MAX], prefix[32];
	struct text low = { key, folded_key(header, key) };
	struct claim claim;

	snprintf(prefix, sizeof(prefix), "成员%u", member);
	if (low.len == 0)
		return (struct claim){ .field = FIELD_NONE };
	claim = find_joined(lexicon, text_from(prefix), low);
	if (claim.score > SCORE_MEMBER && claim.score < SCORE_SOURCE)
		claim = claim_of(claim.field, SCORE_MEMBER, "repeated for a family member");
	return claim;
}
