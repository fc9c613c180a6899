/*
 * Tests of consumers/follow: a department's files go from one complete run to the next, whole, whatever happens between.
 * follow_test local | kafka: over a bus of files, or over the broker named by YICI_TEST_BOOTSTRAP.
 */
#include "consumers/follow/follow.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/bus/admin.h"
#include "core/bus/settings.h"
#include "tests/support/support.h"

#define STUDENTS 60
#define PARTITIONS 4
#define DAY ((int64_t)24 * 60 * 60)
#define NOW ((int64_t)1788307200)

static bool over_kafka;

struct fixture {
	struct bus_settings bus;
	struct bus *writer;
	char topic[TOPIC_NAME_MAX], runs[TOPIC_NAME_MAX];
	char lines[FILE_PATH_MAX], table[FILE_PATH_MAX], place[FILE_PATH_MAX], work[FILE_PATH_MAX];
	struct follow_settings settings;
	struct follow *follow;
	unsigned versions[STUDENTS]; /* what each student's value is now; 0: not there */
	int64_t last[PARTITIONS];    /* by partition, of the night that is being published; -1: none */
};

/* ---- the publisher ---- */

static void
make_value(unsigned student, unsigned version, char key[33], char value[256])
{
	snprintf(key, 33, "%02x%030x", student * 4, student);
	snprintf(value, 256, "{\"student_id\":\"%s\",\"presence\":\"present\",\"name\":\"虚构%u\",\"n%u\":\"%u\"}", key,
	    student, version % 3, version);
}

static void
send_student(struct fixture *f, unsigned student, unsigned version)
{
	char key[33], value[256];
	struct message message = { .topic = f->topic, .partition = BUS_ANY_PARTITION };
	struct err err = { 0 };

	make_value(student, version, key, value);
	message.key = text_from(key);
	message.value = version == 0 ? (struct text){ 0 } : text_from(value);
	if (bus_send(f->writer, &message, &err) != 0)
		fail_msg("%s", err.what);
}

/* The record of a run, in the transaction that is open; ${students} beyond the truth makes it a lie. */
static void
send_run(struct fixture *f, const char *run, const char *state, unsigned students)
{
	struct message message = { .topic = f->runs, .partition = BUS_ANY_PARTITION, .key = text_from(run) };
	struct buffer value;
	struct err err = { 0 };
	bool first = true;

	buffer_init(&value, 1 << 16);
	assert_int_equal(bus_flush(f->writer, &err), 0);
	buffer_format(&value, "{\"run\":\"%s\",\"state\":\"%s\",\"students\":%u", run, state, students);
	for (int32_t i = 0; i < PARTITIONS; i++) {
		int64_t last = bus_last_sent(f->writer, f->topic, i);

		if (last >= 0)
			f->last[i] = last;
		if (f->last[i] < 0)
			continue;
		buffer_format(&value, "%s%d:%lld", first ? ",\"students_offsets\":\"" : ",", i, (long long)f->last[i]);
		first = false;
	}
	buffer_string(&value, first ? "}" : "\"}");
	message.value = buffer_as_text(&value);
	assert_int_equal(bus_send(f->writer, &message, &err), 0);
	buffer_fini(&value);
}

static unsigned
count_students(const struct fixture *f)
{
	unsigned count = 0;

	for (unsigned i = 0; i < STUDENTS; i++)
		count += f->versions[i] != 0;
	return count;
}

static void
begin_night(struct fixture *f)
{
	for (unsigned i = 0; i < PARTITIONS; i++)
		f->last[i] = -1;
}

/* A night in one transaction, or its last part: students ${from}..${to}-1 get ${version}; 0 takes them away. */
static void
publish(struct fixture *f, const char *run, unsigned from, unsigned to, unsigned version)
{
	struct err err = { 0 };

	assert_int_equal(bus_begin(f->writer, &err), 0);
	for (unsigned i = from; i < to; i++) {
		send_student(f, i, version);
		f->versions[i] = version;
	}
	send_run(f, run, "complete", count_students(f));
	if (bus_commit(f->writer, &err) != 0)
		fail_msg("%s", err.what);
	begin_night(f);
}

/* ---- the follower ---- */

static void
open_follow(struct fixture *f)
{
	struct err err = { 0 };

	if (follow_open(&f->follow, &f->settings, &f->bus, &err) != 0)
		fail_msg("%s", err.what);
}

