/*
 * fuzz_definition.c - any bytes as a definition: loaded as a tree that holds together, or refused
 * with an error that has been told; and the same bytes pushed through xml_sax whole and byte by
 * byte come to the same end.
 */
#include <stdlib.h>

#include "core/xml/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
count(void *self, const char *path, uint32_t line, const char *message)
{
	(void)path, (void)line;
	if (!utf8_valid(message, strlen(message)))
		abort();
	++*(size_t *)self;
}

static size_t
walk(const struct xml_element *element)
{
	size_t sum = element->name.len + element->text.len;

	for (size_t i = 0; i < element->attribute_count; i++)
		sum += element->attributes[i].name.len + element->attributes[i].value.len;
	if (!utf8_valid(element->text.at, element->text.len))
		abort();
	for (const struct xml_element *e = xml_element_child(element, NULL); e; e = xml_element_next(e, NULL))
		sum += walk(e);
	return sum;
}

static int
on_text(void *self, struct text text)
{
	(void)self;
	if (!utf8_valid(text.at, text.len))
		abort();
	return 0;
}

static enum xml_trouble
push(const uint8_t *data, size_t size, size_t block)
{
	static const struct xml_events events = { .text = on_text };
	struct xml_sax *sax = xml_sax_new(&events, NULL);
	struct err err;
	enum xml_trouble trouble;
	int status = 0;

	if (!sax)
		abort();
	for (size_t at = 0; at < size && status == 0; at += block)
		status = xml_sax_feed(sax, data + at, size - at < block ? size - at : block, &err);
	if (status == 0)
		status = xml_sax_finish(sax, &err);
	trouble = xml_sax_trouble(sax);
	if ((status == 0) != (trouble == XML_TROUBLE_NONE))
		abort();
	xml_sax_free(sax);
	return trouble;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xml_definition *definition;
	size_t errors = 0;
	struct xml_lint lint = { count, &errors };
	struct err err;
	struct text bytes = { (const char *)data, size };
	bool whole, parts;

	if (xml_definition_parse(&definition, bytes, "fuzz", NULL, &lint, &err) == 0) {
		if (errors > 0 || walk(xml_definition_root(definition)) == 0)
			abort();
		xml_definition_free(definition);
	} else if (errors == 0) {
		abort();
	}
	whole = push(data, size, size + 1) == XML_TROUBLE_NONE;
	parts = push(data, size, 1) == XML_TROUBLE_NONE;
	if (whole != parts)
		abort();
	return 0;
}
