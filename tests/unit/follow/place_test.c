/*
 * Tests of consumers/follow/place: offsets as the runs' records write them, and a place that comes back as it was written.
 */
#include "consumers/follow/place.h"

#include <sys/stat.h>

#include "tests/support/support.h"

static const char *
rewritten(const char *first, const char *second)
{
	static char out[256];
	struct offsets offsets = { 0 };
	struct buffer buffer;
	struct err err = { 0 };

	buffer_init(&buffer, 200);
	assert_int_equal(offsets_parse(&offsets, text_from(first), &err), 0);
	assert_int_equal(offsets_parse(&offsets, text_from(second), &err), 0);
	offsets_write(&offsets, &buffer);
	snprintf(out, sizeof(out), "%.*s", (int)buffer.len, buffer.at == NULL ? "" : buffer.at);
	buffer_fini(&buffer);
	offsets_fini(&offsets);
	return out;
}

static void
later_offsets_leave_unnamed_ones_alone(void **state)
{
	(void)state;
	assert_string_equal(rewritten("", ""), "");
	assert_string_equal(rewritten("0:5,3:7", ""), "0:5,3:7");
	assert_string_equal(rewritten("0:5,3:7", "3:9,1:0"), "0:5,1:0,3:9");
}

static void
other_texts_are_refused(void **state)
{
	static const char *const table[] = { ":", "0", "0:", ":1", "0:1,", ",0:1", "0:1,,1:2", "a:1", "0:b", "-1:2",
		"0:-2", "0:1 ", "0:1;1:2", "99999999:1", "18446744073709551616:1" };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct offsets offsets = { 0 };

		if (offsets_parse(&offsets, text_from(table[i]), &err) == 0)
			fail_msg("taken: %s", table[i]);
		assert_int_equal(err.kind, ERR_INPUT);
		offsets_fini(&offsets);
	}
}

static void
a_place_comes_back(void **state)
{
	const char *path = scratch_file(".students.jsonl.state", "", 0);
	struct place place = { .topic = "yici.students", .run = "20260902-1", .read_s = 1788307200, .students = 12 };
	struct place again;
	struct err err = { 0 };
	struct stat status;

	(void)state;
	place.sha256 = sha256_of("x", 1);
	assert_int_equal(offsets_set(&place.next, 2, 17), 0);
	assert_int_equal(place_write(&place, path, &err), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(place_read(&again, path, &err), 1);
	assert_string_equal(again.topic, place.topic);
	assert_string_equal(again.run, place.run);
	assert_int_equal(again.read_s, place.read_s);
	assert_int_equal(again.students, 12);
	assert_int_equal(offsets_get(&again.next, 0), -1);
	assert_int_equal(offsets_get(&again.next, 2), 17);
	assert_int_equal(offsets_get(&again.next, 3), -1);
	assert_memory_equal(again.sha256.at, place.sha256.at, SHA256_BYTES);
	place_fini(&place);
	place_fini(&again);
}

static void
what_is_no_place_is_told(void **state)
{
	static const char *const table[] = { "", "{}", "{\"topic\":\"t\"}", "not json" };
	struct place place;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		assert_int_equal(place_read(&place, scratch_file("p", table[i], strlen(table[i])), &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		place_fini(&place);
	}
	assert_int_equal(place_read(&place, "/nowhere/at/all", &err), 0);
}

static int
setup(void **state)
{
	(void)state;
	return scratch_make() == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_offsets_leave_unnamed_ones_alone),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test_setup_teardown(a_place_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_place_is_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
