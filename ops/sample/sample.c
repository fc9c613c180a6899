/*
 * sample.c - nights, files and layouts. Every list goes unit by unit (city, county or school); the
 * registry's format goes by county, so that a city has all of them. A file's manner (forms of
 * dates, order of columns) is drawn from list and unit and is the same every night.
 */
#include "ops/sample/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/file.h"
#include "ops/sample/packing.h"
#include "ops/sample/registers.h"
#include "ops/sample/sheetrow.h"
#include "ops/sample/teachers.h"

#define TRUTH_BYTES ((size_t)1 << 20)

/* A CSV file of the truth. */
struct truth {
	int fd;
	struct buffer out;
};

/* All that one run carries. */
struct making {
	const struct sample *sample;
	struct city city;
	struct defects defects;
	struct truth students, rows, files, cells;
	struct sheetrow row;
	unsigned night;
	/* the file at hand */
	struct book *book;
	char folder[FILE_PATH_MAX]; /* of the source */
	char told[512];             /* below it, as told in the truth */
	char sheet[128];
	char temporary[FILE_PATH_MAX];
	const char *source;
	size_t file_rows;
	bool silent; /* rows are not told: the file will be refused */
	struct err *err;
};

/* How the registry's file of a county looks. */
enum pack { PACK_NO, PACK_ZIP, PACK_GZIP };
static const struct {
	enum book_format format;
	const char *ending;
	enum pack pack;
	bool by_school;
} registry_files[CITY_COUNTIES] = { { BOOK_XLSX, "xlsx", PACK_NO, false }, { BOOK_CSV, "csv", PACK_NO, false },
	{ BOOK_XLS, "xls", PACK_NO, true }, { BOOK_XLSX_INLINE, "xlsx", PACK_NO, false },
	{ BOOK_CSV_GB18030, "csv", PACK_NO, false }, { BOOK_TSV_GBK, "xls", PACK_NO, false },
	{ BOOK_HTML, "xls", PACK_NO, true }, { BOOK_SPREADSHEETML, "xls", PACK_NO, true },
	{ BOOK_XML, "xml", PACK_NO, false }, { BOOK_XLS, "xls", PACK_ZIP, true },
	{ BOOK_TSV_UTF16, "txt", PACK_NO, false }, { BOOK_CSV, "csv", PACK_GZIP, false } };

static const char *const endings[BOOK_FORMATS] = { "csv", "csv", "xls", "txt", "xls", "xls", "xml", "xlsx", "xlsx",
	"xls" };

static int
truth_open(struct truth *truth, const char *out, const char *name, const char *header, struct err *err)
{
	char path[FILE_PATH_MAX];

	buffer_init(&truth->out, TRUTH_BYTES * 2);
	if (path_format(path, err, "%s/truth/%s", out, name) != 0)
		return -1;
	truth->fd = file_create(path, err);
	buffer_string(&truth->out, header);
	return truth->fd < 0 ? -1 : 0;
}

static int
truth_flush(struct truth *truth, bool all, struct err *err)
{
	if (truth->out.len < TRUTH_BYTES && !all)
		return 0;
	if (buffer_failed(&truth->out))
		return err_set(err, ERR_RETRY, "memory is short");
	if (file_write(truth->fd, truth->out.at, truth->out.len, err) != 0)
		return -1;
	buffer_clear(&truth->out);
	return 0;
}

static int
truth_close(struct truth *truth, struct err *err)
{
	int result = truth->fd < 0 ? 0 : truth_flush(truth, true, err);

	if (truth->fd >= 0)
		close(truth->fd);
	buffer_fini(&truth->out);
	return result;
}

/* One line of rows.csv about the row that comes next. */
static void
tell_row(struct making *m, const struct person *person, uint64_t defects, const char *expected)
{
	struct buffer *out = &m->rows.out;
	bool first = true;

	if (m->silent)
		return;
	m->file_rows++;
	buffer_format(out, "%u,%s,", m->night, m->source);
	buffer_csv(out, text_from(m->told));
	buffer_char(out, ',');
	buffer_csv(out, text_from(m->sheet));
	buffer_format(out, ",%u,", book_next_row(m->book));
	if (person != NULL)
		buffer_format(out, "%u", person->number);
	buffer_char(out, ',');
	for (unsigned i = 0; i < DEFECT_COUNT; i++) {
		if (defects >> i & 1) {
			buffer_format(out, "%s%s", first ? "" : " ", defect_name(i));
			first = false;
		}
	}
	buffer_format(out, ",%s\r\n", expected);
}

