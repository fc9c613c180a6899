/*
 * name.c - people's names.
 *
 * Blanks between Han characters go ("张　三"), invisible characters go, radicals and compatibility
 * ideographs become the characters they stand for, and the many dots of minority names become
 * U+00B7 (the notice of twelve ministries of 2016), but only between two letters. A note in round
 * brackets behind the name, or what tells namesakes of a class apart (王丽1, 王丽A, 王丽2班), or a word of
 * what became of the pupil (张三 转出), is taken off and told. What stands for a lost character (? □ ○ *, or its
 * description in square brackets) stays: nobody here knows which it was.
 */
#include <uchar.h>

#include "consumers/normalize/cell.h"

#define NAME_MAX 128
#define DOT 0xB7

static bool
is_han(uint32_t cp)
{
	return (cp >= 0x4E00 && cp <= 0x9FFF) || (cp >= 0x3400 && cp <= 0x4DBF) || (cp >= 0x20000 && cp <= 0x323AF)
	    || cp == 0x3005 || cp == 0x3007 || (cp >= 0xF900 && cp <= 0xFAFF);
}

static bool
is_latin(uint32_t cp)
{
	return (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z')
	    || (cp >= 0xC0 && cp <= 0x24F && cp != 0xD7 && cp != 0xF7) || (cp >= 0x1E00 && cp <= 0x1EFF);
}

/* Letters of other scripts: Greek to Tibetan, Georgian, Hangul, Mongolian, kana, Arabic forms. */
static bool
is_other_letter(uint32_t cp)
{
	return (cp >= 0x250 && cp <= 0x1FFF && cp != 0x3A2) || (cp >= 0x3041 && cp <= 0x30FA)
	    || (cp >= 0x30FC && cp <= 0x31FF) || (cp >= 0xA000 && cp <= 0xABFF) || (cp >= 0xAC00 && cp <= 0xD7A3)
	    || (cp >= 0xFB50 && cp <= 0xFDFF) || (cp >= 0xFE70 && cp <= 0xFEFC);
}

static bool
is_dot(uint32_t cp)
{
	switch (cp) {
	case 0xB7:
	case 0x2022:
	case 0x30FB:
	case 0xFF65:
	case 0x2027:
	case 0x2219:
	case 0x22C5:
	case 0x387:
	case 0xFF0E:
	case '.':
	case 0x3002:
	case 0xFF61:
	case 0x2024:
		return true;
	default:
		return false;
	}
}

static bool
is_lost(uint32_t cp)
{
	return cp == '?' || cp == '*' || cp == 0x25A1 || cp == 0x25CB || cp == 0x25EF || cp == 0x25A0 || cp == 0x3013
	    || cp == 0xFFFD || cp == 0x2B1C || cp == 0x2B1A;
}

static bool
is_letter(uint32_t cp)
{
	return is_han(cp) || is_latin(cp) || is_other_letter(cp) || cell_private(cp) || is_lost(cp);
}

/* The name's characters: width, radicals and blanks made one; SIZE_MAX when there are too many. */
static size_t
take_apart(struct text text, uint32_t *cps)
{
	size_t count = 0, pos = 0;

	while (pos < text.len) {
		uint32_t cp = text_next(text, &pos);

		if (cell_invisible(cp) || (cp < 0x20 && !cell_space(cp)) || (cp >= 0x7F && cp < 0xA0 && cp != 0x85))
			continue;
		if (count == 0 && (cell_space(cp) || cp == '\'' || cp == 0x2019 || cp == 0x2018))
			continue;
		if (count == NAME_MAX)
			return SIZE_MAX;
		cps[count++] = cell_space(cp) ? ' ' : is_dot(cp) ? cp : cell_half(han_unified(cp));
	}
	while (count > 0 && cps[count - 1] == ' ')
		count--;
	return count;
}

static bool
is_number(uint32_t cp)
{
	return (cp >= '0' && cp <= '9') || (cp >= 0x2460 && cp <= 0x2473) /* ① */;
}

/* Two characters of a name and nothing but a name's before ${count}. */
static bool
is_whole(const uint32_t *cps, size_t count)
{
	size_t letters = 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_letter(cps[i]) && !is_dot(cps[i]) && cps[i] != ' ' && cps[i] != '-')
			return false;
		letters += is_letter(cps[i]) && !is_lost(cps[i]);
	}
	return letters >= 2;
}

