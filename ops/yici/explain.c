/*
 * explain.c - `yici explain DATA STUDENT [FIELD]`: where a student's values come from, and what lost against them.
 * STUDENT is a student id, also one that is no longer in use, or SOURCE:FILE:ROW, a row of a submitted file. With --pair:
 * explain_pair.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "consumers/consolidate/store.h"
#include "consumers/consolidate/update.h"
#include "core/record/day.h"
#include "core/store/state.h"
#include "ops/yici/command.h"
#include "ops/yici/explain.h"

#define MEMBERS_MAX 1000

/* All that is known of one student. */
struct held {
	struct merge_member members[MEMBERS_MAX];
	uint16_t since[MEMBERS_MAX];
	uint8_t ids[MEMBERS_MAX][RECORD_ID_BYTES];
	size_t count;
	struct arena arena;
};

struct explain {
	struct command *command;
	struct definitions definitions;
	struct state state;
	struct taken_files files;
	struct store store;
	struct held held;
};

int
explain_row(
    const struct taken_files *files, const struct store *store, struct text words, struct link *link, struct err *err)
{
	const char *first = memchr(words.at, ':', words.len), *last = memrchr(words.at, ':', words.len);
	struct text source, file;
	uint64_t row;

	if (first == NULL || first == last
	    || !text_to_u64((struct text){ last + 1, (size_t)(words.at + words.len - last - 1) }, &row))
		return err_set(err, ERR_INPUT, "neither a student id nor SOURCE:FILE:ROW");
	source = (struct text){ words.at, (size_t)(first - words.at) };
	file = (struct text){ first + 1, (size_t)(last - first - 1) };
	for (size_t i = files->count; i-- > 0;) {
		const struct taken_file *taken = &files->at[i];
		int found;

		if (!text_eq(taken->source, source) || !text_eq(taken->file, file))
			continue;
		found = store_find_row(store, taken->number, (uint32_t)row, link, err);
		if (found != 0)
			return found < 0 ? -1 : 0;
	}
	return err_set(err,
	    ERR_INPUT, "no record of the dataset stands on that row now (it was refused, set aside, or a newer row says the same)");
}

static int
on_member(void *self, const struct link *link, struct text values, struct err *err)
{
	struct explain *ex = self;
	struct held *held = &ex->held;
	struct merge_member *member = &held->members[held->count];

	if (held->count == MEMBERS_MAX)
		return err_set(err, ERR_INPUT, "the student has more than %d records", MEMBERS_MAX);
	memcpy(held->ids[held->count], link->id, RECORD_ID_BYTES);
	*member = (struct merge_member){ .id = held->ids[held->count],
		.source = ex->store.sources[link->source],
		.presence = (enum presence)link->presence,
		.updated_at = link->updated_at,
		.changed = link->changed,
		.file = link->file,
		.row = link->row,
		.sheet = link->sheet,
		.values = arena_text(&held->arena, values) };
	held->since[held->count++] = link->since;
	return member->values.at == NULL ? err_set(err, ERR_RETRY, "out of memory") : 0;
}

static void
print_origin(const struct explain *ex, const struct merge_member *member)
{
	const struct taken_file *file = &ex->files.at[member->file];
	struct text sheet = taken_sheet(file, member->sheet);
	char day[11];

	day_store_write(member->changed, day);
	printf("%.*s  %s %.*s", (int)member->source->name.len, member->source->name.at,
	    say(ex->command, "文件", "file"), (int)file->file.len, file->file.at);
	if (sheet.len > 0)
		printf("  %s %.*s", say(ex->command, "工作表", "sheet"), (int)sheet.len, sheet.at);
	printf("  %s %u  %s", say(ex->command, "行", "row"), member->row, day);
	if (member->presence != PRESENT)
		printf("  (%s)", presence_name(member->presence));
	putchar('\n');
}

static const char *
reason_words(const struct command *command, enum merge_reason reason)
{
	static const struct {
		const char *zh, *en;
	} words[MERGE_REASONS] = {
		[MERGED_ALONE] = { "没有别的来源", "no other source says anything" },
		[MERGED_VALID] = { "有效值优先于无效值", "valid before invalid" },
		[MERGED_STATED] = { "来源仍在报送的优先", "still stated by its source" },
		[MERGED_AUTHORITY] = { "该字段的主管来源", "the authority for the field" },
		[MERGED_TRUSTED] = { "来源可信度更高", "the more trusted source" },
		[MERGED_RECENT_FACT] = { "更新的事实", "the more recent fact" },
		[MERGED_AGREED] = { "更多来源一致", "more sources agree" },
		[MERGED_TIE] = { "其他条件相同，按固定次序", "all else equal: a fixed order" },
	};

	return say(command, words[reason].zh, words[reason].en);
}

static void
print_value(const struct field *field, struct text value)
{
	struct text label = field->codes == NULL ? value : codes_label(field->codes, value);

	printf("%.*s", (int)label.len, label.at);
	if (!text_eq(label, value))
		printf(" (%.*s)", (int)value.len, value.at);
}

