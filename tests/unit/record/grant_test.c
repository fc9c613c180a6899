/*
 * grant_test.c - grants: what is wrong is told with its line and grants nothing, and leaves the others as they are.
 */
#include "tests/support/support.h"

#include <stdlib.h>

#include "core/record/lint.h"

#define SCHEMAS PROJECT_ROOT "/schemas"
#define ROOT "<grant unit=\"单位\" valid_from=\"2026-09-01\" valid_to=\"2027-01-31\" destroy_by=\"2027-06-30\">\n"
#define SAYS                                                                                                           \
	"<purpose>用途</purpose><basis>依据</basis><document number=\"1号\" date=\"2026-08-01\"/>"                \
	"<approver name=\"甲\" date=\"2026-08-02\"/>\n"
#define ROWS "<rows><all/></rows>\n"
#define FIELDS "<fields><field name=\"name\" mask=\"whole\"/></fields>\n"
#define END "<deliver format=\"csv\"/></grant>\n"

static char told[4000];
static struct dataset *dataset;

static void
tell(void *self, const char *file, unsigned line, const char *what)
{
	size_t len = strlen(told);
	const char *name = strrchr(file, '/');

	(void)self;
	snprintf(told + len, sizeof(told) - len, "%s:%u %s\n", name ? name + 1 : file, line, what);
}

/* The one grant of a folder that holds ${bytes} as g.xml. */
static struct grants *
load(const char *folder, const char *bytes)
{
	const char *const folders[] = { folder, NULL };
	struct err err;
	struct grants *grants;

	scratch_file("g.xml", bytes, strlen(bytes));
	told[0] = '\0';
	grants = grants_load(dataset, folders, tell, NULL, &err);
	assert_non_null(grants);
	return grants;
}

