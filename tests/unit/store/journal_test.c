/*
 * Tests of core/store/journal: entries in their order, a torn end, and every way in which lines can be tampered with.
 */
#include "core/store/journal.h"

#include <stdlib.h>

#include "core/record/flat_json.h"
#include "tests/support/support.h"

static char data[FILE_PATH_MAX / 8], log_file[FILE_PATH_MAX];

/* A log of ${count} entries in a new folder. */
static void
begin(unsigned count)
{
	struct err err = { 0 };

	snprintf(data, sizeof(data), "%s", scratch_make());
	snprintf(log_file, sizeof(log_file), "%s/state", data);
	assert_int_equal(file_make_folder(log_file, &err), 0);
	snprintf(log_file, sizeof(log_file), "%s/state/decisions.log", data);
	for (unsigned i = 1; i <= count; i++) {
		char value[32];
		uint64_t number = 0;

		snprintf(value, sizeof(value), "值\"%u\"\n", i);
		assert_int_equal(journal_append(data, TEXT("clerk"), "correct",
				     (struct journal_member[]){ { "value", text_from(value) }, { "empty", TEXT("") } },
				     2, &number, &err),
		    0);
		assert_int_equal(number, i);
	}
}

/* The log's lines, to be put together anew. */
static char *lines[16];
static struct buffer bytes;

static void
load_lines(void)
{
	struct err err = { 0 };
	size_t count = 0;

	buffer_init(&bytes, 1 << 20);
	assert_int_equal(file_read_all(log_file, &bytes, &err), 0);
	buffer_char(&bytes, '\0');
	for (char *at = bytes.at; *at != '\0';) {
		char *end = strchr(at, '\n');

		lines[count++] = at;
		if (end == NULL)
			break;
		*end = '\0';
		at = end + 1;
	}
	lines[count] = NULL;
}

static void
write_lines(const char *const *what)
{
	struct err err = { 0 };
	struct buffer out;

	buffer_init(&out, 1 << 20);
	for (size_t i = 0; what[i] != NULL; i++) {
		buffer_string(&out, what[i]);
		buffer_char(&out, '\n');
	}
	assert_int_equal(file_write_all(log_file, out.at, out.len, &err), 0);
	buffer_fini(&out);
}

static uint64_t
broken_line(const struct journal_head *known)
{
	struct journal_log log;
	struct journal_fault fault;
	struct err err = { 0 };

	assert_int_equal(journal_verify(&log, data, known, &fault, &err), 0);
	journal_free(&log);
	return fault.line;
}

static void
end(void)
{
	buffer_fini(&bytes);
	scratch_remove();
}

static void
entries_come_back_in_their_order(void **test)
{
	struct journal_log log;
	struct buffer out;
	struct err err = { 0 };

	(void)test;
	begin(3);
	assert_int_equal(journal_load(&log, data, &err), 0);
	assert_int_equal(log.count, 3);
	assert_int_equal(log.head.number, 3);
	buffer_init(&out, 1024);
	assert_true(flat_json_string(log.at[1].line, TEXT("value"), &out));
	assert_text(buffer_as_text(&out), "值\"2\"\n");
	assert_true(flat_json_string(log.at[1].line, TEXT("who"), &out));
	assert_text(buffer_as_text(&out), "clerk");
	assert_false(flat_json_string(log.at[1].line, TEXT("empty"), &out));
	buffer_fini(&out);
	journal_free(&log);
	end();
}

static void
no_log_is_an_empty_one(void **test)
{
	struct journal_log log;
	struct err err = { 0 };

	(void)test;
	begin(0);
	assert_int_equal(journal_load(&log, data, &err), 0);
	assert_int_equal(log.count, 0);
	assert_int_equal(log.head.number, 0);
	journal_free(&log);
	end();
}

