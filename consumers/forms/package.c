/*
 * package.c - see package.h. After ECMA-376 part 2 (packages) and part 1, 12.3.24 (workbook).
 */
#include "consumers/forms/package.h"

#include <stdio.h>

#include "consumers/forms/tags.h"
#include "core/xml/xml.h"

#define PART_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define PATH_BYTES_MAX 1024

static const struct pack_limits limits = {
	.entry_bytes_max = PART_BYTES_MAX, .total_bytes_max = 4 * PART_BYTES_MAX, .ratio_max = 1000, .entries_max = 10000
};

/* Whether the bytes are XML that our own look at tags understands. */
static int
prove(const struct buffer *bytes, struct err *err)
{
	static const struct xml_events none = { NULL, NULL, NULL, NULL };
	struct text head = { bytes->at, bytes->len < 200 ? bytes->len : 200 };
	struct xml_sax *sax;
	int result;

	if (!utf8_valid(bytes->at, bytes->len)
	    || (text_find(head, TEXT("encoding=")) != SIZE_MAX && text_find(head, TEXT("tf-8")) == SIZE_MAX
		&& text_find(head, TEXT("TF-8")) == SIZE_MAX))
		return err_set(err, ERR_INPUT, "a part of the workbook is not in UTF-8");
	sax = xml_sax_new(&none, NULL);
	if (sax == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a workbook");
	result = xml_sax_feed(sax, bytes->at, bytes->len, err) == 0 ? xml_sax_finish(sax, err) : -1;
	xml_sax_free(sax);
	return result;
}

static int
load(struct package *package, struct text name, struct package_part *part, struct err *err)
{
	part->entry = zip_find(package->zip, name);
	if (part->entry == NULL)
		return 0;
	if (zip_read_whole(package->zip, part->entry, &part->bytes, err) != 0)
		return -1;
	return prove(&part->bytes, err);
}

/* ${target} as seen from the part ${from}: the name of another part. */
static struct text
resolve(struct text from, struct text target, char out[PATH_BYTES_MAX])
{
	size_t len = 0;

	if (text_starts(target, TEXT("/")))
		return (struct text){ target.at + 1, target.len - 1 };
	for (size_t i = 0; i < from.len; i++) {
		if (from.at[i] == '/')
			len = i + 1;
	}
	while (text_starts(target, TEXT("../")) && len > 0) {
		target.at += 3;
		target.len -= 3;
		for (len--; len > 0 && from.at[len - 1] != '/';)
			len--;
	}
	if (text_starts(target, TEXT("./"))) {
		target.at += 2;
		target.len -= 2;
	}
	if (len + target.len > PATH_BYTES_MAX)
		return (struct text){ 0 };
	memcpy(out, from.at, len);
	memcpy(out + len, target.at, target.len);
	return (struct text){ out, len + target.len };
}

/*
 * What a list of relations says: the target of the one with ${id}, or, where that is empty, of the one whose type ends with ${type}; decoded
 * into ${target}. Empty when there is none.
 */
static void
find_relation(const struct buffer *relations, struct text id, const char *type, struct buffer *target)
{
	struct text xml = buffer_as_text(relations);
	struct mark mark;

	buffer_clear(target);
	for (size_t pos = 0; tags_next(xml, &pos, &mark);) {
		struct text kind = tags_attribute(xml, &mark, "Type");
		bool hit = id.len > 0 ? text_eq(tags_attribute(xml, &mark, "Id"), id)
				      : kind.at != NULL && text_ends(kind, text_from(type));

		if (!tags_is(&mark, "Relationship") || !hit)
			continue;
		tags_decode(tags_attribute(xml, &mark, "Target"), target);
		return;
	}
}

/* The id of the relation that leads to the sheet called ${name}. */
static struct text
find_sheet(struct package *package, struct text name)
{
	struct text xml = buffer_as_text(&package->workbook.bytes), id = { NULL, 0 };
	uint32_t sheets = 0;
	struct buffer word;
	struct mark mark;

	buffer_init(&word, PART_BYTES_MAX);
	for (size_t pos = 0; tags_next(xml, &pos, &mark);) {
		if (tags_is(&mark, "workbookPr")) {
			struct text date1904 = tags_attribute(xml, &mark, "date1904");

			package->date1904 = text_eq(date1904, TEXT("1")) || text_eq(date1904, TEXT("true"));
		} else if (tags_is(&mark, "sheet") && !mark.closing) {
			buffer_clear(&word);
			tags_decode(tags_attribute(xml, &mark, "name"), &word);
			if (id.at == NULL && text_eq(text_trim(buffer_as_text(&word)), text_trim(name))) {
				id = tags_attribute(xml, &mark, ":id");
				package->sheet_id = tags_number(xml, &mark, "sheetId", 0);
			}
			package->points_in = package->points_in || ++sheets > 1;
		} else if (tags_is(&mark, "definedName") && !mark.closing)
			package->points_in = true;
	}
	buffer_fini(&word);
	return id;
}

static int
load_relations(struct package *package, struct text of, struct package_part *part, struct err *err)
{
	char path[PATH_BYTES_MAX + 16];
	size_t slash = 0;
	int len;

	for (size_t i = 0; i < of.len; i++) {
		if (of.at[i] == '/')
			slash = i + 1;
	}
	len = snprintf(
	    path, sizeof(path), "%.*s_rels/%.*s.rels", (int)slash, of.at, (int)(of.len - slash), of.at + slash);
	if (len < 0 || (size_t)len >= sizeof(path))
		return 0;
	return load(package, (struct text){ path, (size_t)len }, part, err);
}

static int
load_parts(struct package *package, struct text name, struct err *err)
{
	struct package_part relations = { 0 };
	char path[PATH_BYTES_MAX], workbook[PATH_BYTES_MAX];
	struct text at, id;
	struct buffer target;
	int result = -1;

	buffer_init(&target, PATH_BYTES_MAX);
	buffer_init(&relations.bytes, PART_BYTES_MAX);
	if (load_relations(package, (struct text){ "", 0 }, &relations, err) != 0)
		goto done;
	find_relation(&relations.bytes, (struct text){ 0 }, "/officeDocument", &target);
	at = resolve((struct text){ "", 0 }, buffer_as_text(&target), workbook);
	if (at.len > 0 && at.len < sizeof(workbook)) { /* it may point into the target, which is used again */
		memmove(workbook, at.at, at.len);
		at.at = workbook;
	}
	if (at.len == 0 || load(package, at, &package->workbook, err) != 0)
		goto done;
	id = package->workbook.entry == NULL ? (struct text){ 0 } : find_sheet(package, name);
	buffer_clear(&relations.bytes);
	if (id.len == 0 || load_relations(package, at, &relations, err) != 0)
		goto done;
	find_relation(&relations.bytes, id, "", &target);
	if (load(package, resolve(at, buffer_as_text(&target), path), &package->sheet, err) != 0)
		goto done;
	find_relation(&relations.bytes, (struct text){ 0 }, "/styles", &target);
	if (target.len > 0 && load(package, resolve(at, buffer_as_text(&target), path), &package->styles, err) != 0)
		goto done;
	find_relation(&relations.bytes, (struct text){ 0 }, "/calcChain", &target);
	if (target.len > 0 && load(package, resolve(at, buffer_as_text(&target), path), &package->chain, err) != 0)
		goto done;
	result = 0;
done:
	buffer_fini(&target);
	buffer_fini(&relations.bytes);
	if (result == 0 && package->sheet.entry != NULL)
		return 0;
	return err->kind != ERR_NONE ? -1 : err_set(err, ERR_INPUT, "the workbook does not say where its sheet is");
}

/* What a mark (mark.h) is written into. */
static int
load_marked(struct package *package, struct err *err)
{
	char path[PATH_BYTES_MAX];
	struct buffer target;
	struct text name;
	int result = 0;

	buffer_init(&target, PATH_BYTES_MAX);
	if (load(package, TEXT("[Content_Types].xml"), &package->types, err) != 0
	    || load_relations(package, (struct text){ "", 0 }, &package->relations, err) != 0)
		result = -1;
	else {
		find_relation(&package->relations.bytes, (struct text){ 0 }, "/custom-properties", &target);
		if (target.len > 0) {
			name = resolve((struct text){ "", 0 }, buffer_as_text(&target), path);
			result = load(package, name, &package->properties, err);
		}
	}
	buffer_fini(&target);
	return result;
}

int
package_open(struct package *package, int fd, uint64_t size, struct text name, struct err *err)
{
	struct package_part *const parts[] = { &package->workbook, &package->sheet, &package->styles, &package->chain,
		&package->types, &package->relations, &package->properties };
	enum pack_trouble trouble;

	*package = (struct package){ .fd = fd };
	*err = (struct err){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		buffer_init(&parts[i]->bytes, PART_BYTES_MAX + ((size_t)1 << 20));
	if (zip_open(&package->zip, fd, size, &limits, &trouble, err) != 0) {
		package->zip = NULL;
		return -1;
	}
	return load_parts(package, name, err) != 0 ? -1 : load_marked(package, err);
}

void
package_close(struct package *package)
{
	struct package_part *const parts[] = { &package->workbook, &package->sheet, &package->styles, &package->chain,
		&package->types, &package->relations, &package->properties };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		buffer_fini(&parts[i]->bytes);
	if (package->zip != NULL)
		zip_close(package->zip);
	package->zip = NULL;
}

int
package_write(const struct package *package, const struct package_bytes *bytes, struct buffer *out, struct err *err)
{
	const struct zip_change wanted[] = { { package->sheet.entry, bytes->sheet },
		{ package->styles.entry, bytes->styles }, { package->chain.entry, bytes->chain },
		{ package->types.entry, bytes->types }, { package->relations.entry, bytes->relations },
		{ package->properties.entry, bytes->properties } };
	const struct zip_added added = { bytes->properties_name, bytes->properties };
	bool add = package->properties.entry == NULL && bytes->properties.len > 0;
	struct zip_change changes[ARRAY_LEN(wanted)];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		if (wanted[i].entry != NULL && wanted[i].bytes.len > 0)
			changes[count++] = wanted[i];
	}
	return zip_copy(package->zip, package->fd, changes, count, &added, add, out, err);
}
