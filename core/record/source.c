/*
 * source.c - who sends files; see source.h and config/README.md.
 */
#include "core/record/source.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/record/definition.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define FOLD_BYTES 400
#define SOURCES_MAX 10000

/* A source nobody has defined, in a chain: their places in memory must not move. */
struct stranger {
	struct source source;
	struct stranger *next;
};

struct registry {
	struct sources sources;
	struct arena arena;
	const struct dataset *dataset;
	struct source *at;
	size_t size; /* room in ${at} */
	struct xml_definition **definitions;
	size_t definition_count;
	struct stranger *strangers;
	size_t stranger_count;
	const uint8_t *no_authority;
};

struct load {
	struct registry *registry;
	const char *path;
	struct faults faults;
	bool memory;
};

static size_t
count_inside(const struct xml_element *element, const char *name)
{
	size_t count = 0;

	for (const struct xml_element *e = xml_element_child(element, name); e; e = xml_element_next(e, name))
		count++;
	return count;
}

static const struct field *
field_of(struct load *load, const struct xml_element *element, struct text name)
{
	const struct field *field = dataset_field(load->registry->dataset, name);

	if (!field && name.len > 0)
		faults_add(
		    &load->faults, load->path, element->line, "there is no field \"%.*s\"", (int)name.len, name.at);
	return field;
}

static void
read_authority(struct load *load, const struct xml_element *root, struct source *source)
{
	const struct xml_element *element = xml_element_child(root, "authority");
	struct text rest, word;
	uint8_t *authority;

	source->authority = load->registry->no_authority;
	if (!element)
		return;
	definition_check(element, "fields!", "", load->path, &load->faults);
	if (xml_element_next(element, "authority"))
		faults_add(&load->faults, load->path, element->line, "<authority> stands here twice");
	authority = arena_take(&load->registry->arena, load->registry->dataset->field_count);
	if (!authority) {
		load->memory = true;
		return;
	}
	rest = definition_get(element, "fields");
	while (definition_word(&rest, ' ', &word)) {
		const struct field *field = field_of(load, element, word);

		if (field && authority[field->number])
			faults_add(&load->faults, load->path, element->line, "the field \"%.*s\" stands here twice",
			    (int)word.len, word.at);
		if (field)
			authority[field->number] = 1;
	}
	source->authority = authority;
}

/* Take <header> and <ignore> elements. */
static void
read_headers(struct load *load, const struct xml_element *root, struct source *source)
{
	size_t most = count_inside(root, "header") + count_inside(root, "ignore");
	struct source_header *headers = arena_take(&load->registry->arena, (most + 1) * sizeof(*headers));

	if (!headers) {
		load->memory = true;
		return;
	}
	source->headers = headers;
	for (const struct xml_element *e = root->child; e; e = e->next) {
		bool ignore = text_eq(e->name, TEXT("ignore"));
		const struct field *field = NULL;
		char out[FOLD_BYTES];
		struct text folded = { out, 0 };
		uint16_t number;

		if (!ignore && !text_eq(e->name, TEXT("header")))
			continue;
		definition_check(e, ignore ? "" : "field!", "", load->path, &load->faults);
		if (!ignore)
			field = field_of(load, e, definition_get(e, "field"));
		folded.len = header_fold(e->text, out, sizeof(out));
		if (folded.len == 0)
			faults_add(&load->faults, load->path, e->line, "a header is empty");
		if (!ignore && dataset_header(load->registry->dataset, folded, &number) == HEADER_NEVER)
			faults_add(&load->faults, load->path, e->line, "the header \"%.*s\" must never enter",
			    (int)e->text.len, e->text.at);
		if (field && field->unread)
			faults_add(&load->faults, load->path, e->line, "the field \"%.*s\" is never taken from a table",
			    (int)field->name.len, field->name.at);
		for (size_t i = 0; i < source->header_count; i++) {
			if (text_eq(headers[i].header, folded))
				faults_add(&load->faults, load->path, e->line, "the header \"%.*s\" stands here twice",
				    (int)e->text.len, e->text.at);
		}
		folded = arena_text(&load->registry->arena, folded);
		if (!folded.at) {
			load->memory = true;
			return;
		}
		headers[source->header_count++] = (struct source_header){ folded, field ? field->number : FIELD_NONE };
	}
}

