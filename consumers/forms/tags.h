/*
 * tags.h - the tags of an XML document by their places in its bytes: for changing a part of it and leaving all else as it stands,
 * which no parser can promise. Inside this room only. The document was proved to be well-formed before, without a document type
 * (package.c does); these functions never read past its end all the same.
 */
#ifndef YICI_CONSUMERS_FORMS_TAGS_H
#define YICI_CONSUMERS_FORMS_TAGS_H

#include "core/base/buffer.h"

struct mark {
	size_t at, end;           /* from < to behind > */
	struct text prefix, name; /* "x" and "row" of <x:row> */
	bool closing, empty;      /* </row>; <row/> */
};

/* The next tag from ${*pos} on, which moves behind it: false at the end. Comments, CDATA and instructions are stepped over. */
bool tags_next(struct text xml, size_t *pos, struct mark *mark);

/* Step over what ${open} (an opening tag, ${*pos} behind it) holds: the closing tag in ${close}, ${*pos} behind it. An empty one is its own. */
bool tags_skip(struct text xml, size_t *pos, const struct mark *open, struct mark *close);

/* The value of an attribute as it stands, references and all; at is NULL when it is not there. ${name} with its prefix, "r:id"; ":id"
 * is one with any prefix. */
struct text tags_attribute(struct text xml, const struct mark *mark, const char *name);

/* A number in an attribute; ${otherwise} when it is not there or no number. */
uint32_t tags_number(struct text xml, const struct mark *mark, const char *name, uint32_t otherwise);

/* Append the tag of ${mark} to ${out} without the attributes of ${drop} (names with spaces between) and without its end: "<row r="1"". */
void tags_open_without(struct text xml, const struct mark *mark, const char *drop, struct buffer *out);

/* Append ${value}, as it stands in an attribute or between tags, with its references resolved. */
void tags_decode(struct text value, struct buffer *out);

bool tags_is(const struct mark *mark, const char *name);

/* "BC12" (dollar signs allowed) to column from 0 and row; false when it is none. */
bool tags_place(struct text ref, uint32_t *column, uint32_t *row);

/* "BC" of a column from 0, behind what ${out} holds. */
void tags_column(struct buffer *out, uint32_t column);

#endif
