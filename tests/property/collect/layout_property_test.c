/*
 * layout_property_test.c - what dresses a sheet changes nothing in it: blank rows and columns,
 * titles, the order of columns. A row with a name and a number is data whatever else stands in it,
 * and every row is one thing, always the same.
 */
#include "tests/unit/collect/sheet.h"

#include "tests/support/support.h"

#define ROUNDS 300
#define COLUMNS 12

static const char *const headers[COLUMNS] = { "姓名", "性别", "身份证号", "出生日期", "学校名称", "年级", "班级",
	"民族", "联系电话", "家庭住址", "星座", "序号" };
static const char *const meanings[COLUMNS] = { "name", "sex", "id_no", "birth_date", "school_name", "grade",
	"class_name", "ethnic", "phone", "home_address", "?", "-" };
static const char *const values[COLUMNS] = { "王芳", "女", "410303201902030021", "2019-02-03", "某小学", "一年级",
	"1班", "汉族", "13900000001", "某路1号", "白羊", "7" };
static const char *const words[] = { "合计", "小计", "填表人：", "审核", "注：", "说明", "姓名", "性别", "共35人",
	"第1页", "必填", "花名册", "某小学", "标题", "", " ", "　", "1", "2" };

static uint64_t random_state = 20260902;

static unsigned
roll(unsigned below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % below;
}

static void
shuffle(size_t order[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++)
		order[i] = i;
	for (size_t i = COLUMNS; i-- > 1;) {
		size_t j = roll((unsigned)i + 1), kept = order[i];

		order[i] = order[j];
		order[j] = kept;
	}
}

static void
add_row(struct buffer *out, const char *const *cells, const size_t order[COLUMNS], unsigned blanks)
{
	for (unsigned b = 0; b < blanks; b++)
		buffer_char(out, '|');
	for (size_t i = 0; i < COLUMNS; i++) {
		if (i > 0)
			buffer_string(out, i == 5 && blanks > 1 ? "||" : "|");
		buffer_string(out, cells[order[i]]);
	}
	buffer_char(out, '\n');
}

static void
dress_changes_nothing(void **state)
{
	static struct sheet sheet;
	uint64_t fingerprint = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t order[COLUMNS];
		unsigned blanks = roll(4), titles = roll(4);
		struct buffer lines;
		struct layout layout;
		struct err err = { 0 };

		buffer_init(&lines, 65536);
		shuffle(order);
		for (unsigned i = 0; i < titles; i++) {
			buffer_string(&lines, i == 0 ? "某小学学生花名册\n" : "填报单位：某小学||日期：9月1日\n");
			if (roll(2))
				buffer_char(&lines, '\n');
		}
		add_row(&lines, headers, order, blanks);
		if (roll(2))
			buffer_char(&lines, '\n');
		add_row(&lines, values, order, blanks);
		buffer_char(&lines, '\0');
		sheet_write(&sheet, lines.at);
		assert_int_equal(
		    layout_find(&layout, sheet.rows, sheet.count, sheet_dataset(), NULL, NULL, false, &err), 0);
		assert_true(layout.found);
		assert_int_equal(layout.header_first, sheet.rows[sheet.count - 2].row_no);
		assert_int_equal(layout.header_last, sheet.rows[sheet.count - 2].row_no);
		for (size_t i = 0, at = blanks; i < COLUMNS; i++, at++) {
			at += i == 5 && blanks > 1;
			assert_string_equal(sheet_meaning(&layout, at), meanings[order[i]]);
		}
		if (round == 0)
			fingerprint = layout.fingerprint;
		assert_int_equal(layout.fingerprint, fingerprint);
		assert_int_equal(layout_classify(&layout, &sheet.rows[sheet.count - 1]), ROW_DATA);
		layout_fini(&layout);
		buffer_fini(&lines);
		if (round % 100 == 99)
			sheet_free();
	}
	sheet_free();
}

/* Any words in the other cells: with a name and a number it is data; without, it is one thing and
 * stays it. */
static void
a_row_with_name_and_number_is_data(void **state)
{
	static struct sheet sheet, rows;
	struct layout layout;
	struct err err = { 0 };
	size_t order[COLUMNS];
	struct buffer lines;

	(void)state;
	buffer_init(&lines, 65536);
	for (size_t i = 0; i < COLUMNS; i++)
		order[i] = (i + 11) % COLUMNS; /* the serial number first */
	add_row(&lines, headers, order, 0);
	buffer_char(&lines, '\0');
	sheet_write(&sheet, lines.at);
	assert_int_equal(layout_find(&layout, sheet.rows, sheet.count, sheet_dataset(), NULL, NULL, false, &err), 0);
	for (unsigned round = 0; round < 20 * ROUNDS; round++) {
		struct row *row = &rows.rows[0];
		bool whole = roll(2) == 0;
		enum row_role role;

		*row = (struct row){ .row_no = 2 + round, .cells = rows.cells[0], .count = COLUMNS };
		for (size_t i = 0; i < COLUMNS; i++) {
			const char *cell = words[roll(ARRAY_LEN(words))];

			if (whole && (order[i] == 0 || order[i] == 2))
				cell = values[order[i]];
			row->cells[i] = (struct cell){ text_from(cell), CELL_TEXT };
		}
		role = layout_classify(&layout, row);
		assert_true(role < ROW_ROLES);
		if (whole)
			assert_int_equal(role, ROW_DATA);
		assert_int_equal(layout_classify(&layout, row), role);
	}
	layout_fini(&layout);
	buffer_fini(&lines);
	sheet_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dress_changes_nothing),
		cmocka_unit_test(a_row_with_name_and_number_is_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
