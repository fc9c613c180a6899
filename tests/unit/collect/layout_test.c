/*
 * layout_test.c - sheets as people make them: where the header is, what the columns mean, what the
 * rows are.
 */
#include "tests/unit/collect/sheet.h"

#include "tests/support/support.h"

#define ID "410303201902030021"
#define ID2 "41030320190203003X"

/* A sheet, the fields of its columns with | between, and the role of each row as a letter, in row
 * order. */
static void
check(const char *source, const char *lines, const char *meanings, const char *roles)
{
	static const char letters[ROW_ROLES + 1] = "dtHesfn";
	static struct sheet sheet;
	struct layout layout;
	struct err err = { 0 };
	struct buffer got;

	sheet_write(&sheet, lines);
	assert_int_equal(layout_find(&layout, sheet.rows, sheet.count, sheet_dataset(),
			     source ? sheet_source(source) : NULL, NULL, false, &err),
	    0);
	buffer_init(&got, 65536);
	for (size_t i = 0; i < layout.column_count; i++) {
		if (i > 0)
			buffer_char(&got, '|');
		buffer_string(&got, sheet_meaning(&layout, i));
	}
	buffer_char(&got, '\0');
	assert_string_equal(got.at, meanings);
	assert_true(layout.found);
	buffer_clear(&got);
	for (size_t i = 0; i < sheet.count; i++)
		buffer_char(&got, letters[layout_classify(&layout, &sheet.rows[i])]);
	buffer_char(&got, '\0');
	assert_string_equal(got.at, roles);
	buffer_fini(&got);
	layout_fini(&layout);
}

static void
check_refused(const char *lines, enum refusal reason, uint32_t row, uint32_t column)
{
	static struct sheet sheet;
	struct layout layout;
	struct err err = { 0 };

	sheet_write(&sheet, lines);
	assert_int_equal(layout_find(&layout, sheet.rows, sheet.count, sheet_dataset(), NULL, NULL, false, &err), 0);
	assert_false(layout.found);
	assert_int_equal(layout.refusal, reason);
	assert_int_equal(layout.where.row, row);
	assert_int_equal(layout.where.column, column);
	layout_fini(&layout);
}

static void
layout_finds_the_header_below_titles(void **state)
{
	(void)state;
	check(NULL, "姓名|性别|身份证件号\n王芳|女|" ID, "name|sex|id_no", "Hd");
	check(NULL,
	    "某小学学生花名册\n填报单位：某小学||日期：2026年9月1日\n\n序号|姓名|性别|"
	    "身份证号码\n1|王芳|女|" ID "\n2|李强|男|" ID2,
	    "-|name|sex|id_no", "ttHdd");
	check(NULL, "填表说明：姓名与户口簿一致\n|姓名||身份证号\n|王芳||" ID, "|name||id_no", "nHd");
}

static void
layout_ignores_marks_and_notes_in_headers(void **state)
{
	(void)state;
	check(NULL,
	    "★姓名|性 别*|身份证件号^（必填）|出生日期（格式：20140901）|民 "
	    "族：|家庭住址[详细]|必填现住址\n"
	    "王芳|女|" ID "|20190203|汉族|某路1号|某路2号",
	    "name|sex|id_no|birth_date|ethnic|home_address|current_address", "Hd");
}

static void
layout_joins_two_and_three_levels(void **state)
{
	(void)state;
	check("vaccination",
	    "学校|姓名|出生日期|乙肝疫苗|||卡介苗\n|||第1剂|第2剂|第三剂|\n一小|王芳|20190203|1|1|"
	    "1|1",
	    "school_name|name|birth_date|vaccine_hep_b_1|vaccine_hep_b_2|vaccine_hep_b_3|vaccine_"
	    "bcg",
	    "HHd");
	check("vaccination",
	    "学校|姓名|出生日期|疫苗|||监护人|\n|||乙肝疫苗||卡介苗|姓名|联系电话\n|||1|2|||\n"
	    "一小|王芳|20190203|1|1|1|王强|13900000001",
	    "school_name|name|birth_date|vaccine_hep_b_1|vaccine_hep_b_2|vaccine_bcg|member1_name|"
	    "phone",
	    "HHHd");
	check(NULL,
	    "姓名|身份证件号|成员1|||成员2||\n||姓名|关系|联系电话|姓名|关系|联系电话\n王芳|" ID
	    "|王强|父亲|13900000001|李丽|母亲|13900000002",
	    "name|id_no|member1_name|member1_relation|member1_phone|member2_name|member2_relation|"
	    "member2_phone",
	    "HHd");
	check(NULL, "学生信息|||监护人信息|\n姓名|性别|身份证号|姓名|职业\n王芳|女|" ID "|王强|教师",
	    "name|sex|id_no|member1_name|?", "HHd");
	/* A title across the sheet is no upper header. */
	check(NULL, "学生监护人信息登记表||\n姓名|性别|身份证号\n王芳|女|" ID, "name|sex|id_no", "tHd");
}

