/*
 * sax.c - XML pushed through libxml2's SAX2 interface.
 *
 * The scanner (scan.c) looks at each piece first; only what it has passed reaches the parser.
 * libxml2 is told: no network, no entity replacement, no DTD, no relaxing of its own limits, and to
 * ignore the declared encoding. Whether it went well is asked three ways: the structured error
 * callback (ours, and the process-wide one, to which errors without a context go), the parser's own
 * verdict, and the scanner's idea of a complete document. When memory is short nothing it says can
 * be believed; memory.h ends it then, and the parser is left as it stands.
 *
 * Two habits of libxml2 2.9 are put right here. In attribute values & arrives as "&#38;" unless
 * entities are replaced; as every other reference is resolved already, turning "&#38;" back into &
 * is exact. And errors about undeclared prefixes are not fatal: exports that write z:row without
 * declaring z are read.
 */
#include "core/xml/xml.h"

#include <stdlib.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "core/base/buffer.h"
#include "core/xml/memory.h"
#include "core/xml/scan.h"

#define PIECE_BYTES ((size_t)32 * 1024)

struct xml_sax {
	xmlParserCtxtPtr parser;
	const struct xml_events *events;
	void *self;
	struct scan scan;
	struct buffer value; /* attribute values that had to be changed */
	enum xml_trouble trouble;
	uint32_t line; /* where the trouble is */
	int code;      /* libxml2's number for it */
	uint32_t mark; /* bytes of the byte order mark met; 3 once past the start */
	bool ending;
	const uint8_t *piece; /* what the parser gets next */
	size_t piece_len;
	struct xml_attribute attributes[XML_TAG_ATTRIBUTES_MAX];
};

static void
stop(struct xml_sax *sax, enum xml_trouble trouble)
{
	if (sax->trouble == XML_TROUBLE_NONE) {
		sax->trouble = trouble;
		if (sax->parser->input)
			sax->line = (uint32_t)sax->parser->input->line;
	}
	xmlStopParser(sax->parser);
}

static void
on_error(void *self, xmlErrorPtr error)
{
	struct xml_sax *sax = self;

	if (error->code == XML_ERR_NO_MEMORY) {
		/* Overrides what was found before: nothing can be believed any more. */
		sax->trouble = XML_TROUBLE_MEMORY;
		return;
	}
	if (error->level < XML_ERR_ERROR || error->domain == XML_FROM_NAMESPACE)
		return;
	if (sax->trouble != XML_TROUBLE_NONE)
		return;
	sax->code = error->code;
	sax->line = error->line > 0 ? (uint32_t)error->line : 0;
	sax->trouble = XML_TROUBLE_BROKEN;
	/* At the end everything unfinished is an error; that is a cut file, not a broken one. */
	if (sax->ending && !scan_complete(&sax->scan) && error->code != XML_ERR_TAG_NAME_MISMATCH)
		sax->trouble = XML_TROUBLE_CUT;
}

static struct text
text_of(const xmlChar *string)
{
	return string ? text_from((const char *)string) : (struct text){ "", 0 };
}

/* The value between ${begin} and ${end} with each "&#38;" as &. */
static struct text
value_of(struct xml_sax *sax, const xmlChar *begin, const xmlChar *end)
{
	static const struct text ampersand = { "&#38;", 5 };
	struct text rest = { (const char *)begin, (size_t)(end - begin) };
	size_t at, from = sax->value.len;

	if (!memchr(rest.at, '&', rest.len))
		return rest;
	while ((at = text_find(rest, ampersand)) != SIZE_MAX) {
		buffer_text(&sax->value, (struct text){ rest.at, at });
		buffer_char(&sax->value, '&');
		rest.at += at + ampersand.len;
		rest.len -= at + ampersand.len;
	}
	buffer_text(&sax->value, rest);
	return (struct text){ sax->value.at + from, sax->value.len - from };
}

