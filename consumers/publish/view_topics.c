/*
 * view_topics.c - see view_topics.h. For each topic the digests of the last night and tonight's rows are read side by side, both in the
 * order of tokens.
 */
#include "consumers/publish/view_topics.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/base/file.h"

#define STATE_KIND 8
#define NUMBER_BYTES 2
#define REST_BYTES (NUMBER_BYTES + VIEW_TOKEN_BYTES - SORTED_KEY_BYTES) /* of a token, behind the key */
#define DIGEST_BYTES 16
#define OUT_STEP ((size_t)4 << 20)
#define GONE UINT32_MAX

struct entry {
	uint8_t key[SORTED_KEY_BYTES], rest[REST_BYTES], digest[DIGEST_BYTES];
};
_Static_assert(sizeof(struct entry) == 34, "no padding: written as it stands");

struct writing {
	struct view_topics *topics;
	struct sorted_packer packer;
	struct buffer state, messages, json;
	int state_fd, messages_fd;
	struct runs_writer *members;
	struct sha256_state *digest; /* of the messages of the topic at hand */
};

static int
flush(struct buffer *out, int fd, size_t beyond, struct err *err)
{
	if (buffer_failed(out))
		return err_set(err, ERR_RETRY, "out of memory for the topics of views");
	if (out->len <= beyond)
		return 0;
	if (file_write(fd, out->at, out->len, err) != 0)
		return -1;
	buffer_clear(out);
	return 0;
}

/* A message; ${value}.at NULL: a tombstone. */
static int
tell(struct writing *writing, size_t number, const uint8_t *token, struct text value, struct err *err)
{
	uint16_t topic = (uint16_t)number;
	uint32_t len = value.at == NULL ? GONE : (uint32_t)value.len;

	buffer_add(&writing->messages, &topic, sizeof(topic));
	buffer_add(&writing->messages, token, VIEW_TOKEN_BYTES);
	buffer_add(&writing->messages, &len, sizeof(len));
	buffer_text(&writing->messages, value);
	sha256_add(writing->digest, token, VIEW_TOKEN_BYTES);
	if (value.at == NULL)
		sha256_add(writing->digest, "", 1);
	else {
		sha256_add(writing->digest, value.at, value.len);
		sha256_add(writing->digest, "\n", 1);
	}
	return flush(&writing->messages, writing->messages_fd, OUT_STEP, err);
}

static int
hold(struct writing *writing, struct view_topic *topic, const struct entry *entry, struct err *err)
{
	topic->held++;
	return sorted_pack(&writing->packer, entry, sizeof(*entry), err) != 0
	    ? -1
	    : flush(&writing->state, writing->state_fd, OUT_STEP, err);
}

/* ---- one topic ---- */

/* What a topic was told last, one pupil after another. */
struct told {
	struct sorted_cursor cursor;
	struct entry entry;
	uint8_t token[VIEW_TOKEN_BYTES];
	int have;
};

static int
told_next(struct told *told, struct err *err)
{
	struct text entry;

	told->have = sorted_next(&told->cursor, &entry, err);
	if (told->have != 1)
		return told->have;
	if (entry.len != sizeof(told->entry))
		return told->have = err_set(err, ERR_STOP, "%s is not as it was written", VIEW_STATE);
	memcpy(&told->entry, entry.at, sizeof(told->entry));
	memcpy(told->token, told->entry.key + NUMBER_BYTES, SORTED_KEY_BYTES - NUMBER_BYTES);
	memcpy(told->token + SORTED_KEY_BYTES - NUMBER_BYTES, told->entry.rest, REST_BYTES);
	return 1;
}

/* Tonight's row of a pupil, of whom ${before} was told (NULL: nothing). */
static int
take_row(
    struct writing *writing, size_t number, size_t place, struct text row, const struct entry *before, struct err *err)
{
	struct view_topic *topic = &writing->topics->at[number];
	const uint8_t *token = (const uint8_t *)row.at + SORTED_KEY_BYTES, *student = token + VIEW_TOKEN_BYTES;
	size_t head = SORTED_KEY_BYTES + VIEW_TOKEN_BYTES + VIEW_STUDENT_BYTES;
	uint16_t member = (uint16_t)(writing->topics->member + number);
	uint8_t entry[VIEW_STUDENT_BYTES + sizeof(member)];
	struct sha256 digest;
	struct entry now;

