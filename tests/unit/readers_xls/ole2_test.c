/*
 * ole2_test.c - compound files that are cut, that lie, and that are something else than a workbook.
 */
#include "tests/support/support.h"

#include "tests/support/reading.h"

static struct buffer book;

static void
load(const char *name)
{
	char path[FILE_PATH_MAX];
	struct err err;

	buffer_clear(&book);
	assert_int_equal(path_format(path, &err, GOLDEN "/%s.xls", name), 0);
	assert_int_equal(file_read_all(path, &book, &err), 0);
}

/* The reason the bytes are refused for by the reader, REFUSED_NO when read. */
static enum refusal
read_bytes(const struct reader_ops *ops, const void *bytes, size_t len, uint64_t *rows)
{
	struct reading reading;
	struct err err;
	enum refusal refused;

	reading_init(&reading);
	assert_int_equal(reading_bytes(&reading, ops, bytes, len, &err), 0);
	refused = reading.refused;
	if (rows != NULL)
		*rows = reading.rows;
	reading_fini(&reading);
	return refused;
}

static enum refusal
read_book(void)
{
	return read_bytes(&reader_xls, book.at, book.len, NULL);
}

static void
set32(size_t at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		book.at[at + i] = (char)(value >> (8 * i) & 0xFF);
}

static uint32_t
get32(size_t at)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++)
		value |= (uint32_t)(uint8_t)book.at[at + i] << (8 * i);
	return value;
}

static void
a_file_cut_anywhere_is_refused(void **state)
{
	static const char *const names[] = { "lo_biff8", "xlwt_kinds", "xlwt_long", "hand_biff5_936" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		load(names[i]);
		for (size_t part = 1; part < 50; part++) {
			size_t len = book.len * part / 50;

			assert_int_equal(read_bytes(&reader_xls, book.at, len, NULL), REFUSED_TRUNCATED);
		}
		assert_int_equal(read_bytes(&reader_xls, book.at, book.len, NULL), REFUSED_NO);
	}
}

static void
a_utf8_mark_before_the_file_is_passed_over(void **state)
{
	static char marked[64 * 1024];
	uint64_t rows, marked_rows;

	(void)state;
	load("lo_biff8");
	assert_true(book.len + 3 <= sizeof(marked));
	memcpy(marked, "\xEF\xBB\xBF", 3);
	memcpy(marked + 3, book.at, book.len);
	assert_int_equal(read_bytes(&reader_xls, book.at, book.len, &rows), REFUSED_NO);
	assert_int_equal(read_bytes(&reader_xls, marked, book.len + 3, &marked_rows), REFUSED_NO);
	assert_int_equal(rows, marked_rows);
	assert_int_equal(read_bytes(&reader_xls, marked, book.len / 2, NULL), REFUSED_TRUNCATED);
}

/* Every byte of the header and of the directory with other values: refused or read, never worse. */
static void
a_header_that_lies_does_no_harm(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF };
	size_t directory;

	(void)state;
	load("lo_biff8");
	directory = ((size_t)get32(48) + 1) * 512;
	for (size_t i = 0; i < 100 + 512; i++) {
		size_t at = i < 100 ? i : directory + i - 100;
		char kept = book.at[at];

		for (size_t v = 0; v < ARRAY_LEN(values); v++) {
			book.at[at] = (char)values[v];
			(void)read_bytes(&reader_xls, book.at, book.len, NULL);
		}
		book.at[at] = kept;
	}
	assert_int_equal(read_book(), REFUSED_NO);
}

static void
chains_that_run_in_circles_or_nowhere_are_refused(void **state)
{
	size_t fat, directory, entry;
	uint32_t first;

	(void)state;
	load("xlwt_kinds");
	fat = ((size_t)get32(76) + 1) * 512;
	directory = ((size_t)get32(48) + 1) * 512;
	for (entry = directory; book.at[entry] != 'W'; entry += 128)
		continue;
	first = get32(entry + 116);

	set32(fat + (size_t)(first + 3) * 4, first + 1);
	assert_int_equal(read_book(), REFUSED_DAMAGED);
	load("xlwt_kinds");
	set32(fat + (size_t)(first + 3) * 4, first + 3);
	assert_int_equal(read_book(), REFUSED_DAMAGED);
	load("xlwt_kinds");
	set32(fat + (size_t)(first + 3) * 4, 0xFFFFFFFFu);
	assert_int_equal(read_book(), REFUSED_DAMAGED);
	load("xlwt_kinds");
	set32(fat + (size_t)(first + 3) * 4, 0x00FFFFF0u);
	assert_int_equal(read_book(), REFUSED_TRUNCATED);
	load("xlwt_kinds");
	set32(entry + 120, 0xFFFFFFF0u);
	assert_int_equal(read_book(), REFUSED_TRUNCATED);
	load("xlwt_kinds");
	set32(fat + (size_t)get32(48) * 4, get32(48));
	assert_int_equal(read_book(), REFUSED_DAMAGED);
	load("xlwt_kinds");
	set32(44, 0x7FFFFFFFu);
	assert_true(read_book() != REFUSED_NO);
	load("xlwt_kinds");
	book.at[30] = 20;
	assert_int_equal(read_book(), REFUSED_DAMAGED);
}

