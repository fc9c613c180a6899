/*
 * verdict.c - see verdict.h.
 */
#include "ops/yici/verdict.h"

#include <stdlib.h>

#include "core/record/flat_json.h"
#include "ops/yici/files.h"

static const char *const names[CASE_TEXTS] = { "kind", "route", "county", "student_id", "record_id", "source", "file",
	"sheet", "school_code", "school_name", "name", "id_no", "student_no", "birth_date", "why" };

const char *
case_text_name(enum case_text text)
{
	return names[text];
}

struct text
choice_label(enum choice choice)
{
	static const char *const labels[CHOICES] = { "", "同一学生", "不同学生", "双胞胎", "证件号变更：此行为旧号",
		"证件号变更：此行为新号", "此行有误" };

	return text_from(labels[choice]);
}

/* ---- cases ---- */

static int
take_line(
    struct open_cases *cases, struct open_case_record *record, struct text line, struct buffer *word, struct err *err)
{
	struct open_case *last = cases->count > 0 ? &cases->at[cases->count - 1] : NULL;

	for (int i = 0; i < CASE_TEXTS; i++) {
		if (!flat_json_string(line, text_from(names[i]), word))
			return err_set(err, ERR_STOP, CASES_FILE " of the state is damaged");
		record->text[i] = arena_text(&cases->arena, buffer_as_text(word));
		if (record->text[i].at == NULL)
			return err_set(err, ERR_RETRY, "out of memory for cases");
	}
	if (!flat_json_number(line, TEXT("row"), &record->row) || !flat_json_string(line, TEXT("case"), word))
		return err_set(err, ERR_STOP, CASES_FILE " of the state is damaged");
	if (last == NULL || !text_eq(last->number, buffer_as_text(word))) {
		last = &cases->at[cases->count++];
		*last = (struct open_case){ .number = arena_text(&cases->arena, buffer_as_text(word)),
			.records = record };
		if (last->number.at == NULL)
			return err_set(err, ERR_RETRY, "out of memory for cases");
	}
	last->count++;
	return 0;
}

int
open_cases_load(struct open_cases *cases, const struct state *state, struct err *err)
{
	struct open_case_record *records;
	struct buffer bytes, word;
	char path[FILE_PATH_MAX];
	size_t lines = 0, taken = 0;
	int result = -1;

	*cases = (struct open_cases){ 0 };
	arena_init(&cases->arena, SIZE_MAX / 4);
	buffer_init(&bytes, SIZE_MAX / 4);
	buffer_init(&word, SIZE_MAX / 4);
	if (state->current[0] == '\0')
		return 0;
	if (state_path(state, path, CASES_FILE, err) != 0
	    || (file_exists(path) && file_read_all(path, &bytes, err) != 0))
		goto done;
	for (size_t i = 0; i < bytes.len; i++)
		lines += bytes.at[i] == '\n';
	records = arena_take(&cases->arena, (lines + 1) * sizeof(*records));
	cases->at = calloc(lines + 1, sizeof(*cases->at));
	if (records == NULL || cases->at == NULL) {
		err_set(err, ERR_RETRY, "out of memory for cases");
		goto done;
	}
	for (size_t pos = 0; taken < lines; taken++) {
		const char *end = memchr(bytes.at + pos, '\n', bytes.len - pos);
		struct text line = { bytes.at + pos, (size_t)(end - bytes.at) - pos };

		pos += line.len + 1;
		if (take_line(cases, &records[taken], line, &word, err) != 0)
			goto done;
	}
	result = 0;
done:
	buffer_fini(&bytes);
	buffer_fini(&word);
	return result;
}

void
open_cases_free(struct open_cases *cases)
{
	free(cases->at);
	arena_fini(&cases->arena);
	*cases = (struct open_cases){ 0 };
}

const struct open_case *
open_cases_find(const struct open_cases *cases, struct text number)
{
	for (size_t i = 0; i < cases->count; i++) {
		if (text_eq(cases->at[i].number, number))
			return &cases->at[i];
	}
	return NULL;
}

/* ---- what is said of them ---- */

struct saying {
	struct verdict *verdict;
	const struct text *records, *students;
	enum choice *choices;
	size_t count;
	struct arena *arena;
};

