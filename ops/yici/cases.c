/*
 * cases.c - the cases that linking found, with what their records say, for review.csv. The records of cases were put
 * into runs when they passed by; they are few, and are kept in memory, sorted by record id.
 */
#include <stdlib.h>

#include "consumers/consolidate/judge.h"
#include "core/base/digest.h"
#include "ops/yici/files.h"

struct found {
	uint8_t id[RECORD_ID_BYTES];
	struct published_case_record record;
};

static int
found_order(const void *a, const void *b)
{
	return memcmp(a, b, RECORD_ID_BYTES);
}

static struct text
hex_text(struct arena *arena, const uint8_t *bytes, size_t len)
{
	char *hex = arena_take(arena, 2 * len + 1);

	if (hex == NULL)
		return (struct text){ 0 };
	hex_of(bytes, len, hex);
	return (struct text){ hex, 2 * len };
}

static struct text
value_of(struct arena *arena, struct text values, uint16_t field)
{
	return field == FIELD_NONE ? (struct text){ 0 } : arena_text(arena, values_get(values, field));
}

static void
fill(struct found *found, struct text entry, const struct roles *roles, const struct source *const *sources,
    const struct taken_files *taken, struct arena *arena)
{
	struct assemble_case_record head;
	struct text values = { entry.at + sizeof(head), entry.len - sizeof(head) };

	memcpy(&head, entry.at, sizeof(head));
	memcpy(found->id, head.id, sizeof(found->id));
	found->record = (struct published_case_record){
		.student_id = hex_text(arena, head.student, sizeof(head.student)),
		.record_id = hex_text(arena, head.id, sizeof(head.id)),
		.source = sources[head.source],
		.file = taken->at[head.file].file,
		.sheet = taken_sheet(&taken->at[head.file], head.sheet),
		.row = head.row,
		.school_code = value_of(arena, values, roles->school_code),
		.school_name = value_of(arena, values, roles->school_name),
		.name = value_of(arena, values, roles->name),
		.id_no = value_of(arena, values, roles->id_no),
		.student_no = value_of(arena, values, roles->student_no),
		.birth_date = value_of(arena, values, roles->birth_date),
	};
}

/* People read, type and copy it: eleven digits, the first not 0, which spreadsheets show as they are. */
static struct text
number_text(struct arena *arena, uint64_t number)
{
	enum { DIGITS = 11 };
	char *digits = arena_take(arena, DIGITS);

	for (size_t i = DIGITS; digits != NULL && i-- > 0; number /= 10)
		digits[i] = (char)('0' + number % 10);
	return (struct text){ digits, digits != NULL ? DIGITS : 0 };
}

#define NUMBER_FIRST 10000000000u
#define NUMBERS 90000000000u

static int
record_order(const void *a, const void *b)
{
	const struct published_case_record *x = a, *y = b;
	int order = text_compare(x->student_id, y->student_id);

	return order != 0 ? order : text_compare(x->record_id, y->record_id);
}

static int
case_order(const void *a, const void *b)
{
	const struct published_case *x = a, *y = b;
	int order = text_compare(x->route, y->route);

	return order != 0 ? order : text_compare(x->number, y->number);
}

/* The code of the record's school; by its name where the record has no code and one school alone is called so. */
static struct text
school_of(const struct published_case_record *record, const struct assemble_result *assembled)
{
	struct text code = record->school_code;

	for (size_t i = 0; code.len == 0 && record->school_name.len > 0 && i < assembled->school_count; i++) {
		if (!text_eq(assembled->schools[i].name, record->school_name) || assembled->schools[i].code.len == 0)
			continue;
		for (size_t k = i + 1; k < assembled->school_count; k++) {
			if (text_eq(assembled->schools[k].name, record->school_name) && assembled->schools[k].code.len > 0
			    && !text_eq(assembled->schools[k].code, assembled->schools[i].code))
				return (struct text){ 0 };
		}
		code = assembled->schools[i].code;
	}
	return code;
}

/* The school of the most trusted record of which one is known: mostly the registry's. */
static struct text
route_of(const struct published_case *one, const struct assemble_result *assembled)
{
	struct text route = { 0 };
	int trust = -1;

	for (size_t i = 0; i < one->count; i++) {
		struct text school = school_of(&one->records[i], assembled);

		if (school.len > 0 && one->records[i].source->trust > trust) {
			trust = one->records[i].source->trust;
			route = school;
		}
	}
	return route;
}

/* Why record ${id} is in the case: how it looks beside another. */
static struct text
why_of(struct arena *arena, const struct link_result *links, const struct review_case *one, const struct model *model,
    const uint8_t *id, struct buffer *words)
{
	buffer_clear(words);
	for (size_t j = 0; j < one->pair_count; j++) {
		const struct case_pair *pair = &links->case_pairs[one->first_pair + j];

		if (memcmp(pair->a, id, RECORD_ID_BYTES) != 0 && memcmp(pair->b, id, RECORD_ID_BYTES) != 0)
			continue;
		if (pair->number)
			buffer_string(words, "same_number");
		if (model != NULL) {
			buffer_string(words, pair->number ? " " : "");
			judge_words(model, &pair->judged, words);
		}
		break;
	}
	return arena_text(arena, buffer_as_text(words));
}

