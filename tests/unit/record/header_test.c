/*
 * header_test.c - the ways one header is written.
 */
#include "tests/support/support.h"

#include "core/record/source.h"

static void
header_folds_to_one(void **state)
{
	static const char *const table[][2] = {
		{ "姓名", "姓名" },
		{ " 姓　名★", "姓名" },
		{ "*姓名：", "姓名" },
		{ "姓\n名（必填）", "姓名" },
		{ "※姓名(必填项)", "姓名" },
		{ "１２、姓名", "姓名" },
		{ "3.性别", "性别" },
		{ "国籍／地区", "国籍/地区" },
		{ "国籍（地区）", "国籍" },
		{ "学校（机构）标识码", "学校标识码" },
		{ "上下学距离(公里)", "上下学距离" },
		{ "E－Mail", "e-mail" },
		{ "成员１姓名", "成员1姓名" },
		{ "50米跑", "50米跑" },
		{ "1.5米", "1.5米" },
		{ "享受“一补”", "享受一补" },
		{ "【姓名】", "姓名" },
		{ "（姓名）", "姓名" },
		{ "备注（如有", "备注如有" },
		{ "a（b（c）d）e", "ae" },
		{ "NO.", "no" },
		{ "A+C群流脑疫苗1", "a+c群流脑疫苗1" },
		{ "", "" },
		{ "　\n", "" },
		{ "12", "12" },
		{ "1、", "1、" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char out[100];
		size_t len = header_fold(text_from(table[i][0]), out, sizeof(out));

		assert_text(((struct text){ out, len }), table[i][1]);
	}
}

/* What does not fit is cut at a whole character. */
static void
header_cut(void **state)
{
	char out[11];
	size_t len = header_fold(TEXT("全国学籍号码"), out, sizeof(out));

	(void)state;
	assert_true(len <= sizeof(out));
	assert_true(utf8_valid(out, len));
	assert_int_equal(header_fold(TEXT("姓名"), out, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_folds_to_one),
		cmocka_unit_test(header_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
