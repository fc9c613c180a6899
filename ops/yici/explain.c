/*
 * explain.c - `yici explain DATA STUDENT [FIELD]`: where a student's values come from, and what lost against them.
 * STUDENT is a student id, also one that is no longer in use, a record id, or SOURCE:FILE:ROW, a row of a
 * submitted file. With --pair: explain_pair.c.
 */
#include <stdio.h>

#include "consumers/consolidate/answers.h"
#include "core/record/day.h"
#include "core/record/flat_json.h"
#include "ops/yici/answering.h"
#include "ops/yici/explain.h"
#include "ops/yici/held.h"

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

static void
print_origin(const struct held *held, const struct merge_member *member)
{
	const struct taken_file *file = &held->files.at[member->file];
	struct text sheet = taken_sheet(file, member->sheet);
	char day[11];

	day_store_write(member->changed, day);
	printf("%.*s  %s %.*s", (int)member->source->name.len, member->source->name.at,
	    say(held->command, "文件", "file"), (int)file->file.len, file->file.at);
	if (sheet.len > 0)
		printf("  %s %.*s", say(held->command, "工作表", "sheet"), (int)sheet.len, sheet.at);
	printf("  %s %u  %s", say(held->command, "行", "row"), member->row, day);
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
		[MERGED_PINNED] = { "人工更正", "pinned by a person" },
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

/* The pin by which the last run decided the field; NULL for none. */
static const struct pin *
pin_of(const struct merged *merged, uint16_t field)
{
	for (size_t i = 0; i < merged->pin_count; i++) {
		if (merged->pins[i].state == PIN_APPLIED && merged->pins[i].pin->field == field)
			return merged->pins[i].pin;
	}
	return NULL;
}

/* The newest pin that the last run did not know; NULL for none. */
static const struct pin *
coming_pin(const struct held *held, uint16_t field)
{
	const struct pin *newest = NULL;
	struct journal_head known;

	(void)state_decisions(&held->state, &known);
	for (size_t i = 0; i < held->count; i++) {
		size_t count;
		const struct pin *pins = pins_of(&held->decisions.pins, held->ids[i], &count);

		for (size_t k = 0; k < count; k++) {
			if (pins[k].field == field && pins[k].number > known.number
			    && (newest == NULL || pins[k].number > newest->number))
				newest = &pins[k];
		}
	}
	return newest;
}

static void
print_pin(const struct held *held, const struct field *field, const struct pin *pin, bool coming)
{
	static const struct {
		const char *zh, *en;
		struct text name;
	} said[] = { { "谁", "by", { "who", 3 } }, { "时间", "at", { "time", 4 } },
		{ "理由", "because", { "why", 3 } } };
	struct buffer word;

	printf("  %s ", coming ? ">" : "=");
	print_value(field, pin->value);
	printf("  [%s %llu%s]\n", say(held->command, "人工更正，决定", "pinned by decision"),
	    (unsigned long long)pin->number,
	    coming ? say(held->command, "，下次汇总起生效", ", from the next run on") : "");
	buffer_init(&word, JOURNAL_LINE_MAX);
	for (size_t i = 0; i < ARRAY_LEN(said) && pin->number <= held->log.count; i++) {
		if (flat_json_string(held->log.at[pin->number - 1].line, said[i].name, &word))
			printf("      %s: %.*s\n", say(held->command, said[i].zh, said[i].en), (int)word.len, word.at);
	}
	buffer_fini(&word);
}

/* One field: winner, losers, why. */
static void
print_field(struct held *held, struct merger *merger, const struct merged *merged, uint16_t number)
{
	const struct field *field = &held->definitions.dataset->fields[number];
	struct merge_candidate candidates[64];
	size_t count = merge_candidates(merger, held->members, held->count, number, candidates, ARRAY_LEN(candidates));

	const struct pin *pin = pin_of(merged, number), *coming = coming_pin(held, number);

	if (count == 0 && pin == NULL && coming == NULL)
		return;
	printf("%.*s %.*s\n", (int)field->zh.len, field->zh.at, (int)field->name.len, field->name.at);
	if (coming != NULL)
		print_pin(held, field, coming, true);
	if (pin != NULL)
		print_pin(held, field, pin, false);
	for (size_t i = 0; i < count; i++) {
		printf("  %s ", i == 0 && !candidates[i].invalid && pin == NULL ? "=" : "-");
		print_value(field, candidates[i].text);
		if (candidates[i].invalid)
			printf("  [%s]", say(held->command, "无法使用的原文", "as written; not usable"));
		printf("\n      ");
		print_origin(held, &held->members[candidates[i].member]);
		if (i == 0 && count > 1)
			printf("      %s: %s\n", say(held->command, "理由", "because"),
			    reason_words(held->command, candidates[i].before_next));
	}
}

/* How the student stands since the last run. */
static struct standing
standing_of(const struct held *held)
{
	const struct stood *kept = standings_find(&held->store.standings, held->student);
	struct standing standing = { 0 };

	if (kept != NULL)
		return kept->shown;
	presence_delivered(held->members, held->count, held->since, &standing);
	return standing;
}

static void
print_answer(const struct held *held, const struct answer *answer)
{
	const struct dataset *dataset = held->definitions.dataset;
	const struct taken_file *file = &held->files.at[answer->file];
	struct text sheet = taken_sheet(file, answer->sheet), label = { "", 0 };
	uint64_t number = answering_number(&held->log, &file->sha256, answer->sheet, answer->row);
	char day[11];

	if (answer->field != FIELD_NONE)
		label = held->command->chinese ? dataset->fields[answer->field].zh : dataset->fields[answer->field].en;
	day_store_write(answer->day, day);
	printf("  %.*s%s%s\n      %s: %.*s\n      %.*s  %s %.*s", (int)label.len, label.at, label.len > 0 ? "  " : "",
	    rule_name((enum rule)answer->rule), say(held->command, "说明", "explanation"), (int)answer->text.len,
	    answer->text.at, (int)file->source.len, file->source.at, say(held->command, "文件", "file"),
	    (int)file->file.len, file->file.at);
	if (sheet.len > 0)
		printf("  %s %.*s", say(held->command, "工作表", "sheet"), (int)sheet.len, sheet.at);
	printf("  %s %u  %s", say(held->command, "行", "row"), answer->row, day);
	if (number > 0)
		printf("  %s %llu", say(held->command, "决定", "decision"), (unsigned long long)number);
	putchar('\n');
}

/* The queries of the student's records that somebody explained; of one field when ${only} is not NULL. */
static int
print_answers(const struct held *held, const struct field *only, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct answers answers;
	struct arena arena;
	bool any = false;
	int result;

	arena_init(&arena, SIZE_MAX / 4);
	result = state_path(&held->state, path, ANSWERS_FILE, err) != 0
	    ? -1
	    : answers_load(path, held->definitions.dataset, &arena, &answers, err);
	for (size_t i = 0; result == 0 && i < answers.count; i++) {
		const struct answer *answer = &answers.at[i];
		bool his = false;

		for (size_t k = 0; k < held->count && !his; k++)
			his = memcmp(held->ids[k], answer->record, RECORD_ID_BYTES) == 0;
		if (!his || (only != NULL && answer->field != only->number) || answer->file >= held->files.count)
			continue;
		if (!any)
			printf("%s\n", say(held->command, "已说明的问题", "queries that were explained"));
		any = true;
		print_answer(held, answer);
	}
	arena_fini(&arena);
	return result;
}

static int
show(struct held *held, const char *field_name, struct err *err)
{
	char hex[2 * STUDENT_ID_BYTES + 1], day[11];
	struct merger *merger = merger_new(held->definitions.dataset);
	const struct field *only = NULL;
	struct standing standing;
	struct merged merged;
	struct buffer reason;
	int result = -1;

	if (merger == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (field_name != NULL) {
		only = dataset_field(held->definitions.dataset, text_from(field_name));
		if (only == NULL) {
			err_set(err, ERR_INPUT, "the dataset has no field %.60s", field_name);
			goto done;
		}
	}
	merger_pin(merger, &held->decisions.older); /* as it is served now */
	if (merge_run(merger, held->members, held->count, &merged, err) != 0)
		goto done;
	hex_of(held->student, STUDENT_ID_BYTES, hex);
	standing = standing_of(held);
	day_store_write(standing.since, day);
	buffer_init(&reason, 64 * 1024);
	presence_reason(&standing, held->store.sources, &reason);
	printf("student %s  %s %s %s  %s %.*s  %s %zu\n", hex, presence_name((enum presence)standing.presence),
	    say(held->command, "自", "since"), day, say(held->command, "因", "because"), (int)reason.len, reason.at,
	    say(held->command, "记录数", "records"), held->count);
	buffer_fini(&reason);
	if (only != NULL)
		print_field(held, merger, &merged, only->number);
	else {
		for (size_t i = 0; i < held->definitions.dataset->field_count; i++)
			print_field(held, merger, &merged, (uint16_t)i);
	}
	result = print_answers(held, only, err);
done:
	merger_free(merger);
	return result;
}

static void
say_moved(const struct held *held, const uint8_t *from, const uint8_t *to)
{
	char old[2 * STUDENT_ID_BYTES + 1], new[2 * STUDENT_ID_BYTES + 1];

	hex_of(from, STUDENT_ID_BYTES, old);
	hex_of(to, STUDENT_ID_BYTES, new);
	printf("student %s %s %s\n", old, say(held->command, "已并入", "was merged into"), new);
}

int
command_explain(struct command *command)
{
	struct held *held;
	struct err err = { 0 };
	int status = 0;

	if (command->pair)
		return explain_pair(command);
	if (command->word_count < 2 || command->word_count > 3)
		return misuse(command, say(command, "需要：DATA STUDENT [FIELD]", "wants DATA STUDENT [FIELD]"));
	held = held_open(command, command->words[0], &err);
	if (held == NULL || held_find(held, text_from(command->words[1]), say_moved, &err) != 0
	    || show(held, command->word_count == 3 ? command->words[2] : NULL, &err) != 0)
		status = fail(command, &err);
	held_close(held);
	return status;
}
