/*
 * state.c - see state.h. files.csv is plain CSV of our own making, quoted as RFC 4180 says; the reader here understands
 * just that. Names of files may hold commas, quotes and newlines.
 */
#include "core/store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define MANIFEST_HEAD 4096 /* bytes of a manifest that are looked at */
#define FILES_HEADER "number,source,file,run,sha256,size,state,reason,rows,accepted,rejected,set_aside,sheets\n"

static const char *const folders[] = { "inbox", "archive", "quarantine", "state", "out", "config", "config/sources" };

int
state_init(const char *data, struct err *err)
{
	char path[FILE_PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		if (path_format(path, err, "%s/%s", data, folders[i]) != 0 || file_make_folder(path, err) != 0)
			return -1;
	}
	return 0;
}

/* Which generation is current. */
static int
read_current(struct state *state, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer line;
	int result;

	state->current[0] = '\0';
	if (path_format(path, err, "%s/state/current", state->data) != 0)
		return -1;
	if (!file_exists(path))
		return 0;
	buffer_init(&line, 64 * 1024);
	result = file_read_all(path, &line, err);
	while (line.len > 0 && line.at[line.len - 1] == '\n')
		line.len--;
	if (result == 0 && (line.len == 0 || line.len >= RUN_ID_MAX || memchr(line.at, '/', line.len) != NULL))
		result = err_set(err, ERR_STOP, "%s does not name a generation", path);
	if (result == 0) {
		memcpy(state->current, line.at, line.len);
		state->current[line.len] = '\0';
	}
	buffer_fini(&line);
	return result;
}

int
state_open(struct state *state, const char *data, struct err *err)
{
	char path[FILE_PATH_MAX];

	*state = (struct state){ .lock = -1 };
	if (strlen(data) >= sizeof(state->data))
		return err_set(err, ERR_STOP, "the path of the data folder is too long");
	strcpy(state->data, data);
	if (path_format(path, err, "%s/state", data) != 0)
		return -1;
	if (!file_exists(path))
		return err_set(err, ERR_STOP, "%s is no data folder; make it one with: yici init", data);
	return read_current(state, err);
}

/*
 * Is the run that wrote its number into the lock dead? Then the lock is held only by processes that worked for it and are
 * about to end with it.
 */
