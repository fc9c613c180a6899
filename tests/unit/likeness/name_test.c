/*
 * Tests of consumers/consolidate/likeness/name: how names are folded, split, compared and keyed. All names are
 * invented.
 */
#include "consumers/consolidate/likeness/name.h"

#include "tests/support/support.h"

struct folded {
	char at[64];
	struct text text;
};

static struct text
fold(const char *name, struct folded *folded)
{
	folded->text = (struct text){ folded->at, name_fold(text_from(name), folded->at, sizeof(folded->at)) };
	return folded->text;
}

static void
check_fold(const char *name, const char *expected)
{
	struct folded folded, again;

	assert_text(fold(name, &folded), expected);
	again.text = (struct text){ again.at, name_fold(folded.text, again.at, sizeof(again.at)) };
	assert_text(again.text, expected);
}

static void
folding_leaves_letters_parts_and_marks(void **state)
{
	(void)state;
	check_fold("", "");
	check_fold("李明", "李明");
	check_fold("李　明", "李明");
	check_fold(" 李 明 ", "李明");
	check_fold("李\u200B明\uFE00", "李明");
	check_fold("阿卜杜拉·买买提", "阿卜杜拉·买买提");
	check_fold("李[石羡]", "李?");
	check_fold("李【石羡】明", "李?明");
	check_fold("李[石羡", "李石羡");
	check_fold("李□○*", "李???");
	check_fold("李\uE123", "李?");
	check_fold("李\U0001F600", "李?");
	check_fold("李〇", "李〇");
	check_fold("Zhang San", "zhang·san");
	check_fold("ＺＨＡＮＧ", "zhang");
	check_fold("lǚ wěi", "lv·wei");
	check_fold("O'Brien-Müller", "o·brien·mvller");
	check_fold("J. Smith", "j·smith");
	check_fold("李zi wei", "李zi·wei");
	check_fold("李 zi wei", "李zi·wei");
	check_fold("·李明·", "李明");
	check_fold("王丽1", "王丽1");
	check_fold("Иванов", "иванов");
}

static void
all_dots_are_one(void **state)
{
	static const char *const dots[] = { "·", "•", "・", "･", "‧", "∙", "⋅", "\u0387", "．", ".", "。", "｡", "․",
		"-", " · ", "··" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dots); i++) {
		char name[64];
		struct folded folded;

		snprintf(name, sizeof(name), "阿依%s古丽", dots[i]);
		assert_text(fold(name, &folded), "阿依·古丽");
	}
}

static void
folding_stops_at_a_whole_character(void **state)
{
	char out[64];

	(void)state;
	for (size_t room = 0; room < sizeof(out); room++) {
		size_t len;

		memset(out, '#', sizeof(out));
		len = name_fold(TEXT("阿卜杜拉·买买提𠮷a"), out, room);
		assert_true(len <= room);
		assert_true(utf8_valid(out, len));
		assert_false(text_ends((struct text){ out, len }, TEXT("·")));
		for (size_t i = len; i < sizeof(out); i++)
			assert_int_equal(out[i], '#');
	}
}

static void
check_split(const char *name, const char *surname, const char *given)
{
	struct folded folded;
	struct text first, rest;

	name_split(fold(name, &folded), &first, &rest);
	assert_text(first, surname);
	assert_text(rest, given);
}

static void
surnames_are_split_off(void **state)
{
	(void)state;
	check_split("", "", "");
	check_split("李", "", "李");
	check_split("李明", "李", "明");
	check_split("李明轩", "李", "明轩");
	check_split("欧阳", "欧", "阳");
	check_split("欧阳明", "欧阳", "明");
	check_split("歐陽明", "歐陽", "明");
	check_split("司马子轩", "司马", "子轩");
	check_split("上官明", "上官", "明");
	check_split("诸葛明", "诸葛", "明");
	check_split("张李子涵", "张", "李子涵");
	check_split("阿拉坦花", "", "阿拉坦花");
	check_split("扎西卓玛", "", "扎西卓玛");
	check_split("乌云其木格", "", "乌云其木格");
	check_split("阿依·古丽", "", "阿依·古丽");
	check_split("John Smith", "", "john·smith");
	check_split("张yan", "张", "yan");
	check_split("李zi wei", "李", "zi·wei");
	check_split("欧阳zi wei", "欧阳", "zi·wei");
	check_split("?明", "?", "明");
}

static void
check_level(const char *a, const char *b, enum name_level expected)
{
	struct folded first, second;
	enum name_level found = name_compare(fold(a, &first), fold(b, &second));

	if (found != expected)
		print_error("%s and %s\n", a, b);
	assert_string_equal(name_level_name(found), name_level_name(expected));
	assert_int_equal(name_compare(second.text, first.text), expected);
}

