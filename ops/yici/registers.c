/*
 * registers.c - `yici registers DATA check [--year Y] [--out DIR] [--json]`: the registers of inspections, meetings, documents and activities in
 * school, as the last run has them: what may be merged, how many there are against last year, and the annexes.
 */
#include "ops/yici/registers.h"

#include <stdio.h>

#include "core/record/flat_json.h"
#include "ops/yici/form_pupils.h"

#define ARENA_MAX ((size_t)1 << 30)

struct text
registers_value(const struct register_entry *entry, uint16_t field)
{
	return field == FIELD_NONE || entry->values[field].at == NULL ? (struct text){ "", 0 } : entry->values[field];
}

struct text
registers_kind(const struct registers *registers, enum register_kind kind)
{
	char code[2] = { (char)('1' + kind), '\0' };

	return codes_label(registers->dataset->fields[registers->fields.kind].codes, text_from(code));
}

/* The year asked for, or that of the run. */
static bool
find_year(struct registers *registers)
{
	const char *word = registers->command->year != NULL ? registers->command->year : registers->date;
	uint64_t year;

	if (registers->command->year != NULL && strlen(word) != 4)
		return false;
	if (!text_to_u64((struct text){ word, 4 }, &year) || year < 1900 || year > 2200)
		return false;
	registers->year = (int)year;
	return true;
}

/* The entries of the last run that still stand, judged; a matter has no school, so the readers of pupils do not serve. */
static int
take_entries(struct registers *registers, const struct mapping *lines, struct arena *arena, struct err *err)
{
	const struct settings *settings = &registers->command->settings;
	const unsigned cuts[REGISTER_KINDS] = { (unsigned)settings->registers_inspections,
		(unsigned)settings->registers_meetings, (unsigned)settings->registers_documents,
		(unsigned)settings->registers_activities };
	size_t most = 0;

	for (size_t i = 0; i < lines->bytes; i++)
		most += lines->at[i] == '\n';
	registers->entries = arena_take(arena, (most + 1) * sizeof(*registers->entries));
	if (registers->entries == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the registers");
	for (size_t at = 0; at < lines->bytes && registers->count < most;) {
		const char *line = (const char *)lines->at + at, *newline = memchr(line, '\n', lines->bytes - at);
		struct pupil one = { .line = { line, newline == NULL ? 0 : (size_t)(newline - line) } };
		const struct text *values = pupil_values(&one, registers->dataset, arena);
		struct flat_member presence;

		at += one.line.len + 1;
		if (values == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the registers");
		if (flat_json_find(one.line, TEXT("presence"), &presence) && census_counts(presence.value))
			register_entry_read(&registers->entries[registers->count++], values, &registers->fields);
	}
	return registers_judge(registers->entries, registers->count, &registers->fields, registers->year, cuts, arena,
	    &registers->findings, err);
}

static int
check(struct registers *registers, const char *data, struct err *err)
{
	struct forms forms = { .command = registers->command, .data = data };
	struct mapping lines = { 0 };
	struct arena arena;
	bool there;
	int result = -1;

	arena_init(&arena, ARENA_MAX);
	if (definitions_load(registers->command, data, &forms.definitions, err) != 0)
		goto done;
	registers->dataset = forms.definitions.dataset;
	if (register_fields_find(&registers->fields, registers->dataset, err) != 0
	    || forms_lines(&forms, &lines, &there, err) != 0)
		goto done;
	if (!there)
		err_set(err, ERR_INPUT, "%s", say(registers->command, "还没有汇总过数据", "there was no run yet"));
	else if (take_entries(registers, &lines, &arena, err) == 0)
		result = 0;
	if (result == 0 && registers->command->out != NULL)
		result = registers_annexes(registers, registers->command->out, err);
	if (result == 0)
		registers_say(registers);
done:
	mapping_close(&lines);
	definitions_free(&forms.definitions);
	arena_fini(&arena);
	return result;
}

int
command_registers(struct command *command)
{
	struct registers registers = { .command = command };
	struct err err = { 0 };

	/* `yici registers check DATA` means the same */
	if (command->word_count == 2 && strcmp(command->words[0], "check") == 0) {
		command->words[0] = command->words[1];
		command->words[1] = "check";
	}
	if (command->word_count != 2 || strcmp(command->words[1], "check") != 0)
		return misuse(command, say(command, "需要：DATA check", "wants DATA check"));
	if (forms_last_run(command, command->words[0], registers.date, NULL, &err) != 0)
		return fail(command, &err);
	if (!find_year(&registers))
		return misuse(command, say(command, "年度要写成 2026", "a year is written 2026"));
	if (check(&registers, command->words[0], &err) != 0)
		return fail(command, &err);
	return registers.findings.flagged ? EX_HELD : 0;
}