/* One field: winner, losers, why. */
static void
print_field(struct explain *ex, struct merger *merger, uint16_t number)
{
	const struct field *field = &ex->definitions.dataset->fields[number];
	struct merge_candidate candidates[64];
	size_t count = merge_candidates(
	    merger, ex->held.members, ex->held.count, number, candidates, ARRAY_LEN(candidates));

	if (count == 0)
		return;
	printf("%.*s %.*s\n", (int)field->zh.len, field->zh.at, (int)field->name.len, field->name.at);
	for (size_t i = 0; i < count; i++) {
		printf("  %s ", i == 0 && !candidates[i].invalid ? "=" : "-");
		print_value(field, candidates[i].text);
		if (candidates[i].invalid)
			printf("  [%s]", say(ex->command, "无法使用的原文", "as written; not usable"));
		printf("\n      ");
		print_origin(ex, &ex->held.members[candidates[i].member]);
		if (i == 0 && count > 1)
			printf("      %s: %s\n", say(ex->command, "理由", "because"),
			    reason_words(ex->command, candidates[i].before_next));
	}
}

static int
show(struct explain *ex, const uint8_t *student, const char *field_name, struct err *err)
{
	char hex[2 * STUDENT_ID_BYTES + 1], day[11];
	struct merger *merger = merger_new(ex->definitions.dataset);
	const struct field *only = NULL;
	struct merged merged;
	int result = -1;

	if (merger == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (field_name != NULL) {
		only = dataset_field(ex->definitions.dataset, text_from(field_name));
		if (only == NULL) {
			err_set(err, ERR_INPUT, "the dataset has no field %.60s", field_name);
			goto done;
		}
	}
	if (merge_run(merger, ex->held.members, ex->held.count, ex->held.since, &merged, err) != 0)
		goto done;
	hex_of(student, STUDENT_ID_BYTES, hex);
	day_store_write(merged.since, day);
	printf("student %s  %s %s %s  %s %zu\n", hex, presence_name(merged.presence), say(ex->command, "自", "since"),
	    day, say(ex->command, "记录数", "records"), ex->held.count);
	if (only != NULL)
		print_field(ex, merger, only->number);
	else {
		for (size_t i = 0; i < ex->definitions.dataset->field_count; i++)
			print_field(ex, merger, (uint16_t)i);
	}
	result = 0;
done:
	merger_free(merger);
	return result;
}

static int
explain(struct explain *ex, const char *data, const char *words, const char *field, struct err *err)
{
	uint8_t student[STUDENT_ID_BYTES], next[STUDENT_ID_BYTES];
	struct link link;
	int got;

	if (definitions_load(ex->command, data, &ex->definitions, err) != 0 || state_open(&ex->state, data, err) != 0)
		return -1;
	if (ex->state.current[0] == '\0')
		return err_set(err, ERR_INPUT, "%s holds no run yet", data);
	if (taken_load(&ex->files, &ex->state, err) != 0
	    || store_open(&ex->store, &ex->state, ex->definitions.dataset, ex->definitions.sources, err) != 0
	    || store_records(&ex->store, err) != 0)
		return -1;
	if (!hex_parse(text_from(words), student, sizeof(student))) {
		if (explain_row(&ex->files, &ex->store, text_from(words), &link, err) != 0)
			return -1;
		memcpy(student, link.student, sizeof(student));
	}
	while ((got = store_retired(&ex->store, student, next, err)) == 1) {
		char old[2 * STUDENT_ID_BYTES + 1], new[2 * STUDENT_ID_BYTES + 1];

		hex_of(student, sizeof(student), old);
		hex_of(next, sizeof(next), new);
		printf("student %s %s %s\n", old, say(ex->command, "已并入", "was merged into"), new);
		memcpy(student, next, sizeof(student));
	}
	if (got < 0 || store_student(&ex->store, student, on_member, ex, err) != 0)
		return -1;
	if (ex->held.count == 0)
		return err_set(err, ERR_INPUT, "no student has this id");
	return show(ex, student, field, err);
}

int
command_explain(struct command *command)
{
	struct explain *ex;
	struct err err = { 0 };
	int status = 0;

	if (command->pair)
		return explain_pair(command);
	if (command->word_count < 2 || command->word_count > 3)
		return misuse(command, say(command, "需要：DATA STUDENT [FIELD]", "wants DATA STUDENT [FIELD]"));
	ex = calloc(1, sizeof(*ex));
	if (ex == NULL)
		return EX_TEMPFAIL;
	ex->command = command;
	arena_init(&ex->held.arena, (size_t)256 << 20);
	if (explain(ex, command->words[0], command->words[1], command->word_count == 3 ? command->words[2] : NULL, &err)
	    != 0)
		status = fail(command, &err);
	store_close(&ex->store);
	taken_free(&ex->files);
	state_close(&ex->state);
	definitions_free(&ex->definitions);
	arena_fini(&ex->held.arena);
	free(ex);
	return status;
}
