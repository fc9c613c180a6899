/*
 * unpack.c - see unpack.h. The reader lies perhaps: sizes and numbers of entries are counted here
 * again.
 */
#include "producers/collect/unpack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"

#define UNPACK_ARENA_MAX ((size_t)256 * 1024 * 1024)

void
unpacked_init(struct unpacked *unpacked)
{
	*unpacked = (struct unpacked){ 0 };
	arena_init(&unpacked->arena, UNPACK_ARENA_MAX);
}

void
unpacked_fini(struct unpacked *unpacked)
{
	arena_fini(&unpacked->arena);
	free(unpacked->files);
	*unpacked = (struct unpacked){ 0 };
}

bool
unpack_is_archive(uint32_t format)
{
	return format == FORMAT_ZIP || format == FORMAT_GZIP;
}

/* "archive!entry", with what a terminal or a table could not bear made visible. */
static struct text
joined_name(struct arena *arena, struct text archive, struct text entry)
{
	char *out = arena_take(arena, archive.len + 1 + 4 * entry.len + 1);
	size_t len = archive.len;

	if (out == NULL)
		return (struct text){ 0 };
	memcpy(out, archive.at, archive.len);
	out[len++] = '!';
	for (size_t i = 0; i < entry.len; i++) {
		unsigned char c = (unsigned char)entry.at[i];

		if (c < 0x20 || c == 0x7F)
			len += (size_t)snprintf(out + len, 5, "\\x%02X", c);
		else
			out[len++] = (char)c;
	}
	return (struct text){ out, len };
}

static struct unpacked_file *
add_file(struct unpacked *unpacked)
{
	if (unpacked->count == unpacked->room) {
		size_t room = unpacked->room == 0 ? 16 : 2 * unpacked->room;
		struct unpacked_file *files = realloc(unpacked->files, room * sizeof(*unpacked->files));

		if (files == NULL)
			return NULL;
		unpacked->files = files;
		unpacked->room = room;
	}
	unpacked->files[unpacked->count] = (struct unpacked_file){ 0 };
	return &unpacked->files[unpacked->count++];
}

/* The entry being written. */
struct writing {
	int fd; /* -1 between entries */
	struct sha256_state *digest;
	char path[FILE_PATH_MAX];
};

static int
begin_entry(struct unpacked *unpacked, struct writing *writing, struct text archive, struct text entry, unsigned depth,
    const char *spool, struct err *err)
{
	struct unpacked_file *file = add_file(unpacked);
	struct text path;

	if (file == NULL)
		goto memory;
	if (path_format(writing->path, err, "%s/%06u", spool, unpacked->serial++) != 0)
		return -1;
	file->depth = depth + 1;
	file->name = joined_name(&unpacked->arena, archive, entry);
	path = arena_text(&unpacked->arena, text_from(writing->path));
	file->path = path.at;
	writing->digest = sha256_new();
	if (file->name.at == NULL || file->path == NULL || writing->digest == NULL)
		goto memory;
	writing->fd = file_create(writing->path, err);
	return writing->fd < 0 ? -1 : 0;
memory:
	return err_set(err, ERR_RETRY, "out of memory while unpacking");
}

static void
end_entry(struct unpacked *unpacked, struct writing *writing, enum refusal reason)
{
	struct unpacked_file *file = &unpacked->files[unpacked->count - 1];

	if (writing->fd >= 0)
		close(writing->fd);
	writing->fd = -1;
	if (writing->digest != NULL)
		file->digest = sha256_end(writing->digest);
	writing->digest = NULL;
	file->refused = reason;
	if (reason != REFUSED_NO && file->path != NULL) {
		(void)unlink(file->path);
		file->path = NULL;
	}
}

int
unpack_receive(struct unpacked *unpacked, struct rows *rows, struct text name, unsigned depth,
    const struct reader_limits *limits, const char *spool, enum refusal *refused, struct err *err)
{
	struct writing writing = { .fd = -1 };
	size_t first = unpacked->count;
	uint64_t bytes = 0;
	enum rows_event event;
	int got, result = -1;

	*refused = depth >= limits->depth_max ? REFUSED_NESTED : REFUSED_NO;
	while (*refused == REFUSED_NO && (got = rows_receive(rows, &event, err)) != 0) {
		if (got < 0)
			goto out;
		switch (event) {
		case ROWS_ENTRY:
			if (writing.fd >= 0) {
				*refused = REFUSED_LIED;
				break;
			}
			if (unpacked->count - first >= limits->entries_max) {
				*refused = REFUSED_BOMB;
				break;
			}
			if (begin_entry(unpacked, &writing, name, rows->detail, depth, spool, err) != 0)
				goto out;
			break;
		case ROWS_BYTES:
			bytes += rows->detail.len;
			if (bytes > limits->unpacked_bytes_max) {
				*refused = REFUSED_LIMIT_BYTES;
				break;
			}
			if (writing.fd < 0) {
				*refused = REFUSED_LIED;
				break;
			}
			unpacked->files[unpacked->count - 1].size += rows->detail.len;
			sha256_add(writing.digest, rows->detail.at, rows->detail.len);
			if (file_write(writing.fd, rows->detail.at, rows->detail.len, err) != 0)
				goto out;
			break;
		case ROWS_ENTRY_END:
			end_entry(unpacked, &writing, (enum refusal)rows->refused.reason);
			break;
		case ROWS_REFUSED:
			*refused = (enum refusal)rows->refused.reason;
			break;
		default:
			break;
		}
	}
	result = 0;
out:
	if (writing.fd >= 0)
		end_entry(unpacked, &writing, *refused == REFUSED_NO ? REFUSED_LIED : *refused);
	sha256_free(writing.digest);
	if (result != 0 || *refused != REFUSED_NO) {
		for (size_t i = first; i < unpacked->count; i++) {
			if (unpacked->files[i].path != NULL)
				(void)unlink(unpacked->files[i].path);
		}
		unpacked->count = first;
	} else {
		unpacked->bytes += bytes;
	}
	return result;
}
