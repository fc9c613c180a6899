/*
 * sorted.c - see sorted.h for the layout.
 */
#include "core/store/sorted.h"

#include <fcntl.h>
#include <lz4.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/file.h"

#define VERSION 1
#define LZ4_ACCELERATION 4 /* measured on student records: twice as fast as 1, a tenth larger */
#define HEAD_BYTES 64
#define BLOCK_HEAD_BYTES 48

/* Little-endian fields are copied as they stand: the only machines we build for are little-endian. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are little-endian");

static void
put32(char *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void
put64(char *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

static uint32_t
get32(const char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t
get64(const char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

void
sorted_pack_init(struct sorted_packer *packer, struct buffer *out, bool compress)
{
	*packer = (struct sorted_packer){ .out = out, .compress = compress };
	buffer_init(&packer->raw, SORTED_ENTRY_MAX + SORTED_BLOCK_BYTES + 8);
}

void
sorted_pack_fini(struct sorted_packer *packer)
{
	buffer_fini(&packer->raw);
}

int
sorted_pack(struct sorted_packer *packer, const void *entry, size_t len, struct err *err)
{
	size_t block = packer->compress ? SORTED_BLOCK_BYTES : SORTED_SCRATCH_BLOCK_BYTES;
	char *room;

	if (packer->raw.len > 0 && packer->raw.len + len + 4 > block && sorted_pack_flush(packer, err) != 0)
		return -1;
	room = len <= SORTED_ENTRY_MAX ? buffer_room(&packer->raw, len + 4) : NULL;
	if (room == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a block of %zu bytes", len);
	if (packer->entries++ == 0)
		memcpy(packer->first, entry, SORTED_KEY_BYTES);
	put32(room, (uint32_t)len);
	memcpy(room + 4, entry, len);
	packer->raw.len += len + 4;
	return 0;
}

uint64_t
sorted_hash_join(uint64_t before, uint64_t hash)
{
	return before + hash;
}

int
sorted_pack_flush(struct sorted_packer *packer, struct err *err)
{
	size_t raw = packer->raw.len, stored = raw;
	int bound = LZ4_compressBound((int)raw), packed = 0;
	uint64_t hash;
	char *head;

	if (packer->entries == 0)
		return 0;
	head = buffer_room(packer->out, BLOCK_HEAD_BYTES + (size_t)bound);
	if (head == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a block");
	if (packer->compress)
		packed = LZ4_compress_fast(packer->raw.at, head + BLOCK_HEAD_BYTES, (int)raw, bound, LZ4_ACCELERATION);
	if (packed > 0 && (size_t)packed < raw)
		stored = (size_t)packed;
	else
		memcpy(head + BLOCK_HEAD_BYTES, packer->raw.at, raw);
	hash = hash64(head + BLOCK_HEAD_BYTES, stored, 0);
	memset(head, 0, BLOCK_HEAD_BYTES);
	memcpy(head, "BLOK", 4);
	put32(head + 4, (uint32_t)raw);
	put32(head + 8, (uint32_t)stored);
	put32(head + 12, packer->entries);
	memcpy(head + 16, packer->first, SORTED_KEY_BYTES);
	put64(head + 32, hash);
	put64(head + 40, hash64(head, 40, 0));
	packer->out->len += BLOCK_HEAD_BYTES + stored;
	packer->total_entries += packer->entries;
	packer->total_raw += raw;
	packer->hash = sorted_hash_join(packer->hash, hash);
	packer->entries = 0;
	buffer_clear(&packer->raw);
	return 0;
}

void
sorted_head(struct buffer *out, uint32_t kind, struct text meta)
{
	char head[HEAD_BYTES] = "YICI";
	static const char zeros[HEAD_BYTES];

	put32(head + 4, VERSION);
	put32(head + 8, kind);
	put32(head + 12, (uint32_t)meta.len);
	put64(head + 16, hash64(meta.at, meta.len, 0));
	put64(head + 56, hash64(head, 56, 0));
	buffer_add(out, head, sizeof(head));
	buffer_text(out, meta);
	buffer_add(out, zeros, (HEAD_BYTES - meta.len % HEAD_BYTES) % HEAD_BYTES);
}

void
sorted_end(struct buffer *out, uint64_t entries, uint64_t raw, uint64_t hash)
{
	char end[BLOCK_HEAD_BYTES] = "DONE";

	put64(end + 8, entries);
	put64(end + 16, raw);
	put64(end + 24, hash);
	put64(end + 40, hash64(end, 40, 0));
	buffer_add(out, end, sizeof(end));
}

/* Read the chain of block heads that begins at ${at}. */
static int
read_outline(struct sorted_file *file, uint64_t at, uint64_t size, struct err *err)
{
	size_t room = 0;
	uint64_t entries = 0, raw = 0, hash = 0;
	char head[BLOCK_HEAD_BYTES];

	for (;;) {
		struct sorted_block *block;

		if (file_read_at(file->fd, head, sizeof(head), at, err) != 0)
			return -1;
		if (hash64(head, 40, 0) != get64(head + 40))
			return err_set(err, ERR_INPUT, "a state file is damaged at byte %llu", (unsigned long long)at);
		if (memcmp(head, "DONE", 4) == 0)
			break;
		if (file->block_count == room) {
			struct sorted_block *more;

			room = room == 0 ? 64 : room * 2;
			more = realloc(file->blocks, room * sizeof(*more));
			if (more == NULL)
				return err_set(err, ERR_RETRY, "out of memory");
			file->blocks = more;
		}
		block = &file->blocks[file->block_count];
		block->raw = get32(head + 4);
		block->stored = get32(head + 8);
		block->entries = get32(head + 12);
		block->hash = get64(head + 32);
		block->at = at + BLOCK_HEAD_BYTES;
		memcpy(block->first, head + 16, SORTED_KEY_BYTES);
		if (memcmp(head, "BLOK", 4) != 0 || block->stored > block->raw
		    || block->raw > SORTED_ENTRY_MAX + SORTED_BLOCK_BYTES + 8 || block->stored > size - block->at
		    || (file->block_count > 0 && memcmp(block[-1].first, block->first, SORTED_KEY_BYTES) > 0))
			return err_set(err, ERR_INPUT, "a state file is damaged at byte %llu", (unsigned long long)at);
		file->block_count++;
		entries += block->entries;
		raw += block->raw;
		hash = sorted_hash_join(hash, block->hash);
		at = block->at + block->stored;
	}
	file->entries = get64(head + 8);
	file->raw_bytes = get64(head + 16);
	if (file->entries != entries || file->raw_bytes != raw || get64(head + 24) != hash || at + sizeof(head) != size)
		return err_set(err, ERR_INPUT, "a state file does not hold what its end says");
	return 0;
}

