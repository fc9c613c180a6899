/*
 * contract_test.c - what every reader promises, checked for each one in reader.c's table: the same
 * table gives the same cells in every format; in the sandbox as in this process; read twice as read
 * once; cut off at any byte or with any byte changed it refuses with a reason or gives rows, and
 * never crashes.
 */
#include "tests/support/support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/contract/readers/samples.h"
#include "tests/support/reading.h"

#define SAMPLE_MAX ((size_t)64 * 1024)

static struct sandbox *sandbox;

static const struct reader_ops *
reader_of(const struct sample *sample)
{
	for (size_t i = 0; reader_at(i) != NULL; i++) {
		if (strcmp(reader_at(i)->name, sample->reader) == 0)
			return reader_at(i);
	}
	return NULL;
}

static struct buffer
sample_bytes(const char *file)
{
	char path[FILE_PATH_MAX];
	struct buffer bytes;
	struct err err;

	buffer_init(&bytes, SAMPLE_MAX);
	assert_int_equal(path_format(path, &err, "%s/samples/%s", TEST_DATA, file), 0);
	assert_int_equal(file_read_all(path, &bytes, &err), 0);
	return bytes;
}

/* The lines that cells.txt (tabs between cells) stands for. */
static struct buffer
expected_lines(const char *sheet)
{
	struct buffer table = sample_bytes("cells.txt"), lines;
	size_t from = 0;
	unsigned row = 0;

	buffer_init(&lines, SAMPLE_MAX);
	while (from < table.len) {
		struct text rest = { table.at + from, table.len - from };
		struct text line = { rest.at, text_find(rest, TEXT("\n")) };

		from += line.len + 1;
		buffer_format(&lines, "{\"sheet\":\"%s\",\"row\":%u,\"cells\":[", sheet, ++row);
		for (;;) {
			size_t tab = text_find(line, TEXT("\t"));
			struct text cell = { line.at, tab == SIZE_MAX ? line.len : tab };

			buffer_json_string(&lines, cell);
			if (tab == SIZE_MAX)
				break;
			buffer_char(&lines, ',');
			line = (struct text){ line.at + tab + 1, line.len - tab - 1 };
		}
		buffer_string(&lines, "]}\n");
	}
	buffer_fini(&table);
	return lines;
}

static void
the_same_table_gives_the_same_cells(void **state)
{
	struct reading reading;
	struct err err;

	(void)state;
	reading_init(&reading);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		struct buffer bytes, want;

		if (reader_of(&samples[i]) == NULL)
			continue;
		bytes = sample_bytes(samples[i].file);
		want = expected_lines(samples[i].sheet);
		for (int times = 0; times < 2; times++) {
			assert_int_equal(reading_bytes(&reading, NULL, bytes.at, bytes.len, &err), 0);
			if (!text_eq(buffer_as_text(&reading.lines), buffer_as_text(&want)))
				print_error("%s: %s %s\n%.*s", samples[i].file, refusal_name(reading.refused),
				    reading.detail, (int)reading.lines.len, reading.lines.at);
			assert_int_equal(reading.refused, REFUSED_NO);
			assert_true(text_eq(buffer_as_text(&reading.lines), buffer_as_text(&want)));
		}
		buffer_fini(&bytes);
		buffer_fini(&want);
	}
	reading_fini(&reading);
}

static void
the_sandbox_changes_nothing(void **state)
{
	struct reading here, there;
	struct err err;

	(void)state;
	reading_init(&here);
	reading_init(&there);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		struct buffer bytes = sample_bytes(samples[i].file);

		/* whole, and cut to half */
		for (size_t part = 1; part <= 2; part++) {
			int fd = reading_memory(bytes.at, bytes.len / part);

			assert_int_equal(reading_fd(&here, NULL, fd, &err), 0);
			assert_int_equal(reading_sandboxed(&there, sandbox, fd, &err), 0);
			if (here.refused != there.refused)
				print_error("%s: %s here, %s there\n", samples[i].file, refusal_name(here.refused),
				    refusal_name(there.refused));
			assert_int_equal(here.refused, there.refused);
			assert_string_equal(here.detail, there.detail);
			assert_int_equal(here.document.format, there.document.format);
			assert_int_equal(here.document.encoding, there.document.encoding);
			if (here.refused == REFUSED_NO)
				assert_true(text_eq(buffer_as_text(&here.lines), buffer_as_text(&there.lines)));
			close(fd);
		}
		buffer_fini(&bytes);
	}
	reading_fini(&here);
	reading_fini(&there);
}

/* One reader on bytes that may be anything: rows or a reason, nothing else, and no lie on the wire.
 */
static void
survives(struct reading *reading, const struct reader_ops *ops, const void *bytes, size_t len)
{
	struct err err;

	assert_int_equal(reading_bytes(reading, ops, bytes, len, &err), 0);
	if (reading->refused == REFUSED_LIED || reading->refused == REFUSED_CRASHED)
		print_error("%s at %zu bytes: %s\n", ops->name, len, reading->detail);
	assert_true(reading->refused != REFUSED_LIED && reading->refused != REFUSED_CRASHED);
}

static void
cut_off_anywhere_is_survived(void **state)
{
	struct reading reading;

	(void)state;
	reading_init(&reading);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		const struct reader_ops *ops = reader_of(&samples[i]);
		struct buffer bytes;

		if (ops == NULL)
			continue;
		bytes = sample_bytes(samples[i].file);
		for (size_t len = 0; len < bytes.len; len++)
			survives(&reading, ops, bytes.at, len);
		buffer_fini(&bytes);
	}
	reading_fini(&reading);
}

static void
any_byte_changed_is_survived(void **state)
{
	struct reading reading;

	(void)state;
	reading_init(&reading);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		const struct reader_ops *ops = reader_of(&samples[i]);
		struct buffer bytes;

		if (ops == NULL)
			continue;
		bytes = sample_bytes(samples[i].file);
		for (size_t at = 0; at < bytes.len; at++) {
			char kept = bytes.at[at];

			bytes.at[at] = (char)(kept ^ (at % 2 == 0 ? 0xFF : 0x01));
			survives(&reading, ops, bytes.at, bytes.len);
			bytes.at[at] = kept;
		}
		buffer_fini(&bytes);
	}
	reading_fini(&reading);
}

static void
every_reader_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; reader_at(i) != NULL; i++) {
		assert_non_null(reader_at(i)->name);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(reader_at(i)->name, reader_at(k)->name);
	}
}

static void
nothing_is_refused_as_empty(void **state)
{
	struct reading reading;
	struct err err;

	(void)state;
	reading_init(&reading);
	assert_int_equal(reading_bytes(&reading, NULL, "", 0, &err), 0);
	assert_int_equal(reading.refused, REFUSED_EMPTY);
	assert_true(reading.detail[0] != '\0');
	reading_fini(&reading);
}

static int
setup(void **state)
{
	struct err err;

	(void)state;
	reader_prepare();
	return sandbox_start(&sandbox, &err);
}

static int
teardown(void **state)
{
	(void)state;
	sandbox_stop(sandbox);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reader_has_a_name_of_its_own),
		cmocka_unit_test(nothing_is_refused_as_empty),
		cmocka_unit_test(the_same_table_gives_the_same_cells),
		cmocka_unit_test(the_sandbox_changes_nothing),
		cmocka_unit_test(cut_off_anywhere_is_survived),
		cmocka_unit_test(any_byte_changed_is_survived),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