static void
names_that_are_one_name(void **state)
{
	(void)state;
	check_level("", "李明", NAME_NONE);
	check_level("", "", NAME_NONE);
	check_level("李明", "李　明", NAME_SAME);
	check_level("阿卜杜拉·买买提", "阿卜杜拉.买买提", NAME_SAME);
	check_level("阿卜杜拉·买买提", "阿卜杜拉 买买提", NAME_SAME);
	check_level("阿卜杜拉·买买提", "阿卜杜拉买买提", NAME_SAME);
	check_level("Zhang San", "ZHANGSAN", NAME_SAME);
	check_level("萧晓明", "肖晓明", NAME_VARIANT);
	check_level("阎晓明", "闫晓明", NAME_VARIANT);
	check_level("傅明", "付明", NAME_VARIANT);
	check_level("戴明", "代明", NAME_VARIANT);
	check_level("邱明", "丘明", NAME_VARIANT);
	check_level("於明", "于明", NAME_VARIANT);
	check_level("葉明", "叶明", NAME_VARIANT);
	check_level("范明", "範明", NAME_VARIANT);
	check_level("張偉龍", "张伟龙", NAME_VARIANT);
	check_level("李龑", "李䶮", NAME_VARIANT);
	check_level("王喆", "王哲", NAME_VARIANT);
	check_level("李禕", "李祎", NAME_VARIANT);
	check_level("李峯", "李峰", NAME_VARIANT);
}

static void
lost_characters_fit(void **state)
{
	(void)state;
	check_level("李?", "李䶮", NAME_COMPATIBLE);
	check_level("李?涵", "李子涵", NAME_COMPATIBLE);
	check_level("李□涵", "李○涵", NAME_COMPATIBLE);
	check_level("李??涵", "李㛃涵", NAME_COMPATIBLE);
	check_level("李\uE123", "李䶮", NAME_COMPATIBLE);
	check_level("李\uE123", "李\uE123", NAME_COMPATIBLE);
	check_level("李[石羡]", "李䂀", NAME_COMPATIBLE);
	check_level("?子涵", "李子涵", NAME_COMPATIBLE);
	check_level("李yan", "李䶮", NAME_COMPATIBLE);
	check_level("张yan", "張妍", NAME_COMPATIBLE);
	check_level("李zi wei", "李子薇", NAME_COMPATIBLE);
	check_level("李ZIWEI", "李子薇", NAME_COMPATIBLE);
	check_level("李zi薇", "李子薇", NAME_COMPATIBLE);
	check_level("李zi薇", "李?薇", NAME_COMPATIBLE);
	check_level("李Y", "李䶮", NAME_COMPATIBLE);
	check_level("吕lv", "吕绿", NAME_COMPATIBLE);
	check_level("shan小明", "单小明", NAME_COMPATIBLE); /* a surname's own reading */
	check_level("李?", "王明", NAME_DIFFERENT);
	check_level("李?", "李子涵", NAME_GIVEN_DIFFERS);
	check_level("???", "李子涵", NAME_DIFFERENT);
	check_level("??", "??", NAME_DIFFERENT);
	check_level("李zi wei", "李子涵", NAME_GIVEN_DIFFERS);
	check_level("李yan", "王妍", NAME_DIFFERENT);
}

static void
homophones_are_said_to_be_such(void **state)
{
	(void)state;
	check_level("李梓涵", "李子涵", NAME_SOUND); /* a slip, or twins */
	check_level("梓涵", "子涵", NAME_SOUND);
	check_level("李雨轩", "李宇萱", NAME_SOUND);
	check_level("王佳怡", "王嘉仪", NAME_SOUND);
	check_level("王奕宸", "王亦辰", NAME_SOUND);
	check_level("章明", "张明", NAME_SOUND);
	check_level("张三", "zhang san", NAME_SOUND);
	check_level("张三", "ZHANGSAN", NAME_SOUND);
	check_level("吕绿", "Lü Lyu", NAME_SOUND);
	check_level("吕绿", "LULV", NAME_SOUND);
	check_level("阿卜杜拉·买买提", "阿不都拉·买买提", NAME_SOUND);
	check_level("扎西", "札西", NAME_SOUND);
	check_level("格日乐", "戈日乐", NAME_SOUND);
	check_level("张三", "lisi", NAME_DIFFERENT);
}

static void
look_alikes_are_said_to_be_such(void **state)
{
	(void)state;
	check_level("李末", "李未", NAME_SHAPE);
	check_level("李己", "李巳", NAME_SHAPE);
	check_level("冼明", "洗明", NAME_SOUND); /* 洗 has the reading, too */
	check_level("李祎", "李袆", NAME_SHAPE);
	check_level("李玥", "李钥", NAME_SOUND); /* sound comes first */
	check_level("李鑫", "李淼", NAME_SHAPE);
	check_level("李森", "李焱", NAME_SHAPE);
	check_level("李炜", "李玮", NAME_SOUND);
	check_level("李淮", "李准", NAME_SHAPE);
	check_level("smirnov", "smirnow", NAME_SHAPE);
	check_level("末未", "未末", NAME_DIFFERENT);
}

static void
a_character_more_or_less(void **state)
{
	(void)state;
	check_level("李子涵", "李涵", NAME_LOST);
	check_level("李子涵", "李子", NAME_LOST);
	check_level("李子涵", "子涵", NAME_LOST);
	check_level("吐尔逊", "吐逊", NAME_LOST);
	check_level("smirnov", "smirnv", NAME_LOST);
	check_level("李", "李明", NAME_DIFFERENT);
	check_level("李子涵", "李四", NAME_GIVEN_DIFFERS);
}

