/*
 * purge_state.c - see purge_state.h.
 */
#include "ops/yici/purge_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consumers/consolidate/links.h"
#include "consumers/forms/said.h"
#include "core/record/flat_json.h"
#include "ops/yici/files.h"
#include "ops/yici/holding.h"
#include "ops/yici/recipients.h"

#define SMALL_MAX ((size_t)1 << 30)

/* Made by strip_run(), or below, or by the next night; all else of a generation is copied. */
static const char *const made[] = { "records.yc", "changed.yc", "links.yc", "older.yc", "presence.yc", "ledger.yc",
	"answers.yc", RECIPIENTS_FILE, "files.csv", "pins.jsonl", "manifest.xml", "traits.yc", "usual.csv", "arrivals",
	"deliveries.jsonl", SAID_FILE };

int
purge_state_has(const struct state *state, const struct purge_person *person, bool *has, struct err *err)
{
	struct strip strip = purge_person_strip(person);
	struct links_reader links = { .fd = -1 };
	char path[FILE_PATH_MAX];
	const struct link *link;
	int got;

	*has = false;
	if (state->current[0] == '\0')
		return 0;
	if (state_path(state, path, "links.yc", err) != 0 || links_open(&links, path, NULL, NULL, err) != 0)
		return -1;
	while ((got = links_next(&links, &link, err)) == 1 && !*has)
		*has = strip_has(&strip.records, link->id) || strip_has(&strip.students, link->student);
	links_close(&links);
	return got < 0 ? -1 : 0;
}

/* ---- the small files ---- */

/* Files and sheets that are called after him get another name. */
static int
write_files(const struct state *state, const struct purge_person *person, const char *folder, struct err *err)
{
	struct taken_files files;
	struct buffer scratch, name;
	int result;

	if (taken_load(&files, state, err) != 0)
		return -1;
	buffer_init(&scratch, (size_t)1 << 20);
	buffer_init(&name, 64);
	for (size_t i = 0; i < files.count; i++) {
		struct taken_file *file = &files.at[i];

		if (purge_person_text(person, file->file, &scratch)) {
			buffer_clear(&name);
			buffer_format(&name, "purged-%u", file->number);
			file->file = arena_text(&files.arena, buffer_as_text(&name));
		}
		if (file->sheets.len > 0 && purge_person_text(person, file->sheets, &scratch))
			file->sheets = TEXT("purged");
	}
	result = buffer_failed(&scratch) ? err_set(err, ERR_RETRY, "out of memory for the list of files")
					 : taken_save(&files, folder, err);
	buffer_fini(&scratch);
	buffer_fini(&name);
	taken_free(&files);
	return result;
}

/* Of a file of flat JSON, lines whose record or student is his, or that speak of him, are left out. */
static int
write_lines(const struct purge_person *person, const char *from, const char *to, struct err *err)
{
	static const struct text ids[] = { { "record", 6 }, { "record_id", 9 }, { "student", 7 }, { "student_id", 10 } };
	struct strip strip = purge_person_strip(person);
	struct buffer bytes, out, word;
	struct text rest;
	int result = -1;

	if (!file_exists(from))
		return 0;
	buffer_init(&bytes, SMALL_MAX);
	buffer_init(&out, SMALL_MAX);
	buffer_init(&word, SMALL_MAX);
	if (file_read_all(from, &bytes, err) != 0)
		goto done;
	for (rest = buffer_as_text(&bytes); rest.len > 0;) {
		const char *end = memchr(rest.at, '\n', rest.len);
		struct text line = { rest.at, end != NULL ? (size_t)(end - rest.at) + 1 : rest.len };
		bool his = purge_person_text(person, line, &word);

		for (size_t i = 0; i < ARRAY_LEN(ids) && !his; i++) {
			uint8_t id[RECORD_ID_BYTES];

			his = flat_json_string(line, ids[i], &word) && hex_parse(buffer_as_text(&word), id, sizeof(id))
			    && strip_has(i < 2 ? &strip.records : &strip.students, id);
		}
		if (!his)
			buffer_text(&out, line);
		rest.at += line.len;
		rest.len -= line.len;
	}
	result = buffer_failed(&out) || buffer_failed(&word)
	    ? err_set(err, ERR_RETRY, "out of memory for a file of the state")
	    : file_write_all(to, out.at, out.len, err);
done:
	buffer_fini(&bytes);
	buffer_fini(&out);
	buffer_fini(&word);
	return result;
}

