/*
 * answers_test.c - which queries are answered after a night, out of rows made by hand: record a, b … on rows 1, 2 … of file 10 (an export) or
 * 11, 12 (workbooks that had gone back).
 */
#include <stdlib.h>

#include "consumers/consolidate/answers.h"
#include "consumers/consolidate/links.h"
#include "core/record/raised.h"
#include "tests/support/support.h"

#define FIRST 10u /* number of the night's first file */

static struct dataset *dataset;
static uint16_t phone;
static const bool returned[] = { false, true, true };

static char folder[FILE_PATH_MAX / 8];
static unsigned nights;
static struct taken_file files[13];
static struct taken_files taken = { .at = files, .count = ARRAY_LEN(files) };
static struct runs_writer *issues;
static struct links_writer links;
static struct answers_night night;
static struct runs runs;
static char older[FILE_PATH_MAX], now[FILE_PATH_MAX];

static int
begin(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s", scratch_make());
	nights = 0;
	older[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		files[i] = (struct taken_file){ .number = (uint32_t)i, .sha256 = { { (uint8_t)i } } };
	return 0;
}

static int
end(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

/* ---- a night ---- */

static void
open_night(void)
{
	char path[FILE_PATH_MAX], name[32];
	struct err err = { 0 };

	snprintf(name, sizeof(name), "issues%u", ++nights);
	issues = runs_writer_new(folder, name, 0, &err);
	assert_non_null(issues);
	assert_int_equal(path_format(path, &err, "%s/links", folder), 0);
	assert_int_equal(links_create(&links, path, &err), 0);
}

/* Record ${letter} was delivered, its newest row in ${file}; 0: not tonight. In the order of letters. */
static void
link_of(char letter, uint32_t file)
{
	struct link link = { .id = { (uint8_t)letter }, .file = file, .flags = file != 0 ? LINK_TODAY : 0 };
	struct err err = { 0 };

	assert_int_equal(links_put(&links, &link, &err), 0);
}

static void
put(struct raised_view *view)
{
	struct raised raised = { .severity = view->severity, .updated = view->updated, .about = view->about };
	char entry[sizeof(raised) + 200];
	struct err err = { 0 };

	raised_key(raised.key, &view->origin, view->column, view->rule, view->field);
	memcpy(raised.record, view->record, sizeof(raised.record));
	memcpy(entry, &raised, sizeof(raised));
	if (view->raw.len > 0)
		memcpy(entry + sizeof(raised), view->raw.at, view->raw.len);
	assert_int_equal(runs_add(issues, entry, sizeof(raised) + view->raw.len, &err), 0);
}

/* The row of a record in a file asks about a value of its telephone. */
static void
asks(char letter, uint32_t file, uint64_t value)
{
	struct raised_view view = { .origin = { file, 0, (uint32_t)letter } };
	struct issue issue = { .rule = RULE_phone_generic,
		.field = phone,
		.column = 3,
		.severity = SEVERITY_QUERY,
		.about = value,
		.raw = TEXT("x") };
	uint8_t record[RECORD_ID_BYTES] = { (uint8_t)letter };

	raised_tell(&view, &issue, record);
	put(&view);
}

static void
is_twice(char letter, uint32_t file, uint64_t content)
{
	struct raised_view view = { .origin = { file, 0, (uint32_t)letter } };
	struct issue issue = { .rule = RULE_duplicate_in_source,
		.field = FIELD_NONE,
		.column = UINT16_MAX,
		.severity = SEVERITY_QUERY,
		.about = content,
		.raw = TEXT("2") };
	uint8_t record[RECORD_ID_BYTES] = { (uint8_t)letter };

	raised_tell(&view, &issue, record);
	put(&view);
}

static void
says(char letter, uint32_t file, const char *words, uint32_t updated)
{
	struct raised_view view = { .origin = { file, 0, (uint32_t)letter } };
	uint8_t record[RECORD_ID_BYTES] = { (uint8_t)letter };

	raised_explain(&view, text_from(words), record, updated, 1000);
	put(&view);
}

static void
close_night(const struct answers_undone *undone, size_t undone_count)
{
	struct answers_input input = { .dataset = dataset,
		.older = older[0] != '\0' ? older : NULL,
		.issues = &runs,
		.files = &taken,
		.file_first = FIRST,
		.returned = returned,
		.file_count = 3,
		.undone = undone,
		.undone_count = undone_count,
		.today = (uint16_t)nights };
	char path[FILE_PATH_MAX], name[32];
	struct err err = { 0 };

	snprintf(name, sizeof(name), "issues%u", nights);
	assert_int_equal(runs_finish(issues, &err), 0);
	runs_writer_free(issues);
	assert_int_equal(links_flush(&links, &err), 0);
	assert_int_equal(links_finish(&links, &err), 0);
	links_writer_fini(&links);
	assert_int_equal(path_format(path, &err, "%s/links", folder), 0);
	input.links = path;
	assert_int_equal(runs_open(&runs, folder, name, &err), 0);
	assert_int_equal(answers_make(&input, &night, &err), 0);
	assert_int_equal(path_format(now, &err, "%s/answers%u", folder, nights), 0);
	assert_int_equal(answers_save(&night.answers, dataset, now, &err), 0);
	snprintf(older, sizeof(older), "%s", now);
	runs_close(&runs);
}

/* Who is answered, as read back: "a phone 7 words (file)", a line each. */
static void
expect(const char *lines)
{
	struct answers answers;
	struct arena arena;
	struct buffer told;
	struct err err = { 0 };

	arena_init(&arena, 1 << 20);
	buffer_init(&told, 1 << 16);
	assert_int_equal(answers_load(now, dataset, &arena, &answers, &err), 0);
	for (size_t i = 0; i < answers.count; i++) {
		const struct answer *answer = &answers.at[i];

		buffer_format(&told, "%c %s %llu %.*s (%u)\n", answer->record[0],
		    answer->field == phone            ? "phone"
			: answer->field == FIELD_NONE ? "row"
						      : "?",
		    (unsigned long long)answer->about, (int)answer->text.len, answer->text.at, answer->file);
	}
	buffer_char(&told, '\0');
	assert_string_equal(told.at, lines);
	buffer_fini(&told);
	arena_fini(&arena);
	answers_free(&night);
}

/* ---- tests ---- */

static void
an_answer_stays_until_the_value_changes(void **state)
{
	(void)state;
	open_night();
	link_of('a', 11);
	link_of('b', 11);
	asks('a', 11, 7);
	says('a', 11, "right", 0);
	asks('b', 11, 8);
	close_night(NULL, 0);
	assert_int_equal(night.given_count, 1);
	assert_int_equal(night.given[0].count, 1);
	expect("a phone 7 right (11)\n");
	/* not delivered, then delivered with the same value and no word */
	open_night();
	link_of('a', 0);
	close_night(NULL, 0);
	assert_int_equal(night.given_count, 0);
	expect("a phone 7 right (11)\n");
	open_night();
	link_of('a', 10);
	asks('a', 10, 7);
	close_night(NULL, 0);
	expect("a phone 7 right (11)\n");
	/* another value */
	open_night();
	link_of('a', 10);
	asks('a', 10, 9);
	close_night(NULL, 0);
	assert_int_equal(night.ended, 1);
	expect("");
	/* and the old one again: what was said of it is over */
	open_night();
	link_of('a', 10);
	asks('a', 10, 7);
	close_night(NULL, 0);
	expect("");
}

static void
the_newest_words_count(void **state)
{
	(void)state;
	open_night();
	link_of('a', 12);
	link_of('b', 12);
	asks('a', 11, 7);
	says('a', 11, "late", 200);
	asks('a', 12, 7);
	says('a', 12, "early", 100);
	asks('b', 11, 7);
	says('b', 11, "first file", 0);
	asks('b', 12, 7);
	says('b', 12, "second file", 0);
	close_night(NULL, 0);
	assert_int_equal(night.given_count, 2);
	expect("a phone 7 late (11)\nb phone 7 second file (12)\n");
	/* an older row does not take them back; the same words are no news; other words are */
	open_night();
	link_of('a', 11);
	link_of('b', 11);
	asks('a', 11, 7);
	says('a', 11, "older", 150);
	asks('b', 11, 7);
	says('b', 11, "second file", 0);
	close_night(NULL, 0);
	assert_int_equal(night.given_count, 0);
	expect("a phone 7 late (11)\nb phone 7 second file (12)\n");
	open_night();
	link_of('a', 11);
	asks('a', 11, 7);
	says('a', 11, "newer", 200);
	close_night(NULL, 0);
	expect(
	    "a phone 7 newer (11)\na row 1000 newer (11)\n"); /* b is no record any more; a may mean that it is there twice */
}

static void
errors_and_rows_set_aside_are_not_explained(void **state)
{
	struct raised_view view = { .origin = { 11, 0, 'a' } };
	struct issue error = { .rule = RULE_phone_form, .field = phone, .severity = SEVERITY_ERROR, .raw = TEXT("x") };

	(void)state;
	open_night();
	link_of('a', 11);
	link_of('b', 0);
	raised_tell(&view, &error, NULL);
	put(&view);
	says('a', 11, "why not", 0);
	asks('b', 11, 7);
	says('b', 11, "right", 0);
	view = (struct raised_view){
		.origin = { 11, 0, 'b' }, .column = UINT16_MAX, .rule = 8, .field = FIELD_NONE, .severity = RAISED_ASIDE
	};
	put(&view);
	close_night(NULL, 0);
	expect("");
}

static void
who_stands_there_twice_is_explained_without_the_other_row(void **state)
{
	(void)state;
	open_night();
	link_of('a', 11);
	link_of('b', 11);
	says('a', 11, "two schools", 0);
	asks('b', 11, 7); /* a row with a question of its own is explained for that */
	says('b', 11, "right", 0);
	close_night(NULL, 0);
	expect("a row 1000 two schools (11)\nb phone 7 right (11)\n");
	/* the export has both rows again */
	open_night();
	link_of('a', 10);
	link_of('b', 10);
	is_twice('a', 10, 1000);
	asks('b', 10, 7);
	close_night(NULL, 0);
	expect("a row 1000 two schools (11)\nb phone 7 right (11)\n");
	/* and no longer */
	open_night();
	link_of('a', 10);
	link_of('b', 0);
	close_night(NULL, 0);
	expect("b phone 7 right (11)\n");
}

static void
what_was_taken_back_counts_no_more(void **state)
{
	const struct answers_undone undone = { .file = { { 11 } }, .row = 'a', .sheet = 0 };

	(void)state;
	open_night();
	link_of('a', 11);
	link_of('b', 11);
	asks('a', 11, 7);
	says('a', 11, "right", 0);
	asks('b', 11, 7);
	says('b', 11, "right", 0);
	close_night(NULL, 0);
	expect("a phone 7 right (11)\nb phone 7 right (11)\n");
	open_night();
	link_of('a', 0);
	link_of('b', 0);
	close_night(&undone, 1);
	expect("b phone 7 right (11)\n");
	/* nor when the night that took it is done again */
	older[0] = '\0';
	open_night();
	link_of('a', 11);
	asks('a', 11, 7);
	says('a', 11, "right", 0);
	close_night(&undone, 1);
	assert_int_equal(night.given_count, 0);
	expect("");
}

static void
a_damaged_file_is_refused(void **state)
{
	struct answers answers;
	struct arena arena;
	struct buffer bytes;
	struct err err = { 0 };

	(void)state;
	open_night();
	link_of('a', 11);
	asks('a', 11, 7);
	says('a', 11, "right", 0);
	close_night(NULL, 0);
	answers_free(&night);
	arena_init(&arena, 1 << 20);
	buffer_init(&bytes, 1 << 20);
	assert_int_equal(file_read_all(now, &bytes, &err), 0);
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.at[i] ^= 1;
		assert_int_equal(
		    answers_load(scratch_file("damaged", bytes.at, bytes.len), dataset, &arena, &answers, &err), -1);
		bytes.at[i] ^= 1;
	}
	buffer_fini(&bytes);
	arena_fini(&arena);
}

static int
load(void **state)
{
	struct err err = { 0 };

	(void)state;
	dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	if (dataset == NULL)
		return 1;
	phone = dataset_field(dataset, TEXT("phone"))->number;
	return 0;
}

static int
unload(void **state)
{
	(void)state;
	dataset_free(dataset);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_stays_until_the_value_changes, begin, end),
		cmocka_unit_test_setup_teardown(the_newest_words_count, begin, end),
		cmocka_unit_test_setup_teardown(errors_and_rows_set_aside_are_not_explained, begin, end),
		cmocka_unit_test_setup_teardown(who_stands_there_twice_is_explained_without_the_other_row, begin, end),
		cmocka_unit_test_setup_teardown(what_was_taken_back_counts_no_more, begin, end),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_refused, begin, end),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
