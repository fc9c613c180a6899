/*
 * mark.c - see mark.h.
 */
#include "consumers/forms/mark.h"

#include <stdio.h>
#include <stdlib.h>

#include "consumers/forms/tags.h"
#include "core/base/digest.h"

#define PART_MAX ((size_t)16 * 1024 * 1024)
#define VALUE_MAX ((size_t)200) /* bytes of a name in the mark */
#define CELL_DIGITS 8
#define CELLS_IN_PROPERTY 30
#define DIGEST_BYTES 16
#define NEW_NAME "docProps/custom.xml"
#define OTHER_NAME "docProps/yici.xml" /* where a part of that name is there and nothing leads to it */
#define NAMED 5
#define CELLS_NAME MARK_PREFIX "cells."

static const char *const names[NAMED] = { "form", "sha256", "run", "whose", "fill" };

static const struct text *
named(const struct form_mark *mark, size_t i)
{
	const struct text *const values[NAMED] = { &mark->form, &mark->sha256, &mark->run, &mark->whose, &mark->fill };

	return values[i];
}

/* ---- cells ---- */

static uint32_t
cell_hash(uint64_t seed, struct text id, struct text key, struct text text)
{
	seed = hash64(id.at, id.len, seed);
	seed = hash64(key.at, key.len, seed);
	return (uint32_t)hash64(text.at, text.len, seed);
}

void
marking_cell(struct marking *marking, size_t at, struct text key, struct text text)
{
	uint32_t hash = cell_hash(marking->seed, marking->ids[at], key, text);

	buffer_add(&marking->cells, &hash, sizeof(hash));
}

static int
by_value(const void *a, const void *b)
{
	uint32_t left, right;

	memcpy(&left, a, sizeof(left));
	memcpy(&right, b, sizeof(right));
	return (left > right) - (left < right);
}

bool
mark_has(const struct form_mark *mark, uint64_t seed, struct text id, struct text key, struct text text)
{
	uint32_t hash = cell_hash(seed, id, key, text);

	return mark->cell_count > 0 && bsearch(&hash, mark->cells, mark->cell_count, sizeof(hash), by_value) != NULL;
}

/* Under the bureau's seed: of all that the mark says. */
static void
digest_of(const struct form_mark *mark, uint64_t seed, char hex[2 * DIGEST_BYTES + 1])
{
	uint8_t key[sizeof(seed)];
	struct sha256 digest;
	struct buffer all;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(seed >> 8 * i);
	buffer_init(&all, PART_MAX);
	for (size_t i = 0; i < NAMED; i++) {
		buffer_text(&all, *named(mark, i));
		buffer_char(&all, '\n');
	}
	for (size_t i = 0; i < mark->cell_count; i++)
		buffer_format(&all, "%08x", mark->cells[i]);
	digest = sha256_hmac(key, sizeof(key), all.at, all.len);
	hex_of(digest.at, DIGEST_BYTES, hex);
	buffer_fini(&all);
}

/* ---- parts ---- */

void
mark_parts_init(struct mark_parts *parts)
{
	*parts = (struct mark_parts){ .name = { "", 0 } };
	buffer_init(&parts->types, PART_MAX);
	buffer_init(&parts->relations, PART_MAX);
	buffer_init(&parts->properties, PART_MAX);
}

bool
mark_parts_failed(const struct mark_parts *parts)
{
	return buffer_failed(&parts->types) || buffer_failed(&parts->relations) || buffer_failed(&parts->properties);
}

void
mark_parts_fini(struct mark_parts *parts)
{
	buffer_fini(&parts->types);
	buffer_fini(&parts->relations);
	buffer_fini(&parts->properties);
}

/* The root of a part, and where its inside ends: at its closing tag, or at the end of the tag itself where it is empty. */
static bool
find_root(struct text xml, struct mark *root, size_t *end)
{
	struct mark tag;
	size_t pos = 0;

	if (!tags_next(xml, &pos, root))
		return false;
	*end = root->end;
	while (tags_next(xml, &pos, &tag))
		*end = tag.at;
	return true;
}

/* ${xml} up to ${end} of its root's inside. */
static void
put_head(struct text xml, const struct mark *root, size_t end, struct buffer *out)
{
	if (root->empty)
		tags_open_without(xml, root, "", out);
	else
		buffer_add(out, xml.at, end);
	if (root->empty)
		buffer_char(out, '>');
}

static void
put_tail(struct text xml, const struct mark *root, size_t end, struct buffer *out)
{
	if (!root->empty) {
		buffer_add(out, xml.at + end, xml.len - end);
		return;
	}
	buffer_string(out, "</");
	buffer_add(out, root->name.at - (root->prefix.len > 0 ? root->prefix.len + 1 : 0),
	    root->name.len + (root->prefix.len > 0 ? root->prefix.len + 1 : 0));
	buffer_char(out, '>');
}