static void
close_follow(struct fixture *f)
{
	follow_close(f->follow);
	f->follow = NULL;
}

static struct follow_news
step(struct fixture *f, int expected, int64_t now_s)
{
	struct follow_news news = { .anew = FOLLOW_ON };
	struct err err = { 0 };
	int got = follow_step(f->follow, now_s, 0, NULL, &news, &err);

	if (got != expected)
		fail_msg("%d: %s", got, err.what);
	return news;
}

/* Open, take in what there is, close: as --once does. */
static struct follow_news
follow_once(struct fixture *f, int64_t now_s)
{
	struct follow_news news;

	open_follow(f);
	news = step(f, 1, now_s);
	step(f, 0, now_s);
	close_follow(f);
	return news;
}

static void
read_file(const char *path, struct buffer *out)
{
	struct err err = { 0 };

	buffer_clear(out);
	if (file_read_all(path, out, &err) != 0)
		fail_msg("%s", err.what);
}

/* The lines are those of ${versions}, and the table has as many rows. */
static void
check_files(const struct fixture *f, const unsigned versions[STUDENTS])
{
	struct buffer got, want;
	size_t rows = 0, students = 0;

	buffer_init(&got, 1 << 20);
	buffer_init(&want, 1 << 20);
	for (unsigned i = 0; i < STUDENTS; i++) {
		char key[33], value[256];

		if (versions[i] == 0)
			continue;
		make_value(i, versions[i], key, value);
		buffer_string(&want, value);
		buffer_char(&want, '\n');
		students++;
	}
	read_file(f->lines, &got);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.at, want.at, want.len);
	read_file(f->table, &got);
	for (size_t i = 0; i < got.len; i++)
		rows += got.at[i] == '\n';
	assert_int_equal(rows, students + 1);
	buffer_fini(&got);
	buffer_fini(&want);
}

/* ---- the tests ---- */

static void
files_go_from_run_to_run(void **state)
{
	struct fixture *f = *state;
	struct follow_news news;

	open_follow(f);
	step(f, 0, NOW); /* nothing yet */
	assert_false(file_exists(f->lines));
	publish(f, "20260902-1", 0, 50, 1);
	news = step(f, 1, NOW);
	assert_int_equal(news.anew, FOLLOW_FIRST);
	assert_string_equal(news.run, "20260902-1");
	assert_int_equal(news.added, 50);
	check_files(f, f->versions);
	publish(f, "20260903-1", 40, 60, 2);
	publish(f, "20260904-1", 10, 20, 0);
	news = step(f, 1, NOW + DAY); /* straight to the newest */
	assert_int_equal(news.anew, FOLLOW_ON);
	assert_string_equal(news.run, "20260904-1");
	assert_int_equal(news.added, 10);
	assert_int_equal(news.changed, 10);
	assert_int_equal(news.removed, 10);
	check_files(f, f->versions);
	step(f, 0, NOW + DAY);
	/* a night without news writes to no partition, and is complete all the same */
	publish(f, "20260905-1", 0, 0, 3);
	news = step(f, 1, NOW + 2 * DAY);
	assert_string_equal(news.run, "20260905-1");
	assert_int_equal(news.added + news.changed + news.removed, 0);
	check_files(f, f->versions);
}

static void
what_belongs_to_no_complete_run_is_not_shown(void **state)
{
	struct fixture *f = *state;
	unsigned shown[STUDENTS];
	int64_t last[PARTITIONS];
	struct err err = { 0 };

	publish(f, "20260902-1", 0, 30, 1);
	memcpy(shown, f->versions, sizeof(shown));
	/* parts of a night that goes in several transactions */
	assert_int_equal(bus_begin(f->writer, &err), 0);
	for (unsigned i = 20; i < 45; i++)
		send_student(f, i, 2);
	send_run(f, "20260903-1", "begin", 0);
	assert_int_equal(bus_commit(f->writer, &err), 0);
	follow_once(f, NOW);
	check_files(f, shown);
	/* what never was committed */
	memcpy(last, f->last, sizeof(last));
	assert_int_equal(bus_begin(f->writer, &err), 0);
	for (unsigned i = 0; i < 60; i++)
		send_student(f, i, 3);
	send_run(f, "20260903-1", "complete", 60);
	bus_abort(f->writer);
	memcpy(f->last, last, sizeof(last));
	open_follow(f);
	step(f, 0, NOW);
	close_follow(f);
	check_files(f, shown);
	for (unsigned i = 20; i < 45; i++)
		f->versions[i] = 2;
	publish(f, "20260903-1", 44, 45, 2);
	assert_int_equal(follow_once(f, NOW).anew, FOLLOW_ON);
	check_files(f, f->versions);
}

