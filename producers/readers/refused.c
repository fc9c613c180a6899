/*
 * refused.c - files of a known kind that hold no rows we could read, so that a clerk is told what
 * the file is, not only that it is none. Recognised by the first bytes; a compound file (ole2.h) by
 * the streams inside.
 *
 * Document protection software of offices in China and Korea keeps the file's name and wraps its
 * bytes; where the wrapper has a mark at its head, or within the first few hundred bytes, it is
 * known here. Copies of such files open on the sender's machine, so the sentence for the clerk must
 * say to send it unprotected.
 */
#include <string.h>

#include "producers/readers/ole2.h"
#include "producers/readers/reader.h"

#define SURE 80
#define PROBABLE 40

struct mark {
	size_t at; /* where it stands; SEARCHED: anywhere in the first SEARCH_BYTES */
	size_t len;
	const char *bytes;
	enum refusal reason;
	const char *what;
};
#define SEARCHED SIZE_MAX
#define SEARCH_BYTES ((size_t)512)
#define MARK(at, bytes, reason, what)                                                                                  \
	{                                                                                                              \
		at, sizeof(bytes) - 1, bytes, reason, what                                                             \
	}

static const struct mark marks[] = {
	/* document protection */
	MARK(0, "%TSD-Header-###%", REFUSED_DRM, "document protection (TSD)"),
	MARK(0, "b\x14#e", REFUSED_DRM, "document protection (E-SafeNet)"),
	MARK(SEARCHED, "E-SafeNet", REFUSED_DRM, "document protection (E-SafeNet)"),
	MARK(0, "<## NASCA DRM FILE", REFUSED_DRM, "document protection (NASCA)"),
	MARK(0,
	    "\x9B\x20"
	    "DRMONE",
	    REFUSED_DRM, "document protection (Fasoo)"),
	MARK(0, "SCDSA00", REFUSED_DRM, "document protection (Document Safer)"),
	MARK(0, "<DOCUMENT SAFER", REFUSED_DRM, "document protection (Document Safer)"),
	MARK(0, ".pfile", REFUSED_DRM, "rights management (pfile)"),
	/* documents and pictures */
	MARK(0, "%PDF-", REFUSED_UNSUPPORTED, "PDF document"),
	MARK(0, "{\\rtf", REFUSED_UNSUPPORTED, "RTF document"),
	MARK(0, "\xFF\xD8\xFF", REFUSED_UNSUPPORTED, "picture (JPEG)"),
	MARK(0, "\x89PNG\r\n\x1A\n", REFUSED_UNSUPPORTED, "picture (PNG)"),
	MARK(0, "GIF87a", REFUSED_UNSUPPORTED, "picture (GIF)"),
	MARK(0, "GIF89a", REFUSED_UNSUPPORTED, "picture (GIF)"),
	MARK(0, "II*\0", REFUSED_UNSUPPORTED, "picture (TIFF)"),
	MARK(0, "MM\0*", REFUSED_UNSUPPORTED, "picture (TIFF)"),
	MARK(8, "WEBPVP8", REFUSED_UNSUPPORTED, "picture (WebP)"),
	MARK(0, "%!PS-Adobe", REFUSED_UNSUPPORTED, "PostScript document"),
	/* archives */
	MARK(0, "Rar!\x1A\x07", REFUSED_UNSUPPORTED, "archive (rar)"),
	MARK(0, "7z\xBC\xAF\x27\x1C", REFUSED_UNSUPPORTED, "archive (7z)"),
	MARK(0,
	    "\xFD"
	    "7zXZ\0",
	    REFUSED_UNSUPPORTED, "archive (xz)"),
	MARK(0, "BZh", REFUSED_UNSUPPORTED, "archive (bzip2)"),
	MARK(257, "ustar", REFUSED_UNSUPPORTED, "archive (tar)"),
	MARK(0, "MSCF\0\0\0\0", REFUSED_UNSUPPORTED, "archive (cab)"),
	/* data bases and old spreadsheets */
	MARK(4, "Standard Jet DB", REFUSED_UNSUPPORTED, "Access data base (mdb)"),
	MARK(4, "Standard ACE DB", REFUSED_UNSUPPORTED, "Access data base (accdb)"),
	MARK(0, "SQLite format 3\0", REFUSED_UNSUPPORTED, "SQLite data base"),
	MARK(0, "\x09\x00\x04\x00", REFUSED_UNSUPPORTED, "workbook of Excel 2 (BIFF2)"),
	MARK(0, "\x09\x02\x06\x00", REFUSED_UNSUPPORTED, "workbook of Excel 3 (BIFF3)"),
	MARK(0, "\x09\x04\x06\x00", REFUSED_UNSUPPORTED, "workbook of Excel 4 (BIFF4)"),
	MARK(0, "\x00\x00\x02\x00\x06\x04\x06\x00", REFUSED_UNSUPPORTED, "Lotus 1-2-3 worksheet"),
	MARK(0, "\x00\x00\x1A\x00\x00\x10\x04\x00", REFUSED_UNSUPPORTED, "Lotus 1-2-3 worksheet"),
	MARK(0, "MIME-Version:", REFUSED_UNSUPPORTED, "web archive (mht)"),
	/* programs */
	MARK(0,
	    "\x7F"
	    "ELF",
	    REFUSED_UNSUPPORTED, "program"),
};

