/*
 * sorted.h - a file of entries in the order of their keys: written once, read from any key onwards.
 *
 * An entry is any run of bytes whose first SORTED_KEY_BYTES are its key, compared by memcmp(). Layout of the file, all
 * numbers little-endian:
 *
 *   head   64 bytes: "YICI", u32 version, u32 kind, u32 meta length, u64 hash of meta, zeros, u64 XXH3 of
 *          the 56 bytes before; then meta, then zeros up to a multiple of 64
 *   block  48 bytes: "BLOK", u32 raw length, u32 stored length, u32 entries, 16 bytes key of the first entry,
 *          u64 XXH3 of the stored bytes, u64 XXH3 of the 40 bytes before; then the stored bytes (LZ4 when shorter
 *          than raw)
 *          raw: for each entry u32 length, bytes
 *   end    48 bytes: "DONE", u32 zeros, u64 entries, u64 raw bytes, u64 sum of all hashes of stored bytes,
 *          u64 zeros, u64 XXH3 of the 40 bytes before
 *
 * A file without its end, or with a block that does not hash as it says, is refused: ERR_INPUT.
 * Blocks may be written by several processes at places agreed on beforehand: sorted_pack() makes the bytes.
 */
#ifndef YICI_CORE_STORE_SORTED_H
#define YICI_CORE_STORE_SORTED_H

#include "core/base/buffer.h"
#include "core/base/err.h"

#define SORTED_KEY_BYTES 16
/*
 * Raw; a longer entry has a block of its own. Blocks that are not compressed are smaller: scratch is read in very many
 * small ranges, one after another from each of dozens of files, and a range costs the whole of its first and last block.
 */
#define SORTED_BLOCK_BYTES ((size_t)64 * 1024)
#define SORTED_SCRATCH_BLOCK_BYTES ((size_t)16 * 1024)
#define SORTED_ENTRY_MAX ((size_t)16 * 1024 * 1024)

/* Gathers entries into blocks and appends finished blocks to a buffer. */
struct sorted_packer {
	struct buffer raw;  /* the block that grows */
	struct buffer *out; /* finished blocks; borrowed */
	bool compress;
	uint32_t entries;
	uint8_t first[SORTED_KEY_BYTES];
	uint64_t total_entries, total_raw, hash; /* for the end; hashes of blocks are added up */
};

/* ${out} is borrowed and may be emptied between calls. */
void sorted_pack_init(struct sorted_packer *packer, struct buffer *out, bool compress);
void sorted_pack_fini(struct sorted_packer *packer);

/* Add an entry; keys must not fall. -1 when memory is short. */
MUST_CHECK int sorted_pack(struct sorted_packer *packer, const void *entry, size_t len, struct err *err);

/* Finish the block that grows. */
MUST_CHECK int sorted_pack_flush(struct sorted_packer *packer, struct err *err);

/* Head and end of a file, appended to ${out}. ${hash} as gathered: those of several packers by sorted_hash_join(). */
void sorted_head(struct buffer *out, uint32_t kind, struct text meta);
void sorted_end(struct buffer *out, uint64_t entries, uint64_t raw, uint64_t hash);
uint64_t sorted_hash_join(uint64_t before, uint64_t hash);

/* An open file: where its blocks lie. */
struct sorted_file {
	int fd;
	struct sorted_block {
		uint8_t first[SORTED_KEY_BYTES];
		uint64_t at;
		uint32_t raw, stored, entries;
		uint64_t hash;
	} * blocks;
	size_t block_count;
	uint64_t outline; /* where the first block begins; 0 once all blocks are known */
	uint32_t kind;
	struct text meta; /* owned */
	uint64_t entries, raw_bytes;
};

/* Open and check the outline: head, chain of blocks, end. */
MUST_CHECK int sorted_open(struct sorted_file *file, const char *path, struct err *err);
void sorted_close(struct sorted_file *file);

/*
 * In two steps: first the head alone, while the disk is asked for all of the file; then the rest of what sorted_open() does, once
 * more has been done than to wait for the disk. Before sorted_outline() there are no entries, blocks or sizes.
 */
MUST_CHECK int sorted_open_head(struct sorted_file *file, const char *path, struct err *err);
MUST_CHECK int sorted_outline(struct sorted_file *file, struct err *err);

/* The same for a scratch file, of which sorted_drop() may give back what was read for the last time. */
MUST_CHECK int sorted_open_scratch(struct sorted_file *file, const char *path, struct err *err);

/*
 * Nobody will read entries with from <= key < to again, nor any before them: free their blocks' memory and disk. A block that
 * also holds entries >= ${to} stays until what lies behind ${to} is dropped. NULL for the file's ends.
 */
void sorted_drop(const struct sorted_file *file, const uint8_t *from, const uint8_t *to);

/* Walks the entries with from <= key < to, checking each block as it comes. Several cursors may share a file. */
struct sorted_cursor {
	const struct sorted_file *file;
	size_t block; /* next to load */
	char *stored, *raw;
	size_t raw_len, raw_size, stored_size, pos;
	uint8_t from[SORTED_KEY_BYTES], to[SORTED_KEY_BYTES];
	bool skip, bounded; /* still before ${from}; ${to} is a bound */
};

/* ${from} and ${to} may be NULL for the file's ends. Nothing is read yet. */
void sorted_seek(struct sorted_cursor *cursor, const struct sorted_file *file, const uint8_t *from, const uint8_t *to);

/* The next entry, valid until the call after: 1, 0 at the end, -1. */
MUST_CHECK int sorted_next(struct sorted_cursor *cursor, struct text *entry, struct err *err);

/* Pass over blocks that hold nothing from ${key} on, without reading them; the next entry may still be before it. */
void sorted_skip(struct sorted_cursor *cursor, const uint8_t *key);
void sorted_cursor_fini(struct sorted_cursor *cursor);

#endif
