/*
 * view_test.c - what a grant makes of a student: every mask, who is among the rows, and tokens that join one grant's deliveries and no
 * two grants'.
 */
#include "tests/support/support.h"

#include <stdlib.h>

#include "consumers/publish/view_topics.h"

#define HEAD                                                                                                           \
	"<grant unit=\"单位\" valid_from=\"2026-09-01\" valid_to=\"2027-01-31\" destroy_by=\"2027-06-30\">"          \
	"<purpose>用途</purpose><basis>依据</basis><document number=\"1号\" date=\"2026-08-01\"/>"                \
	"<approver name=\"甲\" date=\"2026-08-02\"/>"
#define TAIL "<deliver format=\"csv\"/></grant>"
#define ALL "<rows><all/></rows>"

static struct dataset *dataset;
static const uint8_t secret[VIEW_SECRET_BYTES] = "a secret of thirty-two bytes ...";

struct said {
	const char *field, *value;
};

/* Values of a student, fields rising. */
static size_t
values_of(const struct said *said, size_t count, struct snapshot_value *values)
{
	size_t made = 0;

	for (uint16_t field = 0; field < dataset->field_count; field++) {
		for (size_t i = 0; i < count; i++) {
			if (text_eq(dataset->fields[field].name, text_from(said[i].field)))
				values[made++] = (struct snapshot_value){ field, text_from(said[i].value) };
		}
	}
	assert_int_equal(made, count);
	return made;
}

static struct grants *
load(const char *rows, const char *fields)
{
	char bytes[4000];
	const char *const folders[] = { scratch_make(), NULL };
	struct grants *grants;
	struct err err;
	int len = snprintf(bytes, sizeof(bytes), HEAD "%s<fields>%s</fields>" TAIL, rows, fields);

	scratch_file("g.xml", bytes, (size_t)len);
	scratch_file("h.xml", bytes, (size_t)len);
	grants = grants_load(dataset, folders, NULL, NULL, &err);
	assert_non_null(grants);
	if (grants->at[0].broken.len > 0)
		fail_msg("%.*s", (int)grants->at[0].broken.len, grants->at[0].broken.at);
	scratch_remove();
	return grants;
}

static const struct said li[] = { { "name", "李小明" }, { "id_no", "150102201203077772" },
	{ "birth_date", "2012-03-07" }, { "phone", "13812345678 04721234567 1234567" }, { "disability", "3" },
	{ "health", "10" }, { "grade", "21" }, { "school_code", "2115000001" }, { "admission_month", "2018-09" },
	{ "only_child", "0" }, { "student_no", "G150102201203077772" }, { "school_distance", "3.50" } };