/* An entry of the records that have ${choice}; ${once}: one of each student, the first. NULL when memory is short. */
static struct verdict_entry *
add_entry(struct saying *saying, enum decided_kind kind)
{
	struct verdict_entry *entry = &saying->verdict->at[saying->verdict->count];

	entry->kind = kind;
	entry->records = arena_take(saying->arena, saying->count * (2 * RECORD_ID_BYTES + 1) + 1);
	if (entry->records == NULL)
		return NULL;
	saying->verdict->count++;
	return entry;
}

static void
add_record(const struct saying *saying, struct verdict_entry *entry, size_t i)
{
	size_t len = strlen(entry->records);

	if (len > 0)
		entry->records[len++] = ' ';
	memcpy(entry->records + len, saying->records[i].at, saying->records[i].len);
	entry->records[len + saying->records[i].len] = '\0';
}

static size_t
chosen(const struct saying *saying, enum choice choice)
{
	size_t count = 0;

	for (size_t i = 0; i < saying->count; i++)
		count += saying->choices[i] == choice;
	return count;
}

/* Those with ${choice}, one of each student where that leaves two; ${with} the first of that choice, too. */
static int
conclude(struct saying *saying, enum decided_kind kind, enum choice choice, enum choice with)
{
	struct verdict_entry *entry = add_entry(saying, kind);
	size_t students = 0;

	if (entry == NULL)
		return -1;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < saying->count; i++) {
			bool again = false;

			if (saying->choices[i] != choice)
				continue;
			for (size_t k = 0; k < i && !again; k++)
				again = saying->choices[k] == choice
				    && text_eq(saying->students[k], saying->students[i]);
			if (pass == 0)
				students += !again;
			else if (!again || students + (with != CHOICE_NONE) < 2)
				add_record(saying, entry, i);
		}
	}
	for (size_t i = 0; with != CHOICE_NONE && i < saying->count; i++) {
		if (saying->choices[i] == with) {
			add_record(saying, entry, i);
			break;
		}
	}
	return 0;
}

/* One of a record with ${choice}. */
static void
add_first(const struct saying *saying, struct verdict_entry *entry, enum choice choice)
{
	for (size_t i = 0; i < saying->count; i++) {
		if (saying->choices[i] == choice) {
			add_record(saying, entry, i);
			return;
		}
	}
}

/* The one choice that is said, with nothing on the other lines: it is said of all that are not wrong. */
static void
spread(struct saying *saying)
{
	enum choice only = CHOICE_NONE;

	if (chosen(saying, CHOICE_NONE) + chosen(saying, CHOICE_WRONG_ROW) + 1 != saying->count)
		return;
	for (size_t i = 0; i < saying->count; i++) {
		if (saying->choices[i] != CHOICE_NONE && saying->choices[i] != CHOICE_WRONG_ROW)
			only = saying->choices[i];
	}
	if (only == CHOICE_OLD_NUMBER || only == CHOICE_NEW_NUMBER) { /* of two lines the other is the other */
		for (size_t i = 0; saying->count == 2 && i < 2; i++) {
			if (saying->choices[i] == CHOICE_NONE)
				saying->choices[i] = only == CHOICE_OLD_NUMBER ? CHOICE_NEW_NUMBER : CHOICE_OLD_NUMBER;
		}
		return;
	}
	for (size_t i = 0; i < saying->count; i++) {
		if (saying->choices[i] == CHOICE_NONE)
			saying->choices[i] = only;
	}
}

