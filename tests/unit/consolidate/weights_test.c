/*
 * Tests of linking as a whole with the model that ships: who is one student, what becomes a case, what people's decisions do,
 * and that none of it hangs on the order of rows, on runs, or on what the night before knew.
 */
#include <stdlib.h>

#include "consumers/consolidate/link.h"
#include "core/base/digest.h"
#include "core/record/day.h"
#include "core/record/definition.h"
#include "core/record/record.h"
#include "tests/support/support.h"

#define ROWS 8
#define SEED 4711
#define DAY_1970 25567 /* days from 1900-01-01 */

/* Numbers of an invented pair of twins and of others, with their right check characters. */
#define FIRST "410302201405060017"
#define SECOND "410302201405060033"
#define STRANGER "410324201405060023"
#define ROOM " school_name=西工区一小 grade=32 class_name=2班"
#define HOME " member1_phone=13900000001 member1_name=王强"
#define BORN " birth_date=2014-05-06 sex=1"

enum { REGISTRY, AID, HEALTH, CLUB, SOURCES };

struct say {
	int source;
	const char *says; /* "field=value field=!unusable" */
};

struct town {
	struct dataset *dataset;
	struct model *model;
	struct source source[SOURCES];
	const struct source *sources[SOURCES];
	struct taken_file file;
	unsigned night;
	char folder[FILE_PATH_MAX / 4];
	uint8_t ids[ROWS][RECORD_ID_BYTES]; /* of the rows as they stand in the table */
	struct link_result result;
	struct link links[ROWS * 2];
	size_t count;
};

static void
town_init(struct town *town)
{
	static const char *const names[SOURCES] = { "registry", "aid", "health", "club" };
	struct err err = { 0 };

	*town = (struct town){ .dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err) };
	if (town->dataset == NULL
	    || model_load(&town->model, PROJECT_ROOT "/schemas/student_link.xml", town->dataset, NULL, NULL, &err) != 0)
		fail_msg("%s", err.what);
	for (int i = 0; i < SOURCES; i++) {
		town->source[i] = (struct source){ .name = text_from(names[i]),
			.number = (uint16_t)i,
			.trust = 90 - 20 * i,
			.full = i == REGISTRY,
			.defined = true };
		town->sources[i] = &town->source[i];
	}
	snprintf(town->folder, sizeof(town->folder), "%s", scratch_make());
}

static void
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

static void
read_links(struct town *town, const char *path)
{
	struct links_reader reader;
	const struct link *link;
	struct err err = { 0 };
	int got;

	town->count = 0;
	assert_int_equal(links_open(&reader, path, NULL, NULL, &err), 0);
	while ((got = links_next(&reader, &link, &err)) == 1) {
		assert_true(town->count < ARRAY_LEN(town->links));
		town->links[town->count++] = *link;
	}
	assert_int_equal(got, 0);
	links_close(&reader);
}

