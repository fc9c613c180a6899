/*
 * book.h - small workbooks for tests, out of the XML of their parts.
 */
#ifndef YICI_TESTS_UNIT_READERS_XLSX_BOOK_H
#define YICI_TESTS_UNIT_READERS_XLSX_BOOK_H

#include <string.h>

#include "tests/support/reading.h"
#include "tests/support/zipmake.h"

#define BOOK_TYPES                                                                                                     \
	"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"                               \
	"<Override PartName=\"/xl/workbook.xml\" ContentType=\"application/"                                           \
	"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>"
#define BOOK_RELS(url, part)                                                                                           \
	"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"                       \
	"<Relationship Id=\"rId1\" Type=\"" url "/officeDocument\" Target=\"" part "\"/>"                              \
	"</Relationships>"
#define BOOK_TRANSITIONAL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define BOOK_STRICT "http://purl.oclc.org/ooxml/officeDocument/relationships"
#define BOOK_WORKBOOK                                                                                                  \
	"<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" "                               \
	"xmlns:r=\"" BOOK_TRANSITIONAL "\">"                                                                           \
	"<sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
#define BOOK_WORKBOOK_RELS                                                                                             \
	"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"                       \
	"<Relationship Id=\"rId1\" Type=\"" BOOK_TRANSITIONAL "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"        \
	"<Relationship Id=\"rId2\" Type=\"" BOOK_TRANSITIONAL "/sharedStrings\" Target=\"sharedStrings.xml\"/>"        \
	"<Relationship Id=\"rId3\" Type=\"" BOOK_TRANSITIONAL "/styles\" Target=\"/xl/styles.xml\"/>"                  \
	"</Relationships>"
#define BOOK_SHEET_BEGIN "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">"

/* The parts; NULL for the usual one, or none where there is no usual one. */
struct book_parts {
	const char *types, *rels, *workbook, *workbook_rels, *strings, *styles, *properties;
	struct text sheet;
};

static inline void
book_add(struct zipmake *zip, const char *name, const char *usual, const char *given)
{
	const char *content = given != NULL ? given : usual;

	if (content != NULL)
		zipmake_add(zip, text_from(name), text_from(content), NULL);
}

/* A workbook in ${zip->file}; zipmake_fini() after use. */
static inline void
book_make(struct zipmake *zip, const struct book_parts *parts)
{
	zipmake_init(zip);
	book_add(zip, "[Content_Types].xml", BOOK_TYPES, parts->types);
	book_add(zip, "_rels/.rels", BOOK_RELS(BOOK_TRANSITIONAL, "xl/workbook.xml"), parts->rels);
	book_add(zip, "xl/workbook.xml", BOOK_WORKBOOK, parts->workbook);
	book_add(zip, "xl/_rels/workbook.xml.rels", BOOK_WORKBOOK_RELS, parts->workbook_rels);
	book_add(zip, "xl/sharedStrings.xml", NULL, parts->strings);
	book_add(zip, "xl/styles.xml", NULL, parts->styles);
	book_add(zip, "docProps/custom.xml", NULL, parts->properties);
	zipmake_add(zip, TEXT("xl/worksheets/sheet1.xml"), parts->sheet, NULL);
	zipmake_end(zip);
}

#endif