/* A workbook whose stream has another name. */
static void
rename_stream(const char *name)
{
	size_t entry;

	load("xlwt_kinds");
	entry = ((size_t)get32(48) + 1) * 512;
	for (; book.at[entry] != 'W'; entry += 128)
		continue;
	memset(book.at + entry, 0, 64);
	for (size_t i = 0; name[i] != '\0'; i++)
		book.at[entry + 2 * i] = name[i];
	book.at[entry + 64] = (char)(2 * strlen(name) + 2);
}

static void
compound_files_of_other_kinds_are_refused_by_name(void **state)
{
	(void)state;
	rename_stream("WordDocument");
	assert_int_equal(read_bytes(&reader_refused, book.at, book.len, NULL), REFUSED_UNSUPPORTED);
	rename_stream("EncryptedPackage");
	assert_int_equal(read_bytes(&reader_refused, book.at, book.len, NULL), REFUSED_ENCRYPTED);
	rename_stream("\tDRMContent");
	assert_int_equal(read_bytes(&reader_refused, book.at, book.len, NULL), REFUSED_DRM);
	rename_stream("something");
	assert_int_equal(read_bytes(&reader_refused, book.at, book.len, NULL), REFUSED_UNSUPPORTED);
	rename_stream("BOOK");
	assert_int_equal(read_book(), REFUSED_NO);
}

static void
known_formats_are_refused_by_name(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum refusal reason;
		const char *what;
	} table[] = {
#define HEAD(bytes, reason, what) { bytes, sizeof(bytes) - 1, reason, what }
		HEAD("%PDF-1.7\n", REFUSED_UNSUPPORTED, "PDF document"),
		HEAD("\x89PNG\r\n\x1A\n....", REFUSED_UNSUPPORTED, "picture (PNG)"),
		HEAD("\xFF\xD8\xFF\xE0..", REFUSED_UNSUPPORTED, "picture (JPEG)"),
		HEAD("Rar!\x1A\x07\x01\x00", REFUSED_UNSUPPORTED, "archive (rar)"),
		HEAD("7z\xBC\xAF\x27\x1C....", REFUSED_UNSUPPORTED, "archive (7z)"),
		HEAD("{\\rtf1\\ansi", REFUSED_UNSUPPORTED, "RTF document"),
		HEAD("\0\1\0\0Standard Jet DB\0", REFUSED_UNSUPPORTED, "Access data base (mdb)"),
		HEAD("\x09\x00\x04\x00\x02\x00\x10\x00", REFUSED_UNSUPPORTED, "workbook of Excel 2 (BIFF2)"),
		HEAD("\x09\x04\x06\x00\x00\x04\x10\x00", REFUSED_UNSUPPORTED, "workbook of Excel 4 (BIFF4)"),
		HEAD("\x03\x1A\x09\x01\x02\0\0\0\x61\0\x1F\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		     "NAME\0\0\0\0\0\0\0C\0\0\0\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		     "IDNO\0\0\0\0\0\0\0C\0\0\0\0\x12\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\r  ",
		    REFUSED_UNSUPPORTED, "dBase or FoxPro table (dbf)"),
		HEAD("%TSD-Header-###%\x01\x02", REFUSED_DRM, "document protection (TSD)"),
		HEAD("b\x14#e\x02\x03..E-SafeNet\0\0LOCK", REFUSED_DRM, "document protection (E-SafeNet)"),
		HEAD("<## NASCA DRM FILE - VER1.00 ##>", REFUSED_DRM, "document protection (NASCA)"),
#undef HEAD
	};
	struct reading reading;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		reading_init(&reading);
		assert_int_equal(reading_bytes(&reading, &reader_refused, table[i].bytes, table[i].len, &err), 0);
		assert_int_equal(reading.refused, table[i].reason);
		assert_string_equal(reading.detail, table[i].what);
		reading_fini(&reading);
	}
}

static void
text_is_not_taken_for_a_known_format(void **state)
{
	static const char *const texts[] = { "姓名,性别\n甲,男\n", "BM,1,2\n", "\x03", "",
		"name,software\na,E-SafeNet\n", "<table><tr><td>1</td></tr></table>" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct reader_input input = {
			.fd = -1,
			.size = strlen(texts[i]),
			.head = (const uint8_t *)texts[i],
			.head_len = strlen(texts[i]),
		};

		assert_int_equal(reader_refused.score(&input), 0);
		assert_int_equal(reader_xls.score(&input), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_cut_anywhere_is_refused),
		cmocka_unit_test(a_utf8_mark_before_the_file_is_passed_over),
		cmocka_unit_test(a_header_that_lies_does_no_harm),
		cmocka_unit_test(chains_that_run_in_circles_or_nowhere_are_refused),
		cmocka_unit_test(compound_files_of_other_kinds_are_refused_by_name),
		cmocka_unit_test(known_formats_are_refused_by_name),
		cmocka_unit_test(text_is_not_taken_for_a_known_format),
	};
	int failed;

	buffer_init(&book, (size_t)4 << 20);
	failed = cmocka_run_group_tests_name("ole2", tests, NULL, NULL);
	buffer_fini(&book);
	return failed;
}
