/*
 * memory_test.c - sheets are understood while the n-th allocation fails, for every n: the layout is the one it is
 * otherwise, or an error says why there is none.
 */
#include "tests/support/support.h"

#include "producers/collect/head.h"
#include "tests/support/failing.h"
#include "tests/unit/collect/sheet.h"

static const char *const sheets[] = {
	"2026年秋季学生信息登记表\n填报单位：某某小学||"
	"日期：2026年9月1日\n\n填表说明：1．姓名与户口簿一致；2．身份证号18位。\n"
	"★ 姓名（必填）|身份证^号码|性别|父亲姓名|母亲姓名|是否住校|备用栏|姓名拼音|\n示例|张三|男\n"
	"李明|410303201409010013|男|李强|王芳|是|x\n合计||1\n填表人：张三\n",
	"名册\n序号|学生|||家庭成员||监护人|\n|姓名|身份证号|出生日期|成员1姓名|成员1关系|姓名|电话\n1|李明|"
	"410303201409010013|2014-09-01|王芳|"
	"母亲|王芳|13812340678\n",
	"姓名|姓名|身份证号\n李明|李强|410303201409010013\n",
	"金额|数量\n1|2\n",
};

struct trial {
	struct sheet sheets[ARRAY_LEN(sheets)];
	struct buffer want[ARRAY_LEN(sheets)], have;
	bool wanted;
};

static void
say(const struct layout *layout, const struct sheet *sheet, struct buffer *out)
{
	buffer_format(out, "%d %d %u-%u %llx|", layout->found, (int)layout->refusal, layout->header_first,
	    layout->header_last, (unsigned long long)layout->fingerprint);
	buffer_text(out, layout->refusal_detail);
	for (size_t i = 0; i < layout->column_count; i++) {
		buffer_format(out, "|%d %u %d ", (int)layout->columns[i].state, layout->columns[i].field,
		    layout->columns[i].score);
		buffer_text(out, layout->columns[i].header);
		buffer_text(out, layout->columns[i].key);
	}
	for (size_t i = 0; layout->found && i < layout->binding.column_count; i++)
		buffer_format(out, "|%u=%u", layout->binding.columns[i].column, layout->binding.columns[i].field);
	for (size_t i = 0; layout->found && i < layout->binding.implied_count; i++)
		buffer_format(out, "|%u>%u", layout->binding.implied[i].by, layout->binding.implied[i].field);
	for (size_t i = 0; layout->found && i < sheet->count; i++)
		buffer_format(out, " %s", row_role_name(layout_classify(layout, &sheet->rows[i])));
}

static int
attempt(void *self)
{
	struct trial *trial = self;
	int result = 0;

	for (size_t i = 0; i < ARRAY_LEN(sheets); i++) {
		struct layout layout = { 0 };
		struct err err = { 0 };
		struct head head;
		int got = 0;

		head_init(&head);
		for (size_t r = 0; r < trial->sheets[i].count && got == 0; r++)
			got = head_add(&head, &trial->sheets[i].rows[r], &err);
		if (got == 0)
			got = layout_find(&layout, head.rows, head.count, sheet_dataset(), sheet_source("registry"),
			    NULL, false, &err);
		if (got != 0) {
			result = -1;
			assert_int_equal(err.kind, ERR_RETRY);
			assert_true(err.what[0] != '\0');
		} else {
			buffer_clear(&trial->have);
			say(&layout, &trial->sheets[i], trial->wanted ? &trial->have : &trial->want[i]);
			if (trial->wanted)
				assert_true(text_eq(buffer_as_text(&trial->have), buffer_as_text(&trial->want[i])));
		}
		layout_fini(&layout);
		head_fini(&head);
	}
	return result;
}

static void
sheets_are_understood_or_said_not_to_be(void **state)
{
	static struct trial trial;
	long nth = 0;

	(void)state;
	buffer_init(&trial.have, 1 << 20);
	assert_non_null(buffer_room(&trial.have, 1 << 20)); /* what the test itself needs is there */
	for (size_t i = 0; i < ARRAY_LEN(sheets); i++) {
		sheet_write(&trial.sheets[i], sheets[i]);
		buffer_init(&trial.want[i], 1 << 20);
	}
	assert_false(failing_run(1000000, attempt, &trial));
	trial.wanted = true;
	while (failing_run(nth, attempt, &trial))
		nth++;
	assert_true(nth > 5);
	for (size_t i = 0; i < ARRAY_LEN(sheets); i++)
		buffer_fini(&trial.want[i]);
	buffer_fini(&trial.have);
	sheet_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sheets_are_understood_or_said_not_to_be),
	};

	return cmocka_run_group_tests_name("collect_layout_memory", tests, NULL, NULL);
}
