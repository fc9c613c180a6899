/*
 * purge_person_test.c - which rows are a person's: his own however they are written, and nobody else's.
 */
#include "ops/yici/purge_person.h"

#include <stdlib.h>

#include "tests/support/support.h"

/* Somebody with a name that nobody else has, or that others have, too. */
static void
make(struct purge_person *person, bool shared)
{
	static const struct {
		uint16_t field;
		struct text value;
	} values[] = { { 0, TEXT("张小甲") }, { 1, TEXT("15010220140411771X") }, { 2, TEXT("G15010220140411771X") },
		{ 3, TEXT("2014-04-11") }, { 4, TEXT("13800001234 0472-5551234") }, { 5, TEXT("小学三年级") } };
	static const struct field fields[] = { { .personal = true }, { .personal = true }, { .personal = true },
		{ .personal = true }, { .personal = true, .type = FIELD_PHONE }, { .personal = false } };
	const struct dataset dataset = { .fields = fields,
		.field_count = ARRAY_LEN(fields),
		.roles = { .name = 0, .id_no = 1, .student_no = 2, .birth_date = 3 } };
	struct err err = { 0 };

	purge_person_init(person);
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		assert_int_equal(
		    purge_person_value(person, &dataset, values[i].field, values[i].value, shared, &err), 0);
	assert_int_equal(purge_person_rival(person, TEXT("李小丙"), &err), 0);
	assert_int_equal(purge_person_ready(person), 0);
}

static bool
is_his(bool shared, const char *one, const char *other)
{
	struct cell cells[2] = { { .text = text_from(one) }, { .text = text_from(other) } };
	struct purge_person person;
	struct buffer scratch;
	bool his;

	make(&person, shared);
	buffer_init(&scratch, 1 << 16);
	his = purge_person_row(&person, cells, 2, &scratch);
	buffer_fini(&scratch);
	purge_person_free(&person);
	return his;
}

static void
a_row_is_his_by_his_number_however_it_is_written(void **test)
{
	(void)test;
	assert_true(is_his(true, "15010220140411771X", ""));
	assert_true(is_his(true, "1501 0220 1404 1177 1x", ""));
	assert_true(is_his(true,
	    "\xEF\xBC\x91\xEF\xBC\x95"
	    "010220140411771x",
	    "")); /* full width */
	assert_true(is_his(true, "身份证：15010220140411771X（已核）", ""));
	assert_true(is_his(true, "'G15010220140411771X", ""));
	assert_false(is_his(true, "150102201404117700", "13800001234")); /* a brother's */
	assert_false(is_his(true, "15010220140411771X", "李小丙"));      /* to whose row his number was copied */
	assert_true(is_his(true, "15010220140411771X", "李小丁"));       /* whom nobody knows */
}

static void
a_row_is_his_by_a_name_that_nobody_else_has(void **test)
{
	(void)test;
	assert_true(is_his(false, "张小甲", "第一小学"));
	assert_true(is_his(false, "张 小 甲（转入）", ""));
	assert_true(is_his(false, "家长：张小甲", ""));
	assert_false(is_his(false, "张小甲乙", ""));
	assert_false(is_his(false, "欧张小甲", ""));
	assert_false(is_his(false, "张小乙", "13800001234"));
	assert_false(is_his(false, "", "小学三年级"));
}

static void
a_name_that_others_have_wants_another_sign(void **test)
{
	(void)test;
	assert_false(is_his(true, "张小甲", "第一小学"));
	assert_true(is_his(true, "张小甲", "2014年4月11日"));
	assert_true(is_his(true, "张小甲", "2014/4/11"));
	assert_true(is_his(true, "张小甲", "20140411"));
	assert_true(is_his(true, "张小甲", "41740")); /* a spreadsheet's day */
	assert_true(is_his(true, "张小甲", "0472-5551234"));
	assert_false(is_his(true, "张小甲", "2014-11-04"));
}

static void
bytes_are_looked_through_in_every_encoding(void **test)
{
	static const char utf16[] = "\x20\x5F\x0F\x5C\x32\x75\x00", gb[] = "\xD5\xC5\xD0\xA1\xBC\xD7";
	const struct text texts[] = { TEXT("x张小甲"), { utf16, 6 }, { gb, 6 }, TEXT("张小乙") };
	struct purge_person person;
	struct err err = { 0 };
	bool his;

	(void)test;
	make(&person, false);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(purge_person_bytes(&person, texts[i], &his, &err), 0);
		assert_int_equal(his, i == 0 || i == 2 || (i == 1 && memcmp(texts[1].at, utf16, 6) == 0));
	}
	purge_person_free(&person);
}

static void
what_is_kept_while_a_purge_is_at_work_is_the_same_person(void **test)
{
	struct cell cells[] = { { .text = TEXT("张小甲") }, { .text = TEXT("2014-04-11") } };
	const uint8_t id[RECORD_ID_BYTES] = { 7 };
	char data[FILE_PATH_MAX / 8], folder[FILE_PATH_MAX];
	struct purge_person person, again;
	struct buffer scratch;
	struct err err = { 0 };

	(void)test;
	snprintf(data, sizeof(data), "%s", scratch_make());
	snprintf(folder, sizeof(folder), "%s/state", data);
	assert_int_equal(file_make_folder(folder, &err), 0);
	make(&person, true);
	assert_int_equal(purge_person_student(&person, id, &err), 0);
	person.order = 12;
	assert_int_equal(purge_person_save(&person, data, &err), 0);
	purge_person_init(&again);
	assert_int_equal(purge_person_load(&again, data, &err), 1);
	assert_int_equal(again.order, 12);
	assert_int_equal(again.value_count, person.value_count);
	assert_true(strip_has(&(struct strip_ids){ (const uint8_t(*)[RECORD_ID_BYTES])again.students, 1 }, id));
	buffer_init(&scratch, 1 << 16);
	assert_true(purge_person_row(&again, cells, 2, &scratch));
	buffer_fini(&scratch);
	assert_int_equal(purge_person_forget(data, &err), 0);
	assert_int_equal(purge_person_load(&again, data, &err), 0);
	purge_person_free(&person);
	purge_person_free(&again);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_his_by_his_number_however_it_is_written),
		cmocka_unit_test(a_row_is_his_by_a_name_that_nobody_else_has),
		cmocka_unit_test(a_name_that_others_have_wants_another_sign),
		cmocka_unit_test(bytes_are_looked_through_in_every_encoding),
		cmocka_unit_test(what_is_kept_while_a_purge_is_at_work_is_the_same_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
