/*
 * file.c - see file.h.
 */
#include "core/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

int
path_format(char out[FILE_PATH_MAX], struct err *err, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(out, FILE_PATH_MAX, format, args);
	va_end(args);
	if (len < 0 || len >= FILE_PATH_MAX)
		return err_set(err, ERR_STOP, "a path is longer than %d bytes", FILE_PATH_MAX - 1);
	return 0;
}

int
file_make_folder(const char *path, struct err *err)
{
	char part[FILE_PATH_MAX];

	if (path_format(part, err, "%s", path) != 0)
		return -1;
	for (char *slash = part + 1;; slash++) {
		char kept = *slash;

		if (kept != '/' && kept != '\0')
			continue;
		*slash = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return err_errno(err, ERR_STOP, "cannot make folder %s", part);
		*slash = kept;
		if (kept == '\0')
			return 0;
	}
}

int
file_private_folder(char out[FILE_PATH_MAX], struct err *err)
{
	const char *temporary = getenv("TMPDIR");

	if (path_format(out, err, "%s/yici-XXXXXX", temporary != NULL ? temporary : P_tmpdir) == 0) {
		if (mkdtemp(out) != NULL)
			return 0;
		err_errno(err, ERR_STOP, "cannot make a private folder");
	}
	out[0] = '\0';
	return -1;
}

int
file_remove_all(const char *path, struct err *err)
{
	char **names, below[FILE_PATH_MAX];
	struct stat st;
	size_t count;
	int result = 0;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? 0 : err_errno(err, ERR_STOP, "cannot look at %s", path);
	if (!S_ISDIR(st.st_mode)) {
		if (unlink(path) != 0 && errno != ENOENT)
			return err_errno(err, ERR_STOP, "cannot remove %s", path);
		return 0;
	}
	if (file_list(path, &names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		result = path_format(below, err, "%s/%s", path, names[i]);
		if (result == 0)
			result = file_remove_all(below, err);
	}
	free(names);
	if (result == 0 && rmdir(path) != 0)
		return err_errno(err, ERR_STOP, "cannot remove folder %s", path);
	return result;
}

int
file_create(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd >= 0 ? fd : err_errno(err, ERR_STOP, "cannot create %s", path);
}

int
file_write(int fd, const void *bytes, size_t len, struct err *err)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t done = write(fd, at, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return err_errno(err, ERR_STOP, "cannot write");
		at += done;
		len -= (size_t)done;
	}
	return 0;
}

int
file_write_at(int fd, const void *bytes, size_t len, uint64_t offset, struct err *err)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t done = pwrite(fd, at, len, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return err_errno(err, ERR_STOP, "cannot write");
		at += done;
		offset += (uint64_t)done;
		len -= (size_t)done;
	}
	return 0;
}

void
file_write_behind(int fd, uint64_t offset, uint64_t len)
{
	(void)!sync_file_range(fd, (off_t)offset, (off_t)len, SYNC_FILE_RANGE_WRITE);
}

int
file_let_go(int fd, uint64_t offset, uint64_t len, struct err *err)
{
	unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;

	if (sync_file_range(fd, (off_t)offset, (off_t)len, all) == 0)
		(void)!posix_fadvise(fd, (off_t)offset, (off_t)len, POSIX_FADV_DONTNEED);
	else if (errno == EIO || errno == ENOSPC || errno == EDQUOT)
		return err_errno(err, ERR_STOP, "cannot write");
	return 0;
}

void
file_punch(int fd, uint64_t offset, uint64_t len)
{
	(void)!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)len);
}

int
file_read_at(int fd, void *bytes, size_t len, uint64_t offset, struct err *err)
{
	char *at = bytes;

	while (len > 0) {
		ssize_t got = pread(fd, at, len, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, ERR_STOP, "cannot read");
		if (got == 0)
			return err_set(err, ERR_INPUT, "a file is shorter than it says");
		at += got;
		offset += (uint64_t)got;
		len -= (size_t)got;
	}
	return 0;
}

