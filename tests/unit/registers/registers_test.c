/*
 * Tests of consumers/registers: which matters are called alike, which schools are the same, and what is counted against last year.
 */
#include "consumers/registers/alike.h"
#include "consumers/registers/registers.h"
#include "tests/support/support.h"

#define SCHEMAS PROJECT_ROOT "/schemas"

static struct dataset *dataset;
static struct register_fields fields;

static void
matters_are_alike_without_the_words_that_all_have(void **state)
{
	static const struct {
		const char *a, *b;
		bool alike;
	} table[] = {
		{ "校园安全专项督查", "关于开展校园安全检查的通知", true },
		{ "2026年春季校园安全工作检查", "校园安全督导", true },
		{ "校园食品安全检查", "校园安全检查", true }, /* for a person to look at */
		{ "食堂食品卫生专项检查", "关于做好食堂食品卫生的通知", true },
		{ "防溺水宣传进校园", "防溺水、防欺凌宣传活动", true },
		{ "校园安全检查", "教学常规检查", false },
		{ "语文教学评估", "数学教学评估", false },
		{ "检查", "督查", false }, /* nothing but such words */
		{ "检查", "检查", true },
		{ "", "校园安全检查", false },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct text a = text_from(table[i].a), b = text_from(table[i].b);

		if (alike_matters(a, b) != table[i].alike || alike_matters(b, a) != table[i].alike)
			fail_msg("%s, %s", table[i].a, table[i].b);
	}
}

static void
schools_are_the_same_when_one_holds_the_other(void **state)
{
	static const struct {
		const char *a, *b;
		bool alike;
	} table[] = {
		{ "全市中小学", "各中小学校", true },
		{ "全市各学校", "普通高中", true }, /* all of them */
		{ "小学", "全市中小学", true },
		{ "普通高中", "义务教育学校", false },
		{ "", "全市中小学", false },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct text a = text_from(table[i].a), b = text_from(table[i].b);

		if (alike_objects(a, b) != table[i].alike || alike_objects(b, a) != table[i].alike)
			fail_msg("%s, %s", table[i].a, table[i].b);
	}
}

/* One entry, its values at ${values}. */
static struct register_entry
entry(
    struct text *values, const char *number, const char *kind, const char *matter, const char *object, const char *from)
{
	struct register_entry made;

	values[fields.number] = text_from(number);
	values[fields.kind] = text_from(kind);
	values[fields.matter] = text_from(matter);
	values[fields.object] = text_from(object);
	values[fields.from] = text_from(from);
	register_entry_read(&made, values, &fields);
	return made;
}

static void
what_may_be_merged_is_of_one_kind_and_quarter(void **state)
{
	static const unsigned cuts[REGISTER_KINDS] = { 50, 20, 20, 0 };
	static struct text values[8][FIELDS_MAX];
	struct register_entry entries[8];
	struct register_findings findings;
	struct arena arena;
	struct err err;

	(void)state;
	memset(values, 0, sizeof(values));
	entries[0] = entry(values[0], "c", "1", "校园安全专项督查", "全市中小学", "2026-03-31");
	entries[1] = entry(values[1], "b", "1", "校园安全检查", "各学校", "2026-01-01");
	entries[2] = entry(values[2], "d", "1", "校园安全检查", "各学校", "2026-04-01"); /* the next quarter */
	entries[3] = entry(values[3], "e", "3", "关于校园安全的通知", "各学校", "2026-02-01");
	entries[4] = entry(values[4], "f", "1", "校园安全检查", "各学校", "2025-02-01");
	entries[5] = entry(values[5], "g", "1", "校园安全检查", "各学校", "2025-02-02");
	entries[6] = entry(values[6], "h", "1", "校园安全检查", "", "2026-02-02"); /* for whom is not said */
	entries[7] = entry(values[7], "i", "", "校园安全检查", "各学校", "");
	arena_init(&arena, 1 << 20);
	assert_int_equal(registers_judge(entries, 8, &fields, 2026, cuts, &arena, &findings, &err), 0);
	assert_int_equal(findings.groups, 1);
	for (size_t i = 0; i < 8; i++) {
		struct text number = entries[i].values[fields.number];
		bool grouped = text_eq(number, TEXT("b")) || text_eq(number, TEXT("c"));

		assert_int_equal(entries[i].group, grouped ? 1 : 0);
	}
	assert_int_equal(findings.unclear, 1);
	assert_int_equal(findings.counts[REGISTER_INSPECTIONS].now, 4);
	assert_int_equal(findings.counts[REGISTER_INSPECTIONS].last, 2);
	assert_int_equal(findings.counts[REGISTER_INSPECTIONS].cap, 1);
	assert_true(findings.counts[REGISTER_INSPECTIONS].over);
	assert_true(findings.counts[REGISTER_DOCUMENTS].cap == SIZE_MAX && !findings.counts[REGISTER_DOCUMENTS].over);
	assert_true(findings.flagged);
	arena_reset(&arena);
	assert_int_equal(registers_judge(entries, 0, &fields, 2026, cuts, &arena, &findings, &err), 0);
	assert_false(findings.flagged);
	arena_fini(&arena);
	arena_init(&arena, 8);
	assert_int_equal(registers_judge(entries, 8, &fields, 2026, cuts, &arena, &findings, &err), -1);
	arena_fini(&arena);
}

static void
the_quarter_is_that_of_the_date_or_as_it_says(void **state)
{
	static struct text values[FIELDS_MAX];
	struct register_entry made;

	(void)state;
	memset(values, 0, sizeof(values));
	values[fields.year] = TEXT("2026年");
	values[fields.quarter] = TEXT("3");
	made = entry(values, "a", "2", "会", "", "");
	assert_int_equal(made.year, 2026);
	assert_int_equal(made.quarter, 3);
	made = entry(values, "a", "2", "会", "", "2025-12-31");
	assert_int_equal(made.year, 2025);
	assert_int_equal(made.quarter, 4);
	made = entry(values, "a", "9", "会", "", "");
	assert_int_equal(made.kind, REGISTER_KINDS);
}

static void
another_dataset_is_no_register(void **state)
{
	struct register_fields other;
	struct err err;
	struct dataset *students = dataset_load(SCHEMAS, "student", NULL, NULL, &err);

	(void)state;
	assert_non_null(students);
	assert_int_equal(register_fields_find(&other, students, &err), -1);
	assert_int_equal(err.kind, ERR_STOP);
	dataset_free(students);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matters_are_alike_without_the_words_that_all_have),
		cmocka_unit_test(schools_are_the_same_when_one_holds_the_other),
		cmocka_unit_test(what_may_be_merged_is_of_one_kind_and_quarter),
		cmocka_unit_test(the_quarter_is_that_of_the_date_or_as_it_says),
		cmocka_unit_test(another_dataset_is_no_register),
	};
	struct err err;
	int result;

	dataset = dataset_load(SCHEMAS, "register", NULL, NULL, &err);
	if (dataset == NULL || register_fields_find(&fields, dataset, &err) != 0)
		return 1;
	result = cmocka_run_group_tests(tests, NULL, NULL);
	dataset_free(dataset);
	return result;
}
