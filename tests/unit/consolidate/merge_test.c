/*
 * Tests of consumers/consolidate/merge: each rule decides where those before it do not, whatever the order of members.
 */
#include "consumers/consolidate/merge.h"

#include <stdlib.h>

#include "core/record/day.h"
#include "tests/support/support.h"

enum { TRUSTED, RECENT, UNITED, FIELDS };
#define MEMBERS 4

static const struct field fields[FIELDS] = {
	{ .name = { "grade", 5 }, .number = TRUSTED, .merge = MERGE_TRUST },
	{ .name = { "address", 7 }, .number = RECENT, .merge = MERGE_RECENT },
	{ .name = { "phone", 5 }, .number = UNITED, .merge = MERGE_UNION },
};
static const struct dataset dataset = { .fields = fields, .field_count = FIELDS };
static const uint8_t everything[FIELDS] = { 1, 1, 1 };

/* By trust; OFFICE is the authority for every field. The first two deliver in full. */
enum { REGISTRY, GRANTS, HEALTH, HEALTH_TOO, OFFICE, SOURCES };
static const struct source sources[SOURCES] = {
	{ .name = { "registry", 8 }, .trust = 90, .full = true },
	{ .name = { "grants", 6 }, .trust = 50, .full = true },
	{ .name = { "health", 6 }, .trust = 30 },
	{ .name = { "health2", 7 }, .trust = 30 },
	{ .name = { "office", 6 }, .trust = 10, .authority = everything },
};

struct say {
	int source;
	const char *text; /* NULL: the record does not speak of the field */
	bool invalid;
	enum presence presence;
	uint32_t updated_at; /* seconds */
	uint16_t changed;    /* day */
};

static const struct {
	const char *what;
	int field;
	struct say say[MEMBERS];
	const char *value; /* "" for none */
	enum merge_reason reason;
} rows[] = {
	{ "alone", TRUSTED, { { HEALTH, "3", false, PRESENT, 0, 1 }, { REGISTRY, NULL, false, PRESENT, 0, 1 } }, "3",
	    MERGED_ALONE },
	{ "nobody says anything valid", TRUSTED,
	    { { HEALTH, "x", true, PRESENT, 0, 1 }, { REGISTRY, "y", true, PRESENT, 0, 1 } }, "", MERGED_TRUSTED },
	{ "valid before invalid, whoever says it", TRUSTED,
	    { { REGISTRY, "x", true, PRESENT, 0, 9 }, { HEALTH, "3", false, ABSENT, 0, 1 } }, "3", MERGED_VALID },
	{ "stated before no longer stated", TRUSTED,
	    { { REGISTRY, "2", false, ABSENT, 0, 9 }, { HEALTH, "3", false, PRESENT, 0, 1 } }, "3", MERGED_STATED },
	{ "a school that did not come still states", TRUSTED,
	    { { REGISTRY, "2", false, STALE, 0, 1 }, { HEALTH, "3", false, PRESENT, 0, 9 } }, "2", MERGED_TRUSTED },
	{ "the authority before trust", TRUSTED,
	    { { REGISTRY, "2", false, PRESENT, 0, 9 }, { OFFICE, "3", false, PRESENT, 0, 1 } }, "3", MERGED_AUTHORITY },
	{ "trust before recency", TRUSTED,
	    { { REGISTRY, "2", false, PRESENT, 0, 1 }, { HEALTH, "3", false, PRESENT, 0, 9 } }, "2", MERGED_TRUSTED },
	{ "recency before trust, where the field says so", RECENT,
	    { { REGISTRY, "2", false, PRESENT, 0, 1 }, { HEALTH, "3", false, PRESENT, 0, 9 } }, "3", MERGED_RECENT_FACT },
	{ "equally recent: trust", RECENT,
	    { { HEALTH, "3", false, PRESENT, 0, 9 }, { REGISTRY, "2", false, PRESENT, 0, 9 } }, "2", MERGED_TRUSTED },
	{ "equal trust: recency", TRUSTED,
	    { { HEALTH, "2", false, PRESENT, 0, 1 }, { HEALTH_TOO, "3", false, PRESENT, 0, 9 } }, "3",
	    MERGED_RECENT_FACT },
	{ "a row's own time stamp is its recency", TRUSTED,
	    { { HEALTH, "2", false, PRESENT, (10 + DAY_STORE_ZERO) * 86400u, 1 },
		{ HEALTH_TOO, "3", false, PRESENT, 0, 9 } },
	    "2", MERGED_RECENT_FACT },
	{ "agreement of independent sources", TRUSTED,
	    { { HEALTH, "2", false, PRESENT, 0, 5 }, { HEALTH_TOO, "3", false, PRESENT, 0, 5 },
		{ GRANTS, "3", false, ABSENT, 0, 1 } },
	    "3", MERGED_AGREED },
	{ "one source twice does not agree with itself", TRUSTED,
	    { { HEALTH, "2", false, PRESENT, 0, 5 }, { HEALTH, "2", false, PRESENT, 0, 5 },
		{ HEALTH_TOO, "3", false, PRESENT, 0, 5 }, { GRANTS, "3", false, ABSENT, 0, 5 } },
	    "3", MERGED_AGREED },
	{ "an invalid cell does not agree", TRUSTED,
	    { { HEALTH, "2", false, PRESENT, 0, 5 }, { HEALTH_TOO, "3", false, PRESENT, 0, 5 },
		{ GRANTS, "2", true, PRESENT, 0, 5 }, { REGISTRY, "3", false, ABSENT, 0, 5 } },
	    "3", MERGED_AGREED },
	{ "union, best first, each once", UNITED,
	    { { HEALTH, "139 138", false, PRESENT, 0, 5 }, { REGISTRY, "138", false, PRESENT, 0, 5 },
		{ GRANTS, "137 138", false, PRESENT, 0, 5 }, { OFFICE, "136", true, PRESENT, 0, 5 } },
	    "138 137 139", MERGED_TRUSTED },
};

