/*
 * Tests of learning a model: figures come near the shares with which errors were made, rare values stay unnamed, the same
 * records teach the same, and what is written can be loaded and is the same model again.
 */
#include "consumers/consolidate/train.h"

#include <math.h>

#include "consumers/consolidate/model_write.h"
#include "tests/support/support.h"
#include "tests/unit/consolidate/people.h"

#define CHILDREN 1500

static uint64_t random_state;

static unsigned
draw(unsigned below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % below;
}

static void
complete(char number[19])
{
	static const char checks[] = "10X98765432";
	unsigned sum = 0;

	for (unsigned i = 0; i < 17; i++)
		sum += (unsigned)(number[i] - '0') * ((1u << (17 - i)) % 11);
	number[17] = checks[sum % 11];
	number[18] = '\0';
}

/* Each child in two sources; of the second one in ten has the wrong sex, one in twenty has moved to another school. */
static void
make_children(struct people *people)
{
	static const char *const surnames[] = { "王", "李", "张", "刘", "陈", "杨" };
	static const char *const given[] = { "小明", "雨桐", "一诺", "浩然", "欣怡", "子轩", "思彤", "宇航" };
	char says[2][300], number[24];

	random_state = 88172645463325252u;
	people_clear(people);
	for (unsigned i = 0; i < CHILDREN; i++) {
		unsigned month = draw(12) + 1, day = draw(28) + 1, sex = draw(2) + 1, school = draw(50);
		const char *surname = surnames[draw(ARRAY_LEN(surnames))], *name = given[draw(ARRAY_LEN(given))];
		unsigned other_sex = draw(10) == 0 ? 3 - sex : sex, other_school = draw(20) == 0 ? school + 50 : school;

		snprintf(number, sizeof(number), "4103022014%02u%02u%03u", month, day, i % 1000);
		complete(number);
		snprintf(says[0], sizeof(says[0]),
		    "name=%s%s birth_date=2014-%02u-%02u sex=%u school_name=第%u小学 id_no=%s", surname, name, month,
		    day, sex, school, number);
		snprintf(says[1], sizeof(says[1]),
		    "name=%s%s birth_date=2014-%02u-%02u sex=%u school_name=第%u小学 id_no=%s", surname, name, month,
		    day, other_sex, other_school, number);
		people_add(people, 0, says[0]);
		people_add(people, 1, says[1]);
	}
}

static struct trained
train(struct people *people)
{
	struct trained trained;
	struct err err = { 0 };

	if (train_run(people->model, &people->traits, people->sides, people->count, &trained, &err) != 0)
		fail_msg("%s", err.what);
	return trained;
}

static size_t
compare_named(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->compare_count; i++) {
		if (text_eq(model->compares[i].name, text_from(name)))
			return i;
	}
	fail_msg("no comparison %s", name);
	return 0;
}

static void
shares_are_those_of_the_errors(void **state)
{
	struct people people;
	struct trained trained;
	size_t sex, place;

	(void)state;
	people_init(&people);
	make_children(&people);
	trained = train(&people);
	sex = compare_named(people.model, "sex");
	place = compare_named(people.model, "place");
	assert_true(fabs(trained.m[sex][CODE_OTHER] - 0.1) < 0.03);
	assert_true(fabs(trained.u[sex][CODE_SAME] - 0.5) < 0.03);
	assert_true(fabs(trained.m[place][PLACE_OTHER] - 0.05) < 0.02);
	assert_true(fabs(trained.u[place][PLACE_SCHOOL] - 0.02) < 0.01);
	assert_true(trained.pairs > CHILDREN * 0.95);
	train_free(&trained);
	people_fini(&people);
}

/* What few children share is not named. */
static void
rare_values_stay_unnamed(void **state)
{
	struct people people;
	struct trained trained;

	(void)state;
	people_init(&people);
	make_children(&people);
	people_add(&people, 0, "name=诸葛翊晗 birth_date=2014-01-01");
	trained = train(&people);
	assert_true(text_find(buffer_as_text(&trained.frequencies), TEXT("雨桐")) != SIZE_MAX);
	assert_true(text_find(buffer_as_text(&trained.frequencies), TEXT("翊晗")) == SIZE_MAX);
	assert_true(text_find(buffer_as_text(&trained.frequencies), TEXT("诸葛")) == SIZE_MAX);
	train_free(&trained);
	people_fini(&people);
}

