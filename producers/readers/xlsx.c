/*
 * xlsx.c - workbooks of Excel 2007 and later, of WPS, LibreOffice and others (ECMA-376, ISO/IEC
 * 29500), transitional and strict.
 *
 * The file is a zip whose entries are parts (OPC). Parts are found through relationships, not by
 * name:
 *
 *   _rels/.rels                   officeDocument -> the workbook part, usually xl/workbook.xml
 *   [Content_Types].xml           what kind of document that part is
 *   xl/_rels/workbook.xml.rels    from there: worksheet, sharedStrings, styles, each with an id
 *   the workbook part             the sheets in order, each with name, state and the id of its
 * relationship; the date system
 *
 * A relationship's type is a URL that differs between transitional and strict files; its last step
 * is the same, and that is compared. Names of parts are compared without regard to case. Then
 * styles and shared strings are read, and each sheet in turn (xlsx_sheet.h), hidden and very hidden
 * ones too: they are announced as such. Charts, dialogs and macro sheets have no rows.
 *
 * Other documents of the same build are recognised to be refused by their name: .xlsb, .docx,
 * .pptx, and OpenDocument (a zip whose first entry is "mimetype").
 *
 * Which styles show dates: built-in number formats 14-22, 27-36, 45-47, 50-58 (the second and last
 * groups are dates in Chinese, Japanese and Korean editions), and formats of the file's own with y,
 * m, d, h or s outside quotes, escapes and brackets, or an elapsed time ([h], [mm], [ss]). A format
 * that the file defines under a built-in number is taken as the file defines it.
 */
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/buffer.h"
#include "core/pack/zip.h"
#include "producers/readers/packed.h"
#include "producers/readers/reader.h"
#include "producers/readers/xlsx_scan.h"
#include "producers/readers/xlsx_sheet.h"

#define NAMES_BYTES_MAX ((size_t)16 * 1024 * 1024) /* names, relationships, sheets of one workbook */
/* Excel's own limits are 65,490 styles, some 250 formats, and as many sheets as memory holds. */
#define STYLES_MAX ((size_t)128 * 1024)
#define FORMATS_MAX 4096u
#define SHEETS_MAX 16384u /* relationships, too */
#define PART_NAME_MAX ((size_t)4096)
#define PROPERTY_BYTES_MAX ((size_t)512)

struct relationship {
	struct text id, type; /* the type's last step */
	struct text target;   /* the part's name, without a leading '/' */
	bool external;
	struct relationship *next;
};

struct sheet_entry {
	struct text name, id;
	bool hidden;
	struct sheet_entry *next;
};

/* A number format of the file's own. */
struct format {
	uint64_t id;
	bool date;
	struct format *next;
};

struct book {
	struct zip *zip;
	struct sink *sink;
	struct err *err;
	struct arena arena;
	uint32_t depth; /* of the XML being read */
	/* relationships being read */
	struct text source; /* the part they belong to */
	struct relationship *relationships;
	uint32_t relationship_count;
	/* properties of the document that are ours */
	struct text properties; /* the part with all that are not built in; len 0 when there is none */
	uint32_t property_count;
	bool in_property;
	char property[PROPERTY_BYTES_MAX]; /* name=value */
	size_t property_len;
	/* content types */
	struct text wanted;       /* the part asked about */
	struct text content_type; /* len 0 when it is not told */
	/* the workbook */
	struct text root;
	struct sheet_entry *sheets, **sheets_end;
	uint32_t sheet_count;
	bool date1904;
	/* styles */
	bool in_formats, in_styles;
	struct format *formats;
	uint32_t format_count;
	struct buffer style_formats; /* uint32_t each */
	struct xlsx_styles styles;
	struct xlsx_strings strings;
};

static int
refuse(struct book *book, enum refusal reason, const char *what)
{
	return sink_refuse(book->sink, reason, book->err, "xlsx: %s", what);
}

static int
no_memory(struct book *book)
{
	return refuse(book, REFUSED_LIMIT_MEMORY, "not enough memory");
}

/* ---- parts ---- */

struct zip_part {
	struct book *book;
	const struct zip_entry *entry;
	struct zip_stream *stream;
};

static int
part_rewind(void *self, struct err *err)
{
	struct zip_part *part = self;
	enum pack_trouble trouble;

	zip_stream_close(part->stream);
	part->stream = NULL;
	if (zip_stream_open(&part->stream, part->book->zip, part->entry, &trouble, err) != 0)
		return packed_refuse(part->book->sink, trouble, err);
	return 0;
}