static void
tell_file(struct making *m, const char *source, const char *told, const char *expected, size_t rows)
{
	buffer_format(&m->files.out, "%u,%s,", m->night, source);
	buffer_csv(&m->files.out, text_from(told));
	buffer_format(&m->files.out, ",%s,%zu\r\n", expected, rows);
}

/* A row with ${text} in cell ${at} that is not a pupil. */
static void
write_aside(struct making *m, size_t at, size_t width, const char *text, bool merged)
{
	struct cell cells[FORM_COLUMNS_MAX + 1] = { { .kind = CELL_BLANK } };

	cells[at] = (struct cell){ .kind = CELL_TEXT, .text = text_from(text) };
	if (merged && width > at + 1)
		book_merge(m->book, at, width - 1, 0);
	tell_row(m, NULL, 0, "aside");
	book_row(m->book, cells, width);
}

static void
make_manner(struct making *m, const struct form *form, enum book_format format, size_t unit, struct manner *manner)
{
	size_t form_number = form == &form_registry ? 0 : (size_t)(form - forms) + 1;
	struct rng rng = rng_for(m->sample->seed, 500 + form_number, unit);

	*manner = (struct manner){ .form = form,
		.count = form->column_count,
		.format = format,
		.registry = form == &form_registry,
		.seed = m->sample->seed,
		.kind = form_number };
	for (size_t i = 0; i < form->column_count; i++)
		manner->columns[i] = &form->columns[i];
	if (manner->registry)
		return;
	manner->date = (uint8_t)rng_below(&rng, 6);
	manner->truth = (uint8_t)(form->look & LOOK_CODES ? 1 : rng_below(&rng, 3) == 2 ? 1 : 0);
	manner->grade = (uint8_t)(1 + rng_below(&rng, 3));
	manner->class = (uint8_t)rng_below(&rng, 4);
	manner->id_as_number = (uint8_t)rng_below(&rng, 4);
	if ((form->look & LOOK_SHUFFLE) && unit % 2 == 1) {
		for (size_t i = 0; i + 1 < manner->count; i++) {
			size_t j = i + rng_below(&rng, (uint32_t)(manner->count - i));
			const struct column *other = manner->columns[i];

			manner->columns[i] = manner->columns[j];
			manner->columns[j] = other;
		}
	}
}

/* The header, in one row or two; ${left} blank columns stand before it. */
static void
write_header(struct making *m, const struct manner *manner, size_t left)
{
	static char texts[FORM_COLUMNS_MAX][160];
	struct cell upper[FORM_COLUMNS_MAX + 1] = { { .kind = CELL_BLANK } },
					     lower[FORM_COLUMNS_MAX + 1] = { { .kind = CELL_BLANK } };
	bool two = false;
	struct text before = { 0 };

	for (size_t i = 0; i < manner->count; i++)
		two |= strchr(manner->columns[i]->header, '|') != NULL;
	for (size_t i = 0; i < manner->count; i++) {
		const struct column *column = manner->columns[i];
		const char *bar = strchr(column->header, '|');
		struct text group = { column->header,
			bar == NULL ? strlen(column->header) : (size_t)(bar - column->header) };

		if (manner->format == BOOK_XML) {
			upper[i + left].text = text_from(column->xml);
		} else if (manner->form->look & LOOK_STARS && column->fact <= FACT_SEX) {
			snprintf(texts[i], sizeof(texts[i]), "★%s%s", column->header,
			    column->fact == FACT_NAME ? "\n（必填）" : "");
			upper[i + left].text = text_from(texts[i]);
		} else {
			upper[i + left].text = group;
		}
		upper[i + left].kind = CELL_TEXT;
		if (bar != NULL) {
			lower[i + left] = (struct cell){ .kind = CELL_TEXT, .text = text_from(bar + 1) };
			if (text_eq(group, before))
				upper[i + left] = (struct cell){ 0 };
			before = group;
		} else {
			before = (struct text){ 0 };
		}
	}
	for (size_t i = 0; two && i < manner->count; i++) {
		size_t last = i;

		if (upper[i + left].kind == CELL_BLANK)
			continue;
		while (last + 1 < manner->count && upper[last + 1 + left].kind == CELL_BLANK)
			last++;
		book_merge(m->book, i + left, last + left, lower[i + left].kind == CELL_BLANK ? 1 : 0);
	}
	tell_row(m, NULL, 0, "aside");
	book_row(m->book, upper, manner->count + left);
	if (two) {
		tell_row(m, NULL, 0, "aside");
		book_row(m->book, lower, manner->count + left);
	}
}