/* One night with these rows, from ${first} on and then around; ${follows}: the night before was one of this town. */
static void
town_night(struct town *town, const struct say *rows, size_t count, size_t first, bool follows,
    const struct decided *decided, size_t decided_count)
{
	char folder[FILE_PATH_MAX], links[FILE_PATH_MAX], old[FILE_PATH_MAX], traits[FILE_PATH_MAX];
	bool delivered[SOURCES] = { true, true, true, true };
	struct link_input input = { .folder = folder,
		.model = town->model,
		.dataset = town->dataset,
		.sources = town->sources,
		.source_count = SOURCES,
		.delivered = delivered,
		.decided = decided,
		.decided_count = decided_count,
		.files = &town->file,
		.today = (uint16_t)(9000 + town->night),
		.seed = SEED };
	struct runs_writer *writer, *same;
	struct runs runs, same_runs;
	struct buffer entry;
	struct err err = { 0 };

	buffer_init(&entry, 1 << 16);
	assert_int_equal(path_format(folder, &err, "%s/%u", town->folder, town->night), 0);
	assert_int_equal(path_format(links, &err, "%s/links.yc", folder), 0);
	assert_int_equal(path_format(old, &err, "%s/%u/links.yc", town->folder, town->night - 1), 0);
	assert_int_equal(path_format(traits, &err, "%s/%u/traits.yc", town->folder, town->night - 1), 0);
	assert_int_equal(file_make_folder(folder, &err), 0);
	writer = runs_writer_new(folder, "rows", 1 << 20, &err);
	same = runs_writer_new(folder, "same", 1 << 20, &err);
	assert_non_null(writer);
	assert_non_null(same);
	for (size_t i = 0; i < count; i++) {
		size_t at = (first + i) % count;

		put_row(town, &rows[at], (uint32_t)at + 2, &entry, town->ids[at]);
		assert_int_equal(runs_add(writer, entry.at, entry.len, &err), 0);
		assert_int_equal(runs_finish(writer, &err), 0); /* a run for each row */
	}
	assert_int_equal(runs_finish(same, &err), 0);
	runs_writer_free(writer);
	runs_writer_free(same);
	assert_int_equal(runs_open(&runs, folder, "rows", &err), 0);
	assert_int_equal(runs_open(&same_runs, folder, "same", &err), 0);
	input.runs = &runs;
	input.same = &same_runs;
	if (follows) {
		input.old_links = old;
		input.old_traits = traits;
	}
	link_result_free(&town->result);
	if (link_run(&input, &town->result, &err) != 0)
		fail_msg("%s", err.what);
	read_links(town, links);
	runs_close(&runs);
	runs_close(&same_runs);
	buffer_fini(&entry);
	town->night++;
}

static const struct link *
link_of(const struct town *town, size_t row)
{
	for (size_t i = 0; i < town->count; i++) {
		if (memcmp(town->links[i].id, town->ids[row], RECORD_ID_BYTES) == 0)
			return &town->links[i];
	}
	fail_msg("row %zu has no record", row);
	return NULL;
}

static void
check_groups(const struct town *town, const char *what, const char *groups)
{
	for (size_t i = 0; i < strlen(groups); i++) {
		for (size_t j = 0; j < i; j++) {
			if ((memcmp(link_of(town, i)->student, link_of(town, j)->student, STUDENT_ID_BYTES) == 0)
			    != (groups[i] == groups[j]))
				fail_msg("%s: rows %zu and %zu", what, j, i);
		}
	}
}

