/*
 * cases.c - the cases that linking found, with what their records say, for review.csv. The records of cases were put
 * into runs when they passed by; they are few, and are kept in memory, sorted by record id.
 */
#include <stdlib.h>

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

int
cases_load(struct cases *cases, const char *work, const struct link_result *links, const struct dataset *dataset,
    const struct source *const *sources, const struct taken_files *taken, struct err *err)
{
	struct runs_cursor cursor = { 0 };
	struct found *found = NULL;
	struct text entry;
	struct runs runs;
	size_t count = 0;
	int got, result = -1;

	*cases = (struct cases){ 0 };
	arena_init(&cases->arena, SIZE_MAX / 4);
	if (runs_open(&runs, work, ASSEMBLE_CASES, err) != 0)
		return -1;
	found = calloc(runs.entries + 1, sizeof(*found));
	cases->at = calloc(links->case_pair_count + 1, sizeof(*cases->at));
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
		const struct review_case *one = &links->cases[i];

		for (size_t j = 0; j < one->pair_count; j++) {
			const struct case_pair *pair = &links->case_pairs[one->first_pair + j];
			const struct found *a = bsearch(pair->a, found, count, sizeof(*found), found_order);
			const struct found *b = bsearch(pair->b, found, count, sizeof(*found), found_order);

			if (a != NULL && b != NULL)
				cases->at[cases->count++] = (struct published_case){
					text_from(case_kind_code((enum case_kind)one->kind)), a->record, b->record
				};
		}
	}
	result = 0;
done:
	runs_cursor_fini(&cursor);
	runs_close(&runs);
	free(found);
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
