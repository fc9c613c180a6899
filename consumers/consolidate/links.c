/*
 * links.c - see links.h.
 */
#include "consumers/consolidate/links.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/file.h"

#define LINKS_VERSION 2
#define LINKS_HEAD_BYTES 64
#define LINKS_BUFFER 4096 /* entries read or written at once */

uint16_t
link_stated(const struct link *link, const struct source *source)
{
	if (link->presence == ABSENT)
		return 0;
	return source->full ? UINT16_MAX : link->seen;
}

/* ---- reading ---- */

struct links_head {
	char magic[8];
	uint32_t version, entry_bytes;
	uint64_t entries, sum;
	uint8_t zeros[32];
};
_Static_assert(sizeof(struct links_head) == LINKS_HEAD_BYTES, "head of links.yc");

static int
read_entry_at(int fd, uint64_t number, struct link *link, struct err *err)
{
	return file_read_at(fd, link, sizeof(*link), LINKS_HEAD_BYTES + number * sizeof(*link), err);
}

/* The number of the first entry whose id is not below ${id}. */
static int
find_entry(int fd, uint64_t entries, const uint8_t *id, uint64_t *number, struct err *err)
{
	uint64_t low = 0, high = entries;
	struct link link;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (read_entry_at(fd, middle, &link, err) != 0)
			return -1;
		if (memcmp(link.id, id, RECORD_ID_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*number = low;
	return 0;
}

int
links_open(struct links_reader *reader, const char *path, const uint8_t *from, const uint8_t *to, struct err *err)
{
	struct links_head head;

	*reader = (struct links_reader){ .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) };
	if (reader->fd < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	reader->buffer = malloc(LINKS_BUFFER * sizeof(*reader->buffer));
	if (reader->buffer == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto fail;
	}
	if (file_read_at(reader->fd, &head, sizeof(head), 0, err) != 0)
		goto fail;
	if (memcmp(head.magic, "YICILINK", 8) != 0 || head.version != LINKS_VERSION
	    || head.entry_bytes != sizeof(struct link)) {
		err_set(err, ERR_STOP, "%s is no state file of this version", path);
		goto fail;
	}
	reader->end = head.entries;
	reader->sum = head.sum;
	if ((from != NULL && find_entry(reader->fd, head.entries, from, &reader->next, err) != 0)
	    || (to != NULL && find_entry(reader->fd, head.entries, to, &reader->end, err) != 0))
		goto fail;
	return 0;
fail:
	links_close(reader);
	return -1;
}

int
links_next(struct links_reader *reader, const struct link **link, struct err *err)
{
	if (reader->pos == reader->filled) {
		uint64_t left = reader->end > reader->next ? reader->end - reader->next : 0;
		size_t count = left < LINKS_BUFFER ? (size_t)left : LINKS_BUFFER;

		if (count == 0)
			return 0;
		if (file_read_at(reader->fd, reader->buffer, count * sizeof(struct link),
			LINKS_HEAD_BYTES + reader->next * sizeof(struct link), err)
		    != 0)
			return -1;
		reader->next += count;
		reader->filled = count;
		reader->pos = 0;
	}
	*link = &reader->buffer[reader->pos++];
	return 1;
}

int
links_seek(struct links_reader *reader, const uint8_t *id, struct err *err)
{
	size_t low = 0, high = reader->filled;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(reader->buffer[middle].id, id, RECORD_ID_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	/* the first one of the buffer may not be the first of all that are not below ${id} */
	if (low < reader->filled && (low > 0 || memcmp(reader->buffer[0].id, id, RECORD_ID_BYTES) == 0)) {
		reader->pos = low;
		return 0;
	}
	reader->filled = reader->pos = 0;
	return find_entry(reader->fd, reader->end, id, &reader->next, err);
}

uint64_t
links_number(const struct links_reader *reader)
{
	return reader->next - (reader->filled - reader->pos) - 1;
}

void
links_close(struct links_reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	free(reader->buffer);
	*reader = (struct links_reader){ .fd = -1 };
}

struct checked
link_same_row(const struct link *link, const struct same *same)
{
	struct checked row = { .version = (uint64_t)link->updated_at << 32 | (link->content & UINT32_MAX),
		.content = link->content,
		.number = link->number,
		.core = link->core,
		.student_no = link->student_no,
		.name = link->name,
		.birth_day = link->birth_day,
		.school = link->school,
		.source = link->source,
		.kind = link->kind,
		.raw = link->raw };

	memcpy(row.id, link->id, RECORD_ID_BYTES);
	row.file = same_number(same->file);
	row.row = same_number(same->row);
	row.sheet = (uint16_t)(same->sheet[0] << 8 | same->sheet[1]);
	return row;
}

/* ---- writing ---- */

int
links_create(struct links_writer *writer, const char *path, struct err *err)
{
	static const struct links_head empty;

	*writer = (struct links_writer){ .fd = -1, .buffer = malloc(LINKS_BUFFER * sizeof(*writer->buffer)) };
	if (writer->buffer == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	writer->fd = file_create(path, err);
	return writer->fd < 0 ? -1 : file_write(writer->fd, &empty, sizeof(empty), err);
}

int
links_flush(struct links_writer *writer, struct err *err)
{
	size_t bytes = writer->buffered * sizeof(struct link);

	writer->buffered = 0;
	return bytes == 0 ? 0 : file_write(writer->fd, writer->buffer, bytes, err);
}

int
links_put(struct links_writer *writer, const struct link *link, struct err *err)
{
	if (writer->buffered == LINKS_BUFFER && links_flush(writer, err) != 0)
		return -1;
	writer->buffer[writer->buffered++] = *link;
	writer->entries++;
	writer->sum += hash64(link, sizeof(*link), 0);
	return 0;
}

int
links_finish(struct links_writer *writer, struct err *err)
{
	struct links_head head = { .magic = "YICILINK",
		.version = LINKS_VERSION,
		.entry_bytes = sizeof(struct link),
		.entries = writer->entries,
		.sum = writer->sum };

	return file_write_at(writer->fd, &head, sizeof(head), 0, err);
}

void
links_writer_fini(struct links_writer *writer)
{
	if (writer->fd >= 0)
		close(writer->fd);
	free(writer->buffer);
	*writer = (struct links_writer){ .fd = -1 };
}