static int
part_read(void *self, void *into, size_t room, size_t *got, struct err *err)
{
	struct zip_part *part = self;
	enum pack_trouble trouble;
	int result = zip_stream_read(part->stream, into, room, got, &trouble, err);

	return result < 0 ? packed_refuse(part->book->sink, trouble, err) : result;
}

static struct xlsx_part
part_of(struct zip_part *part)
{
	return (struct xlsx_part){ .self = part, .rewind = part_rewind, .read = part_read };
}

/* Parse a part with ${events}: 0 or -1. */
static int
parse_entry(struct book *book, const struct zip_entry *entry, const struct xml_events *events)
{
	struct zip_part zip_part = { .book = book, .entry = entry };
	struct xlsx_part part = part_of(&zip_part);
	int result;

	book->depth = 0;
	result = xlsx_part_parse(&part, book->sink, events, book, book->err);
	zip_stream_close(zip_part.stream);
	return result;
}

/* A copy that lives as long as the book; at is NULL when memory is short. */
static struct text
keep(struct book *book, struct text text)
{
	if (text.at == NULL)
		text = TEXT("");
	return arena_text(&book->arena, text);
}

static int
on_end(void *self, struct text name)
{
	struct book *book = self;

	(void)name;
	book->depth--;
	if (book->depth == 1)
		book->in_formats = book->in_styles = false;
	return 0;
}

/* ---- relationships ---- */

/* Behind the last '/'. */
static struct text
last_step(struct text path)
{
	const char *slash = path.len > 0 ? memrchr(path.at, '/', path.len) : NULL;

	if (slash == NULL)
		return path;
	return (struct text){ slash + 1, (size_t)(path.at + path.len - slash - 1) };
}

