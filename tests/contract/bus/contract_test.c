/*
 * What bus.h promises, tried on one way or the other: contract_test local | kafka.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/bus/murmur2.h"
#include "tests/contract/bus/world.h"

static const char *way;
static struct world world;

static int
setup(void **state)
{
	(void)state;
	world_init(&world, way, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_fini(&world);
	return 0;
}

#define GOOD(call)                                                                                                     \
	do {                                                                                                           \
		struct err err_ = { 0 };                                                                               \
		struct err *err = &err_;                                                                               \
		if ((call) < 0)                                                                                        \
			fail_msg("%s: %s", #call, err_.what);                                                          \
	} while (0)

#define GOOD_OR_ABORT(call)                                                                                            \
	do {                                                                                                           \
		if ((call) < 0 && err.kind != ERR_ABORT)                                                               \
			fail_msg("%s: %s", #call, err.what);                                                           \
	} while (0)

#define BAD(kind_wanted, call)                                                                                         \
	do {                                                                                                           \
		struct err err_ = { 0 };                                                                               \
		struct err *err = &err_;                                                                               \
		assert_int_equal((call), -1);                                                                          \
		if (err_.kind != (kind_wanted))                                                                        \
			fail_msg("%s: kind %d: %s", #call, (int)err_.kind, err_.what);                                 \
	} while (0)

static struct bus_ends
ends_of(struct bus *bus, const char *topic, int32_t partition)
{
	struct bus_ends ends;

	GOOD(bus_ends(bus, topic, partition, &ends, err));
	return ends;
}

/* How many messages of a topic are committed. */
static int
committed(const char *topic)
{
	struct seen *seen = world_committed(&world, topic);
	int count = seen->count;

	free(seen);
	return count;
}

static void
a_transaction_appears_whole_or_not_at_all(void **state)
{
	struct bus *writer = world_writer(&world, "w");

	(void)state;
	GOOD(bus_begin(writer, err));
	for (int i = 0; i < 30; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", i);
		world_send(writer, world.submitted, key, "row");
	}
	world_send(writer, world.files, "", "file");
	GOOD(bus_flush(writer, err));
	assert_int_equal(committed(world.submitted), 0);
	assert_int_equal(committed(world.files), 0);
	GOOD(bus_commit(writer, err));
	assert_int_equal(committed(world.submitted), 30);
	assert_int_equal(committed(world.files), 1);
	GOOD(bus_begin(writer, err));
	world_send(writer, world.submitted, "", "never");
	GOOD(bus_flush(writer, err));
	bus_abort(writer);
	GOOD(bus_begin(writer, err));
	world_send(writer, world.submitted, "", "unflushed");
	bus_abort(writer);
	GOOD(bus_begin(writer, err));
	world_send(writer, world.submitted, "", "after");
	GOOD(bus_commit(writer, err));
	bus_close(writer);
	assert_int_equal(committed(world.submitted), 31);
}

/* Read ${count} messages in the open transaction and send each on. */
static void
pass_on(struct bus *bus, int count)
{
	struct err err = { 0 };

	for (time_t until = time(NULL) + 30; count > 0 && time(NULL) < until;) {
		struct message message;
		int got = bus_poll(bus, &message, 200, &err);

		if (got < 0)
			fail_msg("bus_poll: %s", err.what);
		if (got == 0)
			continue;
		message.topic = world.checked;
		message.partition = BUS_ANY_PARTITION;
		if (bus_send(bus, &message, &err) != 0)
			fail_msg("bus_send: %s", err.what);
		count--;
	}
	assert_int_equal(count, 0);
}

static void
read_positions_are_part_of_the_transaction(void **state)
{
	struct bus *worker;

	(void)state;
	world_fill(&world, 0, 40);
	worker = world_worker(&world, "n-1");
	GOOD(bus_begin(worker, err));
	pass_on(worker, 25);
	GOOD(bus_commit(worker, err));
	GOOD(bus_begin(worker, err));
	pass_on(worker, 10);
	bus_close(worker); /* nothing of the ten */
	assert_int_equal(committed(world.checked), 25);
	worker = world_worker(&world, "n-1");
	GOOD(bus_begin(worker, err));
	pass_on(worker, 15); /* the same ten and the rest */
	GOOD(bus_commit(worker, err));
	assert_int_equal(committed(world.checked), 40);
	bus_close(worker);
}

