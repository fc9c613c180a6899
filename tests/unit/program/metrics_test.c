/*
 * Tests of core/program/metrics: what is written is Prometheus' text format, families together, labels escaped, and the
 * names keep its conventions.
 */
#include "core/program/metrics.h"

#include <sys/stat.h>

#include "tests/support/support.h"

static bool
ends_with(const char *name, const char *with)
{
	return text_ends(text_from(name), text_from(with));
}

static void
names_keep_the_conventions(void **state)
{
	(void)state;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = &metric_rows[i];

		assert_non_null(row->name);
		assert_int_equal(strncmp(row->name, "yici_", 5), 0);
		assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(row->name));
		assert_int_equal(ends_with(row->name, "_total"), strcmp(row->type, "counter") == 0);
		assert_null(strchr(row->help, '\n'));
		for (size_t k = 0; k < METRIC_LABELS_MAX && row->labels[k] != NULL; k++) {
			static const char *const never[] = { "file", "student", "name", "id", "person", "school", "job",
				"instance" };

			for (size_t n = 0; n < ARRAY_LEN(never); n++)
				assert_string_not_equal(row->labels[k], never[n]);
		}
	}
}

static void
fill(struct metrics *metrics)
{
	/* not in the order of the table, families mixed */
	metrics_add(metrics, METRIC_LAG_RECORDS, 0, (const char *const[]){ "yici.normalize", "yici.submitted", "0" });
	metrics_add(metrics, METRIC_FILES, 131, (const char *const[]){ "registry", "complete" });
	metrics_add(metrics, METRIC_LAG_RECORDS, 12, (const char *const[]){ "odd\"\\\n", "yici.submitted", "1" });
	metrics_add(metrics, METRIC_RUN_LAST_SUCCESS, 1788307200, NULL);
}

static const char expected[] =
    "# HELP yici_files_total Files ever taken in, by what became of them.\n"
    "# TYPE yici_files_total counter\n"
    "yici_files_total{source=\"registry\",state=\"complete\"} 131\n"
    "# HELP yici_run_last_success_timestamp_seconds When the last run became current.\n"
    "# TYPE yici_run_last_success_timestamp_seconds gauge\n"
    "yici_run_last_success_timestamp_seconds 1788307200\n"
    "# HELP yici_consumer_lag_records Committed records that a consumer group has not read yet.\n"
    "# TYPE yici_consumer_lag_records gauge\n"
    "yici_consumer_lag_records{group=\"yici.normalize\",topic=\"yici.submitted\",partition=\"0\"} 0\n"
    "yici_consumer_lag_records{group=\"odd\\\"\\\\\\n\",topic=\"yici.submitted\",partition=\"1\"} 12\n";

static void
families_stand_together(void **state)
{
	struct metrics metrics;
	struct buffer out;

	(void)state;
	metrics_init(&metrics);
	buffer_init(&out, 1 << 20);
	fill(&metrics);
	metrics_text(&metrics, &out);
	assert_int_equal(out.len, strlen(expected));
	assert_memory_equal(out.at, expected, out.len);
	buffer_fini(&out);
	metrics_fini(&metrics);
}

static void
a_file_keeps_what_others_said(void **state)
{
	static const char before[] =
	    "# HELP yici_students x\n# TYPE yici_students gauge\nyici_students 12\n"
	    "yici_consumer_lag_records{group=\"gone\",topic=\"t\",partition=\"0\"} 5\nyici_unknown 1\nyici_stud";
	const char *path = scratch_file("yici.prom", before, strlen(before));
	struct metrics metrics;
	struct buffer out;
	struct err err = { 0 };
	struct stat status;

	(void)state;
	metrics_init(&metrics);
	buffer_init(&out, 1 << 20);
	fill(&metrics);
	assert_int_equal(metrics_write(&metrics, path, &err), 0);
	assert_int_equal(file_read_all(path, &out, &err), 0);
	assert_true(text_find(buffer_as_text(&out), TEXT("\nyici_students 12\n")) != SIZE_MAX);
	assert_true(text_find(buffer_as_text(&out), TEXT("gone")) == SIZE_MAX);
	assert_true(text_find(buffer_as_text(&out), TEXT("yici_unknown")) == SIZE_MAX);
	assert_true(
	    text_find(buffer_as_text(&out), TEXT("yici_files_total{source=\"registry\",state=\"complete\"} 131\n"))
	    != SIZE_MAX);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0644);
	buffer_fini(&out);
	metrics_fini(&metrics);
}

static int
setup(void **state)
{
	(void)state;
	return scratch_make() == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_keep_the_conventions),
		cmocka_unit_test(families_stand_together),
		cmocka_unit_test_setup_teardown(a_file_keeps_what_others_said, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
