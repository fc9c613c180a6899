/*
 * Tests of core/store/runs: random entries come back sorted and complete whatever the memory, the number of runs and of
 * writers; ranges meet without gap; what is to be left out is left out.
 */
#include "core/store/runs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/support/support.h"

static uint64_t seed = 88172645463325252u;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* An entry: key, u32 number, u16 length, then that many bytes out of the number. */
struct head {
	uint8_t key[SORTED_KEY_BYTES];
	uint32_t number, len;
};

static size_t
make_entry(char *out, uint32_t number, unsigned keys, size_t len)
{
	struct head head = { .number = number, .len = (uint32_t)len };
	uint64_t key = next_random() % keys;

	/* keys that differ early, keys that differ late, equal keys */
	head.key[number % 2 == 0 ? 0 : 7] = (uint8_t)(key >> 8);
	head.key[SORTED_KEY_BYTES - 1] = (uint8_t)key;
	memcpy(out, &head, sizeof(head));
	for (size_t i = 0; i < len; i++)
		out[sizeof(head) + i] = (char)(number + i);
	return sizeof(head) + len;
}

static void
check_entry(struct text entry, const uint8_t *before, uint8_t *seen)
{
	struct head head;

	assert_true(entry.len >= sizeof(head));
	memcpy(&head, entry.at, sizeof(head));
	assert_int_equal(entry.len, sizeof(head) + head.len);
	assert_true(memcmp(before, head.key, sizeof(head.key)) <= 0);
	assert_int_equal(seen[head.number]++, 0);
	for (size_t i = 0; i < head.len; i++)
		assert_int_equal((uint8_t)entry.at[sizeof(head) + i], (uint8_t)(head.number + i));
}

/* Write ${count} entries by ${writers}; each takes those of its number. */
static void
write_all(const char *folder, uint32_t count, unsigned writers, unsigned keys, size_t len_max, uint32_t run_entries)
{
	static char entry[300 * 1024];
	struct err err = { 0 };

	for (unsigned w = 0; w < writers; w++) {
		struct runs_writer *writer;
		char name[32];

		snprintf(name, sizeof(name), "rows-%u", w);
		writer = runs_writer_new(folder, name, 1, &err);
		assert_non_null(writer);
		for (uint32_t i = w; i < count; i += writers) {
			size_t len = make_entry(entry, i, keys, next_random() % (len_max + 1));

			assert_int_equal(runs_add(writer, entry, len, &err), 0);
			if (run_entries > 0 && i / writers % run_entries == run_entries - 1)
				assert_int_equal(runs_finish(writer, &err), 0);
		}
		assert_int_equal(runs_finish(writer, &err), 0);
		runs_writer_free(writer);
	}
}

static bool
skip_odd(const void *self, struct text entry)
{
	struct head head;

	(void)self;
	memcpy(&head, entry.at, sizeof(head));
	return head.number % 2 == 1;
}

static void
check_all(const char *folder, uint32_t count, unsigned keys)
{
	struct runs_cursor cursor = { 0 };
	struct runs runs;
	struct text entry;
	struct err err = { 0 };
	uint8_t *seen = calloc(count + 1, 1);
	uint32_t total = 0;
	int got;

	assert_non_null(seen);
	assert_int_equal(runs_open(&runs, folder, "rows", &err), 0);
	assert_true(runs.count <= RUNS_FAN_IN);
	assert_int_equal(runs.entries, count);
	/* in ranges that cut the keys anywhere, with one cursor */
	for (unsigned part = 0; part < 5; part++) {
		uint8_t from[SORTED_KEY_BYTES] = { 0 }, to[SORTED_KEY_BYTES] = { 0 }, before[SORTED_KEY_BYTES] = { 0 };

		from[0] = (uint8_t)(part * (keys >> 8) / 5);
		to[0] = (uint8_t)((part + 1) * (keys >> 8) / 5);
		assert_int_equal(runs_seek(&cursor, &runs, part == 0 ? NULL : from, part == 4 ? NULL : to, &err), 0);
		while ((got = runs_next(&cursor, &entry, &err)) == 1) {
			check_entry(entry, before, seen);
			memcpy(before, entry.at, sizeof(before));
			assert_true(part == 0 || memcmp(before, from, sizeof(from)) >= 0);
			assert_true(part == 4 || memcmp(before, to, sizeof(to)) < 0);
			total++;
		}
		assert_int_equal(got, 0);
	}
	assert_int_equal(total, count);
	runs.skip = skip_odd;
	assert_int_equal(runs_seek(&cursor, &runs, NULL, NULL, &err), 0);
	for (total = 0; (got = runs_next(&cursor, &entry, &err)) == 1; total++)
		assert_false(skip_odd(NULL, entry));
	assert_int_equal(got, 0);
	assert_int_equal(total, (count + 1) / 2);
	runs_cursor_fini(&cursor);
	runs_close(&runs);
	free(seen);
}

