/*
 * fuzz_form.c - any bytes as the XML of a form's sheet, behind a newline its styles: it is filled in with three pupils or refused, and what
 * is filled twice is the same. The bytes need not be well-formed here, though package_open() sees to that.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "consumers/forms/fill.h"
#include "core/base/file.h"
#include "tests/support/zipmake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dataset *dataset;
static struct terms *terms;
static struct package package;

/* A workbook whose parts are then given other bytes. */
static void
prepare(void)
{
	static const char *const parts[][2] = {
		{ "_rels/.rels", "<a><Relationship Type=\"/officeDocument\" Target=\"w\"/></a>" },
		{ "w", "<a><sheet name=\"s\" r:id=\"k\" sheetId=\"1\" xmlns:r=\"r\"/></a>" },
		{ "_rels/w.rels",
		    "<a><Relationship Id=\"k\" Type=\"/worksheet\" Target=\"s\"/><Relationship Type=\"/styles\" "
		    "Target=\"t\"/></a>" },
		{ "s", "<a/>" },
		{ "t", "<a/>" },
	};
	const struct zipmake_how how = { 0 };
	int fd = memfd_create("form", MFD_CLOEXEC);
	struct zipmake zip;
	struct err err = { 0 };

	zipmake_init(&zip);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		zipmake_add(&zip, text_from(parts[i][0]), text_from(parts[i][1]), &how);
	zipmake_end(&zip);
	dataset = dataset_load(FUZZ_SCHEMAS, "student", NULL, NULL, &err);
	if (dataset == NULL || terms_load(&terms, FUZZ_SCHEMAS "/student_forms.xml", dataset, NULL, NULL, &err) != 0
	    || file_write(fd, zip.file.at, zip.file.len, &err) != 0
	    || package_open(&package, fd, zip.file.len, TEXT("s"), &err) != 0)
		abort();
	zipmake_fini(&zip);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text values[FIELDS_MAX];
	const struct text *const pupils[] = { values, values, values };
	const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t sheet = newline == NULL ? size : (size_t)(newline - data);
	struct form_column columns[] = { { .column = 0, .header = TEXT("姓名"), .key = TEXT("姓名"), .use = FORM_FIELD },
		{ .column = 1, .header = TEXT("出生日期"), .key = TEXT("出生日期"), .use = FORM_FIELD },
		{ .column = 2,
		    .header = TEXT("是否有猫"),
		    .key = TEXT("是否有猫"),
		    .use = FORM_UNKNOWN,
		    .field = FIELD_NONE } };
	const struct form form = { columns, ARRAY_LEN(columns) };
	const struct asked_answer answers[] = { { .held = true }, { .held = true }, { .held = false } };
	const struct fill_sample samples[ARRAY_LEN(columns)] = { 0 };
	const struct fill_row rows[] = { { 9, FILL_END, true } };
	struct fill_plan plan = { .package = &package,
		.form = &form,
		.answers = answers,
		.samples = samples,
		.header_last = 1,
		.rows = rows,
		.row_count = 1,
		.today = { 2026, 9, 2 },
		.lock = size % 2 == 0 };
	static const struct text ids[] = { { "a", 1 }, { "b", 1 }, { "c", 1 } };
	struct marking marking = { .ids = ids };
	struct fill_counts counts;
	struct fill *fill;
	struct buffer first, second;
	struct err err = { 0 };

	if (dataset == NULL)
		prepare();
	plan.dataset = dataset;
	plan.terms = terms;
	columns[0].field = dataset->roles.name;
	columns[1].field = dataset->roles.birth_date;
	values[dataset->roles.name] = TEXT("甲");
	values[dataset->roles.birth_date] = TEXT("2015-03-08");
	buffer_clear(&package.sheet.bytes);
	buffer_clear(&package.styles.bytes);
	buffer_add(&package.sheet.bytes, data, sheet);
	if (newline != NULL)
		buffer_add(&package.styles.bytes, newline + 1, size - sheet - 1);
	buffer_init(&first, 1 << 26);
	buffer_init(&second, 1 << 26);
	buffer_init(&marking.cells, 1 << 20);
	plan.marking = &marking;
	if (fill_open(&fill, &plan, &err) == 0 && fill_pupils(fill, pupils, NULL, 3, &first, &counts, &err) == 0) {
		if (fill_pupils(fill, pupils, NULL, 1, &second, &counts, &err) != 0
		    || fill_pupils(fill, pupils, NULL, 3, &second, &counts, &err) != 0
		    || !text_eq(buffer_as_text(&first), buffer_as_text(&second)))
			abort();
	}
	fill_close(fill);
	buffer_fini(&first);
	buffer_fini(&second);
	buffer_fini(&marking.cells);
	return 0;
}