/* What stands above the pupils of a sheet. */
static void
write_head(struct making *m, const struct manner *manner, const char *place, size_t left)
{
	unsigned look = manner->form->look;
	size_t width = manner->count + left;
	char line[256];

	if (look & LOOK_TITLE) {
		snprintf(line, sizeof(line), "%s2026年秋季%s表", place, manner->form->title);
		write_aside(m, left, width, line, true);
	}
	if (look & LOOK_UNIT) {
		snprintf(line, sizeof(line), "填报单位（盖章）：%s        填报日期：2026年9月1日", place);
		write_aside(m, left, width, line, true);
	}
	if (look & LOOK_NOTES) {
		write_aside(m, left, width, "填表说明：1.请如实填写，不得缺项；2.日期按公历填写。", true);
		if (book_has_sheets(manner->format))
			book_row(m->book, NULL, 0);
	}
	write_header(m, manner, left);
	if (look & LOOK_EXAMPLE) {
		struct cell cells[FORM_COLUMNS_MAX + 1] = { { .kind = CELL_BLANK } };

		for (size_t i = 0; i < manner->count; i++) {
			enum fact fact = manner->columns[i]->fact;

			if (fact == FACT_NAME)
				cells[i + left] = (struct cell){ .kind = CELL_TEXT, .text = TEXT("张三（示例）") };
			else if (fact == FACT_SEX)
				cells[i + left] = (struct cell){ .kind = CELL_TEXT, .text = TEXT("男") };
			else if (fact == FACT_BIRTH)
				cells[i + left] = (struct cell){ .kind = CELL_TEXT, .text = TEXT("2014-09-01") };
		}
		if (cells[left].kind == CELL_BLANK)
			cells[left] = (struct cell){ .kind = CELL_TEXT, .text = TEXT("示例") };
		tell_row(m, NULL, 0, "aside");
		book_row(m->book, cells, width);
	}
}

static void
write_foot(struct making *m, const struct manner *manner, size_t count, size_t left)
{
	size_t width = manner->count + left;
	char line[128];

	if (!(manner->form->look & LOOK_FOOTER))
		return;
	if (book_has_sheets(manner->format))
		book_row(m->book, NULL, 0);
	snprintf(line, sizeof(line), "合计：%zu人", count);
	write_aside(m, left, width, line, false);
	write_aside(m, left, width, "填表人：          审核人：          单位负责人：", true);
}

static bool
is_about(const struct form *form, const struct city *city, const struct person *person)
{
	(void)city;
	switch (form->who) {
	case WHO_ALL:
		return true;
	case WHO_RURAL:
		return person->rural && person->grade <= 9;
	case WHO_ENTERING:
		return person->grade == 1 || person->grade == 7;
	case WHO_GRADE_9:
		return person->grade == 9;
	case WHO_DISABLED:
		return person->disabled;
	case WHO_LEFT:
		return person->left_behind > 0;
	case WHO_MIGRANT:
		return person->migrant;
	case WHO_BOARDER:
		return person->boarder;
	}
	return false;
}

/* Whether ${form} has ${person} in this night. */
static bool
is_listed(const struct making *m, const struct form *form, size_t form_number, const struct person *person)
{
	struct rng rng = rng_for(m->sample->seed, 700 + form_number, person->number);

	if (form == &form_registry)
		return person->presence != AWAY;
	return person->presence == PRESENT && is_about(form, &m->city, person) && rng_hit(&rng, form->share);
}

/* A line of cells.csv about the row that comes next. */
static void
tell_cells(struct making *m, const struct manner *manner)
{
	static const enum fact told[] = { FACT_NAME, FACT_SEX, FACT_BIRTH, FACT_ID, FACT_STUDENT_NO, FACT_SCHOOL,
		FACT_GRADE, FACT_CLASS, FACT_FATHER_PHONE, FACT_FATHER };
	struct buffer *out = &m->cells.out;

	if (m->cells.fd < 0 || m->silent || m->night != 1 || strcmp(m->row.outcome, "accepted") != 0)
		return;
	buffer_format(out, "%s,", m->source);
	buffer_csv(out, text_from(m->told));
	buffer_char(out, ',');
	buffer_csv(out, text_from(m->sheet));
	buffer_format(out, ",%u", book_next_row(m->book));
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		const struct cell *found = NULL;

		for (size_t c = 0; c < manner->count; c++) {
			enum fact fact = manner->columns[c]->fact;

			if (fact == told[i] || (fact == FACT_PHONE && told[i] == FACT_FATHER_PHONE && found == NULL))
				found = &m->row.cells[c];
		}
		buffer_char(out, ',');
		if (found != NULL)
			buffer_csv(out, found->text);
	}
	buffer_string(out, "\r\n");
}