static void
every_fault_breaks_its_grant(void **state)
{
#define WITH(rows, fields) ROOT SAYS rows fields END
#define COLUMN(text) WITH(ROWS, "<fields>" text "</fields>\n")
	static const struct {
		const char *bytes, *told;
	} table[] = {
		{ ROOT SAYS ROWS FIELDS "</grant>\n", "g.xml:1 <grant> needs <deliver>" },
		{ ROOT SAYS ROWS FIELDS "<topic/><topic/></grant>\n", "g.xml:5 <topic> stands here twice" },
		{ ROOT SAYS ROWS FIELDS "<topic principal=\"User:*\"/></grant>\n",
		    "g.xml:5 \"principal\" is written User:name, and is one, not all" },
		{ ROOT SAYS ROWS FIELDS "<topic principal=\"aid\"/></grant>\n",
		    "g.xml:5 \"principal\" is written User:name" },
		{ ROOT SAYS ROWS FIELDS "<topic group=\"dept\"/></grant>\n",
		    "g.xml:5 \"group\" is how the reader's groups begin, and ends with . - or _" },
		{ "<grant/>", "g.xml:1 <grant> needs the attribute \"unit\"" },
		{ ROOT SAYS FIELDS END, "g.xml:1 <grant> needs <rows>" },
		{ ROOT SAYS ROWS END, "g.xml:1 <grant> needs <fields>" },
		{ WITH(ROWS, "<fields/>\n"), "g.xml:4 <fields> is empty" },
		{ WITH("<rows/>\n", FIELDS), "g.xml:3 <rows> wants schools, grades and conditions, or <all/> alone" },
		{ WITH("<rows><all/><grade code=\"11\"/></rows>\n", FIELDS),
		    "g.xml:3 <rows> wants schools, grades and conditions, or <all/> alone" },
		{ WITH("<rows><grade code=\"99\"/></rows>\n", FIELDS), "g.xml:3 there is no grade 99" },
		{ WITH("<rows><school code=\"12\"/></rows>\n", FIELDS),
		    "g.xml:3 the code of a school has ten digits, unlike \"12\"" },
		{ WITH("<rows><school code=\"2115000001\"/><school code=\"2115000001\"/></rows>\n", FIELDS),
		    "g.xml:3 the school 2115000001 stands here twice" },
		{ WITH("<rows presence=\"gone\"><all/></rows>\n", FIELDS),
		    "g.xml:3 \"presence\" is any of present, stale, absent and left" },
		{ WITH("<rows><where field=\"sexx\" is=\"1\"/></rows>\n", FIELDS), "g.xml:3 there is no field \"sexx\"" },
		{ WITH("<rows><where field=\"sex\" is=\"8\"/></rows>\n", FIELDS),
		    "g.xml:3 the code 8 does not exist in sex" },
		{ WITH("<rows><where field=\"name\" is=\"8\"/></rows>\n", FIELDS),
		    "g.xml:3 \"name\" has no codes: ask whether it is held" },
		{ WITH("<rows><where field=\"sex\" is=\"1\" held=\"yes\"/></rows>\n", FIELDS),
		    "g.xml:3 it wants one of is=\"…\", not=\"…\", from=\"…\" to=\"…\", held=\"yes\" and held=\"no\"" },
		{ WITH("<rows><where field=\"orphan\" is=\"1\"/></rows>\n", FIELDS),
		    "g.xml:3 the field \"orphan\" is sensitive: say with need=\"…\" why it is needed" },
		{ COLUMN("<field name=\"nam\" mask=\"whole\"/>"), "g.xml:4 there is no field \"nam\"" },
		{ COLUMN("<field name=\"name\"/>"), "g.xml:4 <field> needs the attribute \"mask\"" },
		{ COLUMN("<field name=\"name\" mask=\"all\"/>"),
		    "g.xml:4 \"mask\" is whole, last4, birth_year or yes_no" },
		{ COLUMN("<field name=\"name\" mask=\"last4\"/>"),
		    "g.xml:4 the mask last4 does not fit \"name\", which is of type name" },
		{ COLUMN("<field name=\"id_no\" mask=\"birth_year\"/>"),
		    "g.xml:4 the mask birth_year does not fit \"id_no\", which is of type id_no" },
		{ COLUMN("<field name=\"name\" mask=\"yes_no\" yes=\"1\"/>"),
		    "g.xml:4 \"name\" has no codes: ask whether it is held" },
		{ COLUMN("<field name=\"sex\" mask=\"yes_no\"/>"), "g.xml:4 it wants one of yes=\"…\", not=" },
		{ COLUMN("<field name=\"sex\" mask=\"yes_no\" yes=\"7\"/>"), "g.xml:4 the code 7 does not exist in sex" },
		{ COLUMN("<field name=\"sex\" mask=\"whole\" yes=\"1\"/>"),
		    "g.xml:4 yes, not, held, from and to belong to the mask yes_no" },
		{ COLUMN("<field name=\"sex\" mask=\"yes_no\" from=\"1\"/>"),
		    "g.xml:4 \"sex\" is no day, month or number: it has no from and to" },
		{ COLUMN("<field name=\"birth_date\" mask=\"yes_no\" from=\"2014\"/>"),
		    "g.xml:4 \"from\" is a day, written 2026-09-01" },
		{ COLUMN("<field name=\"admission_month\" mask=\"yes_no\" to=\"2014-13\"/>"),
		    "g.xml:4 \"to\" is a month, written 2026-09" },
		{ COLUMN("<field name=\"vision_left\" mask=\"yes_no\" to=\"4.9x\" need=\"x\"/>"),
		    "g.xml:4 \"to\" is a number" },
		{ COLUMN("<field name=\"health\" mask=\"whole\"/>"),
		    "g.xml:4 the field \"health\" is sensitive: say with need=\"…\" why it is needed" },
		{ COLUMN("<field name=\"photo\" mask=\"whole\" need=\"x\"/>"),
		    "g.xml:4 the field \"photo\" is never kept" },
		{ COLUMN("<token/><token/>"), "g.xml:4 the column token stands here twice" },
		{ COLUMN("<token as=\"姓名\"/><field name=\"name\" mask=\"whole\"/>"),
		    "g.xml:4 two columns are headed \"姓名\": say as=\"…\"" },
		{ COLUMN("<student_id/>"), "g.xml:4 <student_id> needs the attribute \"need\"" },
		{ COLUMN("<other/>"), "g.xml:4 <other> does not belong in <fields>" },
		{ ROOT SAYS ROWS FIELDS "<withheld asked=\"姓名\" field=\"name\" reason=\"x\"/>\n" END,
		    "g.xml:5 the field \"name\" is granted whole above" },
		{ COLUMN("<field name=\"student_no\" mask=\"whole\"/><field name=\"birth_date\" mask=\"birth_year\"/>"),
		    "g.xml:4 \"student_no\", which is granted whole, has \"birth_date\" inside: mask it, or give "
		    "both" },
		{ COLUMN("<field name=\"id_no\" mask=\"whole\"/><field name=\"birth_date\" mask=\"birth_year\"/>"),
		    "g.xml:4 \"id_no\", which is granted whole, has \"birth_date\" inside" },
		{ COLUMN("<field name=\"id_no\" mask=\"last4\"/><field name=\"disability_card_no\" mask=\"whole\" "
			 "need=\"x\"/>"),
		    "g.xml:4 \"disability_card_no\", which is granted whole, has \"id_no\" inside" },
		{ ROOT SAYS ROWS "<fields><field name=\"student_no\" mask=\"whole\"/></fields>\n"
				 "<withheld asked=\"证件\" field=\"id_no\" reason=\"x\"/>\n" END,
		    "g.xml:5 \"student_no\", which is granted whole, has \"id_no\" inside" },
		{ ROOT SAYS ROWS FIELDS "<deliver format=\"pdf\"/></grant>",
		    "g.xml:5 \"format\" is any of csv, xlsx and jsonl" },
		{ ROOT SAYS ROWS FIELDS "<deliver format=\"csv\" every=\"day\"/></grant>",
		    "g.xml:5 \"every\" is night, week, month or term" },
		{ ROOT SAYS ROWS FIELDS "<deliver format=\"csv\" times=\"0\"/></grant>",
		    "g.xml:5 \"times\" is a number from 1 to 400" },
		{ "<grant unit=\"单位\" valid_from=\"2026-09-01\" valid_to=\"2026-08-31\" "
		  "destroy_by=\"2027-06-30\">\n" SAYS ROWS FIELDS END,
		    "g.xml:1 it ends before it begins" },
		{ "<grant unit=\"单位\" valid_from=\"2026-09-01\" valid_to=\"2026-09-31\" "
		  "destroy_by=\"2027-06-30\">\n" SAYS ROWS FIELDS END,
		    "g.xml:1 \"valid_to\" is a day, written 2026-09-01" },
		{ "<grant unit=\"单位\" valid_from=\"2026-09-01\" valid_to=\"2026-12-31\" "
		  "destroy_by=\"2026-10-01\">\n" SAYS ROWS FIELDS END,
		    "g.xml:1 what may still be delivered would have to be destroyed already" },
		{ "<grant unit=\"单位\"", "g.xml:1 " },
	};
	const char *folder = scratch_make();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct grants *grants = load(folder, table[i].bytes);

		if (strstr(told, table[i].told) == NULL)
			fail_msg("told: %s expected: %s", told, table[i].told);
		assert_int_equal(grants->count, 1);
		assert_text(grants->at[0].id, "g");
		assert_true(grants->at[0].broken.len > 0);
		assert_int_equal(grants->at[0].column_count, 0);
		grants_free(grants);
	}
	scratch_remove();
}

