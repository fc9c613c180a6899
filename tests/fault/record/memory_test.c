/*
 * memory_test.c - definitions are loaded while the nth allocation fails, for every n: no crash, no
 * leak (under the sanitizers), and either all is loaded or the error says why. Allocations inside
 * libxml2 are not counted.
 */
#include "tests/support/support.h"

#include "core/record/lint.h"
#include "tests/support/failing.h"

static int
load(void *self)
{
	static const char *const folders[] = { PROJECT_ROOT "/config/sources", NULL };
	struct err err = { 0 };
	struct dataset *dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	struct sources *sources = dataset == NULL ? NULL : sources_load(dataset, folders, NULL, NULL, &err);
	bool loaded = sources != NULL;

	(void)self;
	if (!loaded) {
		assert_int_not_equal(err.kind, ERR_NONE);
		assert_true(err.what[0] != '\0');
	}
	sources_free(sources);
	dataset_free(dataset);
	return loaded ? 0 : -1;
}

static void
loading_survives_each_failed_allocation(void **state)
{
	long nth = 0;

	(void)state;
	while (failing_run(nth, load, NULL))
		nth++;
	assert_true(nth > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loading_survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