static bool
holder_is_gone(int lock)
{
	char text[24] = "";
	long pid;

	if (pread(lock, text, sizeof(text) - 1, 0) <= 0)
		return false;
	pid = strtol(text, NULL, 10);
	return pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

int
state_lock(struct state *state, struct err *err)
{
	enum { TRIES = 500, TRY_MS = 20 };
	char path[FILE_PATH_MAX], number[24];
	int len;

	if (path_format(path, err, "%s/state/lock", state->data) != 0)
		return -1;
	state->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (state->lock < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	for (int i = 0; flock(state->lock, LOCK_EX | LOCK_NB) != 0; i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, ERR_STOP, "cannot lock %s", path);
		if (i == TRIES || !holder_is_gone(state->lock))
			return err_set(err, ERR_RETRY, "another run is at work on %s", state->data);
		nanosleep(&(struct timespec){ .tv_nsec = TRY_MS * 1000000L }, NULL);
	}
	len = snprintf(number, sizeof(number), "%ld\n", (long)getpid());
	if (ftruncate(state->lock, 0) != 0 || pwrite(state->lock, number, (size_t)len, 0) != len)
		return err_errno(err, ERR_STOP, "cannot write %s", path);
	return read_current(state, err);
}

void
state_close(struct state *state)
{
	if (state->lock >= 0)
		close(state->lock);
	state->lock = -1;
}

int
state_path(const struct state *state, char out[FILE_PATH_MAX], const char *name, struct err *err)
{
	return path_format(out, err, "%s/state/%s/%s", state->data, state->current, name);
}

/*
 * What the current generation's manifest has behind ${mark} up to the next quote; empty when it does not say. It is read without
 * allocating: short memory must not look like a manifest that says nothing. All that is asked for stands in its first element.
 */
static struct text
manifest_says(const struct state *state, struct text mark, char out[100])
{
	char path[FILE_PATH_MAX], bytes[MANIFEST_HEAD];
	struct err err;
	size_t at, len = 0;
	ssize_t got = 0;
	int fd = -1;

	if (state->current[0] != '\0' && state_path(state, path, "manifest.xml", &err) == 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		do
			got = pread(fd, bytes, sizeof(bytes), 0);
		while (got < 0 && errno == EINTR);
		close(fd);
	}
	if (got > 0 && (at = text_find((struct text){ bytes, (size_t)got }, mark)) != SIZE_MAX) {
		for (at += mark.len; at < (size_t)got && len < 99 && bytes[at] != '"'; at++)
			out[len++] = bytes[at];
	}
	out[len] = '\0';
	return (struct text){ out, len };
}

uint64_t
state_digest(const struct state *state)
{
	char word[100];

	return strtoull(manifest_says(state, TEXT("dataset=\""), word).at, NULL, 16);
}

bool
state_stripped(const struct state *state, char run[RUN_ID_MAX])
{
	char word[100];
	struct text of = manifest_says(state, TEXT(" stripped=\""), word);

	if (of.len == 0 || of.len >= RUN_ID_MAX)
		return false;
	memcpy(run, of.at, of.len + 1);
	return true;
}

bool
state_date(const struct state *state, char day[11])
{
	char word[100];
	struct text date = manifest_says(state, TEXT(" date=\""), word);

	if (date.len != 10)
		return false;
	memcpy(day, date.at, date.len);
	day[date.len] = '\0';
	return true;
}

bool
state_decisions(const struct state *state, struct journal_head *head)
{
	char word[100];

	*head = (struct journal_head){ 0 };
	return text_to_u64(manifest_says(state, TEXT(" decisions=\""), word), &head->number) && head->number > 0
	    && hex_parse(manifest_says(state, TEXT(" head=\""), word), head->digest.at, sizeof(head->digest.at));
}

bool
state_disclosures(const struct state *state, struct journal_head *head)
{
	char word[100];

	*head = (struct journal_head){ 0 };
	return text_to_u64(manifest_says(state, TEXT(" disclosures=\""), word), &head->number) && head->number > 0
	    && hex_parse(manifest_says(state, TEXT(" disclosed=\""), word), head->digest.at, sizeof(head->digest.at));
}

struct text
state_holds(const struct state *state, char word[100])
{
	struct text said = manifest_says(state, TEXT(" of=\""), word);

	return state->current[0] == '\0' || said.len > 0 ? said : TEXT("student");
}

#define MADE_FOR "config/dataset"

int
state_make_for(const char *data, const char *dataset, struct err *err)
{
	char path[FILE_PATH_MAX];

	return path_format(path, err, "%s/" MADE_FOR, data) == 0 ? file_write_all(path, dataset, strlen(dataset), err)
								 : -1;
}

int
state_made_for(const char *data, char *name, size_t room, struct err *err)
{
	char path[FILE_PATH_MAX], word[100];
	struct state state;
	struct buffer line;
	struct text holds;
	int result = 0;

	name[0] = '\0';
	if (path_format(path, err, "%s/state", data) != 0)
		return -1;
	if (data[0] == '\0' || !file_exists(path))
		return 0;
	if (state_open(&state, data, err) != 0)
		return -1;
	holds = state_holds(&state, word);
	state_close(&state);
	buffer_init(&line, (size_t)64 * 1024);
	if (holds.len == 0 && path_format(path, err, "%s/" MADE_FOR, data) == 0 && file_exists(path)) {
		result = file_read_all(path, &line, err);
		holds = text_trim(buffer_as_text(&line));
	}
	if (result == 0 && holds.len >= room)
		result = err_set(err, ERR_STOP, "%s names no dataset", path);
	if (result == 0)
		snprintf(name, room, "%.*s", (int)holds.len, holds.len > 0 ? holds.at : "");
	buffer_fini(&line);
	return result;
}

int
state_dataset(const struct state *state, struct text name, struct err *err)
{
	char word[100];
	struct text holds = state_holds(state, word);

	if (state->current[0] == '\0' || text_eq(holds, name))
		return 0;
	return err_set(err, ERR_STOP, "this data folder holds the dataset %.*s", (int)holds.len, holds.at);
}

/* The number of run ${name} when it was on ${date}, else 0. */
static unsigned
number_on(const char *name, const char *date)
{
	return strncmp(name, date, 8) == 0 && name[8] == '-' ? (unsigned)strtoul(name + 9, NULL, 10) : 0;
}

int
state_next_run(const struct state *state, const char *date, char run[RUN_ID_MAX], struct err *err)
{
	static const char *const places[] = { "out", "archive", "quarantine" };
	unsigned last = number_on(state->current, date);

	for (size_t place = 0; place < ARRAY_LEN(places); place++) {
		char **names, path[FILE_PATH_MAX];
		size_t count;

		if (path_format(path, err, "%s/%s", state->data, places[place]) != 0)
			return -1;
		if (!file_exists(path))
			continue;
		if (file_list(path, &names, &count, err) != 0)
			return -1;
		for (size_t i = 0; i < count; i++) {
			unsigned number = number_on(names[i], date);

			last = number > last ? number : last;
		}
		free(names);
	}
	snprintf(run, RUN_ID_MAX, "%.8s-%u", date, last + 1);
	return 0;
}

/* Remove what is neither the new generation nor the one before it. */
static int
remove_older(const struct state *state, const char *run, struct err *err)
{
	char **names, folder[FILE_PATH_MAX], path[FILE_PATH_MAX];
	size_t count;
	int result = 0;

	if (path_format(folder, err, "%s/state", state->data) != 0 || file_list(folder, &names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		if (names[i][0] < '0' || names[i][0] > '9' || strcmp(names[i], run) == 0
		    || strcmp(names[i], state->current) == 0)
			continue;
		result = path_format(path, err, "%s/%s", folder, names[i]);
		if (result == 0)
			result = file_remove_all(path, err);
	}
	free(names);
	return result;
}

int
state_sync(const struct state *state, const char *run, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (path_format(path, err, "%s/state/%s", state->data, run) != 0 || file_sync_below(path, err) != 0)
		return -1;
	return path_format(path, err, "%s/state", state->data) != 0 ? -1 : file_sync_folder(path, err);
}

int
state_commit(struct state *state, const char *run, struct err *err)
{
	char path[FILE_PATH_MAX], line[RUN_ID_MAX + 1];

	snprintf(line, sizeof(line), "%s\n", run);
	if (path_format(path, err, "%s/state/current", state->data) != 0
	    || file_write_all(path, line, strlen(line), err) != 0 || remove_older(state, run, err) != 0)
		return -1;
	snprintf(state->current, sizeof(state->current), "%s", run);
	return 0;
}

int
taken_add(struct taken_files *files, const struct taken_file *file, struct err *err)
{
	struct taken_file *copy;

	if (files->count == files->room) {
		size_t room = files->room == 0 ? 256 : files->room * 2;
		struct taken_file *more = realloc(files->at, room * sizeof(*more));

		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory");
		files->at = more;
		files->room = room;
	}
	copy = &files->at[files->count];
	*copy = *file;
	copy->number = (uint32_t)files->count;
	copy->source = arena_text(&files->arena, file->source);
	copy->file = arena_text(&files->arena, file->file);
	copy->run = arena_text(&files->arena, file->run);
	copy->reason = arena_text(&files->arena, file->reason);
	copy->sheets = arena_text(&files->arena, file->sheets);
	if (copy->source.at == NULL || copy->file.at == NULL || copy->run.at == NULL || copy->reason.at == NULL
	    || copy->sheets.at == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	files->count++;
	return 0;
}

/* The next field of a line of our own CSV; unquotes in place. false at the end of the line. */
static bool
next_field(char **at, char *end, struct text *field)
{
	char *s = *at, *out;

	if (s == NULL)
		return false;
	if (s == end || *s != '"') {
		char *comma = memchr(s, ',', (size_t)(end - s));

		*field = (struct text){ s, (size_t)((comma == NULL ? end : comma) - s) };
		*at = comma == NULL ? NULL : comma + 1;
		return true;
	}
	out = ++s;
	*field = (struct text){ s, 0 };
	while (s < end && (*s != '"' || (s + 1 < end && s[1] == '"'))) {
		s += *s == '"';
		*out++ = *s++;
	}
	field->len = (size_t)(out - field->at);
	*at = s + 1 < end ? s + 2 : NULL;
	return true;
}

/* The newline that ends the line at ${at}, not one inside quotes; NULL when there is none. */
static char *
line_end(char *at, const char *end)
{
	bool quoted = false;

	for (; at < end; at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (*at == '\n' && !quoted)
			return at;
	}
	return NULL;
}

static bool
parse_line(char *line, char *end, struct taken_file *file)
{
	struct text field[13];
	uint64_t number, state;

	for (size_t i = 0; i < ARRAY_LEN(field); i++) {
		if (!next_field(&line, end, &field[i]))
			return false;
	}
	*file = (struct taken_file){
		.source = field[1], .file = field[2], .run = field[3], .reason = field[7], .sheets = field[12]
	};
	if (!text_to_u64(field[0], &number) || !hex_parse(field[4], file->sha256.at, SHA256_BYTES)
	    || !text_to_u64(field[5], &file->size) || !text_to_u64(field[6], &state) || state > FILE_TAKEN
	    || !text_to_u64(field[8], &file->rows) || !text_to_u64(field[9], &file->accepted)
	    || !text_to_u64(field[10], &file->rejected) || !text_to_u64(field[11], &file->set_aside))
		return false;
	file->number = (uint32_t)number;
	file->state = (enum file_state)state;
	return true;
}

int
taken_load(struct taken_files *files, const struct state *state, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer bytes;
	char *at, *end;

	*files = (struct taken_files){ 0 };
	arena_init(&files->arena, SIZE_MAX / 2);
	if (state->current[0] == '\0')
		return 0;
	buffer_init(&bytes, SIZE_MAX / 2);
	if (state_path(state, path, "files.csv", err) != 0 || file_read_all(path, &bytes, err) != 0)
		goto fail;
	at = bytes.at;
	end = at + bytes.len;
	if (bytes.len < strlen(FILES_HEADER) || memcmp(at, FILES_HEADER, strlen(FILES_HEADER)) != 0) {
		err_set(err, ERR_STOP, "%s has another header than this version writes", path);
		goto fail;
	}
	at += strlen(FILES_HEADER);
	while (at < end) {
		char *newline = line_end(at, end);
		struct taken_file file;

		if (newline == NULL || !parse_line(at, newline, &file) || file.number != files->count) {
			err_set(err, ERR_STOP, "%s is damaged at line %zu", path, files->count + 2);
			goto fail;
		}
		if (taken_add(files, &file, err) != 0)
			goto fail;
		at = newline + 1;
	}
	buffer_fini(&bytes);
	return 0;
fail:
	buffer_fini(&bytes);
	taken_free(files);
	return -1;
}

void
taken_free(struct taken_files *files)
{
	free(files->at);
	arena_fini(&files->arena);
	*files = (struct taken_files){ 0 };
}

const struct taken_file *
taken_find(const struct taken_files *files, struct text source, const struct sha256 *sha256)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct taken_file *file = &files->at[i];

		if (file->state == FILE_COMPLETE && !text_eq(file->reason, TEXT("held"))
		    && memcmp(&file->sha256, sha256, sizeof(*sha256)) == 0 && text_eq(file->source, source))
			return file;
	}
	return NULL;
}

struct text
taken_sheet(const struct taken_file *file, uint16_t sheet)
{
	struct text rest = file->sheets;

	while (rest.len > 0) {
		const char *tab = memchr(rest.at, '\t', rest.len);
		size_t len = tab == NULL ? rest.len : (size_t)(tab - rest.at);

		if (sheet-- == 0)
			return (struct text){ rest.at, len };
		if (tab == NULL)
			break;
		rest = (struct text){ tab + 1, rest.len - len - 1 };
	}
	return (struct text){ 0 };
}

int
taken_save(const struct taken_files *files, const char *folder, struct err *err)
{
	char path[FILE_PATH_MAX], hex[65];
	struct buffer out;
	int result = -1;

	buffer_init(&out, SIZE_MAX / 2);
	buffer_string(&out, FILES_HEADER);
	for (size_t i = 0; i < files->count; i++) {
		const struct taken_file *file = &files->at[i];

		sha256_hex(&file->sha256, hex);
		buffer_format(&out, "%zu,", i);
		buffer_csv(&out, file->source);
		buffer_char(&out, ',');
		buffer_csv(&out, file->file);
		buffer_char(&out, ',');
		buffer_csv(&out, file->run);
		buffer_format(&out, ",%s,%llu,%d,", hex, (unsigned long long)file->size, (int)file->state);
		buffer_csv(&out, file->reason);
		buffer_format(&out, ",%llu,%llu,%llu,%llu,", (unsigned long long)file->rows,
		    (unsigned long long)file->accepted, (unsigned long long)file->rejected,
		    (unsigned long long)file->set_aside);
		buffer_csv(&out, file->sheets);
		buffer_char(&out, '\n');
	}
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory");
	else if (path_format(path, err, "%s/files.csv", folder) == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}
