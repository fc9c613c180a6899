/*
 * Tests of consumers/consolidate/hold: counts in, findings out; and of compare, which makes the counts whoever counts.
 */
#include "consumers/consolidate/hold.h"

#include <stdlib.h>

#include "tests/support/support.h"

enum { NAME, STUDENT_NO, ETHNIC, FIELDS };
static const struct codes *const some_codes = (const struct codes *)"never looked into";

static const struct source full = { .name = { "registry", 8 }, .full = true };
static const struct source partial = { .name = { "grants", 6 } };
static const struct source *const sources[] = { &full, &partial };

static struct field fields[FIELDS] = {
	{ .name = { "name", 4 }, .number = NAME, .type = FIELD_NAME },
	{ .name = { "student_no", 10 }, .number = STUDENT_NO, .type = FIELD_STUDENT_NO },
	{ .name = { "ethnic", 6 }, .number = ETHNIC, .type = FIELD_CODE },
};
static struct dataset dataset = { .fields = fields, .field_count = FIELDS };

#define NO FIELD_NONE

/* One night: counts of one school of source ${source}, and what must be found, as words. */
static const struct row {
	const char *what;
	uint16_t source, field;
	uint64_t before, here, absent, stale, fresh, changed, emptied, garbled;
	const char *found;
} rows[] = {
	{ "a normal night", 0, NO, 1000, 980, 20, 0, 20, 20, 0, 0, "" },
	{ "more than the share", 0, NO, 1000, 890, 110, 0, 0, 0, 0, 0, "absent absent/7 " },
	{ "more persons than a school may lose", 0, NO, 1000, 979, 21, 0, 0, 0, 0, 0, "absent/7 " },
	{ "a small school has no share", 0, NO, 99, 79, 20, 0, 0, 0, 0, 0, "" },
	{ "a small school by persons", 0, NO, 99, 78, 21, 0, 0, 0, 0, 0, "absent absent/7 " },
	{ "nobody misses who sends what is new only", 1, NO, 1000, 10, 500, 0, 0, 0, 0, 0, "" },
	{ "a school that did not come", 0, NO, 30, 0, 0, 30, 0, 0, 0, 0, "school/7:file " },
	{ "a handful is no school", 0, NO, 4, 0, 0, 4, 0, 0, 0, 0, "" },
	{ "half a class elsewhere is no school", 0, NO, 30, 20, 0, 10, 0, 0, 0, 0, "" },
	{ "everything says something else", 0, NO, 1000, 1000, 0, 0, 0, 760, 0, 0, "changed changed/7 " },
	{ "most of it", 0, NO, 1000, 1000, 0, 0, 0, 750, 0, 0, "" },
	{ "twice as many", 0, NO, 1000, 1000, 0, 0, 600, 0, 0, 0, "new new/7 " },
	{ "names in no encoding", 1, NO, 1000, 1000, 0, 0, 300, 0, 0, 300, "garbled:encoding garbled/7:encoding " },
	{ "a field that tells who it is", 1, NAME, 1000, 1000, 0, 0, 0, 51, 0, 0, "key key/7 " },
	{ "the same of a small school", 1, NAME, 50, 50, 0, 0, 0, 21, 0, 0, "key key/7 " },
	{ "a field that does not", 1, ETHNIC, 1000, 1000, 0, 0, 0, 300, 0, 0, "" },
	{ "values are gone", 1, ETHNIC, 1000, 1000, 0, 0, 0, 0, 60, 0, "emptied emptied/7 " },
};

static void
put_found(const struct hold_findings *findings, struct buffer *out)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct hold_finding *finding = &findings->at[i];

		buffer_string(out, hold_kind_name(finding->kind));
		if (finding->school != 0)
			buffer_format(out, "/%u", finding->school);
		if (finding->cause != HOLD_CAUSE_NONE)
			buffer_format(out, ":%s", hold_cause_name(finding->cause));
		buffer_char(out, ' ');
	}
	buffer_char(out, '\0');
}

