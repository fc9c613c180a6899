/*
 * sample_test.c - the sample is the same for a seed, and its truth tells the rows that our readers
 * find.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/digest.h"
#include "ops/sample/sample.h"
#include "tests/support/reading.h"

#define STUDENTS 1000
#define BYTES_MAX ((size_t)256 << 20)

static char root[FILE_PATH_MAX];

static void
make(const char *name, size_t students, uint64_t seed, unsigned nights, const char *mix)
{
	char out[FILE_PATH_MAX];
	struct err err = { 0 };
	struct sample sample = {
		.students = students, .seed = seed, .nights = nights, .mix = mix_named(mix), .out = out
	};

	assert_int_equal(path_format(out, &err, "%s/%s", root, name), 0);
	assert_int_equal(sample_write(&sample, &err), 0);
}

/* Digest of all names and bytes below ${path}. */
static uint64_t
digest_tree(const char *path)
{
	struct err err = { 0 };
	struct stat info;
	uint64_t digest = 0;

	assert_int_equal(stat(path, &info), 0);
	if (S_ISDIR(info.st_mode)) {
		char **names, below[FILE_PATH_MAX];
		size_t count;

		assert_int_equal(file_list(path, &names, &count, &err), 0);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(path_format(below, &err, "%s/%s", path, names[i]), 0);
			digest = hash64(names[i], strlen(names[i]), digest) ^ digest_tree(below) * 31;
		}
		free(names);
	} else {
		struct buffer content;

		buffer_init(&content, BYTES_MAX);
		assert_int_equal(file_read_all(path, &content, &err), 0);
		digest = hash64(content.at, content.len, 1);
		buffer_fini(&content);
	}
	return digest;
}

static uint64_t
digest_of(const char *name)
{
	char path[FILE_PATH_MAX];
	struct err err = { 0 };

	assert_int_equal(path_format(path, &err, "%s/%s", root, name), 0);
	return digest_tree(path);
}

static void
a_seed_gives_the_same_bytes_and_another_seed_others(void **state)
{
	(void)state;
	make("one", 200, 5, 2, "standard");
	make("two", 200, 5, 2, "standard");
	make("other", 200, 6, 2, "standard");
	assert_true(digest_of("one") == digest_of("two"));
	assert_true(digest_of("one") != digest_of("other"));
	make("one", 200, 5, 2, "linkage");
	make("two", 200, 5, 2, "linkage");
	make("other", 200, 5, 2, "other");
	assert_true(digest_of("one") == digest_of("two"));
	assert_true(digest_of("one") != digest_of("other"));
	assert_null(mix_named("none"));
}

static struct text
next_line(struct text *rest)
{
	size_t at = text_find(*rest, TEXT("\r\n"));
	struct text line = { rest->at, at == SIZE_MAX ? rest->len : at };
	size_t used = at == SIZE_MAX ? rest->len : at + 2;

	*rest = (struct text){ rest->at + used, rest->len - used };
	return line;
}

/* Field ${n} of a line without quotes. */
static struct text
field_of(struct text line, size_t n)
{
	for (; n > 0; n--) {
		size_t at = text_find(line, TEXT(","));

		assert_true(at != SIZE_MAX);
		line = (struct text){ line.at + at + 1, line.len - at - 1 };
	}
	if (text_find(line, TEXT(",")) != SIZE_MAX)
		line.len = text_find(line, TEXT(","));
	return line;
}

/* How many rows that are not blank the readers find in a file, and that each is in ${rows}. */
static size_t
compare_file(struct text source, struct text file, struct text rows)
{
	char path[FILE_PATH_MAX];
	struct err err = { 0 };
	struct reading reading;
	struct text lines;
	size_t found = 0;

	assert_int_equal(path_format(path, &err, "%s/city/night-01/inbox/%.*s/%.*s", root, (int)source.len, source.at,
			     (int)file.len, file.at),
	    0);
	reading_init(&reading);
	assert_int_equal(reading_file(&reading, NULL, path, &err), 0);
	assert_int_equal(reading.refused, REFUSED_NO);
	lines = buffer_as_text(&reading.lines);
	while (lines.len > 0) {
		size_t end = text_find(lines, TEXT("\n"));
		struct text line = { lines.at, end == SIZE_MAX ? lines.len : end };
		size_t sheet, row;
		char wanted[1024];
		bool nameless;
		int len;

		lines.at += line.len + (end != SIZE_MAX);
		lines.len -= line.len + (end != SIZE_MAX);
		sheet = strlen("{\"sheet\":\"");
		row = text_find(line, TEXT("\",\"row\":"));
		if (row == SIZE_MAX)
			continue;
		/* readers name tables of HTML and elements of XML; the truth, as the program, does
		 * not */
		nameless = text_starts((struct text){ line.at + sheet, line.len - sheet }, TEXT("Table 1\""))
		    || text_starts((struct text){ line.at + sheet, line.len - sheet }, TEXT("student\""));
		len = snprintf(wanted, sizeof(wanted), "1,%.*s,%.*s,%.*s,%ld,", (int)source.len, source.at,
		    (int)file.len, file.at, nameless ? 0 : (int)(row - sheet), line.at + sheet,
		    strtol(line.at + row + strlen("\",\"row\":"), NULL, 10));
		assert_true(len > 0);
		if (text_find(rows, (struct text){ wanted, (size_t)len }) == SIZE_MAX)
			fail_msg("a row that the truth does not tell: %s", wanted);
		found++;
	}
	reading_fini(&reading);
	return found;
}

