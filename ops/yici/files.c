/*
 * files.c - see files.h. Finding and putting away are in files_find.c; here is what the files gave.
 */
#include "ops/yici/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumers/publish/snapshot.h"
#include "core/base/digest.h"
#include "core/base/process.h"
#include "producers/readers/reader.h"

#define FOLD_BYTES 400 /* of a header */

void
files_free(struct files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->at[i].sheets);
		free(files->at[i].layouts);
	}
	if (files->prefixes != NULL) {
		for (size_t i = 0; i < files->numbered; i++)
			free((void *)files->prefixes[i].prefixes);
	}
	if (files->hashes != NULL)
		munmap(files->hashes, files->count * sizeof(*files->hashes));
	for (size_t i = 0; i < files->memory_count; i++)
		memory_free(files->memories[i].memory);
	free(files->memories);
	free(files->prefixes);
	free(files->returned);
	free(files->by_number);
	free(files->bound);
	free(files->except_same);
	purge_rows_free(&files->purged);
	free(files->published);
	free(files->binding_changes);
	free(files->arrivals);
	free(files->at);
	arena_fini(&files->arena);
	*files = (struct files){ 0 };
}

/* ---- digests ---- */

/* Digest the files that are to be digested while they are read; ends the process. */
NORETURN static void
hash_all(const struct files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct run_file *file = &files->at[i];
		struct err err;
		int fd;

		if (file->hashed || file->state != RUN_FILE_TO_READ)
			continue;
		fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0 || sha256_fd(fd, &files->hashes[i], &err) != 0)
			_exit(1);
		close(fd);
	}
	_exit(0);
}

