/*
 * Tests of core/record/wire: what is written is read; what is cut, repeated or of another version is refused, and never read past its end.
 */
#include "core/record/wire.h"

#include <stdlib.h>

#include "tests/support/support.h"

static const struct wire_origin origin = {
	.file = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
	.sheet = 3,
	.row = 70000,
	.definitions = 0x0123456789ABCDEF,
	.date = { 2026, 9, 2 },
};

/* In memory of just its size, so that a sanitizer sees a byte too far. */
static struct text
exact(struct text bytes)
{
	char *copy = malloc(bytes.len == 0 ? 1 : bytes.len);

	assert_non_null(copy);
	if (bytes.len > 0)
		memcpy(copy, bytes.at, bytes.len);
	return (struct text){ copy, bytes.len };
}

static void
assert_origin(const struct wire_origin *got)
{
	assert_memory_equal(got->file, origin.file, WIRE_FILE_BYTES);
	assert_int_equal(got->sheet, origin.sheet);
	assert_int_equal(got->row, origin.row);
	assert_true(got->definitions == origin.definitions);
	assert_int_equal(got->date.year, 2026);
	assert_int_equal(got->date.day, 2);
}

static void
write_row(struct buffer *out)
{
	const struct cell cells[3] = { { TEXT("张三"), CELL_TEXT }, { { 0 }, CELL_TEXT }, { TEXT("42"), CELL_NUMBER } };
	struct wire_row row = {
		.origin = origin, .role = 0, .flags = 2, .source = TEXT("registry"), .binding = TEXT("abc"), .cell_count = 3
	};

	buffer_clear(out);
	wire_row_write(&row, cells, out);
	assert_false(buffer_failed(out));
}

static void
a_row_comes_back(void **state)
{
	struct buffer out;
	struct wire_row row;
	struct cell cells[3];

	(void)state;
	buffer_init(&out, 4096);
	write_row(&out);
	assert_int_equal(wire_row_read(buffer_as_text(&out), &row), 0);
	assert_origin(&row.origin);
	assert_int_equal(row.flags, 2);
	assert_true(text_eq(row.source, TEXT("registry")));
	assert_true(text_eq(row.binding, TEXT("abc")));
	assert_int_equal(row.cell_count, 3);
	wire_row_cells(&row, cells);
	assert_true(text_eq(cells[0].text, TEXT("张三")));
	assert_int_equal(cells[1].text.len, 0);
	assert_true(text_eq(cells[2].text, TEXT("42")));
	assert_int_equal(cells[2].kind, CELL_NUMBER);
	buffer_fini(&out);
}

/* Every kind of cell there is, and none beyond; one without a result has no text. */
static void
cells_are_of_all_kinds(void **state)
{
	struct buffer out;
	struct wire_row read;

	(void)state;
	buffer_init(&out, 4096);
	for (uint32_t kind = 0; kind < 8; kind++) {
		for (uint32_t len = 0; len < 2; len++) {
			struct cell cell = { { "x", len }, (enum cell_kind)kind };
			struct wire_row row = {
				.origin = origin, .source = TEXT("registry"), .binding = TEXT("abc"), .cell_count = 1
			};
			bool right = kind < CELL_KINDS && (kind != CELL_UNSAVED || len == 0);

			buffer_clear(&out);
			wire_row_write(&row, &cell, &out);
			assert_int_equal(wire_row_read(buffer_as_text(&out), &read), right ? 0 : -1);
		}
	}
	buffer_fini(&out);
}

/* Every length of a whole message but its own is refused; every single byte turned is read or refused, no more. */
static void
damage(struct buffer *out, int (*read)(struct text))
{
	for (size_t len = 0; len < out->len; len++) {
		struct text cut = exact((struct text){ out->at, len });

		if (read(cut) == 0)
			fail_msg("a message cut to %zu of %zu bytes was read", len, out->len);
		free((void *)cut.at);
	}
	for (size_t i = 0; i < out->len; i++) {
		struct text turned = exact(buffer_as_text(out));

		((char *)turned.at)[i] ^= (char)0xFF;
		(void)read(turned);
		free((void *)turned.at);
	}
}

