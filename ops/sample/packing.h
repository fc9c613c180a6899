/*
 * packing.h - puts finished files into a zip archive or a gzip file, always with the same time.
 */
#ifndef YICI_OPS_SAMPLE_PACKING_H
#define YICI_OPS_SAMPLE_PACKING_H

#include "core/base/buffer.h"
#include "core/base/err.h"

struct packing {
	struct buffer file, directory;
	uint32_t count;
};

void packing_init(struct packing *packing);
void packing_fini(struct packing *packing);

/* Add an entry; with ${gbk} its name is in GBK without a mark, as old programs do, else UTF-8 with
 * the mark. */
MUST_CHECK int packing_add(struct packing *packing, const char *name, bool gbk, struct text content, struct err *err);

/* Write the archive to ${path}. */
MUST_CHECK int packing_write(struct packing *packing, const char *path, struct err *err);

/* ${content}, called ${name}, as a gzip file at ${path}. */
MUST_CHECK int packing_gzip(struct text content, const char *name, const char *path, struct err *err);

#endif