static const struct {
	const char *what;
	struct say rows[ROWS];
	const char *groups;
	size_t cases;
	enum case_kind kind; /* of the first case */
} towns[] = {
	{ "one child in three lists, one without number",
	    { { REGISTRY, "name=王小明 id_no=" FIRST BORN ROOM HOME }, { AID, "name=王小明" BORN ROOM },
		{ HEALTH, "name=王小明 id_no=" FIRST BORN } },
	    "aaa", 0, 0 },
	{ "twins, and a list without numbers",
	    { { REGISTRY, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王浩然 id_no=" SECOND BORN ROOM HOME }, { AID, "name=王一鸣" BORN ROOM HOME },
		{ AID, "name=王浩然" BORN ROOM HOME } },
	    "abab", 0, 0 },
	{ "twins whose names sound alike, and a list without numbers",
	    { { REGISTRY, "name=王梓涵 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王子涵 id_no=" SECOND BORN ROOM HOME }, { AID, "name=王梓涵" BORN ROOM HOME },
		{ AID, "name=王子涵" BORN ROOM HOME } },
	    "abab", 0, 0 },
	{ "twins whose names sound alike, and a name that fits both",
	    { { REGISTRY, "name=王梓涵 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王子涵 id_no=" SECOND BORN ROOM HOME }, { AID, "name=王紫涵" BORN ROOM HOME } },
	    "abc", 1, CASE_NOID_DUP },
	{ "a number copied from the twin",
	    { { REGISTRY, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王浩然 id_no=" SECOND BORN ROOM HOME },
		{ AID, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ HEALTH, "name=王浩然 id_no=" FIRST BORN ROOM HOME } },
	    "abab", 1, CASE_ID_DUP },
	{ "a row with one twin's number and the other's student number",
	    { { REGISTRY, "name=吴明宇 id_no=" FIRST " student_no=G" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=吴明雨 id_no=" SECOND " student_no=G" SECOND BORN ROOM HOME },
		{ AID, "name=吴明雨 id_no=" FIRST " student_no=G" SECOND BORN ROOM HOME } },
	    "abb", 1, CASE_ID_DUP },
	{ "a number copied from the row above",
	    { { REGISTRY, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=李雨桐 id_no=" STRANGER " birth_date=2013-03-03 sex=2" ROOM },
		{ AID, "name=王一鸣 id_no=" STRANGER BORN ROOM HOME } },
	    "aba", 1, CASE_ID_DUP },
	{ "one misspelt name under its own number",
	    { { REGISTRY, "name=王浩然 id_no=" FIRST BORN ROOM HOME },
		{ AID, "name=王诰然 id_no=" FIRST BORN ROOM HOME }, { HEALTH, "name=王浩然 id_no=" FIRST BORN ROOM } },
	    "aaa", 0, 0 },
	{ "a name that was changed, and the old one in a list",
	    { { REGISTRY, "name=林雅珊 former_name=林钰祎 id_no=" FIRST BORN ROOM },
		{ AID, "name=林钰祎 id_no=" FIRST BORN } },
	    "aa", 0, 0 },
	{ "a number that was changed: nobody knows, so a person is asked",
	    { { REGISTRY, "name=王小明 id_no=" FIRST BORN ROOM HOME },
		{ AID, "name=王小明 id_no=" STRANGER BORN ROOM HOME },
		{ HEALTH, "name=王小明 id_no=" STRANGER BORN ROOM HOME } },
	    "abb", 1, CASE_ID_NAME_MISMATCH },
	{ "a number that was changed: the student number keeps the old one",
	    { { REGISTRY, "name=王小明 id_no=" STRANGER " student_no=G" FIRST BORN ROOM },
		{ AID, "name=王小明 id_no=" FIRST BORN }, { HEALTH, "name=王小明 id_no=" STRANGER BORN } },
	    "aaa", 0, 0 },
	{ "namesakes born on one day, in two schools",
	    { { REGISTRY, "name=王伟 id_no=" FIRST BORN ROOM },
		{ REGISTRY, "name=王伟 id_no=" STRANGER BORN " school_name=老城区三小" },
		{ AID, "name=王伟" BORN " school_name=老城区三小" } },
	    "abb", 0, 0 },
	{ "namesakes of one class, and a class list",
	    { { REGISTRY, "name=王伟 id_no=" FIRST BORN ROOM },
		{ REGISTRY, "name=王伟 id_no=" STRANGER " birth_date=2013-11-20 sex=1" ROOM },
		{ CLUB, "name=王伟" ROOM } },
	    "abc", 1, CASE_NOID_DUP },
	{ "one source never states a child twice by weights",
	    { { AID, "name=王小明" BORN ROOM HOME }, { AID, "name=王小明 member2_name=李芳" BORN ROOM HOME } }, "ab", 0,
	    0 },
};

static void
who_is_one_student(void **state)
{
	(void)state;
	for (size_t t = 0; t < ARRAY_LEN(towns); t++) {
		size_t count = strlen(towns[t].groups);
		struct town town;

		town_init(&town);
		for (size_t first = 0; first < count; first++) {
			town_night(&town, towns[t].rows, count, first, false, NULL, 0);
			check_groups(&town, towns[t].what, towns[t].groups);
			if (town.result.case_count != towns[t].cases
			    || (towns[t].cases > 0 && town.result.cases[0].kind != towns[t].kind))
				fail_msg("%s: %zu cases, the first %s", towns[t].what, town.result.case_count,
				    town.result.case_count == 0
					? "none"
					: case_kind_code((enum case_kind)town.result.cases[0].kind));
		}
		town_fini(&town);
	}
}

/* The next night, nothing changed: the same students under the same ids; then the list without numbers grows. */
static void
ids_stay(void **state)
{
	static const struct say rows[] = { { REGISTRY, "name=王一鸣 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王浩然 id_no=" SECOND BORN ROOM HOME }, { AID, "name=王一鸣" BORN ROOM HOME },
		{ HEALTH, "name=王浩然" BORN ROOM } };
	uint8_t before[4][STUDENT_ID_BYTES];
	struct town town;

	(void)state;
	town_init(&town);
	town_night(&town, rows, 3, 0, false, NULL, 0);
	for (size_t i = 0; i < 3; i++)
		memcpy(before[i], link_of(&town, i)->student, STUDENT_ID_BYTES);
	for (int night = 0; night < 3; night++) {
		town_night(&town, rows, night == 2 ? 4 : 3, (size_t)night, true, NULL, 0);
		for (size_t i = 0; i < 3; i++)
			assert_memory_equal(before[i], link_of(&town, i)->student, STUDENT_ID_BYTES);
		assert_int_equal(town.result.students_new, 0);
		assert_int_equal(town.result.retired_count, 0);
	}
	check_groups(&town, "a fourth row", "abab");
	town_fini(&town);
}

static struct decided
decide(const struct town *town, enum decided_kind kind, size_t a, size_t b)
{
	struct decided decided = { .kind = (uint8_t)kind };
	bool swap = kind != DECIDED_RENUMBERED && memcmp(town->ids[a], town->ids[b], RECORD_ID_BYTES) > 0;

	memcpy(decided.a, town->ids[swap ? b : a], RECORD_ID_BYTES);
	memcpy(decided.b, town->ids[swap ? a : b], RECORD_ID_BYTES);
	return decided;
}

/* A decision holds, over everything; taken back, all is as it was. */
static void
decisions_hold_and_can_be_taken_back(void **state)
{
	static const struct say fits_both[] = { { REGISTRY, "name=王梓涵 id_no=" FIRST BORN ROOM HOME },
		{ REGISTRY, "name=王子涵 id_no=" SECOND BORN ROOM HOME }, { AID, "name=王紫涵" BORN ROOM HOME } };
	static const struct say alike[] = { { REGISTRY, "name=王小明 id_no=" FIRST BORN ROOM HOME },
		{ AID, "name=王小明" BORN ROOM HOME }, { HEALTH, "name=王小明 id_no=" FIRST BORN } };
	static const struct say changed[] = { { REGISTRY, "name=王小明 id_no=" FIRST BORN ROOM HOME },
		{ AID, "name=王小明 id_no=" STRANGER BORN ROOM HOME }, { HEALTH, "name=王小明 id_no=" STRANGER BORN } };
	struct decided decided;
	struct town town;

	(void)state;
	town_init(&town);
	town_night(&town, fits_both, 3, 0, false, NULL, 0);
	assert_int_equal(town.result.case_count, 1);
	decided = decide(&town, DECIDED_SAME, 1, 2);
	town_night(&town, fits_both, 3, 1, false, &decided, 1);
	check_groups(&town, "same", "abb");
	assert_int_equal(town.result.case_count, 0);
	town_night(&town, fits_both, 3, 2, false, NULL, 0);
	check_groups(&town, "taken back", "abc");
	assert_int_equal(town.result.case_count, 1);

	town_night(&town, alike, 3, 0, false, NULL, 0);
	check_groups(&town, "alike", "aaa");
	for (int kind = DECIDED_DIFFERENT; kind <= DECIDED_TWINS; kind++) {
		decided = decide(
		    &town, (enum decided_kind)kind, 1, 2); /* said of one record, it holds for all of that child */
		town_night(&town, alike, 3, 0, false, &decided, 1);
		check_groups(&town, "different", "aba");
		assert_int_equal(town.result.case_count, 0);
	}
	decided = (struct decided){ .kind = DECIDED_WRONG_ROW, .content = link_of(&town, 1)->content };
	memcpy(decided.a, town.ids[1], RECORD_ID_BYTES);
	town_night(&town, alike, 3, 0, false, &decided, 1);
	check_groups(&town, "wrong row", "aba");
	decided.content++; /* it was mended since */
	town_night(&town, alike, 3, 0, false, &decided, 1);
	check_groups(&town, "mended row", "aaa");

	town_night(&town, changed, 3, 0, false, NULL, 0);
	check_groups(&town, "changed number", "abb");
	decided = decide(&town, DECIDED_RENUMBERED, 0, 1);
	town_night(&town, changed, 3, 0, false, &decided, 1);
	check_groups(&town, "renumbered", "aaa");
	assert_int_equal(town.result.case_count, 0);
	town_fini(&town);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_one_student),
		cmocka_unit_test(ids_stay),
		cmocka_unit_test(decisions_hold_and_can_be_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
