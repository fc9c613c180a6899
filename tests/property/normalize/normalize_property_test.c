/*
 * normalize_property_test.c - for random rows of good and defective cells over all field types:
 * the answer depends on nothing but the row (two normalizers, other rows between), values fit
 * their dataset, and the values of an accepted row, normalized again, are the same and accepted.
 * Rows come from a fixed sequence of pseudo-random numbers.
 */
#include "rows.h"
#include "tests/support/support.h"

#define ROWS 20000

/* Cells that are found, right and wrong, whichever column they come in. */
static const char *const cells[] = { "", "", "", "李明", "王　丽", "王丽1", "王丽A", "王丽（转出）", "阿卜杜拉.买买提",
	"李?", "张yan", "⻢⼩明", "无", "-", "/", "NULL", "#N/A", "男", "1-男", "是", "否", "√", "2", "01", "20140901",
	"2014.9", "2014-9-31", "二〇一四年九月一日", "14.9.1", "41883", "n:41883", "d:41883.5", "2014-09-01 12:30:00",
	"2010.06.01-长期", "410303201409010013", "４１０３０３２０１４０９０１００１３", "n:410303201409010000",
	"4.1E+17", "410302********0217", "11010519491231002x", "410303201409010014", "G410303201409010013",
	"L410303201409011234", "2141000392", "河南省洛阳市老城区", "410302000000", "410381", "一年级", "初一(3)班",
	"小学2024级1班", "701班", "3班", "03", "汉族", "毛难族", "13812340678", "1.38E+10", "13812340678/13912340679",
	"0379 65201234", "471000", "n:14010", "a@b.cn", "1,250.50元", "5.4公里", "-1", "6222 0212 3456 7890",
	"41030320140901001311", "a\nb", " 城关镇 ", "'x", "\xE2\x80\x8B", "\xEE\x80\x80", "NULL ", "（大）",
	"E12345678", "身份证", "e:#REF!" };

/* What columns mostly hold, so that rows are accepted often enough. */
static const char *const usual[] = { "李明", "男", "2014-09-01", "1", "410303201409010013", "G410303201409010013",
	"2141000392" };

static uint64_t sequence = 1;

static size_t
choose(size_t below)
{
	sequence = sequence * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(sequence >> 33) % below;
}

static void
make_row(char *line, size_t size, size_t columns)
{
	size_t len = 0;

	line[0] = 0;
	for (size_t i = 0; i < columns && len + 100 < size; i++) {
		const char *cell = i < ARRAY_LEN(usual) && choose(4) > 0 ? usual[i] : cells[choose(ARRAY_LEN(cells))];

		len += (size_t)snprintf(line + len, size - len, "%s%s", i > 0 ? "|" : "", cell);
	}
}

/* All that an answer says, as one line. */
static void
write_down(const struct normalized *row, char *out, size_t size)
{
	size_t len = (size_t)snprintf(out, size, "%d %d %llx %llu %llu %llu %d %llx %llu:", row->rejected,
	    (int)row->anchor.kind, (unsigned long long)row->anchor.hash, (unsigned long long)row->number,
	    (unsigned long long)row->student_core, (unsigned long long)row->student_no, (int)row->birth_day,
	    (unsigned long long)row->name_hash, (unsigned long long)row->updated_at);

	for (size_t i = 0; i < row->value_count && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, " %u%s=%.*s", row->values[i].field,
		    row->values[i].invalid ? "!" : "", (int)row->values[i].text.len, row->values[i].text.at);
	for (size_t i = 0; i < row->issue_count && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, " %u:%u:%u:%u", row->issues[i].field,
		    row->issues[i].column, row->issues[i].rule, row->issues[i].severity);
	assert_true(len < size);
}

static void
answers_depend_on_the_row_alone(void **state)
{
	static char line[8192], other[8192], first[32768], second[32768];
	struct rows one, two;

	(void)state;
	rows_open(&one, ROWS_ALL_TYPES);
	rows_open(&two, ROWS_ALL_TYPES);
	for (size_t i = 0; i < ROWS; i++) {
		make_row(line, sizeof(line), one.count);
		write_down(rows_put(&one, line), first, sizeof(first));
		make_row(other, sizeof(other), one.count);
		(void)rows_put(&two, other);
		write_down(rows_put(&two, line), second, sizeof(second));
		assert_string_equal(first, second);
	}
	rows_close(&one);
	rows_close(&two);
}

static void
twice_is_once(void **state)
{
	static char line[8192], kept[65536];
	struct rows rows;
	size_t accepted = 0;

	(void)state;
	rows_open(&rows, ROWS_ALL_TYPES);
	for (size_t i = 0; i < ROWS; i++) {
		struct cell again[ROWS_COLUMNS_MAX] = { 0 };
		const struct normalized *row;
		size_t used = 0, good = 0, found = 0;

		make_row(line, sizeof(line), rows.count);
		row = rows_put(&rows, line);
		if (row->rejected) {
			assert_int_equal(row->issues[0].severity, SEVERITY_REJECT);
			continue;
		}
		accepted++;
		for (size_t v = 0; v < row->value_count; v++) {
			struct text text = row->values[v].text;

			assert_true(text.len > 0);
			assert_true(v == 0 || row->values[v].field > row->values[v - 1].field);
			for (size_t c = 0; c < rows.count && !row->values[v].invalid; c++) {
				if (rows.place[c] != row->values[v].field)
					continue;
				memcpy(kept + used, text.at, text.len);
				again[c].text = (struct text){ kept + used, text.len };
				used += text.len;
				good++;
			}
		}
		row = normalize_row(rows.normalizer, again, rows.count, 0);
		assert_false(row->rejected);
		for (size_t v = 0; v < row->value_count; v++) {
			for (size_t c = 0; c < rows.count; c++) {
				if (rows.place[c] != row->values[v].field || again[c].text.len == 0)
					continue;
				assert_false(row->values[v].invalid);
				if (!text_eq(row->values[v].text, again[c].text))
					fail_msg("field %u is changed again", row->values[v].field);
				found++;
			}
		}
		assert_int_equal(found, good);
	}
	assert_true(accepted > ROWS / 10);
	rows_close(&rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_depend_on_the_row_alone),
		cmocka_unit_test(twice_is_once),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rows_end();
	return failed;
}
