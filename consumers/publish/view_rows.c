/*
 * view_rows.c - see view_rows.h. A key is the grant's number in two bytes, high first, then the first 14 bytes of the token, or of the
 * student id where that is granted.
 */
#include "consumers/publish/view_rows.h"

#include <stdio.h>
#include <stdlib.h>

#define NUMBER_BYTES 2

struct view_writer {
	const struct views *views;
	struct runs_writer *rows, *members, *topics;
	struct buffer entry;
};

static void
put_number(uint8_t *key, size_t number)
{
	key[0] = (uint8_t)(number >> 8);
	key[1] = (uint8_t)number;
}

struct view_writer *
view_writer_new(const struct views *views, const char *folder, unsigned name, struct err *err)
{
	struct view_writer *writer = calloc(1, sizeof(*writer));
	char run[48];

	if (writer == NULL) {
		err_set(err, ERR_RETRY, "out of memory for views");
		return NULL;
	}
	writer->views = views;
	buffer_init(&writer->entry, SORTED_ENTRY_MAX);
	snprintf(run, sizeof(run), VIEW_ROWS "-%u", name);
	writer->rows = runs_writer_new(folder, run, 0, err);
	snprintf(run, sizeof(run), VIEW_MEMBERS "-%u", name);
	if (writer->rows != NULL)
		writer->members = runs_writer_new(folder, run, 0, err);
	snprintf(run, sizeof(run), VIEW_TOPICS "-%u", name);
	if (writer->members != NULL)
		writer->topics = runs_writer_new(folder, run, 0, err);
	if (writer->topics == NULL) {
		runs_writer_free(writer->rows);
		runs_writer_free(writer->members);
		free(writer);
		return NULL;
	}
	return writer;
}

/* Our own id is in the files of all who are granted it, so its order tells nothing more. */
static bool
gives_id(const struct grant *grant)
{
	for (size_t i = 0; i < grant->column_count; i++) {
		if (grant->columns[i].mask == MASK_STUDENT_ID)
			return true;
	}
	return false;
}

static int
put(struct view_writer *writer, size_t number, const uint8_t *student, const struct snapshot_value *values,
    size_t count, struct err *err)
{
	const struct grant *grant = writer->views->grants[number];
	uint8_t key[SORTED_KEY_BYTES], token[VIEW_TOKEN_BYTES];
	uint16_t of = (uint16_t)number;

	view_token(writer->views->secret, grant, student, token);
	put_number(key, number);
	memcpy(key + NUMBER_BYTES, gives_id(grant) ? student : token, sizeof(key) - NUMBER_BYTES);
	buffer_clear(&writer->entry);
	buffer_add(&writer->entry, key, sizeof(key));
	view_row(grant, student, token, values, count, &writer->entry);
	if (buffer_failed(&writer->entry))
		return err_set(err, ERR_RETRY, "out of memory for a row of a view");
	if (runs_add(writer->rows, writer->entry.at, writer->entry.len, err) != 0)
		return -1;
	buffer_clear(&writer->entry);
	buffer_add(&writer->entry, student, VIEW_STUDENT_BYTES);
	buffer_add(&writer->entry, &of, sizeof(of));
	return buffer_failed(&writer->entry) ? err_set(err, ERR_RETRY, "out of memory for a row of a view")
					     : runs_add(writer->members, writer->entry.at, writer->entry.len, err);
}

static int
put_topic(struct view_writer *writer, size_t number, const uint8_t *student, const struct snapshot_value *values,
    size_t count, struct err *err)
{
	const struct grant *grant = writer->views->topics[number];
	uint8_t key[SORTED_KEY_BYTES], token[VIEW_TOKEN_BYTES];
	struct buffer *entry = &writer->entry;

	view_token(writer->views->secret, grant, student, token);
	put_number(key, number);
	memcpy(key + NUMBER_BYTES, token, sizeof(key) - NUMBER_BYTES);
	buffer_clear(entry);
	buffer_add(entry, key, sizeof(key));
	buffer_add(entry, token, sizeof(token));
	buffer_add(entry, student, VIEW_STUDENT_BYTES);
	view_row(grant, student, token, values, count, entry);
	return buffer_failed(entry) ? err_set(err, ERR_RETRY, "out of memory for a row of a view")
				    : runs_add(writer->topics, entry->at, entry->len, err);
}

int
view_writer_put(struct view_writer *writer, const uint8_t student[VIEW_STUDENT_BYTES], struct text presence,
    const struct snapshot_value *values, size_t count, struct err *err)
{
	const struct views *views = writer->views;

	for (size_t i = 0; i < views->count; i++) {
		if (view_takes(views->dataset, views->grants[i], presence, values, count)
		    && put(writer, i, student, values, count, err) != 0)
			return -1;
	}
	for (size_t i = 0; i < views->topic_count; i++) {
		if (view_takes(views->dataset, views->topics[i], presence, values, count)
		    && put_topic(writer, i, student, values, count, err) != 0)
			return -1;
	}
	return 0;
}

int
view_writer_finish(struct view_writer *writer, struct err *err)
{
	int result = runs_finish(writer->rows, err);

	if (result == 0)
		result = runs_finish(writer->members, err);
	if (result == 0)
		result = runs_finish(writer->topics, err);
	runs_writer_free(writer->topics);
	runs_writer_free(writer->rows);
	runs_writer_free(writer->members);
	buffer_fini(&writer->entry);
	free(writer);
	return result;
}

void
view_rows_key(uint8_t key[SORTED_KEY_BYTES], size_t number)
{
	memset(key, 0, SORTED_KEY_BYTES);
	put_number(key, number);
}

int
view_rows_seek(struct runs_cursor *cursor, const struct runs *rows, size_t number, struct err *err)
{
	uint8_t from[SORTED_KEY_BYTES], to[SORTED_KEY_BYTES];

	view_rows_key(from, number);
	view_rows_key(to, number + 1);
	return runs_seek(cursor, rows, from, to, err);
}

int
view_rows_next(struct runs_cursor *cursor, struct text *row, struct err *err)
{
	int got = runs_next(cursor, row, err);

	if (got == 1)
		*row = (struct text){ row->at + SORTED_KEY_BYTES, row->len - SORTED_KEY_BYTES };
	return got;
}
