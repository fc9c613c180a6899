/*
 * Tests of consumers/consolidate/presence: every way from one standing to another, and what is evidence; and of
 * consumers/consolidate/standings, the file between two nights.
 */
#include "consumers/consolidate/standings.h"

#include <stdlib.h>
#include <unistd.h>

#include "consumers/consolidate/pins.h"
#include "core/base/file.h"
#include "core/record/day.h"
#include "tests/support/support.h"

enum { STATUS, CHANGE, DATE, SCHOOL, FIELDS };
#define MEMBERS 3

static const struct field fields[FIELDS] = {
	{ .name = { "status", 6 }, .number = STATUS },
	{ .name = { "change", 6 }, .number = CHANGE },
	{ .name = { "date", 4 }, .number = DATE, .type = FIELD_DATE },
	{ .name = { "school", 6 }, .number = SCHOOL },
};
static const struct leaving leavings[] = {
	{ STATUS, DATE, { "07", 2 }, { "graduated", 9 } },
	{ STATUS, DATE, { "10", 2 }, { "transferred_out", 15 } },
	{ CHANGE, DATE, { "21", 2 }, { "transferred_out", 15 } },
	{ CHANGE, DATE, { "51", 2 }, { "died", 4 } },
};
static const struct dataset dataset = {
	.fields = fields,
	.field_count = FIELDS,
	.roles = { .school_code = SCHOOL },
	.leavings = leavings,
	.leaving_count = ARRAY_LEN(leavings),
	.back_days = 30,
};

enum { REGISTRY, GRANTS, HEALTH, HEALTH_TOO, SOURCES };
static const struct source sources[SOURCES] = {
	{ .name = { "registry", 8 }, .trust = 90, .full = true },
	{ .name = { "grants", 6 }, .trust = 50, .full = true },
	{ .name = { "health", 6 }, .trust = 30 },
	{ .name = { "health2", 7 }, .trust = 30 },
};
static const struct source *const by_number[SOURCES] = { &sources[0], &sources[1], &sources[2], &sources[3] };

/* One record; the row of a table ends where ${since} is 0. */
struct say {
	unsigned source;
	enum presence presence;
	uint16_t since, changed;
	const char *values[FIELDS];
};

#define TODAY 9700 /* 2026-07-23 */
#define DAY_9690 "2026-07-13"
#define DAY_9680 "2026-07-03"

struct made {
	struct merge_member members[MEMBERS];
	uint8_t ids[MEMBERS][RECORD_ID_BYTES];
	struct buffer bytes[MEMBERS];
	uint16_t since[MEMBERS];
	size_t count;
};

/* The members in the order that ${turn} says. */
static void
make(struct made *made, const struct say *says, unsigned turn)
{
	size_t order[MEMBERS] = { 0 }, count = 0;

	while (count < MEMBERS && says[count].since != 0)
		count++;
	for (size_t i = 0; i < count; i++)
		order[i] = (i + turn) % count;
	if (turn % 2 == 1 && count > 1) {
		size_t first = order[0];

		order[0] = order[1];
		order[1] = first;
	}
	*made = (struct made){ .count = count };
	for (size_t i = 0; i < count; i++) {
		const struct say *say = &says[order[i]];
		struct value values[FIELDS];
		size_t n = 0;

		for (uint16_t f = 0; f < (uint16_t)FIELDS; f++) {
			if (say->values[f] != NULL)
				values[n++] = (struct value){ .field = f, .text = text_from(say->values[f]) };
		}
		buffer_init(&made->bytes[i], 1000);
		values_encode(values, n, &made->bytes[i]);
		memset(made->ids[i], (int)order[i] + 1, RECORD_ID_BYTES);
		made->since[i] = say->since;
		made->members[i] = (struct merge_member){ .id = made->ids[i],
			.source = by_number[say->source],
			.source_no = (uint16_t)say->source,
			.presence = say->presence,
			.changed = say->changed,
			.values = buffer_as_text(&made->bytes[i]) };
	}
}

static void
unmake(struct made *made)
{
	for (size_t i = 0; i < made->count; i++)
		buffer_fini(&made->bytes[i]);
}