static void
after_an_abort_the_same_is_read_again(void **state)
{
	static struct seen first, again;
	struct bus *worker;

	(void)state;
	first.count = again.count = 0;
	world_fill(&world, 0, 50);
	worker = world_worker(&world, "n-1");
	GOOD(bus_begin(worker, err));
	world_read(worker, &first);
	assert_int_equal(first.count, 50);
	bus_abort(worker);
	GOOD(bus_begin(worker, err));
	world_read(worker, &again);
	assert_int_equal(again.count, 50);
	for (int32_t p = 0; p < PARTITIONS; p++) {
		int a = 0, b = 0;

		for (;; a++, b++) {
			while (a < first.count && first.at[a].partition != p)
				a++;
			while (b < again.count && again.at[b].partition != p)
				b++;
			if (a == first.count || b == again.count)
				break;
			assert_int_equal(first.at[a].offset, again.at[b].offset);
			assert_string_equal(first.at[a].value, again.at[b].value);
		}
		assert_int_equal(a == first.count, b == again.count);
	}
	GOOD(bus_commit(worker, err));
	bus_close(worker);
}

static void
who_assigns_himself_resumes_where_begin_found_him(void **state)
{
	struct bus_role role = { .program = "c", .group = world.group, .writer = world.group };
	struct bus_position at = { world.files, 0, -2 };
	struct message message;
	struct bus *bus;
	int64_t here;

	(void)state;
	bus = world_writer(&world, "w");
	GOOD(bus_begin(bus, err));
	for (int i = 0; i < 10; i++)
		world_send(bus, world.files, "", "x");
	GOOD(bus_commit(bus, err));
	bus_close(bus);
	GOOD(bus_open(&bus, &world.settings, &role, err));
	GOOD(bus_assign(bus, &at, 1, err));
	for (int i = 0; i < 3;) {
		int got = bus_poll(bus, &message, 500, &(struct err){ 0 });

		assert_true(got >= 0);
		i += got;
	}
	here = bus_position(bus, world.files, 0);
	assert_int_equal(here, message.offset + 1);
	GOOD(bus_begin(bus, err));
	for (int i = 0; i < 2;) {
		int got = bus_poll(bus, &message, 500, &(struct err){ 0 });

		assert_true(got >= 0);
		i += got;
	}
	bus_abort(bus);
	assert_int_equal(bus_position(bus, world.files, 0), here);
	for (int got = 0; got == 0;) {
		got = bus_poll(bus, &message, 500, &(struct err){ 0 });
		assert_true(got >= 0);
	}
	assert_int_equal(message.offset, here);
	GOOD(bus_begin(bus, err));
	GOOD(bus_commit(bus, err));
	assert_int_equal(bus_position(bus, world.files, 0), here + 1);
	bus_close(bus);
}

static void
a_later_writer_of_the_name_fences_the_earlier(void **state)
{
	struct bus *old = world_writer(&world, "w"), *new;

	(void)state;
	GOOD(bus_begin(old, err));
	world_send(old, world.submitted, "a", "of the old");
	GOOD(bus_flush(old, err));
	new = world_writer(&world, "w");
	GOOD(bus_begin(new, err));
	world_send(new, world.submitted, "a", "of the new");
	GOOD(bus_commit(new, err));
	assert_false(bus_fenced(old));
	BAD(ERR_STOP, bus_commit(old, err));
	assert_true(bus_fenced(old));
	bus_abort(old);
	BAD(ERR_STOP, bus_begin(old, err));
	assert_true(bus_fenced(old));
	assert_false(bus_fenced(new));
	bus_close(old);
	GOOD(bus_begin(new, err));
	GOOD(bus_commit(new, err));
	bus_close(new);
	assert_int_equal(committed(world.submitted), 1);
}

static void
names_do_not_disturb_one_another(void **state)
{
	struct bus *one = world_writer(&world, "w-1"), *two;

	(void)state;
	GOOD(bus_begin(one, err));
	world_send(one, world.submitted, "a", "1");
	two = world_writer(&world, "w-2");
	GOOD(bus_begin(two, err));
	world_send(two, world.submitted, "a", "2");
	GOOD(bus_commit(two, err));
	GOOD(bus_commit(one, err));
	assert_int_equal(committed(world.submitted), 2);
	bus_close(one);
	bus_close(two);
}

