/*
 * purge_raw.c - see purge_raw.h.
 */
#include "ops/yici/purge_raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "ops/yici/files.h"
#include "producers/collect/unpack.h"
#include "producers/readers/rows.h"

#define PURGED ".purged.csv"
#define BYTES_MAX ((size_t)1 << 30) /* of a file that is looked through as bytes */
#define WRITTEN_AT_ONCE ((size_t)1 << 20)

/* A file that is no archive: itself, or one inside. */
struct leaf {
	const char *path;
	struct text name; /* inside its archive; empty for the file itself */
	struct text file; /* as places call it */
	uint64_t rows;    /* his */
	bool removed;     /* his as a whole */
	bool unread;
};

struct leaves {
	struct unpacked unpacked;
	struct leaf *at;
	size_t count;
	bool unread; /* some archive among them cannot be unpacked */
};

/* ---- reading one file ---- */

/* One walk through the rows of an open file; ${out} < 0: count his rows, else write the others there. */
struct walk {
	const struct purge_raw *raw;
	struct text file; /* as places call it */
	uint16_t sheet_index;
	struct buffer line, scratch;
	struct text sheet;
	char sheet_name[1024];
	int out;
	bool plain; /* it was written by us: sheet and number stand in its cells already */
	uint64_t his;
	bool refused;
};

static int
write_row(struct walk *walk, const struct row *row, struct err *err)
{
	if (!walk->plain) {
		buffer_csv(&walk->line, walk->sheet);
		buffer_format(&walk->line, ",%u", row->row_no);
	}
	for (uint32_t i = 0; i < row->count; i++) {
		if (i > 0 || !walk->plain)
			buffer_char(&walk->line, ',');
		buffer_csv(&walk->line, row->cells[i].text);
	}
	buffer_add(&walk->line, "\r\n", 2);
	if (buffer_failed(&walk->line))
		return err_set(err, ERR_RETRY, "out of memory for a file");
	if (walk->line.len < WRITTEN_AT_ONCE)
		return 0;
	if (file_write(walk->out, walk->line.at, walk->line.len, err) != 0)
		return -1;
	buffer_clear(&walk->line);
	return 0;
}

static bool
is_his_row(struct walk *walk, const struct row *row)
{
	const struct purge_raw *raw = walk->raw;

	if (raw->person != NULL)
		return purge_person_row(raw->person, row->cells, row->count, &walk->scratch);
	for (size_t i = 0; i < raw->place_count; i++) {
		const struct purge_place *place = &raw->places[i];

		if (place->row == row->row_no && place->sheet == walk->sheet_index && text_eq(place->file, walk->file))
			return true;
	}
	return false;
}

/* Is it called after him? */
static bool
names_him(const struct purge_raw *raw, struct text name)
{
	struct buffer scratch;
	bool his;

	if (raw->person == NULL)
		return false;
	buffer_init(&scratch, (size_t)1 << 20);
	his = purge_person_text(raw->person, name, &scratch);
	buffer_fini(&scratch);
	return his;
}

static int
take_batch(struct walk *walk, struct rows *rows, struct err *err)
{
	struct row row;

	while (rows_next(rows, &row) == 1) {
		if (is_his_row(walk, &row))
			walk->his++;
		else if (walk->out >= 0 && write_row(walk, &row, err) != 0)
			return -1;
	}
	return 0;
}

static int
take_rows(struct walk *walk, struct rows *rows, struct err *err)
{
	enum rows_event event;
	int got;

	while ((got = rows_receive(rows, &event, err)) == 1) {
		if (event == ROWS_REFUSED || event == ROWS_ENTRY) {
			walk->refused = true;
			return 0;
		}
		if (event == ROWS_SHEET) {
			size_t len = rows->sheet_name.len < sizeof(walk->sheet_name) ? rows->sheet_name.len : 0;
			bool his = names_him(walk->raw, rows->sheet_name);

			walk->sheet_index = (uint16_t)rows->sheet.index;
			memcpy(walk->sheet_name, rows->sheet_name.at, len);
			walk->sheet = his ? TEXT("purged") : (struct text){ walk->sheet_name, len };
			walk->his += his; /* the name of the sheet alone is a reason */
		}
		if (event == ROWS_BATCH && take_batch(walk, rows, err) != 0)
			return -1;
	}
	if (got == 0 && walk->out >= 0 && file_write(walk->out, walk->line.at, walk->line.len, err) != 0)
		got = -1;
	return got;
}

