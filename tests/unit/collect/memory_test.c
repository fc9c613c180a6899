/*
 * memory_test.c - headers are remembered per source, saved and loaded alike, and a change is told
 * from another form.
 */
#include "producers/collect/memory.h"

#include "tests/support/support.h"
#include "tests/unit/collect/sheet.h"

static char said[1024];

static void
say(void *self, const struct layout_change *change)
{
	static const char *const kinds[] = { "renamed", "gone", "added", "moved" };
	struct text field = TEXT("?");
	size_t at = strlen(said);

	(void)self;
	if (change->field != FIELD_NONE)
		field = sheet_dataset()->fields[change->field].name;
	snprintf(said + at, sizeof(said) - at, "%s %.*s %.*s>%.*s\n", kinds[change->kind], (int)field.len, field.at,
	    (int)change->before.len, change->before.at ? change->before.at : "", (int)change->now.len,
	    change->now.at ? change->now.at : "");
}

static void
find(struct layout *layout, struct memory *memory, const char *header)
{
	static struct sheet sheet;
	struct err err = { 0 };

	sheet_write(&sheet, header);
	assert_int_equal(layout_find(layout, sheet.rows, sheet.count, sheet_dataset(), NULL,
			     memory ? memory_bindings(memory) : NULL, false, &err),
	    0);
	assert_true(layout->found);
}

static void
learn(struct memory *memory, const char *header, const char *day)
{
	struct layout layout;
	struct err err = { 0 };

	find(&layout, NULL, header);
	assert_int_equal(memory_learn(memory, &layout, text_from(day), &err), 0);
	layout_fini(&layout);
}

static void
check_changes(struct memory *memory, const char *header, const char *expected)
{
	struct layout layout;

	find(&layout, memory, header);
	said[0] = '\0';
	memory_compare(memory, &layout, say, NULL);
	assert_string_equal(said, expected);
	layout_fini(&layout);
}

static void
memory_tells_changes(void **state)
{
	const char *folder = scratch_make();
	struct err err = { 0 };
	struct memory *memory = memory_load(folder, TEXT("a"), sheet_dataset(), &err);

	(void)state;
	assert_non_null(memory);
	check_changes(memory, "姓名|身份证号|民族", "");
	learn(memory, "姓名|身份证号|民族|班级", "2026-09-01");
	check_changes(memory, "班级|姓名|身份证号|民族", "");
	check_changes(memory, "姓名|身份证号|民族名称|班级", "renamed ethnic 民族>民族名称\n");
	check_changes(memory, "姓名|身份证号|班级", "gone ethnic 民族>\n");
	check_changes(memory, "姓名|身份证号|民族|班级|星座|籍贯", "added ? >星座\nadded native_place >籍贯\n");
	/* another form of the same source is no change */
	check_changes(memory, "学生姓名|全国学籍号|身高|体重|视力|左眼视力|右眼视力", "");
	memory_free(memory);
	scratch_remove();
}

static void
memory_is_saved_and_loaded_alike(void **state)
{
	static const char *const orders[2][2] = { { "姓名|身份证号|民族", "姓名|学籍号|星座" },
		{ "姓名|学籍号|星座", "姓名|身份证号|民族" } };
	const char *folder = scratch_make();
	char path[FILE_PATH_MAX];
	struct buffer first, second;
	struct err err = { 0 };

	(void)state;
	buffer_init(&first, 65536);
	buffer_init(&second, 65536);
	assert_int_equal(path_format(path, &err, "%s/a.xml", folder), 0);
	for (int i = 0; i < 2; i++) {
		struct memory *memory = memory_load("/nowhere", TEXT("a"), sheet_dataset(), &err);

		assert_non_null(memory);
		learn(memory, orders[i][0], "2026-09-01");
		learn(memory, orders[i][1], "2026-09-01");
		assert_int_equal(memory_save(memory, folder, &err), 0);
		assert_int_equal(file_read_all(path, i == 0 ? &first : &second, &err), 0);
		memory_free(memory);
		memory = memory_load(folder, TEXT("a"), sheet_dataset(), &err);
		assert_non_null(memory);
		check_changes(memory, "姓名|身份证号|民族", "");
		assert_int_equal(memory_bindings(memory)->count, 4);
		memory_free(memory);
	}
	assert_true(text_eq(buffer_as_text(&first), buffer_as_text(&second)));
	buffer_fini(&first);
	buffer_fini(&second);
	scratch_remove();
}

static void
memory_load_refuses_what_is_damaged(void **state)
{
	const char *folder = scratch_make();
	struct err err = { 0 };

	(void)state;
	scratch_file("a.xml", "<remembered source='b'/>", 24);
	assert_null(memory_load(folder, TEXT("a"), sheet_dataset(), &err));
	assert_int_equal(err.kind, ERR_STOP);
	scratch_remove();
}

static void
a_remembered_header_stays_bound(void **state)
{
	struct source_header headers[] = { { TEXT("星座"), 0 } };
	struct remembered remembered = { headers, 1 };
	static struct sheet sheet;
	struct layout layout;
	struct err err = { 0 };

	(void)state;
	headers[0].field = dataset_field(sheet_dataset(), TEXT("native_place"))->number;
	sheet_write(&sheet, "姓名|身份证号|星座");
	assert_int_equal(
	    layout_find(&layout, sheet.rows, sheet.count, sheet_dataset(), NULL, &remembered, false, &err), 0);
	assert_string_equal(sheet_meaning(&layout, 2), "native_place");
	assert_string_equal(layout.columns[2].why, "remembered");
	layout_fini(&layout);
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
		cmocka_unit_test(memory_tells_changes),
		cmocka_unit_test(memory_is_saved_and_loaded_alike),
		cmocka_unit_test(memory_load_refuses_what_is_damaged),
		cmocka_unit_test(a_remembered_header_stays_bound),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
