/*
 * Tests of consumers/follow/table: a column for every name, fields in the dataset's order, cells as they are said.
 */
#include "consumers/follow/table.h"

#include "tests/support/support.h"

/* Brackets show where a cell begins and ends. */
static void
bracketed(struct buffer *out, struct text text)
{
	buffer_char(out, '[');
	buffer_text(out, text);
	buffer_char(out, ']');
}

/* The table of these lines; NULL when they are refused. */
static const char *
table_of(const char *lines, const struct dataset *dataset)
{
	static char got[4096];
	char in[FILE_PATH_MAX], out[FILE_PATH_MAX];
	struct buffer text;
	struct err err = { 0 };

	assert_int_equal(path_format(in, &err, "%s", scratch_file("lines", lines, strlen(lines))), 0);
	assert_int_equal(path_format(out, &err, "%s.csv", in), 0);
	if (table_write(in, dataset, bracketed, out, &err) != 0) {
		assert_int_equal(err.kind, ERR_INPUT);
		return NULL;
	}
	buffer_init(&text, 1 << 16);
	assert_int_equal(file_read_all(out, &text, &err), 0);
	assert_true(text_starts(buffer_as_text(&text), TEXT("\xEF\xBB\xBF")));
	snprintf(got, sizeof(got), "%.*s", (int)text.len - 3, text.at + 3);
	buffer_fini(&text);
	return got;
}

static void
names_become_columns(void **state)
{
	(void)state;
	assert_string_equal(table_of("", NULL), "\r\n");
	assert_string_equal(
	    table_of("{\"a\":\"1\",\"b\":\"2\"}\n{\"b\":\"3\"}\n", NULL), "[a],[b]\r\n[1],[2]\r\n,[3]\r\n");
	/* what only later lines have stands behind, sorted */
	assert_string_equal(table_of("{\"id\":\"1\"}\n{\"z\":\"2\",\"id\":\"2\",\"y\":\"3\"}\n", NULL),
	    "[id],[y],[z]\r\n[1],,\r\n[2],[3],[2]\r\n");
}

static void
fields_stand_in_the_datasets_order(void **state)
{
	struct err err = { 0 };
	struct dataset *dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	const struct field *name, *sex;

	(void)state;
	assert_non_null(dataset);
	name = dataset_field(dataset, TEXT("name"));
	sex = dataset_field(dataset, TEXT("sex"));
	assert_true(name != NULL && sex != NULL && name->number < sex->number);
	assert_string_equal(table_of("{\"student_id\":\"1\",\"sex\":\"2\",\"presence\":\"p\"}\n{\"newer\":\"n\","
				     "\"name\":\"甲\",\"student_id\":\"2\"}\n",
				dataset),
	    "[student_id],[presence],[name],[sex],[newer]\r\n[1],[p],,[2],\r\n[2],,[甲],,[n]\r\n");
	dataset_free(dataset);
}

static void
values_become_cells(void **state)
{
	(void)state;
	assert_string_equal(
	    table_of("{\"a\":\"x\\\"\\u4e00\\n\",\"b\":12.50,\"c\":true,\"d\":null,\"e\":\"\",\"f\":\"=1\"}", NULL),
	    "[a],[b],[c],[d],[e],[f]\r\n[x\"一\n],[12.50],[true],,,[=1]\r\n");
}

static void
other_lines_are_refused(void **state)
{
	(void)state;
	assert_null(table_of("{\"a\":\"1\"}\nx\n", NULL));
	assert_null(table_of("{\"a\":{}}\n", NULL));
	assert_null(table_of("\n", NULL));
	assert_null(table_of("{\"a\":\"\\ud800\"}\n", NULL));
}

static int
setup(void **state)
{
	(void)state;
	return scratch_make() == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_become_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(fields_stand_in_the_datasets_order, setup, teardown),
		cmocka_unit_test_setup_teardown(values_become_cells, setup, teardown),
		cmocka_unit_test_setup_teardown(other_lines_are_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
