/*
 * cover.c - what the cover sheet of a delivery says (delivery.h): by which document, for what, what is in it, what was asked for and is
 * not, and when it must be gone.
 */
#include <inttypes.h>

#include "consumers/publish/delivery.h"
#include "core/record/day.h"
#include "core/record/definition.h"

#define WORDS_BYTES ((size_t)1 << 20)

struct cover {
	const struct delivery *delivery;
	const struct cover_lines *lines;
	struct buffer value;
	struct arena *words; /* see dataset_says() */
	struct err *err;
	int result;
};

static const struct text nothing = { "", 0 };

static struct text
say(const struct cover *cover, const char *zh, const char *en)
{
	return dataset_says(cover->delivery->dataset, text_from(cover->delivery->chinese ? zh : en), cover->words);
}

static void
tell(struct cover *cover, enum cover_kind kind, struct text a, struct text b, struct text c)
{
	if (buffer_failed(&cover->value) && cover->result == 0)
		cover->result = err_set(cover->err, ERR_RETRY, "out of memory for a cover sheet");
	if (cover->result == 0)
		cover->result = cover->lines->line(cover->lines->self, kind, a, b, c, cover->err);
}

static void
pair(struct cover *cover, const char *zh, const char *en, struct text value)
{
	tell(cover, COVER_PAIR, say(cover, zh, en), value, nothing);
}

/* The pair of what has gathered in ${value}. */
static void
pair_value(struct cover *cover, const char *zh, const char *en)
{
	pair(cover, zh, en, buffer_as_text(&cover->value));
	buffer_clear(&cover->value);
}

static void
add_date(struct cover *cover, struct date date)
{
	char day[11];

	day_write(date, day);
	buffer_string(&cover->value, day);
}

static struct text
mask_word(const struct cover *cover, enum grant_mask mask)
{
	switch (mask) {
	case MASK_WHOLE:
		return say(cover, "原值", "whole");
	case MASK_LAST4:
		return say(cover, "只给后四位", "last four only");
	case MASK_BIRTH_YEAR:
		return say(cover, "只给年份", "year only");
	case MASK_YES_NO:
		return say(cover, "只给是或否", "yes or no only");
	case MASK_TOKEN:
		return say(cover, "本授权专用代号", "a token of this grant alone");
	default:
		return say(cover, "学生编号", "student id");
	}
}

static struct text
presence_word(const struct cover *cover, struct text word)
{
	if (text_eq(word, TEXT("present")))
		return say(cover, "在册", "present");
	if (text_eq(word, TEXT("left")))
		return say(cover, "已离开", "left");
	return text_eq(word, TEXT("stale")) ? say(cover, "陈旧", "stale") : say(cover, "缺席", "absent");
}

static void
add_list(struct cover *cover, const struct codes *codes, const struct text *at, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_text(&cover->value, say(cover, "、", ", "));
		buffer_text(&cover->value, codes != NULL ? codes_label(codes, at[i]) : at[i]);
	}
}

/* The field, and what it must say. */
static void
add_condition(struct cover *cover, const struct grant_condition *condition)
{
	const struct field *field = &cover->delivery->dataset->fields[condition->field];

	buffer_text(&cover->value, cover->delivery->chinese ? field->zh : field->en);
	buffer_text(&cover->value, say(cover, "：", ": "));
	switch (condition->test) {
	case TEST_IS:
		add_list(cover, field->codes, condition->codes, condition->count);
		break;
	case TEST_NOT:
		buffer_text(&cover->value, say(cover, "不是 ", "not "));
		add_list(cover, field->codes, condition->codes, condition->count);
		break;
	case TEST_RANGE:
		buffer_text(&cover->value, condition->from);
		buffer_text(&cover->value, say(cover, " 至 ", " to "));
		buffer_text(&cover->value, condition->to);
		break;
	case TEST_HELD:
		buffer_text(&cover->value, say(cover, "已有", "held"));
		break;
	default:
		buffer_text(&cover->value, say(cover, "没有", "not held"));
		break;
	}
}

static void
tell_rows(struct cover *cover)
{
	const struct grant *grant = cover->delivery->grant;
	const struct dataset *dataset = cover->delivery->dataset;
	struct text rest = grant->presence, word;
	bool first = true;

	if (grant->all)
		pair(cover, "范围", "Rows", say(cover, "全部学校和年级", "all schools and grades"));
	if (grant->school_count > 0) {
		add_list(cover, NULL, grant->schools, grant->school_count);
		pair_value(cover, "学校", "Schools");
	}
	if (grant->grade_count > 0) {
		add_list(cover, dataset->fields[dataset->roles.grade].codes, grant->grades, grant->grade_count);
		pair_value(cover, "年级", "Grades");
	}
	for (size_t i = 0; i < grant->condition_count; i++) {
		const struct grant_condition *condition = &grant->conditions[i];

		add_condition(cover, condition);
		if (condition->need.len > 0) {
			buffer_text(&cover->value, say(cover, "（", " ("));
			buffer_text(&cover->value, condition->need);
			buffer_text(&cover->value, say(cover, "）", ")"));
		}
		pair_value(cover, "条件", "Condition");
	}
	while (definition_word(&rest, ' ', &word)) {
		if (word.len == 0)
			continue;
		if (!first)
			buffer_text(&cover->value, say(cover, "、", ", "));
		first = false;
		buffer_text(&cover->value, presence_word(cover, word));
	}
	pair_value(cover, "学生状态", "Presence");
}

