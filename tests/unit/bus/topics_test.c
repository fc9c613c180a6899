/*
 * Tests of core/bus/topics: names there and back, and what the plans owe to their readers.
 */
#include "core/bus/topics.h"

#include "tests/support/support.h"

static void
names_go_there_and_back(void **state)
{
	char name[TOPIC_NAME_MAX];

	(void)state;
	for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
		topic_name(name, "city-1", topic);
		assert_int_equal(topic_find("city-1", name), topic);
		assert_int_equal(topic_find("city", name), TOPIC_COUNT);
		assert_int_equal(topic_find("city-11", name), TOPIC_COUNT);
	}
	assert_int_equal(topic_find("city-1", "city-1.student"), TOPIC_COUNT);
	assert_int_equal(topic_find("city-1", "city-1.studentsx"), TOPIC_COUNT);
}

static void
views_have_topics_of_their_own(void **state)
{
	char name[TOPIC_NAME_MAX];

	(void)state;
	topic_view_name(name, "city-1", TEXT("aid_center"));
	assert_string_equal(name, "city-1.view.aid_center");
	assert_true(topic_is_view("city-1", name));
	assert_false(topic_is_view("city", name));
	assert_false(topic_is_view("city-1", "city-1.view."));
	assert_false(topic_is_view("city-1", "city-1.views.aid"));
	assert_int_equal(topic_find("city-1", name), TOPIC_COUNT);
	assert_true(topic_view_plan.compact && !topic_view_plan.keyed);
}

static void
tombstones_stay_for_readers_who_were_away_a_month(void **state)
{
	(void)state;
	for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
		const struct topic_plan *plan = &topic_plans[topic];

		assert_true(!plan->compact || plan->delete_retention_ms >= 30ull * 24 * 3600 * 1000);
		assert_true(plan->compact == (plan->retention_ms == 0));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_go_there_and_back),
		cmocka_unit_test(views_have_topics_of_their_own),
		cmocka_unit_test(tombstones_stay_for_readers_who_were_away_a_month),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
