/*
 * html.c - HTML pulled through libxml2's SAX interface for HTML.
 *
 * Pulled, not pushed: in push mode libxml2 2.9 keeps the whole document, when it asks for the bytes
 * itself its memory stays flat. Its request is where our scanner sits. The scanner is a small
 * automaton that knows as much of HTML as is needed to bound what one tag or comment may be, to see
 * an internal DTD subset, and to notice that the document ends inside a table: text, tags with
 * quoted values (a quote counts only behind =, as for libxml2), comments, declarations,
 * instructions, and script and style, inside which < means nothing but for their own end tag.
 * libxml2 repairs everything and so never says that a document was cut; the scanner does.
 *
 * To stop early the scanner tells libxml2 that the document has ended, and callbacks are no longer
 * passed on. (Its own way to stop frees the input under the parser's feet.) Attributes are counted
 * as words: a run of bytes behind white space, a slash or a quote; that is never less than the
 * attributes libxml2 will find.
 */
#include "core/xml/xml.h"

#include <stdlib.h>

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

#include "core/xml/memory.h"

#define BLOCK_BYTES ((size_t)64 * 1024)
#define WORDS_MAX XML_TAG_ATTRIBUTES_MAX

enum {
	IN_TEXT,
	IN_OPEN, /* behind < */
	IN_NAME, /* of a tag, / of an end tag included */
	IN_TAG,
	IN_EQUALS, /* behind = */
	IN_QUOTES,
	IN_VALUE, /* without quotes */
	IN_BANG,  /* behind <! */
	IN_BANG_DASH,
	IN_DECLARATION,
	IN_COMMENT,
	IN_INSTRUCTION,
	IN_RAW, /* inside script or style */
};

struct html {
	const struct xml_events *events;
	void *self;
	const struct xml_source *source;
	htmlParserCtxtPtr parser;
	struct xml_attribute attributes[WORDS_MAX];
	uint8_t block[BLOCK_BYTES];
	size_t block_len, block_at;
	bool ended; /* the source has no more */
	enum xml_trouble trouble;
	uint32_t depth;
	uint32_t line;
	/* the scanner */
	int state;
	size_t len; /* of the tag or comment at hand */
	uint32_t words, matched;
	uint8_t quote;
	bool in_word;
	char name[10]; /* of the tag, its beginning in lower case; /table for an end tag */
	size_t name_len;
	const char *raw;     /* the end tag that ends IN_RAW */
	int64_t tables_open; /* by the tags as written */
	bool closed;         /* </body> or </html> was seen */
};

static bool
is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

static bool
is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static uint8_t
lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

static bool
named(const struct html *html, const char *name)
{
	return html->name_len == strlen(name) && memcmp(html->name, name, html->name_len) == 0;
}

/* The > of a tag was met. */
static void
tag_end(struct html *html)
{
	html->state = IN_TEXT;
	if (named(html, "table")) {
		html->tables_open++;
	} else if (named(html, "/table")) {
		html->tables_open -= html->tables_open > 0;
	} else if (named(html, "/body") || named(html, "/html")) {
		html->closed = true;
	} else if (named(html, "script") || named(html, "style")) {
		html->state = IN_RAW;
		html->raw = named(html, "style") ? "</style" : "</script";
		html->matched = 0;
	}
}

static enum xml_trouble
declaration(struct html *html, uint8_t byte)
{
	if (html->name_len < 6 && html->len == html->name_len + 1)
		html->name[html->name_len++] = (char)lower(byte);
	if (html->name_len == 6 && memcmp(html->name, "entity", 6) == 0)
		return XML_TROUBLE_DOCTYPE;
	/* <![if ...]> is how some programs write conditions; [ elsewhere begins an internal subset.
	 */
	if (byte == '[' && html->len > 1)
		return XML_TROUBLE_DOCTYPE;
	if (byte == '>')
		html->state = IN_TEXT;
	return XML_TROUBLE_NONE;
}