static void
random_entries_come_back_sorted(void **state)
{
	static const struct {
		uint32_t count;
		unsigned writers, keys;
		size_t len_max;
		uint32_t run_entries;
	} rows[] = {
		{ 0, 1, 65536, 10, 0 }, { 1, 1, 65536, 10, 0 },
		{ 20000, 1, 65536, 300, 0 },      /* more than the memory holds */
		{ 20000, 3, 3, 40, 0 },           /* three keys for all */
		{ 300, 1, 65536, 200 * 1024, 0 }, /* a few entries fill it */
		{ 700, 1, 65536, 20, 1 },         /* more runs than are merged at once */
		{ 1200, 2, 600, 20, 1 },          /* and many equal keys among them */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *folder = scratch_make();

		write_all(folder, rows[i].count, rows[i].writers, rows[i].keys, rows[i].len_max, rows[i].run_entries);
		check_all(folder, rows[i].count, rows[i].keys);
		check_all(folder, rows[i].count, rows[i].keys); /* opening again finds the same */
		scratch_remove();
	}
}

static uint64_t
blocks_of(const struct runs *runs)
{
	uint64_t blocks = 0;

	for (size_t i = 0; i < runs->count; i++) {
		struct stat st;

		assert_int_equal(fstat(runs->files[i].fd, &st), 0);
		blocks += (uint64_t)st.st_blocks;
	}
	return blocks;
}

static void
what_is_dropped_gives_its_room_back_and_leaves_the_rest_whole(void **state)
{
	static const unsigned keys[] = { 65536, 3 * 256 };
	const uint32_t count = 20000;
	uint8_t *seen = calloc(count, 1);

	(void)state;
	assert_non_null(seen);
	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		const char *folder = scratch_make();
		struct runs_cursor cursor = { 0 };
		struct runs runs;
		struct text entry;
		struct err err = { 0 };
		uint64_t blocks, total = 0;
		int got;

		write_all(folder, count, 2, keys[k], 300, 0);
		assert_int_equal(runs_open(&runs, folder, "rows", &err), 0);
		blocks = blocks_of(&runs);
		memset(seen, 0, count);
		for (unsigned part = 0; part < 8; part++) {
			uint8_t from[SORTED_KEY_BYTES] = { 0 }, to[SORTED_KEY_BYTES] = { 0 },
				before[SORTED_KEY_BYTES] = { 0 };

			from[0] = (uint8_t)(part * (keys[k] >> 8) / 8);
			to[0] = (uint8_t)((part + 1) * (keys[k] >> 8) / 8);
			assert_int_equal(
			    runs_seek(&cursor, &runs, part == 0 ? NULL : from, part == 7 ? NULL : to, &err), 0);
			for (; (got = runs_next(&cursor, &entry, &err)) == 1; total++) {
				check_entry(entry, before, seen);
				memcpy(before, entry.at, sizeof(before));
			}
			assert_int_equal(got, 0);
			runs_drop(&runs, from, part == 7 ? NULL : to);
		}
		assert_int_equal(total, count);
		if (fallocate(runs.files[0].fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1) == 0)
			assert_true(blocks_of(&runs) < blocks / 8);
		runs_cursor_fini(&cursor);
		runs_close(&runs);
		scratch_remove();
	}
	free(seen);
}

static void
an_entry_larger_than_the_memory_is_an_error(void **state)
{
	struct err err = { 0 };
	struct runs_writer *writer = runs_writer_new(scratch_make(), "rows", 1, &err);

	(void)state;
	assert_non_null(writer);
	assert_null(runs_room(writer, 2 * 1024 * 1024, &err));
	assert_int_equal(err.kind, ERR_STOP);
	runs_writer_free(writer);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_entries_come_back_sorted),
		cmocka_unit_test(what_is_dropped_gives_its_room_back_and_leaves_the_rest_whole),
		cmocka_unit_test(an_entry_larger_than_the_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
