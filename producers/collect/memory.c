/*
 * memory.c - see memory.h.
 */
#include "producers/collect/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/xml/xml.h"

#define MEMORY_ARENA_MAX ((size_t)64 * 1024 * 1024)

struct kept_layout {
	uint64_t fingerprint;
	struct text seen;
	struct source_header *columns; /* sorted by header; FIELD_NONE for unknown */
	size_t count;
};

struct memory {
	struct arena arena;
	struct text source;
	const struct dataset *dataset;
	struct kept_layout layouts[MEMORY_LAYOUTS + 1]; /* the latest first */
	size_t count;
	struct remembered bindings;
};

static int
memory_path(char path[FILE_PATH_MAX], const char *folder, struct text source, struct err *err)
{
	bool plain = source.len > 0 && source.len <= 64;

	for (size_t i = 0; i < source.len && plain; i++) {
		char c = source.at[i];

		plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c == '-' && i != 1);
	}
	if (plain)
		return path_format(path, err, "%s/%.*s.xml", folder, (int)source.len, source.at);
	return path_format(path, err, "%s/x-%016llx.xml", folder, (unsigned long long)hash64(source.at, source.len, 0));
}

static int
by_header(const void *a, const void *b)
{
	const struct source_header *x = a, *y = b;
	int order = text_compare(x->header, y->header);

	return order != 0 ? order : (x->field > y->field) - (x->field < y->field);
}

/* The latest first; on one day by fingerprint, so that the order of files does not matter. */
static int
by_seen(const void *a, const void *b)
{
	const struct kept_layout *x = a, *y = b;
	int order = text_compare(y->seen, x->seen);

	return order != 0 ? order : (x->fingerprint > y->fingerprint) - (x->fingerprint < y->fingerprint);
}

/* Gather the bindings of all layouts, each header once, the latest layout first. */
static int
gather(struct memory *memory)
{
	struct source_header *all;
	size_t most = 0, count = 0;

	for (size_t i = 0; i < memory->count; i++)
		most += memory->layouts[i].count;
	all = arena_take(&memory->arena, (most + 1) * sizeof(*all));
	if (all == NULL)
		return -1;
	for (size_t i = 0; i < memory->count; i++) {
		size_t before = count;

		for (size_t j = 0; j < memory->layouts[i].count; j++) {
			const struct source_header *column = &memory->layouts[i].columns[j];
			bool known = column->field == FIELD_NONE;

			for (size_t k = 0; k < before && !known; k++)
				known = text_eq(all[k].header, column->header);
			if (!known)
				all[count++] = *column;
		}
	}
	memory->bindings = (struct remembered){ all, count };
	return 0;
}

static int
load_layout(struct memory *memory, const struct xml_element *element)
{
	struct kept_layout *kept = &memory->layouts[memory->count];
	struct text fingerprint = xml_element_attribute(element, "fingerprint");
	uint8_t bytes[8];
	size_t count = 0;

	if (memory->count == MEMORY_LAYOUTS || fingerprint.len != 16 || !hex_parse(fingerprint, bytes, sizeof(bytes)))
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++)
		kept->fingerprint = kept->fingerprint << 8 | bytes[i];
	kept->seen = arena_text(&memory->arena, xml_element_attribute(element, "seen"));
	for (const struct xml_element *e = xml_element_child(element, "column"); e != NULL;
	     e = xml_element_next(e, "column"))
		count++;
	kept->columns = arena_take(&memory->arena, (count + 1) * sizeof(*kept->columns));
	if (kept->seen.at == NULL || kept->columns == NULL)
		return -1;
	for (const struct xml_element *e = xml_element_child(element, "column"); e != NULL;
	     e = xml_element_next(e, "column")) {
		struct text name = xml_element_attribute(e, "field");
		const struct field *field = name.len > 0 ? dataset_field(memory->dataset, name) : NULL;
		struct source_header *column = &kept->columns[kept->count++];

		column->header = arena_text(&memory->arena, xml_element_attribute(e, "header"));
		column->field = field == NULL ? FIELD_NONE : field->number;
		if (column->header.at == NULL)
			return -1;
	}
	qsort(kept->columns, kept->count, sizeof(*kept->columns), by_header);
	memory->count++;
	return 0;
}

