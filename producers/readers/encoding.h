/*
 * encoding.h - in which encoding is a text file? Answered from the whole file, before a row is
 * read.
 *
 * A byte order mark decides. Else the file is UTF-8 when all of it is well-formed UTF-8, else
 * GB18030 when all of it is well-formed GB18030. Else that of the two with fewer broken lines, if
 * these are few: the reader then marks the rows that hold them. What is cut inside its last
 * character is broken in its last line only.
 */
#ifndef YICI_PRODUCERS_READERS_ENCODING_H
#define YICI_PRODUCERS_READERS_ENCODING_H

#include "producers/readers/reader.h"

struct encoding {
	enum document_encoding name;
	unsigned mark_bytes;  /* length of the byte order mark */
	bool broken;          /* some bytes are no text: see above */
	enum refusal refusal; /* REFUSED_NO, or why the file cannot be read */
};

/* Recognise the encoding of the whole file. -1 when it cannot be read; a refusal is not a failure.
 */
MUST_CHECK int encoding_detect(const struct reader_input *input, struct encoding *encoding, struct err *err);

/* Whether these first bytes could be text at all: not full of NUL and control characters. */
bool encoding_is_text(const uint8_t *head, size_t len);

#endif
