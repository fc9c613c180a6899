/*
 * csv.h - what tests need of the delimited-text reader beyond reader_csv: reading in blocks of
 * another size, which must not change anything.
 */
#ifndef YICI_PRODUCERS_READERS_CSV_H
#define YICI_PRODUCERS_READERS_CSV_H

#include "producers/readers/reader.h"

/* As reader_csv.read(), in blocks of ${block} bytes; 0 or too many for the usual size. */
int csv_read(const struct reader_input *input, size_t block, struct sink *sink, struct err *err);

#endif
