/*
 * zip.c - see zip.h. After PKWARE's APPNOTE 6.3.10; all numbers are little-endian.
 *
 *   local header   "PK\3\4" version:2 flags:2 method:2 time:4 crc:4 packed:4 size:4 name:2 extra:2,
 * name, extra data           ${packed} bytes; behind it a data descriptor when flag bit 3 is set
 * (crc and sizes in the local header are then 0) directory      for each entry "PK\1\2" made:2
 * version:2 flags:2 method:2 time:4 crc:4 packed:4 size:4 name:2 extra:2 comment:2 disk:2 inner:2
 * outer:4 at:4, name, extra, comment zip64 end      "PK\6\6" length:8 made:2 version:2 disk:4
 * disk:4 here:8 entries:8 size:8 at:8 zip64 locator  "PK\6\7" disk:4 at:8 disks:4 end "PK\5\6"
 * disk:2 disk:2 here:2 entries:2 size:4 at:4 comment:2, comment
 *
 * A 4-byte size or offset of FFFFFFFF in the directory stands in extra field 0001 with 8 bytes, in
 * the order size, packed, at. Extra field 7075 holds the name in UTF-8: version 1, CRC-32 of the
 * name in the header, name.
 *
 * The end is searched backwards. One whose directory does not lie where it says is passed over: so
 * an archive that was cut inside a stored inner archive does not show the inner one's directory. An
 * archive may hide its contents from one program and show them to another by lies between local
 * headers and directory, and may unpack to far more than its size by entries that share data (D.
 * Fifield, "A better zip bomb", 2019): therefore both are compared, and the byte ranges from each
 * local header to the end of its data must not touch.
 */
#include "core/pack/zip.h"

#include <stdlib.h>

#include <zlib.h>

#include "core/base/file.h"

#define END_BYTES 22
#define END_SEARCH (END_BYTES + 65535)
#define LOCATOR_BYTES 20
#define END64_BYTES 56
#define CENTRAL_BYTES 46
#define LOCAL_BYTES 30
#define DIRECTORY_BYTES_EACH 1024 /* on the average; paths with comments and extra fields stay far below */
#define INPUT_BYTES ((size_t)64 * 1024)

enum { FLAG_ENCRYPTED = 1, FLAG_DESCRIPTOR = 8, FLAG_UTF8 = 0x800, FLAG_MASKED = 0x2000 };

struct zip {
	int fd;
	uint64_t size;
	struct pack_limits limits;
	uint64_t unpacked; /* by all streams so far */
	uint64_t directory_at;
	uint8_t *directory; /* names point into it */
	struct zip_entry *entries;
	size_t count;
};

struct zip_stream {
	struct zip *zip;
	const struct zip_entry *entry;
	uint64_t at, left; /* packed bytes not yet read from the file */
	uint64_t out;
	uint32_t crc;
	bool ended;
	z_stream inflater;
	uint8_t input[INPUT_BYTES];
};

static uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)get16(at) | (uint32_t)get16(at + 2) << 16;
}

static uint64_t
get64(const uint8_t *at)
{
	return (uint64_t)get32(at) | (uint64_t)get32(at + 4) << 32;
}

static int
fail(enum pack_trouble *trouble, enum pack_trouble what, struct err *err, const char *why)
{
	bool ours = what == PACK_TROUBLE_MEMORY || what == PACK_TROUBLE_INPUT;

	*trouble = what;
	return err_set(err, ours ? ERR_STOP : ERR_INPUT, "%s", why);
}

/* Bytes of the file at ${at}; the range was checked against the size, so a short file is one that
 * changed. */
static int
read_at(const struct zip *zip, void *into, size_t len, uint64_t at, enum pack_trouble *trouble, struct err *err)
{
	if (len > zip->size || at > zip->size - len)
		return fail(trouble, PACK_TROUBLE_CUT, err, "zip: ends too early");
	if (file_read_at(zip->fd, into, len, at, err) == 0)
		return 0;
	*trouble = err->kind == ERR_INPUT ? PACK_TROUBLE_CUT : PACK_TROUBLE_INPUT;
	return -1;
}

/* What the end of the directory says of it. */
struct directory {
	uint64_t at, size, count;
};

/* Read the zip64 end record that the locator before the end (at ${end_at}) points to; 1 when there
 * is none. */
