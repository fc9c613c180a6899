/*
 * seen.h - which rows have come already: a set of places in files that takes some bits a row. A worker that starts again from far back
 * sends rows a second time; the first of each counts.
 */
#ifndef YICI_OPS_YICI_SEEN_H
#define YICI_OPS_YICI_SEEN_H

#include "core/base/err.h"

enum seen_kind {
	SEEN_SETTLED, /* what became of the row */
	SEEN_ISSUES,  /* its issues, when it was accepted with some */
};

/* Zeroed: empty. */
struct seen {
	struct seen_page *pages;
	size_t count, size;
};

void seen_fini(struct seen *seen);

/* Add a place: 1 when it is new, 0 when it is there already, -1 when memory is short. ${file}: any number below 2^32 - 1. */
MUST_CHECK int seen_add(
    struct seen *seen, uint32_t file, uint16_t sheet, uint32_t row, enum seen_kind kind, struct err *err);

#endif