static void
what_was_delivered(void **state)
{
	static const struct {
		struct say say[MEMBERS];
		enum presence presence;
		uint16_t since;
	} table[] = {
		{ { { REGISTRY, ABSENT, 5, 0, { 0 } } }, ABSENT, 5 },
		/* the most trusted full source */
		{ { { REGISTRY, ABSENT, 5, 0, { 0 } }, { GRANTS, PRESENT, 3, 0, { 0 } } }, ABSENT, 5 },
		{ { { REGISTRY, PRESENT, 5, 0, { 0 } }, { GRANTS, ABSENT, 3, 0, { 0 } } }, PRESENT, 5 },
		/* a partial one has no say */
		{ { { GRANTS, ABSENT, 4, 0, { 0 } }, { HEALTH, PRESENT, 3, 0, { 0 } } }, ABSENT, 4 },
		{ { { HEALTH, PRESENT, 6, 0, { 0 } }, { HEALTH_TOO, PRESENT, 3, 0, { 0 } } }, PRESENT, 3 },
		/* an old and a new record */
		{ { { REGISTRY, ABSENT, 5, 0, { 0 } }, { REGISTRY, PRESENT, 7, 0, { 0 } } }, PRESENT, 7 },
		{ { { REGISTRY, ABSENT, 5, 0, { 0 } }, { REGISTRY, STALE, 7, 0, { 0 } } }, STALE, 7 },
		{ { { REGISTRY, PRESENT, 5, 0, { 0 } }, { REGISTRY, PRESENT, 4, 0, { 0 } },
		      { REGISTRY, ABSENT, 1, 0, { 0 } } },
		    PRESENT, 4 },
	};

	(void)state;
	for (size_t r = 0; r < ARRAY_LEN(table); r++) {
		for (unsigned turn = 0; turn < 6; turn++) {
			struct standing standing = { 0 };
			struct made made;

			make(&made, table[r].say, turn);
			presence_delivered(made.members, made.count, made.since, &standing);
			assert_int_equal(standing.presence, table[r].presence);
			assert_int_equal(standing.since, table[r].since);
			unmake(&made);
		}
	}
}

/* How the student of ${says} stands, as "presence day reason"; ${before} as kept, ${was} as delivered the night before. */
static const char *
stands(const struct say *says, unsigned turn, const struct pins *pins, const struct stood *before,
    const struct standing *was, bool news, struct stood *out)
{
	static char line[200];
	struct merger *mergers[2] = { merger_new(&dataset), merger_new(&dataset) };
	struct merged merged, undecided;
	struct buffer reason;
	struct made made;
	struct err err = { 0 };
	struct presence_case of = {
		.dataset = &dataset, .today = TODAY, .before = before, .delivered_before = was, .news = news
	};
	struct stood now;

	make(&made, says, turn);
	assert_non_null(mergers[0]);
	assert_non_null(mergers[1]);
	merger_pin(mergers[0], pins);
	assert_int_equal(merge_run(mergers[0], made.members, made.count, &merged, &err), 0);
	assert_int_equal(merge_run(mergers[1], made.members, made.count, &undecided, &err), 0);
	of.merged = &merged;
	of.undecided = merged.pin_count > 0 ? &undecided : &merged;
	of.members = made.members;
	of.count = made.count;
	memset(of.delivered.student, 7, STUDENT_ID_BYTES);
	presence_delivered(made.members, made.count, made.since, &of.delivered);
	now = presence_stand(&of);
	assert_int_equal(now.shown.student[15], 7);
	assert_int_equal(now.undecided.student[15], 7);
	buffer_init(&reason, 1000);
	presence_reason(&now.shown, by_number, &reason);
	snprintf(line, sizeof(line), "%s %u %.*s", presence_name((enum presence)now.shown.presence), now.shown.since,
	    (int)reason.len, reason.at);
	buffer_fini(&reason);
	unmake(&made);
	merger_free(mergers[0]);
	merger_free(mergers[1]);
	if (out != NULL)
		*out = now;
	return line;
}

