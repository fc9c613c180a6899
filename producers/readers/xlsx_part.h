/*
 * xlsx_part.h - the bytes of one part of a package, and what several files of the xlsx reader do
 * with them.
 */
#ifndef YICI_PRODUCERS_READERS_XLSX_PART_H
#define YICI_PRODUCERS_READERS_XLSX_PART_H

#include "core/xml/xml.h"
#include "producers/readers/sink.h"

/* Where the bytes of a part come from; it can be begun anew. */
struct xlsx_part {
	void *self;
	/* Begin at the first byte (also before the first read): 0, or -1 after sink_refuse(). */
	int (*rewind)(void *self, struct err *err);
	/* The next bytes: 1 with ${*got} > 0 of them, 0 at the end, -1 after sink_refuse(). */
	int (*read)(void *self, void *into, size_t room, size_t *got, struct err *err);
};

/*
 * Read the part from its beginning as XML into ${events}: 0; or -1 after sink_refuse(), also when a
 * callback stopped (which must have refused).
 */
MUST_CHECK int xlsx_part_parse(
    const struct xlsx_part *part, struct sink *sink, const struct xml_events *events, void *self, struct err *err);

/* Refuse the file for what ${sax} ran into, keeping the words of ${err}; always -1. */
int xlsx_refuse_xml(struct sink *sink, const struct xml_sax *sax, struct err *err);

/* The value of the attribute ${name} without a prefix; at is NULL when there is none. */
struct text xlsx_attribute(const struct xml_attribute *attributes, size_t count, const char *name);

/*
 * Undo the escapes _xHHHH_ (ECMA-376 part 1, 22.4.2.4): one UTF-16 unit in four hexadecimal digits,
 * as Excel writes what XML cannot hold, and "_x005F_" for a "_" that would begin such an escape.
 * Writes at most ${text.len} bytes to ${out}, returns their number. What is no character (NUL, lone
 * surrogates, U+FFFE, U+FFFF) is left as it stands. ${out} may be ${text.at}.
 */
size_t xlsx_unescape(struct text text, char *out);

/* Whether xlsx_unescape() could change ${text}. */
static inline bool
xlsx_escaped(struct text text)
{
	return text.len >= 7 && memchr(text.at, '_', text.len - 6) != NULL;
}

#endif