/* A worker that was silent for too long: its partitions are another's, and what it has in hand must not appear. */
static void
a_worker_that_slept_cannot_commit(void **state)
{
	struct bus *sleeper, *heir;

	(void)state;
	world_set(&world, "consumer.session.timeout.ms", "6000");
	world_set(&world, "consumer.max.poll.interval.ms", "6000");
	world_fill(&world, 0, 20);
	sleeper = world_worker(&world, "n-1");
	GOOD(bus_begin(sleeper, err));
	pass_on(sleeper, 20);
	heir = world_worker(&world, "n-2");
	/* What the sleeper has read is not committed, so the heir begins where it did. */
	GOOD(bus_begin(heir, err));
	pass_on(heir, 20);
	GOOD(bus_commit(heir, err));
	BAD(ERR_ABORT, bus_commit(sleeper, err));
	bus_abort(sleeper);
	bus_close(heir);
	bus_close(sleeper);
	assert_int_equal(committed(world.checked), 20);
}

/* One step of a worker: up to ten messages in a transaction. */
static void
step(struct bus *bus)
{
	struct err err = { 0 };
	bool open = false;

	for (int i = 0; i < 10; i++) {
		struct message message;
		int got = bus_poll(bus, &message, 20, &err);

		if (got == 0)
			break;
		if (got < 0)
			goto abort;
		if (!open && bus_begin(bus, &err) != 0)
			goto abort;
		open = true;
		message.topic = world.checked;
		message.partition = BUS_ANY_PARTITION;
		if (bus_send(bus, &message, &err) != 0)
			goto abort;
	}
	if (open && bus_commit(bus, &err) != 0)
		goto abort;
	return;
abort:
	if (err.kind != ERR_ABORT)
		fail_msg("%s", err.what);
	bus_abort(bus);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct seen_one *)a)->value, ((const struct seen_one *)b)->value);
}

static void
partitions_come_and_go_and_nothing_is_lost_or_twice(void **state)
{
	struct bus *one, *two = NULL;
	struct bus *reader;
	static struct seen seen;
	bool refused = false;

	(void)state;
	world_fill(&world, 0, 1000);
	seen.count = 0;
	one = world_worker(&world, "n-1");
	reader = world_reader(&world, world.checked, false);
	for (time_t until = time(NULL) + 90; seen.count < 1000 && time(NULL) < until;) {
		struct message message;
		int got;

		step(one);
		if (two != NULL)
			step(two);
		if (two == NULL && seen.count > 100) {
			/* while the first has a batch in hand */
			GOOD(bus_begin(one, err));
			GOOD(bus_poll(one, &message, 1000, err));
			two = world_worker(&world, "n-2");
			for (time_t wait = time(NULL) + 20; !refused && time(NULL) < wait;) {
				struct err err = { 0 };

				got = bus_poll(two, &message, 10, &err);
				assert_true(got >= 0);
				refused = bus_poll(one, &message, 10, &err) < 0;
				assert_true(!refused || err.kind == ERR_ABORT);
				if (got == 1) /* it has not begun: as if it had died after reading */
					bus_abort(two);
			}
			assert_true(refused);
			BAD(ERR_ABORT, bus_commit(one, err));
			bus_abort(one);
			bus_abort(two);
		}
		if (two != NULL && seen.count > 700) {
			bus_close(one);
			one = two;
			two = NULL;
			for (;;) { /* the rest is its */
				step(one);
				world_read(reader, &seen);
				if (seen.count >= 1000 || time(NULL) >= until)
					break;
			}
		}
		world_read(reader, &seen);
	}
	bus_close(one);
	if (two != NULL)
		bus_close(two);
	bus_close(reader);
	assert_true(refused);
	assert_int_equal(seen.count, 1000);
	qsort(seen.at, 1000, sizeof(seen.at[0]), compare);
	for (int i = 1; i < 1000; i++)
		assert_string_not_equal(seen.at[i - 1].value, seen.at[i].value);
}