static void
what_is_evidence(void **state)
{
	static const struct {
		const char *what;
		struct say say[MEMBERS];
		const char *stands;
	} table[] = {
		{ "nothing says so", { { REGISTRY, PRESENT, 9000, 9000, { "01" } } }, "present 9000 delivered" },
		{ "absent is not left", { { REGISTRY, ABSENT, 9600, 9000, { "01" } } },
		    "absent 9600 not_delivered:registry" },
		{ "nor is stale", { { REGISTRY, STALE, 9600, 9000, { "01" } } }, "stale 9600 school_not_delivered" },
		{ "since the day of the evidence", { { REGISTRY, PRESENT, 9000, 9600, { "07", NULL, DAY_9690 } } },
		    "left 9690 graduated" },
		{ "else since today", { { REGISTRY, PRESENT, 9000, 9600, { "07" } } }, "left 9700 graduated" },
		{ "no longer delivered", { { REGISTRY, ABSENT, 9650, 9600, { "07", NULL, DAY_9690 } } },
		    "left 9690 graduated" },
		{ "a day to come is none", { { REGISTRY, PRESENT, 9000, 9600, { "07", NULL, "2027-07-01" } } },
		    "left 9700 graduated" },
		{ "nor is one before all days", { { REGISTRY, PRESENT, 9000, 9600, { "07", NULL, "1999-07-01" } } },
		    "left 9700 graduated" },
		{ "the day of another change", { { REGISTRY, PRESENT, 9000, 9600, { "07", "22", DAY_9690 } } },
		    "left 9700 graduated" },
		{ "the day of the same change", { { REGISTRY, PRESENT, 9000, 9600, { "10", "21", DAY_9690 } } },
		    "left 9690 transferred_out" },
		{ "the second field, where the first is silent",
		    { { REGISTRY, PRESENT, 9000, 9600, { NULL, "51", DAY_9690 } } }, "left 9690 died" },
		{ "but not against the first", { { REGISTRY, PRESENT, 9000, 9600, { "01", "21", DAY_9690 } } },
		    "present 9000 delivered" },
		{ "unless nobody states that any more",
		    { { REGISTRY, ABSENT, 9600, 9500, { "01" } },
			{ HEALTH, PRESENT, 9600, 9600, { NULL, "21", DAY_9690 } } },
		    "left 9690 transferred_out" },
		{ "the merged value decides: trust",
		    { { REGISTRY, PRESENT, 9000, 9000, { "01" } }, { GRANTS, PRESENT, 9000, 9690, { "10" } } },
		    "present 9000 delivered" },
		{ "the merged value decides: stated",
		    { { REGISTRY, ABSENT, 9600, 9600, { "10" } }, { REGISTRY, PRESENT, 9650, 9650, { "01" } } },
		    "present 9650 delivered" },
		{ "the merged value decides: an old row of his, and a new one",
		    { { REGISTRY, PRESENT, 9000, 9600, { "10", NULL, NULL, "A" } },
			{ REGISTRY, PRESENT, 9650, 9650, { "01", NULL, NULL, "B" } } },
		    "present 9000 delivered" },
		{ "a newer record at another school",
		    { { REGISTRY, PRESENT, 9000, 9600, { "10", NULL, NULL, "A" } },
			{ GRANTS, PRESENT, 9000, 9650, { NULL, NULL, NULL, "B" } } },
		    "present 9000 delivered" },
		{ "and the old school's is absent",
		    { { REGISTRY, ABSENT, 9610, 9600, { "10", NULL, NULL, "A" } },
			{ GRANTS, PRESENT, 9000, 9650, { NULL, NULL, NULL, "B" } } },
		    "absent 9610 not_delivered:registry" },
		{ "an older one",
		    { { REGISTRY, PRESENT, 9000, 9600, { "10", NULL, NULL, "A" } },
			{ GRANTS, PRESENT, 9000, 9500, { NULL, NULL, NULL, "B" } } },
		    "left 9700 transferred_out" },
		{ "older than the day of the evidence",
		    { { REGISTRY, PRESENT, 9000, 9600, { "10", NULL, DAY_9690, "A" } },
			{ GRANTS, PRESENT, 9000, 9650, { NULL, NULL, NULL, "B" } } },
		    "left 9690 transferred_out" },
		{ "at the same school",
		    { { REGISTRY, PRESENT, 9000, 9600, { "10", NULL, NULL, "A" } },
			{ GRANTS, PRESENT, 9000, 9650, { NULL, NULL, NULL, "A" } } },
		    "left 9700 transferred_out" },
		{ "one that is no longer stated",
		    { { REGISTRY, PRESENT, 9000, 9600, { "10", NULL, NULL, "A" } },
			{ GRANTS, ABSENT, 9660, 9650, { NULL, NULL, NULL, "B" } } },
		    "left 9700 transferred_out" },
		{ "one of a source that does not deliver everybody",
		    { { REGISTRY, PRESENT, 9000, 9600, { "10", NULL, NULL, "A" } },
			{ HEALTH, PRESENT, 9000, 9650, { NULL, NULL, NULL, "B" } } },
		    "left 9700 transferred_out" },
	};

	(void)state;
	for (size_t r = 0; r < ARRAY_LEN(table); r++) {
		for (unsigned turn = 0; turn < 4; turn++) {
			const char *line = stands(table[r].say, turn, NULL, NULL, NULL, true, NULL);

			if (strcmp(line, table[r].stands) != 0)
				fail_msg("%s: %s", table[r].what, line);
		}
	}
}