static int
open_file(struct sorted_file *file, const char *path, int mode, struct err *err)
{
	char head[HEAD_BYTES];
	struct stat st;
	uint32_t meta_len;
	char *meta;

	*file = (struct sorted_file){ .fd = open(path, mode | O_CLOEXEC | O_NOFOLLOW) };
	if (file->fd < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	if (fstat(file->fd, &st) != 0) {
		err_errno(err, ERR_STOP, "cannot look at %s", path);
		goto fail;
	}
	if (file_read_at(file->fd, head, sizeof(head), 0, err) != 0)
		goto fail;
	meta_len = get32(head + 12);
	if (memcmp(head, "YICI", 4) != 0 || get32(head + 4) != VERSION || get64(head + 56) != hash64(head, 56, 0)
	    || meta_len > (uint64_t)st.st_size) {
		err_set(err, ERR_INPUT, "%s is no state file of this version", path);
		goto fail;
	}
	file->kind = get32(head + 8);
	meta = malloc((size_t)meta_len + 1);
	file->meta = (struct text){ meta, meta_len };
	if (meta == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto fail;
	}
	if (file_read_at(file->fd, meta, meta_len, HEAD_BYTES, err) != 0)
		goto fail;
	if (hash64(meta, meta_len, 0) != get64(head + 16)) {
		err_set(err, ERR_INPUT, "%s is damaged in its head", path);
		goto fail;
	}
	file->outline = HEAD_BYTES + (meta_len + HEAD_BYTES - 1u) / HEAD_BYTES * HEAD_BYTES;
	return 0;
fail:
	sorted_close(file);
	return -1;
}

int
sorted_outline(struct sorted_file *file, struct err *err)
{
	struct stat st;

	if (file->outline == 0)
		return 0;
	if (fstat(file->fd, &st) != 0)
		return err_errno(err, ERR_STOP, "cannot look at a state file");
	if (read_outline(file, file->outline, (uint64_t)st.st_size, err) != 0)
		return -1;
	file->outline = 0;
	return 0;
}

/* Head and outline. */
static int
open_whole(struct sorted_file *file, const char *path, int mode, struct err *err)
{
	if (open_file(file, path, mode, err) != 0)
		return -1;
	if (sorted_outline(file, err) == 0)
		return 0;
	sorted_close(file);
	return -1;
}

int
sorted_open(struct sorted_file *file, const char *path, struct err *err)
{
	return open_whole(file, path, O_RDONLY, err);
}

int
sorted_open_head(struct sorted_file *file, const char *path, struct err *err)
{
	if (open_file(file, path, O_RDONLY, err) != 0)
		return -1;
	(void)!posix_fadvise(file->fd, 0, 0, POSIX_FADV_WILLNEED);
	return 0;
}

int
sorted_open_scratch(struct sorted_file *file, const char *path, struct err *err)
{
	return open_whole(file, path, O_RDWR, err);
}

void
sorted_close(struct sorted_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->blocks);
	free((char *)file->meta.at);
	*file = (struct sorted_file){ .fd = -1 };
}