static void
what_is_written_is_the_same_model(void **state)
{
	struct people people;
	struct trained trained, again;
	struct model *loaded;
	struct buffer first, second;
	struct err err = { 0 };
	const char *path;

	(void)state;
	scratch_make();
	people_init(&people);
	make_children(&people);
	trained = train(&people);
	again = train(&people);
	assert_memory_equal(trained.m, again.m, sizeof(trained.m));
	buffer_init(&first, 1 << 20);
	buffer_init(&second, 1 << 20);
	model_write(people.model, people.dataset, NULL, people.model->version, &first);
	path = scratch_file("student_link.xml", first.at, first.len);
	if (model_load(&loaded, path, people.dataset, NULL, NULL, &err) != 0)
		fail_msg("%s", err.what);
	model_write(loaded, people.dataset, NULL, loaded->version, &second);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.at, second.at, first.len);
	model_free(loaded);

	buffer_clear(&first);
	model_write(people.model, people.dataset, &trained, TEXT("learned"), &first);
	path = scratch_file("student_link.xml", first.at, first.len);
	if (model_load(&loaded, path, people.dataset, NULL, NULL, &err) != 0)
		fail_msg("%s", err.what);
	assert_true(fabs(loaded->compares[compare_named(loaded, "sex")].m[CODE_OTHER] - 0.1) < 0.03);
	assert_true(model_frequency(loaded, TEXT("given"), TEXT("雨桐")) > 0.05);
	model_free(loaded);
	buffer_fini(&first);
	buffer_fini(&second);
	train_free(&trained);
	train_free(&again);
	people_fini(&people);
	scratch_remove();
}

/* Faults of a definition are told with file and line, and nothing is loaded. */
static void
faults_are_told(void **state)
{
	static const struct {
		const char *inside, *what;
	} faults[] = {
		{ "<compare name=\"a\" zh=\"a\" by=\"sorcery\" field=\"name\"><level is=\"same\" m=\"1\" "
		  "u=\"1\"/></compare>",
		    "no way of comparing" },
		{ "<compare name=\"a\" zh=\"a\" by=\"name\" field=\"nobody\"><level is=\"same\" m=\"1\" "
		  "u=\"1\"/></compare>",
		    "no field" },
		{ "<compare name=\"a\" zh=\"a\" by=\"name\" field=\"name\"><level is=\"roughly\" m=\"1\" "
		  "u=\"1\"/></compare>",
		    "no level" },
		{ "<compare name=\"a\" zh=\"a\" by=\"name\" field=\"name\"><level is=\"same\" m=\"2\" "
		  "u=\"1\"/></compare>",
		    "number from" },
		{ "<block on=\"name.colour\"/>", "no key" },
		{ "<gate name=\"g\" zh=\"g\" when=\"name=same\" at_most=\"link\"/>", "names no comparison" },
		{ "<frequencies of=\"given\" other=\"0.1\">雨桐</frequencies>", "a value, a blank and its share" },
		{ "<wish/>", "does not belong" },
	};
	struct people people;

	(void)state;
	scratch_make();
	people_init(&people);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct model *model;
		struct err err = { 0 };
		char xml[1000];
		int len = snprintf(xml,
		    sizeof(xml), "<link dataset=\"student\" version=\"1\" population=\"1000\" link=\"9\" review=\"3\" rival=\"6\">%s</link>",
		    faults[i].inside);

		assert_int_equal(model_load(&model, scratch_file("student_link.xml", xml, (size_t)len), people.dataset,
				     NULL, NULL, &err),
		    -1);
		assert_null(model);
		if (strstr(err.what, faults[i].what) == NULL || strstr(err.what, "student_link.xml:1") == NULL)
			fail_msg("%s: %s", faults[i].inside, err.what);
	}
	people_fini(&people);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_those_of_the_errors),
		cmocka_unit_test(rare_values_stay_unnamed),
		cmocka_unit_test(what_is_written_is_the_same_model),
		cmocka_unit_test(faults_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
