/*
 * Tests of consumers/forms/fill: where the pupils go, what moves, what stays open.
 */
#include "consumers/forms/fill.h"

#include <sys/mman.h>
#include <unistd.h>

#include "core/record/source.h"
#include "tests/support/support.h"
#include "tests/support/zipmake.h"

#define HEAD "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row>"
#define PREPARED(n) "<row r=\"" #n "\" ht=\"20\"><c r=\"A" #n "\" s=\"1\"/><c r=\"B" #n "\" s=\"1\"/></row>"

static struct dataset *dataset;
static struct terms *terms;

static int
load(void **state)
{
	struct err err = { 0 };

	(void)state;
	dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	return dataset != NULL
		&& terms_load(&terms, PROJECT_ROOT "/schemas/student_forms.xml", dataset, NULL, NULL, &err) == 0
	    ? 0
	    : -1;
}

static int
unload(void **state)
{
	(void)state;
	terms_free(terms);
	dataset_free(dataset);
	return 0;
}

/* A workbook of one sheet with that XML, in a file of its own. */
static int
make_book(const char *sheet, uint64_t *size)
{
	int fd = memfd_create("book", MFD_CLOEXEC);
	struct zipmake zip;
	struct err err = { 0 };
	const struct zipmake_how how = { 0 };

	zipmake_init(&zip);
	zipmake_add(&zip, TEXT("_rels/.rels"),
	    TEXT("<Relationships><Relationship Id=\"a\" Type=\"x/officeDocument\" "
		 "Target=\"xl/workbook.xml\"/></Relationships>"),
	    &how);
	zipmake_add(&zip, TEXT("xl/workbook.xml"),
	    TEXT("<workbook><sheets><sheet name=\"表&amp;一\" sheetId=\"4\" r:id=\"k\" "
		 "xmlns:r=\"r\"/></sheets></workbook>"),
	    &how);
	zipmake_add(&zip, TEXT("xl/_rels/workbook.xml.rels"),
	    TEXT("<Relationships><Relationship Id=\"k\" Type=\"x/worksheet\" Target=\"/xl/s.xml\"/>"
		 "<Relationship Id=\"c\" Type=\"x/calcChain\" Target=\"calcChain.xml\"/></Relationships>"),
	    &how);
	zipmake_add(&zip, TEXT("xl/s.xml"), text_from(sheet), &how);
	zipmake_add(&zip, TEXT("xl/calcChain.xml"),
	    TEXT("<calcChain><c r=\"B4\" i=\"3\"/><c r=\"B4\" i=\"4\"/><c r=\"B1\"/></calcChain>"), &how);
	zipmake_end(&zip);
	assert_int_equal(file_write(fd, zip.file.at, zip.file.len, &err), 0);
	*size = zip.file.len;
	zipmake_fini(&zip);
	return fd;
}

/* The part of the filled workbook. */
static void
part_of(const struct buffer *book, const char *name, struct buffer *into)
{
	int fd = memfd_create("book", MFD_CLOEXEC);
	const struct pack_limits limits = { 64000000, 64000000, 200, 100 };
	enum pack_trouble trouble;
	struct err err = { 0 };
	struct zip *zip;

	assert_int_equal(file_write(fd, book->at, book->len, &err), 0);
	assert_int_equal(zip_open(&zip, fd, book->len, &limits, &trouble, &err), 0);
	buffer_clear(into);
	assert_int_equal(zip_read_whole(zip, zip_find(zip, text_from(name)), into, &err), 0);
	zip_close(zip);
	close(fd);
}

/* Fill ${count} pupils called 甲 into a form of 姓名 and 几只猫: the sheet, and the chain of formulas. */
static struct fill_counts
fill_in(const char *xml, const struct fill_row *rows, size_t row_count, size_t count, struct buffer *sheet,
    struct buffer *chain)
{
	static struct text values[FIELDS_MAX];
	const struct form_column columns[] = {
		{ .column = 0,
		    .header = TEXT("姓名"),
		    .key = TEXT("姓名"),
		    .use = FORM_FIELD,
		    .field = dataset->roles.name },
		{ .column = 1, .header = TEXT("几只猫"), .key = TEXT("几只猫"), .use = FORM_UNKNOWN, .field = FIELD_NONE },
	};
	const struct form form = { columns, 2 };
	const struct asked_answer answers[] = { { .held = true }, { .held = false } };
	const struct fill_sample samples[2] = { 0 };
	const struct text *pupils[20];
	struct package package;
	struct fill_plan plan = { .package = &package,
		.dataset = dataset,
		.terms = terms,
		.form = &form,
		.answers = answers,
		.samples = samples,
		.header_last = 1,
		.rows = rows,
		.row_count = row_count,
		.today = { 2026, 9, 2 } };
	struct fill_counts counts = { 0 };
	struct fill *fill;
	struct buffer out, again;
	struct err err = { 0 };
	uint64_t size;
	int fd = make_book(xml, &size);

