/*
 * ole2.c - see ole2.h. The format, after [MS-CFB]:
 *
 * The file is a header of 512 bytes, then sectors of 512 bytes (version 3) or 4096 (version 4,
 * where the header is padded to one sector); sector n begins at (n + 1) * sector size. All numbers
 * are little-endian.
 *
 *   header  0 magic D0 CF 11 E0 A1 B1 1A E1   24 u16 minor, u16 version   28 u16 byte order FFFE
 *          30 u16 log2 of the sector size     32 u16 log2 of the mini sector size (6)
 *          44 u32 number of FAT sectors       48 u32 first directory sector
 *          56 u32 size below which a stream lies in the mini stream (4096)
 *          60 u32 first mini FAT sector, u32 how many   68 u32 first DIFAT sector, u32 how many
 *          76 u32[109] the first FAT sectors
 *   DIFAT  a sector of further FAT sector numbers, the last number being the next DIFAT sector
 *   FAT    u32 for each sector: the next one of its chain, or FFFFFFFE at the end, FFFFFFFF for a
 * free one directory  a chain of entries of 128 bytes: 0 name in UTF-16, 64 u16 its bytes with the
 * final zero, 66 u8 type, 68 u32 left, right (a tree of the entries of one storage), child (its
 * root), 116 u32 first sector, 120 u64 size. Entry 0 is the root: its children are the streams of
 * the file, its own chain is the mini stream, cut in mini sectors of 64 bytes that are chained by
 * the mini FAT.
 *
 * What is believed: nothing. Every chain is walked with a count that the file's size allows and
 * with Brent's method (a remembered sector, moved at each power of two, is met again only in a
 * circle). One sector of FAT is held at a time: chains mostly run forwards, so it is seldom read
 * twice.
 */
#include "producers/readers/ole2.h"

#include <stdlib.h>
#include <string.h>

#include "producers/readers/reader.h"

#define SECTOR_LAST 0xFFFFFFFAu /* above are marks, not sectors */
#define SECTOR_END 0xFFFFFFFEu
#define NO_ENTRY 0xFFFFFFFFu
#define ENTRIES_MAX 65536u
#define ENTRY_BYTES 128u
#define MINI_BYTES 64u
#define MINI_STREAM_MAX ((uint64_t)64 << 20) /* each small sector is looked for from its start */
#define HEADER_BYTES 512u
#define HEADER_FATS 109u

static const uint8_t magic[8] = { 0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1 };
static const uint8_t utf8_mark[3] = { 0xEF, 0xBB, 0xBF };