static void
layout_takes_repeated_headers_as_family_members(void **state)
{
	(void)state;
	check("registry",
	    "姓名|身份证件号|姓名|关系|联系电话|身份证件号|姓名|关系|身份证件号|"
	    "是否进城务工人员随迁子女\n"
	    "王芳|" ID "|王强|父亲|13900000001|410303198001010011|李丽|母亲|410303198001010022|否",
	    "name|id_no|member1_name|member1_relation|member1_phone|member1_id_no|member2_name|"
	    "member2_relation|member2_id_no|migrant_child",
	    "Hd");
}

/* What headers say beside their own fields, as "field by field code" with ; between; then the
 * fields of columns that ask for a month. */
static void
check_said(const char *headers, const char *said)
{
	static struct sheet sheet;
	const struct dataset *dataset = sheet_dataset();
	struct layout layout;
	struct err err = { 0 };
	struct buffer got;

	sheet_write(&sheet, headers);
	assert_int_equal(layout_find(&layout, sheet.rows, sheet.count, dataset, NULL, NULL, false, &err), 0);
	buffer_init(&got, 65536);
	for (size_t i = 0; i < layout.binding.implied_count; i++) {
		const struct bound_implied *implied = &layout.binding.implied[i];

		buffer_text(&got, dataset->fields[implied->field].name);
		buffer_string(&got, " by ");
		buffer_text(&got, dataset->fields[implied->by].name);
		buffer_char(&got, ' ');
		buffer_text(&got, implied->value);
		buffer_char(&got, ';');
	}
	for (size_t i = 0; i < layout.binding.column_count; i++) {
		if (layout.binding.columns[i].month_only)
			buffer_text(&got, dataset->fields[layout.binding.columns[i].field].name);
	}
	buffer_char(&got, '\0');
	assert_string_equal(got.at, said);
	buffer_fini(&got);
	layout_fini(&layout);
}

static void
layout_keeps_what_headers_say(void **state)
{
	(void)state;
	check_said("姓名|身份证号|父亲姓名|父亲 电话★|母亲姓名\n王芳|" ID "|王强||李丽",
	    "member1_relation by member1_name 51;member1_relation by member1_phone 51;"
	    "member2_relation by member2_name 52;");
	check_said("姓名|身份证号|监护人姓名|父亲电话\n王芳|" ID "|李丽|13900000001", "");
	check_said("姓名|身份证号|出生年月\n王芳|" ID "|2019.02", "birth_date");
	check_said("姓名|身份证号|出生年月（日）\n王芳|" ID "|2019.02", "");
	check_said("姓名|身份证号|出生年月日\n王芳|" ID "|2019.02", "");
}

static void
layout_never_takes_another_persons_column_for_the_students(void **state)
{
	(void)state;
	check(NULL, "姓名|姓名（父亲）|身份证号|户主身份证号码|身份证号（班主任）\n王芳|王强|" ID "||",
	    "name|member1_name|id_no|?|?", "Hd");
	check(NULL, "姓名|身份证号|班主任|\n||姓名|电话\n王芳|" ID "|赵老师|13900000001", "name|id_no|?|?", "HHd");
}

static void
layout_guesses_only_what_is_safe(void **state)
{
	(void)state;
	check(NULL, "姓名|学生身份证件号码18位|毕业学校名称|是否有身份证号\n王芳|" ID "||", "name|id_no|?|?", "Hd");
}

static void
layout_asks_about_rivals_and_unknown_columns(void **state)
{
	(void)state;
	check(NULL, "姓名|身份证号|手机|联系电话|星座\n王芳|" ID "|1|2|3", "name|id_no|=phone|phone|?", "Hd");
}

static void
layout_lets_the_source_win(void **state)
{
	(void)state;
	check("vaccination", "姓名|身份证号|联系电话\n王芳|" ID "|13900000001", "name|id_no|member1_phone", "Hd");
}