static void
write_pupil(struct making *m, const struct manner *manner, const struct person *person, const struct person *above,
    uint32_t serial, size_t left)
{
	struct sheetrow *row = &m->row;
	struct cell cells[FORM_COLUMNS_MAX + 2] = { { .kind = CELL_BLANK } };

	sheetrow_fill(row, manner, &m->city, person, above, serial, &m->defects);
	memcpy(cells + left, row->cells, row->count * sizeof(*cells));
	for (unsigned times = sheetrow_twice(row) ? 2 : 1; times > 0; times--) {
		tell_cells(m, manner);
		tell_row(m, person, row->defects, row->outcome);
		book_row(m->book, cells, row->count + left);
	}
}

static const char *const grade_sheets[13] = { "", "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级",
	"八年级", "九年级", "高一", "高二", "高三" };

static void
begin_sheet(struct making *m, const struct manner *manner, const char *name, bool hidden, size_t left)
{
	snprintf(m->sheet, sizeof(m->sheet), "%s", book_has_sheets(manner->format) ? name : "");
	book_sheet(m->book, name, hidden, manner->count + left);
}

/* The pupils of order[begin..end) that the form lists, in sheets. Returns how many. */
static size_t
write_pupils(struct making *m, const struct manner *manner, const char *place, size_t begin, size_t end)
{
	const struct form *form = manner->form;
	bool by_grade = (form->look & LOOK_SHEETS) && book_has_sheets(manner->format);
	size_t left = (form->look & LOOK_BLANKS) && book_has_sheets(manner->format) ? 1 : 0, count = 0, total = 0;
	const struct person *above = NULL;
	unsigned grade = 0;

	if (!by_grade) {
		begin_sheet(m, manner, manner->registry ? "学籍信息表" : "Sheet1", false, left);
		write_head(m, manner, place, left);
	}
	for (size_t i = begin; i < end && total < book_rows_max(manner->format); i++) {
		const struct person *person = &m->city.persons[m->city.order[i]];

		if (!is_listed(m, form, manner->kind, person))
			continue;
		if (by_grade && person->grade != grade) {
			if (grade != 0)
				write_foot(m, manner, count, left);
			grade = person->grade;
			begin_sheet(m, manner, grade_sheets[grade], false, left);
			write_head(m, manner, place, left);
			count = 0;
		}
		if (left > 0 && count > 0 && count % 40 == 0)
			book_row(m->book, NULL, 0);
		count++;
		total++;
		write_pupil(m, manner, person, above, (uint32_t)count, left);
		above = person;
	}
	if (total > 0 || !by_grade)
		write_foot(m, manner, count, left);
	return total;
}

/* A sheet that people hid: last term's list, or the choices of drop-down cells. */
static void
write_hidden(struct making *m, const struct manner *manner)
{
	static const char *const choices[] = { "是否", "是", "否" };

	if (!(manner->form->look & LOOK_HIDDEN) || !book_has_sheets(manner->format))
		return;
	begin_sheet(m, manner, "下拉选项", true, 0);
	for (size_t i = 0; i < ARRAY_LEN(choices); i++)
		write_aside(m, 0, 1, choices[i], false);
}

static bool
lists_any(const struct making *m, const struct form *form, size_t form_number, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++) {
		if (is_listed(m, form, form_number, &m->city.persons[m->city.order[i]]))
			return true;
	}
	return false;
}

/*
 * One file: its pupils are those of the schools that ${wanted} tells, in the order of schools.
 * ${path} is where it is written, told as m->told.
 */
static int
write_file(struct making *m, const struct manner *manner, const char *place, const char *path, size_t begin, size_t end)
{
	m->book = book_open(manner->format, path, m->err);
	if (m->book == NULL)
		return -1;
	m->file_rows = 0;
	write_pupils(m, manner, place, begin, end);
	write_hidden(m, manner);
	if (book_close(m->book, m->err) != 0)
		return -1;
	if (truth_flush(&m->rows, false, m->err) != 0
	    || (m->cells.fd >= 0 && truth_flush(&m->cells, false, m->err) != 0))
		return -1;
	if (!m->silent)
		tell_file(m, m->source, m->told, "complete", m->file_rows);
	return 0;
}

