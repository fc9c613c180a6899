/*
 * layout_test.c - the JSON of a sheet's layout is read as it was written, and nothing else is taken
 * for it.
 */
#include "consumers/publish/sheet_layout.h"
#include "tests/support/support.h"

static void
a_layout_is_read(void **state)
{
	struct sheet_layout layout;

	(void)state;
	assert_int_equal(sheet_layout_parse(&layout,
			     TEXT("{\"index\":2,\"sheet\":\"一\\\"年\\u7ea7\\ud840\\udc00\","
				  "\"header\":[3,4],\"more\":[{\"a\":[null,true]}],"
				  "\"columns\":[{\"column\":1,\"header\":\"姓\\n名\",\"state\":"
				  "\"bound\",\"field\":\"name\"},"
				  "{\"column\":2,\"header\":\"\",\"state\":\"blank\"}]}")),
	    0);
	assert_int_equal(layout.index, 2);
	assert_text(layout.sheet, "一\"年级𠀀");
	assert_int_equal(layout.header_first, 3);
	assert_int_equal(layout.header_last, 4);
	assert_int_equal(layout.column_count, 2);
	assert_text(layout.columns[0].header, "姓\n名");
	assert_text(layout.columns[0].field, "name");
	assert_int_equal(layout.columns[1].column, 2);
	assert_text(layout.columns[1].state, "blank");
	sheet_layout_fini(&layout);
	assert_int_equal(sheet_layout_parse(&layout, TEXT("{\"sheet\":\"a\",\"hidden\":true}")), 0);
	assert_true(layout.hidden && !layout.chart);
	sheet_layout_fini(&layout);
	assert_int_equal(sheet_layout_parse(&layout, TEXT("{\"sheet\":\"a\",\"chart\":true}")), 0);
	assert_true(layout.chart && !layout.hidden);
	sheet_layout_fini(&layout);
}

static void
anything_else_is_refused(void **state)
{
	static const char *const wrong[] = { "", "[]", "{", "{}x", "{\"sheet\":1}", "{\"sheet\":\"\\",
		"{\"sheet\":\"\\q\"}", "{\"sheet\":\"\\ud800\"}", "{\"sheet\":\"\\udc00\"}", "{\"header\":[1]}",
		"{\"header\":[1,99999999999]}", "{\"columns\":[{]}",
		"{\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}", "{\"columns\":[{\"column\":-1}]}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct sheet_layout layout;

		assert_int_equal(sheet_layout_parse(&layout, text_from(wrong[i])), -1);
		assert_int_equal(layout.column_count, 0);
		sheet_layout_fini(&layout);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_layout_is_read),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
