/*
 * Tests of consumers/consolidate/decisions and pins: what the log becomes, what is taken away, and what pinning does to a
 * student.
 */
#include "consumers/consolidate/decisions.h"

#include "tests/support/support.h"

enum { NAME, PHONE, GRADE, FIELDS };
static const struct field fields[FIELDS] = {
	{ .name = { "name", 4 }, .number = NAME, .merge = MERGE_TRUST },
	{ .name = { "phone", 5 }, .number = PHONE, .merge = MERGE_UNION },
	{ .name = { "grade", 5 }, .number = GRADE, .merge = MERGE_TRUST },
};
static const uint8_t of_registry[FIELDS] = { [NAME] = 1 };
static const struct source registry = { .name = { "registry", 8 }, .trust = 90, .full = true, .authority = of_registry };
static const struct source school = { .name = { "school", 6 }, .trust = 30 };

#define A "00000000000000000000000000000001"
#define B "00000000000000000000000000000002"
#define C "00000000000000000000000000000003"

static char data[FILE_PATH_MAX / 8];
static struct journal_log journal;
static struct decisions decisions;

static void
begin(void)
{
	char path[FILE_PATH_MAX];
	struct err err = { 0 };

	snprintf(data, sizeof(data), "%s", scratch_make());
	snprintf(path, sizeof(path), "%s/state", data);
	assert_int_equal(file_make_folder(path, &err), 0);
}

static void
say(const char *action, const char *name1, const char *value1, const char *name2, const char *value2, const char *name3,
    const char *value3)
{
	struct journal_member members[] = { { name1, text_from(value1) }, { name2, text_from(value2) },
		{ name3, text_from(value3) } };
	struct err err = { 0 };

	assert_int_equal(journal_append(data, TEXT("clerk"), action, members, 3, NULL, &err), 0);
}

static void
decide(const char *decision, const char *records)
{
	say("decide", "decision", decision, "records", records, "case", "");
}

static void
correct(const char *record, const char *field, const char *value)
{
	say("correct", "record", record, "field", field, "value", value);
}

static void
undo(const char *of)
{
	say("undo", "of", of, "x", "", "y", "");
}

/* The dataset needs its names: what decisions ask of it is dataset_field(), so a small one is loaded. */
static struct dataset *dataset;

static void
read_them(const char *older)
{
	struct err err = { 0 };

	decisions_free(&decisions);
	journal_free(&journal);
	assert_int_equal(journal_load(&journal, data, &err), 0);
	if (decisions_read(&decisions, &journal, dataset, older, &err) != 0)
		fail_msg("%s", err.what);
}

static void
end(void)
{
	decisions_free(&decisions);
	journal_free(&journal);
	scratch_remove();
}

static void
check_edge(size_t i, enum decided_kind kind, int a, int b)
{
	assert_in_range(i, 0, decisions.decided_count - 1);
	assert_int_equal(decisions.decided[i].kind, kind);
	assert_int_equal(decisions.decided[i].a[15], a);
	assert_int_equal(decisions.decided[i].b[15], b);
}

static void
decisions_become_edges(void **test)
{
	(void)test;
	begin();
	decide("same", C " " A " " B);
	read_them(NULL);
	assert_int_equal(decisions.decided_count, 2); /* a chain */
	check_edge(0, DECIDED_SAME, 1, 2);
	check_edge(1, DECIDED_SAME, 1, 3);
	end();
	begin();
	decide("twins", A " " B " " C);
	decide("renumbered", B " " A); /* old, then new: not put in order */
	read_them(NULL);
	assert_int_equal(decisions.decided_count, 4);
	check_edge(0, DECIDED_TWINS, 1, 2);
	check_edge(1, DECIDED_TWINS, 1, 3);
	check_edge(2, DECIDED_RENUMBERED, 2, 1);
	check_edge(3, DECIDED_TWINS, 2, 3);
	end();
	begin();
	say("decide", "decision", "wrong_row", "records", A, "content", "00000000000000ff");
	read_them(NULL);
	assert_int_equal(decisions.decided_count, 1);
	check_edge(0, DECIDED_WRONG_ROW, 1, 0);
	assert_int_equal(decisions.decided[0].content, 255);
	end();
}

static void
the_later_of_two_decisions_counts_and_undo_brings_back(void **test)
{
	(void)test;
	begin();
	decide("same", A " " B);
	decide("different", B " " A);
	read_them(NULL);
	assert_int_equal(decisions.decided_count, 1);
	check_edge(0, DECIDED_DIFFERENT, 1, 2);
	undo("2");
	read_them(NULL);
	check_edge(0, DECIDED_SAME, 1, 2);
	undo("3"); /* the undo itself */
	read_them(NULL);
	check_edge(0, DECIDED_DIFFERENT, 1, 2);
	undo("2");
	undo("1");
	read_them(NULL);
	assert_int_equal(decisions.decided_count, 0);
	end();
}

static void
an_entry_that_does_not_hold_together_stops(void **test)
{
	static const char *const records[] = { A, A " " A, A " x", "" };
	struct err err = { 0 };

	(void)test;
	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		begin();
		decide("same", records[i]);
		assert_int_equal(journal_load(&journal, data, &err), 0);
		assert_int_equal(decisions_read(&decisions, &journal, dataset, NULL, &err), -1);
		assert_int_equal(err.kind, ERR_STOP);
		end();
	}
}

