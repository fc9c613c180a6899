/*
 * cells.h - what a reader of HTML or XML makes of a file, as lines of JSON:
 *   {"sheet":"S","row":3,"cells":["a","","b"]}   with ,"kinds":"t n" (t n d b e) when not all are
 * text
 *   {"hidden":"S"}  {"refused":"damaged"}  {"note":3}
 */
#ifndef YICI_TESTS_READERS_MARKUP_CELLS_H
#define YICI_TESTS_READERS_MARKUP_CELLS_H

#include "core/base/buffer.h"
#include "producers/readers/reader.h"

/* Read ${fd} with the surest of the three readers (or the given one) and put the lines into
 * ${lines}; the refusal. */
enum refusal cells_read(int fd, const struct reader_ops *reader, struct buffer *lines);

/* The same for bytes in memory. */
enum refusal cells_of(const void *bytes, size_t len, struct buffer *lines);

/* Only counted, for speed: rows, or -1 when refused. */
int64_t cells_count(int fd);

#endif