static void
from_one_standing_to_another(void **state)
{
	static const struct say here[] = { { REGISTRY, PRESENT, TODAY, 9000, { "01" } }, { 0 } },
				long_here[] = { { REGISTRY, PRESENT, 9000, TODAY, { "01" } }, { 0 } },
				absent[] = { { REGISTRY, ABSENT, TODAY, 9000, { "01" } }, { 0 } },
				gone[] = { { REGISTRY, PRESENT, 9000, TODAY, { "07" } }, { 0 } },
				gone_absent[] = { { REGISTRY, ABSENT, TODAY, 9000, { "07" } }, { 0 } },
				moved[] = { { REGISTRY, PRESENT, 9000, TODAY, { "10" } }, { 0 } };
	static const struct standing was_present = { .presence = PRESENT, .since = 9000 },
				     was_absent = { .presence = ABSENT, .since = 9690 },
				     was_stale = { .presence = STALE, .since = 9690 },
				     had_left = { .presence = LEFT, .since = 9680, .reason = "graduated" },
				     back = { .presence = BACK, .since = 9671, .was = ABSENT, .was_since = 9600 },
				     old_back = { .presence = BACK, .since = 9670, .was = LEFT, .was_since = 9600 },
				     later = { .presence = PRESENT, .since = 9670 };
	static const struct {
		const char *what;
		const struct say *says;
		const struct standing *before, *was;
		bool news;
		const char *stands;
	} table[] = {
		{ "new", here, NULL, NULL, true, "present 9700 delivered" },
		{ "present", long_here, NULL, &was_present, true, "present 9000 delivered" },
		{ "present to absent", absent, NULL, &was_present, false, "absent 9700 not_delivered:registry" },
		{ "absent to present", here, NULL, &was_absent, true, "back 9700 back:absent:" DAY_9690 },
		{ "without a new row", here, NULL, &was_absent, false, "present 9700 delivered" },
		{ "stale to present", here, NULL, &was_stale, true, "present 9700 delivered" },
		{ "present to left", gone, NULL, &was_present, true, "left 9700 graduated" },
		{ "absent to left", gone_absent, NULL, &was_absent, true, "left 9700 graduated" },
		{ "left stays left", gone, &had_left, &was_present, true, "left 9680 graduated" },
		{ "also when delivered no more", gone_absent, &had_left, &was_present, false, "left 9680 graduated" },
		{ "for another reason", moved, &had_left, &was_present, true, "left 9700 transferred_out" },
		{ "left to present", long_here, &had_left, &was_present, true, "back 9700 back:left:" DAY_9680 },
		{ "left, vanished, and present", here, &had_left, &was_absent, true, "back 9700 back:left:" DAY_9680 },
		{ "the evidence goes, and nobody speaks of him", long_here, &had_left, &was_present, false,
		    "present 9000 delivered" },
		{ "back for 29 days", long_here, &back, &was_present, true, "back 9671 back:absent:2026-04-14" },
		{ "back for 30 days", long_here, &old_back, &was_present, true, "present 9670 delivered" },
		{ "and after that", long_here, &later, &was_present, true, "present 9670 delivered" },
		{ "back to absent", absent, &back, &was_present, false, "absent 9700 not_delivered:registry" },
		{ "back to left", gone, &back, &was_present, true, "left 9700 graduated" },
	};

	(void)state;
	for (size_t r = 0; r < ARRAY_LEN(table); r++) {
		struct stood before;
		const char *line;

		if (table[r].before != NULL)
			before.shown = before.undecided = *table[r].before;
		line = stands(table[r].says, 0, NULL, table[r].before != NULL ? &before : NULL, table[r].was,
		    table[r].news, NULL);

		if (strcmp(line, table[r].stands) != 0)
			fail_msg("%s: %s", table[r].what, line);
	}
}

#define FIRST_ID                                                                                                       \
	{                                                                                                              \
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1                                                         \
	}