static void
a_partition_keeps_the_order_of_sending(void **state)
{
	struct bus *writer = world_writer(&world, "w");
	struct seen *seen;
	long last[PARTITIONS] = { -1, -1, -1 };
	int64_t offset[PARTITIONS] = { -1, -1, -1 };

	(void)state;
	for (int t = 0; t < 5; t++) {
		GOOD(bus_begin(writer, err));
		for (int i = 0; i < 300; i++) {
			char key[16], value[16];

			snprintf(key, sizeof(key), "k%d", i % 7);
			snprintf(value, sizeof(value), "%d", t * 300 + i);
			world_send(writer, world.submitted, key, value);
		}
		if (t == 2)
			bus_abort(writer);
		else
			GOOD(bus_commit(writer, err));
	}
	bus_close(writer);
	seen = world_committed(&world, world.submitted);
	assert_int_equal(seen->count, 1200);
	for (int i = 0; i < seen->count; i++) {
		const struct seen_one *one = &seen->at[i];
		long number = strtol(one->value, NULL, 10);

		assert_true(number > last[one->partition] && one->offset > offset[one->partition]);
		assert_true(number < 600 || number >= 900);
		last[one->partition] = number;
		offset[one->partition] = one->offset;
		assert_int_equal(one->partition, murmur2_partition(text_from(one->key), PARTITIONS));
	}
	free(seen);
}

static void
every_form_of_a_message_arrives_as_sent(void **state)
{
	static const struct bus_header headers[] = { { "run", { "2026", 4 } }, { "empty", { "", 0 } },
		{ "run", { "again", 5 } } };
	struct message forms[] = {
		{ .value = TEXT("no key") },
		{ .key = TEXT("key"), .value = { NULL, 0 } },
		{ .key = TEXT("key"), .value = { "", 0 } },
		{ .key = { "", 0 }, .value = TEXT("empty key") },
		{ .key = { "a\0b", 3 }, .value = { "\0\377", 2 } },
		{ .key = TEXT("key"), .value = TEXT("headers"), .headers = headers, .header_count = 3 },
		{ .key = TEXT("key"), .value = { NULL, 0 }, .headers = headers, .header_count = 1 },
		{ .key = TEXT("key"), .value = TEXT("time"), .time_ms = 1700000000123 },
	};
	struct bus *bus = world_writer(&world, "w");
	struct message got;
	int64_t now = (int64_t)time(NULL) * 1000;

	(void)state;
	GOOD(bus_begin(bus, err));
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		forms[i].topic = world.files;
		forms[i].partition = i % 2 == 0 ? BUS_ANY_PARTITION : 0;
		GOOD(bus_send(bus, &forms[i], err));
	}
	GOOD(bus_commit(bus, err));
	bus_close(bus);
	bus = world_reader(&world, world.files, false);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		while (bus_poll(bus, &got, 500, &(struct err){ 0 }) != 1)
			assert_false(bus_at_end(bus));
		assert_string_equal(got.topic, world.files);
		assert_int_equal(got.partition, 0);
		assert_int_equal(got.offset, i);
		assert_int_equal(got.key.at == NULL, forms[i].key.at == NULL);
		assert_int_equal(got.value.at == NULL, forms[i].value.at == NULL);
		assert_true(text_eq(got.key, forms[i].key) && text_eq(got.value, forms[i].value));
		assert_int_equal(got.header_count, forms[i].header_count);
		for (size_t h = 0; h < got.header_count; h++) {
			assert_string_equal(got.headers[h].name, headers[h].name);
			assert_true(text_eq(got.headers[h].value, headers[h].value));
		}
		if (forms[i].time_ms != 0)
			assert_int_equal(got.time_ms, forms[i].time_ms);
		else
			assert_true(got.time_ms > now - 60000 && got.time_ms < now + 60000);
	}
	bus_close(bus);
}