/* What tells namesakes apart behind the name: 1, A, 2班, ①. A single Latin letter behind one Han
 * character may stand for a rare one: it stays. */
static size_t
without_mark(struct cell_work *work, const uint32_t *cps, size_t count)
{
	size_t at = count, end;
	bool letter;

	if (at > 0 && cps[at - 1] == 0x73ED /* 班 */)
		at--;
	end = at;
	while (at > 0 && is_number(cps[at - 1]))
		at--;
	letter = at == count && at > 2 && is_latin(cps[at - 1]) && is_han(cps[at - 2]) && is_han(cps[at - 3]);
	if (letter)
		at--;
	if (at == end && !letter)
		return count;
	end = at;
	while (at > 0 && (cps[at - 1] == ' ' || cps[at - 1] == '-'))
		at--;
	if (!is_whole(cps, at))
		return count;
	for (size_t i = end; i < count; i++)
		work->mark = work->mark * 0x9E3779B97F4A7C15u + cps[i];
	cell_say(work, RULE_name_note);
	return at;
}

/* What became of the pupil, behind a blank or a dash: 张三 转出. */
static size_t
without_fate(struct cell_work *work, const uint32_t *cps, size_t count)
{
	static const char32_t fates[][3] = { U"转出", U"转入", U"转学", U"转走", U"休学", U"复学", U"退学", U"辍学",
		U"失学", U"借读", U"离校", U"毕业", U"死亡", U"病休" };
	size_t at = count;

	if (count < 5 || (cps[count - 3] != ' ' && cps[count - 3] != '-'))
		return count;
	for (size_t i = 0; i < ARRAY_LEN(fates) && at == count; i++) {
		if (cps[count - 2] == fates[i][0] && cps[count - 1] == fates[i][1])
			at = count - 3;
	}
	while (at > 0 && (cps[at - 1] == ' ' || cps[at - 1] == '-'))
		at--;
	if (at == count || !is_whole(cps, at))
		return count;
	cell_say(work, RULE_name_note);
	return at;
}

/* A note in round brackets at the end, or a word behind a blank or a dash. */
static size_t
without_note(struct cell_work *work, const uint32_t *cps, size_t count)
{
	size_t at = count;

	if (count < 3 || cps[count - 1] != ')') {
		at = without_fate(work, cps, count);
		return at < count ? at : without_mark(work, cps, count);
	}
	while (at > 0 && cps[at - 1] != '(')
		at--;
	if (at < 2)
		return count;
	at--;
	while (at > 0 && (cps[at - 1] == ' ' || cps[at - 1] == '-'))
		at--;
	if (at == 0)
		return count;
	cell_say(work, RULE_name_note);
	if (cps[count - 3] == '(') /* one character: （大） */
		work->mark = work->mark * 0x9E3779B97F4A7C15u + cps[count - 2];
	return without_note(work, cps, at);
}

/* Blanks where they do not belong go; dots between letters become one. */
static size_t
straighten(uint32_t *cps, size_t count)
{
	size_t kept = 0;
	bool latin = true;

	for (size_t i = 0; i < count; i++)
		latin = latin && !is_han(cps[i]);
	for (size_t i = 0; i < count; i++) {
		uint32_t cp = cps[i];

		if (cp == ' ' && (kept == 0 || !latin || cps[kept - 1] == ' ' || cps[kept - 1] == DOT))
			continue;
		if (is_dot(cp) && !(latin && cp == '.')) {
			if (kept > 0 && cps[kept - 1] == ' ')
				kept--;
			if (kept > 0 && cps[kept - 1] == DOT)
				continue;
			if (kept > 0 && is_letter(cps[kept - 1])) {
				size_t next = i + 1;

				while (next < count && (cps[next] == ' ' || is_dot(cps[next])))
					next++;
				if (next < count && is_letter(cps[next]))
					cp = DOT;
			}
		}
		cps[kept++] = cp;
	}
	return kept;
}