static int
read_file(struct walk *walk, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), socket, result = -1;
	struct rows rows;

	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open a file that was sent");
	buffer_init(&walk->line, (size_t)64 << 20);
	buffer_init(&walk->scratch, (size_t)64 << 20);
	socket = sandbox_read(walk->raw->sandbox, fd, walk->raw->limits, false, err);
	close(fd);
	if (socket >= 0 && rows_init(&rows, socket, walk->raw->wait_ms, err) == 0) {
		result = take_rows(walk, &rows, err);
		rows_fini(&rows);
	}
	if (socket >= 0)
		close(socket);
	if (result == 0 && buffer_failed(&walk->scratch))
		result = err_set(err, ERR_RETRY, "out of memory for a file");
	buffer_fini(&walk->line);
	buffer_fini(&walk->scratch);
	return result;
}

/* A file that no reader takes. Of a picture or a document with a password bytes say nothing. */
static int
look_through(const struct purge_raw *raw, struct leaf *leaf, struct err *err)
{
	struct buffer bytes;
	struct stat st;
	bool text;
	int result = 0;

	leaf->unread = true;
	if (raw->person == NULL)
		return 0;
	if (lstat(leaf->path, &st) != 0 || (uint64_t)st.st_size > BYTES_MAX)
		return 0;
	buffer_init(&bytes, BYTES_MAX + 1);
	if (file_read_all(leaf->path, &bytes, err) != 0
	    || purge_person_bytes(raw->person, buffer_as_text(&bytes), &leaf->removed, err) != 0)
		result = -1;
	text = memchr(bytes.len > 0 ? bytes.at : "", '\0', bytes.len) == NULL;
	leaf->unread = !leaf->removed && !text;
	buffer_fini(&bytes);
	return result;
}

static int
look_into(const struct purge_raw *raw, struct leaf *leaf, struct err *err)
{
	struct walk walk = { .raw = raw, .file = leaf->file, .out = -1 };

	for (size_t i = 0; raw->person == NULL && i < raw->place_count; i++) {
		if (raw->places[i].row == 0 && text_eq(raw->places[i].file, leaf->file))
			leaf->removed = true;
	}
	if (leaf->removed)
		return 0;

	if (read_file(&walk, leaf->path, err) != 0)
		return -1;
	leaf->rows = walk.his;
	if (!walk.refused)
		return 0;
	if (look_through(raw, leaf, err) != 0)
		return -1;
	leaf->removed = leaf->removed || leaf->rows > 0; /* as far as it could be read; the rest cannot be kept */
	leaf->rows = 0;
	return 0;
}

/* ---- archives ---- */

static int
add_leaf(struct leaves *leaves, const char *path, struct text outer, struct text file, struct err *err)
{
	struct text name = { file.at + outer.len, file.len - outer.len };
	struct leaf *more = realloc(leaves->at, (leaves->count + 1) * sizeof(*more));

	if (more == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the files of an archive");
	leaves->at = more;
	more[leaves->count++] = (struct leaf){ .path = path, .name = name, .file = file };
	return 0;
}

/* Unpack ${path} when it is an archive, into the list of unpacked files. */
static int
open_archive(const struct purge_raw *raw, struct leaves *leaves, const char *path, struct text name, unsigned depth,
    bool *archive, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), socket, result = -1;
	enum refusal refused = REFUSED_NO;
	enum rows_event event;
	struct rows rows;

	*archive = false;
	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open a file that was sent");
	socket = sandbox_read(raw->sandbox, fd, raw->limits, false, err);
	close(fd);
	if (socket < 0)
		return -1;
	if (rows_init(&rows, socket, raw->wait_ms, err) == 0) {
		int got = rows_receive(&rows, &event, err);

		result = got < 0 ? -1 : 0;
		if (got == 1 && event == ROWS_DOCUMENT && unpack_is_archive(rows.document.format)) {
			*archive = true;
			result = unpack_receive(
			    &leaves->unpacked, &rows, name, depth, raw->limits, raw->scratch, &refused, err);
			leaves->unread = leaves->unread || refused != REFUSED_NO;
		}
		rows_fini(&rows);
	}
	close(socket);
	return result;
}

/* The file, or all that is in it. */
static int
find_leaves(const struct purge_raw *raw, const char *path, struct text name, struct leaves *leaves, bool *archive,
    struct err *err)
{
	size_t first = 0;