/* That of the generation before, under the new name. */
static int
write_manifest(const struct state *state, const char *run, const char *folder, struct err *err)
{
	char path[FILE_PATH_MAX], mark[RUN_ID_MAX + 16];
	struct buffer bytes, out;
	size_t at;
	int result = -1;

	buffer_init(&bytes, (size_t)1 << 20);
	buffer_init(&out, (size_t)1 << 20);
	snprintf(mark, sizeof(mark), " run=\"%s\"", state->current);
	if (state_path(state, path, "manifest.xml", err) != 0 || file_read_all(path, &bytes, err) != 0)
		goto done;
	at = text_find(buffer_as_text(&bytes), text_from(mark));
	if (at == SIZE_MAX) {
		err_set(err, ERR_STOP, "the manifest of the state does not name its run");
		goto done;
	}
	buffer_add(&out, bytes.at, at);
	buffer_format(&out, " run=\"%s\" stripped=\"%s\"", run, state->current);
	buffer_add(&out, bytes.at + at + strlen(mark), bytes.len - at - strlen(mark));
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory");
	else if (path_format(path, err, "%s/manifest.xml", folder) == 0)
		result = file_write_all(path, out.at, out.len, err);
done:
	buffer_fini(&bytes);
	buffer_fini(&out);
	return result;
}

static bool
is_made(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		if (strcmp(name, made[i]) == 0)
			return true;
	}
	return false;
}

/* What is copied must not speak of him: a file that this program does not know might. */
static int
copy_rest(const struct purge_person *person, const char *from, const char *to, struct err *err)
{
	char **names, source[FILE_PATH_MAX], target[FILE_PATH_MAX];
	struct buffer bytes;
	size_t count;
	int result = 0;

	if (file_list(from, &names, &count, err) != 0)
		return -1;
	buffer_init(&bytes, SMALL_MAX);
	for (size_t i = 0; i < count && result == 0; i++) {
		struct stat st;
		bool his = false;

		if (is_made(names[i]))
			continue;
		if (path_format(source, err, "%s/%s", from, names[i]) != 0
		    || path_format(target, err, "%s/%s", to, names[i]) != 0) {
			result = -1;
			break;
		}
		if (lstat(source, &st) == 0 && S_ISDIR(st.st_mode)) {
			result = file_make_folder(target, err) != 0 ? -1 : copy_rest(person, source, target, err);
			continue;
		}
		if (strcmp(names[i], CASES_FILE) == 0) { /* workbooks of decisions may wait that name cases of others */
			result = write_lines(person, source, target, err);
			continue;
		}
		buffer_clear(&bytes);
		result = file_read_all(source, &bytes, err) != 0
			|| purge_person_bytes(person, buffer_as_text(&bytes), &his, err) != 0
		    ? -1
		    : 0;
		if (result == 0)
			result = his
			    ? err_set(err, ERR_STOP, "a file of the state speaks of the person: %.80s", names[i])
			    : file_write_all(target, bytes.at, bytes.len, err);
	}
	buffer_fini(&bytes);
	free(names);
	return result;
}

/* ---- the generation ---- */

static int
write_generation(const struct state *state, const struct purge_person *person, const char *run, const char *from,
    const char *to, struct strip_counts *counts, struct err *err)
{
	struct strip strip = purge_person_strip(person);
	char old[FILE_PATH_MAX], new[FILE_PATH_MAX];
	uint64_t series = 0, said = 0;

	if (strip_run(&strip, from, to, counts, err) != 0 || write_files(state, person, to, err) != 0
	    || path_format(old, err, "%s/pins.jsonl", from) != 0 || path_format(new, err, "%s/pins.jsonl", to) != 0
	    || write_lines(person, old, new, err) != 0 || path_format(old, err, "%s/" RECIPIENTS_FILE, from) != 0
	    || path_format(new, err, "%s/" RECIPIENTS_FILE, to) != 0
	    || strip_sorted(&strip.students, old, new, &series, err) != 0
	    || path_format(old, err, "%s/" SAID_FILE, from) != 0 || path_format(new, err, "%s/" SAID_FILE, to) != 0
	    || strip_sorted(&strip.students, old, new, &said, err) != 0)
		return -1;
	return copy_rest(person, from, to, err) != 0 ? -1 : write_manifest(state, run, to, err);
}

