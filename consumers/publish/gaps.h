/*
 * gaps.h - one short sheet in place of many forms (差异表): what nobody knows of the pupils of a class, or what is said in two ways, a line each,
 * with an open cell.
 */
#ifndef YICI_CONSUMERS_PUBLISH_GAPS_H
#define YICI_CONSUMERS_PUBLISH_GAPS_H

#include "core/base/err.h"
#include "core/base/text.h"

/* The headers by which such a sheet is read when it comes back; folded they are the same. */
#define GAPS_QUESTION "要填的内容"
#define GAPS_ANSWER "填写"

struct gap {
	struct text name, birth_date, question, known, forms;
	const char *const *choices; /* NULL-terminated; the same pointer for lines that have the same; NULL for none */
};

struct gaps {
	struct text title, note, date; /* ${date}: "2026-09-02" */
	const struct gap *at;
	size_t count;
	struct gaps_property { /* of the document */
		const char *name;
		struct text value;
	} properties[16];
	size_t property_count;
};

/* The workbook at ${path}, 0600; scratch files go to ${scratch}. Same arguments, same bytes. */
MUST_CHECK int publish_gaps(const struct gaps *gaps, const char *path, const char *scratch, struct err *err);

#endif