static int
read_row(struct text bytes)
{
	struct cell cells[WIRE_CELLS_MAX];
	struct wire_row row;

	if (wire_row_read(bytes, &row) != 0)
		return -1;
	wire_row_cells(&row, cells);
	return 0;
}

static int
read_checked(struct text bytes)
{
	struct wire_checked row;

	return wire_checked_read(bytes, 10, &row);
}

static int
read_issues(struct text bytes)
{
	struct wire_issues row;

	return wire_issues_read(bytes, &row);
}

static void
write_checked(struct buffer *out)
{
	const struct value values[] = { { 1, false, TEXT("张三") }, { 7, true, TEXT("??") } };
	struct wire_checked row = { .origin = origin,
		.issues = true,
		.checked = { .id = { 9 },
		    .version = 1,
		    .content = 2,
		    .number = 3,
		    .core = 4,
		    .student_no = 5,
		    .name = 6,
		    .birth_day = -7,
		    .school = 8,
		    .kind = ANCHOR_NUMBER,
		    .raw = 10 } };
	struct buffer encoded;

	buffer_init(&encoded, 4096);
	values_encode(values, ARRAY_LEN(values), &encoded);
	row.values = buffer_as_text(&encoded);
	buffer_clear(out);
	wire_checked_write(&row, out);
	assert_false(buffer_failed(out));
	buffer_fini(&encoded);
}

static void
a_checked_row_comes_back(void **state)
{
	struct buffer out;
	struct wire_checked row;

	(void)state;
	buffer_init(&out, 4096);
	write_checked(&out);
	assert_int_equal(wire_checked_read(buffer_as_text(&out), 10, &row), 0);
	assert_origin(&row.origin);
	assert_true(row.issues);
	assert_int_equal(row.checked.id[0], 9);
	assert_true(row.checked.version == 1 && row.checked.content == 2 && row.checked.number == 3
	    && row.checked.core == 4 && row.checked.student_no == 5 && row.checked.raw == 10);
	assert_int_equal(row.checked.name, 6);
	assert_int_equal(row.checked.birth_day, -7);
	assert_int_equal(row.checked.school, 8);
	assert_true(text_eq(values_get(row.values, 1), TEXT("张三")));
	/* a field that this dataset does not have */
	assert_int_equal(wire_checked_read(buffer_as_text(&out), 7, &row), -1);
	buffer_fini(&out);
}

static void
write_issues(struct buffer *out)
{
	struct wire_issues row = { .origin = origin, .settled = WIRE_REJECTED, .role = 0 };
	struct buffer issues;

	buffer_init(&issues, 4096);
	wire_issue_add(&issues, 4, 5, 6, SEVERITY_REJECT, TEXT("原文"));
	wire_issue_add(&issues, UINT16_MAX, 7, FIELD_NONE, SEVERITY_QUERY, TEXT(""));
	row.issues = buffer_as_text(&issues);
	buffer_clear(out);
	wire_issues_write(&row, out);
	assert_false(buffer_failed(out));
	buffer_fini(&issues);
}

static void
issues_come_back(void **state)
{
	struct buffer out;
	struct wire_issues row;
	struct wire_issue issue;
	size_t pos = 0;

	(void)state;
	buffer_init(&out, 4096);
	write_issues(&out);
	assert_int_equal(wire_issues_read(buffer_as_text(&out), &row), 0);
	assert_origin(&row.origin);
	assert_int_equal(row.settled, WIRE_REJECTED);
	assert_int_equal(wire_issue_next(row.issues, &pos, &issue), 1);
	assert_int_equal(issue.column, 4);
	assert_int_equal(issue.rule, 5);
	assert_int_equal(issue.field, 6);
	assert_true(text_eq(issue.raw, TEXT("原文")));
	assert_int_equal(wire_issue_next(row.issues, &pos, &issue), 1);
	assert_int_equal(issue.field, FIELD_NONE);
	assert_int_equal(wire_issue_next(row.issues, &pos, &issue), 0);
	buffer_fini(&out);
}

