/*
 * standings.c - see standings.h.
 */
#include "consumers/consolidate/standings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/file.h"

#define VERSION 1
#define WRITTEN_AT_ONCE 1024

struct head {
	char magic[8];
	uint32_t version, entry_bytes;
	uint64_t entries, sum;
};
_Static_assert(sizeof(struct head) == 32, "head of presence.yc");

static struct head
head_of(uint64_t entries, uint64_t sum)
{
	return (struct head){
		.magic = "YICIPRES", .version = VERSION, .entry_bytes = sizeof(struct stood), .entries = entries, .sum = sum
	};
}

static bool
is_sound(const struct standing *standing)
{
	return standing->presence <= BACK && standing->was <= BACK && standing->reason[LEAVING_REASON_MAX] == '\0';
}

int
standings_load(struct standings *standings, const char *path, struct err *err)
{
	struct head head, want;
	struct stat st;
	uint64_t sum = 0;
	int fd, result = -1;

	*standings = (struct standings){ 0 };
	if (!file_exists(path))
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
	want = head_of(head.entries, head.sum);
	if (memcmp(&head, &want, sizeof(head)) != 0 || head.entries > (uint64_t)st.st_size / sizeof(*standings->at)) {
		err_set(err, ERR_STOP, "%s is damaged or of another version", path);
		goto done;
	}
	standings->at = malloc((size_t)(head.entries + 1) * sizeof(*standings->at));
	if (standings->at == NULL) {
		err_set(err, ERR_RETRY, "out of memory for who has left");
		goto done;
	}
	standings->count = (size_t)head.entries;
	standings->known = true;
	if (file_read_at(fd, standings->at, standings->count * sizeof(*standings->at), sizeof(head), err) != 0)
		goto done;
	result = 0;
	for (size_t i = 0; i < standings->count; i++) {
		sum += hash64(&standings->at[i], sizeof(*standings->at), 0);
		if (!is_sound(&standings->at[i].shown) || !is_sound(&standings->at[i].undecided)
		    || (i > 0 && memcmp(&standings->at[i - 1], &standings->at[i], STUDENT_ID_BYTES) >= 0))
			result = -1;
	}
	if (result != 0 || sum != head.sum)
		result = err_set(err, ERR_INPUT, "%s is damaged", path);
done:
	close(fd);
	if (result != 0)
		standings_free(standings);
	return result;
}

void
standings_free(struct standings *standings)
{
	free(standings->at);
	*standings = (struct standings){ 0 };
}

const struct stood *
standings_find(const struct standings *standings, const uint8_t *student)
{
	size_t low = 0, high = standings != NULL ? standings->count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(standings->at[middle].shown.student, student, STUDENT_ID_BYTES);

		if (order == 0)
			return &standings->at[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int
standings_write(const struct standings *standings, const char *path, struct err *err)
{
	struct head head = head_of(standings->count, 0);
	int fd = file_create(path, err), result = -1;

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < standings->count; i++)
		head.sum += hash64(&standings->at[i], sizeof(*standings->at), 0);
	if (file_write(fd, &head, sizeof(head), err) == 0)
		result = file_write(fd, standings->at, standings->count * sizeof(*standings->at), err);
	if (close(fd) != 0 && result == 0)
		result = err_errno(err, ERR_STOP, "cannot close %s", path);
	return result;
}

int
standings_save(const struct runs *runs, const char *path, struct err *err)
{
	struct runs_cursor cursor = { 0 };
	struct stood *buffer = malloc(WRITTEN_AT_ONCE * sizeof(*buffer));
	struct head head = head_of(0, 0);
	size_t buffered = 0;
	struct text entry;
	int fd = -1, got, result = -1;

	if (buffer == NULL)
		return err_set(err, ERR_RETRY, "out of memory for who has left");
	if ((fd = file_create(path, err)) < 0 || file_write(fd, &head, sizeof(head), err) != 0
	    || runs_seek(&cursor, runs, NULL, NULL, err) != 0)
		goto done;
	while ((got = runs_next(&cursor, &entry, err)) == 1) {
		memcpy(&buffer[buffered], entry.at, sizeof(*buffer));
		head.sum += hash64(&buffer[buffered], sizeof(*buffer), 0);
		head.entries++;
		if (++buffered == WRITTEN_AT_ONCE) {
			if (file_write(fd, buffer, buffered * sizeof(*buffer), err) != 0)
				goto done;
			buffered = 0;
		}
	}
	if (got < 0 || (buffered > 0 && file_write(fd, buffer, buffered * sizeof(*buffer), err) != 0))
		goto done;
	result = file_write_at(fd, &head, sizeof(head), 0, err);
done:
	runs_cursor_fini(&cursor);
	if (fd >= 0 && close(fd) != 0 && result == 0)
		result = err_errno(err, ERR_STOP, "cannot close %s", path);
	free(buffer);
	return result;
}
