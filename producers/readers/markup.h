/*
 * markup.h - what the readers of HTML and XML share: a look at how a file begins, its bytes as
 * UTF-8 block by block whatever they were, and what kinds of trouble mean for the file. Inside this
 * room only.
 *
 * The declared encoding is never believed: a byte order mark decides, then strict UTF-8 over the
 * whole file, then GB18030 (encoding.h). White space in front of the first tag is dropped, for XML
 * allows none there and web pages that "export" put some. Where a file is text but for a few bytes,
 * each of these becomes U+FFFD and the rows that hold one are marked FRAME_ROW_BROKEN.
 */
#ifndef YICI_PRODUCERS_READERS_MARKUP_H
#define YICI_PRODUCERS_READERS_MARKUP_H

#include "core/xml/xml.h"
#include "producers/readers/encoding.h"
#include "producers/readers/reader.h"

/* How a file begins, as far as its first bytes tell. */
struct markup_look {
	bool is_markup;   /* < stands first, and a name, ?, ! or / behind it */
	bool declared;    /* <?xml */
	bool spreadsheet; /* the namespace of XML Spreadsheet 2003 is named */
	char doctype[16]; /* name in the document type declaration, lower case; empty when there is
			     none */
	char root[16];    /* first element, without prefix, lower case; empty when not seen; cut to fit
			*/
};

void markup_look(const struct reader_input *input, struct markup_look *look);

struct gb18030;

#define MARKUP_RAW_BYTES ((size_t)64 * 1024)

struct markup {
	const struct reader_input *input;
	struct sink *sink;
	struct encoding encoding;
	struct gb18030 *codec; /* when the encoding needs it */
	uint8_t *raw;          /* a block of the file, what was left of the last one in front;
				  MARKUP_RAW_BYTES are free for use between passes */
	size_t raw_len;
	char *out;
	uint64_t at;      /* next byte of the file to read */
	uint64_t private; /* private-use characters that were replaced */
	bool started;     /* past the white space at the start */
	struct text rest; /* of ${out}, for markup_take() */
	struct err *err;  /* of the pass at hand */
};

/* Recognise the encoding; -1 after sink_refuse() or ERR_STOP. Then rewind and read as often as
 * wanted. */
MUST_CHECK int markup_open(struct markup *markup, const struct reader_input *input, struct sink *sink, struct err *err);
void markup_close(struct markup *markup);
void markup_rewind(struct markup *markup);

/* The next block of UTF-8, whole characters, valid until the next call: 1; 0 at the end; -1. */
MUST_CHECK int markup_next(struct markup *markup, struct text *block, struct err *err);

/* For struct xml_source: self is the struct markup, whose ${err} must be set. */
int markup_take(void *self, void *bytes, size_t size, size_t *got);

/* The whole file through xml_sax, from the start; trouble becomes a refusal. */
MUST_CHECK int markup_parse(struct markup *markup, const struct xml_events *events, void *self, struct err *err);

/* Refuse the file for ${trouble}, with the sentence that is in ${err}; nothing for
 * XML_TROUBLE_STOPPED. Always -1. */
int markup_refuse(struct markup *markup, enum xml_trouble trouble, struct err *err);

/* Whether ${text} holds U+FFFD in place of bytes that were no text. */
bool markup_is_broken(const struct markup *markup, struct text text);

/* Say at the end how many private-use characters were replaced. */
MUST_CHECK int markup_notes(struct markup *markup, struct err *err);

#endif