static void
a_broken_grant_leaves_the_others(void **state)
{
	const char *folder = scratch_make();
	struct grants *grants;

	(void)state;
	scratch_file("whole.xml", ROOT SAYS ROWS FIELDS END, strlen(ROOT SAYS ROWS FIELDS END));
	scratch_file("Upper.xml", ROOT SAYS ROWS FIELDS END, strlen(ROOT SAYS ROWS FIELDS END));
	scratch_file(".hidden.xml", "x", 1);
	scratch_file("note.txt", "x", 1);
	grants = load(folder, "<grant");
	assert_int_equal(grants->count, 3);
	assert_true(grants_find(grants, TEXT("g"))->broken.len > 0);
	assert_true(grants_find(grants, TEXT("Upper"))->broken.len > 0);
	assert_int_equal(grants_find(grants, TEXT("whole"))->broken.len, 0);
	assert_null(grants_find(grants, TEXT("note")));
	grants_free(grants);
	scratch_remove();
}

static void
what_is_said_is_there(void **state)
{
	const char *folder = scratch_make();
	const char *const none[] = { "/nowhere/at/all", NULL };
	struct grants *grants = load(folder,
	    ROOT SAYS
	    "<rows><school code=\"2115000002\"/><school code=\"2115000001\"/><where field=\"sex\" not=\"2 9\"/></rows>"
	    "<fields><token/><field name=\"id_no\" mask=\"last4\" as=\"尾号\"/>"
	    "<field name=\"birth_date\" mask=\"birth_year\"/></fields>"
	    "<withheld asked=\"电话\" reason=\"不需要\"/><deliver format=\"jsonl csv\" every=\"month\" "
	    "times=\"4\"/></grant>");
	const struct grant *grant = &grants->at[0];
	struct err err;

	(void)state;
	assert_string_equal(told, "");
	assert_int_equal(grant->column_count, 3);
	assert_text(grant->columns[0].key, "token");
	assert_text(grant->columns[1].key, "id_no_last4");
	assert_text(grant->columns[1].heading, "尾号");
	assert_text(grant->columns[2].heading, "出生日期（年份）");
	assert_text(grant->schools[0], "2115000001");
	assert_int_equal(grant->conditions[0].test, TEST_NOT);
	assert_int_equal(grant->conditions[0].count, 2);
	assert_text(grant->presence, "present stale");
	assert_int_equal(grant->formats, GRANT_CSV | GRANT_JSONL);
	assert_int_equal(grant->every, EVERY_MONTH);
	assert_int_equal(grant->times, 4);
	assert_text(grant->withheld[0].asked, "电话");
	grants_free(grants);
	/* numbers with others inside, where nothing of these is held back; a guardian's number says nothing of the pupil */
	grants = load(folder,
	    ROOT SAYS ROWS "<fields><field name=\"student_no\" mask=\"whole\"/><field name=\"id_no\" mask=\"whole\"/>"
			   "<field name=\"birth_date\" mask=\"whole\"/></fields>" END);
	assert_string_equal(told, "");
	grants_free(grants);
	grants = load(folder,
	    ROOT SAYS ROWS
	    "<fields><field name=\"delegate_id_no\" mask=\"whole\"/><field name=\"student_no\" mask=\"last4\"/>"
	    "<field name=\"birth_date\" mask=\"birth_year\"/></fields>" END);
	assert_string_equal(told, "");
	grants_free(grants);
	scratch_remove();
	grants = grants_load(dataset, none, NULL, NULL, &err);
	assert_int_equal(grants->count, 0);
	grants_free(grants);
}

