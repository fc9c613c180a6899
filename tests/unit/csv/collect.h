/*
 * collect.h - run the delimited-text reader over bytes in memory and show all it said as text:
 *
 *     csv utf8                       format and encoding, once
 *     3 CUT|a|b|                     a row: number, flags, "|" before each cell; "\|" for a bar,
 * "\n", "\r", "\\" for those note 4 2                       kind and count refused empty end 1 rows
 * in all
 *
 * Frames are checked on the way: sizes, counts, rising row numbers, UTF-8. Any fault aborts.
 */
#ifndef YICI_TESTS_UNIT_CSV_COLLECT_H
#define YICI_TESTS_UNIT_CSV_COLLECT_H

#include "core/base/buffer.h"
#include "producers/readers/csv.h"

/* Limits no test meets by accident. */
struct reader_limits collect_limits(void);

/* Read ${bytes} in blocks of ${block} bytes (0: the usual); what came is appended to ${out}. */
void collect_csv(const void *bytes, size_t len, size_t block, const struct reader_limits *limits, struct buffer *out);

/*
 * Read them twice: what is known of the first reading comes by its number in the second, which is in blocks of ${block} bytes.
 * It aborts when the two do not show the same; returns how many rows were known.
 */
uint32_t collect_csv_known(
    const void *bytes, size_t len, size_t block, const struct reader_limits *limits, struct buffer *out);

/* The same of an open file. */
void collect_csv_file(int fd, size_t block, const struct reader_limits *limits, struct buffer *out);

#endif