struct memory *
memory_load(const char *folder, struct text source, const struct dataset *dataset, struct err *err)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	struct xml_definition *definition = NULL;
	const struct xml_element *root;
	char path[FILE_PATH_MAX];

	if (memory == NULL) {
		err_set(err, ERR_RETRY, "out of memory for what is remembered of a source");
		return NULL;
	}
	arena_init(&memory->arena, MEMORY_ARENA_MAX);
	memory->dataset = dataset;
	memory->source = arena_text(&memory->arena, source);
	if (memory->source.at == NULL) {
		err_set(err, ERR_RETRY, "out of memory for what is remembered of a source");
		goto fail;
	}
	if (memory_path(path, folder, source, err) != 0)
		goto fail;
	if (!file_exists(path))
		return memory;
	if (xml_definition_load(&definition, path, NULL, NULL, err) != 0)
		goto fail;
	root = xml_definition_root(definition);
	if (!text_eq(root->name, TEXT("remembered")) || !text_eq(xml_element_attribute(root, "source"), source))
		goto damaged;
	for (const struct xml_element *e = xml_element_child(root, "layout"); e != NULL;
	     e = xml_element_next(e, "layout")) {
		if (load_layout(memory, e) != 0)
			goto damaged;
	}
	if (gather(memory) != 0)
		goto damaged;
	xml_definition_free(definition);
	return memory;
damaged:
	err_set(err, ERR_STOP, "%.150s is damaged; remove it to forget the source's headers", path);
fail:
	xml_definition_free(definition);
	memory_free(memory);
	return NULL;
}

void
memory_free(struct memory *memory)
{
	if (memory == NULL)
		return;
	arena_fini(&memory->arena);
	free(memory);
}

const struct remembered *
memory_bindings(const struct memory *memory)
{
	return &memory->bindings;
}

static uint16_t
bound_field(const struct layout_column *column)
{
	return column->state == COLUMN_BOUND ? column->field : FIELD_NONE;
}

static bool
is_named(const struct layout_column *column)
{
	return column->key.len > 0
	    && (column->state == COLUMN_BOUND || column->state == COLUMN_UNKNOWN || column->state == COLUMN_RIVAL);
}

static const struct source_header *
kept_header(const struct kept_layout *kept, struct text key)
{
	for (size_t i = 0; i < kept->count; i++) {
		if (text_eq(kept->columns[i].header, key))
			return &kept->columns[i];
	}
	return NULL;
}

/* A header may stand over several columns: whether one of them meant ${field}. */
static bool
kept_same(const struct kept_layout *kept, struct text key, uint16_t field)
{
	for (size_t i = 0; i < kept->count; i++) {
		if (kept->columns[i].field == field && text_eq(kept->columns[i].header, key))
			return true;
	}
	return false;
}

static const struct layout_column *
column_headed(const struct layout *layout, struct text key)
{
	for (size_t i = 0; i < layout->column_count; i++) {
		if (text_eq(layout->columns[i].key, key))
			return &layout->columns[i];
	}
	return NULL;
}

/* The remembered layout with most columns in common, if these are at least half. */
static const struct kept_layout *
most_alike(const struct memory *memory, const struct layout *layout)
{
	const struct kept_layout *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < memory->count; i++) {
		const struct kept_layout *kept = &memory->layouts[i];
		size_t same = 0;

		for (size_t j = 0; j < layout->column_count; j++) {
			if (is_named(&layout->columns[j]) && kept_header(kept, layout->columns[j].key) != NULL)
				same++;
		}
		if (same > most && same * 2 >= kept->count) {
			best = kept;
			most = same;
		}
	}
	return best;
}

size_t
memory_compare(const struct memory *memory, const struct layout *layout,
    void (*say)(void *self, const struct layout_change *change), void *self)
{
	const struct kept_layout *kept;
	size_t changes = 0;

	for (size_t i = 0; i < memory->count; i++) {
		if (memory->layouts[i].fingerprint == layout->fingerprint)
			return 0;
	}
	kept = most_alike(memory, layout);
	if (kept == NULL)
		return 0;
	for (size_t i = 0; i < layout->column_count; i++) {
		const struct layout_column *column = &layout->columns[i];
		const struct source_header *old;
		struct layout_change change = {
			.kind = CHANGE_ADDED,
			.field = bound_field(column),
			.was = FIELD_NONE,
			.now = column->header,
		};

		if (!is_named(column) || kept_same(kept, column->key, change.field))
			continue;
		old = kept_header(kept, column->key);
		if (old != NULL) {
			change.kind = CHANGE_MOVED;
			change.was = old->field;
			change.before = old->header;
		}
		for (size_t j = 0; j < kept->count && old == NULL; j++) {
			const struct source_header *other = &kept->columns[j];

			if (change.field == FIELD_NONE || other->field != change.field
			    || column_headed(layout, other->header) != NULL)
				continue;
			change.kind = CHANGE_RENAMED;
			change.before = other->header;
			break;
		}
		say(self, &change);
		changes++;
	}
	for (size_t j = 0; j < kept->count; j++) {
		const struct source_header *old = &kept->columns[j];
		struct layout_change change = {
			.kind = CHANGE_GONE,
			.field = old->field,
			.was = old->field,
			.before = old->header,
		};
		bool bound = false;

		if (old->field == FIELD_NONE || column_headed(layout, old->header) != NULL)
			continue;
		for (size_t i = 0; i < layout->column_count && !bound; i++)
			bound = bound_field(&layout->columns[i]) == old->field;
		if (bound)
			continue;
		say(self, &change);
		changes++;
	}
	return changes;
}

