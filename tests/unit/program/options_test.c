/*
 * Tests of core/program/options: kinds, where a value was said, keys of a prefix, and which failure is whose.
 */
#include "core/program/options.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "tests/support/support.h"

struct settings {
	uint64_t jobs;
	char name[OPTION_TEXT_MAX];
	char last_key[64], last_value[64];
	enum option_origin origin;
	int taken;
	option_setter *take;
};

static int
take(void *self, const char *key, const char *value, enum option_origin origin, struct err *err)
{
	struct settings *into = self;

	if (strcmp(value, "refused") == 0)
		return err_set(err, ERR_STOP, "refused");
	if (strcmp(value, "nonsense") == 0)
		return err_set(err, ERR_INPUT, "nonsense");
	snprintf(into->last_key, sizeof(into->last_key), "%s", key);
	snprintf(into->last_value, sizeof(into->last_value), "%s", value);
	into->origin = origin;
	into->taken++;
	return 0;
}

static const struct option_row rows[] = {
	{ "jobs", OPTION_COUNT, offsetof(struct settings, jobs), "3", "", "" },
	{ "name", OPTION_TEXT, offsetof(struct settings, name), "x", "", "" },
	{ "far.", OPTION_PREFIX, offsetof(struct settings, take), "", "", "" },
	{ "own.one", OPTION_OWN, offsetof(struct settings, take), "", "", "" },
};

static struct option_table table = { rows, ARRAY_LEN(rows), false };
static struct settings settings;

static void
begin(void)
{
	struct err err;

	settings = (struct settings){ .take = take };
	assert_int_equal(options_init(&table, &settings, &err), 0);
}

static enum err_kind
set(const char *pair)
{
	struct err err = { .kind = ERR_NONE };

	return options_set(&table, &settings, pair, &err) == 0 ? ERR_NONE : err.kind;
}

static void
a_prefix_takes_all_keys_that_begin_so(void **state)
{
	(void)state;
	begin();
	assert_int_equal(settings.jobs, 3);
	assert_int_equal(settings.taken, 0);
	assert_int_equal(set("far.away.still=1=2"), ERR_NONE);
	assert_string_equal(settings.last_key, "away.still");
	assert_string_equal(settings.last_value, "1=2");
	assert_int_equal(settings.origin, OPTION_FROM_COMMAND_LINE);
	assert_int_equal(set("own.one="), ERR_NONE);
	assert_string_equal(settings.last_key, "own.one");
	assert_string_equal(settings.last_value, "");
}

static void
what_is_no_setting_differs_from_what_is_refused(void **state)
{
	(void)state;
	begin();
	assert_int_equal(set("jobs"), ERR_INPUT);
	assert_int_equal(set("jobs=many"), ERR_INPUT);
	assert_int_equal(set("none=1"), ERR_INPUT);
	assert_int_equal(set("far.=1"), ERR_INPUT);
	assert_int_equal(set("far=1"), ERR_INPUT);
	assert_int_equal(set("far.x=nonsense"), ERR_INPUT);
	assert_int_equal(set("far.x=refused"), ERR_STOP);
	assert_int_equal(set("own.one=refused"), ERR_STOP);
}

/* Whoever called us wrongly is told so in his language. */
static void
what_is_wrong_is_said_in_both_languages(void **state)
{
	static const struct {
		const char *pair, *zh, *en;
	} wrong[] = {
		{ "jobs", "--set 应为 设置=值: jobs", "--set wants key=value: jobs" },
		{ "jobs=many", "--set: jobs 应为整数: many", "--set: jobs is not a whole number: many" },
		{ "none=1", "--set: 没有这个设置: none", "--set: there is no such setting: none" },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < 2 * ARRAY_LEN(wrong); i++) {
		struct err err = { 0 };

		table.chinese = i % 2 == 0;
		assert_int_equal(options_set(&table, &settings, wrong[i / 2].pair, &err), -1);
		assert_string_equal(err.what, table.chinese ? wrong[i / 2].zh : wrong[i / 2].en);
	}
	table.chinese = false;
}

static void
the_environment_spells_dots_as_two_underscores(void **state)
{
	struct err err;

	(void)state;
	setenv("YICI_FAR__BOOTSTRAP__SERVERS", "a:1", 1);
	begin();
	assert_string_equal(settings.last_key, "bootstrap.servers");
	assert_string_equal(settings.last_value, "a:1");
	assert_int_equal(settings.origin, OPTION_FROM_ENVIRONMENT);
	assert_int_equal(settings.taken, 1);
	unsetenv("YICI_FAR__BOOTSTRAP__SERVERS");
	setenv("YICI_FAR__LOG_LEVEL", "7", 1);
	begin();
	assert_string_equal(settings.last_key, "log_level");
	setenv("YICI_FAR__LOG_LEVEL", "nonsense", 1);
	assert_int_equal(options_init(&table, &settings, &err), -1);
	assert_int_equal(err.kind, ERR_STOP);
	unsetenv("YICI_FAR__LOG_LEVEL");
	setenv("YICI_OWN__ONE", "1", 1);
	begin();
	assert_string_equal(settings.last_key, "own.one");
	unsetenv("YICI_OWN__ONE");
}

static void
a_file_is_private_when_only_its_owner_reads_it(void **state)
{
	static const char text[] =
	    "<settings><set key=\"far.secret\"> s </set><set key=\"name\">from file</set></settings>";
	struct err err = { 0 };
	const char *path;

	(void)state;
	scratch_make();
	path = scratch_file("settings.xml", text, sizeof(text) - 1);
	begin();
	assert_int_equal(options_file(&table, &settings, path, &err), 0);
	assert_int_equal(settings.origin, OPTION_FROM_PRIVATE_FILE);
	assert_string_equal(settings.last_value, "s");
	assert_string_equal(settings.name, "from file");
	for (mode_t bit = 040; bit != 0; bit = bit == 040 ? 04 : 0) {
		assert_int_equal(chmod(path, 0600 | bit), 0);
		assert_int_equal(options_file(&table, &settings, path, &err), 0);
		assert_int_equal(settings.origin, OPTION_FROM_FILE);
	}
	scratch_remove();
}

static void
a_wrong_file_is_a_wrong_setting(void **state)
{
	static const char *const texts[] = { "<settings><set key=\"none\">1</set></settings>",
		"<settings><set key=\"jobs\">many</set></settings>",
		"<settings><set key=\"far.x\">nonsense</set></settings>", "<other/>" };

	(void)state;
	scratch_make();
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = { 0 };

		begin();
		assert_int_equal(
		    options_file(&table, &settings, scratch_file("settings.xml", texts[i], strlen(texts[i])), &err), -1);
		assert_int_equal(err.kind, ERR_STOP);
	}
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prefix_takes_all_keys_that_begin_so),
		cmocka_unit_test(what_is_no_setting_differs_from_what_is_refused),
		cmocka_unit_test(what_is_wrong_is_said_in_both_languages),
		cmocka_unit_test(the_environment_spells_dots_as_two_underscores),
		cmocka_unit_test(a_file_is_private_when_only_its_owner_reads_it),
		cmocka_unit_test(a_wrong_file_is_a_wrong_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