int
file_read_all(const char *path, struct buffer *into, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int result = 0;

	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	for (;;) {
		char *room = buffer_room(into, 4096);
		ssize_t got;

		if (room == NULL) {
			result = into->limit - into->len < 4096
			    ? err_set(err, ERR_STOP, "%s is larger than allowed", path)
			    : err_set(err, ERR_RETRY, "out of memory for %s", path);
			break;
		}
		got = read(fd, room, into->size - into->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			result = err_errno(err, ERR_STOP, "cannot read %s", path);
		if (got <= 0)
			break;
		into->len += (size_t)got;
	}
	close(fd);
	return result;
}

int
file_sync_close(int fd, struct err *err)
{
	int result = 0;

	if (fsync(fd) != 0)
		result = err_errno(err, ERR_STOP, "cannot fsync");
	if (close(fd) != 0 && result == 0)
		result = err_errno(err, ERR_STOP, "cannot close");
	return result;
}

int
file_sync_folder(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open folder %s", path);
	return file_sync_close(fd, err);
}

int
file_rename(const char *from, const char *to, struct err *err)
{
	if (rename(from, to) != 0)
		return err_errno(err, ERR_STOP, "cannot rename %s", from);
	return 0;
}

static int
write_beside(const char *path, const void *bytes, size_t len, bool sync, struct err *err)
{
	char beside[FILE_PATH_MAX];
	int fd, result;

	if (path_format(beside, err, "%s.new", path) != 0)
		return -1;
	fd = file_create(beside, err);
	if (fd < 0)
		return -1;
	result = file_write(fd, bytes, len, err);
	if (result == 0 && sync)
		result = file_sync_close(fd, err);
	else if (close(fd) != 0 && result == 0)
		result = err_errno(err, ERR_STOP, "cannot close");
	return result == 0 ? file_rename(beside, path, err) : -1;
}

int
file_write_whole(const char *path, const void *bytes, size_t len, struct err *err)
{
	return write_beside(path, bytes, len, false, err);
}

int
file_write_named(const char *path, const void *bytes, size_t len, struct err *err)
{
	return write_beside(path, bytes, len, true, err);
}

int
file_write_all(const char *path, const void *bytes, size_t len, struct err *err)
{
	char folder[FILE_PATH_MAX];
	char *slash;

	if (path_format(folder, err, "%s", path) != 0 || file_write_named(path, bytes, len, err) != 0)
		return -1;
	slash = strrchr(folder, '/');
	if (slash == NULL)
		strcpy(folder, ".");
	else
		slash[slash == folder] = '\0';
	return file_sync_folder(folder, err);
}

int
file_secret(const char *path, void *secret, size_t size, bool make, struct err *err)
{
	struct buffer bytes;
	int result;

	if (make && !file_exists(path)) {
		if (getrandom(secret, size, 0) != (ssize_t)size)
			return err_errno(err, ERR_STOP, "no random bytes");
		return file_write_all(path, secret, size, err) == 0 ? 1 : -1;
	}
	buffer_init(&bytes, (size_t)1 << 20);
	result = file_read_all(path, &bytes, err);
	if (result == 0 && bytes.len == size) {
		memcpy(secret, bytes.at, size);
		result = 1;
	}
	buffer_fini(&bytes);
	return result;
}

bool
file_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int
name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * The strings lie behind the array of pointers, in one allocation; the offsets are kept until both are
 * of final size.
 */
int
file_list(const char *folder, char ***names, size_t *count, struct err *err)
{
	struct buffer strings, offsets;
	struct dirent *entry;
	size_t n;
	char **list;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		return err_errno(err, ERR_STOP, "cannot open folder %s", folder);
	buffer_init(&strings, SIZE_MAX / 4);
	buffer_init(&offsets, SIZE_MAX / 4);
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		buffer_add(&offsets, &strings.len, sizeof(strings.len));
		buffer_add(&strings, entry->d_name, strlen(entry->d_name) + 1);
	}
	if (errno != 0) {
		err_errno(err, ERR_STOP, "cannot list folder %s", folder);
		goto fail;
	}
	n = offsets.len / sizeof(size_t);
	list = malloc(n * sizeof(*list) + strings.len + 1);
	if (list == NULL || strings.failed || offsets.failed) {
		free(list);
		err_set(err, ERR_RETRY, "out of memory");
		goto fail;
	}
	if (strings.len > 0)
		memcpy(list + n, strings.at, strings.len);
	for (size_t i = 0; i < n; i++) {
		size_t offset;

		memcpy(&offset, offsets.at + i * sizeof(offset), sizeof(offset));
		list[i] = (char *)(list + n) + offset;
	}
	qsort(list, n, sizeof(*list), name_order);
	*names = list;
	*count = n;
	closedir(dir);
	buffer_fini(&strings);
	buffer_fini(&offsets);
	return 0;
fail:
	closedir(dir);
	buffer_fini(&strings);
	buffer_fini(&offsets);
	return -1;
}

int
file_sync_below(const char *folder, struct err *err)
{
	char **names, path[FILE_PATH_MAX];
	size_t count;
	int result = 0;

	if (file_list(folder, &names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		int fd;

		result = path_format(path, err, "%s/%s", folder, names[i]);
		if (result != 0)
			break;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY);
		if (fd >= 0) {
			close(fd);
			result = file_sync_below(path, err);
			continue;
		}
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		result = fd < 0 ? err_errno(err, ERR_STOP, "cannot open %s", path) : file_sync_close(fd, err);
	}
	free(names);
	return result == 0 ? file_sync_folder(folder, err) : -1;
}
