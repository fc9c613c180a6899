/*
 * definition.c - small files of our own, checked by RELAX NG, as a tree that outlives libxml2's.
 *
 * The bytes of both files are read by us, so that nothing is opened by name behind our back: while
 * libxml2 is at work its loader of external files is replaced by one that refuses. Each file passes
 * the scanner first (DOCTYPE, limits) and must be valid UTF-8. Then libxml2 parses the definition,
 * validates it, and what it says through its structured error callback is collected. The tree is
 * copied into an arena: its numbers of elements and bytes are bounded by the file's size.
 */
#include "core/xml/xml.h"

#include <stdlib.h>

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/tree.h>

#include "core/base/arena.h"
#include "core/base/buffer.h"
#include "core/base/file.h"
#include "core/xml/memory.h"
#include "core/xml/scan.h"

struct xml_definition {
	struct arena arena;
	const struct xml_element *root;
};

/* What goes wrong while one definition is loaded. */
struct lint {
	const struct xml_lint *to;
	const char *path;  /* of the file at hand */
	const char *first; /* path of the first error */
	uint32_t first_line;
	char first_message[120];
	uint32_t errors;
	bool memory;
};

static void
complain(struct lint *lint, uint32_t line, const char *message)
{
	char sentence[500];
	size_t len = strnlen(message, sizeof(sentence) - 1);

	/* One line, whole characters. */
	memcpy(sentence, message, len);
	while (len > 0 && !utf8_valid(sentence, len))
		len--;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)sentence[i] < ' ')
			sentence[i] = ' ';
	}
	while (len > 0 && sentence[len - 1] == ' ')
		len--;
	sentence[len] = '\0';
	if (lint->errors++ == 0) {
		lint->first = lint->path;
		lint->first_line = line;
		len = len < sizeof(lint->first_message) ? len : sizeof(lint->first_message) - 1;
		while (len > 0 && !utf8_valid(sentence, len))
			len--;
		memcpy(lint->first_message, sentence, len);
		lint->first_message[len] = '\0';
	}
	if (lint->to && lint->to->say)
		lint->to->say(lint->to->self, lint->path, line, sentence);
}

static void
on_error(void *self, xmlErrorPtr error)
{
	struct lint *lint = self;

	if (error->code == XML_ERR_NO_MEMORY)
		lint->memory = true;
	else if (error->level >= XML_ERR_ERROR)
		complain(
		    lint, error->line > 0 ? (uint32_t)error->line : 0, error->message ? error->message : "not valid");
}

static xmlParserInputPtr
refuse_file(const char *url, const char *id, xmlParserCtxtPtr parser)
{
	(void)url, (void)id, (void)parser;
	return NULL;
}

static uint32_t
line_of(struct text bytes, size_t at)
{
	uint32_t line = 1;

	for (size_t i = 0; i < at && i < bytes.len; i++)
		line += bytes.at[i] == '\n';
	return line;
}

/* What libxml2 need not see: other encodings, a DOCTYPE, monsters. */
static bool
acceptable(struct lint *lint, struct text bytes)
{
	struct scan scan = { 0 };
	size_t seen = 0;
	enum xml_trouble trouble;

	if (!utf8_valid(bytes.at, bytes.len)) {
		size_t at = 0;

		while (at < bytes.len) {
			size_t from = at;

			if (text_next(bytes, &at) == 0xFFFD && at == from + 1)
				break;
		}
		complain(lint, line_of(bytes, at > 0 ? at - 1 : 0), "not UTF-8");
		return false;
	}
	trouble = scan_bytes(&scan, (const uint8_t *)bytes.at, bytes.len, &seen);
	if (trouble == XML_TROUBLE_DOCTYPE)
		complain(lint, line_of(bytes, seen), "a document type declaration is not allowed");
	else if (trouble == XML_TROUBLE_LIMIT)
		complain(lint, line_of(bytes, seen), "larger or deeper than a definition may be");
	return trouble == XML_TROUBLE_NONE;
}

static xmlDocPtr
parse(struct lint *lint, struct text bytes)
{
	xmlParserCtxtPtr parser;
	xmlDocPtr doc;

	if (text_starts(bytes, TEXT("\xEF\xBB\xBF"))) {
		bytes.at += 3;
		bytes.len -= 3;
	}
	if (!acceptable(lint, bytes))
		return NULL;
	parser = xmlNewParserCtxt();
	if (!parser) {
		lint->memory = true;
		return NULL;
	}
	doc = xmlCtxtReadMemory(
	    parser, bytes.at, (int)bytes.len, NULL, "UTF-8", XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_COMPACT);
	xmlFreeParserCtxt(parser);
	if (!doc && lint->errors == 0 && !lint->memory)
		complain(lint, 0, "not well-formed XML");
	return doc;
}

