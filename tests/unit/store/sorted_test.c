/*
 * Tests of core/store/sorted: what is packed comes back, from any key to any key; a file with any byte changed or
 * missing is refused, or gives what was written.
 */
#include "core/store/sorted.h"

#include <stdlib.h>

#include "tests/support/support.h"

#define KEYS 40

/* Entry ${i} has key ${i / 2} (so keys come in pairs) and ${len} bytes behind it. */
static size_t
make_entry(char *out, unsigned i, size_t len)
{
	memset(out, 0, SORTED_KEY_BYTES);
	out[SORTED_KEY_BYTES - 1] = (char)(10 * (i / 2));
	for (size_t k = 0; k < len; k++)
		out[SORTED_KEY_BYTES + k] = (char)(k * 7 + i);
	return SORTED_KEY_BYTES + len;
}

/* A file of ${count} entries of ${len} bytes, the first ${parts} blocks packed by packers of their own. */
static void
make_file(struct buffer *out, unsigned count, size_t len, bool compress, unsigned parts)
{
	static char entry[SORTED_BLOCK_BYTES * 3];
	uint64_t entries = 0, raw = 0, hash = 0;
	struct err err;

	buffer_init(out, SIZE_MAX / 2);
	sorted_head(out, 7, TEXT("names\nof fields\n"));
	for (unsigned part = 0; part < parts; part++) {
		struct sorted_packer packer;

		sorted_pack_init(&packer, out, compress);
		for (unsigned i = count * part / parts; i < count * (part + 1) / parts; i++)
			assert_int_equal(sorted_pack(&packer, entry, make_entry(entry, i, len), &err), 0);
		assert_int_equal(sorted_pack_flush(&packer, &err), 0);
		entries += packer.total_entries;
		raw += packer.total_raw;
		hash = sorted_hash_join(hash, packer.hash);
		sorted_pack_fini(&packer);
	}
	sorted_end(out, entries, raw, hash);
	assert_false(buffer_failed(out));
}

/* Entries ${first} to ${last} - 1 come from ${cursor}, and no more. */
static void
check_entries(struct sorted_cursor *cursor, unsigned first, unsigned last, size_t len)
{
	static char expected[SORTED_BLOCK_BYTES * 3];
	struct text entry;
	struct err err = { 0 };

	for (unsigned i = first; i < last; i++) {
		size_t size = make_entry(expected, i, len);

		assert_int_equal(sorted_next(cursor, &entry, &err), 1);
		assert_int_equal(entry.len, size);
		assert_memory_equal(entry.at, expected, size);
	}
	assert_int_equal(sorted_next(cursor, &entry, &err), 0);
	assert_int_equal(sorted_next(cursor, &entry, &err), 0);
}

static void
what_is_packed_comes_back_from_any_key_to_any_key(void **state)
{
	/* several to a block, just filling one, one to a block, larger than a block */
	static const size_t lens[] = { 0, 100, SORTED_BLOCK_BYTES / 4 - SORTED_KEY_BYTES - 4,
		SORTED_BLOCK_BYTES / 4 - SORTED_KEY_BYTES - 3, SORTED_BLOCK_BYTES - SORTED_KEY_BYTES - 4,
		SORTED_BLOCK_BYTES * 2 };

	(void)state;
	scratch_make();
	for (size_t l = 0; l < ARRAY_LEN(lens); l++) {
		for (unsigned parts = 1; parts <= 3; parts++) {
			struct sorted_cursor cursor = { 0 };
			struct sorted_file file;
			struct buffer bytes;
			struct err err;

			make_file(&bytes, KEYS, lens[l], parts % 2 == 1, parts);
			assert_int_equal(sorted_open(&file, scratch_file("s", bytes.at, bytes.len), &err), 0);
			assert_int_equal(file.entries, KEYS);
			assert_int_equal(file.kind, 7);
			assert_text(file.meta, "names\nof fields\n");
			sorted_seek(&cursor, &file, NULL, NULL);
			check_entries(&cursor, 0, KEYS, lens[l]);
			for (unsigned from = 0; from <= 10 * KEYS / 2; from += 5) {
				for (unsigned to = from; to <= 10 * KEYS / 2; to += 15) {
					uint8_t low[SORTED_KEY_BYTES] = { 0 }, high[SORTED_KEY_BYTES] = { 0 };

					low[SORTED_KEY_BYTES - 1] = (uint8_t)from;
					high[SORTED_KEY_BYTES - 1] = (uint8_t)to;
					sorted_seek(&cursor, &file, low, high);
					check_entries(&cursor, (from + 9) / 10 * 2, (to + 9) / 10 * 2, lens[l]);
				}
			}
			/* a cursor that found nothing can be used again from the start */
			sorted_seek(&cursor, &file,
			    (const uint8_t *)"\377\377\377\377\377\377\377\377"
					     "\377\377\377\377\377\377\377\377",
			    NULL);
			check_entries(&cursor, KEYS, KEYS, lens[l]);
			sorted_seek(&cursor, &file, NULL, NULL);
			check_entries(&cursor, 0, KEYS, lens[l]);
			sorted_cursor_fini(&cursor);
			sorted_close(&file);
			buffer_fini(&bytes);
		}
	}
	scratch_remove();
}

