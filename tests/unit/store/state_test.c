/*
 * Tests of core/store/state: one run at a time, names of runs, what a commit leaves, the list of files that were taken.
 */
#include "core/store/state.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/support.h"

static char data[FILE_PATH_MAX / 8];

static const char *
below_data(const char *name)
{
	static char path[FILE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", data, name);
	return path;
}

static void
begin(struct state *state)
{
	struct err err = { 0 };

	snprintf(data, sizeof(data), "%s/data", scratch_make());
	assert_int_equal(state_init(data, &err), 0);
	assert_int_equal(state_init(data, &err), 0); /* again is fine */
	assert_int_equal(state_open(state, data, &err), 0);
	assert_string_equal(state->current, "");
}

/* A new generation with one file in it, committed. */
static void
commit(struct state *state, const char *run)
{
	struct err err = { 0 };
	char path[FILE_PATH_MAX];

	assert_int_equal(path_format(path, &err, "%s/state/%s/bindings", data, run), 0);
	assert_int_equal(file_make_folder(path, &err), 0);
	assert_int_equal(path_format(path, &err, "%s/state/%s/bindings/one", data, run), 0);
	assert_int_equal(file_write_all(path, "x", 1, &err), 0);
	assert_int_equal(state_sync(state, run, &err), 0);
	assert_int_equal(state_commit(state, run, &err), 0);
	assert_string_equal(state->current, run);
}

static void
a_folder_that_was_not_made_ready_is_refused(void **test)
{
	struct state state;
	struct err err = { 0 };

	(void)test;
	assert_int_equal(state_open(&state, scratch_make(), &err), -1);
	assert_int_equal(err.kind, ERR_STOP);
	assert_non_null(strstr(err.what, "yici init"));
	scratch_remove();
}

static void
everything_made_is_private(void **test)
{
	static const char *const folders[] = { "", "inbox", "archive", "quarantine", "state", "out", "config/sources" };
	struct state state;
	struct stat st;

	(void)test;
	begin(&state);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		assert_int_equal(stat(below_data(folders[i]), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0700);
	}
	scratch_remove();
}

static void
only_one_run_at_a_time(void **test)
{
	struct state first, second;
	struct err err = { 0 };

	(void)test;
	begin(&first);
	assert_int_equal(state_lock(&first, &err), 0);
	assert_int_equal(state_open(&second, data, &err), 0);
	assert_int_equal(state_lock(&second, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	state_close(&second);
	state_close(&first);
	assert_int_equal(state_lock(&second, &err), 0);
	state_close(&second);
	scratch_remove();
}

static void
runs_are_named_by_date_and_number(void **test)
{
	struct state state;
	struct err err = { 0 };
	char run[RUN_ID_MAX];

	(void)test;
	begin(&state);
	assert_int_equal(state_next_run(&state, "20260902", run, &err), 0);
	assert_string_equal(run, "20260902-1");
	strcpy(state.current, "20260902-9");
	assert_int_equal(state_next_run(&state, "20260902", run, &err), 0);
	assert_string_equal(run, "20260902-10");
	assert_int_equal(state_next_run(&state, "20260903", run, &err), 0);
	assert_string_equal(run, "20260903-1");
	/* a day that had runs before the current one: their outputs and archives are not written over */
	strcpy(state.current, "20260903-1");
	assert_int_equal(file_make_folder(below_data("out/20260902-9"), &err), 0);
	assert_int_equal(file_make_folder(below_data("archive/20260902-11"), &err), 0);
	assert_int_equal(state_next_run(&state, "20260902", run, &err), 0);
	assert_string_equal(run, "20260902-12");
	/* what a killed run left does not count */
	assert_int_equal(file_make_folder(below_data("out/.20260904-1"), &err), 0);
	assert_int_equal(file_make_folder(below_data("state/20260904-1"), &err), 0);
	assert_int_equal(state_next_run(&state, "20260904", run, &err), 0);
	assert_string_equal(run, "20260904-1");
	scratch_remove();
}

static void
a_commit_makes_current_and_keeps_one_before(void **test)
{
	struct state state, again;
	struct err err = { 0 };
	char path[FILE_PATH_MAX];

	(void)test;
	begin(&state);
	assert_int_equal(state_lock(&state, &err), 0);
	commit(&state, "20260902-1");
	commit(&state, "20260903-1");
	assert_true(file_exists(below_data("state/20260902-1")));
	commit(&state, "20260904-1");
	assert_false(file_exists(below_data("state/20260902-1")));
	assert_true(file_exists(below_data("state/20260903-1")));
	assert_true(file_exists(below_data("state/lock")));
	assert_int_equal(state_open(&again, data, &err), 0);
	assert_string_equal(again.current, "20260904-1");
	assert_int_equal(state_path(&again, path, "links.yc", &err), 0);
	assert_string_equal(path, below_data("state/20260904-1/links.yc"));
	state_close(&state);
	scratch_remove();
}

static void
a_damaged_name_of_the_generation_is_refused(void **test)
{
	static const char *const lines[] = { "", "\n", "../elsewhere\n",
		"20260902-1111111111111111111111111111111111111\n" };

	(void)test;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct state state;
		struct err err = { 0 };

		begin(&state);
		assert_int_equal(file_write_all(below_data("state/current"), lines[i], strlen(lines[i]), &err), 0);
		assert_int_equal(state_open(&state, data, &err), -1);
		scratch_remove();
	}
}

static struct taken_file
example(size_t i)
{
	static const char *const names[] = { "plain.csv", "with, comma.csv", "with \"quotes\".csv", "\"",
		"two\nlines.csv", "carriage\rreturn.csv", "a.zip!inner/\",\n\"x.csv", "\xe5\xad\xa6\xe7\xb1\x8d.xlsx",
		" spaces ", "=1+1", "" };
	struct taken_file file = {
		.source = text_from(i % 2 == 0 ? "registry" : "so,ur\"ce"),
		.file = text_from(names[i % ARRAY_LEN(names)]),
		.run = TEXT("20260902-1"),
		.size = i * 1000003 + (i == 5 ? (uint64_t)1 << 50 : 0),
		.state = i % 3 == 0 ? FILE_REFUSED : FILE_COMPLETE,
		.reason = i % 3 == 0 ? TEXT("changed") : TEXT(""),
		.sheets = i % 4 == 0 ? TEXT("a,b\t\"c\"\td") : TEXT(""),
		.rows = i,
		.accepted = i + 1,
		.rejected = i + 2,
		.set_aside = i + 3,
	};

	for (size_t b = 0; b < SHA256_BYTES; b++)
		file.sha256.at[b] = (uint8_t)(i * 31 + b * 7);
	file.sha256.at[0] = (uint8_t)(i >> 8);
	return file;
}

static void
check_file(const struct taken_file *got, size_t i)
{
	struct taken_file expected = example(i);

	assert_int_equal(got->number, i);
	assert_true(text_eq(got->source, expected.source));
	assert_true(text_eq(got->file, expected.file));
	assert_true(text_eq(got->run, expected.run));
	assert_true(text_eq(got->reason, expected.reason));
	assert_true(text_eq(got->sheets, expected.sheets));
	assert_memory_equal(&got->sha256, &expected.sha256, sizeof(got->sha256));
	assert_int_equal(got->size, expected.size);
	assert_int_equal(got->state, expected.state);
	assert_int_equal(got->rows, expected.rows);
	assert_int_equal(got->accepted, expected.accepted);
	assert_int_equal(got->rejected, expected.rejected);
	assert_int_equal(got->set_aside, expected.set_aside);
}

static void
the_list_of_files_survives_odd_names(void **test)
{
	struct taken_files files, again;
	struct state state;
	struct err err = { 0 };
	const struct taken_file *found;

	(void)test;
	begin(&state);
	assert_int_equal(taken_load(&files, &state, &err), 0);
	assert_int_equal(files.count, 0);
	for (size_t i = 0; i < 600; i++) {
		struct taken_file file = example(i);

		assert_int_equal(taken_add(&files, &file, &err), 0);
	}
	commit(&state, "20260902-1");
	assert_int_equal(taken_save(&files, below_data("state/20260902-1"), &err), 0);
	assert_int_equal(taken_load(&again, &state, &err), 0);
	assert_int_equal(again.count, 600);
	for (size_t i = 0; i < 600; i++)
		check_file(&again.at[i], i);
	/* content is known by source, and only where it was complete */
	found = taken_find(&again, again.at[7].source, &again.at[7].sha256);
	assert_non_null(found);
	assert_null(taken_find(&again, TEXT("elsewhere"), &again.at[7].sha256));
	assert_null(taken_find(&again, again.at[6].source, &again.at[6].sha256)); /* was refused */
	assert_int_equal(found->state, FILE_COMPLETE);
	taken_free(&files);
	taken_free(&again);
	scratch_remove();
}

static void
a_damaged_list_of_files_is_refused(void **test)
{
	static const char header[] =
	    "number,source,file,run,sha256,size,state,reason,rows,accepted,rejected,set_aside,sheets\n";
	static const char hex[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	static const struct {
		const char *before, *after;
	} lines[] = {
		{ "0,s,f,r,", ",1,0,,1,1,0,0," },
		{ "1,s,f,r,", ",1,0,,1,1,0,0,\n" },
		{ "0,s,f,r,", ",1,9,,1,1,0,0,\n" },
		{ "0,s,f,r,", ",1,0,,1,1,0\n" },
		{ "0,s,\"f,r,", ",1,0,,1,1,0,0,\n" },
		{ "0,s,f,r,1", ",1,0,,1,1,0,0,\n" },
		{ "0,s,f,r,", ",-1,0,,1,1,0,0,\n" },
	};

	(void)test;
	for (size_t i = 0; i <= ARRAY_LEN(lines); i++) {
		struct taken_files files;
		struct state state;
		struct err err = { 0 };
		char text[1024];
		int len = snprintf(text, sizeof(text), "%s", i == 0 ? "number\n" : header);

		begin(&state);
		commit(&state, "20260902-1");
		if (i > 0)
			snprintf(text + len, sizeof(text) - (size_t)len, "%s%s%s", lines[i - 1].before, hex,
			    lines[i - 1].after);
		assert_int_equal(file_write_all(below_data("state/20260902-1/files.csv"), text, strlen(text), &err), 0);
		assert_int_equal(taken_load(&files, &state, &err), -1);
		assert_int_equal(err.kind, ERR_STOP);
		scratch_remove();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_that_was_not_made_ready_is_refused),
		cmocka_unit_test(everything_made_is_private),
		cmocka_unit_test(only_one_run_at_a_time),
		cmocka_unit_test(runs_are_named_by_date_and_number),
		cmocka_unit_test(a_commit_makes_current_and_keeps_one_before),
		cmocka_unit_test(a_damaged_name_of_the_generation_is_refused),
		cmocka_unit_test(the_list_of_files_survives_odd_names),
		cmocka_unit_test(a_damaged_list_of_files_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
