/*
 * Flat JSON as we write it for others is read back; anything else is refused and never read past its end.
 */
#include <stdlib.h>

#include "core/record/flat_json.h"
#include "tests/support/support.h"

static int
count_members(const char *json)
{
	/* a copy of just its length, so that a sanitizer sees a byte too far */
	size_t len = strlen(json);
	char *copy = malloc(len + 1);
	struct flat_json walk = { { copy, len }, 0 };
	struct flat_member member;
	int count = 0, got;

	assert_non_null(copy);
	memcpy(copy, json, len);
	copy = realloc(copy, len == 0 ? 1 : len);
	walk.bytes.at = copy;
	while ((got = flat_json_next(&walk, &member)) == 1)
		count++;
	free(copy);
	return got < 0 ? -1 : count;
}

static void
what_is_flat_is_read(void **state)
{
	(void)state;
	assert_int_equal(count_members("{}"), 0);
	assert_int_equal(count_members(" { } \n"), 0);
	assert_int_equal(count_members("{\"a\":1}"), 1);
	assert_int_equal(count_members("{\"a\":\"\",\"b\":-0.5e+3,\"c\":true,\"d\":false,\"e\":null}"), 5);
	assert_int_equal(count_members("{\"a\":[],\"b\":[1,\"x\"],\"c\":\"\\u4e2d\\\"\"}"), 3);
}

static void
what_is_not_flat_json_is_refused(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "1", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,\"a\":1}",
		"{\"a\":1 \"b\":2}", "{\"a\":{}}", "{\"a\":[[]]}", "{\"a\":[1,]}", "{\"a\":01}", "{\"a\":1.}",
		"{\"a\":+1}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\n\"}", "{\"a\":\"", "{\"a\":tru}",
		"{\"a\":1}}", "{\"a\":1}x", "{a:1}", "{\"a\":\"\\" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (count_members(bad[i]) != -1)
			fail_msg("accepted: %s", bad[i]);
	}
}

static void
strings_and_numbers_are_found(void **state)
{
	struct text json = TEXT("{\"n\":42,\"s\":\"a\\n\\u4e2d\\ud842\\udfb7\\/\",\"f\":1.5,\"bad\":\"\\udfb7\"}");
	struct buffer out;
	uint64_t number;

	(void)state;
	buffer_init(&out, 1024);
	assert_true(flat_json_number(json, TEXT("n"), &number));
	assert_int_equal(number, 42);
	assert_false(flat_json_number(json, TEXT("f"), &number));
	assert_false(flat_json_number(json, TEXT("s"), &number));
	assert_true(flat_json_string(json, TEXT("s"), &out));
	assert_true(text_eq(buffer_as_text(&out), TEXT("a\n中𠮷/")));
	assert_false(flat_json_string(json, TEXT("bad"), &out));
	assert_false(flat_json_string(json, TEXT("none"), &out));
	buffer_fini(&out);
}

static void
what_we_escape_we_read(void **state)
{
	struct buffer json, out;
	char bytes[0x80];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i == 0 ? 1 : i);
	buffer_init(&json, 4096);
	buffer_init(&out, 4096);
	buffer_string(&json, "{\"all\":");
	buffer_json_string(&json, (struct text){ bytes, sizeof(bytes) });
	buffer_char(&json, '}');
	assert_true(flat_json_string(buffer_as_text(&json), TEXT("all"), &out));
	assert_true(text_eq(buffer_as_text(&out), (struct text){ bytes, sizeof(bytes) }));
	buffer_fini(&json);
	buffer_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_flat_is_read),
		cmocka_unit_test(what_is_not_flat_json_is_refused),
		cmocka_unit_test(strings_and_numbers_are_found),
		cmocka_unit_test(what_we_escape_we_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