/* Up to and with the last '/'. */
static struct text
folder_of(struct text path)
{
	return (struct text){ path.at, path.len - last_step(path).len };
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * The part's name that ${target} is, seen from the folder of ${source}: absolute or relative, with
 * "." and ".." and %XX undone. Names are only looked up, so a ".." too many is harmless: it stays
 * at the top.
 */
static struct text
resolve(struct book *book, struct text source, struct text target)
{
	struct text folder = folder_of(source);
	char *out;
	size_t len = 0;

	if (target.len > 0 && (*target.at == '/' || *target.at == '\\'))
		folder.len = 0;
	out = arena_take(&book->arena, folder.len + target.len + 1);
	if (out == NULL)
		return (struct text){ NULL, 0 };
	memcpy(out, folder.at, folder.len);
	len = folder.len;
	for (size_t i = 0; i < target.len;) {
		size_t begin = len;

		while (i < target.len && target.at[i] != '/' && target.at[i] != '\\') {
			char c = target.at[i++];

			if (c == '%' && target.len - i >= 2 && hex_digit(target.at[i]) >= 0
			    && hex_digit(target.at[i + 1]) >= 0) {
				c = (char)(hex_digit(target.at[i]) << 4 | hex_digit(target.at[i + 1]));
				i += 2;
			}
			out[len++] = c;
		}
		if (len - begin == 2 && out[begin] == '.' && out[begin + 1] == '.') {
			struct text above = { out, begin > 0 ? begin - 1 : 0 };

			len = folder_of(above).len;
		} else if (len == begin || (len - begin == 1 && out[begin] == '.')) {
			len = begin;
		} else if (i < target.len) {
			out[len++] = '/';
		}
		i++;
	}
	return (struct text){ out, len };
}

static int
on_relationship(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct book *book = self;
	struct relationship *relationship;
	struct text target = xlsx_attribute(attributes, count, "Target");

	book->depth++;
	if (book->depth != 2 || !text_eq(name, TEXT("Relationship")))
		return 0;
	relationship = arena_take(&book->arena, sizeof(*relationship));
	if (relationship == NULL)
		return no_memory(book);
	*relationship = (struct relationship){
		.id = keep(book, xlsx_attribute(attributes, count, "Id")),
		.type = keep(book, last_step(xlsx_attribute(attributes, count, "Type"))),
		.external = text_eq(xlsx_attribute(attributes, count, "TargetMode"), TEXT("External")),
		.next = book->relationships,
	};
	if (++book->relationship_count > SHEETS_MAX)
		return refuse(book, REFUSED_DAMAGED, "too many relationships");
	if (target.len > PART_NAME_MAX)
		return refuse(book, REFUSED_DAMAGED, "the name of a part is too long");
	relationship->target = resolve(book, book->source, target);
	if (relationship->id.at == NULL || relationship->type.at == NULL || relationship->target.at == NULL)
		return no_memory(book);
	book->relationships = relationship;
	return 0;
}

static const struct xml_events relationship_events = { .start = on_relationship, .end = on_end };

/* Read the relationships of the part ${source} (the package itself when empty); there may be none.
 */
static int
read_relationships(struct book *book, struct text source)
{
	struct text folder = folder_of(source), base = last_step(source);
	size_t len = source.len + strlen("_rels/.rels");
	char *name = arena_take(&book->arena, len + 1);
	const struct zip_entry *entry;

	if (name == NULL)
		return no_memory(book);
	memcpy(name, folder.at, folder.len);
	memcpy(name + folder.len, "_rels/", 6);
	memcpy(name + folder.len + 6, base.at, base.len);
	memcpy(name + folder.len + 6 + base.len, ".rels", 5);
	book->source = source;
	book->relationships = NULL;
	entry = zip_find(book->zip, (struct text){ name, len });
	return entry == NULL ? 0 : parse_entry(book, entry, &relationship_events);
}

/* The first relationship of the type in the file, or NULL. */
static const struct relationship *
find_type(const struct book *book, struct text type)
{
	const struct relationship *found = NULL;

	for (const struct relationship *r = book->relationships; r != NULL; r = r->next) {
		if (text_eq(r->type, type))
			found = r;
	}
	return found;
}

static const struct relationship *
find_id(const struct book *book, struct text id)
{
	for (const struct relationship *r = book->relationships; r != NULL; r = r->next) {
		if (text_eq(r->id, id))
			return r;
	}
	return NULL;
}

/* ---- content types ---- */

/* ASCII letters of either case alike. */
static bool
same_name(struct text a, struct text b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

static int
on_content_type(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct book *book = self;
	struct text part = xlsx_attribute(attributes, count, "PartName");

	book->depth++;
	if (book->depth != 2 || !text_eq(name, TEXT("Override")) || part.len == 0)
		return 0;
	part = (struct text){ part.at + (*part.at == '/'), part.len - (*part.at == '/') };
	if (!same_name(part, book->wanted))
		return 0;
	book->content_type = keep(book, xlsx_attribute(attributes, count, "ContentType"));
	return book->content_type.at != NULL ? 0 : no_memory(book);
}

static const struct xml_events content_type_events = { .start = on_content_type, .end = on_end };

/* Refuse what is no spreadsheet in XML. */
static int
check_kind(struct book *book)
{
	static const struct {
		const char *part, *name;
	} others[] = {
		{ "sheet.binary", "xlsb" },
		{ "wordprocessingml", "docx" },
		{ "presentationml", "pptx" },
		{ "ms-word", "docm" },
		{ "ms-powerpoint", "pptm" },
	};
	struct text type = book->content_type;

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (text_find(type, text_from(others[i].part)) != SIZE_MAX)
			return sink_refuse(book->sink, REFUSED_UNSUPPORTED, book->err, "%s", others[i].name);
	}
	return 0;
}

/* ---- the workbook ---- */

static int
on_workbook(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct book *book = self;
	struct sheet_entry *sheet;
	struct text state, date1904;

	book->depth++;
	if (book->depth == 1) {
		book->root = keep(book, name);
		return book->root.at != NULL ? 0 : no_memory(book);
	}
	if (book->depth == 2 && text_eq(name, TEXT("workbookPr"))) {
		date1904 = xlsx_attribute(attributes, count, "date1904");
		book->date1904 = text_eq(date1904, TEXT("1")) || text_eq(date1904, TEXT("true"));
		return 0;
	}
	if (book->depth != 3 || !text_eq(name, TEXT("sheet")))
		return 0;
	if (book->sheet_count == SHEETS_MAX)
		return refuse(book, REFUSED_DAMAGED, "too many sheets");
	sheet = arena_take(&book->arena, sizeof(*sheet));
	if (sheet == NULL)
		return no_memory(book);
	state = xlsx_attribute(attributes, count, "state");
	*sheet = (struct sheet_entry){
		.name = keep(book, xlsx_attribute(attributes, count, "name")),
		.id = keep(book, xml_attribute_find(attributes, count, "id")),
		.hidden = text_eq(state, TEXT("hidden")) || text_eq(state, TEXT("veryHidden")),
	};
	if (sheet->name.at == NULL || sheet->id.at == NULL)
		return no_memory(book);
	*book->sheets_end = sheet;
	book->sheets_end = &sheet->next;
	book->sheet_count++;
	return 0;
}

static const struct xml_events workbook_events = { .start = on_workbook, .end = on_end };

/* ---- properties ---- */

/* ${text} behind what is gathered of a property: what is longer than ours ever are is none of them. */
static void
gather(struct book *book, struct text text)
{
	if (text.len > sizeof(book->property) - book->property_len)
		book->in_property = false;
	if (!book->in_property)
		return;
	memcpy(book->property + book->property_len, text.at, text.len);
	book->property_len += text.len;
}

static int
on_property(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct book *book = self;
	struct text called = xlsx_attribute(attributes, count, "name");

	if (++book->depth != 2 || !text_eq(name, TEXT("property")))
		return 0;
	book->property_len = 0;
	book->in_property = called.at != NULL && text_starts(called, TEXT(FRAME_PROPERTY))
	    && memchr(called.at, '=', called.len) == NULL && book->property_count < FRAME_PROPERTIES_MAX;
	if (book->in_property) {
		gather(book, called);
		gather(book, TEXT("="));
	}
	return 0;
}

static int
on_property_text(void *self, struct text text)
{
	struct book *book = self;

	if (book->in_property && book->depth == 3)
		gather(book, text);
	return 0;
}

static int
on_property_end(void *self, struct text name)
{
	struct book *book = self;

	(void)name;
	if (--book->depth != 1 || !book->in_property)
		return 0;
	book->in_property = false;
	book->property_count++;
	return sink_note(
	    book->sink, NOTE_PROPERTY, 0, 0, (struct text){ book->property, book->property_len }, book->err);
}

static const struct xml_events property_events = {
	.start = on_property, .end = on_property_end, .text = on_property_text
};

/*
 * Tell the properties that are ours. A file in which they are damaged is a table all the same: only the other end having gone, or want of memory,
 * is a failure.
 */
static int
read_properties(struct book *book)
{
	const struct zip_entry *entry = book->properties.len > 0 ? zip_find(book->zip, book->properties) : NULL;
	struct frame_refuse where = book->sink->where;

	if (entry == NULL || parse_entry(book, entry, &property_events) == 0)
		return 0;
	if (book->sink->refusal == REFUSED_NO || book->sink->refusal == REFUSED_LIMIT_MEMORY)
		return -1;
	book->sink->refusal = REFUSED_NO;
	book->sink->where = where;
	*book->err = (struct err){ 0 };
	return 0;
}

/* ---- styles ---- */

/* Whether a number format shows a date or a time. */
static bool
is_date_format(struct text code)
{
	if (same_name(code, TEXT("General")))
		return false;
	for (size_t i = 0; i < code.len; i++) {
		const char *close;
		char c = code.at[i];

		switch (c) {
		case '\\': /* the next character stands for itself */
		case '_':  /* a space as wide as the next character */
		case '*':  /* the next character repeated */
			i++;
			break;
		case '"':
		case '[':
			close = memchr(code.at + i + 1, c == '"' ? '"' : ']', code.len - i - 1);
			if (close == NULL)
				return false;
			c = (char)(code.at[i + 1] | 0x20);
			if (code.at[i] == '[' && (c == 'h' || c == 'm' || c == 's') && (close[-1] | 0x20) == c
			    && close - (code.at + i) <= 3)
				return true;
			i = (size_t)(close - code.at);
			break;
		default:
			c = (char)(c | 0x20);
			if (c == 'y' || c == 'm' || c == 'd' || c == 'h' || c == 's')
				return true;
			break;
		}
	}
	return false;
}

static bool
is_date_built_in(uint64_t id)
{
	return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);
}