static int
set_source(struct making *m, const char *source)
{
	m->source = source;
	return path_format(m->folder, m->err, "%s/night-%02u/inbox/%s", m->sample->out, m->night, source) != 0
		|| file_make_folder(m->folder, m->err) != 0
	    ? -1
	    : 0;
}

/* Pupils of a county stand in m->city.order by school: a county is the schools of its number. */
static int
registry_county_file(struct making *m, const struct manner *manner, size_t county, const char *path)
{
	m->book = book_open(manner->format, path, m->err);
	if (m->book == NULL)
		return -1;
	m->file_rows = 0;
	begin_sheet(m, manner, manner->registry ? "学籍信息表" : "Sheet1", false, 0);
	write_head(m, manner, city_counties[county].name, 0);
	{
		const struct person *above = NULL;
		uint32_t count = 0;

		for (size_t s = 0; s < m->city.school_count; s++) {
			if (m->city.schools[s].county != county)
				continue;
			for (size_t i = m->city.school_begins[s]; i < m->city.school_begins[s + 1]; i++) {
				const struct person *person = &m->city.persons[m->city.order[i]];

				if (!is_listed(m, manner->form, manner->kind, person))
					continue;
				write_pupil(m, manner, person, above, ++count, 0);
				above = person;
			}
			if (truth_flush(&m->rows, false, m->err) != 0
			    || (m->cells.fd >= 0 && truth_flush(&m->cells, false, m->err) != 0)) {
				struct err ignored = { 0 };

				if (book_close(m->book, &ignored) != 0)
					m->err->kind = ERR_RETRY;
				return -1;
			}
		}
		write_foot(m, manner, count, 0);
	}
	write_hidden(m, manner);
	if (book_close(m->book, m->err) != 0)
		return -1;
	if (!m->silent)
		tell_file(m, m->source, m->told, "complete", m->file_rows);
	return 0;
}

static int
read_temporary(struct making *m, struct buffer *content)
{
	buffer_clear(content);
	return file_read_all(m->temporary, content, m->err) != 0 || file_remove_all(m->temporary, m->err) != 0 ? -1 : 0;
}

/* A county's archive with a file for each school; every third file of another kind. */
static int
registry_archive(struct making *m, const struct form *form, size_t county)
{
	static const enum book_format kinds[] = { BOOK_XLS, BOOK_CSV_GB18030, BOOK_XLSX };
	struct packing packing;
	struct buffer content;
	char archive[256], path[FILE_PATH_MAX];
	size_t nth = 0;
	int result = -1;

	snprintf(archive, sizeof(archive), "洛阳市%s_2026秋_学籍_各校.zip", city_counties[county].name);
	packing_init(&packing);
	buffer_init(&content, (size_t)1 << 30);
	for (size_t s = 0; s < m->city.school_count; s++) {
		struct manner manner;
		char entry[256];

		if (m->city.schools[s].county != county)
			continue;
		make_manner(m, form, kinds[nth++ % ARRAY_LEN(kinds)], s, &manner);
		snprintf(entry, sizeof(entry), "%s/%s_学籍.%s", city_counties[county].name, m->city.schools[s].name,
		    endings[manner.format]);
		snprintf(m->told, sizeof(m->told), "%s!%s", archive, entry);
		if (write_file(m, &manner, m->city.schools[s].name, m->temporary, m->city.school_begins[s],
			m->city.school_begins[s + 1])
			!= 0
		    || read_temporary(m, &content) != 0
		    || packing_add(&packing, entry, true, buffer_as_text(&content), m->err) != 0)
			goto done;
	}
	if (path_format(path, m->err, "%s/%s", m->folder, archive) == 0 && packing_write(&packing, path, m->err) == 0)
		result = 0;
done:
	buffer_fini(&content);
	packing_fini(&packing);
	return result;
}