static void
on_start(void *self, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int declared,
    const xmlChar **declarations, int count, int defaulted, const xmlChar **attributes)
{
	struct xml_sax *sax = self;

	(void)prefix, (void)uri, (void)declared, (void)declarations, (void)defaulted;
	if (sax->trouble != XML_TROUBLE_NONE || !sax->events->start)
		return;
	if (count < 0 || count > XML_TAG_ATTRIBUTES_MAX) {
		stop(sax, XML_TROUBLE_LIMIT);
		return;
	}
	buffer_clear(&sax->value);
	/* Room first, so that values handed out are not moved by later ones. */
	if (count > 0 && !sax->value.at && !buffer_room(&sax->value, XML_TAG_BYTES_MAX)) {
		stop(sax, XML_TROUBLE_MEMORY);
		return;
	}
	for (size_t i = 0; i < (size_t)count; i++) {
		const xmlChar **from = attributes + 5 * i;

		if (!from[0] || !from[3] || !from[4]) {
			stop(sax, XML_TROUBLE_MEMORY);
			return;
		}
		sax->attributes[i].name = text_of(from[0]);
		sax->attributes[i].prefix = text_of(from[1]);
		sax->attributes[i].value = value_of(sax, from[3], from[4]);
	}
	if (buffer_failed(&sax->value))
		stop(sax, XML_TROUBLE_LIMIT);
	else if (sax->events->start(sax->self, text_of(name), sax->attributes, (size_t)count) != 0)
		stop(sax, XML_TROUBLE_STOPPED);
}

static void
on_end(void *self, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct xml_sax *sax = self;

	(void)prefix, (void)uri;
	if (sax->trouble != XML_TROUBLE_NONE || !sax->events->end)
		return;
	if (sax->events->end(sax->self, text_of(name)) != 0)
		stop(sax, XML_TROUBLE_STOPPED);
}

static void
on_text(void *self, const xmlChar *bytes, int len)
{
	struct xml_sax *sax = self;
	struct text text = { (const char *)bytes, len > 0 ? (size_t)len : 0 };

	if (sax->trouble != XML_TROUBLE_NONE || !sax->events->text)
		return;
	if (sax->events->text(sax->self, text) != 0)
		stop(sax, XML_TROUBLE_STOPPED);
}

/* The scanner refuses before this is reached; kept so that one mistake there is not enough. */
static void
on_doctype(void *self, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	stop(self, XML_TROUBLE_DOCTYPE);
}

/* With memory_try(): the parser; its options and encoding. */
static void
parser_new(void *self)
{
	xmlSAXHandler handler = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.cdataBlock = on_text,
		.internalSubset = on_doctype,
		.serror = on_error,
	};
	struct xml_sax *sax = self;
	int options = XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_COMPACT;

	sax->parser = xmlCreatePushParserCtxt(&handler, sax, NULL, 0, NULL);
	if (!sax->parser || xmlCtxtUseOptions(sax->parser, options) != 0
	    || xmlSwitchEncoding(sax->parser, XML_CHAR_ENCODING_UTF8) != 0)
		sax->trouble = XML_TROUBLE_MEMORY;
}

struct xml_sax *
xml_sax_new(const struct xml_events *events, void *self)
{
	struct xml_sax *sax;
	bool whole;

	if (!memory_prepare())
		return NULL;
	sax = calloc(1, sizeof(*sax));
	if (!sax)
		return NULL;
	sax->events = events;
	sax->self = self;
	buffer_init(&sax->value, XML_TAG_BYTES_MAX);
	xmlSetStructuredErrorFunc(sax, on_error);
	whole = memory_try(parser_new, sax);
	xmlSetStructuredErrorFunc(NULL, NULL);
	if (!whole)
		sax->parser = NULL;
	if (!sax->parser || sax->trouble != XML_TROUBLE_NONE) {
		xml_sax_free(sax);
		return NULL;
	}
	return sax;
}

void
xml_sax_free(struct xml_sax *sax)
{
	if (!sax)
		return;
	if (sax->parser)
		xmlFreeParserCtxt(sax->parser);
	buffer_fini(&sax->value);
	free(sax);
}

/* Fill ${err} for the trouble met; always -1. */
static int
report(const struct xml_sax *sax, struct err *err)
{
	switch (sax->trouble) {
	case XML_TROUBLE_STOPPED:
		return -1;
	case XML_TROUBLE_MEMORY:
		return err_set(err, ERR_STOP, "not enough memory to parse XML");
	case XML_TROUBLE_DOCTYPE:
		return err_set(err, ERR_INPUT, "line %u: document type declarations are refused", sax->line);
	case XML_TROUBLE_LIMIT:
		return err_set(
		    err, ERR_INPUT, "line %u: a tag, text, comment or nesting larger than allowed", sax->line);
	case XML_TROUBLE_CUT:
		return err_set(err, ERR_INPUT, "line %u: the XML ends too early", sax->line);
	default:
		return err_set(err, ERR_INPUT, "line %u: not well-formed XML (libxml2 error %d)", sax->line, sax->code);
	}
}

