/*
 * access_test.c - which rules of a cluster are within the grants, and which are beyond them.
 */
#include "ops/yici/access.h"

#include "tests/support/support.h"

#define OWN "User:yici; User:admin"

static char aid[] = "User:aid", other[] = "User:other", all[] = "User:*", yici[] = "User:yici", any[] = "*",
	    host[] = "10.0.0.7";
static char view[] = "yici.view.aid", students[] = "yici.students", group[] = "dept.aid.", everything[] = "*",
	    part[] = "yi", wide[] = "yici.view.", elsewhere[] = "yici2.students", ours[] = "yici.consolidate";

static void
only_what_is_wanted_is_within(void **state)
{
	struct bus_acl wants[] = { { false, false, true, ACL_READ, 0, aid, any, view },
		{ false, false, true, ACL_DESCRIBE, 0, aid, any, view },
		{ true, true, true, ACL_READ, 0, aid, any, group } };
	struct bus_acls wanted = { wants, ARRAY_LEN(wants), 0 };
	static const struct {
		struct bus_acl acl;
		bool beyond, deleted;
	} table[] = {
		{ { false, false, true, ACL_READ, 0, aid, any, view }, false, true },
		{ { false, false, true, ACL_READ, 0, aid, host, view }, false, true }, /* narrower is as well */
		{ { false, false, true, ACL_OTHER, 4, aid, any, view }, true, true },  /* WRITE */
		{ { false, false, true, ACL_READ, 0, other, any, view }, true, true },
		{ { false, false, true, ACL_READ, 0, all, any, view }, true, true },
		{ { false, false, false, ACL_READ, 0, other, any, view }, false, true }, /* denied */
		{ { false, false, true, ACL_READ, 0, aid, any, students }, true, false },
		{ { false, false, true, ACL_READ, 0, aid, any, everything }, true, false },
		{ { false, true, true, ACL_READ, 0, aid, any, part }, true, false },
		{ { false, true, true, ACL_READ, 0, aid, any, wide }, true, false },
		{ { false, true, true, ACL_READ, 0, yici, any, part }, false, false },
		{ { false, false, true, ACL_READ, 0, aid, any, elsewhere }, false, false },
		{ { true, true, true, ACL_READ, 0, aid, any, group }, false, false },
		{ { true, false, true, ACL_READ, 0, aid, any, ours }, true, false },
		{ { true, false, true, ACL_READ, 0, yici, any, ours }, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (access_beyond(&table[i].acl, &wanted, "yici", OWN) != table[i].beyond)
			fail_msg("row %zu is%s beyond", i, table[i].beyond ? " not" : "");
		if (table[i].beyond && access_ours(&table[i].acl, "yici") != table[i].deleted)
			fail_msg("row %zu would%s be deleted", i, table[i].deleted ? " not" : "");
	}
}

static void
grants_in_force_want_rules(void **state)
{
	struct grant list[5] = { { .id = TEXT("aid"),
	    .topic = true,
	    .principal = TEXT("User:aid"),
	    .from = { 2026, 9, 1 },
	    .to = { 2027, 1, 31 } } };
	struct grants grants = { list, ARRAY_LEN(list) };
	struct bus_acls wanted = { 0 };
	struct err err;

	(void)state;
	for (size_t i = 1; i < ARRAY_LEN(list); i++)
		list[i] = list[0];
	list[1].topic = false;
	list[2].broken = TEXT("x");
	list[3].to = (struct date){ 2026, 9, 30 };
	list[4].principal = (struct text){ "", 0 };
	assert_int_equal(access_want(&wanted, &grants, "yici", (struct date){ 2026, 10, 1 }, &err), 0);
	assert_int_equal(wanted.count, 3);
	assert_string_equal(wanted.at[0].name, "yici.view.aid");
	assert_true(wanted.at[0].operation == ACL_READ && wanted.at[1].operation == ACL_DESCRIBE);
	assert_true(wanted.at[2].group && wanted.at[2].prefixed);
	assert_string_equal(wanted.at[2].name, "dept.aid.");
	bus_acls_free(&wanted);
	list[0].group = TEXT("yici.");
	assert_int_equal(access_want(&wanted, &grants, "yici", (struct date){ 2026, 10, 1 }, &err), -1);
	bus_acls_free(&wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_wanted_is_within),
		cmocka_unit_test(grants_in_force_want_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
