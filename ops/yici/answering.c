/*
 * answering.c - see answering.h.
 */
#include "ops/yici/answering.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/program/log.h"
#include "core/record/day.h"
#include "core/record/flat_json.h"

#define NUMBER_MAX 24

static bool
is_explanation(struct text line, struct buffer *word)
{
	return flat_json_string(line, TEXT("action"), word) && text_eq(buffer_as_text(word), TEXT(ANSWERING_ACTION));
}

/* Where what the entry has is written; false when it does not say. */
static bool
read_place(struct text line, struct answers_undone *place, struct buffer *word)
{
	uint64_t sheet, row;

	if (!flat_json_string(line, TEXT("file"), word)
	    || !hex_parse(buffer_as_text(word), place->file.at, sizeof(place->file.at))
	    || !flat_json_string(line, TEXT("sheet"), word) || !text_to_u64(buffer_as_text(word), &sheet)
	    || sheet > UINT16_MAX || !flat_json_string(line, TEXT("row"), word)
	    || !text_to_u64(buffer_as_text(word), &row) || row > UINT32_MAX)
		return false;
	place->sheet = (uint16_t)sheet;
	place->row = (uint32_t)row;
	return true;
}

static int
place_order(const void *a, const void *b)
{
	const struct answers_undone *x = a, *y = b;
	int order = memcmp(&x->file, &y->file, sizeof(x->file));

	if (order != 0)
		return order;
	if (x->sheet != y->sheet)
		return x->sheet < y->sheet ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

/* The rows whose explanations stand in the log: all, or only those that were taken back. Sorted; for the caller to free. */
static int
list_places(const struct journal_log *log, bool undone, struct answers_undone **places, size_t *count, struct err *err)
{
	struct answers_undone *list = calloc(log->count + 1, sizeof(*list));
	bool *active = NULL;
	struct buffer word;
	int result = -1;

	*count = 0;
	*places = list;
	buffer_init(&word, JOURNAL_LINE_MAX);
	if (list == NULL)
		err_set(err, ERR_RETRY, "out of memory for decisions");
	else if (decisions_active(log, &active, err) == 0) {
		for (size_t i = 0; i < log->count; i++) {
			if (!(undone && active[i]) && is_explanation(log->at[i].line, &word)
			    && read_place(log->at[i].line, &list[*count], &word))
				++*count;
		}
		if (*count > 1)
			qsort(list, *count, sizeof(*list), place_order);
		result = 0;
	}
	buffer_fini(&word);
	free(active);
	return result;
}

int
answering_make(struct night *night, struct err *err)
{
	char older[FILE_PATH_MAX], links[FILE_PATH_MAX];
	struct answers_undone *undone = NULL;
	struct answers_input input = { .dataset = night->definitions.dataset,
		.older = night->store.open ? older : NULL,
		.issues = &night->issues,
		.links = links,
		.files = &night->taken,
		.file_first = night->files.first_number,
		.returned = night->files.returned,
		.file_count = night->files.numbered,
		.today = day_store(night->date) };
	int result = -1;

	if (state_path(&night->state, older, ANSWERS_FILE, err) == 0
	    && path_format(links, err, "%s/links.yc", night->generation) == 0
	    && list_places(&night->log, true, &undone, &input.undone_count, err) == 0) {
		input.undone = undone;
		result = answers_make(&input, &night->answers, err);
	}
	free(undone);
	if (result == 0 && night->answers.answers.count + night->answers.ended > 0)
		log_line(LOG_INFO, "answers in_force=%zu explained_rows=%zu ended=%llu", night->answers.answers.count,
		    night->answers.given_count, (unsigned long long)night->answers.ended);
	return result;
}

/* One entry for the row. */
static int
enter(const struct night *night, const struct answers_given *given, struct journal *journal, struct buffer *queries,
    struct err *err)
{
	const struct answer *first = given->first;
	const struct taken_file *file = &night->taken.at[first->file];
	char record[2 * RECORD_ID_BYTES + 1], digest[65], sheet[NUMBER_MAX], row[NUMBER_MAX];

	buffer_clear(queries);
	for (size_t i = 0; i < given->count; i++) {
		const struct answer *answer = &first[i];

		if (i > 0)
			buffer_char(queries, ' ');
		if (answer->field != FIELD_NONE)
			buffer_text(queries, night->definitions.dataset->fields[answer->field].name);
		buffer_format(queries, ":%s", rule_name((enum rule)answer->rule));
	}
	if (buffer_failed(queries))
		return err_set(err, ERR_RETRY, "out of memory for an explanation");
	hex_of(first->record, RECORD_ID_BYTES, record);
	sha256_hex(&file->sha256, digest);
	snprintf(sheet, sizeof(sheet), "%u", first->sheet);
	snprintf(row, sizeof(row), "%u", first->row);
	return journal_add(journal, file->file, ANSWERING_ACTION,
	    (struct journal_member[]){ { "record", text_from(record) }, { "source", file->source },
		{ "queries", buffer_as_text(queries) }, { "why", first->text }, { "file", text_from(digest) },
		{ "sheet", text_from(sheet) }, { "row", text_from(row) } },
	    7, err);
}

static int
write_log(const struct night *night, struct err *err)
{
	struct answers_undone *known = NULL;
	struct journal journal = { .fd = -1 };
	struct buffer queries;
	size_t count = 0;
	int result;

	if (night->answers.given_count == 0)
		return 0;
	buffer_init(&queries, JOURNAL_LINE_MAX);
	result = list_places(&night->log, false, &known, &count, err) != 0
		|| journal_open(&journal, night->data, err) != 0
	    ? -1
	    : 0;
	for (size_t i = 0; i < night->answers.given_count && result == 0; i++) {
		const struct answers_given *given = &night->answers.given[i];
		struct answers_undone place = { night->taken.at[given->first->file].sha256, given->first->row,
			given->first->sheet };

		if (count == 0 || bsearch(&place, known, count, sizeof(*known), place_order) == NULL)
			result = enter(night, given, &journal, &queries, err);
	}
	if (result == 0)
		result = journal_commit(&journal, err);
	journal_close(&journal);
	buffer_fini(&queries);
	free(known);
	return result;
}

int
answering_save(struct night *night, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (path_format(path, err, "%s/" ANSWERS_FILE, night->generation) != 0
	    || answers_save(&night->answers.answers, night->definitions.dataset, path, err) != 0)
		return -1;
	return write_log(night, err);
}

bool
answering_decided(const struct journal_log *log, uint64_t known)
{
	struct buffer word;
	bool decided = known > log->count;

	buffer_init(&word, JOURNAL_LINE_MAX);
	for (size_t i = (size_t)known; i < log->count && !decided; i++)
		decided = !is_explanation(log->at[i].line, &word)
		    && !text_eq(buffer_as_text(&word), TEXT(JOURNAL_PURGE_DONE));
	buffer_fini(&word);
	return decided;
}

uint64_t
answering_number(const struct journal_log *log, const struct sha256 *file, uint16_t sheet, uint32_t row)
{
	struct answers_undone wanted = { *file, row, sheet }, place = { 0 };
	struct buffer word;
	uint64_t number = 0;

	buffer_init(&word, JOURNAL_LINE_MAX);
	for (size_t i = log->count; i-- > 0 && number == 0;) {
		if (is_explanation(log->at[i].line, &word) && read_place(log->at[i].line, &place, &word)
		    && place_order(&place, &wanted) == 0)
			number = log->at[i].number;
	}
	buffer_fini(&word);
	return number;
}
