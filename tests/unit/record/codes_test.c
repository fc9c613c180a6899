/*
 * codes_test.c - what people write for a code, and what is wrong with a file of codes.
 */
#include "tests/support/support.h"

#include <stdlib.h>

#include "core/record/codes.h"

#define FOLDER PROJECT_ROOT "/schemas/codes"

static void
check(const char *set, const char *const (*table)[2], size_t count)
{
	struct err err;
	struct codes *codes = codes_load(FOLDER, set, strcmp(set, "division") == 0, &err);

	assert_non_null(codes);
	for (size_t i = 0; i < count; i++) {
		bool ambiguous;
		const struct code *code = codes_find(codes, text_from(table[i][0]), &ambiguous);
		const char *expected = table[i][1];

		if (expected && expected[0] == '~') {
			if (code || !ambiguous)
				fail_msg("%s: %s should be ambiguous", set, table[i][0]);
		} else if (expected) {
			if (!code || ambiguous)
				fail_msg("%s: %s should be found", set, table[i][0]);
			assert_text(code->code, expected);
		} else if (code || ambiguous) {
			fail_msg("%s: %s should not be found", set, table[i][0]);
		}
	}
	codes_free(codes);
}
#define CHECK(set, table) check(set, table, ARRAY_LEN(table))

static void
codes_find_what_people_write(void **state)
{
	static const char *const sex[][2] = { { "男", "1" }, { "1", "1" }, { "1-男", "1" }, { "１－男性", "1" },
		{ " 男 ", "1" }, { "男　", "1" }, { "Male", "1" }, { "ｍ", "1" }, { "2女", "2" }, { "2、女", "2" },
		{ "2. 女", "2" }, { "1-女", NULL }, { "男女", NULL }, { "", NULL }, { "　", NULL }, { "3", NULL },
		{ "-", NULL }, { "1-", NULL } };
	static const char *const ethnic[][2] = { { "汉", "01" }, { "01-汉族", "01" }, { "1", "01" }, { "毛难族", "36" },
		{ "崩龙族", "46" }, { "乌兹别克", "43" }, { "畬族", "22" }, { "1-汉", "01" }, { "蒙 古 族", "02" },
		{ "火星族", NULL }, { "00", NULL } };
	static const char *const yes_no[][2] = { { "是", "1" }, { "否", "0" }, { "有", "1" }, { "无", "0" },
		{ "1", "1" }, { "0", "0" }, { "01", "1" }, { "00", "0" }, { "√", "1" }, { "×", "0" }, { "yes", "1" },
		{ "True", "1" }, { "ＮＯ", "0" }, { "", NULL }, { "不详", NULL } };
	static const char *const commute[][2] = { { "公交车", "3" }, { "6", "9" },
		{ "自行车(含摩托车、电动自行车)", "2" }, { "自行车（含摩托车、电动自行车）", "2" },
		{ "自行车 (含摩托车、电动自行车）", "2" } };
	static const char *const id_type[][2] = { { "a", "A" }, { "A-护照", "A" }, { "身份证", "1" }, { "台胞证", "8" },
		{ "香港特区护照／身份证明", "6" } };
	static const char *const grade[][2] = { { "初二", "22" }, { "八年级", "22" }, { "3年级", "13" },
		{ "１１", "11" }, { "高1", "31" } };
	static const char *const hukou[][2] = { { "农村", "1" }, { "城镇", "2" }, { "居民户口", NULL } };
	static const char *const division[][2] = { { "410303", "410303" }, { "河南省洛阳市西工区", "410303" },
		{ "洛阳市 西工区", "410303" }, { "朝阳区", "~" }, { "偃师市", "410381" }, { "410322", "410322" },
		{ "火星市", NULL } };

	(void)state;
	CHECK("sex", sex);
	CHECK("ethnic", ethnic);
	CHECK("yes_no", yes_no);
	CHECK("commute", commute);
	CHECK("id_type", id_type);
	CHECK("grade", grade);
	CHECK("hukou_type", hukou);
	CHECK("division", division);
}

static void
codes_find_long_text(void **state)
{
	struct err err;
	struct codes *codes = codes_load(FOLDER, "sex", false, &err);
	char text[5000];
	bool ambiguous;

	(void)state;
	assert_non_null(codes);
	memset(text, 'a', sizeof(text));
	assert_null(codes_find(codes, (struct text){ text, sizeof(text) }, &ambiguous));
	memset(text, ' ', sizeof(text));
	text[4000] = '1';
	assert_non_null(codes_find(codes, (struct text){ text, sizeof(text) }, &ambiguous));
	codes_free(codes);
}

static void
codes_history(void **state)
{
	struct err err;
	struct codes *codes = codes_load(FOLDER, "division", true, &err);
	const struct code *code;

	(void)state;
	assert_non_null(codes);
	code = codes_by_code(codes, TEXT("410381"));
	assert_non_null(code);
	assert_true(code->obsolete);
	assert_text(code->successor, "410307");
	assert_false(codes_by_code(codes, code->successor)->obsolete);
	assert_text(codes_label(codes, TEXT("410303")), "西工区");
	assert_text(codes_label(codes, TEXT("990000")), "990000");
	assert_null(codes_by_code(codes, TEXT("西工区")));
	codes_free(codes);
}