static void
a_large_message_arrives_and_one_too_large_is_refused(void **state)
{
	enum { LARGE = 2500000, TOO_LARGE = 5000000 };
	char *bytes = malloc(TOO_LARGE);
	struct message message = { .topic = world.submitted, .partition = 0 };
	struct bus *bus = world_writer(&world, "w");
	struct seen *seen;

	(void)state;
	assert_non_null(bytes);
	for (int i = 0; i < TOO_LARGE; i++)
		bytes[i] = (char)('a' + (unsigned)i * 7919 % 26);
	message.value = (struct text){ bytes, LARGE };
	GOOD(bus_begin(bus, err));
	for (int i = 0; i < 5; i++)
		GOOD(bus_send(bus, &message, err));
	GOOD(bus_commit(bus, err));
	GOOD(bus_begin(bus, err));
	message.value.len = TOO_LARGE;
	BAD(ERR_STOP, bus_send(bus, &message, err));
	bus_abort(bus);
	bus_close(bus);
	seen = world_committed(&world, world.submitted);
	assert_int_equal(seen->count, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(seen->at[i].value_len, LARGE);
	free(seen);
	free(bytes);
}

/* Requests to a new partition can fail in part; what is committed must be whole all the same. */
static void
what_is_sent_to_a_topic_made_just_now_is_all_there(void **state)
{
	char *bytes = malloc(1000000);

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'x', 1000000);
	for (int round = 0; round < 15; round++) {
		struct message message = { .partition = 0, .key = TEXT("key"), .value = { bytes, 1000000 } };
		struct err err = { .kind = ERR_ABORT };
		struct bus *bus;

		if (world.kafka) {
			world_fini(&world);
			world_init_hastily(&world, way);
		}
		message.topic = world.submitted;
		bus = world_writer(&world, "w");
		for (int tries = 0; err.kind == ERR_ABORT && tries < 10; tries++) {
			err.kind = ERR_NONE;
			GOOD_OR_ABORT(bus_begin(bus, &err));
			for (int i = 0; i < 8 && err.kind == ERR_NONE; i++)
				GOOD_OR_ABORT(bus_send(bus, &message, &err));
			if (err.kind == ERR_NONE)
				GOOD_OR_ABORT(bus_commit(bus, &err));
			if (err.kind == ERR_ABORT)
				bus_abort(bus);
		}
		assert_int_equal(err.kind, ERR_NONE);
		bus_close(bus);
		assert_int_equal(committed(world.submitted), world.kafka ? 8 : 8 * (round + 1));
	}
	free(bytes);
}

static void
offsets_told_before_the_commit_are_those_that_readers_see(void **state)
{
	struct bus *bus = world_writer(&world, "w");
	int64_t told[PARTITIONS], last[PARTITIONS] = { -1, -1, -1 };
	struct seen *seen;
	int32_t count;

	(void)state;
	world_fill(&world, 0, 50); /* so that they do not begin at 0 */
	/* a question about the topic before the first message must not matter */
	GOOD(bus_partitions(bus, world.submitted, &count, err));
	GOOD(bus_begin(bus, err));
	for (int32_t p = 0; p < PARTITIONS; p++)
		assert_int_equal(bus_last_sent(bus, world.checked, p), -1);
	for (int i = 0; i < 500; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", i);
		world_send(bus, world.submitted, key, "x");
	}
	GOOD(bus_flush(bus, err));
	for (int32_t p = 0; p < PARTITIONS; p++) {
		told[p] = bus_last_sent(bus, world.submitted, p);
		assert_int_equal(bus_last_sent(bus, world.checked, p), -1);
	}
	world_send(bus, world.files, "", "complete");
	GOOD(bus_commit(bus, err));
	seen = world_committed(&world, world.submitted);
	assert_int_equal(seen->count, 550);
	for (int i = 0; i < seen->count; i++)
		last[seen->at[i].partition] = seen->at[i].offset;
	for (int32_t p = 0; p < PARTITIONS; p++)
		assert_int_equal(told[p], last[p]);
	free(seen);
	GOOD(bus_begin(bus, err));
	for (int32_t p = 0; p < PARTITIONS; p++)
		assert_int_equal(bus_last_sent(bus, world.submitted, p), -1);
	bus_abort(bus);
	bus_close(bus);
}

static void
ends_tell_what_is_open(void **state)
{
	struct bus *bus = world_writer(&world, "w");
	struct bus_ends ends;

	(void)state;
	ends = ends_of(bus, world.files, 0);
	assert_int_equal(ends.first, 0);
	assert_int_equal(ends.stable, 0);
	assert_int_equal(ends.end, 0);
	GOOD(bus_begin(bus, err));
	for (int i = 0; i < 4; i++)
		world_send(bus, world.files, "", "x");
	GOOD(bus_flush(bus, err));
	ends = ends_of(bus, world.files, 0);
	assert_int_equal(ends.stable, 0);
	assert_int_equal(ends.end, 4);
	GOOD(bus_commit(bus, err));
	for (int i = 0; i < 50 && ends.stable < 4; i++) {
		usleep(20000);
		ends = ends_of(bus, world.files, 0);
	}
	assert_true(ends.stable >= 4);
	assert_int_equal(ends.stable, ends.end);
	bus_close(bus);
}

