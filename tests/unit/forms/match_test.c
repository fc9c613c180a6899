/*
 * Tests of consumers/forms/match: whose row a row is.
 */
#include "consumers/forms/match.h"

#include "tests/support/support.h"

#define PUPIL(id_text, no, g, n, birth, class_text)                                                                    \
	{                                                                                                              \
		.id = { id_text, 4 },                                                                                  \
		.values = { [MATCH_ID_NO] = { no, sizeof(no) - 1 },                                                    \
			[MATCH_STUDENT_NO] = { g, sizeof(g) - 1 },                                                     \
			[MATCH_NAME] = { n, sizeof(n) - 1 },                                                           \
			[MATCH_BIRTH_DATE] = { birth, sizeof(birth) - 1 },                                             \
			[MATCH_SCHOOL_CODE] = { "1", 1 },                                                              \
			[MATCH_GRADE] = { "14", 2 },                                                                   \
			[MATCH_CLASS_NAME] = { class_text, sizeof(class_text) - 1 } },                                 \
		.whose = {                                                                                             \
			"1/14/" class_text,                                                                            \
			sizeof("1/14/" class_text) - 1                                                                 \
		}                                                                                                      \
	}

/* Two namesakes in one class, one in another; twins. */
static const struct match_pupil pupils[] = {
	PUPIL("0001", "A1", "G1", "张三", "2015-01-01", "1班"),
	PUPIL("0002", "A2", "G2", "张三", "2015-02-02", "1班"),
	PUPIL("0003", "A3", "G3", "张三", "2015-01-01", "2班"),
	PUPIL("0004", "A4", "G4", "李四", "2015-03-03", "1班"),
	PUPIL("0005", "", "G5", "王五", "2015-04-04", "2班"),
};

/* Whose the row is: 1 for the first; 0 and the result when it is nobody's. */
static size_t
whose(const struct match_row *row, enum match_result *result)
{
	struct match_index *index = match_new(pupils, ARRAY_LEN(pupils));
	size_t pupil = 0;

	assert_non_null(index);
	*result = match_find(index, row, &pupil);
	match_free(index);
	return *result == MATCH_ONE ? pupil + 1 : 0;
}

struct expected {
	const char *says[MATCH_BYS]; /* as enum match_by */
	const char *whose;           /* of the mark; NULL: no mark */
	size_t pupil;
	enum match_result result;
};

static void
a_row_is_known_by_numbers_or_by_name_and_place(void **state)
{
	static const struct expected table[] = {
		{ { "A2" }, NULL, 2, MATCH_ONE },
		{ { "A2", "G2", "张三" }, NULL, 2, MATCH_ONE },
		{ { "A2", "G1" }, NULL, 0, MATCH_NUMBERS },
		{ { NULL, "G5", "王五改" }, NULL, 5, MATCH_ONE },         /* a name that was corrected */
		{ { "A1", NULL, "李四" }, "1/14/1班", 0, MATCH_NUMBERS }, /* a number from the row above */
		{ { NULL, NULL, "张三", "2015-02-02" }, NULL, 2, MATCH_ONE },
		{ { NULL, NULL, "张三", "2015-01-01" }, NULL, 0, MATCH_SEVERAL },
		{ { NULL, NULL, "张三", "2015-01-01" }, "1/14/2班", 3, MATCH_ONE },
		{ { NULL, NULL, "张三", "2015-01-01", "1", NULL, "14", "1班" }, NULL, 1, MATCH_ONE },
		{ { NULL, NULL, "张三" }, "1/14/1班", 0, MATCH_SEVERAL },
		{ { NULL, NULL, "张三" }, "1/14/2班", 3, MATCH_ONE },
		{ { NULL, NULL, "张三" }, "1", 0, MATCH_SEVERAL }, /* for the whole school */
		{ { NULL, NULL, "李四" }, "1", 4, MATCH_ONE },
		{ { NULL, NULL, "李四" }, NULL, 0, MATCH_UNCERTAIN },
		{ { NULL, NULL, "李四", NULL, "1", NULL, "14", NULL }, NULL, 4, MATCH_ONE },
		{ { "B9", NULL, "王五", "2015-04-04" }, NULL, 5, MATCH_ONE }, /* a number that is not known yet */
		{ { NULL, NULL, "赵六" }, "1/14/1班", 0, MATCH_NOBODY },
		{ { "B9" }, NULL, 0, MATCH_NOBODY },
		{ { NULL, NULL, NULL, "2015-04-04" }, "1/14/2班", 0, MATCH_NOTHING },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct form_mark mark = { .whose = { "", 0 } };
		struct match_row row = { .mark = NULL };
		enum match_result result;
		size_t pupil;

		for (size_t by = 0; by < MATCH_BYS; by++) {
			if (table[i].says[by] != NULL)
				row.says[by] = text_from(table[i].says[by]);
		}
		if (table[i].whose != NULL) {
			mark.whose = text_from(table[i].whose);
			row.mark = &mark;
		}
		pupil = whose(&row, &result);
		if (pupil != table[i].pupil || result != table[i].result)
			print_message("row %zu\n", i + 1);
		assert_int_equal(pupil, table[i].pupil);
		assert_int_equal(result, table[i].result);
	}
}

static void
what_was_filled_in_tells_namesakes_apart_and_who_was_renamed(void **state)
{
	struct marking marking = { .seed = 3 };
	const struct text ids[] = { pupils[0].id, pupils[1].id };
	const struct match_cell cells[] = { { TEXT("姓名"), TEXT("张三") }, { TEXT("住址"), TEXT("乙路") },
		{ TEXT("班级"), TEXT("1班") } };
	struct match_row row = { .cells = cells, .cell_count = ARRAY_LEN(cells), .seed = 3 };
	struct form_mark mark = { .whose = TEXT("1/14/1班") };
	enum match_result result;
	uint32_t hashes[8];

	(void)state;
	buffer_init(&marking.cells, 1000);
	marking.ids = ids;
	marking_cell(&marking, 0, TEXT("住址"), TEXT("甲路"));
	marking_cell(&marking, 1, TEXT("住址"), TEXT("乙路"));
	marking_cell(&marking, 1, TEXT("班级"), TEXT("1班"));
	memcpy(hashes, marking.cells.at, marking.cells.len);
	for (size_t i = 1; i < 3; i++) { /* rising */
		for (size_t k = i; k > 0 && hashes[k] < hashes[k - 1]; k--) {
			uint32_t was = hashes[k];

			hashes[k] = hashes[k - 1];
			hashes[k - 1] = was;
		}
	}
	mark.cells = hashes;
	mark.cell_count = 3;
	row.mark = &mark;
	row.says[MATCH_NAME] = TEXT("张三");
	assert_int_equal(whose(&row, &result), 2);
	row.says[MATCH_NAME] = TEXT("章三"); /* corrected; two cells are as they were */
	assert_int_equal(whose(&row, &result), 2);
	row.cell_count = 2; /* one is too little */
	assert_int_equal(whose(&row, &result), 0);
	assert_int_equal(result, MATCH_NOBODY);
	buffer_fini(&marking.cells);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_known_by_numbers_or_by_name_and_place),
		cmocka_unit_test(what_was_filled_in_tells_namesakes_apart_and_who_was_renamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