static void
tell_grant(struct cover *cover)
{
	const struct grant *grant = cover->delivery->grant;

	pair(cover, "接收单位", "Unit", grant->unit);
	pair(cover, "用途", "Purpose", grant->purpose);
	pair(cover, "依据", "Legal basis", grant->basis);
	buffer_text(&cover->value, grant->document);
	buffer_char(&cover->value, ' ');
	add_date(cover, grant->document_date);
	pair_value(cover, "批准文号", "Document");
	for (size_t i = 0; i < grant->approver_count; i++) {
		const struct grant_approver *approver = &grant->approvers[i];

		buffer_text(&cover->value, approver->name);
		buffer_char(&cover->value, ' ');
		buffer_text(&cover->value, approver->post);
		buffer_char(&cover->value, ' ');
		add_date(cover, approver->date);
		pair_value(cover, "批准人", "Approved by");
	}
	add_date(cover, grant->from);
	buffer_text(&cover->value, say(cover, " 至 ", " to "));
	add_date(cover, grant->to);
	pair_value(cover, "授权有效期", "Valid");
	add_date(cover, grant->destroy_by);
	pair_value(cover, "销毁期限", "Destroy by");
}

/* A column under ${heading}, how much of it, and why; of yes and no also what is asked. */
static void
tell_column(struct cover *cover, struct text heading, const struct grant_column *column)
{
	buffer_text(&cover->value, mask_word(cover, column->mask));
	if (column->mask == MASK_YES_NO) {
		buffer_text(&cover->value, say(cover, "（", " ("));
		add_condition(cover, &column->yes);
		buffer_text(&cover->value, say(cover, "）", ")"));
	}
	tell(cover, COVER_ROW, heading, buffer_as_text(&cover->value), column->need);
	buffer_clear(&cover->value);
}

static void
tell_withheld(struct cover *cover, const struct grant_withheld *withheld, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tell(cover, COVER_ROW, withheld[i].asked, withheld[i].reason, nothing);
}

/* The form, and what its workbooks hold beside what the grant gives. */
static void
tell_form(struct cover *cover, const struct delivery_form *form)
{
	pair(cover, "表单", "Form", form->name);
	buffer_format(&cover->value, "%" PRIu64, form->workbooks);
	pair_value(cover, "工作簿数", "Workbooks");
	for (size_t i = 0; i < form->beside_count; i++) {
		if (i > 0)
			buffer_text(&cover->value, say(cover, "、", ", "));
		buffer_text(&cover->value, form->beside[i]);
	}
	if (form->beside_count > 0)
		pair_value(cover, "同时填写的其他列", "Filled in beside");
}

/* What was given, and what was asked for and is not. */
static void
tell_columns(struct cover *cover)
{
	const struct grant *grant = cover->delivery->grant;
	const struct delivery_form *form = cover->delivery->form;
	size_t withheld = grant->withheld_count + (form != NULL ? form->withheld_count : 0);

	tell(cover, COVER_HEAD, say(cover, "所给列", "Column"), say(cover, "给到什么程度", "How much of it"),
	    say(cover, "必要性", "Why it is needed"));
	for (size_t i = 0; form != NULL && i < form->given_count; i++)
		tell_column(cover, form->given[i].header, form->given[i].as);
	for (size_t i = 0; form == NULL && i < grant->column_count; i++)
		tell_column(cover, grant->columns[i].heading, &grant->columns[i]);
	if (withheld > 0)
		tell(cover, COVER_HEAD, say(cover, "未给的列", "Asked for, not given"), say(cover, "理由", "Why"),
		    nothing);
	if (form != NULL)
		tell_withheld(cover, form->withheld, form->withheld_count);
	tell_withheld(cover, grant->withheld, grant->withheld_count);
}

int
cover_tell(const struct delivery *delivery, const struct cover_lines *lines, struct err *err)
{
	const struct grant *grant = delivery->grant;
	struct arena words;
	struct cover cover = { .delivery = delivery, .lines = lines, .words = &words, .err = err };

	arena_init(&words, WORDS_BYTES);
	buffer_init(&cover.value, (size_t)4 << 20);
	if (delivery->number > 0) {
		tell(&cover, COVER_TITLE, say(&cover, "学生数据交付单", "Delivery of student data"), nothing, nothing);
		buffer_format(&cover.value, "%.*s-%" PRIu64, (int)grant->id.len, grant->id.at, delivery->number);
		pair_value(&cover, "交付编号", "Delivery");
	}
	tell_grant(&cover);
	if (delivery->number > 0) {
		pair(&cover, delivery->form != NULL ? "填写日期" : "数据日期",
		    delivery->form != NULL ? "Filled in on" : "As of", delivery->date);
		pair(&cover, "汇总编号", "Run", delivery->run);
	}
	tell_rows(&cover);
	if (delivery->number > 0) {
		buffer_format(&cover.value, "%" PRIu64, delivery->row_count);
		pair_value(&cover, "学生数", "Students");
	}
	if (delivery->form != NULL)
		tell_form(&cover, delivery->form);
	for (size_t i = 0; i < delivery->file_count; i++)
		tell(&cover, COVER_PAIR, text_from(delivery->files[i].name), text_from(delivery->files[i].sha256),
		    nothing);
	tell_columns(&cover);
	if (delivery->number > 0)
		tell(&cover, COVER_NOTE,
		    say(&cover, "只用于上述用途，不得转交；到期销毁并回执。未满十四周岁未成年人的信息是敏感个人信息。",
			"For the purpose above alone; not to be passed on; to be destroyed by the day above, with a "
			"receipt. "
			"Data of "
			"children under 14 is sensitive personal information."),
		    nothing, nothing);
	buffer_fini(&cover.value);
	arena_fini(&words);
	return cover.result;
}