	values[dataset->roles.name] = TEXT("甲<");
	for (size_t i = 0; i < ARRAY_LEN(pupils); i++)
		pupils[i] = values;
	if (package_open(&package, fd, size, TEXT("表&一"), &err) != 0 || fill_open(&fill, &plan, &err) != 0)
		fail_msg("%s", err.what);
	buffer_init(&out, 1 << 20);
	buffer_init(&again, 1 << 20);
	assert_int_equal(fill_pupils(fill, pupils, NULL, count + 1, &again, &counts, &err), 0);
	assert_int_equal(fill_pupils(fill, pupils, NULL, count, &out, &counts, &err), 0);
	assert_int_equal(fill_pupils(fill, pupils, NULL, count, &again, &counts, &err), 0);
	assert_true(text_eq(buffer_as_text(&out), buffer_as_text(&again))); /* whatever was filled before */
	part_of(&out, "xl/s.xml", sheet);
	part_of(&out, "xl/calcChain.xml", chain);
	buffer_fini(&out);
	buffer_fini(&again);
	fill_close(fill);
	package_close(&package);
	close(fd);
	return counts;
}

static size_t
count_of(const struct buffer *in, const char *what)
{
	struct text left = buffer_as_text(in);
	size_t count = 0, at;

	while ((at = text_find(left, text_from(what))) != SIZE_MAX) {
		left = (struct text){ left.at + at + 1, left.len - at - 1 };
		count++;
	}
	return count;
}

static bool
has(const struct buffer *in, const char *what)
{
	return count_of(in, what) > 0;
}

static void
prepared_rows_are_filled(void **state)
{
	struct buffer sheet, chain;
	struct fill_counts counts;

	(void)state;
	buffer_init(&sheet, 1 << 20);
	buffer_init(&chain, 1 << 20);
	counts = fill_in(
	    HEAD PREPARED(2) PREPARED(3) PREPARED(4) "</sheetData></worksheet>", NULL, 0, 2, &sheet, &chain);
	assert_int_equal(counts.filled, 2);
	assert_int_equal(counts.open, 2);
	assert_int_equal(counts.put_in, 0);
	assert_true(has(&sheet,
	    "<row ht=\"20\" r=\"3\"><c r=\"A3\" s=\"1\" t=\"inlineStr\"><is><t "
	    "xml:space=\"preserve\">甲&lt;</t></is></c>"
	    "<c r=\"B3\" s=\"1\"/></row>" PREPARED(4)));
	assert_true(has(&chain, "<c r=\"B4\" i=\"4\"/>"));
	buffer_fini(&sheet);
	buffer_fini(&chain);
}

static void
rows_with_formulas_alone_wait_for_their_pupils(void **state)
{
	static const struct fill_row rows[] = { { 2, FILL_NOTE, true }, { 3, FILL_NOTE, true }, { 4, FILL_NOTE, true } };
	struct buffer sheet, chain;

	(void)state;
	buffer_init(&sheet, 1 << 20);
	buffer_init(&chain, 1 << 20);
	(void)fill_in(HEAD
	    "<row r=\"2\"><c r=\"A2\"/><c r=\"B2\"><f>1+1</f><v>2</v></c></row>"
	    "<row r=\"3\"><c r=\"A3\"/><c r=\"B3\"><f>1+1</f><v>2</v></c></row>"
	    "<row r=\"4\"><c r=\"A4\"><v>7</v></c><c r=\"B4\"><f>SUM(B2:B3)</f></c></row></sheetData></worksheet>",
	    rows, ARRAY_LEN(rows), 3, &sheet, &chain);
	assert_true(has(&sheet, "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\">"));
	assert_true(has(&sheet, "<c r=\"A5\"><v>7</v></c><c r=\"B5\"><f>SUM(B2:B4)</f></c>"));
	buffer_fini(&sheet);
	buffer_fini(&chain);
}