static int
registry_zipped_csv(struct making *m, const struct form *form, size_t county)
{
	struct manner manner;
	struct buffer content;
	char name[200], path[FILE_PATH_MAX];
	int result;

	make_manner(m, form, BOOK_CSV, county, &manner);
	snprintf(name, sizeof(name), "洛阳市%s_2026秋_学籍.csv", city_counties[county].name);
	snprintf(m->told, sizeof(m->told), "%s.gz!%s", name, name);
	buffer_init(&content, (size_t)1 << 31);
	result = registry_county_file(m, &manner, county, m->temporary) != 0 || read_temporary(m, &content) != 0
		|| path_format(path, m->err, "%s/%s.gz", m->folder, name) != 0
		|| packing_gzip(buffer_as_text(&content), name, path, m->err) != 0
	    ? -1
	    : 0;
	buffer_fini(&content);
	return result;
}

static int
registry_by_school(struct making *m, const struct form *form, size_t county)
{
	char path[FILE_PATH_MAX];

	for (size_t s = 0; s < m->city.school_count; s++) {
		const struct school *school = &m->city.schools[s];
		struct manner manner;

		if (school->county != county)
			continue;
		make_manner(m, form, registry_files[county].format, s, &manner);
		snprintf(m->told, sizeof(m->told), "%s/%s_2026秋_学籍.%s", city_counties[county].name, school->name,
		    registry_files[county].ending);
		if (path_format(path, m->err, "%s/%s", m->folder, city_counties[county].name) != 0
		    || file_make_folder(path, m->err) != 0 || path_format(path, m->err, "%s/%s", m->folder, m->told) != 0
		    || write_file(m, &manner, school->name, path, m->city.school_begins[s], m->city.school_begins[s + 1])
			!= 0)
			return -1;
	}
	return 0;
}

static int
write_registry(struct making *m)
{
	if (set_source(m, "registry") != 0)
		return -1;
	for (size_t county = 0; county < CITY_COUNTIES; county++) {
		struct manner manner;
		char path[FILE_PATH_MAX];

		if (registry_files[county].pack == PACK_ZIP) {
			if (registry_archive(m, &form_registry, county) != 0)
				return -1;
			continue;
		}
		if (registry_files[county].pack == PACK_GZIP) {
			if (registry_zipped_csv(m, &form_registry, county) != 0)
				return -1;
			continue;
		}
		if (registry_files[county].by_school) {
			if (registry_by_school(m, &form_registry, county) != 0)
				return -1;
			continue;
		}
		make_manner(m, &form_registry, registry_files[county].format, county, &manner);
		snprintf(m->told, sizeof(m->told), "洛阳市%s_2026秋_学籍.%s", city_counties[county].name,
		    registry_files[county].ending);
		if (path_format(path, m->err, "%s/%s", m->folder, m->told) != 0
		    || registry_county_file(m, &manner, county, path) != 0)
			return -1;
	}
	return 0;
}

/* A department's file for one unit, unless it would be empty. */
static int
write_unit(struct making *m, const struct form *form, size_t form_number, size_t unit)
{
	const struct city *city = &m->city;
	struct manner manner;
	char path[FILE_PATH_MAX];
	const char *note = m->night > 1 ? "（更新）" : "";

	make_manner(m, form, form->formats[unit % ARRAY_LEN(form->formats)], unit, &manner);
	if (form->unit == UNIT_SCHOOL) {
		const struct school *school = &city->schools[unit];

		if (!lists_any(m, form, form_number, city->school_begins[unit], city->school_begins[unit + 1]))
			return 0;
		snprintf(m->told, sizeof(m->told), "%s/%s_%s%s.%s", city_counties[school->county].name, school->name,
		    form->title, note, endings[manner.format]);
		if (path_format(path, m->err, "%s/%s", m->folder, city_counties[school->county].name) != 0
		    || file_make_folder(path, m->err) != 0
		    || path_format(path, m->err, "%s/%s", m->folder, m->told) != 0)
			return -1;
		return write_file(
		    m, &manner, school->name, path, city->school_begins[unit], city->school_begins[unit + 1]);
	}
	if (form->unit == UNIT_CITY) {
		snprintf(m->told, sizeof(m->told), "洛阳市_2026秋_%s%s.%s", form->title, note, endings[manner.format]);
		if (path_format(path, m->err, "%s/%s", m->folder, m->told) != 0)
			return -1;
		return write_file(m, &manner, "洛阳市", path, 0, city->person_count);
	}
	for (size_t s = 0; s < city->school_count; s++) {
		if (city->schools[s].county != unit
		    || !lists_any(m, form, form_number, city->school_begins[s], city->school_begins[s + 1]))
			continue;
		snprintf(m->told, sizeof(m->told), "%s_2026秋_%s%s.%s", city_counties[unit].name, form->title, note,
		    endings[manner.format]);
		if (path_format(path, m->err, "%s/%s", m->folder, m->told) != 0)
			return -1;
		return registry_county_file(m, &manner, unit, path);
	}
	return 0;
}

