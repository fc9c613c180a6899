/*
 * files_find.c - finding the files of a run, and putting them away: the parts of files.h that touch the inbox.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/program/log.h"
#include "ops/yici/desk.h"
#include "ops/yici/returns.h"
#include "ops/yici/files.h"
#include "producers/collect/unpack.h"
#include "producers/readers/reader.h"

#define HASH_BESIDE_BYTES ((uint64_t)32 * 1024 * 1024) /* from here on a file is digested while it is read */

struct run_file *
files_add(struct files *files, struct err *err)
{
	if (files->count == files->room) {
		size_t room = files->room == 0 ? 64 : files->room * 2;
		struct run_file *more = realloc(files->at, room * sizeof(*more));

		if (more == NULL) {
			err_set(err, ERR_RETRY, "out of memory for the list of files");
			return NULL;
		}
		files->at = more;
		files->room = room;
	}
	files->at[files->count] = (struct run_file){ .number = UINT32_MAX };
	return &files->at[files->count++];
}

static const char *
keep_path(struct files *files, struct err *err, const char *path)
{
	struct text copy = arena_text(&files->arena, text_from(path));

	if (copy.at == NULL)
		err_set(err, ERR_RETRY, "out of memory for the list of files");
	return copy.at;
}

/* Inner files of archives are read from where they were unpacked. */
struct finding {
	struct files *files;
	const struct definitions *definitions;
	struct sandbox *sandbox;
	const struct reader_limits *limits;
	char spool[FILE_PATH_MAX];
	int wait_ms;
};

static const struct source *
source_of(const struct finding *finding, struct text name)
{
	const struct source *source = sources_find(finding->definitions->sources, name);

	return source != NULL ? source : sources_unknown(finding->definitions->sources, name);
}

static int
find_one(struct finding *finding, const char *folder, const struct inbox_file *found, struct err *err)
{
	struct files *files = finding->files;
	char path[FILE_PATH_MAX];
	struct run_file *file;

	if (path_format(path, err, "%s/%s", folder, found->path) != 0)
		return -1;
	if ((file = files_add(files, err)) == NULL)
		return -1;
	file->source = source_of(finding, found->source);
	file->file = arena_text(&files->arena, found->name);
	file->path = keep_path(files, err, path);
	file->stamp = found->stamp;
	file->size = found->stamp.size;
	if (file->source == NULL || file->file.at == NULL || file->path == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the list of files");
	if (found->state == INBOX_REFUSED) {
		file->state = RUN_FILE_REFUSED;
		file->refusal = found->refusal;
	}
	files->arrivals[files->arrival_count] = (struct arrival){
		.path = file->path, .source = file->source, .file = file->file, .stamp = file->stamp
	};
	file->arrival = files->arrival_count++;
	return 0;
}

bool
files_look_packed(const char *path)
{
	unsigned char head[4] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool packed = fd >= 0 && pread(fd, head, sizeof(head), 0) >= 2
	    && ((head[0] == 'P' && head[1] == 'K') || (head[0] == 0x1F && head[1] == 0x8B));

	if (fd >= 0)
		close(fd);
	return packed;
}

/* Ask the reader what the file is; when it is an archive, unpack it. ${*archive} tells; ${*refused} why it cannot be used. */
static int
ask_archive(struct finding *finding, const char *path, struct text name, unsigned depth, struct unpacked *unpacked,
    bool *archive, enum refusal *refused, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), socket, result = -1;
	enum rows_event event;
	struct rows rows;

	*archive = false;
	*refused = REFUSED_NO;
	if (fd < 0)
		return 0; /* said when it is read */
	socket = sandbox_read(finding->sandbox, fd, finding->limits, false, err);
	close(fd);
	if (socket < 0)
		return -1;
	if (rows_init(&rows, socket, finding->wait_ms, err) == 0) {
		int got = rows_receive(&rows, &event, err);

		result = got < 0 ? -1 : 0;
		if (got == 1 && event == ROWS_DOCUMENT && unpack_is_archive(rows.document.format)) {
			*archive = true;
			result = unpack_receive(
			    unpacked, &rows, name, depth, finding->limits, finding->spool, refused, err);
		}
		rows_fini(&rows);
	}
	close(socket);
	return result;
}