static int
read_end64(const struct zip *zip, uint64_t end_at, struct directory *found, enum pack_trouble *trouble, struct err *err)
{
	uint8_t locator[LOCATOR_BYTES], end[END64_BYTES];
	uint64_t at;

	if (end_at < LOCATOR_BYTES + END64_BYTES)
		return 1;
	if (read_at(zip, locator, sizeof(locator), end_at - LOCATOR_BYTES, trouble, err) != 0)
		return -1;
	if (memcmp(locator, "PK\6\7", 4) != 0)
		return 1;
	at = get64(locator + 8);
	if (at > end_at - LOCATOR_BYTES - END64_BYTES)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: zip64 end record out of place");
	if (read_at(zip, end, sizeof(end), at, trouble, err) != 0)
		return -1;
	if (memcmp(end, "PK\6\6", 4) != 0)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: no zip64 end record");
	if (get32(end + 16) != 0 || get32(end + 20) != 0)
		return fail(trouble, PACK_TROUBLE_UNSUPPORTED, err, "zip: split over several files");
	*found = (struct directory){ .at = get64(end + 48), .size = get64(end + 40), .count = get64(end + 32) };
	if (found->at > at || found->size != at - found->at)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: directory out of place");
	return 0;
}

/* Look at one "PK\5\6": 0 when it is the end of a directory that lies right before it, 1 when not.
 */
static int
read_end(const struct zip *zip, const uint8_t *end, uint64_t end_at, struct directory *found,
    enum pack_trouble *trouble, struct err *err)
{
	int result;

	if (get16(end + 20) > zip->size - end_at - END_BYTES)
		return 1;
	result = read_end64(zip, end_at, found, trouble, err);
	if (result != 1)
		return result;
	*found = (struct directory){ .at = get32(end + 16), .size = get32(end + 12), .count = get16(end + 10) };
	if (found->at > end_at || found->size != end_at - found->at)
		return 1;
	if (get16(end + 4) != 0 || get16(end + 6) != 0)
		return fail(trouble, PACK_TROUBLE_UNSUPPORTED, err, "zip: split over several files");
	return 0;
}

static int
find_directory(const struct zip *zip, struct directory *found, enum pack_trouble *trouble, struct err *err)
{
	size_t len = zip->size < END_SEARCH ? (size_t)zip->size : END_SEARCH;
	uint8_t head[4], *tail;
	int result = 1;
	bool seen = false;

	if (zip->size < END_BYTES)
		return fail(trouble, PACK_TROUBLE_CUT, err, "zip: ends too early");
	if (read_at(zip, head, sizeof(head), 0, trouble, err) != 0)
		return -1;
	if (head[0] != 'P' || head[1] != 'K')
		return fail(trouble, PACK_TROUBLE_FOREIGN, err, "not a zip archive");
	tail = malloc(len);
	if (tail == NULL)
		return fail(trouble, PACK_TROUBLE_MEMORY, err, "zip: not enough memory");
	if (read_at(zip, tail, len, zip->size - len, trouble, err) != 0) {
		free(tail);
		return -1;
	}
	for (size_t i = len - END_BYTES + 1; i-- > 0 && result == 1;) {
		if (memcmp(tail + i, "PK\5\6", 4) != 0)
			continue;
		seen = true;
		result = read_end(zip, tail + i, zip->size - len + i, found, trouble, err);
	}
	free(tail);
	if (result != 1)
		return result;
	return seen ? fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: directory out of place")
		    : fail(trouble, PACK_TROUBLE_CUT, err, "zip: no directory at the end");
}

/* Sizes and offset that did not fit in 4 bytes, and the name in UTF-8. */
static int
read_extra(struct zip_entry *entry, const uint8_t *extra, size_t len, enum pack_trouble *trouble, struct err *err)
{
	uint64_t *wide[] = { &entry->size, &entry->packed, &entry->at };
	bool wanted = false;

	for (size_t i = 0; i < ARRAY_LEN(wide); i++)
		wanted = wanted || *wide[i] == UINT32_MAX;
	while (len >= 4) {
		size_t field = get16(extra + 2), used = 0;
		const uint8_t *at = extra + 4;

		if (field > len - 4)
			break; /* some writers pad; what is needed is asked for below */
		if (get16(extra) == 0x0001 && wanted) {
			for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
				if (*wide[i] != UINT32_MAX)
					continue;
				if (field - used < 8)
					return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: zip64 field too short");
				*wide[i] = get64(at + used);
				used += 8;
			}
			wanted = false;
		}
		if (get16(extra) == 0x7075 && field > 5 && at[0] == 1 && !entry->utf8
		    && get32(at + 1) == crc32(0, (const Bytef *)entry->name.at, (uInt)entry->name.len)
		    && utf8_valid(at + 5, field - 5)) {
			entry->name = (struct text){ (const char *)at + 5, field - 5 };
			entry->utf8 = true;
		}
		extra += 4 + field;
		len -= 4 + field;
	}
	return 0;
}