static void
read_meanings(struct load *load, const struct xml_element *root, struct source *source)
{
	struct source_meaning *meanings = arena_take(
	    &load->registry->arena, (count_inside(root, "meaning") + 1) * sizeof(*meanings));

	if (!meanings) {
		load->memory = true;
		return;
	}
	source->meanings = meanings;
	for (const struct xml_element *e = xml_element_child(root, "meaning"); e; e = xml_element_next(e, "meaning")) {
		const struct field *field = field_of(load, e, definition_get(e, "field"));
		struct text raw = definition_get(e, "raw"), code = definition_get(e, "code");

		definition_check(e, "field! raw! code!", "", load->path, &load->faults);
		if (!field)
			continue;
		if (!field->codes)
			faults_add(&load->faults, load->path, e->line, "\"%.*s\" has no codes to mean",
			    (int)field->name.len, field->name.at);
		else if (!codes_by_code(field->codes, code))
			faults_add(&load->faults, load->path, e->line, "the code %.*s does not exist in %.*s",
			    (int)code.len, code.at, (int)codes_name(field->codes).len, codes_name(field->codes).at);
		for (size_t i = 0; i < source->meaning_count; i++) {
			if (meanings[i].field == field->number && text_eq(meanings[i].raw, raw))
				faults_add(&load->faults, load->path, e->line, "\"%.*s\" has two meanings",
				    (int)raw.len, raw.at);
		}
		meanings[source->meaning_count++] = (struct source_meaning){ field->number, raw, code };
	}
}

static void
read_source(struct load *load, const struct xml_element *root, struct source *source)
{
	struct text trust = definition_get(root, "trust"), delivery = definition_get(root, "delivery");
	uint64_t value = 0;

	definition_check(root, "name! zh! en! trust! delivery! dataset", "authority header ignore meaning", load->path,
	    &load->faults);
	source->name = definition_get(root, "name");
	source->zh = definition_get(root, "zh");
	source->en = definition_get(root, "en");
	source->defined = true;
	if (trust.len > 0 && (!text_to_u64(trust, &value) || value > 100))
		faults_add(&load->faults, load->path, root->line, "\"trust\" is a number from 0 to 100");
	source->trust = (int)value;
	source->full = text_eq(delivery, TEXT("full"));
	if (delivery.len > 0 && !source->full && !text_eq(delivery, TEXT("partial")))
		faults_add(&load->faults, load->path, root->line, "\"delivery\" is full or partial");
	read_authority(load, root, source);
	read_headers(load, root, source);
	read_meanings(load, root, source);
}