/* The number of a format; one that is none counts as 0, which is no date. */
static uint64_t
format_id(const struct xml_attribute *attributes, size_t count)
{
	struct text text = xlsx_attribute(attributes, count, "numFmtId");
	uint64_t id;

	return text.at != NULL && text_to_u64(text, &id) && id < UINT32_MAX ? id : 0;
}

static int
on_styles(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct book *book = self;

	book->depth++;
	if (book->depth == 2) {
		book->in_formats = text_eq(name, TEXT("numFmts"));
		book->in_styles = text_eq(name, TEXT("cellXfs"));
	} else if (book->depth == 3 && book->in_formats && text_eq(name, TEXT("numFmt"))) {
		struct format *format = arena_take(&book->arena, sizeof(*format));
		struct text code = xlsx_attribute(attributes, count, "formatCode");

		if (format == NULL)
			return no_memory(book);
		if (++book->format_count > FORMATS_MAX)
			return refuse(book, REFUSED_DAMAGED, "too many number formats");
		*format = (struct format){ format_id(attributes, count), is_date_format(code), book->formats };
		book->formats = format;
	} else if (book->depth == 3 && book->in_styles && text_eq(name, TEXT("xf"))) {
		uint32_t id = (uint32_t)format_id(attributes, count);

		buffer_add(&book->style_formats, &id, sizeof(id));
		if (buffer_failed(&book->style_formats))
			return refuse(book, REFUSED_DAMAGED, "too many cell styles");
	}
	return 0;
}