static void
a_pinned_value_is_evidence(void **state)
{
	static const struct say present[] = { { REGISTRY, PRESENT, 9000, 9000, { "01", NULL, DAY_9690, "A" } },
		{ GRANTS, PRESENT, 9000, 9650, { NULL, NULL, NULL, "B" } }, { 0 } };
	static const struct pin at[] = { { .record = FIRST_ID, .number = 4, .field = STATUS, .value = TEXT("07") },
		{ .record = FIRST_ID, .number = 6, .field = DATE, .value = TEXT(DAY_9680) } };
	static const struct standing was_present = { .presence = PRESENT, .since = 9000 };
	const struct pins one = { at, 1 }, both = { at, 2 };
	static const char decided[] = "left 9700 graduated:decision:4";
	struct stood stood;

	(void)state;
	/* the day that the record names is of what the record says; what other records say is no matter */
	assert_string_equal(stands(present, 0, &one, NULL, &was_present, false, &stood), decided);
	stood.shown.since = 9696; /* it was taken then */
	assert_string_equal(
	    stands(present, 1, &one, &stood, &was_present, false, NULL), "left 9696 graduated:decision:4");
	assert_string_equal(
	    stands(present, 0, &both, NULL, &was_present, false, NULL), "left 9680 graduated:decision:4");
	assert_string_equal(stands(present, 0, NULL, &stood, &was_present, true, NULL), "present 9000 delivered");
}

/* What is decided and undone leaves no trace, whatever came between. */
static void
undoing_is_exact(void **state)
{
	static const struct say here[] = { { REGISTRY, PRESENT, 9000, 9000, { "01" } }, { 0 } },
				left[] = { { REGISTRY, PRESENT, 9000, 9600, { "07" } }, { 0 } },
				absent[] = { { REGISTRY, ABSENT, 9650, 9000, { "01" } }, { 0 } },
				came[] = { { REGISTRY, PRESENT, TODAY, 9000, { "01" } }, { 0 } };
	static const struct pin
	    says_left[] = { { .record = FIRST_ID, .number = 4, .field = STATUS, .value = TEXT("10") } },
	    says_here[] = { { .record = FIRST_ID, .number = 4, .field = STATUS, .value = TEXT("01") } };
	static const struct standing was_present = { .presence = PRESENT, .since = 9000 },
				     was_absent = { .presence = ABSENT, .since = 9650 },
				     back = { .presence = BACK, .since = 9690, .was = ABSENT, .was_since = 9600 },
				     had_left = { .presence = LEFT, .since = 9650, .reason = "graduated" },
				     later = { .presence = PRESENT, .since = 9610 };
	static const struct {
		const char *what;
		const struct say *says;
		const struct pin *pin;
		const struct standing *kept, *was;
		const char *decided, *undone;
	} table[] = {
		{ "present", here, says_left, NULL, &was_present, "left 9700 transferred_out:decision:4",
		    "present 9000 delivered" },
		{ "absent", absent, says_left, NULL, &was_absent, "left 9700 transferred_out:decision:4",
		    "absent 9650 not_delivered:registry" },
		{ "back", here, says_left, &back, &was_present, "left 9700 transferred_out:decision:4",
		    "back 9690 back:absent:2026-04-14" },
		{ "present since later", here, says_left, &later, &was_present, "left 9700 transferred_out:decision:4",
		    "present 9610 delivered" },
		{ "left", left, says_here, &had_left, &was_present, "present 9000 delivered", "left 9650 graduated" },
		{ "left for another reason", left, says_left, &had_left, &was_present,
		    "left 9700 transferred_out:decision:4", "left 9650 graduated" },
	};
	struct stood before, stood;

	(void)state;
	for (size_t r = 0; r < ARRAY_LEN(table); r++) {
		const struct pins pins = { table[r].pin, 1 };
		const char *line;

		if (table[r].kept != NULL)
			before.shown = before.undecided = *table[r].kept;
		line = stands(
		    table[r].says, 0, &pins, table[r].kept != NULL ? &before : NULL, table[r].was, true, &stood);
		if (strcmp(line, table[r].decided) != 0)
			fail_msg("%s, decided: %s", table[r].what, line);
		line = stands(table[r].says, 0, NULL, &stood, table[r].was, false, NULL);
		if (strcmp(line, table[r].undone) != 0)
			fail_msg("%s, undone: %s", table[r].what, line);
	}
	/* an absent one comes while a person says that he has left; the next night that is undone */
	before = (struct stood){ .undecided = was_absent };
	memcpy(before.shown.reason, "died", 4);
	before.shown.presence = LEFT;
	assert_string_equal(
	    stands(came, 0, NULL, &before, &was_absent, true, &stood), "back 9700 back:absent:2026-06-03");
	/* a person says that he has not left; when the registry mends it, he is not back, for he never was away */
	before = (struct stood){ .shown = was_present, .undecided = had_left };
	assert_string_equal(stands(here, 0, NULL, &before, &was_present, true, &stood), "present 9000 delivered");
	assert_int_equal(stood.undecided.presence, BACK);
	assert_string_equal(stands(here, 0, NULL, &stood, &was_present, true, NULL), "present 9000 delivered");
}

