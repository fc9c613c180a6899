/*
 * ole2.h - the streams inside a compound file (OLE2, MS-CFB), read in place by pread().
 *
 * ole2_open() checks the header, reads the list of FAT sectors and the directory, and walks the
 * chain of every stream of the root storage once, so that a file which ends too early or
 * contradicts itself is known before anything is read from it. ole2_find() names a stream,
 * ole2_stream_open() begins to read it. Memory is a few bytes for each 64 KB of file. Only the main
 * storage's own streams count: a workbook embedded in a document is not the document.
 *
 * A failing function fills ${err} with ERR_INPUT and sets ${refusal} of the struct to the reason.
 */
#ifndef YICI_PRODUCERS_READERS_OLE2_H
#define YICI_PRODUCERS_READERS_OLE2_H

#include "core/base/err.h"
#include "producers/readers/frame.h"

#define OLE2_SECTOR_MAX 4096
#define OLE2_SMALL_MAX 4096 /* streams shorter than this lie in the mini stream */

struct ole2_entry {
	char name[32]; /* printable ASCII as it is, any other character as '?' */
	uint32_t left, right, child;
	uint32_t first; /* sector */
	uint64_t size;
	uint8_t type; /* 0 free, 1 storage, 2 stream, 5 root */
	bool top;     /* directly in the root storage */
};

struct ole2 {
	int fd;
	uint64_t base;  /* where the compound file begins in the file: 3 behind a UTF-8 mark, else 0 */
	uint64_t bytes; /* from ${base} to the end of the file */
	uint32_t sector_bytes;
	uint32_t sectors; /* that begin before the end of the file */
	uint32_t *fat_at; /* the sectors that hold the FAT */
	uint32_t fat_count;
	uint32_t minifat_first;
	uint32_t cached; /* index of the FAT sector in ${cache}; UINT32_MAX for none */
	uint8_t cache[OLE2_SECTOR_MAX];
	struct ole2_entry *entries;
	uint32_t entry_count;
	enum refusal refusal;
};

struct ole2_stream {
	struct ole2 *ole; /* NULL when the stream is the plain file */
	int fd;
	uint64_t size, pos;
	uint32_t first, sector; /* ${sector} holds the byte before which ${pos} stands, counted by ${index} */
	uint64_t index;
	uint8_t small[OLE2_SMALL_MAX];
	bool is_small;
	enum refusal refusal;
};

/* Whether ${head} begins as a compound file does, also behind a UTF-8 byte order mark. */
bool ole2_is(const uint8_t *head, size_t len);

/* Over the file ${fd} of ${size} bytes, borrowed. ole2_close() also after a failure. */
MUST_CHECK int ole2_open(struct ole2 *ole, int fd, uint64_t size, struct err *err);
void ole2_close(struct ole2 *ole);

/* The stream of the root storage of that name (letters of either case), or NULL. */
const struct ole2_entry *ole2_find(const struct ole2 *ole, const char *name);

/* Begin to read ${entry}; nothing to close. */
MUST_CHECK int ole2_stream_open(
    struct ole2_stream *stream, struct ole2 *ole, const struct ole2_entry *entry, struct err *err);

/* The whole file ${fd} as one stream: a workbook without a compound file round it. */
void ole2_stream_plain(struct ole2_stream *stream, int fd, uint64_t size);

/* Move to ${pos}, at most the size. */
MUST_CHECK int ole2_stream_seek(struct ole2_stream *stream, uint64_t pos, struct err *err);

/* Read up to ${len} bytes; ${*got} is less only at the end of the stream. */
MUST_CHECK int ole2_stream_read(struct ole2_stream *stream, void *into, size_t len, size_t *got, struct err *err);

#endif