static int
write_department(struct making *m, size_t number)
{
	const struct form *form = &forms[number];
	size_t units = form->unit == UNIT_CITY ? 1 : form->unit == UNIT_COUNTY ? CITY_COUNTIES : m->city.school_count;

	if (set_source(m, form->source) != 0)
		return -1;
	for (size_t unit = 0; unit < units; unit++) {
		if (write_unit(m, form, number + 1, unit) != 0)
			return -1;
	}
	return 0;
}

/* ${name} of the registry's folder again under another name, whole or cut short. */
static int
write_again(struct making *m, const char *name, const char *again, bool cut)
{
	char path[FILE_PATH_MAX];
	struct buffer content;
	int fd, result = -1;

	buffer_init(&content, (size_t)1 << 31);
	if (set_source(m, "registry") != 0 || path_format(path, m->err, "%s/%s", m->folder, name) != 0
	    || file_read_all(path, &content, m->err) != 0 || path_format(path, m->err, "%s/%s", m->folder, again) != 0)
		goto done;
	fd = file_create(path, m->err);
	if (fd < 0)
		goto done;
	result = file_write(fd, content.at, cut ? content.len * 2 / 3 : content.len, m->err);
	close(fd);
	tell_file(m, "registry", again, cut ? "refused" : "repeated", 0);
done:
	buffer_fini(&content);
	return result;
}

static void
tell_students(struct making *m)
{
	static const char *const states[] = { "away", "present", "moved out" };
	static const char *const types[] = { "resident", "none", "hong kong", "macao", "taiwan", "passport" };
	struct buffer *out = &m->students.out;

	for (size_t i = 0; i < m->city.person_count; i++) {
		const struct person *p = &m->city.persons[i];
		const struct school *school = &m->city.schools[p->school];
		unsigned stage = p->grade <= 6 ? 1 : p->grade <= 9 ? 2 : 3;

		buffer_format(out, "%u,%u,%s,%d,%04u-%02u-%02u,%s,%s,%s,%s,%s,%s,%u%u,%u,", m->night, p->number,
		    p->name, p->boy ? 1 : 2, p->birth_year, p->birth_month, p->birth_day, types[p->id_kind], p->id_no,
		    p->former_id_no, p->student_no, school->code, school->name, stage,
		    (unsigned)p->grade
			- (stage == 1        ? 0U
				: stage == 2 ? 6U
					     : 9U),
		    (unsigned)p->class_no);
		if (p->twins != 0)
			buffer_format(out, "%u", p->twins);
		buffer_format(out, ",%u,%s\r\n", p->family + 1, states[p->presence]);
		if (truth_flush(&m->students, false, m->err) != 0)
			return;
	}
}

static int
write_night(struct making *m)
{
	char name[200];

	m->defects = (struct defects){ .force = m->night == 1 && m->city.mix->every_kind };
	tell_students(m);
	if (m->err->kind != ERR_NONE || write_registry(m) != 0)
		return -1;
	for (size_t i = 0; i < form_count; i++) {
		/* departments come all at first, then one or two a night */
		if ((m->night == 1 || i % 6 == m->night % 6) && write_department(m, i) != 0)
			return -1;
	}
	if (m->night == 1)
		return 0;
	snprintf(name, sizeof(name), "洛阳市%s_2026秋_学籍.csv", city_counties[1].name);
	if (write_again(m, name, "学籍数据（重新上报）.csv", false) != 0)
		return -1;
	snprintf(name, sizeof(name), "洛阳市%s_2026秋_学籍.xlsx", city_counties[0].name);
	return write_again(m, name, "学籍数据（传输中断）.xlsx", true);
}

/* Make the folders of nights and truth anew. */
static int
clear_out(const struct sample *sample, struct err *err)
{
	char path[FILE_PATH_MAX];

	for (unsigned night = 1; night <= SAMPLE_NIGHTS_MAX; night++) {
		if (path_format(path, err, "%s/night-%02u", sample->out, night) != 0 || file_remove_all(path, err) != 0)
			return -1;
	}
	return path_format(path, err, "%s/truth", sample->out) != 0 || file_remove_all(path, err) != 0
		|| file_make_folder(path, err) != 0
	    ? -1
	    : 0;
}

