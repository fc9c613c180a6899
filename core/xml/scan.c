/*
 * scan.c - the limits of XML, counted before libxml2 parses.
 *
 * A small automaton over bytes, indifferent to where blocks are cut. UTF-8 is assumed, in which
 * every byte of XML's markup stands for itself only. It knows just enough: text, start tags with
 * quoted values, end tags, comments, CDATA sections and processing instructions. As long as the
 * document is well-formed both agree on what is a tag; at the first place where they would not,
 * libxml2 ends with an error, so it does not matter what the automaton makes of the rest. An
 * attribute is counted by its =, which cannot stand outside quotes for any other purpose. Whatever
 * begins with <! and is neither comment nor CDATA belongs to a document type declaration.
 */
#include "core/xml/scan.h"

enum {
	IN_TEXT,
	IN_OPEN, /* behind < */
	IN_START_TAG,
	IN_DOUBLE_QUOTES,
	IN_SINGLE_QUOTES,
	IN_END_TAG,
	IN_INSTRUCTION,
	IN_BANG, /* behind <! */
	IN_BANG_DASH,
	IN_CDATA_WORD,
	IN_CDATA,
	IN_COMMENT,
};

static const char cdata_word[] = "CDATA[";

/* Pass bytes up to and including ${stop}; false when the block ends before it. */
static bool
pass(const uint8_t *bytes, size_t len, size_t *at, uint8_t stop)
{
	const uint8_t *found = memchr(bytes + *at, stop, len - *at);

	*at = found ? (size_t)(found - bytes) + 1 : len;
	return found != NULL;
}

static enum xml_trouble
open_markup(struct scan *scan, uint8_t byte)
{
	scan->len = 2;
	scan->matched = 0;
	switch (byte) {
	case '/':
		scan->state = IN_END_TAG;
		break;
	case '?':
		scan->state = IN_INSTRUCTION;
		break;
	case '!':
		scan->state = IN_BANG;
		break;
	default:
		if (scan->depth >= XML_DEPTH_MAX)
			return XML_TROUBLE_LIMIT;
		scan->state = IN_START_TAG;
		scan->attributes = 0;
		scan->before = byte;
		scan->began = true;
		if (byte == '>')
			scan->state = IN_TEXT;
	}
	return XML_TROUBLE_NONE;
}

/* Inside a start tag, outside quotes. */
static enum xml_trouble
start_tag(struct scan *scan, const uint8_t *bytes, size_t len, size_t *at)
{
	size_t pos = *at;
	uint8_t before = scan->before;
	enum xml_trouble trouble = XML_TROUBLE_NONE;

	while (pos < len && scan->state == IN_START_TAG && trouble == XML_TROUBLE_NONE) {
		uint8_t byte = bytes[pos];

		if (byte == '=') {
			if (++scan->attributes > XML_TAG_ATTRIBUTES_MAX)
				trouble = XML_TROUBLE_LIMIT;
		} else if (byte == '"') {
			scan->state = IN_DOUBLE_QUOTES;
		} else if (byte == '\'') {
			scan->state = IN_SINGLE_QUOTES;
		} else if (byte == '>') {
			scan->depth += before != '/';
			scan->text_len = 0;
			scan->state = IN_TEXT;
		}
		before = byte;
		pos++;
	}
	scan->before = before;
	scan->len += pos - *at;
	if (scan->len > XML_TAG_BYTES_MAX)
		trouble = XML_TROUBLE_LIMIT;
	*at = pos;
	return trouble;
}

/* Inside a comment, instruction or CDATA section: look for its end, ${first} (${repeat} times or
 * more) then >. */
static bool
aside(struct scan *scan, const uint8_t *bytes, size_t len, size_t *at, uint8_t first, uint32_t repeat)
{
	while (*at < len) {
		if (scan->matched == 0) {
			if (pass(bytes, len, at, first))
				scan->matched = 1;
			continue;
		}
		if (bytes[*at] == '>' && scan->matched >= repeat) {
			++*at;
			return true;
		}
		if (bytes[*at] != first)
			scan->matched = 0;
		else if (scan->matched < repeat)
			scan->matched++;
		++*at;
	}
	return false;
}

