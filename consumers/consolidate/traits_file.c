/*
 * traits_file.c - traits.yc, written and mapped; see traits.h.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consumers/consolidate/traits.h"
#include "core/base/digest.h"
#include "core/base/file.h"

#define BUFFER_BYTES ((size_t)1 << 20)

static const char magic[8] = "YICITRAI";

struct traits_head {
	char magic[8];
	uint32_t version, trait_bytes;
	uint64_t digest, entries, sum;
	uint8_t zeros[24];
};
_Static_assert(sizeof(struct traits_head) == 64, "the head is written as it stands");
static int
flush(struct traits_writer *writer, struct err *err)
{
	if (writer->buffered > 0 && file_write(writer->fd, writer->buffer, writer->buffered, err) != 0)
		return -1;
	writer->buffered = 0;
	return 0;
}

int
traits_create(struct traits_writer *writer, const char *path, uint32_t trait_bytes, uint64_t digest, struct err *err)
{
	static const struct traits_head none;

	*writer = (struct traits_writer){ .fd = -1, .trait_bytes = trait_bytes, .digest = digest };
	writer->buffer = malloc(BUFFER_BYTES);
	if (writer->buffer == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	writer->fd = file_create(path, err);
	return writer->fd < 0 ? -1 : file_write(writer->fd, &none, sizeof(none), err);
}

int
traits_put(struct traits_writer *writer, const uint8_t *trait, struct err *err)
{
	if (writer->buffered + writer->trait_bytes > BUFFER_BYTES && flush(writer, err) != 0)
		return -1;
	memcpy(writer->buffer + writer->buffered, trait, writer->trait_bytes);
	writer->buffered += writer->trait_bytes;
	writer->entries++;
	writer->sum += hash64(trait, writer->trait_bytes, writer->entries);
	return 0;
}

int
traits_finish(struct traits_writer *writer, struct err *err)
{
	struct traits_head head = { .version = TRAITS_VERSION,
		.trait_bytes = writer->trait_bytes,
		.digest = writer->digest,
		.entries = writer->entries,
		.sum = writer->sum };

	memcpy(head.magic, magic, sizeof(magic));
	if (flush(writer, err) != 0 || file_write_at(writer->fd, &head, sizeof(head), 0, err) != 0)
		return -1;
	if (close(writer->fd) != 0) {
		writer->fd = -1;
		return err_errno(err, ERR_STOP, "cannot close traits.yc");
	}
	writer->fd = -1;
	return 0;
}

void
traits_writer_fini(struct traits_writer *writer)
{
	if (writer->fd >= 0)
		(void)close(writer->fd);
	free(writer->buffer);
	*writer = (struct traits_writer){ .fd = -1 };
}

int
traits_open(struct traits *traits, const char *path, bool checked, struct err *err)
{
	struct traits_head head;
	struct stat stat;
	uint64_t sum = 0;
	int fd, result = -1;

	*traits = (struct traits){ 0 };
	if (!file_exists(path))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &stat) != 0) {
		err_errno(err, ERR_STOP, "cannot open %s", path);
		goto done;
	}
	if (file_read_at(fd, &head, sizeof(head), 0, err) != 0)
		goto done;
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.version != TRAITS_VERSION || head.trait_bytes == 0
	    || head.trait_bytes > TRAIT_BYTES_MAX
	    || (uint64_t)stat.st_size != sizeof(head) + head.entries * head.trait_bytes) {
		err_set(err, ERR_INPUT, "%s is damaged", path);
		goto done;
	}
	if (mapping_open(&traits->mapping, fd, (size_t)stat.st_size, false, err) != 0)
		goto done;
	traits->at = traits->mapping.at + sizeof(head);
	traits->trait_bytes = head.trait_bytes;
	traits->entries = head.entries;
	traits->digest = head.digest;
	for (uint64_t i = 0; checked && i < head.entries; i++) {
		sum += hash64(traits_get(traits, i), head.trait_bytes, i + 1);
		traits_pass(traits, i);
	}
	mapping_rest(&traits->mapping);
	if (checked && sum != head.sum) {
		err_set(err, ERR_INPUT, "%s is damaged", path);
		goto done;
	}
	result = 1;
done:
	if (fd >= 0)
		(void)close(fd);
	if (result != 1)
		traits_close(traits);
	return result;
}

void
traits_close(struct traits *traits)
{
	mapping_close(&traits->mapping);
	*traits = (struct traits){ 0 };
}
