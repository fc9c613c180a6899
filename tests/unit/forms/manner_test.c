/*
 * Tests of consumers/forms/manner: values as the form wants them, learnt from lists, headers, examples and formats.
 */
#include "consumers/forms/manner.h"

#include "core/record/source.h"
#include "tests/support/support.h"

static struct dataset *dataset;
static struct terms *terms;

static int
load(void **state)
{
	struct err err = { 0 };

	(void)state;
	dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	return dataset != NULL
		&& terms_load(&terms, PROJECT_ROOT "/schemas/student_forms.xml", dataset, NULL, NULL, &err) == 0
	    ? 0
	    : -1;
}

static int
unload(void **state)
{
	(void)state;
	terms_free(terms);
	dataset_free(dataset);
	return 0;
}

/* What is written of ${field} = ${value} under ${header}: "n:" before a number, "-" for nothing that can be said, "blank". */
static const char *
written(const char *header, const char *field, const char *value, const struct manner_evidence *evidence)
{
	static char shown[256];
	static char key[256];
	static struct text values[FIELDS_MAX];
	static const struct manner_evidence none;
	struct form_column column = { .header = text_from(header), .use = FORM_FIELD };
	const struct field *of = dataset_field(dataset, text_from(field));
	struct manner manner;
	struct buffer out;

	memset(values, 0, sizeof(values));
	column.key = (struct text){ key, header_fold(column.header, key, sizeof(key)) };
	column.derive = of == NULL || text_starts(column.header, TEXT("="))
	    ? terms_derivation(terms, text_from(header + 1))
	    : NULL;
	if (column.derive != NULL)
		column.use = FORM_DERIVED;
	if (of != NULL) {
		column.field = of->number;
		column.whether = of->type == FIELD_CODE && text_starts(column.header, TEXT("是否"));
		column.month_only = text_find(column.header, TEXT("年月")) != SIZE_MAX;
		values[of->number] = text_from(value);
	}
	values[dataset->roles.grade] = of != NULL && of->number == dataset->roles.grade ? text_from(value) : TEXT("14");
	manner_learn(&manner, &column, dataset, terms, evidence != NULL ? evidence : &none);
	buffer_init(&out, 1 << 16);
	switch (manner_write(&manner, values, (struct date){ 2026, 9, 2 }, 7, &out)) {
	case MANNER_NONE:
		snprintf(shown, sizeof(shown), "-");
		break;
	case MANNER_BLANK:
		snprintf(shown, sizeof(shown), "blank");
		break;
	case MANNER_NUMBER:
		snprintf(shown, sizeof(shown), "n:%.*s", (int)out.len, out.at);
		break;
	default:
		snprintf(shown, sizeof(shown), "%.*s", (int)out.len, out.at);
	}
	buffer_fini(&out);
	return shown;
}

static const char *
like(const char *header, const char *field, const char *value, const char *sample)
{
	return written(
	    header, field, value, &(struct manner_evidence){ .sample = text_from(sample), .sample_text = true });
}

static void
without_evidence_it_is_plain(void **state)
{
	(void)state;
	assert_string_equal(written("姓名", "name", "甲", NULL), "甲");
	assert_string_equal(written("性别", "sex", "1", NULL), "男");
	assert_string_equal(written("年级", "grade", "14", NULL), "四年级");
	assert_string_equal(written("年级", "grade", "21", NULL), "七年级");
	assert_string_equal(written("班级", "class_name", "3班", NULL), "3班");
	assert_string_equal(written("年级班级", "class_name", "3班", NULL), "四年级3班");
	assert_string_equal(written("出生日期", "birth_date", "2015-03-08", NULL), "2015-03-08");
	assert_string_equal(written("出生年月", "birth_date", "2015-03-08", NULL), "2015-03");
	assert_string_equal(written("入学年月", "admission_month", "2021-09", NULL), "2021-09");
	assert_string_equal(written("家庭人口", "family_size", "5", NULL), "n:5");
	assert_string_equal(written("邮编", "postcode", "014030", NULL), "014030");
	assert_string_equal(written("电话", "phone", "13800000000 13900000000", NULL), "13800000000");
	assert_string_equal(written("户籍所在地", "hukou_division", "410303", NULL), "河南省洛阳市西工区");
	assert_string_equal(written("民族", "ethnic", "", NULL), "-");
}

