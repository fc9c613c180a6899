/*
 * file.h - files and folders, with every failure reported and everything private: files are made 0600,
 * folders 0700, links are not followed when opening for writing. Paths are NUL-terminated.
 */
#ifndef YICI_CORE_BASE_FILE_H
#define YICI_CORE_BASE_FILE_H

#include <sys/types.h>

#include "core/base/buffer.h"
#include "core/base/err.h"

#define FILE_PATH_MAX 4096

/* ${out} = format; -1 with ERR_STOP when it does not fit. */
MUST_CHECK int path_format(char out[FILE_PATH_MAX], struct err *err, const char *format, ...) PRINTF_LIKE(3, 4);

/* Make the folder and its missing parents, 0700; fine when it is there already. */
MUST_CHECK int file_make_folder(const char *path, struct err *err);

/*
 * The ${size} bytes of a secret kept at ${path}; where there is none and ${make} is true it is made of random bytes. 1; 0 when the file is
 * not as it was made, and ${secret} is not filled; -1.
 */
MUST_CHECK int file_secret(const char *path, void *secret, size_t size, bool make, struct err *err);

/* Make a folder of our own below $TMPDIR (/tmp), for what is on its way; ${out} is empty when that fails. Remove it with file_remove_all(). */
MUST_CHECK int file_private_folder(char out[FILE_PATH_MAX], struct err *err);

/* Remove a file, or a folder with all below it (links are removed, not followed); fine when it is not there. */
MUST_CHECK int file_remove_all(const char *path, struct err *err);

/* Open for writing, made new or emptied, 0600, not through a link: the descriptor or -1. */
MUST_CHECK int file_create(const char *path, struct err *err);

/* Write all ${len} bytes at the file's position; short writes and EINTR are continued. */
MUST_CHECK int file_write(int fd, const void *bytes, size_t len, struct err *err);

/* The same at ${offset}. */
MUST_CHECK int file_write_at(int fd, const void *bytes, size_t len, uint64_t offset, struct err *err);

/*
 * For large files that are written from front to back and synced at the end. The first has the disk begin at once with ${len}
 * bytes at ${offset}, so that the sync finds little to do. The second, some time later, waits for them and gives their
 * memory back, so that what the kernel holds for us does not grow with our files; where it learns that they
 * could not be written it fails, for the sync would not be told again.
 */
void file_write_behind(int fd, uint64_t offset, uint64_t len);
MUST_CHECK int file_let_go(int fd, uint64_t offset, uint64_t len, struct err *err);

/* Free the disk and memory of ${len} bytes at ${offset} of a scratch file that nobody will read again; advice, too. */
void file_punch(int fd, uint64_t offset, uint64_t len);

/* Read exactly ${len} bytes at ${offset}; a shorter file is ERR_INPUT. */
MUST_CHECK int file_read_at(int fd, void *bytes, size_t len, uint64_t offset, struct err *err);

/* The whole of a small file (at most the buffer's limit) behind what ${into} holds. */
MUST_CHECK int file_read_all(const char *path, struct buffer *into, struct err *err);

/* Write a whole small file durably: beside it, fsync, rename over it, fsync of the folder. */
MUST_CHECK int file_write_all(const char *path, const void *bytes, size_t len, struct err *err);

/* The same without any fsync: whole when the process is killed, not when the machine is. */
MUST_CHECK int file_write_whole(const char *path, const void *bytes, size_t len, struct err *err);

/* The same but for the folder's fsync: for many files in one, before a single file_sync_folder(). */
MUST_CHECK int file_write_named(const char *path, const void *bytes, size_t len, struct err *err);

/* fsync() of a descriptor, then close it, whatever comes. */
MUST_CHECK int file_sync_close(int fd, struct err *err);

/* fsync() of the folder itself: makes renames in it durable. */
MUST_CHECK int file_sync_folder(const char *path, struct err *err);

/* fsync() of all files below a folder, of the folders in it, and of itself. */
MUST_CHECK int file_sync_below(const char *folder, struct err *err);

/* rename(); both in one file system. */
MUST_CHECK int file_rename(const char *from, const char *to, struct err *err);

/* Whether something is there, of any kind. */
bool file_exists(const char *path);

/*
 * Names in a folder, sorted by byte order, without "." and "..". ${names} is allocated, one free() for it and
 * all its strings; ${*count} their number.
 */
MUST_CHECK int file_list(const char *folder, char ***names, size_t *count, struct err *err);

#endif
