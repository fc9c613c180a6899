/*
 * Tests of producers/readers/garbled: text that some program decoded wrongly, and text that only looks odd.
 */
#include "producers/readers/garbled.h"

#include "tests/support/support.h"

static void
wrong_decodings_are_seen(void **state)
{
	static const struct {
		const char *text;
		bool garbled;
	} list[] = {
		{ "张三", false },
		{ "", false },
		{ "欧阳娜娜", false },
		{ "阿不都热依木·买买提", false },
		{ "濮阳静", false },
		{ "Zoë", false },
		{ "150102201203100012", false },
		{ "㛃", false },
		{ "涓", false },
		{ "寮犱笁", true }, /* 张三 as UTF-8, read as GB 18030 */
		{ "鏉庢槑", true }, /* 李明 */
		{ "ÕÅÈý", true },   /* 张三 as GB 18030, read as a Western page */
		{ "å¼ ä¸", true },  /* as UTF-8, read so */
		{ "王\xEF\xBF\xBD", true },
		{ "锟斤拷", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		print_message("%s\n", list[i].text);
		assert_int_equal(garbled(text_from(list[i].text)), list[i].garbled);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_decodings_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