int
purge_state_strip(struct state *state, const struct purge_person *person, const char *date, struct strip_counts *counts,
    struct err *err)
{
	char run[RUN_ID_MAX], from[FILE_PATH_MAX], to[FILE_PATH_MAX];

	if (state_next_run(state, date, run, err) != 0
	    || path_format(from, err, "%s/state/%s", state->data, state->current) != 0
	    || path_format(to, err, "%s/state/%s", state->data, run) != 0 || file_remove_all(to, err) != 0
	    || file_make_folder(to, err) != 0)
		return -1;
	if (write_generation(state, person, run, from, to, counts, err) != 0 || state_sync(state, run, err) != 0) {
		struct err ignored;

		(void)!file_remove_all(to, &ignored);
		return -1;
	}
	return state_commit(state, run, err);
}

/* ---- what is older ---- */

static int
remove_but(const char *folder, const char *kept, bool runs_only, uint64_t *removed, struct err *err)
{
	char **names, path[FILE_PATH_MAX];
	size_t count;
	int result = 0;

	if (!file_exists(folder))
		return 0;
	if (file_list(folder, &names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		bool run = names[i][0] >= '0' && names[i][0] <= '9';

		if (strcmp(names[i], kept) == 0 || (!run && (runs_only || strcmp(names[i], "latest") == 0)))
			continue;
		result = path_format(path, err, "%s/%s", folder, names[i]) != 0 || file_remove_all(path, err) != 0 ? -1
														   : 0;
		*removed += run;
	}
	free(names);
	return result != 0 ? -1 : file_sync_folder(folder, err);
}

int
purge_state_older(const struct state *state, struct purge_removed *removed, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (path_format(path, err, "%s/state", state->data) != 0
	    || remove_but(path, state->current, true, &removed->generations, err) != 0
	    || path_format(path, err, "%s/out", state->data) != 0
	    || remove_but(path, state->current, false, &removed->runs, err) != 0)
		return -1;
	if (path_format(path, err, "%s/state/work", state->data) != 0 || file_remove_all(path, err) != 0)
		return -1;
	return holding_clear(state->data, err);
}

/* ---- what nobody here knows ---- */

static int
look_below(const char *folder, const char *skip, const struct purge_person *person, uint64_t *strange,
    struct buffer *paths, struct err *err)
{
	char **names, path[FILE_PATH_MAX];
	struct buffer bytes;
	size_t count;
	int result = 0;

	if (file_list(folder, &names, &count, err) != 0)
		return -1;
	buffer_init(&bytes, SMALL_MAX);
	for (size_t i = 0; i < count && result == 0; i++) {
		struct stat st;
		bool his = false;

		if (strcmp(names[i], skip) == 0 || strncmp(names[i], "purging", 7) == 0)
			continue;
		result = path_format(path, err, "%s/%s", folder, names[i]);
		if (result != 0 || lstat(path, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			result = look_below(path, "", person, strange, paths, err);
		if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > SMALL_MAX)
			continue;
		buffer_clear(&bytes);
		if (file_read_all(path, &bytes, err) != 0
		    || purge_person_bytes(person, buffer_as_text(&bytes), &his, err) != 0)
			result = -1;
		else if (his) {
			++*strange;
			buffer_string(paths, path);
			buffer_char(paths, '\n');
		}
	}
	buffer_fini(&bytes);
	free(names);
	return result;
}

/* The current generation was made by code that knows what stands in it. */
int
purge_state_strange(const struct state *state, const struct purge_person *person, uint64_t *strange,
    struct buffer *paths, struct err *err)
{
	char folder[FILE_PATH_MAX];

	return path_format(folder, err, "%s/state", state->data) != 0
	    ? -1
	    : look_below(folder, state->current, person, strange, paths, err);
}