/* Compare the local header with the directory (whose name, as stored there, is ${name}); find where
 * the data begins. */
static int
read_local(const struct zip *zip, struct zip_entry *entry, uint16_t flags, struct text name, uint8_t *scratch,
    enum pack_trouble *trouble, struct err *err)
{
	uint8_t local[LOCAL_BYTES];
	uint64_t head;
	bool same;

	if (entry->at > zip->directory_at || zip->directory_at - entry->at < LOCAL_BYTES)
		return fail(trouble, PACK_TROUBLE_OVERLAP, err, "zip: an entry reaches into the directory");
	if (read_at(zip, local, sizeof(local), entry->at, trouble, err) != 0)
		return -1;
	if (memcmp(local, "PK\3\4", 4) != 0)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: no local header where the directory says");
	head = LOCAL_BYTES + (uint64_t)get16(local + 26) + get16(local + 28);
	if (head > zip->directory_at - entry->at || entry->packed > zip->directory_at - entry->at - head)
		return fail(trouble, PACK_TROUBLE_OVERLAP, err, "zip: an entry reaches into the directory");
	entry->data = entry->at + head;
	same = get16(local + 8) == entry->method && get16(local + 26) == name.len
	    && ((get16(local + 6) ^ flags) & (FLAG_ENCRYPTED | FLAG_DESCRIPTOR)) == 0;
	if (same && (flags & FLAG_DESCRIPTOR) == 0)
		same = get32(local + 14) == entry->crc
		    && (get32(local + 18) == UINT32_MAX || get32(local + 18) == entry->packed)
		    && (get32(local + 22) == UINT32_MAX || get32(local + 22) == entry->size);
	if (same && name.len > 0) {
		if (read_at(zip, scratch, name.len, entry->at + LOCAL_BYTES, trouble, err) != 0)
			return -1;
		same = memcmp(scratch, name.at, name.len) == 0;
	}
	if (!same)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: a local header contradicts the directory");
	if (entry->method == 0 && entry->packed != entry->size)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: a stored entry of two sizes");
	if (entry->size > PACK_RATIO_FREE && entry->size / zip->limits.ratio_max > entry->packed)
		return fail(trouble, PACK_TROUBLE_BOMB, err, "zip: an entry unpacks to far too much");
	return 0;
}

static int
read_entry(struct zip *zip, const uint8_t *at, size_t left, size_t *used, uint8_t *scratch, enum pack_trouble *trouble,
    struct err *err)
{
	struct zip_entry *entry = &zip->entries[zip->count];
	size_t name_len, extra_len;
	struct text name;
	uint16_t flags;

	if (left < CENTRAL_BYTES || memcmp(at, "PK\1\2", 4) != 0)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: the directory is damaged");
	name_len = get16(at + 28);
	extra_len = get16(at + 30);
	*used = CENTRAL_BYTES + name_len + extra_len + get16(at + 32);
	if (*used > left)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: the directory is damaged");
	flags = get16(at + 8);
	name = (struct text){ (const char *)at + CENTRAL_BYTES, name_len };
	*entry = (struct zip_entry){
		.name = name,
		.utf8 = (flags & FLAG_UTF8) != 0 && utf8_valid(name.at, name.len),
		.method = get16(at + 10),
		.stamp = get32(at + 12),
		.crc = get32(at + 16),
		.packed = get32(at + 20),
		.size = get32(at + 24),
		.at = get32(at + 42),
	};
	if ((flags & (FLAG_ENCRYPTED | FLAG_MASKED)) != 0 || entry->method == 99)
		return fail(trouble, PACK_TROUBLE_ENCRYPTED, err, "zip: an entry is encrypted");
	if (get16(at + 34) != 0 && get16(at + 34) != UINT16_MAX)
		return fail(trouble, PACK_TROUBLE_UNSUPPORTED, err, "zip: split over several files");
	if (read_extra(entry, at + CENTRAL_BYTES + name_len, extra_len, trouble, err) != 0
	    || read_local(zip, entry, flags, name, scratch, trouble, err) != 0)
		return -1;
	entry->folder = entry->name.len > 0 && entry->size == 0
	    && (entry->name.at[entry->name.len - 1] == '/' || entry->name.at[entry->name.len - 1] == '\\');
	zip->count++;
	return 0;
}

static int
compare_at(const void *a, const void *b)
{
	const struct zip_entry *const *left = a, *const *right = b;

	return ((*left)->at > (*right)->at) - ((*left)->at < (*right)->at);
}

static int
compare_name(const void *a, const void *b)
{
	const struct zip_entry *const *left = a, *const *right = b;

	return text_compare((*left)->name, (*right)->name);
}