static const uint8_t id[VIEW_STUDENT_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

/* The cell, as read by programs and as read by people. */
static void
expect_cell(const char *column, const char *coded, const char *shown)
{
	struct grants *grants = load(ALL, column);
	struct snapshot_value values[ARRAY_LEN(li)];
	size_t count = values_of(li, ARRAY_LEN(li), values);
	uint8_t *delivered = calloc(dataset->field_count, 1), token[VIEW_TOKEN_BYTES] = { 0xAB };
	struct snapshot *snapshot = snapshot_new(dataset, delivered);
	struct buffer row;
	struct text rest, cell;

	buffer_init(&row, 1 << 20);
	view_row(&grants->at[0], id, token, values, count, &row);
	rest = buffer_as_text(&row);
	assert_true(view_cell(&rest, &cell));
	assert_text(cell, coded);
	assert_text(view_shown(snapshot, &grants->at[0].columns[0], cell), shown);
	assert_false(view_cell(&rest, &cell));
	buffer_fini(&row);
	snapshot_free(snapshot);
	free(delivered);
	grants_free(grants);
}

static void
masks(void **state)
{
	(void)state;
	expect_cell("<field name='name' mask='whole'/>", "李小明", "李小明");
	expect_cell("<field name='grade' mask='whole'/>", "21", "初中一年级");
	expect_cell("<field name='id_no' mask='last4'/>", "7772", "7772");
	expect_cell("<field name='student_no' mask='last4'/>", "7772", "7772");
	expect_cell(
	    "<field name='phone' mask='last4'/>", "5678 4567", "5678 4567"); /* of seven digits four are too many */
	expect_cell("<field name='email' mask='whole'/>", "", "");
	expect_cell("<field name='delegate_phone' mask='last4'/>", "", "");
	expect_cell("<field name='birth_date' mask='birth_year'/>", "2012", "2012");
	expect_cell("<field name='admission_month' mask='birth_year'/>", "2018", "2018");
	expect_cell("<field name='disability' mask='yes_no' yes='1 2 3' need='x'/>", "1", "是");
	expect_cell("<field name='disability' mask='yes_no' yes='1 2' need='x'/>", "0", "否");
	expect_cell("<field name='only_child' mask='yes_no' yes='1'/>", "0", "否");
	expect_cell("<field name='orphan' mask='yes_no' yes='1' need='x'/>", "", ""); /* not known is not no */
	expect_cell("<field name='sex' mask='yes_no' held='yes'/>", "", "");
	expect_cell("<field name='name' mask='yes_no' held='yes'/>", "1", "是");
	expect_cell("<field name='birth_date' mask='yes_no' from='2012-03-07' to='2012-03-07'/>", "1", "是");
	expect_cell("<field name='birth_date' mask='yes_no' from='2012-03-08'/>", "0", "否");
	expect_cell("<field name='birth_date' mask='yes_no' to='2012-03-06'/>", "0", "否");
	expect_cell("<field name='admission_month' mask='yes_no' from='2018-09' to='2018-10'/>", "1", "是");
	expect_cell("<field name='school_distance' mask='yes_no' from='3.5'/>", "1",
	    "是"); /* as numbers: "3.50" is not above */
	expect_cell("<field name='school_distance' mask='yes_no' to='3.5'/>", "1", "是");
	expect_cell("<field name='school_distance' mask='yes_no' from='10'/>", "0", "否"); /* nor "3" behind "1" */
	expect_cell("<field name='vision_left' mask='yes_no' to='4.9' need='x'/>", "", "");
	expect_cell("<field name='disability' mask='yes_no' not='0' need='x'/>", "1", "是");
	expect_cell("<token/>", "ab000000000000000000000000000000", "ab000000000000000000000000000000");
	expect_cell("<student_id need='x'/>", "0102030405060708090a0b0c0d0e0f10", "0102030405060708090a0b0c0d0e0f10");
}

static bool
takes(const char *rows, const char *presence)
{
	struct grants *grants = load(rows, "<field name='name' mask='whole'/>");
	struct snapshot_value values[ARRAY_LEN(li)];
	size_t count = values_of(li, ARRAY_LEN(li), values);
	bool is = view_takes(dataset, &grants->at[0], text_from(presence), values, count);

	grants_free(grants);
	return is;
}

static void
rows(void **state)
{
	struct grant nothing = { .presence = TEXT("present") },
		     broken = { .all = true, .presence = TEXT("present"), .broken = TEXT("x") };

	(void)state;
	assert_true(takes(ALL, "present"));
	assert_true(takes(ALL, "stale"));
	assert_false(takes(ALL, "absent"));
	assert_false(takes(ALL, "left"));
	assert_true(takes(ALL, "back")); /* who is back is here */
	assert_true(takes("<rows presence='left'><all/></rows>", "left"));
	assert_false(takes("<rows presence='absent left'><all/></rows>", "back"));
	assert_true(takes("<rows presence='absent'><all/></rows>", "absent"));
	assert_false(takes("<rows presence='absent'><all/></rows>", "present"));
	assert_true(takes("<rows><school code='2115000002'/><school code='2115000001'/></rows>", "present"));
	assert_false(takes("<rows><school code='2115000002'/></rows>", "present"));
	assert_true(takes("<rows><grade code='21'/></rows>", "present"));
	assert_false(takes("<rows><grade code='22'/></rows>", "present"));
	assert_false(takes("<rows><school code='2115000001'/><grade code='22'/></rows>", "present"));
	assert_true(takes("<rows><where field='disability' is='1 3' need='x'/></rows>", "present"));
	assert_false(takes("<rows><where field='disability' is='1' need='x'/></rows>", "present"));
	assert_true(takes("<rows><where field='disability' not='0' need='x'/></rows>", "present"));
	assert_false(takes("<rows><where field='disability' not='3' need='x'/></rows>", "present"));
	/* without a value nothing is known, so nothing is met */
	assert_false(takes("<rows><where field='orphan' is='1' need='x'/></rows>", "present"));
	assert_false(takes("<rows><where field='orphan' not='1' need='x'/></rows>", "present"));
	assert_false(takes("<rows><where field='vision_left' to='4.9' need='x'/></rows>", "present"));
	assert_true(takes("<rows><where field='birth_date' from='2011-09-01' to='2020-08-31'/></rows>", "present"));
	assert_false(takes("<rows><where field='birth_date' from='2013-09-01' to='2020-08-31'/></rows>", "present"));
	assert_true(takes("<rows><where field='orphan' held='no' need='x'/></rows>", "present"));
	assert_true(takes("<rows><where field='name' held='yes'/></rows>", "present"));
	assert_false(takes(
	    "<rows><where field='name' held='yes'/><where field='orphan' held='yes' need='x'/></rows>", "present"));
	/* what was never filled in, or is broken, takes nobody */
	assert_false(view_takes(dataset, &nothing, TEXT("present"), NULL, 0));
	assert_false(view_takes(dataset, &broken, TEXT("present"), NULL, 0));
}

static void
tokens(void **state)
{
	struct grants *grants = load(ALL, "<token/>");
	uint8_t a[VIEW_TOKEN_BYTES], b[VIEW_TOKEN_BYTES], other[VIEW_STUDENT_BYTES] = { 2 },
							  others[VIEW_SECRET_BYTES] = { 7 };

	(void)state;
	view_token(secret, &grants->at[0], id, a);
	view_token(secret, &grants->at[0], id, b);
	assert_memory_equal(a, b, sizeof(a));
	view_token(secret, &grants->at[1], id, b); /* the same wording under another id */
	assert_memory_not_equal(a, b, sizeof(a));
	view_token(secret, &grants->at[0], other, b);
	assert_memory_not_equal(a, b, sizeof(a));
	view_token(others, &grants->at[0], id, b);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, id, sizeof(a));
	grants_free(grants);
}