/* Where the source ${name} goes in the sorted list. */
static size_t
place_of(const struct registry *registry, struct text name)
{
	size_t low = 0, high = registry->sources.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (text_compare(registry->at[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Load one file; what it defines replaces an earlier source of that name. */
static void
load_file(struct load *load, const char *file)
{
	struct registry *registry = load->registry;
	size_t before = load->faults.count, at;
	struct source source = { 0 };
	struct xml_definition *definition;
	struct text stem = text_from(file), of;
	uint64_t digest = 0;

	if (registry->sources.count == SOURCES_MAX) {
		faults_add(&load->faults, load->path, 0, "too many sources");
		return;
	}
	definition = definition_load(load->path, "source", &digest, &load->faults);
	if (!definition)
		return;
	of = definition_get(xml_definition_root(definition), "dataset");
	if (!text_eq(of.len > 0 ? of : TEXT("student"), registry->dataset->name)) {
		xml_definition_free(definition);
		return;
	}
	registry->definitions[registry->definition_count++] = definition;
	read_source(load, xml_definition_root(definition), &source);
	stem.len -= strlen(".xml");
	if (source.name.len > 0 && !text_eq(source.name, stem))
		faults_add(&load->faults, load->path, xml_definition_root(definition)->line,
		    "the file must be called as its source, %.*s.xml", (int)source.name.len, source.name.at);
	if (load->faults.count > before || load->memory)
		return;
	registry->sources.digest = hash64(&digest, sizeof(digest), registry->sources.digest);
	at = place_of(registry, source.name);
	if (at == registry->sources.count || !text_eq(registry->at[at].name, source.name)) {
		memmove(
		    &registry->at[at + 1], &registry->at[at], (registry->sources.count - at) * sizeof(*registry->at));
		registry->sources.count++;
	}
	registry->at[at] = source;
}

/* Make room for ${more} further sources. */
static int
make_room(struct registry *registry, size_t more)
{
	size_t size = registry->size + more;
	struct source *at = realloc(registry->at, (size + 1) * sizeof(*at));
	struct xml_definition **definitions;

	if (!at)
		return -1;
	registry->at = at;
	definitions = realloc(registry->definitions, (size + 1) * sizeof(struct xml_definition *));
	if (!definitions)
		return -1;
	registry->definitions = definitions;
	registry->size = size;
	return 0;
}

static void
load_folder(struct load *load, const char *folder)
{
	char path[FILE_PATH_MAX];
	char **names;
	size_t count;

	if (!file_exists(folder))
		return;
	if (file_list(folder, &names, &count, load->faults.err) != 0) {
		faults_failed(&load->faults, folder);
		return;
	}
	if (make_room(load->registry, count) != 0)
		load->memory = true;
	for (size_t i = 0; i < count && !load->memory; i++) {
		if (names[i][0] == '.' || !text_ends(text_from(names[i]), TEXT(".xml")))
			continue;
		if (path_format(path, load->faults.err, "%s/%s", folder, names[i]) != 0) {
			faults_failed(&load->faults, folder);
			continue;
		}
		load->path = path;
		load_file(load, names[i]);
	}
	free(names);
}

struct sources *
sources_load(
    const struct dataset *dataset, const char *const *folders, schema_complain *complain, void *self, struct err *err)
{
	struct registry *registry = calloc(1, sizeof(*registry));
	struct load load = { .registry = registry, .faults = { complain, self, err, 0 } };

	if (!registry) {
		err_set(err, ERR_STOP, "sources: not enough memory");
		return NULL;
	}
	arena_init(&registry->arena, ARENA_BYTES);
	registry->dataset = dataset;
	registry->no_authority = arena_take(&registry->arena, dataset->field_count);
	load.memory = !registry->no_authority;
	for (size_t i = 0; folders[i] && !load.memory; i++)
		load_folder(&load, folders[i]);
	if (load.memory) {
		err_set(err, ERR_STOP, "sources: not enough memory");
		load.faults.count++;
	}
	if (load.faults.count > 0) {
		sources_free(&registry->sources);
		return NULL;
	}
	for (size_t i = 0; i < registry->sources.count; i++)
		registry->at[i].number = (uint16_t)i;
	registry->sources.at = registry->at;
	return &registry->sources;
}

void
sources_free(struct sources *sources)
{
	struct registry *registry = (struct registry *)sources; /* its first member */

	if (!registry)
		return;
	for (size_t i = 0; i < registry->definition_count; i++)
		xml_definition_free(registry->definitions[i]);
	free(registry->definitions);
	free(registry->at);
	arena_fini(&registry->arena);
	free(registry);
}

const struct source *
sources_find(const struct sources *sources, struct text name)
{
	const struct registry *registry = (const struct registry *)sources;
	size_t at = place_of(registry, name);

	return at < sources->count && text_eq(sources->at[at].name, name) ? &sources->at[at] : NULL;
}

const struct source *
sources_unknown(struct sources *sources, struct text name)
{
	struct registry *registry = (struct registry *)sources;
	struct stranger **link = &registry->strangers, *stranger;

	for (; *link; link = &(*link)->next) {
		if (text_eq((*link)->source.name, name))
			return &(*link)->source;
	}
	stranger = arena_take(&registry->arena, sizeof(*stranger));
	if (!stranger)
		return NULL;
	name = arena_text(&registry->arena, name);
	if (!name.at)
		return NULL;
	stranger->source = (struct source){
		.name = name,
		.zh = name,
		.en = name,
		.number = (uint16_t)(sources->count + registry->stranger_count++),
		.authority = registry->no_authority,
	};
	*link = stranger;
	return &stranger->source;
}

/* Whether ${raw} of a definition and a cell, folded, are the same but for width, case and white
 * space. */
static bool
same_folded(struct text raw, struct text folded)
{
	char out[FOLD_BYTES];
	size_t len = codes_fold(raw, out, sizeof(out));

	return len != SIZE_MAX && text_eq((struct text){ out, len }, folded);
}

struct text
source_meaning(const struct source *source, const struct field *field, struct text raw)
{
	char out[FOLD_BYTES];
	struct text folded = { out, 0 };
	size_t own = source == NULL ? 0 : source->meaning_count;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < own; i++) {
			const struct source_meaning *meaning = &source->meanings[i];

			if (meaning->field != field->number)
				continue;
			if (pass == 0 ? text_eq(meaning->raw, raw) : same_folded(meaning->raw, folded))
				return meaning->code;
		}
		for (size_t i = 0; i < field->meaning_count; i++) {
			const struct field_meaning *meaning = &field->meanings[i];

			if (pass == 0 ? text_eq(meaning->raw, raw) : same_folded(meaning->raw, folded))
				return meaning->code;
		}
		if (own == 0 && field->meaning_count == 0)
			break;
		folded.len = codes_fold(raw, out, sizeof(out));
		if (folded.len == SIZE_MAX || folded.len == 0)
			break;
	}
	return (struct text){ 0 };
}