static void
explanations_come_back(void **state)
{
	struct wire_issues row = { .origin = origin,
		.settled = WIRE_ACCEPTED,
		.has_record = true,
		.record = { 1, 2, 3 },
		.updated = 1700000000,
		.content = 0x0102030405060708,
		.explanation = TEXT("属实") };
	struct buffer out, issues, abouts;
	struct wire_issues back;

	(void)state;
	buffer_init(&out, 4096);
	buffer_init(&issues, 4096);
	buffer_init(&abouts, 4096);
	wire_issue_add(&issues, 4, 5, 6, SEVERITY_QUERY, TEXT("原文"));
	wire_about_add(&abouts, 77);
	wire_issue_add(&issues, 5, 5, 7, SEVERITY_QUERY, TEXT(""));
	wire_about_add(&abouts, UINT64_MAX);
	row.issues = buffer_as_text(&issues);
	row.abouts = buffer_as_text(&abouts);
	wire_issues_write(&row, &out);
	assert_int_equal(wire_issues_read(buffer_as_text(&out), &back), 0);
	assert_true(back.has_record && memcmp(back.record, row.record, sizeof(row.record)) == 0);
	assert_int_equal(back.updated, row.updated);
	assert_true(back.content == row.content);
	assert_true(text_eq(back.explanation, row.explanation));
	assert_true(wire_about(&back, 0) == 77 && wire_about(&back, 1) == UINT64_MAX && wire_about(&back, 2) == 0);
	for (size_t len = 0; len < out.len; len++)
		(void)read_issues((struct text){ out.at, len });
	/* words without whom they speak of */
	row.has_record = false;
	buffer_clear(&out);
	wire_issues_write(&row, &out);
	assert_int_equal(read_issues(buffer_as_text(&out)), -1);
	row.has_record = true;
	row.explanation = TEXT("\xFF");
	buffer_clear(&out);
	wire_issues_write(&row, &out);
	assert_int_equal(read_issues(buffer_as_text(&out)), -1);
	/* as before there were any */
	write_issues(&out);
	assert_int_equal(wire_issues_read(buffer_as_text(&out), &back), 0);
	assert_true(!back.has_record && back.explanation.len == 0 && wire_about(&back, 0) == 0);
	buffer_fini(&out);
	buffer_fini(&issues);
	buffer_fini(&abouts);
}

static void
damaged_messages_do_no_harm(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 4096);
	write_row(&out);
	damage(&out, read_row);
	write_checked(&out);
	damage(&out, read_checked);
	write_issues(&out);
	damage(&out, read_issues);
	write_row(&out);
	out.at[0] = WIRE_VERSION + 1;
	assert_int_equal(read_row(buffer_as_text(&out)), -1);
	buffer_fini(&out);
}

static void
a_tag_of_later_versions_is_stepped_over_and_a_repeated_one_is_not(void **state)
{
	struct buffer out;
	size_t len;

	(void)state;
	buffer_init(&out, 4096);
	write_row(&out);
	len = out.len;
	buffer_add(&out, "\x70\x03xyz", 5);
	assert_int_equal(read_row(buffer_as_text(&out)), 0);
	out.len = len;
	buffer_add(&out, "\x05\x01x", 3); /* a second sender */
	assert_int_equal(read_row(buffer_as_text(&out)), -1);
	buffer_fini(&out);
}

static void
a_key_names_file_sheet_and_row_and_places_add_up(void **state)
{
	char key[WIRE_KEY_MAX];
	size_t len = wire_key(&origin, key);

	(void)state;
	assert_int_equal(len, strlen(key));
	assert_string_equal(key, "0102030405060708090a0b0c0d0e0f10:3:70000");
	assert_true(wire_place_hash(0, 1) != wire_place_hash(1, 0));
	assert_true(wire_place_hash(0, 1) + wire_place_hash(0, 2) != wire_place_hash(0, 1) * 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_comes_back),
		cmocka_unit_test(cells_are_of_all_kinds),
		cmocka_unit_test(a_checked_row_comes_back),
		cmocka_unit_test(issues_come_back),
		cmocka_unit_test(explanations_come_back),
		cmocka_unit_test(damaged_messages_do_no_harm),
		cmocka_unit_test(a_tag_of_later_versions_is_stepped_over_and_a_repeated_one_is_not),
		cmocka_unit_test(a_key_names_file_sheet_and_row_and_places_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