/* ---- presence.yc ---- */

static int
standing_order(const void *a, const void *b)
{
	return memcmp(a, b, STUDENT_ID_BYTES);
}

static void
what_is_kept_is_found(void **state)
{
	enum { COUNT = 3000 };
	struct stood *list = calloc(COUNT, sizeof(*list));
	char path[FILE_PATH_MAX], none[FILE_PATH_MAX];
	const char *folder = scratch_make();
	struct standings standings;
	struct runs_writer *writer;
	struct buffer bytes;
	struct runs runs;
	struct err err = { 0 };

	(void)state;
	assert_non_null(list);
	assert_int_equal(path_format(path, &err, "%s/presence.yc", folder), 0);
	assert_int_equal(path_format(none, &err, "%s/none.yc", folder), 0);
	writer = runs_writer_new(folder, "standings", 0, &err);
	assert_non_null(writer);
	for (size_t i = 0; i < COUNT; i++) {
		list[i] = (struct stood){ .shown = { .presence = LEFT, .since = (uint16_t)i, .reason = "graduated" } };
		for (size_t k = 0; k < STUDENT_ID_BYTES; k++)
			list[i].shown.student[k] = (uint8_t)(i * 2654435761u >> (k % 4 * 8));
		assert_int_equal(runs_add(writer, &list[i], sizeof(list[i]), &err), 0);
	}
	assert_int_equal(runs_finish(writer, &err), 0);
	assert_int_equal(runs_open(&runs, folder, "standings", &err), 0);
	assert_int_equal(standings_save(&runs, path, &err), 0);
	runs_close(&runs);
	runs_writer_free(writer);
	assert_int_equal(standings_load(&standings, path, &err), 0);
	assert_true(standings.known);
	assert_int_equal(standings.count, COUNT);
	qsort(list, COUNT, sizeof(*list), standing_order);
	assert_memory_equal(list, standings.at, COUNT * sizeof(*list));
	for (size_t i = 0; i < COUNT; i++)
		assert_ptr_equal(standings_find(&standings, list[i].shown.student), &standings.at[i]);
	list[0].shown.student[15]++;
	assert_null(standings_find(&standings, list[0].shown.student));
	standings_free(&standings);
	free(list);
	/* a generation of an earlier version has none */
	assert_int_equal(standings_load(&standings, none, &err), 0);
	assert_false(standings.known);
	assert_null(standings_find(&standings, (const uint8_t *)"0123456789abcdef"));
	assert_null(standings_find(NULL, (const uint8_t *)"0123456789abcdef"));
	/* damage anywhere, and a file cut short, are refused */
	buffer_init(&bytes, 1 << 20);
	assert_int_equal(file_read_all(path, &bytes, &err), 0);
	for (size_t at = 0; at < bytes.len; at += at < 100 ? 1 : 997) {
		bytes.at[at] ^= 4;
		assert_int_equal(unlink(path), 0);
		assert_int_equal(file_write_all(path, bytes.at, bytes.len, &err), 0);
		assert_int_equal(standings_load(&standings, path, &err), -1);
		assert_null(standings.at);
		bytes.at[at] ^= 4;
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_write_all(path, bytes.at, bytes.len - 1, &err), 0);
	assert_int_equal(standings_load(&standings, path, &err), -1);
	buffer_fini(&bytes);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_delivered),
		cmocka_unit_test(what_is_evidence),
		cmocka_unit_test(from_one_standing_to_another),
		cmocka_unit_test(a_pinned_value_is_evidence),
		cmocka_unit_test(undoing_is_exact),
		cmocka_unit_test(what_is_kept_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