/* One case with those of its records that were found. */
static int
take_case(struct cases *cases, const struct link_result *links, const struct review_case *from,
    const struct found *found, size_t count, const struct model *model, const struct assemble_result *assembled,
    struct buffer *words)
{
	struct published_case one = { .kind = text_from(case_kind_code((enum case_kind)from->kind)),
		.number = number_text(&cases->arena, NUMBER_FIRST + from->id % NUMBERS) };
	struct published_case_record *records = arena_take(&cases->arena, (from->record_count + 1) * sizeof(*records));

	if (records == NULL)
		return -1;
	for (size_t j = 0; j < from->record_count; j++) {
		const uint8_t *id = links->case_records[from->first_record + j].id;
		const struct found *record = bsearch(id, found, count, sizeof(*found), found_order);

		if (record == NULL)
			continue;
		records[one.count] = record->record;
		records[one.count++].why = why_of(&cases->arena, links, from, model, id, words);
	}
	if (one.count < 2)
		return 0;
	qsort(records, one.count, sizeof(*records), record_order);
	one.records = records;
	one.route = route_of(&one, assembled);
	cases->at[cases->count++] = one;
	return buffer_failed(words) ? -1 : 0;
}

/* What the commands for deciding know of cases: a line for each record. */
static int
keep(const struct cases *cases, const char *generation, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer out;
	int result = -1;

	buffer_init(&out, SIZE_MAX / 4);
	for (size_t i = 0; i < cases->count; i++) {
		const struct published_case *one = &cases->at[i];

		for (size_t j = 0; j < one->count; j++) {
			const struct published_case_record *record = &one->records[j];
			const struct {
				const char *name;
				struct text value;
			} said[] = { { "kind", one->kind }, { "route", one->route }, { "county", one->county },
				{ "student_id", record->student_id }, { "record_id", record->record_id },
				{ "source", record->source->name }, { "file", record->file },
				{ "sheet", record->sheet }, { "school_code", record->school_code },
				{ "school_name", record->school_name }, { "name", record->name },
				{ "id_no", record->id_no }, { "student_no", record->student_no },
				{ "birth_date", record->birth_date }, { "why", record->why } };

			buffer_string(&out, "{\"case\":");
			buffer_json_string(&out, one->number);
			for (size_t k = 0; k < ARRAY_LEN(said); k++) {
				buffer_format(&out, ",\"%s\":", said[k].name);
				buffer_json_string(&out, said[k].value);
			}
			buffer_format(&out, ",\"row\":%u}\n", record->row);
		}
	}
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory for cases");
	else if (path_format(path, err, "%s/" CASES_FILE, generation) == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}

int
cases_load(struct cases *cases, const char *work, const char *generation, const struct link_result *links,
    const struct dataset *dataset, const struct model *model, const struct source *const *sources,
    const struct taken_files *taken, const struct codes *counties, const struct assemble_result *assembled,
    struct err *err)
{
	struct runs_cursor cursor = { 0 };
	struct found *found = NULL;
	struct buffer words;
	struct text entry;
	struct runs runs;
	size_t count = 0;
	int got, result = -1;

	*cases = (struct cases){ 0 };
	arena_init(&cases->arena, SIZE_MAX / 4);
	buffer_init(&words, 64 * 1024);
	if (runs_open(&runs, work, ASSEMBLE_CASES, err) != 0)
		return -1;
	found = calloc(runs.entries + 1, sizeof(*found));
	cases->at = calloc(links->case_count + 1, sizeof(*cases->at));
	if (found == NULL || cases->at == NULL) {
		err_set(err, ERR_RETRY, "out of memory for cases");
		goto done;
	}
	if (runs_seek(&cursor, &runs, NULL, NULL, err) != 0)
		goto done;
	while ((got = runs_next(&cursor, &entry, err)) == 1)
		fill(&found[count++], entry, &dataset->roles, sources, taken, &cases->arena);
	if (got < 0)
		goto done;
	for (size_t i = 0; i < links->case_count; i++) {
		if (take_case(cases, links, &links->cases[i], found, count, model, assembled, &words) != 0) {
			err_set(err, ERR_RETRY, "out of memory for cases");
			goto done;
		}
	}
	for (size_t i = 0; counties != NULL && i < cases->count; i++) {
		const struct code *school = codes_by_code(counties, cases->at[i].route);

		cases->at[i].county = school != NULL ? school->label : TEXT("");
	}
	if (cases->count > 0)
		qsort(cases->at, cases->count, sizeof(*cases->at), case_order);
	result = keep(cases, generation, err);
done:
	runs_cursor_fini(&cursor);
	runs_close(&runs);
	free(found);
	buffer_fini(&words);
	if (result != 0)
		cases_free(cases);
	return result;
}

void
cases_free(struct cases *cases)
{
	free(cases->at);
	arena_fini(&cases->arena);
	*cases = (struct cases){ 0 };
}
