/*
 * package.h - a workbook (.xlsx) as its parts: which entry holds the sheet, the styles, the workbook itself, and their bytes, proved to be
 * sound XML without a document type. Only in a process that is locked in (ops/yici/form_workers.h) and for a file that a reader has read before.
 */
#ifndef YICI_CONSUMERS_FORMS_PACKAGE_H
#define YICI_CONSUMERS_FORMS_PACKAGE_H

#include "core/base/buffer.h"
#include "core/pack/zip_copy.h"

struct package_part {
	const struct zip_entry *entry; /* NULL when the workbook has none */
	struct buffer bytes;
};

struct package {
	int fd;
	struct zip *zip;
	struct package_part workbook, sheet, styles, chain; /* chain: in what order formulas are reckoned */
	struct package_part types, relations,
	    properties;    /* of the package: kinds of parts, what leads to them, the custom ones */
	uint32_t sheet_id; /* by which the chain calls the sheet */
	bool date1904;
	bool points_in; /* what stands outside the sheet may point into it: an area to be printed, other names, other sheets */
};

/*
 * Open the workbook on ${fd} (borrowed) of ${size} bytes and load the parts of the sheet called ${name}. ERR_INPUT with a sentence when it
 * is none, or none that can be written into: another encoding than UTF-8. package_close() in any case.
 */
MUST_CHECK int package_open(struct package *package, int fd, uint64_t size, struct text name, struct err *err);
void package_close(struct package *package);

/* The bytes of parts in place of what was, where they are not empty; ${properties} are added where the workbook has none. */
struct package_bytes {
	struct text sheet, styles, chain, types, relations, properties;
	struct text properties_name; /* of the part that is added */
};

/* The whole workbook with ${bytes} in ${out}. */
MUST_CHECK int package_write(
    const struct package *package, const struct package_bytes *bytes, struct buffer *out, struct err *err);

#endif