static void
in_tag(struct html *html, uint8_t byte)
{
	if (byte == '>') {
		tag_end(html);
	} else if (byte == '=') {
		html->state = IN_EQUALS;
		html->in_word = false;
	} else if (is_space(byte) || byte == '/') {
		html->in_word = false;
	} else if (!html->in_word) {
		html->in_word = true;
		html->words++;
	}
}

/* One byte; text and raw text are passed in runs before this is asked. */
static enum xml_trouble
scan_byte(struct html *html, uint8_t byte)
{
	enum xml_trouble trouble = XML_TROUBLE_NONE;

	switch (html->state) {
	case IN_TEXT:
		if (byte == '<') {
			html->state = IN_OPEN;
			html->len = 0;
			html->words = 0;
			html->name_len = 0;
			html->in_word = false;
		}
		return XML_TROUBLE_NONE;
	case IN_OPEN:
		if (byte == '!')
			html->state = IN_BANG;
		else if (byte == '?')
			html->state = IN_INSTRUCTION;
		else if (byte == '/' || is_letter(byte))
			html->state = IN_NAME;
		else if (byte != '<')
			html->state = IN_TEXT;
		if (html->state == IN_NAME)
			html->name[html->name_len++] = (char)lower(byte);
		break;
	case IN_NAME:
		if (is_space(byte) || byte == '>' || byte == '/') {
			html->state = IN_TAG;
			in_tag(html, byte);
		} else if (html->name_len < sizeof(html->name)) {
			html->name[html->name_len++] = (char)lower(byte);
		}
		break;
	case IN_TAG:
		in_tag(html, byte);
		break;
	case IN_EQUALS:
		if (byte == '"' || byte == '\'') {
			html->state = IN_QUOTES;
			html->quote = byte;
		} else if (byte == '>') {
			tag_end(html);
		} else if (!is_space(byte)) {
			html->state = IN_VALUE;
		}
		break;
	case IN_VALUE:
		if (byte == '>')
			tag_end(html);
		else if (is_space(byte))
			html->state = IN_TAG;
		break;
	case IN_QUOTES:
		if (byte == html->quote)
			html->state = IN_TAG;
		break;
	case IN_BANG:
		html->state = byte == '-' ? IN_BANG_DASH : IN_DECLARATION;
		if (byte != '-')
			trouble = declaration(html, byte);
		break;
	case IN_BANG_DASH:
		html->state = byte == '-' ? IN_COMMENT : IN_DECLARATION;
		html->matched = 0;
		break;
	case IN_DECLARATION:
		trouble = declaration(html, byte);
		break;
	case IN_COMMENT:
		if (byte == '>' && html->matched >= 2)
			html->state = IN_TEXT;
		if (byte == '-')
			html->matched += html->matched < 2;
		else if (byte != '!' || html->matched < 2) /* --!> ends it like --> */
			html->matched = 0;
		break;
	case IN_INSTRUCTION:
		if (byte == '>')
			html->state = IN_TEXT;
		break;
	default: /* IN_RAW */
		if (lower(byte) == (uint8_t)html->raw[html->matched])
			html->matched++;
		else
			html->matched = byte == '<';
		if (html->raw[html->matched] == '\0') {
			/* Go on as in any end tag; its name is known already. */
			html->state = IN_TAG;
			html->len = 0;
			html->words = 0;
			html->name_len = 0;
			html->in_word = true;
		}
		return XML_TROUBLE_NONE;
	}
	html->len++;
	if (html->words > WORDS_MAX
	    || html->len > (html->state == IN_COMMENT || html->state == IN_INSTRUCTION ? XML_ASIDE_BYTES_MAX
										       : XML_TAG_BYTES_MAX))
		trouble = XML_TROUBLE_LIMIT;
	return trouble;
}