static void
layout_leaves_passwords_and_photographs_alone(void **state)
{
	(void)state;
	check(NULL, "姓名|身份证号|密码|照片|备注\n王芳|" ID "|a|b|c", "name|id_no|-|-|-", "Hd");
}

static void
layout_refuses_what_nobody_can_be_found_in(void **state)
{
	(void)state;
	check_refused("王芳|女|" ID "\n李强|男|" ID2, REFUSED_NO_HEADER, 0, 0);
	check_refused("", REFUSED_NO_HEADER, 0, 0);
	check_refused("学校名称|学校标识码|联系电话\n一小|2141000001|0379", REFUSED_NO_PERSON, 1, 0);
	check_refused("姓名|性别|班级\n王芳|女|1班", REFUSED_NO_PERSON, 1, 0);
	check_refused("性别|身份证号|班级\n女|" ID "|1班", REFUSED_NO_PERSON, 1, 0);
	check_refused("花名册\n姓名|身份证号|证件号码\n王芳|" ID "|" ID, REFUSED_TWO_COLUMNS, 2, 3);
	check_refused("姓名|学生姓名|身份证号\n王芳|王芳|" ID, REFUSED_TWO_COLUMNS, 1, 2);
}

#define HEADER "序号|姓名|性别|身份证件号|班级|备注\n"

static void
layout_classify_knows_examples(void **state)
{
	(void)state;
	check(NULL,
	    HEADER "示例|张三|男|" ID "|1班|\n例：|张三|男|" ID "|1班|\n模板例子|李四|女|" ID
		   "|1班|\n1|张三（示例）|男|" ID "|1班|\n1|张三|男|" ID "|1班|示例\n1|张三|男|" ID
		   "|1班|\n示例小学|王芳|女|" ID "|1班|\n1|王芳|女|" ID "|1班|示例",
	    "-|name|sex|id_no|class_name|-", "Heeeeeddd");
}

static void
layout_classify_knows_totals(void **state)
{
	(void)state;
	check(NULL,
	    HEADER "合计|35||||\n|合 计|35|||\n小计||||12人|\n||||共35人|\n一年级小计|||||\n1|王芳|女|" ID
		   "|1班|合计\n合计|王芳|女|" ID "|1班|\n1|合计|女|" ID "|1班|\n1|王芳|女||1班|总计",
	    "-|name|sex|id_no|class_name|-", "Hsssssdddd");
}

static void
layout_classify_knows_footers_and_notes(void **state)
{
	(void)state;
	check(NULL,
	    HEADER "填表人：赵老师||审核：钱校长|||2026年9月1日\n第1页 共3页|||||\n||校长签字：|||\n"
		   "注：本表一式两份|||||\n说明|身份证号必须是18位||||\n3|||||\n||必填|||\n|必填|选填|"
		   "必填||\n1|2|3|4|5|6\n"
		   "|||||本表由班主任在开学两周内填写完毕后上交",
	    "-|name|sex|id_no|class_name|-", "Hfffnnndnnn");
}

/* A line of signatures may put a person's name and a telephone number where pupils have theirs. */
static void
layout_classify_knows_footers_under_names_and_numbers(void **state)
{
	(void)state;
	check(NULL,
	    "序号|班级|备注|姓名|性别|身份证件号\n1|1班||王芳|女|" ID
	    "\n填表人：王老师|||审核人：李校长||联系电话：0379-63930000\n"
	    "填表人：|||王老师||63930000\n2|1班||李强|男|41030220",
	    "-|class_name|-|name|sex|id_no", "Hdffd");
	check(NULL, "姓名|性别|身份证件号|班级\n王芳|女|" ID "|1班\n填表人：王老师||联系电话：0379-63930000|\n",
	    "name|sex|id_no|class_name", "Hdf");
}

static void
layout_classify_knows_repeated_headers_and_titles(void **state)
{
	(void)state;
	check(NULL, "花名册\n姓名|性别|身份证件号\n王芳|女|" ID "\n花名册\n姓名|性 别|身份证件号\n李强|男|" ID2,
	    "name|sex|id_no", "tHdtHd");
	check("registry", "姓名|性别|身份证件号\nxm|xb|sfzjh\n王芳|女|" ID, "name|sex|id_no", "HHd");
}