/* What stands in the name that should not; false when it is no name. */
static bool
judge(struct cell_work *work, const uint32_t *cps, size_t count)
{
	size_t han = 0, latin = 0, lost = 0, others = 0, private = 0;
	bool bracket = false;

	for (size_t i = 0; i < count; i++) {
		uint32_t cp = cps[i];

		if (cp == '[' || cp == ']' || cp == 0x3010 || cp == 0x3011)
			bracket = true;
		else if (cell_private(cp))
		private++;
		else if (is_han(cp)) han++;
		else if (is_latin(cp)) latin++;
		else if (is_lost(cp)) lost++;
		else if (is_other_letter(cp) || (cp >= 0x180B && cp <= 0x180D)) others++;
		else if (cp == DOT
			? i == 0 || i + 1 == count
			: !(han == 0 && (cp == ' ' || cp == '.' || cp == '-' || cp == '\'' || cp == ','))) return false;
	}
	if (han + latin + others + private == 0)
		return false;
	if (lost > 0 || (bracket && han > 0))
		cell_say(work, RULE_name_lost_character);
	else if (bracket)
		return false;
	if (private > 0)
		cell_say(work, RULE_name_private_character);
	if (han > 0 && latin > 0)
		cell_say(work, RULE_name_pinyin);
	if (han + latin + others + private + lost == 1)
		cell_say(work, RULE_name_short);
	return true;
}

/* Two to twenty Han characters of the main block and nothing else: nothing to do. */
static bool
is_plain(struct text text)
{
	const unsigned char *at = (const unsigned char *)text.at;

	if (text.len < 6 || text.len > 60 || text.len % 3 != 0)
		return false;
	for (size_t i = 0; i < text.len; i += 3) {
		if (at[i] < 0xE4 || at[i] > 0xE9 || (at[i] == 0xE4 && at[i + 1] < 0xB8))
			return false;
	}
	return true;
}

static enum cell_state
any_name(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	static const char *const nobody[] = { "无", "不详", "暂无", "没有", "未知", "空" };
	uint32_t cps[NAME_MAX];
	char clean[NAME_MAX * 4];
	size_t count, before, len = 0, most = field->length_max == 0 ? NAME_MAX : field->length_max;

	*out = cell->text;
	count = take_apart(cell->text, cps);
	if (count == SIZE_MAX)
		return cell_bad(work, RULE_text_too_long);
	if (count == 0)
		return CELL_EMPTY;
	/* a blank that goes may let more be seen as a note: 张　三Ｍ */
	do {
		before = count;
		count = straighten(cps, without_note(work, cps, count));
	} while (count != before);
	if (count > most)
		return cell_bad(work, RULE_text_too_long);
	for (size_t i = 0; i < count; i++)
		len += text_put(clean + len, cps[i]);
	for (size_t i = 0; i < ARRAY_LEN(nobody); i++) {
		if (text_eq((struct text){ clean, len }, text_from(nobody[i]))) {
			cell_say(work, RULE_null_literal);
			return CELL_EMPTY;
		}
	}
	if (count == 0 || !judge(work, cps, count)) {
		work->rule_count = 0;
		return cell_bad(work, RULE_name_character);
	}
	if (!text_eq((struct text){ clean, len }, cell->text))
		*out = cell_copy(work, clean, len);
	return CELL_GOOD;
}

enum cell_state
name_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	size_t most = field->length_max == 0 ? NAME_MAX : field->length_max;

	*out = cell->text;
	if (is_plain(cell->text) && cell->text.len / 3 <= most && !text_eq(cell->text, TEXT("不详"))
	    && !text_eq(cell->text, TEXT("暂无")) && !text_eq(cell->text, TEXT("没有"))
	    && !text_eq(cell->text, TEXT("未知")))
		return CELL_GOOD;
	return any_name(work, field, cell, out);
}
