/*
 * memory_test.c - definitions are loaded while the nth allocation fails, for every n: no crash, no
 * leak (under the sanitizers), and either all is loaded or the error says why. Allocations inside
 * libxml2 are not counted.
 */
#include "tests/support/support.h"

#include <stdlib.h>

#include "core/record/lint.h"

static long left = -1; /* allocations until one fails; below 0: none fails */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

static bool
fails(void)
{
	return left >= 0 && left-- == 0;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *at, size_t size)
{
	return fails() ? NULL : __real_realloc(at, size);
}

/* Load everything with the allocation numbered ${nth} failing: whether it was reached. */
static bool
load_failing(long nth)
{
	static const char *const folders[] = { PROJECT_ROOT "/config/sources", NULL };
	struct err err = { 0 };
	struct dataset *dataset;
	struct sources *sources = NULL;
	bool reached;

	left = nth;
	dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	if (dataset)
		sources = sources_load(dataset, folders, NULL, NULL, &err);
	reached = left < 0;
	left = -1;
	if (!dataset || !sources) {
		assert_true(reached);
		assert_int_not_equal(err.kind, ERR_NONE);
		assert_true(err.what[0] != '\0');
	}
	sources_free(sources);
	dataset_free(dataset);
	return reached;
}

static void
loading_survives_each_failed_allocation(void **state)
{
	long nth = 0;

	(void)state;
	while (load_failing(nth))
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
