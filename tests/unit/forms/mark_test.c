/*
 * Tests of consumers/forms/mark: what a workbook says of itself, and what becomes of it on the way.
 */
#include "consumers/forms/mark.h"

#include <stdio.h>

#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/support.h"
#include "tests/support/zipmake.h"

#define RELATIONS                                                                                                      \
	"<Relationships><Relationship Id=\"rIdYici\" Type=\"x/officeDocument\" Target=\"xl/workbook.xml\"/>%s"         \
	"</Relationships>"
#define SEED 7

/* A workbook; with ${properties} unless that is NULL. */
static int
make_book(const char *properties, uint64_t *size)
{
	int fd = memfd_create("book", MFD_CLOEXEC);
	const struct zipmake_how how = { 0 };
	char relations[1000];
	struct zipmake zip;
	struct err err = { 0 };

	snprintf(relations, sizeof(relations), RELATIONS,
	    properties == NULL ? ""
			       : "<Relationship Id=\"p\" Type=\"x/custom-properties\" Target=\"/docProps/own.xml\"/>");
	zipmake_init(&zip);
	zipmake_add(&zip, TEXT("[Content_Types].xml"), TEXT("<t:Types xmlns:t=\"t\"/>"), &how);
	zipmake_add(&zip, TEXT("_rels/.rels"), text_from(relations), &how);
	zipmake_add(&zip, TEXT("xl/workbook.xml"),
	    TEXT("<workbook><sheets><sheet name=\"一\" sheetId=\"1\" r:id=\"k\" xmlns:r=\"r\"/></sheets></workbook>"),
	    &how);
	zipmake_add(&zip, TEXT("xl/_rels/workbook.xml.rels"),
	    TEXT("<Relationships><Relationship Id=\"k\" Type=\"x/worksheet\" Target=\"s.xml\"/></Relationships>"), &how);
	zipmake_add(&zip, TEXT("xl/s.xml"), TEXT("<worksheet/>"), &how);
	if (properties != NULL)
		zipmake_add(&zip, TEXT("docProps/own.xml"), text_from(properties), &how);
	zipmake_end(&zip);
	assert_int_equal(file_write(fd, zip.file.at, zip.file.len, &err), 0);
	*size = zip.file.len;
	zipmake_fini(&zip);
	return fd;
}

/* Its parts with a mark of three cells. */
static void
mark_book(const char *properties, struct mark_parts *parts)
{
	static const struct text ids[] = { { "00aa", 4 }, { "00bb", 4 } };
	struct marking marking = { .seed = SEED,
		.mark = { TEXT("猫&狗"), TEXT("abc"), TEXT("20260902-1"), TEXT("2141000001/14/3班"), TEXT("0f"), NULL,
		    0 },
		.ids = ids };
	struct package package;
	struct err err = { 0 };
	uint64_t size;
	int fd = make_book(properties, &size);

	buffer_init(&marking.cells, 1 << 20);
	mark_parts_init(parts);
	assert_int_equal(package_open(&package, fd, size, TEXT("一"), &err), 0);
	marking_cell(&marking, 0, TEXT("姓名"), TEXT("甲"));
	marking_cell(&marking, 1, TEXT("姓名"), TEXT("乙"));
	marking_cell(&marking, 1, TEXT("姓名"), TEXT("乙"));
	marking_cell(&marking, 1, TEXT("班级"), TEXT("3班"));
	mark_write(&marking, &package, parts);
	assert_false(mark_parts_failed(parts));
	package_close(&package);
	buffer_fini(&marking.cells);
	close(fd);
}

/* The properties "name=value" of XML as we write it, in ${list}: how many. */
static size_t
list_properties(struct text xml, struct text *list, struct arena *arena)
{
	size_t count = 0;

	for (size_t at; (at = text_find(xml, TEXT(" name=\""))) != SIZE_MAX;) {
		struct buffer line;
		const char *name = xml.at + at + 7, *end = memchr(name, '"', 100), *value, *stop;

		xml = (struct text){ name, xml.len - at - 7 };
		at = text_find(xml, TEXT("lpwstr"));
		value = memchr(xml.at + at, '>', xml.len - at);
		stop = memchr(value, '<', 300);
		buffer_init(&line, 1000);
		buffer_add(&line, name, (size_t)(end - name));
		buffer_char(&line, '=');
		buffer_add(&line, value + 1, (size_t)(stop - value - 1));
		list[count] = arena_text(arena, buffer_as_text(&line));
		if (text_starts(list[count], TEXT("yici.form="))) /* the only one with a reference in it */
			list[count] = TEXT("yici.form=猫&狗");
		count++;
		buffer_fini(&line);
	}
	return count;
}

