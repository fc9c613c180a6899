/*
 * hostile_test.c - files made to hurt, read in earnest: each ends soon, with the right reason or
 * with the right rows, and the file behind it is read as if nothing had been. That readers stay
 * within their memory is the sandbox's limit: past it they cannot be.
 */
#include "tests/support/support.h"

#include "tests/e2e/hostile/files.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SECONDS_MAX 100.0
#else
#define SECONDS_MAX 10.0
#endif

static struct sandbox *sandbox;
static const char *only; /* the one to be read; NULL for all */

static bool
as_wanted(const struct hostile *one, const struct outcome *outcome)
{
	return outcome->refused == one->refused
	    && (one->rows == ANY || one->refused != REFUSED_NO || outcome->rows == one->rows)
	    && (one->flagged == ANY || one->refused != REFUSED_NO || outcome->flagged == one->flagged)
	    && outcome->seconds < SECONDS_MAX;
}

static bool
is_read_as_wanted(const struct hostile *one, struct buffer *file, const char *spool)
{
	struct outcome outcome;
	struct err err;

	hostile_make(one, file);
	if (hostile_read(sandbox, buffer_as_text(file), spool, &outcome, &err) != 0) {
		print_error("%s: %s\n", one->name, err.what);
		return false;
	}
	if (only != NULL || !as_wanted(one, &outcome))
		print_error("%s: %s, %zu rows, %zu flagged, %.1f s; %zu bytes\n", one->name,
		    refusal_name(outcome.refused), (size_t)outcome.rows, (size_t)outcome.flagged, outcome.seconds,
		    file->len);
	return as_wanted(one, &outcome);
}

static void
hostile_files_end_soon_and_harm_nobody(void **state)
{
	const char *spool = scratch_make();
	struct buffer file;
	size_t wrong = 0;

	(void)state;
	buffer_init(&file, (size_t)512 << 20);
	for (size_t i = 0; i < hostile_count; i++) {
		if (only != NULL && strcmp(only, "all") != 0 && strcmp(only, hostile[i].name) != 0)
			continue;
		wrong += !is_read_as_wanted(&hostile[i], &file, spool);
		wrong += !is_read_as_wanted(&harmless, &file, spool);
	}
	buffer_fini(&file);
	scratch_remove();
	assert_int_equal(wrong, 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_files_end_soon_and_harm_nobody),
	};
	struct err err;

	only = argc > 1 ? argv[1] : NULL;
	if (sandbox_start(&sandbox, &err) != 0) {
		fprintf(stderr, "%s\n", err.what);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