static void
skipping_passes_over_nothing_that_is_wanted(void **state)
{
	static const size_t lens[] = { 0, 100, SORTED_BLOCK_BYTES / 4 - SORTED_KEY_BYTES - 4, SORTED_BLOCK_BYTES * 2 };

	(void)state;
	scratch_make();
	for (size_t l = 0; l < ARRAY_LEN(lens); l++) {
		static char expected[SORTED_BLOCK_BYTES * 3];
		struct sorted_cursor cursor = { 0 };
		struct sorted_file file;
		struct buffer bytes;
		struct err err = { 0 };

		make_file(&bytes, KEYS, lens[l], l % 2 == 1, 1);
		assert_int_equal(sorted_open(&file, scratch_file("s", bytes.at, bytes.len), &err), 0);
		for (unsigned step = 1; step < 9; step++) {
			unsigned loads = 0;

			sorted_seek(&cursor, &file, NULL, NULL);
			/* of each key wanted, both entries */
			for (unsigned wanted = step; wanted < KEYS / 2; wanted += step) {
				uint8_t key[SORTED_KEY_BYTES] = { 0 };
				struct text entry;

				key[SORTED_KEY_BYTES - 1] = (uint8_t)(wanted * 10);
				sorted_skip(&cursor, key);
				do {
					assert_int_equal(sorted_next(&cursor, &entry, &err), 1);
					loads++;
				} while (memcmp(entry.at, key, SORTED_KEY_BYTES) < 0);
				make_entry(expected, 2 * wanted, lens[l]);
				assert_memory_equal(entry.at, expected, entry.len);
				assert_int_equal(sorted_next(&cursor, &entry, &err), 1);
				make_entry(expected, 2 * wanted + 1, lens[l]);
				assert_memory_equal(entry.at, expected, entry.len);
			}
			if (lens[l] > SORTED_BLOCK_BYTES) /* one entry a block: only the one before may be read in vain */
				assert_true(loads <= 2 * (KEYS / 2 / step));
		}
		sorted_cursor_fini(&cursor);
		sorted_close(&file);
		buffer_fini(&bytes);
	}
	scratch_remove();
}

static void
an_empty_file_is_a_file(void **state)
{
	struct sorted_cursor cursor = { 0 };
	struct sorted_file file;
	struct buffer bytes;
	struct err err;

	(void)state;
	scratch_make();
	make_file(&bytes, 0, 0, true, 1);
	assert_int_equal(sorted_open_head(&file, scratch_file("s", bytes.at, bytes.len), &err), 0);
	assert_text(file.meta, "names\nof fields\n");
	assert_int_equal(sorted_outline(&file, &err), 0);
	assert_int_equal(sorted_outline(&file, &err), 0); /* once is enough */
	sorted_seek(&cursor, &file, NULL, NULL);
	check_entries(&cursor, 0, 0, 0);
	sorted_seek(&cursor, &file, (const uint8_t *)"0123456789abcdef", NULL);
	check_entries(&cursor, 0, 0, 0);
	sorted_cursor_fini(&cursor);
	sorted_close(&file);
	buffer_fini(&bytes);
	scratch_remove();
}

/* Whether the bytes are refused; when not, all ${count} entries must be what was written. */
static bool
is_refused(const char *bytes, size_t size, unsigned count, size_t len)
{
	struct sorted_cursor cursor = { 0 };
	struct sorted_file file;
	struct text entry;
	struct err err = { 0 };
	char expected[4096];
	unsigned seen = 0;
	int got;

	if (sorted_open(&file, scratch_file("s", bytes, size), &err) != 0)
		return true;
	sorted_seek(&cursor, &file, NULL, NULL);
	while ((got = sorted_next(&cursor, &entry, &err)) == 1) {
		assert_true(seen < count);
		assert_int_equal(entry.len, make_entry(expected, seen++, len));
		assert_memory_equal(entry.at, expected, entry.len);
	}
	assert_true(got < 0 || (seen == count && file.kind == 7));
	sorted_cursor_fini(&cursor);
	sorted_close(&file);
	return got < 0;
}

static void
a_damaged_file_is_refused(void **state)
{
	(void)state;
	scratch_make();
	for (int compress = 0; compress < 2; compress++) {
		struct buffer bytes;
		size_t harmless = 0;

		make_file(&bytes, 12, 40, compress != 0, 3);
		assert_false(is_refused(bytes.at, bytes.len, 12, 40));
		for (size_t i = 0; i < bytes.len; i++) {
			bytes.at[i] ^= (char)(1 << (i % 8));
			harmless += !is_refused(bytes.at, bytes.len, 12, 40);
			bytes.at[i] ^= (char)(1 << (i % 8));
		}
		assert_int_equal(harmless, 48); /* zeros behind the names of fields */
		for (size_t len = 0; len < bytes.len; len++)
			assert_true(is_refused(bytes.at, len, 12, 40));
		buffer_char(&bytes, 0);
		assert_true(is_refused(bytes.at, bytes.len, 12, 40));
		buffer_fini(&bytes);
	}
	scratch_remove();
}

static void
a_file_that_is_not_there_says_so(void **state)
{
	struct sorted_file file;
	struct err err = { 0 };
	char path[FILE_PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s/none", scratch_make());
	assert_int_equal(sorted_open(&file, path, &err), -1);
	assert_non_null(strstr(err.what, "No such file"));
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_comes_back_from_any_key_to_any_key),
		cmocka_unit_test(skipping_passes_over_nothing_that_is_wanted),
		cmocka_unit_test(an_empty_file_is_a_file),
		cmocka_unit_test(a_damaged_file_is_refused),
		cmocka_unit_test(a_file_that_is_not_there_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
