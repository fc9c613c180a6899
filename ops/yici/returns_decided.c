/*
 * returns_decided.c - what people decided of what forms said: entries of the log of decisions,
 *
 *   action "form": case, values (said_values() in hexadecimal), value, student, owner, header
 *
 * A decision holds as long as the case says what it said then.
 */
#include <stdlib.h>

#include "consumers/consolidate/decisions.h"
#include "core/record/flat_json.h"
#include "ops/yici/returns_judge.h"

static int
by_name(const void *a, const void *b)
{
	const struct said_decision *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* 1, 0 when the entry is another, -1. */
static int
read_entry(struct said_decisions *decisions, const struct journal_entry *entry, struct buffer *word, struct err *err)
{
	struct said_decision *one = &decisions->at[decisions->count];
	uint8_t values[8];

	if (!flat_json_string(entry->line, TEXT("action"), word) || !text_eq(buffer_as_text(word), TEXT(SAID_ACTION)))
		return 0;
	*one = (struct said_decision){ .number = entry->number };
	if (!flat_json_string(entry->line, TEXT("case"), word) || word->len >= sizeof(one->name))
		return err_set(err, ERR_STOP, "a decision on a form does not hold together");
	memcpy(one->name, word->at, word->len);
	if (!flat_json_string(entry->line, TEXT("values"), word)
	    || !hex_parse(buffer_as_text(word), values, sizeof(values)))
		return err_set(err, ERR_STOP, "a decision on a form does not hold together");
	for (size_t i = 0; i < sizeof(values); i++)
		one->values = one->values << 8 | values[i];
	if (!flat_json_string(entry->line, TEXT("value"), word))
		buffer_clear(word);
	one->value = arena_text(&decisions->arena, buffer_as_text(word));
	return one->value.at != NULL ? 1 : err_set(err, ERR_RETRY, "out of memory for decisions");
}

int
said_decisions_read(struct said_decisions *decisions, const struct journal_log *log, struct err *err)
{
	bool *active = NULL;
	struct buffer word;
	int got = 0;

	*decisions = (struct said_decisions){ 0 };
	arena_init(&decisions->arena, SIZE_MAX / 4);
	decisions->at = calloc(log->count + 1, sizeof(*decisions->at));
	if (decisions->at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for decisions");
	if (decisions_active(log, &active, err) != 0)
		return -1;
	buffer_init(&word, JOURNAL_LINE_MAX);
	for (size_t i = 0; i < log->count && got >= 0; i++) {
		got = active[i] ? read_entry(decisions, &log->at[i], &word, err) : 0;
		decisions->count += got == 1;
	}
	buffer_fini(&word);
	free(active);
	if (decisions->count > 1)
		qsort(decisions->at, decisions->count, sizeof(*decisions->at), by_name);
	return got < 0 ? -1 : 0;
}

void
said_decisions_free(struct said_decisions *decisions)
{
	free(decisions->at);
	arena_fini(&decisions->arena);
	*decisions = (struct said_decisions){ 0 };
}

const struct said_decision *
said_decided(const struct said_decisions *decisions, const struct said *said, size_t count)
{
	uint64_t values = said_values(said, count);
	char name[SAID_CASE_MAX];

	said_case(said, name);
	for (size_t i = decisions->count; i-- > 0;) { /* the last of a case counts */
		if (strcmp(decisions->at[i].name, name) == 0)
			return decisions->at[i].values == values ? &decisions->at[i] : NULL;
	}
	return NULL;
}