static void
at_the_end_positions_count_what_is_no_message(void **state)
{
	static struct seen seen;
	struct bus *bus = world_writer(&world, "w"), *worker;
	int64_t reached[PARTITIONS];

	(void)state;
	for (int t = 0; t < 6; t++) {
		GOOD(bus_begin(bus, err));
		for (int i = 0; i < 6; i++) {
			char key[16];

			snprintf(key, sizeof(key), "%d", t * 6 + i);
			world_send(bus, world.submitted, key, "x");
		}
		GOOD(bus_flush(bus, err));
		if (t % 2 == 1)
			bus_abort(bus);
		else
			GOOD(bus_commit(bus, err));
	}
	seen.count = 0;
	worker = world_worker(&world, "n-1");
	assert_false(bus_at_end(worker));
	assert_int_equal(bus_position(worker, world.checked, 0), -1);
	GOOD(bus_begin(worker, err));
	world_read(worker, &seen);
	assert_int_equal(seen.count, 18);
	assert_true(bus_at_end(worker));
	for (int32_t p = 0; p < PARTITIONS; p++) {
		struct bus_ends ends = ends_of(bus, world.submitted, p);

		reached[p] = bus_position(worker, world.submitted, p);
		assert_int_equal(ends.stable, ends.end);
		assert_int_equal(reached[p], ends.stable);
	}
	GOOD(bus_commit(worker, err));
	bus_close(worker);
	/* they were saved so: the next one is at the end from the start, with nothing to read */
	worker = world_worker(&world, "n-1");
	seen.count = 0;
	world_read(worker, &seen);
	assert_int_equal(seen.count, 0);
	for (int32_t p = 0; p < PARTITIONS; p++)
		assert_int_equal(bus_position(worker, world.submitted, p), reached[p]);
	/* and new messages end the end */
	GOOD(bus_begin(bus, err));
	world_send(bus, world.submitted, "a", "new");
	GOOD(bus_commit(bus, err));
	world_read(worker, &seen);
	for (int i = 0; i < 50 && seen.count == 0; i++) {
		usleep(100000);
		world_read(worker, &seen);
	}
	assert_int_equal(seen.count, 1);
	bus_close(worker);
	bus_close(bus);
}

static void
who_only_looks_may_see_what_is_open(void **state)
{
	struct bus *bus = world_writer(&world, "w"), *looker;
	static struct seen seen;

	(void)state;
	seen.count = 0;
	GOOD(bus_begin(bus, err));
	world_send(bus, world.files, "", "open");
	GOOD(bus_flush(bus, err));
	looker = world_reader(&world, world.files, true);
	world_read(looker, &seen);
	assert_int_equal(seen.count, 1);
	bus_abort(bus);
	bus_close(looker);
	bus_close(bus);
}

static void
a_reader_of_a_group_alone_can_save_its_positions(void **state)
{
	const char *topics[] = { world.submitted };
	struct bus_role role = { .program = "follow", .group = world.group, .topics = topics, .topic_count = 1 };
	static struct seen seen;
	struct bus *bus;

	(void)state;
	world_fill(&world, 0, 30);
	for (int round = 0; round < 2; round++) {
		seen.count = 0;
		GOOD(bus_open(&bus, &world.settings, &role, err));
		GOOD(bus_begin(bus, err));
		world_read(bus, &seen);
		assert_int_equal(seen.count, round == 0 ? 30 : 0);
		bus_abort(bus);
		seen.count = 0;
		GOOD(bus_begin(bus, err));
		world_read(bus, &seen);
		assert_int_equal(seen.count, round == 0 ? 30 : 0);
		GOOD(bus_commit(bus, err));
		bus_close(bus);
	}
}

static void
a_place_that_is_not_kept_is_not_skipped_in_silence(void **state)
{
	struct bus_role role = { .program = "reader" };
	struct bus_position at = { world.files, 0, 1000 };
	struct message message;
	struct bus *bus;
	struct err err = { 0 };
	int got = bus_open(&bus, &world.settings, &role, &err);

	(void)state;
	assert_int_equal(got, 0);
	got = bus_assign(bus, &at, 1, &err);
	for (int i = 0; i < 100 && got == 0; i++)
		got = bus_poll(bus, &message, 100, &err);
	assert_int_equal(got, -1);
	assert_int_equal(err.kind, ERR_STOP);
	bus_close(bus);
}

