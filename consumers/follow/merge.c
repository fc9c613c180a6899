/*
 * merge.c - see merge.h. An entry of the runs is key, offset, a byte that says "gone" (1) or not, then the value.
 */
#include "consumers/follow/merge.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/record/flat_json.h"

#define OUT_BYTES ((size_t)256 * 1024)
#define LINE_BYTES_MAX (SORTED_ENTRY_MAX - 64)
#define HEAD_BYTES (SORTED_KEY_BYTES + 8 + 1)
#define KEYED_BYTES                                                                                                    \
	(sizeof("{\"" MERGE_KEY "\":\"") + 2 * SORTED_KEY_BYTES                                                        \
	    + sizeof("\",")) /* at the most, before the rest of a value */

/* The line of a view: its key, then what the value says. How many bytes it has. */
static size_t
put_keyed(char *out, const uint8_t *id, struct text value)
{
	char hex[2 * SORTED_KEY_BYTES + 1];
	int len;

	hex_of(id, SORTED_KEY_BYTES, hex);
	len = sprintf(out, "{\"" MERGE_KEY "\":\"%s\"%s", hex, value.len > 2 ? "," : "");
	memcpy(out + len, value.at + 1, value.len - 1);
	return (size_t)len + value.len - 1;
}

int
merge_add(struct runs_writer *said, struct text key, int64_t offset, struct text value, bool keyed, struct err *err)
{
	uint8_t id[SORTED_KEY_BYTES];
	bool gone = value.at == NULL;
	char *room;

	if (key.len != 2 * sizeof(id) || !hex_parse(key, id, sizeof(id)))
		return err_set(err, ERR_INPUT, "a message's key is no student id");
	if (!gone
	    && (value.len == 0 || value.len > LINE_BYTES_MAX || memchr(value.at, '\n', value.len) != NULL
		|| !utf8_valid(value.at, value.len)))
		return err_set(err, ERR_INPUT, "a message's value is not one line of text");
	if (!gone && keyed && (value.len < 2 || value.at[0] != '{'))
		return err_set(err, ERR_INPUT, "a message's value is no object");
	room = runs_room(said, HEAD_BYTES + KEYED_BYTES + value.len, err);
	if (room == NULL)
		return -1;
	memcpy(room, id, sizeof(id));
	memcpy(room + sizeof(id), &offset, sizeof(offset));
	room[HEAD_BYTES - 1] = gone;
	if (!gone && keyed)
		value.len = put_keyed(room + HEAD_BYTES, id, value);
	else if (!gone)
		memcpy(room + HEAD_BYTES, value.at, value.len);
	runs_put(said, HEAD_BYTES + (gone ? 0 : value.len));
	return 0;
}

/* The lines of a file, each with its student's id. */
struct lines {
	FILE *file;
	char *at;
	size_t size;
	struct text line; /* without its end */
	uint8_t id[SORTED_KEY_BYTES];
	struct buffer text;
};

/* The next line: 1, 0 at the end, -1. */
static int
lines_next(struct lines *lines, struct err *err)
{
	struct flat_json json;
	struct flat_member id;
	ssize_t got;

	if (lines->file == NULL)
		return 0;
	got = getline(&lines->at, &lines->size, lines->file);
	if (got < 0)
		return ferror(lines->file) ? err_errno(err, ERR_RETRY, "reading the lines") : 0;
	lines->line = (struct text){ lines->at, (size_t)got - (lines->at[got - 1] == '\n') };
	json = (struct flat_json){ lines->line,
		0 }; /* the id comes first: "student_id", of another dataset "teacher_id", of a view "key" */
	if (flat_json_next(&json, &id) <= 0 || (!text_ends(id.name, TEXT("_id")) && !text_eq(id.name, TEXT(MERGE_KEY)))
	    || id.kind != FLAT_STRING || id.value.len != 2 * SORTED_KEY_BYTES
	    || !hex_parse(id.value, lines->id, SORTED_KEY_BYTES))
		return err_set(err, ERR_INPUT, "a line does not begin with an id");
	return 1;
}

/* What is said of one student in the end. */
struct said {
	struct runs_cursor cursor;
	bool ahead;        /* ${next} was read beyond the student */
	struct text next;  /* an entry */
	struct buffer one; /* the entry that counts, copied */
};

static int64_t
entry_offset(struct text entry)
{
	int64_t offset;

	memcpy(&offset, entry.at + SORTED_KEY_BYTES, sizeof(offset));
	return offset;
}