static void
rows_are_put_in_before_the_total(void **state)
{
	static const struct fill_row rows[] = { { 4, FILL_END, false } };
	struct buffer sheet, chain;
	struct fill_counts counts;

	(void)state;
	buffer_init(&sheet, 1 << 20);
	buffer_init(&chain, 1 << 20);
	counts = fill_in(
	    "<worksheet><dimension ref=\"A1:B4\"/><sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c><c "
	    "r=\"B1\"><f>COUNTA(A2:A3)</f><v>0</v></c></row>" PREPARED(2) PREPARED(
		3) "<row r=\"4\"><c r=\"A4\"><v>9</v></c><c r=\"B4\"><f>COUNTA(B2:B3)</f><v>0</v></c></row></sheetData>"
		   "<mergeCells count=\"1\"><mergeCell ref=\"A4:B4\"/></mergeCells>"
		   "<dataValidations count=\"1\"><dataValidation type=\"whole\" "
		   "sqref=\"B2:B3\"/></dataValidations></worksheet>",
	    rows, 1, 5, &sheet, &chain);
	assert_int_equal(counts.put_in, 3);
	assert_int_equal(count_of(&sheet, "inlineStr"), 5);
	assert_true(has(&sheet, "<row ht=\"20\" r=\"6\"><c r=\"A6\" s=\"1\" t=\"inlineStr\">"));
	assert_true(has(&sheet, "<c r=\"B1\"><f>COUNTA(A2:A6)</f></c>"));
	assert_true(
	    has(&sheet, "<row r=\"7\"><c r=\"A7\"><v>9</v></c><c r=\"B7\"><f>COUNTA(B2:B6)</f></c></row></sheetData>"));
	assert_true(has(&sheet, "<mergeCell ref=\"A7:B7\"/>"));
	assert_true(has(&sheet, "sqref=\"B2:B6\""));
	assert_true(has(&sheet, "<dimension ref=\"A1:B7\"/>"));
	assert_true(has(&chain, "<c r=\"B4\" i=\"3\"/><c r=\"B7\" i=\"4\"/><c r=\"B1\"/>"));
	buffer_fini(&sheet);
	buffer_fini(&chain);
}

static void
who_stands_there_is_not_written_over(void **state)
{
	static const struct fill_row rows[] = { { 2, FILL_TAKEN, false }, { 3, FILL_NOTE, true },
		{ 6, FILL_NOTE, true } };
	struct buffer sheet, chain;

	(void)state;
	buffer_init(&sheet, 1 << 20);
	buffer_init(&chain, 1 << 20);
	/* an example, a note above prepared rows, one below; a cell with a formula, one of a merged cell */
	(void)fill_in(HEAD
	    "<row r=\"2\"><c r=\"A2\" s=\"1\"><v>7</v></c><c r=\"B2\" s=\"1\"/></row><row r=\"3\"><c "
	    "r=\"A3\"><v>8</v></c></row>"
	    "<row r=\"4\"><c r=\"A4\" s=\"1\"/><c r=\"B4\" s=\"1\"><f>1+1</f><v>2</v></c></row>" PREPARED(
		5) "<row r=\"6\"><c r=\"A6\"><v>9</v></c></row></sheetData>"
		   "<mergeCells><mergeCell ref=\"B5:C5\"/></mergeCells></worksheet>",
	    rows, 3, 3, &sheet, &chain);
	assert_true(has(&sheet, "<c r=\"A2\" s=\"1\"><v>7</v></c>"));
	assert_true(has(&sheet, "<row r=\"4\"><c r=\"A4\" s=\"1\" t=\"inlineStr\">"));
	assert_true(has(&sheet, "<c s=\"1\" r=\"B4\"><f>1+1</f></c>"));
	assert_true(has(&sheet,
	    "<row ht=\"20\" r=\"6\"><c r=\"A6\" s=\"1\" t=\"inlineStr\">")); /* put in: like row 5, merged, too */
	assert_true(has(&sheet, "<mergeCell ref=\"B6:C6\"/>"));
	assert_true(has(&sheet, "<row r=\"7\"><c r=\"A7\"><v>9</v></c></row>"));
	buffer_fini(&sheet);
	buffer_fini(&chain);
}