/* One step from ${*at}: through a run of bytes that belong together. */
static enum xml_trouble
step(struct scan *scan, const uint8_t *bytes, size_t len, size_t *at)
{
	size_t from = *at;

	switch (scan->state) {
	case IN_TEXT:
		if (pass(bytes, len, at, '<'))
			scan->state = IN_OPEN;
		scan->text_len += *at - from;
		return scan->text_len > XML_TEXT_BYTES_MAX ? XML_TROUBLE_LIMIT : XML_TROUBLE_NONE;
	case IN_OPEN:
		return open_markup(scan, bytes[(*at)++]);
	case IN_START_TAG:
		return start_tag(scan, bytes, len, at);
	case IN_DOUBLE_QUOTES:
	case IN_SINGLE_QUOTES:
		if (pass(bytes, len, at, scan->state == IN_DOUBLE_QUOTES ? '"' : '\''))
			scan->state = IN_START_TAG;
		scan->before = '"';
		scan->len += *at - from;
		return scan->len > XML_TAG_BYTES_MAX ? XML_TROUBLE_LIMIT : XML_TROUBLE_NONE;
	case IN_END_TAG:
		if (pass(bytes, len, at, '>')) {
			scan->state = IN_TEXT;
			scan->text_len = 0;
			scan->depth -= scan->depth > 0;
		}
		scan->len += *at - from;
		return scan->len > XML_TAG_BYTES_MAX ? XML_TROUBLE_LIMIT : XML_TROUBLE_NONE;
	case IN_BANG:
		scan->state = bytes[*at] == '-' ? IN_BANG_DASH : IN_CDATA_WORD;
		if (bytes[*at] != '-' && bytes[*at] != '[')
			return XML_TROUBLE_DOCTYPE;
		++*at;
		return XML_TROUBLE_NONE;
	case IN_BANG_DASH:
		if (bytes[*at] != '-')
			return XML_TROUBLE_DOCTYPE;
		scan->state = IN_COMMENT;
		++*at;
		return XML_TROUBLE_NONE;
	case IN_CDATA_WORD:
		if (bytes[*at] != (uint8_t)cdata_word[scan->matched])
			return XML_TROUBLE_DOCTYPE;
		if (++scan->matched == sizeof(cdata_word) - 1) {
			scan->state = IN_CDATA;
			scan->matched = 0;
		}
		++*at;
		return XML_TROUBLE_NONE;
	case IN_CDATA:
		if (aside(scan, bytes, len, at, ']', 2))
			scan->state = IN_TEXT;
		scan->text_len += *at - from;
		return scan->text_len > XML_TEXT_BYTES_MAX ? XML_TROUBLE_LIMIT : XML_TROUBLE_NONE;
	default: /* IN_COMMENT, IN_INSTRUCTION */
		if (aside(scan, bytes, len, at, scan->state == IN_COMMENT ? '-' : '?', scan->state == IN_COMMENT ? 2 : 1))
			scan->state = IN_TEXT;
		scan->len += *at - from;
		return scan->len > XML_ASIDE_BYTES_MAX ? XML_TROUBLE_LIMIT : XML_TROUBLE_NONE;
	}
}

enum xml_trouble
scan_bytes(struct scan *scan, const uint8_t *bytes, size_t len, size_t *seen)
{
	size_t at = 0;

	while (at < len) {
		enum xml_trouble trouble;

		*seen = at;
		trouble = step(scan, bytes, len, &at);
		if (trouble != XML_TROUBLE_NONE)
			return trouble;
	}
	*seen = len;
	return XML_TROUBLE_NONE;
}

bool
scan_complete(const struct scan *scan)
{
	return scan->began && scan->depth == 0 && scan->state == IN_TEXT;
}
