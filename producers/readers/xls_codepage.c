/*
 * xls_codepage.c - see xls_codepage.h. A workbook without a CODEPAGE record is taken for a Chinese
 * one: the programs that leave it out are home-made exporters of Chinese systems.
 */
#include "producers/readers/xls_codepage.h"

#include "producers/readers/gb18030.h"

/* 0x80 to 0x9F of Windows-1252; 0 where it has nothing. */
static const uint16_t windows1252[32] = { 0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030,
	0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122,
	0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178 };

void
xls_codepage_init(struct xls_codepage *codepage)
{
	*codepage = (struct xls_codepage){ 0 };
}

void
xls_codepage_fini(struct xls_codepage *codepage)
{
	gb18030_free(codepage->codec);
	codepage->codec = NULL;
}

static bool
chinese(struct xls_codepage *codepage, struct text bytes, struct buffer *into)
{
	size_t pos = 0, used;
	bool whole = true;

	if (codepage->codec == NULL)
		codepage->codec = gb18030_new();
	while (pos < bytes.len) {
		size_t left = bytes.len - pos;
		char *room = buffer_room(into, GB18030_UTF8_MAX(left) + GB18030_SLACK);

		if (room == NULL || codepage->codec == NULL) {
			into->failed = true;
			return false;
		}
		into->len += gb18030_decode(codepage->codec, bytes.at + pos, left, &used, room, &codepage->replaced);
		pos += used;
		if (pos < bytes.len) {
			buffer_format(into, "\\x%02X", (unsigned)(uint8_t)bytes.at[pos++]);
			whole = false;
		}
	}
	return whole;
}

static bool
western(struct text bytes, struct buffer *into)
{
	bool whole = true;

	for (size_t i = 0; i < bytes.len; i++) {
		uint32_t c = (uint8_t)bytes.at[i];
		char out[4];

		if (c >= 0x80 && c < 0xA0)
			c = windows1252[c - 0x80];
		if (c == 0 && bytes.at[i] != 0) {
			buffer_format(into, "\\x%02X", (unsigned)(uint8_t)bytes.at[i]);
			whole = false;
		} else {
			buffer_add(into, out, text_put(out, c));
		}
	}
	return whole;
}

static bool
unknown(struct text bytes, struct buffer *into)
{
	bool whole = true;

	for (size_t i = 0; i < bytes.len; i++) {
		if ((uint8_t)bytes.at[i] < 0x80) {
			buffer_char(into, bytes.at[i]);
		} else {
			buffer_format(into, "\\x%02X", (unsigned)(uint8_t)bytes.at[i]);
			whole = false;
		}
	}
	return whole;
}

bool
xls_codepage_text(struct xls_codepage *codepage, struct text bytes, struct buffer *into)
{
	switch (codepage->page) {
	case 0:
	case 936:
	case 54936:
		return chinese(codepage, bytes, into);
	case 1252:
	case 28591:
	case 0x8001: /* 1252 as Excel 4 wrote it */
		return western(bytes, into);
	case 65001:
		if (utf8_valid(bytes.at, bytes.len)) {
			buffer_text(into, bytes);
			return true;
		}
		return unknown(bytes, into);
	default:
		return unknown(bytes, into);
	}
}