/* Every code, label and alias finds its own entry, as written and in other widths. */
static void
codes_find_each_of_their_names(void **state)
{
	char **names, path[FILE_PATH_MAX];
	size_t count;
	struct err err;

	(void)state;
	assert_int_equal(file_list(FOLDER, &names, &count, &err), 0);
	for (size_t i = 0; i < count; i++) {
		struct buffer file;
		bool shared = strncmp(names[i], "division", 8) == 0;
		struct codes *codes;
		struct text rest;

		names[i][strlen(names[i]) - 4] = '\0';
		if (strstr(names[i], "_history"))
			continue;
		codes = codes_load(FOLDER, names[i], shared, &err);
		if (!codes)
			fail_msg("%s", err.what);
		assert_text(codes_name(codes), names[i]);
		assert_int_equal(path_format(path, &err, "%s/%s.csv", FOLDER, names[i]), 0);
		buffer_init(&file, 10 << 20);
		assert_int_equal(file_read_all(path, &file, &err), 0);
		rest = buffer_as_text(&file);
		for (size_t line = 0; rest.len > 0; line++) {
			size_t len = text_find(rest, TEXT("\n")), at = 0;
			const char *code = rest.at;
			size_t code_len = text_find(rest, TEXT(","));

			for (size_t pos = 0; line > 0 && pos <= len; pos++) {
				struct text name = { rest.at + at, pos - at };
				const struct code *found;
				bool ambiguous;

				if (pos < len && rest.at[pos] != ',' && rest.at[pos] != '|')
					continue;
				at = pos + 1;
				if (name.len == 0)
					continue;
				found = codes_find(codes, name, &ambiguous);
				if (found)
					assert_true(text_eq(found->code, (struct text){ code, code_len }));
				else
					assert_true(shared && ambiguous);
			}
			rest.at += len + 1;
			rest.len -= len + 1;
		}
		for (size_t c = 0; c < codes_count(codes); c++) {
			const struct code *code = codes_at(codes, c);
			char pair[300];
			bool ambiguous;

			assert_ptr_equal(codes_by_code(codes, code->code), code);
			snprintf(pair, sizeof(pair), "%.*s－%.*s", (int)code->code.len, code->code.at,
			    (int)code->label.len, code->label.at);
			if (!shared && strlen(pair) < 200 && strncmp(names[i], "problem", 7) != 0)
				assert_ptr_equal(codes_find(codes, text_from(pair), &ambiguous), code);
		}
		buffer_fini(&file);
		codes_free(codes);
	}
	free(names);
}

static char told[1000];

static void
tell(void *self, const char *file, unsigned line, const char *what)
{
	size_t len = strlen(told);
	const char *name = strrchr(file, '/');

	(void)self;
	snprintf(told + len, sizeof(told) - len, "%s:%u %s\n", name + 1, line, what);
}

static void
codes_faults_have_file_and_line(void **state)
{
	static const struct {
		const char *bytes, *told;
	} table[] = {
		{ "code,label,aliases\n1,男,M\n2,女,M\n", "t.csv:3 \"M\" leads to two codes, 1 and 2\n" },
		{ "code,label,aliases\n1,男,ｍ\n2,女,M\n", "t.csv:3 \"m\" leads to two codes, 1 and 2\n" },
		{ "code,label,aliases\n1,男,\n1,女,\n", "t.csv:3 the code 1 stands here twice\n" },
		{ "code,label,aliases\n1,,\n2,b,\n",
		    "t.csv:2 a line needs code, label and aliases without quotes or further commas\n" },
		{ "code,label,aliases\n1,a,b,c,d\n2,b,\n",
		    "t.csv:2 a line needs code, label and aliases without quotes or further commas\n" },
		{ "code;label\n1,a,\n", "t.csv:1 the first line must be code,label,aliases[,successor]\n" },
		{ "code,label,aliases\n", "t.csv:0 holds no code\n" },
		{ "code,label,aliases\n1,a,b||c\n", "t.csv:2 a name of a code is empty or too long\n" },
		{ "code,label,aliases,successor\n1,a,b,7\n", "t.csv:2 the successor 7 does not exist\n" },
		{ "code,label,aliases\n1,\xFF,b\n", "t.csv:0 not UTF-8\n" },
	};
	const char *folder = scratch_make();
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		scratch_file("t.csv", table[i].bytes, strlen(table[i].bytes));
		told[0] = '\0';
		assert_null(codes_load_telling(folder, "t", false, tell, NULL, &err));
		assert_string_equal(told, table[i].told);
		assert_int_equal(err.kind, ERR_STOP);
	}
	assert_null(codes_load(folder, "none", false, &err));
	scratch_remove();
}

/* A shared name is ambiguous, a present name goes before one of the past. */
static void
codes_shared_names(void **state)
{
	static const char present[] = "code,label,aliases\r\n1,甲,丙\r\n2,乙,丙|丁\r\n";
	static const char past[] = "code,label,aliases,successor\n9,丁,戊,1\n";
	const char *folder = scratch_make();
	struct err err;
	struct codes *codes;
	bool ambiguous;

	(void)state;
	scratch_file("s.csv", present, sizeof(present) - 1);
	scratch_file("s_history.csv", past, sizeof(past) - 1);
	assert_null(codes_load(folder, "s", false, &err));
	codes = codes_load(folder, "s", true, &err);
	assert_non_null(codes);
	assert_int_equal(codes_count(codes), 3);
	assert_null(codes_find(codes, TEXT("丙"), &ambiguous));
	assert_true(ambiguous);
	assert_text(codes_find(codes, TEXT("丁"), &ambiguous)->code, "2");
	assert_text(codes_find(codes, TEXT("戊"), &ambiguous)->code, "9");
	codes_free(codes);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_find_what_people_write),
		cmocka_unit_test(codes_find_long_text),
		cmocka_unit_test(codes_history),
		cmocka_unit_test(codes_find_each_of_their_names),
		cmocka_unit_test(codes_faults_have_file_and_line),
		cmocka_unit_test(codes_shared_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