	buffer_clear(&writing->json);
	view_json(topic->grant, (struct text){ row.at + head, row.len - head }, true, &writing->json);
	if (buffer_failed(&writing->json))
		return err_set(err, ERR_RETRY, "out of memory for the topics of views");
	digest = sha256_hmac(writing->topics->secret, VIEW_SECRET_BYTES, writing->json.at, writing->json.len);
	view_rows_key(now.key, place);
	memcpy(now.key + NUMBER_BYTES, token, SORTED_KEY_BYTES - NUMBER_BYTES);
	memcpy(now.rest, token + SORTED_KEY_BYTES - NUMBER_BYTES, REST_BYTES);
	memcpy(now.digest, digest.at, DIGEST_BYTES);
	if (hold(writing, topic, &now, err) != 0)
		return -1;
	if (before != NULL && memcmp(before->digest, now.digest, DIGEST_BYTES) == 0)
		return 0;
	topic->sent++;
	memcpy(entry, student, VIEW_STUDENT_BYTES);
	memcpy(entry + VIEW_STUDENT_BYTES, &member, sizeof(member));
	return tell(writing, number, token, buffer_as_text(&writing->json), err) != 0
	    ? -1
	    : runs_add(writing->members, entry, sizeof(entry), err);
}

/* A pupil of whom something was told and who is not among tonight's rows. */
static int
take_told(struct writing *writing, size_t number, size_t place, const struct told *told, struct err *err)
{
	struct view_topic *topic = &writing->topics->at[number];
	struct entry entry = told->entry;

	if (topic->kept) {
		view_rows_key(entry.key, place);
		memcpy(entry.key + NUMBER_BYTES, told->token, SORTED_KEY_BYTES - NUMBER_BYTES);
		return hold(writing, topic, &entry, err);
	}
	topic->gone++;
	return tell(writing, number, told->token, (struct text){ 0 }, err);
}

static int
compare(struct writing *writing, size_t number, size_t place, const struct sorted_file *old, const struct runs *rows,
    struct err *err)
{
	struct view_topic *topic = &writing->topics->at[number];
	struct runs_cursor cursor = { 0 };
	struct told told = { 0 };
	struct text row = { 0 };
	uint8_t from[SORTED_KEY_BYTES], to[SORTED_KEY_BYTES];
	bool was = topic->before != SIZE_MAX, is = topic->grant != NULL;
	int have = 0, result = -1;

	if (was) {
		view_rows_key(from, topic->before);
		view_rows_key(to, topic->before + 1);
		sorted_seek(&told.cursor, old, from, to);
	}
	if ((was && told_next(&told, err) < 0)
	    || (is
		&& (view_rows_seek(&cursor, rows, topic->rows, err) != 0 || (have = runs_next(&cursor, &row, err)) < 0)))
		goto done;
	while (told.have == 1 || have == 1) {
		int order = told.have != 1 ? 1
		    : have != 1            ? -1
					   : memcmp(told.token, row.at + SORTED_KEY_BYTES, VIEW_TOKEN_BYTES);

		if (order < 0 ? take_told(writing, number, place, &told, err) != 0
			      : take_row(writing, number, place, row, order == 0 ? &told.entry : NULL, err) != 0)
			goto done;
		if ((order <= 0 && told_next(&told, err) < 0)
		    || (order >= 0 && (have = runs_next(&cursor, &row, err)) < 0))
			goto done;
	}
	result = 0;
done:
	runs_cursor_fini(&cursor);
	if (was)
		sorted_cursor_fini(&told.cursor);
	return result;
}

/* ---- all of them ---- */

static void
put(struct buffer *out, const char *before, const char *name, struct text value)
{
	buffer_format(out, "%s\"%s\":", before, name);
	buffer_json_string(out, value);
}

/* Its line in the meta. */
static void
describe(struct buffer *meta, const struct view_topic *topic)
{
	const struct grant *grant = topic->grant;
	char hex[65];

	sha256_hex(grant != NULL ? &grant->sha256 : &topic->wording, hex);
	put(meta, "{", "grant", topic->id);
	put(meta, ",", "unit", topic->unit);
	put(meta, ",", "document", topic->document);
	put(meta, ",", "wording", text_from(hex));
	buffer_format(meta, ",\"held\":%llu}\n", (unsigned long long)topic->held);
}

/* The blocks of the state go into a scratch file: how many pupils there are stands in its head. */
static int
write_topics(struct writing *writing, const struct sorted_file *old, const struct runs *rows, struct buffer *meta,
    struct err *err)
{
	struct view_topics *topics = writing->topics;
	size_t place = 0;

