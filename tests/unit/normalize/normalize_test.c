/*
 * normalize_test.c - every field type against what is really sent: tables of cell and answer.
 */
#include "rows.h"
#include "tests/support/support.h"

/* One cell of one field beside a name and a birth date that identify the row. */
struct sample {
	const char *cell, *value, *issues; /* value NULL: none; a leading "!" : invalid, the raw text */
};

static void
check(const char *field, const struct sample *samples, size_t count)
{
	char fields[200], cells[600];
	struct rows rows;

	snprintf(fields, sizeof(fields), "name,birth_date,%s", field);
	rows_open(&rows, fields);
	for (size_t i = 0; i < count; i++) {
		const struct normalized *row;
		struct text value;
		bool invalid = false;
		char shown[600];

		snprintf(cells, sizeof(cells), "李明|2014-09-01|%s", samples[i].cell);
		row = rows_put(&rows, cells);
		value = rows_value(row, field, &invalid);
		snprintf(shown, sizeof(shown), "%s: %s%.*s: %s", samples[i].cell, invalid ? "!" : "", (int)value.len,
		    value.len > 0 ? value.at : "", rows_issues(row));
		snprintf(cells, sizeof(cells), "%s: %s: %s", samples[i].cell,
		    samples[i].value != NULL ? samples[i].value : "", samples[i].issues);
		assert_string_equal(shown, cells);
	}
	rows_close(&rows);
}
#define CHECK(field, ...)                                                                                              \
	do {                                                                                                           \
		static const struct sample samples_[] = { __VA_ARGS__ };                                               \
		check(field, samples_, ARRAY_LEN(samples_));                                                           \
	} while (0)

static void
id_numbers(void **state)
{
	(void)state;
	CHECK("id_no", { "410303201409010013", "410303201409010013", "" },
	    { "４１０３０３２０１４０９０１００１３", "410303201409010013", "" },
	    { "'410303 20140901 0013", "410303201409010013", "" },
	    { "410303\xE2\x80\x8B"
	      "201409010013\xC2\xA0",
		"410303201409010013", "" },
	    { "410303201409010013号", "410303201409010013", "" },
	    { "41030320140901O013", "!41030320140901O013", "id_character" },
	    { "4l0303201409010013", "!4l0303201409010013", "id_character" },
	    { "410303201409010014", "!410303201409010014", "id_checksum" },
	    { "410303201409310013", "!410303201409310013", "id_date" },
	    { "410303203009010013", "!410303203009010013", "id_date" },
	    { "n:410303201409010000", "!410303201409010000", "id_truncated" },
	    { "410303201409010000", "!410303201409010000", "id_truncated" },
	    { "351030001351350980", "!351030001351350980", "id_date" },
	    { "410303201409010980", "!410303201409010980", "id_truncated" },
	    { "4.1030320140901E+17", "!4.1030320140901E+17", "id_scientific" },
	    { "n:4.1030320140901E+17", "!4.1030320140901E+17", "id_truncated" },
	    { "410302********0217", "!410302********0217", "id_masked" },
	    { "41030320140901001", "!41030320140901001", "id_length" },
	    { "999214100039200001", "999214100039200001", "id_temporary" }, { "E12345678", "E12345678", "" },
	    { "无", NULL, "" });
}

static void
x_look_alikes(void **state)
{
	static const char *const marks[] = { "X", "x", "Ｘ", "×", "Х", "Χ", "Ⅹ", "ⅹ", "*" };
	struct rows rows;

	(void)state;
	rows_open(&rows, "name,id_no");
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		char cells[100];
		const struct normalized *row;

		snprintf(cells, sizeof(cells), "李明|11010519491231002%s", marks[i]);
		row = rows_put(&rows, cells);
		assert_text(rows_value(row, "id_no", NULL), "11010519491231002X");
		assert_string_equal(rows_issues(row), "");
		assert_int_equal(row->number, 11010519491231002u);
		assert_int_equal(row->anchor.kind, ANCHOR_NUMBER);
	}
	rows_close(&rows);
}

static void
student_numbers(void **state)
{
	(void)state;
	CHECK("student_no", { "G410303201409010013", "G410303201409010013", "" },
	    { "g410303201409010013", "G410303201409010013", "" }, { "Ｇ410303201409010013", "G410303201409010013", "" },
	    { "J410303201409010013", "J410303201409010013", "" }, { "L410303201409011234", "L410303201409011234", "" },
	    { "G410303201409010014", "!G410303201409010014", "student_no_checksum" },
	    { "410303201409010013", "!410303201409010013", "student_no_form" },
	    { "L410303201413011234", "!L410303201413011234", "student_no_form" },
	    { "20140901", "!20140901", "student_no_form" });
}