static void
the_truth_tells_the_rows_that_readers_find(void **state)
{
	struct buffer files, rows;
	struct text rest, all;
	struct err err = { 0 };
	char path[FILE_PATH_MAX];
	size_t compared = 0;

	(void)state;
	make("city", STUDENTS, 7, 1, "standard");
	buffer_init(&files, BYTES_MAX);
	buffer_init(&rows, BYTES_MAX);
	assert_int_equal(path_format(path, &err, "%s/city/truth/files.csv", root), 0);
	assert_int_equal(file_read_all(path, &files, &err), 0);
	assert_int_equal(path_format(path, &err, "%s/city/truth/rows.csv", root), 0);
	assert_int_equal(file_read_all(path, &rows, &err), 0);
	rest = buffer_as_text(&files);
	all = buffer_as_text(&rows);
	next_line(&rest);
	while (rest.len > 0) {
		struct text line = next_line(&rest), file = field_of(line, 2), here;
		uint64_t told;
		char begins[512];
		size_t at;

		if (text_find(file, TEXT("!")) != SIZE_MAX)
			continue;
		/* a file's rows stand together */
		snprintf(begins, sizeof(begins), "\n1,%.*s,%.*s,", (int)field_of(line, 1).len, field_of(line, 1).at,
		    (int)file.len, file.at);
		at = text_find(all, text_from(begins));
		assert_true(at != SIZE_MAX);
		here = (struct text){ all.at + at, all.len - at };
		assert_true(text_to_u64(field_of(line, 4), &told));
		assert_int_equal(compare_file(field_of(line, 1), file, here), told);
		compared++;
	}
	assert_true(compared > 50);
	buffer_fini(&files);
	buffer_fini(&rows);
}

static void
every_kind_of_mistake_is_made_from_a_thousand_students_up(void **state)
{
	static const char *const some[] = { "id_missing", "id_typo", "id_copied", "id_as_number", "id_15_digits",
		"id_masked", "id_full_width", "id_x_variant", "id_spaces", "id_apostrophe", "name_homophone",
		"name_lookalike", "name_variant", "name_rare_lost", "name_dot_variant", "name_spaces", "name_note",
		"name_pinyin", "name_missing", "birth_wrong", "birth_january_first", "birth_impossible", "birth_serial",
		"birth_other_form", "sex_wrong", "phone_changed", "phone_missing", "phone_generic", "phone_exponent",
		"phone_two", "phone_landline", "postcode_short", "code_prefix", "code_partial", "ethnic_obsolete",
		"bool_sign", "bool_empty", "grade_other_form", "address_short", "school_stale", "column_shift",
		"row_duplicated" };
	struct buffer rows;
	struct err err = { 0 };
	char path[FILE_PATH_MAX];

	(void)state;
	make("thousand", 1000, 3, 1, "standard");
	buffer_init(&rows, BYTES_MAX);
	assert_int_equal(path_format(path, &err, "%s/thousand/truth/rows.csv", root), 0);
	assert_int_equal(file_read_all(path, &rows, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(some); i++) {
		if (text_find(buffer_as_text(&rows), text_from(some[i])) == SIZE_MAX)
			fail_msg("no row has the mistake %s", some[i]);
	}
	buffer_fini(&rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_gives_the_same_bytes_and_another_seed_others),
		cmocka_unit_test(the_truth_tells_the_rows_that_readers_find),
		cmocka_unit_test(every_kind_of_mistake_is_made_from_a_thousand_students_up),
	};
	int failed;

	snprintf(root, sizeof(root), "%s", scratch_make());
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	scratch_remove();
	return failed;
}
