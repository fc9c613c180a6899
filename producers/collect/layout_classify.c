/*
 * layout_classify.c - what a row is.
 *
 * The way most rows take is short: a name and a number are there, no mark of an example stands in
 * front: data. All others are looked at in this order, and what fits nothing is data, for a row
 * wrongly called data comes back to its sender with a reason, while one wrongly set aside would be
 * lost from sight.
 *
 * - header: the rows of the header; a later row of two or more cells, each the same as the header
 *   above it.
 * - title: above the header; later the same words as a row above the header.
 * - example: 示例, 例：, 样例, 模板例子 … in a leading cell or with the name; a placeholder name
 * with such a mark anywhere.
 * - note: "必填" in place of a name; column numbers; 说明：, 注：; one long cell alone; a serial
 * number alone.
 * - total: 合计, 小计, 总计, 共35人 in a leading cell, or anywhere when there is no name.
 * - footer: 填表人, 审核, 制表日期, 第1页 … as the first words.
 */
#include "producers/collect/layout.h"

#include "core/base/digest.h"

#define LEADING_CELLS 3
#define NOTE_CHARS 12 /* from here a cell alone in its row is a sentence, not a value */

static const char *const role_names[ROW_ROLES] = {
	"data",
	"title",
	"header",
	"example",
	"total",
	"footer",
	"note",
	"hidden",
	"held",
	"purged",
};

const char *
row_role_name(enum row_role role)
{
	return role_names[role];
}

/* Chinese words for all of this; a row is compared without its white space. */
static const char *const example_marks[] = { "模板例子", "模板示例", "填写示例", "填写样例", "填表示例", "填报示例",
	"示例", "样例", "范例", "举例", "例子", "例如", "例" };
static const char *const example_inside[] = { "示例", "样例", "模板例子", "（例）", "(例)" };
static const char *const placeholder_names[] = { "张三", "李四", "王五", "赵六", "张某某", "张某", "李某某", "某某某",
	"某某", "小明", "XXX", "xxx", "×××", "XX", "xx", "***" };
static const char *const total_words[] = { "合计", "小计", "总计", "共计", "累计", "总人数", "本页合计", "本页小计",
	"人数合计", "合计人数", "平均", "平均值", "平均分", "平均数", "最大值", "最小值", "最高分", "最低分" };
static const char *const footer_words[] = { "填表人", "填表单位", "填表日期", "填表时间", "填报人", "填报单位",
	"填报日期", "填报时间", "制表人", "制表单位", "制表日期", "制表时间", "制表", "审核人", "审核", "审批",
	"复核人", "复核", "核对人", "经办人", "经手人", "负责人", "单位负责人", "学校负责人", "校长签字", "校长签名",
	"校长", "班主任签字", "班主任签名", "班主任", "主管领导", "分管领导", "领导签字", "签字", "盖章", "（盖章）",
	"（公章）", "学校盖章", "学校（盖章）", "单位盖章", "单位（盖章）", "单位（公章）", "打印时间", "打印日期",
	"打印人", "导出时间", "统计时间", "统计日期", "统计人", "录入人", "联系人", "联系电话", "日期", "时间",
	"报送人", "报送日期", "上报人", "上报日期", "以下空白", "以下无内容", "以下无正文" };
static const char *const note_words[] = { "填表说明", "填写说明", "填报说明", "使用说明", "说明", "备注", "注意事项",
	"注意", "注", "提示", "温馨提示", "填写要求", "填报要求", "要求" };
static const char *const fill_words[] = { "必填", "选填", "填写", "不超过", "格式", "文本", "汉字" };

/* Whether a byte, seen as the first of a character, cannot be white space: ASCII, or a Chinese
 * character. */
static bool
is_ink(char c)
{
	unsigned char byte = (unsigned char)c;

	return (byte > 0x20 && byte < 0x7F) || (byte >= 0xE4 && byte <= 0xE9);
}

static struct text
cell_at(const struct row *row, size_t column)
{
	struct text text;

	if (column >= row->count)
		return (struct text){ 0 };
	text = row->cells[column].text;
	/* Most cells have nothing to trim. */
	if (text.len == 0
	    || (is_ink(text.at[0])
		&& ((text.at[text.len - 1] > 0x20 && text.at[text.len - 1] < 0x7F)
		    || (text.len >= 3 && (unsigned char)text.at[text.len - 3] >= 0xE4 && is_ink(text.at[text.len - 3])
			&& (unsigned char)text.at[text.len - 1] >= 0x80))))
		return text;
	return text_trim(text);
}