static void
pins_come_and_go(void **test)
{
	static const char older[] = "{\"number\":1,\"state\":\"expired\"}\n"
				    "{\"number\":2,\"state\":\"applied\",\"record\":\"" B
				    "\",\"field\":\"name\",\"value\":\"李四\"}\n";
	uint8_t record[RECORD_ID_BYTES] = { [15] = 2 };
	const struct pin *pin;
	size_t count;

	(void)test;
	begin();
	correct(A, "name", "张三");
	correct(B, "name", "李四");
	correct(B, "name", "李思");
	correct(C, "gone", "x"); /* a field that the dataset has no more */
	read_them(NULL);
	assert_int_equal(decisions.pins.count, 3);
	assert_int_equal(decisions.older.count, 0);
	read_them(scratch_file("pins.jsonl", older, sizeof(older) - 1));
	assert_int_equal(decisions.pins.count, 2); /* the first has expired, for ever */
	assert_int_equal(decisions.older.count, 1);
	assert_false(pins_same(&decisions.pins, &decisions.older, record));
	pin = pins_of(&decisions.pins, record, &count);
	assert_int_equal(count, 2);
	assert_text(pin[1].value, "李思");
	undo("3");
	read_them(scratch_file("pins.jsonl", older, sizeof(older) - 1));
	assert_true(pins_same(&decisions.pins, &decisions.older, record));
	end();
}

/* ---- what pinning does ---- */

struct says {
	int record;
	const struct source *source;
	enum presence presence;
	const char *value[FIELDS];
};

static struct merged
merge(struct merger *merger, const struct says *says, size_t count)
{
	static struct merge_member members[4];
	static uint8_t ids[4][RECORD_ID_BYTES];
	static struct buffer bytes[4];
	struct merged merged;
	struct err err = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct value values[FIELDS];
		size_t n = 0;

		for (uint16_t f = 0; f < FIELDS; f++) {
			if (says[i].value[f] != NULL)
				values[n++] = (struct value){ .field = f, .text = text_from(says[i].value[f]) };
		}
		buffer_fini(&bytes[i]);
		buffer_init(&bytes[i], 1000);
		values_encode(values, n, &bytes[i]);
		memset(ids[i], 0, RECORD_ID_BYTES);
		ids[i][15] = (uint8_t)says[i].record;
		members[i] = (struct merge_member){ .id = ids[i],
			.source = says[i].source,
			.presence = says[i].presence,
			.values = buffer_as_text(&bytes[i]) };
	}
	assert_int_equal(merge_run(merger, members, count, &merged, &err), 0);
	return merged;
}

static struct text
value_in(const struct merged *merged, uint16_t field)
{
	for (size_t i = 0; i < merged->count; i++) {
		assert_true(i == 0 || merged->values[i - 1].field < merged->values[i].field);
		if (merged->values[i].field == field)
			return merged->values[i].text;
	}
	return TEXT("-");
}

static void
a_pinned_value_stands_until_its_keeper_agrees(void **test)
{
	static const struct dataset small = { .fields = fields, .field_count = FIELDS };
	const struct pin at[] = { { .record = { [15] = 1 }, .number = 4, .field = NAME, .value = TEXT("张珊") },
		{ .record = { [15] = 1 }, .number = 5, .field = PHONE, .value = TEXT("139") },
		{ .record = { [15] = 2 }, .number = 7, .field = NAME, .value = TEXT("张姗") } };
	const struct pins pins = { at, 3 }, first = { at, 2 };
	struct says says[2] = { { 1, &registry, PRESENT, { "张山", NULL, "3" } },
		{ 2, &school, PRESENT, { "张珊", "138", "4" } } };
	struct merger *merger = merger_new(&small);
	struct merged merged;

	(void)test;
	assert_non_null(merger);
	merged = merge(merger, says, 2);
	assert_text(value_in(&merged, NAME), "张山");
	assert_int_equal(merged.pin_count, 0);
	merger_pin(merger, &first);
	merged = merge(merger, says, 1); /* one record alone, without a telephone */
	assert_text(value_in(&merged, NAME), "张珊");
	assert_text(value_in(&merged, PHONE), "139");
	assert_text(value_in(&merged, GRADE), "3");
	assert_int_equal(merged.values[0].pinned, 4);
	merged = merge(merger, says, 2); /* the school agrees: it does not keep names */
	assert_text(value_in(&merged, NAME), "张珊");
	assert_int_equal(merged.pins[0].state, PIN_APPLIED);
	assert_text(merged.pins[0].keeper_says, "张山");
	says[0].value[NAME] = "张珊";
	merged = merge(merger, says, 2);
	assert_int_equal(merged.pins[0].state, PIN_EXPIRED);
	assert_int_equal(merged.values[0].pinned, 0);
	says[0].presence = ABSENT; /* what is no longer stated does not agree */
	merged = merge(merger, says, 2);
	assert_int_equal(merged.pins[0].state, PIN_APPLIED);
	says[0].presence = PRESENT;
	says[0].value[NAME] = "张山";
	merger_pin(merger, &pins); /* two records became one student: the later decision counts */
	merged = merge(merger, says, 2);
	assert_text(value_in(&merged, NAME), "张姗");
	assert_int_equal(merged.pins[0].state, PIN_SUPERSEDED);
	merged = merge(merger, says, 1); /* and are two again: each has its own */
	assert_text(value_in(&merged, NAME), "张珊");
	merger_free(merger);
}

static int
load(void **state)
{
	struct err err = { 0 };

	(void)state;
	dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	return dataset == NULL;
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
		cmocka_unit_test(decisions_become_edges),
		cmocka_unit_test(the_later_of_two_decisions_counts_and_undo_brings_back),
		cmocka_unit_test(an_entry_that_does_not_hold_together_stops),
		cmocka_unit_test(pins_come_and_go),
		cmocka_unit_test(a_pinned_value_stands_until_its_keeper_agrees),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