	for (size_t i = 0; i < topics->count; i++) {
		struct view_topic *topic = &topics->at[i];
		struct sha256 digest;

		topic->sent = topic->gone = topic->held = 0;
		writing->digest = sha256_new();
		if (writing->digest == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the topics of views");
		if (compare(writing, i, place, old, rows, err) != 0)
			return -1;
		digest = sha256_end(writing->digest);
		writing->digest = NULL;
		sha256_hex(&digest, topic->sha256);
		if (topic->grant == NULL && !topic->kept)
			continue;
		describe(meta, topic);
		place++;
	}
	return sorted_pack_flush(&writing->packer, err) != 0 || flush(&writing->state, writing->state_fd, 0, err) != 0
	    ? -1
	    : flush(&writing->messages, writing->messages_fd, 0, err);
}

/* Head, the blocks out of ${blocks}, end. */
static int
join(const char *path, const char *blocks, const struct sorted_packer *packer, struct text meta, struct err *err)
{
	struct window window;
	struct buffer out;
	int fd = -1, got = 0, result = -1;

	buffer_init(&out, SIZE_MAX / 4);
	sorted_head(&out, STATE_KIND, meta);
	if (window_open(&window, blocks, err) != 0 || (fd = file_create(path, err)) < 0)
		goto done;
	while ((got = window_need(&window, 1, err)) == 1) {
		size_t len = window.in.len - window.pos;

		buffer_add(&out, window_at(&window), len);
		window_step(&window, len);
		if (flush(&out, fd, 0, err) != 0)
			goto done;
	}
	sorted_end(&out, packer->total_entries, packer->total_raw, packer->hash);
	if (got == 0)
		result = flush(&out, fd, 0, err);
done:
	window_close(&window);
	if (fd >= 0 && close(fd) != 0 && result == 0)
		result = err_errno(err, ERR_STOP, "cannot close %s", path);
	buffer_fini(&out);
	return result;
}

int
view_topics_write(struct view_topics *topics, struct err *err)
{
	struct writing writing = { .topics = topics, .state_fd = -1, .messages_fd = -1 };
	char blocks[FILE_PATH_MAX], messages[FILE_PATH_MAX];
	struct sorted_file old = { .fd = -1 };
	struct runs rows = { 0 };
	struct buffer meta;
	int result = -1;

	buffer_init(&writing.state, SIZE_MAX / 4);
	buffer_init(&writing.messages, SIZE_MAX / 4);
	buffer_init(&writing.json, SORTED_ENTRY_MAX);
	buffer_init(&meta, SIZE_MAX / 4);
	sorted_pack_init(&writing.packer, &writing.state, true);
	if (path_format(blocks, err, "%s/view-state", topics->work) != 0
	    || path_format(messages, err, "%s/" VIEW_MESSAGES, topics->work) != 0
	    || (topics->old != NULL && sorted_open(&old, topics->old, err) != 0)
	    || runs_open(&rows, topics->work, VIEW_TOPICS, err) != 0
	    || (writing.members = runs_writer_new(topics->work, VIEW_MEMBERS "-topics", 0, err)) == NULL
	    || (writing.state_fd = file_create(blocks, err)) < 0 || (writing.messages_fd = file_create(messages, err)) < 0
	    || write_topics(&writing, &old, &rows, &meta, err) != 0 || runs_finish(writing.members, err) != 0)
		goto done;
	if (buffer_failed(&meta))
		err_set(err, ERR_RETRY, "out of memory for the topics of views");
	else
		result = join(topics->state, blocks, &writing.packer, buffer_as_text(&meta), err);
done:
	sha256_free(writing.digest);
	runs_writer_free(writing.members);
	runs_close(&rows);
	if (old.fd >= 0)
		sorted_close(&old);
	if (writing.state_fd >= 0)
		close(writing.state_fd);
	if (writing.messages_fd >= 0)
		close(writing.messages_fd);
	sorted_pack_fini(&writing.packer);
	buffer_fini(&writing.state);
	buffer_fini(&writing.messages);
	buffer_fini(&writing.json);
	buffer_fini(&meta);
	return result;
}

/* ---- reading the messages back ---- */

int
view_message_next(struct window *window, struct view_message *message, struct err *err)
{
	size_t head = sizeof(message->topic) + VIEW_TOKEN_BYTES + sizeof(uint32_t);
	uint32_t len;
	int got = window_need(window, head, err);

	if (got != 1)
		return got < 0 || window_at_end(window) ? got : err_set(err, ERR_STOP, "%s is cut", VIEW_MESSAGES);
	memcpy(&len, window_at(window) + head - sizeof(len), sizeof(len));
	if (len != GONE && (got = window_need(window, head + len, err)) != 1)
		return got < 0 ? -1 : err_set(err, ERR_STOP, "%s is cut", VIEW_MESSAGES);
	memcpy(&message->topic, window_at(window), sizeof(message->topic));
	memcpy(message->token, window_at(window) + sizeof(message->topic), sizeof(message->token));
	message->value = len == GONE ? (struct text){ 0 } : (struct text){ window_at(window) + head, len };
	window_step(window, head + (len == GONE ? 0 : len));
	return 1;
}
