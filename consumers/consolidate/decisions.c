/*
 * decisions.c - see decisions.h.
 */
#include "consumers/consolidate/decisions.h"

#include <stdlib.h>

#include "core/record/flat_json.h"

#define RECORDS_MAX DECISIONS_RECORDS_MAX

static const char *const words[DECISIONS_WORDS] = { [DECIDED_SAME] = "same",
	[DECIDED_DIFFERENT] = "different",
	[DECIDED_TWINS] = "twins",
	[DECIDED_RENUMBERED] = "renumbered",
	[DECIDED_WRONG_ROW] = "wrong_row" };

const char *
decisions_word(enum decided_kind kind)
{
	return words[kind];
}

bool
decisions_kind(struct text word, enum decided_kind *kind)
{
	for (int i = 0; i < DECISIONS_WORDS; i++) {
		if (text_eq(word, text_from(words[i]))) {
			*kind = (enum decided_kind)i;
			return true;
		}
	}
	return false;
}

/* An edge on its way, with the number of its decision. */
struct edge {
	struct decided decided;
	uint64_t number;
};

struct reading {
	struct decisions *to;
	const struct dataset *dataset;
	struct edge *edges;
	size_t edge_count, edge_room;
	struct pin *pins;
	size_t pin_count;
	struct buffer word;
};

static int
broken(uint64_t number, struct err *err)
{
	return err_set(err, ERR_STOP, "decision %llu does not say what it must", (unsigned long long)number);
}

