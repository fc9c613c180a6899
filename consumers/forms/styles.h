/*
 * styles.h - the styles of a workbook: what a cell's style says of its format, and styles like others but for colour and lock, which
 * are appended; what was there stays. Inside this room only.
 */
#ifndef YICI_CONSUMERS_FORMS_STYLES_H
#define YICI_CONSUMERS_FORMS_STYLES_H

#include "consumers/forms/tags.h"
#include "core/base/err.h"

enum styles_format {
	STYLES_GENERAL, /* or one we need not tell */
	STYLES_DATE,
	STYLES_TEXT,
};

/* What a derived style adds to the one it comes from; or-ed. */
enum {
	STYLES_OPEN = 1,     /* coloured */
	STYLES_UNLOCKED = 2, /* can be written when the sheet is protected */
	STYLES_LOCKED = 4,   /* cannot; both made only where the style says otherwise */
	STYLES_WAYS = 8,
};

struct styles_xf {
	size_t at, open_end, end; /* of <xf …>, its tag, and all of it */
	struct mark tag;
	enum styles_format format;
	uint32_t derived[STYLES_WAYS]; /* 0: not made */
};

struct styles {
	struct text xml; /* empty when the workbook has none */
	struct styles_xf *xfs;
	size_t count, made;          /* in the workbook; and derived */
	struct mark fills, cell_xfs; /* their tags */
	size_t fills_close, xfs_close;
	uint32_t fill_count;
	struct text prefix;
	struct buffer added; /* derived <xf>s */
};

MUST_CHECK int styles_open(struct styles *styles, struct text xml, struct err *err);
void styles_close(struct styles *styles);

enum styles_format styles_format(const struct styles *styles, uint32_t style);

/* A style like ${style} but for ${ways}; ${style} itself when there are no styles to add to. */
uint32_t styles_derive(struct styles *styles, uint32_t style, unsigned ways);

/* Derive anew from here on: what one workbook needs does not depend on the one before. */
void styles_forget(struct styles *styles);

/* The XML with what was derived; nothing is appended to ${out} when nothing was. */
void styles_write(const struct styles *styles, struct buffer *out);

#endif