static void
its_days_are_counted_in(void **state)
{
	struct grant_approver approvers[] = { { .date = { 2026, 8, 1 } }, { .date = { 2026, 8, 2 } } };
	struct grant grant = { .from = { 2026, 9, 1 },
		.to = { 2027, 1, 31 },
		.approvers = approvers,
		.approver_count = 2,
		.document_date = { 2026, 8, 3 } };

	(void)state;
	assert_int_equal(grant_time(&grant, (struct date){ 2026, 8, 31 }), GRANT_EARLY);
	assert_int_equal(grant_time(&grant, (struct date){ 2026, 9, 1 }), GRANT_NOW);
	assert_int_equal(grant_time(&grant, (struct date){ 2027, 1, 31 }), GRANT_NOW);
	assert_int_equal(grant_time(&grant, (struct date){ 2027, 2, 1 }), GRANT_EXPIRED);
	grant.to = (struct date){ 2026, 9, 1 };
	assert_int_equal(grant_time(&grant, (struct date){ 2026, 9, 1 }), GRANT_NOW);
	grant.to = (struct date){ 2027, 1, 31 };
	approvers[1].date = (struct date){ 2026, 10, 1 }; /* who has not approved yet has not approved */
	assert_int_equal(grant_time(&grant, (struct date){ 2026, 9, 30 }), GRANT_EARLY);
	assert_int_equal(grant_time(&grant, (struct date){ 2026, 10, 1 }), GRANT_NOW);
	grant.document_date = (struct date){ 2026, 10, 2 };
	assert_int_equal(grant_time(&grant, (struct date){ 2026, 10, 1 }), GRANT_EARLY);
	assert_int_equal(grant_time(&grant, (struct date){ 2026, 10, 2 }), GRANT_NOW);
}

