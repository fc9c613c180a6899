/*
 * correct.c - `yici correct DATA STUDENT FIELD VALUE --why REASON`: pin a value that its source has wrong. The pin is that of
 * the record that keeps the field, so that it follows the child when students are merged or split.
 */
#include "ops/yici/correct.h"

#include <stdio.h>

#include "consumers/normalize/value.h"
#include "core/record/day.h"
#include "ops/yici/decision.h"
#include "ops/yici/night.h"

/* By its name, or as people know it. */
static const struct field *
field_named(const struct dataset *dataset, struct text word)
{
	const struct field *field = dataset_field(dataset, word);
	char folded[256];
	uint16_t number;

	if (field != NULL)
		return field;
	for (size_t i = 0; i < dataset->field_count; i++) {
		if (text_eq(dataset->fields[i].zh, word))
			return &dataset->fields[i];
	}
	if (word.len < sizeof(folded)
	    && dataset_header(dataset, (struct text){ folded, header_fold(word, folded, sizeof(folded)) }, &number)
		== HEADER_FIELD)
		return &dataset->fields[number];
	return NULL;
}

static struct text
merged_text(const struct merged *merged, uint16_t field)
{
	for (size_t i = 0; i < merged->count; i++) {
		if (merged->values[i].field == field)
			return merged->values[i].text;
	}
	return (struct text){ 0 };
}

void
correct_say_rule(
    const struct dataset *dataset, bool chinese, const struct field *field, enum rule rule, struct buffer *out)
{
	const struct rule_text *text = &dataset->rules[rule];
	struct text sentence = chinese ? text->zh : text->en, mark = TEXT("{field}");
	size_t at;

	while ((at = text_find(sentence, mark)) != SIZE_MAX) {
		buffer_text(out, (struct text){ sentence.at, at });
		buffer_text(out, chinese ? field->zh : field->en);
		sentence = (struct text){ sentence.at + at + mark.len, sentence.len - at - mark.len };
	}
	buffer_text(out, sentence);
}

int
correction_make(struct held *held, struct text student, struct text field_name, struct text said, struct date date,
    struct correction *correction, struct buffer *refused, struct err *err)
{
	const struct command *command = held->command;
	const struct dataset *dataset = held->definitions.dataset;
	const struct field *field = field_named(dataset, text_trim(field_name));
	struct merger *merger = NULL;
	struct merged merged;
	struct text says, was;
	enum rule rule;
	bool valid;
	uint16_t keeper;
	int result = 0;

	*correction = (struct correction){ 0 };
	buffer_init(&correction->value, 64 * 1024);
	buffer_clear(refused);
	if (field == NULL)
		buffer_string(refused, say(command, "数据集没有这个字段", "the dataset has no such field"));
	else if (text_trim(said).len == 0)
		buffer_string(refused, say(command, "没有写正确的值", "the right value is missing"));
	else if (held_find(held, text_trim(student), NULL, err) != 0) {
		if (err->kind != ERR_INPUT)
			return -1;
		buffer_string(refused, say(command, "没有这个学生", "there is no such student"));
	}
	if (refused->len > 0)
		return 0;
	merger = merger_new(dataset);
	if (merger == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	merger_pin(merger, &held->decisions.older);
	if (merge_run(merger, held->members, held->count, &merged, err) != 0
	    || (result = value_clean(dataset, field, said,
		    field->companion == FIELD_NONE ? TEXT("") : merged_text(&merged, field->companion), date,
		    &correction->value, &rule, err))
		< 0) {
		merger_free(merger);
		return -1;
	}
	if (result == 0)
		correct_say_rule(dataset, command->chinese, field, rule, refused);
	keeper = pins_keeper(held->members, held->count, field->number, &says, &valid);
	if (result == 1 && valid && text_eq(says, buffer_as_text(&correction->value))
	    && held->members[keeper].presence != ABSENT) {
		buffer_format(refused, "%s %.*s", say(command, "已经是这个值，来源", "this is what it says already:"),
		    (int)held->members[keeper].source->name.len, held->members[keeper].source->name.at);
		result = 0;
	}
	hex_of(held->members[keeper].id, RECORD_ID_BYTES, correction->record);
	hex_of(held->student, STUDENT_ID_BYTES, correction->student);
	was = arena_text(&held->arena, merged_text(&merged, field->number));
	correction->members[0] = (struct journal_member){ "record", text_from(correction->record) };
	correction->members[1] = (struct journal_member){ "student", text_from(correction->student) };
	correction->members[2] = (struct journal_member){ "field", field->name };
	correction->members[3] = (struct journal_member){ "value", buffer_as_text(&correction->value) };
	correction->members[4] = (struct journal_member){ "was", was };
	merger_free(merger);
	return result;
}

void
correction_fini(struct correction *correction)
{
	buffer_fini(&correction->value);
}

static int
correct(struct command *command)
{
	struct correction correction = { 0 };
	struct buffer refused;
	struct held *held;
	struct err err = { 0 };
	struct date date;
	int got = -1, status;

	if (!night_date(command, &date))
		return misuse(command, say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	for (size_t i = 1; i < command->word_count; i++) {
		if (!utf8_valid(command->words[i], strlen(command->words[i])))
			return misuse(command, say(command, "不是 UTF-8 文字", "this is no UTF-8"));
	}
	buffer_init(&refused, 64 * 1024);
	held = held_open(command, command->words[0], &err);
	if (held != NULL)
		got = correction_make(held, text_from(command->words[1]), text_from(command->words[2]),
		    text_from(command->words[3]), date, &correction, &refused, &err);
	if (got < 0)
		status = fail(command, &err);
	else if (got == 0) {
		fprintf(stderr, "yici %s: %.*s\n", command->name, (int)refused.len, refused.at);
		status = EX_DATAERR;
	} else
		status = decision_write(command, command->words[0], "correct", correction.members, CORRECTION_MEMBERS);
	correction_fini(&correction);
	buffer_fini(&refused);
	held_close(held);
	return status;
}

int
command_correct(struct command *command)
{
	bool undo = command->word_count == 3 && strcmp(command->words[1], "undo") == 0;

	if (!undo && command->word_count != 4)
		return misuse(command,
		    say(command, "需要：DATA STUDENT FIELD VALUE 或 DATA undo N",
			"wants DATA STUDENT FIELD VALUE, or DATA undo N"));
	if (!decision_has_why(command))
		return EX_USAGE;
	return undo
	    ? decision_undo(command, command->words[0], command->words[2], (const char *const[]){ "correct", NULL })
	    : correct(command);
}