/* No shared bytes, no name twice. */
static int
check_entries(const struct zip *zip, enum pack_trouble *trouble, struct err *err)
{
	const struct zip_entry **sorted;
	int result = 0;

	if (zip->count < 2)
		return 0;
	sorted = malloc(zip->count * sizeof(*sorted));
	if (sorted == NULL)
		return fail(trouble, PACK_TROUBLE_MEMORY, err, "zip: not enough memory");
	for (size_t i = 0; i < zip->count; i++)
		sorted[i] = &zip->entries[i];
	qsort(sorted, zip->count, sizeof(*sorted), compare_at);
	for (size_t i = 1; i < zip->count && result == 0; i++) {
		if (sorted[i - 1]->data + sorted[i - 1]->packed > sorted[i]->at)
			result = fail(trouble, PACK_TROUBLE_OVERLAP, err, "zip: two entries share bytes");
	}
	if (result == 0)
		qsort(sorted, zip->count, sizeof(*sorted), compare_name);
	for (size_t i = 1; i < zip->count && result == 0; i++) {
		if (text_eq(sorted[i - 1]->name, sorted[i]->name) && !sorted[i]->folder)
			result = fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: a name stands twice");
	}
	free(sorted);
	return result;
}

static int
read_directory(struct zip *zip, enum pack_trouble *trouble, struct err *err)
{
	struct directory found = { 0 };
	uint8_t *scratch = NULL;
	size_t used = 0, pos = 0;
	int result = 0;

	if (find_directory(zip, &found, trouble, err) != 0)
		return -1;
	if (found.count > zip->limits.entries_max
	    || found.size > ((uint64_t)zip->limits.entries_max + 1) * DIRECTORY_BYTES_EACH)
		return fail(trouble, PACK_TROUBLE_LIMIT, err, "zip: too many entries");
	if (found.size / CENTRAL_BYTES < found.count)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: the directory is damaged");
	zip->directory_at = found.at;
	zip->directory = malloc((size_t)found.size + 1);
	zip->entries = calloc((size_t)found.count + 1, sizeof(*zip->entries));
	scratch = malloc(UINT16_MAX);
	if (zip->directory == NULL || zip->entries == NULL || scratch == NULL)
		result = fail(trouble, PACK_TROUBLE_MEMORY, err, "zip: not enough memory");
	if (result == 0)
		result = read_at(zip, zip->directory, (size_t)found.size, found.at, trouble, err);
	while (result == 0 && zip->count < found.count) {
		result = read_entry(zip, zip->directory + pos, (size_t)found.size - pos, &used, scratch, trouble, err);
		if (result == 0)
			pos += used;
	}
	free(scratch);
	if (result != 0)
		return -1;
	/* Entries behind the last one counted are seen by some programs and not by others. */
	if (found.size - pos >= 4 && memcmp(zip->directory + pos, "PK\1\2", 4) == 0)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: more entries than counted");
	return check_entries(zip, trouble, err);
}

int
zip_open(struct zip **zip, int fd, uint64_t size, const struct pack_limits *limits, enum pack_trouble *trouble,
    struct err *err)
{
	*trouble = PACK_TROUBLE_NONE;
	*zip = calloc(1, sizeof(**zip));
	if (*zip == NULL)
		return fail(trouble, PACK_TROUBLE_MEMORY, err, "zip: not enough memory");
	(*zip)->fd = fd;
	(*zip)->size = size;
	(*zip)->limits = *limits;
	if (read_directory(*zip, trouble, err) == 0)
		return 0;
	zip_close(*zip);
	*zip = NULL;
	return -1;
}

void
zip_close(struct zip *zip)
{
	if (zip == NULL)
		return;
	free(zip->directory);
	free(zip->entries);
	free(zip);
}

size_t
zip_count(const struct zip *zip)
{
	return zip->count;
}

const struct zip_entry *
zip_entry(const struct zip *zip, size_t index)
{
	return &zip->entries[index];
}

static char
fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return (char)(c == '\\' ? '/' : c);
}

const struct zip_entry *
zip_find(const struct zip *zip, struct text name)
{
	for (size_t i = 0; i < zip->count; i++) {
		struct text other = zip->entries[i].name;
		size_t at = 0;

		if (other.len > 0 && fold(other.at[0]) == '/')
			other = (struct text){ other.at + 1, other.len - 1 };
		if (other.len != name.len)
			continue;
		while (at < name.len && fold(other.at[at]) == fold(name.at[at]))
			at++;
		if (at == name.len)
			return &zip->entries[i];
	}
	return NULL;
}