	*archive = false;
	if (files_look_packed(path) && open_archive(raw, leaves, path, name, 0, archive, err) != 0)
		return -1;
	if (!*archive)
		return add_leaf(leaves, path, name, name, err);
	while (first < leaves->unpacked.count) {
		struct unpacked_file inner = leaves->unpacked.files[first++];
		bool more = false;

		if (inner.refused != REFUSED_NO || inner.path == NULL) {
			leaves->unread = true;
			continue;
		}
		if (inner.depth < raw->limits->depth_max && files_look_packed(inner.path)
		    && open_archive(raw, leaves, inner.path, inner.name, inner.depth, &more, err) != 0)
			return -1;
		if (!more && add_leaf(leaves, inner.path, name, inner.name, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- what takes a file's place ---- */

/* Are the bytes of both files the same? Then the one is what a purge that was killed has put there. */
static bool
are_same(const char *one, const char *other)
{
	struct sha256 digests[2];
	const char *paths[2] = { one, other };
	struct err ignored;

	for (size_t i = 0; i < 2; i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		bool good = fd >= 0 && sha256_fd(fd, &digests[i], &ignored) == 0;

		if (fd >= 0)
			close(fd);
		if (!good)
			return false;
	}
	return memcmp(&digests[0], &digests[1], sizeof(digests[0])) == 0;
}

/*
 * ${place}: where ${file} may be put beside ${path}: "<path>!<name><end>", cut where it is too long, with a number where something else is
 * called so.
 */
static int
place_beside(
    const char *path, struct text name, const char *end, const char *file, char place[FILE_PATH_MAX], struct err *err)
{
	const char *base = strrchr(path, '/') + 1;
	size_t room = 200 - strlen(end), base_len = strlen(base) < room ? strlen(base) : room;
	char safe[201];
	size_t len = 0;

	while (base_len > 0 && ((unsigned char)base[base_len] & 0xC0) == 0x80)
		base_len--;
	for (size_t i = 0; i < name.len && base_len + len + 1 < room; i++)
		safe[len++] = name.at[i] == '/' || (unsigned char)name.at[i] < ' ' ? '_' : name.at[i];
	while (len > 0 && len < name.len && ((unsigned char)name.at[len] & 0xC0) == 0x80)
		len--;
	for (unsigned n = 1; n < 100000; n++) {
		char number[16] = "";

		if (n > 1)
			snprintf(number, sizeof(number), "-%u", n);
		if (path_format(place, err, "%.*s%.*s%s%.*s%s%s", (int)(base - path), path, (int)base_len, base,
			len > 0 ? "!" : "", (int)len, safe, number, end)
		    != 0)
			return -1;
		if (!file_exists(place) || are_same(place, file))
			return 0;
	}
	return err_set(err, ERR_STOP, "there are too many files of one name in the archive");
}

/* What an archive calls ${leaf}, without the archive's own name; not after the person. */
static struct text
shown_name(const struct purge_raw *raw, const struct leaf *leaf)
{
	struct text name = leaf->name;

	if (name.len > 0 && *name.at == '!')
		name = (struct text){ name.at + 1, name.len - 1 };
	return names_him(raw, name) || (name.len == 0 && leaf->name.len > 0) ? TEXT("purged") : name;
}

/* The rows of ${leaf} that are not his, into ${to}, durable. */
static int
write_rest(const struct purge_raw *raw, const struct leaf *leaf, const char *to, bool plain, struct err *err)
{
	struct walk walk = { .raw = raw, .file = leaf->file, .out = file_create(to, err), .plain = plain };

	if (walk.out < 0)
		return -1;
	if ((plain || file_write(walk.out, "\xEF\xBB\xBF", 3, err) == 0) && read_file(&walk, leaf->path, err) == 0) {
		if (!walk.refused)
			return file_sync_close(walk.out, err);
		err_set(err, ERR_RETRY, "a file that was sent changed while it was read");
	}
	close(walk.out);
	return -1;
}

static int
copy_file(const char *from, const char *to, struct err *err)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), out = -1, result = -1;
	char *bytes = malloc(WRITTEN_AT_ONCE);
	ssize_t got = -1;

	if (in < 0)
		err_errno(err, ERR_STOP, "cannot open a file out of an archive");
	else if (bytes == NULL)
		err_set(err, ERR_RETRY, "out of memory for a file");
	else if ((out = file_create(to, err)) >= 0) {
		result = 0;
		while (result == 0 && (got = read(in, bytes, WRITTEN_AT_ONCE)) > 0)
			result = file_write(out, bytes, (size_t)got, err);
		if (result == 0 && got < 0)
			result = err_errno(err, ERR_STOP, "cannot read a file out of an archive");
		if (result == 0)
			result = file_sync_close(out, err);
		else
			close(out);
	}
	if (in >= 0)
		close(in);
	free(bytes);
	return result;
}

/* ${to} is the path beside which the rest stands. What is left half done by a crash has a name that begins with a dot. */
static int
put_leaf(const struct purge_raw *raw, const struct leaf *leaf, const char *to, bool archive, struct err *err)
{
	char place[FILE_PATH_MAX], hidden[FILE_PATH_MAX];
	struct text name = archive ? shown_name(raw, leaf) : (struct text){ 0 };
	bool plain = !archive && text_ends(text_from(to), TEXT(PURGED));
	const char *end = leaf->rows > 0 && !plain ? PURGED : "";

	if (leaf->removed)
		return 0;
	if (path_format(hidden, err, "%.*s.purging", (int)(strrchr(to, '/') + 1 - to), to) != 0)
		return -1;
	if ((leaf->rows > 0 ? write_rest(raw, leaf, hidden, plain, err) : copy_file(leaf->path, hidden, err)) != 0)
		return -1;
	if (plain)
		return file_rename(hidden, to, err);
	return place_beside(to, name, end, hidden, place, err) == 0 ? file_rename(hidden, place, err) : -1;
}

/* His rows leave the file at ${path}; the rest stands beside ${to}, which is mostly the same. */
static int
replace(
    const struct purge_raw *raw, const char *path, const char *to, struct leaves *leaves, bool archive, struct err *err)
{
	char folder[FILE_PATH_MAX];
	bool plain = !archive && text_ends(text_from(to), TEXT(PURGED)) && !leaves->at[0].removed;

	if (path_format(folder, err, "%.*s", (int)(strrchr(to, '/') - to), to) != 0
	    || file_make_folder(folder, err) != 0)
		return -1;
	for (size_t i = 0; i < leaves->count; i++) {
		if (put_leaf(raw, &leaves->at[i], to, archive, err) != 0)
			return -1;
		raw->counts->rows += leaves->at[i].rows;
		raw->counts->removed += leaves->at[i].removed;
	}
	raw->counts->changed += archive || !leaves->at[0].removed;
	if (file_sync_folder(folder, err) != 0)
		return -1;
	if (!plain || strcmp(path, to) != 0) {
		if (unlink(path) != 0 && errno != ENOENT)
			return err_errno(err, ERR_STOP, "cannot remove a file that was sent");
	}
	return file_sync_folder(folder, err);
}

/* What is in the file: 1 when there is something of him. */
static int
inspect(const struct purge_raw *raw, const char *path, struct text name, struct leaves *leaves, bool *archive,
    struct err *err)
{
	bool his = false;

	*leaves = (struct leaves){ 0 };
	unpacked_init(&leaves->unpacked);
	if (file_remove_all(raw->scratch, err) != 0 || file_make_folder(raw->scratch, err) != 0
	    || find_leaves(raw, path, name, leaves, archive, err) != 0)
		return -1;
	for (size_t i = 0; i < leaves->count; i++) {
		if (look_into(raw, &leaves->at[i], err) != 0)
			return -1;
		his = his || leaves->at[i].rows > 0 || leaves->at[i].removed;
		leaves->unread = leaves->unread || leaves->at[i].unread;
	}
	return his;
}

static void
leaves_free(struct leaves *leaves)
{
	unpacked_fini(&leaves->unpacked);
	free(leaves->at);
}

/* The file at ${path}, which may be called after him, is called otherwise from here on. */
static int
rename_his(const struct purge_raw *raw, char path[FILE_PATH_MAX], struct err *err)
{
	const char *base = strrchr(path, '/') + 1, *dot = strchr(base, '.');
	char plain[FILE_PATH_MAX], place[FILE_PATH_MAX];

	if (!names_him(raw, text_from(base)))
		return 0;
	raw->counts->renamed++;
	if (path_format(plain, err, "%.*spurged", (int)(base - path), path) != 0
	    || place_beside(plain, (struct text){ 0 }, dot != NULL && !names_him(raw, text_from(dot)) ? dot : "", path,
		   place, err)
		!= 0
	    || file_rename(path, place, err) != 0)
		return -1;
	memcpy(path, place, sizeof(place));
	return 0;
}

/* ---- folders ---- */

static void
leave(const struct purge_raw *raw, const char *path)
{
	buffer_string(raw->left, path);
	buffer_char(raw->left, '\n');
}

enum deed { REPLACE, REMOVE };

static int
do_file(const struct purge_raw *raw, char path[FILE_PATH_MAX], enum deed deed, struct err *err)
{
	struct leaves leaves;
	bool archive;
	int got;

	if (deed == REPLACE && rename_his(raw, path, err) != 0)
		return -1;
	got = inspect(raw, path, TEXT(""), &leaves, &archive, err);
	raw->counts->files++;
	if (got == 1 && deed == REMOVE) {
		raw->counts->removed++;
		got = unlink(path) == 0 ? 0 : err_errno(err, ERR_STOP, "cannot remove a file");
	} else if (got == 1)
		got = replace(raw, path, path, &leaves, archive, err);
	if (got == 0 && leaves.unread) {
		raw->counts->unread++;
		leave(raw, path);
	}
	leaves_free(&leaves);
	return got;
}

static int
do_below(const struct purge_raw *raw, const char *folder, enum deed deed, struct err *err)
{
	char **names, path[FILE_PATH_MAX];
	size_t count;
	int result = 0;

	if (!file_exists(folder))
		return 0;
	if (file_list(folder, &names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		struct stat st;

		result = path_format(path, err, "%s/%s", folder, names[i]);
		if (result != 0 || lstat(path, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			result = do_below(raw, path, deed, err);
		else if (S_ISREG(st.st_mode) && strcmp(names[i], ".purging") == 0)
			result = file_remove_all(path, err);
		else if (S_ISREG(st.st_mode) && text_ends(text_from(names[i]), TEXT(".reason.txt")))
			result = rename_his(raw, path, err);
		else if (S_ISREG(st.st_mode))
			result = do_file(raw, path, deed, err);
	}
	free(names);
	return result;
}

int
purge_raw_below(const struct purge_raw *raw, const char *folder, struct err *err)
{
	return do_below(raw, folder, REPLACE, err);
}

int
purge_raw_remove(const struct purge_raw *raw, const char *folder, struct err *err)
{
	return do_below(raw, folder, REMOVE, err);
}

int
purge_raw_one(const struct purge_raw *raw, const char *path, struct text name, struct err *err)
{
	struct leaves leaves;
	bool archive;
	int got;

	if (!file_exists(path))
		return 0;
	got = inspect(raw, path, name, &leaves, &archive, err);
	if (got == 1)
		got = replace(raw, path, path, &leaves, archive, err);
	leaves_free(&leaves);
	return got;
}

/* ---- the inbox ---- */

static int
was_taken(const char *path, struct text source, const struct taken_files *taken, bool *yes, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), result;
	struct sha256 digest;

	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open a file that was sent");
	result = sha256_fd(fd, &digest, err);
	close(fd);
	*yes = result == 0 && taken_find(taken, source, &digest) != NULL;
	return result;
}

static int
do_inbox(const struct purge_raw *raw, const char *folder, const char *to, struct text source,
    const struct taken_files *taken, struct err *err)
{
	char **names, path[FILE_PATH_MAX], place[FILE_PATH_MAX];
	size_t count;
	int result = 0;

	if (file_list(folder, &names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		struct leaves leaves;
		bool archive, taken_before = false;
		struct stat st;

		if (path_format(path, err, "%s/%s", folder, names[i]) != 0
		    || path_format(place, err, "%s/%s", to, names_him(raw, text_from(names[i])) ? "purged" : names[i])
			!= 0) {
			result = -1;
			continue;
		}
		if (lstat(path, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			result = do_inbox(raw, path, place, source.len > 0 ? source : text_from(names[i]), taken, err);
		if (!S_ISREG(st.st_mode))
			continue;
		raw->counts->files++;
		result = inspect(raw, path, TEXT(""), &leaves, &archive, err);
		if (result == 1) {
			result = was_taken(path, source, taken, &taken_before, err);
			if (result == 0 && taken_before)
				result = replace(raw, path, place, &leaves, archive, err);
			else if (result == 0) {
				raw->counts->waiting++;
				leave(raw, path);
			}
		}
		leaves_free(&leaves);
	}
	free(names);
	return result;
}

int
purge_raw_inbox(
    const struct purge_raw *raw, const char *data, const char *run, const struct taken_files *taken, struct err *err)
{
	char inbox[FILE_PATH_MAX], archive[FILE_PATH_MAX];

	if (path_format(inbox, err, "%s/inbox", data) != 0 || path_format(archive, err, "%s/archive/%s", data, run) != 0)
		return -1;
	return file_exists(inbox) ? do_inbox(raw, inbox, archive, (struct text){ 0 }, taken, err) : 0;
}
