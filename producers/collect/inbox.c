/*
 * inbox.c - see inbox.h. Every folder is opened with O_NOFOLLOW below the one before it, so a link
 * that appears between listing and opening leads nowhere.
 */
#include "producers/collect/inbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "producers/readers/gb18030.h"

#define INBOX_ARENA_MAX ((size_t)1024 * 1024 * 1024)
#define NAME_BYTES_MAX 4096

struct walk {
	struct inbox *inbox;
	struct buffer files; /* struct inbox_file one behind the other */
	int64_t settled_before_ns;
	int64_t now_ns;
	char path[FILE_PATH_MAX]; /* below the inbox */
	size_t source_len;        /* of the source's folder in ${path} */
	unsigned depth;
	struct err *err;
};

bool
inbox_is_left_out(const char *name)
{
	static const char *const ends[] = { ".part", ".tmp", ".crdownload", ".partial", ".filepart", ".download" };
	static const char *const names[] = { "Thumbs.db", "desktop.ini" };
	size_t len = strlen(name);

	if (name[0] == '.' || strncmp(name, "~$", 2) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t end = strlen(ends[i]);

		if (len >= end && strcasecmp(name + len - end, ends[i]) == 0)
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcasecmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static struct text
escaped(struct arena *arena, const char *raw, size_t len, bool ascii_only)
{
	char *out = arena_take(arena, 4 * len + 1);
	size_t at = 0;

	if (out == NULL)
		return (struct text){ 0 };
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)raw[i];

		if (c < 0x20 || c == 0x7F || (ascii_only && c >= 0x80))
			at += (size_t)snprintf(out + at, 5, "\\x%02X", c);
		else
			out[at++] = (char)c;
	}
	return (struct text){ out, at };
}

struct text
inbox_name(struct arena *arena, const char *raw, bool escape)
{
	size_t len = strlen(raw), used, got;
	char decoded[GB18030_UTF8_MAX(NAME_BYTES_MAX) + GB18030_SLACK];
	uint64_t replaced = 0;
	struct gb18030 *codec;

	if (utf8_valid(raw, len))
		return escaped(arena, raw, len, false);
	if (escape || len > NAME_BYTES_MAX || gb18030_prefix(raw, len) != len)
		return escaped(arena, raw, len, true);
	codec = gb18030_new();
	if (codec == NULL)
		return (struct text){ 0 };
	got = gb18030_decode(codec, raw, len, &used, decoded, &replaced);
	gb18030_free(codec);
	return used == len ? escaped(arena, decoded, got, false) : escaped(arena, raw, len, true);
}

static struct inbox_stamp
stamp_of(const struct stat *st)
{
	return (struct inbox_stamp){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
	};
}

static bool
stamp_eq(const struct inbox_stamp *a, const struct inbox_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns;
}

/* Take the file at walk->path. */
static int
walk_file(struct walk *walk, const struct stat *st)
{
	struct inbox_file file = { .state = INBOX_READY, .stamp = stamp_of(st) };
	struct arena *arena = &walk->inbox->arena;
	struct text path = arena_text(arena, text_from(walk->path));
	char source[FILE_PATH_MAX];
	const char *below = walk->path;

	if (path.at == NULL)
		goto memory;
	file.path = path.at;
	if (walk->source_len > 0) {
		memcpy(source, walk->path, walk->source_len);
		source[walk->source_len] = '\0';
		file.source = inbox_name(arena, source, false);
		below += walk->source_len + 1;
	} else {
		file.source = (struct text){ "", 0 };
		file.state = INBOX_STRAY;
	}
	file.name = inbox_name(arena, below, false);
	if (file.source.at == NULL || file.name.at == NULL)
		goto memory;
	if (!S_ISREG(st->st_mode)) {
		file.state = INBOX_REFUSED;
		file.refusal = S_ISLNK(st->st_mode) ? REFUSED_LINK
		    : S_ISDIR(st->st_mode)          ? REFUSED_NESTED
						    : REFUSED_NOT_A_TABLE;
	} else if (file.state == INBOX_READY && file.stamp.mtime_ns > walk->settled_before_ns
	    && file.stamp.mtime_ns <= walk->now_ns) {
		file.state = INBOX_WAITING;
	}
	buffer_add(&walk->files, &file, sizeof(file));
	return 0;
memory:
	return err_set(walk->err, ERR_RETRY, "out of memory for the list of the inbox");
}

/* All names in the open folder ${fd} (taken), and below. */
static int
walk_folder(struct walk *walk, int fd, size_t len)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		close(fd);
		return err_errno(walk->err, ERR_STOP, "cannot list a folder of the inbox");
	}
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		size_t name_len = strlen(entry->d_name), at = len;
		struct stat st;
		int below;

		if (inbox_is_left_out(entry->d_name))
			continue;
		if (len + 1 + name_len >= sizeof(walk->path)) {
			err_set(walk->err, ERR_STOP, "a path in the inbox is too long");
			goto fail;
		}
		if (len > 0)
			walk->path[at++] = '/';
		memcpy(walk->path + at, entry->d_name, name_len + 1);
		at += name_len;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
			if (errno == ENOENT)
				continue; /* taken away meanwhile */
			err_errno(walk->err, ERR_STOP, "cannot look at a file of the inbox");
			goto fail;
		}
		if (!S_ISDIR(st.st_mode) || walk->depth >= INBOX_DEPTH_MAX) {
			if (walk_file(walk, &st) != 0)
				goto fail;
			continue;
		}
		below = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0) {
			if (errno == ENOENT || errno == ELOOP || errno == ENOTDIR)
				continue;
			err_errno(walk->err, ERR_STOP, "cannot open a folder of the inbox");
			goto fail;
		}
		if (len == 0)
			walk->source_len = at;
		walk->depth++;
		if (walk_folder(walk, below, at) != 0)
			goto fail;
		walk->depth--;
		if (len == 0)
			walk->source_len = 0;
	}
	if (errno != 0) {
		err_errno(walk->err, ERR_STOP, "cannot list a folder of the inbox");
		goto fail;
	}
	closedir(dir);
	return 0;