static void
a_mark_is_added_and_says_what_stood_in_the_workbook(void **state)
{
	struct mark_parts parts;
	struct form_mark mark;
	struct text list[50];
	struct arena arena;
	size_t count;

	(void)state;
	mark_book(NULL, &parts);
	assert_true(text_eq(parts.name, TEXT("docProps/custom.xml")));
	assert_true(
	    text_find(buffer_as_text(&parts.types), TEXT("<t:Override PartName=\"/docProps/custom.xml\"")) != SIZE_MAX);
	assert_true(text_ends(buffer_as_text(&parts.types), TEXT("</t:Types>")));
	assert_true(text_find(buffer_as_text(&parts.relations), TEXT("Id=\"rIdYici2\"")) != SIZE_MAX);
	arena_init(&arena, 1 << 20);
	count = list_properties(buffer_as_text(&parts.properties), list, &arena);
	assert_int_equal(count, 7);
	assert_true(mark_read(list, count, SEED, &arena, &mark));
	assert_int_equal(mark.cell_count, 3);
	assert_true(text_eq(mark.whose, TEXT("2141000001/14/3班")));
	assert_true(text_eq(mark.form, TEXT("猫&狗")));
	assert_true(mark_has(&mark, SEED, TEXT("00bb"), TEXT("姓名"), TEXT("乙")));
	assert_false(mark_has(&mark, SEED, TEXT("00aa"), TEXT("姓名"), TEXT("乙")));
	assert_false(mark_has(&mark, SEED, TEXT("00bb"), TEXT("性别"), TEXT("乙")));
	assert_false(mark_has(&mark, SEED + 1, TEXT("00bb"), TEXT("姓名"), TEXT("乙")));
	arena_fini(&arena);
	mark_parts_fini(&parts);
}

static void
a_mark_that_was_changed_is_none(void **state)
{
	struct mark_parts parts;
	struct form_mark mark;
	struct text list[50];
	struct arena arena;
	size_t count;

	(void)state;
	mark_book(NULL, &parts);
	arena_init(&arena, 1 << 20);
	count = list_properties(buffer_as_text(&parts.properties), list, &arena);
	assert_false(mark_read(list, count, SEED + 1, &arena, &mark));
	assert_false(mark_read(list, count - 1, SEED, &arena, &mark)); /* without its cells */
	assert_false(mark_read(NULL, 0, SEED, &arena, &mark));
	for (size_t i = 0; i < count; i++) {
		struct text was = list[i];

		list[i] = TEXT("yici.whose=2141000001");
		assert_false(mark_read(list, count, SEED, &arena, &mark));
		list[i] = was;
	}
	for (size_t i = 0, k = count - 1; i < k; i++, k--) { /* in another order it is the same */
		struct text was = list[i];

		list[i] = list[k];
		list[k] = was;
	}
	assert_true(mark_read(list, count, SEED, &arena, &mark));
	arena_fini(&arena);
	mark_parts_fini(&parts);
}

static void
other_properties_stay_and_an_older_mark_goes(void **state)
{
	static const char before[] =
	    "<p:Properties xmlns:p=\"p\"><p:property pid=\"9\" name=\"部门\"><vt:lpwstr>甲</vt:lpwstr></p:property>"
	    "<p:property pid=\"12\" name=\"yici.run\"><vt:lpwstr>old</vt:lpwstr></p:property>"
	    "<p:property pid=\"11\" name=\"Z\"><vt:i4>4</vt:i4></p:property></p:Properties>";
	struct mark_parts parts;
	struct text xml;

	(void)state;
	mark_book(before, &parts);
	xml = buffer_as_text(&parts.properties);
	assert_int_equal(parts.name.len + parts.types.len + parts.relations.len, 0);
	assert_true(text_find(xml,
			TEXT("name=\"部门\"><vt:lpwstr>甲</vt:lpwstr></p:property><p:property pid=\"11\" name=\"Z\">"))
	    != SIZE_MAX);
	assert_true(text_find(xml, TEXT("old")) == SIZE_MAX);
	assert_true(text_find(xml, TEXT("pid=\"13\" name=\"yici.form\"")) != SIZE_MAX);
	assert_true(text_ends(xml, TEXT("</p:property></p:Properties>")));
	mark_parts_fini(&parts);
	mark_book("<Properties/>", &parts);
	assert_true(text_starts(buffer_as_text(&parts.properties), TEXT("<Properties><property fmtid=")));
	assert_true(text_ends(buffer_as_text(&parts.properties), TEXT("</property></Properties>")));
	mark_parts_fini(&parts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_added_and_says_what_stood_in_the_workbook),
		cmocka_unit_test(a_mark_that_was_changed_is_none),
		cmocka_unit_test(other_properties_stay_and_an_older_mark_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