/* RFC 4231, cases 1, 2 and 6. */
static void
hmac_is_that_of_the_standard(void **state)
{
	uint8_t key[131];
	struct sha256 digest;
	char hex[65];

	(void)state;
	memset(key, 0x0b, 20);
	digest = sha256_hmac(key, 20, "Hi There", 8);
	sha256_hex(&digest, hex);
	assert_string_equal(hex, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	digest = sha256_hmac("Jefe", 4, "what do ya want for nothing?", 28);
	sha256_hex(&digest, hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	digest = sha256_hmac(key, sizeof(key), "Test Using Larger Than Block-Size Key - Hash Key First", 54);
	sha256_hex(&digest, hex);
	assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* Rows come by token, in an order that is not that of our ids, whichever process wrote them; with our id granted, by our id. */
static void
order(void **state)
{
	enum { STUDENTS = 200 };
	struct grants *grants = load(ALL, "<token/>"), *known = load(ALL, "<student_id need='x'/>");
	const struct grant *const of[] = { &grants->at[0], &known->at[0], &grants->at[1] };
	struct views views = { .dataset = dataset, .grants = of, .count = ARRAY_LEN(of) };
	const char *folder = scratch_make();
	struct view_writer *writers[2];
	struct runs runs, members;
	struct err err;
	char last[3][33], first[3][STUDENTS][33];

	(void)state;
	memcpy(views.secret, secret, sizeof(secret));
	for (unsigned i = 0; i < 2; i++)
		assert_non_null(writers[i] = view_writer_new(&views, folder, i, &err));
	for (unsigned i = 0; i < STUDENTS; i++) {
		uint8_t student[VIEW_STUDENT_BYTES] = { (uint8_t)(i * 37), (uint8_t)i };

		assert_int_equal(view_writer_put(writers[i % 2], student, TEXT("present"), NULL, 0, &err), 0);
		assert_int_equal(view_writer_put(writers[i % 2], student, TEXT("absent"), NULL, 0, &err), 0);
	}
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(view_writer_finish(writers[i], &err), 0);
	assert_int_equal(runs_open(&runs, folder, VIEW_ROWS, &err), 0);
	assert_int_equal(runs_open(&members, folder, VIEW_MEMBERS, &err), 0);
	assert_int_equal(members.entries, 3 * STUDENTS);
	for (size_t view = 0; view < 3; view++) {
		struct runs_cursor cursor = { 0 };
		struct text row, cell;
		size_t count = 0;
		int got;

		last[view][0] = '\0';
		assert_int_equal(view_rows_seek(&cursor, &runs, view, &err), 0);
		while ((got = view_rows_next(&cursor, &row, &err)) == 1) {
			assert_true(view_cell(&row, &cell));
			assert_int_equal(cell.len, 32);
			memcpy(first[view][count], cell.at, 32);
			first[view][count][32] = '\0';
			assert_true(strcmp(last[view], first[view][count]) < 0);
			memcpy(last[view], first[view][count++], 33);
		}
		assert_int_equal(got, 0);
		assert_int_equal(count, STUDENTS);
		runs_cursor_fini(&cursor);
	}
	for (size_t i = 0; i < STUDENTS; i++) { /* no token of one grant is one of the other */
		for (size_t k = 0; k < STUDENTS; k++)
			assert_string_not_equal(first[0][i], first[2][k]);
	}
	runs_close(&runs);
	runs_close(&members);
	grants_free(grants);
	grants_free(known);
	scratch_remove();
}

/* ---- topics ---- */

#define NIGHTS 6
#define PUPILS 40

/* What student ${n} is called on a night; NULL: is not among the rows. */
static const char *
name_on(unsigned night, unsigned n)
{
	static const char *const names[] = { "甲", "乙" };

	return (n + night) % 3 == 0 ? NULL : names[(n % 4 == 0 ? night / 2 : n) % 2];
}

/* One night of the topics of ${grants}: 0 tells, 1 is broken on the third night, and withdrawn on the fifth. */
static void
tell_night(const char *folder, unsigned night, const struct grants *grants, char held[2][PUPILS][8])
{
	const struct grant *list[2] = { &grants->at[0], &grants->at[1] };
	bool second = night != 2 && night < 4;
	struct views views = { .dataset = dataset, .topics = list, .topic_count = second ? 2 : 1 };
	struct view_topic at[2] = { { .id = list[0]->id, .grant = list[0], .before = night == 0 ? SIZE_MAX : 0 },
		{ .id = list[1]->id,
		    .grant = second ? list[1] : NULL,
		    .kept = night == 2,
		    .rows = 1,
		    .before = night == 0 ? SIZE_MAX : 1 } };
	char work[FILE_PATH_MAX], old[FILE_PATH_MAX], state[FILE_PATH_MAX], path[FILE_PATH_MAX];
	struct view_topics topics = { .at = at,
		.count = night < 5 ? 2 : 1,
		.secret = secret,
		.old = night == 0 ? NULL : old,
		.state = state,
		.work = work };
	struct view_message message;
	struct view_writer *writer;
	struct sha256_state *digests[2] = { sha256_new(), sha256_new() };
	struct window window;
	uint64_t told[2] = { 0 };
	struct err err;
	int got;

	memcpy(views.secret, secret, sizeof(secret));
	assert_int_equal(path_format(work, &err, "%s/work-%u", folder, night), 0);
	assert_int_equal(path_format(old, &err, "%s/%u", folder, night - 1), 0);
	assert_int_equal(path_format(state, &err, "%s/%u", folder, night), 0);
	assert_int_equal(file_make_folder(work, &err), 0);
	writer = view_writer_new(&views, work, 0, &err);
	assert_non_null(writer);
	for (unsigned n = 0; n < PUPILS; n++) {
		const char *name = name_on(night, n);
		struct said said = { "name", name };
		struct snapshot_value value;
		uint8_t student[VIEW_STUDENT_BYTES] = { (uint8_t)n, 1 };

		if (name == NULL)
			continue;
		assert_int_equal(values_of(&said, 1, &value), 1);
		assert_int_equal(view_writer_put(writer, student, TEXT("present"), &value, 1, &err), 0);
	}
	assert_int_equal(view_writer_finish(writer, &err), 0);
	assert_int_equal(view_topics_write(&topics, &err), 0);
	assert_int_equal(path_format(path, &err, "%s/" VIEW_MESSAGES, work), 0);
	assert_int_equal(window_open(&window, path, &err), 0);
	while ((got = view_message_next(&window, &message, &err)) == 1) {
		unsigned n = 0;
		uint8_t token[VIEW_TOKEN_BYTES];
		char *has;

		for (; n < PUPILS; n++) {
			uint8_t student[VIEW_STUDENT_BYTES] = { (uint8_t)n, 1 };

			view_token(secret, list[message.topic], student, token);
			if (memcmp(token, message.token, sizeof(token)) == 0)
				break;
		}
		assert_true(n < PUPILS);
		has = held[message.topic][n];
		told[message.topic]++;
		sha256_add(digests[message.topic], token, sizeof(token));
		if (message.value.at == NULL) { /* only of who was there */
			sha256_add(digests[message.topic], "", 1);
			assert_true(has[0] != '\0');
			has[0] = '\0';
			continue;
		}
		sha256_add(digests[message.topic], message.value.at, message.value.len);
		sha256_add(digests[message.topic], "\n", 1);
		assert_int_equal(message.value.len, strlen("{\"name\":\"甲\"}"));
		assert_true(memcmp(has, message.value.at + strlen("{\"name\":\""), 3) != 0); /* only news */
		memcpy(has, message.value.at + strlen("{\"name\":\""), 3);
	}
	assert_int_equal(got, 0);
	window_close(&window);
	for (size_t t = 0; t < 2; t++) {
		struct sha256 digest = sha256_end(digests[t]);
		char hex[65];

		sha256_hex(&digest, hex);
		if (t < topics.count) {
			assert_string_equal(hex, at[t].sha256);
			assert_int_equal(told[t], at[t].sent + at[t].gone);
		}
	}
}

static void
topics_are_told_what_changes(void **state)
{
	static char held[2][PUPILS][8];
	struct grants *grants = load(ALL, "<field name=\"name\" mask=\"whole\"/>");
	char folder[FILE_PATH_MAX], path[FILE_PATH_MAX];
	struct buffer bytes;
	struct err err;

	(void)state;
	assert_int_equal(path_format(folder, &err, "%s", scratch_make()), 0);
	for (unsigned night = 0; night < NIGHTS; night++) {
		tell_night(folder, night, grants, held);
		for (unsigned n = 0; n < PUPILS; n++) {
			const char *first = name_on(night, n),
				   *second = night == 2 ? name_on(1, n)
			    : night < 4                 ? first
							: NULL;

			assert_string_equal(held[0][n], first == NULL ? "" : first);
			assert_string_equal(held[1][n], second == NULL ? "" : second);
		}
		buffer_init(&bytes, (size_t)1 << 20);
		assert_int_equal(path_format(path, &err, "%s/%u", folder, night), 0);
		assert_int_equal(file_read_all(path, &bytes, &err), 0);
		assert_null(memmem(bytes.at, bytes.len, "甲", 3)); /* nothing of anybody is kept */
		buffer_fini(&bytes);
	}
	grants_free(grants);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks),
		cmocka_unit_test(rows),
		cmocka_unit_test(tokens),
		cmocka_unit_test(hmac_is_that_of_the_standard),
		cmocka_unit_test(order),
		cmocka_unit_test(topics_are_told_what_changes),
	};
	struct err err;
	int failed;

	dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	if (dataset == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	dataset_free(dataset);
	return failed;
}