static const struct xml_events style_events = { .start = on_styles, .end = on_end };

static bool
is_date(const struct book *book, uint64_t id)
{
	for (const struct format *format = book->formats; format != NULL; format = format->next) {
		if (format->id == id)
			return format->date;
	}
	return is_date_built_in(id);
}

static int
read_styles(struct book *book, const struct zip_entry *entry)
{
	size_t count;
	uint32_t id, last_id = 0;
	bool date = false;

	if (parse_entry(book, entry, &style_events) != 0)
		return -1;
	count = book->style_formats.len / sizeof(id);
	book->styles.dates = malloc(count + 1);
	if (book->styles.dates == NULL)
		return no_memory(book);
	for (size_t i = 0; i < count; i++) {
		memcpy(&id, book->style_formats.at + i * sizeof(id), sizeof(id));
		/* Neighbours mostly share a format, so that a long list is not searched again and
		 * again. */
		if (i == 0 || id != last_id)
			date = is_date(book, id);
		last_id = id;
		book->styles.dates[i] = date;
	}
	book->styles.count = count;
	return 0;
}

/* ---- putting it together ---- */

static int
read_strings(struct book *book, const struct zip_entry *entry)
{
	struct zip_part zip_part = { .book = book, .entry = entry };
	struct xlsx_part part = part_of(&zip_part);
	int result = xlsx_strings_read(&book->strings, &part, XLSX_WINDOW_BYTES, book->sink, book->err);

	zip_stream_close(zip_part.stream);
	return result;
}

/* The part of the relationship; NULL when there is no such relationship or it leads out of the
 * file. */
static const struct zip_entry *
part_entry(const struct book *book, const struct relationship *relationship)
{
	if (relationship == NULL || relationship->external)
		return NULL;
	return zip_find(book->zip, relationship->target);
}

static int
read_sheet(struct book *book, const struct sheet_entry *sheet)
{
	const struct relationship *relationship = find_id(book, sheet->id);
	struct zip_part zip_part = { .book = book, .entry = part_entry(book, relationship) };
	struct xlsx_part part = part_of(&zip_part);
	bool rows = relationship != NULL && text_eq(relationship->type, TEXT("worksheet"));
	int result = 0;

	if (sink_sheet(book->sink, sheet->name, sheet->hidden, book->err) != 0)
		return -1;
	if (relationship == NULL || (rows && zip_part.entry == NULL))
		return refuse(book, REFUSED_DAMAGED, "a sheet without its part");
	if (!rows)
		result = sink_note(book->sink, NOTE_SHEET_CHART, 0, 0, TEXT(""), book->err);
	else
		result = xlsx_sheet_read(&part, &book->strings, &book->styles, XLSX_WINDOW_BYTES, book->sink, book->err);
	zip_stream_close(zip_part.stream);
	if (result != 0)
		return -1;
	return sink_sheet_end(book->sink, book->err);
}