int
files_hash_begin(struct files *files, struct err *err)
{
	bool any = false;

	for (size_t i = 0; i < files->count; i++)
		any = any || (!files->at[i].hashed && files->at[i].state == RUN_FILE_TO_READ);
	if (!any)
		return 0;
	files->hashes = mmap(
	    NULL, files->count * sizeof(*files->hashes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (files->hashes == MAP_FAILED) {
		files->hashes = NULL;
		return err_errno(err, ERR_RETRY, "cannot map memory");
	}
	files->hasher = process_fork();
	if (files->hasher == 0)
		hash_all(files);
	return files->hasher > 0 ? 0 : err_errno(err, ERR_RETRY, "cannot fork");
}

int
files_hash_end(struct files *files, struct err *err)
{
	int status = 0;

	if (files->hasher <= 0)
		return 0;
	while (waitpid(files->hasher, &status, 0) < 0 && errno == EINTR)
		continue;
	files->hasher = 0;
	if (status != 0)
		return err_set(err, ERR_RETRY, "a file could not be read to its end while it was digested");
	for (size_t i = 0; i < files->count; i++) {
		struct run_file *file = &files->at[i];

		if (!file->hashed && file->state == RUN_FILE_TO_READ) {
			file->sha256 = files->hashes[i];
			file->hashed = true;
		}
	}
	return 0;
}

/* ---- what was told ---- */

bool
files_stamp(const char *path, struct inbox_stamp *stamp)
{
	struct stat now;

	*stamp = (struct inbox_stamp){ 0 };
	if (lstat(path, &now) != 0 || !S_ISREG(now.st_mode))
		return false;
	stamp->device = now.st_dev;
	stamp->inode = now.st_ino;
	stamp->size = (uint64_t)now.st_size;
	stamp->mtime_ns = (int64_t)now.st_mtim.tv_sec * 1000000000 + now.st_mtim.tv_nsec;
	return true;
}

static struct run_file *
by_number(const struct files *files, uint32_t number)
{
	if (number < files->first_number || number - files->first_number >= files->numbered)
		return NULL;
	return files->by_number[number - files->first_number];
}

bool
files_is_complete(const struct files *files, uint32_t number)
{
	const struct run_file *file = by_number(files, number);

	return file != NULL && file->state == RUN_FILE_COMPLETE;
}

static int
add_text(struct files *files, struct text **list, size_t *count, struct text text)
{
	struct text *more = realloc(*list, (*count + 1) * sizeof(*more));

	if (more == NULL)
		return -1;
	*list = more;
	more[*count] = arena_text(&files->arena, text);
	return more[(*count)++].at == NULL ? -1 : 0;
}

static int
take_told(struct files *files, const struct told *told)
{
	struct run_file *file = by_number(files, told->file);
	struct told_counts counts;
	struct told_refused refused;

	if (file == NULL)
		return -1;
	switch (told->kind) {
	case TOLD_COUNTS:
		memcpy(&counts, told->bytes.at, sizeof(counts));
		file->counts.rows += counts.rows;
		file->counts.accepted += counts.accepted;
		file->counts.rejected += counts.rejected;
		file->counts.set_aside += counts.set_aside;
		file->counts.replaced += counts.replaced;
		return 0;
	case TOLD_DOCUMENT:
		memcpy(&file->document, told->bytes.at, sizeof(file->document));
		return 0;
	case TOLD_SHEET:
		return add_text(files, &file->sheets, &file->sheet_count, told->bytes);
	case TOLD_LAYOUT:
		return add_text(files, &file->layouts, &file->layout_count, told->bytes);
	case TOLD_REFUSED:
		memcpy(&refused, told->bytes.at, sizeof(refused));
		file->state = RUN_FILE_REFUSED;
		file->refusal = (enum refusal)refused.reason;
		file->where = (struct frame_refuse){ refused.reason, refused.sheet, refused.row, refused.column };
		file->detail = arena_text(&files->arena,
		    (struct text){ told->bytes.at + sizeof(refused), told->bytes.len - sizeof(refused) });
		return file->detail.at == NULL ? -1 : 0;
	case TOLD_TOTAL:
		memcpy(&file->rows_said, told->bytes.at, sizeof(file->rows_said));
		return 0;
	case TOLD_DONE:
		file->done = true;
		return 0;
	case TOLD_RETURNED:
		file->returned = files->returned[file->number - files->first_number] = true;
		return 0;
	default:
		return 0;
	}
}

/* Is the file still the one that was found? */
static bool
is_unchanged(const struct run_file *file)
{
	struct inbox_stamp now;

	return files_stamp(file->path, &now) && memcmp(&now, &file->stamp, sizeof(now)) == 0;
}

/* "source,file,sheet," as csv, for each sheet. */
static int
make_prefixes(struct files *files, const struct run_file *file, struct assemble_sheets *prefixes)
{
	size_t count = file->sheet_count == 0 ? 1 : file->sheet_count;
	struct text *list = calloc(count, sizeof(*list));
	struct buffer out;

	if (list == NULL)
		return -1;
	buffer_init(&out, 1 << 20);
	for (size_t i = 0; i < count; i++) {
		buffer_clear(&out);
		snapshot_cell(&out, file->source->name);
		buffer_char(&out, ',');
		snapshot_cell(&out, file->file);
		buffer_char(&out, ',');
		if (i < file->sheet_count)
			snapshot_cell(&out, file->sheets[i]);
		buffer_char(&out, ',');
		list[i] = arena_text(&files->arena, buffer_as_text(&out));
		if (list[i].at == NULL || buffer_failed(&out)) {
			buffer_fini(&out);
			free(list);
			return -1;
		}
	}
	buffer_fini(&out);
	*prefixes = (struct assemble_sheets){ list, count };
	return 0;
}

/* Copy the files of ${from} that ${to} does not have. */
static int
copy_missing(const char *from, const char *to, struct err *err)
{
	char **names, source[FILE_PATH_MAX], target[FILE_PATH_MAX];
	struct buffer bytes;
	size_t count;
	int result = 0;

	if (file_list(from, &names, &count, err) != 0)
		return -1;
	buffer_init(&bytes, (size_t)256 << 20);
	for (size_t i = 0; i < count && result == 0; i++) {
		buffer_clear(&bytes);
		result = path_format(source, err, "%s/%s", from, names[i]) != 0
			|| path_format(target, err, "%s/%s", to, names[i]) != 0
		    ? -1
		    : 0;
		if (result == 0 && !file_exists(target))
			result = file_read_all(source, &bytes, err) != 0
				|| file_write_all(target, bytes.at, bytes.len, err) != 0
			    ? -1
			    : 0;
	}
	buffer_fini(&bytes);
	free(names);
	return result;
}

/* A layout as it was told, enough of it to be compared and remembered. */
static int
read_table(struct layout *layout, struct text bytes)
{
	struct told_column told;
	size_t pos = sizeof(layout->fingerprint), room = bytes.len / sizeof(told) + 1;

	*layout = (struct layout){ .found = true };
	arena_init(&layout->arena, SIZE_MAX / 4);
	memcpy(&layout->fingerprint, bytes.at, sizeof(layout->fingerprint));
	layout->columns = arena_take(&layout->arena, room * sizeof(*layout->columns));
	if (layout->columns == NULL)
		return -1;
	while (bytes.len - pos >= sizeof(told)) {
		struct layout_column *column = &layout->columns[layout->column_count++];

		memcpy(&told, bytes.at + pos, sizeof(told));
		pos += sizeof(told);
		*column = (struct layout_column){ .column = told.column,
			.field = told.field,
			.state = (enum column_state)told.state,
			.header = { bytes.at + pos, told.header_len },
			.key = { bytes.at + pos + told.header_len, told.key_len } };
		pos += (size_t)told.header_len + told.key_len;
	}
	return 0;
}

static struct memory *
memory_of(const struct files *files, const struct source *source)
{
	for (size_t i = 0; i < files->memory_count; i++) {
		if (files->memories[i].source == source)
			return files->memories[i].memory;
	}
	return NULL;
}

/* A change of a source's columns, for the report. */
struct listening {
	struct files *files;
	const struct source *source;
	uint32_t file;
	bool failed;
};

static void
hear_change(void *self, const struct layout_change *change)
{
	struct listening *listening = self;
	struct files *files = listening->files;
	struct published_binding_change *more,
	    now = { .source = listening->source,
		    .was = arena_text(&files->arena, change->before),
		    .is = arena_text(&files->arena, change->now),
		    .field = change->field,
		    .files = 1,
		    .file = listening->file };

	/* many files of a source tell the same */
	for (size_t i = 0; i < files->change_count; i++) {
		struct published_binding_change *known = &files->binding_changes[i];

		if (known->source == now.source && known->field == now.field && text_eq(known->was, now.was)
		    && text_eq(known->is, now.is)) {
			known->files += known->file != listening->file;
			known->file = listening->file;
			return;
		}
	}
	more = realloc(files->binding_changes, (files->change_count + 1) * sizeof(*more));
	if (more == NULL || now.was.at == NULL || now.is.at == NULL) {
		listening->failed = true;
		files->binding_changes = more == NULL ? files->binding_changes : more;
		return;
	}
	files->binding_changes = more;
	more[files->change_count++] = now;
}

/* A column gives its field, and another that its header says: 会议名称 says that it is a meeting. */
static void
note_bound(struct files *files, const struct dataset *dataset, const struct layout_column *column)
{
	char folded[FOLD_BYTES];
	struct text header = column->header;
	const struct implication *said;

	files->bound[column->field] = 1;
	header.len = header.len < FOLD_BYTES / 4 ? header.len : 0;
	said = dataset_implication(dataset, (struct text){ folded, header_fold(header, folded, sizeof(folded)) });
	if (said != NULL)
		files->bound[said->field] = 1;
}

/* Only complete files say what headers mean: compare with what was remembered, note the fields. */
static int
learn_tables(struct files *files, const struct dataset *dataset, struct err *err)
{
	struct told one;

	for (size_t pos = 0; told_next(files->told, &pos, &one) == 1;) {
		const struct run_file *file = by_number(files, one.file);
		struct listening listening = { files, file->source, one.file, false };
		struct layout layout;

		if (one.kind != TOLD_TABLE || file->state != RUN_FILE_COMPLETE)
			continue;
		if (read_table(&layout, one.bytes) != 0) {
			layout_fini(&layout);
			return err_set(err, ERR_RETRY, "out of memory");
		}
		for (size_t i = 0; i < layout.column_count; i++) {
			if (layout.columns[i].state == COLUMN_BOUND && layout.columns[i].field < dataset->field_count)
				note_bound(files, dataset, &layout.columns[i]);
		}
		if (!file->returned)
			(void)memory_compare(memory_of(files, file->source), &layout, hear_change, &listening);
		layout_fini(&layout);
		if (listening.failed)
			return err_set(err, ERR_RETRY, "out of memory");
	}
	return 0;
}

int
files_remember(struct files *files, const struct state *state, struct text day, const char *generation, struct err *err)
{
	char folder[FILE_PATH_MAX], before[FILE_PATH_MAX];
	struct told one;

	if (path_format(folder, err, "%s/bindings", generation) != 0 || file_make_folder(folder, err) != 0)
		return -1;
	for (size_t pos = 0; told_next(files->told, &pos, &one) == 1;) {
		const struct run_file *file = by_number(files, one.file);
		struct layout layout;
		int result;

		if (one.kind != TOLD_TABLE || file->state != RUN_FILE_COMPLETE || file->returned)
			continue;
		result = read_table(&layout, one.bytes) != 0
		    ? err_set(err, ERR_RETRY, "out of memory")
		    : memory_learn(memory_of(files, file->source), &layout, day, err);
		layout_fini(&layout);
		if (result != 0)
			return -1;
	}
	for (size_t i = 0; i < files->memory_count; i++) {
		if (memory_save(files->memories[i].memory, folder, err) != 0)
			return -1;
	}
	/* sources that sent nothing keep what they had */
	if (state->current[0] == '\0')
		return 0;
	if (state_path(state, before, "bindings", err) != 0)
		return -1;
	return file_exists(before) ? copy_missing(before, folder, err) : 0;
}

/* What arrived is refused when nothing of it is complete or known. */
static void
judge_arrivals(struct files *files)
{
	for (size_t i = 0; i < files->arrival_count; i++)
		files->arrivals[i].refused = true;
	for (size_t i = 0; i < files->count; i++) {
		const struct run_file *file = &files->at[i];
		struct arrival *arrival = &files->arrivals[file->arrival];

		/* it was left unread for the sake of another, which then changed under the reader */
		if (file->state == RUN_FILE_REFUSED && file->first != NULL && file->refusal == REFUSED_CHANGED)
			arrival->stays = true;
		if (file->state == RUN_FILE_REFUSED)
			arrival->refusal = file->refusal;
		else
			arrival->refused = false;
	}
}

int
files_told(struct files *files, const struct dataset *dataset, const struct taken_files *taken, struct text told,
    struct err *err)
{
	struct told one;
	size_t pos = 0;
	int got;

	files->told = arena_text(&files->arena, told);
	files->bound = calloc(dataset->field_count + 1, 1);
	files->bound_count = dataset->field_count;
	files->prefixes = calloc(files->numbered + 1, sizeof(*files->prefixes));
	files->returned = calloc(files->numbered + 1, sizeof(*files->returned));
	if (files->told.at == NULL || files->bound == NULL || files->prefixes == NULL || files->returned == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	while ((got = told_next(files->told, &pos, &one)) == 1) {
		if (take_told(files, &one) != 0)
			return err_set(err, ERR_RETRY, "out of memory");
	}
	if (got < 0)
		return err_set(err, ERR_STOP, "what a reading process told is cut");
	for (size_t i = 0; i < files->count; i++) {
		struct run_file *file = &files->at[i];

		if (file->state == RUN_FILE_TO_READ && !file->done)
			return err_set(err, ERR_STOP, "a file was given to nobody");
		if (file->state == RUN_FILE_TO_READ)
			file->state = RUN_FILE_COMPLETE;
		if (file->state == RUN_FILE_COMPLETE && file->counts.rows != file->rows_said) {
			file->state = RUN_FILE_REFUSED;
			file->refusal = REFUSED_LIED;
		}
		if (file->state == RUN_FILE_COMPLETE && !file->elsewhere && !is_unchanged(file)) {
			file->state = RUN_FILE_REFUSED;
			file->refusal = REFUSED_CHANGED;
		}
		if (file->number != UINT32_MAX
		    && make_prefixes(files, file, &files->prefixes[file->number - files->first_number]) != 0)
			return err_set(err, ERR_RETRY, "out of memory");
	}
	files_tell_taken(files, taken, RUN_FILE_COMPLETE);
	/* the same content is of no more use under another name */
	for (size_t i = 0; i < files->count; i++) {
		struct run_file *file = &files->at[i];

		if (file->first == NULL || file->first->state != RUN_FILE_REFUSED)
			continue;
		file->state = RUN_FILE_REFUSED;
		file->refusal = file->first->refusal;
		file->where = file->first->where;
		file->detail = file->first->detail;
	}
	judge_arrivals(files);
	return learn_tables(files, dataset, err);
}

bool
files_excepts(const struct files *files, uint32_t school)
{
	for (size_t i = 0; i < files->except_count; i++) {
		if (files->except[i] == school)
			return true;
	}
	return false;
}

int
files_covered(const struct files *files, struct covered **covered, size_t *count, struct err *err)
{
	struct told one;
	size_t pos = 0, n = 0;
	struct covered *list = malloc((files->told.len / (2 * sizeof(uint32_t)) + 1) * sizeof(*list));

	*covered = list;
	if (list == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	while (told_next(files->told, &pos, &one) == 1) {
		const struct run_file *file = by_number(files, one.file);

		if (one.kind != TOLD_SCHOOL || file->state != RUN_FILE_COMPLETE || file->returned)
			continue;
		for (size_t i = 0; i + 2 * sizeof(uint32_t) <= one.bytes.len; i += 2 * sizeof(uint32_t)) {
			uint32_t school;

			memcpy(&school, one.bytes.at + i, sizeof(school));
			if (files_excepts(files, school))
				continue;
			list[n] = (struct covered){ .source = file->source_no };
			memcpy(&list[n].school, one.bytes.at + i, sizeof(uint32_t));
			memcpy(&list[n++].rows, one.bytes.at + i + sizeof(uint32_t), sizeof(uint32_t));
		}
	}
	*count = n;
	return 0;
}

void
files_delivered(const struct files *files, uint8_t *delivered)
{
	for (size_t i = 0; i < files->bound_count; i++)
		delivered[i] |= files->bound[i];
}

/* ---- accounts ---- */

int
files_keep(const struct files *files, struct taken_files *taken, const char *run, struct err *err)
{
	for (size_t i = 0; i < files->numbered; i++) {
		const struct run_file *file = files->by_number[i];
		struct taken_file entry = {
			.source = file->source->name,
			.file = file->file,
			.run = text_from(run),
			.sha256 = file->sha256,
			.size = file->size,
			.state = file->state == RUN_FILE_COMPLETE ? FILE_COMPLETE
			    : file->state == RUN_FILE_TAKEN       ? FILE_TAKEN
								  : FILE_REFUSED,
			.reason = file->state == RUN_FILE_REFUSED ? text_from(refusal_name(file->refusal))
			    : file->held                          ? TEXT("held")
			    : file->returned                      ? TEXT(FILES_RETURNED)
								  : TEXT(""),
			.rows = file->counts.rows,
			.accepted = file->counts.accepted,
			.rejected = file->counts.rejected,
			.set_aside = file->counts.set_aside,
		};
		struct buffer sheets;
		int result;

		buffer_init(&sheets, 16 << 20);
		for (size_t s = 0; s < file->sheet_count; s++) {
			if (s > 0)
				buffer_char(&sheets, '\t');
			for (size_t c = 0; c < file->sheets[s].len; c++) {
				char byte = file->sheets[s].at[c];

				buffer_char(&sheets, (unsigned char)byte < 0x20 ? ' ' : byte);
			}
		}
		entry.sheets = buffer_as_text(&sheets);
		result = buffer_failed(&sheets) ? err_set(err, ERR_RETRY, "out of memory")
						: taken_add(taken, &entry, err);
		buffer_fini(&sheets);
		if (result != 0)
			return -1;
	}
	return 0;
}

int
files_publish(struct files *files, struct publication *publication, struct err *err)
{
	static const char *const states[] = { "to read", "complete", "refused", "already taken" };

	files->published = calloc(files->count + 1, sizeof(*files->published));
	if (files->published == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	for (size_t i = 0; i < files->count; i++) {
		const struct run_file *file = &files->at[i];
		struct published_file *out = &files->published[i];
		bool refused = file->state == RUN_FILE_REFUSED;

		*out = (struct published_file){
			.number = file->number,
			.source = file->source,
			.file = file->file,
			.path = file->path,
			.state = text_from(states[file->state]),
			.reason = refused ? text_from(refusal_name(file->refusal)) : TEXT(""),
			.detail = file->detail,
			.refusal = refused ? (uint32_t)file->refusal : 0,
			.sheet_no = file->where.sheet,
			.row = file->where.row,
			.column = file->where.column,
			.sheets = file->sheets,
			.sheet_count = file->sheet_count,
			.layouts = file->layouts,
			.layout_count = file->layout_count,
		};
		if (file->hashed)
			sha256_hex(&file->sha256, out->sha256);
		if (file->document.format != FORMAT_UNKNOWN) {
			out->format = text_from(document_format_name((enum document_format)file->document.format));
			out->encoding = text_from(
			    document_encoding_name((enum document_encoding)file->document.encoding));
		}
		if (file->state == RUN_FILE_COMPLETE) {
			out->rows = file->counts.rows;
			out->accepted = file->counts.accepted;
			out->rejected = file->counts.rejected;
			out->set_aside = file->counts.set_aside;
			out->replaced = file->counts.replaced;
		}
	}
	publication->files = files->published;
	publication->file_count = files->count;
	publication->binding_changes = files->binding_changes;
	publication->binding_change_count = files->change_count;
	return 0;
}