/* Bytes of what member ${i} of row ${r} says. */
static void
make_member(size_t r, size_t i, struct merge_member *member, uint8_t id[RECORD_ID_BYTES], struct buffer *bytes)
{
	const struct say *say = &rows[r].say[i];
	struct value value = { .field = (uint16_t)rows[r].field, .invalid = say->invalid };

	buffer_init(bytes, 1000);
	if (say->text != NULL) {
		value.text = text_from(say->text);
		values_encode(&value, 1, bytes);
	}
	memset(id, (int)i + 1, RECORD_ID_BYTES);
	*member = (struct merge_member){ .id = id,
		.source = &sources[say->source],
		.presence = say->presence,
		.updated_at = say->updated_at,
		.changed = say->changed,
		.values = buffer_as_text(bytes) };
}

static void
each_rule_decides_whatever_the_order(void **state)
{
	struct merger *merger = merger_new(&dataset);

	(void)state;
	assert_non_null(merger);
	for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
		struct merge_member members[MEMBERS];
		uint8_t ids[MEMBERS][RECORD_ID_BYTES];
		struct buffer bytes[MEMBERS];
		size_t count = 0;

		/* a row of the table ends where all is zero: nobody has day 0 */
		while (count < MEMBERS && rows[r].say[count].changed != 0) {
			make_member(r, count, &members[count], ids[count], &bytes[count]);
			count++;
		}
		for (unsigned turn = 0; turn < 24; turn++) {
			struct merge_member shuffled[MEMBERS];
			struct merge_candidate candidates[MEMBERS];
			struct merged merged;
			struct err err = { 0 };
			unsigned rest = turn;

			memcpy(shuffled, members, sizeof(members));
			for (size_t i = count; i > 1; i--) {
				size_t j = rest % i;
				struct merge_member kept = shuffled[i - 1];

				rest /= (unsigned)i;
				shuffled[i - 1] = shuffled[j];
				shuffled[j] = kept;
			}
			assert_int_equal(merge_run(merger, shuffled, count, &merged, &err), 0);
			if (rows[r].value[0] == '\0') {
				assert_int_equal(merged.count, 0);
				continue;
			}
			assert_int_equal(merged.count, 1);
			assert_int_equal(merged.values[0].field, rows[r].field);
			if (!text_eq(merged.values[0].text, text_from(rows[r].value)))
				fail_msg(
				    "%s: %.*s", rows[r].what, (int)merged.values[0].text.len, merged.values[0].text.at);
			assert_true(
			    merge_candidates(merger, shuffled, count, (uint16_t)rows[r].field, candidates, MEMBERS) > 0);
			assert_int_equal(candidates[0].member, merged.values[0].member);
			if (candidates[0].before_next != rows[r].reason)
				fail_msg(
				    "%s: because of %s", rows[r].what, merge_reason_name(candidates[0].before_next));
		}
		for (size_t i = 0; i < count; i++)
			buffer_fini(&bytes[i]);
	}
	merger_free(merger);
}

static void
bytes_that_do_not_hold_together_are_refused(void **state)
{
	static const char bad[] = { 2, 100, 'x' }, beyond[] = { 2 * FIELDS, 1, 'x' };
	struct merger *merger = merger_new(&dataset);
	struct merge_member members[2] = { { .id = (const uint8_t *)"0123456789abcdef", .source = &sources[0] },
		{ .id = (const uint8_t *)"0123456789abcdeg", .source = &sources[1] } };
	struct merged merged;
	struct err err = { 0 };

	(void)state;
	assert_non_null(merger);
	members[0].values = (struct text){ bad, sizeof(bad) };
	assert_int_equal(merge_run(merger, members, 1, &merged, &err), -1);
	assert_int_equal(merge_run(merger, members, 2, &merged, &err), -1);
	members[0].values = (struct text){ beyond, sizeof(beyond) };
	assert_int_equal(merge_run(merger, members, 1, &merged, &err), -1);
	assert_int_equal(merge_run(merger, members, 2, &merged, &err), -1);
	merger_free(merger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_decides_whatever_the_order),
		cmocka_unit_test(bytes_that_do_not_hold_together_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
