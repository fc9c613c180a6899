/*
 * archive.c - zip archives of files, and gzip files: what is inside is handed out file by file, to
 * be read like any other file by whoever asked. Archives inside archives are files here; how deep
 * to go is the asking side's to limit.
 *
 * The names of entries are UTF-8 when the archive says so or a Unicode field holds them; else UTF-8
 * when they are valid UTF-8; else GB18030, which is what Chinese editions of Windows and their
 * packers write. Folders and what systems and programs leave behind (__MACOSX/, .DS_Store,
 * Thumbs.db, desktop.ini, ~$…) are left out.
 *
 * An archive that lies or is unsafe is refused whole, before anything of it is handed out where
 * that can be known. Only an entry packed by a method that we do not know is refused by itself; the
 * others are fine.
 */
#include <stdlib.h>

#include "core/pack/gzip.h"
#include "core/pack/zip.h"
#include "producers/readers/gb18030.h"
#include "producers/readers/packed.h"
#include "producers/readers/reader.h"

#define BLOCK_BYTES ((size_t)64 * 1024)

struct archive {
	struct sink *sink;
	struct err *err;
	struct gb18030 *codec; /* made when first needed */
	char *name;            /* of the entry at hand */
	size_t name_size;
	uint8_t *block;
};

static int
no_memory(struct archive *archive)
{
	return sink_refuse(archive->sink, REFUSED_LIMIT_MEMORY, archive->err, "not enough memory");
}

/* ${raw} in UTF-8, in ${archive->name}: 0 with its length, or -1. */
static int
decode_name(struct archive *archive, struct text raw, size_t *len)
{
	size_t size = GB18030_UTF8_MAX(raw.len) + GB18030_SLACK, used;
	uint64_t replaced = 0;

	if (size > archive->name_size) {
		char *name = realloc(archive->name, size);

		if (name == NULL)
			return no_memory(archive);
		archive->name = name;
		archive->name_size = size;
	}
	if (utf8_valid(raw.at, raw.len)) {
		if (raw.len > 0)
			memcpy(archive->name, raw.at, raw.len);
		*len = raw.len;
		return 0;
	}
	if (archive->codec == NULL)
		archive->codec = gb18030_new();
	if (archive->codec == NULL)
		return no_memory(archive);
	*len = gb18030_decode(archive->codec, raw.at, raw.len, &used, archive->name, &replaced);
	if (used < raw.len)
		return sink_refuse(
		    archive->sink, REFUSED_ENCODING, archive->err, "an entry's name is neither UTF-8 nor GB18030");
	return 0;
}

/* Left behind by systems and programs; nobody's data. */
static bool
is_junk(struct text path)
{
	const char *slash = memrchr(path.at, '/', path.len);
	struct text base = path;

	if (slash != NULL)
		base = (struct text){ slash + 1, (size_t)(path.at + path.len - slash - 1) };
	return base.len == 0 || text_starts(path, TEXT("__MACOSX/")) || text_find(path, TEXT("/__MACOSX/")) != SIZE_MAX
	    || text_starts(base, TEXT("~$")) || text_starts(base, TEXT("._")) || text_eq(base, TEXT(".DS_Store"))
	    || (base.len == 9 && strncasecmp(base.at, "Thumbs.db", 9) == 0)
	    || (base.len == 11 && strncasecmp(base.at, "desktop.ini", 11) == 0);
}

/* The entry's name, decoded and clean, in ${archive->name}; -1 when it is unsafe. */
static int
entry_name(struct archive *archive, const struct zip_entry *entry, struct text *name)
{
	size_t len = 0;

	if (decode_name(archive, entry->name, &len) != 0)
		return -1;
	if (!pack_name_clean(archive->name, &len))
		return sink_refuse(
		    archive->sink, REFUSED_UNSAFE_NAME, archive->err, "an entry's name leads out of the archive");
	*name = (struct text){ archive->name, len };
	return 0;
}

/* Look at all names and sizes before anything is handed out. */
static int
check_entries(struct archive *archive, const struct zip *zip)
{
	uint64_t total = 0;
	struct text name;

	for (size_t i = 0; i < zip_count(zip); i++) {
		const struct zip_entry *entry = zip_entry(zip, i);

		if (entry_name(archive, entry, &name) != 0)
			return -1;
		if (entry->folder || is_junk(name))
			continue;
		if (entry->size > archive->sink->limits->unpacked_bytes_max - total)
			return sink_refuse(
			    archive->sink, REFUSED_LIMIT_BYTES, archive->err, "zip: unpacks to more than allowed");
		total += entry->size;
	}
	return 0;
}

