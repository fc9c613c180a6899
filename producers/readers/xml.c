/*
 * xml.c - registry XML: records as elements that repeat, their fields as leaf elements or
 * attributes.
 *
 *   <students><student><xm>A</xm><xb>1</xb><family><member>B</member></family></student>...</students>
 *   <rows><row xm="A" xb="1"/>...</rows>       <rs:data><z:row xm="A"/>...       <ROWDATA><ROW
 * XM="A"/>...
 *
 * Nothing says which element is a record, so a first pass collects the paths of elements that
 * occur, by local names. The record is the path for which the number of such elements times the
 * number of fields right inside them is greatest; when that stands only once in each parent, it is
 * the nearest element around it that repeats, if any. A field is an attribute, or an element with
 * text or with nothing inside. Schemas that come along (ADO's s:Schema, XSD, METADATA) do not
 * count. Other paths, neither above nor below it, that repeat and have at least two fields, are
 * further sheets, in the order of the document.
 *
 * Each record element is a sheet. The first has no name, for nothing in such a file is one; the
 * others are told apart by their element's local name. Row 1 is a header made by us, for XML has
 * none: the fields' names in the order of their first appearance; what is nested is named
 * parent/child, from the record down, a nested element's attribute likewise. The N-th record is row
 * N + 1. Where a name occurs more than once in a record its values stand in one cell, a line each.
 * The record's own text, next to elements, is a field with the record's name. Text is kept as it
 * stands but for what is only white space between elements; all cells are CELL_TEXT.
 */
#include "producers/readers/markup.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/buffer.h"
#include "core/base/digest.h"

#define PATHS_MAX 16384
#define SLOTS 32768 /* of the hash table; a power of two above PATHS_MAX */
#define NAMES_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define VALUES_BYTES_MAX ((size_t)256 * 1024) /* of one record: more than a row may have */
#define VALUE_BYTES_MAX ((size_t)128 * 1024)
#define SHEETS_MAX 16
#define FIELD_NAME_MAX 256

/* A path that occurs in the document: an element below its parent, or an attribute (which is a
 * leaf). */
struct path {
	struct path *parent;
	struct text name;
	bool attribute;
	bool aside;      /* a schema, or inside one */
	bool has_text;   /* somewhere */
	bool has_inner;  /* attributes or elements, somewhere */
	bool is_field;   /* an attribute, or has text, or never anything inside */
	uint64_t serial; /* of the parent element in which it was counted last */
	uint32_t siblings, siblings_max;
	uint64_t count;
	uint32_t fields; /* right inside it, that ever hold anything */
	uint32_t column; /* of the sheet at hand: 1 + its number; 0 for none */
};

/* An element not yet closed. */
struct element {
	struct path *path;
	uint64_t serial;
	bool has_child, has_text;
	size_t text_from; /* in the values buffer */
};

/* The value of a field in the open record. */
struct value {
	uint32_t column;
	size_t from, len;
};

struct records {
	struct markup markup;
	struct sink *sink;
	struct err *err;
	struct arena arena;
	struct path *slots[SLOTS];
	struct path *paths[PATHS_MAX]; /* in order of first appearance */
	uint32_t path_count;
	struct element elements[XML_DEPTH_MAX + 1];
	uint32_t depth;
	uint64_t serial;
	/* the second pass */
	struct path *record;
	uint32_t record_depth; /* of the open record in ${elements}; 0 when none is open */
	uint32_t row_no;
	uint32_t columns;
	struct buffer text;     /* of the open elements, one behind the other */
	struct buffer cells[2]; /* [0] values as they come; [1] one cell put together */
	struct value *values;
	size_t value_count, value_size;
	bool cut, broken;
	bool no_memory; /* some values of the open record are missing */
};

static bool
is_blank(struct text text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!strchr(" \t\r\n", text.at[i]))
			return false;
	}
	return true;
}

/* Schemas describe records; they are none. */
static bool
is_schema(struct text name)
{
	return text_eq(name, TEXT("Schema")) || text_eq(name, TEXT("schema")) || text_eq(name, TEXT("METADATA"))
	    || text_eq(name, TEXT("metadata"));
}

/* The path of ${name} below ${parent}, made when it is new and ${make} is set; NULL when it is not
 * there. */
