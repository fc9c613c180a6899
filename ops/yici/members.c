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
	return file_make_folder(folder, err) != 0 ? -1 : file_write_all(path, ids, count * MEMBERS_ID_BYTES, err);
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

int
members_have(const char *data, struct text hex, const uint8_t *student, bool *have, struct err *err)
{
	struct buffer ids;
	int got;

	buffer_init(&ids, BYTES_MAX);
	got = read_ids(data, hex, &ids, err);
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
		got = read_ids(data, buffer_as_text(&word), &ids, err);
		if (got == 0)
			*line = i + 1;
	}
	buffer_fini(&word);
	buffer_fini(&ids);
	return got < 0 ? -1 : 0;
}
