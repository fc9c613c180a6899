/*
 * Tests of consumers/forms: what a form asks, judged by what is held and by what other forms ask.
 */
#include "consumers/forms/asked.h"

#include <string.h>

#include "core/record/source.h"
#include "core/record/day.h"
#include "tests/support/support.h"

static struct dataset *dataset;
static struct terms *terms;

static int
load(void **state)
{
	struct err err = { 0 };

	(void)state;
	dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	if (dataset == NULL
	    || terms_load(&terms, PROJECT_ROOT "/schemas/student_forms.xml", dataset, NULL, NULL, &err) != 0) {
		fprintf(stderr, "%s\n", err.what);
		return -1;
	}
	return 0;
}

static int
unload(void **state)
{
	(void)state;
	terms_free(terms);
	dataset_free(dataset);
	return 0;
}

/* Columns by the dataset's own headers and the derivations, as collecting would bind them. */
static struct form
form_of(const char *const *headers, struct form_column *columns, char keys[][128])
{
	size_t count = 0;

	for (; headers[count] != NULL; count++) {
		struct form_column *column = &columns[count];
		uint16_t field = FIELD_NONE;

		*column = (struct form_column){ .column = (uint16_t)count, .header = text_from(headers[count]) };
		column->key = (struct text){ keys[count],
			header_fold(column->header, keys[count], sizeof(keys[count])) };
		column->derive = terms_header(terms, column->key);
		switch (dataset_header(dataset, column->key, &field)) {
		case HEADER_FIELD:
			column->use = FORM_FIELD;
			break;
		case HEADER_NEVER:
			column->use = FORM_NEVER;
			break;
		case HEADER_IGNORED:
			column->use = column->derive != NULL ? FORM_DERIVED : FORM_REMARK;
			break;
		default:
			column->use = column->derive != NULL ? FORM_DERIVED : FORM_UNKNOWN;
		}
		column->field = field;
		column->whether = column->use == FORM_FIELD && dataset->fields[field].type == FIELD_CODE
		    && text_starts(column->header, TEXT("是否"));
	}
	return (struct form){ columns, count };
}

static void
count(struct census *census, const char *const *lines)
{
	struct err err = { 0 };

	assert_int_equal(census_init(census, dataset, &err), 0);
	for (size_t i = 0; lines[i] != NULL; i++)
		assert_int_equal(census_line(census, text_from(lines[i]), &err), 0);
	census_end(census);
}

static const char *const students[] = {
	"{\"student_id\":\"1\",\"presence\":\"present\",\"since\":\"2026-09-02\",\"school_code\":\"2141000001\","
	"\"name\":\"甲\","
	"\"birth_date\":\"2015-01-01\",\"ethnic\":\"01\",\"id_no\":\"x\",\"grade\":\"14\",\"class_name\":\"1班\","
	"\"residence_mode\":\"2\",\"health\":\"10\"}",
	"{\"student_id\":\"2\",\"presence\":\"stale\",\"since\":\"2026-09-02\",\"school_code\":\"2141000001\",\"name\":"
	"\"乙\","
	"\"birth_date\":\"2015-01-01\",\"ethnic\":\"01\",\"grade\":\"14\",\"class_name\":\"2班\",\"residence_mode\":"
	"\"1\"}",
	"{\"student_id\":\"3\",\"presence\":\"absent\",\"since\":\"2026-09-02\",\"school_code\":\"2141000001\","
	"\"name\":\"丙\","
	"\"ethnic\":\"01\",\"dormitory\":\"5\",\"grade\":\"14\",\"class_name\":\"3班\"}",
	NULL,
};