static struct path *
path_of(struct records *records, struct path *parent, struct text name, bool attribute, bool make)
{
	uint64_t seed = (uint64_t)(uintptr_t)parent * 2 + attribute;
	size_t slot = hash64(name.at, name.len, seed) % SLOTS;
	struct path *path;

	while ((path = records->slots[slot]) != NULL) {
		if (path->parent == parent && path->attribute == attribute && text_eq(path->name, name))
			return path;
		slot = (slot + 1) % SLOTS;
	}
	if (!make)
		return NULL;
	path = records->path_count < PATHS_MAX ? arena_take(&records->arena, sizeof(*path)) : NULL;
	if (path)
		path->name = arena_text(&records->arena, name);
	if (!path || !path->name.at) {
		sink_refuse(records->sink, REFUSED_LIMIT_BYTES, records->err,
		    "more different elements than a table has columns");
		return NULL;
	}
	path->parent = parent;
	path->attribute = attribute;
	if (parent)
		parent->has_inner = true;
	path->aside = (parent && parent->aside) || (!attribute && is_schema(name));
	records->slots[slot] = path;
	records->paths[records->path_count++] = path;
	return path;
}

/* ---- the survey ---- */

static int
survey_start(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct records *records = self;
	struct element *outer = records->depth > 0 ? &records->elements[records->depth - 1] : NULL;
	struct element *element = &records->elements[records->depth++];
	struct path *path = path_of(records, outer ? outer->path : NULL, name, false, true);

	if (!path)
		return -1;
	if (outer) {
		outer->has_child = true;
		if (path->serial != outer->serial)
			path->siblings = 0;
		path->serial = outer->serial;
	}
	path->count++;
	if (++path->siblings > path->siblings_max)
		path->siblings_max = path->siblings;
	*element = (struct element){ .path = path, .serial = ++records->serial };
	for (size_t i = 0; i < count; i++) {
		if (text_eq(attributes[i].prefix, TEXT("xsi")) || text_eq(attributes[i].prefix, TEXT("xml")))
			continue;
		if (!path_of(records, path, attributes[i].name, true, true))
			return -1;
	}
	return 0;
}

static int
survey_end(void *self, struct text name)
{
	struct records *records = self;
	struct element *element = &records->elements[--records->depth];

	(void)name;
	if (element->has_text)
		element->path->has_text = true;
	return 0;
}

static int
survey_text(void *self, struct text text)
{
	struct records *records = self;
	struct element *element = &records->elements[records->depth - 1];

	if (!element->has_text)
		element->has_text = !is_blank(text);
	return 0;
}

static const struct xml_events survey_events = { survey_start, survey_end, survey_text, NULL };

static bool
is_below(const struct path *path, const struct path *above)
{
	while (path && path != above)
		path = path->parent;
	return path != NULL;
}

static uint64_t
worth(const struct path *path)
{
	return path->aside || path->attribute ? 0 : path->count * path->fields;
}

/* Choose the record elements, the best and those beside it, in the order of the document; how many.
 */
static size_t
choose(struct records *records, struct path *chosen[SHEETS_MAX])
{
	struct path *best = NULL;
	size_t count = 0;

	for (uint32_t i = 0; i < records->path_count; i++) {
		struct path *path = records->paths[i];

		path->is_field = path->attribute || path->has_text || !path->has_inner;
		if ((path->attribute || path->has_text) && path->parent)
			path->parent->fields++;
	}
	for (uint32_t i = 0; i < records->path_count; i++) {
		if (worth(records->paths[i]) > (best ? worth(best) : 0))
			best = records->paths[i];
	}
	/* Fields may be wrapped once more inside what repeats. */
	for (struct path *path = best; path; path = path->parent) {
		if (path->siblings_max > 1) {
			best = path;
			break;
		}
	}
	for (uint32_t i = 0; best && i < records->path_count && count < SHEETS_MAX; i++) {
		struct path *path = records->paths[i];
		bool beside = path->siblings_max > 1 && path->fields > 1 && worth(path) > 0 && !is_below(path, best)
		    && !is_below(best, path);

		for (size_t j = 0; beside && j < count; j++)
			beside = !is_below(path, chosen[j]);
		if (path == best || beside)
			chosen[count++] = path;
	}
	return count;
}

/* ---- the rows ---- */