static void
names(void **state)
{
	(void)state;
	CHECK("former_name", { "张　三", "张三", "" }, { " 李 明 ", "李明", "" },
	    { "阿卜杜拉.买买提", "阿卜杜拉·买买提", "" }, { "阿卜杜拉•买买提", "阿卜杜拉·买买提", "" },
	    { "阿卜杜拉・买买提", "阿卜杜拉·买买提", "" }, { "阿卜杜拉。买买提", "阿卜杜拉·买买提", "" },
	    { "阿卜杜拉 ． 买买提", "阿卜杜拉·买买提", "" }, { "⻢⼩明", "马小明", "" },
	    { "張三（转出）", "張三", "name_note" }, { "李?", "李?", "name_lost_character" },
	    { "李□明", "李□明", "name_lost_character" }, { "李[石羡]", "李[石羡]", "name_lost_character" },
	    { "张\xEE\x80\x80", "张\xEE\x80\x80", "name_private_character" }, { "张yan", "张yan", "name_pinyin" },
	    { "John F. Smith", "John F. Smith", "" }, { "张三3", "张三", "name_note" },
	    { "王丽Ａ", "王丽", "name_note" }, { "王丽（大）", "王丽", "name_note" }, { "王丽2班", "王丽", "name_note" },
	    { "王丽-②", "王丽", "name_note" }, { "张A", "张A", "name_pinyin" }, { "张3", "!张3", "name_character" },
	    { "12班", "!12班", "name_character" }, { "1王丽", "!1王丽", "name_character" },
	    { "???", "!???", "name_character" }, { "张", "张", "name_short" }, { "NULL", NULL, "null_literal" },
	    { "#N/A", "!#N/A", "spreadsheet_error" }, { "u:", NULL, "formula_unsaved" });
}

static void
dates(void **state)
{
	(void)state;
	CHECK("change_date", { "20140901", "2014-09-01", "" }, { "2014.9.1", "2014-09-01", "" },
	    { "2014/9/1", "2014-09-01", "" }, { "2014-09-01", "2014-09-01", "" }, { "2014年9月1日", "2014-09-01", "" },
	    { "二〇一四年九月一日", "2014-09-01", "" }, { "二○一四年十二月二十一日", "2014-12-21", "" },
	    { "2014-09-01 00:00:00", "2014-09-01", "" }, { "41883", "2014-09-01", "" }, { "d:41883", "2014-09-01", "" },
	    { "n:41883", "2014-09-01", "" }, { "d:41883.5", "2014-09-01", "" }, { "d:60", "!60", "date_impossible" },
	    { "14.9.1", "2014-09-01", "date_two_digit_year" }, { "2014-9-31", "!2014-9-31", "date_impossible" },
	    { "二〇一四年九月", "!二〇一四年九月", "date_day_missing" }, { "2014.9", "!2014.9", "date_day_missing" },
	    { "9/13/2014", "2014-09-13", "" }, { "9/1/2014", "!9/1/2014", "date_form" },
	    { "1014-09-01", "!1014-09-01", "date_range" }, { "明天", "!明天", "date_form" });
	CHECK("admission_month", { "201409", "2014-09", "" }, { "2014.9", "2014-09", "" },
	    { "二〇一四年九月", "2014-09", "" }, { "2014年9月", "2014-09", "" }, { "2014-09-01", "2014-09", "" },
	    { "n:2014.1", "!2014.1", "date_form" }, { "2014", "!2014", "date_form" });
	CHECK("id_validity", { "20100601-20200601", "2010-06-01/2020-06-01", "" },
	    { "2010.06.01-2020.06.01", "2010-06-01/2020-06-01", "" }, { "2010.06.01-长期", "2010-06-01/..", "" },
	    { "2010-06-01至2020-06-01", "2010-06-01/2020-06-01", "" }, { "长期", "../..", "" },
	    { "20200601-20100601", "!20200601-20100601", "date_range" });
	CHECK("updated_at", { "2025-04-17 12:22:09", "2025-04-17T12:22:09", "" },
	    { "2025-04-17", "2025-04-17T00:00:00", "" }, { "d:41883.5", "2014-09-01T12:00:00", "" });
}

