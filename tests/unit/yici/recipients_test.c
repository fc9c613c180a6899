/*
 * recipients_test.c - who was among the rows of which deliveries: series that go on, are broken off and begin anew, over many nights.
 */
#include "ops/yici/recipients.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/support/support.h"

#define NIGHTS 12
#define STUDENTS 300
#define GRANTS 3

static const struct text ids[GRANTS] = { { "aid", 3 }, { "bus", 3 }, { "aid_2", 5 } };

/* Whether the grant takes the student on that night; every series is different. */
static bool
among(unsigned night, unsigned grant, unsigned student)
{
	return (student * 7 + grant * 3 + night * (student % 5)) % 4 != 0;
}

static bool
delivers(unsigned night, unsigned grant)
{
	return grant == 0 || night % (grant + 1) == 0;
}

static void
student_of(unsigned n, uint8_t student[SORTED_KEY_BYTES])
{
	memset(student, n == STUDENTS - 1 ? 0xFF : 0, SORTED_KEY_BYTES); /* the last of all there can be, too */
	if (n != STUDENTS - 1) {
		student[0] = (uint8_t)(n * 31);
		student[1] = (uint8_t)(n >> 3);
		student[15] = (uint8_t)n;
	}
}

static void
write_night(const char *folder, unsigned night, uint64_t *numbers)
{
	struct recipients_delivery deliveries[GRANTS];
	char work[FILE_PATH_MAX], from[FILE_PATH_MAX], to[FILE_PATH_MAX];
	struct runs_writer *writer;
	struct runs members;
	unsigned grants[GRANTS];
	size_t count = 0;
	struct err err;

	assert_int_equal(path_format(work, &err, "%s/work-%u", folder, night), 0);
	assert_int_equal(path_format(from, &err, "%s/%u", folder, night - 1), 0);
	assert_int_equal(path_format(to, &err, "%s/%u", folder, night), 0);
	assert_int_equal(file_make_folder(work, &err), 0);
	for (unsigned grant = 0; grant < GRANTS; grant++) {
		unsigned at = GRANTS - 1 - grant; /* not the order of the list */

		if (!delivers(night, at))
			continue;
		deliveries[count] = (struct recipients_delivery){ ids[at], ++numbers[at] };
		grants[count++] = at;
	}
	assert_non_null(writer = runs_writer_new(work, "members", 0, &err));
	for (unsigned n = 0; n < STUDENTS; n++) {
		for (uint16_t i = 0; i < count; i++) {
			uint8_t entry[SORTED_KEY_BYTES + sizeof(i)];

			if (!among(night, grants[i], n))
				continue;
			student_of(n, entry);
			memcpy(entry + SORTED_KEY_BYTES, &i, sizeof(i));
			assert_int_equal(runs_add(writer, entry, sizeof(entry), &err), 0);
		}
	}
	assert_int_equal(runs_finish(writer, &err), 0);
	runs_writer_free(writer);
	assert_int_equal(runs_open(&members, work, "members", &err), 0);
	assert_int_equal(recipients_write(from, to, deliveries, count, &members, &err), 0);
	runs_close(&members);
}

struct told {
	bool is[GRANTS][NIGHTS + 2]; /* by delivery */
	unsigned series;
};

static int
on_series(void *self, const struct recipients_series *series, struct err *err)
{
	struct told *told = self;

	(void)err;
	told->series++;
	for (unsigned grant = 0; grant < GRANTS; grant++) {
		if (!text_eq(series->grant, ids[grant]))
			continue;
		for (uint64_t i = series->first; i <= series->last; i++) {
			assert_true(i <= NIGHTS);
			assert_false(told->is[grant][i]);
			told->is[grant][i] = true;
		}
		return 0;
	}
	fail_msg("a grant that there is not");
	return -1;
}

static void
each_is_told_of_what_held_him(void **state)
{
	const char *folder = scratch_make();
	uint64_t numbers[GRANTS] = { 0 };
	char path[FILE_PATH_MAX];
	struct err err;

	(void)state;
	for (unsigned night = 1; night <= NIGHTS; night++)
		write_night(folder, night, numbers);
	assert_int_equal(path_format(path, &err, "%s/%u", folder, NIGHTS), 0);
	for (unsigned n = 0; n < STUDENTS; n++) {
		uint8_t student[SORTED_KEY_BYTES];
		uint64_t number[GRANTS] = { 0 };
		struct told told = { 0 };

		student_of(n, student);
		assert_int_equal(recipients_of(path, student, on_series, &told, &err), 0);
		for (unsigned night = 1; night <= NIGHTS; night++) {
			for (unsigned grant = 0; grant < GRANTS; grant++) {
				if (delivers(night, grant))
					assert_int_equal(told.is[grant][++number[grant]], among(night, grant, n));
			}
		}
		if (n % 5 == 0) /* the same every night: one series a grant */
			assert_true(told.series <= GRANTS);
	}
	scratch_remove();
}

static void
a_night_without_deliveries_changes_nothing(void **state)
{
	const char *folder = scratch_make();
	uint64_t numbers[GRANTS] = { 0 };
	char from[FILE_PATH_MAX], to[FILE_PATH_MAX];
	struct runs members = { 0 };
	struct told told = { 0 };
	uint8_t student[SORTED_KEY_BYTES], nobody[SORTED_KEY_BYTES] = { 9, 9, 9 };
	struct err err;

	(void)state;
	write_night(folder, 1, numbers);
	assert_int_equal(path_format(from, &err, "%s/1", folder), 0);
	assert_int_equal(path_format(to, &err, "%s/2", folder), 0);
	assert_int_equal(recipients_write(from, to, NULL, 0, &members, &err), 0);
	student_of(6, student);
	assert_int_equal(recipients_of(to, student, on_series, &told, &err), 0);
	assert_int_equal(told.series, 1);
	assert_int_equal(recipients_of(to, nobody, on_series, &told, &err), 0);
	assert_int_equal(told.series, 1);
	assert_int_equal(path_format(to, &err, "%s/3", folder), 0);
	assert_int_equal(recipients_write(NULL, to, NULL, 0, &members, &err), 0);
	assert_false(file_exists(to));
	assert_int_equal(recipients_of(to, student, on_series, &told, &err), 0);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_told_of_what_held_him),
		cmocka_unit_test(a_night_without_deliveries_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
