/*
 * members.c - see members.h.
 */
#include "ops/yici/members.h"

#include <stdlib.h>
#include <string.h>

#include "core/record/flat_json.h"

#define BYTES_MAX ((size_t)64 << 20)

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, MEMBERS_ID_BYTES);
}

int
members_keep(const char *data, uint8_t *ids, size_t count, char hex[65], struct err *err)
{
	char folder[FILE_PATH_MAX], path[FILE_PATH_MAX];
	struct sha256 digest;

	if (count > 1)
		qsort(ids, count, MEMBERS_ID_BYTES, by_id);
	digest = sha256_of(ids, count * MEMBERS_ID_BYTES);
	sha256_hex(&digest, hex);
	if (path_format(folder, err, "%s/state/" MEMBERS_NAME, data) != 0
	    || path_format(path, err, "%s/%s", folder, hex) != 0)
		return -1;
	if (file_exists(path))
		return 0;
	return file_make_folder(folder, err) != 0 ? -1 : file_write_named(path, ids, count * MEMBERS_ID_BYTES, err);
}

int
members_sync(const char *data, struct err *err)
{
	char folder[FILE_PATH_MAX];

	if (path_format(folder, err, "%s/state/" MEMBERS_NAME, data) != 0)
		return -1;
	return file_exists(folder) ? file_sync_folder(folder, err) : 0;
}

/* The ids; 1, or 0 when the file is gone or not what its name says, or -1. */
static int
read_ids(const char *data, struct text hex, struct buffer *ids, struct err *err)
{
	char path[FILE_PATH_MAX], is[65];
	uint8_t name[SHA256_BYTES];
	struct sha256 digest;

	if (!hex_parse(hex, name, sizeof(name))) /* it becomes a path */
		return 0;
	if (path_format(path, err, "%s/state/" MEMBERS_NAME "/%.*s", data, (int)hex.len, hex.at) != 0)
		return -1;
	if (!file_exists(path))
		return 0;
	if (file_read_all(path, ids, err) != 0)
		return -1;
	digest = sha256_of(ids->at, ids->len);
	sha256_hex(&digest, is);
	return text_eq(text_from(is), hex) && ids->len % MEMBERS_ID_BYTES == 0;
}

/*
 * The digest that took the place of ${hex}, which may be itself, into ${now}. Entries come in the order in which files were replaced, so one
 * walk follows all steps.
 */
static int
follow(const struct journal_log *log, struct text hex, char now[65], struct err *err)
{
	struct buffer word;
	int result = 0;

	now[0] = '\0';
	if (hex.len != 64)
		return 0;
	memcpy(now, hex.at, hex.len);
	now[hex.len] = '\0';
	buffer_init(&word, JOURNAL_LINE_MAX);
	if (buffer_room(&word, JOURNAL_LINE_MAX) == NULL)
		result = err_set(err, ERR_RETRY, "out of memory for the log of disclosures");
	for (size_t i = 0; i < log->count && result == 0; i++) {
		struct text line = log->at[i].line;

		if (flat_json_string(line, TEXT("action"), &word) && text_eq(buffer_as_text(&word), TEXT(MEMBERS_MOVED))
		    && flat_json_string(line, TEXT("was"), &word) && text_eq(buffer_as_text(&word), text_from(now))
		    && flat_json_string(line, TEXT("is"), &word) && word.len == 64)
			memcpy(now, word.at, word.len);
	}
	buffer_fini(&word);
	return result;
}

int
members_have(const struct journal_log *log, const char *data, struct text hex, const uint8_t *student, bool *have,
    struct err *err)
{
	struct buffer ids;
	char now[65];
	int got;

	buffer_init(&ids, BYTES_MAX);
	got = follow(log, hex, now, err) == 0 ? read_ids(data, text_from(now), &ids, err) : -1;
	if (got == 0)
		err_set(err, ERR_STOP, "who was in a filled form is not as it was written: yici audit DATA verify");
	else if (got > 0)
		*have = ids.len > 0
		    && bsearch(student, ids.at, ids.len / MEMBERS_ID_BYTES, MEMBERS_ID_BYTES, by_id) != NULL;
	buffer_fini(&ids);
	return got > 0 ? 0 : -1;
}

int
members_verify(const struct journal_log *log, const char *data, uint64_t *line, struct err *err)
{
	struct buffer word, ids;
	char now[65];
	int got = 1;

	*line = 0;
	buffer_init(&word, JOURNAL_LINE_MAX);
	buffer_init(&ids, BYTES_MAX);
	for (size_t i = 0; i < log->count && got > 0; i++) {
		if (!flat_json_string(log->at[i].line, TEXT(MEMBERS_NAME), &word)) {
			if (buffer_failed(&word)) /* a line must not pass for want of memory */
				got = err_set(err, ERR_RETRY, "out of memory for the log of disclosures");
			continue;
		}
		buffer_clear(&ids);
		got = follow(log, buffer_as_text(&word), now, err) == 0 ? read_ids(data, text_from(now), &ids, err) : -1;
		if (got == 0)
			*line = i + 1;
	}
	buffer_fini(&word);
	buffer_fini(&ids);
	return got < 0 ? -1 : 0;
}

/* ---- purging ---- */

/* The file of digest ${hex}, when it holds one of them, anew without: said in the log first, so that it is never missed. */
static int
purge_one(const char *data, const char *hex, struct text who, const struct strip_ids *students, struct err *err)
{
	struct journal journal = { .fd = -1 };
	char path[FILE_PATH_MAX], is[65];
	struct buffer ids;
	size_t kept = 0;
	int result = -1;

	buffer_init(&ids, BYTES_MAX);
	if (path_format(path, err, "%s/state/" MEMBERS_NAME "/%s", data, hex) != 0
	    || file_read_all(path, &ids, err) != 0)
		goto done;
	for (size_t i = 0; i + MEMBERS_ID_BYTES <= ids.len; i += MEMBERS_ID_BYTES) {
		if (strip_has(students, ids.at + i))
			continue;
		memmove(ids.at + kept, ids.at + i, MEMBERS_ID_BYTES);
		kept += MEMBERS_ID_BYTES;
	}
	result = 0;
	if (kept == ids.len)
		goto done;
	result = -1;
	if (members_keep(data, (uint8_t *)ids.at, kept / MEMBERS_ID_BYTES, is, err) == 0 && members_sync(data, err) == 0
	    && journal_open_named(&journal, data, JOURNAL_DISCLOSURES, err) == 0
	    && journal_add(&journal, who, MEMBERS_MOVED,
		   (struct journal_member[]){ { "was", text_from(hex) }, { "is", text_from(is) } }, 2, err)
		== 0
	    && journal_commit(&journal, err) == 0)
		result = file_remove_all(path, err);
	journal_close(&journal);
done:
	buffer_fini(&ids);
	return result;
}

int
members_purge(const char *data, struct text who, const struct strip_ids *students, struct err *err)
{
	char folder[FILE_PATH_MAX], **names;
	size_t count;
	int result = 0;

	if (path_format(folder, err, "%s/state/" MEMBERS_NAME, data) != 0)
		return -1;
	if (!file_exists(folder))
		return 0;
	if (file_list(folder, &names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		uint8_t digest[SHA256_BYTES];

		if (hex_parse(text_from(names[i]), digest, sizeof(digest)))
			result = purge_one(data, names[i], who, students, err);
	}
	free(names);
	return result;
}
