/*
 * held.c - see held.h.
 */
#include "ops/yici/held.h"

#include <stdlib.h>

#include "ops/yici/explain.h"

static int
on_member(void *self, const struct link *link, struct text values, struct err *err)
{
	struct held *held = self;
	struct merge_member *member = &held->members[held->count];

	if (held->count == HELD_MEMBERS_MAX)
		return err_set(err, ERR_INPUT, "the student has more than %d records", HELD_MEMBERS_MAX);
	memcpy(held->ids[held->count], link->id, RECORD_ID_BYTES);
	*member = (struct merge_member){ .id = held->ids[held->count],
		.source = held->store.sources[link->source],
		.source_no = link->source,
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

static int
on_record(void *self, const struct link *link, struct text values, struct err *err)
{
	struct held *held = self;

	(void)values;
	(void)err;
	memcpy(held->student, link->student, STUDENT_ID_BYTES);
	return 0;
}

int
held_find(struct held *held, struct text words,
    void (*moved)(const struct held *held, const uint8_t *from, const uint8_t *to), struct err *err)
{
	uint8_t id[STUDENT_ID_BYTES], next[STUDENT_ID_BYTES];
	bool is_id = hex_parse(words, id, sizeof(id));
	struct link link;
	int got;

	held->count = 0;
	arena_reset(&held->arena);
	if (!is_id) {
		if (explain_row(&held->files, &held->store, words, &link, err) != 0)
			return -1;
		memcpy(id, link.student, sizeof(id));
	}
	memcpy(held->student, id, sizeof(id));
	while ((got = store_retired(&held->store, held->student, next, err)) == 1) {
		if (moved != NULL)
			moved(held, held->student, next);
		memcpy(held->student, next, sizeof(next));
	}
	if (got < 0 || store_student(&held->store, held->student, on_member, held, err) != 0)
		return -1;
	if (held->count == 0 && is_id && (got = store_record(&held->store, id, on_record, held, err)) != 0
	    && (got < 0 || store_student(&held->store, held->student, on_member, held, err) != 0))
		return -1;
	return held->count > 0 ? 0 : err_set(err, ERR_INPUT, "no student has this id");
}

struct held *
held_open(struct command *command, const char *data, struct err *err)
{
	struct held *held = calloc(1, sizeof(*held));
	char older[FILE_PATH_MAX];

	if (held == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		return NULL;
	}
	held->command = command;
	held->state.lock = -1;
	held->store.records.fd = held->store.changed.fd = -1;
	arena_init(&held->arena, (size_t)256 << 20);
	if (definitions_load(command, data, &held->definitions, err) != 0 || state_open(&held->state, data, err) != 0)
		goto fail;
	if (held->state.current[0] == '\0') {
		err_set(err, ERR_INPUT, "%s holds no run yet", data);
		goto fail;
	}
	if (taken_load(&held->files, &held->state, err) != 0
	    || store_open(&held->store, &held->state, held->definitions.dataset, held->definitions.sources, err) != 0
	    || store_records(&held->store, err) != 0 || journal_load(&held->log, data, err) != 0
	    || state_path(&held->state, older, DECISIONS_PINS, err) != 0
	    || decisions_read(&held->decisions, &held->log, held->definitions.dataset, older, err) != 0)
		goto fail;
	return held;
fail:
	held_close(held);
	return NULL;
}

void
held_close(struct held *held)
{
	if (held == NULL)
		return;
	store_close(&held->store);
	taken_free(&held->files);
	decisions_free(&held->decisions);
	journal_free(&held->log);
	state_close(&held->state);
	definitions_free(&held->definitions);
	arena_fini(&held->arena);
	free(held);
}