/* Look at the block just read; it is cut short where there is trouble. */
static void
scan_block(struct html *html)
{
	const uint8_t *block = html->block;
	size_t at = 0;

	if (memchr(block, '\0', html->block_len)) {
		html->trouble = XML_TROUBLE_BROKEN;
		html->block_len = 0;
		return;
	}
	while (at < html->block_len) {
		enum xml_trouble trouble;

		if (html->state == IN_TEXT) {
			const uint8_t *next = memchr(block + at, '<', html->block_len - at);

			if (!next)
				return;
			at = (size_t)(next - block);
		}
		trouble = scan_byte(html, block[at]);
		if (trouble != XML_TROUBLE_NONE) {
			html->trouble = trouble;
			html->block_len = at;
			return;
		}
		at++;
	}
}

/* The next block, looked at; false when there is none. */
static bool
next_block(struct html *html)
{
	if (html->trouble != XML_TROUBLE_NONE || html->ended)
		return false;
	html->block_at = html->block_len = 0;
	if (html->source->read(html->source->self, html->block, sizeof(html->block), &html->block_len) != 0) {
		html->trouble = XML_TROUBLE_STOPPED;
		html->block_len = 0;
		return false;
	}
	html->ended = html->block_len == 0;
	scan_block(html);
	return html->block_len > 0;
}

/*
 * libxml2 asks for bytes. It gets as many as it asked for while there are any: it looks ahead
 * without asking again, and after a short answer takes what is in front of it for the end.
 */
static int
on_read(void *self, char *bytes, int size)
{
	struct html *html = self;
	size_t wanted = size > 0 ? (size_t)size : 0;
	size_t filled = 0;

	while (filled < wanted && (html->block_at < html->block_len || next_block(html))) {
		size_t len = html->block_len - html->block_at;

		if (len > wanted - filled)
			len = wanted - filled;
		memcpy(bytes + filled, html->block + html->block_at, len);
		html->block_at += len;
		filled += len;
	}
	return (int)filled;
}

static void
on_error(void *self, xmlErrorPtr error)
{
	struct html *html = self;

	if (error->line > 0)
		html->line = (uint32_t)error->line;
	if (error->code == XML_ERR_NO_MEMORY)
		html->trouble = XML_TROUBLE_MEMORY;
}

static struct text
text_of(const xmlChar *string)
{
	return string ? text_from((const char *)string) : (struct text){ "", 0 };
}

static void
on_start(void *self, const xmlChar *name, const xmlChar **attributes)
{
	struct html *html = self;
	size_t count = 0;

	if (html->trouble != XML_TROUBLE_NONE)
		return;
	if (++html->depth > XML_HTML_DEPTH_MAX) {
		html->trouble = XML_TROUBLE_LIMIT;
		return;
	}
	if (!html->events->start)
		return;
	for (; attributes && attributes[0] && count < ARRAY_LEN(html->attributes); attributes += 2) {
		html->attributes[count++] = (struct xml_attribute){
			.name = text_of(attributes[0]),
			.prefix = { "", 0 },
			.value = text_of(attributes[1]),
		};
	}
	if (html->events->start(html->self, text_of(name), html->attributes, count) != 0)
		html->trouble = XML_TROUBLE_STOPPED;
}

static void
on_end(void *self, const xmlChar *name)
{
	struct html *html = self;

	html->depth -= html->depth > 0;
	if (html->trouble != XML_TROUBLE_NONE || !html->events->end)
		return;
	if (html->events->end(html->self, text_of(name)) != 0)
		html->trouble = XML_TROUBLE_STOPPED;
}

static void
on_text(void *self, const xmlChar *bytes, int len)
{
	struct html *html = self;
	struct text text = { (const char *)bytes, len > 0 ? (size_t)len : 0 };

	if (html->trouble != XML_TROUBLE_NONE || !html->events->text)
		return;
	if (html->events->text(html->self, text) != 0)
		html->trouble = XML_TROUBLE_STOPPED;
}

static void
on_comment(void *self, const xmlChar *comment)
{
	struct html *html = self;

	if (html->trouble != XML_TROUBLE_NONE || !html->events->comment)
		return;
	if (html->events->comment(html->self, text_of(comment)) != 0)
		html->trouble = XML_TROUBLE_STOPPED;
}

