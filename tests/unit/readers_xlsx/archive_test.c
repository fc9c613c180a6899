/*
 * archive_test.c - what is handed out of zip and gzip files, under which names, and what refuses
 * them whole.
 */
#include "tests/support/support.h"

#include "tests/unit/readers_xlsx/book.h"

/* Read the archive: its lines, or "!reason". ${ops} NULL for the surest reader. */
static void
check_archive(struct text bytes, const struct reader_ops *ops, const char *expected)
{
	struct reading reading;
	struct err err;

	reading_init(&reading);
	assert_int_equal(reading_bytes(&reading, ops, bytes.at, bytes.len, &err), 0);
	if (reading.refused != REFUSED_NO)
		assert_string_equal(refusal_name(reading.refused), expected + (expected[0] == '!'));
	else
		assert_text(buffer_as_text(&reading.lines), expected);
	reading_fini(&reading);
}

/* An archive of one entry. */
static void
check_entry(struct text name, const struct zipmake_how *how, const char *expected)
{
	struct zipmake zip;

	zipmake_init(&zip);
	zipmake_add(&zip, name, TEXT("a,b\n1,2\n"), how);
	zipmake_end(&zip);
	check_archive(buffer_as_text(&zip.file), NULL, expected);
	zipmake_fini(&zip);
}

static void
entries_are_handed_out_but_folders_and_junk(void **state)
{
	struct zipmake zip, inner;

	(void)state;
	zipmake_init(&inner);
	zipmake_add(&inner, TEXT("x.csv"), TEXT("1"), NULL);
	zipmake_end(&inner);
	zipmake_init(&zip);
	zipmake_add(&zip, TEXT("一年级/"), TEXT(""), &(struct zipmake_how){ .stored = true });
	zipmake_add(&zip, TEXT("一年级/a.csv"), TEXT("a,b\n"), NULL);
	zipmake_add(&zip, TEXT("__MACOSX/一年级/._a.csv"), TEXT("junk"), NULL);
	zipmake_add(&zip, TEXT("一年级/.DS_Store"), TEXT("junk"), NULL);
	zipmake_add(&zip, TEXT("一年级/thumbs.db"), TEXT("junk"), NULL);
	zipmake_add(&zip, TEXT("~$a.xlsx"), TEXT("junk"), NULL);
	zipmake_add(&zip, TEXT("sub/Desktop.ini"), TEXT("junk"), NULL);
	zipmake_add(&zip, TEXT("inner.zip"), buffer_as_text(&inner.file), NULL);
	zipmake_add(&zip, TEXT("empty.csv"), TEXT(""), NULL);
	zipmake_end(&zip);
	check_archive(buffer_as_text(&zip.file), NULL,
	    "{\"entry\":\"一年级/a.csv\",\"bytes\":4,\"end\":\"no\"}\n"
	    "{\"entry\":\"inner.zip\",\"bytes\":111,\"end\":\"no\"}\n"
	    "{\"entry\":\"empty.csv\",\"bytes\":0,\"end\":\"no\"}\n");
	zipmake_fini(&zip);
	zipmake_fini(&inner);
}

static void
names_are_utf8_or_gb18030(void **state)
{
	(void)state;
	/* 学生.csv in UTF-8 and in GBK; 乗 (81 5C) has a trail byte that is a backslash in ASCII.
	 */
	check_entry(TEXT("学生.csv"), &(struct zipmake_how){ .flags = 0x800 },
	    "{\"entry\":\"学生.csv\",\"bytes\":8,\"end\":\"no\"}\n");
	check_entry(TEXT("学生.csv"), NULL, "{\"entry\":\"学生.csv\",\"bytes\":8,\"end\":\"no\"}\n");
	check_entry(TEXT("\xD1\xA7\xC9\xFA\\a.csv"), NULL, "{\"entry\":\"学生/a.csv\",\"bytes\":8,\"end\":\"no\"}\n");
	check_entry(TEXT("\x81\x5C.csv"), NULL, "{\"entry\":\"乗.csv\",\"bytes\":8,\"end\":\"no\"}\n");
	check_entry(TEXT("\xFF.csv"), NULL, "!encoding");
	/* Info-ZIP's field: version 1, CRC-32 of the name in the header, name; with another CRC it
	 * belongs to another name. */
	check_entry(TEXT("x.csv"),
	    &(struct zipmake_how){ .extra = TEXT("\x75\x70\x0C\0\x01\x5B\x0F\x88\xB8\xE5\xAD\xA6.csv") },
	    "{\"entry\":\"学.csv\",\"bytes\":8,\"end\":\"no\"}\n");
	check_entry(TEXT("x.csv"),
	    &(struct zipmake_how){ .extra = TEXT("\x75\x70\x0C\0\x01\x5C\x0F\x88\xB8\xE5\xAD\xA6.csv") },
	    "{\"entry\":\"x.csv\",\"bytes\":8,\"end\":\"no\"}\n");
}

static void
unsafe_and_broken_archives_are_refused_whole(void **state)
{
	(void)state;
	check_entry(TEXT("../a.csv"), NULL, "!unsafe_name");
	check_entry(TEXT("a\\..\\b.csv"), NULL, "!unsafe_name");
	check_entry(TEXT("/a.csv"), NULL, "!unsafe_name");
	check_entry(TEXT("C:\\a.csv"), NULL, "!unsafe_name");
	check_entry(TEXT("a\0.csv"), NULL, "!unsafe_name");
	check_entry(TEXT("a.csv"), &(struct zipmake_how){ .flags = 1 }, "!encrypted");
	check_entry(TEXT("a.csv"), &(struct zipmake_how){ .crc_xor = 1 }, "!damaged");
	check_entry(TEXT("a.csv"), &(struct zipmake_how){ .at_more = 500 }, "!overlap");
	check_entry(TEXT("a.csv"), &(struct zipmake_how){ .method = 12 },
	    "{\"entry\":\"a.csv\",\"bytes\":0,\"end\":\"unsupported\"}\n");
	check_archive(TEXT("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), NULL, "!empty");
	check_archive(TEXT("PK\3\4 and no more than that"), NULL, "!truncated");
}

static void
gzip_is_an_archive_of_one_file(void **state)
{
	struct buffer file;

	(void)state;
	buffer_init(&file, 10000);
	zipmake_gzip(&file, "dir/学生.csv", TEXT("a,b\n"));
	check_archive(buffer_as_text(&file), NULL, "{\"entry\":\"学生.csv\",\"bytes\":4,\"end\":\"no\"}\n");
	check_archive((struct text){ file.at, file.len - 1 }, NULL, "!truncated");
	buffer_clear(&file);
	zipmake_gzip(&file, "..", TEXT("a,b\n"));
	check_archive(buffer_as_text(&file), NULL, "{\"entry\":\"\",\"bytes\":4,\"end\":\"no\"}\n");
	buffer_clear(&file);
	zipmake_gzip(&file, "\xFF", TEXT("a,b\n"));
	check_archive(buffer_as_text(&file), NULL, "{\"entry\":\"\",\"bytes\":4,\"end\":\"no\"}\n");
	buffer_clear(&file);
	zipmake_gzip(&file, NULL, TEXT(""));
	check_archive(buffer_as_text(&file), NULL, "{\"entry\":\"\",\"bytes\":0,\"end\":\"no\"}\n");
	buffer_fini(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_handed_out_but_folders_and_junk),
		cmocka_unit_test(names_are_utf8_or_gb18030),
		cmocka_unit_test(unsafe_and_broken_archives_are_refused_whole),
		cmocka_unit_test(gzip_is_an_archive_of_one_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