static void
yes_and_no_follow_from_codes(void **state)
{
	(void)state;
	assert_string_equal(written("是否孤儿", "orphan", "1", NULL), "是");
	assert_string_equal(written("是否孤儿", "orphan", "0", NULL), "否");
	assert_string_equal(written("是否住校", "residence_mode", "2", NULL), "是");
	assert_string_equal(written("是否住校", "residence_mode", "1", NULL), "否");
	assert_string_equal(written("是否住校", "residence_mode", "3", NULL), "-"); /* 借宿 */
	assert_string_equal(written("是否残疾生", "disability", "0", NULL), "否");
	assert_string_equal(written("是否残疾生", "disability", "4", NULL), "是");
	assert_string_equal(written("是否留守儿童", "left_behind", "2", NULL), "是");
	assert_string_equal(like("是否孤儿", "orphan", "0", "有"), "无");
	assert_string_equal(like("是否孤儿", "orphan", "1", "√"), "√");
	assert_string_equal(like("是否孤儿", "orphan", "0", "√"), "blank");
	assert_string_equal(like("是否孤儿", "orphan", "0", "×"), "×");
	assert_string_equal(like("是否孤儿", "orphan", "1", "0"), "1");
	assert_string_equal(written("是否孤儿（打√）", "orphan", "1", NULL), "√");
	assert_string_equal(written("是否孤儿（1是0否）", "orphan", "0", NULL), "0");
	assert_string_equal(like("留守儿童", "left_behind", "2", "√"), "√");
	assert_string_equal(like("留守儿童", "left_behind", "0", "√"), "blank");
	assert_string_equal(like("留守儿童", "left_behind", "0", "是"), "否");
	assert_string_equal(like("留守儿童", "left_behind", "2", "否"), "是");
	assert_string_equal(like("性别", "sex", "2", "是"), "女"); /* neither of its codes is a no */
}

static void
a_form_with_ticks_means_no_where_none_stands(void **state)
{
	struct manner_evidence evidence = { .ticks = true };

	(void)state;
	assert_string_equal(written("孤儿", "orphan", "1", &evidence), "√");
	assert_string_equal(written("孤儿", "orphan", "0", &evidence), "blank");
	assert_string_equal(written("留守儿童", "left_behind", "2", &evidence), "双亲留守儿童"); /* its words say more */
	evidence.sample = TEXT("否");
	assert_string_equal(written("孤儿", "orphan", "0", &evidence), "否");
}

static void
an_example_is_followed(void **state)
{
	static const struct {
		const char *sample, *want;
	} dates[] = { { "2014-09-01", "2015-03-08" }, { "2014-9-1", "2015-3-8" }, { "2014/9/1", "2015/3/8" },
		{ "2014/09/01", "2015/03/08" }, { "2014.9.1", "2015.3.8" }, { "20140901", "20150308" },
		{ "2014年9月1日", "2015年3月8日" }, { "2014年09月01日", "2015年03月08日" }, { "2014.09", "2015.03" },
		{ "201409", "201503" }, { "2014年9月", "2015年3月" }, { "无", "2015-03-08" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dates); i++)
		assert_string_equal(like("出生日期", "birth_date", "2015-03-08", dates[i].sample), dates[i].want);
	assert_string_equal(like("性别", "sex", "2", "男"), "女");
	assert_string_equal(like("性别", "sex", "2", "男性"), "女性");
	assert_string_equal(like("性别", "sex", "2", "1"), "2");
	assert_string_equal(like("性别", "sex", "2", "1-男"), "2-女");
	assert_string_equal(like("年级", "grade", "21", "小学四年级"), "初中一年级");
	assert_string_equal(like("年级", "grade", "21", "小四"), "初一");
	assert_string_equal(like("年级", "grade", "21", "四年级"), "七年级");
	assert_string_equal(like("班级", "class_name", "3班", "（1）班"), "（3）班");
	assert_string_equal(like("班级", "class_name", "3班", "1"), "3");
	assert_string_equal(like("班级", "class_name", "3班", "五年级1班"), "四年级3班");
	assert_string_equal(like("户口所在地", "hukou_division", "410303", "410302"), "410303");
	assert_string_equal(like("家庭人口", "family_size", "5", "3"), "5"); /* text, as in the example */
}

static void
headers_and_formats_say_how(void **state)
{
	struct manner_evidence evidence = { .format = STYLES_DATE };

	(void)state;
	assert_string_equal(written("出生日期（yyyy-mm-dd）", "birth_date", "2015-03-08", NULL), "2015-03-08");
	assert_string_equal(written("出生年月（xxxx.xx）", "birth_date", "2015-03-08", NULL), "2015.03");
	assert_string_equal(written("出生日期（如20140901）", "birth_date", "2015-03-08", NULL), "20150308");
	assert_string_equal(written("性别（1男2女）", "sex", "2", NULL), "2");
	assert_string_equal(
	    written("户口性质（1-城镇，2-农村）", "hukou_type", "1", NULL), "2"); /* the reverse of ours */
	assert_string_equal(written("户口性质（1、城镇 2、农村）", "hukou_type", "2", NULL), "1");
	assert_string_equal(written("出生日期", "birth_date", "1970-01-02", &evidence), "n:25570");
	evidence.date1904 = true;
	assert_string_equal(written("出生日期", "birth_date", "1970-01-02", &evidence), "n:24108");
	assert_string_equal(written("民族代码", "ethnic", "01", NULL), "01");
	assert_string_equal(written("性别码", "sex", "2", NULL), "2");
	assert_string_equal(written("户籍所在地行政区划代码", "hukou_division", "410303", NULL), "410303");
	evidence = (struct manner_evidence){ .hint = TEXT("1男，2女") };
	assert_string_equal(written("性别", "sex", "2", &evidence), "2");
	evidence.hint = TEXT("填代码");
	assert_string_equal(written("民族", "ethnic", "01", &evidence), "01");
	evidence.hint = TEXT("yyyymmdd");
	assert_string_equal(written("出生日期", "birth_date", "2015-03-08", &evidence), "20150308");
	evidence.hint = TEXT("打√");
	assert_string_equal(written("是否孤儿", "orphan", "0", &evidence), "blank");
	evidence = (struct manner_evidence){ .format = STYLES_TEXT };
	assert_string_equal(written("家庭人口", "family_size", "5", &evidence), "5");
}