static void
several_entries_are_written_at_once_or_not_at_all(void **test)
{
	struct journal journal;
	struct err err = { 0 };

	(void)test;
	begin(1);
	assert_int_equal(journal_open(&journal, data, &err), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(journal_add(&journal, TEXT("clerk"), "undo", NULL, 0, &err), 0);
	journal_close(&journal); /* never committed */
	assert_int_equal(journal_open(&journal, data, &err), 0);
	assert_int_equal(journal.head.number, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(journal_add(&journal, TEXT("clerk"), "undo", NULL, 0, &err), 0);
	assert_int_equal(journal_commit(&journal, &err), 0);
	journal_close(&journal);
	assert_int_equal(broken_line(NULL), 0);
	load_lines();
	assert_non_null(lines[3]);
	end();
}

static void
a_torn_last_line_is_left_out_and_cut_off(void **test)
{
	struct journal_log log;
	struct err err = { 0 };
	uint64_t number = 0;

	(void)test;
	begin(3);
	load_lines();
	bytes.len -= 40; /* the end of the third line, its newline too */
	assert_int_equal(file_write_all(log_file, bytes.at, 0, &err), 0);
	{
		struct buffer out;

		buffer_init(&out, 1 << 20);
		buffer_format(&out, "%s\n%s\n%.60s", lines[0], lines[1], lines[2]);
		assert_int_equal(file_write_all(log_file, out.at, out.len, &err), 0);
		buffer_fini(&out);
	}
	assert_int_equal(journal_load(&log, data, &err), 0);
	assert_int_equal(log.count, 2);
	assert_int_equal(log.torn, 60);
	journal_free(&log);
	assert_int_equal(journal_append(data, TEXT("clerk"), "undo", NULL, 0, &number, &err), 0);
	assert_int_equal(number, 3);
	assert_int_equal(broken_line(NULL), 0);
	end();
}

static void
a_changed_line_is_named(void **test)
{
	(void)test;
	for (int changed = 0; changed < 4; changed++) {
		begin(4);
		load_lines();
		strstr(lines[changed], "clerk")[0] = 'C';
		write_lines((const char *const *)lines);
		assert_int_equal(broken_line(NULL), changed + 1);
		end();
	}
}

static void
removed_swapped_and_inserted_lines_are_named(void **test)
{
	(void)test;
	begin(4);
	load_lines();
	write_lines((const char *[]){ lines[0], lines[2], lines[3], NULL });
	assert_int_equal(broken_line(NULL), 2);
	write_lines((const char *[]){ lines[1], lines[2], lines[3], NULL });
	assert_int_equal(broken_line(NULL), 1);
	write_lines((const char *[]){ lines[0], lines[2], lines[1], lines[3], NULL });
	assert_int_equal(broken_line(NULL), 2);
	write_lines((const char *[]){ lines[0], lines[1], lines[1], lines[2], NULL });
	assert_int_equal(broken_line(NULL), 3);
	write_lines((const char *[]){ lines[0], "", lines[1], NULL });
	assert_int_equal(broken_line(NULL), 2);
	end();
}

static void
a_head_that_was_kept_shows_a_log_that_was_cut_or_written_anew(void **test)
{
	struct journal_log log;
	struct journal_head head;
	struct err err = { 0 };

	(void)test;
	begin(4);
	assert_int_equal(journal_load(&log, data, &err), 0);
	head = log.head;
	journal_free(&log);
	assert_int_equal(broken_line(&head), 0);
	load_lines();
	write_lines((const char *[]){ lines[0], lines[1], NULL });
	assert_int_equal(broken_line(NULL), 0);
	assert_int_equal(broken_line(&head), 3);
	end();
	begin(4); /* others of the same length */
	head.digest.at[0] ^= 1;
	assert_int_equal(broken_line(&head), 4);
	end();
}

static void
a_broken_end_is_not_built_upon(void **test)
{
	struct journal_log log;
	struct err err = { 0 };

	(void)test;
	begin(2);
	load_lines();
	strstr(lines[1], "clerk")[0] = 'C';
	write_lines((const char *const *)lines);
	assert_int_equal(journal_append(data, TEXT("clerk"), "undo", NULL, 0, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_STOP);
	assert_int_equal(journal_load(&log, data, &err), -1);
	assert_non_null(strstr(err.what, "line 2"));
	journal_free(&log);
	end();
}

static void
an_entry_has_a_greatest_length(void **test)
{
	struct err err = { 0 };
	char *long_one = malloc(JOURNAL_LINE_MAX);

	(void)test;
	assert_non_null(long_one);
	memset(long_one, 'x', JOURNAL_LINE_MAX);
	begin(1);
	assert_int_equal(journal_append(data, TEXT("clerk"), "undo",
			     (struct journal_member[]){ { "why", { long_one, JOURNAL_LINE_MAX } } }, 1, NULL, &err),
	    -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(broken_line(NULL), 0);
	free(long_one);
	end();
}

/* The lines but that ${nth} (from 0) is what a purge of entry ${by} would have left of it. */
static uint64_t
forged_purge(size_t nth, unsigned by)
{
	char line[600], was[600], hex[65];
	struct sha256 digest;
	const char *before;
	size_t len;

	load_lines();
	before = strstr(lines[nth], ",\"before\"");
	snprintf(was, sizeof(was), "%s\n", lines[nth]);
	digest = sha256_of(was, strlen(was));
	sha256_hex(&digest, hex);
	len = (size_t)snprintf(line, sizeof(line),
	    "{\"number\":%zu,\"action\":\"purged\",\"by\":\"%u\",\"line\":\"%s\"%.*s", nth + 1, by, hex,
	    (int)(strstr(before, ",\"sum\"") - before), before);
	digest = sha256_of(line, len);
	sha256_hex(&digest, hex);
	snprintf(line + len, sizeof(line) - len, ",\"sum\":\"%s\"}", hex);
	lines[nth] = line;
	write_lines((const char *const *)lines);
	buffer_fini(&bytes);
	return broken_line(NULL);
}

static void
what_an_entry_says_can_be_taken_out_by_a_purge_alone(void **test)
{
	const struct journal_member order = { "entries", TEXT("2 4") };
	struct journal_head known;
	struct journal_log log;
	struct err err = { 0 };
	uint64_t by;

	(void)test;
	begin(5);
	assert_int_equal(forged_purge(1, 5), 2); /* entry 5 is none */
	end();
	begin(4);
	assert_int_equal(journal_load(&log, data, &err), 0);
	known = log.head; /* of an entry that is taken out below */
	journal_free(&log);
	assert_int_equal(journal_append(data, TEXT("clerk"), "purge", &order, 1, &by, &err), 0);
	assert_int_equal(journal_redact(data, (const uint64_t[]){ 2, 4 }, 2, by, &err), 0);
	assert_int_equal(journal_redact(data, (const uint64_t[]){ 2, 4 }, 2, by, &err), 0);
	assert_int_equal(journal_append(data, TEXT("clerk"), "undo", NULL, 0, NULL, &err), 0);
	assert_int_equal(journal_load(&log, data, &err), 0);
	assert_int_equal(log.count, 6);
	assert_int_equal(text_find(log.at[1].line, TEXT("值")), SIZE_MAX);
	assert_int_equal(text_find(log.at[3].line, TEXT("clerk")), SIZE_MAX);
	assert_int_not_equal(text_find(log.at[2].line, TEXT("值")), SIZE_MAX);
	journal_free(&log);
	assert_int_equal(broken_line(&known), 0); /* who used the line knows it by its digest */
	assert_int_equal(forged_purge(2, 5), 3);  /* the purge does not name it */
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_come_back_in_their_order),
		cmocka_unit_test(no_log_is_an_empty_one),
		cmocka_unit_test(several_entries_are_written_at_once_or_not_at_all),
		cmocka_unit_test(a_torn_last_line_is_left_out_and_cut_off),
		cmocka_unit_test(a_changed_line_is_named),
		cmocka_unit_test(removed_swapped_and_inserted_lines_are_named),
		cmocka_unit_test(a_head_that_was_kept_shows_a_log_that_was_cut_or_written_anew),
		cmocka_unit_test(a_broken_end_is_not_built_upon),
		cmocka_unit_test(an_entry_has_a_greatest_length),
		cmocka_unit_test(what_an_entry_says_can_be_taken_out_by_a_purge_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