int
zip_stream_open(struct zip_stream **stream, struct zip *zip, const struct zip_entry *entry, enum pack_trouble *trouble,
    struct err *err)
{
	*stream = NULL;
	if (entry->method != 0 && entry->method != Z_DEFLATED)
		return fail(trouble, PACK_TROUBLE_UNSUPPORTED, err, "zip: an unusual packing method");
	if (entry->size > zip->limits.entry_bytes_max)
		return fail(trouble, PACK_TROUBLE_LIMIT, err, "zip: an entry is too large");
	*stream = calloc(1, sizeof(**stream));
	if (*stream == NULL || inflateInit2(&(*stream)->inflater, -MAX_WBITS) != Z_OK) {
		free(*stream);
		*stream = NULL;
		return fail(trouble, PACK_TROUBLE_MEMORY, err, "zip: not enough memory");
	}
	(*stream)->zip = zip;
	(*stream)->entry = entry;
	(*stream)->at = entry->data;
	(*stream)->left = entry->packed;
	/* Some writers call an empty entry deflated and give it no data. */
	(*stream)->ended = entry->packed == 0 && entry->size == 0 && entry->crc == 0;
	return 0;
}

void
zip_stream_close(struct zip_stream *stream)
{
	if (stream == NULL)
		return;
	(void)inflateEnd(&stream->inflater);
	free(stream);
}

/* Unpack into ${into} until it is full or the entry ends. */
static int
unpack(struct zip_stream *stream, uint8_t *into, size_t room, size_t *got, enum pack_trouble *trouble, struct err *err)
{
	z_stream *z = &stream->inflater;

	z->next_out = into;
	z->avail_out = (uInt)room;
	while (z->avail_out > 0 && !stream->ended) {
		int status;

		if (z->avail_in == 0 && stream->left > 0) {
			size_t len = stream->left < INPUT_BYTES ? (size_t)stream->left : INPUT_BYTES;

			if (read_at(stream->zip, stream->input, len, stream->at, trouble, err) != 0)
				return -1;
			z->next_in = stream->input;
			z->avail_in = (uInt)len;
			stream->at += len;
			stream->left -= len;
		}
		status = inflate(z, Z_NO_FLUSH);
		if (status == Z_STREAM_END)
			stream->ended = true;
		else if (status == Z_MEM_ERROR)
			return fail(trouble, PACK_TROUBLE_MEMORY, err, "zip: not enough memory");
		else if (status != Z_OK)
			return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: packed data are damaged");
	}
	*got = room - z->avail_out;
	if (stream->ended && (z->avail_in > 0 || stream->left > 0))
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: packed data end too early");
	return 0;
}

static int
copy(struct zip_stream *stream, uint8_t *into, size_t room, size_t *got, enum pack_trouble *trouble, struct err *err)
{
	*got = stream->left < room ? (size_t)stream->left : room;
	if (read_at(stream->zip, into, *got, stream->at, trouble, err) != 0)
		return -1;
	stream->at += *got;
	stream->left -= *got;
	stream->ended = stream->left == 0;
	return 0;
}

int
zip_stream_read(
    struct zip_stream *stream, void *into, size_t room, size_t *got, enum pack_trouble *trouble, struct err *err)
{
	const struct zip_entry *entry = stream->entry;
	const struct pack_limits *limits = &stream->zip->limits;
	uint64_t taken;
	int result;

	*got = 0;
	if (stream->ended)
		return 0;
	if (room > UINT32_MAX)
		room = UINT32_MAX;
	result = entry->method == 0 ? copy(stream, into, room, got, trouble, err)
				    : unpack(stream, into, room, got, trouble, err);
	if (result != 0)
		return -1;
	stream->crc = (uint32_t)crc32_z(stream->crc, into, *got);
	stream->out += *got;
	stream->zip->unpacked += *got;
	taken = entry->packed - stream->left;
	if (stream->out > PACK_RATIO_FREE && stream->out / limits->ratio_max > taken)
		return fail(trouble, PACK_TROUBLE_BOMB, err, "zip: an entry unpacks to far too much");
	if (stream->out > limits->entry_bytes_max || stream->zip->unpacked > limits->total_bytes_max)
		return fail(trouble, PACK_TROUBLE_LIMIT, err, "zip: unpacks to more than allowed");
	if (stream->out > entry->size || (stream->ended && stream->out != entry->size))
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: an entry's size is not what it says");
	if (stream->ended && stream->crc != entry->crc)
		return fail(trouble, PACK_TROUBLE_DAMAGED, err, "zip: an entry's check sum is wrong");
	return *got > 0 ? 1 : 0;
}