/* Check ${doc} by the schema in ${bytes}. */
static void
validate(struct lint *lint, xmlDocPtr doc, struct text bytes, const char *schema_path)
{
	const char *path = lint->path;
	xmlRelaxNGParserCtxtPtr parser = NULL;
	xmlRelaxNGValidCtxtPtr validator = NULL;
	xmlRelaxNGPtr schema = NULL;
	uint32_t errors;

	lint->path = schema_path;
	errors = lint->errors;
	if (!acceptable(lint, bytes))
		goto done;
	parser = xmlRelaxNGNewMemParserCtxt(bytes.at, (int)bytes.len);
	if (parser) {
		xmlRelaxNGSetParserStructuredErrors(parser, on_error, lint);
		schema = xmlRelaxNGParse(parser);
	}
	if (!schema && lint->errors == errors && !lint->memory)
		complain(lint, 0, "not a RELAX NG schema");
	lint->path = path;
	if (!schema)
		goto done;
	validator = xmlRelaxNGNewValidCtxt(schema);
	if (!validator) {
		lint->memory = true;
		goto done;
	}
	xmlRelaxNGSetValidStructuredErrors(validator, on_error, lint);
	errors = lint->errors;
	if (xmlRelaxNGValidateDoc(validator, doc) != 0 && lint->errors == errors && !lint->memory)
		complain(lint, 0, "not valid by its schema");
done:
	lint->path = path;
	if (validator)
		xmlRelaxNGFreeValidCtxt(validator);
	if (schema)
		xmlRelaxNGFree(schema);
	if (parser)
		xmlRelaxNGFreeParserCtxt(parser);
}

static bool
copy_string(struct arena *arena, const xmlChar *string, struct text *copy)
{
	*copy = arena_text(arena, text_from(string ? (const char *)string : ""));
	return copy->at != NULL;
}

static bool
copy_attributes(struct arena *arena, xmlDocPtr doc, xmlNodePtr from, struct xml_element *to)
{
	struct xml_attribute *attributes;
	size_t count = 0;

	for (xmlAttrPtr attribute = from->properties; attribute; attribute = attribute->next)
		count++;
	if (count == 0)
		return true;
	attributes = arena_take(arena, count * sizeof(*attributes));
	if (!attributes)
		return false;
	to->attributes = attributes;
	to->attribute_count = count;
	for (xmlAttrPtr attribute = from->properties; attribute; attribute = attribute->next) {
		xmlChar *value = xmlNodeListGetString(doc, attribute->children, 1);
		const xmlChar *prefix = attribute->ns ? attribute->ns->prefix : NULL;
		/* An empty value has no children and no string. */
		bool copied = (value || !attribute->children) && copy_string(arena, value, &attributes->value)
		    && copy_string(arena, attribute->name, &attributes->name)
		    && copy_string(arena, prefix, &attributes->prefix);

		xmlFree(value);
		if (!copied)
			return false;
		attributes++;
	}
	return true;
}

/* The character data right inside ${from}, joined. */
static bool
copy_text(struct arena *arena, xmlNodePtr from, struct text *text)
{
	size_t len = 0;
	char *at;

	for (xmlNodePtr node = from->children; node; node = node->next) {
		if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
			len += strlen((const char *)node->content);
	}
	at = arena_take(arena, len + 1);
	if (!at)
		return false;
	*text = (struct text){ at, len };
	for (xmlNodePtr node = from->children; node; node = node->next) {
		if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
			size_t more = strlen((const char *)node->content);

			memcpy(at, node->content, more);
			at += more;
		}
	}
	*text = text_trim(*text);
	return true;
}

/* Depth is bounded by the scanner. */
static struct xml_element *
copy_element(struct arena *arena, xmlDocPtr doc, xmlNodePtr from)
{
	struct xml_element *element = arena_take(arena, sizeof(*element));
	const struct xml_element **link;

	if (!element || !copy_string(arena, from->name, &element->name) || !copy_attributes(arena, doc, from, element)
	    || !copy_text(arena, from, &element->text))
		return NULL;
	element->line = (uint32_t)xmlGetLineNo(from);
	link = &element->child;
	for (xmlNodePtr node = from->children; node; node = node->next) {
		struct xml_element *child;

		if (node->type != XML_ELEMENT_NODE)
			continue;
		child = copy_element(arena, doc, node);
		if (!child)
			return NULL;
		*link = child;
		link = &child->next;
	}
	return element;
}

