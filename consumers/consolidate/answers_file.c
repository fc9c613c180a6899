/*
 * answers_file.c - see answers.h: reading and writing ANSWERS_FILE.
 */
#include <stdlib.h>

#include "consumers/consolidate/answers.h"
#include "core/store/sorted.h"

/* The fixed part of an entry, little-endian as all of the state. */
struct stored {
	uint8_t record[RECORD_ID_BYTES];
	uint64_t about;
	uint32_t file, row, updated;
	uint16_t sheet, day;
	uint8_t field_len, rule_len;
	uint8_t zeros[6];
};
_Static_assert(sizeof(struct stored) == 48, "no padding: written as it stands");

static bool
rule_of(struct text name, uint16_t *rule)
{
	for (uint16_t i = 0; i < RULE_COUNT; i++) {
		if (text_eq(name, text_from(rule_name((enum rule)i)))) {
			*rule = i;
			return true;
		}
	}
	return false;
}

/* 1, 0 when the definitions no longer know what it is about, -1 when it does not hold together. */
static int
read_entry(struct text entry, const struct dataset *dataset, struct arena *arena, struct answer *answer, struct err *err)
{
	struct stored stored;
	struct text field, rule, text;
	const struct field *found = NULL;

	if (entry.len < sizeof(stored))
		return err_set(err, ERR_INPUT, "an answer in the state does not hold together");
	memcpy(&stored, entry.at, sizeof(stored));
	if (entry.len - sizeof(stored) < (size_t)stored.field_len + stored.rule_len)
		return err_set(err, ERR_INPUT, "an answer in the state does not hold together");
	field = (struct text){ entry.at + sizeof(stored), stored.field_len };
	rule = (struct text){ field.at + field.len, stored.rule_len };
	text = (struct text){ rule.at + rule.len, entry.len - sizeof(stored) - field.len - rule.len };
	*answer = (struct answer){ .about = stored.about,
		.field = FIELD_NONE,
		.file = stored.file,
		.row = stored.row,
		.updated = stored.updated,
		.sheet = stored.sheet,
		.day = stored.day,
		.text = arena_text(arena, text) };
	memcpy(answer->record, stored.record, sizeof(answer->record));
	if (answer->text.at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for answers");
	if (field.len > 0 && (found = dataset_field(dataset, field)) == NULL)
		return 0;
	if (found != NULL)
		answer->field = found->number;
	return rule_of(rule, &answer->rule);
}

static int
order(const void *a, const void *b)
{
	return answer_order(a, b);
}

int
answers_load(
    const char *path, const struct dataset *dataset, struct arena *arena, struct answers *answers, struct err *err)
{
	struct sorted_cursor cursor = { 0 };
	struct sorted_file file;
	struct answer *at;
	struct text entry;
	size_t count = 0;
	int got = -1;

	*answers = (struct answers){ 0 };
	if (path == NULL || !file_exists(path))
		return 0;
	if (sorted_open(&file, path, err) != 0)
		return -1;
	at = arena_take(arena, (size_t)(file.entries + 1) * sizeof(*at));
	if (at == NULL || file.kind != ANSWERS_KIND) {
		err_set(err, at == NULL ? ERR_RETRY : ERR_INPUT,
		    at == NULL ? "out of memory for answers" : "%s is another file", path);
		goto done;
	}
	sorted_seek(&cursor, &file, NULL, NULL);
	while ((got = sorted_next(&cursor, &entry, err)) == 1) {
		int known = read_entry(entry, dataset, arena, &at[count], err);

		if (known < 0) {
			got = -1;
			break;
		}
		count += known == 1;
	}
	/* numbers of fields and rules may not be those of the program that wrote them */
	if (got == 0 && count > 0)
		qsort(at, count, sizeof(*at), order);
	*answers = (struct answers){ at, count };
done:
	sorted_cursor_fini(&cursor);
	sorted_close(&file);
	return got;
}

static int
pack(struct sorted_packer *packer, const struct answer *answer, const struct dataset *dataset, struct buffer *entry,
    struct err *err)
{
	struct text field = answer->field == FIELD_NONE ? (struct text){ "", 0 } : dataset->fields[answer->field].name;
	struct text rule = text_from(rule_name((enum rule)answer->rule));
	struct stored stored = { .about = answer->about,
		.file = answer->file,
		.row = answer->row,
		.updated = answer->updated,
		.sheet = answer->sheet,
		.day = answer->day,
		.field_len = (uint8_t)field.len,
		.rule_len = (uint8_t)rule.len };

	memcpy(stored.record, answer->record, sizeof(stored.record));
	buffer_clear(entry);
	buffer_add(entry, &stored, sizeof(stored));
	buffer_text(entry, field);
	buffer_text(entry, rule);
	buffer_text(entry, answer->text);
	if (buffer_failed(entry) || field.len > UINT8_MAX)
		return err_set(err, ERR_RETRY, "out of memory for answers");
	return sorted_pack(packer, entry->at, entry->len, err);
}

int
answers_save(const struct answers *answers, const struct dataset *dataset, const char *path, struct err *err)
{
	struct sorted_packer packer;
	struct buffer out, entry;
	int result = 0;

	buffer_init(&out, SIZE_MAX / 4);
	buffer_init(&entry, SORTED_ENTRY_MAX);
	sorted_head(&out, ANSWERS_KIND, (struct text){ 0 });
	sorted_pack_init(&packer, &out, true);
	for (size_t i = 0; i < answers->count && result == 0; i++)
		result = pack(&packer, &answers->at[i], dataset, &entry, err);
	if (result == 0)
		result = sorted_pack_flush(&packer, err);
	sorted_end(&out, packer.total_entries, packer.total_raw, packer.hash);
	sorted_pack_fini(&packer);
	if (result == 0 && buffer_failed(&out))
		result = err_set(err, ERR_RETRY, "out of memory for answers");
	if (result == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	buffer_fini(&entry);
	return result;
}