int
decisions_active(const struct journal_log *log, bool **active, struct err *err)
{
	bool *at = malloc(log->count + 1);
	struct buffer word;

	if (at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for decisions");
	memset(at, true, log->count + 1);
	buffer_init(&word, JOURNAL_LINE_MAX);
	/* what takes back comes later than what it takes back: from the end, each is settled when its turn comes */
	for (size_t i = log->count; i-- > 0;) {
		uint64_t of;

		if (!at[i] || !flat_json_string(log->at[i].line, TEXT("action"), &word)
		    || !text_eq(buffer_as_text(&word), TEXT("undo")))
			continue;
		if (flat_json_string(log->at[i].line, TEXT("of"), &word) && text_to_u64(buffer_as_text(&word), &of)
		    && of > 0 && of <= i)
			at[of - 1] = false;
	}
	buffer_fini(&word);
	*active = at;
	return 0;
}

static int
add_edge(struct reading *reading, uint64_t number, enum decided_kind kind, const uint8_t *a, const uint8_t *b,
    uint64_t content, struct err *err)
{
	struct edge *edge;

	if (reading->edge_count == reading->edge_room) {
		size_t room = reading->edge_room == 0 ? 64 : reading->edge_room * 2;
		struct edge *more = realloc(reading->edges, room * sizeof(*more));

		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory for decisions");
		reading->edges = more;
		reading->edge_room = room;
	}
	edge = &reading->edges[reading->edge_count++];
	*edge = (struct edge){ .decided = { .content = content, .kind = (uint8_t)kind }, .number = number };
	if (b != NULL && kind != DECIDED_RENUMBERED && memcmp(a, b, RECORD_ID_BYTES) > 0) {
		const uint8_t *swap = a;

		a = b;
		b = swap;
	}
	memcpy(edge->decided.a, a, RECORD_ID_BYTES);
	if (b != NULL)
		memcpy(edge->decided.b, b, RECORD_ID_BYTES);
	return 0;
}

/* The next word of ${list}, parted by spaces; false at the end. */
static bool
next_word(struct text *list, struct text *word)
{
	size_t len = 0;

	while (list->len > 0 && *list->at == ' ')
		*list = (struct text){ list->at + 1, list->len - 1 };
	while (len < list->len && list->at[len] != ' ')
		len++;
	*word = (struct text){ list->at, len };
	*list = (struct text){ list->at + len, list->len - len };
	return len > 0;
}

static int
read_decide(struct reading *reading, const struct journal_entry *entry, struct err *err)
{
	uint8_t records[RECORDS_MAX][RECORD_ID_BYTES];
	uint64_t content[RECORDS_MAX] = { 0 };
	enum decided_kind kind;
	struct text list, word;
	size_t count = 0, contents = 0;

	if (!flat_json_string(entry->line, TEXT("decision"), &reading->word)
	    || !decisions_kind(buffer_as_text(&reading->word), &kind)
	    || !flat_json_string(entry->line, TEXT("records"), &reading->word))
		return broken(entry->number, err);
	for (list = buffer_as_text(&reading->word); next_word(&list, &word); count++) {
		if (count == RECORDS_MAX || !hex_parse(word, records[count], RECORD_ID_BYTES))
			return broken(entry->number, err);
	}
	if (kind == DECIDED_WRONG_ROW) {
		if (!flat_json_string(entry->line, TEXT("content"), &reading->word))
			return broken(entry->number, err);
		for (list = buffer_as_text(&reading->word); next_word(&list, &word); contents++) {
			uint8_t bytes[8];

			if (contents == count || !hex_parse(word, bytes, sizeof(bytes)))
				return broken(entry->number, err);
			for (size_t i = 0; i < sizeof(bytes); i++)
				content[contents] = content[contents] << 8 | bytes[i];
		}
		if (contents != count || count == 0)
			return broken(entry->number, err);
		for (size_t i = 0; i < count; i++) {
			if (add_edge(reading, entry->number, kind, records[i], NULL, content[i], err) != 0)
				return -1;
		}
		return 0;
	}
	if (count < 2 || (kind == DECIDED_RENUMBERED && count != 2))
		return broken(entry->number, err);
	for (size_t i = 0; i < count; i++) {
		/* same: a chain is enough; else each with each */
		for (size_t j = i + 1; j < (kind == DECIDED_SAME && i + 2 < count ? i + 2 : count); j++) {
			if (memcmp(records[i], records[j], RECORD_ID_BYTES) == 0)
				return broken(entry->number, err);
			if (add_edge(reading, entry->number, kind, records[i], records[j], 0, err) != 0)
				return -1;
		}
	}
	return 0;
}

static bool
has_expired(const struct decisions *decisions, uint64_t number)
{
	for (size_t i = 0; i < decisions->expired_count; i++) {
		if (decisions->expired[i] == number)
			return true;
	}
	return false;
}

/* A pin out of a flat object, whose number is known; ${*known} false when the dataset no longer has its field. */
static int
read_pin(struct reading *reading, struct text line, uint64_t number, struct pin *pin, bool *known, struct err *err)
{
	const struct field *field;

	*pin = (struct pin){ .number = number };
	if (!flat_json_string(line, TEXT("record"), &reading->word)
	    || !hex_parse(buffer_as_text(&reading->word), pin->record, RECORD_ID_BYTES)
	    || !flat_json_string(line, TEXT("field"), &reading->word))
		return broken(number, err);
	field = dataset_field(reading->dataset, buffer_as_text(&reading->word));
	*known = field != NULL;
	if (!*known)
		return 0;
	pin->field = field->number;
	if (!flat_json_string(line, TEXT("value"), &reading->word) || reading->word.len == 0)
		return broken(number, err);
	pin->value = arena_text(&reading->to->arena, buffer_as_text(&reading->word));
	return pin->value.at != NULL ? 0 : err_set(err, ERR_RETRY, "out of memory for decisions");
}

static int
pin_order(const void *a, const void *b)
{
	const struct pin *x = a, *y = b;
	int order = memcmp(x->record, y->record, RECORD_ID_BYTES);

	if (order != 0)
		return order;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int
edge_order(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;
	int order = memcmp(x->decided.a, y->decided.a, RECORD_ID_BYTES);

	if (order == 0)
		order = memcmp(x->decided.b, y->decided.b, RECORD_ID_BYTES);
	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* Of several edges between the same two records the latest; a pair and its mirror (renumbered) are two. */
static int
keep_edges(struct reading *reading, struct err *err)
{
	struct decisions *to = reading->to;

	to->decided = calloc(reading->edge_count + 1, sizeof(*to->decided));
	if (to->decided == NULL)
		return err_set(err, ERR_RETRY, "out of memory for decisions");
	if (reading->edge_count > 0)
		qsort(reading->edges, reading->edge_count, sizeof(*reading->edges), edge_order);
	for (size_t i = 0; i < reading->edge_count; i++) {
		const struct decided *edge = &reading->edges[i].decided;

		if (i + 1 < reading->edge_count && memcmp(edge, &reading->edges[i + 1].decided, 2 * RECORD_ID_BYTES) == 0)
			continue;
		to->decided[to->decided_count++] = *edge;
	}
	return 0;
}

/* Yesterday's pins: what was applied, and what had expired. */
static int
read_older(struct reading *reading, const char *path, struct err *err)
{
	struct decisions *to = reading->to;
	struct pin *older = NULL;
	struct buffer bytes;
	size_t lines = 0;
	int result = -1;

	buffer_init(&bytes, SIZE_MAX / 4);
	if (path != NULL && file_exists(path) && file_read_all(path, &bytes, err) != 0)
		goto done;
	for (size_t i = 0; i < bytes.len; i++)
		lines += bytes.at[i] == '\n';
	older = arena_take(&to->arena, (lines + 1) * sizeof(*older));
	to->expired = arena_take(&to->arena, (lines + 1) * sizeof(*to->expired));
	if (older == NULL || to->expired == NULL) {
		err_set(err, ERR_RETRY, "out of memory for decisions");
		goto done;
	}
	to->older.at = older;
	for (size_t pos = 0; pos < bytes.len;) {
		const char *end = memchr(bytes.at + pos, '\n', bytes.len - pos);
		struct text line = { bytes.at + pos, end != NULL ? (size_t)(end - bytes.at) - pos : bytes.len - pos };
		uint64_t number;
		bool known;

		pos += line.len + 1;
		if (end == NULL || !flat_json_number(line, TEXT("number"), &number)
		    || !flat_json_string(line, TEXT("state"), &reading->word)) {
			err_set(err, ERR_STOP, "%s is damaged", path);
			goto done;
		}
		if (text_eq(buffer_as_text(&reading->word), TEXT("expired")))
			to->expired[to->expired_count++] = number;
		else if (text_eq(buffer_as_text(&reading->word), TEXT("applied"))) {
			if (read_pin(reading, line, number, &older[to->older.count], &known, err) != 0)
				goto done;
			to->older.count += known;
		}
	}
	if (to->older.count > 0)
		qsort(older, to->older.count, sizeof(*older), pin_order);
	result = 0;
done:
	buffer_fini(&bytes);
	return result;
}

/* One entry that counts. */
static int
read_entry(struct reading *reading, const struct journal_entry *entry, struct err *err)
{
	bool known;

	if (!flat_json_string(entry->line, TEXT("action"), &reading->word))
		return broken(entry->number, err);
	if (text_eq(buffer_as_text(&reading->word), TEXT("decide")))
		return read_decide(reading, entry, err);
	if (!text_eq(buffer_as_text(&reading->word), TEXT("correct")) || has_expired(reading->to, entry->number))
		return 0;
	if (read_pin(reading, entry->line, entry->number, &reading->pins[reading->pin_count], &known, err) != 0)
		return -1;
	reading->pin_count += known;
	return 0;
}

int
decisions_read(struct decisions *decisions, const struct journal_log *log, const struct dataset *dataset,
    const char *older, struct err *err)
{
	struct reading reading = { .to = decisions, .dataset = dataset };
	bool *active = NULL;
	int result = -1;

	*decisions = (struct decisions){ 0 };
	arena_init(&decisions->arena, SIZE_MAX / 4);
	buffer_init(&reading.word, JOURNAL_LINE_MAX);
	reading.pins = arena_take(&decisions->arena, (log->count + 1) * sizeof(*reading.pins));
	if (reading.pins == NULL) {
		err_set(err, ERR_RETRY, "out of memory for decisions");
		goto done;
	}
	if (read_older(&reading, older, err) != 0 || decisions_active(log, &active, err) != 0)
		goto done;
	for (size_t i = 0; i < log->count; i++) {
		if (active[i] && read_entry(&reading, &log->at[i], err) != 0)
			goto done;
	}
	if (reading.pin_count > 0)
		qsort(reading.pins, reading.pin_count, sizeof(*reading.pins), pin_order);
	decisions->pins = (struct pins){ reading.pins, reading.pin_count };
	result = keep_edges(&reading, err);
done:
	buffer_fini(&reading.word);
	free(reading.edges);
	free(active);
	return result;
}

void
decisions_free(struct decisions *decisions)
{
	free(decisions->decided);
	arena_fini(&decisions->arena);
	*decisions = (struct decisions){ 0 };
}