static void
periods_begin_where_people_begin_them(void **state)
{
	static const struct {
		enum grant_every every;
		struct date last, next; /* one day after the other: another period */
	} table[] = {
		{ EVERY_NIGHT, { 2026, 9, 1 }, { 2026, 9, 2 } },
		{ EVERY_WEEK, { 2026, 9, 6 }, { 2026, 9, 7 } }, /* Sunday, Monday */
		{ EVERY_WEEK, { 1969, 12, 28 }, { 1969, 12, 29 } },
		{ EVERY_MONTH, { 2026, 12, 31 }, { 2027, 1, 1 } },
		{ EVERY_TERM, { 2026, 7, 31 }, { 2026, 8, 1 } },
		{ EVERY_TERM, { 2027, 1, 31 }, { 2027, 2, 1 } },
	};
	static const struct {
		enum grant_every every;
		struct date one, other;
	} same[] = {
		{ EVERY_WEEK, { 2026, 9, 7 }, { 2026, 9, 13 } },
		{ EVERY_MONTH, { 2026, 9, 1 }, { 2026, 9, 30 } },
		{ EVERY_TERM, { 2026, 8, 1 }, { 2027, 1, 31 } },
		{ EVERY_TERM, { 2027, 2, 1 }, { 2027, 7, 31 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		assert_int_equal(
		    grant_period(table[i].every, table[i].last) + 1, grant_period(table[i].every, table[i].next));
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		assert_int_equal(grant_period(same[i].every, same[i].one), grant_period(same[i].every, same[i].other));
}

static void
a_topic_may_stand_alone_or_beside_files(void **state)
{
	static const struct {
		const char *end;
		bool topic;
		unsigned formats;
		const char *principal, *group;
	} table[] = {
		{ END, false, GRANT_CSV, "", "" },
		{ "<topic/></grant>", true, 0, "", "" },
		{ "<deliver format=\"csv\"/><topic principal=\"User:CN=aid, O=x\" group=\"dept.aid.\"/></grant>", true,
		    GRANT_CSV, "User:CN=aid, O=x", "dept.aid." },
	};
	const char *folder = scratch_make();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char bytes[2000];
		struct grants *grants;
		const struct grant *grant;

		snprintf(bytes, sizeof(bytes), ROOT SAYS ROWS FIELDS "%s", table[i].end);
		grants = load(folder, bytes);
		grant = &grants->at[0];
		assert_string_equal(told, "");
		assert_true(grant->topic == table[i].topic && grant->formats == table[i].formats);
		assert_true(text_eq(grant->principal, text_from(table[i].principal))
		    && text_eq(grant->group, text_from(table[i].group)));
		grants_free(grants);
	}
	scratch_remove();
}

/* What loading takes the form takes too, and lint tells each fault once. */
static void
lint_tells_of_grants(void **state)
{
	const char *folder = scratch_make();
	const char *const folders[] = { folder, NULL };
	const char *const sources[] = { PROJECT_ROOT "/config/sources", NULL };
	const struct lint_places places = { SCHEMAS, "student", sources, folders, NULL };
	struct lint_counts counts;
	struct err err;

	(void)state;
	scratch_file("a.xml", ROOT SAYS ROWS FIELDS END, strlen(ROOT SAYS ROWS FIELDS END));
	told[0] = '\0';
	if (lint_run(&places, tell, NULL, &counts, &err) != 0)
		fail_msg("%s", told);
	assert_int_equal(counts.grants, 1);
	scratch_file("b.xml", WITH(ROWS, "<fields><field name=\"nam\" mask=\"whole\"/></fields>\n"),
	    strlen(WITH(ROWS, "<fields><field name=\"nam\" mask=\"whole\"/></fields>\n")));
	told[0] = '\0';
	assert_int_equal(lint_run(&places, tell, NULL, &counts, &err), -1);
	assert_string_equal(told, "b.xml:4 there is no field \"nam\"\n");
	scratch_file("b.xml", ROOT SAYS SAYS ROWS FIELDS END, strlen(ROOT SAYS SAYS ROWS FIELDS END));
	assert_int_equal(lint_run(&places, tell, NULL, &counts, &err), -1);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_breaks_its_grant),
		cmocka_unit_test(a_broken_grant_leaves_the_others),
		cmocka_unit_test(what_is_said_is_there),
		cmocka_unit_test(a_topic_may_stand_alone_or_beside_files),
		cmocka_unit_test(its_days_are_counted_in),
		cmocka_unit_test(periods_begin_where_people_begin_them),
		cmocka_unit_test(lint_tells_of_grants),
	};
	struct err err;
	int failed;

	dataset = dataset_load(SCHEMAS, "student", NULL, NULL, &err);
	if (dataset == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	dataset_free(dataset);
	return failed;
}