static int
prepare(struct making *m)
{
	const struct sample *sample = m->sample;

	if (clear_out(sample, m->err) != 0 || path_format(m->temporary, m->err, "%s/truth/.entry", sample->out) != 0)
		return -1;
	return truth_open(&m->students, sample->out, "students.csv",
		   "night,person,name,sex,birth_date,id_type,id_no,former_id_no,student_no,school_"
		   "code,"
		   "school_name,grade,class,twins,family,state\r\n",
		   m->err)
		    != 0
		|| truth_open(&m->rows, sample->out, "rows.csv",
		       "night,source,file,sheet,row,person,defects,expected\r\n", m->err)
		    != 0
		|| (sample->cells
		    && truth_open(&m->cells, sample->out, "cells.csv",
			   "source,file,sheet,row,name,sex,birth_date,id_no,student_no,school,grade,class,phone,"
			   "guardian\r\n",
			   m->err)
			!= 0)
		|| truth_open(&m->files, sample->out, "files.csv", "night,source,file,expected,rows\r\n", m->err) != 0
	    ? -1
	    : 0;
}

/* The teachers of the city that the students of the same settings live in. */
static int
write_teachers(const struct sample *sample, struct err *err)
{
	struct teachers teachers = { 0 };
	struct truth truth = { .fd = -1 };
	struct city city = { 0 };
	int result = clear_out(sample, err) == 0
		&& truth_open(&truth, sample->out, "teachers.csv",
		       "night,teacher,name,sex,birth_date,id_no,teacher_no,school_code,school_name,subject,head_grade,"
		       "head_class,state\r\n",
		       err)
		    == 0
	    ? city_build(&city, sample->students, sample->seed,
		sample->mix != NULL ? sample->mix : mix_named("standard"), sample->nights, err)
	    : -1;

	for (unsigned night = 1; night <= sample->nights && result == 0; night++) {
		if (night > 1)
			result = city_live(&city, night, err);
		if (result == 0)
			result = teachers_live(&teachers, &city, night, err);
		if (result == 0)
			result = teachers_write(&teachers, &city, sample->out, night, &truth.out, err);
		if (result == 0)
			result = truth_flush(&truth, false, err);
	}
	if (truth_close(&truth, err) != 0)
		result = -1;
	teachers_free(&teachers);
	city_free(&city);
	return result;
}

static int
write_registers(const struct sample *sample, struct err *err)
{
	struct truth truth = { .fd = -1 };
	int result = clear_out(sample, err) == 0
	    ? truth_open(&truth, sample->out, "registers.csv", "register_no,kind,year,quarter,group\r\n", err)
	    : -1;

	for (unsigned night = 1; night <= sample->nights && result == 0; night++)
		result = registers_write(sample->out, sample->seed, night, &truth.out, err);
	return truth_close(&truth, err) != 0 ? -1 : result;
}

int
sample_write(const struct sample *sample, struct err *err)
{
	struct making *m;
	int result = -1;

	if (sample->students < 1 || sample->nights < 1 || sample->nights > SAMPLE_NIGHTS_MAX)
		return err_set(err, ERR_STOP, "at least one student, 1 to %d nights", SAMPLE_NIGHTS_MAX);
	if (sample->dataset != NULL && strcmp(sample->dataset, "teacher") == 0)
		return write_teachers(sample, err);
	if (sample->dataset != NULL && strcmp(sample->dataset, "register") == 0)
		return write_registers(sample, err);
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	*err = (struct err){ 0 };
	m->sample = sample;
	m->err = err;
	m->students.fd = m->rows.fd = m->files.fd = m->cells.fd = -1;
	if (prepare(m) == 0
	    && city_build(&m->city, sample->students, sample->seed,
		   sample->mix != NULL ? sample->mix : mix_named("standard"), sample->nights, err)
		== 0) {
		result = 0;
		for (m->night = 1; m->night <= sample->nights && result == 0; m->night++) {
			if (m->night > 1)
				result = city_live(&m->city, m->night, err);
			if (result == 0)
				result = write_night(m);
		}
		city_free(&m->city);
	}
	if (truth_close(&m->students, err) != 0 || truth_close(&m->rows, err) != 0 || truth_close(&m->files, err) != 0
	    || truth_close(&m->cells, err) != 0)
		result = -1;
	free(m);
	return result;
}