/* "<x:" or "<" */
static void
put_open(const struct mark *root, const char *name, struct buffer *out)
{
	buffer_format(out, "<%.*s%s%s", (int)root->prefix.len, root->prefix.at, root->prefix.len > 0 ? ":" : "", name);
}

/* What kind of part the properties are. */
static void
put_types(const struct package *package, struct text name, struct buffer *out)
{
	struct text xml = buffer_as_text(&package->types.bytes);
	struct mark root;
	size_t end;

	if (!find_root(xml, &root, &end))
		return;
	put_head(xml, &root, end, out);
	put_open(&root, "Override", out);
	buffer_format(out,
	    " PartName=\"/%.*s\" ContentType=\"application/vnd.openxmlformats-officedocument.custom-properties+xml\"/>",
	    (int)name.len, name.at);
	put_tail(xml, &root, end, out);
}

/* What leads to them, of an id that is not taken. */
static void
put_relations(const struct package *package, struct text name, struct buffer *out)
{
	struct text xml = buffer_as_text(&package->relations.bytes);
	bool strict = text_find(xml, TEXT("//purl.oclc.org/")) != SIZE_MAX;
	unsigned number = 1;
	struct mark root, tag;
	char id[24];
	size_t end;

	if (!find_root(xml, &root, &end))
		return;
	snprintf(id, sizeof(id), "rIdYici");
	for (size_t pos = 0; tags_next(xml, &pos, &tag);) {
		if (text_eq(tags_attribute(xml, &tag, "Id"), text_from(id))) {
			snprintf(id, sizeof(id), "rIdYici%u", ++number);
			pos = 0;
		}
	}
	put_head(xml, &root, end, out);
	put_open(&root, "Relationship", out);
	buffer_format(out, " Id=\"%s\" Type=\"%s/custom-properties\" Target=\"%.*s\"/>", id,
	    strict ? "http://purl.oclc.org/ooxml/officeDocument/relationships"
		   : "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
	    (int)name.len, name.at);
	put_tail(xml, &root, end, out);
}

/* ---- properties ---- */

struct putting {
	struct buffer *out;
	const struct mark *root;
	uint32_t pid;
};

static void
put_property(void *self, const char *name, struct text value)
{
	struct putting *putting = self;
	struct buffer *out = putting->out;

	put_open(putting->root, "property", out);
	buffer_format(out, " fmtid=\"{D5CDD505-2E9C-101B-9397-08002B2CF9AE}\" pid=\"%u\" name=\"" MARK_PREFIX "%s\">",
	    ++putting->pid, name);
	buffer_string(
	    out, "<vt:lpwstr xmlns:vt=\"http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes\">");
	buffer_xml(out, value);
	buffer_string(out, "</vt:lpwstr></");
	buffer_format(out, "%.*s%sproperty>", (int)putting->root->prefix.len, putting->root->prefix.at,
	    putting->root->prefix.len > 0 ? ":" : "");
}

void
mark_list(const struct form_mark *mark, uint64_t seed, void (*put)(void *self, const char *name, struct text value),
    void *self)
{
	char digest[2 * DIGEST_BYTES + 1], name[32], digits[CELLS_IN_PROPERTY * CELL_DIGITS + 1];

	digest_of(mark, seed, digest);
	for (size_t i = 0; i < NAMED; i++)
		put(self, names[i], *named(mark, i));
	put(self, "digest", text_from(digest));
	for (size_t i = 0, part = 1; i < mark->cell_count; i += CELLS_IN_PROPERTY, part++) {
		size_t count = mark->cell_count - i < CELLS_IN_PROPERTY ? mark->cell_count - i : CELLS_IN_PROPERTY;

		for (size_t k = 0; k < count; k++)
			snprintf(digits + k * CELL_DIGITS, CELL_DIGITS + 1, "%08x", mark->cells[i + k]);
		snprintf(name, sizeof(name), "cells.%04zu", part);
		put(self, name, (struct text){ digits, count * CELL_DIGITS });
	}
}

/* The properties that were there, but for ours; then ours. */
static void
put_merged(const struct package *package, struct putting *putting, const struct form_mark *mark, uint64_t seed)
{
	struct text xml = buffer_as_text(&package->properties.bytes);
	struct mark root, tag, close;
	struct buffer kept;
	size_t end, from = 0;

	if (!find_root(xml, &root, &end))
		return;
	putting->root = &root;
	buffer_init(&kept, PART_MAX);
	for (size_t pos = root.end; !root.empty && tags_next(xml, &pos, &tag);) {
		uint32_t pid = tags_number(xml, &tag, "pid", 0);

		if (tag.closing || !tags_is(&tag, "property"))
			continue;
		if (pid > putting->pid && pid < UINT32_MAX - MARK_CELLS_MAX)
			putting->pid = pid;
		if (!tags_skip(xml, &pos, &tag, &close))
			break;
		if (text_starts(tags_attribute(xml, &tag, "name"), TEXT(MARK_PREFIX))) {
			buffer_add(&kept, xml.at + from, tag.at - from);
			from = close.end;
		}
	}
	if (root.empty)
		put_head(xml, &root, end, putting->out);
	else {
		buffer_add(&kept, xml.at + from, end - from);
		buffer_text(putting->out, buffer_as_text(&kept));
	}
	mark_list(mark, seed, put_property, putting);
	put_tail(xml, &root, end, putting->out);
	if (buffer_failed(&kept))
		putting->out->failed = true;
	buffer_fini(&kept);
}