/* "family/member": from below the record to ${path}. */
static struct text
field_name(const struct records *records, const struct path *path, char name[FIELD_NAME_MAX])
{
	size_t at = FIELD_NAME_MAX;

	if (path == records->record)
		return path->name;
	for (; path != records->record; path = path->parent) {
		if (path->name.len + 1 > at)
			break;
		if (at < FIELD_NAME_MAX)
			name[--at] = '/';
		at -= path->name.len;
		memcpy(name + at, path->name.at, path->name.len);
	}
	return (struct text){ name + at, FIELD_NAME_MAX - at };
}

/* Number the columns of the record at hand and send them as row 1. */
static int
send_header(struct records *records, struct text sheet)
{
	char name[FIELD_NAME_MAX];

	records->columns = 0;
	if (sink_sheet(records->sink, sheet, false, records->err) != 0 || sink_row(records->sink, 1, records->err) != 0)
		return -1;
	for (uint32_t i = 0; i < records->path_count; i++) {
		struct path *path = records->paths[i];

		path->column = 0;
		if (!path->is_field || !is_below(path, records->record))
			continue;
		path->column = ++records->columns;
		sink_cell(records->sink, CELL_TEXT, field_name(records, path, name));
	}
	return sink_row_end(records->sink, records->err);
}

/* ${text} is a value of ${path} in the open record. */
static void
add_value(struct records *records, const struct path *path, struct text text)
{
	if (!path || path->column == 0 || text.len == 0)
		return;
	if (records->value_count == records->value_size) {
		size_t size = records->value_size ? 2 * records->value_size : 256;
		struct value *values = size > (size_t)1 << 20 ? NULL : realloc(records->values, size * sizeof(*values));

		if (!values) {
			records->cut = true;
			records->no_memory = size <= (size_t)1 << 20;
			return;
		}
		records->values = values;
		records->value_size = size;
	}
	records->values[records->value_count++] = (struct value){ path->column - 1, records->cells[0].len, text.len };
	buffer_text(&records->cells[0], text);
	if (buffer_failed(&records->cells[0])) {
		records->value_count--;
		records->cut = true;
	}
	records->broken = records->broken || markup_is_broken(&records->markup, text);
}

static int
by_column(const void *a, const void *b)
{
	const struct value *left = a, *right = b;

	if (left->column != right->column)
		return left->column < right->column ? -1 : 1;
	return left->from < right->from ? -1 : left->from > right->from;
}

static int
send_record(struct records *records)
{
	const struct value *values = records->values;
	size_t count = records->value_count;
	bool sorted = true;

	if (records->no_memory)
		return err_set(records->err, ERR_STOP, "no memory for the values of a record");
	if (records->row_no >= INT32_MAX)
		return sink_refuse(records->sink, REFUSED_LIMIT_ROWS, records->err, "too many rows");
	if (sink_row(records->sink, ++records->row_no, records->err) != 0)
		return -1;
	for (size_t i = 1; i < count && sorted; i++)
		sorted = values[i - 1].column <= values[i].column;
	if (!sorted)
		qsort(records->values, count, sizeof(*values), by_column);
	for (size_t i = 0; i < count;) {
		const char *at = records->cells[0].at;
		struct text text = { at + values[i].from, values[i].len };
		uint32_t column = values[i++].column;

		if (i < count && values[i].column == column) {
			buffer_clear(&records->cells[1]);
			buffer_text(&records->cells[1], text);
			for (; i < count && values[i].column == column; i++) {
				buffer_char(&records->cells[1], '\n');
				buffer_add(&records->cells[1], at + values[i].from, values[i].len);
			}
			text = buffer_as_text(&records->cells[1]);
			records->cut = records->cut || buffer_failed(&records->cells[1]);
		}
		sink_cell_at(records->sink, column, CELL_TEXT, text);
	}
	if (records->cut)
		sink_row_flag(records->sink, FRAME_ROW_CUT);
	if (records->broken)
		sink_row_flag(records->sink, FRAME_ROW_BROKEN);
	return sink_row_end(records->sink, records->err);
}

