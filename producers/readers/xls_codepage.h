/*
 * xls_codepage.h - text of BIFF5 workbooks: bytes in the code page that the workbook names, to
 * UTF-8. 936 and 54936 (Chinese), 1252 and Latin-1, UTF-8, plain ASCII. Bytes that mean nothing, or
 * stand in a code page that is not known here, are written as \xHH and reported as broken.
 */
#ifndef YICI_PRODUCERS_READERS_XLS_CODEPAGE_H
#define YICI_PRODUCERS_READERS_XLS_CODEPAGE_H

#include "core/base/buffer.h"

struct gb18030;

struct xls_codepage {
	uint32_t page;         /* as in the CODEPAGE record; 0 when there was none */
	struct gb18030 *codec; /* made when first needed */
	uint64_t replaced;     /* private-use characters replaced by their standard ones */
};

void xls_codepage_init(struct xls_codepage *codepage);
void xls_codepage_fini(struct xls_codepage *codepage);

/* Put ${bytes} as UTF-8 behind what ${into} holds; whether all of them were text. */
bool xls_codepage_text(struct xls_codepage *codepage, struct text bytes, struct buffer *into);

#endif