static uint32_t
get16(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t
get32(const uint8_t *at)
{
	return get16(at) | get16(at + 2) << 16;
}

/* Read up to ${len} bytes of the file; fewer only at its end. */
static int
read_some(int fd, void *into, size_t len, uint64_t offset, size_t *got, struct err *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = reader_pread(fd, (char *)into + done, len - done, offset + done, err);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*got = done;
	return 0;
}

static int
refuse(struct ole2 *ole, enum refusal reason, struct err *err, const char *what)
{
	ole->refusal = reason;
	return err_set(err, ERR_INPUT, "compound file: %s", what);
}

static int
truncated(struct ole2 *ole, struct err *err)
{
	return refuse(ole, REFUSED_TRUNCATED, err, "the file ends too early");
}

bool
ole2_is(const uint8_t *head, size_t len)
{
	if (len >= sizeof(utf8_mark) && memcmp(head, utf8_mark, sizeof(utf8_mark)) == 0) {
		head += sizeof(utf8_mark);
		len -= sizeof(utf8_mark);
	}
	return len >= sizeof(magic) && memcmp(head, magic, sizeof(magic)) == 0;
}

/* A sector that must be there whole. */
static int
read_sector(struct ole2 *ole, uint32_t sector, uint8_t *into, struct err *err)
{
	uint64_t offset = ((uint64_t)sector + 1) * ole->sector_bytes;
	size_t got;

	if (sector >= SECTOR_LAST)
		return refuse(ole, REFUSED_DAMAGED, err, "a chain leads nowhere");
	if (offset + ole->sector_bytes > ole->bytes)
		return truncated(ole, err);
	if (read_some(ole->fd, into, ole->sector_bytes, ole->base + offset, &got, err) != 0)
		return -1;
	return got == ole->sector_bytes ? 0 : truncated(ole, err);
}

/* ${*next} = what the FAT says follows ${sector}. */
static int
chain_next(struct ole2 *ole, uint32_t sector, uint32_t *next, struct err *err)
{
	uint32_t each = ole->sector_bytes / 4, index = sector / each;

	if (index >= ole->fat_count)
		return refuse(ole, REFUSED_DAMAGED, err, "a chain leads out of the FAT");
	if (index != ole->cached) {
		ole->cached = UINT32_MAX;
		if (read_sector(ole, ole->fat_at[index], ole->cache, err) != 0)
			return -1;
		ole->cached = index;
	}
	*next = get32(ole->cache + (size_t)(sector % each) * 4);
	return 0;
}

/* Walk ${steps} sectors on from ${sector}. */
static int
chain_skip(struct ole2 *ole, uint32_t *sector, uint64_t steps, struct err *err)
{
	for (; steps > 0; steps--) {
		if (*sector >= SECTOR_LAST)
			return refuse(ole, REFUSED_DAMAGED, err, "a chain is too short");
		if (chain_next(ole, *sector, sector, err) != 0)
			return -1;
	}
	return 0;
}

/* Whether the chain from ${sector} holds ${bytes} and lies inside the file. */
static int
chain_check(struct ole2 *ole, uint32_t sector, uint64_t bytes, struct err *err)
{
	uint64_t left = bytes, steps = 0, power = 1;
	uint32_t mark = SECTOR_END;

	while (left > 0) {
		uint64_t offset = ((uint64_t)sector + 1) * ole->sector_bytes;
		uint64_t here = left < ole->sector_bytes ? left : ole->sector_bytes;

		if (sector >= SECTOR_LAST)
			return refuse(ole, REFUSED_DAMAGED, err, "a chain is shorter than its stream");
		if (sector == mark)
			return refuse(ole, REFUSED_DAMAGED, err, "a chain runs in a circle");
		if (offset + here > ole->bytes)
			return truncated(ole, err);
		if (++steps == power) {
			mark = sector;
			power *= 2;
		}
		left -= here;
		if (left > 0 && chain_next(ole, sector, &sector, err) != 0)
			return -1;
	}
	return 0;
}

/* The FAT sectors: 109 in the header, the others in the chain of DIFAT sectors. */
static int
read_fat_list(struct ole2 *ole, const uint8_t *header, struct err *err)
{
	uint32_t count = get32(header + 44), next = get32(header + 68), each = ole->sector_bytes / 4;
	uint32_t done, loaded = 0;
	uint8_t *sector;
	int result = -1;

	/* A FAT larger than all sectors need is a lie; one larger than the file is a file cut
	 * short. */
	if (count == 0 || count > SECTOR_LAST / each + 1)
		return refuse(ole, REFUSED_DAMAGED, err, "the FAT has an impossible size");
	if ((uint64_t)count * ole->sector_bytes >= ole->bytes)
		return truncated(ole, err);
	ole->fat_at = malloc((size_t)count * sizeof(*ole->fat_at));
	sector = malloc(ole->sector_bytes);
	if (ole->fat_at == NULL || sector == NULL) {
		result = refuse(ole, REFUSED_LIMIT_MEMORY, err, "too little memory for the FAT");
		goto out;
	}
	for (done = 0; done < count && done < HEADER_FATS; done++)
		ole->fat_at[done] = get32(header + 76 + (size_t)done * 4);
	while (done < count) {
		/* each DIFAT sector brings some of ${count}, so a circle of them ends too */
		if (++loaded > ole->sectors) {
			result = refuse(ole, REFUSED_DAMAGED, err, "the FAT list has no end");
			goto out;
		}
		if (read_sector(ole, next, sector, err) != 0)
			goto out;
		for (uint32_t i = 0; i + 1 < each && done < count; i++)
			ole->fat_at[done++] = get32(sector + (size_t)i * 4);
		next = get32(sector + (size_t)(each - 1) * 4);
	}
	ole->fat_count = count;
	result = 0;
out:
	free(sector);
	return result;
}

static void
read_entry(struct ole2 *ole, const uint8_t *at, struct ole2_entry *entry)
{
	uint32_t bytes = get16(at + 64), chars;

	*entry = (struct ole2_entry){ .type = at[66] };
	chars = bytes >= 2 && bytes <= 64 ? bytes / 2 - 1 : 0;
	for (uint32_t i = 0; i < chars && i + 1 < sizeof(entry->name); i++) {
		uint32_t c = get16(at + (size_t)i * 2);

		entry->name[i] = c >= 0x20 && c < 0x7F ? (char)c : '?';
	}
	entry->left = get32(at + 68);
	entry->right = get32(at + 72);
	entry->child = get32(at + 76);
	entry->first = get32(at + 116);
	entry->size = get32(at + 120);
	/* in version 3 the upper half is not always cleared */
	if (ole->sector_bytes == 4096)
		entry->size |= (uint64_t)get32(at + 124) << 32;
}

static int
read_directory(struct ole2 *ole, uint32_t sector, struct err *err)
{
	uint32_t each = ole->sector_bytes / ENTRY_BYTES, room = 0, steps = 0, power = 1;
	uint32_t mark = SECTOR_END;
	uint8_t *bytes = malloc(ole->sector_bytes);
	int result = -1;

	if (bytes == NULL)
		return refuse(ole, REFUSED_LIMIT_MEMORY, err, "too little memory for the directory");
	while (sector < SECTOR_LAST && ole->entry_count < ENTRIES_MAX) {
		if (sector == mark) {
			refuse(ole, REFUSED_DAMAGED, err, "the directory runs in a circle");
			goto out;
		}
		if (++steps == power) {
			mark = sector;
			power *= 2;
		}
		if (read_sector(ole, sector, bytes, err) != 0)
			goto out;
		if (ole->entry_count + each > room) {
			struct ole2_entry *grown;

			room = room == 0 ? 64 : room * 2;
			grown = realloc(ole->entries, (size_t)room * sizeof(*grown));
			if (grown == NULL) {
				refuse(ole, REFUSED_LIMIT_MEMORY, err, "too little memory for the directory");
				goto out;
			}
			ole->entries = grown;
		}
		for (uint32_t i = 0; i < each; i++)
			read_entry(ole, bytes + (size_t)i * ENTRY_BYTES, &ole->entries[ole->entry_count++]);
		if (chain_next(ole, sector, &sector, err) != 0)
			goto out;
	}
	if (ole->entry_count == 0 || ole->entries[0].type != 5) {
		refuse(ole, REFUSED_DAMAGED, err, "the directory has no root");
		goto out;
	}
	result = 0;
out:
	free(bytes);
	return result;
}

/*
 * Mark what the root storage holds. Some writers leave the tree broken: when no stream is found by
 * it, all count.
 */
static int
mark_top(struct ole2 *ole, struct err *err)
{
	uint32_t *todo = malloc((size_t)ole->entry_count * 2 * sizeof(*todo) + sizeof(*todo));
	uint32_t waiting = 0;
	bool any = false;

	if (todo == NULL)
		return refuse(ole, REFUSED_LIMIT_MEMORY, err, "too little memory for the directory");
	todo[waiting++] = ole->entries[0].child;
	while (waiting > 0) {
		uint32_t at = todo[--waiting];

		if (at >= ole->entry_count || ole->entries[at].top)
			continue;
		/* each entry is taken once and leaves two behind, so ${todo} is large enough */
		ole->entries[at].top = true;
		any = any || ole->entries[at].type == 2;
		todo[waiting++] = ole->entries[at].left;
		todo[waiting++] = ole->entries[at].right;
	}
	for (uint32_t i = 0; !any && i < ole->entry_count; i++)
		ole->entries[i].top = true;
	free(todo);
	return 0;
}

/* Walk every stream of the root storage, as long as that costs no more than reading the file twice.
 */
static int
check_streams(struct ole2 *ole, struct err *err)
{
	uint64_t budget = 2 * (uint64_t)ole->sectors + 1024;

	for (uint32_t i = 0; i < ole->entry_count; i++) {
		const struct ole2_entry *entry = &ole->entries[i];
		bool root = i == 0 && entry->size > 0;
		uint64_t cost = entry->size / ole->sector_bytes + 1;

		if (!root && (entry->type != 2 || !entry->top || entry->size < OLE2_SMALL_MAX))
			continue;
		if (entry->size > ole->bytes)
			return truncated(ole, err);
		if (cost > budget)
			return refuse(ole, REFUSED_DAMAGED, err, "streams are larger than the file");
		budget -= cost;
		if (chain_check(ole, entry->first, entry->size, err) != 0)
			return -1;
	}
	return 0;
}

int
ole2_open(struct ole2 *ole, int fd, uint64_t size, struct err *err)
{
	uint8_t header[HEADER_BYTES + sizeof(utf8_mark)], *at = header;
	uint32_t shift;
	size_t got;

	*ole = (struct ole2){ .fd = fd, .cached = UINT32_MAX, .refusal = REFUSED_DAMAGED };
	if (read_some(fd, header, sizeof(header), 0, &got, err) != 0)
		return -1;
	if (!ole2_is(header, got))
		return refuse(ole, REFUSED_NOT_A_TABLE, err, "not one");
	if (memcmp(header, utf8_mark, sizeof(utf8_mark)) == 0)
		ole->base = sizeof(utf8_mark);
	at += ole->base;
	if (got - ole->base < HEADER_BYTES)
		return truncated(ole, err);
	ole->bytes = size - ole->base;
	shift = get16(at + 30);
	if (shift != 9 && shift != 12)
		return refuse(ole, REFUSED_DAMAGED, err, "sectors of an unknown size");
	if (get16(at + 28) != 0xFFFE || get16(at + 32) != 6 || get32(at + 56) != OLE2_SMALL_MAX)
		return refuse(ole, REFUSED_DAMAGED, err, "the header contradicts the format");
	ole->sector_bytes = 1u << shift;
	if (ole->bytes <= ole->sector_bytes)
		return truncated(ole, err);
	if (ole->bytes / ole->sector_bytes >= SECTOR_LAST)
		return refuse(ole, REFUSED_LIMIT_BYTES, err, "more sectors than the format can name");
	ole->sectors = (uint32_t)((ole->bytes - 1) / ole->sector_bytes);
	ole->minifat_first = get32(at + 60);
	if (read_fat_list(ole, at, err) != 0 || read_directory(ole, get32(at + 48), err) != 0)
		return -1;
	if (mark_top(ole, err) != 0)
		return -1;
	return check_streams(ole, err);
}

void
ole2_close(struct ole2 *ole)
{
	free(ole->fat_at);
	free(ole->entries);
	ole->fat_at = NULL;
	ole->entries = NULL;
	ole->entry_count = 0;
	ole->fat_count = 0;
}

static bool
same_name(const char *a, const char *b)
{
	for (;; a++, b++) {
		char x = *a >= 'A' && *a <= 'Z' ? (char)(*a + 32) : *a;
		char y = *b >= 'A' && *b <= 'Z' ? (char)(*b + 32) : *b;

		if (x != y)
			return false;
		if (x == '\0')
			return true;
	}
}

const struct ole2_entry *
ole2_find(const struct ole2 *ole, const char *name)
{
	for (uint32_t i = 1; i < ole->entry_count; i++) {
		const struct ole2_entry *entry = &ole->entries[i];

		if (entry->top && entry->type == 2 && same_name(entry->name, name))
			return entry;
	}
	return NULL;
}

/* Gather a stream of the mini stream whole: it is shorter than OLE2_SMALL_MAX. */
static int
read_small(struct ole2_stream *stream, struct err *err)
{
	struct ole2 *ole = stream->ole;
	const struct ole2_entry *root = &ole->entries[0];
	uint8_t fat[OLE2_SECTOR_MAX];
	uint32_t mini = stream->first, each = ole->sector_bytes / 4;

	if (root->size > MINI_STREAM_MAX)
		return refuse(ole, REFUSED_DAMAGED, err, "the mini stream is far too large");
	for (size_t done = 0; done < stream->size; done += MINI_BYTES) {
		uint64_t inside = (uint64_t)mini * MINI_BYTES, offset;
		size_t want = stream->size - done < MINI_BYTES ? stream->size - done : MINI_BYTES, got;
		uint32_t sector = root->first;

		if (mini >= SECTOR_LAST || inside + want > root->size)
			return refuse(ole, REFUSED_DAMAGED, err, "a small stream is not whole");
		if (chain_skip(ole, &sector, inside / ole->sector_bytes, err) != 0)
			return -1;
		if (sector >= SECTOR_LAST)
			return refuse(ole, REFUSED_DAMAGED, err, "a small stream is not whole");
		offset = ((uint64_t)sector + 1) * ole->sector_bytes + inside % ole->sector_bytes;
		if (read_some(ole->fd, stream->small + done, want, ole->base + offset, &got, err) != 0)
			return -1;
		if (got < want)
			return truncated(ole, err);
		sector = ole->minifat_first;
		if (chain_skip(ole, &sector, mini / each, err) != 0 || read_sector(ole, sector, fat, err) != 0)
			return -1;
		mini = get32(fat + (size_t)(mini % each) * 4);
	}
	return 0;
}

int
ole2_stream_open(struct ole2_stream *stream, struct ole2 *ole, const struct ole2_entry *entry, struct err *err)
{
	*stream = (struct ole2_stream){ .ole = ole, .fd = ole->fd, .size = entry->size };
	stream->first = entry->first;
	stream->sector = entry->first;
	stream->is_small = entry->size < OLE2_SMALL_MAX;
	if (stream->is_small && read_small(stream, err) != 0) {
		stream->refusal = ole->refusal;
		return -1;
	}
	return 0;
}

void
ole2_stream_plain(struct ole2_stream *stream, int fd, uint64_t size)
{
	*stream = (struct ole2_stream){ .fd = fd, .size = size };
}

int
ole2_stream_seek(struct ole2_stream *stream, uint64_t pos, struct err *err)
{
	uint64_t index;

	if (pos > stream->size) {
		stream->refusal = REFUSED_DAMAGED;
		return err_set(err, ERR_INPUT, "compound file: a place behind the end of a stream");
	}
	stream->pos = pos;
	if (stream->ole == NULL || stream->is_small)
		return 0;
	index = pos / stream->ole->sector_bytes;
	if (index < stream->index) {
		stream->index = 0;
		stream->sector = stream->first;
	}
	/* at the very end there may be no sector any more: nothing will be read there */
	if (pos == stream->size)
		return 0;
	if (chain_skip(stream->ole, &stream->sector, index - stream->index, err) != 0) {
		stream->refusal = stream->ole->refusal;
		return -1;
	}
	stream->index = index;
	return 0;
}

/* Read from the sector in hand and those that follow it in the file without a gap. */
static int
read_run(struct ole2_stream *stream, uint8_t *into, size_t len, size_t *got, struct err *err)
{
	struct ole2 *ole = stream->ole;
	uint64_t in_sector = stream->pos % ole->sector_bytes;
	uint64_t offset = ((uint64_t)stream->sector + 1) * ole->sector_bytes + in_sector;
	uint64_t run = ole->sector_bytes - in_sector;
	uint32_t last = stream->sector, next = SECTOR_END;
	uint64_t behind = stream->pos - in_sector + ole->sector_bytes; /* stream place behind ${last} */

	if (stream->sector >= SECTOR_LAST)
		return refuse(ole, REFUSED_DAMAGED, err, "a chain is too short");
	for (;;) {
		if (behind < stream->size && chain_next(ole, last, &next, err) != 0)
			return -1;
		if (run >= len || behind >= stream->size || next != last + 1)
			break;
		last = next;
		run += ole->sector_bytes;
		behind += ole->sector_bytes;
	}
	if (run < len)
		len = (size_t)run;
	if (read_some(ole->fd, into, len, ole->base + offset, got, err) != 0)
		return -1;
	if (*got < len)
		return truncated(ole, err);
	stream->pos += len;
	if (stream->pos == behind) {
		stream->sector = next;
		stream->index = behind / ole->sector_bytes;
	} else {
		stream->sector = last;
		stream->index = behind / ole->sector_bytes - 1;
	}
	return 0;
}

int
ole2_stream_read(struct ole2_stream *stream, void *into, size_t len, size_t *got, struct err *err)
{
	uint8_t *to = into;
	size_t here = 0;

	*got = 0;
	if (len > stream->size - stream->pos)
		len = (size_t)(stream->size - stream->pos);
	if (stream->is_small) {
		memcpy(to, stream->small + stream->pos, len);
		stream->pos += len;
		*got = len;
		return 0;
	}
	if (stream->ole == NULL) {
		if (read_some(stream->fd, to, len, stream->pos, got, err) != 0)
			return -1;
		stream->pos += *got;
		return 0;
	}
	while (len > 0) {
		if (read_run(stream, to, len, &here, err) != 0) {
			stream->refusal = stream->ole->refusal;
			return -1;
		}
		to += here;
		len -= here;
		*got += here;
	}
	return 0;
}