static struct xml_definition *
copy_document(xmlDocPtr doc, size_t bytes)
{
	struct xml_definition *definition = calloc(1, sizeof(*definition));
	xmlNodePtr root = xmlDocGetRootElement(doc);

	if (!definition)
		return NULL;
	/* The smallest element, <a/>, takes 4 bytes there and two hundred here. */
	arena_init(&definition->arena, 64 * bytes + (size_t)64 * 1024);
	definition->root = root ? copy_element(&definition->arena, doc, root) : NULL;
	if (!definition->root) {
		xml_definition_free(definition);
		return NULL;
	}
	return definition;
}

static int
report(const struct lint *lint, const char *path, struct err *err)
{
	if (lint->memory)
		return err_set(err, ERR_RETRY, "%.100s: not enough memory", path);
	return err_set(err, ERR_STOP, "%.80s:%u: %.90s", lint->first, lint->first_line, lint->first_message);
}

int
xml_definition_parse(struct xml_definition **definition, struct text bytes, const char *path, const char *schema_path,
    const struct xml_lint *to, struct err *err)
{
	struct lint lint = { .to = to, .path = path };
	struct buffer schema;
	xmlExternalEntityLoader loader;
	xmlDocPtr doc;

	*definition = NULL;
	buffer_init(&schema, XML_DEFINITION_BYTES_MAX);
	if (bytes.len > XML_DEFINITION_BYTES_MAX)
		return err_set(err, ERR_STOP, "%.100s: larger than a definition may be", path);
	if (schema_path && file_read_all(schema_path, &schema, err) != 0) {
		buffer_fini(&schema);
		return -1;
	}
	if (!memory_prepare()) {
		buffer_fini(&schema);
		return err_set(err, ERR_RETRY, "%.100s: not enough memory", path);
	}
	memory_begin();
	loader = xmlGetExternalEntityLoader();
	xmlSetExternalEntityLoader(refuse_file);
	xmlSetStructuredErrorFunc(&lint, on_error);
	doc = parse(&lint, bytes);
	if (doc && schema_path)
		validate(&lint, doc, buffer_as_text(&schema), schema_path);
	if (memory_failed())
		lint.memory = true;
	if (doc && lint.errors == 0 && !lint.memory) {
		*definition = copy_document(doc, bytes.len);
		lint.memory = *definition == NULL;
	}
	if (doc)
		xmlFreeDoc(doc);
	xmlSetStructuredErrorFunc(NULL, NULL);
	xmlSetExternalEntityLoader(loader);
	buffer_fini(&schema);
	return *definition ? 0 : report(&lint, path, err);
}

int
xml_definition_load(struct xml_definition **definition, const char *path, const char *schema_path,
    const struct xml_lint *lint, struct err *err)
{
	struct buffer bytes;
	int status;

	*definition = NULL;
	buffer_init(&bytes, XML_DEFINITION_BYTES_MAX);
	status = file_read_all(path, &bytes, err);
	if (status == 0)
		status = xml_definition_parse(definition, buffer_as_text(&bytes), path, schema_path, lint, err);
	buffer_fini(&bytes);
	return status;
}

void
xml_definition_free(struct xml_definition *definition)
{
	if (!definition)
		return;
	arena_fini(&definition->arena);
	free(definition);
}

const struct xml_element *
xml_definition_root(const struct xml_definition *definition)
{
	return definition->root;
}

/* ${element} or the first of its later siblings named so. */
static const struct xml_element *
named(const struct xml_element *element, const char *name)
{
	while (element && name && !text_eq(element->name, text_from(name)))
		element = element->next;
	return element;
}

const struct xml_element *
xml_element_child(const struct xml_element *element, const char *name)
{
	return named(element->child, name);
}

const struct xml_element *
xml_element_next(const struct xml_element *element, const char *name)
{
	return named(element->next, name);
}

struct text
xml_element_attribute(const struct xml_element *element, const char *name)
{
	return xml_attribute_find(element->attributes, element->attribute_count, name);
}