static void
what_is_not_there_is_named(void **state)
{
	struct bus *bus = world_writer(&world, "w");
	struct bus_position at;
	int32_t count;

	(void)state;
	GOOD(bus_partitions(bus, world.submitted, &count, err));
	assert_int_equal(count, PARTITIONS);
	GOOD(bus_partitions(bus, world.files, &count, err));
	assert_int_equal(count, 1);
	BAD(ERR_STOP, bus_partitions(bus, "no-such-topic", &count, err));
	at = (struct bus_position){ "no-such-topic", 0, -2 };
	BAD(ERR_STOP, bus_assign(bus, &at, 1, err));
	at = (struct bus_position){ world.submitted, PARTITIONS, -2 };
	BAD(ERR_STOP, bus_assign(bus, &at, 1, err));
	assert_non_null(strstr(bus_describe(bus), world.kafka ? "librdkafka" : "local"));
	bus_close(bus);
}

/* ---- a process that is killed ---- */

/* Start ourselves as the child of role ${what}; wait until it says that it is where it should be. */
static pid_t
start_child(const char *what)
{
	int said[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(said), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(said[1], 1);
		close(said[0]);
		setenv("WORLD_FOLDER", world.settings.local, 1);
		execl("/proc/self/exe", "contract_test", way, what, world.settings.prefix, (char *)NULL);
		_exit(127);
	}
	close(said[1]);
	assert_int_equal(read(said[0], &c, 1), 1);
	close(said[0]);
	return pid;
}

static int
child(const char *what, const char *prefix)
{
	struct bus *worker;

	world_init(&world, way, prefix);
	world_set(&world, "consumer.session.timeout.ms", "6000");
	worker = world_worker(&world, "n-1");
	GOOD(bus_begin(worker, err));
	pass_on(worker, 12);
	GOOD(bus_flush(worker, err));
	if (strcmp(what, "after") == 0)
		GOOD(bus_commit(worker, err));
	if (write(1, "x", 1) != 1)
		return 1;
	pause();
	return 1;
}

static void
kill_child(const char *what)
{
	pid_t pid = start_child(what);
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void
killed_before_the_commit_nothing_of_it_remains(void **state)
{
	struct bus *worker;

	(void)state;
	world_set(&world, "consumer.session.timeout.ms", "6000");
	world_fill(&world, 0, 20);
	kill_child("before");
	worker = world_worker(&world, "n-1");
	GOOD(bus_begin(worker, err));
	pass_on(worker, 20);
	GOOD(bus_commit(worker, err));
	bus_close(worker);
	assert_int_equal(committed(world.checked), 20);
}

static void
killed_after_the_commit_it_counts_once(void **state)
{
	struct bus *worker;

	(void)state;
	world_set(&world, "consumer.session.timeout.ms", "6000");
	world_fill(&world, 0, 20);
	kill_child("after");
	worker = world_worker(&world, "n-1");
	GOOD(bus_begin(worker, err));
	pass_on(worker, 8);
	GOOD(bus_commit(worker, err));
	bus_close(worker);
	assert_int_equal(committed(world.checked), 20);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_transaction_appears_whole_or_not_at_all),
		TEST(read_positions_are_part_of_the_transaction),
		TEST(after_an_abort_the_same_is_read_again),
		TEST(who_assigns_himself_resumes_where_begin_found_him),
		TEST(a_later_writer_of_the_name_fences_the_earlier),
		TEST(names_do_not_disturb_one_another),
		TEST(a_worker_that_slept_cannot_commit),
		TEST(partitions_come_and_go_and_nothing_is_lost_or_twice),
		TEST(a_partition_keeps_the_order_of_sending),
		TEST(every_form_of_a_message_arrives_as_sent),
		TEST(a_large_message_arrives_and_one_too_large_is_refused),
		TEST(what_is_sent_to_a_topic_made_just_now_is_all_there),
		TEST(offsets_told_before_the_commit_are_those_that_readers_see),
		TEST(ends_tell_what_is_open),
		TEST(at_the_end_positions_count_what_is_no_message),
		TEST(who_only_looks_may_see_what_is_open),
		TEST(a_reader_of_a_group_alone_can_save_its_positions),
		TEST(a_place_that_is_not_kept_is_not_skipped_in_silence),
		TEST(what_is_not_there_is_named),
		TEST(killed_before_the_commit_nothing_of_it_remains),
		TEST(killed_after_the_commit_it_counts_once),
	};

	if (argc < 2)
		return 64;
	way = argv[1];
	if (argc == 4)
		return child(argv[2], argv[3]);
	if (argc == 3)
		cmocka_set_test_filter(argv[2]);
	return cmocka_run_group_tests_name(way, tests, NULL, NULL);
}
