/*
 * zip_test.c - sound archives are read, and each kind of lie is found.
 */
#include "tests/support/support.h"

#include <sys/mman.h>
#include <unistd.h>

#include "core/pack/zip.h"
#include "tests/support/zipmake.h"

static const struct pack_limits limits = { 64000000, 64000000, 200, 100 };

/* Open and read everything in ${bytes}; the contents, one behind the other with ';', go to ${all}.
 */
static enum pack_trouble
read_bytes(struct text bytes, struct buffer *all)
{
	int fd = memfd_create("zip", MFD_CLOEXEC);
	enum pack_trouble trouble;
	struct zip *zip;
	struct err err;
	size_t got;
	int result;

	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, bytes.at, bytes.len, &err), 0);
	result = zip_open(&zip, fd, bytes.len, &limits, &trouble, &err);
	for (size_t i = 0; result == 0 && i < zip_count(zip); i++) {
		struct zip_stream *stream;
		char block[777];

		if (zip_stream_open(&stream, zip, zip_entry(zip, i), &trouble, &err) != 0) {
			result = -1;
			break;
		}
		while ((result = zip_stream_read(stream, block, sizeof(block), &got, &trouble, &err)) == 1) {
			if (all != NULL)
				buffer_add(all, block, got);
		}
		if (all != NULL)
			buffer_char(all, ';');
		zip_stream_close(stream);
	}
	if (result == 0)
		trouble = PACK_TROUBLE_NONE;
	else
		assert_true(err.kind == ERR_INPUT && err.what[0] != '\0');
	zip_close(zip);
	close(fd);
	return trouble;
}

static void
add(struct zipmake *zip, const char *name, const char *content, struct zipmake_how how)
{
	zipmake_add(zip, text_from(name), text_from(content), &how);
}

/* The trouble with an archive of two entries, the second as ${how} says. */
static enum pack_trouble
trouble_of(struct zipmake_how how)
{
	struct zipmake zip;
	enum pack_trouble trouble;

	zipmake_init(&zip);
	add(&zip, "one", "first content", (struct zipmake_how){ .stored = false });
	add(&zip, "two", "second content second content", how);
	zipmake_end(&zip);
	trouble = read_bytes(buffer_as_text(&zip.file), NULL);
	zipmake_fini(&zip);
	return trouble;
}

static void
zip_reads_stored_deflated_empty_and_described_entries(void **state)
{
	struct zipmake zip;
	struct buffer all;

	(void)state;
	zipmake_init(&zip);
	buffer_init(&all, 1000);
	add(&zip, "a", "alpha", (struct zipmake_how){ .stored = true });
	add(&zip, "b", "beta beta beta beta", (struct zipmake_how){ .stored = false });
	add(&zip, "c", "", (struct zipmake_how){ .stored = false });
	add(&zip, "d", "delta", (struct zipmake_how){ .flags = 8 });
	zipmake_end(&zip);
	assert_int_equal(read_bytes(buffer_as_text(&zip.file), &all), PACK_TROUBLE_NONE);
	assert_text(buffer_as_text(&all), "alpha;beta beta beta beta;;delta;");
	zipmake_fini(&zip);
	buffer_fini(&all);
}

static void
zip_finds_each_lie(void **state)
{
	(void)state;
	assert_int_equal(trouble_of((struct zipmake_how){ .stored = false }), PACK_TROUBLE_NONE);
	assert_int_equal(trouble_of((struct zipmake_how){ .flags = 1 }), PACK_TROUBLE_ENCRYPTED);
	assert_int_equal(trouble_of((struct zipmake_how){ .method = 99 }), PACK_TROUBLE_ENCRYPTED);
	assert_int_equal(trouble_of((struct zipmake_how){ .method = 14 }), PACK_TROUBLE_UNSUPPORTED);
	assert_int_equal(trouble_of((struct zipmake_how){ .crc_xor = 1 }), PACK_TROUBLE_DAMAGED);
	assert_int_equal(trouble_of((struct zipmake_how){ .size_more = 1 }), PACK_TROUBLE_DAMAGED);
	assert_int_equal(trouble_of((struct zipmake_how){ .size_more = -1 }), PACK_TROUBLE_DAMAGED);
	assert_int_equal(trouble_of((struct zipmake_how){ .local_name = "owt" }), PACK_TROUBLE_DAMAGED);
	assert_int_equal(trouble_of((struct zipmake_how){ .at_more = 1 }), PACK_TROUBLE_DAMAGED);
	assert_int_equal(trouble_of((struct zipmake_how){ .at_more = 100000 }), PACK_TROUBLE_OVERLAP);
	assert_int_equal(trouble_of((struct zipmake_how){ .stored = true, .size_more = 5 }), PACK_TROUBLE_DAMAGED);
}