/* The first block that may hold ${key}: the last that begins before it, for entries equal to it may stand at its end. */
static size_t
block_of(const struct sorted_file *file, const uint8_t *key)
{
	size_t low = 0, high = file->block_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (memcmp(file->blocks[middle].first, key, SORTED_KEY_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? low - 1 : 0;
}

void
sorted_drop(const struct sorted_file *file, const uint8_t *from, const uint8_t *to)
{
	size_t first = from != NULL ? block_of(file, from) : 0,
	       end = to != NULL ? block_of(file, to) : file->block_count;
	uint64_t start, stop;

	if (first >= end)
		return;
	start = file->blocks[first].at - BLOCK_HEAD_BYTES;
	stop = file->blocks[end - 1].at + file->blocks[end - 1].stored;
	file_punch(file->fd, start, stop - start);
}

void
sorted_seek(struct sorted_cursor *cursor, const struct sorted_file *file, const uint8_t *from, const uint8_t *to)
{
	cursor->file = file;
	cursor->pos = cursor->raw_len = 0;
	cursor->bounded = to != NULL;
	if (to != NULL)
		memcpy(cursor->to, to, SORTED_KEY_BYTES);
	cursor->block = from != NULL ? block_of(file, from) : 0;
	cursor->skip = from != NULL;
	if (from != NULL)
		memcpy(cursor->from, from, SORTED_KEY_BYTES);
}

/* Room for ${size} bytes; what was there may be lost. */
static int
grow(char **at, size_t *have, size_t size, struct err *err)
{
	if (*have >= size)
		return 0;
	free(*at);
	*have = 0;
	*at = malloc(size);
	if (*at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a block");
	*have = size;
	return 0;
}

static int
load_block(struct sorted_cursor *cursor, struct err *err)
{
	const struct sorted_block *block = &cursor->file->blocks[cursor->block++];
	bool packed = block->stored < block->raw;
	char **into = packed ? &cursor->stored : &cursor->raw;

	if (grow(&cursor->raw, &cursor->raw_size, block->raw, err) != 0
	    || (packed && grow(&cursor->stored, &cursor->stored_size, block->stored, err) != 0)
	    || file_read_at(cursor->file->fd, *into, block->stored, block->at, err) != 0)
		return -1;
	if (hash64(*into, block->stored, 0) != block->hash
	    || (packed
		&& LZ4_decompress_safe(cursor->stored, cursor->raw, (int)block->stored, (int)block->raw)
		    != (int)block->raw))
		return err_set(err, ERR_INPUT, "a state file is damaged at byte %llu", (unsigned long long)block->at);
	cursor->raw_len = block->raw;
	cursor->pos = 0;
	return 0;
}

int
sorted_next(struct sorted_cursor *cursor, struct text *entry, struct err *err)
{
	for (;;) {
		uint32_t len;

		if (cursor->pos == cursor->raw_len) {
			if (cursor->block == cursor->file->block_count)
				return 0;
			if (cursor->bounded
			    && memcmp(cursor->file->blocks[cursor->block].first, cursor->to, SORTED_KEY_BYTES) >= 0)
				return 0;
			if (load_block(cursor, err) != 0)
				return -1;
		}
		if (cursor->raw_len - cursor->pos < 4)
			return err_set(err, ERR_INPUT, "a state file has a cut entry");
		len = get32(cursor->raw + cursor->pos);
		if (len < SORTED_KEY_BYTES || len > cursor->raw_len - cursor->pos - 4)
			return err_set(err, ERR_INPUT, "a state file has a cut entry");
		*entry = (struct text){ cursor->raw + cursor->pos + 4, len };
		cursor->pos += len + 4;
		if (cursor->skip) {
			if (memcmp(entry->at, cursor->from, SORTED_KEY_BYTES) < 0)
				continue;
			cursor->skip = false;
		}
		if (cursor->bounded && memcmp(entry->at, cursor->to, SORTED_KEY_BYTES) >= 0)
			return 0;
		return 1;
	}
}

void
sorted_skip(struct sorted_cursor *cursor, const uint8_t *key)
{
	const struct sorted_block *blocks = cursor->file->blocks;
	size_t count = cursor->file->block_count;

	/* entries equal to the first of a block may stand at the end of the one before */
	if (cursor->block >= count || memcmp(blocks[cursor->block].first, key, SORTED_KEY_BYTES) >= 0)
		return;
	cursor->pos = cursor->raw_len;
	while (cursor->block + 1 < count && memcmp(blocks[cursor->block + 1].first, key, SORTED_KEY_BYTES) < 0)
		cursor->block++;
}

void
sorted_cursor_fini(struct sorted_cursor *cursor)
{
	free(cursor->raw);
	free(cursor->stored);
	*cursor = (struct sorted_cursor){ 0 };
}