static const struct hold_limits limits = { .absent = 10,
	.changed = 75,
	.key = 5,
	.emptied = 5,
	.fresh = 50,
	.rejected = 5,
	.linked = 5,
	.code = 5,
	.persons = 20,
	.keys = 20,
	.few = 5,
	.small = 100 };

/* What is found of ${input}, which gets the rest it needs. */
static const char *
judged(struct hold_input *input, struct buffer *out)
{
	static const struct hold_delivery nothing[2];
	static const struct usual_list unknown;
	struct hold_findings findings;
	struct err err;

	dataset.roles = (struct roles){
		.name = NAME, .student_no = STUDENT_NO, .sex = NO, .birth_date = NO, .id_no = NO
	};
	input->dataset = &dataset;
	input->sources = sources;
	input->source_count = 2;
	input->limits = limits;
	if (input->deliveries == NULL)
		input->deliveries = nothing;
	if (input->usual == NULL)
		input->usual = &unknown;
	assert_int_equal(hold_judge(input, &findings, &err), 0);
	buffer_clear(out);
	put_found(&findings, out);
	hold_free(&findings);
	return out->at;
}

static void
counts_become_findings(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 16);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		struct compared_row at[2] = { { .source = row->source, .field = row->field, .school = 7 },
			{ .source = row->source, .field = NO, .school = 7 } };
		struct hold_input input = { .rows = at, .row_count = row->field == NO ? 1 : 2 };
		uint64_t counts[COMPARED_COUNTS] = { row->before, row->here, row->absent, row->stale, row->fresh,
			row->changed, row->emptied, row->garbled };
		struct usual filled = { row->source, row->field, STOCK_FILLED, row->before, row->before, 0 };
		struct usual_list usual = { &filled, 1, true };
		uint32_t except = 7;

		memcpy(at[0].counts, counts, sizeof(counts));
		at[1].counts[COMPARED_BEFORE] = row->before;
		at[1].counts[COMPARED_HERE] = row->here;
		input.usual = &usual;
		print_message("%s\n", row->what);
		assert_string_equal(judged(&input, &out), row->found);
		input.except = &except;
		input.except_count = 1;
		assert_string_equal(judged(&input, &out), "");
	}
	buffer_fini(&out);
}

static void
a_column_that_is_gone_has_a_cause(void **state)
{
	struct compared_row at[2] = { { .source = 1, .field = ETHNIC, .school = 7 },
		{ .source = 1, .field = NO, .school = 7 } };
	struct hold_column columns[] = { { 1, ETHNIC, TEXT("民族"), TEXT(""), 12 },
		{ 1, FIELD_NONE, TEXT(""), TEXT("备用"), 12 }, { 1, FIELD_NONE, TEXT(""), TEXT("民族名称"), 12 } };
	struct hold_input input = { .rows = at, .row_count = 2, .columns = columns, .column_count = 3 };
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 16);
	at[0].counts[COMPARED_EMPTIED] = 6;
	at[1].counts[COMPARED_HERE] = at[1].counts[COMPARED_BEFORE] = 1000;
	assert_string_equal(judged(&input, &out), "column:renamed ");
	input.column_count = 1;
	assert_string_equal(judged(&input, &out), "column:gone ");
	at[0].counts[COMPARED_EMPTIED] = 4;
	assert_string_equal(judged(&input, &out), "");
	buffer_fini(&out);
}