static void
codes_and_booleans(void **state)
{
	(void)state;
	CHECK("sex", { "男", "1", "" }, { "1-男", "1", "" }, { "女", "2", "" }, { "雄", "!雄", "code_unknown" });
	CHECK("orphan", { "是", "1", "" }, { "否", "0", "" }, { "√", "1", "" }, { "", NULL, "required_missing" });
	CHECK("residence_mode", { "是", "2", "" }, { "住校", "2", "" });
	CHECK("hukou_division", { "410302000000", "410302", "" }, { "410381", "410381", "code_obsolete" },
	    { "河南省洛阳市老城区", "410302", "" }, { "410302001001", "410302001001", "" });
}

static void
grades_and_classes(void **state)
{
	struct rows rows;
	const struct normalized *row;

	(void)state;
	CHECK("grade", { "一年级", "11", "" }, { "小二（08）班", "12", "" }, { "701班", "21", "" },
	    { "初一(3)班", "21", "" }, { "小学2024级", "13", "" }, { "初中2026级", "21", "" },
	    { "高中2024级", "33", "" }, { "小学2014级", "!小学2014级", "grade_cohort_range" }, { "2021级", "16", "" },
	    { "优秀", "!优秀", "grade_form" });
	CHECK("class_name", { "3班", "3班", "" }, { "03班", "3班", "" }, { "（3）班", "3班", "" }, { "三班", "3班", "" },
	    { "n:3", "3班", "" }, { "火箭班", "火箭班", "" }, { "小学2024级321班", "小学2024级321班", "" });
	rows_open(&rows, "name,school_code,class_name");
	row = rows_put(&rows, "李明|2141000392|小学2024级1班");
	assert_text(rows_value(row, "class_name", NULL), "1班");
	assert_text(rows_value(row, "grade", NULL), "13");
	assert_int_equal(row->anchor.kind, ANCHOR_CLASS);
	rows_close(&rows);
}

static void
phones_and_numbers(void **state)
{
	(void)state;
	CHECK("delegate_phone", { "13812340678", "13812340678", "" }, { "+86 138-1234-0678", "13812340678", "" },
	    { "1.38E+10", "!1.38E+10", "phone_scientific" }, { "13800000000", "13800000000", "phone_generic" },
	    { "13812340678/13912340679", "13812340678 13912340679", "" },
	    { "13812340678 13912340679", "13812340678 13912340679", "" }, { "0379 65201234", "0379-65201234", "" },
	    { "（0379）65201234", "0379-65201234", "" }, { "1381234067", "!1381234067", "phone_form" });
	CHECK("postcode", { "471000", "471000", "" }, { "n:14010", "014010", "postcode_zero" },
	    { "14010", "!14010", "postcode_form" });
	CHECK("school_code", { "2141000392", "2141000392", "" }, { "214100039", "!214100039", "school_code_form" },
	    { "9941000392", "9941000392", "school_code_category" });
	CHECK("aid_amount", { "1,250.50元", "1250.5", "" }, { "很多", "!很多", "number_form" },
	    { "-1", "!-1", "number_range" });
	CHECK("school_distance", { "5.4公里", "5.4", "" }, { "800米", "!800米", "number_form" });
	CHECK("bank_card_no", { "6222 0212 3456 7890", "6222021234567890", "" },
	    { "n:6222021234567000", "!6222021234567000", "id_truncated" });
	CHECK("disability_card_no", { "41030320140901001311", "41030320140901001311", "" },
	    { "4103032014090100131", "!4103032014090100131", "disability_card_form" });
	CHECK("township", { "a\nb", "a b", "text_control" }, { " 城关镇 ", "城关镇", "" }, { "无", NULL, "" },
	    { " - ", NULL, "" }, { "／", NULL, "" }, { "无锡", "无锡", "" }, { "NULL", NULL, "null_literal" });
}

/* Namesakes of a class without numbers: what the sender put behind the name tells them apart. */
static void
namesakes_stay_two(void **state)
{
	struct rows rows;
	struct anchor first;
	const struct normalized *row;

	(void)state;
	rows_open(&rows, "name,school_code,class_name");
	first = rows_put(&rows, "王丽1|2141000392|1班")->anchor;
	row = rows_put(&rows, "王丽2|2141000392|1班");
	assert_text(row->name, "王丽");
	assert_int_equal(row->anchor.kind, ANCHOR_CLASS);
	assert_true(row->anchor.hash != first.hash);
	assert_true(rows_put(&rows, "王丽1|2141000392|1班")->anchor.hash == first.hash);
	rows_close(&rows);
}

