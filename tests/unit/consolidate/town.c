/*
 * town.c - see town.h.
 */
#include "tests/unit/consolidate/town.h"

#include <stdlib.h>

#include "core/base/digest.h"
#include "core/record/day.h"
#include "core/record/definition.h"
#include "tests/support/support.h"

#define SEED 4711
#define DAY_1970 25567 /* days from 1900-01-01 */

void
town_init(struct town *town)
{
	static const char *const names[TOWN_SOURCES] = { "registry", "aid", "health", "club" };
	struct err err = { 0 };

	*town = (struct town){ .dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err) };
	if (town->dataset == NULL
	    || model_load(&town->model, PROJECT_ROOT "/schemas/student_link.xml", town->dataset, NULL, NULL, &err) != 0)
		fail_msg("%s", err.what);
	for (int i = 0; i < TOWN_SOURCES; i++) {
		town->source[i] = (struct source){ .name = text_from(names[i]),
			.number = (uint16_t)i,
			.trust = 90 - 20 * i,
			.full = i == REGISTRY,
			.defined = true };
		town->sources[i] = &town->source[i];
	}
	snprintf(town->folder, sizeof(town->folder), "%s", scratch_make());
}

void
town_fini(struct town *town)
{
	link_result_free(&town->result);
	model_free(town->model);
	dataset_free(town->dataset);
	scratch_remove();
}

static int
value_order(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	return (x->field > y->field) - (x->field < y->field);
}

static struct text
value_of(const struct value *values, size_t count, uint16_t field)
{
	for (size_t i = 0; i < count; i++) {
		if (values[i].field == field && !values[i].invalid)
			return values[i].text;
	}
	return (struct text){ 0 };
}

static uint64_t
first_digits(struct text text)
{
	uint64_t number = 0;

	assert_int_equal(text.len, 18);
	assert_true(text_to_u64((struct text){ text.at, 17 }, &number));
	return number;
}

/* The row as normalizing gives it, behind ${entry}. */
static void
put_row(const struct town *town, const struct say *say, uint32_t row, struct buffer *entry, uint8_t *id)
{
	struct checked checked = { .row = row, .source = (uint16_t)say->source };
	const struct roles *roles = &town->dataset->roles;
	struct text rest = text_from(say->says), word, name, number, student_no;
	struct anchor anchor;
	struct value values[32];
	struct date date;
	size_t count = 0;

	while (definition_word(&rest, ' ', &word)) {
		size_t equals = text_find(word, TEXT("="));
		const struct field *field;

		assert_true(equals != SIZE_MAX && count < ARRAY_LEN(values));
		field = dataset_field(town->dataset, (struct text){ word.at, equals });
		assert_non_null(field);
		values[count] = (struct value){ .field = field->number,
			.text = { word.at + equals + 1, word.len - equals - 1 } };
		values[count].invalid = text_starts(values[count].text, TEXT("!"));
		values[count].text.at += values[count].invalid;
		values[count].text.len -= values[count].invalid;
		count++;
	}
	qsort(values, count, sizeof(*values), value_order);
	name = value_of(values, count, roles->name);
	number = value_of(values, count, roles->id_no);
	student_no = value_of(values, count, roles->student_no);
	if (number.len > 0)
		checked.number = first_digits(number);
	if (student_no.len > 0) {
		assert_true(text_starts(student_no, TEXT("G")));
		student_no = (struct text){ student_no.at + 1, student_no.len - 1 };
		checked.core = first_digits(student_no);
	}
	if (day_parse(value_of(values, count, roles->birth_date), &date))
		checked.birth_day = day_of(date) + DAY_1970;
	checked.name = name.len == 0 ? 0 : (uint32_t)hash64(name.at, name.len, SEED);
	checked.content = hash64(say->says, strlen(say->says), SEED);
	checked.version = checked.content & UINT32_MAX;
	anchor = number.len > 0  ? anchor_of(ANCHOR_NUMBER, number, SEED)
	    : student_no.len > 0 ? anchor_of(ANCHOR_NUMBER, student_no, SEED)
				 : anchor_of(ANCHOR_BIRTH, text_from(say->says), SEED);
	checked.kind = (uint8_t)anchor.kind;
	record_id_make(checked.id, anchor, town->source[say->source].name, name, SEED);
	memcpy(id, checked.id, RECORD_ID_BYTES);
	buffer_clear(entry);
	buffer_add(entry, &checked, sizeof(checked));
	values_encode(values, count, entry);
	assert_false(buffer_failed(entry));
}

