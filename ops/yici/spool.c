/*
 * spool.c - see spool.h.
 */
#include "ops/yici/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/base/file.h"

#define SPOOL_BUFFER ((size_t)1 << 20)

struct spool_head {
	uint32_t len, row;
	uint16_t sheet, zeros;
};

int
spool_create(struct spool_writer *spool, const char *path, struct err *err)
{
	*spool = (struct spool_writer){ .fd = file_create(path, err) };
	buffer_init(&spool->out, SIZE_MAX / 4);
	return spool->fd < 0 ? -1 : 0;
}

static int
flush(struct spool_writer *spool, struct err *err)
{
	if (buffer_failed(&spool->out))
		return err_set(err, ERR_RETRY, "out of memory for a row");
	if (file_write(spool->fd, spool->out.at, spool->out.len, err) != 0)
		return -1;
	buffer_clear(&spool->out);
	return 0;
}

int
spool_add(struct spool_writer *spool, const struct row *row, uint8_t role, struct err *err)
{
	struct spool_head head = { .row = row->row_no, .sheet = spool->row.origin.sheet };
	size_t start = spool->out.len;

	spool->row.origin.row = row->row_no;
	spool->row.role = role;
	spool->row.flags = row->flags;
	spool->row.cell_count = row->count;
	buffer_add(&spool->out, &head, sizeof(head));
	wire_row_write(&spool->row, row->cells, &spool->out);
	if (!buffer_failed(&spool->out)) {
		head.len = (uint32_t)(spool->out.len - start - sizeof(head));
		memcpy(spool->out.at + start, &head, sizeof(head));
	}
	spool->rows++;
	spool->digest += wire_place_hash(head.sheet, head.row);
	return spool->out.len < SPOOL_BUFFER && !buffer_failed(&spool->out) ? 0 : flush(spool, err);
}

int
spool_finish(struct spool_writer *spool, struct err *err)
{
	return flush(spool, err);
}

void
spool_close(struct spool_writer *spool)
{
	if (spool->fd >= 0)
		close(spool->fd);
	buffer_fini(&spool->out);
	*spool = (struct spool_writer){ .fd = -1 };
}

int
spool_next(struct window *window, struct spool_message *message, struct err *err)
{
	struct spool_head head = { 0 };
	int got = window_need(window, sizeof(head), err);

	if (got < 0 || (got == 0 && window_at_end(window)))
		return got;
	if (got == 1) {
		memcpy(&head, window_at(window), sizeof(head));
		got = window_need(window, sizeof(head) + head.len, err);
	}
	if (got <= 0)
		return got < 0 ? -1 : err_set(err, ERR_RETRY, "a spooled file is cut");
	*message = (struct spool_message){ head.row, head.sheet, { window_at(window) + sizeof(head), head.len } };
	window_step(window, sizeof(head) + head.len);
	return 1;
}

int
spool_empty(const char *data, uint64_t wait_s, struct err *err)
{
	char folder[FILE_PATH_MAX], path[FILE_PATH_MAX], **names;
	size_t count;
	int fd, result = 0;

	if (path_format(folder, err, "%s/spool", data) != 0 || path_format(path, err, "%s/lock", folder) != 0)
		return -1;
	if (!file_exists(folder))
		return 0;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	for (uint64_t tries = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; tries++) {
		if (tries >= wait_s * 5) {
			close(fd);
			return err_set(err, ERR_RETRY, "a collector is at work on this data folder");
		}
		nanosleep(&(struct timespec){ .tv_nsec = 200000000L }, NULL);
	}
	if (file_list(folder, &names, &count, err) != 0) {
		close(fd);
		return -1;
	}
	for (size_t i = 0; i < count && result == 0; i++) {
		if (strcmp(names[i], "lock") != 0)
			result = path_format(path, err, "%s/%s", folder, names[i]) != 0 ? -1
											: file_remove_all(path, err);
	}
	free(names);
	close(fd);
	return result;
}