static void
layout_classify_keeps_broken_rows_as_data(void **state)
{
	static struct sheet sheet;
	struct layout layout;
	struct err err = { 0 };
	struct row row;

	(void)state;
	sheet_write(&sheet, HEADER "合计|||||");
	assert_int_equal(layout_find(&layout, sheet.rows, sheet.count, sheet_dataset(), NULL, NULL, false, &err), 0);
	row = sheet.rows[1];
	assert_int_equal(layout_classify(&layout, &row), ROW_TOTAL);
	row.flags = FRAME_ROW_BROKEN;
	assert_int_equal(layout_classify(&layout, &row), ROW_DATA);
	layout_fini(&layout);
}

/* Where a sheet's rows are explained; -1: nowhere. */
static int
explained_in(const char *lines)
{
	static struct sheet sheet;
	struct layout layout;
	struct err err = { 0 };
	int column;

	sheet_write(&sheet, lines);
	assert_int_equal(layout_find(&layout, sheet.rows, sheet.count, sheet_dataset(), NULL, NULL, false, &err), 0);
	assert_true(layout.found);
	column = layout.binding.explains ? layout.binding.explanation : -1;
	layout_fini(&layout);
	return column;
}

static void
layout_knows_a_workbook_that_had_gone_back(void **state)
{
	(void)state;
	check(NULL,
	    "原行号|姓名|身份证件号|班级|问题|说明\n12|王芳|" ID "|1班|“班级”请核对|属实\n"
	    "13|||||只写了说明",
	    "+|name|id_no|class_name|+|+", "Hdn");
	/* groups over the sender's columns say nothing of ours; a title above is nothing to it */
	check(NULL,
	    "某小学退回表\n原行号|姓名|身份证件号|父亲||问题|说明\n|||姓名|电话||\n5|王芳|" ID
	    "|王强|13503790001|请核对|属实",
	    "+|name|id_no|member1_name|member1_phone|+|+", "tHHd");
	assert_int_equal(explained_in("原行号|姓名|身份证件号|问题|说明\n2|王芳|" ID "|请核对|属实"), 4);
	assert_int_equal(explained_in("Row|姓名|身份证件号|Issues|Explanation\n2|王芳|" ID "|check|right"), 4);
	/* the clerk took a column away */
	assert_int_equal(explained_in("原行号|姓名|身份证件号|说明\n2|王芳|" ID "|属实"), 3);
	/* of two the one behind is ours: the sender had a column of that name */
	assert_int_equal(explained_in("原行号|姓名|说明|身份证件号|问题|说明\n2|王芳|转学生|" ID "|请核对|属实"), 5);
	/* and that alone is what it always was */
	assert_int_equal(explained_in("姓名|身份证件号|说明\n王芳|" ID "|转学生"), -1);
	assert_int_equal(explained_in("姓名|身份证件号|问题|说明\n王芳|" ID "|重复学籍|转学生"), -1);
	assert_int_equal(explained_in("Row|姓名|身份证件号|Explanation\n2|王芳|" ID "|moved"), -1);
	assert_int_equal(explained_in("说明|姓名|身份证件号|问题\n转学生|王芳|" ID "|x"), -1);
}

static int
end(void **state)
{
	(void)state;
	sheet_free();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout_finds_the_header_below_titles),
		cmocka_unit_test(layout_ignores_marks_and_notes_in_headers),
		cmocka_unit_test(layout_joins_two_and_three_levels),
		cmocka_unit_test(layout_takes_repeated_headers_as_family_members),
		cmocka_unit_test(layout_keeps_what_headers_say),
		cmocka_unit_test(layout_never_takes_another_persons_column_for_the_students),
		cmocka_unit_test(layout_guesses_only_what_is_safe),
		cmocka_unit_test(layout_asks_about_rivals_and_unknown_columns),
		cmocka_unit_test(layout_lets_the_source_win),
		cmocka_unit_test(layout_leaves_passwords_and_photographs_alone),
		cmocka_unit_test(layout_refuses_what_nobody_can_be_found_in),
		cmocka_unit_test(layout_classify_knows_examples),
		cmocka_unit_test(layout_classify_knows_totals),
		cmocka_unit_test(layout_classify_knows_footers_and_notes),
		cmocka_unit_test(layout_classify_knows_footers_under_names_and_numbers),
		cmocka_unit_test(layout_classify_knows_repeated_headers_and_titles),
		cmocka_unit_test(layout_classify_keeps_broken_rows_as_data),
		cmocka_unit_test(layout_knows_a_workbook_that_had_gone_back),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
