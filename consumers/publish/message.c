/*
 * message.c - see message.h.
 */
#include "consumers/publish/message.h"

#define DIGITS_MAX 10 /* in a row; a school code has ten, a mobile number eleven */

/* What rows are, by the numbers of the collector's enum row_role; a test holds both together. */
static const struct role {
	struct text word, zh, en;
} roles[] = {
	{ TEXT("data"), TEXT(""), TEXT("") },
	{ TEXT("title"), TEXT("表头上方的标题、单位或日期，不是学生。"),
	    TEXT("A title, unit or date above the header; no student.") },
	{ TEXT("header"), TEXT("表头，或后面各页重复的表头，不是学生。"),
	    TEXT("The header, or its repetition on a later page; no student.") },
	{ TEXT("example"), TEXT("填写示例，不是学生。"), TEXT("An example of how to fill; no student.") },
	{ TEXT("total"), TEXT("合计或小计，不是学生。"), TEXT("A total; no student.") },
	{ TEXT("footer"), TEXT("表尾的填表人、审核、日期等，不是学生。"),
	    TEXT("Signatures or dates below the table; no student.") },
	{ TEXT("note"), TEXT("填写说明、列号或只有序号的空行，不是学生。"),
	    TEXT("A filling note, column numbers, or a serial number alone; no student.") },
	{ TEXT("hidden"), TEXT("隐藏的工作表中的行，没有采用。如需报送，请取消隐藏后重新报送。"),
	    TEXT("A row of a hidden sheet; not used. If it is to be sent, unhide the sheet and send the file again.") },
	{ TEXT("held"), TEXT("该校本次数据暂不采用（汇总时由人工决定），下次报送时自动恢复。"),
	    TEXT("A row of a school that a person has held back this time; its next delivery is used again.") },
	{ TEXT("purged"), TEXT("此人的数据已按规定清除，不再采用；请从报送文件中删去此行。"),
	    TEXT(
		"A row of a person whose data were purged by order; not used. Please leave it out of what you send.") },
};

struct text
message_say(const struct publication *publication, struct text zh, struct text en)
{
	return dataset_says(publication->dataset, publication->chinese ? zh : en, publication->words);
}

struct text
message_field(const struct publication *publication, uint16_t field)
{
	const struct dataset *dataset = publication->dataset;

	if (field >= dataset->field_count)
		return message_say(publication, TEXT("该栏"), TEXT("the value"));
	return message_say(publication, dataset->fields[field].zh, dataset->fields[field].en);
}

/* Append ${text} with {field} filled in. */
static void
fill(struct buffer *out, struct text text, struct text field)
{
	size_t at;

	while ((at = text_find(text, TEXT("{field}"))) != SIZE_MAX) {
		buffer_add(out, text.at, at);
		buffer_text(out, field);
		text = (struct text){ text.at + at + 7, text.len - at - 7 };
	}
	buffer_text(out, text);
}

/* "12" or "file:12": the row that counts instead, of this file or of another one of the same
 * source. */
static void
say_row(const struct publication *publication, struct text raw, struct buffer *out)
{
	size_t colon = raw.len;
	struct text row, file;

	while (colon > 0 && raw.at[colon - 1] != ':')
		colon--;
	row = (struct text){ raw.at + colon, raw.len - colon };
	file = (struct text){ raw.at, colon > 0 ? colon - 1 : 0 };
	buffer_string(out, publication->chinese ? "以" : " The row that counts is ");
	if (publication->chinese && file.len > 0) {
		buffer_string(out, "文件“");
		buffer_text(out, file);
		buffer_string(out, "”");
	}
	buffer_string(out, publication->chinese ? "第" : "row ");
	buffer_text(out, row);
	if (publication->chinese) {
		buffer_string(out, "行为准。");
		return;
	}
	if (file.len > 0) {
		buffer_string(out, " of ");
		buffer_text(out, file);
	}
	buffer_char(out, '.');
}

void
message_issue(const struct publication *publication, const struct raised_view *issue, struct buffer *out)
{
	const struct rule_text *rule;

	if (issue->rule >= RULE_COUNT)
		return;
	rule = &publication->dataset->rules[issue->rule];
	fill(out, message_say(publication, rule->zh, rule->en), message_field(publication, issue->field));
	if (issue->rule == RULE_duplicate_in_source && issue->raw.len > 0)
		say_row(publication, issue->raw, out);
}

void
message_rule(const struct publication *publication, uint16_t rule, struct buffer *out)
{
	struct text text = message_say(
	    publication, publication->dataset->rules[rule].zh, publication->dataset->rules[rule].en);

	/* without the quotes that stand around the name of a field */
	if (text_starts(text, TEXT("“{field}”"))) {
		buffer_string(out, "该栏");
		text = (struct text){ text.at + 13, text.len - 13 };
	} else if (text_starts(text, TEXT("{field}"))) {
		buffer_string(out, "The value");
		text = (struct text){ text.at + 7, text.len - 7 };
	}
	fill(out, text, message_say(publication, TEXT("该栏"), TEXT("the value")));
}

struct text
message_refusal(const struct publication *publication, uint32_t refusal)
{
	const struct dataset *dataset = publication->dataset;

	if (refusal >= dataset->refusal_count)
		return (struct text){ "", 0 };
	return message_say(publication, dataset->refusals[refusal].zh, dataset->refusals[refusal].en);
}

struct text
message_refusal_named(const struct publication *publication, struct text name)
{
	for (uint32_t i = 0; i < publication->dataset->refusal_count; i++) {
		if (text_eq(publication->dataset->refusals[i].name, name))
			return message_refusal(publication, i);
	}
	return name;
}

static const struct role *
role_of(uint16_t role)
{
	return &roles[role < ARRAY_LEN(roles) ? role : ARRAY_LEN(roles) - 1];
}

struct text
message_role(uint16_t role)
{
	return role_of(role)->word;
}

struct text
message_role_says(const struct publication *publication, uint16_t role)
{
	return message_say(publication, role_of(role)->zh, role_of(role)->en);
}

/* Is there a run of digits, of either width, as long as the number of a person? */
static bool
has_long_number(struct text text)
{
	size_t run = 0;

	for (size_t pos = 0; pos < text.len;) {
		uint32_t c = text_next(text, &pos);

		run = (c >= '0' && c <= '9') || (c >= 0xFF10 && c <= 0xFF19) ? run + 1 : 0;
		if (run > DIGITS_MAX)
			return true;
	}
	return false;
}

struct text
message_value(const struct publication *publication, const struct raised_view *issue)
{
	const struct dataset *dataset = publication->dataset;

	if (issue->field >= dataset->field_count || dataset->fields[issue->field].personal
	    || dataset->fields[issue->field].sensitive || has_long_number(issue->raw))
		return (struct text){ "", 0 };
	return issue->raw;
}