/* Find the workbook part and see that it is one. */
static int
find_workbook(struct book *book, struct text *name)
{
	const struct zip_entry *types = zip_find(book->zip, TEXT("[Content_Types].xml"));
	const struct relationship *document, *properties;

	if (read_relationships(book, TEXT("")) != 0)
		return -1;
	document = find_type(book, TEXT("officeDocument"));
	if (types == NULL || document == NULL || part_entry(book, document) == NULL)
		return refuse(book, REFUSED_DAMAGED, "a package without a document");
	*name = document->target;
	properties = find_type(book, TEXT("custom-properties"));
	if (properties != NULL && !properties->external)
		book->properties = properties->target;
	book->wanted = *name;
	if (parse_entry(book, types, &content_type_events) != 0)
		return -1;
	return check_kind(book);
}

static int
read_book(struct book *book)
{
	const struct zip_entry *entry;
	struct text name = { "", 0 };

	if (find_workbook(book, &name) != 0 || parse_entry(book, zip_find(book->zip, name), &workbook_events) != 0)
		return -1;
	if (!text_eq(book->root, TEXT("workbook")) || book->sheet_count == 0)
		return refuse(book, REFUSED_DAMAGED, "a document that is no workbook");
	if (read_relationships(book, name) != 0)
		return -1;
	entry = part_entry(book, find_type(book, TEXT("styles")));
	if (entry != NULL && read_styles(book, entry) != 0)
		return -1;
	entry = part_entry(book, find_type(book, TEXT("sharedStrings")));
	if (entry != NULL && read_strings(book, entry) != 0)
		return -1;
	if (sink_document(book->sink, FORMAT_XLSX, ENCODING_NONE, book->date1904, book->sheet_count, book->err) != 0
	    || read_properties(book) != 0)
		return -1;
	for (const struct sheet_entry *sheet = book->sheets; sheet != NULL; sheet = sheet->next) {
		if (read_sheet(book, sheet) != 0)
			return -1;
	}
	return sink_end(book->sink, book->err);
}

/* OpenDocument: the first entry is "mimetype", stored, and its content begins the same way for all
 * of them. */
static bool
is_open_document(const struct reader_input *input)
{
	static const char type[] = "mimetypeapplication/vnd.oasis.opendocument.";

	return input->head_len >= 30 + sizeof(type) - 1 && memcmp(input->head + 30, type, sizeof(type) - 1) == 0;
}

static int
xlsx_read(const struct reader_input *input, struct sink *sink, struct err *err)
{
	struct pack_limits limits = packed_limits(sink->limits);
	struct book book = { .sink = sink, .err = err };
	enum pack_trouble trouble;
	int result;

	if (is_open_document(input))
		return sink_refuse(sink, REFUSED_UNSUPPORTED, err, "ods");
	if (zip_open(&book.zip, input->fd, input->size, &limits, &trouble, err) != 0)
		return packed_refuse(sink, trouble, err);
	book.sheets_end = &book.sheets;
	arena_init(&book.arena, NAMES_BYTES_MAX);
	buffer_init(&book.style_formats, STYLES_MAX * sizeof(uint32_t));
	result = read_book(&book);
	xlsx_strings_fini(&book.strings);
	free(book.styles.dates);
	buffer_fini(&book.style_formats);
	arena_fini(&book.arena);
	zip_close(book.zip);
	return result;
}

/*
 * A zip with [Content_Types].xml at its top. When the directory cannot be read, the names at the
 * beginning must do: the file is refused in any case, but it is then called what it is.
 */
static int
xlsx_score(const struct reader_input *input)
{
	static const struct pack_limits limits = { UINT64_MAX, UINT64_MAX, UINT32_MAX, 100000 };
	struct text head = { (const char *)input->head, input->head_len };
	enum pack_trouble trouble;
	struct zip *zip = NULL;
	struct err err;
	bool found;

	if (!text_starts(head, TEXT("PK\3\4")))
		return 0;
	if (is_open_document(input))
		return 90;
	if (zip_open(&zip, input->fd, input->size, &limits, &trouble, &err) == 0)
		found = zip_find(zip, TEXT("[Content_Types].xml")) != NULL;
	else if (trouble == PACK_TROUBLE_INPUT || trouble == PACK_TROUBLE_MEMORY)
		found = true; /* nothing is known; reading it will say so */
	else
		found = text_find(head, TEXT("[Content_Types].xml")) != SIZE_MAX;
	zip_close(zip);
	return found ? 90 : 0;
}

const struct reader_ops reader_xlsx = {
	.name = "xlsx",
	.score = xlsx_score,
	.read = xlsx_read,
};