static void
a_source_as_a_whole(void **state)
{
	struct usual values[] = {
		{ 0, STUDENT_NO, stock_value(TEXT("G")), 900, 342, 0 },
		{ 0, STUDENT_NO, stock_value(TEXT("L")), 100, 658, 0 },
		{ 0, STUDENT_NO, STOCK_FILLED, 1000, 1000, 0 },
		{ 0, ETHNIC, stock_value(TEXT("01")), 900, 800, 0 },
		{ 0, ETHNIC, stock_value(TEXT("77")), 0, 100, 0 },
		{ 0, ETHNIC, STOCK_FILLED, 900, 900, 0 },
		{ 0, NO, STOCK_STUDENTS, 1000, 1000, 0 },
		{ 0, NO, STOCK_LINKED, 900, 800, 0 },
		{ 0, NO, STOCK_KIND + ANCHOR_NUMBER, 1000, 900, 0 },
		{ 0, NO, STOCK_KIND + ANCHOR_BIRTH, 0, 100, 0 },
	};
	struct usual_list usual = { values, ARRAY_LEN(values), true };
	struct hold_delivery deliveries[2] = {
		{ .rows = 1000, .rejected = 80, .rows_before = 1000, .rejected_before = 20, .complete = 1 }
	};
	struct hold_input input = { .usual = &usual, .deliveries = deliveries };
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 16);
	fields[ETHNIC].codes = some_codes;
	assert_string_equal(judged(&input, &out), "number:export rejected code kinds linked ");
	deliveries[0] = (struct hold_delivery){ .refused = 2, .garbled = true };
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		values[i].now = values[i].before;
	assert_string_equal(judged(&input, &out), "refused:encoding ");
	deliveries[0].complete = 1;
	assert_string_equal(judged(&input, &out), "");
	/* numbers for the time being become lasting ones */
	values[0].now = 990;
	values[1].now = 10;
	assert_string_equal(judged(&input, &out), "");
	fields[ETHNIC].codes = NULL;
	buffer_fini(&out);
}