/* Letters and digits, half or full width, as numbers are made of; stops counting at ${enough}. */
static size_t
count_alnum(struct text text, size_t enough)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len && count < enough; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
			count++;
		else if (c == 0xEF && i + 2 < text.len && (unsigned char)text.at[i + 1] == 0xBC
		    && (unsigned char)text.at[i + 2] >= 0x90 && (unsigned char)text.at[i + 2] <= 0x99)
			count++;
	}
	return count;
}

/* How many letters and digits the best of the identifying numbers has; at most 15. */
static size_t
number_length(const struct layout_rows *rows, const struct row *row)
{
	size_t best = 0;

	for (size_t i = 0; i < rows->strong_count && best < 15; i++) {
		size_t count = count_alnum(cell_at(row, rows->strong[i]), 15);

		if (count > best)
			best = count;
	}
	return best;
}

static bool
has_birth(const struct layout_rows *rows, const struct row *row)
{
	struct text cell = rows->birth == COLUMN_NONE ? (struct text){ 0 } : cell_at(row, rows->birth);

	return count_alnum(cell, 4) >= 4
	    || (cell.len > 0 && text_find(cell, TEXT("年")) != SIZE_MAX && text_find(cell, TEXT("月")) != SIZE_MAX);
}

/* The text without white space of any kind, for comparing words; cut at ${size}. */
static struct text
squeeze(struct text text, char *out, size_t size)
{
	size_t len = 0;

	for (size_t pos = 0; pos < text.len;) {
		size_t at = pos;
		uint32_t cp = text_next(text, &pos);

		if (cp <= ' ' || cp == 0xA0 || cp == 0x3000 || (cp >= 0x2000 && cp <= 0x200B))
			continue;
		if (len + (pos - at) > size)
			break;
		memcpy(out + len, text.at + at, pos - at);
		len += pos - at;
	}
	return (struct text){ out, len };
}

/* What stands behind a word that opens a cell without being part of a longer word. */
static bool
ends_word(struct text rest)
{
	static const char *const ends[] = { "：", "）", "】", "、", "，", "．", "。", "（", "_", "行", "数据", "填写",
		"勿删", "请删", "请勿" };

	if (rest.len == 0)
		return true;
	if (rest.at[0] > 0 && rest.at[0] < 0x7F
	    && !((rest.at[0] >= 'A' && rest.at[0] <= 'Z') || (rest.at[0] >= 'a' && rest.at[0] <= 'z')))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (text_starts(rest, text_from(ends[i])))
			return true;
	}
	return false;
}

static bool
opens_with(struct text text, const char *word)
{
	struct text start = text_from(word);

	if (text_starts(text, TEXT("（")) || text_starts(text, TEXT("【"))) {
		text.at += 3;
		text.len -= 3;
	} else if (text.len > 0 && (text.at[0] == '(' || text.at[0] == '[' || text.at[0] == '*')) {
		text.at++;
		text.len--;
	}
	return text_starts(text, start) && ends_word((struct text){ text.at + start.len, text.len - start.len });
}

static bool
opens_with_any(struct text text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (opens_with(text, words[i]))
			return true;
	}
	return false;
}

static bool
contains_any(struct text text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (text_find(text, text_from(words[i])) != SIZE_MAX)
			return true;
	}
	return false;
}

static bool
is_one_of(struct text text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (text_eq(text, text_from(words[i])))
			return true;
	}
	return false;
}

/* Whether a cell begins like a mark: 例 示 样 模 填 范 举, a bracket or a star. Hardly any does, so
 * this comes first. */
static bool
may_be_mark(struct text cell)
{
	static const char starts[][4] = { "例", "示", "样", "模", "填", "范", "举", "（", "【" };

	if (cell.len > 0 && (cell.at[0] == '(' || cell.at[0] == '[' || cell.at[0] == '*'))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(starts) && cell.len >= 3; i++) {
		if (memcmp(cell.at, starts[i], 3) == 0)
			return true;
	}
	return false;
}

static bool
is_example_mark(struct text cell)
{
	char word[96];

	return may_be_mark(cell)
	    && opens_with_any(squeeze(cell, word, sizeof(word)), example_marks, ARRAY_LEN(example_marks));
}

/* The placeholders end in these or are no Chinese at all: a quick no for most names. */
static bool
may_be_placeholder(struct text name)
{
	static const char ends[][4] = { "三", "四", "五", "六", "某", "明" };

	if (name.len < 3 || (unsigned char)name.at[0] < 0xE4)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (memcmp(name.at + name.len - 3, ends[i], 3) == 0)
			return true;
	}
	return false;
}