int
memory_learn(struct memory *memory, const struct layout *layout, struct text day, struct err *err)
{
	struct kept_layout *kept = NULL;
	size_t count = 0;

	if (!layout->found)
		return 0;
	for (size_t i = 0; i < memory->count; i++) {
		if (memory->layouts[i].fingerprint == layout->fingerprint)
			kept = &memory->layouts[i];
	}
	if (kept == NULL) {
		kept = &memory->layouts[memory->count++];
		*kept = (struct kept_layout){ .fingerprint = layout->fingerprint };
		for (size_t i = 0; i < layout->column_count; i++)
			count += is_named(&layout->columns[i]);
		kept->columns = arena_take(&memory->arena, (count + 1) * sizeof(*kept->columns));
		if (kept->columns == NULL)
			goto memory;
		for (size_t i = 0; i < layout->column_count; i++) {
			struct source_header *column = &kept->columns[kept->count];

			if (!is_named(&layout->columns[i]))
				continue;
			column->header = arena_text(&memory->arena, layout->columns[i].key);
			column->field = bound_field(&layout->columns[i]);
			if (column->header.at == NULL)
				goto memory;
			kept->count++;
		}
		qsort(kept->columns, kept->count, sizeof(*kept->columns), by_header);
	}
	if (text_compare(day, kept->seen) > 0)
		kept->seen = arena_text(&memory->arena, day);
	if (kept->seen.at == NULL)
		goto memory;
	qsort(memory->layouts, memory->count, sizeof(*memory->layouts), by_seen);
	if (memory->count > MEMORY_LAYOUTS)
		memory->count = MEMORY_LAYOUTS;
	if (gather(memory) != 0)
		goto memory;
	return 0;
memory:
	return err_set(err, ERR_RETRY, "out of memory for what is remembered of a source");
}

int
memory_save(const struct memory *memory, const char *folder, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer out;
	int fd, result = -1;

	if (memory_path(path, folder, memory->source, err) != 0)
		return -1;
	buffer_init(&out, XML_DEFINITION_BYTES_MAX);
	buffer_string(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<remembered source=\"");
	buffer_xml(&out, memory->source);
	buffer_string(&out, "\">\n");
	for (size_t i = 0; i < memory->count; i++) {
		const struct kept_layout *kept = &memory->layouts[i];

		buffer_format(&out, "\t<layout fingerprint=\"%016llx\" seen=\"", (unsigned long long)kept->fingerprint);
		buffer_xml(&out, kept->seen);
		buffer_string(&out, "\">\n");
		for (size_t j = 0; j < kept->count; j++) {
			buffer_string(&out, "\t\t<column header=\"");
			buffer_xml(&out, kept->columns[j].header);
			if (kept->columns[j].field != FIELD_NONE) {
				buffer_string(&out, "\" field=\"");
				buffer_xml(&out, memory->dataset->fields[kept->columns[j].field].name);
			}
			buffer_string(&out, "\"/>\n");
		}
		buffer_string(&out, "\t</layout>\n");
	}
	buffer_string(&out, "</remembered>\n");
	if (buffer_failed(&out)) {
		err_set(err, ERR_STOP, "too much to remember of one source");
		goto out;
	}
	fd = file_create(path, err);
	if (fd < 0)
		goto out;
	result = file_write(fd, out.at, out.len, err);
	if (result == 0)
		result = file_sync_close(fd, err);
	else
		(void)!file_sync_close(fd, &(struct err){ 0 });
out:
	buffer_fini(&out);
	return result;
}
