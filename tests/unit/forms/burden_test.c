/*
 * Tests of consumers/forms: what collections ask and what was filled in, added up.
 */
#include "consumers/forms/burden.h"

#include <string.h>

#include "tests/support/support.h"

#define TEXT_OF(literal)                                                                                               \
	{                                                                                                              \
		(literal), sizeof(literal) - 1                                                                         \
	}

static const struct form_column two[] = { { .use = FORM_FIELD }, { .use = FORM_UNKNOWN } };
static struct registered registered[] = {
	{ .name = TEXT_OF("A"),
	    .department = TEXT_OF("x"),
	    .due = TEXT_OF("2026-10-01"),
	    .sha256 = TEXT_OF("aa"),
	    .form = { two, 2 } },
	{ .name = TEXT_OF("B"),
	    .department = TEXT_OF("x"),
	    .due = TEXT_OF("2026-11-01"),
	    .sha256 = TEXT_OF("bb"),
	    .form = { two, 1 } },
	{ .name = TEXT_OF("C"),
	    .department = TEXT_OF("y"),
	    .due = TEXT_OF("2027-03-01"),
	    .sha256 = TEXT_OF("cc"),
	    .form = { two, 2 } },
};
static const struct calendar calendar = { .at = registered, .count = 3 };
static const uint8_t flagged[] = { 1, 1, 0 };
static const struct burden_pupils pupils[] = { { TEXT_OF("s1"), 10 }, { TEXT_OF("s2"), 5 } };

static struct burden_fill
fill_of(const char *day, const char *sha256, const char *form, const char *school, const char *class_name,
    uint64_t asked, uint64_t filled, size_t order)
{
	return (struct burden_fill){ text_from(day), text_from(sha256), text_from(form), text_from(school), TEXT("1"),
		text_from(class_name), asked / 2, asked, filled, order };
}

static void
reckon(struct burden *burden, struct burden_fill *fills, size_t count, const char *from, const char *to)
{
	struct burden_input input = { &calendar, flagged, fills, count, pupils, 2, text_from(from), text_from(to) };
	struct err err = { 0 };

	assert_int_equal(burden_reckon(burden, &input, &err), 0);
}

static const struct burden_sum *
sum_of(const struct burden *burden, const char *form)
{
	for (size_t i = 0; i < burden->form_count; i++) {
		if (text_eq(burden->forms[i].name, text_from(form)))
			return &burden->forms[i].sum;
	}
	fail_msg("no form %s", form);
	return NULL;
}

/* Nothing filled in: everything is left. A period takes the forms that are due in it. */
static void
test_asked(void **state)
{
	struct burden burden;

	(void)state;
	reckon(&burden, NULL, 0, "", "");
	assert_int_equal(burden.total.forms, 3);
	assert_int_equal(burden.total.flagged, 2);
	assert_int_equal(burden.total.asked, 15 * 5);
	assert_int_equal(burden.total.left, 15 * 5);
	assert_int_equal(burden.students, 15);
	burden_fini(&burden);
	reckon(&burden, NULL, 0, "2026-10-01", "2026-11-01");
	assert_int_equal(burden.form_count, 2);
	assert_int_equal(burden.department_count, 1);
	assert_int_equal(burden.departments[0].sum.asked, 15 * 3);
	burden_fini(&burden);
	reckon(&burden, NULL, 0, "2026-10-02", "2026-10-31");
	assert_int_equal(burden.form_count + burden.total.asked, 0);
	burden_fini(&burden);
}

/* A class counts once, the last time; a form is known by its bytes, or else by its name; schools without pupils stay. */
static void
test_filled(void **state)
{
	struct burden_fill fills[] = {
		fill_of("2026-09-03", "aa", "draft", "s1", "1", 20, 12, 0),
		fill_of(
		    "2026-09-02", "aa", "draft", "s1", "1", 20, 15, 1), /* later in the file, whatever the clock said */
		fill_of("2026-09-04", "zz", "A", "s2", "1", 10, 3, 2),
		fill_of("2026-09-04", "zz", "A", "s3", "1", 4, 2, 3),
	};
	struct burden burden;

	(void)state;
	reckon(&burden, fills, ARRAY_LEN(fills), "2026-10-01", "2026-10-31");
	assert_int_equal(burden.form_count, 1);
	assert_int_equal(sum_of(&burden, "A")->asked, 30);
	assert_int_equal(sum_of(&burden, "A")->filled, 15 + 3 + 2);
	assert_int_equal(sum_of(&burden, "A")->left, 5 + 7);
	assert_int_equal(sum_of(&burden, "A")->classes, 3);
	assert_int_equal(burden.school_count, 3);
	assert_int_equal(burden.schools[0].sum.filled, 15);
	assert_int_equal(burden.schools[1].sum.left, 7);
	assert_int_equal(burden.schools[2].students + burden.schools[2].sum.asked, 0);
	assert_int_equal(burden.schools[2].sum.filled, 2);
	burden_fini(&burden);
}

/* What nobody registered counts by its day, and asks what its workbooks did. */
static void
test_unregistered(void **state)
{
	struct burden_fill fills[] = {
		fill_of("2026-09-03", "dd", "D", "s1", "1", 8, 6, 0),
		fill_of("2026-09-03", "dd", "D", "s2", "1", 4, 1, 1),
		fill_of("2026-09-09", "ee", "D", "s2", "1", 4, 4, 2), /* another of that name */
		fill_of("2026-08-31", "ff", "F", "s2", "1", 4, 4, 3),
	};
	struct burden burden;

	(void)state;
	reckon(&burden, fills, ARRAY_LEN(fills), "2026-09-01", "2026-09-30");
	assert_int_equal(burden.form_count, 2);
	assert_null(burden.forms[0].registered);
	assert_int_equal(burden.forms[0].columns, 2);
	assert_int_equal(burden.forms[0].sum.asked, 12);
	assert_int_equal(burden.forms[0].sum.left, 5);
	assert_int_equal(burden.forms[1].sum.left, 0);
	assert_int_equal(burden.department_count, 0);
	assert_int_equal(burden.total.filled, 11);
	burden_fini(&burden);
}

/* A form that was refused asks nobody, and is known for what it would have asked; its workbooks are nobody's. */
static void
test_refused(void **state)
{
	struct burden_fill fills[] = { fill_of("2026-11-03", "bb", "B", "s1", "1", 8, 6, 0) };
	struct burden burden;

	(void)state;
	registered[1].refused = true;
	reckon(&burden, fills, 1, "2026-10-01", "2026-11-30");
	registered[1].refused = false;
	assert_int_equal(burden.form_count, 3);
	assert_int_equal(burden.departments[0].sum.forms, 1);
	assert_int_equal(burden.departments[0].sum.flagged, 1);
	assert_int_equal(burden.departments[0].sum.asked, 15 * 2);
	assert_int_equal(burden.departments[0].sum.filled, 0);
	assert_int_equal(burden.departments[0].sum.refused, 1);
	assert_int_equal(burden.departments[0].sum.refused_cells, 15);
	assert_int_equal(burden.schools[0].sum.refused, 1);
	assert_int_equal(burden.schools[1].sum.refused_cells, 5);
	assert_int_equal(burden.total.asked, 15 * 2 + 8);
	burden_fini(&burden);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_filled),
		cmocka_unit_test(test_unregistered),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