static void
only_what_is_allowed_is_written(void **state)
{
	static const struct text sexes[] = { TEXT("男生"), TEXT("女生") }, kinds[] = { TEXT("城镇"), TEXT("农村") },
				 marks[] = { TEXT("√"), TEXT("×") };
	struct manner_evidence evidence = { .allowed = sexes, .allowed_count = 2 };

	(void)state;
	assert_string_equal(written("性别", "sex", "2", &evidence), "女生");
	assert_string_equal(written("性别", "sex", "9", &evidence), "-");
	evidence.allowed = kinds;
	assert_string_equal(written("户口性质", "hukou_type", "2", &evidence), "城镇");
	evidence.allowed = marks;
	assert_string_equal(written("是否住校", "residence_mode", "1", &evidence), "×");
}

static void
what_follows_is_reckoned(void **state)
{
	(void)state;
	assert_string_equal(written("=serial", "", "", NULL), "n:7");
	assert_string_equal(written("=age", "birth_date", "2015-09-02", NULL), "n:11");
	assert_string_equal(written("=age", "birth_date", "2015-09-03", NULL), "n:10");
	assert_string_equal(written("=age_6_15", "birth_date", "2010-09-03", NULL), "是");
	assert_string_equal(written("=age_6_15", "birth_date", "2010-09-02", NULL), "否");
	assert_string_equal(written("=stage", "grade", "21", NULL), "初中");
	assert_string_equal(written("=hukou_province", "hukou_division", "410303", NULL), "河南省");
	assert_string_equal(written("=hukou_city", "hukou_division", "410303", NULL), "洛阳市");
	assert_string_equal(written("=hukou_province_city", "hukou_division", "410303", NULL), "河南省洛阳市");
	assert_string_equal(written("=hukou_county", "hukou_division", "410303", NULL), "西工区");
	assert_string_equal(written("=hukou_county", "hukou_division", "410000", NULL), "-");
	assert_string_equal(written("=hukou_county", "hukou_division", "河南", NULL), "-");
	assert_string_equal(written("=age", "birth_date", "", NULL), "-");
}

static void
open_cells_have_their_choices(void **state)
{
	struct form_column column = { .header = TEXT("是否养猫"), .use = FORM_UNKNOWN, .field = FIELD_NONE };
	const struct manner_evidence none = { 0 };
	struct manner manner;
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 16);
	manner_learn(&manner, &column, dataset, terms, &none);
	assert_true(manner_choices(&manner, 250, &out));
	assert_text(buffer_as_text(&out), "是,否");
	buffer_clear(&out);
	column.header = TEXT("几只猫");
	manner_learn(&manner, &column, dataset, terms, &none);
	assert_false(manner_choices(&manner, 250, &out));
	column.use = FORM_FIELD;
	column.field = dataset->roles.sex;
	manner_learn(&manner, &column, dataset, terms, &none);
	assert_true(manner_choices(&manner, 250, &out));
	assert_true(text_starts(buffer_as_text(&out), TEXT("未知的性别,男,女")));
	buffer_clear(&out);
	column.field = dataset_field(dataset, TEXT("nationality"))->number;
	manner_learn(&manner, &column, dataset, terms, &none);
	assert_false(manner_choices(&manner, 250, &out)); /* too many for a list in a rule */
	assert_int_equal(out.len, 0);
	buffer_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_evidence_it_is_plain),
		cmocka_unit_test(yes_and_no_follow_from_codes),
		cmocka_unit_test(a_form_with_ticks_means_no_where_none_stands),
		cmocka_unit_test(an_example_is_followed),
		cmocka_unit_test(headers_and_formats_say_how),
		cmocka_unit_test(only_what_is_allowed_is_written),
		cmocka_unit_test(what_follows_is_reckoned),
		cmocka_unit_test(open_cells_have_their_choices),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