static bool
is_example(const struct layout_rows *rows, const struct row *row, struct text name)
{
	size_t leading = 0;

	for (size_t i = 0; i < row->count && leading < LEADING_CELLS; i++) {
		struct text cell = cell_at(row, i);

		if (cell.len == 0)
			continue;
		leading++;
		if (is_example_mark(cell))
			return true;
		if (i == rows->name)
			break;
	}
	if (name.len == 0)
		return false;
	if (is_example_mark(name)
	    || (name.len > 9 /* more than three characters */
		&& contains_any(name, example_inside, ARRAY_LEN(example_inside))))
		return true;
	if (name.len > 9 || !may_be_placeholder(name)
	    || !is_one_of(name, placeholder_names, ARRAY_LEN(placeholder_names)))
		return false;
	for (size_t i = 0; i < row->count; i++) {
		struct text cell = cell_at(row, i);

		if (is_example_mark(cell))
			return true;
	}
	return false;
}

/* A row of two or more cells (or of the header's only one), each the same as a cell of the header
 * over it. */
static bool
repeats_header(const struct layout_rows *rows, const struct row *row)
{
	size_t same = 0, heads = 0;

	for (size_t i = 0; i < row->count; i++) {
		struct text cell = cell_at(row, i);
		uint64_t hash;
		bool found = false;

		if (cell.len == 0)
			continue;
		if (i >= rows->header_count)
			return false;
		hash = layout_cell_hash(cell);
		for (size_t level = 0; level < rows->level_count && hash != 0; level++)
			found = found || rows->header[level][i] == hash;
		if (!found)
			return false;
		same++;
	}
	if (same >= 2)
		return true;
	for (size_t i = 0; i < rows->header_count; i++)
		heads += rows->header[rows->level_count - 1][i] != 0;
	return same == 1 && heads == 1;
}

static bool
repeats_title(const struct layout_rows *rows, const struct row *row)
{
	uint64_t hash = layout_row_hash(row);

	for (size_t i = 0; i < rows->title_count; i++) {
		if (rows->titles[i] == hash)
			return true;
	}
	return false;
}

/* 1 2 3 4 … over the columns, rising by one, at least three of them (栏次, 甲 乙 before them
 * allowed). */
static bool
is_column_numbers(const struct row *row)
{
	uint64_t last = 0;
	size_t count = 0;

	for (size_t i = 0; i < row->count; i++) {
		struct text cell = cell_at(row, i);
		uint64_t value;

		if (cell.len == 0)
			continue;
		if (count == 0
		    && (text_eq(cell, TEXT("甲")) || text_eq(cell, TEXT("乙")) || text_eq(cell, TEXT("丙"))
			|| text_eq(cell, TEXT("栏次"))))
			continue;
		if (cell.len > 3 || !text_to_u64(cell, &value) || (count > 0 && value != last + 1)
		    || (count == 0 && value > 2))
			return false;
		last = value;
		count++;
	}
	return count >= 3;
}

/* 合计, 一年级小计, 共35人 */
static bool
is_total(struct text cell)
{
	char word[96];
	struct text text = squeeze(cell, word, sizeof(word));

	if (opens_with_any(text, total_words, ARRAY_LEN(total_words)))
		return true;
	for (size_t i = 0; i < 3; i++) {
		if (text_ends(text, text_from(total_words[i])))
			return true;
	}
	return text_starts(text, TEXT("共")) && count_alnum(text, 1) > 0
	    && (text_ends(text, TEXT("人")) || text_ends(text, TEXT("名")) || text_ends(text, TEXT("条")));
}

static bool
is_page_line(struct text text)
{
	return (text_starts(text, TEXT("第")) || text_starts(text, TEXT("共"))) && text_ends(text, TEXT("页"));
}

/* 填表人：王老师: one of the words of a footer with a colon. */
static bool
is_signature(struct text cell)
{
	char word[160];
	struct text text = squeeze(cell, word, sizeof(word));

	return (text_find(text, TEXT("：")) != SIZE_MAX || text_find(text, TEXT(":")) != SIZE_MAX)
	    && opens_with_any(text, footer_words, ARRAY_LEN(footer_words));
}

static bool
is_footer(const struct row *row, size_t first, size_t filled)
{
	char word[160];
	struct text cell = squeeze(cell_at(row, first), word, sizeof(word));

	if (is_page_line(cell))
		return true;
	if (!opens_with_any(cell, footer_words, ARRAY_LEN(footer_words)))
		return false;
	/* A word alone may be a value; behind it a colon, or few cells beside it, as in a line of
	 * signatures. */
	return text_find(cell, TEXT("：")) != SIZE_MAX || text_find(cell, TEXT(":")) != SIZE_MAX || filled <= 6;
}

static bool
is_note(const struct layout_rows *rows, const struct row *row, size_t first, size_t filled)
{
	char word[160];
	struct text cell = cell_at(row, first);
	struct text text = squeeze(cell, word, sizeof(word));

	if (opens_with_any(text, note_words, ARRAY_LEN(note_words)) && filled <= 2)
		return true;
	if (filled != 1 || first == rows->name)
		return filled == 1 && text_length(cell) > 2 * NOTE_CHARS;
	for (size_t i = 0; i < rows->strong_count; i++) {
		if (first == rows->strong[i])
			return text_length(cell) > 2 * NOTE_CHARS;
	}
	return text_length(cell) >= NOTE_CHARS;
}