static int
read_entry(struct archive *archive, struct zip *zip, const struct zip_entry *entry)
{
	enum refusal reason = REFUSED_NO;
	struct zip_stream *stream = NULL;
	enum pack_trouble trouble;
	struct text name;
	size_t got;
	int result;

	if (entry_name(archive, entry, &name) != 0)
		return -1;
	if (entry->folder || is_junk(name))
		return 0;
	if (sink_entry(archive->sink, name, archive->err) != 0)
		return -1;
	if (zip_stream_open(&stream, zip, entry, &trouble, archive->err) != 0) {
		if (trouble != PACK_TROUBLE_UNSUPPORTED)
			return packed_refuse(archive->sink, trouble, archive->err);
		reason = REFUSED_UNSUPPORTED;
	}
	while (stream != NULL) {
		result = zip_stream_read(stream, archive->block, BLOCK_BYTES, &got, &trouble, archive->err);
		if (result < 0)
			(void)packed_refuse(archive->sink, trouble, archive->err);
		else if (result == 1)
			result = sink_bytes(archive->sink, archive->block, got, archive->err) == 0 ? 1 : -1;
		if (result == 1)
			continue;
		zip_stream_close(stream);
		stream = NULL;
		if (result < 0)
			return -1;
	}
	return sink_entry_end(archive->sink, reason, archive->err);
}

static int
read_zip(struct archive *archive, const struct reader_input *input)
{
	struct pack_limits limits = packed_limits(archive->sink->limits);
	enum pack_trouble trouble;
	struct zip *zip;
	int result;

	if (zip_open(&zip, input->fd, input->size, &limits, &trouble, archive->err) != 0)
		return packed_refuse(archive->sink, trouble, archive->err);
	if (zip_count(zip) == 0)
		result = sink_refuse(archive->sink, REFUSED_EMPTY, archive->err, "an empty archive");
	else
		result = check_entries(archive, zip);
	if (result == 0)
		result = sink_document(archive->sink, FORMAT_ZIP, ENCODING_NONE, false, 0, archive->err);
	for (size_t i = 0; i < zip_count(zip) && result == 0; i++)
		result = read_entry(archive, zip, zip_entry(zip, i));
	zip_close(zip);
	return result == 0 ? sink_end(archive->sink, archive->err) : -1;
}

/* The stored name only shows a person where the bytes came from: what cannot be used is left out.
 */
static int
gzip_entry(struct archive *archive, struct text raw)
{
	const char *slash = raw.len > 0 ? memrchr(raw.at, '/', raw.len) : NULL;
	size_t len = 0;

	if (slash != NULL)
		raw = (struct text){ slash + 1, (size_t)(raw.at + raw.len - slash - 1) };
	if (decode_name(archive, raw, &len) != 0) {
		if (archive->sink->refusal != REFUSED_ENCODING)
			return -1;
		archive->sink->refusal = REFUSED_NO;
		len = 0;
	}
	if (!pack_name_clean(archive->name, &len))
		len = 0;
	return sink_entry(archive->sink, (struct text){ archive->name, len }, archive->err);
}

static int
read_gzip(struct archive *archive, const struct reader_input *input)
{
	struct pack_limits limits = packed_limits(archive->sink->limits);
	enum pack_trouble trouble;
	struct gzip *gzip;
	size_t got;
	int result;

	if (gzip_open(&gzip, input->fd, input->size, &limits, &trouble, archive->err) != 0)
		return packed_refuse(archive->sink, trouble, archive->err);
	result = sink_document(archive->sink, FORMAT_GZIP, ENCODING_NONE, false, 0, archive->err);
	if (result == 0)
		result = gzip_entry(archive, gzip_name(gzip));
	while (result == 0) {
		result = gzip_read(gzip, archive->block, BLOCK_BYTES, &got, &trouble, archive->err);
		if (result < 0)
			(void)packed_refuse(archive->sink, trouble, archive->err);
		if (result != 1)
			break;
		result = sink_bytes(archive->sink, archive->block, got, archive->err);
	}
	gzip_close(gzip);
	if (result != 0 || sink_entry_end(archive->sink, REFUSED_NO, archive->err) != 0)
		return -1;
	return sink_end(archive->sink, archive->err);
}

static int
unpack(const struct reader_input *input, struct sink *sink, struct err *err,
    int (*read)(struct archive *, const struct reader_input *))
{
	struct archive archive = { .sink = sink, .err = err, .block = malloc(BLOCK_BYTES) };
	int result = archive.block != NULL ? read(&archive, input) : no_memory(&archive);

	gb18030_free(archive.codec);
	free(archive.name);
	free(archive.block);
	return result;
}

static int
zip_read(const struct reader_input *input, struct sink *sink, struct err *err)
{
	return unpack(input, sink, err, read_zip);
}

static int
gzip_file_read(const struct reader_input *input, struct sink *sink, struct err *err)
{
	return unpack(input, sink, err, read_gzip);
}

/* A first entry, the end of an archive without any, or the mark of one that was to be split. */
static int
zip_score(const struct reader_input *input)
{
	struct text head = { (const char *)input->head, input->head_len };

	return text_starts(head, TEXT("PK\3\4")) || text_starts(head, TEXT("PK\5\6"))
		|| text_starts(head, TEXT("PK\7\10"))
	    ? 50
	    : 0;
}

static int
gzip_score(const struct reader_input *input)
{
	struct text head = { (const char *)input->head, input->head_len };

	return text_starts(head, TEXT("\x1F\x8B")) ? 90 : 0;
}

const struct reader_ops reader_zip = { .name = "zip", .score = zip_score, .read = zip_read };
const struct reader_ops reader_gzip = { .name = "gzip", .score = gzip_score, .read = gzip_file_read };