static void
parts_of_long_names(void **state)
{
	(void)state;
	check_level("阿卜杜拉·买买提", "买买提·阿卜杜拉", NAME_PARTS);
	check_level("阿卜杜拉·买买提", "买买提阿卜杜拉", NAME_PARTS);
	check_level("阿卜杜拉·买买提", "阿卜杜拉", NAME_PARTS);
	check_level("阿卜杜拉买买提", "阿卜杜拉", NAME_PARTS);
	check_level("阿不都拉", "阿卜杜拉·买买提", NAME_PARTS);
	check_level("阿卜杜热·买买提", "阿布都拉·麦麦提", NAME_PARTS);
	check_level("阿拉坦花", "阿拉腾花", NAME_PARTS);
	check_level("次仁卓玛", "才让卓玛", NAME_PARTS);
	check_level("John Smith", "Smith, John", NAME_DIFFERENT);
	check_level("John Smith", "Smith John", NAME_PARTS);
	check_level("John Smith", "John", NAME_PARTS);
	check_level("阿卜杜拉·买买提", "阿卜", NAME_DIFFERENT);
	check_level("卓玛", "卓嘎", NAME_GIVEN_DIFFERS);
	check_level("古丽·买买提", "阿里木·买买提", NAME_DIFFERENT);
}

static void
surname_or_given_name_differs(void **state)
{
	(void)state;
	check_level("李一", "李二", NAME_GIVEN_DIFFERS); /* twins */
	check_level("李子涵", "李若汐", NAME_GIVEN_DIFFERS);
	check_level("蕭子涵", "肖若汐", NAME_GIVEN_DIFFERS);
	check_level("欧阳一", "欧阳二", NAME_GIVEN_DIFFERS);
	check_level("李子涵", "王子涵", NAME_SURNAME_DIFFERS);
	check_level("李龍", "王龙", NAME_SURNAME_DIFFERS);
	check_level("欧阳子涵", "司马子涵", NAME_SURNAME_DIFFERS);
	check_level("李子涵", "王若汐", NAME_DIFFERENT);
	check_level("李子涵", "阿依·古丽", NAME_DIFFERENT);
	check_level("李子涵", "John Smith", NAME_DIFFERENT);
}

static void
check_keys(const char *a, const char *b, bool sound, bool folded)
{
	struct folded first, second;

	fold(a, &first);
	fold(b, &second);
	if ((name_sound_key(first.text) == name_sound_key(second.text)) != sound
	    || (name_fold_key(first.text) == name_fold_key(second.text)) != folded)
		print_error("%s and %s\n", a, b);
	assert_int_equal(name_sound_key(first.text) == name_sound_key(second.text), sound);
	assert_int_equal(name_fold_key(first.text) == name_fold_key(second.text), folded);
}

static void
keys_meet_where_names_may(void **state)
{
	(void)state;
	assert_int_equal(name_sound_key(TEXT("")), 0);
	assert_int_equal(name_fold_key(TEXT("")), 0);
	assert_true(name_sound_key(TEXT("李明")) != 0);
	assert_true(name_fold_key(TEXT("李明")) != 0);
	check_keys("李明", "李　明", true, true);
	check_keys("蕭明", "肖明", true, true);
	check_keys("李梓涵", "李子涵", true, false);
	check_keys("李zi han", "李子涵", true, false);
	check_keys("LI ZIHAN", "李子涵", true, false);
	check_keys("李子涵", "李若汐", false, false);
	check_keys("李一", "李二", false, false);
	check_keys("李明", "明李", false, false);
	check_keys("阿卜杜拉·买买提", "阿卜杜拉买买提", true, true);
	check_keys("阿卜杜拉·买买提", "阿不都拉", true, false);
	check_keys("吐尔逊·买买提", "吐尔逊", true, false);
	check_keys("次仁卓玛", "才让卓玛", true, false);
	check_keys("John Smith", "Jon Smyth", true, false);
	check_keys("John Smith", "Mary Miller", false, false);
}

static void
every_level_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < NAME_LEVELS; i++)
		assert_true(strlen(name_level_name((enum name_level)i)) > 0);
	assert_string_equal(name_level_name(NAME_LEVELS), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folding_leaves_letters_parts_and_marks),
		cmocka_unit_test(all_dots_are_one),
		cmocka_unit_test(folding_stops_at_a_whole_character),
		cmocka_unit_test(surnames_are_split_off),
		cmocka_unit_test(names_that_are_one_name),
		cmocka_unit_test(lost_characters_fit),
		cmocka_unit_test(homophones_are_said_to_be_such),
		cmocka_unit_test(look_alikes_are_said_to_be_such),
		cmocka_unit_test(a_character_more_or_less),
		cmocka_unit_test(parts_of_long_names),
		cmocka_unit_test(surname_or_given_name_differs),
		cmocka_unit_test(keys_meet_where_names_may),
		cmocka_unit_test(every_level_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