/* A number of 15 digits is somebody's of the last century; a pupil's is one that a sheet has cut short. */
/* Without a number two children of one name and birth date are told apart by their schools, else by their guardians. */
static void
namesakes_born_on_one_day(void **state)
{
	static const struct {
		const char *columns, *one, *other;
		bool same;
	} cases[] = {
		{ "name,birth_date,school_name", "王丽|2014-09-01|第一小学", "王丽|2014-09-01|第二小学", false },
		{ "name,birth_date,school_name,member1_name", "王丽|2014-09-01|第一小学|王强",
		    "王丽|2014-09-01|第一小学|李红", true },
		{ "name,birth_date,member1_name", "王丽|2014-09-01|王强", "王丽|2014-09-01|王刚", false },
		{ "name,birth_date,member1_name", "王丽|2014-09-01|王强", "王 丽|20140901|王 强", true },
		{ "name,birth_date", "王丽|2014-09-01", "王丽|2014-09-01", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rows rows;
		struct anchor one, other;

		rows_open(&rows, cases[i].columns);
		one = rows_put(&rows, cases[i].one)->anchor;
		other = rows_put(&rows, cases[i].other)->anchor;
		assert_int_equal(one.kind, ANCHOR_BIRTH);
		assert_int_equal(other.kind, ANCHOR_BIRTH);
		assert_int_equal(one.hash == other.hash, cases[i].same);
		rows_close(&rows);
	}
}

static void
numbers_of_the_last_century(void **state)
{
	struct rows rows;
	const struct normalized *row;

	(void)state;
	rows_open(&rows, "name,id_no,birth_date,sex");
	row = rows_put(&rows, "王丽|410303850901001|1985-09-01|");
	assert_int_equal(row->anchor.kind, ANCHOR_NUMBER);
	assert_int_not_equal(row->number, 0);
	row = rows_put(&rows, "王丽|410303140901001|2014-09-01|");
	assert_int_equal(row->anchor.kind, ANCHOR_BIRTH);
	assert_int_equal(row->number, 0);
	assert_text(rows_value(row, "id_no", NULL), "410303140901001");
	row = rows_put(&rows, "王丽|410303140901001||");
	assert_int_equal(row->anchor.kind, ANCHOR_DOCUMENT);
	assert_int_equal(row->number, 0);
	assert_int_equal(row->birth_day, 0);
	rows_close(&rows);
}

/* 出生年月 asks for no day: the value is kept as written, and nobody is asked for more. */
static void
months_that_were_asked_for(void **state)
{
	struct rows rows;
	const struct normalized *row;
	bool invalid = false;

	(void)state;
	rows_open(&rows, "name,id_no,birth_date");
	normalizer_free(rows.normalizer);
	for (size_t i = 0; i < rows.binding.column_count; i++)
		rows.columns[i].month_only = rows.columns[i].column == 2;
	rows.normalizer = normalizer_new(&rows.binding, (struct date){ 2026, 9, 2 }, 7);
	assert_non_null(rows.normalizer);
	row = rows_put(&rows, "李明|410303201409010013|2014.09");
	assert_string_equal(rows_issues(row), "");
	assert_text(rows_value(row, "birth_date", &invalid), "2014.09");
	assert_true(invalid);
	row = rows_put(&rows, "李明|410303201409010013|2014.09.01");
	assert_text(rows_value(row, "birth_date", &invalid), "2014-09-01");
	row = rows_put(&rows, "李明|410303201409010013|2014.13");
	assert_string_equal(rows_issues(row), "date_impossible");
	rows_close(&rows);
}

/* Under 是否住校 a 1 says yes, and is not the code of day pupils. */
static void
digits_that_answer_whether(void **state)
{
	struct rows rows;
	const struct normalized *row;
	bool invalid = false;

	(void)state;
	rows_open(&rows, "name,id_no,residence_mode,left_behind");
	row = rows_put(&rows, "李明|410303201409010013|1|1");
	assert_text(rows_value(row, "residence_mode", &invalid), "1");
	normalizer_free(rows.normalizer);
	for (size_t i = 0; i < rows.binding.column_count; i++)
		rows.columns[i].whether = rows.columns[i].column >= 2;
	rows.normalizer = normalizer_new(&rows.binding, (struct date){ 2026, 9, 2 }, 7);
	assert_non_null(rows.normalizer);
	row = rows_put(&rows, "李明|410303201409010013|1|1");
	assert_text(rows_value(row, "residence_mode", &invalid), "2");
	assert_text(rows_value(row, "left_behind", &invalid), "1"); /* a code: it has no meaning for yes */
	row = rows_put(&rows, "李明|410303201409010013|0|0");
	assert_text(rows_value(row, "residence_mode", &invalid), "1");
	row = rows_put(&rows, "李明|410303201409010013|否|2");
	assert_text(rows_value(row, "residence_mode", &invalid), "1");
	rows_close(&rows);
}

/* What a header says is a value where its column has one and no other column says otherwise. */
static void
headers_that_say_more(void **state)
{
	static const char *const with[] = { "name,birth_date,member1_name",
		"name,birth_date,member1_name,member1_relation" };
	struct bound_implied implied;
	struct rows rows;
	const struct normalized *row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(with); i++) {
		rows_open(&rows, with[i]);
		normalizer_free(rows.normalizer);
		implied = (struct bound_implied){
			.by = dataset_field(rows_dataset(), TEXT("member1_name"))->number,
			.field = dataset_field(rows_dataset(), TEXT("member1_relation"))->number,
			.value = TEXT("51"),
		};
		rows.binding.implied = &implied;
		rows.binding.implied_count = 1;
		rows.normalizer = normalizer_new(&rows.binding, (struct date){ 2026, 9, 2 }, 7);
		assert_non_null(rows.normalizer);
		row = rows_put(&rows, "李明|20140901|李强|");
		assert_text(rows_value(row, "member1_relation", NULL), "51");
		assert_string_equal(rows_issues(row), "");
		row = rows_put(&rows, "李明|20140901||");
		assert_int_equal(rows_value(row, "member1_relation", NULL).len, 0);
		row = rows_put(&rows, "李明|20140901|李强|母亲");
		assert_text(rows_value(row, "member1_relation", NULL), i == 0 ? "51" : "52");
		rows_close(&rows);
	}
}

