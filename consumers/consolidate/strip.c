/*
 * strip.c - see strip.h.
 */
#include "consumers/consolidate/strip.h"

#include <stdlib.h>
#include <unistd.h>

#include "consumers/consolidate/answers.h"
#include "consumers/consolidate/older.h"
#include "consumers/consolidate/store.h"
#include "core/base/digest.h"
#include "core/base/file.h"

#define OUT_STEP ((size_t)4 << 20) /* bytes that are written at once */

static int
id_order(const void *a, const void *b)
{
	return memcmp(a, b, RECORD_ID_BYTES);
}

bool
strip_has(const struct strip_ids *ids, const void *id)
{
	return ids->count > 0 && bsearch(id, ids->at, ids->count, RECORD_ID_BYTES, id_order) != NULL;
}

/* ---- sorted files ---- */

static int
put_out(int fd, struct buffer *out, struct err *err)
{
	if (buffer_failed(out))
		return err_set(err, ERR_RETRY, "out of memory for a file of the state");
	if (file_write(fd, out->at, out->len, err) != 0)
		return -1;
	buffer_clear(out);
	return 0;
}

static int
copy_entries(const struct strip_ids *keys, const struct sorted_file *file, int fd, uint64_t *left_out, struct err *err)
{
	struct sorted_cursor cursor = { 0 };
	struct sorted_packer packer;
	struct buffer out;
	struct text entry;
	int got, result = -1;

	buffer_init(&out, SIZE_MAX / 4);
	sorted_pack_init(&packer, &out, true);
	sorted_head(&out, file->kind, file->meta);
	sorted_seek(&cursor, file, NULL, NULL);
	while ((got = sorted_next(&cursor, &entry, err)) == 1) {
		if (strip_has(keys, entry.at))
			++*left_out;
		else if (sorted_pack(&packer, entry.at, entry.len, err) != 0)
			goto done;
		if (out.len >= OUT_STEP && put_out(fd, &out, err) != 0)
			goto done;
	}
	if (got == 0 && sorted_pack_flush(&packer, err) == 0) {
		sorted_end(&out, packer.total_entries, packer.total_raw, packer.hash);
		result = put_out(fd, &out, err);
	}
done:
	sorted_cursor_fini(&cursor);
	sorted_pack_fini(&packer);
	buffer_fini(&out);
	return result;
}

int
strip_sorted(const struct strip_ids *keys, const char *from, const char *to, uint64_t *left_out, struct err *err)
{
	struct sorted_file file = { .fd = -1 };
	int fd, result = -1;

	if (!file_exists(from))
		return 0;
	if (sorted_open(&file, from, err) != 0)
		return -1;
	fd = file_create(to, err);
	if (fd >= 0) {
		result = copy_entries(keys, &file, fd, left_out, err);
		if (close(fd) != 0 && result == 0)
			result = err_errno(err, ERR_STOP, "cannot close %s", to);
	}
	sorted_close(&file);
	return result;
}

/* ---- links and what goes by their numbers ---- */

static int
strip_links(const struct strip *strip, const char *from, const char *to, const struct olders *before,
    struct olders *olders, uint64_t *left_out, struct err *err)
{
	struct links_reader reader = { .fd = -1 };
	struct links_writer writer = { .fd = -1 };
	const struct link *link;
	size_t older = 0;
	int got, result = -1;

	if (links_open(&reader, from, NULL, NULL, err) != 0)
		return -1;
	if (links_create(&writer, to, err) != 0)
		goto done;
	while ((got = links_next(&reader, &link, err)) == 1) {
		uint64_t number = links_number(&reader);

		while (older < before->count && before->at[older].link < number)
			older++;
		if (strip_has(&strip->records, link->id)) {
			++*left_out;
			continue;
		}
		if (older < before->count && before->at[older].link == number) {
			struct older moved = before->at[older];

			moved.link = (uint32_t)writer.entries;
			if (olders_add(olders, &moved, err) != 0)
				goto done;
		}
		if (links_put(&writer, link, err) != 0)
			goto done;
	}
	if (got == 0 && links_flush(&writer, err) == 0)
		result = links_finish(&writer, err);
done:
	links_writer_fini(&writer);
	links_close(&reader);
	return result;
}

static int
strip_records(const struct strip *strip, const char *from, const char *to, struct strip_counts *counts, struct err *err)
{
	char links[FILE_PATH_MAX], stripped[FILE_PATH_MAX], olders_path[FILE_PATH_MAX];
	struct olders before = { 0 }, olders = { 0 };
	int result = -1;

	if (path_format(links, err, "%s/links.yc", from) != 0 || path_format(stripped, err, "%s/links.yc", to) != 0
	    || path_format(olders_path, err, "%s/older.yc", from) != 0 || olders_load(&before, olders_path, err) != 0)
		goto done;
	if (strip_links(strip, links, stripped, &before, &olders, &counts->records, err) == 0
	    && path_format(olders_path, err, "%s/older.yc", to) == 0)
		result = olders_save(&olders, olders_path, err);
done:
	olders_free(&before);
	olders_free(&olders);
	return result;
}

/* ---- students ---- */

static int
strip_standings(const struct strip *strip, const char *from, const char *to, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct standings standings = { 0 };
	size_t kept = 0;
	int result = -1;

	if (path_format(path, err, "%s/presence.yc", from) != 0 || standings_load(&standings, path, err) != 0)
		return -1;
	if (!standings.known) /* a generation of an earlier version */
		return 0;
	for (size_t i = 0; i < standings.count; i++) {
		if (!strip_has(&strip->students, standings.at[i].shown.student))
			standings.at[kept++] = standings.at[i];
	}
	standings.count = kept;
	if (path_format(path, err, "%s/presence.yc", to) == 0)
		result = standings_write(&standings, path, err);
	standings_free(&standings);
	return result;
}

static int
strip_ledger(const struct strip *strip, const char *from, const char *to, struct strip_counts *counts, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct retired *ledger;
	size_t count, kept = 0;
	int result = -1;

	if (path_format(path, err, "%s/ledger.yc", from) != 0 || ledger_load(path, &ledger, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strip_has(&strip->students, ledger[i].student) || strip_has(&strip->students, ledger[i].into))
			counts->students++;
		else
			ledger[kept++] = ledger[i];
	}
	if (path_format(path, err, "%s/ledger.yc", to) == 0)
		result = ledger_save(path, ledger, kept, err);
	free(ledger);
	return result;
}

int
strip_run(const struct strip *strip, const char *from, const char *to, struct strip_counts *counts, struct err *err)
{
	static const char *const sorted[] = { "records.yc", "changed.yc", ANSWERS_FILE };
	uint64_t values = 0;

	for (size_t i = 0; i < ARRAY_LEN(sorted); i++) {
		char old[FILE_PATH_MAX], new[FILE_PATH_MAX];

		if (path_format(old, err, "%s/%s", from, sorted[i]) != 0
		    || path_format(new, err, "%s/%s", to, sorted[i]) != 0
		    || strip_sorted(&strip->records, old, new,
			   strcmp(sorted[i], ANSWERS_FILE) == 0 ? &counts->answers : &values, err)
			!= 0)
			return -1;
	}
	return strip_records(strip, from, to, counts, err) != 0 || strip_standings(strip, from, to, err) != 0
	    ? -1
	    : strip_ledger(strip, from, to, counts, err);
}