static void
counts_those_who_are_here(void **state)
{
	struct census census;
	struct err err = { 0 };

	(void)state;
	assert_true(census_counts(TEXT("back")));
	assert_false(census_counts(TEXT("left")));
	count(&census, students);
	assert_int_equal(census.students, 2);
	assert_int_equal(census.class_count, 2);
	assert_int_equal(census.values[dataset_field(dataset, TEXT("name"))->number], 2);
	assert_int_equal(census.values[dataset_field(dataset, TEXT("dormitory"))->number], 0);
	assert_true(census_percent(&census, dataset_field(dataset, TEXT("id_no"))->number) == 50);
	assert_int_equal(census_line(&census, TEXT("{\"presence\":\"present\",\"name\":{}}"), &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	census_fini(&census);
}

static void
each_column_has_its_state(void **state)
{
	static const struct {
		const char *header;
		enum asked_state state;
		bool held, asks, repeats;
		const char *sensitive;
	} want[] = {
		{ "序号", ASKED_DERIVABLE, true, false, false, NULL },
		{ "姓名", ASKED_HELD, true, true, false, NULL },
		{ "民族", ASKED_HELD, true, true, true, NULL },
		{ "年龄", ASKED_DERIVABLE, true, true, false, NULL },
		{ "是否住校", ASKED_DERIVABLE, true, true, true, NULL },
		{ "身份证号", ASKED_SENSITIVE, true, true, false, "identity" },
		{ "健康状况", ASKED_SENSITIVE, true, true, true, "health" },
		{ "银行卡号", ASKED_SENSITIVE, false, true, false, "money" },
		{ "宗教信仰", ASKED_SENSITIVE, false, true, false, "belief" },
		{ "宿舍楼", ASKED_NEW, false, true, false, NULL }, /* only of one who has left */
		{ "户籍所在市", ASKED_NEW, false, true, false, NULL },
		{ "家里有几只猫", ASKED_NEW, false, true, false, NULL },
		{ "备注", ASKED_NEW, false, false, false, NULL },
		{ "密码", ASKED_NEW, false, false, false, NULL },
	};
	const char *headers[ARRAY_LEN(want) + 1] = { 0 };
	struct form_column columns[ARRAY_LEN(want)];
	char keys[ARRAY_LEN(want)][128];
	struct calendar none = { 0 };
	struct census census;
	struct asked asked;
	struct asked_cost cost;
	struct form form;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		headers[i] = want[i].header;
	form = form_of(headers, columns, keys);
	count(&census, students);
	assert_int_equal(asked_judge(&asked, &form, terms, &census, &none, TEXT(""), 0, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const struct asked_answer *got = &asked.answers[i];

		if (got->state != want[i].state || got->held != want[i].held || got->asks != want[i].asks
		    || got->repeats != want[i].repeats)
			fail_msg("%s: %s held %d asks %d repeats %d", want[i].header, asked_state_name(got->state),
			    got->held, got->asks, got->repeats);
		assert_int_equal(got->sensitive != NULL, want[i].sensitive != NULL);
		if (got->sensitive != NULL)
			assert_text(got->sensitive->name, want[i].sensitive);
	}
	assert_int_equal(asked.held, 7);
	assert_int_equal(asked.sensitive_held, 2);
	assert_true(asked.duplicate);
	assert_int_equal(asked.duplicate_count, 0);
	cost = asked_cost(&asked, terms, &census);
	assert_int_equal(cost.classes, 2);
	assert_int_equal(cost.rows, 1);
	assert_int_equal(asked.new_asks, 5); /* bank card, religion, dormitory, city, cats */
	assert_int_equal(cost.cells, 2 * 1 * 5);
	assert_int_equal(cost.seconds, cost.cells * terms->seconds);
	asked_fini(&asked);
	census_fini(&census);
}

/* The one form of ${headers}, registered. */
static void
register_one(const char *folder, const char *name, const char *due, const char *const *headers)
{
	struct form_column columns[20];
	char keys[20][128];
	struct registered one = { text_from(name), TEXT("资助&中心"), text_from(due), TEXT("2026-09-02"),
		TEXT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"), 0,
		form_of(headers, columns, keys), false };
	struct err err = { 0 };

	assert_int_equal(calendar_write(folder, &one, dataset, &err), 0);
}

static void
another_form_that_asks_the_same_is_told(void **state)
{
	static const char *const ours[] = { "姓名", "宿舍楼", "家里有几只猫", NULL };
	static const char *const same[] = { "姓名", "家里有几只猫", "备注", NULL };
	static const char *const spring[] = { "宿舍楼", NULL };
	static const char *const apart[] = { "姓名", "备注", "年龄", NULL };
	struct form_column columns[4];
	char keys[4][128], folder[FILE_PATH_MAX];
	struct form form = form_of(ours, columns, keys);
	struct calendar calendar;
	struct census census;
	struct asked asked;
	struct err err = { 0 };

	(void)state;
	snprintf(folder, sizeof(folder), "%s/forms", scratch_make());
	register_one(folder, "b", "2026-10-01", same);
	register_one(folder, "a", "2027-03-01", spring);
	register_one(folder, "c", "2026-10-01", apart);
	assert_int_equal(calendar_load(&calendar, folder, dataset, terms, NULL, NULL, &err), 0);
	assert_int_equal(calendar.count, 3);
	assert_text(calendar.at[0].name, "a");
	assert_text(calendar.at[1].department, "资助&中心");
	assert_int_equal(calendar.at[1].form.count, 2); /* remarks are not written */
	assert_int_equal(calendar.at[2].form.columns[1].use, FORM_DERIVED);
	count(&census, students);
	assert_int_equal(asked_judge(&asked, &form, terms, &census, &calendar, TEXT(""), 0, &err), 0);
	assert_memory_equal(asked.duplicates, "\1\1\0", 3);
	assert_memory_equal(asked.answers[0].others, "\0\1\1", 3); /* the name: said, but no duplicate */
	assert_false(asked.answers[0].repeats);
	assert_memory_equal(asked.answers[2].others, "\0\1\0", 3);
	asked_fini(&asked);
	/* of one term, and not itself */
	assert_int_equal(asked_judge(&asked, &form, terms, &census, &calendar, TEXT("a"), calendar.at[1].term, &err), 0);
	assert_memory_equal(asked.duplicates, "\0\1\0", 3);
	asked_fini(&asked);
	assert_int_equal(asked_judge(&asked, &form, terms, &census, &calendar, TEXT("b"), calendar.at[1].term, &err), 0);
	assert_false(asked.duplicate);
	asked_fini(&asked);
	census_fini(&census);
	calendar_free(&calendar);
	scratch_remove();
}

static void
a_term_goes_over_new_year(void **state)
{
	int autumn = terms_of(terms, (struct date){ 2026, 9, 1 }).number;

	(void)state;
	assert_int_equal(terms_of(terms, (struct date){ 2026, 8, 1 }).number, autumn);
	assert_int_equal(terms_of(terms, (struct date){ 2027, 1, 31 }).number, autumn);
	assert_int_equal(terms_of(terms, (struct date){ 2027, 1, 31 }).year, 2026);
	assert_int_not_equal(terms_of(terms, (struct date){ 2027, 2, 1 }).number, autumn);
	assert_int_not_equal(terms_of(terms, (struct date){ 2026, 7, 31 }).number, autumn);
	assert_int_not_equal(terms_of(terms, (struct date){ 2027, 9, 1 }).number, autumn);
}

static void
names_are_names_of_files(void **state)
{
	(void)state;
	assert_true(calendar_name_fits(TEXT("资助 2026")));
	assert_false(calendar_name_fits(TEXT("")));
	assert_false(calendar_name_fits(TEXT(".x")));
	assert_false(calendar_name_fits(TEXT("a/b")));
	assert_false(calendar_name_fits(TEXT("a\nb")));
	assert_false(calendar_name_fits(TEXT("a ")));
}

static void
wrong_definitions_are_told(void **state)
{
	static const struct {
		const char *was, *is, *what;
	} faults[] = {
		{ "<identify fields=\"student_no ", "<identify fields=\"studentno ", "no field \"studentno\"" },
		{ "as=\"age\"", "as=\"aeg\"", "no such way to derive" },
		{ "from=\"grade\" as=\"stage\"", "from=\"sex\" as=\"stage\"", "a field of the type code" },
		{ "begin=\"08-01\"", "begin=\"01-01\"", "order of the year" },
		{ "<term begin=\"02-01\"", "<team begin=\"02-01\"", "does not belong" },
		{ "held_percent=\"1\"", "held_percent=\"101\"", "from 0 to 100" },
		{ "dataset=\"student\"", "dataset=\"teacher\"", "is of the dataset" },
	};
	struct buffer whole;
	struct err err = { 0 };

	(void)state;
	scratch_make();
	buffer_init(&whole, 1 << 20);
	assert_int_equal(file_read_all(PROJECT_ROOT "/schemas/student_forms.xml", &whole, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		size_t at = text_find(buffer_as_text(&whole), text_from(faults[i].was)), was = strlen(faults[i].was);
		struct terms *none;
		struct buffer wrong;

		assert_true(at != SIZE_MAX);
		buffer_init(&wrong, 1 << 20);
		buffer_add(&wrong, whole.at, at);
		buffer_string(&wrong, faults[i].is);
		buffer_add(&wrong, whole.at + at + was, whole.len - at - was);
		assert_int_equal(
		    terms_load(&none, scratch_file("student_forms.xml", wrong.at, wrong.len), dataset, NULL, NULL, &err),
		    -1);
		if (strstr(err.what, faults[i].what) == NULL || strstr(err.what, "student_forms.xml:") == NULL)
			fail_msg("%s: %s", faults[i].is, err.what);
		buffer_fini(&wrong);
	}
	buffer_fini(&whole);
	scratch_remove();
}

/* Both terms of a school year, and the year that ends between them. */
static void
a_term_has_a_first_and_a_last_day(void **state)
{
	static const struct {
		struct date date;
		const char *first, *last;
	} cases[] = {
		{ { 2026, 9, 2 }, "2026-08-01", "2027-01-31" },
		{ { 2027, 1, 31 }, "2026-08-01", "2027-01-31" },
		{ { 2027, 2, 1 }, "2027-02-01", "2027-07-31" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct date first, last;
		char day[11];

		terms_days(terms, cases[i].date, &first, &last);
		day_write(first, day);
		assert_string_equal(day, cases[i].first);
		day_write(last, day);
		assert_string_equal(day, cases[i].last);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_those_who_are_here),
		cmocka_unit_test(each_column_has_its_state),
		cmocka_unit_test(another_form_that_asks_the_same_is_told),
		cmocka_unit_test(a_term_goes_over_new_year),
		cmocka_unit_test(names_are_names_of_files),
		cmocka_unit_test(wrong_definitions_are_told),
		cmocka_unit_test(a_term_has_a_first_and_a_last_day),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