static void
limits_have_seasons(void **state)
{
	static const struct {
		const char *setting;
		unsigned month;
		int result;
		uint64_t limit;
	} list[] = { { "10", 3, 0, 10 }, { "10,07:60,08-10:70", 3, 0, 10 }, { "10,07:60,08-10:70", 7, 0, 60 },
		{ "10,07:60,08-10:70", 10, 0, 70 }, { "10,07-10:60", 11, 0, 10 }, { "", 1, -1, 0 },
		{ "10 5", 1, -1, 0 }, { "10,13:5", 1, -1, 0 }, { "10,09-08:5", 1, -1, 0 }, { "10,07:", 1, -1, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		uint64_t limit;

		assert_int_equal(hold_limit(list[i].setting, list[i].month, &limit), list[i].result);
		if (list[i].result == 0)
			assert_int_equal(limit, list[i].limit);
	}
}

/* ---- compare ---- */

static struct text
encoded(struct buffer *out, const char *name, const char *number)
{
	struct value values[2];
	size_t count = 0;

	if (name != NULL)
		values[count++] = (struct value){ NAME, false, text_from(name) };
	if (number != NULL)
		values[count++] = (struct value){ STUDENT_NO, false, text_from(number) };
	buffer_clear(out);
	values_encode(values, count, out);
	return buffer_as_text(out);
}

/* Records 0 … 99 of school 1 + n % 3: every tenth changed, every eleventh lost its number, every thirteenth absent, every seventeenth new. */
static void
compare_some(struct comparison *comparison, unsigned from, unsigned to)
{
	struct buffer now, old;

	buffer_init(&now, 1 << 16);
	buffer_init(&old, 1 << 16);
	for (unsigned n = from; n < to; n++) {
		struct link before = { .id = { (uint8_t)n }, .school = 1 + n % 3, .kind = ANCHOR_NUMBER }, is = before;
		bool changed = n % 10 == 0, lost = n % 11 == 0;

		is.flags = (uint8_t)(LINK_TODAY | (changed || lost ? LINK_DIRTY : 0));
		if (n % 13 == 0) {
			is.presence = ABSENT;
			is.flags = 0;
		}
		compare_record(comparison, &is, n % 17 == 0 ? NULL : &before, false,
		    encoded(&now, changed ? "new" : "old",
			lost          ? NULL
			    : changed ? "L1"
				      : "G1"),
		    encoded(&old, "old", "G1"));
	}
	buffer_fini(&now);
	buffer_fini(&old);
}

/* Of who had left nobody expects a record: neither a school nor a source misses it. */
static void
who_had_left_is_not_missed(void **state)
{
	struct comparison *comparison;
	const struct compared_row *list;
	const struct stock *stock;
	size_t row_count, stock_count;
	struct buffer values;

	(void)state;
	dataset.roles = (struct roles){ .name = NAME, .student_no = STUDENT_NO, .school_code = NO, .school_name = NO };
	comparison = comparison_new(&dataset, false, NULL);
	assert_non_null(comparison);
	buffer_init(&values, 1 << 10);
	for (unsigned n = 0; n < 40; n++) {
		struct link before = { .id = { (uint8_t)n }, .school = 1, .kind = ANCHOR_NUMBER }, is = before;

		is.presence = n < 10 ? ABSENT : n < 20 ? STALE : PRESENT;
		is.flags = n < 30 ? 0 : LINK_TODAY;
		compare_record(comparison, &is, &before, n % 2 == 0 && n < 30, encoded(&values, "old", "G1"),
		    buffer_as_text(&values));
	}
	assert_int_equal(comparison_sorted(comparison, &list, &row_count, &stock, &stock_count), 0);
	assert_int_equal(row_count, 1);
	assert_int_equal(list[0].counts[COMPARED_BEFORE], 25);
	assert_int_equal(list[0].counts[COMPARED_HERE], 10);
	assert_int_equal(list[0].counts[COMPARED_ABSENT], 5);
	assert_int_equal(list[0].counts[COMPARED_STALE], 5);
	buffer_fini(&values);
	comparison_free(comparison);
}

static void
sums_are_the_same_whoever_counts(void **state)
{
	struct buffer bytes[2];

	(void)state;
	dataset.roles = (struct roles){ .name = NAME, .student_no = STUDENT_NO, .school_code = NO, .school_name = NO };
	for (int way = 0; way < 2; way++) {
		struct comparison *all = comparison_new(&dataset, false, NULL);
		const struct compared_row *list;
		const struct stock *stock;
		size_t count, stock_count;

		assert_non_null(all);
		buffer_init(&bytes[way], 1 << 20);
		for (unsigned part = 0; part < 4; part++) {
			unsigned nth = way == 0 ? part : 3 - part;
			struct comparison *one = comparison_new(&dataset, false, NULL);
			struct buffer told;

			assert_non_null(one);
			compare_some(one, nth * 25, nth * 25 + 25);
			buffer_init(&told, 1 << 20);
			comparison_write(one, &told);
			assert_false(buffer_failed(&told));
			assert_int_equal(comparison_read(all, buffer_as_text(&told)), 0);
			assert_int_equal(comparison_read(one, (struct text){ told.at, told.len - 1 }), -1);
			buffer_fini(&told);
			comparison_free(one);
		}
		assert_int_equal(comparison_sorted(all, &list, &count, &stock, &stock_count), 0);
		for (size_t i = 0; i < count; i++) {
			buffer_add(&bytes[way], &list[i], offsetof(struct compared_row, code));
			buffer_add(&bytes[way], list[i].examples, list[i].example_count * sizeof(struct example));
			if (i > 0)
				assert_true(list[i].example_count <= EXAMPLES_MAX);
		}
		buffer_add(&bytes[way], stock, stock_count * sizeof(*stock));
		comparison_free(all);
	}
	assert_int_equal(bytes[0].len, bytes[1].len);
	assert_memory_equal(bytes[0].at, bytes[1].at, bytes[0].len);
	buffer_fini(&bytes[0]);
	buffer_fini(&bytes[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_become_findings),
		cmocka_unit_test(a_column_that_is_gone_has_a_cause),
		cmocka_unit_test(a_source_as_a_whole),
		cmocka_unit_test(limits_have_seasons),
		cmocka_unit_test(who_had_left_is_not_missed),
		cmocka_unit_test(sums_are_the_same_whoever_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