void
town_read(struct town *town)
{
	struct links_reader reader;
	const struct link *link;
	struct err err = { 0 };
	char path[FILE_PATH_MAX];
	int got;

	assert_int_equal(path_format(path, &err, "%s/%u/links.yc", town->folder, town->night), 0);
	town->count = 0;
	assert_int_equal(links_open(&reader, path, NULL, NULL, &err), 0);
	while ((got = links_next(&reader, &link, &err)) == 1) {
		assert_true(town->count < ARRAY_LEN(town->links));
		town->links[town->count++] = *link;
	}
	assert_int_equal(got, 0);
	links_close(&reader);
}

void
town_rows(struct town *town, const struct say *rows, size_t count, size_t first)
{
	char folder[FILE_PATH_MAX];
	struct runs_writer *writer, *same;
	struct buffer entry;
	struct err err = { 0 };

	town->night++;
	buffer_init(&entry, 1 << 16);
	assert_int_equal(path_format(folder, &err, "%s/%u", town->folder, town->night), 0);
	assert_int_equal(file_make_folder(folder, &err), 0);
	writer = runs_writer_new(folder, "rows", 1 << 20, &err);
	same = runs_writer_new(folder, "same", 1 << 20, &err);
	assert_non_null(writer);
	assert_non_null(same);
	for (size_t i = 0; i < count; i++) {
		size_t at = (first + i) % count;

		put_row(town, &rows[at], (uint32_t)at + 2, &entry, town->ids[at]);
		assert_int_equal(runs_add(writer, entry.at, entry.len, &err), 0);
		assert_int_equal(runs_finish(writer, &err), 0);
	}
	assert_int_equal(runs_finish(same, &err), 0);
	runs_writer_free(writer);
	runs_writer_free(same);
	buffer_fini(&entry);
}

int
town_link(struct town *town, bool follows, const struct decided *decided, size_t decided_count, struct err *err)
{
	char folder[FILE_PATH_MAX], old[FILE_PATH_MAX], traits[FILE_PATH_MAX];
	bool delivered[TOWN_SOURCES] = { true, true, true, true };
	struct link_input input = { .folder = folder,
		.model = town->model,
		.dataset = town->dataset,
		.sources = town->sources,
		.source_count = TOWN_SOURCES,
		.delivered = delivered,
		.decided = decided,
		.decided_count = decided_count,
		.today = (uint16_t)(9000 + town->night),
		.seed = SEED };
	struct runs runs = { 0 }, same = { 0 };
	int result = -1;

	if (path_format(folder, err, "%s/%u", town->folder, town->night) != 0
	    || path_format(old, err, "%s/%u/links.yc", town->folder, town->night - 1) != 0
	    || path_format(traits, err, "%s/%u/traits.yc", town->folder, town->night - 1) != 0)
		return -1;
	input.runs = &runs;
	input.same = &same;
	if (follows) {
		input.old_links = old;
		input.old_traits = traits;
	}
	link_result_free(&town->result);
	if (runs_open(&runs, folder, "rows", err) == 0 && runs_open(&same, folder, "same", err) == 0)
		result = link_run(&input, &town->result, err);
	runs_close(&runs);
	runs_close(&same);
	return result;
}

void
town_night(struct town *town, const struct say *rows, size_t count, size_t first, bool follows,
    const struct decided *decided, size_t decided_count)
{
	struct err err = { 0 };

	town_rows(town, rows, count, first);
	if (town_link(town, follows, decided, decided_count, &err) != 0)
		fail_msg("%s", err.what);
	town_read(town);
}

const struct link *
town_link_of(const struct town *town, size_t row)
{
	for (size_t i = 0; i < town->count; i++) {
		if (memcmp(town->links[i].id, town->ids[row], RECORD_ID_BYTES) == 0)
			return &town->links[i];
	}
	fail_msg("row %zu has no record", row);
	return NULL;
}