static void
zip_refuses_entries_that_share_bytes(void **state)
{
	struct zipmake zip;
	size_t first;

	(void)state;
	/* Two directory entries for one local header. */
	zipmake_init(&zip);
	add(&zip, "aa", "content", (struct zipmake_how){ .stored = true });
	first = zip.file.len;
	add(&zip, "aa", "content", (struct zipmake_how){ .stored = true, .at_more = -(int32_t)first });
	zipmake_end(&zip);
	assert_int_equal(read_bytes(buffer_as_text(&zip.file), NULL), PACK_TROUBLE_OVERLAP);
	zipmake_fini(&zip);

	/* A name that stands twice. */
	zipmake_init(&zip);
	add(&zip, "aa", "content", (struct zipmake_how){ .stored = true });
	add(&zip, "aa", "other", (struct zipmake_how){ .stored = true });
	zipmake_end(&zip);
	assert_int_equal(read_bytes(buffer_as_text(&zip.file), NULL), PACK_TROUBLE_DAMAGED);
	zipmake_fini(&zip);
}

static void
zip_stops_bombs_and_crowds(void **state)
{
	static char zeros[30 * 1000 * 1000];
	struct zipmake zip;
	char name[16];

	(void)state;
	zipmake_init(&zip);
	zipmake_add(&zip, TEXT("zeros"), (struct text){ zeros, sizeof(zeros) }, NULL);
	zipmake_end(&zip);
	assert_int_equal(read_bytes(buffer_as_text(&zip.file), NULL), PACK_TROUBLE_BOMB);
	zipmake_fini(&zip);

	/* The same that claims to be small. */
	zipmake_init(&zip);
	zipmake_add(&zip, TEXT("zeros"), (struct text){ zeros, sizeof(zeros) },
	    &(struct zipmake_how){ .size_more = -(int32_t)sizeof(zeros) + 1000 });
	zipmake_end(&zip);
	assert_int_equal(read_bytes(buffer_as_text(&zip.file), NULL), PACK_TROUBLE_DAMAGED);
	zipmake_fini(&zip);

	/* Below 10 MB any ratio is fine. */
	zipmake_init(&zip);
	zipmake_add(&zip, TEXT("zeros"), (struct text){ zeros, 9000000 }, NULL);
	zipmake_end(&zip);
	assert_int_equal(read_bytes(buffer_as_text(&zip.file), NULL), PACK_TROUBLE_NONE);
	zipmake_fini(&zip);

	zipmake_init(&zip);
	for (int i = 0; i < 101; i++) {
		snprintf(name, sizeof(name), "%d", i);
		add(&zip, name, "", (struct zipmake_how){ .stored = true });
	}
	zipmake_end(&zip);
	assert_int_equal(read_bytes(buffer_as_text(&zip.file), NULL), PACK_TROUBLE_LIMIT);
	zipmake_fini(&zip);
}

static void
zip_cut_anywhere_is_called_cut(void **state)
{
	struct zipmake zip, inner;

	(void)state;
	zipmake_init(&inner);
	add(&inner, "inner", "inside", (struct zipmake_how){ .stored = true });
	zipmake_end(&inner);
	/* The stored archive inside has an end of its own, which must not be taken for the outer
	 * one's. */
	zipmake_init(&zip);
	zipmake_add(&zip, TEXT("a.zip"), buffer_as_text(&inner.file), &(struct zipmake_how){ .stored = true });
	add(&zip, "z", "last", (struct zipmake_how){ .stored = true });
	zipmake_end(&zip);
	for (size_t len = 4; len < zip.file.len; len++) {
		enum pack_trouble trouble = read_bytes((struct text){ zip.file.at, len }, NULL);

		assert_true(trouble == PACK_TROUBLE_CUT || trouble == PACK_TROUBLE_DAMAGED);
	}
	assert_int_equal(read_bytes(buffer_as_text(&zip.file), NULL), PACK_TROUBLE_NONE);
	zipmake_fini(&zip);
	zipmake_fini(&inner);
}

static void
zip_survives_any_changed_byte(void **state)
{
	struct zipmake zip;

	(void)state;
	zipmake_init(&zip);
	add(&zip, "one", "content content content", (struct zipmake_how){ .stored = false });
	add(&zip, "two", "more", (struct zipmake_how){ .flags = 8 });
	zipmake_end(&zip);
	for (size_t i = 0; i < zip.file.len; i++) {
		char before = zip.file.at[i];

		for (int bit = 0; bit < 8; bit++) {
			zip.file.at[i] = (char)(before ^ (1 << bit));
			(void)read_bytes(buffer_as_text(&zip.file), NULL);
		}
		zip.file.at[i] = before;
	}
	zipmake_fini(&zip);
}

