/*
 * Tests of consumers/follow/merge: whatever is said in whatever order, the lines are those of a table that was updated message by
 * message; a value goes into its line byte for byte.
 */
#include "consumers/follow/merge.h"

#include <stdlib.h>

#include "tests/support/support.h"

#define STUDENTS 200

static uint64_t seed = 88172645463325252u;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* The table: what each student's line should be; 0: not there, otherwise the version of his value. */
static unsigned expected[STUDENTS];

static void
make_key(unsigned student, char key[33])
{
	/* ids spread over the whole range, in the order of their numbers */
	snprintf(key, 33, "%02x%030x", student, student * 7);
}

static void
make_value(unsigned student, unsigned version, char value[256])
{
	char key[33];

	make_key(student, key);
	snprintf(value, 256, "{\"student_id\":\"%s\",\"presence\":\"present\",\"name\":\"虚\\u6784%u\",\"n\":\"%u\"}",
	    key, student, version);
}

static void
check_lines(const char *path, const struct merge_result *result)
{
	struct buffer got, want;
	struct err err = { 0 };
	uint64_t count = 0;
	struct sha256 digest;

	buffer_init(&got, 1 << 20);
	buffer_init(&want, 1 << 20);
	for (unsigned i = 0; i < STUDENTS; i++) {
		char value[256];

		if (expected[i] == 0)
			continue;
		make_value(i, expected[i], value);
		buffer_string(&want, value);
		buffer_char(&want, '\n');
		count++;
	}
	assert_int_equal(file_read_all(path, &got, &err), 0);
	assert_int_equal(got.len, want.len);
	if (want.len > 0)
		assert_memory_equal(got.at, want.at, want.len);
	assert_int_equal(result->lines, count);
	digest = sha256_of(want.at == NULL ? "" : want.at, want.len);
	assert_memory_equal(digest.at, result->sha256.at, SHA256_BYTES);
	buffer_fini(&got);
	buffer_fini(&want);
}

/* Say ${count} random things of random students; what is said twice must not matter. */
static void
say_things(const char *folder, unsigned count, int64_t *offset)
{
	struct err err = { 0 };
	struct runs_writer *said;

	assert_int_equal(file_remove_all(folder, &err), 0);
	assert_int_equal(file_make_folder(folder, &err), 0);
	said = runs_writer_new(folder, MERGE_RUNS, 1 << 20, &err);
	assert_non_null(said);
	for (unsigned i = 0; i < count; i++) {
		unsigned student = (unsigned)(next_random() % STUDENTS);
		bool gone = next_random() % 4 == 0;
		char key[33], value[256];

		make_key(student, key);
		expected[student] = gone ? 0 : (unsigned)*offset + 1;
		make_value(student, expected[student], value);
		for (unsigned k = 0; k <= next_random() % 2; k++)
			assert_int_equal(merge_add(said, text_from(key), *offset,
					     gone ? (struct text){ 0 } : text_from(value), false, &err),
			    0);
		++*offset;
	}
	assert_int_equal(runs_finish(said, &err), 0);
	runs_writer_free(said);
}

static void
the_lines_are_the_table(void **state)
{
	char folder[FILE_PATH_MAX], old[FILE_PATH_MAX], new[FILE_PATH_MAX];
	struct err err = { 0 };
	int64_t offset = 0;

	(void)state;
	assert_int_equal(path_format(folder, &err, "%s", scratch_make()), 0);
	assert_int_equal(path_format(old, &err, "%s/old", folder), 0);
	assert_int_equal(path_format(new, &err, "%s/new", folder), 0);
	strcat(folder, "/work");
	for (unsigned round = 0; round < 40; round++) {
		struct merge_result result;

		say_things(folder, round == 7 ? 0 : (unsigned)(next_random() % 300), &offset);
		assert_int_equal(merge_files(round == 0 ? NULL : old, folder, new, &result, &err), 0);
		check_lines(new, &result);
		assert_int_equal(file_rename(new, old, &err), 0);
	}
	scratch_remove();
}