/* The next student: 1 with its entry in ${one}, 0, -1. */
static int
said_next(struct said *said, struct err *err)
{
	int got = 1;

	if (!said->ahead)
		got = runs_next(&said->cursor, &said->next, err);
	said->ahead = false;
	if (got != 1)
		return got;
	buffer_clear(&said->one);
	buffer_text(&said->one, said->next);
	while ((got = runs_next(&said->cursor, &said->next, err)) == 1) {
		if (memcmp(said->next.at, said->one.at, SORTED_KEY_BYTES) != 0) {
			said->ahead = true;
			break;
		}
		if (entry_offset(said->next) > entry_offset(buffer_as_text(&said->one))) {
			buffer_clear(&said->one);
			buffer_text(&said->one, said->next);
		}
	}
	if (got < 0)
		return -1;
	return buffer_failed(&said->one) ? err_set(err, ERR_RETRY, "memory is short") : 1;
}

struct merge {
	struct lines lines;
	struct said said;
	struct merge_result *result;
	int fd;
	struct buffer out;
	struct sha256_state *digest;
};

static int
write_out(struct merge *merge, struct err *err)
{
	if (buffer_failed(&merge->out))
		return err_set(err, ERR_RETRY, "memory is short");
	sha256_add(merge->digest, merge->out.at, merge->out.len);
	if (file_write(merge->fd, merge->out.at, merge->out.len, err) != 0)
		return -1;
	buffer_clear(&merge->out);
	return 0;
}

static int
put_line(struct merge *merge, struct text line, struct err *err)
{
	buffer_text(&merge->out, line);
	buffer_char(&merge->out, '\n');
	merge->result->lines++;
	return merge->out.len < OUT_BYTES ? 0 : write_out(merge, err);
}

/* What is said of a student, in place of ${old} (at NULL: he is new). */
static int
put_said(struct merge *merge, struct text old, struct err *err)
{
	struct text entry = buffer_as_text(&merge->said.one);
	struct text value = { entry.at + HEAD_BYTES, entry.len - HEAD_BYTES };

	if (entry.at[HEAD_BYTES - 1] != 0) {
		merge->result->removed += old.at != NULL;
		return 0;
	}
	if (old.at == NULL)
		merge->result->added++;
	else if (!text_eq(old, value))
		merge->result->changed++;
	return put_line(merge, value, err);
}

static int
walk(struct merge *merge, struct err *err)
{
	int lines = lines_next(&merge->lines, err), said = lines < 0 ? -1 : said_next(&merge->said, err);

	while (lines > 0 || said > 0) {
		int order = lines <= 0 ? 1
		    : said <= 0        ? -1
				       : memcmp(merge->lines.id, merge->said.one.at, SORTED_KEY_BYTES);

		if (lines < 0 || said < 0)
			break;
		if (order < 0 ? put_line(merge, merge->lines.line, err) != 0
			      : put_said(merge, order == 0 ? merge->lines.line : (struct text){ 0 }, err) != 0)
			return -1;
		if (order <= 0)
			lines = lines_next(&merge->lines, err);
		if (order >= 0 && lines >= 0)
			said = said_next(&merge->said, err);
	}
	return lines < 0 || said < 0 ? -1 : write_out(merge, err);
}

int
merge_files(const char *old, const char *folder, const char *new, struct merge_result *result, struct err *err)
{
	struct merge merge = { .fd = -1, .result = result };
	struct runs runs = { 0 };
	int status = -1;

	*result = (struct merge_result){ 0 };
	buffer_init(&merge.out, OUT_BYTES + SORTED_ENTRY_MAX);
	buffer_init(&merge.said.one, SORTED_ENTRY_MAX);
	buffer_init(&merge.lines.text, LINE_BYTES_MAX);
	merge.digest = sha256_new();
	if (merge.digest == NULL) {
		err_set(err, ERR_RETRY, "memory is short");
		goto done;
	}
	if (runs_open(&runs, folder, MERGE_RUNS, err) != 0 || runs_seek(&merge.said.cursor, &runs, NULL, NULL, err) != 0)
		goto done;
	if (old != NULL && (merge.lines.file = fopen(old, "re")) == NULL) {
		err_errno(err, ERR_STOP, "%s", old);
		goto done;
	}
	merge.fd = file_create(new, err);
	if (merge.fd < 0)
		goto done;
	status = walk(&merge, err);
	if (status == 0) {
		status = file_sync_close(merge.fd, err);
		merge.fd = -1;
	}
	if (status == 0) {
		result->sha256 = sha256_end(merge.digest);
		merge.digest = NULL;
	}
done:
	if (merge.fd >= 0)
		close(merge.fd);
	if (merge.lines.file != NULL)
		fclose(merge.lines.file);
	free(merge.lines.at);
	sha256_free(merge.digest);
	runs_cursor_fini(&merge.said.cursor);
	runs_close(&runs);
	buffer_fini(&merge.out);
	buffer_fini(&merge.said.one);
	buffer_fini(&merge.lines.text);
	return status;
}