/* Streams that tell what a compound file without a workbook is; the first that is there counts. */
static const struct {
	const char *stream;
	enum refusal reason;
	const char *what;
} streams[] = {
	{ "?DRMContent", REFUSED_DRM, "rights management" },
	{ "EncryptedPackage", REFUSED_ENCRYPTED, "protected by a password" },
	{ "EncryptionInfo", REFUSED_ENCRYPTED, "protected by a password" },
	{ "WordDocument", REFUSED_UNSUPPORTED, "Word document (doc)" },
	{ "PowerPoint Document", REFUSED_UNSUPPORTED, "PowerPoint presentation (ppt)" },
	{ "VisioDocument", REFUSED_UNSUPPORTED, "Visio drawing" },
	{ "?SummaryInformation", REFUSED_UNSUPPORTED, "compound file without a workbook" },
};

static const struct mark *
find_mark(const uint8_t *head, size_t len)
{
	size_t searched = len < SEARCH_BYTES ? len : SEARCH_BYTES;

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const struct mark *mark = &marks[i];

		if (mark->at == SEARCHED) {
			if (memmem(head, searched, mark->bytes, mark->len) != NULL && memchr(head, 0, searched) != NULL)
				return mark;
		} else if (mark->at <= len && len - mark->at >= mark->len
		    && memcmp(head + mark->at, mark->bytes, mark->len) == 0) {
			return mark;
		}
	}
	return NULL;
}

/*
 * dBase and FoxPro: u8 version, u8 year month day, u32 records, u16 bytes of the header, u16 bytes
 * of a record. No magic number, so all of it must make sense.
 */
static bool
is_dbase(const struct reader_input *input)
{
	static const uint8_t versions[] = { 0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0x8C,
		0x8E, 0xCB, 0xF5, 0xFB };
	const uint8_t *at = input->head;
	size_t header, record;

	if (input->head_len < 33 || memchr(versions, at[0], sizeof(versions)) == NULL)
		return false;
	header = (size_t)at[8] | (size_t)at[9] << 8;
	record = (size_t)at[10] | (size_t)at[11] << 8;
	return at[2] >= 1 && at[2] <= 12 && at[3] >= 1 && at[3] <= 31 && header >= 33 && header <= input->size
	    && record >= 2;
}

/* BMP: "BM", u32 size of the file, four zeros, u32 where the picture begins, u32 size of its head.
 */
static bool
is_bitmap(const struct reader_input *input)
{
	const uint8_t *at = input->head;

	return input->head_len >= 26 && at[0] == 'B' && at[1] == 'M' && memcmp(at + 6, "\0\0\0\0", 4) == 0
	    && at[15] == 0 && at[16] == 0 && at[17] == 0;
}

/* What a compound file without a workbook is: its place in ${streams}, or their number for none of
 * them. -1 when it could not be looked at. */
static int
compound_kind(const struct reader_input *input, size_t *kind, struct err *err)
{
	struct ole2 ole;
	int status = ole2_open(&ole, input->fd, input->size, err);

	*kind = ARRAY_LEN(streams);
	for (size_t i = 0; status == 0 && i < ARRAY_LEN(streams) && *kind == ARRAY_LEN(streams); i++) {
		if (ole2_find(&ole, streams[i].stream) != NULL)
			*kind = i;
	}
	ole2_close(&ole);
	return status != 0 && err->kind != ERR_INPUT ? -1 : 0;
}

static int
refused_score(const struct reader_input *input)
{
	if (ole2_is(input->head, input->head_len))
		return PROBABLE;
	if (find_mark(input->head, input->head_len) != NULL)
		return SURE;
	return is_dbase(input) || is_bitmap(input) ? PROBABLE : 0;
}

static int
refused_read(const struct reader_input *input, struct sink *sink, struct err *err)
{
	const struct mark *mark = find_mark(input->head, input->head_len);
	size_t kind;

	if (ole2_is(input->head, input->head_len)) {
		if (compound_kind(input, &kind, err) != 0)
			return -1;
		if (kind < ARRAY_LEN(streams))
			return sink_refuse(sink, streams[kind].reason, err, "%s", streams[kind].what);
		return sink_refuse(sink, REFUSED_UNSUPPORTED, err, "compound file without a workbook");
	}
	if (mark != NULL)
		return sink_refuse(sink, mark->reason, err, "%s", mark->what);
	if (is_dbase(input))
		return sink_refuse(sink, REFUSED_UNSUPPORTED, err, "dBase or FoxPro table (dbf)");
	return sink_refuse(sink, REFUSED_UNSUPPORTED, err, "picture (BMP)");
}

const struct reader_ops reader_refused = {
	.name = "refused",
	.score = refused_score,
	.read = refused_read,
};