static void
it_goes_on_where_it_was(void **state)
{
	struct fixture *f = *state;

	publish(f, "20260902-1", 0, 50, 1);
	assert_int_equal(follow_once(f, NOW).anew, FOLLOW_FIRST);
	publish(f, "20260903-1", 5, 6, 2);
	assert_int_equal(follow_once(f, NOW + DAY).anew, FOLLOW_ON);
	check_files(f, f->versions);
}

static void
an_altered_file_is_taken_anew(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };

	publish(f, "20260902-1", 0, 50, 1);
	follow_once(f, NOW);
	assert_int_equal(file_write_all(f->lines, "{}\n", 3, &err), 0);
	assert_int_equal(follow_once(f, NOW).anew, FOLLOW_ALTERED);
	check_files(f, f->versions);
	assert_int_equal(file_remove_all(f->lines, &err), 0);
	assert_int_equal(follow_once(f, NOW).anew, FOLLOW_ALTERED);
	check_files(f, f->versions);
	/* a lost table is made again from the lines, and nothing is read */
	assert_int_equal(file_remove_all(f->table, &err), 0);
	open_follow(f);
	step(f, 0, NOW);
	close_follow(f);
	check_files(f, f->versions);
}

static void
who_was_away_too_long_takes_all_anew(void **state)
{
	struct fixture *f = *state;

	publish(f, "20260902-1", 0, 50, 1);
	follow_once(f, NOW);
	publish(f, "20260903-1", 7, 9, 0);
	assert_int_equal(follow_once(f, NOW + 60 * DAY).anew, FOLLOW_ON);
	publish(f, "20260904-1", 9, 11, 0);
	assert_int_equal(follow_once(f, NOW + 121 * DAY).anew, FOLLOW_TOO_LATE);
	check_files(f, f->versions);
}

static void
another_topic_is_taken_anew(void **state)
{
	struct fixture *f = *state;
	struct buffer place;
	struct err err = { 0 };
	size_t at;

	publish(f, "20260902-1", 0, 50, 1);
	follow_once(f, NOW);
	/* a place far beyond what the topic has: it was made again */
	buffer_init(&place, 1 << 16);
	read_file(f->place, &place);
	at = text_find(buffer_as_text(&place), TEXT("\"next\":\"0:"));
	assert_true(at != SIZE_MAX);
	place.len = at;
	buffer_string(&place, "\"next\":\"0:999999999\"}\n");
	assert_int_equal(file_write_all(f->place, place.at, place.len, &err), 0);
	publish(f, "20260903-1", 0, 1, 2);
	assert_int_equal(follow_once(f, NOW).anew, FOLLOW_OTHER);
	check_files(f, f->versions);
	buffer_fini(&place);
}

static void
a_killed_follower_finishes(void **state)
{
	struct fixture *f = *state;
	struct buffer before, after, lines;
	char place_new[FILE_PATH_MAX];
	struct err err = { 0 };

	buffer_init(&before, 1 << 16);
	buffer_init(&after, 1 << 16);
	buffer_init(&lines, 1 << 20);
	assert_int_equal(path_format(place_new, &err, "%s.new", f->place), 0);
	publish(f, "20260902-1", 0, 50, 1);
	follow_once(f, NOW);
	read_file(f->place, &before);
	read_file(f->lines, &lines);
	publish(f, "20260903-1", 30, 60, 2);
	follow_once(f, NOW);
	read_file(f->place, &after);
	/* killed after the lines' rename */
	assert_int_equal(file_write_all(f->place, before.at, before.len, &err), 0);
	assert_int_equal(file_write_all(place_new, after.at, after.len, &err), 0);
	assert_int_equal(file_write_all(f->table, "old", 3, &err), 0);
	open_follow(f);
	assert_string_equal(follow_run(f->follow), "20260903-1");
	step(f, 0, NOW);
	close_follow(f);
	check_files(f, f->versions);
	/* killed before it: what was begun is done again */
	assert_int_equal(file_write_all(f->place, before.at, before.len, &err), 0);
	assert_int_equal(file_write_all(place_new, after.at, after.len, &err), 0);
	assert_int_equal(file_write_all(f->lines, lines.at, lines.len, &err), 0);
	open_follow(f);
	assert_string_equal(follow_run(f->follow), "20260902-1");
	assert_int_equal(step(f, 1, NOW).anew, FOLLOW_ON);
	close_follow(f);
	check_files(f, f->versions);
	buffer_fini(&before);
	buffer_fini(&after);
	buffer_fini(&lines);
}