/* Nothing but what stands in columns of no use: the empty lines of a numbered form. */
static bool
only_ignored(const struct layout *layout, const struct row *row)
{
	for (size_t i = 0; i < row->count; i++) {
		if (cell_at(row, i).len > 0
		    && (i >= layout->column_count
			|| (layout->columns[i].state != COLUMN_IGNORED && layout->columns[i].state != COLUMN_RETURNED)))
			return false;
	}
	return true;
}

/* An instruction in place of a name. */
static bool
is_instruction(struct text name)
{
	if (name.len == 9 && !text_starts(name, TEXT("不超过")))
		return false; /* most names */
	return contains_any(name, fill_words, ARRAY_LEN(fill_words));
}

/* A name that a person could have: no total, no word of the header or of a note, not only digits.
 */
static bool
is_usable_name(const struct layout_rows *rows, struct text name)
{
	char word[96];
	struct text text = squeeze(name, word, sizeof(word));
	uint64_t hash;

	if (text.len == 0 || is_total(text) || is_instruction(text))
		return false;
	hash = layout_cell_hash(name);
	for (size_t level = 0; level < rows->level_count; level++) {
		if (rows->name < rows->header_count && rows->header[level][rows->name] == hash)
			return false;
	}
	return count_alnum(text, text.len + 1) < text_length(text) || count_alnum(text, text.len + 1) > 3;
}

/* The rest of the way: a row without a name or without any number. */
static enum row_role
classify_odd(const struct layout *layout, const struct row *row, struct text name, size_t number)
{
	const struct layout_rows *rows = layout->rows;
	size_t filled = 0, first = 0;
	bool usable = is_usable_name(rows, name);

	for (size_t i = 0; i < row->count; i++) {
		if (cell_at(row, i).len > 0 && filled++ == 0)
			first = i;
	}
	if (filled == 0)
		return ROW_NOTE;
	if (repeats_header(rows, row))
		return ROW_HEADER;
	if (is_instruction(name))
		return ROW_NOTE;
	if (number >= 15)
		return ROW_DATA;
	if (repeats_title(rows, row))
		return ROW_TITLE;
	if (is_column_numbers(row))
		return ROW_NOTE;
	/* Signatures and telephone numbers may stand under names and numbers. */
	if (is_signature(cell_at(row, first)))
		return ROW_FOOTER;
	if (usable && (number >= 6 || has_birth(rows, row)))
		return ROW_DATA;
	if (is_total(cell_at(row, first)) || (name.len > 0 && is_total(name)))
		return ROW_TOTAL;
	for (size_t i = first + 1; i < row->count && !usable; i++) {
		if (is_total(cell_at(row, i)))
			return ROW_TOTAL;
	}
	if (is_footer(row, first, filled))
		return ROW_FOOTER;
	if (is_note(rows, row, first, filled) || only_ignored(layout, row))
		return ROW_NOTE;
	return ROW_DATA;
}

/* A row with a key of its source is that source's row, whatever else stands in it. */
static bool
is_keyed(const struct layout_rows *rows, const struct row *row)
{
	char word[96];
	struct text key = cell_at(row, rows->key);

	return key.len > 0 && !is_total(squeeze(key, word, sizeof(word))) && !repeats_header(rows, row);
}

enum row_role
layout_classify(const struct layout *layout, const struct row *row)
{
	const struct layout_rows *rows = layout->rows;
	struct text name = cell_at(row, rows->name);
	size_t number;

	if (row->row_no >= layout->header_first && row->row_no <= layout->header_last)
		return ROW_HEADER;
	if (row->flags != 0)
		return ROW_DATA;
	number = number_length(rows, row);
	if (row->row_no < layout->header_first) {
		char word[160];
		size_t first = 0;

		if (number >= 15 && is_usable_name(rows, name))
			return is_example(rows, row, name) ? ROW_EXAMPLE : ROW_DATA;
		while (first < row->count && cell_at(row, first).len == 0)
			first++;
		return opens_with_any(
			   squeeze(cell_at(row, first), word, sizeof(word)), note_words, ARRAY_LEN(note_words))
		    ? ROW_NOTE
		    : ROW_TITLE;
	}
	if (rows->key != COLUMN_NONE && is_keyed(rows, row))
		return ROW_DATA;
	if (is_example(rows, row, name))
		return ROW_EXAMPLE;
	if (name.len > 0 && number >= 15 && !is_instruction(name))
		return ROW_DATA;
	return classify_odd(layout, row, name, number);
}