static void
rows_that_identify_nobody(void **state)
{
	struct rows rows;
	const struct normalized *row;

	(void)state;
	rows_open(&rows, "name,sex,birth_date,ethnic,id_no,phone");
	row = rows_put(&rows, "|男|20140901|汉族|410303201409010013|");
	assert_true(row->rejected);
	assert_int_equal(row->issues[0].rule, RULE_no_name);
	row = rows_put(&rows, "李明|男||汉族|410303201409010014|");
	assert_true(row->rejected);
	assert_int_equal(row->issues[0].rule, RULE_no_identity);
	row = rows_put(&rows, "1|李明|男|20140901|汉族|410303201409010013");
	assert_true(row->rejected);
	assert_int_equal(row->issues[0].rule, RULE_shifted);
	row = rows_put(&rows, "李明|女|20140902|汉族|410303201409010013|13812340678");
	assert_false(row->rejected);
	assert_string_equal(rows_issues(row), "id_birth_mismatch id_sex_mismatch");
	row = normalize_row(rows.normalizer, NULL, 0, 1);
	assert_true(row->rejected);
	assert_int_equal(row->issues[0].rule, RULE_row_cut);
	rows_close(&rows);
}

/* A row that goes back says why, and which of its cells are wrong; not what is empty in it or was "used". */
static void
rejected_rows_say_no_more_than_a_clerk_needs(void **state)
{
	static const char columns[] = "name,sex,birth_date,id_no,student_no,school_name,grade,phone,ethnic";
	struct rows rows;
	const struct normalized *row;

	(void)state;
	rows_open(&rows, columns);
	row = rows_put(&rows, "|男|20140901|410303201409010014||第一小学|||汉");
	assert_string_equal(rows_issues(row), "no_name id_checksum");
	row = rows_put(&rows, "李明|雄||||第一小学||13800000000|NULL");
	assert_string_equal(rows_issues(row), "no_identity code_unknown");
	row = rows_put(&rows, "李明|||||第一小学|||");
	assert_string_equal(rows_issues(row), "no_identity");
	assert_true(row->rejected);
	row = rows_put(&rows, "李明||20140901|||第一小学||13800000000|");
	assert_false(row->rejected);
	assert_non_null(strstr(rows_issues(row), "required_missing"));
	assert_non_null(strstr(rows_issues(row), "phone_generic"));
	rows_close(&rows);
}