int
verdict_make(struct verdict *verdict, const struct text *records, const struct text *students,
    const enum choice *choices, size_t count, bool chinese, struct arena *arena, const char **refused, struct err *err)
{
	struct saying saying = { verdict, records, students, NULL, count, arena };
	size_t none, same, different, twins, old, new, wrong;
	struct verdict_entry *entry;

	*verdict = (struct verdict){ 0 };
	*refused = NULL;
	saying.choices = arena_take(arena, (count + 1) * sizeof(*choices));
	if (saying.choices == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	memcpy(saying.choices, choices, count * sizeof(*choices));
	spread(&saying);
	none = chosen(&saying, CHOICE_NONE);
	same = chosen(&saying, CHOICE_SAME);
	different = chosen(&saying, CHOICE_DIFFERENT);
	twins = chosen(&saying, CHOICE_TWINS);
	old = chosen(&saying, CHOICE_OLD_NUMBER);
	new = chosen(&saying, CHOICE_NEW_NUMBER);
	wrong = chosen(&saying, CHOICE_WRONG_ROW);
	if (same + different + twins + old + new + wrong == 0)
		*refused = chinese ? "没有选择处理意见" : "nothing is chosen";
	else if (none > 0 && none + wrong < count)
		*refused = chinese ? "有几行没有选择：请在每一行都选择，或只在其中一行选择"
				   : "some lines have no choice: choose on each, or on one alone";
	else if ((twins > 0) + (different > 0 || same > 0) + (old + new > 0) > 1)
		*refused = chinese ? "处理意见互相矛盾：双胞胎、证件号变更不能与别的意见并用"
				   : "the choices contradict each other: twins and changed numbers stand alone";
	else if (old + new > 0 && (old != 1 || new != 1))
		*refused = chinese ? "证件号变更：请正好选一行为旧号、一行为新号"
				   : "a changed number wants one line with the old and one with the new number";
	else if (twins == 1 || (different == 1 && same == 0) || (same == 1 && different == 0))
		*refused = chinese ? "除有误的行以外只剩一行，不能这样处理"
				   : "but for the wrong rows there is one line left";
	else if (same == 1)
		*refused = chinese ? "只有一行选了同一学生：与谁是同一学生？"
				   : "one line alone says the same: as which?";
	if (*refused != NULL)
		return 0;
	if ((same > 1 && conclude(&saying, DECIDED_SAME, CHOICE_SAME, CHOICE_NONE) != 0)
	    || (different > 0
		&& conclude(&saying, DECIDED_DIFFERENT, CHOICE_DIFFERENT, same > 0 ? CHOICE_SAME : CHOICE_NONE) != 0)
	    || (twins > 0 && conclude(&saying, DECIDED_TWINS, CHOICE_TWINS, CHOICE_NONE) != 0))
		return err_set(err, ERR_RETRY, "out of memory");
	if (old > 0) {
		if ((entry = add_entry(&saying, DECIDED_RENUMBERED)) == NULL)
			return err_set(err, ERR_RETRY, "out of memory");
		add_first(&saying, entry, CHOICE_OLD_NUMBER);
		add_first(&saying, entry, CHOICE_NEW_NUMBER);
	}
	if (wrong > 0) {
		if ((entry = add_entry(&saying, DECIDED_WRONG_ROW)) == NULL)
			return err_set(err, ERR_RETRY, "out of memory");
		for (size_t i = 0; i < count; i++) {
			if (saying.choices[i] == CHOICE_WRONG_ROW)
				add_record(&saying, entry, i);
		}
	}
	return 1;
}

static int
on_content(void *self, const struct link *link, struct text values, struct err *err)
{
	struct buffer *out = self;

	(void)values;
	(void)err;
	buffer_format(out, "%s%016llx", out->len > 0 ? " " : "", (unsigned long long)link->content);
	return 0;
}

int
verdict_content(const struct verdict_entry *entry, const struct store *store, struct buffer *out, struct err *err)
{
	buffer_clear(out);
	if (entry->kind != DECIDED_WRONG_ROW)
		return 0;
	for (const char *at = entry->records; *at != '\0'; at += 2 * RECORD_ID_BYTES + (at[2 * RECORD_ID_BYTES] == ' ')) {
		uint8_t id[RECORD_ID_BYTES];
		int got;

		if (!hex_parse((struct text){ at, 2 * RECORD_ID_BYTES }, id, sizeof(id)))
			return err_set(err, ERR_INPUT, "this is no record id");
		got = store_record(store, id, on_content, out, err);
		if (got != 1)
			return got < 0 ? -1 : err_set(err, ERR_INPUT, "a record of the case is no longer there");
	}
	return buffer_failed(out) ? err_set(err, ERR_RETRY, "out of memory") : 0;
}