/* The archive at place ${i} gives way to the files inside it, which may be archives again. */
static int
unpack_one(struct finding *finding, size_t i, struct unpacked *unpacked, struct err *err)
{
	struct files *files = finding->files;
	struct run_file archive = files->at[i];
	size_t first = unpacked->count;
	enum refusal refused;
	bool is_archive;

	if (ask_archive(finding, archive.path, archive.file, archive.depth, unpacked, &is_archive, &refused, err) != 0)
		return -1;
	if (!is_archive)
		return 0;
	if (refused != REFUSED_NO || unpacked->count == first || archive.depth >= finding->limits->depth_max) {
		files->at[i].state = RUN_FILE_REFUSED;
		files->at[i].refusal = refused != REFUSED_NO      ? refused
		    : archive.depth >= finding->limits->depth_max ? REFUSED_NESTED
								  : REFUSED_EMPTY;
		return 0;
	}
	files->at[i].state = RUN_FILE_TAKEN; /* taken out of the list below */
	files->at[i].unpacked = true;
	for (size_t k = first; k < unpacked->count; k++) {
		const struct unpacked_file *inner = &unpacked->files[k];
		struct run_file *file = files_add(files, err);

		if (file == NULL)
			return -1;
		file->source = archive.source;
		file->file = arena_text(&files->arena, inner->name);
		file->path = inner->path == NULL ? "" : keep_path(files, err, inner->path);
		file->size = inner->size;
		file->sha256 = inner->digest;
		file->hashed = inner->refused == REFUSED_NO;
		file->depth = archive.depth + 1;
		file->arrival = archive.arrival;
		if (file->file.at == NULL || file->path == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the list of files");
		if (inner->refused != REFUSED_NO) {
			file->state = RUN_FILE_REFUSED;
			file->refusal = inner->refused;
		} else if (!files_stamp(file->path, &file->stamp))
			return err_set(err, ERR_STOP, "an unpacked file is not there");
	}
	return 0;
}

/* Every archive gives way to its files. New files come at the end of the list and are looked at in their turn. */
static int
unpack_all(struct finding *finding, struct err *err)
{
	struct files *files = finding->files;
	struct unpacked unpacked;
	size_t kept = 0;
	int result = 0;

	unpacked_init(&unpacked);
	for (size_t i = 0; i < files->count && result == 0; i++) {
		if (files->at[i].state == RUN_FILE_TO_READ && files_look_packed(files->at[i].path))
			result = unpack_one(finding, i, &unpacked, err);
	}
	unpacked_fini(&unpacked);
	for (size_t i = 0; i < files->count; i++) {
		if (!files->at[i].unpacked)
			files->at[kept++] = files->at[i];
	}
	files->count = kept;
	return result;
}

static int
file_order(const void *a, const void *b)
{
	const struct run_file *x = a, *y = b;
	int order = text_compare(x->source->name, y->source->name);

	return order != 0 ? order : text_compare(x->file, y->file);
}

void
files_tell_taken(struct files *files, const struct taken_files *taken, enum run_file_state among)
{
	for (size_t i = 0; i < files->count; i++) {
		struct run_file *file = &files->at[i];

		if (!file->hashed || file->state != among)
			continue;
		if (taken_find(taken, file->source->name, &file->sha256) != NULL)
			file->state = RUN_FILE_TAKEN;
		for (size_t j = i; j-- > 0 && file->state == among && files->at[j].source == file->source;) {
			if (files->at[j].hashed && files->at[j].state == among
			    && memcmp(&files->at[j].sha256, &file->sha256, sizeof(file->sha256)) == 0) {
				file->state = RUN_FILE_TAKEN;
				file->first = &files->at[j];
			}
		}
	}
}

/* Digest small files before they are read; large ones are digested while they are read. */
static int
digest_files(struct files *files, const struct taken_files *taken, struct err *err)
{
	for (size_t i = 0; i < files->count; i++) {
		struct run_file *file = &files->at[i];
		int fd;

		if (file->state == RUN_FILE_REFUSED || file->hashed)
			continue;
		if (file->size >= HASH_BESIDE_BYTES)
			continue;
		fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0) {
			file->state = RUN_FILE_REFUSED;
			file->refusal = REFUSED_CHANGED;
			continue;
		}
		if (sha256_fd(fd, &file->sha256, err) != 0) {
			close(fd);
			return -1;
		}
		file->hashed = true;
		close(fd);
	}
	files_tell_taken(files, taken, RUN_FILE_TO_READ);
	return 0;
}