void
mark_write(struct marking *marking, const struct package *package, struct mark_parts *parts)
{
	static const struct mark none = { .prefix = { "", 0 } };
	struct putting putting = { .out = &parts->properties, .root = &none, .pid = 1 };
	struct form_mark mark = marking->mark;
	size_t count = marking->cells.len / sizeof(uint32_t), kept = 0;
	uint32_t *cells = (uint32_t *)(void *)marking->cells.at;

	if (package->types.entry == NULL || package->relations.entry == NULL)
		return;
	mark.cells = NULL;
	mark.cell_count = 0;
	if (count > 0 && count <= MARK_CELLS_MAX) {
		qsort(cells, count, sizeof(*cells), by_value);
		for (size_t i = 0; i < count; i++) {
			if (kept == 0 || cells[kept - 1] != cells[i])
				cells[kept++] = cells[i];
		}
		mark.cells = cells;
		mark.cell_count = kept;
	}
	if (buffer_failed(&marking->cells))
		parts->properties.failed = true;
	if (package->properties.entry != NULL) {
		put_merged(package, &putting, &mark, marking->seed);
		return;
	}
	parts->name = zip_find(package->zip, TEXT(NEW_NAME)) == NULL ? TEXT(NEW_NAME) : TEXT(OTHER_NAME);
	put_types(package, parts->name, &parts->types);
	put_relations(package, parts->name, &parts->relations);
	buffer_string(&parts->properties,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
	    "<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/custom-properties\">");
	mark_list(&mark, marking->seed, put_property, &putting);
	buffer_string(&parts->properties, "</Properties>");
}

/* ---- reading ---- */

/* The digits of one property, behind the ${*count} cells that are there. */
static bool
read_cells(struct text digits, uint32_t *cells, size_t *count, size_t room)
{
	if (digits.len % CELL_DIGITS != 0)
		return false;
	for (size_t at = 0; at < digits.len; at += CELL_DIGITS) {
		uint8_t bytes[CELL_DIGITS / 2];

		if (*count == room || !hex_parse((struct text){ digits.at + at, CELL_DIGITS }, bytes, sizeof(bytes)))
			return false;
		cells[(*count)++] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8
		    | bytes[3];
	}
	return true;
}

bool
mark_read(const struct text *properties, size_t count, uint64_t seed, struct arena *arena, struct form_mark *mark)
{
	struct text *const values[NAMED] = { &mark->form, &mark->sha256, &mark->run, &mark->whose, &mark->fill };
	size_t room = count * CELLS_IN_PROPERTY, cell_count = 0;
	uint32_t *cells = arena_take(arena, (room + 1) * sizeof(*cells));
	struct text digest = { "", 0 };
	char hex[2 * DIGEST_BYTES + 1];
	bool sound = cells != NULL;

	*mark = (struct form_mark){ 0 };
	for (size_t i = 0; i < count && sound; i++) {
		const char *equals = memchr(properties[i].at, '=', properties[i].len);
		size_t len = equals != NULL ? (size_t)(equals - properties[i].at) : properties[i].len;
		struct text name = { properties[i].at, len }, value = { equals + 1, properties[i].len - len - 1 };

		if (equals == NULL || !text_starts(name, TEXT(MARK_PREFIX)))
			continue;
		if (text_starts(name, TEXT(CELLS_NAME)))
			sound = read_cells(value, cells, &cell_count, room);
		name = (struct text){ name.at + strlen(MARK_PREFIX), name.len - strlen(MARK_PREFIX) };
		if (text_eq(name, TEXT("digest")))
			digest = value;
		for (size_t k = 0; k < NAMED; k++) {
			if (text_eq(name, text_from(names[k])))
				*values[k] = value;
		}
	}
	if (!sound || mark->sha256.len == 0)
		return false;
	if (cell_count > 0) /* whatever order the properties came in */
		qsort(cells, cell_count, sizeof(*cells), by_value);
	mark->cells = cells;
	mark->cell_count = cell_count;
	digest_of(mark, seed, hex);
	return text_eq(digest, text_from(hex));
}