static void
names_that_lead_elsewhere_are_not_clean(void **state)
{
	static const struct {
		struct text name;
		const char *clean; /* NULL when refused */
	} cases[] = {
		{ { "a/b.csv", 7 }, "a/b.csv" },
		{ { "a\\b.csv", 7 }, "a/b.csv" },
		{ { "./a", 3 }, "a" },
		{ { "..a/b..", 7 }, "..a/b.." },
		{ { "../a", 4 }, NULL },
		{ { "a/../b", 6 }, NULL },
		{ { "a\\..\\b", 6 }, NULL },
		{ { "a/..", 4 }, NULL },
		{ { "/a", 2 }, NULL },
		{ { "\\a", 2 }, NULL },
		{ { ".//a", 4 }, NULL },
		{ { "C:a", 3 }, NULL },
		{ { "a\0b", 3 }, NULL },
		{ { "", 0 }, NULL },
		{ { "./", 2 }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char name[16];
		size_t len = cases[i].name.len;

		memcpy(name, cases[i].name.at, len);
		assert_int_equal(pack_name_clean(name, &len), cases[i].clean != NULL);
		if (cases[i].clean != NULL)
			assert_text(((struct text){ name, len }), cases[i].clean);
	}
}

static void
put(struct buffer *into, uint64_t value, size_t bytes)
{
	for (; bytes > 0; bytes--, value >>= 8)
		buffer_char(into, (char)(value & 0xFF));
}

/* How the second end of a zip64 archive is to lie: added to what is right. */
struct lie64 {
	uint64_t at_more, size_more, count_more, end_more;
	uint64_t entry_size; /* of the first entry in its extra field */
	uint32_t disk;
};

/* Two entries, the first with its size in an extra field, behind them both ends of a directory. */
static enum pack_trouble
trouble_of_64(struct lie64 lie, struct buffer *all)
{
	static const struct text content = { "a size of 64 bits", 17 };
	struct buffer extra;
	struct zipmake zip;
	enum pack_trouble trouble;
	uint64_t at, size, end;

	buffer_init(&extra, 64);
	put(&extra, 1, 2);
	put(&extra, 8, 2);
	put(&extra, content.len + lie.entry_size, 8);
	zipmake_init(&zip);
	/* Sizes of all ones say that the right ones stand elsewhere; flag 8, that the local
	 * header's mean nothing. */
	zipmake_add(&zip, TEXT("one"), content,
	    &(struct zipmake_how){ .flags = 8, .size_more = -(int32_t)content.len - 1, .extra = buffer_as_text(&extra) });
	add(&zip, "two", "second", (struct zipmake_how){ .stored = true });
	at = zip.file.len;
	size = zip.directory.len;
	zipmake_end(&zip);
	zip.file.len -= 22;
	end = zip.file.len;
	buffer_add(&zip.file, "PK\6\6", 4);
	put(&zip.file, 44, 8);
	put(&zip.file, 45, 2);
	put(&zip.file, 45, 2);
	put(&zip.file, lie.disk, 4);
	put(&zip.file, 0, 4);
	put(&zip.file, 2 + lie.count_more, 8);
	put(&zip.file, 2 + lie.count_more, 8);
	put(&zip.file, size + lie.size_more, 8);
	put(&zip.file, at + lie.at_more, 8);
	buffer_add(&zip.file, "PK\6\7", 4);
	put(&zip.file, 0, 4);
	put(&zip.file, end + lie.end_more, 8);
	put(&zip.file, 1, 4);
	buffer_add(&zip.file, "PK\5\6\0\0\0\0", 8);
	put(&zip.file, UINT64_MAX, 2 + 2 + 4);
	put(&zip.file, UINT32_MAX, 4);
	put(&zip.file, 0, 2);
	trouble = read_bytes(buffer_as_text(&zip.file), all);
	zipmake_fini(&zip);
	buffer_fini(&extra);
	return trouble;
}

static void
zip_reads_sizes_of_64_bits(void **state)
{
	static const struct lie64 lies[] = {
		{ .at_more = 1 },
		{ .at_more = UINT64_MAX },
		{ .at_more = (uint64_t)1 << 63 },
		{ .size_more = 1 },
		{ .size_more = UINT64_MAX / 2 },
		{ .count_more = 1 },
		{ .count_more = (uint64_t)1 << 40 },
		{ .count_more = UINT64_MAX },
		{ .end_more = 1 },
		{ .end_more = UINT64_MAX - 1000 },
		{ .entry_size = 1 },
		{ .entry_size = (uint64_t)1 << 62 },
		{ .disk = 1 },
	};
	struct buffer all;

	(void)state;
	buffer_init(&all, 1000);
	assert_int_equal(trouble_of_64((struct lie64){ .disk = 0 }, &all), PACK_TROUBLE_NONE);
	assert_text(buffer_as_text(&all), "a size of 64 bits;second;");
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		if (trouble_of_64(lies[i], NULL) == PACK_TROUBLE_NONE)
			fail_msg("lie %zu was believed", i);
	}
	buffer_fini(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zip_reads_stored_deflated_empty_and_described_entries),
		cmocka_unit_test(zip_finds_each_lie),
		cmocka_unit_test(zip_reads_sizes_of_64_bits),
		cmocka_unit_test(zip_refuses_entries_that_share_bytes),
		cmocka_unit_test(zip_stops_bombs_and_crowds),
		cmocka_unit_test(zip_cut_anywhere_is_called_cut),
		cmocka_unit_test(zip_survives_any_changed_byte),
		cmocka_unit_test(names_that_lead_elsewhere_are_not_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