static void
formulas_that_share_reach_the_new_rows(void **state)
{
	struct buffer sheet, chain;

	(void)state;
	buffer_init(&sheet, 1 << 20);
	buffer_init(&chain, 1 << 20);
	(void)fill_in(HEAD "<row r=\"2\"><c r=\"A2\"/><c r=\"B2\"/><c r=\"C2\"><f t=\"shared\" ref=\"C2:C3\" "
			   "si=\"0\">A2&amp;1</f><v>1</v></c></row>"
			   "<row r=\"3\"><c r=\"A3\"/><c r=\"B3\"/><c r=\"C3\" s=\"1\"><f t=\"shared\" "
			   "si=\"0\"/></c></row></sheetData></worksheet>",
	    NULL, 0, 4, &sheet, &chain);
	assert_true(has(&sheet, "<f t=\"shared\" si=\"0\" ref=\"C2:C5\">A2&amp;1</f></c>"));
	assert_true(has(&sheet, "<c r=\"C5\" s=\"1\"><f t=\"shared\" si=\"0\"/></c>"));
	buffer_fini(&sheet);
	buffer_fini(&chain);
}

static void
a_header_alone_is_enough(void **state)
{
	static const struct fill_row rows[] = { { 2, FILL_NOTE, true } };
	struct buffer sheet, chain;

	(void)state;
	buffer_init(&sheet, 1 << 20);
	buffer_init(&chain, 1 << 20);
	(void)fill_in(HEAD "</sheetData></worksheet>", NULL, 0, 2, &sheet, &chain);
	assert_true(has(&sheet, "</row><row r=\"2\"><c r=\"A2\" t=\"inlineStr\">"));
	assert_true(has(&sheet, "</row><row r=\"3\"><c r=\"A3\" t=\"inlineStr\">"));
	/* a note with nothing below stands below */
	(void)fill_in(
	    HEAD "<row r=\"2\"><c r=\"A2\"><v>8</v></c></row></sheetData></worksheet>", rows, 1, 2, &sheet, &chain);
	assert_true(has(&sheet, "<row r=\"4\"><c r=\"A4\"><v>8</v></c></row>"));
	buffer_fini(&sheet);
	buffer_fini(&chain);
}

static void
prefixes_are_kept_and_places_may_be_left_out(void **state)
{
	struct buffer sheet, chain;

	(void)state;
	buffer_init(&sheet, 1 << 20);
	buffer_init(&chain, 1 << 20);
	(void)fill_in(
	    "<x:worksheet "
	    "xmlns:x=\"u\"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c></x:row><x:row><x:c/><x:c/></x:row></x:sheetData>"
	    "<x:pageMargins/></x:worksheet>",
	    NULL, 0, 2, &sheet, &chain);
	assert_true(has(&sheet,
	    "</x:row><x:row r=\"2\"><x:c r=\"A2\" t=\"inlineStr\"><x:is><x:t "
	    "xml:space=\"preserve\">甲&lt;</x:t></x:is></x:c>"
	    "<x:c r=\"B2\"/></x:row><x:row r=\"3\"><x:c r=\"A3\" t=\"inlineStr\">"));
	assert_true(has(&sheet, "</x:row></x:sheetData><x:pageMargins/></x:worksheet>"));
	buffer_fini(&sheet);
	buffer_fini(&chain);
}

static void
what_is_no_workbook_is_refused(void **state)
{
	struct package package;
	struct err err = { 0 };
	uint64_t size;
	int fd = make_book("<worksheet><!DOCTYPE", &size);

	(void)state;
	assert_int_equal(package_open(&package, fd, size, TEXT("表&一"), &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	package_close(&package);
	close(fd);
	fd = make_book(HEAD "</sheetData></worksheet>", &size);
	assert_int_equal(package_open(&package, fd, size, TEXT("二"), &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	package_close(&package);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prepared_rows_are_filled),
		cmocka_unit_test(rows_with_formulas_alone_wait_for_their_pupils),
		cmocka_unit_test(rows_are_put_in_before_the_total),
		cmocka_unit_test(who_stands_there_is_not_written_over),
		cmocka_unit_test(formulas_that_share_reach_the_new_rows),
		cmocka_unit_test(a_header_alone_is_enough),
		cmocka_unit_test(prefixes_are_kept_and_places_may_be_left_out),
		cmocka_unit_test(what_is_no_workbook_is_refused),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