fail:
	closedir(dir);
	return -1;
}

static int
by_name(const void *a, const void *b)
{
	const struct inbox_file *x = a, *y = b;
	int order = text_compare(x->source, y->source);

	if (order == 0)
		order = text_compare(x->name, y->name);
	return order != 0 ? order : strcmp(x->path, y->path);
}

/* Two names of different bytes may read alike; then those that are not UTF-8 are shown by their
 * bytes. */
static int
tell_apart(struct inbox *inbox, struct err *err)
{
	bool changed = false;

	for (size_t i = 0; i + 1 < inbox->count; i++) {
		struct inbox_file *a = &inbox->files[i], *b = a + 1;

		if (!text_eq(a->source, b->source) || !text_eq(a->name, b->name))
			continue;
		for (struct inbox_file *file = a; file <= b; file++) {
			const char *slash = strchr(file->path, '/');

			if (utf8_valid(file->path, strlen(file->path)))
				continue;
			file->name = inbox_name(&inbox->arena, slash == NULL ? file->path : slash + 1, true);
			if (file->name.at == NULL)
				return err_set(err, ERR_RETRY, "out of memory for the list of the inbox");
			changed = true;
		}
	}
	if (changed)
		qsort(inbox->files, inbox->count, sizeof(*inbox->files), by_name);
	return 0;
}

int
inbox_list(struct inbox *inbox, const char *folder, unsigned settle_s, int64_t now_ns, struct err *err)
{
	struct walk walk = {
		.inbox = inbox,
		.now_ns = now_ns,
		.settled_before_ns = now_ns - (int64_t)settle_s * 1000000000,
		.err = err,
	};
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = -1;

	*inbox = (struct inbox){ 0 };
	arena_init(&inbox->arena, INBOX_ARENA_MAX);
	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open the inbox %s", folder);
	buffer_init(&walk.files, INBOX_ARENA_MAX);
	if (walk_folder(&walk, fd, 0) != 0)
		goto out;
	inbox->count = walk.files.len / sizeof(struct inbox_file);
	inbox->files = arena_take(&inbox->arena, walk.files.len + 1);
	if (buffer_failed(&walk.files) || inbox->files == NULL) {
		err_set(err, ERR_RETRY, "out of memory for the list of the inbox");
		goto out;
	}
	if (inbox->count > 0) {
		memcpy(inbox->files, walk.files.at, walk.files.len);
		qsort(inbox->files, inbox->count, sizeof(*inbox->files), by_name);
	}
	result = tell_apart(inbox, err);
out:
	buffer_fini(&walk.files);
	if (result != 0)
		inbox_fini(inbox);
	return result;
}

void
inbox_fini(struct inbox *inbox)
{
	arena_fini(&inbox->arena);
	inbox->files = NULL;
	inbox->count = 0;
}

/* Open ${path} below ${folder} step by step, following no link: a descriptor, or -1 with errno. */
static int
open_below(const char *folder, const char *path)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char part[FILE_PATH_MAX];

	while (fd >= 0) {
		const char *slash = strchr(path, '/');
		size_t len = slash == NULL ? strlen(path) : (size_t)(slash - path);
		int flags = slash == NULL ? O_NONBLOCK : O_DIRECTORY;
		int next;

		if (len >= sizeof(part)) {
			close(fd);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(part, path, len);
		part[len] = '\0';
		next = openat(fd, part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | flags);
		close(fd);
		if (slash == NULL)
			return next;
		fd = next;
		path = slash + 1;
	}
	return -1;
}

int
inbox_open(const char *folder, const struct inbox_file *file, struct err *err)
{
	int fd = open_below(folder, file->path);
	struct stat st;
	struct inbox_stamp stamp;

	if (fd < 0) {
		if (errno == ENOENT || errno == ELOOP || errno == ENOTDIR)
			return err_set(err, ERR_INPUT, "the file is not there any more");
		return err_errno(err, ERR_STOP, "cannot open a file of the inbox");
	}
	if (fstat(fd, &st) != 0) {
		close(fd);
		return err_errno(err, ERR_STOP, "cannot look at a file of the inbox");
	}
	stamp = stamp_of(&st);
	if (!S_ISREG(st.st_mode) || !stamp_eq(&stamp, &file->stamp)) {
		close(fd);
		return err_set(err, ERR_INPUT, "the file changed after it was listed");
	}
	return fd;
}

bool
inbox_unchanged(const char *folder, const struct inbox_file *file, int fd)
{
	struct stat st;
	struct inbox_stamp stamp;
	int again;
	bool same;

	if (fstat(fd, &st) != 0)
		return false;
	stamp = stamp_of(&st);
	if (!stamp_eq(&stamp, &file->stamp))
		return false;
	again = open_below(folder, file->path);
	if (again < 0)
		return false;
	same = fstat(again, &st) == 0;
	close(again);
	stamp = stamp_of(&st);
	return same && stamp_eq(&stamp, &file->stamp);
}

int
inbox_digest(int fd, struct sha256 *digest, struct err *err)
{
	return sha256_fd(fd, digest, err);
}
