/*
 * older.c - see older.h.
 */
#include "consumers/consolidate/older.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/file.h"

#define VERSION 1

struct head {
	char magic[8];
	uint32_t version, entry_bytes;
	uint64_t entries, sum;
};

static struct head
head_of(const struct olders *olders)
{
	return (struct head){ .magic = "YICIOLDR",
		.version = VERSION,
		.entry_bytes = sizeof(*olders->at),
		.entries = olders->count,
		.sum = hash64(olders->at, olders->count * sizeof(*olders->at), 0) };
}

int
olders_add(struct olders *olders, const struct older *older, struct err *err)
{
	if (olders->count == olders->room) {
		size_t room = olders->room == 0 ? 1024 : olders->room * 2;
		struct older *more = realloc(olders->at, room * sizeof(*more));

		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory for older rows");
		olders->at = more;
		olders->room = room;
	}
	olders->at[olders->count++] = *older;
	return 0;
}

int
olders_load(struct olders *olders, const char *path, struct err *err)
{
	struct head head, want;
	struct stat st;
	int fd, result = -1;

	*olders = (struct olders){ 0 };
	if (path == NULL || !file_exists(path))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	if (fstat(fd, &st) != 0) {
		err_errno(err, ERR_STOP, "cannot look at %s", path);
		goto done;
	}
	if (file_read_at(fd, &head, sizeof(head), 0, err) != 0)
		goto done;
	if (head.entries > (uint64_t)st.st_size / sizeof(*olders->at)) {
		err_set(err, ERR_INPUT, "%s is damaged", path);
		goto done;
	}
	olders->count = olders->room = (size_t)head.entries;
	olders->at = malloc((olders->count + 1) * sizeof(*olders->at));
	if (olders->at == NULL) {
		err_set(err, ERR_RETRY, "out of memory for older rows");
		goto done;
	}
	if (file_read_at(fd, olders->at, olders->count * sizeof(*olders->at), sizeof(head), err) != 0)
		goto done;
	want = head_of(olders);
	if (memcmp(&head, &want, sizeof(head)) != 0)
		err_set(err, ERR_INPUT, "%s is damaged or of another version", path);
	else
		result = 0;
done:
	close(fd);
	if (result != 0)
		olders_free(olders);
	return result;
}

int
olders_save(const struct olders *olders, const char *path, struct err *err)
{
	struct head head = head_of(olders);
	int fd = file_create(path, err), result = -1;

	if (fd < 0)
		return -1;
	if (file_write(fd, &head, sizeof(head), err) == 0)
		result = file_write(fd, olders->at, olders->count * sizeof(*olders->at), err);
	if (close(fd) != 0 && result == 0)
		result = err_errno(err, ERR_STOP, "cannot close %s", path);
	return result;
}

void
olders_free(struct olders *olders)
{
	free(olders->at);
	*olders = (struct olders){ 0 };
}