/* A parser that reads through on_read(); NULL when memory is short. */
static htmlParserCtxtPtr
parser_new(struct html *html)
{
	static const xmlSAXHandler handler = {
		.startElement = on_start,
		.endElement = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.cdataBlock = on_text,
		.comment = on_comment,
		.initialized = 1,
	};
	htmlParserCtxtPtr parser = htmlNewParserCtxt();
	xmlParserInputBufferPtr buffer;
	xmlParserInputPtr input;

	if (!parser)
		return NULL;
	*parser->sax = handler;
	parser->userData = html;
	htmlCtxtUseOptions(parser, HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC | HTML_PARSE_COMPACT);
	buffer = xmlParserInputBufferCreateIO(on_read, NULL, html, XML_CHAR_ENCODING_NONE);
	input = buffer ? xmlNewIOInputStream(parser, buffer, XML_CHAR_ENCODING_NONE) : NULL;
	if (!input) {
		xmlFreeParserInputBuffer(buffer);
		htmlFreeParserCtxt(parser);
		return NULL;
	}
	if (inputPush(parser, input) < 0 || xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8) != 0) {
		htmlFreeParserCtxt(parser);
		return NULL;
	}
	return parser;
}

/* With memory_try(): the whole document. */
static void
parse(void *self)
{
	struct html *html = self;

	html->parser = parser_new(html);
	if (!html->parser) {
		html->trouble = XML_TROUBLE_MEMORY;
		return;
	}
	htmlParseDocument(html->parser);
	if (html->parser->errNo == XML_ERR_NO_MEMORY)
		html->trouble = XML_TROUBLE_MEMORY;
	/* Whatever it thinks it has seen enough of, we have not. */
	if (html->trouble == XML_TROUBLE_NONE && !html->ended)
		html->trouble = XML_TROUBLE_BROKEN;
	htmlFreeParserCtxt(html->parser);
}

static int
report(const struct html *html, struct err *err)
{
	switch (html->trouble) {
	case XML_TROUBLE_NONE:
		return 0;
	case XML_TROUBLE_STOPPED:
		return -1;
	case XML_TROUBLE_MEMORY:
		return err_set(err, ERR_STOP, "not enough memory to parse HTML");
	case XML_TROUBLE_DOCTYPE:
		return err_set(err, ERR_INPUT, "a document type declaration with an internal subset is refused");
	case XML_TROUBLE_LIMIT:
		return err_set(err, ERR_INPUT, "a tag, comment or nesting larger than allowed");
	case XML_TROUBLE_CUT:
		return err_set(err, ERR_INPUT, "the HTML ends inside a table, tag or comment");
	default:
		return err_set(err, ERR_INPUT, "the HTML holds what is not text");
	}
}

int
xml_html_read(const struct xml_events *events, void *self, const struct xml_source *source, enum xml_trouble *trouble,
    struct err *err)
{
	xmlStructuredErrorFunc before = xmlStructuredError;
	void *before_self = xmlStructuredErrorContext;
	struct html *html;
	int status;

	*trouble = XML_TROUBLE_MEMORY;
	html = memory_prepare() ? calloc(1, sizeof(*html)) : NULL;
	if (!html)
		return err_set(err, ERR_STOP, "not enough memory to parse HTML");
	html->events = events;
	html->self = self;
	html->source = source;
	xmlSetStructuredErrorFunc(html, on_error);
	if (!memory_try(parse, html))
		html->trouble = XML_TROUBLE_MEMORY;
	xmlSetStructuredErrorFunc(before_self, before);
	if (html->trouble == XML_TROUBLE_NONE && (html->state != IN_TEXT || (html->tables_open > 0 && !html->closed)))
		html->trouble = XML_TROUBLE_CUT;
	*trouble = html->trouble;
	status = report(html, err);
	free(html);
	return status;
}
