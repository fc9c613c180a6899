/*
 * Tests of consumers/consolidate/likeness/sound and shape: the tables made of Unihan answer for characters of names.
 */
#include "consumers/consolidate/likeness/shape.h"
#include "consumers/consolidate/likeness/sound.h"

#include "tests/support/support.h"

static uint32_t
character(const char *text)
{
	size_t pos = 0;

	return text_next(text_from(text), &pos);
}

static void
characters_have_readings(void **state)
{
	static const char *const read[][2] = { { "李", "li" }, { "梓", "zi" }, { "涵", "han" }, { "轩", "xuan" },
		{ "吕", "lv" }, { "略", "lve" }, { "王", "wang" }, { "䶮", "yan" }, { "龑", "yan" }, { "㛃", "jie" },
		{ "𬱟", "wei" }, { "儿", "er" }, { "〇", "ling" } };
	uint16_t readings[SOUND_READINGS_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(read); i++)
		assert_text(sound_spelling(sound_of(character(read[i][0]))), read[i][1]);
	assert_int_equal(sound_of('a'), 0);
	assert_int_equal(sound_of(0), 0);
	assert_int_equal(sound_of(0xE000), 0);
	assert_int_equal(sound_of(0x10FFFF), 0);
	assert_int_equal(sound_of(UINT32_MAX), 0);
	assert_int_equal(sound_readings('a', readings), 0);
	assert_true(sound_readings(character("单"), readings) >= 2);
	assert_text(sound_spelling(readings[0]), "dan");
}

static void
characters_share_readings(void **state)
{
	(void)state;
	assert_true(sound_alike(character("梓"), character("子")));
	assert_true(sound_alike(character("宸"), character("辰")));
	assert_true(sound_alike(character("单"), character("丹")));
	assert_true(sound_alike(character("单"), character("山")));
	assert_true(sound_alike(character("乐"), character("月")));
	assert_false(sound_alike(character("一"), character("二")));
	assert_false(sound_alike('a', 'a'));
}

static void
written_syllables(void **state)
{
	(void)state;
	assert_int_equal(sound_parse(TEXT("zi")), sound_of(character("子")));
	assert_int_equal(sound_parse(TEXT("ZI")), sound_of(character("子")));
	assert_int_equal(sound_parse(TEXT("lü")), sound_of(character("吕")));
	assert_int_equal(sound_parse(TEXT("LV")), sound_of(character("吕")));
	assert_int_equal(sound_parse(TEXT("lyu")), sound_of(character("吕")));
	assert_int_equal(sound_parse(TEXT("lyue")), sound_of(character("略")));
	assert_int_equal(sound_parse(TEXT("lue")), sound_of(character("略")));
	assert_true(sound_parse(TEXT("zhuang")) != 0);
	assert_int_equal(sound_parse(TEXT("")), 0);
	assert_int_equal(sound_parse(TEXT("zz")), 0);
	assert_int_equal(sound_parse(TEXT("zi1")), 0);
	assert_int_equal(sound_parse(TEXT("zhuangg")), 0);
	assert_int_equal(sound_parse(TEXT("zhuangzhuang")), 0);
	assert_text(sound_spelling(0), "");
	assert_text(sound_spelling(UINT16_MAX), "");
	for (uint16_t i = 1; sound_spelling(i).len > 0; i++)
		assert_int_equal(sound_parse(sound_spelling(i)), i);
}

static void
check_fold(const char *from, const char *to)
{
	if (shape_fold(character(from)) != character(to))
		print_error("%s\n", from);
	assert_int_equal(shape_fold(character(from)), character(to));
}

static void
forms_become_one(void **state)
{
	(void)state;
	check_fold("龍", "龙");
	check_fold("龙", "龙");
	check_fold("葉", "叶");
	check_fold("範", "范");
	check_fold("後", "后");
	check_fold("餘", "余");
	check_fold("馀", "余");
	check_fold("萧", "肖");
	check_fold("蕭", "肖");
	check_fold("阎", "闫");
	check_fold("龑", "䶮");
	check_fold("禕", "祎");
	check_fold("昇", "升");
	check_fold("峯", "峰");
	check_fold("喆", "哲");
	check_fold("吴", "吴");
	check_fold("吳", "吴");
	check_fold("呂", "吕");
	check_fold("淼", "淼"); /* an old form of 渺 by Unihan, a name of its own */
	check_fold("渺", "渺");
	assert_int_equal(shape_fold('a'), 'a');
	assert_int_equal(shape_fold(UINT32_MAX), UINT32_MAX);
	for (uint32_t cp = 0; cp < 0x33000; cp++)
		assert_int_equal(shape_fold(shape_fold(cp)), shape_fold(cp));
}

static void
forms_keep_names_of_today_apart(void **state)
{
	/* characters of names that are in use side by side */
	static const char *const apart[][2] = { { "子", "梓" }, { "张", "章" }, { "宁", "柠" }, { "辰", "宸" },
		{ "晨", "辰" }, { "玉", "钰" }, { "云", "芸" }, { "志", "智" }, { "红", "宏" }, { "丽", "莉" },
		{ "佑", "祐" }, { "钟", "锺" }, { "一", "伊" }, { "国", "帼" }, { "华", "桦" }, { "岩", "炎" },
		{ "欣", "昕" }, { "沈", "沉" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(apart); i++) {
		if (shape_fold(character(apart[i][0])) == shape_fold(character(apart[i][1])))
			print_error("%s and %s\n", apart[i][0], apart[i][1]);
		assert_true(shape_fold(character(apart[i][0])) != shape_fold(character(apart[i][1])));
	}
}

static void
look_alikes(void **state)
{
	static const char *const alike[][2] = { { "末", "未" }, { "己", "已" }, { "已", "巳" }, { "冼", "洗" },
		{ "晴", "睛" }, { "祎", "袆" }, { "玥", "钥" }, { "鑫", "森" }, { "淼", "焱" }, { "垚", "鑫" },
		{ "清", "淸" }, { "阴", "阳" } };

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		assert_true(shape_alike(character(alike[i][0]), character(alike[i][1])));
		assert_true(shape_alike(character(alike[i][1]), character(alike[i][0])));
	}
	for (size_t i = 10; i < ARRAY_LEN(alike); i++)
		assert_false(shape_alike(character(alike[i][0]), character(alike[i][1])));
	assert_false(shape_alike(character("一"), character("二")));
	assert_false(shape_alike(character("龍"), character("龙")));
	assert_false(shape_alike('a', 'b'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_have_readings),
		cmocka_unit_test(characters_share_readings),
		cmocka_unit_test(written_syllables),
		cmocka_unit_test(forms_become_one),
		cmocka_unit_test(forms_keep_names_of_today_apart),
		cmocka_unit_test(look_alikes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