/* What the only query of the row is about. */
static uint64_t
about(struct rows *rows, const char *cells, enum rule rule)
{
	const struct normalized *row = rows_put(rows, cells);

	for (size_t i = 0; i < row->issue_count; i++) {
		if (row->issues[i].rule != rule) {
			assert_true(row->issues[i].severity == SEVERITY_QUERY || row->issues[i].about == 0);
			continue;
		}
		assert_int_equal(row->issues[i].severity, SEVERITY_QUERY);
		assert_true(row->issues[i].about != 0);
		return row->issues[i].about;
	}
	fail_msg("no %s in %s", rule_name(rule), cells);
	return 0;
}

static void
queries_are_about_the_values_that_were_looked_at(void **state)
{
	struct rows rows;
	uint64_t one;

	(void)state;
	rows_open(&rows, "name,birth_date,phone,id_no,specialty,sex");
	one = about(&rows, "李明|2014-09-01|13800000000|||", RULE_phone_generic);
	/* the same value, written otherwise, in another row */
	assert_true(about(&rows, "王芳|2014-09-02|１３８００００００００||围棋|女", RULE_phone_generic) == one);
	assert_true(about(&rows, "李明|2014-09-01|n:13800000000|||", RULE_phone_generic) == one);
	assert_true(about(&rows, "李明|2014-09-01|13811111111|||", RULE_phone_generic) != one);
	/* what is compared counts, on both sides, and nothing else */
	one = about(&rows, "李明|2014-09-02||410303201409010013||", RULE_id_birth_mismatch);
	assert_true(about(&rows, "李明|2014/9/2|13800000000|410303201409010013|画|", RULE_id_birth_mismatch) == one);
	assert_true(about(&rows, "李明|2014-09-03||410303201409010013||", RULE_id_birth_mismatch) != one);
	assert_true(about(&rows, "李明|2014-09-02||410303201409010021||", RULE_id_birth_mismatch) != one);
	/* what is taken off a cell counts where the rule is about it */
	one = about(&rows, "李明（转出）|2014-09-01||||", RULE_name_note);
	assert_true(about(&rows, " 李明（转出）|2014-09-01||||", RULE_name_note) == one);
	assert_true(about(&rows, "李明（休学）|2014-09-01||||", RULE_name_note) != one);
	rows_close(&rows);
}

static void
a_row_that_had_gone_back_is_explained(void **state)
{
	char cells[3000], words[2000] = "";
	struct rows rows;

	(void)state;
	rows_bind(&rows, "name,birth_date,phone,");
	rows.binding.explains = true;
	rows.binding.explanation = 3;
	rows.normalizer = rows_normalizer(&rows);
	assert_non_null(rows.normalizer);
	assert_text(rows_put(&rows, "李明|2014-09-01|13800000000| 家长\n电话属实 ")->explanation, "家长 电话属实");
	assert_text(rows_put(&rows, "李明|2014-09-01|13503790001|属实")->explanation, "属实");
	assert_text(rows_put(&rows, "李明|2014-09-01|13800000000|")->explanation, "");
	assert_text(rows_put(&rows, "李明|2014-09-01|13800000000")->explanation, "");
	assert_text(rows_put(&rows, "李明|2014-09-01|13800000000|无")->explanation, "");
	assert_text(rows_put(&rows, "李明|2014-09-01|13800000000|e:#N/A")->explanation, "");
	assert_text(rows_put(&rows, "|2014-09-01|13800000000|属实")->explanation, ""); /* rejected */
	while (strlen(words) + 4 < sizeof(words))
		strcat(words, "核");
	snprintf(cells, sizeof(cells), "李明|2014-09-01|13800000000|%s", words);
	assert_int_equal(rows_put(&rows, cells)->explanation.len, 999); /* whole characters */
	rows_close(&rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(id_numbers),
		cmocka_unit_test(x_look_alikes),
		cmocka_unit_test(student_numbers),
		cmocka_unit_test(names),
		cmocka_unit_test(dates),
		cmocka_unit_test(codes_and_booleans),
		cmocka_unit_test(grades_and_classes),
		cmocka_unit_test(phones_and_numbers),
		cmocka_unit_test(namesakes_stay_two),
		cmocka_unit_test(namesakes_born_on_one_day),
		cmocka_unit_test(numbers_of_the_last_century),
		cmocka_unit_test(months_that_were_asked_for),
		cmocka_unit_test(digits_that_answer_whether),
		cmocka_unit_test(headers_that_say_more),
		cmocka_unit_test(rows_that_identify_nobody),
		cmocka_unit_test(rejected_rows_say_no_more_than_a_clerk_needs),
		cmocka_unit_test(queries_are_about_the_values_that_were_looked_at),
		cmocka_unit_test(a_row_that_had_gone_back_is_explained),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rows_end();
	return failed;
}