static void
a_wrong_count_is_refused(void **state)
{
	struct fixture *f = *state;
	struct follow_news news;
	struct err err = { 0 };

	publish(f, "20260902-1", 0, 50, 1);
	follow_once(f, NOW);
	assert_int_equal(bus_begin(f->writer, &err), 0);
	send_student(f, 55, 2);
	send_run(f, "20260903-1", "complete", 49);
	assert_int_equal(bus_commit(f->writer, &err), 0);
	open_follow(f);
	assert_int_equal(follow_step(f->follow, NOW, 0, NULL, &news, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	close_follow(f);
	check_files(f, f->versions); /* yesterday's stay */
	/* the next night is right again */
	f->versions[55] = 2;
	publish(f, "20260904-1", 0, 1, 3);
	follow_once(f, NOW);
	check_files(f, f->versions);
}

/* ---- around each test ---- */

static int
setup(void **state)
{
	static unsigned number;
	struct fixture *f = calloc(1, sizeof(*f));
	struct bus_role role = { .program = "test", .writer = "follow_test" };
	const char *scratch = scratch_make();
	struct bus_admin *admin;
	struct err err = { 0 };
	char prefix[40];
	unsigned made;

	bus_settings_init(&f->bus);
	snprintf(prefix, sizeof(prefix), "follow%d_%u", (int)getpid(), number++);
	assert_int_equal(bus_settings_prefix(&f->bus, prefix, &err), 0);
	f->bus.partitions = PARTITIONS;
	if (over_kafka) {
		if (bus_settings_set(
			&f->bus, "bootstrap.servers", getenv("YICI_TEST_BOOTSTRAP"), BUS_FROM_ENVIRONMENT, &err)
			!= 0
		    || bus_admin_open(&admin, &f->bus, &err) != 0 || bus_admin_create(admin, &made, &err) != 0)
			fail_msg("%s", err.what);
		bus_admin_close(admin);
	} else {
		snprintf(f->bus.local, sizeof(f->bus.local), "%s/bus", scratch);
	}
	topic_name(f->topic, f->bus.prefix, TOPIC_STUDENTS);
	topic_name(f->runs, f->bus.prefix, TOPIC_RUNS);
	if (bus_open(&f->writer, &f->bus, &role, &err) != 0)
		fail_msg("%s", err.what);
	snprintf(f->lines, sizeof(f->lines), "%s/students.jsonl", scratch);
	snprintf(f->table, sizeof(f->table), "%s/students.csv", scratch);
	snprintf(f->place, sizeof(f->place), "%s/.students.state", scratch);
	snprintf(f->work, sizeof(f->work), "%s/.students.work", scratch);
	begin_night(f);
	f->settings = (struct follow_settings){ .topic = f->topic,
		.runs = f->runs,
		.lines = f->lines,
		.table = f->table,
		.place = f->place,
		.work = f->work,
		.group = "dept.test.students",
		.memory = 1 << 20,
		.deletes_s = 60 * DAY,
		.cell = buffer_csv };
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	follow_close(f->follow);
	bus_close(f->writer);
	bus_settings_fini(&f->bus);
	free(f);
	scratch_remove();
	return 0;
}

#define FOLLOW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		FOLLOW(files_go_from_run_to_run),
		FOLLOW(what_belongs_to_no_complete_run_is_not_shown),
		FOLLOW(it_goes_on_where_it_was),
		FOLLOW(an_altered_file_is_taken_anew),
		FOLLOW(who_was_away_too_long_takes_all_anew),
		FOLLOW(another_topic_is_taken_anew),
		FOLLOW(a_killed_follower_finishes),
		FOLLOW(a_wrong_count_is_refused),
	};

	over_kafka = argc > 1 && strcmp(argv[1], "kafka") == 0;
	if (over_kafka && getenv("YICI_TEST_BOOTSTRAP") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