/* The values of a view have no id inside: a line begins with the key. */
static void
lines_of_a_view_begin_with_their_key(void **state)
{
	static const struct {
		const char *key, *value;
	} told[] = {
		{ "00000000000000000000000000000002", "{\"name\":\"b\"}" },
		{ "00000000000000000000000000000001", "{}" },
		{ "00000000000000000000000000000003", "{\"key\":\"x\"}" },
		{ "00000000000000000000000000000002", NULL },
		{ "00000000000000000000000000000001", "{\"name\":\"a\"}" },
	};
	static const char *const lines[] = {
		"{\"key\":\"00000000000000000000000000000001\"}\n{\"key\":\"0000000000000000000000000000"
		"0002\",\"name\":\"b\"}\n{\"key\":\"00000000000000000000000000000003\",\"key\":\"x\"}\n",
		"{\"key\":\"00000000000000000000000000000001\",\"name\":\"a\"}\n{\"key\":"
		"\"00000000000000000000000000000003\",\"key"
		"\":\"x\"}\n"
	};
	char folder[FILE_PATH_MAX], old[FILE_PATH_MAX], new[FILE_PATH_MAX];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(path_format(folder, &err, "%s", scratch_make()), 0);
	assert_int_equal(path_format(old, &err, "%s/old", folder), 0);
	assert_int_equal(path_format(new, &err, "%s/new", folder), 0);
	strcat(folder, "/work");
	for (size_t round = 0; round < 2; round++) {
		struct merge_result result;
		struct runs_writer *said;
		struct buffer bytes;

		assert_int_equal(file_remove_all(folder, &err), 0);
		assert_int_equal(file_make_folder(folder, &err), 0);
		said = runs_writer_new(folder, MERGE_RUNS, 1 << 20, &err);
		assert_non_null(said);
		for (size_t i = round * 3; i < (round == 0 ? 3 : ARRAY_LEN(told)); i++)
			assert_int_equal(
			    merge_add(said, text_from(told[i].key), (int64_t)i,
				told[i].value == NULL ? (struct text){ 0 } : text_from(told[i].value), true, &err),
			    0);
		assert_int_equal(merge_add(said, text_from(told[0].key), 9, TEXT("3"), true, &err), -1);
		assert_int_equal(runs_finish(said, &err), 0);
		runs_writer_free(said);
		if (merge_files(round == 0 ? NULL : old, folder, new, &result, &err) != 0)
			fail_msg("round %zu: %s", round, err.what);
		assert_int_equal(result.removed, round);
		buffer_init(&bytes, (size_t)1 << 20);
		assert_int_equal(file_read_all(new, &bytes, &err), 0);
		assert_true(text_eq(buffer_as_text(&bytes), text_from(lines[round])));
		buffer_fini(&bytes);
		assert_int_equal(file_rename(new, old, &err), 0);
	}
	scratch_remove();
}

static void
what_is_no_line_is_refused(void **state)
{
	static const struct {
		const char *key, *value;
	} table[] = {
		{ "", "{}" },
		{ "0123456789abcdef0123456789abcde", "{}" },
		{ "0123456789abcdef0123456789abcdeg", "{}" },
		{ "0123456789abcdef0123456789abcdef", "" },
		{ "0123456789abcdef0123456789abcdef", "{\n}" },
		{ "0123456789abcdef0123456789abcdef", "{\"a\":\"\xC0\"}" },
	};
	struct err err = { 0 };
	struct runs_writer *said = runs_writer_new(scratch_make(), MERGE_RUNS, 1 << 20, &err);

	(void)state;
	assert_non_null(said);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		assert_int_equal(
		    merge_add(said, text_from(table[i].key), 0, text_from(table[i].value), false, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_true(strlen(table[i].value) < 4 || strstr(err.what, table[i].value) == NULL);
	}
	runs_writer_free(said);
	scratch_remove();
}

static void
an_old_file_of_others_is_refused(void **state)
{
	const char text[] = "{\"student_id\":\"x\"}\n";
	char old[FILE_PATH_MAX], new[FILE_PATH_MAX], folder[FILE_PATH_MAX];
	struct merge_result result;
	struct err err = { 0 };
	int64_t offset = 0;

	(void)state;
	assert_int_equal(path_format(folder, &err, "%s/work", scratch_make()), 0);
	assert_int_equal(path_format(old, &err, "%s", scratch_file("old", text, strlen(text))), 0);
	assert_int_equal(path_format(new, &err, "%s.new", old), 0);
	say_things(folder, 3, &offset);
	assert_int_equal(merge_files(old, folder, new, &result, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines_are_the_table),
		cmocka_unit_test(lines_of_a_view_begin_with_their_key),
		cmocka_unit_test(what_is_no_line_is_refused),
		cmocka_unit_test(an_old_file_of_others_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