/* What is remembered of each source that sends something. */
static int
load_memories(struct files *files, const struct state *state, const struct dataset *dataset, struct err *err)
{
	char folder[FILE_PATH_MAX] = "";

	files->memories = calloc(files->count + 1, sizeof(*files->memories));
	if (files->memories == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (state->current[0] != '\0' && state_path(state, folder, "bindings", err) != 0)
		return -1;
	for (size_t i = 0; i < files->count; i++) {
		struct files_memory *memory = &files->memories[files->memory_count];

		if (i > 0 && files->at[i].source == files->at[i - 1].source) {
			files->at[i].remembered = files->at[i - 1].remembered;
			continue;
		}
		memory->source = files->at[i].source;
		memory->memory = memory_load(folder, memory->source->name, dataset, err);
		if (memory->memory == NULL)
			return -1;
		files->memory_count++;
		files->at[i].remembered = memory_bindings(memory->memory);
	}
	return 0;
}

int
files_begin(struct files *files, const struct taken_files *taken, size_t arrivals, struct err *err)
{
	*files = (struct files){ .first_number = (uint32_t)taken->count };
	arena_init(&files->arena, SIZE_MAX / 4);
	files->arrivals = calloc(arrivals + 1, sizeof(*files->arrivals));
	return files->arrivals != NULL ? 0 : err_set(err, ERR_RETRY, "out of memory for the list of files");
}

static int
number_files(struct files *files, struct err *err)
{
	files->by_number = calloc(files->count + 1, sizeof(*files->by_number));
	if (files->by_number == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the list of files");
	for (size_t i = 0; i < files->count; i++) {
		struct run_file *file = &files->at[i];

		if (file->state == RUN_FILE_TAKEN)
			continue;
		file->number = files->first_number + (uint32_t)files->numbered;
		files->by_number[files->numbered++] = file;
		files->count_to_read += file->state == RUN_FILE_TO_READ;
		files->bytes_to_read += file->state == RUN_FILE_TO_READ ? file->size : 0;
	}
	return 0;
}

int
files_order(struct files *files, const struct state *state, const struct taken_files *taken,
    const struct dataset *dataset, struct err *err)
{
	if (files->count > 0)
		qsort(files->at, files->count, sizeof(*files->at), file_order);
	if (digest_files(files, taken, err) != 0 || load_memories(files, state, dataset, err) != 0)
		return -1;
	return number_files(files, err);
}

int
files_find(struct files *files, const char *data, const struct definitions *definitions, const struct state *state,
    const struct taken_files *taken, struct sandbox *sandbox, const struct reader_limits *limits, const char *work,
    uint64_t settle_s, int wait_ms, struct err *err)
{
	struct finding finding = {
		.files = files, .definitions = definitions, .sandbox = sandbox, .limits = limits, .wait_ms = wait_ms
	};
	struct inbox inbox;
	struct timespec now;
	char folder[FILE_PATH_MAX];
	size_t strays = 0, waiting = 0;
	int result = -1;

	*files = (struct files){ 0 };
	clock_gettime(CLOCK_REALTIME, &now);
	if (path_format(folder, err, "%s/inbox", data) != 0
	    || inbox_list(&inbox, folder, (unsigned)settle_s, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, err) != 0)
		return -1;
	if (files_begin(files, taken, inbox.count, err) != 0)
		goto done;
	for (size_t i = 0; i < inbox.count; i++) {
		/* decisions and returned forms, no source's rows */
		if (desk_is(inbox.files[i].source) || text_eq(inbox.files[i].source, TEXT(RETURNS_FOLDER)))
			continue;
		strays += inbox.files[i].state == INBOX_STRAY;
		waiting += inbox.files[i].state == INBOX_WAITING;
		if ((inbox.files[i].state == INBOX_READY || inbox.files[i].state == INBOX_REFUSED)
		    && find_one(&finding, folder, &inbox.files[i], err) != 0)
			goto done;
	}
	if (path_format(finding.spool, err, "%s/spool", work) != 0 || file_make_folder(finding.spool, err) != 0
	    || unpack_all(&finding, err) != 0)
		goto done;
	if (strays > 0)
		log_line(LOG_WARNING, "inbox strays=%zu reason=not_in_a_source_folder", strays);
	if (waiting > 0)
		log_line(LOG_INFO, "inbox waiting=%zu reason=still_changing", waiting);
	result = files_order(files, state, taken, definitions->dataset, err);
done:
	inbox_fini(&inbox);
	return result;
}

/* ---- putting away ---- */

/* Numbers, path, reason: each with a NUL behind it. */
int
files_keep_arrivals(const struct files *files, const char *data, const char *generation, struct err *err)
{
	size_t inbox = strlen(data) + strlen("/inbox/");
	char path[FILE_PATH_MAX];
	struct buffer out;
	int result = -1;

	buffer_init(&out, SIZE_MAX / 4);
	for (size_t i = 0; i < files->arrival_count; i++) {
		const struct arrival *arrival = &files->arrivals[i];

		if (arrival->stays)
			continue;
		buffer_format(&out, "%llu %llu %lld", (unsigned long long)arrival->stamp.inode,
		    (unsigned long long)arrival->stamp.size, (long long)arrival->stamp.mtime_ns);
		buffer_char(&out, '\0');
		buffer_string(&out, arrival->path + inbox);
		buffer_char(&out, '\0');
		buffer_string(&out, arrival->refused ? refusal_name(arrival->refusal) : "");
		buffer_char(&out, '\0');
	}
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory for the list of files");
	else if (path_format(path, err, "%s/arrivals", generation) == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}

/* Is it still what arrived? Something newer under the same name stays for the next run. */
static bool
still_there(const char *path, const char *numbers)
{
	char now[80];
	struct stat st;

	if (lstat(path, &st) != 0)
		return false;
	snprintf(now, sizeof(now), "%llu %llu %lld", (unsigned long long)st.st_ino, (unsigned long long)st.st_size,
	    (long long)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
	return strcmp(now, numbers) == 0;
}

/*
 * ${from} to ${to}, readable by the owner only. Fine when it has gone. A file that another user dropped keeps its mode:
 * only its owner may change it, and the folders are closed to others all the same.
 */
static int
move_to(const char *from, const char *to, struct err *err)
{
	char folder[FILE_PATH_MAX];

	if (path_format(folder, err, "%s", to) != 0)
		return -1;
	*strrchr(folder, '/') = '\0';
	if (file_make_folder(folder, err) != 0)
		return -1;
	/* not through a link: what it points at is none of ours */
	if (fchmodat(AT_FDCWD, from, S_IRUSR | S_IWUSR, AT_SYMLINK_NOFOLLOW) != 0 && errno != ENOENT && errno != EPERM
	    && errno != EOPNOTSUPP)
		return err_errno(err, ERR_STOP, "cannot close a file of the inbox to others");
	if (rename(from, to) != 0 && errno != ENOENT)
		return err_errno(err, ERR_STOP, "cannot move a file out of the inbox");
	return 0;
}

/* A line beside a refused file: the word of the reason; the report has the sentence. A long name is cut. */
static int
write_reason(const char *file, const char *reason, struct err *err)
{
	const char *name = strrchr(file, '/') + 1;
	size_t len = strlen(name) > 240 ? 240 : strlen(name);
	char path[FILE_PATH_MAX];
	int fd, result = -1;

	if (path_format(path, err, "%.*s.reason.txt", (int)((size_t)(name - file) + len), file) != 0)
		return -1;
	fd = file_create(path, err);
	if (fd >= 0) {
		result = file_write(fd, reason, strlen(reason), err) == 0 ? file_write(fd, "\n", 1, err) : -1;
		close(fd);
	}
	return result;
}

static int
put_away_one(
    const char *data, const char *run, const char *numbers, const char *file, const char *reason, struct err *err)
{
	char from[FILE_PATH_MAX], to[FILE_PATH_MAX];

	if (path_format(from, err, "%s/inbox/%s", data, file) != 0
	    || path_format(to, err, "%s/%s/%s/%s", data, reason[0] == '\0' ? "archive" : "quarantine", run, file) != 0)
		return -1;
	if (!still_there(from, numbers))
		return 0;
	if (move_to(from, to, err) != 0)
		return -1;
	return reason[0] == '\0' ? 0 : write_reason(to, reason, err);
}

/* What still_there() compares. */
static void
stamp_numbers(const struct inbox_stamp *stamp, char numbers[80])
{
	snprintf(numbers, 80, "%llu %llu %lld", (unsigned long long)stamp->inode, (unsigned long long)stamp->size,
	    (long long)stamp->mtime_ns);
}

int
files_move_arrival(const char *data, struct text run, const struct arrival *arrival, struct text reason, struct err *err)
{
	char numbers[80], run_id[RUN_ID_MAX], word[64];

	stamp_numbers(&arrival->stamp, numbers);
	snprintf(run_id, sizeof(run_id), "%.*s", (int)run.len, run.at);
	snprintf(word, sizeof(word), "%.*s", (int)reason.len, reason.at);
	if (strchr(run_id, '/') != NULL)
		return err_set(err, ERR_STOP, "a run's id is no name of a folder");
	return put_away_one(data, run_id, numbers, arrival->path + strlen(data) + strlen("/inbox/"), word, err);
}

int
files_put_away(const char *data, const char *run, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer list;
	struct err first;
	size_t failed = 0;
	int result = 0;

	if (path_format(path, err, "%s/state/%s/arrivals", data, run) != 0)
		return -1;
	if (!file_exists(path))
		return 0;
	buffer_init(&list, SIZE_MAX / 4);
	result = file_read_all(path, &list, err);
	for (size_t at = 0; at < list.len && result == 0;) {
		const char *text[3];

		for (size_t i = 0; i < ARRAY_LEN(text) && result == 0; i++) {
			const char *end = at < list.len ? memchr(list.at + at, '\0', list.len - at) : NULL;

			if (end == NULL) {
				result = err_set(err, ERR_STOP, "%s is damaged", path);
				break;
			}
			text[i] = list.at + at;
			at = (size_t)(end - list.at) + 1;
		}
		/* one that cannot be moved does not keep the others */
		if (result == 0 && put_away_one(data, run, text[0], text[1], text[2], err) != 0 && failed++ == 0)
			first = *err;
	}
	buffer_fini(&list);
	if (result == 0 && failed > 0) {
		*err = first;
		return -1;
	}
	return result;
}