/* With memory_try(): the piece at hand. */
static void
parse_piece(void *self)
{
	struct xml_sax *sax = self;

	if (xmlParseChunk(sax->parser, (const char *)sax->piece, (int)sax->piece_len, sax->ending) == XML_ERR_NO_MEMORY)
		sax->trouble = XML_TROUBLE_MEMORY;
}

static void
parse(struct xml_sax *sax, const uint8_t *bytes, size_t len)
{
	xmlStructuredErrorFunc before = xmlStructuredError;
	void *before_self = xmlStructuredErrorContext;
	bool whole;

	sax->piece = bytes;
	sax->piece_len = len;
	xmlSetStructuredErrorFunc(sax, on_error);
	whole = memory_try(parse_piece, sax);
	xmlSetStructuredErrorFunc(before_self, before);
	if (!whole) {
		sax->trouble = XML_TROUBLE_MEMORY;
		sax->parser = NULL;
	} else if (!sax->parser->wellFormed && sax->trouble == XML_TROUBLE_NONE) {
		stop(sax, XML_TROUBLE_BROKEN);
	}
}

/* Swallow a byte order mark at the start of the document, which may come byte by byte. */
static size_t
skip_mark(struct xml_sax *sax, const uint8_t *bytes, size_t len)
{
	static const uint8_t mark[3] = { 0xEF, 0xBB, 0xBF };
	size_t at = 0;

	while (at < len && sax->mark < sizeof(mark) && bytes[at] == mark[sax->mark]) {
		sax->mark++;
		at++;
	}
	if (at < len && sax->mark < sizeof(mark)) {
		if (sax->mark > 0)
			stop(sax, XML_TROUBLE_BROKEN);
		sax->mark = sizeof(mark);
	}
	return at;
}

int
xml_sax_feed(struct xml_sax *sax, const void *bytes, size_t len, struct err *err)
{
	size_t at = skip_mark(sax, bytes, len);

	while (at < len && sax->trouble == XML_TROUBLE_NONE) {
		const uint8_t *piece = (const uint8_t *)bytes + at;
		size_t size = len - at < PIECE_BYTES ? len - at : PIECE_BYTES;
		size_t seen = 0;
		enum xml_trouble trouble = scan_bytes(&sax->scan, piece, size, &seen);

		if (seen > 0)
			parse(sax, piece, seen);
		if (trouble != XML_TROUBLE_NONE && sax->trouble == XML_TROUBLE_NONE)
			stop(sax, trouble);
		at += size;
	}
	return sax->trouble == XML_TROUBLE_NONE ? 0 : report(sax, err);
}

int
xml_sax_finish(struct xml_sax *sax, struct err *err)
{
	if (sax->trouble != XML_TROUBLE_NONE)
		return report(sax, err);
	sax->ending = true;
	parse(sax, NULL, 0);
	if (sax->trouble == XML_TROUBLE_NONE && !scan_complete(&sax->scan))
		stop(sax, XML_TROUBLE_CUT);
	return sax->trouble == XML_TROUBLE_NONE ? 0 : report(sax, err);
}

bool
xml_prepare(void)
{
	return memory_prepare();
}

enum xml_trouble
xml_sax_trouble(const struct xml_sax *sax)
{
	return sax->trouble;
}

uint32_t
xml_sax_line(const struct xml_sax *sax)
{
	if (sax->trouble != XML_TROUBLE_NONE || !sax->parser || !sax->parser->input)
		return sax->line;
	return (uint32_t)sax->parser->input->line;
}

struct text
xml_attribute_find(const struct xml_attribute *attributes, size_t count, const char *name)
{
	struct text wanted = text_from(name);

	for (size_t i = 0; i < count; i++) {
		if (text_eq(attributes[i].name, wanted))
			return attributes[i].value;
	}
	return (struct text){ 0 };
}