static int
on_start(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct records *records = self;
	struct element *outer = records->depth > 0 ? &records->elements[records->depth - 1] : NULL;
	struct element *element = &records->elements[records->depth++];
	struct path *path = path_of(records, outer ? outer->path : NULL, name, false, false);

	if (!path)
		return sink_refuse(records->sink, REFUSED_CHANGED, records->err, "the file changed");
	if (outer)
		outer->has_child = true;
	*element = (struct element){ .path = path, .text_from = records->text.len };
	if (path == records->record) {
		records->record_depth = records->depth;
		records->value_count = 0;
		records->cut = records->broken = false;
		buffer_clear(&records->text);
		buffer_clear(&records->cells[0]);
		element->text_from = 0;
	}
	if (records->record_depth == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		add_value(records, path_of(records, path, attributes[i].name, true, false), attributes[i].value);
	}
	return 0;
}

static int
on_end(void *self, struct text name)
{
	struct records *records = self;
	struct element *element = &records->elements[--records->depth];
	struct text text;

	(void)name;
	if (records->record_depth == 0)
		return 0;
	text = (struct text){ "", 0 };
	if (records->text.len > element->text_from)
		text = (struct text){ records->text.at + element->text_from, records->text.len - element->text_from };
	records->cut = records->cut || buffer_failed(&records->text);
	if (!element->has_child || !is_blank(text))
		add_value(records, element->path, text);
	records->text.len = element->text_from;
	if (records->depth + 1 > records->record_depth)
		return 0;
	records->record_depth = 0;
	return send_record(records);
}

static int
on_text(void *self, struct text text)
{
	struct records *records = self;

	/* Only the fields' text is wanted; where an element follows text, both are kept, see
	 * on_end(). */
	if (records->record_depth > 0 && records->elements[records->depth - 1].path->column > 0)
		buffer_text(&records->text, text);
	return 0;
}

static const struct xml_events events = { on_start, on_end, on_text, NULL };

static int
read_records(struct records *records)
{
	struct path *chosen[SHEETS_MAX];
	size_t count;

	if (markup_parse(&records->markup, &survey_events, records, records->err) != 0)
		return -1;
	count = choose(records, chosen);
	if (count == 0)
		return sink_refuse(records->sink, REFUSED_NOT_A_TABLE, records->err, "XML without records");
	if (sink_document(records->sink, FORMAT_XML, records->markup.encoding.name, false, (uint32_t)count, records->err)
	    != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		records->record = chosen[i];
		records->row_no = 1;
		records->depth = records->record_depth = 0;
		if (send_header(records, i == 0 ? (struct text){ "", 0 } : chosen[i]->name) != 0
		    || markup_parse(&records->markup, &events, records, records->err) != 0)
			return -1;
		if (i + 1 == count && markup_notes(&records->markup, records->err) != 0)
			return -1;
		if (sink_sheet_end(records->sink, records->err) != 0)
			return -1;
	}
	return sink_end(records->sink, records->err);
}

static int
xml_read(const struct reader_input *input, struct sink *sink, struct err *err)
{
	struct records *records = calloc(1, sizeof(*records));
	int status;

	if (!records)
		return err_set(err, ERR_STOP, "no memory for records");
	records->sink = sink;
	records->err = err;
	arena_init(&records->arena, NAMES_BYTES_MAX);
	buffer_init(&records->text, VALUE_BYTES_MAX);
	buffer_init(&records->cells[0], VALUES_BYTES_MAX);
	buffer_init(&records->cells[1], VALUES_BYTES_MAX);
	/* Room for the longest at once: from here on a full buffer means a long text. */
	if (!buffer_room(&records->text, VALUE_BYTES_MAX) || !buffer_room(&records->cells[0], VALUES_BYTES_MAX)
	    || !buffer_room(&records->cells[1], VALUES_BYTES_MAX))
		status = err_set(err, ERR_STOP, "no memory for records");
	else
		status = markup_open(&records->markup, input, sink, err);
	if (status == 0) {
		status = read_records(records);
		markup_close(&records->markup);
	}
	arena_fini(&records->arena);
	buffer_fini(&records->text);
	buffer_fini(&records->cells[0]);
	buffer_fini(&records->cells[1]);
	free(records->values);
	free(records);
	return status;
}

static int
xml_score(const struct reader_input *input)
{
	struct markup_look look;

	markup_look(input, &look);
	if (!look.is_markup)
		return 0;
	return look.declared || look.doctype[0] != '\0' ? 50 : 40;
}

const struct reader_ops reader_xml = {
	.name = "xml",
	.score = xml_score,
	.read = xml_read,
};
